"""Session keys are hidden in every answer, however many there are."""

from __future__ import annotations

import pytest

from taskconform.conformance.targets.soap.pseudonyms import Pseudonyms


@pytest.fixture
def many() -> Pseudonyms:
    """Two thousand sessions have logged in, each with a key and a cookie; one of them with a key of an odd form."""
    pseudonyms = Pseudonyms()
    for number in range(2_000):
        pseudonyms.learn("odd/key+of=1000" if number == 1_000 else f"{number:032x}", f"c{number:039x}")
    return pseudonyms


@pytest.mark.parametrize("number", [0, 999, 1_000, 1_999])
@pytest.mark.parametrize("around", [b"<key>%s</key>", b'{"key": "%s"}', b"session[%s]collector-3", b"(%s)"])
def test_every_key_is_hidden(many, number, around):
    key = b"odd/key+of=1000" if number == 1_000 else b"%032x" % number
    assert many.hide(around % key) == around % (b"session-%d" % (number + 1))
    assert many.hide(around % (b"c%039x" % number)) == around % (b"session-%d" % (number + 1))


def test_the_newest_are_hidden_inside_other_words_too(many):
    assert many.hide(b"keyx%032xend" % 1_999) == b"keyxsession-2000end"


def test_a_key_that_is_met_in_a_reference_gets_a_name_of_its_own(many):
    assert many.hide(b"session[52d8f3]view-1") == b"session[session-2001]view-1"
    assert many.restore("session[session-2001]view-1") == "session[52d8f3]view-1"


def test_other_words_stay(many):
    assert many.hide(b"<uuid>%s</uuid> session-7" % (b"f" * 32)) == b"<uuid>%s</uuid> session-7" % (b"f" * 32)
