"""A server that runs: from the socket to its end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from typing import TYPE_CHECKING

from aiohttp import web

from taskconform.conformance.serve.application import PATH, Application
from taskconform.conformance.serve.tls import context_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from taskconform.conformance.serve.options import Options

_GARBAGE = (20_000, 20, 50)
"""The thresholds of the garbage collector in a process that only serves: tasks are made to stay."""
_GOODBYE = 2.0
"""Seconds that requests may take to end when the server does."""


class Running:
    """A server that can be reached. `authority` is the PEM certificate of its authority, if made here."""

    def __init__(self, application: Application, url: str, authority: bytes | None) -> None:
        """Keep it."""
        self.application = application
        self.url = url
        self.authority = authority


@contextlib.asynccontextmanager
async def running(options: Options) -> AsyncIterator[Running]:
    """Run a server. Raises OSError where it cannot listen."""
    context, authority = context_of(options)
    application = Application(options)
    runner = web.ServerRunner(application.server(), shutdown_timeout=_GOODBYE)
    await runner.setup()
    sweeper = asyncio.create_task(application.sweep())
    try:
        site = web.TCPSite(runner, options.host, options.port, ssl_context=context)
        await site.start()
        host, port = runner.addresses[0][:2]
        scheme = "http" if context is None else "https"
        authority_host = f"[{host}]" if ":" in host else host
        yield Running(application, f"{scheme}://{authority_host}:{port}{PATH}", authority)
    finally:
        sweeper.cancel()
        await runner.cleanup()


async def run_until_stopped(options: Options, ready: Callable[[Running], None]) -> None:
    """Run a server until SIGTERM or SIGINT; `ready` is called once it can be reached."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with running(options) as server:
        gc.collect()
        gc.freeze()  # pyVmomi's type information is never garbage, and takes long to be looked through
        gc.set_threshold(*_GARBAGE)
        ready(server)
        await stopped.wait()
