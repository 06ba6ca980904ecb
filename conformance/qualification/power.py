"""Power: the share of the fault space that a profile finds, with its interval. Pure: the same runs, the same document.

Two shares are told. Of all that were drawn: some of these can be found by nobody, since they never differ from the
specification. Of those that are known to differ: by the exploration, or in the run itself.
"""

from __future__ import annotations

from collections import defaultdict
from importlib.metadata import version
from math import sqrt
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.qualification.space.mutants import space

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskconform.conformance.qualification.rows import Sampled

SCHEMA: Final = "taskconform.power/1"
CONFIDENCE: Final = 1.959964
"""Standard deviations on either side of an interval of 95 %."""

FOUND, BLIND, GAP, ALLOWED, BROKE = "found", "blind oracle", "gap of generation", "conforms", "no run"
CLASSES: Final = {
    FOUND: "a clause was broken",
    BLIND: "outcomes differed, and no clause spoke",
    GAP: "no outcome differed in the run: equivalent, or beyond what is drawn",
    ALLOWED: "outcomes differed as another interpretation has them, or as the text allows",
    BROKE: "the mutant does not start, or the suite failed on it",
}
"""What can come of a mutant, and what that means."""


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """So many of so many, and the bounds of the 95 % interval (Wilson)."""

    found: int
    of: int
    low: float
    high: float

    @property
    def text(self) -> str:
        """The share as it is shown."""
        if not self.of:
            return "none"
        return f"{self.found}/{self.of} = {self.found / self.of:.1%} ({self.low:.1%} to {self.high:.1%})"


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The mutants of one operator, or of one module of the specification: how many came to what."""

    name: str
    found: int = 0
    blind: int = 0
    gap: int = 0
    conforms: int = 0
    broke: int = 0

    @property
    def drawn(self) -> int:
        """Mutants of the sample."""
        return self.found + self.blind + self.gap + self.conforms + self.broke


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A mutant that was not found: what it changes, what came of it, and the first outcome that differed."""

    name: str
    says: str
    came: str
    explored: bool
    cases: int = 0
    differs: str = ""
    allowed: str = ""
    broke: str = ""


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """The power of a profile. `told_apart` counts the mutants of the sample by who tells them apart: the exploration,
    the run beside the specification only, nobody. `alarms` are mutants that were found where no outcome differed:
    there must be none."""

    schema: str
    version: str
    fingerprint: str
    profile: str
    seed: int
    space: int
    operators: int
    sample: int
    of_all: Share
    of_different: Share
    of_explored: Share
    told_apart: dict[str, int]
    by_operator: tuple[Group, ...]
    by_module: tuple[Group, ...]
    missed: tuple[Missed, ...]
    alarms: tuple[str, ...]


def encode(document: Power) -> bytes:
    """The document as JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def decode(content: bytes) -> Power:
    """Read the document. Raises msgspec.MsgspecError for anything else."""
    return msgspec.json.decode(content, type=Power)


def wilson(found: int, of: int) -> Share:
    """Return the share with its interval."""
    if not of:
        return Share(found=0, of=0, low=0.0, high=1.0)
    share, square = found / of, CONFIDENCE**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = CONFIDENCE / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of**2))
    return Share(found=found, of=of, low=max(0.0, middle - half), high=min(1.0, middle + half))


def came_of(row: Sampled) -> str:
    """Return what came of a mutant: one of `CLASSES`."""
    if row.found_by:
        return FOUND
    if row.broke:
        return BROKE
    if row.allowed:
        return ALLOWED
    return BLIND if row.differs else GAP


def document(rows: Iterable[Sampled], *, fingerprint: str, profile: str, seed: int) -> Power:
    """Make the document of the runs of a sample."""
    rows = list(rows)
    drawn = [row for row in rows if came_of(row) not in {ALLOWED, BROKE}]
    different = [row for row in drawn if row.differs or row.explored]
    explored = [row for row in drawn if row.explored]
    return Power(
        schema=SCHEMA,
        version=version("taskconform"),
        fingerprint=fingerprint,
        profile=profile,
        seed=seed,
        space=len(space()),
        operators=len({one.operator for one in space().values()}),
        sample=len(rows),
        of_all=_share(drawn),
        of_different=_share(different),
        of_explored=_share(explored),
        told_apart={
            "exploration": len(explored),
            "run": len(different) - len(explored),
            "nobody": len(drawn) - len(different),
        },
        by_operator=_groups(rows, "operator"),
        by_module=_groups(rows, "module"),
        missed=tuple(_missed(row) for row in rows if not row.found_by),
        alarms=tuple(f"{row.name}: {row.found_by}" for row in rows if row.found_by and not row.differs),
    )


def _share(rows: Sequence[Sampled]) -> Share:
    return wilson(sum(bool(row.found_by) for row in rows), len(rows))


FIELDS: Final = {FOUND: "found", BLIND: "blind", GAP: "gap", ALLOWED: "conforms", BROKE: "broke"}


def _groups(rows: Sequence[Sampled], what: str) -> tuple[Group, ...]:
    """Count what came of the mutants of each operator or module."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(FIELDS.values(), 0))
    for row in rows:
        counts[getattr(space()[row.name], what)][FIELDS[came_of(row)]] += 1
    return tuple(Group(name=name, **found) for name, found in sorted(counts.items()))


def _missed(row: Sampled) -> Missed:
    return Missed(
        name=row.name,
        says=space()[row.name].says(),
        came=came_of(row),
        explored=row.explored,
        cases=row.cases,
        differs=row.differs,
        allowed=row.allowed,
        broke=row.broke,
    )
