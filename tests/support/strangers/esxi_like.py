"""A host like ESXi: apiType HostAgent, no ExtensionManager, no CreateTask; tasks come from operations of its machines,
and the history has no more than the last few. `taskconform run esxi_like:open_target`.

Written from docs/adapter.md, docs/operations.md and the API pages alone, above the simulator of two thirds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from two_thirds import DONE, Refused, Simulator, require

from taskconform.conformance.adapter import (
    About,
    Account,
    Declaration,
    ElementDescription,
    Entity,
    Faulted,
    Interval,
    ObjectRef,
    Operation,
    Property,
    Returned,
    TargetMisnamed,
    TaskDescription,
    TaskInfo,
    TaskReason,
    calls,
    evolve,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskconform.conformance.adapter import Outcome

QUEUED, BUSY, KEPT = 3_000, 20_000, 60
LACKS = {
    "AdvanceClock",
    "CreateTask",
    "SetTaskState",
    "UpdateProgress",
    "SetTaskDescription",
    "RegisterExtension",
    "UpdateExtension",
    "UnregisterExtension",
    "FindExtension",
    "ReadExtensionList",
}
ABSENT = ("activationId", "changeTag", "locked", "parentTaskKey", "rootTaskKey")
RECONFIGURE = "VirtualMachine.reconfigure"
ROOT = Entity(ref=ObjectRef(type="Folder", value="ha-folder-root"), name="ha-folder-root")
FOLDER = Entity(ref=ObjectRef(type="Folder", value="ha-folder-vm"), name="vm", parent=ROOT.ref)
METAL = Entity(ref=ObjectRef(type="HostSystem", value="ha-host"), name="esx.local", parent=ROOT.ref)
MACHINES = tuple(
    Entity(ref=ObjectRef(type="VirtualMachine", value=value), name=name, parent=FOLDER.ref)
    for value, name in (("1", "alpha"), ("2", "beta"))
)
PLACES = {each.ref: each for each in (ROOT, FOLDER, METAL, *MACHINES)}
WORDS = {"ReconfigVM_Task": RECONFIGURE, "RefreshStorage_Task": "VirtualMachine.refreshStorage"}


class Host(Simulator):
    """A host whose tasks move by themselves."""

    users: ClassVar = {"primary": "root", "second": "vpxuser"}
    entities: ClassVar = PLACES

    def tick(self) -> int:
        """Tell the time, and move each task as far as it has come by now."""
        self.now = max(self.now + 1, time.time_ns() // 1_000)
        for info in self.tasks.values():
            if info.state in DONE:
                continue
            started, ended = info.queue_time + QUEUED, info.queue_time + QUEUED + BUSY
            moved = info
            if self.now >= started:
                moved = evolve(info, state="running", start_time=started, progress=50)
            if self.now >= ended:
                moved = evolve(moved, state="success", complete_time=ended, progress=None)
            self.tasks[info.key] = moved
        return self.now

    def selected(self, spec: calls.TaskFilterSpec) -> list[TaskInfo]:
        """List what a filter selects of the last few."""
        return [info for info in super().selected(spec) if int(info.key.split("-")[1]) > len(self.tasks) - KEPT]

    def on_StartOperation(self, call: calls.StartOperation) -> ObjectRef:
        require(call.operation in WORDS and call.entity in PLACES, "NotSupported")
        number = len(self.tasks) + 1
        ref = ObjectRef(type="Task", value=f"haTask-{number}")
        self.tasks[ref.value] = TaskInfo(
            key=ref.value,
            task=ref,
            name=call.operation,
            description_id=WORDS[call.operation],
            state="queued",
            cancelled=False,
            cancelable=call.operation == "RefreshStorage_Task",
            reason=TaskReason(kind="TaskReasonUser", user_name=self.sessions[call.session].user),
            queue_time=self.now,
            event_chain_id=number,
            entity=call.entity,
            entity_name=PLACES[call.entity].name,
        )
        return ref

    def on_ReadDescription(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        methods = tuple(ElementDescription(key=key, label=key, summary=key) for key in WORDS.values())
        return Property(value=evolve(super().on_ReadDescription(call).value, method_info=methods))


class EsxiLike:
    """The adapter."""

    socket_seconds = 0.0

    def __init__(self) -> None:
        """Declare what there is."""
        there = {name.removeprefix("on_") for name in dir(Host) if name.startswith("on_")} - LACKS
        machines = tuple(each.ref for each in MACHINES)
        self.declaration = Declaration(
            name="esxi-like",
            about=About(
                name="a host",
                full_name="a host like ESXi",
                vendor="a stranger",
                version="8",
                build="1",
                api_type="HostAgent",
                api_version="8.0.2.0",
                product_line_id="embeddedEsx",
            ),
            capabilities=("reset", "second-user", "operations"),
            accounts=tuple(Account(name=name, user_name=user) for name, user in Host.users.items()),
            places={"root": (ROOT,), "folder": (FOLDER,), "host": (METAL,), "vm": MACHINES},
            extension_key="org.example.host",
            exclusive=True,
            apart=0.001,
            settling=0.0,
            operations=(
                Operation(name="ReconfigVM_Task", entities=machines, description_id=RECONFIGURE, seconds=0.02),
                Operation(name="RefreshStorage_Task", entities=machines, cancelable=True, seconds=0.02),
            ),
            without=(
                *(each.__name__ for each in get_args(calls.Call) if each.__name__ not in there),
                *(f"TaskFilterSpec.{name}" for name in ("alarm", "scheduledTask", "activationId", "tag")),
                *(f"TaskInfo.{name}" for name in ABSENT),
            ),
        )
        self.reset()

    def reset(self) -> None:
        """Start afresh."""
        self.simulator = Host()

    def close(self) -> None:
        """Stop nothing: it runs in this process."""

    def perform_together(self, calls: Sequence[calls.Call]) -> list[Outcome]:
        """Perform one after the other."""
        return [self.perform(call) for call in calls]

    def perform(self, call: calls.Call) -> Outcome:
        """Perform one call at one moment."""
        host = self.simulator
        at = host.tick()
        try:
            require(call.session in host.sessions or isinstance(call, calls.Login), "NotAuthenticated")
            handler = getattr(host, f"on_{type(call).__name__}", None)
            require(handler and type(call).__name__ not in LACKS, "NotImplemented")
            value: Any = handler(call)
        except Refused as refused:
            return Faulted(fault=refused.fault, at=Interval(earliest=at, latest=at))
        return Returned(value=value, at=Interval(earliest=at, latest=at))


def open_target(options: Mapping[str, str]) -> EsxiLike:
    """Open the host, which has no options. Raises TargetMisnamed."""
    if options:
        raise TargetMisnamed(f"no option {', '.join(options)}")
    return EsxiLike()
