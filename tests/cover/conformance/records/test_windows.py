"""Windows of what passed between conforming servers and several clients, as recorders leave them: none is accused.

`python benchmarks/recorded_windows.py --windows 100000` judges more of them, of more servers."""

import random

import pytest
from recorded import Client
from windows import accused, small_corpus, smallest, window

from taskconform.conformance.records.recordings import files

WINDOWS = 50
"""Windows of one seed."""


@pytest.mark.parametrize("seed", range(6))
def test_no_window_is_accused(seed):
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    exercised = 0
    for number in range(WINDOWS):
        done, exchanges = window(chance, list(small_corpus()))
        signatures, checks = accused(exchanges)
        exercised += checks
        assert not signatures, (number, done, [one.request for one in smallest(exchanges, signatures[0])])
    assert exercised > WINDOWS * 10


def test_a_wrong_answer_is_accused_and_cut_to_what_shows_it():
    wrong = Client().about().login().create().read().move("success").read(state="success").read(state="error")
    (shots,) = (list(files.read_content(wrong.har().encode()).exchanges),)
    exchanges = [*small_corpus()[0][:30], *shots]
    (signature,) = {one for one in accused(exchanges)[0] if one.startswith("life.no-return")}
    assert len(smallest(exchanges, signature)) == 2
