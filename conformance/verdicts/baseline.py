"""Baselines: how a target behaves today, in a TOML file that people edit, diff and review. How such a file is read.

    [target]            what the target must say of itself: by default its name and a range of product versions
    [runs]              the runs that the file was made from
    [[divergence]]      a known divergence: owner, reason, link, expiry, steps that show it, and where it begins
    [[intermittent]]    one that comes and goes: its rate, and the interval in which that lies
    [interpretations]   those left of each open clause
    [not_exercised]     the clauses that were not exercised, and why
    [exercised]         the fewest checks of each other clause in a run that could have failed, and among them the
                        fewest in test cases that a scenario had planned for it
    [habits]            how the target behaves where no clause says anything: by situation, the fewest test cases of a
                        run in which it did so ("": in which the situation came up)

Whatever cannot be read like that is refused, with the file and the entry.
"""

from __future__ import annotations

import tomllib
from datetime import date  # noqa: TC003  # a field of a struct, which is read
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.errors import Refused
from taskconform.conformance.records import codec
from taskconform.conformance.verdicts.waivers import LONGEST, EntryError, check_ranges
from taskconform.model.clauses.registry import UnknownClauseError, clause
from taskconform.model.vocabulary.plan import Edge, Step

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.model.vocabulary.plan import Plan

BASELINE: Final = "taskconform.baseline/1"
"""The name of the file's form."""


class Frontier(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where a divergence begins: the smallest value of a size that shows it, and the largest below that does not.
    `step` counts from 1, as traces do for people."""

    step: int
    size: str
    shows: int
    shows_not: int

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.size} of step {self.step}: shows from {self.shows} on, not at {self.shows_not}"


class Sighted(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a divergence showed when the file was made: in how many runs; in how many test cases of them all, and at
    `most` in one run; among how many exercised checks of its clause."""

    runs: int
    sightings: int
    most: int
    live: int


class Known(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One known divergence. `expires` is the last day on which it is accepted. `steps` is the plan that shows it, one
    step in JSON each; empty where none is known. `rate` and `interval` stand where it comes and goes. `observed` is
    what its steps showed, if they always showed the same."""

    clause: str
    signature: str
    owner: str
    reason: str
    expires: date
    seen: Sighted
    link: str = ""
    cause: str = ""
    frontier: tuple[Frontier, ...] = ()
    steps: tuple[str, ...] = ()
    rate: str = ""
    interval: tuple[float, float] | None = None
    observed: str = ""

    @property
    def plan(self) -> Plan:
        """The steps, to be performed. Raises ValueError if they make no sense."""
        return tuple(codec.decode(msgspec.json.decode(step)) for step in self.steps)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The frontier, in terms of the plan."""
        return tuple(
            Edge(step=one.step - 1, size=one.size, shows=one.shows, shows_not=one.shows_not) for one in self.frontier
        )

    def __str__(self) -> str:
        """Say why it is accepted, by whom, until when."""
        return f"{self.reason} ({', '.join(filter(None, (self.link, self.owner, f'until {self.expires}')))})"


class Runs(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The runs that a baseline was made from; `calls` in each of them on average."""

    profile: str
    runs: int
    seeds: tuple[int, ...]
    calls: int
    suite: str


class Baseline(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A whole file."""

    schema: str
    target: dict[str, str]
    runs: Runs
    divergence: tuple[Known, ...] = ()
    intermittent: tuple[Known, ...] = ()
    interpretations: dict[str, tuple[str, ...]] = {}
    not_exercised: dict[str, str] = {}
    exercised: dict[str, tuple[int, int]] = {}
    habits: dict[str, dict[str, int]] = {}

    def least(self, clause: str) -> int:
        """Give the fewest exercised checks of a clause in a run; 0 where there was a run without any."""
        return self.exercised.get(clause, (0, 0))[0]

    @property
    def known(self) -> dict[str, Known]:
        """Every known divergence by its signature."""
        return {each.signature: each for each in (*self.divergence, *self.intermittent)}

    @property
    def steady(self) -> dict[str, Known]:
        """Those that do not come and go."""
        return {each.signature: each for each in self.divergence}


class Held(msgspec.Struct, kw_only=True, frozen=True):
    """The baseline that a run is held against: the name of its file, and the day on which it is looked at."""

    file: str
    on: date
    baseline: Baseline


def load_baseline(path: Path, on: date) -> Held:
    """Read a baseline, as of this day. Raises Refused, in one line with the file and the entry."""
    document = read_document(path)
    if document.get("schema") != BASELINE:
        message = f"{path} is no baseline: its schema is {document.get('schema')!r}, not {BASELINE!r}"
        raise Refused(message)
    try:
        baseline = msgspec.convert(document, Baseline)
    except msgspec.ValidationError as problem:
        message = f"{path}: {str(problem).replace('Object', 'it').replace('`', '')}"
        raise Refused(message) from None
    for table, entries in (("divergence", baseline.divergence), ("intermittent", baseline.intermittent)):
        for number, each in enumerate(entries, 1):
            try:
                _check(each, on)
            except EntryError as problem:
                message = f"{path}, {table} {number} ({each.signature or 'unnamed'}): {problem}"
                raise Refused(message) from None
    if len(baseline.known) < len(baseline.divergence) + len(baseline.intermittent):
        message = f"{path}: a signature stands twice"
        raise Refused(message)
    try:
        check_ranges(baseline.target)
    except EntryError as problem:
        message = f"{path}: {problem}"
        raise Refused(message) from None
    return Held(file=path.name, on=on, baseline=baseline)


def read_document(path: Path) -> dict[str, Any]:
    """Read a TOML file. Raises Refused."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        message = f"cannot read {path}: {problem.strerror}"
        raise Refused(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        message = f"{path} is no TOML: {problem}"
        raise Refused(message) from None


def _check(known: Known, on: date) -> None:
    """Raise EntryError for an entry that makes no sense."""
    try:
        clause(known.clause)
    except UnknownClauseError as problem:
        raise EntryError(str(problem)) from None
    if not known.signature.startswith(f"{known.clause}:"):
        message = f"the signature is none of {known.clause}"
        raise EntryError(message)
    for name in ("owner", "reason"):
        if not getattr(known, name).strip():
            message = f"its {name} is not filled in"
            raise EntryError(message)
    if known.expires - on > LONGEST:
        message = f"expires {known.expires}: at most {LONGEST.days} days ahead, {on + LONGEST}, can be given"
        raise EntryError(message)
    try:
        plan = known.plan
        if not all(isinstance(step, Step) for step in plan):
            message = "one of them is no step"
            raise ValueError(message)  # noqa: TRY301  # told below, like whatever else is wrong
        holders = [getattr(plan[edge.step], "call", plan[edge.step]) for edge in known.edges]
        sizes = [getattr(holder, edge.size) for holder, edge in zip(holders, known.edges, strict=True)]
    except (ValueError, IndexError, AttributeError) as problem:
        message = f"its steps or its frontier make no sense: {problem}"
        raise EntryError(message) from None
    if any(edge.step < 0 for edge in known.edges) or not all(isinstance(size, int) for size in sizes):
        message = "its frontier names no size of its steps"
        raise EntryError(message)
