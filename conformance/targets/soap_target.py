"""A SOAP server as a target: its sessions, its clock, its declaration."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets import soap_inventory
from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap_clock import Clock
from taskconform.conformance.targets.soap_methods import Credentials, Methods
from taskconform.conformance.targets.soap_wire import Endpoint, Session, Wire, WireFault, WireLost
from taskconform.conformance.targets.soap_xml import Undecodable
from taskconform.model.declaration import Account, Declaration
from taskconform.model.outcomes import Faulted, Lost, Outcome, Returned

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.model.calls import Call

_TOGETHER: Final = 16
"""So many calls go out at the same time at most."""
_OWN: Final = "session-0"
"""The pseudonym of the adapter's own session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the server cannot say of itself. `spelled`: the accounts' user names are what UserSession will say, so that
    none but `primary` has to be tried at the start."""

    name: str
    extension_key: str
    capabilities: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)
    exclusive: bool = False
    settling: float = 10.0
    spelled: bool = False


class SoapTarget:
    """A server, driven over SOAP. See `protocol.Target`.

    Beside the plan's sessions it has one of its own, as `primary`, for what is no call: clock, inventory, cleaning up.
    """

    def __init__(self, endpoint: Endpoint, accounts: Mapping[str, Credentials], profile: Profile) -> None:
        """Connect, log in, look around. `accounts` by the plan's names. Raises TargetUnreachable."""
        self._wire = Wire(endpoint)
        self._clock = Clock()
        self._sessions: dict[str, Session] = {}
        self._past_seconds = 0.0
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self._own = self._wire.session()
        try:
            self._wire.negotiate()
            self._own = self._wire.session()
            content = soap_inventory.read_content(self._own)
            self._methods = Methods(content, accounts)
            self._declaration = self._declare(content, accounts, profile)
            self._clock.measure(self._own)
        except WireFault as error:
            self._drop()
            message = f"{endpoint}: {error.fault.kind}: {error.fault.message}".rstrip(": ")
            raise TargetUnreachable(message) from error
        except (WireLost, Undecodable) as error:
            self._drop()
            message = f"{endpoint}: {error}"
            raise TargetUnreachable(message) from error

    def _declare(
        self, content: soap_inventory.Content, accounts: Mapping[str, Credentials], profile: Profile
    ) -> Declaration:
        names = {"primary": self._methods.log_in(self._own, "primary", _OWN).user_name}
        for name, credentials in accounts.items():
            if name not in names:
                names[name] = credentials.user if profile.spelled else self._spelling(name)
        capabilities = {*profile.capabilities, "raw"}
        if "second" in accounts:
            capabilities.add("second-user")
        if "eventManager" in content.managers:
            capabilities.add("events")
        return Declaration(
            name=profile.name,
            about=content.about,
            capabilities=tuple(sorted(capabilities)),
            accounts=tuple(Account(name=name, user_name=user_name) for name, user_name in names.items()),
            places=soap_inventory.read_places(self._own, content),
            extension_key=profile.extension_key,
            identity=dict(profile.identity),
            exclusive=profile.exclusive,
            settling=profile.settling,
        )

    def _spelling(self, account: str) -> str:
        """The user name as the server spells it, which only a login tells."""
        session = self._wire.session()
        try:
            user_name = self._methods.log_in(session, account, _OWN).user_name
            self._methods.log_out(session)
        finally:
            session.close()
        return user_name

    @property
    def declaration(self) -> Declaration:
        """What the target says of itself."""
        return self._declaration

    @property
    def socket_seconds(self) -> float:
        """Seconds from sending requests to having read their answers; of calls made together, the sum."""
        return self._past_seconds + sum(each.socket_seconds for each in (self._own, *self._sessions.values()))

    def perform(self, call: Call) -> Outcome:
        """Perform one call and say what came back. Raises TargetUnreachable once the server is gone for good."""
        session = self._session(call.session)
        self._read_clock()
        return self._perform(session, call)

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform the calls at the same time, a thread and a connection each; those of one session in turn."""
        sessions = [self._session(call.session) for call in calls]
        self._read_clock()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_TOGETHER, thread_name_prefix="taskconform-soap")
        return list(self._pool.map(self._perform, sessions, calls))

    def raw_call(self, session: str, body: str) -> Element:
        """Send any method call, ill-formed or not, on the connection and with the cookie of one of the plan's sessions.

        `body` is what stands inside soapenv:Body; the answer is the response element. Raises WireFault and WireLost.
        """
        return self._session(session).call(body)

    def reset(self) -> None:
        """Remove what is ours and end the plan's sessions; the server's state stays as it is otherwise."""
        self._methods.clean(self._own)
        for session in self._sessions.values():
            self._methods.leave(session)
            self._past_seconds += session.socket_seconds
        self._sessions.clear()

    def close(self) -> None:
        """Remove what is ours, end all sessions. A server that is gone is left alone."""
        if self._closed:
            return
        self.reset()
        self._methods.leave(self._own)
        self.abandon()

    def abandon(self) -> None:
        """Close all connections without a word: whoever stops the server takes away with it what is ours."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        for session in (self._own, *self._sessions.values()):
            session.close()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _session(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = self._wire.session()
        return session

    def _read_clock(self) -> None:
        """Ask the server's clock again if it is time to. As long as that fails the intervals go on widening."""
        if not self._clock.due:
            return
        try:
            self._clock.measure(self._own)
        except (WireLost, Undecodable):
            return
        except WireFault:
            self._read_clock_anew()

    def _read_clock_anew(self) -> None:
        """Our own session may have been idle for too long, or ended by someone: log in once more, and ask."""
        try:
            self._methods.log_in(self._own, "primary", _OWN)
            self._clock.measure(self._own)
        except (WireFault, WireLost, Undecodable):
            return

    def _perform(self, session: Session, call: Call) -> Outcome:
        start = time.monotonic_ns()
        try:
            value = self._methods.perform(session, call)
        except WireFault as error:
            return Faulted(fault=error.fault, at=self._clock.interval(start, time.monotonic_ns()))
        except (WireLost, Undecodable) as error:
            return Lost(why=str(error), at=self._clock.interval(start, time.monotonic_ns()))
        return Returned(value=value, at=self._clock.interval(start, time.monotonic_ns()))
