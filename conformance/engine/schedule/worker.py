"""A worker: one process' target, and the jobs that it does with it, one after the other.

A job takes and returns plain data, so that it is the same in this process and in another.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine import frontier
from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.haste import Haste, is_worth_while
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.engine.plan import digest_of, draw_shard, explorations, is_spared
from taskconform.conformance.engine.schedule.interrupts import heeding, rest
from taskconform.conformance.engine.schedule.lanes import Lanes, Performed, Turns, borrowed
from taskconform.conformance.engine.shrink import Shrinker, narrow_slice
from taskconform.conformance.records.history import Episode, Part
from taskconform.conformance.verdicts.judgement import Judge, judge_records
from taskconform.model.vocabulary.calls import CreateCollectorForTasks, Login, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import Faulted, Lost
from taskconform.model.vocabulary.plan import Outlast
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.drawing.operating import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from taskconform.conformance.engine.profile import Profile, Shard
    from taskconform.conformance.records.history import Record
    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.judgement import Occurrence, Tally
    from taskconform.model.vocabulary.plan import Edge, Plan

Opener = Callable[[], "Target"]

NARROW: Final = 8
"""A plan of so many steps at most is as short as its trace will be: it is confirmed while it is performed."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job for a worker: a method of `Worker`, and its arguments.

    `poisons`: it may leave no room for anybody's collectors. The higher `length` is, the longer it takes beside the
    others of its kind.
    """

    what: Callable[..., Any]
    arguments: tuple[Any, ...] = ()
    poisons: bool = False
    length: tuple[bool, int] = (False, 0)

    def do(self, worker: Worker) -> Any:
        """Do the job with this worker."""
        return self.what(worker, *self.arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Result of a job: its part of the history, its tally, and where the time went. `digest` is of the plans; `began`
    is when the job began (seconds since 1970)."""

    part: str
    tally: Tally
    digest: str
    began: float
    seconds: float
    target_seconds: float
    socket_seconds: float
    calls: int


@dataclass(slots=True)
class _Clock:
    """The time at which a part was begun."""

    began: float = field(default_factory=time.time)
    started: float = field(default_factory=time.perf_counter)

    def done(self, part: str, performed: Performed, digest: str = "") -> Done:
        """Say what the part came to."""
        return Done(
            part=part,
            tally=performed.tally,
            digest=digest,
            began=self.began,
            seconds=time.perf_counter() - self.started,
            target_seconds=performed.target_seconds,
            socket_seconds=performed.socket_seconds,
            calls=performed.calls,
        )


