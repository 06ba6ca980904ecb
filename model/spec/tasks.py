"""vim.TaskManager CreateTask, and vim.Task info: how tasks are made, and who may read them.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskManager.html
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskInfo.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from taskconform.model.spec import access, descriptions, inventory
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import FaultName, fault, fault_if
from taskconform.model.spec.state import After, Session, State, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.outcomes import QUEUED, Property, TaskInfo, TaskReason
from taskconform.model.vocabulary.words import evolve

TASK_CREATE: Final = "Task.Create"
USER_REASON: Final = "TaskReasonUser"
SYSTEM_REASON: Final = "TaskReasonSystem"
FIRST_CHAIN: Final = 1_000
UNKNOWN_TYPE: Final[Mapping[str, FaultName]] = {
    "invalid-argument": "InvalidArgument",
    "not-found": "NotFound",
    "other-fault": "NotSupported",
}
"""By the interpretation of create.unknown-type-fault: the fault."""


def create_task(state: State, call: calls.CreateTask, choices: Choices) -> After[TaskInfo]:
    """Make a queued task, with the object, the type and the cancelable flag given. The page names no fault. An obj that
    does not exist is ManagedObjectNotFound; by default an unregistered type or an unknown parent is InvalidArgument.
    activationId is newer than the page (vSphere API 6.0).
    vim.TaskManager CreateTask 1-2; cancelable 1; returns 1; vim.event.TaskEvent 2. Clauses: create.returns,
    create.initial, create.cancelable, create.queue-time."""
    session = access.current(state, call.session)
    check_may_create(state, session, call, choices)
    entity = entity_of(state, session, call.obj, choices)
    check_type(state, call.task_type_id, choices)
    parent = parent_of(state, call, choices)
    reason = reason_of(state, session, call, choices)
    number = len(state.tasks) + 1
    info = new_info(state, number, call.task_type_id, reason, cancelable=call.cancelable)
    info = evolve(info, activation_id=call.activation_id, **placed(state, info.key, entity, parent, choices))
    state, task = admit(state, info, maker=session.number)
    return state, task.info


def check_may_create(state: State, session: Session, call: calls.CreateTask, choices: Choices) -> None:
    """Ask for Task.Create on the root folder.
    vim.TaskManager CreateTask privilege; EV N7. Clauses: create.privilege, create.privilege-object."""
    on_object = choices.create_privilege_object == "allowed" and access.holds(
        state, session, TASK_CREATE, call.obj.value, choices
    )
    if not on_object:
        access.require(state, session, TASK_CREATE, choices)


def entity_of(state: State, session: Session, obj: ObjectRef, choices: Choices) -> Entity | None:
    """Find the entity of the task: obj itself if that is a managed entity. By default any other managed object will do,
    too, and the task has no entity.
    vim.TaskManager CreateTask obj 1; vim.TaskInfo entity 1; vim.TaskInfo entityName 1. Clauses: create.entity,
    create.entity-other, create.unknown-object."""
    fault_if(not inventory.exists(state, session, obj), "ManagedObjectNotFound", f"no such object: {obj.value}")
    entity = state.entities.get(obj.value)
    if entity is None and choices.create_entity_other == "stand-in":
        return state.entities[state.server.root]
    fault_if(entity is None and choices.create_entity_other == "refused", "InvalidArgument", "obj is no entity")
    return entity


def check_type(state: State, task_type_id: str, choices: Choices) -> None:
    """Ask for a task type that can be used. Which fault another one is, the page does not say.
    vim.TaskManager CreateTask taskTypeId 1; EV 2.26. Clauses: create.type, create.unknown-type,
    create.unknown-type-fault, create.type-builtin, extension.register."""
    if not is_type(state, task_type_id, choices):
        fault(UNKNOWN_TYPE[choices.create_unknown_type_fault], f"no extension registers the task type {task_type_id}")


def is_type(state: State, task_type_id: str, choices: Choices) -> bool:
    """Tell whether tasks of this type can be made: if an extension registers it, on a host always (EV 1.8). By default
    the id of one of the server's own operations is no task type.
    vim.TaskManager CreateTask taskTypeId 1; vim.Extension.TaskTypeInfo taskID 1. Clauses: create.type,
    create.type-builtin."""
    if not state.server.vcenter or descriptions.is_registered(state, task_type_id):
        return True
    return choices.create_type_builtin == "taken" and descriptions.is_operation(state, task_type_id)


def parent_of(state: State, call: calls.CreateTask, choices: Choices) -> Task | str | None:
    """Find the parent by its key: the task, or the bare key if an unknown one is kept. By default an unknown one is
    refused and a completed one kept.
    vim.TaskManager CreateTask parentTaskKey 1. Clauses: create.parent, create.parent-unknown, create.parent-done."""
    if call.parent_task_key is None:
        return None
    number = state.keys.get(call.parent_task_key)
    if number is None:
        fault_if(choices.create_parent_unknown == "refused", "InvalidArgument", f"no task {call.parent_task_key}")
        return call.parent_task_key if choices.create_parent_unknown == "kept" else None
    parent = state.tasks[number]
    done = number not in state.live
    fault_if(done and choices.create_parent_done == "refused", "InvalidArgument", "the parent is completed")
    return None if done and choices.create_parent_done == "dropped" else parent


def placed(
    state: State, key: str, entity: Entity | None, parent: Task | str | None, choices: Choices
) -> dict[str, ObjectRef | str | None]:
    """Return the fields that say where a task belongs: its entity, its parent, and the head of its chain. By default a
    task without a known parent has no rootTaskKey.
    vim.TaskInfo entity 1; entityName 1; parentTaskKey 1-2; rootTaskKey 1-2. Clauses: create.root, create.root-head,
    create.parent-none."""
    fields: dict[str, ObjectRef | str | None] = {}
    if entity is not None:
        fields |= {"entity": entity.ref, "entity_name": entity.name}
    if isinstance(parent, Task):
        fields |= {"parent_task_key": parent.info.key, "root_task_key": parent.info.root_task_key or parent.info.key}
    else:
        head = key if choices.create_root_head == "own-key" else None
        fields |= {"parent_task_key": parent, "root_task_key": head}
    return fields


def reason_of(state: State, session: Session, call: calls.CreateTask, choices: Choices) -> TaskReason:
    """Say on whose behalf the task was made: initiatedBy, else by default the session's user. A name that no user has
    is by default kept. Only without initiatedBy the kind of the reason is open; the server's own kind is no task's by
    default.
    vim.TaskManager CreateTask initiatedBy 1; vim.TaskInfo reason 1; vim.TaskReason 2; vim.TaskReasonUser 1; userName 1;
    vim.TaskReasonSystem 1. Clauses: create.initiated-by, create.initiated-by-unknown, create.initiator-default,
    create.reason-kind."""
    named = call.initiated_by
    if named is not None and named not in state.server.accounts.values():
        refused = choices.create_initiated_by_unknown == "refused"
        fault_if(refused, "InvalidArgument", f"no such user: {named}")
        named = named if choices.create_initiated_by_unknown == "kept" else session.user_name
    if named is not None:
        return TaskReason(kind=USER_REASON, user_name=named)
    if choices.create_reason_kind == "other":
        return TaskReason(kind="TaskReasonSchedule")
    if choices.create_reason_kind == "system" or choices.create_initiator_default == "no-user":
        return TaskReason(kind=SYSTEM_REASON)
    own = choices.create_initiator_default == "session-user"
    return TaskReason(kind=USER_REASON, user_name=session.user_name if own else "com.vmware.vim.eam")


def new_info(state: State, number: int, type_id: str, reason: TaskReason, *, cancelable: bool) -> TaskInfo:
    """Make the info of the `number`-th task: queued now, not cancelled, with a key and a chain of its own. Its
    descriptionId is the task type. It has no name unless an operation of the server's made it, never a changeTag, and
    locks nothing.
    vim.TaskInfo key 1; task 1; name 1; descriptionId 1; locked 1; state 1; cancelable 1; queueTime 1; eventChainId 1;
    changeTag 1; vim.TaskInfo.State queued 1; vim.event.TaskEvent 2. Clauses: create.initial, create.queue-time,
    create.distinct, info.key, info.event-chain."""
    key = f"task-{number}"
    return TaskInfo(
        key=key,
        task=ObjectRef(type="Task", value=key),
        description_id=type_id,
        state=QUEUED,
        cancelled=False,
        cancelable=cancelable,
        reason=reason,
        queue_time=state.now,
        event_chain_id=FIRST_CHAIN + number,
    )


def admit(state: State, info: TaskInfo, maker: int = 0) -> After[Task]:
    """Make a task known: it is live, in history, and can be found by its key from now on.
    vim.TaskManager recentTask 1; vim.HistoryCollector 1; vim.Task info 1. Clauses: create.resolvable, create.listed,
    page.append."""
    number = len(state.tasks) + 1
    moves = state.moves + 1
    task = Task(number=number, info=info, created=info, entered=((state.now, moves, info.state),), maker=maker)
    after = evolve(
        state,
        moves=moves,
        tasks=state.tasks.set(number, task),
        keys=state.keys.set(info.key, number),
        live=state.live.set(number, None),
    )
    return after, task


def start(
    state: State,
    type_id: str,
    reason: TaskReason,
    entity: Entity,
    *,
    name: str | None = None,
    choices: Choices,
    cancelable: bool = False,
) -> After[Task]:
    """Make a task that no call of CreateTask asked for: an operation's, an alarm's, a scheduled task's.
    vim.TaskInfo name 1; reason 1. Clauses: info.reason."""
    info = new_info(state, len(state.tasks) + 1, type_id, reason, cancelable=cancelable)
    return admit(state, evolve(info, name=name, **placed(state, info.key, entity, None, choices)))


def find_task(state: State, ref: ObjectRef) -> Task:
    """Find a task. A completed one can be found for good; one that is removed is not there, nor is an object of another
    type a task.
    vmodl.fault.ManagedObjectNotFound 1. Clauses: life.unknown, session.shared."""
    number = state.keys.get(ref.value)
    if number is None or ref.type != "Task":
        fault("ManagedObjectNotFound", f"no such task: {ref.value}")
    return state.tasks[number]


def with_info(state: State, task: Task, info: TaskInfo) -> State:
    """Return the state with the task's info as it is now."""
    return evolve(state, tasks=state.tasks.set(task.number, evolve(task, info=info)))


