"""Tasks of the target's own operations: the approaches. They are planned only where such operations are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    ByEntity,
    ByTime,
    ByUsername,
    CancelTask,
    CreateCollectorForTasks,
    CreateFilter,
    CreateListView,
    CreatePropertyCollector,
    Made,
    Offered,
    Operand,
    Place,
    ReadDescription,
    ReadLatestPage,
    ReadTaskInfo,
    RewindCollector,
    SetCollectorPageSize,
    SetTaskDescription,
    SetTaskState,
    StartOperation,
    Symbol,
    TaskFilterSpec,
    UpdateProgress,
    UserName,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.plan import Act, Drain, Follow, Look, Pause
from taskconform.strategies.drawing.planner import HOWS, INDEX
from taskconform.strategies.scenarios.scenario import approach

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner

THEME: Final = "operations"

SECONDS: Final = st.sampled_from((2, 4, 40))
"""How long the end of an operation is waited for."""
PAGE: Final = st.sampled_from((1, 3, 100, 100))
"""How many items a page of a drain has at most."""


ENTITIES: Final = st.one_of(
    st.builds(Operand, index=st.integers(0, 15)),
    st.builds(Place, role=st.sampled_from(("vm", "folder")), index=st.integers(0, 7)),
)
"""What operations are started on."""


def start(
    planner: Planner,
    draw: Draw,
    session: str = MAIN,
    *,
    cancelable: bool = False,
    brief: bool = False,
    look: bool = True,
    entity: Place | None = None,
) -> Made:
    """Append the start of an operation, and a look at its task."""
    operation = Offered(index=draw(INDEX), cancelable=cancelable, brief=brief)
    call = StartOperation[Symbol](session=session, operation=operation, entity=entity or draw(ENTITIES))
    return planner.plan(Act(call=call, look=look))


def read(planner: Planner, *tasks: Made, session: str = MAIN) -> None:
    """Append a read of these tasks."""
    planner.plan(Act(call=ReadTaskInfo[Symbol](session=session, tasks=tasks)))


def await_end(planner: Planner, draw: Draw, *tasks: Made) -> None:
    """Append a wait for the ends of these tasks, and a read of all of them."""
    for task in tasks:
        planner.plan(Pause(session=MAIN, seconds=draw(SECONDS), unless_ended=task))
    read(planner, *tasks)


@approach(
    THEME,
    "operation.returns",
    "operation.life",
    "operation.queue-time",
    "recent.running",
    "recent.queued",
    "recent.completed",
    "life.times",
)
def watch_a_life(planner: Planner, draw: Draw) -> None:
    """An operation's task from its start to its end, with looks at recentTask on the way, by one session or two."""
    session = draw(st.sampled_from((MAIN, "second")))
    session = planner.login("second") if session == "second" else session
    task = start(planner, draw, session)
    for _ in range(draw(st.integers(1, 3))):
        how = draw(HOWS)
        planner.plan(Look(session=draw(st.sampled_from((MAIN, session))), tasks=(task,), how=how))
        planner.plan(Pause(session=MAIN, seconds=1))
    await_end(planner, draw, task)
    planner.plan(Look(session=session, tasks=(task,)))
    read(planner, task, session=session)


@approach(THEME, "operation.entity", "operation.name", "operation.type", "operation.reason", "description.lookup")
def start_several(planner: Planner, draw: Draw) -> None:
    """Operations one after the other, by two users, and the description that has their ids."""
    second = planner.login("second")
    tasks = [start(planner, draw, draw(st.sampled_from((MAIN, second)))) for _ in range(draw(st.integers(2, 5)))]
    planner.plan(Act(call=ReadDescription(session=draw(st.sampled_from((MAIN, second))))))
    await_end(planner, draw, tasks[-1])
    read(planner, *tasks, session=second)


