"""ViewManager, and its views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.containers import ContainerView
from taskconform.conformance.serve.selection import checked_type
from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, refused
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef


def create_list_view_from_view(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateListViewFromView."""
    objs = _objects_of(service, client, args["view"])
    return service.simulator.create_list_view(calls.CreateListView(session=client.name, objs=objs))


def _objects_of(service: Service, client: Client, view: ObjectRef) -> tuple[ObjectRef, ...]:
    container = client.objects.get(view.value)
    if isinstance(container, ContainerView):
        return tuple(container.objects(service.simulator, service.session(client)))
    return service.simulator.read_view(calls.ReadView(session=client.name, view=view)).value or ()


def create_container_view(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Any:
    """CreateContainerView: of a folder, datacenter, compute resource, resource pool or host; InvalidArgument else."""
    session = service.session(client)
    service.simulator.require(session, SYSTEM_VIEW)
    container = service.simulator.find_entity(args["container"]).ref
    if container.type == "VirtualMachine":
        raise refused(INVALID_ARGUMENT, "a virtual machine is no container")
    types = tuple(checked_type(service.schema, name) for name in args.get("type", ()))
    ref = service.simulator.new_collector_ref(session, "ContainerView", "view")
    client.objects[ref.value] = ContainerView(container, types, recursive=args["recursive"])
    return ref


def reset_from_view(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """ResetListViewFromView."""
    objs = _objects_of(service, client, args["view"])
    service.simulator.reset_list_view(calls.ResetListView(session=client.name, view=this, objs=objs))


def destroy_view(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """DestroyView."""
    if this.value in client.objects:
        service.simulator.require(service.session(client), SYSTEM_VIEW)
        del client.objects[this.value]
        service.simulator.forget_object(this.value)
        return
    service.perform(calls.DestroyView(session=client.name, view=this))


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "CreateListViewFromView": create_list_view_from_view,
    "CreateContainerView": create_container_view,
    "ResetListViewFromView": reset_from_view,
    "DestroyView": destroy_view,
}
