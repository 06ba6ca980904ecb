"""Families of tasks, and tasks made with everything at once: the approaches to CreateTask that free rules take seldom.

What a server carries over from one task to another shows where the two differ in everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    AdvanceClock,
    CancelTask,
    CreateTask,
    Login,
    Logout,
    Place,
    ReadRecentTask,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    TypeId,
    UpdateProgress,
    UserName,
    WaitForRecentTask,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act
from taskconform.strategies.drawing.planner import ENTITY_ROLES, FAULTS, INDEX, RESULTS, PlannedTask
from taskconform.strategies.scenarios.scenario import approach
from taskconform.strategies.scenarios.turns import ARGS

if TYPE_CHECKING:
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

THEME: Final = "lives"

ACTIVATIONS: Final = st.sampled_from((None, "activation-1", "activation-2"))
INITIATORS: Final = st.sampled_from((None, None, "primary", "second"))
KEYS: Final = st.sampled_from(("phase.one", "phase.two"))
TYPES: Final = st.sampled_from(("work", "rest"))


def any_task(planner: Planner, draw: Draw, session: str, parent: PlannedTask | None = None) -> PlannedTask:
    """A task with any arguments."""
    initiator = draw(INITIATORS)
    return planner.create(
        session,
        draw(ENTITY_ROLES),
        draw(INDEX),
        cancelable=draw(st.booleans()),
        which=draw(TYPES),
        initiated_by=None if initiator is None else UserName(account=initiator),
        parent=parent,
        activation_id=draw(ACTIVATIONS),
    )


def live_on(planner: Planner, draw: Draw, session: str, task: PlannedTask) -> None:
    """The life of a task, with everything that can be said of it on the way, to an end or a cancel."""
    if draw(st.booleans()):
        describe(planner, draw, session, task)
    planner.set_state(session, task, RUNNING)
    percent = draw(st.integers(1, 99))
    planner.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
    describe(planner, draw, session, task)
    end = draw(st.sampled_from((RUNNING, SUCCESS, ERROR, "cancel")))
    if end == SUCCESS:
        planner.set_state(session, task, SUCCESS, result=draw(st.one_of(st.none(), RESULTS)))
    elif end == ERROR:
        planner.set_state(session, task, ERROR, fault=draw(FAULTS))
    elif end == "cancel":
        cancel(planner, session, task)


def describe(planner: Planner, draw: Draw, session: str, task: PlannedTask) -> None:
    """A description, with or without arguments."""
    call = SetTaskDescription(session=session, task=task.made, key=draw(KEYS), args=draw(ARGS))
    planner.plan(Act(call=call, look=True))


def cancel(planner: Planner, session: str, task: PlannedTask) -> None:
    """A cancel, and a look at what it came to."""
    planner.plan(Act(call=CancelTask(session=session, task=task.made), look=True))
    if task.cancelable:
        task.state = None
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))


def move_on(planner: Planner, draw: Draw, task: PlannedTask) -> None:
    """The next state of a task that has not ended, or an end."""
    if task.state == QUEUED:
        planner.set_state(MAIN, task, RUNNING)
    if task.state == RUNNING and draw(st.booleans()):
        planner.set_state(MAIN, task, draw(st.sampled_from((SUCCESS, ERROR))))


@approach(THEME, "life.cancel", "life.cancel-twice", "life.cancel-queued", "life.progress", "info.steady")
def go_on_after_cancels(planner: Planner, draw: Draw) -> None:
    """Tasks that are canceled one right after the other; then anything else that can be asked of them, each in any
    order; a look at once, and when time has gone by."""
    tasks = [
        planner.create(MAIN, draw(ENTITY_ROLES), draw(INDEX), cancelable=True) for _ in range(draw(st.integers(1, 3)))
    ]
    for task in tasks:
        if draw(st.integers(0, 3)):
            planner.set_state(MAIN, task, RUNNING)
    for task in tasks:
        planner.plan(Act(call=CancelTask(session=MAIN, task=task.made), look=draw(st.booleans())))
        task.state = None
    for what in draw(st.permutations(("progress", "description", "cancel")))[: draw(st.integers(0, 3))]:
        task = draw(st.sampled_from(tasks))
        if what == "progress":
            planner.plan(Act(call=UpdateProgress(session=MAIN, task=task.made, percent_done=draw(st.integers(1, 99)))))
        elif what == "description":
            describe(planner, draw, MAIN, task)
        else:
            planner.plan(Act(call=CancelTask(session=MAIN, task=task.made)))
    planner.look(MAIN, tasks)
    planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=draw(st.integers(1, 30)))))
    planner.look(MAIN, tasks)


@approach(THEME, "create.type", "create.cancelable", "create.queue-time", "create.initial", "create.entity")
def raise_a_family(planner: Planner, draw: Draw) -> None:
    """A parent in any state, and children and a grandchild that differ from it in anything; then the children's lives,
    and a look at their parent."""
    parent = any_task(planner, draw, MAIN)
    state = draw(st.sampled_from((QUEUED, RUNNING, RUNNING, SUCCESS, "cancel")))
    if state == "cancel":
        cancel(planner, MAIN, parent)
    elif state != QUEUED:
        planner.set_state(MAIN, parent, RUNNING)
        if state == SUCCESS:
            planner.set_state(MAIN, parent, SUCCESS, result="of the parent")
    session = draw(st.sampled_from((MAIN, planner.login("second"))))
    child = any_task(planner, draw, session, parent)
    for ancestor in draw(st.lists(st.sampled_from((parent, child)), unique_by=id)):
        move_on(planner, draw, ancestor)
    grandchild = any_task(planner, draw, session, child)
    another = any_task(planner, draw, MAIN, grandchild)
    planner.look(MAIN, [parent, child, grandchild, another])
    live_on(planner, draw, session, grandchild)
    live_on(planner, draw, MAIN, child)
    planner.look(MAIN, [parent, child, grandchild, another], draw(st.sampled_from(("retrieve", "wait"))))


@approach(THEME, "create.unknown-type", "create.unknown-object", "create.privilege", "create.parent-none")
def refuse_a_child(planner: Planner, draw: Draw) -> None:
    """Children, one thing about each of which is wrong; a look for what each left; and a task without parent."""
    restricted = planner.login("restricted")
    parent = any_task(planner, draw, MAIN)
    for twist in draw(st.permutations(("unregistered", "nowhere", "restricted"))):
        call = CreateTask(
            session=restricted if twist == "restricted" else MAIN,
            obj=Place(role="nowhere" if twist == "nowhere" else "readable", index=draw(st.integers(0, 7))),
            task_type_id=TypeId(which="unregistered" if twist == "unregistered" else "work"),
            cancelable=draw(st.booleans()),
            parent_task_key=parent.made if draw(st.integers(0, 3)) else None,
        )
        planner.plan(Act(call=call, look=True))
        planner.look(MAIN, [parent])
    any_task(planner, draw, MAIN)


@approach(THEME, "create.queue-time", "session.shared", "session.logout")
def log_in_again(planner: Planner, draw: Draw) -> None:
    """A session that is logged out, and logged in again under the same name, makes a task and moves it on; others see
    it."""
    name = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    account = planner.sessions[name]
    before = any_task(planner, draw, name)
    planner.plan(Act(call=Logout(session=name)))
    planner.plan(Act(call=SetTaskState(session=name, task=before.made, state=RUNNING), look=True))
    planner.plan(Act(call=Login(session=name, account=account)))
    before.state = None
    task = any_task(planner, draw, name)
    live_on(planner, draw, MAIN, task)
    planner.look(name, [task])
    planner.look(MAIN, [task])


@approach(THEME, "create.listed", "recent.queued", "recent.fresh-wait", "recent.fresh-retrieve")
def list_before_reading(planner: Planner, draw: Draw) -> None:
    """A new task that nobody has read yet, looked for in recentTask; read afterwards, and looked for again."""
    session = draw(st.sampled_from((MAIN, planner.login("second"))))
    parent = planner.create(session, "vm", draw(INDEX)) if draw(st.booleans()) else None
    call = CreateTask(
        session=session,
        obj=Place(role="vm", index=draw(st.integers(0, 7))),
        task_type_id=TypeId(which="work"),
        cancelable=draw(st.booleans()),
        parent_task_key=None if parent is None else parent.made,
    )
    task = PlannedTask(made=planner.plan(Act(call=call)), session=session, cancelable=call.cancelable)
    if draw(st.booleans()):
        planner.plan(Act(call=WaitForRecentTask(session=session, fresh=True)))
    else:
        planner.plan(Act(call=ReadRecentTask(session=session)))
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
    planner.look(MAIN, [task])


@approach(THEME, "life.result", "life.fault", "life.skip")
def end_without_running(planner: Planner, draw: Draw) -> None:
    """A queued task that is set to success or error, with a result or a fault; then an attempt to change that."""
    for state in draw(st.permutations((SUCCESS, ERROR))):
        task = any_task(planner, draw, MAIN)
        result = draw(RESULTS) if state == SUCCESS else None
        fault = draw(FAULTS) if state == ERROR else None
        call = SetTaskState(session=MAIN, task=task.made, state=state, result=result, fault=fault)
        planner.plan(Act(call=call, look=True))
        task.state = None
        other = SetTaskState(session=MAIN, task=task.made, state=draw(st.sampled_from((RUNNING, SUCCESS, ERROR))))
        planner.plan(Act(call=other, look=True))
        planner.look(MAIN, [task])
