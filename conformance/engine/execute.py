"""Execute: perform a plan on a target, step by step.

A test case starts from a fresh server state and always opens with the same set-up: `main` logs in and registers the
suite's extension. Set-up that faults takes along what needs it, and nothing else. Findings are data; only a target that
breaks off ends a test case early.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.binding import Bindings, Thing, Unbound
from taskconform.conformance.engine.perform import Performer
from taskconform.conformance.records.history import SETUP, SETUP_CALLS, Episode, Skipped
from taskconform.conformance.verdicts.judgement import in_force
from taskconform.model.oracle.updates import STALE_SETS
from taskconform.model.vocabulary.calls import (
    MAIN,
    AdvanceClock,
    ByTime,
    CreateCollectorForEvents,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    CreateFilter,
    CreateTask,
    Made,
    ObjectRef,
    Offered,
    Operand,
    ReadDescription,
    ReadMaxCollector,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadRecentTask,
    ReadTaskInfo,
    SetTaskState,
    StartOperation,
    Symbol,
    TaskFilterSpec,
    TypeId,
    WaitForRecentTask,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SECOND,
    SUCCESS,
    Faulted,
    Outcome,
    Property,
    Returned,
    TaskInfo,
    UpdateSet,
    items_of,
)
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Together
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.plan import Step

EVERYTHING: Final = TaskFilterSpec()
"""The empty filter."""

BEYOND_SHARE: Final = 0.1
"""Share by which a pause is longer than the seconds by which creation times must differ."""

STALE_PAGES: Final = 3
"""Pages, one after another, with nothing but what was read before, after which a collector is not read on."""
MOST_STALE_SETS: Final = STALE_SETS + 1
"""Truncated update sets, one after another, that say nothing new, after which a calculation is not followed on."""
MOST_PAGES: Final = 500
"""Pages, or update sets, after which a step gives up: one that never ends has been reported by then."""

LONGEST_OPERATION: Final = 10.0
"""Seconds for which the end of an operation is waited for, where the clock cannot be moved."""

CLOCK_TURNS: Final = 4
"""So often a clock is moved, a second further each time, for an operation to end."""

MOST_READ: Final = 100
"""Tasks that are read in one call."""

BEFORE: Final = 2 * SECOND
"""Microseconds by which a test case reads further back than it began."""

CREATE_COLLECTOR: Final = (CreateCollectorForTasks, CreateCollectorWithInfoFilterForTasks)
"""Calls that make a history collector."""

UNPAGED: Final = (CreateCollectorWithInfoFilterForTasks, CreateFilter)
"""Calls of plans that are about something else than pages."""

SMALL_PAGES: Final = 8
SMALL_PAGES_OF_A_CASE: Final = 300
"""Pages after which they grow, where history is long: of all of it, and of what is little older than the test case."""

LARGEST_PAGE: Final = 1_000
"""The size to which pages grow: the largest that every server gives."""

SETTLED_BEFORE: Final = frozenset(
    {
        CreateCollectorForTasks,
        CreateCollectorWithInfoFilterForTasks,
        ReadNextTasks,
        ReadPreviousTasks,
        ReadDescription,
    }
)
"""Calls before which changes are given the settling time."""

MOST_COLLECTORS: Final = 2_000
"""Collectors after which a `Fill` gives up, whatever maxCollector says."""

PHANTOMS: Final = 4
"""Unknown references in recentTask that are read, at most, after a CreateTask that faulted."""


@dataclass(slots=True, kw_only=True)
class News:
    """Counts how many answers of a series, at its end, told nothing that those before them had not told."""

    patience: int
    told: set[object] = field(default_factory=set)
    stale: int = 0

    def dries_up(self, said: AbstractSet[object]) -> bool:
        """Take one more answer; return True if as many as `patience` have told nothing new, one after another."""
        self.stale = 0 if said - self.told else self.stale + 1
        self.told |= said
        return self.stale == self.patience


@dataclass(slots=True, kw_only=True)
class Executor(Performer):
    """Performs test cases on one target, by the calls of `Performer`. `_since` is the time from which on the collectors
    of the test case under way hold tasks, where that is bounded."""

    _since: int | None = None

    def run(self, case: Episode) -> None:
        """Perform one test case from a fresh server state. Raises TargetUnreachable."""
        self.target.reset()
        declaration = self.target.declaration
        if self.judge.declaration != declaration:
            case = evolve(case, declaration=declaration)
        self.record(case)
        self.judge.begin(case)
        self._bindings = Bindings(in_force(declaration, at_once=case.at_once))
        self._since = None
        for each in SETUP_CALLS:
            self._try(SETUP, Act(call=each))
        self._since = self._beginning(case)
        for number, step in enumerate(case.plan):
            self._try(number, step)

    def _beginning(self, case: Episode) -> int | None:
        """Give the server time at which the test case surely had not begun to make tasks, if its collectors are to hold
        none from before, where history goes back that far: those of a scenario that filters by nothing, so that what it
        reads a collector for is pages, and not what a collector holds; and those of free plans, which read all the
        time."""
        declaration = self._bindings.declaration
        session = self.judge.world.sessions.get(MAIN)
        if "reset" in declaration.capabilities or "TaskFilterSpec.time" in declaration.without or session is None:
            return None
        if case.directed or case.phase != "explore":
            calls = [step.call for step in case.plan if isinstance(step, Act)]
            specs = [call.filter for call in calls if isinstance(call, CreateCollectorForTasks)]
            is_about_more = any(isinstance(call, UNPAGED) for call in calls) or any(one != EVERYTHING for one in specs)
            if is_about_more or not any(isinstance(step, Drain) for step in case.plan):
                return None
        return session.used - BEFORE

    def _scoped(self, call: Call) -> Call:
        """Let a collector hold what the test case makes, where that is wanted, unless it asks for times itself."""
        if self._since is None or not isinstance(call, CREATE_COLLECTOR) or call.filter is None:
            return call
        if call.filter.time is not None or (isinstance(call, CreateCollectorForTasks) and call.form != "typed"):
            return call
        since = ByTime(time_type="queuedTime", begin_time=self._since)
        return evolve(call, filter=evolve(call.filter, time=since))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _try(self, number: int, step: Step) -> None:
        """Perform a step, or record why it cannot be done on this target: the others go on without it."""
        try:
            self._step(number, step)
        except Unbound as reason:
            self.record(Skipped(step=number, why=str(reason)))

    def _step(self, number: int, step: Step) -> None:
        """Perform the calls that a step stands for."""
        if isinstance(step, Act):
            self._act(number, step)
        elif isinstance(step, Bulk):
            self._bulk(number, step)
        elif isinstance(step, Look):
            self._look(number, step)
        elif isinstance(step, Fill):
            self._fill(number, step)
        elif isinstance(step, Drain):
            self._drain(number, step)
        elif isinstance(step, Follow):
            self._follow(number, step)
        elif isinstance(step, Pause):
            self._pause(number, step)
        elif isinstance(step, Outlast):
            self._outlast(number, step)
        else:
            self._together(number, step)

    def _act(self, number: int, step: Act) -> None:
        """Perform one call, and look at the task it touched."""
        call = self._scoped(self._bind(step.call))
        if call.__class__ in SETTLED_BEFORE:
            self._settle()
        outcome = self._perform(number, call)
        if isinstance(call, CreateTask):
            made = self._made_task(number, 0, outcome)
            if made is not None and step.look:
                self._read_when_there(number, call.session, (made,))
            return
        self._made_thing(number, call, outcome)
        started = self._bindings.made.get(Made(step=number)) if isinstance(call, StartOperation) else None
        if started is not None and step.look:
            self._read_when_there(number, call.session, (started.ref,))
        task = getattr(call, "task", None)
        if step.look and task is not None:
            reader = call.session if self.judge.world.is_full(call.session) else MAIN
            self._perform(number, ReadTaskInfo(session=reader, tasks=(task,)))

    def _bulk(self, number: int, step: Bulk) -> None:
        """Make many tasks and finish them alike; read the first and the last."""
        if step.operation is not None:
            self._bulk_by_operation(number, step, step.operation)
            return
        create = self._bind(
            CreateTask(
                session=step.session, obj=step.obj, task_type_id=TypeId(which="work"), cancelable=step.cancelable
            )
        )
        made: list[ObjectRef] = []
        for index in range(step.count):
            ref = self._made_task(number, index, self._perform(number, create))
            if ref is None:
                continue
            made.append(ref)
            if step.one_by_one:
                self._read_when_there(number, step.session, (ref,))
                self._finish(number, step, ref)
        ends = tuple(dict.fromkeys((*made[:1], *made[-1:])))
        if made and not step.one_by_one:
            self._read_when_there(number, step.session, ends)
            for ref in made:
                self._finish(number, step, ref)
        if made and step.finish != QUEUED:
            self._perform(number, ReadTaskInfo(session=step.session, tasks=ends))

    def _bulk_by_operation(self, number: int, step: Bulk, operation: str | Offered) -> None:
        """Start an operation many times, on one entity after the other, and wait for the ends if there are to be
        any."""
        made: list[ObjectRef] = []
        ends = step.finish in {SUCCESS, ERROR}
        for index in range(step.count):
            call = StartOperation[Symbol](session=step.session, operation=operation, entity=Operand(index=index))
            outcome = self._perform(number, self._bind(call))
            ref = outcome.value if isinstance(outcome, Returned) else None
            if not isinstance(ref, ObjectRef):
                continue
            self._bindings.made[Made(step=number, index=index)] = Thing(ref=ref)
            made.append(ref)
            if step.one_by_one and ends:
                self._await_ends(number, step.session, [ref])
        if ends and not step.one_by_one:
            self._await_ends(number, step.session, made)
        elif made and not ends:
            self._read_when_there(number, step.session, tuple(dict.fromkeys((made[0], made[-1]))))

    def _await_ends(self, number: int, session: str, refs: Sequence[ObjectRef]) -> None:
        """Read tasks until all have ended, or for as long as an operation may take."""
        has_clock = "clock" in self.target.declaration.capabilities
        deadline = self.clock() + LONGEST_OPERATION
        left = list(refs)
        for turn in range(MOST_PAGES):
            for first in range(0, len(left), MOST_READ):
                call = ReadTaskInfo(session=session, tasks=tuple(left[first : first + MOST_READ]))
                outcome = self._perform(number, call)
                if isinstance(outcome, Faulted) and not outcome.fault.is_a("ManagedObjectNotFound"):
                    return  # whoever may not read them does not see them end
            tasks = self.judge.world.tasks
            left = [ref for ref in left if ref.value in tasks and not tasks[ref.value].completed]
            if not left or self.clock() >= deadline or (has_clock and turn == CLOCK_TURNS):
                return
            if has_clock:
                self._perform(number, AdvanceClock(session=session, seconds=1 + turn))
            else:
                self._poll(deadline)

    def _finish(self, number: int, step: Bulk, ref: ObjectRef) -> None:
        """Bring one task of a bulk to its final state."""
        if step.finish == RUNNING or (step.finish != QUEUED and step.through_running):
            self._perform(number, SetTaskState(session=step.session, task=ref, state=RUNNING))
        if step.finish in {SUCCESS, ERROR}:
            fault = "NotFound" if step.finish == ERROR else None
            self._perform(number, SetTaskState(session=step.session, task=ref, state=step.finish, fault=fault))

    def _look(self, number: int, step: Look) -> None:
        """Read recentTask between two reads of the tasks."""
        refs = tuple(thing.ref for made in step.tasks if (thing := self._bindings.made.get(made)) is not None)
        reader = step.witness or step.session
        if refs:
            self._perform(number, ReadTaskInfo(session=reader, tasks=refs))
        call: Call = (
            ReadRecentTask(session=step.session)
            if step.how == "retrieve"
            else WaitForRecentTask(session=step.session, fresh=step.how == "wait")
        )
        outcome = self._perform(number, call)
        if step.how == "wait":
            outcome = self._perform(number, ReadRecentTask(session=step.session))
        strangers = self._strangers(outcome) if self.judge.world.refused_creates else ()
        for stranger in strangers:
            self._perform(number, ReadTaskInfo(session=reader, tasks=(stranger,)))
        if refs:
            self._perform(number, ReadTaskInfo(session=reader, tasks=refs))

    def _strangers(self, outcome: Outcome) -> tuple[ObjectRef, ...]:
        """Find members of recentTask that no CreateTask returned: one of them may come from a call that faulted."""
        value = outcome.value if isinstance(outcome, Returned) else None
        if not isinstance(value, Property) or not isinstance(value.value, tuple):
            return ()
        tasks = self.judge.world.tasks
        found = [ref for ref in value.value if isinstance(ref, ObjectRef) and ref.value not in tasks]
        return tuple(found[-PHANTOMS:])

    def _fill(self, number: int, step: Fill) -> None:
        """Open collectors up to the limit and beyond."""
        if self.judge.world.max_collector is None:
            self._perform(number, ReadMaxCollector(session=MAIN))
        maximum = self.judge.world.max_collector
        if maximum is None or maximum + step.beyond > MOST_COLLECTORS:
            reason = "maxCollector is not known" if maximum is None else f"maxCollector is {maximum}"
            raise Unbound(reason)
        if step.kind == "events" and "events" not in self.target.declaration.capabilities:
            reason = "the target cannot create event collectors"
            raise Unbound(reason)
        refused = index = 0
        while index < maximum + step.beyond and refused < step.attempts:
            call: Call = CreateCollectorForTasks(session=step.session, filter=None if step.ill_formed else EVERYTHING)
            if step.kind == "events":
                call = CreateCollectorForEvents(session=step.session)
            outcome = self._perform(number, call)
            if isinstance(outcome, Returned) and isinstance(outcome.value, ObjectRef):
                self._bindings.made[Made(step=number, index=index)] = Thing(ref=outcome.value)
            elif not step.ill_formed:
                refused += 1
                continue
            index += 1

    def _drain(self, number: int, step: Drain) -> None:
        """Read page after page, until one is empty or faults, or several have nothing new: a collector that begins
        again where it ends has no end. Where no fresh server can be had a collector also holds what was made before,
        and may hold thousands of tasks: pages grow then, once there were some of the size that the step asks for."""
        forward = step.direction == "next"
        method: type[ReadNextTasks[Made] | ReadPreviousTasks[Made]] = ReadNextTasks if forward else ReadPreviousTasks
        call = self._bind(method(session=step.session, collector=step.collector, max_count=step.max_count))
        self._settle()
        small = SMALL_PAGES if self._since is None else SMALL_PAGES_OF_A_CASE
        size, read = step.max_count, News(patience=STALE_PAGES)
        for page in range(MOST_PAGES):
            items = items_of(self._perform(number, call))
            if not items or read.dries_up({item.key for item in items}):
                break
            if page >= small and "reset" not in self._bindings.declaration.capabilities:
                size = min(LARGEST_PAGE, 2 * size)
                call = evolve(call, max_count=size)

    def _follow(self, number: int, step: Follow) -> None:
        """Take one update set after another, until one is not truncated, or they stand still."""
        call = self._bind(
            WaitForUpdatesEx(
                session=step.session,
                collector=step.collector,
                version=step.version,
                max_object_updates=step.max_object_updates,
            )
        )
        told = News(patience=MOST_STALE_SETS)
        for _ in range(MOST_PAGES):
            outcome = self._perform(number, call)
            self._made_thing(number, call, outcome)
            update = outcome.value if isinstance(outcome, Returned) else None
            if not isinstance(update, UpdateSet) or not update.truncated:
                break
            if told.dries_up({*update.updates, *update.missing}):
                break
            call = evolve(call, version=update.version)

    def _pause(self, number: int, step: Pause) -> None:
        """Move a virtual clock; on another, wait until times can be told apart, or for the end of a task. Raises
        Unbound if that task was never made."""
        declaration = self.target.declaration
        if "clock" in declaration.capabilities:
            self._perform(number, AdvanceClock(session=step.session, seconds=step.seconds))
            return
        if step.unless_ended is None:
            self.rest(min(step.seconds, declaration.apart) * (1 + BEYOND_SHARE))
            return
        awaited = self._bindings.made.get(step.unless_ended)
        if awaited is None:
            reason = "the task that is waited for was never made"
            raise Unbound(reason)
        deadline = self.clock() + max(step.seconds, LONGEST_OPERATION)
        while self._goes_on(number, step.session, awaited.ref) and self.clock() < deadline:
            self._poll(deadline)

    def _goes_on(self, number: int, session: str, task: ObjectRef) -> bool:
        """Read a task, and tell whether its end is to be waited for: not if the session may not read it, or there is no
        such task once all has settled."""
        outcome = self._perform(number, ReadTaskInfo(session=session, tasks=(task,)))
        if isinstance(outcome, Faulted):
            return outcome.fault.is_a("ManagedObjectNotFound") and self.clock() < self._settled
        value = outcome.value if isinstance(outcome, Returned) else None
        read = value[0] if isinstance(value, tuple) and value else None
        info = read.value if isinstance(read, Property) else None
        return not (isinstance(info, TaskInfo) and info.state in {SUCCESS, ERROR})

    def _outlast(self, number: int, step: Outlast) -> None:
        """Wait for a part of the window. Raises Unbound if there is nothing left to wait for."""
        if step.unless_gone and not self._still_listed(step):
            reason = "recentTask lists none of the tasks any more"
            raise Unbound(reason)
        declaration = self.target.declaration
        seconds = ceil(declaration.window * step.percent / 100) + step.beyond
        if "clock" in declaration.capabilities:
            self._perform(number, AdvanceClock(session=step.session, seconds=seconds))
        else:
            self.rest(seconds)

    def _still_listed(self, step: Outlast) -> bool:
        """Tell whether the session's last read of recentTask listed any of the tasks."""
        session = self.judge.world.sessions.get(step.session)
        if session is None or session.recent is None:
            return False
        made = (self._bindings.made.get(each) for each in step.unless_gone)
        return any(thing is not None and thing.ref.value in session.recent.refs for thing in made)

    def _together(self, number: int, step: Together) -> None:
        """Perform calls of several sessions at the same time, judged one after another."""
        calls = [self._bind(call) for call in step.calls]
        for call in calls:
            self._check_translated(call)
        self._settle()  # calls that are made at the same time are not made again
        for index, (call, outcome) in enumerate(self._perform_together(number, calls)):
            if isinstance(call, CreateTask):
                made = self._made_task(number, index, outcome)
                if made is not None:
                    self._read_when_there(number, call.session, (made,))
            elif isinstance(call, StartOperation) and isinstance(outcome, Returned):
                ref = outcome.value
                if isinstance(ref, ObjectRef):
                    self._bindings.made[Made(step=number, index=index)] = Thing(ref=ref)
                    self._read_when_there(number, call.session, (ref,))
