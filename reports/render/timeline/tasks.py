"""Tasks of a timeline: their states, as they were set and read, and the reads of recentTask."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from taskconform.reports.render.timeline.parts import Band, Lane, RecentRead
from taskconform.reports.words.names import letters, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taskconform.model.vocabulary.calls import Made
    from taskconform.reports.render.timeline.parts import Column, Place
    from taskconform.reports.trace import Trace

MICROSECONDS: Final = 1_000_000
"""Microseconds in a second."""


def asked_of(trace: Trace) -> str | None:
    """The reference value of the task that the clause asks something of, if it names one that the plan made."""
    task = getattr(trace.demand, "task", None)
    return task.value if task is not None and task.value in trace.symbols else None


# --- lanes ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Task:
    """A task while its lane is found: who made it, by which session, and where it was first in each state."""

    made: Made
    session: str
    points: list[tuple[float, str]] = field(default_factory=list)


def lanes_of(trace: Trace, places: Sequence[Place], end: int) -> list[Lane]:
    """The lanes of the tasks that the plan made: that of the task that the clause asks for first, then one for each
    step that made any. `end` is the number of columns."""
    asked = asked_of(trace)
    tasks: dict[str, _Task] = {}
    for place in places:
        session = place.exchange["call"].get("session", "")
        for value, state in states_in(place.exchange):
            if value not in trace.symbols:
                continue
            task = tasks.setdefault(value, _Task(trace.symbols[value], session))
            if not task.points or task.points[-1][1] != state:
                task.points.append((place.at, state))
    groups: dict[tuple[bool, int], list[_Task]] = {}
    for value, task in tasks.items():
        groups.setdefault((value != asked, task.made.step), []).append(task)
    found = [_lane(trace, members, end, asked=not other) for (other, _), members in groups.items()]
    return sorted(found, key=lambda lane: not lane.asked)


def states_in(exchange: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the states of tasks in a call: a reference value and a state each."""
    call, outcome = exchange["call"], exchange["outcome"]
    if outcome["is"] != "Returned":
        return
    value = outcome.get("value")
    if call["is"] == "SetTaskState":
        yield call["task"]["value"], call["state"]
    elif call["is"] == "ReadTaskInfo":
        for each in value or ():
            yield from _state(each.get("value"))
    elif isinstance(value, dict) and value.get("is") == "TaskInfo":
        yield from _state(value)


def _state(info: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield reference value and state of a task, if an answer has both."""
    if info and info.get("task") and info.get("state"):
        yield info["task"]["value"], info["state"]


def _lane(trace: Trace, members: list[_Task], end: int, *, asked: bool) -> Lane:
    """The lane of one task, or of many: each state begins where the first of them is in it."""
    longest = max((member.points for member in members), key=len)
    starts = [
        (min(member.points[at][0] for member in members if member.points[at : at + 1]), state)
        for at, (_, state) in enumerate(longest)
    ]
    bands = [
        Band(state=state, start=start, end=after)
        for (start, state), (after, _) in pairwise([*starts, (float(end), "")])
    ]
    made = members[0].made
    name = name_of(made, trace.plan) if len(members) == 1 else f"tasks {letters(trace.plan).get(made.step, '')}".strip()
    return Lane(name=name, session=members[0].session, count=len(members), bands=tuple(bands), asked=asked)


# --- recentTask -------------------------------------------------------------------------------------------------------


def recent_reads(trace: Trace, places: Sequence[Place], columns: Sequence[Column]) -> Iterator[RecentRead]:
    """Every read of recentTask that is drawn, one a column."""
    asked = asked_of(trace)
    made = min((place.at for place in places for value, _ in states_in(place.exchange) if value == asked), default=0.0)
    last = {
        place.column: place.exchange
        for place in places
        if place.column >= 0 and place.exchange["call"]["is"] in {"ReadRecentTask", "WaitForRecentTask"}
    }
    for column, exchange in last.items():
        listed = listed_in(exchange["outcome"])
        begin = columns[column].latest - trace.window * MICROSECONDS
        first = next(number for number, each in enumerate(columns) if each.latest >= begin)
        yield RecentRead(
            column=column,
            listed=None if listed is None else len(listed),
            lists=None if listed is None or asked is None or column < made else asked in listed,
            window_from=first or None,
        )


def listed_in(outcome: dict[str, Any]) -> list[str] | None:
    """The reference values that recentTask listed; None where the answer does not give the whole list."""
    found = outcome.get("value") if outcome["is"] == "Returned" else None
    if isinstance(found, dict) and found.get("is") == "RecentTaskUpdate":
        found = found.get("recent_task")
    items = found.get("value") if isinstance(found, dict) else None
    return None if items is None else [item["value"] for item in items]
