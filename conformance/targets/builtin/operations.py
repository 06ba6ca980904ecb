"""The operations that the built-in server offers, if it is asked to: quick ones, a slower one, and one that can be
canceled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.builtin.inventory import INVENTORY
from taskconform.model.vocabulary.declaration import Operation

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ObjectRef


def _entities(*roles: str) -> tuple[ObjectRef, ...]:
    """Return the entities that are declared as these places."""
    return tuple(dict.fromkeys(entity.ref for role in roles for entity in INVENTORY.places[role]))


OPERATIONS: Final = (
    Operation(
        name="Rename_Task",
        entities=_entities("vm", "folder", "hidden", "ancestor", "readable"),
        description_id="ManagedEntity.rename",
        seconds=0.006,
    ),
    Operation(
        name="CreateSnapshot_Task",
        entities=_entities("vm"),
        description_id="VirtualMachine.createSnapshot",
        seconds=1.5,
    ),
    Operation(
        name="EnterMaintenanceMode_Task",
        entities=_entities("host"),
        description_id="HostSystem.enterMaintenanceMode",
        cancelable=True,
        seconds=30.0,
    ),
)
"""Their ids are those that the server's description has."""
