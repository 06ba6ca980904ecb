"""The server of the built-in target: the state in which the specification starts, with inventory, users and strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from immutables import Map
from pyVmomi import vmodl
from pyVmomi.VmomiSupport import GetWsdlType

from taskconform.conformance.targets.builtin.inventory import INVENTORY, ROOT, TASK_MANAGER, USER_NAMES
from taskconform.conformance.targets.builtin.strings import CATALOGS, DEFAULT_LOCALE
from taskconform.model.spec.state import Server, State
from taskconform.model.vocabulary.outcomes import RUNNING, SECOND, SUCCESS, TaskReason

if TYPE_CHECKING:
    from taskconform.conformance.targets.builtin.specification import Specification
    from taskconform.model.vocabulary.declaration import Entity

EPOCH: Final = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z, where the clock starts."""
WIRE_NAMESPACE: Final = "urn:vim25"
AUTOSTART_ID: Final = "VirtualMachine.powerOn"
AUTOSTART_NAME: Final = "PowerOnVM_Task"
RUNS_ON: Final = ("host-9", "domain-s8", "resgroup-10")
"""Host, cluster and pool of every virtual machine."""


class FaultKinds(dict[str, tuple[str, ...]]):
    """By the wire name of a fault: the wire names of all that it is a kind of, itself first. A fault is looked up in
    the API's type information when it is first asked for."""

    def get(self, name: str, default: Any = None) -> Any:
        """Return the kinds of a fault, the default if there is no such fault."""
        found = self[name]
        return found or default

    def __missing__(self, name: str) -> tuple[str, ...]:
        """Look the fault up."""
        try:
            wire_type: type = GetWsdlType(WIRE_NAMESPACE, name)  # type: ignore[no-untyped-call]
        except KeyError:
            wire_type = object
        kinds = [kind for kind in wire_type.__mro__ if issubclass(kind, vmodl.MethodFault)]
        self[name] = found = tuple(kind._wsdlName for kind in kinds)  # noqa: SLF001  # as pyVmomi names it
        return found


FAULT_KINDS: Final = FaultKinds()


def new_server(**settings: Any) -> Server:
    """Return the facts of the built-in server with some settings changed."""
    machines = [value for value, entity in INVENTORY.entities.items() if entity.ref.type == "VirtualMachine"]
    facts: dict[str, Any] = {
        "accounts": Map(dict(USER_NAMES)),
        "catalogs": Map(dict(CATALOGS)),
        "default_locale": DEFAULT_LOCALE,
        "faults": FAULT_KINDS,
        "root": ROOT,
        "task_manager": TASK_MANAGER,
        "runs_on": Map(dict.fromkeys(machines, RUNS_ON)),
    }
    return Server(**(facts | settings))


def ancestors_of(entity: Entity) -> tuple[str, ...]:
    """Return the reference values of all that is above an entity of the fixed inventory, nearest first."""
    if entity.parent is None:
        return ()
    return (entity.parent.value, *ancestors_of(INVENTORY.entities[entity.parent.value]))


def autostarted() -> Entity:
    """Return the virtual machine that the server powers on when it starts: the first one."""
    return next(one for one in INVENTORY.entities.values() if one.ref.type == "VirtualMachine")


def idle_state(server: Server, now: int = EPOCH) -> State:
    """Return the state of a server on which nothing has happened yet."""
    return State(
        server=server,
        now=now,
        entities=Map(dict(INVENTORY.entities)),
        ancestors=Map({value: ancestors_of(entity) for value, entity in INVENTORY.entities.items()}),
        privileges=Map({account: Map(dict(granted)) for account, granted in INVENTORY.privileges.items()}),
    )


def started(state: State, specification: Specification) -> State:
    """Return the state after the server's start: it has powered on a virtual machine by itself, in a task that is
    through and whose reason is the system."""
    spec, choices, reason = specification.modules, specification.choices, TaskReason(kind="TaskReasonSystem")
    state, task = spec.tasks.start(state, AUTOSTART_ID, reason, autostarted(), name=AUTOSTART_NAME, choices=choices)
    state = spec.life.enter(state, task.number, RUNNING, choices)
    after: State = spec.life.enter(state, task.number, SUCCESS, choices)
    return after
