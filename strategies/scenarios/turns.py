"""Turns in the life of tasks, and of collectors at their limit, that free rules take seldom: the approaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    AdvanceClock,
    CancelTask,
    CreateCollectorForTasks,
    DestroyCollector,
    Made,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    TaskFilterSpec,
    UpdateProgress,
)
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Fill
from taskconform.strategies.domains.values import INT32
from taskconform.strategies.drawing.planner import FAULTS, INDEX, OTHER_FAULTS, RESULTS
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

THEME: Final = "lives"


@approach(THEME, "life.cancel-end", "life.cancel-twice")
def end_what_is_cancelled(planner: Planner, draw: Draw) -> None:
    """A cancel of a running task, perhaps a second one, and right after it the end that its extension gives it."""
    task = planner.create(MAIN, "vm", draw(INDEX))
    planner.set_state(MAIN, task, RUNNING)
    for _ in range(draw(st.integers(1, 2))):
        planner.plan(Act(call=CancelTask(session=MAIN, task=task.made)))
    state = draw(st.sampled_from((SUCCESS, ERROR)))
    fault = draw(FAULTS) if state == ERROR else None
    planner.plan(Act(call=SetTaskState(session=MAIN, task=task.made, state=state, fault=fault), look=True))
    planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=1)))
    planner.plan(Act(call=ReadTaskInfo(session=MAIN, tasks=(task.made,))))
    task.state = None


@approach(THEME, "life.progress", "life.progress-clamp", "info.progress-range")
def report_at_the_bounds(planner: Planner, draw: Draw) -> None:
    """A running task, which starts from 0, and percentages on the bounds and beyond them on either side, each after one
    that is inside."""
    task = planner.create(MAIN, "vm", draw(INDEX))
    planner.set_state(MAIN, task, RUNNING)
    below, above = draw(st.integers(-INT32, -1)), draw(st.integers(101, INT32 - 1))
    inside = st.integers(1, 99)
    pairs = [(draw(inside), bound) for bound in draw(st.permutations((0, 100, below, above)))]
    for percent in (0, *(one for pair in pairs for one in pair)):
        planner.plan(Act(call=UpdateProgress(session=MAIN, task=task.made, percent_done=percent), look=True))


@approach(THEME, "life.result", "life.fault", "life.fault-kind", "info.result-state", "info.error-state")
def set_what_does_not_fit(planner: Planner, draw: Draw) -> None:
    """A result that goes with no success, a fault that goes with no error, and one of a wrong kind; each on a running
    task of its own."""
    result, fault, other = draw(RESULTS.filter(bool)), draw(FAULTS), draw(st.sampled_from(OTHER_FAULTS[1:]))
    misfits = ((ERROR, result, None), (SUCCESS, None, fault), (RUNNING, None, fault), (ERROR, None, other))
    for state, given, kind in draw(st.permutations(misfits)):
        task = planner.create(MAIN, "vm", draw(INDEX))
        planner.set_state(MAIN, task, RUNNING)
        call = SetTaskState(session=MAIN, task=task.made, state=state, result=given, fault=kind)
        planner.plan(Act(call=call, look=True))


ARGS: Final = st.sampled_from(((), (("step", "1"),), (("step", "2"),), (("step", "1"), ("of", "2"))))
"""Arguments of a description."""


@approach(THEME, "life.description")
def describe_again(planner: Planner, draw: Draw) -> None:
    """A running task, described some times: with the same key or another one, with the same arguments or others."""
    task = planner.create(MAIN, "vm", draw(INDEX))
    planner.set_state(MAIN, task, RUNNING)
    for _ in range(draw(st.integers(2, 4))):
        key = draw(st.sampled_from(("phase.one", "phase.one", "phase.two")))
        call = SetTaskDescription(session=MAIN, task=task.made, key=key, args=draw(ARGS))
        planner.plan(Act(call=call, look=True))


@approach("limits", "limit.destroy-frees", "limit.exceeded", "limit.reachable")
def free_any_places(planner: Planner, draw: Draw) -> None:
    """A full session, some of its collectors destroyed, early or late ones, and as many made again, and one more."""
    session = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    filled = planner.plan(Fill(session=session, beyond=2))
    gone = draw(st.lists(st.integers(0, 20), min_size=1, max_size=4, unique=True))
    for index in gone:
        collector = Made(step=filled.step, index=index)
        planner.plan(Act(call=DestroyCollector(session=session, collector=collector)))
    for _ in range(len(gone) + 1):
        planner.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
