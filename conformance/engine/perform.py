"""Perform: one call on a target, judged as it comes back.

Every call goes one way: bind, expect, perform, judge, record, advance.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taskconform.conformance.engine.binding import Bindings, Thing, Unbound
from taskconform.conformance.engine.needs import filter_parts, is_about_nothing, need_of
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import Exchange, Record
from taskconform.model.clauses.registry import is_before
from taskconform.model.oracle.findings import Broken
from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    CancelTask,
    CreateCollectorWithInfoFilterForTasks,
    CreateFolder,
    CreateTask,
    Destroy,
    Login,
    LogUserEvent,
    Made,
    ObjectRef,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadTaskInfo,
    RegisterExtension,
    RunScheduledTask,
    SetTaskDescription,
    SetTaskState,
    StartOperation,
    UnregisterExtension,
    UpdateExtension,
    UpdateProgress,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.declaration import CAPABILITIES
from taskconform.model.vocabulary.outcomes import (
    SECOND,
    Faulted,
    Lost,
    Outcome,
    Returned,
    TaskInfo,
    UpdateSet,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.judgement import Judge
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import Call, PlannedCall

POLL_SECONDS: Final = 0.02
"""Seconds before a call is made again, where the clause gives the server time."""

TICK_SECONDS: Final = 0.001
"""Seconds beyond the settling time, once and for each second of it: clocks tick, and drift."""

MOST_UNSURE: Final = 60.0
"""Width of an interval, in seconds, up to which it is waited for."""

MOVING_ON: Final = frozenset({ReadNextTasks, ReadPreviousTasks})
"""Calls that cannot be made again: the second time they read on."""

NOTHING: Final = ObjectRef(type="", value="")
"""Reference to no object."""

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
        StartOperation,
        RunScheduledTask,
        LogUserEvent,
    }
)
"""Calls after which history and descriptions may lag."""


def unrecorded(_record: Record) -> None:
    """Record nothing: the same calls can be made again."""


def _writable(outcome: Outcome) -> Outcome:
    """Return an outcome that a history can hold: itself, or a lost answer with the reason."""
    flaw = codec.flaw(outcome)
    return Lost(why=f"an answer that says nothing: {flaw}", at=outcome.at) if flaw else outcome


@dataclass(slots=True, kw_only=True)
class Performer:
    """Performs calls on one target. `record` is given every record as it happens, `rest` waits; `clock` gives the
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

    def _bind(self, call: PlannedCall) -> Call:
        """Make the concrete call. Raises Unbound if the target lacks something that it needs."""
        declaration = self._bindings.declaration
        cls = call.__class__
        need = need_of(call)
        if need and need not in declaration.capabilities:
            reason = f"the target does not declare {need}: {CAPABILITIES[need]}"
            raise Unbound(reason)
        if cls is CreateCollectorWithInfoFilterForTasks and is_before(declaration.api_version, "8.0.3"):
            reason = f"the target's API version is {declaration.about.api_version}"
            raise Unbound(reason)
        names = {one.name for one in declaration.accounts}
        if isinstance(call, Login) and call.account == "second" and "second" not in names:
            call = evolve(call, account="primary")  # a further session, if not a further user's
        if isinstance(call, Login) and call.account not in names:
            reason = f"the target declares no account {call.account}"
            raise Unbound(reason)
        if call.session != NOBODY and cls is not Login and call.session not in self.judge.world.sessions:
            reason = f"nobody logged in as {call.session}"
            raise Unbound(reason)
        bound = self._bindings.bind(call, self.judge.world)
        lacking = filter_parts(bound) & set(declaration.without)
        if lacking:
            reason = f"the target has no {', '.join(sorted(lacking))}"
            raise Unbound(reason)
        if is_about_nothing(bound):
            reason = "nothing is left that the call could be about"
            raise Unbound(reason)
        return bound

    def _perform(self, number: int, call: Call) -> Outcome:
        """Perform one concrete call: judge, record, advance. Where the clause that it breaks gives the server time,
        the call is made again until it holds or the settling time is over; not so for a divergence that the test case
        has shown already, nor for a call that moves a collector on, which was made when all had settled. Raises Unbound
        for a call that the adapter does not translate."""
        if self._bindings.declaration.without:
            self._check_translated(call)
        expected, moving, ended = self.judge.expect(call), self._is_moving, self.judge.world.completions
        settling, deadline = self._bindings.declaration.settling, 0.0
        can_be_repeated = settling and call.__class__ not in MOVING_ON
        while True:
            started = time.perf_counter()
            outcome = _writable(self.target.perform(call))
            elapsed = time.perf_counter() - started
            self.target_seconds += elapsed
            self.calls += 1
            findings = expected.judge(outcome)
            if not can_be_repeated:
                break
            now = self.clock()
            deadline = deadline or now + settling
            if now >= deadline or not self._is_early(findings):
                break
            self.record(Exchange(step=number, call=call, outcome=outcome, again=True))
            self._poll(deadline)
        self.record(Exchange(step=number, call=call, outcome=outcome))
        self.judge.take(number, expected, outcome, findings)
        self._note_change(call, outcome, elapsed, moving=moving or self.judge.world.completions > ended)
        return outcome

    @property
    def _is_moving(self) -> bool:
        """Tell whether operations of the target's go on, as far as is known."""
        return bool(self.judge.world.extensions.origins.operations)

    def _check_translated(self, call: Call) -> None:
        """Raise Unbound if the adapter does not translate the call."""
        if type(call).__name__ in self._bindings.declaration.calls_without:
            reason = f"the adapter makes no {type(call).__name__} calls"
            raise Unbound(reason)
        if call.session != MAIN and "Login" in self._bindings.declaration.calls_without:
            reason = "the target has no Login: there is one session"
            raise Unbound(reason)

    def _is_early(self, findings: Sequence[Finding]) -> bool:
        """Tell whether a finding is one that the server is given time for. A divergence that this test case has shown,
        time given, is not waited for again: it counts once a test case."""
        return any(
            isinstance(found, Broken) and found.eventually and not self.judge.saw(found.signature) for found in findings
        )

    def _made_task(self, number: int, index: int, outcome: Outcome) -> ObjectRef | None:
        """Remember the task that a CreateTask returned."""
        if not isinstance(outcome, Returned) or not isinstance(outcome.value, TaskInfo):
            return None
        info = outcome.value
        if info.task is None:
            return None
        self._bindings.made[Made(step=number, index=index)] = Thing(ref=info.task, key=info.key or "")
        return info.task

    def _read_when_there(self, number: int, session: str, refs: Sequence[ObjectRef]) -> None:
        """Read new tasks. If one cannot be read at once, the first read charges it to create.resolvable, and everything
        else waits for it."""
        reader = session if self.judge.world.is_full(session) else MAIN
        call = ReadTaskInfo(session=reader, tasks=tuple(refs))
        outcome = self._perform(number, call)
        if not isinstance(outcome, Faulted):
            return
        deadline = self.clock() + self._bindings.declaration.settling
        while isinstance(outcome, Faulted) and outcome.fault.is_a("ManagedObjectNotFound") and self.clock() < deadline:
            self._poll(deadline)
            outcome = self._perform(number, call)

    def _perform_together(self, number: int, calls: Sequence[Call]) -> Iterator[tuple[Call, Outcome]]:
        """Perform concrete calls at the same time; record and judge each when it is asked for, and yield it."""
        started = time.perf_counter()
        outcomes = [_writable(outcome) for outcome in self.target.perform_together(calls)]
        elapsed = time.perf_counter() - started
        self.target_seconds += elapsed
        self.calls += len(calls)
        for call, outcome in zip(calls, outcomes, strict=True):
            self.record(Exchange(step=number, call=call, outcome=outcome, together=True))
            expected = self.judge.expect(call)
            self.judge.take(number, expected, outcome, expected.judge(outcome), together=True)
            self._note_change(call, outcome, elapsed, moving=self._is_moving)
            yield call, outcome

    def _settle(self) -> None:
        """Wait until the last change must have caught up everywhere: not at all on a target that never lags."""
        left = self._settled - self.clock()
        if left > 0:
            self.rest(left)

    def _note_change(self, call: Call, outcome: Outcome, elapsed: float, *, moving: bool) -> None:
        """Note when the changes of a call will have settled by the server's clock, or, if tasks were `moving` by
        themselves (operations, cancels that were under way), what they had changed by then. The call took `elapsed`
        seconds; the interval of its outcome, as far as it is wider, adds to that, unless it says next to nothing: then
        no wait would help."""
        settling = self._bindings.declaration.settling
        if not (moving or call.__class__ in CHANGING) or not (settling or outcome.at.earliest < outcome.at.latest):
            return
        unsure = max(0.0, (outcome.at.latest - outcome.at.earliest) / SECOND - elapsed)
        unsure = unsure if unsure <= MOST_UNSURE else 0.0
        self._settled = self.clock() + settling + unsure + TICK_SECONDS * (1 + settling)

    def _poll(self, deadline: float) -> None:
        """Wait a little, but not beyond the deadline, before a call is made again."""
        self.rest(max(0.0, min(POLL_SECONDS, deadline - self.clock())))

    def _made_thing(self, number: int, call: Call, outcome: Outcome) -> None:
        """Remember the object that a call returned, or the version that a wait yielded; where nothing had changed, the
        version that it was given stays good."""
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, ObjectRef):
            self._bindings.made[Made(step=number)] = Thing(ref=value)
        elif isinstance(value, UpdateSet):
            self._bindings.made[Made(step=number)] = Thing(ref=NOTHING, key=value.version)
        elif isinstance(call, WaitForUpdatesEx) and isinstance(outcome, Returned) and call.version:
            self._bindings.made[Made(step=number)] = Thing(ref=NOTHING, key=str(call.version))
