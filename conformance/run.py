"""The run: plan and execute in a fixed number of shards, pool, reduce, confirm, decide.

However many workers there are, the shards, their seeds and their order are the same, and so are the plans.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shlex
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from taskconform.conformance import work
from taskconform.conformance.decide import report
from taskconform.conformance.history import Episode, HistoryError, read_head, read_part, write_head
from taskconform.conformance.judgement import Tally, judge_records
from taskconform.conformance.naming import open_named
from taskconform.conformance.profile import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taskconform.conformance.work import Done
    from taskconform.model.declaration import Declaration
    from taskconform.reports.document import Report

Progress = Callable[[str, int, int], None]
"""Told of progress: the stage, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is asked to do. `folder` is where the history goes, and must exist. `selected` clauses are reported
    and required (None: all); what is explored never depends on it."""

    target: str
    options: dict[str, str]
    profile: str
    seed: int
    workers: int
    folder: Path
    strict: bool = False
    selected: frozenset[str] | None = None


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


def run(settings: Settings, progress: Progress) -> Finished:
    """Run the suite. Raises TargetMisnamed, TargetUnreachable."""
    started, clock = datetime.now(UTC), time.perf_counter()
    profile = PROFILES[settings.profile]
    tally = Tally()
    declaration = _declared(settings)
    with _pool(settings) as pool:
        with _unheard_by_the_newborn():
            jobs = [
                pool.submit(work.explore, number, shard, settings.seed) for number, shard in enumerate(profile.shards)
            ]
        explored = _gather(jobs, "exploring", progress)
        exploring = time.time() - min(done.began for done in explored)
        for done in explored:
            tally.add(done.tally)
        sightings = [tally.shortest[signature] for signature in sorted(tally.shortest)]
        with _unheard_by_the_newborn():
            jobs = [pool.submit(work.trace, number, sighting, profile) for number, sighting in enumerate(sightings)]
        traced = _gather(jobs, "reducing", progress)
        for done in traced:
            tally.add(done.tally)
    parts = [*explored, *traced]
    head = {
        "version": version("taskconform"),
        "target": settings.target,
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
        "parts": [done.part for done in parts],
    }
    write_head(settings.folder, head)
    return Finished(
        report=report(tally, declaration, head, profile, settings.selected),
        tally=tally,
        declaration=declaration,
        exploring=exploring,
        socket_seconds=sum(done.socket_seconds for done in explored),
        explored_target_seconds=sum(done.target_seconds for done in explored),
    )


def judge(folder: Path, progress: Progress) -> Finished:
    """Judge a recorded history again, offline. Raises HistoryError."""
    head = read_head(folder)
    tally = Tally()
    declaration: Declaration | None = None
    for number, part in enumerate(head["parts"]):
        records = list(read_part(folder, part))
        tally.add(judge_records(records))
        if declaration is None:
            declaration = next(
                one.declaration for one in records if isinstance(one, Episode) and one.declaration is not None
            )
        progress("judging", number + 1, len(head["parts"]))
    if declaration is None:
        message = f"{folder} holds no episode"
        raise HistoryError(message)
    selected = frozenset(head["selected"]) if head.get("selected") is not None else None
    return Finished(
        report=report(tally, declaration, head, PROFILES[head["profile"]], selected),
        tally=tally,
        declaration=declaration,
        exploring=0.0,
        socket_seconds=0.0,
        explored_target_seconds=0.0,
    )


def _declared(settings: Settings) -> Declaration:
    """What the target says of itself; a target that cannot be opened is found out here, before any worker starts."""
    target = open_named(settings.target, settings.options)
    try:
        return target.declaration
    finally:
        target.close()


@contextmanager
def _pool(settings: Settings) -> Iterator[ProcessPoolExecutor]:
    """The workers, each with a target of its own; none is left when it is over, however it ends."""
    pool = ProcessPoolExecutor(
        max_workers=settings.workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=work.start,
        initargs=(settings.target, settings.options, settings.folder),
    )
    try:
        yield pool
    except BaseException:
        for child in multiprocessing.active_children():
            if child.pid is not None:
                os.kill(child.pid, signal.SIGINT)
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


@contextmanager
def _unheard_by_the_newborn() -> Iterator[None]:
    """While jobs are handed in, and workers born: an interrupt waits, here and in them, until `work.start` can heed it.
    A process inherits what its parent blocks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _gather(jobs: list[Any], stage: str, progress: Progress) -> list[Done]:
    """The jobs' results, in their order; a failure of one is raised as soon as it is known."""
    progress(stage, 0, len(jobs))
    for number, job in enumerate(as_completed(jobs), start=1):
        job.result()
        progress(stage, number, len(jobs))
    return [job.result() for job in jobs]


def _command(settings: Settings) -> str:
    """The command line that makes the same calls again. Options hold no secrets: those come from the environment."""
    words = ["taskconform", "run", settings.target, "--profile", settings.profile, "--seed", str(settings.seed)]
    for key, value in sorted(settings.options.items()):
        words += ["--set", f"{key}={value}"]
    return shlex.join(words)


def _digest(explored: list[Done]) -> str:
    """The digest of all plans, shard by shard."""
    return "sha256:" + hashlib.sha256("".join(done.digest for done in explored).encode()).hexdigest()
