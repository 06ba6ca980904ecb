"""The inventory and permissions of the built-in server: one fixed tree, the roles given on it, and what follows.

All of it is immutable and shared by every server; what a server adds is in its `State`. A permission is a role given to
a user on an entity; it propagates to everything below until a nearer permission of the same user replaces
it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import Account, Entity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SYSTEM_ANONYMOUS: Final = "System.Anonymous"
SYSTEM_VIEW: Final = "System.View"
SYSTEM_READ: Final = "System.Read"
TASK_CREATE: Final = "Task.Create"
TASK_UPDATE: Final = "Task.Update"
CANCEL_TASK: Final = "Global.CancelTask"
EXTENSION_REGISTER: Final = "Extension.Register"
EXTENSION_UNREGISTER: Final = "Extension.Unregister"
EXTENSION_UPDATE: Final = "Extension.Update"
FOLDER_CREATE: Final = "Folder.Create"
FOLDER_DELETE: Final = "Folder.Delete"
SCHEDULE_CREATE: Final = "ScheduledTask.Create"
SCHEDULE_DELETE: Final = "ScheduledTask.Delete"
SCHEDULE_RUN: Final = "ScheduledTask.Run"
ALARM_CREATE: Final = "Alarm.Create"
ALARM_DELETE: Final = "Alarm.Delete"
LOG_EVENT: Final = "Global.LogEvent"
TERMINATE: Final = "Sessions.TerminateSession"
VM_POWER_ON: Final = "VirtualMachine.Interact.PowerOn"
VM_POWER_OFF: Final = "VirtualMachine.Interact.PowerOff"
HOST_MAINTENANCE: Final = "Host.Config.Maintenance"
RENAME: Final = "Folder.Rename"

LOGIN_ONLY: Final = frozenset({SYSTEM_ANONYMOUS})
NO_ACCESS: Final[frozenset[str]] = frozenset()
READ_ONLY: Final = frozenset({SYSTEM_ANONYMOUS, SYSTEM_VIEW, SYSTEM_READ})
TASK_CREATOR: Final = READ_ONLY | {TASK_CREATE}
UNGRANTED: Final = (TASK_CREATE, TASK_UPDATE, CANCEL_TASK, EXTENSION_REGISTER, EXTENSION_UNREGISTER, EXTENSION_UPDATE)
MANAGEMENT: Final = frozenset(
    {
        FOLDER_CREATE,
        FOLDER_DELETE,
        SCHEDULE_CREATE,
        SCHEDULE_DELETE,
        SCHEDULE_RUN,
        ALARM_CREATE,
        ALARM_DELETE,
        LOG_EVENT,
        TERMINATE,
        VM_POWER_ON,
        VM_POWER_OFF,
        HOST_MAINTENANCE,
        RENAME,
    }
)
"""Privileges that only administrators hold, and that no API page of tasks speaks of."""
ADMINISTRATOR: Final = READ_ONLY | frozenset(UNGRANTED) | MANAGEMENT

ROOT: Final = "group-d1"
HIDDEN: Final = "group-v5"
ANCESTOR: Final = "group-v6"
READABLE: Final = "vm-27"
GRANTED: Final = "vm-24"

_TREE: Final = (
    ("Folder", ROOT, "Everything0", None),
    ("Datacenter", "datacenter-2", "Atlantis1", ROOT),
    ("Folder", "group-v3", "Harbour2", "datacenter-2"),
    ("VirtualMachine", "vm-21", "Alder07", "group-v3"),
    ("VirtualMachine", "vm-22", "Birch12", "group-v3"),
    ("VirtualMachine", "vm-23", "Cedar31", "group-v3"),
    ("VirtualMachine", GRANTED, "Dogwood58", "group-v3"),
    ("Folder", "group-v4", "Orchard77", "group-v3"),
    ("VirtualMachine", "vm-25", "Elm44", "group-v4"),
    ("Folder", HIDDEN, "Vault90", "group-v3"),
    ("VirtualMachine", "vm-26", "Fir60", "group-v5"),
    ("Folder", ANCESTOR, "Lobby33", "group-v3"),
    ("VirtualMachine", READABLE, "Ginkgo18", "group-v6"),
    ("Folder", "group-h7", "Machines64", "datacenter-2"),
    ("ComputeResource", "domain-s8", "Rack05", "group-h7"),
    ("HostSystem", "host-9", "Anvil80", "domain-s8"),
    ("ResourcePool", "resgroup-10", "Resources", "domain-s8"),
    ("Folder", "group-s11", "Cellars29", "datacenter-2"),
    ("Folder", "group-n12", "Wires46", "datacenter-2"),
)
"""Type, reference value, name and parent of every managed entity, parents first."""

_ROLES: Final[Mapping[str, tuple[str, ...]]] = {
    "root": (ROOT,),
    "folder": ("group-v3", "group-v4", "group-h7"),
    "vm": ("vm-21", "vm-22", "vm-23", "vm-24", "vm-25"),
    "host": ("host-9",),
    "compute": ("domain-s8",),
    "other": ("datacenter-2",),
    "hidden": (HIDDEN, "vm-26"),
    "ancestor": (ANCESTOR,),
    "readable": (READABLE, "vm-21"),
    "granted": (GRANTED,),
}

TASK_MANAGER: Final = ObjectRef(type="TaskManager", value="TaskManager")
NOWHERE: Final = ObjectRef(type="VirtualMachine", value="vm-9999")

ACCOUNTS: Final = (
    Account(name="primary", user_name="CONFORM.TEST\\Ada"),
    Account(name="second", user_name="CONFORM.TEST\\Bruno"),
    Account(name="restricted", user_name="CONFORM.TEST\\Carla", lacks=UNGRANTED),
    Account(name="delegate", user_name="CONFORM.TEST\\Dario", lacks=UNGRANTED[1:]),
    Account(name="outsider", user_name="CONFORM.TEST\\Edda", lacks=(SYSTEM_VIEW, SYSTEM_READ, *UNGRANTED)),
)

_READER: Final[Mapping[str, frozenset[str]]] = {
    ROOT: READ_ONLY,
    HIDDEN: NO_ACCESS,
    ANCESTOR: NO_ACCESS,
    READABLE: READ_ONLY,
}

PERMISSIONS: Final[Mapping[str, Mapping[str, frozenset[str]]]] = {
    "primary": {ROOT: ADMINISTRATOR},
    "second": {ROOT: ADMINISTRATOR},
    "restricted": _READER,
    "delegate": {**_READER, GRANTED: TASK_CREATOR},
    "outsider": {ROOT: LOGIN_ONLY},
}
"""By account and entity: the role given there, as its set of privileges."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The managed entities by reference value, what is below each, and what each account may do on it."""

    entities: Mapping[str, Entity]
    below: Mapping[str, frozenset[str]]
    privileges: Mapping[str, Mapping[str, frozenset[str]]]
    places: Mapping[str, tuple[Entity, ...]]


