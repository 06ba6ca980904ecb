"""One wait for all: what outlasts the window of recentTask on a clock that cannot be moved.

All such plans are performed at the same time, each on a target of its own, and the re-runs that would confirm what the
narrow ones show along with them: they all wait while the run goes on with other work, and come back together. Only what
nothing but a wide plan has shown is confirmed in a second wait.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine import work
from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.records.history import Episode, Record
from taskconform.conformance.verdicts.judgement import Judge, Sighting, Tally, judge_records
from taskconform.model.vocabulary.plan import Outlast, Plan
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from taskconform.conformance.engine.profile import Shard
    from taskconform.conformance.targets.protocol import Target

NARROW: Final = 8
"""A plan of so many steps at most is as short as its trace will be: it is confirmed along with being performed."""


@dataclass(frozen=True, slots=True)
class Performed:
    """An episode that is over: its records, and what it took."""

    records: list[Record]
    calls: int
    target_seconds: float
    socket_seconds: float


@dataclass(slots=True, kw_only=True)
class Waiting:
    """Performs the plans of a shard. `open_target` opens a target that no other one gets in the way of; `begun` is told
    once all have done what they do before they wait."""

    open_target: Callable[[], Target]
    folder: Path
    confirmations: int
    begun: Callable[[], None]
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ahead: int = 0

    def explore(self, number: int, shard: Shard, run_seed: int) -> list[work.Done]:
        """The shard's part of the history, and one for each divergence that a wait has shown. Raises
        TargetUnreachable."""
        plans = work.draw_shard(number, shard, run_seed)
        began, started = time.time(), time.perf_counter()
        name = f"shard-{number:02}"
        first = work.episodes_of(name, shard, plans)
        again = [
            evolve(one, phase="confirm", number=run)
            for one in first
            if len(one.plan) <= NARROW
            for run in range(self.confirmations)
        ]
        performed = self._together([*first, *again])
        explored, reruns = performed[: len(first)], performed[len(first) :]
        done = [self._kept(name, explored, work.digest_of(plans), began, time.perf_counter() - started)]
        for index, sighting in enumerate(_waited_for(done[0].tally)):
            showed = [run for run in reruns if _plan_of(run) == sighting.plan]
            began, started = time.time(), time.perf_counter()
            if not showed:
                cut = sighting.prefix
                confirm = Episode(part="", number=0, phase="confirm", plan=cut)
                showed = self._together([evolve(confirm, number=run) for run in range(self.confirmations)])
            part = f"waited-{index:02}"
            signed = [_signed(run, part, sighting.broken.signature) for run in showed]
            done.append(self._kept(part, signed, "", began, time.perf_counter() - started))
        return done

    def _together(self, episodes: Sequence[Episode]) -> list[Performed]:
        """Perform the episodes at the same time. The first that goes wrong ends all."""
        self._ahead = len(episodes)
        with ThreadPoolExecutor(len(episodes), thread_name_prefix="taskconform-waiting") as pool:
            jobs = [pool.submit(self._perform, episode) for episode in episodes]
            over, _ = wait(jobs, return_when=FIRST_EXCEPTION)
            if any(job.exception() is not None for job in over):
                self._stopped.set()
        for job in jobs:
            problem = job.exception()
            if problem is not None and not isinstance(problem, _Stopped):
                raise problem
        return [job.result() for job in jobs]

    def _perform(self, episode: Episode) -> Performed:
        """One episode, on a target that is opened for it."""
        records: list[Record] = []
        waits = False

        def rest(seconds: float) -> None:
            nonlocal waits
            if not waits and seconds > work.LONGEST_REST:
                waits = True
                self._tell()
            until = time.monotonic() + seconds
            while (left := until - time.monotonic()) > 0:
                if self._stopped.is_set():
                    raise _Stopped
                work.rest(min(left, work.LONGEST_REST))

        target = self.open_target()
        try:
            executor = Executor(target=target, judge=Judge(), record=work.heeding(records.append), rest=rest)
            socket = target.socket_seconds
            executor.run(episode)
            executor.judge.end()
            return Performed(records, executor.calls, executor.target_seconds, target.socket_seconds - socket)
        finally:
            if not waits:
                self._tell()
            target.close()

    def _tell(self) -> None:
        """One more waits, or never will."""
        with self._lock:
            self._ahead -= 1
            if self._ahead == 0:
                self.begun()

    def _kept(self, name: str, performed: Sequence[Performed], digest: str, began: float, seconds: float) -> work.Done:
        """Write a part, and say what it holds."""
        part = work.begin(self.folder, name)
        write = work.kept(part)
        records = [record for one in performed for record in one.records]
        try:
            for record in records:
                write(record)
        finally:
            work.end(part)
        return work.Done(
            part=name,
            tally=judge_records(records),
            digest=digest,
            began=began,
            seconds=seconds,
            target_seconds=sum(one.target_seconds for one in performed),
            socket_seconds=sum(one.socket_seconds for one in performed),
            calls=sum(one.calls for one in performed),
        )


class _Stopped(Exception):  # noqa: N818  # no error: another episode has gone wrong
    """There is nothing to wait for any more."""


def _waited_for(tally: Tally) -> list[Sighting]:
    """The divergences that only a wait has shown, in a fixed order. The others are found elsewhere, and sooner."""
    sightings = sorted(tally.shortest.values(), key=lambda one: one.broken.signature)
    return [one for one in sightings if any(isinstance(step, Outlast) for step in one.plan[: one.step])]


def _plan_of(performed: Performed) -> Plan:
    """What was performed."""
    return next(record.plan for record in performed.records if isinstance(record, Episode))


def _signed(performed: Performed, part: str, signature: str) -> Performed:
    """The same episode as a part of its own, for one divergence."""
    records = [
        evolve(record, part=part, signature=signature) if isinstance(record, Episode) else record
        for record in performed.records
    ]
    return replace(performed, records=records)
