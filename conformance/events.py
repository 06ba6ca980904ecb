"""Events of a command that takes long: what happened when. Progress bar, terminal and event files hear the same ones.

An event file has one event a line, as JSON: `event` names its kind, `at` is the time (UTC), `seconds` those since the
command began. The first line has the `schema`. Fields are added; a kind or a field is renamed with a new number.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from taskconform.conformance.errors import Refused
from taskconform.reports.plain import one_line

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = "taskconform.events/1"


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """An event; a subclass is a kind."""


class Began(Event, frozen=True, kw_only=True, tag="began"):
    """The command has begun: which one, and of which version of the suite; `doing` is the command line, as far as it is
    known, `workers` the number of processes."""

    command: str
    version: str
    doing: str = ""
    workers: int = 0
    schema: str = SCHEMA


class Progressed(Event, frozen=True, kw_only=True, tag="progress"):
    """A stage has come so far."""

    stage: str
    done: int
    total: int


class PartEnded(Event, frozen=True, kw_only=True, tag="part"):
    """A part of the run is over (`shard-03`, `trace-001`, ...): its calls, test cases and different divergences; `took`
    is how many seconds it took."""

    part: str
    calls: int
    test_cases: int
    divergences: int
    took: float


class Found(Event, frozen=True, kw_only=True, tag="found"):
    """A divergence was seen for the first time."""

    clause: str
    signature: str
    expected: str
    observed: str


class Confirmed(Event, frozen=True, kw_only=True, tag="confirmed"):
    """A divergence was shrunk and run again on a fresh target, `runs` times: it showed `shown` times."""

    clause: str
    signature: str
    shown: int
    runs: int


class SeedEnded(Event, frozen=True, kw_only=True, tag="seed"):
    """A seed of a soak is over: its calls and seconds (`took`), how many divergences it was the first to show, and how
    many the store holds."""

    seed: int
    calls: int
    took: float
    new: int
    in_all: int


class Performed(Event, frozen=True, kw_only=True, tag="performed"):
    """All calls are made and judged: how many clauses have which verdict. A shard of a run has no verdicts."""

    verdicts: dict[str, int] = {}


class Ended(Event, frozen=True, kw_only=True, tag="ended"):
    """The command is over, and its files are written: its exit code, and why it broke off, if it did."""

    exit_code: int
    why: str = ""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Time of an event: `at` by the calendar, `seconds` since the command began."""

    at: datetime
    seconds: float


Listener = Callable[[Event, Moment], None]


class Events:
    """Stream of the events of one command. Whatever tells of progress may call it: it is a `Progress`."""

    def __init__(self, *listeners: Listener) -> None:
        """Begin, with these listeners, each of which is told every event."""
        self._listeners, self._clock = listeners, time.perf_counter()

    def tell(self, event: Event) -> None:
        """Tell everybody of an event."""
        seconds = round(time.perf_counter() - self._clock, 3)
        moment = Moment(at=datetime.now(UTC), seconds=seconds)
        for listener in self._listeners:
            listener(event, moment)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Tell how far a stage has come."""
        self.tell(Progressed(stage=stage, done=done, total=total))


class EventFile:
    """A file of events, a line each, that can be read while it is written: a file, a pipe, or /dev/stderr. A stage that
    has come no further is no line. Where it cannot be written any more the command goes on, and `problem` says why."""

    def __init__(self, path: Path) -> None:
        """Open the file; what it held is gone. Raises Refused."""
        self.problem = ""
        self._last: Event | None = None
        try:
            self._file = path.open("wb", buffering=0)
        except OSError as problem:
            message = f"cannot write events to {path}: {problem.strerror}"
            raise Refused(message) from None

    def __call__(self, event: Event, moment: Moment) -> None:
        """Write an event."""
        if self.problem or event == self._last:
            return
        self._last = event
        try:
            self._file.write(encoded(event, moment))
        except OSError as problem:
            self.problem = problem.strerror or str(problem)

    def __enter__(self) -> Self:
        """Be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()


def encoded(event: Event, moment: Moment) -> bytes:
    """Return an event as a line of JSON. A target's text stands in it as one line that prints."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    plain = {name: one_line(value) if isinstance(value, str) else value for name, value in fields.items()}
    at = moment.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    kind = plain.pop("event")
    return msgspec.json.encode({"event": kind, "at": at, "seconds": moment.seconds, **plain}) + b"\n"
