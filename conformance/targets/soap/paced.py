"""Sessions that are paced: their requests say which run they belong to, and go out no faster than was agreed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap.http import Pace
from taskconform.conformance.targets.soap.wire import Endpoint, Session, Wire

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.http import Answer

_ANONYMOUS: Final = b"User-Agent: taskconform\r\n"

_LONGEST: Final = 19
"""Digits that no time has."""


class PacedSession(Session):
    """A session whose requests say which run they belong to, and go out no faster than was agreed."""

    wire: PacedWire

    def exchange(self, verb: str, path: str, payload: bytes) -> Answer:
        """Send an HTTP request when it is time for it, and return the answer."""
        self.wire.pace.take()
        answer = super().exchange(verb, path, payload)
        if answer.now.isdigit() and len(answer.now) < _LONGEST:
            self.wire.server_now = max(self.wire.server_now, int(answer.now))
        return answer

    def _head(self, verb: str, path: str, length: int) -> bytes:
        return super()._head(verb, path, length).replace(_ANONYMOUS, self.wire.user_agent, 1)


class PacedWire(Wire):
    """A wire whose sessions are paced, all together."""

    def __init__(self, endpoint: Endpoint, agent: str, rate: float | None) -> None:
        """`agent` is the User-Agent header; `rate` is in requests a second, None for as fast as they come."""
        super().__init__(endpoint)
        self.user_agent = f"User-Agent: {agent}\r\n".encode("latin-1")
        self.pace = Pace(rate)
        self.server_now = 0
        """The latest time that an answer has told; 0 where none does."""

    def session(self) -> Session:
        """Make a session on which nobody has logged in, not connected yet."""
        return PacedSession(wire=self, stub=super().session().stub)
