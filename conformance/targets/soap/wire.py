"""The wire: one HTTP connection and cookie a session, over pyVmomi's stub; what came back, or why nothing did.

Nothing here retries. A kept-alive connection that the server has closed while we were idle is replaced before anything
is sent on it; a request that was sent once is never sent again.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass, field
from http.client import HTTPException
from threading import Event, Lock
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import unquote, urlsplit

from pyVmomi import SoapAdapter, VmomiSupport

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap.http import Answer, HttpError, KeptConnection
from taskconform.conformance.targets.soap.pseudonyms import Pseudonyms
from taskconform.conformance.wire import answers, body, xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from taskconform.model.vocabulary.outcomes import Fault

_HEADERS: Final = "Content-Type: text/xml; charset=utf-8\r\nUser-Agent: taskconform\r\nAccept-Encoding: identity\r\n"
_COOKIE: Final = re.compile(r"[^;=]+=([^;]*)")
_new_stub = cast("Any", SoapAdapter.SoapStubAdapter)
_versions = cast("dict[str, str]", VmomiSupport.versionMap)
_REFUSALS: Final = 3
"""This many connections refused in a row, and the server is gone for good."""

TIMED_OUT: Final = "timed out"
"""The reason of a lost answer that did not come in time."""


class WireFault(Exception):  # noqa: N818  # an answer, named as one
    """The server answered with a fault. `method`: what was called, "" if that is not known."""

    def __init__(self, fault: Fault, method: str = "") -> None:
        """With what the server said."""
        super().__init__(fault.kind)
        self.fault, self.method = fault, method


class WireLost(Exception):  # noqa: N818  # an answer, named as one
    """The server did not answer, or not with anything that says something of its rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The address of a server. `timeout` in seconds, for each wait on the socket."""

    scheme: str
    host: str
    port: int
    path: str
    timeout: float
    insecure: bool = False

    @property
    def authority(self) -> str:
        """Host and port; an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def tls(self) -> ssl.SSLContext | None:
        """Return the checks of the server's certificate; None without TLS."""
        if self.scheme != "https":
            return None
        context = ssl.create_default_context()
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def __str__(self) -> str:
        """Return the URL without the user."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_url(url: str) -> tuple[str, str | None, str, int, str]:
    """Scheme, user, host, port and path of a target's URL. Raises ValueError where there is no host or no port."""
    parts = urlsplit(url)
    if not parts.hostname:
        message = "no host"
        raise ValueError(message)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    user = None if parts.username is None else unquote(parts.username)
    return parts.scheme, user, parts.hostname, port, parts.path if parts.path not in ("", "/") else "/sdk"


