"""The run: plan and execute in a fixed number of shards, pool, reduce, confirm, decide.

However many workers there are, the shards, their seeds and their order are the same, and so are the plans.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import secrets
import shlex
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.engine import work
from taskconform.conformance.engine.profile import KNOWN, PROFILES
from taskconform.conformance.errors import BrokenOff, HistoryError, TargetUnreachable
from taskconform.conformance.records.history import Episode, clear, read_head, read_part, write_head
from taskconform.conformance.records.private import split
from taskconform.conformance.records.provenance import environment, suite_digest
from taskconform.conformance.targets.naming import Share, is_url, open_named
from taskconform.conformance.verdicts.compose import report
from taskconform.conformance.verdicts.judgement import Tally, judge_records
from taskconform.conformance.verdicts.waivers import Waivers
from taskconform.model.vocabulary.calls import BreakOffWait
from taskconform.model.vocabulary.plan import Act, planned_calls
from taskconform.strategies.drawing.themes import LEAVES, POISONED
from taskconform.strategies.scenarios.outlasting import THEME as OUTLASTING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taskconform.conformance.engine.work import Done
    from taskconform.conformance.records.history import Record
    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.judgement import Sighting
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.reports.document import Report

SWEEP_SECONDS: Final = 5.0
"""How long a server is waited for when a run has broken off and something of it may be left there."""

_SPAWN: Final = multiprocessing.get_context("spawn")

_GLANCE: Final = 0.2
"""Seconds between two looks at what is waited for."""

_IN_A_HEAD: Final = (
    "version",
    "target",
    "command",
    "profile",
    "seed",
    "plan_digest",
    "started",
    "seconds",
    "calls",
    "target_seconds",
    "workers",
    "parts",
)
"""What the head of a history holds, besides what may be absent."""

Progress = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is asked to do. `folder` is where the history goes, and must exist. `selected` clauses are reported
    and required (None: all); what is explored never depends on it. `waivers` are what the verdicts are held against.
    `wait`: wait the window of recentTask out, if the profile does not do so anyway."""

    target: str
    options: dict[str, str]
    profile: str
    seed: int
    workers: int
    folder: Path
    strict: bool = False
    selected: frozenset[str] | None = None
    waivers: Waivers | None = None
    wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that is over: its report, what it was drawn from, and the seconds of exploring: from the first shard's
    first call to the last one's last."""

    report: Report
    tally: Tally
    declaration: Declaration
    exploring: float
    socket_seconds: float
    explored_target_seconds: float


