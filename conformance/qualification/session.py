"""A qualification from its request to its document: the runs, stage by stage, less those that were made before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from taskconform.conformance.errors import Refused
from taskconform.conformance.qualification.coverage import survey
from taskconform.conformance.qualification.drawn import drawn
from taskconform.conformance.qualification.gate import QUICK, STANDARD, clause_results, document
from taskconform.conformance.qualification.jobs import SPACE, Task, done
from taskconform.conformance.qualification.mutants.registry import BUGS
from taskconform.conformance.qualification.power import document as power_document
from taskconform.conformance.qualification.rows import Hunted, Sampled
from taskconform.conformance.qualification.space.mutants import sample
from taskconform.conformance.qualification.variants.registry import all_variants
from taskconform.conformance.qualification.watched import combinations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from concurrent.futures import Executor

    from taskconform.conformance.engine.portion import Portion
    from taskconform.conformance.progress import Progress
    from taskconform.conformance.qualification.document import Qualification
    from taskconform.conformance.qualification.power import Power
    from taskconform.conformance.qualification.rows import Ledger

FAULT: Final = "fault:"
"""Prefix that the names of mutants may have in a glob."""

VARIANT: Final = "variant:"
"""Prefix that the names of conforming variants have in a glob."""

SEEDS: Final = 20
"""Default number of seeds that each mutant is run with."""

WITNESS_SEEDS: Final = 3
"""Seeds with which a clause that has killed nothing yet is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Runs that are wanted: `globs` on the names of mutants, bare or after `fault:`, and of conforming variants, after
    `variant:`; at most with this profile; each mutant with so many seeds. `full`: variants with more seeds, and more of
    them put together.
    """

    globs: tuple[str, ...] = ("*",)
    profile: str = STANDARD
    seeds: int = SEEDS
    workers: int = 1
    full: bool = False
    coverage: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """The faults that are chosen."""
        return tuple(fault for fault in BUGS if self._chosen(fault) or self._chosen(f"{FAULT}{fault}"))

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that are chosen."""
        return tuple(name for name in sorted(all_variants()) if self._chosen(f"{VARIANT}{name}"))

    @property
    def fives(self) -> tuple[str, ...]:
        """The combinations that are chosen."""
        return tuple(name for name in combinations(300 if self.full else 60) if self._chosen(f"{VARIANT}{name}"))

    @property
    def variant_seeds(self) -> int:
        """Seeds that each variant is run with."""
        return min(self.seeds, 20 if self.full else 5)

    def with_workers(self, workers: int) -> Request:
        """Return the same with so many processes."""
        return replace(self, workers=workers)

    def _chosen(self, name: str) -> bool:
        return any(fnmatchcase(name, glob) for glob in self.globs)


def qualify(request: Request, ledger: Ledger, progress: Progress, executor: Executor | None = None) -> Qualification:
    """Make the runs that are asked for and not in the ledger yet, and give the document of all. Raises BrokenOff."""
    wanted = qualify_portion(request, ledger, progress, executor=executor)
    whole = set(request.faults) == set(BUGS)
    if whole:
        witnesses = _witnesses(request, [ledger.rows[task.key] for task in wanted])
        _carry_out("clauses", witnesses, ledger, progress, executor or request.workers)
        wanted += witnesses
    surveyed = survey(drawn(QUICK, 0)) if request.coverage else None
    rows = [ledger.rows[task.key] for task in wanted]
    return document(rows, fingerprint=ledger.fingerprint, whole=whole, survey=surveyed)


def qualify_portion(
    request: Request,
    ledger: Ledger,
    progress: Progress,
    portion: Portion | None = None,
    executor: Executor | None = None,
) -> list[Task]:
    """Make the runs of a portion that are not in the ledger yet (None: of all), and list them. Runs that wait for a
    clause are of the whole, since they depend on all others. Raises Refused for more portions than there are runs,
    BrokenOff."""
    wanted = _portion(_first(request), portion)
    _carry_out("running", wanted, ledger, progress, executor or request.workers)
    if request.profile == STANDARD:
        late = [
            Task(kind="fault", name=task.name, profile=STANDARD, seed=task.seed)
            for task in wanted
            if task.kind == "fault" and not _killed(ledger, task)
        ]
        _carry_out("standard", late, ledger, progress, executor or request.workers)
        wanted += late
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRequest:
    """A sample that is wanted: so many mutants of the fault space whose names match, drawn with the seed, each run with
    the profile's plans of the same seed."""

    count: int
    seed: int = 0
    profile: str = QUICK
    workers: int = 1
    globs: tuple[str, ...] = ("*",)

    @property
    def names(self) -> tuple[str, ...]:
        """The mutants that are drawn."""
        return sample(self.count, self.seed, self.globs)

    def with_workers(self, workers: int) -> SampleRequest:
        """Return the same with so many processes."""
        return replace(self, workers=workers)


