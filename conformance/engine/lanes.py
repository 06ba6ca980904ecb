"""Lanes: several episodes at a time in one process, each on a target of its own.

Where the server's clock cannot be moved, a good part of an episode is rest: the server is given the time it takes to
settle. Meanwhile another episode goes on. Only one of them computes at a time: the one that has the baton. What they
bring is written and counted in the order of the episodes, so that it is the same with any number of lanes.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.verdicts.judgement import Judge, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from taskconform.conformance.records.history import Episode, Record
    from taskconform.conformance.targets.protocol import Target


class _Stopped(Exception):  # noqa: N818  # no error: another lane has gone wrong
    """There is nothing to go on with any more."""


class Baton:
    """Held by one thread at a time; who has waited for it longer gets it first, of two."""

    def __init__(self) -> None:
        """Nobody has it."""
        self._baton = threading.Lock()
        self._next = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """With the baton."""
        self._take()
        try:
            yield
        finally:
            self._baton.release()

    @contextmanager
    def free(self) -> Iterator[None]:
        """Without it, for whoever holds it."""
        self._baton.release()
        try:
            yield
        finally:
            self._take()

    def _take(self) -> None:
        with self._next:
            self._baton.acquire()


@dataclass(slots=True, kw_only=True)
class Lanes:
    """Performs episodes, as many at a time as there are targets, all of which declare the same. `record` is given every
    record in the order of the episodes, `heed` is called between two calls, and stops everything by raising; `rest`
    waits. `tally` is of all episodes so far, in their order."""

    targets: Sequence[Target]
    record: Callable[[Record], None]
    heed: Callable[[], None]
    rest: Callable[[float], None]
    tally: Tally = field(default_factory=Tally)
    calls: int = 0
    target_seconds: float = 0.0
    _baton: Baton = field(default_factory=Baton)
    _stopped: bool = False
    _performed: dict[int, tuple[list[Record], Tally]] = field(default_factory=dict)
    _told: int = 0

    def run(self, episodes: Iterable[Episode]) -> None:
        """Perform them all. The first lane that goes wrong ends the others. Raises TargetUnreachable."""
        coming = enumerate(episodes)
        with ThreadPoolExecutor(len(self.targets), thread_name_prefix="taskconform-lane") as pool:
            lanes = [pool.submit(self._lane, target, coming) for target in self.targets]
        problems = [problem for lane in lanes if (problem := lane.exception()) is not None]
        if problems:
            raise min(problems, key=lambda one: isinstance(one, _Stopped))

    def _lane(self, target: Target, coming: Iterator[tuple[int, Episode]]) -> None:
        """One episode after the other, until there are no more."""
        judge = Judge()
        executor = Executor(target=target, judge=judge, record=self.record, rest=self._rest)
        with self._baton.held():
            try:
                for number, episode in coming:
                    records: list[Record] = []
                    executor.record = self._heeding(records.append)
                    judge.declaration = target.declaration if number else None  # told in the first episode only
                    judge.tally = Tally()
                    executor.run(episode)
                    judge.end()
                    self._performed[number] = (records, judge.tally)
                    self._tell()
                    with self._baton.free():
                        pass
            except BaseException:
                self._stopped = True
                raise
            finally:
                self.calls += executor.calls
                self.target_seconds += executor.target_seconds

    def _rest(self, seconds: float) -> None:
        """Wait, while another lane goes on."""
        with self._baton.free():
            self.rest(seconds)

    def _heeding(self, write: Callable[[Record], None]) -> Callable[[Record], None]:
        """The same, but out of the lane as soon as somebody wants to stop, or another one has gone wrong."""

        def record(one: Record) -> None:
            if self._stopped:
                raise _Stopped
            self.heed()
            write(one)

        return record

    def _tell(self) -> None:
        """Write and count what is next in order, as far as it has been performed."""
        while self._told in self._performed:
            records, tally = self._performed.pop(self._told)
            for record in records:
                self.record(record)
            self.tally.add(tally)
            self._told += 1
