"""A recorder that runs: from the socket to its end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

from taskconform.conformance.recorder.proxy import LINE, Proxy
from taskconform.conformance.serve.tls import context_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from taskconform.conformance.recorder.tape import Tape
    from taskconform.conformance.recorder.upstream import Upstream

_KEEP_ALIVE: Final = 600.0
_IDLE: Final = 10.0
"""Seconds that a connection to the server may lie idle before another one is opened instead: it may be closing it."""
_GOODBYE: Final = 1.0
"""Seconds that requests may take to end when the recorder does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where the recorder listens, and with which certificate; one is made where none is given."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = True
    certificate: str | None = None
    private_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A recorder that can be reached. `authority` is the PEM certificate of its authority, if made here."""

    url: str
    authority: bytes | None


@contextlib.asynccontextmanager
async def recording(upstream: Upstream, listening: Listening, tape: Tape) -> AsyncIterator[Recording]:
    """Run a recorder. Raises OSError where it cannot listen, TargetUnreachable where the server does not answer."""
    context, authority = context_of(listening)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=upstream.trust, keepalive_timeout=_IDLE),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, connect=30),
        auto_decompress=False,
        max_line_size=LINE,
        max_field_size=LINE,
    )
    async with session:
        await upstream.check(session)
        proxy = Proxy(upstream, tape, session)
        server = web.Server(
            proxy.handle,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE,
            auto_decompress=False,
            handler_cancellation=True,
            max_line_size=LINE,
            max_field_size=LINE,
        )
        runner = web.ServerRunner(server, shutdown_timeout=_GOODBYE)
        await runner.setup()
        try:
            await web.TCPSite(runner, listening.host, listening.port, ssl_context=context).start()
            host, port = runner.addresses[0][:2]
            shown = f"[{host}]" if ":" in host else host
            proxy.base = f"{'http' if context is None else 'https'}://{shown}:{port}"
            yield Recording(url=proxy.base + upstream.path, authority=authority)
        finally:
            await runner.cleanup()


async def run_until_stopped(
    upstream: Upstream,
    listening: Listening,
    tape: Tape,
    ready: Callable[[Recording], None],
    beside: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Run a recorder until SIGTERM or SIGINT. `ready` is called once it can be reached, `beside` runs as long."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with recording(upstream, listening, tape) as running:
        gc.collect()
        gc.freeze()  # pyVmomi's type information is never garbage, and takes long to be looked through
        ready(running)
        watching = asyncio.ensure_future(beside()) if beside is not None else None
        await stopped.wait()
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
