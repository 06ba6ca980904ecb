"""The parts of a timeline: columns of calls, lanes of tasks, bands of states, reads of recentTask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Place of a call of the exchange: its column, and the place in it; 1.5 is the middle of column 1."""

    exchange: dict[str, Any]
    at: float
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A call, or several alike in a row. `step` is -1 for the set-up. Times are microseconds of server time. `answer`
    is empty for a value, else the fault's name, or `no answer`. `offends`: it shows the divergence."""

    step: int
    session: str
    words: str
    count: int
    earliest: int
    latest: int
    answer: str = ""
    offends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A task is in a state, from `start` to `end`, in columns: 1.5 is the middle of the second."""

    state: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A task, or `count` tasks that one step made, and its states, as they were set and read. `asked`: the clause asks
    something of this one."""

    name: str
    session: str
    count: int
    bands: tuple[Band, ...]
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRead:
    """A read of recentTask in `column`: how many tasks it listed (None: it did not say), and whether the task that the
    clause asks for was among them (None: none is asked for). `window_from` is the first column within the window; None
    where all that is drawn is."""

    column: int
    listed: int | None
    lists: bool | None
    window_from: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole timeline. `start` is the server time of the first call (microseconds since 1970, UTC); `sessions` are
    in the order of their first call. `recents` are the reads of recentTask, if the clause is about it; `window`
    (seconds) and `cap` are the limits in force. `columns_cut` and `lanes_cut` count what was left out."""

    start: int
    columns: tuple[Column, ...]
    sessions: tuple[str, ...]
    lanes: tuple[Lane, ...]
    recents: tuple[RecentRead, ...]
    window: int
    cap: int
    columns_cut: int = 0
    lanes_cut: int = 0
