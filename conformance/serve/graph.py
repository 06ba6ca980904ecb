"""The object graph: what the property collector can read off each managed object.

A reader takes the service, the client and the object; it gives the value, None for a property that is unset, or raises
FaultRaised for one that this client may not read. Properties without a reader are unset here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve import graph_entities, graph_managers
from taskconform.conformance.serve.faults import other_fault, raised
from taskconform.conformance.wire import schema
from taskconform.conformance.wire.table import READS
from taskconform.conformance.wire.values import Typed
from taskconform.conformance.wire.words import as_data
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.containers import ContainerView
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.rows import Read
    from taskconform.conformance.wire.schema import Schema
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Property

    Reader = Callable[[Service, Client, ObjectRef], Any]


def _told(answer: Property[Any]) -> Any:
    """Return the value of a property that was read."""
    if answer.missing is not None:
        raise raised(answer.missing)
    return answer.value


def _by_call(kind: str, *paths: str) -> dict[str, Reader]:
    """Return the readers of properties that calls of the vocabulary read."""

    def reader(row: Read) -> Reader:
        return lambda service, client, ref: _told(service.perform(row.made(client.name, ref)))

    return {path: reader(READS[kind, path]) for path in paths}


def _task_info(service: Service, client: Client, ref: ObjectRef) -> Any:
    state, tasks = service.state, service.modules.tasks
    return _told(tasks.info_for(state, service.session(client), tasks.find_task(state, ref), service.choices))


def _view(service: Service, client: Client, ref: ObjectRef) -> Any:
    if ref.value in client.containers:
        return client.containers[ref.value].objects(service.state, service.session(client))
    return _told(service.perform(calls.ReadView(session=client.name, view=ref)))


def _of_container(read: Callable[[ContainerView], Any]) -> Reader:
    """Return the reader of a property of a container view."""
    return lambda _, client, ref: read(client.containers[ref.value])


def _of_filter(read: Callable[[Any], Any]) -> Reader:
    """Return the reader of a property of a property filter."""

    def reader(service: Service, client: Client, ref: ObjectRef) -> Any:
        made = service.session(client).property_collectors.values()
        return read(next(one for collector in made for one in collector.filters if one.ref == ref))

    return reader


def _filters(service: Service, client: Client, ref: ObjectRef) -> list[ObjectRef]:
    """PropertyCollector.filter."""
    collector = service.session(client).property_collectors.get(ref.value)
    return [] if collector is None else [one.ref for one in collector.filters]


READERS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "TaskManager": _by_call("TaskManager", "recentTask", "description", "maxCollector"),
    "Task": {"info": _task_info},
    "TaskHistoryCollector": _by_call("TaskHistoryCollector", "latestPage", "filter"),
    "EventHistoryCollector": {"latestPage": lambda *_: ()},
    "ListView": {"view": _view},
    "ContainerView": {
        "view": _view,
        "container": _of_container(lambda view: view.container),
        "type": _of_container(lambda view: sorted(view.types) or None),
        "recursive": _of_container(lambda view: view.recursive),
    },
    "PropertyFilter": {
        "spec": _of_filter(lambda one: one.selection.spec),
        "partialUpdates": _of_filter(lambda one: one.partial),
    },
    "PropertyCollector": {"filter": _filters},
    **graph_managers.READERS,
    **graph_entities.READERS,
}
"""By type and property."""


class Path:
    """A property path on a type of managed object: the reader of its first part, the rest, and its type."""

    __slots__ = ("first", "kind", "name", "reader", "rest")

    def __init__(self, version: Schema, type_name: str, name: str) -> None:
        """Raises OtherFault (InvalidProperty) if the type has no such property."""
        self.name = name
        self.first, *rest = name.split(".")
        self.rest = tuple(rest)
        kind: type | None = schema.named_type(type_name)
        for part in (self.first, *rest):
            found = version.fields(kind).get(part) if kind is not None and _has_fields(kind) else None
            if found is None:
                other_fault("InvalidProperty", f"{type_name} has no property {name}")
            kind = found.type
        self.kind = kind or object
        self.reader: Reader | None = READERS.get(type_name, {}).get(self.first)

    def read(self, service: Service, client: Client, ref: ObjectRef) -> Any:
        """Give the value, None if it is unset. Raises FaultRaised if it may not be read."""
        if self.reader is None:
            return None
        value = self.reader(service, client, ref)
        for part in self.rest:
            if value is None:
                return None
            value = as_data(value.value if isinstance(value, Typed) else value).get(part)
        return value


def _has_fields(kind: type) -> bool:
    return issubclass(kind, schema.DataObject | schema.ManagedObject)


def fingerprint(service: Service, client: Client, ref: ObjectRef, path: Path) -> Any:
    """Give what tells one value of the property from another, as far as changes of it are reported. TaskManager's
    properties "might not generate property collector update notifications": on a vCenter they do only if it is chosen
    so (recent.wait-later), and then of the whole list; on a host, as hosts are known to, they do. A latestPage changes
    with its members and their states.
    """
    value = path.read(service, client, ref)
    silent = service.choices.recent_wait_later == "nothing" or path.first != "recentTask"
    if ref.type == "TaskManager" and service.state.server.vcenter and silent:
        return None if value is None else "known"
    if ref.type == "TaskHistoryCollector" and path.first == "latestPage":
        session = service.session(client)
        return service.modules.latest.seen(service.state, session, session.collectors[ref.value], service.choices)
    return value
