"""Methods on tasks, extensions and histories that are more than a call of the vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.serve.graph_managers import extension_of
from taskconform.conformance.wire.words import taken
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import Collector
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.values import Data
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Fault


def set_task_state(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """SetTaskState. The specification knows a fault by its name; the whole of it is kept here."""
    service.perform(service.call_of("SetTaskState", client, this, args))
    error: Data | None = args.get("fault")
    if error is not None:
        tasks = service.modules.tasks
        task = tasks.find_task(service.state, this)
        service.state = tasks.with_info(service.state, task, evolve(task.info, error=cast("Fault", error)))


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
    service.require(client)
    return ""


# --- histories --------------------------------------------------------------------------------------------------------


def read_by_view_spec(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """ReadNextTasksByViewSpec (API 9.0), without a collector: "at most abs(count)" tasks that the filter lets through,
    those before the task of this key if `count` is positive, the newest first, else those after it, the oldest first.
    """
    view: Data = args["viewSpec"]
    if view.type != "TaskManagerViewByStartId":
        fault("InvalidArgument", f"no such view: {view.type}")
    state, session, count = service.state, service.session(client), view.get("count")
    spec, choices = service.modules, service.choices
    spec.collectors.check_history(state, session, choices)
    spec.pages.check_count(abs(count), choices)
    chosen, info_filter = taken(args["filterSpec"]), taken(args.get("infoFilterSpec"))
    spec.filters.check(state, session, chosen, choices)
    start = _number_of(service, view.get("startId"))
    numbers = range(start - 1, 0, -1) if count > 0 else range(start + 1, len(state.tasks) + 1)
    collector = Collector(filter=chosen, info_filter=info_filter, made_at=state.now, moves=state.moves, position=0)
    held = spec.items.held(state, session, collector, numbers, abs(count), choices)
    return spec.items.listed(collector, held, choices)


def _number_of(service: Service, key: str) -> int:
    """Return the number of the task with this key. No key is the newest end, `task-0` the oldest."""
    state = service.state
    number = {"": len(state.tasks) + 1, "task-0": 0}.get(key, state.keys.get(key))
    fault_if(number is None, "InvalidArgument", f"no task has the key {key}")
    return number or 0


def read_events(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[Any]:
    """ReadNextEvents, ReadPreviousEvents: an event collector has no items."""
    service.session(client)
    service.modules.pages.check_count(args["maxCount"], service.choices)
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
