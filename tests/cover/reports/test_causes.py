"""Groups of divergences that probably have one cause, and how every view shows them: failures first."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from msgspec import structs
from rich.console import Console
from test_reports import (
    CANCELS,
    ENTITY_NAME,
    HOLDS,
    MADE,
    PARENT,
    PUSHED_OUT,
    divergence,
    report,
    set_state,
    task,
    trace,
)

from taskconform.model.oracle.findings import MustAnswer, MustBe, MustFault, MustList
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made
from taskconform.model.vocabulary.plan import Act, Drain
from taskconform.reports import document
from taskconform.reports.cases import cases
from taskconform.reports.cause import grouped
from taskconform.reports.document import BaselineSection, Change, ClauseResult
from taskconform.reports.render.junit import junit
from taskconform.reports.render.page import html_page
from taskconform.reports.render.screen import FEWEST, LINES, show
from taskconform.reports.render.summary import summary
from taskconform.reports.render.terminal import render

A = Made(step=0)
ENDED = Act(call=set_state("success", fault="NotFound"))
FAULT_TAKEN = trace("life.fault", "SetTaskState", MustFault(kinds=("InvalidState",)), MADE, ENDED, observed="success")
FAULT_SHOWN = trace(
    "info.error-state",
    "ReadTaskInfo",
    MustBe(task=task("task-0"), field="error", relation="is unset"),
    MADE,
    ENDED,
    observed="error is NotFound in state success",
)
TIME_WRONG = trace(
    "info.complete-time",
    "ReadTaskInfo",
    MustBe(task=task("task-0"), field="completeTime", relation="is", value="x"),
    MADE,
    Act(call=set_state("success")),
)
RUNS_OUT = replace(
    PUSHED_OUT,
    clause="recent.running",
    signature="recent.running:ReadRecentTask.value",
    plan=(MADE, Act(call=set_state("running")), *PUSHED_OUT.plan[1:]),
    step=3,
)
STAYS = trace("recent.cap", "ReadRecentTask", MustList(task=task("task-0"), present=False), *PUSHED_OUT.plan)


def holds_all(clause, spec):
    opened = Act(call=c.CreateCollectorForTasks(session="main", filter=spec))
    drained = Drain(session="main", collector=A, max_count=9, direction="next")
    return trace(clause, "collector", MustAnswer(property="only matching", value=spec), opened, drained)


def refused(clause, call):
    return trace(
        clause, type(call).__name__, MustFault(kinds=("NotAuthenticated",)), Act(call=call), observed="success"
    )


BY_TAG = holds_all("filter.tag", c.TaskFilterSpec(tag=("a",)))
BY_KEY = holds_all("filter.root-key", c.TaskFilterSpec(root_task_key=("b",)))
NO_LOGIN = refused("session.none", c.CancelTask(session="nobody", task=A))
NO_LOGIN_EITHER = refused("session.none", c.ReadDescription(session="nobody"))


def clauses_of(*traces, level="M"):
    by_clause = {}
    for one in traces:
        by_clause.setdefault(one.clause, []).append(divergence(one))
    return [
        ClauseResult(id=clause, level=level, title=clause, verdict="failed", divergences=found)
        for clause, found in by_clause.items()
    ]


def groups(*traces):
    found = grouped({one.signature: one for one in traces}, clauses_of(*traces))
    return [(group.headline, {signature.partition(":")[0] for signature in group.signatures}) for group in found]


@pytest.mark.parametrize(
    ("traces", "headline"),
    [
        ((PUSHED_OUT, RUNS_OUT), "ReadRecentTask lacks a task that it has to hold"),
        ((BY_TAG, BY_KEY), "a collector does not filter as it was asked to"),
        ((FAULT_SHOWN, FAULT_TAKEN), "error is wrong after SetTaskState"),
    ],
)
def test_divergences_of_one_cause_stand_together(traces, headline):
    assert groups(*traces) == [(headline, {one.clause for one in traces})]
    assert groups(*reversed(traces)) == groups(*traces)


def test_a_clause_that_fails_in_the_same_way_at_two_calls_is_one_group():
    found = grouped({one.signature: one for one in (NO_LOGIN, NO_LOGIN_EITHER)}, clauses_of(NO_LOGIN, NO_LOGIN_EITHER))
    assert [len(group.signatures) for group in found] == [2]


@pytest.mark.parametrize(
    "traces",
    [
        (PUSHED_OUT, STAYS),  # one lacks what it must hold, the other holds what it must not
        (TIME_WRONG, FAULT_TAKEN),  # other steps
        (PARENT, ENTITY_NAME),  # other fields
        (HOLDS, TIME_WRONG),
        (CANCELS, FAULT_TAKEN),
        (NO_LOGIN, CANCELS),  # the same call lacks another fault
    ],
)
def test_others_do_not(traces):
    assert len(groups(*traces)) == 2


def test_the_largest_group_of_what_must_hold_comes_first_and_nothing_is_lost():
    traces = (CANCELS, PUSHED_OUT, RUNS_OUT, PARENT)
    must, should = clauses_of(CANCELS, PUSHED_OUT, RUNS_OUT), clauses_of(PARENT, level="S")
    contradiction = divergence(replace(HOLDS, signature="recent.set:no reading is left"))
    open_one = ClauseResult(id="recent.set", level="Q", title="", verdict="failed", divergences=[contradiction])
    found = grouped({one.signature: one for one in traces}, [open_one, *should, *must])
    assert [len(group.signatures) for group in found] == [2, 1, 1, 1]
    assert found[-1].headline == contradiction.summary
    assert found[-2].signatures == [PARENT.signature]


# --- how they are shown -----------------------------------------------------------------------------------------------


def failing(*traces, blocks=(), baseline=None):
    results = [one for one in report().clauses if one.verdict not in {"failed", "waived"}]
    results = [*clauses_of(*traces), *results]
    return structs.replace(
        report(),
        clauses=results,
        totals=document.totals(results),
        groups=grouped({one.signature: one for one in traces}, results),
        blocks=list(blocks),
        baseline=baseline,
    )


def field(number):
    return MustBe(task=task("task-1"), field=f"field{number}", relation="is", value="one")


def many(count):
    return [
        replace(PARENT, clause=f"life.c{number}", signature=f"life.c{number}:CreateTask.value", demand=field(number))
        for number in range(count)
    ]


def on_screen(shown, **console):
    out = io.StringIO()
    show(shown, Console(file=out, **console), "here")
    return re.sub("\x1b\\[[0-9;]*m", "", out.getvalue()).splitlines()


@pytest.mark.parametrize("count", [0, 1, 5, 30, 300])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 50), (60, 10)])
def test_a_terminal_shows_one_screen_and_the_exit_code_last(count, width, height):
    changes = [
        Change(kind="new", clause="life.final", told=f"new: {number} {'x' * 90}", blocks=1) for number in range(count)
    ]
    section = BaselineSection(file="b.toml", on="2026-01-01", known=1, changes=changes)
    for baseline in (None, section):
        shown = failing(*many(count), blocks=[f"life.c{number} failed" for number in range(count)], baseline=baseline)
        lines = on_screen(shown, width=width, height=height, force_terminal=True, no_color=True)
        assert len(lines) <= max(FEWEST, height)
        assert max(map(len, lines)) <= width
        assert lines[-1].startswith("exit code 1" + (": life.c0 failed" if count else ""))


def test_a_pipe_gets_lines_that_are_whole():
    lines = on_screen(failing(PUSHED_OUT, RUNS_OUT, *many(60), blocks=["a", "b"]), width=80)
    assert len(lines) <= LINES
    assert "FAILED  ReadRecentTask lacks a task that it has to hold: recent.queued, recent.running (must)" in lines
    assert any(one.startswith("        and ") and "more; --verbose" in one for one in lines)
    assert lines[-2:] == ["report, history and traces: here", "exit code 1: a (and 1 more)"]


def test_with_room_each_cause_has_what_was_expected_and_the_script():
    text = "\n".join(on_screen(failing(PARENT), width=80))
    assert "expected task B: parentTaskKey is the key of task A; observed parentTaskKey is unset" in text
    assert "5/5, 2 steps: traces/one.py" in text


def test_the_whole_report_ends_with_the_exit_code_too():
    out = io.StringIO()
    render(failing(PUSHED_OUT, RUNS_OUT, blocks=["a"]), {}, Console(file=out, width=80), "here")
    assert out.getvalue().splitlines()[-1] == "exit code 1: a"
    assert "2 divergences, probably of one cause: ReadRecentTask lacks" in out.getvalue()


def test_every_report_begins_with_what_blocks_and_ends_with_what_was_left_out():
    shown = failing(PUSHED_OUT, RUNS_OUT, PARENT, blocks=["life.final: this is why"])
    text = summary(shown)
    page = html_page(shown, {})
    for where, last in ((text, "### Left out"), (page, 'id="left-out"')):
        order = [where.index(part) for part in ("this is why", "lacks a task that it has to hold", last)]
        assert order == sorted(order)
        assert where.index("A product") < where.index(last)
    found = cases(shown, {}, strict=True, required=lambda _: False)
    assert [case.outcome for case in found[:3]] == ["failed"] * 3
    assert {case.clause.id for case in found[:2]} == {"recent.queued", "recent.running"}
    assert "(probably; breaks recent.running too)" in next(
        one.text for one in found if one.clause.id == "recent.queued"
    )
    assert b'name="blocks" value="life.final: this is why"' in junit(shown, found)


def test_a_report_without_groups_is_shown_too():
    shown = structs.replace(failing(PUSHED_OUT, PARENT, blocks=["a"]), groups=[])
    assert sum(one.startswith("FAILED") for one in on_screen(shown, width=80)) == 2
