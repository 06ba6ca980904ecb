"""The timeline of a trace: who called what when, and what state each task was in, as a model to be drawn.

The law of this file: it is pure, from a trace and the exchange that was recorded with it. An exchange is the list of
plain JSON objects that a trace file holds: `step`, `call`, `outcome`.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from taskconform.reports.render.timeline.parts import Column, Place, Timeline
from taskconform.reports.render.timeline.tasks import lanes_of, recent_reads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.reports.trace import Trace

WORDS: Final = {
    "ReadTaskInfo": "read info",
    "ReadRecentTask": "read recentTask",
    "WaitForRecentTask": "wait for recentTask",
    "ReadMaxCollector": "read maxCollector",
    "ReadDescription": "read description",
    "ReadExtensionList": "read extensionList",
    "ReadCollectorFilter": "read filter",
    "ReadLatestPage": "read latestPage",
    "ReadView": "read view",
    "BreakOffWait": "WaitForUpdatesEx, broken off",
    "AdvanceClock": "clock moves on",
}
"""Names of calls that are no method of the API: reads of properties, and steps of the suite."""

READS: Final = {
    "recentTask": frozenset({"ReadRecentTask", "WaitForRecentTask"}),
    "collector": frozenset({"ReadNextTasks", "ReadPreviousTasks", "ReadLatestPage"}),
}
"""The calls behind the methods that a signature gives another name."""

SETUP: Final = "log in, register"
"""The calls that every trace begins with."""
MOST_COLUMNS: Final = 28
"""Columns that are drawn; of a longer trace the last ones, with a note."""
MOST_OF_A_STEP: Final = 5
"""Columns of one step; what is more is drawn as one."""
MOST_LANES: Final = 8
"""Lanes of tasks that are drawn."""


def timeline(trace: Trace, exchange: Sequence[dict[str, Any]]) -> Timeline | None:
    """The timeline of a trace; None where nothing was recorded with it."""
    if not exchange:
        return None
    offends = _offending(trace, exchange)
    groups = _limited(_grouped(exchange, offends), exchange, offends)
    cut = max(0, len(groups) - MOST_COLUMNS)
    columns = tuple(_column(exchange, group, offends) for group in groups[cut:])
    places = [
        Place(exchange=exchange[number], at=max(0.0, column - cut + order / len(group)), column=column - cut)
        for column, group in enumerate(groups)
        for order, number in enumerate(group)
    ]
    lanes = lanes_of(trace, places, len(columns))
    return Timeline(
        start=exchange[0]["outcome"]["at"]["earliest"],
        columns=columns,
        sessions=tuple(dict.fromkeys([*(column.session for column in columns), *(lane.session for lane in lanes)])),
        lanes=tuple(lanes[:MOST_LANES]),
        recents=tuple(recent_reads(trace, places, columns)) if trace.clause.startswith("recent.") else (),
        window=trace.window,
        cap=trace.cap,
        columns_cut=cut,
        lanes_cut=max(0, len(lanes) - MOST_LANES),
    )


def words_of(call: dict[str, Any]) -> str:
    """A call's name: the API's, or that of the property that it reads."""
    return WORDS.get(call["is"], str(call["is"]))


def answer_of(outcome: dict[str, Any]) -> str:
    """Return the answer in a word: nothing for a value, a fault's name, or `no answer`."""
    if outcome["is"] == "Faulted":
        return str(outcome["fault"]["kind"])
    return "no answer" if outcome["is"] == "Lost" else ""


# --- columns ----------------------------------------------------------------------------------------------------------


def _offending(trace: Trace, exchange: Sequence[dict[str, Any]]) -> int:
    """Return the number of the call that shows the divergence: the last of the step that the signature names."""
    method = trace.signature.removeprefix(trace.clause).lstrip(":").partition(":")[0].partition(".")[0]
    wanted = READS.get(method, {method})
    steps = [number for number, each in enumerate(exchange) if each["step"] == trace.step]
    named = [number for number in steps if exchange[number]["call"]["is"] in wanted]
    return (named or steps or [len(exchange) - 1])[-1]


def _grouped(exchange: Sequence[dict[str, Any]], offends: int) -> list[list[int]]:
    """The numbers of calls that are alike and stand in a row. What shows the divergence stands alone, unless it is the
    same answer to the same call again."""
    groups: list[list[int]] = []
    key: object = None
    for number, each in enumerate(exchange):
        call = each["call"]
        mine = (each["step"], call.get("session", ""), call["is"], answer_of(each["outcome"]))
        if each["step"] < 0:
            mine = (each["step"], call.get("session", ""), "", "")
        retried = number == offends and each["call"] == exchange[number - 1]["call"]
        if mine == key and (number != offends or retried):
            groups[-1].append(number)
        else:
            groups.append([number])
        key = mine
    return groups


def _limited(groups: list[list[int]], exchange: Sequence[dict[str, Any]], offends: int) -> list[list[int]]:
    """The groups, with those of a step that has too many made into one: tasks that are made and ended one by one."""
    found: list[list[int]] = []
    for _, of_step in groupby(groups, key=lambda group: int(exchange[group[0]]["step"])):
        mine = list(of_step)
        if len(mine) <= MOST_OF_A_STEP:
            found += mine
            continue
        for alone, run in groupby(mine, key=lambda group: offends in group):
            members = list(run)
            found += members if alone else [[number for group in members for number in group]]
    return found


def _column(exchange: Sequence[dict[str, Any]], group: list[int], offends: int) -> Column:
    """The column of a group of calls."""
    calls = [exchange[number] for number in group]
    spans = [each["outcome"]["at"] for each in calls]
    words = dict.fromkeys(words_of(each["call"]) for each in calls) if calls[0]["step"] >= 0 else [SETUP]
    return Column(
        step=calls[0]["step"],
        session=calls[0]["call"].get("session", ""),
        words=", ".join(words),
        count=len(calls),
        earliest=min(span["earliest"] for span in spans),
        latest=max(span["latest"] for span in spans),
        answer=", ".join(dict.fromkeys(answer for each in calls if (answer := answer_of(each["outcome"])))),
        offends=offends in group,
    )