def run(settings: Settings, progress: Progress, target: Target | None = None) -> Finished:
    """Run the suite; given an open target, on that one, in this process. Raises TargetMisnamed, TargetUnreachable,
    BrokenOff."""
    started, clock = datetime.now(UTC), time.perf_counter()
    profile = PROFILES[settings.profile]
    tally = Tally()
    share = Share(run=f"run-{secrets.token_hex(4)}", processes=settings.workers)
    declaration = _declared(settings, share) if target is None else target.declaration
    _clear(settings.folder)
    if is_url(settings.target) and target is None and declaration.exclusive:
        settings = replace(settings, workers=1)  # others would be there: our own
    is_fresh = "reset" in declaration.capabilities
    waiting = _Waiting(settings, declaration, here=target is not None)
    with _pool(settings, share, waiting) if target is None else _Here(work.Worker(target, settings.folder)) as pool:
        waiting.begin(pool, progress)
        explorations = [
            _Job(work.explore, (number, shard, settings.seed), LEAVES[shard.theme] == POISONED)
            for number, shard in enumerate(profile.shards)
            if number not in waiting.numbers
        ]
        explored = _done(pool, explorations, "exploring", progress, is_fresh=is_fresh)
        exploring = time.time() - min(done.began for done in explored)
        for done in explored:
            tally.add(done.tally)
        sightings = sorted(tally.shortest.values(), key=lambda one: one.broken.signature)
        poisoned = {done.part for done, job in zip(explored, explorations, strict=True) if job.poisons}
        reductions = [
            _Job(work.trace, (number, sighting, profile), sighting.part in poisoned, _length(sighting))
            for number, sighting in enumerate(sightings)
        ]
        traced = _done(pool, reductions, "reducing", progress, is_fresh=is_fresh)
        for done in traced:
            tally.add(done.tally)
        for first, *confirmed in waiting.end(progress):
            explored.append(first)
            traced.extend(confirmed)
            for done in (first, *confirmed):
                tally.add(done.tally)
        canary = "" if is_fresh else pool.submit(work.canary).result()
    parts = [*explored, *traced]
    head: dict[str, Any] = {
        "version": version("taskconform"),
        "target": split(settings.options)[0].hide(settings.target),
        "command": _command(settings),
        "profile": settings.profile,
        "seed": settings.seed,
        "strict": settings.strict,
        "selected": sorted(settings.selected) if settings.selected is not None else None,
        "plan_digest": _digest(explored),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - clock, 1),
        "calls": sum(done.calls for done in parts),
        "target_seconds": round(sum(done.target_seconds for done in parts), 1),
        "workers": settings.workers,
        "waited": bool(waiting.numbers),
        "parts": [done.part for done in parts],
        "canary": canary,
        "suite_digest": suite_digest(),
        "environment": environment(),
    }
    if settings.waivers is not None:
        head["waivers"] = msgspec.to_builtins(settings.waivers)
    try:
        write_head(settings.folder, head)
    except OSError as problem:
        raise BrokenOff(work.unwritten(settings.folder, problem)) from problem
    return Finished(
        report=report(
            tally, declaration, head, profile, settings.selected, version=head["version"], waivers=settings.waivers
        ),
        tally=tally,
        declaration=declaration,
        exploring=exploring,
        socket_seconds=sum(done.socket_seconds for done in explored),
        explored_target_seconds=sum(done.target_seconds for done in explored),
    )


def judge(folder: Path, progress: Progress, waivers: Waivers | None = None) -> Finished:
    """Judge a recorded history again, offline; held against these waivers, or, if none are given, against those that
    the run was held against, on the day of the run. Raises HistoryError."""
    head = _head(folder)
    tally = Tally()
    declaration: Declaration | None = None
    for number, part in enumerate(head["parts"]):
        records = _records(folder, part)
        tally.add(judge_records(records))
        if declaration is None:
            declaration = next(
                one.declaration for one in records if isinstance(one, Episode) and one.declaration is not None
            )
        progress("judging", number + 1, len(head["parts"]))
    if declaration is None:
        message = f"{folder} holds no episode"
        raise HistoryError(message)
    if declaration.recorded:
        tally.take_as_shown()
    selected = frozenset(head["selected"]) if head.get("selected") is not None else None
    held = waivers if waivers is not None else _waivers(folder, head)
    return Finished(
        report=report(
            tally,
            declaration,
            head,
            KNOWN[head["profile"]],
            selected,
            version=version("taskconform"),
            waivers=held,
        ),
        tally=tally,
        declaration=declaration,
        exploring=0.0,
        socket_seconds=0.0,
        explored_target_seconds=0.0,
    )


def _head(folder: Path) -> dict[str, Any]:
    """The head of a history, with all that a run writes there. Raises HistoryError."""
    try:
        head = read_head(folder)
    except OSError as problem:
        message = f"{folder} cannot be read: {problem.strerror}"
        raise HistoryError(message) from None
    missing = [name for name in _IN_A_HEAD if name not in head]
    if missing or not isinstance(head["parts"], list) or head["profile"] not in KNOWN:
        message = f"{folder / 'run.json'} lacks or garbles {', '.join(missing) or 'parts or profile'}"
        raise HistoryError(message)
    return head


def _waivers(folder: Path, head: dict[str, Any]) -> Waivers | None:
    """The waivers that the run was held against, if it was. Raises HistoryError."""
    if head.get("waivers") is None:
        return None
    try:
        return msgspec.convert(head["waivers"], Waivers)
    except msgspec.ValidationError as problem:
        message = f"{folder / 'run.json'} garbles its waivers: {problem}"
        raise HistoryError(message) from None


