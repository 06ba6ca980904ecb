"""Interrupts: a process that is asked to stop leaves its job between two calls, never in the middle of one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.conformance.records.history import Record

LONGEST_REST: Final = 0.2
"""Seconds that pass at most before an interrupt is heeded, while a job does nothing but wait."""


@dataclass(slots=True)
class Asked:
    """A flag of this process: it has been asked to stop. A signal handler may set it."""

    to_stop: bool = False


ASKED: Final = Asked()


def heed() -> None:
    """Raise KeyboardInterrupt if this process has been asked to stop."""
    if ASKED.to_stop:
        raise KeyboardInterrupt


def rest(seconds: float) -> None:
    """Wait for some seconds. Raises KeyboardInterrupt as soon as this process is asked to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        heed()
        time.sleep(min(left, LONGEST_REST))


def heeding(write: Callable[[Record], None]) -> Callable[[Record], None]:
    """Wrap what takes records, so that an interrupt ends the job before its next record: between two calls, where
    nothing is half done, and never inside of Hypothesis, parts of which swallow exceptions."""

    def record(one: Record) -> None:
        heed()
        write(one)

    return record
