"""The jobs of a qualification, and the processes that do them.

A job is one seed's plans on a few mutants or variants. Jobs stand in the order of their seeds, so that each process
draws few plans; the result of a job depends neither on the process nor on the order.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from taskconform.conformance.children import born
from taskconform.conformance.engine.elsewhere import as_they_come
from taskconform.conformance.errors import BrokenOff
from taskconform.conformance.qualification.drawn import drawn
from taskconform.conformance.qualification.hunt import hunt
from taskconform.conformance.qualification.sampled import hunt_sampled
from taskconform.conformance.qualification.watched import watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.conformance.qualification.rows import Row

AT_ONCE: Final = 4
"""Runs a job: few enough that little is lost where one is broken off, and that no process waits long at the end."""
SAMPLED_AT_ONCE: Final = 15
"""The same of mutants of a sample, whose job begins with the specification."""
SPACE: Final = "space"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run that is to be made. `kind` is fault, variant or space; `wanted` is the one clause that is waited for, if
    any."""

    kind: str
    name: str
    profile: str
    seed: int
    wanted: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Key of its result."""
        return (self.kind, self.name, self.profile, str(self.seed), self.wanted)

    def do(self) -> Row:
        """Make the run."""
        plans = drawn(self.profile, self.seed)
        return hunt(self.name, plans, self.wanted) if self.kind == "fault" else watch(self.name, plans)


def do(tasks: tuple[Task, ...]) -> list[Row]:
    """Make some runs of one profile and seed; those of a sample together."""
    sampled = [task.name for task in tasks if task.kind == SPACE]
    rows: list[Row] = [task.do() for task in tasks if task.kind != SPACE]
    return [*rows, *(hunt_sampled(sampled, drawn(tasks[0].profile, tasks[0].seed)) if sampled else ())]


def done(tasks: Iterable[Task], workers: int | Executor) -> Iterator[list[Row]]:
    """Make all runs, in so many processes or by an executor, and yield their results as they come. Raises BrokenOff if
    a process ends before its time."""
    jobs = list(_jobs(tasks))
    if isinstance(workers, Executor):
        for _, rows in as_they_come(workers, do, jobs):
            yield rows
        return
    if workers <= 1 or len(jobs) <= 1:
        yield from map(do, jobs)
        return
    with _pool(min(workers, len(jobs))) as pool:
        for job in as_completed([pool.submit(do, job) for job in jobs]):
            yield job.result()


def _jobs(tasks: Iterable[Task]) -> Iterator[tuple[Task, ...]]:
    """Tasks of one profile and seed, a few at a time."""
    ordered = sorted(tasks, key=lambda task: (task.profile, task.seed))
    for _, group in groupby(ordered, key=lambda task: (task.profile, task.seed)):
        members = list(group)
        size = SAMPLED_AT_ONCE if members[0].kind == SPACE else AT_ONCE
        yield from (tuple(members[at : at + size]) for at in range(0, len(members), size))


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Processes, none of which is left when it is over, however it ends. They hold nothing that could be left behind,
    so they are ended at once."""
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=born)
    try:
        yield pool
    except BaseException as problem:
        for child in multiprocessing.active_children():
            child.terminate()
        pool.shutdown(cancel_futures=True)
        if isinstance(problem, BrokenProcessPool):
            message = "a process of the qualification has ended before its time: killed, or out of memory"
            raise BrokenOff(message) from problem
        raise
    pool.shutdown()
