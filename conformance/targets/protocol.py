"""The adapter: the small protocol between the suite and the target under test.

An adapter translates and nothing more. It never retries, never judges, and swallows nothing: the server's answer comes
back as an `Outcome`, an unknown fault with its wire name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from taskconform.conformance.errors import TargetMisnamed, TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome


__all__ = ["Target", "TargetMisnamed", "TargetUnreachable"]


class Target(Protocol):
    """One server, driven by one process. Sessions are opened by performing `Login`; the adapter keeps, by the plan's
    session name, what goes with each (connection, cookie, filters, versions)."""

    @property
    def declaration(self) -> Declaration:
        """Description of the target: immutable, since plan and model rely on it."""
        ...

    def perform(self, call: Call) -> Outcome:
        """Perform one concrete call (no symbols in it) and say what came back, with the interval of server time in
        which it happened. Raises TargetUnreachable only when no further call can succeed."""
        ...

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform calls of different sessions at the same time, as far as the target allows; outcomes in the order of
        the calls."""
        ...

    def reset(self) -> None:
        """Bring a fresh server state (capability `reset`): no sessions, no tasks but the server's own, no extension of
        ours, the clock as at the start. Without the capability: close every session of ours, destroy what is ours."""
        ...

    def close(self) -> None:
        """End all sessions, remove what is ours, stop what was started. May be called twice."""
        ...

    @property
    def socket_seconds(self) -> float:
        """Seconds spent waiting for the server so far (0.0 in process): the rest of `perform` is the adapter's own."""
        ...
