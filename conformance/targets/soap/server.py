"""What every call needs: where the managers are, and how a property is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.conformance.targets.soap import decode as soap_decode
from taskconform.conformance.targets.soap import encode as soap_encode
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.model.vocabulary.outcomes import Property, Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.calls import ObjectRef

    Handler = Callable[["Server", Session, Any], Value]
    """Performs one call. Raises WireFault, WireLost, Undecodable, TargetUnreachable."""


class Server:
    """One server, as the calls see it."""

    def __init__(self, content: Content) -> None:
        """`content` says where the managers are."""
        self.manager = content.manager
        self.task_manager = content.manager("taskManager")
        self.collector = content.manager("propertyCollector")

    def read(self, session: Session, ref: ObjectRef, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
        """One property of one object."""
        return self.retrieve(
            session, soap_encode.property_filter(soap_encode.escape(ref.type), path, [ref]), path, decode
        )

    def retrieve(self, session: Session, spec: str, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
        """One property, of the object that a filter is about."""
        found = soap_inventory.read_objects(session, self.collector, soap_encode.retrieve(self.collector, spec))
        return soap_decode.property_of(found[0], path, decode) if found else Property()

    def log_out(self, session: Session) -> None:
        """Log out. The session keeps the dead cookie, and sends it."""
        session.call(soap_encode.method("Logout", self.manager("sessionManager")))
        session.logged_in = False


def plain(encode: Callable[[Any], str]) -> Handler:
    """How to perform a call that is one request and answers with nothing."""

    def perform(_: Server, session: Session, call: Any) -> Value:
        session.call(encode(call))
        return None

    return perform
