"""What shows only after something else has happened: time, an end, a list that was read before, a full session: the
approaches to recentTask's limits, to later waits, and to what one client's collectors do to another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    AdvanceClock,
    ByTime,
    CancelTask,
    CreateCollectorForTasks,
    CreateListView,
    DestroyCollector,
    Logout,
    ReadDescription,
    ReadMaxCollector,
    SetTaskState,
    Symbol,
    TaskFilterSpec,
    UpdateProgress,
)
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Fill
from taskconform.strategies.drawing.planner import FAULTS, INDEX, RESULTS
from taskconform.strategies.scenarios.families import any_task
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Made
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import PlannedTask, Planner

THEME: Final = "lives"
LIMITS: Final = "limits"

JUST_INSIDE: Final = st.sampled_from((290, 590, 598))
"""Seconds that a task is recent for, all told."""

BEYOND: Final = st.sampled_from((15, 60, 700))
"""Seconds more, after which it is not."""


def wait(planner: Planner, seconds: int) -> None:
    """Let server time go by."""
    planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=seconds)))


def end(planner: Planner, draw: Draw, session: str, task: PlannedTask, state: str) -> None:
    """Bring a running task to an end."""
    fault = draw(FAULTS) if state == ERROR else None
    planner.set_state(session, task, state, result=draw(RESULTS) if state == SUCCESS else None, fault=fault)


@approach(THEME, "recent.empty")
def look_at_nothing(planner: Planner, draw: Draw) -> None:
    """recentTask before anything was made, and when all of it has long been over."""
    how = st.sampled_from(("retrieve", "wait"))
    planner.look(MAIN, [], draw(how))
    task = any_task(planner, draw, MAIN)
    planner.set_state(MAIN, task, RUNNING)
    end(planner, draw, MAIN, task, draw(st.sampled_from((SUCCESS, ERROR))))
    wait(planner, draw(st.integers(700, 1_000)))
    planner.look(MAIN, [task], draw(how))


@approach(THEME, "recent.queued", "recent.running", "recent.completed", "recent.aged")
def grow_old(planner: Planner, draw: Draw) -> None:
    """A task in each state, made some time before it got there, looked for just inside the window and beyond it."""
    second = planner.login("second")
    tasks = [any_task(planner, draw, draw(st.sampled_from((MAIN, second)))) for _ in range(4)]
    wait(planner, draw(st.integers(20, 500)))
    for task in tasks[1:]:
        planner.set_state(MAIN, task, RUNNING)
    wait(planner, draw(st.integers(1, 200)))
    end(planner, draw, MAIN, tasks[2], SUCCESS)
    end(planner, draw, MAIN, tasks[3], ERROR)
    how = draw(st.sampled_from(("retrieve", "wait")))
    planner.look(MAIN, tasks, how)
    wait(planner, draw(JUST_INSIDE))
    planner.look(draw(st.sampled_from((MAIN, second))), tasks)
    wait(planner, draw(BEYOND))
    for again in dict.fromkeys((how, draw(st.sampled_from(("retrieve", "wait"))))):
        planner.look(MAIN, tasks, again)
    end(planner, draw, MAIN, tasks[1], draw(st.sampled_from((SUCCESS, ERROR))))
    planner.look(MAIN, tasks)


@approach(THEME, "recent.wait-later", "recent.wait-truth", "recent.fresh-wait", "recent.set", "recent.unique")
def wait_again_and_again(planner: Planner, draw: Draw) -> None:
    """A wait, changes, later waits and fresh ones, with a collector in hand; then a new task, and a wait after all that
    had ended has left the list."""
    session = draw(st.sampled_from((MAIN, planner.login("second"))))
    tasks = [planner.create(session, "vm", draw(INDEX), cancelable=True) for _ in range(3)]
    collector = planner.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
    planner.look(session, tasks, "wait")
    planner.set_state(session, tasks[0], RUNNING)
    end(planner, draw, session, tasks[0], draw(st.sampled_from((SUCCESS, ERROR))))
    planner.look(session, tasks, "later")
    planner.plan(Act(call=CancelTask(session=session, task=tasks[1].made), look=True))
    tasks[1].state = None
    wait(planner, 1)
    planner.look(session, tasks, draw(st.sampled_from(("wait", "retrieve"))))
    planner.look(session, tasks, "later")
    planner.look(session, tasks, "retrieve")
    planner.plan(Act(call=DestroyCollector(session=session, collector=collector)))
    tasks.append(planner.create(session, "vm", draw(INDEX)))
    planner.look(session, tasks, "later")
    wait(planner, draw(st.integers(700, 1_000)))
    planner.look(session, tasks, "wait")
    planner.set_state(session, tasks[-1], RUNNING)
    planner.look(session, tasks, "later")


@approach(THEME, "life.no-return", "life.set-state", "life.times")
def outlive_a_child(planner: Planner, draw: Draw) -> None:
    """A parent that has ended, or not, and what becomes of it when its children move on, fail, or are canceled."""
    for state in draw(st.permutations((SUCCESS, ERROR, RUNNING))):
        parent = any_task(planner, draw, MAIN)
        children = [planner.create(MAIN, "vm", draw(INDEX), parent=parent, cancelable=True) for _ in range(2)]
        wait(planner, draw(st.integers(1, 5)))
        planner.set_state(MAIN, parent, RUNNING)
        if state != RUNNING:
            end(planner, draw, MAIN, parent, state)
        for child, what in zip(children, draw(st.permutations((SUCCESS, ERROR, "cancel"))), strict=False):
            planner.set_state(MAIN, child, RUNNING)
            planner.plan(Act(call=UpdateProgress(session=MAIN, task=child.made, percent_done=30), look=True))
            if what == "cancel":
                planner.plan(Act(call=CancelTask(session=MAIN, task=child.made), look=True))
                child.state = None
            else:
                end(planner, draw, MAIN, child, what)
            planner.look(MAIN, [parent, child])


@approach(THEME, "description.static", "life.no-return")
def read_the_description_around_a_life(planner: Planner, draw: Draw) -> None:
    """Description before and after tasks were made, moved, and ended."""
    planner.plan(Act(call=ReadDescription(session=MAIN)))
    for state in draw(st.permutations((SUCCESS, ERROR))):
        task = any_task(planner, draw, MAIN)
        planner.plan(Act(call=SetTaskState(session=MAIN, task=task.made, state=RUNNING), look=True))
        task.state = RUNNING
        end(planner, draw, MAIN, task, state)
        planner.plan(Act(call=ReadDescription(session=MAIN)))


# --- collectors at their limit ----------------------------------------------------------------------------------------


def one_more(planner: Planner, session: str, spec: TaskFilterSpec[Symbol] | None = None, form: str = "typed") -> Made:
    """A task collector."""
    call = CreateCollectorForTasks(session=session, filter=spec or TaskFilterSpec(), form=form)
    return planner.plan(Act(call=call))


@approach(LIMITS, "limit.per-client", "limit.logout-frees", "limit.constant", "limit.exceeded", "limit.reachable")
def fill_beside_another(planner: Planner, draw: Draw) -> None:
    """A full session that is refused, others beside it, its end, and a session of the same user that fills up anew."""
    account = draw(st.sampled_from(("primary", "second")))
    planner.plan(Act(call=ReadMaxCollector(session=MAIN)))
    full = planner.login_anew(account)
    planner.plan(Fill(session=full, beyond=draw(st.integers(1, 4)), attempts=draw(st.integers(1, 2))))
    planner.plan(Act(call=ReadMaxCollector(session=full)))
    for other in draw(st.permutations(("primary", "second"))):
        one_more(planner, planner.login_anew(other))
    planner.plan(Act(call=Logout(session=full)))
    del planner.sessions[full]
    again = planner.login_anew(account)
    planner.plan(Fill(session=again, beyond=draw(st.integers(0, 1))))
    planner.plan(Act(call=ReadMaxCollector(session=again)))


@approach(LIMITS, "limit.fault-frees", "limit.reachable", "collector.null-filter")
def fill_after_refusals(planner: Planner, draw: Draw) -> None:
    """Ill-formed creates, of each kind some times and of one as often as the limit, and then as many task collectors as
    there can be."""
    session = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    lacking = TaskFilterSpec(time=ByTime(time_type=None))
    for given, form in draw(st.permutations(((TaskFilterSpec(), "unknown"), (lacking, "typed")))) * 2:
        one_more(planner, session, given, form)
    planner.plan(Fill(session=session, ill_formed=True))
    planner.plan(Fill(session=session, beyond=1))


@approach(LIMITS, "limit.reachable", "limit.exceeded")
def fill_beside_views(planner: Planner, draw: Draw) -> None:
    """List views, which take no place, and then as many task collectors as there can be."""
    session = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    task = planner.create(session, "vm", draw(INDEX))
    for _ in range(draw(st.integers(2, 5))):
        planner.plan(Act(call=CreateListView(session=session, objs=(task.made,))))
    planner.plan(Fill(session=session, beyond=1))
