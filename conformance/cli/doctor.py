"""The doctor: examines in half a minute if a target can be reached, what it is and can do, and if its adapter keeps to
its contract (docs/adapter.md). It judges no clause, and leaves nothing behind.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taskconform.conformance.cli.probing import Probes
from taskconform.conformance.engine.haste import is_worth_while, lag_of
from taskconform.conformance.errors import AdapterFailed, TargetUnreachable
from taskconform.conformance.targets.naming import open_named
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import MAIN, NOBODY, ObjectRef
from taskconform.model.vocabulary.declaration import ORDINARY
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Lost, Property, Returned, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome

SAMPLES: Final = 20
"""Number of times that the round trip is measured."""
OTHER: Final = "doctor"
"""A second session, beside `main`."""
_NO_TASK: Final = ObjectRef(type="Task", value="task-987654321")
_POLL: Final = 0.02
_PLAIN_READS: Final = (calls.ReadMaxCollector, calls.ReadRecentTask)
"""Calls that need nothing and change nothing."""


class Unsound(Exception):  # noqa: N818  # an answer, named as one
    """The adapter does not do what its contract says."""


class Unanswered(Exception):  # noqa: N818  # an answer, named as one
    """The server does not do what would be needed to look at a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One point of the contract, and what is wrong with it, "" if nothing is; or why it could not be looked at."""

    name: str
    wrong: str = ""
    unseen: str = ""


@dataclass(slots=True, kw_only=True)
class Examination:
    """Findings of an examination. Times are in seconds: `opening` everything until the target can be used, `round_trip`
    and `a_call` medians, the latter with all that the adapter adds (a rate that is kept, for one); `offset` is how far
    the server's clock is ahead of ours, and `wide` how exactly that is known; `lag` how long history was seen to take.
    `lacks` are words for what the target does not have, and is not declared to lack."""

    declaration: Declaration
    opening: float
    connecting: float = 0.0
    login: float = 0.0
    round_trip: float = 0.0
    a_call: float = 0.0
    offset: float = 0.0
    wide: float = 0.0
    lag: float = 0.0
    lacks: tuple[str, ...] = ()
    checks: list[Check] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Tells whether the adapter keeps to the contract, as far as it was examined."""
        return not any(check.wrong for check in self.checks)


def examine(name: str, options: Mapping[str, str]) -> Examination:
    """Examine a target. Raises TargetMisnamed, TargetUnreachable."""
    started = time.perf_counter()
    target = open_named(name, options)
    try:
        found = Examination(declaration=target.declaration, opening=time.perf_counter() - started)
        patient = Patient(target)
        measured = _checked("calls come to outcomes", lambda one: _measure(one, found), patient)
        found.checks += [measured] if measured.wrong else []
        for words, (needed, check) in _CHECKS.items():
            if not needed & target.declaration.calls_without:
                found.checks.append(_checked(words, check, patient))
        probed = _checked("every call comes to an outcome", lambda one: _probe(one, found), patient)
        found.checks.append(probed)
    finally:
        target.close()
    found.checks.append(_checked("close() can be called twice", lambda _: target.close(), patient))
    return found


class Patient:
    """A target under examination, and all the outcomes that it gave."""

    def __init__(self, target: Target) -> None:
        """Examine an open target."""
        self.target = target
        self.declaration = target.declaration
        self.outcomes: list[Outcome] = []
        self.tasks: list[TaskInfo] = []

    def perform(self, call: Call) -> Outcome:
        """Perform a call, and keep the outcome. Raises Unsound if it is none."""
        outcome = self.target.perform(call)
        if not isinstance(outcome, Returned | Faulted | Lost):
            message = f"{type(call).__name__}: perform gave {type(outcome).__name__}, which is no outcome"
            raise Unsound(message)
        self.outcomes.append(outcome)
        return outcome

    def value(self, call: Call) -> object:
        """Give the value that a call returned. Raises Unsound if it did not return."""
        outcome = self.perform(call)
        if not isinstance(outcome, Returned):
            message = f"{type(call).__name__} came to {_brief(outcome)}"
            raise Unsound(message)
        return outcome.value

    def lent(self, call: Call) -> object:
        """Give the value that a call returned. Raises Unanswered if the server faulted, or did not answer: that is no
        fault of the adapter's."""
        outcome = self.perform(call)
        if not isinstance(outcome, Returned):
            message = f"{type(call).__name__} came to {_brief(outcome)}"
            raise Unanswered(message)
        return outcome.value

    def timed(self, call: Call) -> tuple[float, float]:
        """Seconds that a call took on the wire (or all in all, in process), and all in all."""
        waited, started = self.target.socket_seconds, time.perf_counter()
        self.perform(call)
        took = time.perf_counter() - started
        return self.target.socket_seconds - waited or took, took

    def settled_info(self, ref: ObjectRef) -> object:
        """Task.info of a new task, which the server is given time to show."""
        read = calls.ReadTaskInfo(session=MAIN, tasks=(ref,))
        deadline = time.monotonic() + self.declaration.settling
        while isinstance(self.perform(read), Faulted) and time.monotonic() < deadline:
            time.sleep(_POLL)
        return self.lent(read)


