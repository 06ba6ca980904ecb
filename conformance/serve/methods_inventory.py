"""The inventory: folders, entities and their operations, SearchIndex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from taskconform.conformance.targets.sim_inventory import ROOT, SYSTEM_VIEW
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service


def rename(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """Rename_Task."""
    return service.simulator.rename(client.name, this, args["newName"])


def _power(*, on: bool) -> Callable[..., Any]:
    def power(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> Any:
        return service.simulator.power(client.name, this, on=on)

    return power


def _maintain(*, enter: bool) -> Callable[..., Any]:
    def maintain(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> Any:
        return service.simulator.maintain(client.name, this, enter=enter)

    return maintain


# --- SearchIndex ------------------------------------------------------------------------------------------------------


def _child(service: Service, parent: str, name: str) -> ObjectRef | None:
    """Give the entity of this name in another."""
    for entity in service.simulator.inventory.entities.values():
        above = entity.parent
        if above is not None and above.value == parent and entity.name == name:
            return entity.ref
    return None


def find_child(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """FindChild."""
    session = service.session(client)
    entity = service.simulator.find_entity(args["entity"])
    found = _child(service, entity.ref.value, unquote(args["name"]))
    return found if found is not None and service.simulator.holds(session, SYSTEM_VIEW, found.value) else None


def find_by_path(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """FindByInventoryPath: names from below the root folder, with slashes between them."""
    session = service.session(client)
    found: ObjectRef | None = ObjectRef(type="Folder", value=ROOT)
    for name in args["inventoryPath"].strip("/").split("/"):
        if name and found is not None:
            found = _child(service, found.value, unquote(name))
    return found if found is not None and service.simulator.holds(session, SYSTEM_VIEW, found.value) else None


def find_nothing(service: Service, client: Client, *_: object) -> None:
    """FindByUuid, FindByIp, FindByDnsName: nothing here has such a thing."""
    service.session(client)


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "Rename_Task": rename,
    "PowerOnVM_Task": _power(on=True),
    "PowerOffVM_Task": _power(on=False),
    "EnterMaintenanceMode_Task": _maintain(enter=True),
    "ExitMaintenanceMode_Task": _maintain(enter=False),
    "FindChild": find_child,
    "FindByInventoryPath": find_by_path,
    "FindByUuid": find_nothing,
    "FindByIp": find_nothing,
    "FindByDnsName": find_nothing,
}
