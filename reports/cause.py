"""Causes: divergences that most probably come from one defect stand together, under one headline.

The law of this file: the last words of a signature tell at which answer the divergence shows, and how. Where they are
the same, and the clauses are of one area, one piece of code is probably at fault. It is a guess, and says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.reports.wording import area_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.reports.document import ClauseResult, DivergenceResult

_WORDS: Final = (
    (re.compile(r"^(\w+)\.refusal:success$"), "{0} succeeds where a fault is due"),
    (re.compile(r"^(\w+)\.refusal:(.+)$"), "{0} faults with {1} where another fault is due"),
    (re.compile(r"^(\w+)\.fault:(.+)$"), "{0} faults with {1} where nothing allows it"),
    (re.compile(r"^(\w+)\.value:lacks$"), "{0} lacks what it has to hold"),
    (re.compile(r"^(\w+)\.value:holds what does not match$"), "{0} holds what its filter excludes"),
    (re.compile(r"^(\w+)\.value(?::.*)?$"), "{0} answers with another value"),
)
"""Headlines by the form of a signature's last words."""

_TRAILING: Final = re.compile(r"^(\w+\.value):(?!lacks$|holds what does not match$).*$")
"""Details after a value, which tell divergences of one clause apart, not causes."""


def cause_of(signature: str) -> str:
    """Name the group that a divergence belongs to: the area of its clause, and where it shows."""
    clause, _, shows = signature.partition(":")
    place = _TRAILING.sub(r"\1", shows)
    return f"{area_of(clause)}: {place}"


def headline(cause: str) -> str:
    """Say in a sentence what the divergences of a group have in common."""
    area, _, shows = cause.partition(": ")
    for pattern, words in _WORDS:
        if found := pattern.match(shows):
            return f"{area}: {words.format(*found.groups())}"
    return cause


def grouped(clauses: Iterable[ClauseResult]) -> list[tuple[str, list[tuple[ClauseResult, DivergenceResult]]]]:
    """Group the divergences of clauses that no waiver covers: the largest group first, and inside of it in the given
    order."""
    groups: dict[str, list[tuple[ClauseResult, DivergenceResult]]] = {}
    for clause in clauses:
        for found in clause.divergences:
            if not found.waiver:
                groups.setdefault(cause_of(found.signature), []).append((clause, found))
    return sorted(groups.items(), key=lambda group: -len(group[1]))