def _measure(patient: Patient, found: Examination) -> None:
    """Connecting, logging in, round trips, the clock."""
    without = patient.declaration.calls_without
    read = next((one for one in _PLAIN_READS if one.__name__ not in without), None)
    if read is not None:
        first, again = patient.timed(read(session=NOBODY))[0], patient.timed(read(session=NOBODY))[0]
        found.connecting = max(0.0, first - again)
    if "Login" not in without:
        found.login = patient.timed(calls.Login(session=MAIN, account="primary"))[0]
    sample = read(session=MAIN) if read is not None else calls.ReadTaskInfo(session=MAIN, tasks=(_NO_TASK,))
    if type(sample).__name__ in without:
        return
    times = [patient.timed(sample) for _ in range(SAMPLES)]
    found.round_trip = statistics.median(wire for wire, _ in times)
    found.a_call = statistics.median(took for _, took in times)
    now = time.time()
    at = patient.outcomes[-1].at
    found.offset = (at.earliest + at.latest) / 2 / SECOND - now
    found.wide = (at.latest - at.earliest) / SECOND


def _probe(patient: Patient, found: Examination) -> None:
    """Find out what the target does not have, and whether its history lags."""
    patient.target.reset()
    probes = Probes(perform=patient.perform, declaration=patient.declaration)
    probes.run()
    found.lacks = probes.words
    if is_worth_while(patient.declaration):
        found.lag = lag_of(patient.target)
    patient.target.reset()


# --- the contract -----------------------------------------------------------------------------------------------------


def _checked(words: str, check: Callable[[Patient], None], patient: Patient) -> Check:
    """Look at one point. Whatever an adapter raises there is wrong, but that the server has gone."""
    try:
        check(patient)
    except TargetUnreachable:
        raise
    except Unsound as problem:
        return Check(name=words, wrong=str(problem))
    except Unanswered as problem:
        return Check(name=words, unseen=str(problem))
    except AdapterFailed as problem:
        return Check(name=words, wrong=str(problem).removeprefix("the adapter failed: "))
    except Exception as problem:  # noqa: BLE001  # an adapter may raise anything, and should not
        return Check(name=words, wrong=f"{type(problem).__name__}: {' '.join(str(problem).split())}")
    return Check(name=words)


def _round_trip_of_a_task(patient: Patient) -> None:
    key = patient.declaration.extension_key
    if "RegisterExtension" not in patient.declaration.calls_without:
        patient.lent(calls.RegisterExtension(session=MAIN, key=key, version="1.0.0", task_ids=(f"{key}.work",)))
    for _ in range(2):
        made = patient.lent(_create_task(patient))
        if not isinstance(made, TaskInfo):
            message = f"CreateTask returned {type(made).__name__}, not TaskInfo"
            raise Unsound(message)
        patient.tasks.append(made)
        _same(patient.settled_info(made.task), made)


def _create_task(patient: Patient) -> calls.CreateTask:
    places = patient.declaration.places
    entity = next((entity for role in ORDINARY for entity in places.get(role, ())), None)
    if entity is None:
        message = "no place for a task is declared"
        raise Unsound(message)
    type_id = f"{patient.declaration.extension_key}.work"
    return calls.CreateTask(session=MAIN, obj=entity.ref, task_type_id=type_id, cancelable=True)


def _same(value: object, made: TaskInfo) -> None:
    """Check that ReadTaskInfo gave the task that was asked for. Raises Unsound."""
    read = value[0] if isinstance(value, tuple) and len(value) == 1 else None
    info = read.value if isinstance(read, Property) else None
    if not isinstance(info, TaskInfo):
        message = f"ReadTaskInfo of one task returned no Property of one TaskInfo: {value!r:.100}"
        raise Unsound(message)
    if (info.key, info.task) != (made.key, made.task):
        message = f"made {made.key} ({made.task.value}), read {info.key} ({info.task.value})"
        raise Unsound(message)


