"""A clock for the simulator that goes by itself."""

from __future__ import annotations

import time

from taskconform.conformance.targets.sim_state import Clock


class RealClock(Clock):
    """The time of day, in microseconds, as of the last `tick`; no tick is at the time of another, nor before it."""

    __slots__ = ()

    def __init__(self) -> None:
        """Start now."""
        super().__init__()
        self.now = time.time_ns() // 1_000

    def tick(self) -> None:
        """Take the time."""
        self.now = max(self.now + 1, time.time_ns() // 1_000)

    def advance(self, seconds: int) -> None:
        """Nobody moves the time of day. Raises RuntimeError."""
        message = f"a real clock does not move by {seconds} seconds"
        raise RuntimeError(message)
