"""Requests to a server that may be in trouble: those of cleaning up, which need not succeed."""

from __future__ import annotations

import time
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap.wire import Session, WireFault, WireLost
from taskconform.conformance.wire import body, xml

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.conformance.targets.soap.wire import Wire
    from taskconform.model.vocabulary.outcomes import Fault

PATIENCE: Final = 5.0
"""Seconds for which a server that does not answer is asked again, over a whole cleaning."""
SHORT: Final = 1.0
"""The same, where it had stopped to answer before."""
_HURRY: Final = 2.0
"""Seconds that a server in trouble is given for an answer."""


class Sender:
    """Sends requests on sessions of ours.

    A connection that is lost is made again, and the request repeated, for a few seconds in all; then the server is
    `gone`, and nothing more is sent. If it no longer knows our own session we log in anew.
    """

    def __init__(
        self, own: Session, content: Content, log_in: Callable[[Session], object], patience: float = PATIENCE
    ) -> None:
        """Clean up by way of our own session; `log_in` logs in on a session as whoever that is."""
        self.gone = False
        self._patience = patience
        self._own = own
        self._content = content
        self._log_in = log_in
        self._hurried: Wire | None = None
        self._twins: dict[int, Session] = {}

    def send(self, session: Session, request: str) -> Element | Fault | None:
        """Send a request that need not succeed; return the answer, the fault, or None if there was no answer."""
        for again in (False, True):
            if self.gone:
                return None
            live = self._live(session)
            try:
                return live.call(request)
            except WireFault as error:
                if again or session is not self._own or not error.fault.is_a("NotAuthenticated"):
                    return error.fault
                if not self._enter_anew():
                    return error.fault
            except (WireLost, TargetUnreachable):
                if again or not self._answers():
                    return None
        return None

    def _live(self, session: Session) -> Session:
        """Return the session itself, or, once the server was in trouble, a twin with a short time-out."""
        if self._hurried is None:
            return session
        twin = self._twins.get(id(session))
        if twin is None:
            twin = self._twins[id(session)] = self._hurried.session()
            twin.cookie = twin.stub.cookie = session.cookie
        return twin

    def _enter_anew(self) -> bool:
        """Log in on our own session once more; return whether that succeeded."""
        live = self._live(self._own)
        try:
            self._log_in(live)
        except (WireFault, WireLost, xml.Undecodable, TargetUnreachable):
            return False
        self._own.cookie = self._own.stub.cookie = live.cookie
        self._own.logged_in = True
        return True

    def _answers(self) -> bool:
        """Wait until the server answers again, within the patience that is left; return whether it does. A server that
        loses an answer now and then, and gives the others, uses up none of it."""
        self._hurried = hurried(self._own.wire)
        self._drop_twins()
        began = time.monotonic()
        while silence_of(self._hurried) is not None:
            if time.monotonic() - began >= self._patience:
                self.gone = True
                return False
            time.sleep(0.1)
            self._patience -= time.monotonic() - began
            began = time.monotonic()
        return True

    def _drop_twins(self) -> None:
        for twin in self._twins.values():
            twin.close()
        self._twins.clear()

    def end(self) -> None:
        """Close the connections that were made for cleaning up only."""
        self._drop_twins()

    def leave(self, session: Session) -> None:
        """Log out, if the server lets us, and close the connection."""
        if session.logged_in:
            self.send(session, body.method("Logout", self._content.manager("sessionManager")))
            session.logged_in = False
        session.close()
        twin = self._twins.pop(id(session), None)
        if twin is not None:
            twin.close()


def hurried(wire: Wire) -> Wire:
    """Return a wire to the same server with a short time-out."""
    quick = copy(wire)
    quick.endpoint = replace(wire.endpoint, timeout=min(wire.endpoint.timeout, _HURRY))
    quick.refusals = 0
    return quick


def silence_of(wire: Wire) -> str | None:
    """Return None if the server answers as a vSphere API does, if only with a fault; else the reason."""
    session = wire.session()
    try:
        session.call(body.method("RetrieveServiceContent", body.SERVICE_INSTANCE))
    except WireFault:
        return None
    except (WireLost, TargetUnreachable) as problem:
        wire.refusals = 0
        return str(problem)
    finally:
        session.close()
    return None
