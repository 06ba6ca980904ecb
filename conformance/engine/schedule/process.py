"""A process of a run: it opens a target when it starts, does jobs one after another, and closes it in the end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine.schedule.interrupts import ASKED, heed
from taskconform.conformance.engine.schedule.worker import Job, Worker
from taskconform.conformance.errors import AdapterFailed, CommandError
from taskconform.conformance.targets.naming import beside_each_other, is_vcsim, open_named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from taskconform.conformance.targets.naming import Share

AMONG: Final = 16
"""Targets, about, that a process opens to wait with: they share its part of the rate."""

_IDLE: Final = 0.1
"""Seconds between two looks whether a process that is to end has finished its job."""

_worker: Worker | CommandError
_busy = threading.Event()
_closing = threading.Lock()


def start(name: str, options: dict[str, str], folder: Path, share: Share, waiting: Event) -> None:
    """Open the target of this process, or keep why that cannot be done: a pool reports all that an initializer raises.
    While it is being opened an interrupt waits. `waiting` is set once all test cases of `Worker.wait_out` wait."""
    global _worker  # noqa: PLW0603  # a process has one target
    with _at_work():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        parent = multiprocessing.parent_process()
        if parent is not None:
            threading.Thread(target=_follow, args=(parent,), daemon=True).start()
        another = partial(open_named, name, options, share)
        among = replace(share, processes=share.processes * AMONG)
        try:
            target = another()
        except CommandError as problem:
            _worker = problem
            return
        _worker = Worker(
            target,
            folder,
            beside=another if is_vcsim(name) else None,
            apart=partial(open_named, name, beside_each_other(name, options), among),
            waiting=waiting.set,
        )
        Finalize(None, _close, exitpriority=10)


def do(job: Job) -> Any:
    """Do a job in this process. Raises KeyboardInterrupt if there are to be no more, and what has kept the target from
    being opened."""
    with _at_work():
        if isinstance(_worker, CommandError):
            raise _worker
        return job.do(_worker)


@contextmanager
def _at_work() -> Iterator[None]:
    """Keep the target open while a job is under way. Raises KeyboardInterrupt if there are to be no more."""
    _busy.set()
    try:
        heed()
        yield
    finally:
        _busy.clear()


def _leave(number: int, _: object) -> None:
    """Handle an interrupt: leave the job under way before its next call. Nothing is raised here, in the middle of
    whatever is going on: half a result in the pool's pipe would stop all the others. Between jobs the pool says when to
    end; one that terminates its processes does not, and neither does one that is no more."""
    ASKED.to_stop = True
    if number == signal.SIGTERM:
        threading.Thread(target=_end_when_idle, daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    """End when the process that started this one has ended, however it did."""
    parent.join()
    ASKED.to_stop = True
    _end_when_idle()


def _end_when_idle() -> None:
    """Close the target once no job uses it, and end this process: nobody waits for what else it has to say."""
    while _busy.is_set():
        time.sleep(_IDLE)
    _close()
    os._exit(1)


def _close() -> None:
    """Close the worker's targets; never from two threads at once."""
    with _closing, suppress(AdapterFailed):  # of which the first target that the run closed has told
        if isinstance(_worker, Worker):
            _worker.close()
