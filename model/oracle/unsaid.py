"""Answers that leave out what they must say: TaskInfo without a required field, or with a state that is none.

A check that reads a field which is absent says nothing: reading it raises `UnsaidError`, and whoever runs the check
takes that for an observation that tells nothing. The belief goes on with what it knew of the task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

from taskconform.model.oracle.checks import UnsaidError, held_of, rule
from taskconform.model.oracle.findings import Divergence, MustBe, Said
from taskconform.model.oracle.method import broken
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SUCCESS,
    Lost,
    ObjectUpdate,
    Outcome,
    Property,
    Returned,
    TaskEvent,
    TaskInfo,
    TaskReason,
    UpdateSet,
)
from taskconform.model.vocabulary.parts import INFO_FIELDS, REQUIRED, wire_name
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.findings import Finding

STATES: Final = frozenset({QUEUED, RUNNING, SUCCESS, ERROR})

SHOWING: Final = frozenset(
    {
        c.CreateTask,
        c.ReadTaskInfo,
        c.ReadNextTasks,
        c.ReadPreviousTasks,
        c.ReadLatestPage,
        c.WaitForUpdatesEx,
        c.BreakOffWait,
        c.QueryTaskEvents,
    }
)
"""Calls whose answers hold TaskInfos."""

_KNOWN: Final = frozenset(wire_name(field) for field in INFO_FIELDS.values())


class PartialInfo(TaskInfo, frozen=True, kw_only=True, tag="TaskInfo"):
    """A TaskInfo that lacks required fields, or others (`hidden`) that the target is declared not to have: to read one
    of them raises UnsaidError."""

    hidden: frozenset[str] = frozenset()

    def __getattribute__(self, name: str) -> Any:
        """Return a field. Raises UnsaidError for a required one that is absent, or a state that is none."""
        value = super().__getattribute__(name)
        if name in REQUIRED and (value is None or (name == "state" and value not in STATES)):
            raise UnsaidError(REQUIRED[name])
        if name in super().__getattribute__("hidden"):
            raise UnsaidError(wire_name(name))
        return value


# --- the clauses ------------------------------------------------------------------------------------------------------


def lacking(info: TaskInfo) -> list[str]:
    """Return the wire names of required fields that are absent, and of fields that hold what is not of their type."""
    absent = [wire for field, wire in REQUIRED.items() if getattr(info, field) is None]
    strange = [name for name, _ in info.other if name in _KNOWN and name not in absent] if info.other else []
    return absent + strange


@rule("info.required")
def has_every_required_field(belief: Belief, info: TaskInfo) -> list[Divergence] | Said:
    """key, task, descriptionId, state, cancelled, cancelable, reason, queueTime and eventChainId are there, and what is
    there is of its type. A field that the target is declared not to have is not asked for."""
    texts = dict(info.other) if info.other else {}
    return [
        Divergence(
            demand=MustBe(task=info.task, field=name, relation="is set"),
            observed=f"{name} is {texts.get(name, 'unset')}",
            situation=name,
        )
        for name in lacking(info)
        if f"TaskInfo.{name}" not in belief.declaration.without
    ] or True


@rule("info.enumerations")
def state_is_one_of_four(info: TaskInfo) -> Said:
    """The state is queued, running, success or error, in this spelling."""
    if info.state is None:
        return None
    if info.state in STATES:
        return True
    demand = MustBe(task=info.task, field="state", relation="is one of", value=(QUEUED, RUNNING, SUCCESS, ERROR))
    return Divergence(demand=demand, observed=f"state is {info.state}", situation="state")


CHECKS: Final = (has_every_required_field, state_is_one_of_four)


def judge_form(belief: Belief, call: c.Call, outcome: Outcome) -> Iterable[Finding]:
    """Judge the form of every TaskInfo in an answer: each divergence once, and each clause that held. A field that is
    absent wherever it is read has one cause, and one signature."""
    method = "CreateTask" if isinstance(call, c.CreateTask) else "ReadTaskInfo"
    found: dict[str, Finding] = {}
    seen = False
    for info in infos_of(outcome):
        seen = True
        if is_whole(info):
            continue
        said = has_every_required_field.decide(belief, info)
        for one in said if isinstance(said, list) else ():
            found.setdefault(one.situation, broken("info.required", one, method))
        state = state_is_one_of_four.decide(info)
        if isinstance(state, Divergence):
            found.setdefault(" ", broken("info.enumerations", state, method))
    yield from found.values()
    for clause in ("info.required", "info.enumerations"):
        if seen and not any(one.clause == clause for one in found.values()):
            yield held_of(clause)


# --- reading and following such answers -------------------------------------------------------------------------------


def is_whole(info: TaskInfo) -> bool:
    """Return True if a TaskInfo has all that it must have."""
    return (
        info.key is not None
        and info.task is not None
        and info.description_id is not None
        and info.state in STATES
        and info.cancelled is not None
        and info.cancelable is not None
        and info.reason is not None
        and info.queue_time is not None
        and info.event_chain_id is not None
        and (not info.other or not any(name in _KNOWN for name, _ in info.other))
    )


def infos_of(value: object) -> Iterator[TaskInfo]:
    """Yield every TaskInfo in an answer."""
    if isinstance(value, TaskInfo):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from infos_of(each)
    elif isinstance(value, Returned | Property):
        yield from infos_of(value.value)
    elif isinstance(value, UpdateSet):
        yield from infos_of(value.updates)
    elif isinstance(value, ObjectUpdate):
        yield from infos_of(value.latest_page)
    elif isinstance(value, TaskEvent):
        yield from infos_of(value.info)


_HOLDING: Final = {
    "Returned": "value",
    "Property": "value",
    "UpdateSet": "updates",
    "ObjectUpdate": "latest_page",
    "TaskEvent": "info",
}
"""The field of each word that holds TaskInfos, or what holds some."""


def with_infos(value: Any, change: Callable[[TaskInfo], TaskInfo]) -> Any:
    """Return an answer with every TaskInfo changed."""
    if isinstance(value, TaskInfo):
        return change(value)
    if isinstance(value, tuple):
        return tuple([with_infos(each, change) for each in value])
    name = _HOLDING.get(type(value).__name__)
    return value if name is None else evolve(value, **{name: with_infos(getattr(value, name), change)})


def judged(belief: Belief, call: c.Call, outcome: Outcome) -> Outcome:
    """Return an answer as checks read it: an absent field cannot be read, nor one that the target is declared not to
    have, but for the reference of a task, which is that of the task asked for, or of none."""
    hidden = belief.declaration.fields_without - REQUIRED.keys()
    if not hidden and is_complete(outcome):
        return outcome
    return _with_each(call, outcome, lambda info, ref: PartialInfo(**{**asdict(info), "task": ref, "hidden": hidden}))


def followed(belief: Belief, call: c.Call, outcome: Outcome) -> Outcome:
    """Return an answer as the belief follows it: key, reference and state as they were known before where they are
    absent; no other absent field can be read, now or later. A new task without a reference cannot be followed: that
    answer is as good as lost."""
    return _as_lost(call, outcome) or _with_each(
        call,
        outcome,
        lambda info, ref: PartialInfo(**asdict(_filled(belief, call, info, ref, ("key", "task", "state")))),
    )


def filled(belief: Belief, call: c.Call, outcome: Outcome) -> Outcome:
    """Return an answer with every absent field filled in, for a belief that cannot go on without one."""
    return _as_lost(call, outcome) or _with_each(
        call, outcome, lambda info, ref: _filled(belief, call, info, ref, tuple(REQUIRED))
    )


def _as_lost(call: c.Call, outcome: Outcome) -> Lost | None:
    if isinstance(call, c.CreateTask) and any(info.task is None for info in infos_of(outcome)):
        return Lost(why="the task has no reference", at=outcome.at)
    return None


def is_complete(outcome: Outcome) -> bool:
    """Return True if every TaskInfo in an answer has all that it must have."""
    return all(map(is_whole, infos_of(outcome)))


NO_REFERENCE: Final = ObjectRef(type="Task", value="")
"""Stands for the reference of a task that has none."""


def _with_each(call: c.Call, outcome: Outcome, change: Callable[[TaskInfo, ObjectRef], TaskInfo]) -> Outcome:
    """Change every TaskInfo; the change is given the reference of the task that was asked for."""

    def one(value: Any, ref: ObjectRef) -> Any:
        return with_infos(value, lambda info: change(info, info.task or ref))

    if isinstance(call, c.ReadTaskInfo) and isinstance(outcome, Returned) and isinstance(outcome.value, tuple):
        answers = [one(answer, ref) for ref, answer in zip(call.tasks, outcome.value, strict=True)]
        return evolve(outcome, value=tuple(answers))
    changed: Outcome = one(outcome, NO_REFERENCE)
    return changed


def _filled(belief: Belief, call: c.Call, info: TaskInfo, ref: ObjectRef, fields: tuple[str, ...]) -> TaskInfo:
    """Return a TaskInfo with what it lacks of these fields filled in."""
    record = belief.tasks.get(ref.value)
    before = (record.info or record.returned) if record is not None else None
    known: dict[str, Any] = {
        "key": record.key if record is not None else ref.value,
        "task": ref,
        "description_id": getattr(call, "task_type_id", ""),
        "state": QUEUED if isinstance(call, c.CreateTask) else None,
        "cancelled": False,
        "cancelable": bool(getattr(call, "cancelable", False)),
        "reason": TaskReason(kind=""),
        "queue_time": belief.now,
        "event_chain_id": 0,
    }
    if record is not None and before is not None:
        known |= {name: value for name, value in asdict(before).items() if name in REQUIRED and value is not None}
        known["key"], known["task"] = record.key, ref
    if record is not None and record.state is not None:
        known["state"] = record.state
    known["state"] = known["state"] or QUEUED
    lacks = {name for name in REQUIRED if getattr(info, name) is None}
    lacks |= {"state"} if info.state not in STATES else set()
    return evolve(info, **{name: known[name] for name in lacks if name in fields})
