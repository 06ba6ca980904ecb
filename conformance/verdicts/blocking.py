"""Blocking: what the exit code of a run comes from, in sentences that name the clauses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.verdicts.decide import is_required

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taskconform.conformance.verdicts.changes import Compared
    from taskconform.reports.document import ClauseResult, Gate

NOTHING: Final = "nothing was judged"

LEVELS: Final = {"M": "must", "S": "should", "Q": "open"}


def blocks(clauses: Sequence[ClauseResult], gate: Gate | None, compared: Compared | None, *, strict: bool) -> list[str]:
    """Say what keeps the exit code from being 0, what makes it 1 before what makes it 2."""
    if compared is not None:
        changes = [one for one in compared.section.changes if one.blocks]
        told = [f"{one.clause}: {one.told}" if one.clause else one.told for one in changes]
    else:
        told = [*_failed(clauses, strict=strict), *_lapsed(gate), *_lacking(clauses)]
    return told or [NOTHING]


def _failed(clauses: Sequence[ClauseResult], *, strict: bool) -> Iterator[str]:
    """Name the clauses that failed."""
    for each in clauses:
        if each.verdict == "failed" and (each.level != "S" or strict):
            open_ones = [found for found in each.divergences if found.waiver is None]
            more = f" (and {len(open_ones) - 1} more divergences)" if len(open_ones) > 1 else ""
            yield f"{each.id} ({LEVELS[each.level]}) failed: {open_ones[0].summary if open_ones else each.reason}{more}"


def _lapsed(gate: Gate | None) -> Iterator[str]:
    """Name the waivers that are stale or have expired."""
    for each in gate.waivers if gate is not None else ():
        if each.state in {"expired", "stale"}:
            yield f"waiver {each.number} ({each.signature}) is {each.state}: {each.why}"


def _lacking(clauses: Sequence[ClauseResult]) -> Iterator[str]:
    """Name the required clauses that were not exercised, or not decided."""
    for each in clauses:
        if each.verdict in {"undecided", "not_exercised"} and is_required(each):
            yield f"{each.id} ({LEVELS[each.level]}) {each.verdict.replace('_', ' ')}: {each.reason}"