def _ancestors(entities: Mapping[str, Entity], value: str) -> Iterator[str]:
    parent = entities[value].parent
    while parent is not None:
        yield parent.value
        parent = entities[parent.value].parent


def _nearest(entities: Mapping[str, Entity], granted: Mapping[str, frozenset[str]], value: str) -> frozenset[str]:
    """Give the privileges of the nearest permission on the way up; none if there is no permission."""
    for candidate in (value, *_ancestors(entities, value)):
        if candidate in granted:
            return granted[candidate]
    return NO_ACCESS


def _build() -> Inventory:
    entities: dict[str, Entity] = {}
    for type_name, value, name, parent in _TREE:
        above = None if parent is None else entities[parent].ref
        entities[value] = Entity(ref=ObjectRef(type=type_name, value=value), name=name, parent=above)
    below = {
        value: frozenset(other for other in entities if value in _ancestors(entities, other)) for value in entities
    }
    privileges = {
        account: MappingProxyType({value: _nearest(entities, granted, value) for value in entities})
        for account, granted in PERMISSIONS.items()
    }
    places = {role: tuple(entities[value] for value in values) for role, values in _ROLES.items()}
    places["manager"] = (Entity(ref=TASK_MANAGER, name=""),)
    places["nowhere"] = (Entity(ref=NOWHERE, name=""),)
    return Inventory(MappingProxyType(entities), MappingProxyType(below), MappingProxyType(privileges), places)


INVENTORY: Final = _build()
USER_NAMES: Final[Mapping[str, str]] = {account.name: account.user_name for account in ACCOUNTS}