def _records(folder: Path, part: str) -> list[Record]:
    """The records of a part. Raises HistoryError, whatever a garbled file makes of its reader."""
    try:
        records = list(read_part(folder, part))
    except HistoryError:
        raise
    except Exception as problem:
        message = f"{folder}: its part {part} is not readable: {type(problem).__name__}: {problem}"
        raise HistoryError(message) from problem
    if records and not (isinstance(records[0], Episode) and records[0].declaration is not None):
        message = f"{folder}: its part {part} does not begin with an episode"
        raise HistoryError(message)
    return records


def _clear(folder: Path) -> None:
    """An empty folder for the history, now that the target has answered. Raises BrokenOff."""
    try:
        clear(folder)
    except OSError as problem:
        raise BrokenOff(work.unwritten(folder, problem)) from problem


def _declared(settings: Settings, share: Share) -> Declaration:
    """What the target says of itself; a target that cannot be opened is found out here, before any worker starts."""
    target = open_named(settings.target, settings.options, share)
    try:
        return target.declaration
    finally:
        target.close()


@contextmanager
def _pool(settings: Settings, share: Share, waiting: _Waiting) -> Iterator[ProcessPoolExecutor]:
    """The workers, and one more that waits, each with a target of its own; none is left when it is over, however it
    ends. On a server that was there before us whatever goes by the run's name is removed then, in case one of them
    could not do so. Raises BrokenOff if a worker ended before its time."""
    pool = ProcessPoolExecutor(
        max_workers=settings.workers + bool(waiting.numbers),
        mp_context=_SPAWN,
        initializer=work.start,
        initargs=(settings.target, settings.options, settings.folder, share, waiting.waits),
    )
    try:
        yield pool
    except BaseException as problem:
        with _unheard():
            for child in multiprocessing.active_children():
                if child.pid is not None:
                    with suppress(ProcessLookupError):  # ended, and waited for by the pool, meanwhile
                        os.kill(child.pid, signal.SIGINT)
            pool.shutdown(cancel_futures=True)
            notes = _sweep(settings, share) if is_url(settings.target) else ()
        for note in notes:
            problem.add_note(note)
        if isinstance(problem, BrokenProcessPool):
            message = "a process of the run has ended before its time: killed, or out of memory"
            raise BrokenOff("; ".join((message, *notes))) from problem
        raise
    pool.shutdown()


def _sweep(settings: Settings, share: Share) -> tuple[str, ...]:
    """Remove what goes by the run's name; what to say if that can't be done."""
    from taskconform.conformance.cli.clean import clean  # noqa: PLC0415  # not needed otherwise

    timeout = min(float(settings.options.get("timeout", SWEEP_SECONDS)), SWEEP_SECONDS)
    try:
        left = clean(settings.target, {**settings.options, "timeout": str(timeout)}, share.run).left
    except TargetUnreachable:
        left = ["the server does not answer"]
    return (f"something of this run may be left there: taskconform clean {settings.target}",) if left else ()


