"""Methods on tasks, extensions and histories that are more than a call of the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.serve.graph_managers import extension_of
from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, refused
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.wire.words import taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.values import Data
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Fault


def set_task_state(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """SetTaskState. The simulator knows a fault by its name; the whole of it is kept here."""
    service.perform(service.call_of("SetTaskState", client, this, args))
    fault: Data | None = args.get("fault")
    if fault is not None:
        task = service.simulator.find_task(this)
        task.changed()
        task.error = cast("Fault", fault)


# --- extensions -------------------------------------------------------------------------------------------------------


def _keep_extension(name: str) -> Callable[..., None]:
    """Make the method that registers or updates an extension, all of which is kept."""

    def keep(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
        service.perform(service.call_of(name, client, this, args))
        extension: Data = args["extension"]
        service.extensions[extension.get("key")] = extension

    return keep


def unregister_extension(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """UnregisterExtension."""
    service.perform(service.call_of("UnregisterExtension", client, this, args))
    service.extensions.pop(args["extensionKey"], None)


def find_extension(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """FindExtension, which answers with an extension as it was registered."""
    found = service.perform(service.call_of("FindExtension", client, this, args))
    return None if found is None else extension_of(service, found)


def public_key(service: Service, client: Client, _: ObjectRef, __: Mapping[str, Any]) -> str:
    """GetPublicKey: there is none."""
    service.simulator.require(service.session(client), SYSTEM_VIEW)
    return ""


# --- histories --------------------------------------------------------------------------------------------------------


def read_by_view_spec(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """ReadNextTasksByViewSpec (API 9.0)."""
    view: Data = args["viewSpec"]
    if view.type != "TaskManagerViewByStartId":
        raise refused(INVALID_ARGUMENT, f"no such view: {view.type}")
    specs = (taken(args["filterSpec"]), taken(args.get("infoFilterSpec")))
    return service.simulator.read_by_view_spec(client.name, view.get("count"), view.get("startId"), specs)


def read_events(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[Any]:
    """ReadNextEvents, ReadPreviousEvents: an event collector has no items."""
    service.session(client)
    service.simulator.check_in_range(args["maxCount"])
    return []


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "SetTaskState": set_task_state,
    "RegisterExtension": _keep_extension("RegisterExtension"),
    "UpdateExtension": _keep_extension("UpdateExtension"),
    "UnregisterExtension": unregister_extension,
    "FindExtension": find_extension,
    "GetPublicKey": public_key,
    "ReadNextTasksByViewSpec": read_by_view_spec,
    "ReadNextEvents": read_events,
    "ReadPreviousEvents": read_events,
}
