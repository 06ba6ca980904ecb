"""A server as the calls need it: where the managers are, and how a property is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.wire import answers, body
from taskconform.model.vocabulary.outcomes import Property

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.calls import ObjectRef


class Server:
    """One server, as the calls see it."""

    def __init__(self, content: Content) -> None:
        """`content` says where the managers are."""
        self.manager = content.manager
        self.task_manager = content.manager("taskManager")
        self.collector = content.manager("propertyCollector")

    def read(self, session: Session, ref: ObjectRef, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
        """Read one property of one object."""
        return self.retrieve(session, body.property_filter(body.escape(ref.type), path, [ref]), path, decode)

    def retrieve(self, session: Session, spec: str, path: str, decode: Callable[[Element], Any]) -> Property[Any]:
        """Read one property of the object that a filter is about."""
        found = soap_inventory.read_objects(session, self.collector, body.retrieve(self.collector, spec))
        return answers.property_of(found[0], path, decode) if found else Property()

    def log_out(self, session: Session) -> None:
        """Log out. The session keeps the dead cookie, and sends it."""
        session.call(body.method("Logout", self.manager("sessionManager")))
        session.logged_in = False