@contextmanager
def _unheard() -> Iterator[None]:
    """While what was started is ended: whoever is in a hurry and interrupts again would leave it behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Waiting:
    """The shards that wait the window out, while the others are explored: begun first, come back to last."""

    def __init__(self, settings: Settings, declaration: Declaration, *, here: bool) -> None:
        """Find out which these are: none, if nobody wants to wait, or the clock can be moved, or all happens `here`, on
        the one target that is open."""
        self._settings, self._declaration = settings, declaration
        self._profile = PROFILES[settings.profile]
        wanted = (settings.wait or self._profile.waits) and "clock" not in declaration.capabilities and not here
        shards = enumerate(self._profile.shards)
        self.numbers = [number for number, shard in shards if wanted and shard.theme == OUTLASTING]
        self.waits = _SPAWN.Event()
        self._jobs: list[Future[list[Done]]] = []

    def begin(self, pool: Executor, progress: Progress) -> None:
        """Begin. On a server that all share, nothing else begins before what is waited for has ended there; and where
        the others reset it, nothing before the wait is over."""
        if not self.numbers:
            return
        progress("waiting", 0, len(self.numbers))
        with _unheard_by_the_newborn():
            for number in self.numbers:
                shard = self._profile.shards[number]
                arguments = (number, shard, self._settings.seed, self._profile.confirmations)
                self._jobs.append(pool.submit(work.outlast, *arguments))
        if not is_url(self._settings.target):
            return
        alone = "reset" in self._declaration.capabilities
        while not all(job.done() for job in self._jobs) and (alone or not self.waits.wait(_GLANCE)):
            progress("waiting", 0, len(self.numbers))
            wait(self._jobs, _GLANCE)

    def end(self, progress: Progress) -> list[list[Done]]:
        """What it came to, shard by shard."""
        found = [job.result() for job in self._jobs]
        if found:
            progress("waiting", len(found), len(found))
        return found


class _Here(Executor):
    """No pool: each job is done here, with a target that is open, when it is handed in."""

    def __init__(self, worker: work.Worker) -> None:
        """Do everything with this worker."""
        self._does: dict[Callable[..., Any], Callable[..., Any]] = {
            work.explore: worker.explore,
            work.trace: worker.trace,
            work.canary: worker.canary,
        }

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        """Do a job. Nobody is born: an interrupt is heard."""
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        job: Future[Any] = Future()
        job.set_result(self._does[fn](*args))
        return job


@contextmanager
def _unheard_by_the_newborn() -> Iterator[None]:
    """While jobs are handed in, and workers born: an interrupt waits, here and in them, until `work.start` can heed it.
    A process inherits what its parent blocks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@dataclass(frozen=True, slots=True)
class _Job:
    """Something for a worker to do. `poisons`: it may leave no room for anybody's collectors. The higher `length` is,
    the longer it takes, beside the others of its kind."""

    what: Callable[..., Done]
    arguments: tuple[Any, ...]
    poisons: bool
    length: tuple[bool, int] = (False, 0)


def _done(pool: Executor, jobs: list[_Job], stage: str, progress: Progress, *, is_fresh: bool) -> list[Done]:
    """The jobs' results, in their order. The long ones are begun first, so that no worker waits for one at the end.
    Where no fresh server state can be had, what poisons comes last, and each by itself."""
    waiting = [] if is_fresh else [number for number, job in enumerate(jobs) if job.poisons]
    done: dict[int, Done] = {}
    others = [number for number in range(len(jobs)) if number not in waiting]
    others.sort(key=lambda number: jobs[number].length, reverse=True)
    batches = [others, *([number] for number in waiting)]
    progress(stage, 0, len(jobs))
    for batch in batches:
        with _unheard_by_the_newborn():
            handed = [pool.submit(jobs[number].what, *jobs[number].arguments) for number in batch]
        so_far = len(done)
        results = _gather(handed, partial(_tell, progress, stage, so_far, len(jobs)))
        done.update(zip(batch, results, strict=True))
    return [done[number] for number in range(len(jobs))]


def _tell(progress: Progress, stage: str, before: int, total: int, gained: int) -> None:
    """Tell of progress, some of which was made before."""
    progress(stage, before + gained, total)


def _gather(jobs: list[Any], told: Callable[[int], None]) -> list[Done]:
    """The jobs' results, in their order; a failure of one is raised as soon as it is known. Told how many are done."""
    for number, job in enumerate(as_completed(jobs), start=1):
        job.result()
        told(number)
    return [job.result() for job in jobs]


def _length(sighting: Sighting) -> tuple[bool, int]:
    """What a sighting takes each time it is performed again: whether it waits for seconds, and how many calls."""
    plan = sighting.prefix
    waits = any(isinstance(step, Act) and isinstance(step.call, BreakOffWait) for step in plan)
    return waits, planned_calls(plan)


def _command(settings: Settings) -> str:
    """The command line that makes the same calls again. Options hold no secrets: those come from the environment."""
    words = ["taskconform", "run", settings.target, "--profile", settings.profile, "--seed", str(settings.seed)]
    for key, value in sorted(settings.options.items()):
        words += ["--set", f"{key}={value}"]
    if settings.wait:
        words.append("--wait")
    return split(settings.options)[0].hide(shlex.join(words))


def _digest(explored: list[Done]) -> str:
    """The digest of all plans, shard by shard."""
    return "sha256:" + hashlib.sha256("".join(done.digest for done in explored).encode()).hexdigest()
