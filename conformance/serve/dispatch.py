"""Dispatch: from the bytes of a request to those of its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskconform.conformance.serve import (
    envelope,
    faults,
    methods_inventory,
    methods_session,
    methods_tasks,
    methods_triggers,
    methods_views,
    methods_watch,
    retrieval,
    roles,
)
from taskconform.conformance.serve.decoding import decoders_of
from taskconform.conformance.wire import schema, table
from taskconform.conformance.wire.encoding import encoders_of
from taskconform.conformance.wire.schema import schema_of
from taskconform.model.spec.faults import FaultRaised, fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.schema import Method, Schema
    from taskconform.model.vocabulary.calls import ObjectRef

    Handler = Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]

METHODS: Final[Mapping[str, Handler]] = {
    **methods_session.METHODS,
    **methods_tasks.METHODS,
    **methods_views.METHODS,
    **methods_watch.METHODS,
    **methods_inventory.METHODS,
    **methods_triggers.METHODS,
    **retrieval.METHODS,
    **roles.METHODS,
}
"""Methods that are more than a call of the vocabulary, and do not wait, by name on the wire."""
WAITING: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Awaitable[Any]]]] = (
    methods_watch.WAITING
)
OPEN: Final = frozenset({"RetrieveServiceContent", "Login", "RetrieveProperties", "RetrievePropertiesEx", "Fetch"})
"""Methods that can be called without a login."""
QUIET: Final = frozenset(
    {
        "RetrieveServiceContent",
        "CurrentTime",
        "Fetch",
        "RetrieveProperties",
        "RetrievePropertiesEx",
        "ContinueRetrievePropertiesEx",
        "CheckForUpdates",
        "WaitForUpdates",
        "WaitForUpdatesEx",
        "FindExtension",
    }
)
"""Methods that change nothing that a client could wait for."""
_KEPT: Final = 512
_KEPT_SIZE: Final = 2_048
"""So many requests are kept as decoded, of so many bytes at most: clients repeat themselves."""


class Call(NamedTuple):
    """A request, decoded."""

    method: Method
    this: ObjectRef
    arguments: dict[str, Any]


class Answer(NamedTuple):
    """An HTTP status and a SOAP document; and who has logged in by it, if anybody has."""

    status: int
    document: bytes
    admitted: Client | None = None


class Dispatcher:
    """Answers requests of one version of the API at most."""

    def __init__(self, service: Service) -> None:
        """For this server."""
        self.service = service
        self._versions: dict[str, _Version] = {}

    def version_of(self, action: str) -> _Version:
        """Give the version that a SOAPAction header asks for; the server's own if it asks for none that the server
        has.
        """
        found = self._versions.get(action)
        if found is None:
            asked = action.strip('"').partition("vim25/")[2]
            server = self.service.schema
            try:
                wanted = schema_of(asked)
            except KeyError:
                wanted = server
            known = schema.known_versions()
            older = wanted is not server and asked in known and known.index(asked) > known.index(server.version)
            found = _Version(wanted if older else server)
            if len(self._versions) < _KEPT:
                self._versions[action] = found
        return found

    async def answer(self, document: bytes, action: str, client: Client) -> Answer:
        """Answer one request."""
        service = self.service
        version = self.version_of(action)
        service.tick()
        called: list[ObjectRef] = []
        try:
            name, result = await self._perform(version, document, client, called)
        except FaultRaised as raised:
            return Answer(500, faults.document(raised, called[0] if called else None, version.encoders))
        admitted, service.admitted = service.admitted, None
        return Answer(200, envelope.response(name, result), admitted)

    async def _perform(
        self, version: _Version, document: bytes, client: Client, called: list[ObjectRef]
    ) -> tuple[str, str]:
        """Do what is asked; the name of the method, and what stands in its response. `called`: where to note the
        object, as soon as it is known."""
        service = self.service
        call = version.kept.get(document)
        if call is None:
            call = self._decoded(version, document, client, called)
        else:
            called.append(call.this)
            self._check_target(client, call.method, call.this)
        method = call.method
        client.calls += 1
        client.last_active = service.state.now
        handler = METHODS.get(method.name)
        value: Any
        if handler is not None:
            value = handler(service, client, call.this, call.arguments)
        elif (waiting := WAITING.get(method.name)) is not None:
            value = await waiting(service, client, call.this, call.arguments)
        elif method.name in table.METHODS:
            value = service.perform(service.call_of(method.name, client, call.this, call.arguments))
        else:
            fault("NotSupported", f"{method.name} is not simulated")
        inside = "" if value is None or method.result is None else version.result(method, value)
        if method.name not in QUIET:
            service.moved()
        return method.name, inside

    def _decoded(self, version: _Version, document: bytes, client: Client, called: list[ObjectRef]) -> Call:
        request = envelope.request_of(document)
        called.append(request.this)
        method = version.schema.method(request.method)
        if method is not None and method.name in self.service.options.without:
            fault("MethodNotFound", f"this server has no method {method.name}")
        if method is None:
            fault("MethodNotFound", f"version {version.schema.version} has no method {request.method}")
        self._check_target(client, method, request.this)
        call = Call(method, request.this, version.decoders.arguments(method, request.element))
        if len(document) <= _KEPT_SIZE and method.name != "Login":
            if len(version.kept) >= _KEPT:
                version.kept.clear()
            version.kept[document] = call
        return call

    def _check_target(self, client: Client, method: Method, this: ObjectRef) -> None:
        """Ask for a login, for the object, and for the method to be one of its type's: in this order."""
        service = self.service
        if method.name not in OPEN:
            service.session(client)
        kind = service.found(client, this)
        if schema.wire_name(method.owner) not in schema.names_above(kind):
            fault("MethodNotFound", f"{kind} has no method {method.name}")


class _Version:
    """The decoders and encoders of a version of the API, and the requests kept in it."""

    def __init__(self, version: Schema) -> None:
        self.schema = version
        self.decoders = decoders_of(version)
        self.encoders = encoders_of(version)
        self.kept: dict[bytes, Call] = {}
        self._results: dict[str, Callable[[Any], str]] = {}

    def result(self, method: Method, value: Any) -> str:
        """Give what the method returns, as the type that is declared; what was fetched, as that of the property."""
        if method is schema.FETCH:
            return self.encoders.element("returnval", value.type)(value.value)
        found = self._results.get(method.name)
        if found is None:
            found = self._results[method.name] = self.encoders.element("returnval", method.result or object)
        return found(value)
