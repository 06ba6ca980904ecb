"""ViewManager, and its views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.containers import ContainerView
from taskconform.conformance.serve.selection import checked_type
from taskconform.model.spec import inventory
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef


def create_list_view_from_view(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateListViewFromView."""
    objs = _objects_of(service, client, args["view"])
    return service.perform(calls.CreateListView(session=client.name, objs=objs))


def _objects_of(service: Service, client: Client, view: ObjectRef) -> tuple[ObjectRef, ...]:
    if view.value in client.containers:
        return tuple(client.containers[view.value].objects(service.state, service.session(client)))
    members: tuple[ObjectRef, ...] = service.perform(calls.ReadView(session=client.name, view=view)).value
    return members


def create_container_view(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateContainerView: of a folder, datacenter, compute resource, resource pool or host; InvalidArgument else."""
    service.require(client)
    container = inventory.find_entity(service.state, args["container"]).ref
    fault_if(container.type == "VirtualMachine", "InvalidArgument", "a virtual machine is no container")
    types = frozenset(checked_type(service.schema, name) for name in args.get("type", ()))
    ref = service.new_ref(client, "ContainerView", "view")
    client.containers[ref.value] = ContainerView(container=container, types=types, recursive=args["recursive"])
    return ref


def reset_from_view(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """ResetListViewFromView."""
    objs = _objects_of(service, client, args["view"])
    service.perform(calls.ResetListView(session=client.name, view=this, objs=objs))


def destroy_view(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """DestroyView."""
    if this.value in client.containers:
        service.require(client)
        del client.containers[this.value]
        service.state = inventory.forget(service.state, {this.value})
        return
    service.perform(calls.DestroyView(session=client.name, view=this))


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "CreateListViewFromView": create_list_view_from_view,
    "CreateContainerView": create_container_view,
    "ResetListViewFromView": reset_from_view,
    "DestroyView": destroy_view,
}
