"""Every call on a task in every state, by whoever may not make it, and by nobody: the approaches to refusals.

A refusal shows a fault of the server's twice: by its kind, and by what it left behind. Each is followed by a look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    AdvanceClock,
    CancelTask,
    CreateCollectorForTasks,
    CreateTask,
    ExtensionKey,
    FindExtension,
    Login,
    Logout,
    Place,
    ReadDescription,
    ReadExtensionList,
    ReadMaxCollector,
    ReadRecentTask,
    ReadTaskInfo,
    SetTaskDescription,
    SetTaskState,
    TaskFilterSpec,
    TypeId,
    UpdateProgress,
    WaitForRecentTask,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Together
from taskconform.strategies.drawing.planner import FAULTS, INDEX, OTHER_FAULTS, RESULTS
from taskconform.strategies.scenarios.families import any_task, describe, live_on
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import PlannedTask, Planner

THEME: Final = "lives"

ENDS: Final = (SUCCESS, ERROR)


def brought_to(planner: Planner, draw: Draw, state: str, session: str = MAIN) -> PlannedTask:
    """A task, with or without a parent, brought to a state, with what goes with it."""
    parent = any_task(planner, draw, session) if draw(st.booleans()) else None
    task = any_task(planner, draw, session, parent)
    if draw(st.integers(0, 3)):
        describe(planner, draw, session, task)
    if state != QUEUED:
        planner.set_state(session, task, RUNNING)
        percent = draw(st.integers(1, 99))
        planner.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
    if state == SUCCESS:
        planner.set_state(session, task, SUCCESS, result=draw(RESULTS))
    elif state == ERROR:
        planner.set_state(session, task, ERROR, fault=draw(FAULTS))
    return task


def ill_fitting(draw: Draw, task: PlannedTask) -> list[PlannedCall]:
    """Calls that the text refuses on the task as it is."""
    made = task.made
    result, fault = draw(RESULTS), draw(FAULTS)
    calls: list[PlannedCall] = [
        SetTaskState(session=MAIN, task=made, state=RUNNING, result=result),
        SetTaskState(session=MAIN, task=made, state=ERROR, result=result),
        SetTaskState(session=MAIN, task=made, state=RUNNING, fault=fault),
        SetTaskState(session=MAIN, task=made, state=SUCCESS, fault=fault),
    ]
    if task.state in ENDS:
        other = ERROR if task.state == SUCCESS else SUCCESS
        calls += [SetTaskState(session=MAIN, task=made, state=state) for state in (QUEUED, RUNNING, other)]
        calls.append(SetTaskState(session=MAIN, task=made, state=SUCCESS, result="another"))
        calls.append(CancelTask(session=MAIN, task=made))
    else:
        wrong = draw(st.sampled_from(OTHER_FAULTS[1:]))
        calls.append(SetTaskState(session=MAIN, task=made, state=ERROR, fault=wrong))
        if not task.cancelable:
            calls.append(CancelTask(session=MAIN, task=made))
    if task.state != RUNNING:
        calls.append(UpdateProgress(session=MAIN, task=made, percent_done=draw(st.sampled_from((40, 100)))))
    return calls


@approach(THEME, "life.result", "life.fault", "life.fault-kind", "life.final", "life.progress-state", "life.atomic")
def ask_for_what_does_not_fit(planner: Planner, draw: Draw) -> None:
    """A task in each state, all that the text refuses on it, in any order, and a look after each; then it lives on."""
    for state in draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR))):
        task = brought_to(planner, draw, state)
        for call in draw(st.permutations(ill_fitting(draw, task))):
            planner.plan(Act(call=call, look=True))
        if state in ENDS:
            planner.look(MAIN, [task])
        elif state == QUEUED:
            live_on(planner, draw, MAIN, task)
        else:
            end = draw(st.sampled_from(ENDS))
            fault = draw(FAULTS) if end == ERROR else None
            planner.set_state(MAIN, task, end, fault=fault)


@approach(THEME, "life.unknown")
def ask_for_what_never_was(planner: Planner, draw: Draw) -> None:
    """Every call on a Task that never existed."""
    nothing = Place(role="no-task")
    calls: list[PlannedCall] = [
        SetTaskState(session=MAIN, task=nothing, state=RUNNING),
        UpdateProgress(session=MAIN, task=nothing, percent_done=10),
        SetTaskDescription(session=MAIN, task=nothing, key="phase.one"),
        CancelTask(session=MAIN, task=nothing),
        ReadTaskInfo(session=MAIN, tasks=(nothing,)),
    ]
    for call in draw(st.permutations(calls)):
        planner.plan(Act(call=call))


@approach(THEME, "life.progress-clamp", "life.progress", "life.times", "info.progress-range")
def report_on(planner: Planner, draw: Draw) -> None:
    """A running task and percentages inside the range and out of it, by one user and another, some time apart."""
    second = planner.login("second")
    task = brought_to(planner, draw, RUNNING)
    inside = draw(st.lists(st.integers(1, 99), min_size=2, max_size=2, unique=True))
    for percent in draw(st.permutations((-1, 101, 0, 100, *inside))):
        session = draw(st.sampled_from((MAIN, second)))
        planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=draw(st.integers(1, 40)))))
        planner.plan(Act(call=UpdateProgress(session=session, task=task.made, percent_done=percent), look=True))
        if percent in {0, 100}:
            planner.look(draw(st.sampled_from((MAIN, second))), [task])
    planner.set_state(draw(st.sampled_from((MAIN, second))), task, SUCCESS, result=draw(RESULTS))


@approach(THEME, "life.cancel", "life.cancel-queued", "life.cancel-final", "life.no-return", "info.complete-time")
def cancel_in_each_state(planner: Planner, draw: Draw) -> None:
    """A cancelable task in each state, canceled and read until it must have ended; its child is asked after."""
    for state in draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR))):
        task = planner.create(MAIN, "vm", draw(INDEX), cancelable=True)
        if state != QUEUED:
            planner.set_state(MAIN, task, RUNNING)
            percent = draw(st.sampled_from((10, 60, 100)))
            planner.plan(Act(call=UpdateProgress(session=MAIN, task=task.made, percent_done=percent), look=True))
        if state in ENDS:
            planner.set_state(MAIN, task, state, fault="NotFound" if state == ERROR else None)
        planner.plan(Act(call=CancelTask(session=MAIN, task=task.made), look=True))
        child = planner.create(MAIN, "vm", draw(INDEX), parent=task, cancelable=True)
        planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=1)))
        planner.plan(Act(call=ReadTaskInfo(session=MAIN, tasks=(task.made, child.made))))
        if draw(st.booleans()):
            planner.set_state(MAIN, child, RUNNING)
        planner.plan(Act(call=CancelTask(session=MAIN, task=child.made), look=True))
        planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=1)))
        planner.plan(Act(call=ReadTaskInfo(session=MAIN, tasks=(task.made, child.made))))
        planner.look(MAIN, [task, child])
        task.state = child.state = None


@approach(THEME, "create.privilege", "life.privilege-update", "life.atomic", "recent.unreadable", "recent.hidden")
def try_without_privilege(planner: Planner, draw: Draw) -> None:
    """All that the restricted user may not do, on a task in any state, and a look of somebody else's after each."""
    session = planner.login("restricted")
    role = draw(st.sampled_from(("readable", "readable", "hidden")))
    task = planner.create(MAIN, role, draw(INDEX), cancelable=False)
    state = draw(st.sampled_from((QUEUED, RUNNING, RUNNING, SUCCESS)))
    if state != QUEUED:
        planner.set_state(MAIN, task, RUNNING)
        planner.plan(Act(call=UpdateProgress(session=MAIN, task=task.made, percent_done=20), look=True))
        planner.plan(Act(call=SetTaskDescription(session=MAIN, task=task.made, key="phase.one"), look=True))
    if state == SUCCESS:
        planner.set_state(MAIN, task, SUCCESS, result="a result")
    calls: list[PlannedCall] = [
        CreateTask(session=session, obj=Place(role="readable"), task_type_id=TypeId(which="work"), cancelable=True),
        SetTaskState(session=session, task=task.made, state=RUNNING),
        SetTaskState(session=session, task=task.made, state=SUCCESS),
        SetTaskState(session=session, task=task.made, state=ERROR, fault="NotFound"),
        UpdateProgress(session=session, task=task.made, percent_done=70),
        SetTaskDescription(session=session, task=task.made, key="phase.two"),
    ]
    for call in draw(st.permutations(calls)):
        planner.plan(Act(call=call, look=not isinstance(call, CreateTask)))
        if isinstance(call, CreateTask):
            planner.look(MAIN, [task])
    hidden = planner.create(MAIN, "hidden", draw(INDEX), parent=task)
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(hidden.made,))))
    planner.look(session, [task, hidden], draw(st.sampled_from(("retrieve", "wait"))), witness=MAIN)
    planner.set_state(MAIN, hidden, RUNNING)
    planner.set_state(MAIN, hidden, SUCCESS)
    planner.look(session, [task, hidden], draw(st.sampled_from(("retrieve", "wait"))), witness=MAIN)
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(hidden.made,))))
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))


