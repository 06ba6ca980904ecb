"""A server in a thread of this process, for tests of programs that talk to one."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.running import Running, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taskconform.conformance.serve.options import Options

_START: Final = 60.0
"""Seconds that a server may take to start."""
_END: Final = 30.0
"""Seconds that it may take to end."""


class Background:
    """A server that runs in another thread. `ask` has a function called there, and returns what it returns."""

    def __init__(self, server: Running, loop: asyncio.AbstractEventLoop) -> None:
        """Keep it."""
        self.server = server
        self._loop = loop

    def ask(self, function: Callable[[], Any]) -> Any:
        """Call a function in the server's thread, between two requests."""

        async def called() -> Any:
            return function()

        return asyncio.run_coroutine_threadsafe(called(), self._loop).result(_END)


@contextmanager
def serving(options: Options) -> Iterator[Background]:
    """Run a server for as long as the context lasts. Raises OSError where it cannot listen, RuntimeError where it does
    not start or end in time."""
    started: list[tuple[Running, asyncio.AbstractEventLoop, asyncio.Event]] = []
    failed: list[BaseException] = []
    ready = threading.Event()

    async def run() -> None:
        stopped = asyncio.Event()
        try:
            async with running(options) as server:
                started.append((server, asyncio.get_running_loop(), stopped))
                ready.set()
                await stopped.wait()
        except OSError as problem:
            failed.append(problem)
        finally:
            ready.set()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True, name="taskconform serve")
    thread.start()
    if not ready.wait(_START):
        message = "the server did not start"
        raise RuntimeError(message)
    for problem in failed:
        raise problem
    server, loop, stopped = started[0]
    try:
        yield Background(server, loop)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(_END)
    if thread.is_alive():
        message = "the server did not end"
        raise RuntimeError(message)
