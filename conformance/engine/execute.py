"""Execute: perform a plan on a target, judging every call as it comes back.

An episode starts from a fresh server state and always opens with the same set-up: `main` logs in and registers the
suite's extension. Every call goes one way: bind, expect, perform, judge, record, advance. Findings are data; only the
target breaking off ends an episode early.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.binding import Bindings, Thing, Unbound
from taskconform.conformance.records.history import SETUP, Episode, Exchange, Record, Skipped
from taskconform.model.clauses.registry import is_before
from taskconform.model.oracle.findings import Broken
from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    AdvanceClock,
    CancelTask,
    CreateAlarm,
    CreateCollectorForEvents,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    CreateFilter,
    CreateFolder,
    CreateScheduledTask,
    CreateTask,
    Destroy,
    Login,
    LogUserEvent,
    Made,
    ObjectRef,
    QueryTaskEvents,
    ReadDescription,
    ReadMaxCollector,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadRecentTask,
    ReadTaskInfo,
    RegisterExtension,
    RemoveAlarm,
    RemoveScheduledTask,
    RetrieveReported,
    RunScheduledTask,
    SetTaskDescription,
    SetTaskState,
    TaskFilterSpec,
    TypeId,
    UnregisterExtension,
    UpdateExtension,
    UpdateProgress,
    WaitForRecentTask,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.declaration import CAPABILITIES
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
)
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Together
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.judgement import Judge
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import Call, PlannedCall
    from taskconform.model.vocabulary.plan import Step

EVERYTHING: Final = TaskFilterSpec()
"""The empty filter."""

POLL_SECONDS: Final = 0.02
"""How long to wait before a call is made again, where the clause gives the server time."""

TICK_SECONDS: Final = 0.001
"""What is waited beyond the settling time, once and for each second of it: clocks tick, and drift."""

BEYOND_SHARE: Final = 0.1
"""By how much a pause is longer than the seconds by which creation times must differ."""

MOST_PAGES: Final = 500
"""A drain gives up here: a page that never gets empty has been reported by then."""

NOTHING: Final = ObjectRef(type="", value="")
"""What stands for no object."""

SETTLED_BEFORE: Final = frozenset(
    {
        CreateCollectorForTasks,
        CreateCollectorWithInfoFilterForTasks,
        ReadNextTasks,
        ReadPreviousTasks,
        ReadDescription,
    }
)
"""Calls before which what was changed is given the settling time."""

CHANGING: Final = frozenset(
    {
        CreateTask,
        SetTaskState,
        UpdateProgress,
        SetTaskDescription,
        CancelTask,
        RegisterExtension,
        UpdateExtension,
        UnregisterExtension,
        CreateFolder,
        Destroy,
        RunScheduledTask,
        LogUserEvent,
    }
)
"""Calls after which history and descriptions may lag."""

MOST_COLLECTORS: Final = 2_000
"""A `Fill` gives up here, whatever maxCollector says."""

PHANTOMS: Final = 4
"""How many references in recentTask that nobody made are looked into, after a CreateTask was refused."""


READING: Final = (ReadTaskInfo, RetrieveReported)
"""Calls that read the tasks they name."""


EXTENDING: Final = (RegisterExtension, UpdateExtension)
"""Calls that say which version an extension has."""

_NEEDS: Final[dict[type, str]] = {
    AdvanceClock: "clock",
    CreateCollectorForEvents: "events",
    CreateFolder: "inventory",
    Destroy: "inventory",
    CreateScheduledTask: "schedules",
    RunScheduledTask: "schedules",
    RemoveScheduledTask: "schedules",
    CreateAlarm: "alarms",
    LogUserEvent: "alarms",
    RemoveAlarm: "alarms",
    QueryTaskEvents: "task-events",
}


def need_of(call: PlannedCall) -> str:
    """The capability that a call needs, or ""."""
    if isinstance(call, Login):
        return "locale" if call.locale is not None else ""
    if isinstance(call, EXTENDING):
        return "raw" if call.version is None else ""
    if isinstance(call, CreateCollectorForTasks):
        time = call.filter.time if call.filter is not None else None
        ill_formed = call.filter is None or call.form != "typed" or (time is not None and time.time_type is None)
        return "raw" if ill_formed else ""
    return _NEEDS.get(call.__class__, "")


def _is_about_nothing(call: Call) -> bool:
    """Whether a call that is about objects has none left."""
    if isinstance(call, READING):
        return not call.tasks
    return isinstance(call, CreateFilter) and not call.watched


@dataclass(slots=True, kw_only=True)
class Executor:
    """Performs plans on one target. `record` is given every record as it happens, `rest` waits; `clock` gives the
    seconds by which the target settles; `target_seconds` adds up the time inside the adapter's `perform`."""

    target: Target
    judge: Judge
    record: Callable[[Record], None]
    rest: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.perf_counter
    target_seconds: float = 0.0
    calls: int = 0
    _bindings: Bindings = field(init=False)
    _settled: float = 0.0

    def run(self, episode: Episode) -> None:
        """Perform one episode from a fresh server state. Raises TargetUnreachable."""
        self.target.reset()
        declaration = self.target.declaration
        if self.judge.declaration != declaration:
            episode = evolve(episode, declaration=declaration)
        self.record(episode)
        self.judge.begin(episode)
        self._bindings = Bindings(declaration)
        key = declaration.extension_key
        self._perform(SETUP, Login(session=MAIN, account="primary"))
        self._perform(
            SETUP,
            RegisterExtension(session=MAIN, key=key, version="1.0.0", task_ids=(f"{key}.work", f"{key}.rest")),
        )
        for number, step in enumerate(episode.plan):
            try:
                self._step(number, step)
            except Unbound as reason:
                self.record(Skipped(step=number, why=str(reason)))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def _step(self, number: int, step: Step) -> None:
        """One step, as the calls that it stands for."""
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
        """One call, and a look at the task it touched."""
        call = self._bind(step.call)
        if call.__class__ in SETTLED_BEFORE:
            self._settle()
        outcome = self._perform(number, call)
        if isinstance(call, CreateTask):
            made = self._made_task(number, 0, outcome)
            if made is not None and step.look:
                self._read_when_there(number, call.session, (made,))
            return
        self._made_thing(number, call, outcome)
        task = getattr(call, "task", None)
        if step.look and task is not None:
            reader = call.session if self.judge.world.is_full(call.session) else MAIN
            self._perform(number, ReadTaskInfo(session=reader, tasks=(task,)))

    def _bulk(self, number: int, step: Bulk) -> None:
        """Many tasks, made and finished alike; the first and the last are read."""
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

    def _finish(self, number: int, step: Bulk, ref: ObjectRef) -> None:
        """Bring one task of a bulk to where it is to end."""
        if step.finish == RUNNING or (step.finish != QUEUED and step.through_running):
            self._perform(number, SetTaskState(session=step.session, task=ref, state=RUNNING))
        if step.finish in {SUCCESS, ERROR}:
            fault = "NotFound" if step.finish == ERROR else None
            self._perform(number, SetTaskState(session=step.session, task=ref, state=step.finish, fault=fault))

    def _look(self, number: int, step: Look) -> None:
        """A read of recentTask between two reads of the tasks."""
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
        strangers = self._strangers(outcome) if self.judge.world.phantoms else ()
        for stranger in strangers:
            self._perform(number, ReadTaskInfo(session=reader, tasks=(stranger,)))
        if refs:
            self._perform(number, ReadTaskInfo(session=reader, tasks=refs))

    def _strangers(self, outcome: Outcome) -> tuple[ObjectRef, ...]:
        """Members of recentTask that no CreateTask returned: one of them may come from a refused call."""
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
        """Page after page, until one is empty, or faults."""
        forward = step.direction == "next"
        method: type[ReadNextTasks[Made] | ReadPreviousTasks[Made]] = ReadNextTasks if forward else ReadPreviousTasks
        call = self._bind(method(session=step.session, collector=step.collector, max_count=step.max_count))
        self._settle()
        for _ in range(MOST_PAGES):
            outcome = self._perform(number, call)
            if not isinstance(outcome, Returned) or not outcome.value:
                break

    def _follow(self, number: int, step: Follow) -> None:
        """One update set after the other, until one is not truncated."""
        call = self._bind(
            WaitForUpdatesEx(
                session=step.session,
                collector=step.collector,
                version=step.version,
                max_object_updates=step.max_object_updates,
            )
        )
        for _ in range(MOST_PAGES):
            outcome = self._perform(number, call)
            self._made_thing(number, call, outcome)
            update = outcome.value if isinstance(outcome, Returned) else None
            if not isinstance(update, UpdateSet) or not update.truncated:
                break
            call = evolve(call, version=update.version)

    def _pause(self, number: int, step: Pause) -> None:
        """On a virtual clock a call; else a wait: until times can be told apart, or for the end of a task. Raises
        Unbound where that task was never made."""
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
        deadline = self.clock() + step.seconds
        while not self._has_ended(number, step.session, awaited.ref) and self.clock() < deadline:
            self._poll(deadline)

    def _has_ended(self, number: int, session: str, task: ObjectRef) -> bool:
        """Whether there is nothing more to come of a task, as a read of it says."""
        outcome = self._perform(number, ReadTaskInfo(session=session, tasks=(task,)))
        value = outcome.value if isinstance(outcome, Returned) else None
        read = value[0] if isinstance(value, tuple) and value else None
        info = read.value if isinstance(read, Property) else None
        return isinstance(info, TaskInfo) and info.state in {SUCCESS, ERROR}

    def _outlast(self, number: int, step: Outlast) -> None:
        """A part of the window. Raises Unbound where there is nothing left to wait for."""
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
        """Whether the session was shown any of the tasks when it read recentTask last."""
        session = self.judge.world.sessions.get(step.session)
        if session is None or session.recent is None:
            return False
        made = (self._bindings.made.get(each) for each in step.unless_gone)
        return any(thing is not None and thing.ref.value in session.recent.refs for thing in made)

    def _settle(self) -> None:
        """Wait until what was changed last must have caught up everywhere. On a target that never lags there is nothing
        to wait for."""
        left = self._settled - self.clock()
        if left > 0:
            self.rest(left)

    def _note_change(self, call: Call, outcome: Outcome, elapsed: float) -> None:
        """From when on what a call changed, which took so many seconds, has surely settled by the server's clock: that
        is known to as much as the interval of the outcome is wider than the call."""
        if call.__class__ not in CHANGING:
            return
        settling = self.target.declaration.settling
        unsure = (outcome.at.latest - outcome.at.earliest) / SECOND - elapsed
        self._settled = self.clock() + settling + max(0.0, unsure) + TICK_SECONDS * (1 + settling)

    def _poll(self, deadline: float) -> None:
        """Wait a little, but not beyond the deadline, before a call is made again."""
        self.rest(max(0.0, min(POLL_SECONDS, deadline - self.clock())))

    def _made_thing(self, number: int, call: Call, outcome: Outcome) -> None:
        """Remember what a call returned: an object, or the version that a wait yielded; where nothing had changed, the
        version it was given stays good."""
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, ObjectRef):
            self._bindings.made[Made(step=number)] = Thing(ref=value)
        elif isinstance(value, UpdateSet):
            self._bindings.made[Made(step=number)] = Thing(ref=NOTHING, key=value.version)
        elif isinstance(call, WaitForUpdatesEx) and isinstance(outcome, Returned) and call.version:
            self._bindings.made[Made(step=number)] = Thing(ref=NOTHING, key=str(call.version))

    def _together(self, number: int, step: Together) -> None:
        """Calls of several sessions at the same time, judged one after the other."""
        calls = [self._bind(call) for call in step.calls]
        for call in calls:
            self._check_translated(call)
        settling = self._bindings.declaration.settling
        self._settle()  # what is made at the same time is not made again
        started = time.perf_counter()
        outcomes = self.target.perform_together(calls)
        elapsed = time.perf_counter() - started
        self.target_seconds += elapsed
        self.calls += len(calls)
        for index, (call, outcome) in enumerate(zip(calls, outcomes, strict=True)):
            self.record(Exchange(step=number, call=call, outcome=outcome, together=True))
            expected = self.judge.expect(call)
            self.judge.take(number, expected, outcome, expected.judge(outcome), together=True)
            if settling:
                self._note_change(call, outcome, elapsed)
            if isinstance(call, CreateTask):
                made = self._made_task(number, index, outcome)
                if made is not None:
                    self._read_when_there(number, call.session, (made,))

    # -- calls ---------------------------------------------------------------------------------------------------------

    def _bind(self, call: PlannedCall) -> Call:
        """The concrete call. Raises Unbound for what this target lacks."""
        declaration = self._bindings.declaration
        cls = call.__class__
        need = need_of(call)
        if need and need not in declaration.capabilities:
            reason = f"the target does not declare {need}: {CAPABILITIES[need]}"
            raise Unbound(reason)
        if cls is CreateCollectorWithInfoFilterForTasks and is_before(declaration.api_version, "8.0.3"):
            reason = f"the target's API version is {declaration.about.api_version}"
            raise Unbound(reason)
        if isinstance(call, Login) and all(call.account != one.name for one in declaration.accounts):
            reason = f"the target declares no account {call.account}"
            raise Unbound(reason)
        if call.session != NOBODY and cls is not Login and call.session not in self.judge.world.sessions:
            reason = f"nobody logged in as {call.session}"
            raise Unbound(reason)
        bound = self._bindings.bind(call, self.judge.world)
        if _is_about_nothing(bound):
            reason = "nothing is left that the call could be about"
            raise Unbound(reason)
        return bound

    def _perform(self, number: int, call: Call) -> Outcome:
        """One concrete call: perform, judge, record, advance. Where the clause that it breaks gives the server time,
        the call is made again until it holds or the settling time is over; not so for a divergence that the episode has
        shown already. Raises Unbound for a call that the adapter does not translate."""
        if number != SETUP and self._bindings.declaration.without:
            self._check_translated(call)
        expected = self.judge.expect(call)
        settling, deadline = self._bindings.declaration.settling, 0.0
        while True:
            started = time.perf_counter()
            outcome = self.target.perform(call)
            elapsed = time.perf_counter() - started
            self.target_seconds += elapsed
            self.calls += 1
            findings = expected.judge(outcome)
            if not settling:
                break
            now = self.clock()
            deadline = deadline or now + settling
            if now >= deadline or not self._is_early(findings):
                break
            self.record(Exchange(step=number, call=call, outcome=outcome, again=True))
            self._poll(deadline)
        self.record(Exchange(step=number, call=call, outcome=outcome))
        self.judge.take(number, expected, outcome, findings)
        if settling:
            self._note_change(call, outcome, elapsed)
        return outcome

    def _check_translated(self, call: Call) -> None:
        """Raises Unbound for a call that the adapter does not translate."""
        if type(call).__name__ in self._bindings.declaration.without:
            reason = f"the adapter makes no {type(call).__name__} calls"
            raise Unbound(reason)

    def _is_early(self, findings: Sequence[Finding]) -> bool:
        """Whether anything was broken that the server is given time for. A divergence that this episode has shown, time
        given, is not waited for again: it counts once an episode."""
        return any(
            isinstance(found, Broken) and found.eventually and not self.judge.saw(found.signature) for found in findings
        )

    def _made_task(self, number: int, index: int, outcome: Outcome) -> ObjectRef | None:
        """Remember the task that a CreateTask returned."""
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, TaskInfo):
            return None
        info = outcome.value
        self._bindings.made[Made(step=number, index=index)] = Thing(ref=info.task, key=info.key)
        return info.task

    def _read_when_there(self, number: int, session: str, refs: Sequence[ObjectRef]) -> None:
        """Read new tasks. One that cannot be read at once is charged to create.resolvable by that first read;
        everything else waits for it."""
        reader = session if self.judge.world.is_full(session) else MAIN
        call = ReadTaskInfo(session=reader, tasks=tuple(refs))
        outcome = self._perform(number, call)
        if not isinstance(outcome, Faulted):
            return
        deadline = self.clock() + self._bindings.declaration.settling
        while isinstance(outcome, Faulted) and outcome.fault.is_a("ManagedObjectNotFound") and self.clock() < deadline:
            self._poll(deadline)
            outcome = self._perform(number, call)
