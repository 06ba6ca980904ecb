"""The frame of Task.info: what no call has changed reads the same again, whichever session asks.

Each check elsewhere asks for what a call changes. This one asks for the rest: fields that are given with the task stay
for good, and all others stay until a call on the task, or on a child of it, may have changed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.checks import rule
from taskconform.model.oracle.findings import Divergence, MustBe, shown
from taskconform.model.oracle.life import eventually
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.findings import Said
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo

GIVEN: Final = ("description_id", "reason", "parent_task_key", "activation_id")
"""Fields that CreateTask gives a task, and nothing changes."""
OF_ENTITY: Final = ("entity", "entity_name")
"""Fields that are given too, and go if the entity does."""
OF_STATE: Final = ("state", "cancelled", "cancelable", "result", "error", "root_task_key")
"""Fields that only SetTaskState and CancelTask change."""
STAMPS: Final = {"queueTime": "queue_time", "startTime": "start_time", "completeTime": "complete_time"}
"""Times, by their names on the page."""
JUDGED_AS_AN_END: Final = frozenset({"state", "result", "error", "completeTime"})
"""Fields that life.no-return is about, once a task has completed."""
ROUNDING: Final = 10_000
"""Largest distance in microseconds of two readings of one stamp (EV N15)."""


CLAUSES: Final = {
    "description": "life.description",
    "progress": "life.progress",
    "startTime": "life.times",
    "completeTime": "life.times",
    "queueTime": "create.queue-time",
    "description_id": "create.type",
    "entity": "create.entity",
    "entity_name": "create.entity",
    "parent_task_key": "create.parent",
    "root_task_key": "create.root",
    "activation_id": "create.activation",
    "result": "life.result",
    "event_chain_id": "info.event-chain",
}
"""The clause on what a field says, which a field breaks that does not say it any more. All others break info.steady."""


def clause_of(said: Divergence) -> str:
    """Return the clause that a field breaks by changing."""
    return CLAUSES.get(said.situation, "info.steady")


@rule("info.steady", *sorted(set(CLAUSES.values())))
def nothing_changes_by_itself(belief: Belief, record: TaskRecord, info: TaskInfo, _at: Interval) -> Said:
    """A field that no call may have changed since it was last read reads the same; those that the target is declared
    not to have are left out. Others may have acted in a recording. Exercised after another call."""
    before = record.info
    if before is None or belief.declaration.recorded:
        return None
    left_out = belief.declaration.fields_without
    fields = list(GIVEN if belief.is_entity_gone(record) else GIVEN + OF_ENTITY)
    stamps = ["queueTime"]
    unmoved = is_unmoved(belief, record)
    if unmoved:
        fields += OF_STATE
        stamps += ["startTime", "completeTime"]
        fields += ["progress"] * keeps_progress(record) + ["description"] * (not record.described)
    if "event_chain_id" not in left_out and before.event_chain_id:  # 0: not known yet (EV 1.6)
        fields.append("event_chain_id")
    left_out |= JUDGED_AS_AN_END if record.settled is not None else frozenset()
    for name in fields:
        if name not in left_out and plain_field(info, name) != plain_field(before, name):
            return _changed(info, name, getattr(before, name), getattr(info, name))
    for name in stamps:
        if name in left_out or STAMPS[name] in left_out:
            continue
        now, then = getattr(info, STAMPS[name]), getattr(before, STAMPS[name])
        if not is_same_time(now, then):
            return _changed(info, name, then, now)
    return True if unmoved and record.info_seq < belief.seq else None


def is_unmoved(belief: Belief, record: TaskRecord) -> bool:
    """Return True if no call since the last read may have changed the task's state, and nothing else may have."""
    if record.asked is not None or record.refused or record.unsure or record.state_in_doubt:
        return False
    if record.cancels or record.is_ending:
        return False
    return record.moved_seq <= record.info_seq and not belief.may_be_gone(record)


def keeps_progress(record: TaskRecord) -> bool:
    """Return True if no call since the last read may have changed the task's progress, nor a child's."""
    return record.progress is None and not (record.child_progressed or record.has_children)


def plain_field(info: TaskInfo, name: str) -> object:
    """Return a field without the texts that a locale may change."""
    value = getattr(info, name)
    if name == "description" and value is not None:
        return value.key, value.args
    return value.kind if name == "error" and value is not None else value


def is_same_time(now: int | None, then: int | None) -> bool:
    """Return True if two readings of a stamp are the same but for rounding, to seconds if one of them is whole."""
    if now is None or then is None:
        return now is then
    is_whole = now % SECOND == 0 or then % SECOND == 0
    return abs(now - then) <= (SECOND if is_whole else ROUNDING)


def _changed(info: TaskInfo, name: str, then: object, now: object) -> Said:
    demand = MustBe(task=info.task, field=name, relation="is", value=then)
    return eventually(Divergence(demand=demand, observed=f"{name} is {shown(now)}", situation=name))