def qualify_sample(
    request: SampleRequest, ledger: Ledger, progress: Progress, executor: Executor | None = None
) -> Power:
    """Make the runs of a sample that are not in the ledger yet, and give the document of all. Raises BrokenOff."""
    tasks = sample_portion(request, ledger, progress, executor=executor)
    rows = [row for task in tasks if isinstance(row := ledger.rows[task.key], Sampled)]
    return power_document(rows, fingerprint=ledger.fingerprint, profile=request.profile, seed=request.seed)


def sample_portion(
    request: SampleRequest,
    ledger: Ledger,
    progress: Progress,
    portion: Portion | None = None,
    executor: Executor | None = None,
) -> list[Task]:
    """Make the runs of a portion of a sample that are not in the ledger yet (None: of all), and list them. Raises
    Refused for more portions than there are runs, BrokenOff."""
    tasks = [Task(kind=SPACE, name=name, profile=request.profile, seed=request.seed) for name in request.names]
    tasks = _portion(tasks, portion)
    _carry_out("sample", tasks, ledger, progress, executor or request.workers)
    return tasks


def _portion(tasks: list[Task], portion: Portion | None) -> list[Task]:
    """Return the runs of a portion. They are dealt out seed by seed, so that each portion draws few plans. Raises
    Refused."""
    if portion is None:
        return tasks
    if portion.of > len(tasks):
        message = f"{len(tasks)} runs can be split into as many shards at most, not {portion.of}"
        raise Refused(message)
    ordered = sorted(tasks, key=lambda task: task.seed)
    return [task for number, task in enumerate(ordered) if number * portion.of // len(ordered) == portion.index - 1]


def _first(request: Request) -> list[Task]:
    """List the runs that are made in any case: mutants with quick, variants, and combinations of them."""
    tasks = [
        Task(kind="fault", name=fault, profile=QUICK, seed=seed)
        for fault in request.faults
        for seed in range(request.seeds)
    ]
    tasks += [
        Task(kind="variant", name=name, profile=QUICK, seed=seed)
        for name in request.variants
        for seed in range(request.variant_seeds)
    ]
    tasks += [
        Task(kind="variant", name=name, profile=QUICK, seed=number % request.variant_seeds)
        for number, name in enumerate(request.fives)
    ]
    return list(dict.fromkeys(tasks))


def _killed(ledger: Ledger, task: Task) -> bool:
    """Tell whether a run of a mutant killed it."""
    row = ledger.rows[task.key]
    return isinstance(row, Hunted) and bool(row.killed_by)


def _witnesses(request: Request, rows: Iterable[object]) -> list[Task]:
    """List runs that wait for a clause that was not broken yet, on the mutants that are said to break it."""
    idle = [one.id for one in clause_results(row for row in rows if isinstance(row, Hunted)) if not one.bites]
    return [
        Task(kind="fault", name=bug.id, profile=QUICK, seed=seed, wanted=clause)
        for clause in idle
        for bug in BUGS.values()
        if clause in bug.clauses or clause in bug.also
        for seed in range(min(request.seeds, WITNESS_SEEDS))
    ]


def _carry_out(stage: str, tasks: Iterable[Task], ledger: Ledger, progress: Progress, workers: int | Executor) -> None:
    """Make the runs that are not in the ledger yet, in so many processes or by an executor, and add each to it as it
    ends."""
    tasks = list(tasks)
    left = [task for task in tasks if task.key not in ledger.rows]
    so_far = len(tasks) - len(left)
    progress(stage, so_far, len(tasks))
    for rows in done(left, workers):
        ledger.add(rows)
        so_far += len(rows)
        progress(stage, so_far, len(tasks))
