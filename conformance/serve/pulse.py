"""The pulse that wakes waiting calls."""

from __future__ import annotations

import asyncio


class Pulse:
    """Wakes all that wait, whenever something may have changed."""

    def __init__(self) -> None:
        """Start without a call that waits."""
        self._event = asyncio.Event()
        self._waiting = 0

    def beat(self) -> None:
        """Wake all."""
        if self._waiting:
            event, self._event = self._event, asyncio.Event()
            event.set()

    async def wait(self, seconds: float) -> None:
        """Wait for the next beat, so long at most."""
        self._waiting += 1
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._waiting -= 1
