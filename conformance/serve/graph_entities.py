"""The object graph's managed entities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve import operations, roles
from taskconform.conformance.serve.containers import entities_of, may_see
from taskconform.conformance.wire.values import Data
from taskconform.model.spec.access import SYSTEM_READ, SYSTEM_VIEW
from taskconform.model.spec.faults import fault_if

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef

    Reader = Callable[[Service, Client, ObjectRef], Any]

_ESCAPES: Final = (("%", "%25"), ("/", "%2f"), ("\\", "%5c"))
_CHILD_TYPES: Final = {
    "group-d1": ("Folder", "Datacenter"),
    "group-h7": ("Folder", "ComputeResource"),
    "group-s11": ("Folder", "Datastore"),
    "group-n12": ("Folder", "Network"),
}
_FOLDERS: Final = {"v": "vmFolder", "h": "hostFolder", "s": "datastoreFolder", "n": "networkFolder"}


def viewed(read: Reader) -> Reader:
    """Make a reader of what takes System.View on the entity."""

    def reader(service: Service, client: Client, ref: ObjectRef) -> Any:
        held = service.holds(client, SYSTEM_VIEW, ref.value)
        fault_if(not held, "NoPermission", f"{SYSTEM_VIEW} is required on the entity")
        return read(service, client, ref)

    return reader


def seen(read: Reader) -> Reader:
    """Make a reader of what whoever may see the entity at all is shown."""

    def reader(service: Service, client: Client, ref: ObjectRef) -> Any:
        visible = may_see(service.state, service.session(client), ref.value)
        fault_if(not visible, "NoPermission", f"{SYSTEM_VIEW} is required on the entity")
        return read(service, client, ref)

    return reader


def children(service: Service, client: Client, ref: ObjectRef, *types: str) -> list[ObjectRef]:
    """Give what is directly in the entity, of these types or of any, and may be seen."""
    session = service.session(client)
    return [
        entity.ref
        for entity in entities_of(service.state)
        if entity.parent == ref
        and (not types or entity.ref.type in types)
        and may_see(service.state, session, entity.ref.value)
    ]


def _first(service: Service, type_name: str) -> ObjectRef | None:
    return next((each.ref for each in entities_of(service.state) if each.ref.type == type_name), None)


def _all(service: Service, client: Client, type_name: str) -> list[ObjectRef]:
    refs = [entity.ref for entity in entities_of(service.state) if entity.ref.type == type_name]
    return [ref for ref in refs if service.holds(client, SYSTEM_VIEW, ref.value)]


def _name(service: Service, _: Client, ref: ObjectRef) -> str:
    name = service.state.entities[ref.value].name
    for character, escaped in _ESCAPES:
        name = name.replace(character, escaped)
    return name


def _entity_tasks(service: Service, client: Client, ref: ObjectRef) -> Any:
    """Give the recent tasks of the entity, as far as the session may access them."""
    held = service.holds(client, SYSTEM_READ, ref.value)
    fault_if(not held, "NoPermission", f"{SYSTEM_READ} is required on the entity")
    state = service.state
    listed = service.modules.recent.recent_tasks(state, service.session(client), service.choices)
    return [task for task in listed if state.tasks[state.keys[task.value]].info.entity == ref]


def _datacenter_folder(letter: str) -> Reader:
    def reader(service: Service, _: Client, ref: ObjectRef) -> Any:
        inside = [each.ref for each in entities_of(service.state) if each.parent == ref]
        return next(each for each in inside if each.value.startswith(f"group-{letter}"))

    return reader


def _power_state(service: Service, ref: ObjectRef) -> str:
    return "poweredOn" if operations.is_on(service.state, operations.POWERED_ON, ref.value) else "poweredOff"


def _vm_runtime(service: Service, _: Client, ref: ObjectRef) -> Data:
    return Data(
        "VirtualMachineRuntimeInfo",
        host=_first(service, "HostSystem"),
        connectionState="connected",
        powerState=_power_state(service, ref),
        toolsInstallerMounted=False,
        numMksConnections=0,
        recordReplayState="inactive",
    )


def _vm_summary(service: Service, client: Client, ref: ObjectRef) -> Data:
    return Data(
        "VirtualMachineSummary",
        vm=ref,
        runtime=_vm_runtime(service, client, ref),
        config=Data(
            "VirtualMachineConfigSummary",
            name=_name(service, client, ref),
            template=False,
            vmPathName=f"[none] {ref.value}/{ref.value}.vmx",
        ),
        guest=Data("VirtualMachineGuestSummary"),
        quickStats=Data("VirtualMachineQuickStats", guestHeartbeatStatus="gray"),
        overallStatus="green",
    )


def _host_runtime(service: Service, _: Client, ref: ObjectRef) -> Data:
    return Data(
        "HostRuntimeInfo",
        connectionState="connected",
        powerState="poweredOn",
        inMaintenanceMode=operations.is_on(service.state, operations.IN_MAINTENANCE, ref.value),
    )


def _host_summary(service: Service, client: Client, ref: ObjectRef) -> Data:
    return Data(
        "HostListSummary",
        host=ref,
        runtime=_host_runtime(service, client, ref),
        config=Data(
            "HostConfigSummary", name=_name(service, client, ref), port=443, vmotionEnabled=False, product=service.about
        ),
        quickStats=Data("HostListSummaryQuickStats"),
        overallStatus="green",
        rebootRequired=False,
    )


_OF_ALL: Final[Mapping[str, Reader]] = {
    "name": seen(_name),
    "parent": seen(lambda service, _, ref: service.state.entities[ref.value].parent),
    "overallStatus": viewed(lambda *_: "green"),
    "configStatus": viewed(lambda *_: "green"),
    "configIssue": viewed(lambda *_: []),
    "effectiveRole": viewed(roles.effective_role),
    "permission": viewed(roles.permissions_on),
    "recentTask": _entity_tasks,
    "declaredAlarmState": viewed(lambda *_: []),
    "triggeredAlarmState": viewed(lambda *_: []),
    "alarmActionsEnabled": viewed(lambda *_: True),
    "disabledMethod": viewed(lambda *_: []),
    "customValue": viewed(lambda *_: []),
    "availableField": viewed(lambda *_: []),
    "value": viewed(lambda *_: []),
    "tag": viewed(lambda *_: []),
}
_NOTHING: Final[Mapping[str, Reader]] = {"datastore": viewed(lambda *_: []), "network": viewed(lambda *_: [])}

READERS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "Folder": {
        **_OF_ALL,
        "childEntity": seen(children),
        "childType": viewed(lambda _, __, ref: list(_CHILD_TYPES.get(ref.value, ("Folder", "VirtualMachine")))),
    },
    "Datacenter": {
        **_OF_ALL,
        **_NOTHING,
        **{name: seen(_datacenter_folder(letter)) for letter, name in _FOLDERS.items()},
    },
    "ComputeResource": {
        **_OF_ALL,
        **_NOTHING,
        "host": viewed(lambda service, client, ref: children(service, client, ref, "HostSystem")),
        "resourcePool": viewed(lambda service, _, __: _first(service, "ResourcePool")),
    },
    "HostSystem": {
        **_OF_ALL,
        **_NOTHING,
        "vm": viewed(lambda service, client, _: _all(service, client, "VirtualMachine")),
        "runtime": viewed(_host_runtime),
        "summary": viewed(_host_summary),
    },
    "ResourcePool": {
        **_OF_ALL,
        "owner": viewed(lambda service, _, __: _first(service, "ComputeResource")),
        "resourcePool": viewed(lambda *_: []),
        "vm": viewed(lambda service, client, _: _all(service, client, "VirtualMachine")),
    },
    "VirtualMachine": {
        **_OF_ALL,
        **_NOTHING,
        "runtime": viewed(_vm_runtime),
        "summary": viewed(_vm_summary),
        "resourcePool": viewed(lambda service, _, __: _first(service, "ResourcePool")),
        "guestHeartbeatStatus": viewed(lambda *_: "gray"),
        "rootSnapshot": viewed(lambda *_: []),
    },
}
"""By type and property."""