@approach(THEME, "life.cancel", "life.cancel-unsupported", "life.cancel-final", "life.no-return")
def cancel_an_operation(planner: Planner, draw: Draw) -> None:
    """A cancel of an operation, early or late, and perhaps another one."""
    cancelable = draw(st.booleans())
    task = start(planner, draw, cancelable=cancelable, brief=not cancelable, look=draw(st.booleans()))
    if draw(st.booleans()):
        await_end(planner, draw, task)
    for _ in range(draw(st.integers(1, 2))):
        planner.plan(Act(call=CancelTask[Symbol](session=MAIN, task=task), look=True))
    planner.plan(Pause(session=MAIN, seconds=draw(SECONDS), unless_ended=task))
    read(planner, task)
    read(planner, task, session=planner.login("second"))
    planner.plan(Look(session=MAIN, tasks=(task,)))


@approach(THEME, "life.final", "life.progress-state", "life.no-return")
def get_in_the_way(planner: Planner, draw: Draw) -> None:
    """A client moves the task of an operation, which goes on, or has ended."""
    task = start(planner, draw)
    if draw(st.booleans()):
        await_end(planner, draw, task)
    state = draw(st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)))
    calls: tuple[PlannedCall, ...] = (
        SetTaskState[Symbol](session=MAIN, task=task, state=state, fault="Timedout" if state == ERROR else None),
        UpdateProgress[Symbol](session=MAIN, task=task, percent_done=draw(st.integers(0, 100))),
        SetTaskDescription[Symbol](session=MAIN, task=task, key="phase"),
    )
    planner.plan(Act(call=draw(st.sampled_from(calls)), look=True))
    await_end(planner, draw, task)
    read(planner, task)


@approach(THEME, "watch.list-view", "watch.no-lost-end", "watch.no-wait", "watch.truth")
def follow_operations(planner: Planner, draw: Draw) -> None:
    """Operations followed by their state, through a list view or by name, to their ends."""
    tasks = tuple(start(planner, draw) for _ in range(draw(st.integers(1, 3))))
    watched: tuple[Made, ...] = tasks
    if draw(st.booleans()):
        watched = (planner.plan(Act(call=CreateListView[Symbol](session=MAIN, objs=tasks))),)
    watcher = planner.plan(Act(call=CreatePropertyCollector(session=MAIN)))
    planner.plan(Act(call=CreateFilter[Symbol](session=MAIN, collector=watcher, watched=watched)))
    version: str | Made = ""
    for _ in range(draw(st.integers(1, 2))):
        version = planner.plan(Follow(session=MAIN, collector=watcher, version=version))
        await_end(planner, draw, *tasks)
    planner.plan(Follow(session=MAIN, collector=watcher, version=version))


def _spec(draw: Draw, task: Made) -> TaskFilterSpec[Symbol]:
    """Draw a filter that tasks of operations go through or not."""
    entity, recursion = Place(role="vm", index=draw(INDEX)), draw(st.sampled_from(("self", "children", "all")))
    user = UserName(account=draw(st.sampled_from(("primary", "second"))))
    stamp = draw(st.sampled_from(("queuedTime", "startedTime", "completedTime")))
    return draw(
        st.sampled_from(
            (
                TaskFilterSpec[Symbol](entity=ByEntity(entity=entity, recursion=recursion)),
                TaskFilterSpec[Symbol](entity=ByEntity(entity=Place(role="root"), recursion="all")),
                TaskFilterSpec[Symbol](user_name=ByUsername(system_user=False, user_list=(user,))),
                TaskFilterSpec[Symbol](state=(draw(st.sampled_from((SUCCESS, ERROR, RUNNING))),)),
                TaskFilterSpec[Symbol](state=(SUCCESS, ERROR)),
                TaskFilterSpec[Symbol](time=ByTime(time_type=stamp, begin_time=0)),
                TaskFilterSpec[Symbol](root_task_key=(task,)),
                TaskFilterSpec[Symbol](tag=("",)),
                TaskFilterSpec[Symbol](activation_id=("activation-1",)),
            )
        )
    )


