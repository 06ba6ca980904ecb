"""The inventory: folders, entities and their operations, SearchIndex."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from taskconform.conformance.serve import operations
from taskconform.conformance.serve.containers import entities_of
from taskconform.conformance.targets.builtin.inventory import ROOT
from taskconform.model.spec import inventory
from taskconform.model.spec.access import SYSTEM_VIEW
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service


def _operation(begin: Callable[..., Any], **fixed: bool) -> Callable[..., Any]:
    """Return the method that begins an operation."""

    def method(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> ObjectRef:
        given = [args["newName"]] if "newName" in args else []
        return service.operate(
            begin(service.specification, service.state, service.session(client), this, *given, **fixed)
        )

    return method


# --- SearchIndex ------------------------------------------------------------------------------------------------------


def _child(service: Service, parent: str, name: str) -> ObjectRef | None:
    """Give the entity of this name in another."""
    beside = [each for each in entities_of(service.state) if each.parent is not None and each.parent.value == parent]
    return next((each.ref for each in beside if each.name == name), None)


def _shown(service: Service, client: Client, found: ObjectRef | None) -> ObjectRef | None:
    """Return what was found, if the client may see it."""
    return found if found is not None and service.holds(client, SYSTEM_VIEW, found.value) else None


def find_child(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """FindChild."""
    entity = inventory.find_entity(service.state, args["entity"])
    return _shown(service, client, _child(service, entity.ref.value, unquote(args["name"])))


def find_by_path(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """FindByInventoryPath: names from below the root folder, with slashes between them."""
    found: ObjectRef | None = ObjectRef(type="Folder", value=ROOT)
    for name in args["inventoryPath"].strip("/").split("/"):
        if name and found is not None:
            found = _child(service, found.value, unquote(name))
    return _shown(service, client, found)


def find_nothing(service: Service, client: Client, *_: object) -> None:
    """FindByUuid, FindByIp, FindByDnsName: nothing here has such a thing."""
    service.session(client)


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "Rename_Task": _operation(operations.rename),
    "Destroy_Task": _operation(operations.destroy),
    "PowerOnVM_Task": _operation(operations.power, on=True),
    "PowerOffVM_Task": _operation(operations.power, on=False),
    "EnterMaintenanceMode_Task": _operation(operations.maintain, on=True),
    "ExitMaintenanceMode_Task": _operation(operations.maintain, on=False),
    "FindChild": find_child,
    "FindByInventoryPath": find_by_path,
    "FindByUuid": find_nothing,
    "FindByIp": find_nothing,
    "FindByDnsName": find_nothing,
}