def _unknown_task(patient: Patient) -> None:
    outcome = patient.perform(calls.ReadTaskInfo(session=MAIN, tasks=(_NO_TASK,)))
    if not isinstance(outcome, Faulted):
        message = f"reading a task that never was came to {_brief(outcome)}"
        raise Unsound(message)
    kinds = outcome.fault.kinds
    if not kinds or kinds[0] != outcome.fault.kind or kinds[-1] != "MethodFault":
        message = f"a fault's kinds go from itself to MethodFault, and not {' '.join(kinds) or 'none'}"
        raise Unsound(message)


def _together(patient: Patient) -> None:
    other = MAIN
    if "Login" not in patient.declaration.calls_without:
        patient.lent(calls.Login(session=OTHER, account="primary"))
        other = OTHER
    if len(patient.tasks) != 2:
        message = "there are no two tasks to read"
        raise Unanswered(message)
    first, second = patient.tasks
    asked: list[Call] = [
        calls.ReadTaskInfo(session=MAIN, tasks=(first.task,)),
        calls.ReadTaskInfo(session=other, tasks=(_NO_TASK,)),
        calls.ReadTaskInfo(session=other, tasks=(second.task,)),
    ]
    outcomes = patient.target.perform_together(asked)
    if len(outcomes) != len(asked):
        message = f"{len(asked)} calls came to {len(outcomes)} outcomes"
        raise Unsound(message)
    for outcome, made in ((outcomes[0], first), (outcomes[2], second)):
        if not isinstance(outcome, Returned):
            message = f"ReadTaskInfo came to {_brief(outcome)}"
            raise Unanswered(message)
        _same(outcome.value, made)


def _intervals(patient: Patient) -> None:
    """Check all outcomes so far."""
    for outcome in patient.outcomes:
        if outcome.at.earliest > outcome.at.latest:
            message = f"an interval ends {outcome.at.earliest - outcome.at.latest} us before it begins"
            raise Unsound(message)
    for before, after in zip(patient.outcomes, patient.outcomes[1:], strict=False):
        if after.at.latest < before.at.earliest:
            message = f"a call lies {before.at.earliest - after.at.latest} us before the one that was made before it"
            raise Unsound(message)


def _reset(patient: Patient) -> None:
    patient.target.reset()
    without = patient.declaration.calls_without
    if "Login" not in without:
        outcome = patient.perform(_create_task(patient))
        if not isinstance(outcome, Faulted) or not outcome.fault.is_a("SecurityError"):
            message = f"a session of before is there: CreateTask on it came to {_brief(outcome)}"
            raise Unsound(message)
        patient.lent(calls.Login(session=MAIN, account="primary"))
    if "RegisterExtension" not in without and patient.declaration.is_vcenter:
        outcome = patient.perform(_create_task(patient))
        if isinstance(outcome, Returned):
            message = "the extension of before is there: its task type can be used"
            raise Unsound(message)
    if "reset" not in patient.declaration.capabilities or "ReadRecentTask" in without:
        return
    recent = patient.lent(calls.ReadRecentTask(session=MAIN))
    there = recent.value if isinstance(recent, Property) and isinstance(recent.value, tuple) else ()
    left = [task.key for task in patient.tasks if task.task in there]
    if left:
        message = f"tasks of before are there: {', '.join(left)}"
        raise Unsound(message)


_MAKES: Final = frozenset({"CreateTask", "ReadTaskInfo"})
_CHECKS: Final[dict[str, tuple[frozenset[str], Callable[[Patient], None]]]] = {
    "what CreateTask returns, ReadTaskInfo reads": (_MAKES, _round_trip_of_a_task),
    "a fault comes back as a fault, with its kinds": (frozenset({"ReadTaskInfo"}), _unknown_task),
    "calls made together come back in their order": (_MAKES, _together),
    "intervals are well-formed, and move forward": (frozenset(), _intervals),
    "reset() takes away what is ours": (frozenset({"CreateTask"}), _reset),
}
"""The points of the contract, each with the calls that it takes."""


def _brief(outcome: Outcome) -> str:
    """An outcome in a few words."""
    if isinstance(outcome, Faulted):
        return f"the fault {outcome.fault.kind}"
    return f"nothing: {outcome.why}" if isinstance(outcome, Lost) else f"{outcome.value!r:.100}"
