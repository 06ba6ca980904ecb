"""TaskManager and Task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from taskconform.conformance.serve.values import Data, Typed
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Fault


def create_task(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateTask."""
    return service.simulator.create_task(
        calls.CreateTask(
            session=client.name,
            obj=args["obj"],
            task_type_id=args["taskTypeId"],
            cancelable=args["cancelable"],
            initiated_by=args.get("initiatedBy"),
            parent_task_key=args.get("parentTaskKey"),
            activation_id=args.get("activationId"),
        )
    )


def set_task_state(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """SetTaskState. The simulator does not look into results and faults; whole as they came, they are kept here."""
    fault: Data | None = args.get("fault")
    service.simulator.set_task_state(
        calls.SetTaskState(
            session=client.name,
            task=this,
            state=args["state"],
            result=args.get("result"),
            fault=None if fault is None else fault.type,
        )
    )
    if fault is not None:
        task = service.simulator.find_task(this)
        task.changed()
        task.error = cast("Fault", fault)


def update_progress(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """UpdateProgress."""
    call = calls.UpdateProgress(session=client.name, task=this, percent_done=args["percentDone"])
    service.simulator.update_progress(call)


def set_task_description(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """SetTaskDescription."""
    description: Data = args["description"]
    pairs = tuple((str(each.get("key")), _argument(each.get("value"))) for each in description.get("arg", ()))
    service.simulator.set_task_description(
        calls.SetTaskDescription(session=client.name, task=this, key=description.get("key"), args=pairs)
    )


def _argument(value: Any) -> Any:
    """Give an argument of a message, which may be of any type."""
    return value if isinstance(value, str | Typed | Data) or value is None else str(value)


def cancel_task(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """CancelTask."""
    service.simulator.cancel_task(calls.CancelTask(session=client.name, task=this))


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "CreateTask": create_task,
    "SetTaskState": set_task_state,
    "UpdateProgress": update_progress,
    "SetTaskDescription": set_task_description,
    "CancelTask": cancel_task,
}
