"""History collectors, of tasks and of events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.values import Data
from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, refused
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef


def task_filter(spec: Data) -> calls.TaskFilterSpec:
    """Give a TaskFilterSpec as the simulator has it."""
    entity, time, user = spec.get("entity"), spec.get("time"), spec.get("userName")
    return calls.TaskFilterSpec(
        entity=None
        if entity is None
        else calls.ByEntity(entity=entity.get("entity"), recursion=entity.get("recursion")),
        time=None
        if time is None
        else calls.ByTime(
            time_type=time.get("timeType"), begin_time=time.get("beginTime"), end_time=time.get("endTime")
        ),
        user_name=None
        if user is None
        else calls.ByUsername(system_user=user.get("systemUser"), user_list=tuple(user.get("userList", ()))),
        state=tuple(spec.get("state", ())),
        alarm=spec.get("alarm"),
        scheduled_task=spec.get("scheduledTask"),
        activation_id=tuple(spec.get("activationId", ())),
        event_chain_id=tuple(spec.get("eventChainId", ())),
        tag=tuple(spec.get("tag", ())),
        parent_task_key=tuple(spec.get("parentTaskKey", ())),
        root_task_key=tuple(spec.get("rootTaskKey", ())),
    )


def info_filter(spec: Data | None) -> calls.TaskInfoFilterSpec | None:
    """Give a TaskInfoFilterSpec as the simulator has it."""
    if spec is None:
        return None
    results = spec.get("filterTaskResults") or Data("FilterTaskResults")
    return calls.TaskInfoFilterSpec(
        remove_all=results.get("removeAll"),
        description_ids=tuple(results.get("descriptionIds", ())),
        filter_in=results.get("filterIn"),
    )


def create_collector(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateCollectorForTasks."""
    return service.simulator.create_collector_for_tasks(
        calls.CreateCollectorForTasks(session=client.name, filter=task_filter(args["filter"]))
    )


def create_collector_with_info_filter(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateCollectorWithInfoFilterForTasks (API 8.0.3)."""
    return service.simulator.create_collector_with_info_filter_for_tasks(
        calls.CreateCollectorWithInfoFilterForTasks(
            session=client.name, filter=task_filter(args["filter"]), info_filter=info_filter(args.get("infoFilter"))
        )
    )


def read_by_view_spec(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """ReadNextTasksByViewSpec (API 9.0)."""
    view: Data = args["viewSpec"]
    if view.type != "TaskManagerViewByStartId":
        raise refused(INVALID_ARGUMENT, f"no such view: {view.type}")
    specs = (task_filter(args["filterSpec"]), info_filter(args.get("infoFilterSpec")))
    return service.simulator.read_by_view_spec(client.name, view.get("count"), view.get("startId"), specs)


def _page(kind: type[calls.ReadNextTasks | calls.ReadPreviousTasks], name: str) -> Callable[..., Any]:
    """Make the method that reads a page of tasks."""

    def read(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
        call = kind(session=client.name, collector=this, max_count=args["maxCount"])
        return getattr(service.simulator, name)(call)

    return read


def set_page_size(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """SetCollectorPageSize."""
    service.simulator.set_collector_page_size(
        calls.SetCollectorPageSize(session=client.name, collector=this, max_count=args["maxCount"])
    )


def rewind(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """RewindCollector."""
    service.simulator.rewind_collector(calls.RewindCollector(session=client.name, collector=this))


def reset(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """ResetCollector."""
    service.simulator.reset_collector(calls.ResetCollector(session=client.name, collector=this))


def destroy(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """DestroyCollector."""
    service.simulator.destroy_collector(calls.DestroyCollector(session=client.name, collector=this))


def create_event_collector(service: Service, client: Client, _: ObjectRef, __: Mapping[str, Any]) -> Any:
    """EventManager.CreateCollectorForEvents. Such a collector does nothing but exist."""
    return service.simulator.create_collector_for_events(calls.CreateCollectorForEvents(session=client.name))


def read_events(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> list[Any]:
    """ReadNextEvents, ReadPreviousEvents: an event collector has no items."""
    service.session(client)
    service.simulator.check_in_range(args["maxCount"])
    del this
    return []


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "CreateCollectorForTasks": create_collector,
    "CreateCollectorWithInfoFilterForTasks": create_collector_with_info_filter,
    "ReadNextTasksByViewSpec": read_by_view_spec,
    "ReadNextTasks": _page(calls.ReadNextTasks, "read_next_tasks"),
    "ReadPreviousTasks": _page(calls.ReadPreviousTasks, "read_previous_tasks"),
    "SetCollectorPageSize": set_page_size,
    "RewindCollector": rewind,
    "ResetCollector": reset,
    "DestroyCollector": destroy,
    "CreateCollectorForEvents": create_event_collector,
    "ReadNextEvents": read_events,
    "ReadPreviousEvents": read_events,
}
