"""Watching tasks: the parts that the approaches of following tasks are put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    CancelTask,
    CreateFilter,
    CreateListView,
    CreatePropertyCollector,
    DestroyPropertyCollector,
    DestroyPropertyFilter,
    DestroyView,
    Made,
    ModifyListView,
    ReadTaskInfo,
    ReadView,
    Reference,
    ResetListView,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Follow, Pause
from taskconform.strategies.domains.drawing import one_of
from taskconform.strategies.drawing.planner import ENTITY_ROLES, FAULTS, INDEX, RESULTS, PlannedTask

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

T = TypeVar("T")

SIZES: Final = st.sampled_from((None, None, 1, 2, 3))
"""maxObjectUpdates."""

ENDS: Final = st.sampled_from((SUCCESS, SUCCESS, ERROR, "cancel"))
"""How a task ends."""


@dataclass(slots=True, kw_only=True)
class Watch:
    """What a plan watches: by which session, through which collector and filter, a view or (None) by name."""

    session: str
    tasks: list[PlannedTask]
    view: Made | None
    collector: Made
    filter: Made


# --- steps ------------------------------------------------------------------------------------------------------------


def a_session(planner: Planner, draw: Draw) -> str:
    """A full session: one of those there are, or a new one."""
    account = draw(st.sampled_from((None, None, "primary", "second")))
    return planner.full_session(draw) if account is None else planner.login_anew(account)


def made(tasks: list[PlannedTask]) -> tuple[Reference, ...]:
    """The tasks, by the steps that made them."""
    return tuple(task.made for task in tasks)


def some_tasks(planner: Planner, draw: Draw, *, least: int = 1, most: int = 4) -> list[PlannedTask]:
    """A few new tasks, of any session's, queued or running."""
    tasks = []
    for running in draw(st.lists(st.booleans(), min_size=least, max_size=most)):
        session = planner.full_session(draw)
        task = planner.create(session, draw(ENTITY_ROLES), draw(INDEX))
        if running:
            planner.set_state(session, task, RUNNING)
        tasks.append(task)
    return tasks


def some_of(draw: Draw, tasks: list[T]) -> list[T]:
    """At least one of them."""
    picked = draw(st.lists(st.booleans(), min_size=len(tasks), max_size=len(tasks)))
    return [task for task, is_picked in zip(tasks, picked, strict=True) if is_picked] or [one_of(draw, tasks)]


def end(planner: Planner, draw: Draw, tasks: list[PlannedTask]) -> None:
    """End tasks, each in its own way."""
    for task in tasks:
        session, way = planner.full_session(draw), draw(ENDS)
        if task.state == QUEUED and way != "cancel":
            planner.set_state(session, task, RUNNING)
        if way == SUCCESS:
            result: Any = draw(st.one_of(st.none(), RESULTS))
            planner.set_state(session, task, SUCCESS, result=result)
        elif way == ERROR:
            planner.set_state(session, task, ERROR, fault=draw(FAULTS))
        else:  # ended by the server, in its own time
            cancel(planner, session, task)


def cancel(planner: Planner, session: str, task: PlannedTask) -> None:
    """Cancel a task, and read it when the server has had time to end it."""
    planner.plan(Act(call=CancelTask(session=session, task=task.made)))
    planner.plan(Pause(session=session, seconds=1, unless_ended=task.made))
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
    task.state = None


def move(planner: Planner, draw: Draw, tasks: list[PlannedTask]) -> None:
    """Start what is queued, end what is running."""
    for task in tasks:
        if task.state == QUEUED and draw(st.booleans()):
            planner.set_state(planner.full_session(draw), task, RUNNING)
        elif task.state in {QUEUED, RUNNING}:
            end(planner, draw, [task])


def act(planner: Planner, call: PlannedCall) -> Made:
    """One call."""
    return planner.plan(Act(call=call))


def watch(planner: Planner, draw: Draw, session: str, tasks: list[PlannedTask], *, by_view: bool) -> Watch:
    """Watch tasks through a new collector: a list view, made of all or of some and changed after, or by name."""
    view = None
    watched = made(tasks)
    if by_view:
        first = draw(st.integers(0, len(tasks)))
        view = act(planner, CreateListView(session=session, objs=watched[:first]))
        if first < len(tasks):
            act(planner, ModifyListView(session=session, view=view, add=watched[first:]))
        watched = (view,)
    collector = act(planner, CreatePropertyCollector(session=session))
    watching = act(planner, CreateFilter(session=session, collector=collector, watched=watched))
    return Watch(session=session, tasks=tasks, view=view, collector=collector, filter=watching)


def follow(planner: Planner, draw: Draw, watching: Watch, version: str | Made = "") -> Made:
    """Wait, and follow what is truncated; sometimes the first set by itself, where there must be another."""
    size = draw(SIZES)
    if not version and size is not None and size < len(watching.tasks) and draw(st.booleans()):
        version = wait(planner, watching, version, size)
    step = Follow(session=watching.session, collector=watching.collector, version=version, max_object_updates=size)
    return planner.plan(step)


def wait(planner: Planner, watching: Watch, version: str | Made, size: int | None = None) -> Made:
    """One wait."""
    call = WaitForUpdatesEx(
        session=watching.session, collector=watching.collector, version=version, max_object_updates=size
    )
    return act(planner, call)


def log_out(planner: Planner, session: str) -> None:
    """The plan goes on without this session."""
    planner.ended.append(session)
    del planner.sessions[session]


# --- uses of what a session made --------------------------------------------------------------------------------------


def uses_of_view(session: str, view: Made, task: PlannedTask) -> tuple[PlannedCall, ...]:
    """Ways to use a list view."""
    return (
        ReadView(session=session, view=view),
        ModifyListView(session=session, view=view, add=(task.made,)),
        ResetListView(session=session, view=view, objs=(task.made,)),
        DestroyView(session=session, view=view),
    )


def uses_of_collector(session: str, watching: Watch) -> tuple[PlannedCall, ...]:
    """Ways to use a property collector and its filter."""
    return (
        WaitForUpdatesEx(session=session, collector=watching.collector, version=""),
        CreateFilter(session=session, collector=watching.collector, watched=(watching.tasks[0].made,)),
        DestroyPropertyFilter(session=session, filter=watching.filter),
        DestroyPropertyCollector(session=session, collector=watching.collector),
    )


def use_some(planner: Planner, draw: Draw, uses: tuple[PlannedCall, ...]) -> None:
    """One to three of these calls."""
    for call in draw(st.lists(st.sampled_from(uses), min_size=1, max_size=3, unique=True)):
        act(planner, call)


def use_all(planner: Planner, draw: Draw, uses: tuple[PlannedCall, ...]) -> None:
    """All of these calls, in any order."""
    for call in draw(st.permutations(uses)):
        act(planner, call)
