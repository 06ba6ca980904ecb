"""The document of a qualification, `qualify.json`: what was run, what it came to, and whether the gate holds.

Everything that is shown is drawn from it.
"""

from __future__ import annotations

from typing import Final

import msgspec

SCHEMA: Final = "taskconform.qualification/1"

QUICK_SHARE: Final = 0.95
"""Share of all runs of mutants with the quick profile that have to kill."""
STANDARD_SHARE: Final = 0.99
"""The same of the standard profile, which is run where quick found nothing; what quick finds, standard is taken to find
as well."""
NAMED_SHARE: Final = 0.98
"""Share of the runs that found anything that have to name a right clause."""


class Odds(msgspec.Struct, frozen=True, kw_only=True):
    """Results of the runs of one mutant with one profile: how many there were and how many killed, by which clause;
    the calls to detection of every run, by seed (None: not found). `found`: in so many a clause was broken, right or
    not. `wrong` counts the clauses that were broken before and neither name the fault nor are broken by it.
    """

    runs: int
    kills: int
    found: int
    by: dict[str, int]
    calls: dict[int, int | None]
    wrong: dict[str, int]
    broke: str = ""


class FaultResult(msgspec.Struct, frozen=True, kw_only=True):
    """A fault: the list that it stands in, the clauses that rightly name it and those that it breaks besides, and its
    runs. `standard` is of the seeds only that quick missed it with, None if it missed it with none.
    """

    id: str
    list: str
    wrong: str
    clauses: tuple[str, ...]
    also: tuple[str, ...]
    quick: Odds
    standard: Odds | None = None


class ClauseResult(msgspec.Struct, frozen=True, kw_only=True):
    """A clause: the faults that it killed, and those that it was broken by among others. `witness` is the run with
    quick that showed it soonest: the fault, and the seed. `unkilled`: why there need not be any.
    """

    id: str
    level: str
    kills: tuple[str, ...]
    breaks: tuple[str, ...] = ()
    witness: tuple[str, int] | None = None
    unkilled: str = ""

    @property
    def bites(self) -> bool:
        """Tells whether a mutant was killed by it, or none need be."""
        return bool(self.kills or self.breaks or self.unkilled)


class Variants(msgspec.Struct, frozen=True, kw_only=True):
    """Runs of conforming variants: how many, of how many different ones, with how many calls, and every alarm."""

    names: tuple[str, ...]
    runs: int
    calls: int
    alarms: dict[str, tuple[str, ...]]

    @property
    def bound(self) -> str:
        """Conclusion of the runs, in words. With no alarm in n independent runs the rate is below 3/n, with 95 %
        confidence."""
        raised = sum(map(bool, self.alarms.values()))
        if raised or not self.runs:
            return f"{raised} alarms in {self.runs} runs"
        return f"0 alarms in {self.runs} runs: rate < {3 / self.runs:.2g}"


class Covered(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Times that a clause was exercised on a call of this class with this outcome in this situation."""

    clause: str
    call: str
    outcome: str
    situation: str
    times: int


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """A class of an argument's values, in a state of the task that the call is about ("" if it is about none): how many
    calls of the plans had it, and why none had, where a reason is known."""

    call: str
    argument: str
    value: str
    state: str
    times: int
    reason: str = ""


class Qualification(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. Shares are of runs, None where there were none. `known` is how many faults there are. `median` is of
    the calls to detection with quick, over all runs, None if half of them found nothing. `failures` says why the gate
    does not hold; empty: it holds.
    """

    schema: str
    version: str
    registry_digest: str
    fingerprint: str
    seeds: tuple[int, ...]
    profiles: tuple[str, ...]
    known: int
    faults: tuple[FaultResult, ...]
    clauses: tuple[ClauseResult, ...]
    alone: Variants
    fives: Variants
    quick_share: float | None
    standard_share: float | None
    named_share: float | None
    median: float | None
    failures: tuple[str, ...]
    coverage: tuple[Covered, ...] = ()
    arguments: tuple[Reached, ...] = ()


def encode(document: Qualification) -> bytes:
    """The document as JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def decode(content: bytes) -> Qualification:
    """Read the document. Raises msgspec.MsgspecError for anything else."""
    return msgspec.json.decode(content, type=Qualification)
