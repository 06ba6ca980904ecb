"""The scheduler of a run: it hands jobs to workers, in processes or in this one, and gives the results in order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine.schedule import process
from taskconform.conformance.errors import BrokenOff, TargetUnreachable, TimeUp
from taskconform.conformance.targets.naming import is_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.synchronize import Event

    from taskconform.conformance.engine.schedule.worker import Done, Job, Worker
    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.progress import Progress
    from taskconform.conformance.targets.naming import Share

SWEEP_SECONDS: Final = 5.0
"""Seconds that a server is waited for when a run has broken off and something of it may be left there."""

LONGEST_END: Final = 120.0
"""Seconds in which the processes of a run that has broken off must have cleaned up and ended."""

_SPAWN: Final = multiprocessing.get_context("spawn")

_GLANCE: Final = 0.2
"""Seconds between two looks at jobs that wait."""


@dataclass(slots=True, kw_only=True)
class Scheduler:
    """Gives jobs to workers by `submit`. `is_fresh`: a worker's target can be reset to a fresh server state. `waiting`
    is set once the jobs that were begun wait, on a server that all workers share. After the `deadline`, by the
    monotonic clock, nothing more is waited for."""

    submit: Callable[[Job], Future[Any]]
    progress: Progress
    is_fresh: bool
    waiting: Event | None = None
    deadline: float | None = None
    _begun: list[Future[list[Done]]] = field(default_factory=list)

    def begin(self, jobs: Sequence[Job]) -> None:
        """Begin jobs that mostly wait, while others are done. On a server that all share, nothing else is begun before
        their calls have ended there; and where the others reset it, nothing before they are over."""
        if jobs:
            self.progress("waiting", 0, len(jobs))
        self._begun = [self.submit(job) for job in jobs]
        while self.waiting is not None and not all(job.done() for job in self._begun):
            if not self.is_fresh and self.waiting.wait(_GLANCE):
                break
            self.progress("waiting", 0, len(jobs))
            wait(self._begun, _GLANCE)

    def ended(self) -> list[list[Done]]:
        """Give what the jobs that were begun came to, job by job."""
        found = [job.result() for job in self._begun]
        if found:
            self.progress("waiting", len(found), len(found))
        return found

    def do(
        self,
        stage: str,
        jobs: Sequence[Job],
        *,
        taken: Callable[[Any], None] | None = None,
        enough: Callable[[], bool] | None = None,
    ) -> list[Done]:
        """Do jobs, and give their results in their order. The long ones are begun first, so that no worker waits for
        one at the end. Where no fresh server state can be had, jobs that poison come last, and each by itself. A
        failure is raised as soon as it is known. `taken` is given each result as it comes; once there is `enough`, no
        further job is begun. Raises TimeUp once the deadline is over."""
        alone = [number for number, job in enumerate(jobs) if job.poisons and not self.is_fresh]
        others = [number for number in range(len(jobs)) if number not in alone]
        others.sort(key=lambda number: jobs[number].length, reverse=True)
        done: dict[int, Done] = {}
        self.progress(stage, 0, len(jobs))
        for batch in (others, *([number] for number in alone)):
            handed: dict[Future[Any], int] = {}
            for number in batch:
                if enough is not None and enough():
                    break
                future = self.submit(jobs[number])
                handed[future] = number
                if future.done():
                    self._take(handed, {future}, done, taken)
                    self.progress(stage, len(done), len(jobs))
            while handed:
                over, _ = wait(handed, timeout=self._patience(), return_when=FIRST_COMPLETED)
                self._take(handed, over, done, taken)
                self.progress(stage, len(done), len(jobs))
                if enough is not None and enough():
                    for future in [future for future in handed if future.cancel()]:
                        del handed[future]
        return [done[number] for number in sorted(done)]

    def _take(
        self,
        handed: dict[Future[Any], int],
        over: set[Future[Any]],
        done: dict[int, Done],
        taken: Callable[[Any], None] | None,
    ) -> None:
        """Take the results of jobs that are over."""
        for future in over:
            result = future.result()
            done[handed.pop(future)] = result
            if taken is not None:
                taken(result)

    def _patience(self) -> float | None:
        """Give the seconds after which to look again; None: there is nothing to look for. Raises TimeUp."""
        if self.deadline is None:
            return None
        if time.monotonic() > self.deadline:
            message = "the time is up"
            raise TimeUp(message)
        return _GLANCE


def in_this_process(worker: Worker, progress: Progress) -> Scheduler:
    """Schedule for one worker: each job is done when it is handed in."""

    def submit(job: Job) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(job.do(worker))
        return future

    return Scheduler(submit=submit, progress=progress, is_fresh="reset" in worker.target.declaration.capabilities)


@contextmanager
def in_processes(
    settings: Settings, share: Share, progress: Progress, *, is_fresh: bool, waits: bool
) -> Iterator[Scheduler]:
    """Schedule for workers in processes, and one more if jobs are begun that wait. No process is left when it is over,
    however it ends. From a server that was there before us whatever goes by the run's name is removed then, in case one
    of them could not do so. Raises BrokenOff if a worker ended before its time."""
    waiting = _SPAWN.Event()
    pool = ProcessPoolExecutor(
        max_workers=settings.workers + waits,
        mp_context=_SPAWN,
        initializer=process.start,
        initargs=(settings.target, settings.options, settings.folder, share, waiting),
    )

    def submit(job: Job) -> Future[Any]:
        with _deferred():
            return pool.submit(process.do, job)

    try:
        yield Scheduler(
            submit=submit,
            progress=progress,
            is_fresh=is_fresh,
            waiting=waiting if is_url(settings.target) else None,
        )
    except BaseException as problem:
        with _ignored():
            for child in multiprocessing.active_children():
                if child.pid is not None:
                    with suppress(ProcessLookupError):  # ended, and waited for by the pool, meanwhile
                        os.kill(child.pid, signal.SIGINT)
            notes = (*shut(pool), *(_sweep(settings, share) if is_url(settings.target) else ()))
        for note in notes:
            problem.add_note(note)
        if isinstance(problem, BrokenProcessPool):
            message = "a process of the run has ended before its time: killed, or out of memory"
            raise BrokenOff("; ".join((message, *notes))) from problem
        raise
    pool.shutdown()


def shut(pool: ProcessPoolExecutor, seconds: float = LONGEST_END) -> tuple[str, ...]:
    """End a pool. Processes that do not end in so many seconds are killed, and said so. One that was killed in the
    middle of an answer would let the pool wait for the rest for ever: it is told that there is none."""
    children = multiprocessing.active_children()
    ending = threading.Thread(target=partial(pool.shutdown, cancel_futures=True), daemon=True)
    ending.start()
    ending.join(seconds)
    if not ending.is_alive():
        return ()
    for child in children:
        child.kill()
    writer = getattr(getattr(pool, "_result_queue", None), "_writer", None)
    if writer is not None:
        writer.close()
    ending.join(seconds)
    return ("a process of the run did not end, and was killed",)


def _sweep(settings: Settings, share: Share) -> tuple[str, ...]:
    """Remove what goes by the run's name, and say so if that can't be done."""
    from taskconform.conformance.cli.clean import clean  # noqa: PLC0415  # not needed otherwise

    timeout = min(float(settings.options.get("timeout", SWEEP_SECONDS)), SWEEP_SECONDS)
    try:
        left = clean(settings.target, {**settings.options, "timeout": str(timeout)}, share.run).left
    except TargetUnreachable:
        left = ["the server does not answer"]
    return (f"something of this run may be left there: taskconform clean {settings.target}",) if left else ()


@contextmanager
def _ignored() -> Iterator[None]:
    """Ignore interrupts while processes are ended: a second one would leave them behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _deferred() -> Iterator[None]:
    """Defer interrupts while a process may be started, here and in it, until `process.start` can heed them. A process
    inherits what its parent blocks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