@dataclass(slots=True)
class Worker:
    """Does jobs with an open target; the parts of the history go to the folder.

    `beside` opens another target like it, to explore on both at a time. `apart` opens one for a single test case, which
    no other one gets in the way of; `waiting` is called when all test cases of `wait_out` wait.
    """

    target: Target
    folder: Path
    beside: Opener | None = None
    apart: Opener | None = None
    waiting: Callable[[], None] | None = None
    haste: Haste | None = None
    _others: list[Target] = field(default_factory=list)

    def close(self) -> None:
        """Close what is open. May be called twice."""
        for target in (self.target, *self._others):
            target.close()

    def explore(self, number: int, shard: Shard, run_seed: int, hurries: bool = False) -> Done:  # noqa: FBT001, FBT002  # a job's
        """Draw a shard's plans, and perform them; where it `hurries`, at once if that will do. Raises
        TargetUnreachable."""
        clock, name = _Clock(), f"shard-{number:02}"
        plans = draw_shard(number, shard, run_seed, source_of(self.target.declaration))
        cases = [] if is_spared(shard, self.target.declaration) else explorations(name, shard, plans)
        if self.beside is not None and not self._others:
            self._others.append(self.beside())
        with Part(self.folder, name) as part:
            if self._others:
                performed = self._in_lanes(cases, part.write)
            elif hurries and is_worth_while(self.target.declaration):
                performed = self._in_haste(cases, part.write)
            else:
                performed = self._in_turn(cases, part.write)
        return clock.done(name, performed, digest_of(plans))

    def _in_turn(self, cases: Sequence[Episode], write: Callable[[Record], None]) -> Performed:
        """Perform test cases one after the other."""
        judge, socket = Judge(), self.target.socket_seconds
        executor = self._executor(judge, write)
        for case in cases:
            executor.run(case)
        judge.end()
        return Performed(
            tally=judge.tally,
            calls=executor.calls,
            target_seconds=executor.target_seconds,
            socket_seconds=self.target.socket_seconds - socket,
        )

    def _in_haste(self, cases: Sequence[Episode], write: Callable[[Record], None]) -> Performed:
        """Perform test cases one after the other, at once if that will do."""
        if self.haste is None:
            self.haste = Haste(target=self.target)
        total = Performed()
        for number, case in enumerate(cases):
            performed = self.haste.run(case, is_known=number > 0)
            for record in performed.records:
                write(record)
            total.add(performed)
        return total

    def _in_lanes(self, cases: Sequence[Episode], write: Callable[[Record], None]) -> Performed:
        """Perform as many test cases at a time as targets are open."""
        targets, total = (self.target, *self._others), Performed()
        lanes = Lanes(count=len(targets), target=borrowed(targets), turns=Turns(), alike=True)
        with closing(lanes.run(cases)) as found:
            for performed in found:
                for record in performed.records:
                    write(record)
                total.add(performed)
        return total

    def _executor(self, judge: Judge, write: Callable[[Record], None]) -> Executor:
        """Perform on this worker's target, until an interrupt."""
        return Executor(target=self.target, judge=judge, record=heeding(write), rest=rest)

    def shrink(self, number: int, occurrence: Occurrence, profile: Profile) -> Done:
        """Shrink the plan of a divergence, and confirm what is left by fresh runs. Raises TargetUnreachable."""
        clock, name, signature = _Clock(), f"trace-{number:03}", occurrence.broken.signature
        trial = self._executor(Judge(), unrecorded)

        def shows(plan: Plan) -> bool:
            case = Episode(part="", number=0, phase="reduce", plan=plan, signature=signature)
            if self.haste is not None:
                trial.run(evolve(case, at_once=True))
                if not trial.judge.saw(signature):
                    return False  # what does not show at once shows no later
            trial.run(case)
            return trial.judge.saw(signature)

        with Part(self.folder, name) as part:
            plan = occurrence.prefix
            if shows(plan):
                plan = Shrinker(shows=shows, budget=profile.trials).shrink(plan)
            elif shows(narrow_slice(plan)) or len(narrow_slice(plan)) <= 2:
                plan = narrow_slice(plan)
            executor, numbers, showed = self._executor(Judge(), part.write), count(), 0
            for run in range(profile.confirmations + profile.loop):
                if run >= profile.confirmations and showed:
                    break
                case = Episode(part=name, number=next(numbers), phase="confirm", plan=plan, signature=signature)
                executor.run(case)
                showed += executor.judge.saw(signature)
            if showed == profile.confirmations:
                frontier.find(plan, self._probing(executor, name, signature, numbers))
            executor.judge.end()
        performed = Performed(
            tally=executor.judge.tally,
            calls=executor.calls + trial.calls,
            target_seconds=executor.target_seconds + trial.target_seconds,
        )
        return clock.done(name, performed)

    def recheck(self, number: int, signature: str, plan: Plan, edges: Sequence[Edge]) -> Done:
        """Perform the steps of a divergence that a baseline knows, and the other side of its frontier. Raises
        TargetUnreachable."""
        clock, name, runs = _Clock(), f"known-{number:03}", count()
        with Part(self.folder, name) as part:
            executor = self._executor(Judge(), part.write)
            frontier.recheck(
                plan,
                edges,
                self._probing(executor, name, signature, runs, "recheck"),
                self._probing(executor, name, signature, runs, "frontier"),
            )
            executor.judge.end()
        performed = Performed(tally=executor.judge.tally, calls=executor.calls, target_seconds=executor.target_seconds)
        return clock.done(name, performed)

    def _probing(
        self, executor: Executor, part: str, signature: str, numbers: Iterator[int], phase: str = "frontier"
    ) -> Callable[[Plan], bool]:
        """Tell whether a plan shows a divergence, by a run that is part of the history under the next number."""

        def shows(plan: Plan) -> bool:
            executor.run(Episode(part=part, number=next(numbers), phase=phase, plan=plan, signature=signature))
            return executor.judge.saw(signature)

        return shows

    def wait_out(self, number: int, shard: Shard, run_seed: int, confirmations: int) -> list[Done]:
        """Perform all plans of a shard at the same time, each on a target of its own: where the clock cannot be moved,
        they wait for the window of recentTask to pass. The re-runs that would confirm what narrow plans show wait along
        with them; only what a wide plan alone has shown is confirmed in a second wait.

        Returns the shard's part of the history, and one for each divergence that a wait has shown. Raises
        TargetUnreachable.
        """
        clock, name = _Clock(), f"shard-{number:02}"
        plans = draw_shard(number, shard, run_seed, source_of(self.target.declaration))
        first = explorations(name, shard, plans)
        again = [
            evolve(case, phase="confirm", number=run)
            for case in first
            if len(case.plan) <= NARROW
            for run in range(confirmations)
        ]
        performed = self._together([*first, *again])
        done = [self._kept(name, performed[: len(first)], clock, digest_of(plans))]
        reruns = list(zip(again, performed[len(first) :], strict=True))
        for index, occurrence in enumerate(_waited_for(done[0].tally)):
            clock, part, signature = _Clock(), f"waited-{index:02}", occurrence.broken.signature
            showed = [rerun for case, rerun in reruns if case.plan == occurrence.plan]
            if not showed:
                case = Episode(part="", number=0, phase="confirm", plan=occurrence.prefix)
                showed = self._together([evolve(case, number=run) for run in range(confirmations)])
            done.append(self._kept(part, [_signed(rerun, part, signature) for rerun in showed], clock))
        return done

    def _together(self, cases: Sequence[Episode]) -> list[Performed]:
        """Perform test cases at the same time, each on a target that is opened for it."""

        @contextmanager
        def opened() -> Iterator[Target]:
            if self.apart is None:
                message = "this worker opens no target for a single test case"
                raise RuntimeError(message)
            with closing(self.apart()) as target:
                yield target

        return list(Lanes(count=len(cases), target=opened, waiting=self.waiting).run(cases))

    def _kept(self, name: str, performed: Sequence[Performed], clock: _Clock, digest: str = "") -> Done:
        """Write a part, and say what it came to."""
        total = Performed(records=[record for one in performed for record in one.records])
        for one in performed:
            total.add(one)
        with Part(self.folder, name) as part:
            for record in total.records:
                part.write(record)
        total.tally = judge_records(total.records)
        return clock.done(name, total, digest)

    def canary(self) -> str:
        """Say what keeps a newcomer from creating a collector on the server, "" if nothing does. Raises
        TargetUnreachable."""
        calls = (
            Login(session="canary", account="primary"),
            CreateCollectorForTasks(session="canary", filter=TaskFilterSpec()),
        )
        said = ""
        self.target.reset()
        for call in calls:
            if type(call).__name__ in self.target.declaration.calls_without:
                continue
            outcome = self.target.perform(call)
            if isinstance(outcome, Faulted) and not outcome.fault.is_a("NotSupported"):
                said = f"{type(call).__name__}: {outcome.fault.kind}"
            elif isinstance(outcome, Lost):
                said = f"{type(call).__name__}: {outcome.why}"
            if said:
                break
        self.target.reset()
        return said


def _waited_for(tally: Tally) -> list[Occurrence]:
    """Sort out the divergences that only a wait has shown, in a fixed order. The others are found elsewhere, sooner."""
    occurrences = sorted(tally.shortest.values(), key=lambda one: one.broken.signature)
    return [one for one in occurrences if any(isinstance(step, Outlast) for step in one.plan[: one.step])]


def _signed(performed: Performed, part: str, signature: str) -> Performed:
    """Copy a test case into a part of its own, as a confirmation of one divergence."""
    records = [
        evolve(record, part=part, signature=signature) if isinstance(record, Episode) else record
        for record in performed.records
    ]
    return replace(performed, records=records)
