"""Withdrawals: what becomes of the live tasks of an extension that was unregistered.

The page is silent: they go on, stay as they are, are ended, or go (extension.unregister-tasks). Nothing is demanded of
them any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES
from taskconform.model.oracle.findings import question, refusal
from taskconform.model.oracle.task_types import is_settled
from taskconform.model.vocabulary.outcomes import Faulted, Outcome, Property, Returned, TaskInfo

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.belief_extensions import Withdrawn
    from taskconform.model.vocabulary.calls import ReadTaskInfo


DEPENDENT: Final = ("life.unknown", "life.final", "life.backward", "life.progress-state")
"""Clauses whose conditions are open for a live task whose type was taken away, and for that reason only."""


def withdrawn_of(world: World, record: TaskRecord) -> Withdrawn | None:
    """How a task's type was taken away after the task was made, if it was."""
    task_id = str(record.create.task_type_id)
    return world.extensions.withdrawn[task_id] if world.extensions.withdrew(task_id, record.created_seq) else None


@refusal("extension.unregister-tasks", "MethodFault")
def its_type_was_withdrawn(world: World, call: Any) -> bool | None:
    """The task's type was taken away: what becomes of its live tasks is silent, so a fault is allowed."""
    record = world.tasks.get(call.task.value)
    return None if record is not None and withdrawn_of(world, record) is not None else False


def _case_of(world: World, session: str, record: TaskRecord | None) -> TaskRecord | None:
    """The record, if what becomes of it tells what becomes of live tasks: live when its extension was unregistered for
    good, and nothing else that may have ended it."""
    if record is None or record.completed or record.cancels or record.unsure or record.mystery or not record.resolvable:
        return None
    withdrawn = withdrawn_of(world, record)
    if withdrawn is None or withdrawn.clause != "extension.unregister" or not is_settled(world, withdrawn.since):
        return None
    task_id = str(record.create.task_type_id)
    if task_id in world.extensions.sure or task_id in world.extensions.perhaps:
        return None
    if not world.logged_in(record.create.session) or world.is_entity_gone(record):
        return None
    return record if record.state in LIVE_STATES and world.is_full(session) else None


@question("extension.unregister-tasks", *DEPENDENT)
def what_its_tasks_are_read_to_be(world: World, call: ReadTaskInfo, outcome: Outcome) -> tuple[str, ...] | None:
    """What becomes of the live tasks of an extension that was unregistered, by their Task.info."""
    if len(call.tasks) != 1:
        return None
    record = _case_of(world, call.session, world.tasks.get(call.tasks[0].value))
    if record is None:
        return None
    if isinstance(outcome, Faulted):
        return ("gone",) if outcome.fault.is_a("ManagedObjectNotFound") else None
    answers = outcome.value if isinstance(outcome, Returned) else None
    answer = answers[0] if isinstance(answers, tuple) and answers else None
    info = answer.value if isinstance(answer, Property) else None
    if not isinstance(info, TaskInfo):
        return None
    return ("ended",) if info.state in END_STATES else ("kept", "frozen")


@question("extension.unregister-tasks", *DEPENDENT)
def whether_its_tasks_take_updates(world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """The same, by a call that moves a task on: queued to running, or a percentage of a running task."""
    record = _case_of(world, call.session, world.tasks.get(call.task.value))
    plain = getattr(call, "state", "running") == "running" and getattr(call, "result", None) is None
    if record is None or not plain or getattr(call, "fault", None) is not None:
        return None
    if record.state != ("queued" if hasattr(call, "state") else "running"):
        return None
    if isinstance(outcome, Returned):
        return ("kept",)
    if not isinstance(outcome, Faulted) or outcome.fault.is_a("SecurityError"):
        return None
    if outcome.fault.is_a("ManagedObjectNotFound"):
        return ("gone",)
    return ("frozen", "ended") if outcome.fault.is_a("InvalidState") else ("frozen",)