def _drained(planner: Planner, draw: Draw, spec: TaskFilterSpec[Symbol], *, size: int = 100) -> None:
    """Append two collectors of a filter, one read from where it stands, one rewound."""
    for rewound in (False, True):
        collector = planner.plan(Act(call=CreateCollectorForTasks[Symbol](session=MAIN, filter=spec)))
        if rewound:
            planner.plan(Act(call=RewindCollector[Symbol](session=MAIN, collector=collector)))
        planner.plan(Drain(session=MAIN, collector=collector, max_count=size))
    if draw(st.booleans()):
        planner.plan(Act(call=RewindCollector[Symbol](session=MAIN, collector=collector)))
        planner.plan(Drain(session=MAIN, collector=collector, max_count=draw(PAGE)))


@approach(THEME, "filter.none", "page.drain", "page.rewind", "info.same", "filter.entity-self", "filter.user-list")
def collect_what_operations_made(planner: Planner, draw: Draw) -> None:
    """Operations by two users; when all have ended, collectors of everything, and of some of it, read to the end."""
    second = planner.login("second")
    tasks = [start(planner, draw, session, brief=True) for session in (MAIN, second, MAIN, second, MAIN)]
    await_end(planner, draw, *tasks)
    _drained(planner, draw, TaskFilterSpec())
    for _ in range(draw(st.integers(1, 3))):
        _drained(planner, draw, _spec(draw, tasks[0]))


@approach(THEME, "latest.size", "latest.newest", "latest.grows", "latest.monitor")
def look_at_the_latest_page(planner: Planner, draw: Draw) -> None:
    """A latest page, which new operations enter, and is watched."""
    tasks = [start(planner, draw, brief=True) for _ in range(draw(st.integers(3, 5)))]
    await_end(planner, draw, *tasks)
    _drained(planner, draw, TaskFilterSpec())
    collector = planner.plan(Act(call=CreateCollectorForTasks[Symbol](session=MAIN, filter=TaskFilterSpec())))
    size = draw(st.integers(1, 3))
    planner.plan(Act(call=SetCollectorPageSize[Symbol](session=MAIN, collector=collector, max_count=size)))
    planner.plan(Act(call=ReadLatestPage[Symbol](session=MAIN, collector=collector)))
    watcher = planner.plan(Act(call=CreatePropertyCollector(session=MAIN)))
    planner.plan(Act(call=CreateFilter[Symbol](session=MAIN, collector=watcher, watched=(collector,))))
    version = planner.plan(Follow(session=MAIN, collector=watcher))
    await_end(planner, draw, start(planner, draw, brief=True))
    planner.plan(Act(call=ReadLatestPage[Symbol](session=MAIN, collector=collector)))
    planner.plan(Follow(session=MAIN, collector=watcher, version=version))


@approach(THEME, "session.outlive", "session.shared", "recent.visible", "recent.hidden", "recent.unreadable")
def look_from_elsewhere(planner: Planner, draw: Draw) -> None:
    """The task of an operation, seen by another user and by one that may see little, and after its user has gone."""
    maker = planner.login_anew("second")
    role = draw(st.sampled_from(("hidden", "readable", "ancestor", "vm")))
    task = start(planner, draw, maker, entity=Place(role=role))
    restricted = planner.login("restricted")
    planner.plan(Look(session=MAIN, tasks=(task,)))
    planner.plan(Look(session=restricted, tasks=(task,), witness=MAIN))
    read(planner, task, session=restricted)
    await_end(planner, draw, task)
    planner.plan(Look(session=draw(st.sampled_from((MAIN, restricted))), tasks=(task,), witness=MAIN))


@approach(THEME, "recent.fresh-retrieve", "operation.returns", "create.listed")
def both_kinds(planner: Planner, draw: Draw) -> None:
    """Tasks of both kinds in turn, each looked for in recentTask right after, and then in a collector."""
    tasks: list[Made] = []
    for _ in range(draw(st.integers(1, 2))):
        created = planner.create(MAIN, "vm", draw(INDEX))
        planner.set_state(MAIN, created, RUNNING)
        tasks += [created.made, start(planner, draw, brief=True)]
        planner.plan(Look(session=MAIN, tasks=tuple(tasks), how=draw(HOWS)))
        planner.set_state(MAIN, created, SUCCESS)
    await_end(planner, draw, *tasks)
    _drained(planner, draw, TaskFilterSpec())
