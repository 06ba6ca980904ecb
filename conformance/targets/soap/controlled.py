"""A SOAP server with a control endpoint as a target: a fresh state can be had, and perhaps the clock can be moved.

Such a server says in each answer what time it is (`X-Taskconform-Now`, microseconds since 1970), if its clock stands
still otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap.clock import Clock
from taskconform.conformance.targets.soap.ledger import Ledger
from taskconform.conformance.targets.soap.target import SoapTarget
from taskconform.conformance.targets.soap.wire import Endpoint, WireFault, WireLost
from taskconform.conformance.wire.xml import Undecodable
from taskconform.model.vocabulary.calls import AdvanceClock
from taskconform.model.vocabulary.outcomes import Interval, Outcome, Returned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.soap.control import Control
    from taskconform.conformance.targets.soap.methods import Credentials
    from taskconform.conformance.targets.soap.paced import PacedWire
    from taskconform.conformance.targets.soap.profile import Profile
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.calls import Call


class StandingClock(Clock):
    """A clock that moves with each request, and otherwise only if it is moved: what the last answer said is the time
    until the next request."""

    def __init__(self, wire: PacedWire, control: Control) -> None:
        """Begin with what the server says now."""
        super().__init__()
        self._wire = wire
        wire.server_now = control.now()

    @property
    def due(self) -> bool:
        """There is nothing to ask for."""
        return False

    def measure(self, session: Session, samples: int = 3) -> None:
        """Each answer says it."""

    def mark(self) -> int:
        """The time, in microseconds: no later than what happens from here on."""
        return self._wire.server_now

    def since(self, mark: int) -> Interval:
        """Return the interval from the mark until the last answer."""
        return Interval(earliest=mark, latest=self._wire.server_now)


class ControlledTarget(SoapTarget):
    """A server that nobody else uses. See `protocol.Target`. `resets`: the control endpoint is asked for a fresh state;
    else what is ours is removed, as anywhere."""

    def __init__(
        self,
        endpoint: Endpoint,
        accounts: Mapping[str, Credentials],
        profile: Profile,
        control: Control,
        *,
        resets: bool,
    ) -> None:
        """Connect, log in, look around. Raises TargetUnreachable."""
        self._control = control
        self._resets = resets
        super().__init__(endpoint, accounts, profile)

    def _new_clock(self) -> Clock:
        return StandingClock(self._wire, self._control) if self._control.is_virtual else super()._new_clock()

    def _perform(self, session: Session, call: Call) -> Outcome:
        if not isinstance(call, AdvanceClock):
            return super()._perform(session, call)
        mark = self._clock.mark()
        self._wire.server_now = self._control.advance(call.seconds)
        return Returned(value=None, at=self._clock.since(mark))

    def reset(self) -> None:
        """A fresh server state: nobody is logged in any more, and we are again. Raises TargetUnreachable."""
        if not self._resets:
            super().reset()
            return
        self._raise_if_gone()
        for session in self._sessions.values():
            self._past_seconds += session.socket_seconds
            session.close()
        self._sessions.clear()
        self._ledger, self._ended, self._losses = Ledger(), "", 0
        self._control.reset()
        self._own.logged_in = False
        self._own.cookie = self._own.stub.cookie = ""
        self._start_methods()
        try:
            self._log_in(self._own, "primary")
            self._clock.measure(self._own)
        except (WireFault, WireLost, Undecodable) as problem:
            message = f"{self._wire.endpoint} does not start anew: {problem}"
            raise TargetUnreachable(message) from problem
        self._wire.server_now = self._control.now()

    def abandon(self) -> None:
        """Close all connections without a word."""
        super().abandon()
        self._control.close()
