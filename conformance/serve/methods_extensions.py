"""ExtensionManager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.graph_managers import extension_of
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.serve.values import Data
    from taskconform.model.vocabulary.calls import ObjectRef


def _task_ids(extension: Data) -> tuple[str, ...]:
    return tuple(each.get("taskID") for each in extension.get("taskList", ()))


def register(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> None:
    """RegisterExtension."""
    extension: Data = args["extension"]
    key = extension.get("key")
    service.simulator.register_extension(
        calls.RegisterExtension(
            session=client.name, key=key, version=extension.get("version"), task_ids=_task_ids(extension)
        )
    )
    service.extensions[key] = extension


def update(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> None:
    """UpdateExtension."""
    extension: Data = args["extension"]
    key = extension.get("key")
    service.simulator.update_extension(
        calls.UpdateExtension(
            session=client.name, key=key, version=extension.get("version"), task_ids=_task_ids(extension)
        )
    )
    service.extensions[key] = extension


def unregister(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> None:
    """UnregisterExtension."""
    key = args["extensionKey"]
    service.simulator.unregister_extension(calls.UnregisterExtension(session=client.name, key=key))
    service.extensions.pop(key, None)


def find(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """FindExtension."""
    key = args["extensionKey"]
    found = service.simulator.find_extension(calls.FindExtension(session=client.name, key=key))
    return None if found is None else extension_of(service, key, found)


def public_key(service: Service, client: Client, _: ObjectRef, __: Mapping[str, Any]) -> str:
    """GetPublicKey: there is none."""
    service.simulator.require(service.session(client), SYSTEM_VIEW)
    return ""


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "RegisterExtension": register,
    "UpdateExtension": update,
    "UnregisterExtension": unregister,
    "FindExtension": find,
    "GetPublicKey": public_key,
}