@approach(THEME, "recent.hidden", "recent.visible", "recent.child")
def hide_a_child(planner: Planner, draw: Draw) -> None:
    """Parents and children of which the restricted user may read the one and not the other, live and ended."""
    session = planner.login("restricted")
    for above, below in draw(st.permutations((("readable", "hidden"), ("hidden", "readable")))):
        parent = planner.create(MAIN, above, draw(INDEX))
        child = planner.create(MAIN, below, draw(INDEX), parent=parent)
        planner.look(MAIN, [parent, child])
        planner.look(session, [parent, child], draw(st.sampled_from(("retrieve", "wait"))), witness=MAIN)
        planner.set_state(MAIN, child, RUNNING)
        planner.set_state(MAIN, child, SUCCESS)
        planner.look(session, [parent, child], draw(st.sampled_from(("retrieve", "wait"))), witness=MAIN)


def any_call(session: str, task: PlannedTask) -> list[PlannedCall]:
    """A call of every kind that wants a login."""
    return [
        ReadRecentTask(session=session),
        WaitForRecentTask(session=session, fresh=True),
        ReadMaxCollector(session=session),
        ReadDescription(session=session),
        ReadTaskInfo(session=session, tasks=(task.made,)),
        CreateTask(session=session, obj=Place(role="vm"), task_type_id=TypeId(which="work"), cancelable=True),
        SetTaskState(session=session, task=task.made, state=RUNNING),
        SetTaskState(session=session, task=task.made, state=SUCCESS),
        UpdateProgress(session=session, task=task.made, percent_done=10),
        SetTaskDescription(session=session, task=task.made, key="phase.one"),
        CancelTask(session=session, task=task.made),
        CreateCollectorForTasks(session=session, filter=TaskFilterSpec()),
        FindExtension(session=session, key=ExtensionKey()),
        ReadExtensionList(session=session),
    ]


