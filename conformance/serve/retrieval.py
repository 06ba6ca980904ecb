"""PropertyCollector: one-time retrieval of properties."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.clients import Retrieval
from taskconform.conformance.serve.faults import fault_data
from taskconform.conformance.serve.graph import Path
from taskconform.conformance.serve.selection import Selection
from taskconform.conformance.wire.values import Data, Typed
from taskconform.model.spec.faults import FaultRaised, fault, fault_if

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.calls import ObjectRef

_UNFINISHED: Final = 100
"""So many suspended retrievals are kept for a client; the oldest are given up first."""

Found = dict[str, tuple["ObjectRef", dict[str, Path]]]


def selections(service: Service, specs: Iterable[Data]) -> list[Selection]:
    """Give the specifications, checked; of one that was checked before, what it came to then."""
    found = []
    for spec in specs:
        if spec.made is None:
            spec.made = Selection(service.schema, spec)
        found.append(spec.made)
    return found


def content_of(service: Service, client: Client, ref: ObjectRef, paths: Iterable[Path]) -> Data:
    """Give the ObjectContent of one object."""
    values: list[Data] = []
    missing: list[Data] = []
    for path in paths:
        try:
            value = path.read(service, client, ref)
        except FaultRaised as raised:
            missing.append(missing_property(path.name, raised, ref))
            continue
        if value is not None:
            values.append(Data("DynamicProperty", name=path.name, val=typed(path, value)))
    return Data("ObjectContent", obj=ref, propSet=values or None, missingSet=missing or None)


def typed(path: Path, value: Any) -> Typed:
    """Give a property's value with its type."""
    return value if isinstance(value, Typed) else Typed(path.kind, value)


def missing_property(name: str, raised: FaultRaised, ref: ObjectRef) -> Data:
    """Return the MissingProperty of a property that may not be read."""
    return Data("MissingProperty", path=name, fault=fault_data(raised.name, raised.message, ref, msg=raised.message))


def _blended(service: Service, client: Client, specs: Iterable[Data]) -> Found:
    """Give the objects of all specifications, each once, with all that is asked of it."""
    chosen = selections(service, specs)
    for each in chosen:
        each.missing(service, client)
    found: Found = {}
    for each in chosen:
        for ref, kind in each.objects(service, client):
            paths = found.setdefault(ref.value, (ref, {}))[1]
            paths.update({path.name: path for path in each.paths(kind)})
    return found


def check_open_to(service: Service, client: Client, specs: Iterable[Data]) -> None:
    """NotAuthenticated for a retrieval without login, unless it is of the service instance only."""
    if client.name in service.state.sessions:
        return
    for spec in specs:
        for each in spec.get("objectSet", ()):
            if service.kind_of(client, each.get("obj")) != "ServiceInstance" or each.get("selectSet"):
                service.session(client)


def retrieve_properties(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> list[Data]:
    """RetrieveProperties."""
    check_open_to(service, client, args["specSet"])
    found = _blended(service, client, args["specSet"])
    return [content_of(service, client, ref, paths.values()) for ref, paths in found.values()]


def retrieve_properties_ex(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Data | None:
    """RetrievePropertiesEx."""
    check_open_to(service, client, args["specSet"])
    options = args.get("options")
    most = options.get("maxObjects") if options is not None else None
    fault_if(most is not None and most < 1, "InvalidArgument", "maxObjects is not positive")
    rest = list(_blended(service, client, args["specSet"]).values())
    if not rest:
        return None
    return _page(service, client, this, rest, most)


def _page(
    service: Service, client: Client, this: ObjectRef, rest: list[tuple[ObjectRef, dict[str, Path]]], most: int | None
) -> Data:
    """Return the first objects of the rest; the others are kept under a token that is good for once."""
    now, later = (rest, []) if most is None else (rest[:most], rest[most:])
    token = None
    if later:
        token = f"{most}-{secrets.token_hex(8)}"
        while len(client.retrievals) >= _UNFINISHED:
            del client.retrievals[next(iter(client.retrievals))]
        client.retrievals[token] = Retrieval(this.value, [(ref, tuple(paths)) for ref, paths in later])
    objects = [content_of(service, client, ref, paths.values()) for ref, paths in now]
    return Data("RetrieveResult", token=token, objects=objects)


def fetch(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Typed | None:
    """Fetch: one property of one object, as pyVmomi reads it. What may not be read is refused."""
    if service.kind_of(client, this) != "ServiceInstance":
        service.session(client)
    path = Path(service.schema, service.found(client, this), args["prop"])
    value = path.read(service, client, this)
    return None if value is None else typed(path, value)


def _suspended(client: Client, this: ObjectRef, token: str) -> Retrieval:
    found = client.retrievals.get(token)
    if found is None or found.collector != this.value:
        fault("InvalidArgument", "the token is not of a retrieval that goes on")
    del client.retrievals[token]
    return found


def continue_retrieve(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Data:
    """ContinueRetrievePropertiesEx: as many objects as the page before. What is gone meanwhile is left out."""
    token = args["token"]
    found = _suspended(client, this, token)
    rest = [
        (ref, {name: Path(service.schema, kind, name) for name in names})
        for ref, names in found.rest
        if (kind := service.kind_of(client, ref)) is not None
    ]
    return _page(service, client, this, rest, int(token.partition("-")[0]))


def cancel_retrieve(_: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """CancelRetrievePropertiesEx."""
    _suspended(client, this, args["token"])


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "Fetch": fetch,
    "RetrieveProperties": retrieve_properties,
    "RetrievePropertiesEx": retrieve_properties_ex,
    "ContinueRetrievePropertiesEx": continue_retrieve,
    "CancelRetrievePropertiesEx": cancel_retrieve,
}
