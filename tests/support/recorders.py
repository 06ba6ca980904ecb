"""A recorder in a thread of this process, in front of a server."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import Any

from taskconform.conformance.recorder.running import Listening, recording
from taskconform.conformance.recorder.tape import Tape
from taskconform.conformance.recorder.upstream import Upstream
from taskconform.conformance.records.private import Names


@contextmanager
def recorded(url, path, *, private=(), hashed=False, tls=False, **trust):
    """Record a server into a file for as long as the context lasts: what `recording` gives, and the tape."""
    started: list[Any] = []
    ready = threading.Event()

    async def run():
        stopped = asyncio.Event()
        try:
            with Tape(path, Names(private), hashed=hashed) as tape:
                async with recording(Upstream(url, **trust), Listening(tls=tls), tape) as running:
                    started.extend([running, tape, asyncio.get_running_loop(), stopped])
                    ready.set()
                    await stopped.wait()
            await asyncio.sleep(0.25)  # connections with TLS are closed a little later, as aiohttp's pages say
        except Exception as problem:  # noqa: BLE001  # shown by the test
            started.append(problem)
        finally:
            ready.set()

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(60), "the recorder did not start"
    if isinstance(started[0], Exception):
        thread.join(30)
        raise started[0]
    running, tape, loop, stopped = started
    try:
        yield running, tape
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(30)
    assert not thread.is_alive(), "the recorder did not end"
