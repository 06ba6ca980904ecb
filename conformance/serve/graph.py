"""The object graph: what the property collector can read off each managed object.

A reader takes the service, the client and the object; it gives the value, None for a property that is unset, or raises
RefusedError for one that this client may not read. Properties without a reader are unset here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve import graph_entities, graph_managers
from taskconform.conformance.serve.containers import ContainerView
from taskconform.conformance.targets.sim_faults import RefusedError, refused
from taskconform.conformance.wire import schema
from taskconform.conformance.wire.table import READS
from taskconform.conformance.wire.values import Typed
from taskconform.conformance.wire.words import as_data
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.rows import Read
    from taskconform.conformance.wire.schema import Schema
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import Property

    Reader = Callable[[Service, Client, ObjectRef], Any]

INVALID_PROPERTY: Final = "InvalidProperty"


def _told(answer: Property[Any]) -> Any:
    """Give what a property read of the simulator's came to."""
    if answer.missing is not None:
        raise RefusedError(answer.missing)
    return answer.value


def _by_call(kind: str, *paths: str) -> dict[str, Reader]:
    """Return the readers of properties that calls of the vocabulary read."""

    def reader(row: Read) -> Reader:
        return lambda service, client, ref: _told(service.perform(row.made(client.name, ref)))

    return {path: reader(READS[kind, path]) for path in paths}


def _task_info(service: Service, client: Client, ref: ObjectRef) -> Any:
    return _told(service.simulator.info_for(service.session(client), service.simulator.find_task(ref)))


def _view(service: Service, client: Client, ref: ObjectRef) -> Any:
    container = client.objects.get(ref.value)
    if isinstance(container, ContainerView):
        return container.objects(service.simulator, service.session(client))
    return _told(service.perform(calls.ReadView(session=client.name, view=ref)))


def _of_made(read: Callable[[Any], Any]) -> Reader:
    """Return the reader of a property of what a client has made."""
    return lambda _, client, ref: read(client.objects.get(ref.value))


READERS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "TaskManager": _by_call("TaskManager", "recentTask", "description", "maxCollector"),
    "Task": {"info": _task_info},
    "TaskHistoryCollector": _by_call("TaskHistoryCollector", "latestPage", "filter"),
    "EventHistoryCollector": {"latestPage": lambda *_: ()},
    "ListView": {"view": _view},
    "ContainerView": {
        "view": _view,
        "container": _of_made(lambda view: view.container),
        "type": _of_made(lambda view: sorted(view.types) or None),
        "recursive": _of_made(lambda view: view.recursive),
    },
    "PropertyFilter": {
        "spec": _of_made(lambda watch: watch.spec),
        "partialUpdates": _of_made(lambda watch: watch.partial),
    },
    "PropertyCollector": {
        "filter": _of_made(lambda collector: [watch.ref for watch in collector.watches.values()] if collector else []),
    },
    **graph_managers.READERS,
    **graph_entities.READERS,
}
"""By type and property."""


class Path:
    """A property path on a type of managed object: the reader of its first part, the rest, and its type."""

    __slots__ = ("first", "kind", "name", "reader", "rest")

    def __init__(self, version: Schema, type_name: str, name: str) -> None:
        """Raises RefusedError (InvalidProperty) if the type has no such property."""
        self.name = name
        self.first, *rest = name.split(".")
        self.rest = tuple(rest)
        kind: type | None = schema.named_type(type_name)
        for part in (self.first, *rest):
            found = version.fields(kind).get(part) if kind is not None and _has_fields(kind) else None
            if found is None:
                raise refused(INVALID_PROPERTY, f"{type_name} has no property {name}")
            kind = found.type
        self.kind = kind or object
        self.reader: Reader | None = READERS.get(type_name, {}).get(self.first)

    def read(self, service: Service, client: Client, ref: ObjectRef) -> Any:
        """Give the value, None if it is unset. Raises RefusedError if it may not be read."""
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
    properties "might not generate property collector update notifications": on a vCenter they never do, and on a host,
    as hosts are known to, they do. A latestPage changes with its members and their states.
    """
    value = path.read(service, client, ref)
    if ref.type == "TaskManager" and service.options.settings.vcenter:
        return None if value is None else "known"
    if ref.type == "TaskHistoryCollector" and path.first == "latestPage":
        session = service.session(client)
        collector = service.simulator.find_task_collector(session, ref)
        return service.simulator.page_seen(session, collector)
    return value