@dataclass(slots=True, kw_only=True)
class Session:
    """The connection of one of the plan's session names. `has_filter`: it has a filter over recentTask, and `version`
    is the last that a wait on it gave. `written` is set whenever a request has gone out."""

    wire: Wire
    stub: Any
    cookie: str = ""
    logged_in: bool = False
    has_filter: bool = False
    version: str = ""
    socket_seconds: float = 0.0
    written: Event | None = None
    _connection: KeptConnection | None = None
    _lock: Lock = field(default_factory=Lock)

    def call(self, request: str) -> Element:
        """Send a method call; the response element. Raises WireFault, WireLost, TargetUnreachable."""
        pseudonyms = self.wire.pseudonyms
        answer = self.exchange("POST", self.wire.endpoint.path, body.envelope(pseudonyms.restore(request)))
        if answer.status not in (200, 500):
            message = f"HTTP {answer.status}"
            raise WireLost(message)
        try:
            response = xml.body_of(xml.root_of(pseudonyms.hide(answer.body)))
            if xml.local(response.tag) == "Fault":
                raise WireFault(answers.soap_fault(response), request[1:].partition(" ")[0])
        except xml.Undecodable as error:
            message = str(error) if answer.status == 200 else f"HTTP {answer.status}, and {error}"
            raise WireLost(message) from error
        return response

    def exchange(self, verb: str, path: str, payload: bytes) -> Answer:
        """One HTTP request and its answer."""
        with self._lock:
            start = perf_counter()
            try:
                connection = self._connected()
                answer = connection.exchange(self._head(verb, path, len(payload)) + payload, self.written)
            except (OSError, HttpError) as error:
                self._disconnect()
                raise WireLost(_reason(error)) from error
            finally:
                self.socket_seconds += perf_counter() - start
            if answer.cookie.isprintable() and answer.cookie.isascii() and answer.cookie:
                self.cookie = answer.cookie.partition(";")[0]
                self.stub.cookie = self.cookie
            if not answer.kept:
                self._disconnect()
            return answer

    def _head(self, verb: str, path: str, length: int) -> bytes:
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        return (
            f"{verb} {path} HTTP/1.1\r\nHost: {self.wire.endpoint.authority}\r\n{_HEADERS}"
            f"SOAPAction: {self.stub.versionId}\r\n{cookie}Content-Length: {length}\r\n\r\n"
        ).encode("latin-1")

    def _connected(self) -> KeptConnection:
        """The kept connection, or a new one."""
        if self._connection is not None and not self._connection.is_stale():
            return self._connection
        self._disconnect()
        try:
            self._connection = KeptConnection(self.stub.GetConnection())
        except HTTPException as error:
            raise HttpError(str(error)) from error
        except ConnectionRefusedError:
            self.wire.refused()
            raise
        self.wire.refusals = 0
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def cookie_value(self) -> str:
        """The bare value of the cookie, or "" if the server gave none."""
        found = _COOKIE.match(self.cookie)
        return found[1].strip('"') if found else ""

    def twin(self) -> Session:
        """Another connection of the same session: it has the same cookie."""
        other = self.wire.session()
        other.cookie = other.stub.cookie = self.cookie
        return other

    def close(self) -> None:
        """Close the connection; the server is told nothing."""
        self._disconnect()


class Wire:
    """All that the sessions of one server have in common."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Connects nothing yet."""
        self.endpoint = endpoint
        self.pseudonyms = Pseudonyms()
        self.refusals = 0
        self._version: str | None = None
        self._tls = endpoint.tls()

    def session(self) -> Session:
        """Make a session on which nobody has logged in, not connected yet."""
        endpoint = self.endpoint
        stub = _new_stub(
            host=endpoint.host,
            port=endpoint.port if endpoint.scheme == "https" else -endpoint.port,
            path=endpoint.path,
            version=self._version,
            sslContext=self._tls,
            httpConnectionTimeout=endpoint.timeout,
        )
        return Session(wire=self, stub=stub)

    def negotiate(self) -> None:
        """Find the newest API version that the server and pyVmomi both know, as the server publishes it. A server that
        publishes none is spoken to as pyVmomi does by default."""
        session = self.session()
        try:
            answer = session.exchange("GET", f"{self.endpoint.path}/vimServiceVersions.xml", b"")
            root = xml.root_of(answer.body) if answer.status == 200 else None
        except xml.Undecodable:
            root = None
        finally:
            session.close()
        offered = [] if root is None else [f"vim25/{each.text}" for each in root.iter("version")]
        self._version = next((_versions[name] for name in offered if name in _versions), None)

    def refused(self) -> None:
        """Count a connection that could not be made; raises TargetUnreachable once the server is gone for good."""
        self.refusals += 1
        if self.refusals >= _REFUSALS:
            message = f"{self.endpoint} refuses connections"
            raise TargetUnreachable(message)


def _reason(error: Exception) -> str:
    """An exception of the socket or HTTP layer, in a few words without addresses."""
    if isinstance(error, TimeoutError):
        return TIMED_OUT
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message} (insecure=yes does without)"
    if isinstance(error, socket.gaierror):
        return "the host name does not resolve"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error) or type(error).__name__
