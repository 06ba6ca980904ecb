"""A task fake with state, name, result and error only, and its adapter: `taskconform run task_fake:open_target`.

Written from docs/adapter.md and the API pages alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

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

ABSENT = (
    "descriptionId cancelled cancelable reason queueTime eventChainId description entity entityName locked progress "
    "startTime completeTime changeTag parentTaskKey rootTaskKey activationId"
)
HAS = {"CreateTask", "ReadTaskInfo", "SetTaskState"}
ROOT = ObjectRef(type="Folder", value="group-1")
HOST = ObjectRef(type="HostSystem", value="host-1")


@dataclass
class FakeTask:
    """A task as many fakes have it."""

    name: str
    state: str = "queued"
    result: str | ObjectRef | None = None
    error: Fault | None = None


class Refused(Exception):  # noqa: N818  # an answer
    """A fault on its way to the answer."""

    def __init__(self, kind: str) -> None:
        """Keep the fault."""
        super().__init__(kind)
        self.fault = fault(kind, f"{kind}, says the fake")


class TaskFake:
    """The adapter, whose tasks are the fake."""

    socket_seconds = 0.0

    def __init__(self) -> None:
        """Start without tasks."""
        self.tasks: list[FakeTask] = []
        self.declaration = Declaration(
            name="task-fake",
            about=About(
                name="task-fake",
                full_name="a task fake",
                vendor="a stranger",
                version="1",
                build="1",
                api_type="VirtualCenter",
                api_version="7.0.0.0",
            ),
            capabilities=("reset",),
            accounts=(Account(name="primary", user_name="nobody"),),
            places={"root": (Entity(ref=ROOT, name="root"),), "host": (Entity(ref=HOST, name="metal", parent=ROOT),)},
            extension_key="org.example.fake",
            exclusive=True,
            settling=0.0,
            without=(
                *(each.__name__ for each in get_args(calls.Call) if each.__name__ not in HAS),
                *(f"TaskInfo.{name}" for name in ABSENT.split()),
            ),
        )

    def reset(self) -> None:
        """Forget all tasks."""
        self.tasks = []

    def close(self) -> None:
        """Stop nothing: it runs in this process."""

    def perform_together(self, calls: Sequence[calls.Call]) -> list[Outcome]:
        """Perform one after the other."""
        return [self.perform(call) for call in calls]

    def perform(self, call: calls.Call) -> Outcome:
        """Perform one call."""
        began = time.time_ns() // 1_000
        try:
            value = self.answer(call)
        except Refused as refused:
            return Faulted(fault=refused.fault, at=Interval(earliest=began, latest=time.time_ns() // 1_000))
        return Returned(value=value, at=Interval(earliest=began, latest=time.time_ns() // 1_000))

    def answer(self, call: calls.Call) -> object:
        """Answer the three calls that there are. Raises Refused."""
        match call:
            case calls.CreateTask():
                self.tasks.append(FakeTask(str(call.task_type_id)))
                return self.info(len(self.tasks) - 1)
            case calls.ReadTaskInfo():
                return tuple(Property(value=self.info(self.number(ref))) for ref in call.tasks)
            case calls.SetTaskState():
                return self.move(self.tasks[self.number(call.task)], call)
            case _:
                raise Refused("NotImplemented")

    def move(self, task: FakeTask, call: calls.SetTaskState) -> None:
        """Move a task. Raises Refused."""
        wrong = (call.result is not None and call.state != "success") or (call.fault and call.state != "error")
        if wrong or task.state in {"success", "error"}:
            raise Refused("InvalidState")
        task.state, task.result = call.state, call.result
        task.error = fault(call.fault) if call.fault else None

    def number(self, ref: ObjectRef) -> int:
        """Find a task. Raises Refused."""
        found = {f"t{number}": number for number in range(len(self.tasks))}
        if ref.value not in found:
            raise Refused("ManagedObjectNotFound")
        return found[ref.value]

    def info(self, number: int) -> TaskInfo:
        """Give what the fake has as TaskInfo."""
        task, key = self.tasks[number], f"t{number}"
        return TaskInfo(
            key=key,
            task=ObjectRef(type="Task", value=key),
            name=task.name,
            state=task.state,
            result=task.result,
            error=task.error,
        )


def open_target(options: Mapping[str, str]) -> TaskFake:
    """Open the fake, which has no options. Raises TargetMisnamed."""
    if options:
        raise TargetMisnamed(f"no option {', '.join(options)}")
    return TaskFake()
