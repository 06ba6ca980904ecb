"""Steps of a plan as a script sees them: the tasks that they read, the changes that they make, the demand's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Look, Step, Together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.reports.trace import Trace

CHANGING: Final = (
    c.RegisterExtension,
    c.UpdateExtension,
    c.UnregisterExtension,
    c.CreateTask,
    c.SetTaskState,
    c.UpdateProgress,
    c.SetTaskDescription,
    c.CancelTask,
    c.CreateFolder,
    c.Destroy,
    c.StartOperation,
    c.RunScheduledTask,
    c.LogUserEvent,
)
"""Calls after which history and descriptions may lag."""

SETTLED_BEFORE: Final = (
    c.CreateCollectorForTasks,
    c.CreateCollectorWithInfoFilterForTasks,
    c.ReadNextTasks,
    c.ReadPreviousTasks,
    c.ReadDescription,
)
"""Calls before which changes are given time, as they are before a drain."""


def waits(step: Step) -> bool:
    """Return true if changes are given time before a step."""
    return isinstance(step, Drain) or (isinstance(step, Act) and isinstance(step.call, SETTLED_BEFORE))


def changes(step: Step) -> bool:
    """Return true if a step changes what may lag."""
    calls = step.calls if isinstance(step, Together) else (step.call,) if isinstance(step, Act) else ()
    return isinstance(step, Bulk) or any(isinstance(call, CHANGING) for call in calls)


def demanded(trace: Trace) -> set[int]:
    """Return the steps that made what the demand speaks of."""
    names = set(_names_in((getattr(trace.demand, "task", None), getattr(trace.demand, "value", None))))
    return {made.step for name, made in trace.symbols.items() if name in names}


def _names_in(value: object) -> Iterator[str]:
    """Yield every text and every reference's value in a demand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, ObjectRef):
        yield value.value
    elif isinstance(value, tuple):
        for each in value:
            yield from _names_in(each)


def reader_of(step: Step) -> str:
    """Return the session that reads tasks in a step."""
    if isinstance(step, Act):
        return step.call.session
    if isinstance(step, Together):
        return step.calls[0].session if step.calls else c.MAIN
    return (getattr(step, "witness", None) or step.session) if isinstance(step, Look) else step.session


def tasks_of(step: Step, index: int) -> tuple[object, ...]:
    """Return the tasks that a step reads: those of a read, or the one that its call touches or makes."""
    match step:
        case Act(call=c.ReadTaskInfo(tasks=tasks)):
            return tasks
        case Act(call=c.CreateTask() | c.StartOperation()):
            return (Made(step=index),)
        case Act(call=call):
            task = getattr(call, "task", None)
            return () if task is None else (task,)
        case Look():
            return step.tasks
        case Bulk():
            return tuple(Made(step=index, index=number) for number in range(step.count))
    return ()
