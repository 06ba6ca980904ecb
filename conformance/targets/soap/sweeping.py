"""Sessions that only clean up, and the reasons why a server cannot be worked with."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap.cleaning import Cleaning
from taskconform.conformance.targets.soap.methods import Credentials, Methods
from taskconform.conformance.targets.soap.paced import PacedWire
from taskconform.conformance.targets.soap.wire import Endpoint, Session, WireFault, WireLost
from taskconform.conformance.wire.xml import Undecodable

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN: Final = "session-0"
"""The pseudonym of the adapter's own session."""


@contextmanager
def sweeping(endpoint: Endpoint, credentials: Credentials, agent: str, rate: float | None) -> Iterator[Cleaning]:
    """Log in only to clean up, and out again. Raises TargetUnreachable."""
    wire = PacedWire(endpoint, agent, rate)
    own = wire.session()
    try:
        wire.negotiate()
        own = wire.session()
        content = soap_inventory.read_content(own)
        methods = Methods(content, {"primary": credentials})

        def log_in(session: Session) -> object:
            return methods.log_in(session, "primary", OWN)

        try:
            log_in(own)
        except WireFault as error:
            raise TargetUnreachable(turned_away(endpoint, credentials, error)) from error
    except TargetUnreachable:
        own.close()
        raise
    except (WireFault, WireLost, Undecodable) as error:
        own.close()
        raise TargetUnreachable(why_not(endpoint, error)) from error
    cleaning = Cleaning(own, content, log_in)
    try:
        yield cleaning
    finally:
        cleaning.leave(own)
        cleaning.end()


def turned_away(endpoint: Endpoint, credentials: Credentials, error: WireFault) -> str:
    """Explain a login that faulted."""
    return f"{endpoint} refuses the login of {credentials.user}: {_said(error)}"


def _said(error: WireFault) -> str:
    """Return a fault in a few words."""
    said = error.fault.message if error.fault.message != error.fault.kind else ""
    return f"{error.fault.kind}: {said}".rstrip(": ")


def why_not(endpoint: Endpoint, error: WireFault | WireLost | Undecodable) -> str:
    """Explain why a server cannot be worked with, and what to do about it."""
    if isinstance(error, WireFault):
        return f"{endpoint}: {error.method or 'a call'} faults with {_said(error)}"
    cause = error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = f"the certificate is not trusted: {cause.verify_message}"
        return f"{endpoint}: {why} (--set insecure=yes does without)"
    if isinstance(cause, ssl.SSLError):
        return f"{endpoint}: no TLS connection: {cause.reason or cause}"
    if isinstance(cause, TimeoutError):
        return f"{endpoint}: timed out: no answer within {endpoint.timeout:g} s (--set timeout=SECONDS)"
    if isinstance(error, Undecodable) or cause is None or isinstance(cause, Undecodable):
        return f"{endpoint} does not answer as a vSphere API does: {error}"
    return f"{endpoint}: {error}"
