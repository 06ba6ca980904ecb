"""Operations of the server's own: `_Task` methods, whose tasks go through their states by themselves.

The pages of TaskManager say of such a task what its TaskInfo says, and nothing of when it moves: it is queued when
there are too many tasks to work on, runs when there is time for it, and ends when the work is done. So how long each
part takes is a rule of ours, which differs from task to task; nobody is told.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskInfo.html
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskInfo.State.html
"""

from __future__ import annotations

from typing import Final

from taskconform.model.spec import access, inventory, life, tasks
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import After, State, Step, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import Entity, Operation
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, Fault, TaskReason
from taskconform.model.vocabulary.words import evolve

OPERATE: Final = "Folder.Rename"
"""The privilege that operations ask for: which one, their own pages say."""
WAITS: Final = (0.0, 0.3, 0.0, 0.6)
"""How long a task is queued, as shares of the time that the operation takes: for one task after the other."""
FAILS: Final = 5
"""Every so many-th task of an operation ends in error."""
FAILURE: Final = "Timedout"
"""The error of one that does: a fault that needs no field."""


def start_operation(state: State, call: calls.StartOperation, choices: Choices) -> After[ObjectRef]:
    """Start an operation of the server's own on an entity, by a task whose info says which operation, of what entity,
    and for which user. Its task may be running, or have ended, before the call returns.
    vim.TaskInfo name 1; descriptionId 1; entity 1; entityName 1; reason 1; vim.TaskReasonUser 1; userName 1. Clauses:
    operation.returns, operation.name, operation.type, operation.entity, operation.reason, operation.queue-time."""
    session = access.current(state, call.session)
    operation, entity = find(state, call)
    access.require(state, session, OPERATE, choices)
    reason = TaskReason(kind=tasks.USER_REASON, user_name=session.user_name)
    state, task = begin(state, operation, entity, reason, choices)
    for step in steps_of(state, operation, task.number):
        state = planned(state, step)
    while state.steps and state.steps[0].due <= state.now:
        state = take(evolve(state, steps=state.steps[1:]), state.steps[0], choices)
    return state, task.info.task


def find(state: State, call: calls.StartOperation) -> tuple[Operation, Entity]:
    """Find the operation, and an entity that has it. An object of another type has no such method.
    vmodl.fault.ManagedObjectNotFound 1; vmodl.fault.MethodNotFound 1."""
    operation = state.server.operations.get(call.operation)
    if operation is None:
        fault("MethodNotFound", f"there is no {call.operation}")
    entity = inventory.find_entity(state, call.entity)
    fault_if(entity.ref not in operation.entities, "MethodNotFound", f"{entity.ref.value} has no {operation.name}")
    return operation, entity


def begin(state: State, operation: Operation, entity: Entity, reason: TaskReason, choices: Choices) -> After[Task]:
    """Make the operation's task, queued.
    vim.TaskInfo name 1; descriptionId 1; cancelable 1; vim.TaskInfo.State queued 1. Clauses: operation.name,
    operation.type, description.lookup."""
    type_id = operation.description_id or operation.name
    cancelable = operation.cancelable
    return tasks.start(state, type_id, reason, entity, name=operation.name, cancelable=cancelable, choices=choices)


def steps_of(state: State, operation: Operation, number: int) -> list[Step]:
    """Return what the task will do by itself, and when: run, report progress half-way, end.
    vim.TaskInfo.State queued 1; running 1-2; success 1; error 1. Clauses: operation.life."""
    time = int(operation.seconds * SECOND)
    runs = state.now + int(time * WAITS[number % len(WAITS)])
    end = ERROR if number % FAILS == 0 else SUCCESS
    return [
        Step(due=runs, number=number, state=RUNNING, progress=0),
        Step(due=runs + time // 2, number=number, state=RUNNING, progress=50),
        Step(due=runs + time, number=number, state=end),
    ]


def planned(state: State, step: Step) -> State:
    """Return the state in which a step will be taken, after those that are due before it, or at the same time."""
    before = [one for one in state.steps if one.due <= step.due]
    return evolve(state, steps=(*before, step, *state.steps[len(before) :]))


def take(state: State, step: Step, choices: Choices) -> State:
    """Let a task take a step, unless it was canceled, or has ended otherwise. A step towards a state in which it is
    already changes nothing but its progress.
    vim.Task CancelTask 5. Clauses: operation.life, life.no-return, life.times."""
    task = state.tasks[step.number]
    if step.number not in state.live or task.info.cancelled:
        return state
    if step.state != RUNNING:
        return ended(state, task, step.state, choices)
    if task.info.state == QUEUED:
        state = life.enter(state, step.number, RUNNING, choices)
        task = state.tasks[step.number]
    return tasks.with_info(state, task, evolve(task.info, progress=step.progress))


def ended(state: State, task: Task, end: str, choices: Choices) -> State:
    """End a task: with the entity as its result, or with the fault that says why it failed.
    vim.TaskInfo result 1; error 1; completeTime 1. Clauses: info.result-state, info.error-state, info.complete-time."""
    state = life.enter(state, task.number, end, choices)
    task = state.tasks[task.number]
    error = Fault(kind=FAILURE, kinds=state.server.faults.get(FAILURE, (FAILURE,))) if end == ERROR else None
    result = task.info.entity if end == SUCCESS else None
    return tasks.with_info(state, task, evolve(task.info, result=result, error=error))
