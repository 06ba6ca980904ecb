"""Lanes: threads of one process, each of which performs test cases on a target of its own.

Where a server's clock cannot be moved, much of a test case is rest. Meanwhile another one goes on in another lane.
Results come in the order of the test cases, so that they are the same with any number of lanes.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.schedule.interrupts import LONGEST_REST, heed, rest
from taskconform.conformance.verdicts.judgement import Judge, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from taskconform.conformance.records.history import Episode, Record
    from taskconform.conformance.targets.protocol import Target


@dataclass(slots=True, kw_only=True)
class Performed:
    """Test cases that are over: their tally, and what they took. `records` are those of a single one."""

    records: list[Record] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    calls: int = 0
    target_seconds: float = 0.0
    socket_seconds: float = 0.0

    def add(self, other: Performed) -> None:
        """Add up, without the records."""
        self.tally.add(other.tally)
        self.calls += other.calls
        self.target_seconds += other.target_seconds
        self.socket_seconds += other.socket_seconds


class Turns:
    """A lock that is fair between two threads: whoever has waited longer takes it first."""

    def __init__(self) -> None:
        """Begin with a free lock."""
        self._turn = threading.Lock()
        self._next = threading.Lock()

    def _take(self) -> None:
        with self._next:
            self._turn.acquire()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock inside the block."""
        self._take()
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def free(self) -> Iterator[None]:
        """Give the lock away inside the block, by a thread that holds it."""
        self._turn.release()
        try:
            yield
        finally:
            self._take()


def borrowed(targets: Sequence[Target]) -> Callable[[], AbstractContextManager[Target]]:
    """Lend each of these targets to one test case after another."""
    free: SimpleQueue[Target] = SimpleQueue()
    for target in targets:
        free.put(target)

    @contextmanager
    def borrow() -> Iterator[Target]:
        target = free.get()
        try:
            yield target
        finally:
            free.put(target)

    return borrow


class _Stopped(Exception):  # noqa: N818  # no error of this lane's
    """Another lane has failed: there is nothing to go on for."""


@dataclass(slots=True, kw_only=True)
class Lanes:
    """Performs `count` test cases at a time. `target` gives each one a target, and takes it back.

    `turns`: only one lane computes at a time, which is quicker than to share the interpreter; None lets all go on.
    `alike`: all targets declare the same, which is recorded once. `waiting` is called once every test case has come to
    a long rest, or to its end. `heed` is called before each record, and raises to end everything; `rest` waits.
    """

    count: int
    target: Callable[[], AbstractContextManager[Target]]
    turns: Turns | None = None
    alike: bool = False
    waiting: Callable[[], None] | None = None
    heed: Callable[[], None] = heed
    rest: Callable[[float], None] = rest
    _is_stopped: bool = False
    _ahead: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, cases: Iterable[Episode]) -> Generator[Performed]:
        """Perform test cases, and yield what each came to, in their order. The first failure ends all lanes and is
        raised. Raises TargetUnreachable, KeyboardInterrupt."""
        cases = list(cases)
        self._ahead = len(cases)
        with ThreadPoolExecutor(max(1, self.count), thread_name_prefix="taskconform-lane") as pool:
            jobs = deque(pool.submit(self._perform, number, case) for number, case in enumerate(cases))
            try:
                while jobs:
                    yield jobs[0].result()
                    jobs.popleft()
            except _Stopped:
                problems = [problem for job in jobs if (problem := job.exception()) is not None]
                raise min(problems, key=lambda one: isinstance(one, _Stopped)) from None
            finally:
                self._is_stopped = True

    def _perform(self, number: int, case: Episode) -> Performed:
        """Perform one test case. Raises _Stopped if another one has failed."""
        records: list[Record] = []
        is_waiting = False

        def record(one: Record) -> None:
            self._check()
            self.heed()
            records.append(one)

        def rest(seconds: float) -> None:
            nonlocal is_waiting
            if not is_waiting and seconds > LONGEST_REST:
                is_waiting = True
                self._wait()
            with self.turns.free() if self.turns is not None else nullcontext():
                while seconds > 0:
                    self._check()
                    self.rest(min(seconds, LONGEST_REST))
                    seconds -= LONGEST_REST

        try:
            self._check()
            with self.target() as target, self.turns.held() if self.turns is not None else nullcontext():
                judge = Judge()
                if self.alike and number:
                    judge.declaration = target.declaration
                executor, socket = Executor(target=target, judge=judge, record=record, rest=rest), target.socket_seconds
                executor.run(case)
                judge.end()
                return Performed(
                    records=records,
                    tally=judge.tally,
                    calls=executor.calls,
                    target_seconds=executor.target_seconds,
                    socket_seconds=target.socket_seconds - socket,
                )
        except BaseException:
            self._is_stopped = True
            raise
        finally:
            if not is_waiting:
                self._wait()

    def _check(self) -> None:
        """Raise _Stopped if another test case has failed."""
        if self._is_stopped:
            raise _Stopped

    def _wait(self) -> None:
        """Count one more test case that has come to its wait, or will come to none."""
        with self._lock:
            self._ahead -= 1
            if not self._ahead and self.waiting is not None:
                self.waiting()
