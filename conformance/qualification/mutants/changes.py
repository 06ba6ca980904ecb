"""Changes: what many mutants need to find, change, or leave behind of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import tasks
from taskconform.model.spec.faults import FaultRaised, fault
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taskconform.model.spec.faults import FaultName
    from taskconform.model.spec.state import Completed, State, Task
    from taskconform.model.vocabulary.outcomes import TaskInfo


def task_of(state: State, call: Any) -> Task | None:
    """Find the task that a call on a task refers to, if it exists."""
    number = state.keys.get(call.task.value) if call.task.type == "Task" else None
    return None if number is None else state.tasks[number]


def parent_of(state: State, task: Task) -> Task | None:
    """Find the parent of a task, if it has one."""
    key = task.info.parent_task_key
    return None if key is None else state.tasks[state.keys[key]]


def completed(state: State) -> Iterator[Task]:
    """Yield the completed tasks, the last completed first."""
    rest = state.completed
    while rest is not None:
        number, rest = rest
        yield state.tasks[number]


def changed(state: State, task: Task, /, **fields: object) -> State:
    """Return the state with some fields of the task's info changed, all else of the task as it is in that state."""
    task = state.tasks[task.number]
    return tasks.with_info(state, task, evolve(task.info, **fields))


def reopened(state: State, task: Task, entered: str) -> State:
    """Return the state in which a completed task is queued or running, and was never completed."""
    kept: Completed = None
    for number in [one.number for one in completed(state)][::-1]:
        if number != task.number:
            kept = (number, kept)
    after = evolve(state, completed=kept, live=state.live.set(task.number, None))
    return changed(after, task, state=entered, complete_time=None, result=None, error=None)


def fault_name(method: Callable[..., Any], *arguments: Any) -> FaultName | None:
    """Return the fault that a call of the method faults with, if any."""
    try:
        method(*arguments)
    except FaultRaised as raised:
        return raised.name
    return None


def leaving(
    mutant_name: str, method: Callable[..., Any], name: FaultName
) -> Callable[[Callable[..., State]], Callable[..., State]]:
    """Declare a mutant in which a call on a task that rightly faults by this name leaves something behind. The function
    returns the state that it leaves."""

    def declare(function: Callable[..., State]) -> Callable[..., State]:
        @mutant(mutant_name, method)
        def faulting(original, state, call, choices):
            if fault_name(original, state, call, choices) == name:
                fault(name, after=function(state, task_of(state, call), call, choices))
            return original(state, call, choices)

        return function

    return declare


def made(name: str) -> Callable[[Callable[[State, TaskInfo], TaskInfo]], Callable[[State, TaskInfo], TaskInfo]]:
    """Declare a mutant in which the info of a task made by CreateTask is what the function makes of the right one."""

    def declare(function: Callable[[State, TaskInfo], TaskInfo]) -> Callable[[State, TaskInfo], TaskInfo]:
        @mutant(name, tasks.admit)
        def admit(original, state, info, maker=0):
            return original(state, function(state, info) if maker else info, maker)

        return function

    return declare
