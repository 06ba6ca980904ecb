"""The adapter of a simulator, to begin with. `taskconform new-adapter NAME` wrote it.

    PYTHONPATH=. taskconform doctor skeleton:open_target
    PYTHONPATH=. taskconform run skeleton:open_target

`Simulator` stands in for yours. Replace it, then add an `on_…` method for each call that yours has: the calls are
listed in `calls`, and each class says there what it returns. What has no method is declared as left out.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, get_args

from taskconform.conformance.adapter import (
    About,
    Account,
    Declaration,
    Entity,
    Fault,
    Faulted,
    Interval,
    ObjectRef,
    Outcome,
    Property,
    Returned,
    TargetMisnamed,
    TaskInfo,
    calls,
    fault,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskconform.conformance.adapter import Call

ROOT = ObjectRef(type="Folder", value="group-d1")
MACHINE = ObjectRef(type="VirtualMachine", value="vm-1")


class Simulator:
    """Your code: tasks with a name, a state, a result and an error."""

    def __init__(self) -> None:
        """Start without tasks."""
        self.tasks: list[dict[str, Any]] = []

    def create(self, name: str) -> int:
        """Make a task, and return its number."""
        self.tasks.append({"name": name, "state": "queued", "result": None, "error": None})
        return len(self.tasks)


class Refused(Exception):  # noqa: N818  # an answer
    """A fault, on its way to the answer."""

    def __init__(self, found: Fault) -> None:
        """Keep the fault."""
        super().__init__(found.kind)
        self.fault = found


class SkeletonTarget:
    """The adapter: calls in, outcomes out. It translates, and nothing more."""

    socket_seconds = 0.0

    def __init__(self) -> None:
        """Open a simulator, and say what it is."""
        there = {name.removeprefix("on_") for name in dir(self) if name.startswith("on_")}
        lacks = "descriptionId cancelled cancelable reason queueTime eventChainId startTime completeTime entity"
        lacks += " entityName parentTaskKey rootTaskKey activationId"
        self.declaration = Declaration(
            name="skeleton",
            about=About(
                name="skeleton",
                full_name="skeleton 0.1",
                vendor="you",
                version="0.1",
                build="1",
                api_type="VirtualCenter",
                api_version="8.0.3.0",
            ),
            capabilities=("reset",),
            accounts=(Account(name="primary", user_name="you"),),
            places={"root": (Entity(ref=ROOT, name="root"),), "vm": (Entity(ref=MACHINE, name="vm", parent=ROOT),)},
            extension_key="org.example.taskconform",
            exclusive=True,
            settling=0.0,
            without=(
                *(each.__name__ for each in get_args(calls.Call) if each.__name__ not in there),
                *(f"TaskInfo.{name}" for name in lacks.split()),
            ),
        )
        self.reset()

    def reset(self) -> None:
        """Start afresh."""
        self.simulator = Simulator()

    def close(self) -> None:
        """Stop what was started."""

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform calls of different sessions: here one after the other."""
        return [self.perform(call) for call in calls]

    def perform(self, call: Call) -> Outcome:
        """Perform one call, and say what came back, and when (microseconds since 1970)."""
        earliest = time.time_ns() // 1_000
        try:
            value = getattr(self, f"on_{type(call).__name__}")(call)
        except Refused as refused:
            return Faulted(fault=refused.fault, at=Interval(earliest=earliest, latest=time.time_ns() // 1_000))
        return Returned(value=value, at=Interval(earliest=earliest, latest=time.time_ns() // 1_000))

    def on_CreateTask(self, call: calls.CreateTask) -> TaskInfo:  # noqa: N802  # named as the call
        """Make a task."""
        return self.info(self.simulator.create(call.task_type_id))

    def on_ReadTaskInfo(self, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:  # noqa: N802
        """Read tasks."""
        return tuple(Property(value=self.info(self.number(task))) for task in call.tasks)

    def on_SetTaskState(self, call: calls.SetTaskState) -> None:  # noqa: N802
        """Move a task on."""
        task = self.simulator.tasks[self.number(call.task) - 1]
        odd = (call.result is not None and call.state != "success") or (call.fault and call.state != "error")
        if odd or task["state"] in {"success", "error"}:
            raise Refused(fault("InvalidState"))
        task.update(state=call.state, result=call.result, error=call.fault and fault(call.fault))

    def number(self, ref: ObjectRef) -> int:
        """Find a task by its reference. Raises Refused if there is none."""
        number = ref.value.removeprefix("task-")
        if not number.isdecimal() or not 1 <= int(number) <= len(self.simulator.tasks):
            raise Refused(fault("ManagedObjectNotFound"))
        return int(number)

    def info(self, number: int) -> TaskInfo:
        """Give a task as TaskInfo; what the simulator does not have stays unset."""
        task = self.simulator.tasks[number - 1]
        key = f"task-{number}"
        return TaskInfo(
            key=key,
            task=ObjectRef(type="Task", value=key),
            name=task["name"],
            state=task["state"],
            result=task["result"],
            error=task["error"],
        )


def open_target(options: Mapping[str, str]) -> SkeletonTarget:
    """Open the target; `--set key=value` comes as `options`. Raises TargetMisnamed for one that makes no sense."""
    if options:
        message = f"skeleton has no option {', '.join(options)}"
        raise TargetMisnamed(message)
    return SkeletonTarget()
