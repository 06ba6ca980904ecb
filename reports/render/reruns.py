"""Fresh runs of a shrunk trace, in words: those that showed the divergence, and the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.reports.document import DivergenceResult

EACH: Final = 10
"""Up to so many runs are told one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One run, or several that showed nothing, and what is said of it."""

    showed: bool
    message: str


def retold(found: DivergenceResult, runs: Sequence[bool]) -> list[Told]:
    """The fresh runs of a divergence, in their order. Of a long loop those that showed nothing are told together, and
    first; of those that showed it the first ten are told."""
    if len(runs) <= EACH:
        return [_one(found, number, len(runs), showed=showed) for number, showed in enumerate(runs, 1)]
    showing = [number for number, showed in enumerate(runs, 1) if showed]
    nothing = f"{len(runs) - len(showing)} of {len(runs)} fresh runs did not show {found.signature}"
    return [
        Told(showed=False, message=nothing),
        *(_one(found, number, len(runs), showed=True) for number in showing[:EACH]),
    ]


def _one(found: DivergenceResult, number: int, of: int, *, showed: bool) -> Told:
    """One run."""
    what = f"expected {found.expected}; observed {found.observed}" if showed else "did not show it"
    return Told(showed=showed, message=f"fresh run {number} of {of}, {found.signature}: {what}")
