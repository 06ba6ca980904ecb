"""No change of the model goes unseen: what it says of frozen plans is what it said before (`oracle_words`)."""

from __future__ import annotations

import pytest
from oracle_words import frozen_plans, frozen_words, said_on, servers

SERVERS = dict(servers())
TOLD = 15
"""Differences that are told."""


def differences(before, now):
    """What is said more often or less often, or not at all any more, in lines."""
    return [
        f"{now.get(word, 0)} times, not {before.get(word, 0)}: {word}"
        for word in sorted({*before, *now})
        if before.get(word, 0) != now.get(word, 0)
    ]


@pytest.mark.parametrize("name", SERVERS)
def test_the_oracle_says_what_it_said(name):
    found = differences(frozen_words()[name], said_on(SERVERS[name](), frozen_plans()))
    if found:
        more = f"\n... and {len(found) - TOLD} more" if len(found) > TOLD else ""
        pytest.fail(
            "\n".join((*found[:TOLD], f"if that is meant: python tests/support/oracle_words.py{more}")), pytrace=False
        )
