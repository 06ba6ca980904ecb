"""ScheduledTaskManager, AlarmManager, EventManager: what starts tasks, and what tells of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, NOT_SUPPORTED, refused
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.wire.values import Data
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskEvent


def _check_action(action: Data | None) -> None:
    """NotSupported for any action but CreateTaskAction."""
    if action is None or action.type != "CreateTaskAction":
        raise refused(NOT_SUPPORTED, "the only action here is CreateTaskAction")


def create_scheduled_task(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateScheduledTask, with a OnceTaskScheduler: at its time; without one, at once. NotSupported for schedulers
    that repeat.
    """
    service.session(client)
    service.simulator.check_has_triggers()
    spec: Data = args["spec"]
    scheduler: Data = spec.get("scheduler")
    if scheduler.type != "OnceTaskScheduler":
        raise refused(NOT_SUPPORTED, f"there is no {scheduler.type} here")
    run_at = scheduler.get("runAt")
    if run_at is not None and run_at <= service.simulator.clock.now:
        raise refused(INVALID_ARGUMENT, "the time to run at is over")
    _check_action(spec.get("action"))
    ref = service.perform(service.call_of("CreateScheduledTask", client, this, args))
    _note(service, client, ref, spec)
    schedule = service.simulator.schedules[ref.value]
    if not spec.get("enabled"):
        return ref
    if run_at is not None:
        service.simulator.schedule_at(schedule, run_at)
    else:
        service.simulator.start(schedule, service.simulator.schedule_reason(schedule))
    return ref


def _note(service: Service, client: Client, ref: ObjectRef, spec: Data) -> None:
    """Keep the specification, and who gave it."""
    fields = {**spec.fields, "lastModifiedTime": service.simulator.clock.now, "lastModifiedUser": client.user_name}
    service.specs[ref.value] = Data(spec.type, **fields)


def _remove(name: str) -> Callable[..., None]:
    """Make the method that removes a scheduled task or an alarm, and with it its specification."""

    def remove(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
        service.perform(service.call_of(name, client, this, args))
        service.specs.pop(this.value, None)

    return remove


def entity_scheduled_tasks(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[ObjectRef]:
    """RetrieveEntityScheduledTask: those on an entity, or all."""
    service.simulator.require(service.session(client), SYSTEM_VIEW)
    entity = args.get("entity")
    return [each.ref for each in service.simulator.schedules.values() if entity is None or each.entity.ref == entity]


# --- alarms -----------------------------------------------------------------------------------------------------------


def create_alarm(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateAlarm, of an EventAlarmExpression and an AlarmTriggeringAction; NotSupported for any other."""
    service.session(client)
    service.simulator.check_has_triggers()
    spec: Data = args["spec"]
    expression, action = spec.get("expression"), spec.get("action")
    if expression.type != "EventAlarmExpression" or action is None or action.type != "AlarmTriggeringAction":
        raise refused(NOT_SUPPORTED, "alarms here go off by an event, and trigger one action")
    _check_action(action.get("action"))
    ref = service.perform(service.call_of("CreateAlarm", client, this, args))
    _note(service, client, ref, spec)
    return ref


def get_alarm(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[ObjectRef]:
    """GetAlarm: those on an entity, or all."""
    service.simulator.require(service.session(client), SYSTEM_VIEW)
    entity = args.get("entity")
    return [each.ref for each in service.simulator.alarms.values() if entity is None or each.entity.ref == entity]


# --- events -----------------------------------------------------------------------------------------------------------


def query_events(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[Data]:
    """QueryEvents: the TaskEvents of one chain, or of all tasks; NotSupported for other filters than by eventChainId
    and by eventTypeId TaskEvent.
    """
    spec: Data = args["filter"]
    others = set(spec.fields) - {"eventChainId", "eventTypeId", "maxCount"}
    if others:
        raise refused(NOT_SUPPORTED, f"events cannot be filtered by {', '.join(sorted(others))} here")
    chain = spec.get("eventChainId")
    chains = list(service.simulator.chains) if chain is None else [chain]
    found = [
        event
        for each in chains
        for event in service.simulator.query_task_events(calls.QueryTaskEvents(session=client.name, chain=each))
    ]
    if any("TaskEvent" not in each for each in [spec.get("eventTypeId", ["TaskEvent"])]):
        return []
    return [_event(each) for each in found]


def _event(event: TaskEvent) -> Data:
    info = event.info
    return Data(
        "TaskEvent",
        key=event.key,
        chainId=event.chain_id,
        createdTime=info.queue_time,
        userName=info.reason.user_name or "",
        fullFormattedMessage=f"Task: {info.description_id}",
        info=info,
    )


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "CreateScheduledTask": create_scheduled_task,
    "RemoveScheduledTask": _remove("RemoveScheduledTask"),
    "RetrieveEntityScheduledTask": entity_scheduled_tasks,
    "CreateAlarm": create_alarm,
    "GetAlarm": get_alarm,
    "RemoveAlarm": _remove("RemoveAlarm"),
    "QueryEvents": query_events,
}