@approach(THEME, "session.required", "recent.privilege", "limit.privilege", "collector.privilege")
def call_without_a_login(planner: Planner, draw: Draw) -> None:
    """A call of every kind, by somebody who never logged in; on a task in any state."""
    task = brought_to(planner, draw, draw(st.sampled_from((QUEUED, RUNNING, SUCCESS))))
    for call in draw(st.permutations(any_call(NOBODY, task))):
        planner.plan(Act(call=call, look=hasattr(call, "task")))
    planner.look(MAIN, [task])


@approach(THEME, "session.logout", "session.shared", "session.outlive")
def call_after_logging_out(planner: Planner, draw: Draw) -> None:
    """A call of every kind by a session that has ended, which may have held a collector; another one of the same user
    goes on."""
    account = draw(st.sampled_from(("primary", "second")))
    session, other = planner.login_anew(account), planner.login_anew(account)
    task = brought_to(planner, draw, draw(st.sampled_from((RUNNING, SUCCESS))))
    own = brought_to(planner, draw, SUCCESS, session)
    planner.plan(Act(call=ReadTaskInfo(session=session, tasks=(task.made,))))
    if draw(st.booleans()):
        planner.plan(Act(call=CreateCollectorForTasks(session=session, filter=TaskFilterSpec())))
    planner.plan(Act(call=Logout(session=session)))
    del planner.sessions[session]
    planner.ended.append(session)
    for call in draw(st.permutations(any_call(session, task))):
        planner.plan(Act(call=call, look=hasattr(call, "task")))
    planner.look(other, [task, own])
    planner.plan(Act(call=Login(session=session, account=account)))
    planner.sessions[session] = account
    planner.look(session, [task, own])


@approach(THEME, "create.distinct", "create.returns", "create.queue-time")
def create_at_once(planner: Planner, draw: Draw) -> None:
    """Sessions that create at the same time, alike or not; and one that creates the same twice."""
    names = [MAIN, planner.login("second"), planner.login_anew("primary")]
    calls = tuple(
        CreateTask(
            session=name,
            obj=Place(role="vm", index=draw(st.integers(0, 1))),
            task_type_id=TypeId(which="work"),
            cancelable=True,
        )
        for name in draw(st.permutations(names))
    )
    planner.plan(Together(calls=calls))
    for _ in range(2):
        planner.plan(Act(call=AdvanceClock(session=MAIN, seconds=draw(st.integers(1, 70)))))
        planner.plan(Act(call=calls[0], look=True))
    planner.plan(Act(call=calls[0], look=True))