def read_task_info(state: State, call: calls.ReadTaskInfo, choices: Choices) -> After[tuple[Property[TaskInfo], ...]]:
    """Read Task.info. One reference to nothing among several fails the retrieval as a whole.
    vim.Task info 1; vmodl.query.PropertyCollector RetrievePropertiesEx 1; RetrievePropertiesEx 4;
    vmodl.query.PropertyCollector.FilterSpec reportMissingObjectsInResults 2. Clauses: info.same."""
    session = access.current(state, call.session)
    found = [find_task(state, ref) for ref in call.tasks]
    return state, tuple([info_for(state, session, task, choices) for task in found])


def info_for(state: State, session: Session, task: Task, choices: Choices) -> Property[TaskInfo]:
    """Return Task.info as the session is given it, or NoPermission in its place (EV N1).
    vmodl.query.PropertyCollector.MissingProperty 1. Clauses: recent.unreadable, session.shared."""
    if may_read(state, session, task, choices):
        return Property(value=task.info)
    return Property(missing=access.missing(state, access.SYSTEM_READ, "the task's entity"))


def may_read(state: State, session: Session, task: Task, choices: Choices) -> bool:
    """Tell whether a session may read a task: with access to it, and System.View on the root folder. No page names a
    privilege for Task.info (EV N12): the first is how servers are seen to do it (EV N1), the second is a rule of ours.
    vim.TaskManager recentTask 2; vim.Task info 1. Clauses: recent.unreadable, session.no-view."""
    view = access.holds(state, session, access.SYSTEM_VIEW, state.server.root, choices)
    return view and access.may_access(state, session, task, choices)
