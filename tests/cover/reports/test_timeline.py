"""The timeline: from a recorded exchange to lanes, bands and columns, and to SVG; and the excerpts of exchanges."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree as ET

import page_samples as samples
import pytest
from page_samples import AGED, CANCELLED, PUSHED_OUT, TASK, VM, sample

from taskconform.model.oracle.findings import MustSucceed
from taskconform.model.vocabulary.plan import Act, Bulk, Look
from taskconform.reports.render.excerpts import exchange_excerpt, text_excerpt
from taskconform.reports.render.timeline.columns import MOST_COLUMNS, MOST_LANES, MOST_OF_A_STEP, timeline
from taskconform.reports.render.timeline.svg import lines_of, span, svg


def drawn(clause, method, plan, **more):
    material = sample(clause, method, plan, "something else", **more)
    found = timeline(material.trace, material.exchange)
    assert found is not None
    return found


def test_a_task_that_was_pushed_out():
    found = drawn("recent.queued", "recentTask", PUSHED_OUT)
    asked, others = found.lanes
    assert (asked.name, asked.asked, [band.state for band in asked.bands]) == ("task A", True, ["queued"])
    assert (others.name, others.count) == ("tasks B", 201)
    assert [band.state for band in others.bands] == ["queued", "running", "success"]
    assert asked.bands[0].end == others.bands[-1].end == len(found.columns)
    starts = [band.start for band in others.bands]
    assert starts == sorted(starts)
    (read,) = found.recents
    assert (read.listed, read.lists, read.window_from) == (201, True, None)
    assert found.columns[read.column].offends


def test_what_shows_it_is_the_call_that_the_signature_names():
    """Not the read of the bracket after it, though that is the last call of the step."""
    found = drawn("recent.queued", "recentTask", PUSHED_OUT)
    assert [column.words for column in found.columns if column.offends] == ["read recentTask"]
    assert found.columns[-1].words == "read info"


def test_the_window_begins_where_it_does():
    """700 s after the task completed its creation and its end are before the window; the next task is within it."""
    found = drawn("recent.aged", "recentTask", AGED)
    (read,) = found.recents
    assert read.lists is False
    assert read.window_from is not None
    assert found.columns[read.window_from].words == "clock moves on"
    assert [band.state for band in found.lanes[0].bands] == ["queued", "running", "error"]
    assert found.window == 600


def test_recenttask_is_drawn_for_its_own_clauses_only():
    assert drawn("life.final", "recentTask", PUSHED_OUT).recents == ()


def test_a_lane_for_each_session_and_a_fault_as_such():
    found = drawn("life.cancel-unsupported", "CancelTask", CANCELLED, demand=MustSucceed())
    assert found.sessions == ("main", "other")
    last = found.columns[-1]
    assert (last.session, last.words, last.answer, last.offends) == ("other", "CancelTask", "NotSupported", True)
    assert found.lanes[0].session == "main"


def test_what_is_made_and_ended_one_by_one_is_one_column():
    plan = (Bulk(session="main", obj=VM, count=20, finish="success", one_by_one=True), Look(session="main", tasks=()))
    found = drawn("recent.set", "recentTask", plan, demand=MustSucceed())
    of_step = [column for column in found.columns if column.step == 0]
    assert len(of_step) == 1
    assert of_step[0].count > 3 * MOST_OF_A_STEP
    assert {"CreateTask", "SetTaskState", "read info"} == set(of_step[0].words.split(", "))


def test_a_long_trace_is_cut_and_says_so():
    plan = tuple(Act(call=TASK, look=True) for _ in range(40))
    found = drawn("create.entity", "CreateTask", plan)
    assert len(found.columns) == MOST_COLUMNS
    assert found.columns_cut == 1 + 2 * 40 - MOST_COLUMNS
    assert len(found.lanes) == MOST_LANES
    assert found.lanes_cut == 40 - MOST_LANES
    assert found.lanes[0].asked
    assert found.columns[-2].offends


def test_nothing_recorded_nothing_drawn():
    material = sample("recent.queued", "recentTask", PUSHED_OUT, "x")
    assert timeline(material.trace, []) is None


@pytest.mark.parametrize(("clause", "plan", "gaps"), [("recent.queued", PUSHED_OUT, 0), ("recent.aged", AGED, 1)])
def test_the_drawing_is_well_formed_and_holds_what_it_draws(clause, plan, gaps):
    found = drawn(clause, "recentTask", plan)
    text = str(svg(found, "a <name>"))
    root = ET.fromstring(text)  # noqa: S314  # our own
    assert root.get("aria-label") == "a <name>"
    kinds = [element.get("class", "") for element in root.iter()]
    assert kinds.count("stripe") == 1
    assert sum("band" in kind.split() for kind in kinds) == sum(len(lane.bands) for lane in found.lanes)
    assert sum("call" in kind.split() for kind in kinds) == len(found.columns)
    assert "window" in kinds
    assert kinds.count("gap") == gaps
    width = float(root.get("width"))
    assert all(0 <= float(each.get("x", 0)) <= width for each in root.iter())


def test_a_gap_is_drawn_where_nothing_was_called():
    found = drawn("recent.queued", "recentTask", PUSHED_OUT)
    late = [dataclasses.replace(found.columns[-1], earliest=found.columns[-1].earliest + 90_000_000)]
    text = str(svg(dataclasses.replace(found, columns=(*found.columns[:-1], *late)), "late"))
    assert text.count('class="gap"') == 1
    assert "1 min 30 s" in text


def test_words():
    assert [span(given) for given in (-5, 0, 1_600, 12_000, 3_200_000, 600_000_000, 601_000_000)] == [
        "0",
        "0",
        "1.6 ms",
        "12 ms",
        "3.2 s",
        "10 min",
        "10 min 1 s",
    ]
    assert lines_of("CreateCollectorWithInfoFilterForTasks", 22) == ["CreateCollectorWith", "InfoFilterForTasks"]
    assert "".join(lines_of("a word and another", 4)).replace(" ", "") == "awordandanother"


# --- excerpts ---------------------------------------------------------------------------------------------------------


def test_an_exchange_is_cut_around_the_step_that_shows_it():
    exchange, _ = samples.performed(PUSHED_OUT)
    found = exchange_excerpt(exchange, 2, most=4_000)
    kept = found.text.count("\n  between ")
    assert found.left_out == f"{len(exchange) - kept} of {len(exchange)} calls are left out"
    assert "step 3  read recentTask" in found.text
    assert f"… {len(exchange) - kept} calls …" in found.text
    assert "… 198 more …" in found.text
    assert len(found.text) < 5_000


def test_a_short_exchange_is_whole():
    exchange, _ = samples.performed(CANCELLED)
    found = exchange_excerpt(exchange, 2)
    assert found.left_out == ""
    assert found.text.count("\n  between ") == len(exchange)
    assert "NotSupported" in found.text


def test_a_text_is_cut_at_a_line():
    assert text_excerpt("ab\ncd\nef", 100).text == "ab\ncd\nef"
    found = text_excerpt("ab\ncd\nef", 7)
    assert (found.text, found.left_out) == ("ab\ncd\n", "1 of 3 lines are left out")
