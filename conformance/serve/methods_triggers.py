"""ScheduledTaskManager, AlarmManager, EventManager: what starts tasks, and what tells of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve import operations
from taskconform.conformance.wire.values import Data
from taskconform.model.spec import triggers
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.outcomes import TaskEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef


def _check_action(action: Data | None) -> None:
    """NotSupported for any action but CreateTaskAction."""
    known = action is not None and action.type == "CreateTaskAction"
    fault_if(not known, "NotSupported", "the only action here is CreateTaskAction")


def create_scheduled_task(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateScheduledTask, with a OnceTaskScheduler: at its time; without one, at once. NotSupported for schedulers
    that repeat.
    """
    triggers.asked_by(service.state, client.name)
    spec: Data = args["spec"]
    scheduler: Data = spec.get("scheduler")
    fault_if(scheduler.type != "OnceTaskScheduler", "NotSupported", f"there is no {scheduler.type} here")
    run_at = scheduler.get("runAt")
    over = run_at is not None and run_at <= service.state.now
    fault_if(over, "InvalidArgument", "the time to run at is over")
    _check_action(spec.get("action"))
    ref = service.perform(service.call_of("CreateScheduledTask", client, this, args))
    _note(service, client, ref, spec)
    if spec.get("enabled"):
        now = service.state.now
        run = partial(operations.run_scheduled, service.specification, ref=ref)
        service.plan(now if run_at is None else run_at, run)
        service.advance(now)
    return ref


def _note(service: Service, client: Client, ref: ObjectRef, spec: Data) -> None:
    """Keep the specification, and who gave it."""
    fields = {**spec.fields, "lastModifiedTime": service.state.now, "lastModifiedUser": client.user_name}
    service.specs[ref.value] = Data(spec.type, **fields)


def _remove(name: str) -> Callable[..., None]:
    """Make the method that removes a scheduled task or an alarm, and with it its specification."""

    def remove(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
        service.perform(service.call_of(name, client, this, args))
        service.specs.pop(this.value, None)

    return remove


def entity_scheduled_tasks(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[ObjectRef]:
    """RetrieveEntityScheduledTask: those on an entity, or all."""
    return _on_entity(service, client, "ScheduledTask", args)


# --- alarms -----------------------------------------------------------------------------------------------------------


def create_alarm(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateAlarm, of an EventAlarmExpression and an AlarmTriggeringAction; NotSupported for any other."""
    triggers.asked_by(service.state, client.name)
    spec: Data = args["spec"]
    expression, action = spec.get("expression"), spec.get("action")
    known = expression.type == "EventAlarmExpression" and action is not None and action.type == "AlarmTriggeringAction"
    fault_if(not known, "NotSupported", "alarms here go off by an event, and trigger one action")
    _check_action(action.get("action"))
    ref = service.perform(service.call_of("CreateAlarm", client, this, args))
    _note(service, client, ref, spec)
    return ref


def get_alarm(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[ObjectRef]:
    """GetAlarm: those on an entity, or all."""
    return _on_entity(service, client, "Alarm", args)


def _on_entity(service: Service, client: Client, type_name: str, args: Mapping[str, Any]) -> list[ObjectRef]:
    service.require(client)
    entity = args.get("entity")
    return [each.ref for each in service.triggers(type_name) if entity is None or each.entity.ref == entity]


# --- events -----------------------------------------------------------------------------------------------------------


def query_events(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[Data]:
    """QueryEvents: the TaskEvents of one chain, or of all tasks; NotSupported for other filters than by eventChainId
    and by eventTypeId TaskEvent.
    """
    spec: Data = args["filter"]
    others = set(spec.fields) - {"eventChainId", "eventTypeId", "maxCount"}
    fault_if(others, "NotSupported", f"events cannot be filtered by {', '.join(sorted(others))} here")
    session, chain = service.require(client), spec.get("eventChainId")
    if "TaskEvent" not in spec.get("eventTypeId", ["TaskEvent"]):
        return []
    state, may_access = service.state, service.modules.access.may_access
    made = [state.tasks[number] for number in range(1, len(state.tasks) + 1)]
    return [
        _event(TaskEvent(key=task.number, chain_id=task.created.event_chain_id, info=task.created))
        for task in made
        if chain in {None, task.created.event_chain_id} and may_access(state, session, task, service.choices)
    ]


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
