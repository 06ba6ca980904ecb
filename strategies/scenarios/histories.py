"""Collectors, their filters and their pages: the approaches.

Most begin with a population of tasks and the *control*: all that a collector of everything holds, read in large pages
by a fresh collector and by a rewound one. What other collectors hold is judged against it."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    AdvanceClock,
    ByEntity,
    ByTime,
    ByUsername,
    Chain,
    CreateAlarm,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    CreateFilter,
    CreateFolder,
    CreatePropertyCollector,
    CreateScheduledTask,
    CreateTask,
    DestroyCollector,
    Logout,
    LogUserEvent,
    Made,
    Moment,
    Place,
    ReadCollectorFilter,
    ReadLatestPage,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadTaskInfo,
    RemoveAlarm,
    RemoveScheduledTask,
    ResetCollector,
    RewindCollector,
    RunScheduledTask,
    SetCollectorPageSize,
    SetTaskDescription,
    Symbol,
    TaskFilterSpec,
    TaskInfoFilterSpec,
    TypeId,
    UpdateProgress,
    UserName,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Follow, Pause
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.domains.collectors import uses
from taskconform.strategies.domains.filters import (
    ACTIVATIONS,
    STAMPS,
    TAGS,
    TAGS_OF_NONE,
    by_activations,
    by_entities,
    by_keys,
    by_states,
    by_times,
    by_users,
    simple_parts,
)
from taskconform.strategies.domains.numbers import sizes
from taskconform.strategies.domains.values import pagefuls, push_outs
from taskconform.strategies.drawing.planner import ENTITY_ROLES, FAULTS, INDEX, RESULTS
from taskconform.strategies.scenarios.scenario import approach
from taskconform.strategies.scenarios.watched import cancel

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import PlannedTask, Planner

THEME: Final = "histories"

LARGE: Final = st.sampled_from((100, 199, 1000))
"""Pages too large to matter."""

SMALL: Final = st.integers(1, 3)
"""Pages that matter."""

ENDS: Final = st.sampled_from((QUEUED, RUNNING, SUCCESS, SUCCESS, ERROR))

ALL: Final = TaskFilterSpec()

GAPS: Final = st.sampled_from((11, 20, 60))
"""Seconds between the stamps of a task, so many that a range of ten tells one from the other."""

MOST_IN_PAGE: Final = 130
"""Tasks that a latest page is filled with, at most."""

READS: Final[tuple[Any, ...]] = (ReadNextTasks, ReadPreviousTasks)
"""Both ways to read a page."""

HOURS: Final = tuple(hours * 3_600_000_000 for hours in (-24, -1, 0, 1, 24))
"""Offsets far from each other, in microseconds."""


# --- what approaches are made of --------------------------------------------------------------------------------------


def act(planner: Planner, call: PlannedCall, *, look: bool = False) -> Made:
    """One call."""
    return planner.plan(Act(call=call, look=look))


def one_task(
    planner: Planner,
    draw: Draw,
    session: str,
    role: str,
    end: str,
    *,
    index: int | None = None,
    parent: PlannedTask | None = None,
    activation_id: str | None = None,
) -> PlannedTask:
    """A task, brought to where it is to end."""
    at, cancelable = draw(INDEX) if index is None else index, draw(st.booleans())
    task = planner.create(session, role, at, cancelable=cancelable, parent=parent, activation_id=activation_id)
    if end != QUEUED:
        planner.set_state(session, task, RUNNING)
    if end == SUCCESS:
        planner.set_state(session, task, SUCCESS, result=draw(st.one_of(st.none(), RESULTS)))
    elif end == ERROR:
        planner.set_state(session, task, ERROR, fault=draw(FAULTS))
    return task


def slow_task(planner: Planner, draw: Draw, end: str) -> PlannedTask:
    """A task, brought to where it is to end, with time between its making, its start and its end."""
    task = planner.create(MAIN, "vm", draw(INDEX))
    if end != QUEUED:
        act(planner, AdvanceClock(session=MAIN, seconds=draw(GAPS)))
        planner.set_state(MAIN, task, RUNNING)
    if end in {SUCCESS, ERROR}:
        act(planner, AdvanceClock(session=MAIN, seconds=draw(GAPS)))
        planner.set_state(MAIN, task, end, fault=draw(FAULTS) if end == ERROR else None)
    return task


def canceled_task(planner: Planner, draw: Draw) -> PlannedTask:
    """A task that the server has ended after a cancel, if it ends such tasks soon."""
    task = planner.create(MAIN, "vm", draw(INDEX), cancelable=True)
    planner.set_state(MAIN, task, RUNNING)
    cancel(planner, MAIN, task)
    return task


def population(planner: Planner, draw: Draw, least: int = 2, most: int = 5) -> list[PlannedTask]:
    """Some tasks, in any state, on any entity."""
    ends = draw(st.lists(ENDS, min_size=least, max_size=most))
    return [one_task(planner, draw, MAIN, draw(ENTITY_ROLES), end) for end in ends]


def collect(planner: Planner, spec: TaskFilterSpec[Symbol] = ALL, session: str = MAIN) -> Made:
    """A collector."""
    return act(planner, CreateCollectorForTasks(session=session, filter=spec))


def drain(planner: Planner, collector: Made, count: int, session: str = MAIN, direction: str = "next") -> None:
    """Read it to the end, or to the head."""
    planner.plan(Drain(session=session, collector=collector, max_count=count, direction=direction))


def whole(planner: Planner, draw: Draw, spec: TaskFilterSpec[Symbol], *, rewound: bool = False) -> None:
    """All that a filter holds, read by a fresh collector, and once more when it was rewound. It is destroyed then, so
    that nothing else disturbs what is read later."""
    collector = collect(planner, spec)
    drain(planner, collector, draw(LARGE))
    if rewound:
        act(planner, RewindCollector(session=MAIN, collector=collector))
        drain(planner, collector, draw(LARGE))
    act(planner, DestroyCollector(session=MAIN, collector=collector))


def control(planner: Planner, draw: Draw) -> None:
    """All that a collector of everything holds, fresh and rewound."""
    whole(planner, draw, ALL, rewound=True)


def beside_one_another(planner: Planner, draw: Draw) -> TaskFilterSpec[Symbol]:
    """Some tasks on one entity, more elsewhere, the control; and a filter that holds all of them, or the former."""
    population(planner, draw, 1, 3)
    role, index = draw(st.sampled_from(("vm", "folder", "host"))), draw(st.integers(0, 3))
    for _ in range(draw(st.integers(3, 6))):
        one_task(planner, draw, MAIN, role, draw(ENDS), index=index)
    control(planner, draw)
    narrow = TaskFilterSpec(entity=ByEntity(entity=Place(role=role, index=index), recursion="self"))
    whole(planner, draw, narrow, rewound=draw(st.booleans()))
    return draw(st.sampled_from((ALL, narrow, narrow)))


def drain_alone(planner: Planner, count: int) -> None:
    """A collector of everything, read page by page with nothing between, and destroyed."""
    collector = collect(planner)
    drain(planner, collector, count)
    act(planner, DestroyCollector(session=MAIN, collector=collector))


def made(tasks: list[PlannedTask]) -> list[Made]:
    """The tasks, as a plan refers to them."""
    return [task.made for task in tasks]


# --- filters ----------------------------------------------------------------------------------------------------------


@approach(THEME, "filter.none", "page.default-rewind", "page.rewind")
def hold_everything(planner: Planner, draw: Draw) -> None:
    """A collector without a filter."""
    population(planner, draw)
    control(planner, draw)


@approach(THEME, "filter.entity-self", "filter.entity-children", "filter.entity-all")
def hold_by_entity(planner: Planner, draw: Draw) -> None:
    """Tasks on a folder and on the root folder, below them, and elsewhere."""
    for where in draw(st.permutations(("folder", "vm", "vm", "vm", "host", "root"))):
        one_task(planner, draw, MAIN, where, draw(ENDS), index=0 if where == "folder" else None)
    control(planner, draw)
    for recursion in draw(st.permutations(("self", "children", "all"))):
        for role in draw(st.permutations(("folder", "root"))):
            whole(planner, draw, TaskFilterSpec(entity=ByEntity(entity=Place(role=role), recursion=recursion)))
    for recursion in ("children", "all"):
        entity = Place(role="vm", index=draw(st.integers(0, 3)))
        whole(planner, draw, TaskFilterSpec(entity=ByEntity(entity=entity, recursion=recursion)))


@approach(THEME, "filter.entity-self", "filter.entity-children", "filter.entity-compute", "filter.entity-unknown")
def hold_by_any_entity(planner: Planner, draw: Draw) -> None:
    """Any entity, and any recursion: hosts and what never existed among them."""
    population(planner, draw, 3)
    one_task(planner, draw, MAIN, "vm", draw(ENDS))
    control(planner, draw)
    whole(planner, draw, draw(by_entities(indexes=st.integers(0, 5))))
    for role in ("host", "nowhere"):
        entity = ByEntity(entity=Place(role=role), recursion=draw(st.sampled_from(("children", "all"))))
        whole(planner, draw, TaskFilterSpec(entity=entity))


@approach(THEME, "filter.time-queued", "filter.time-started", "filter.time-completed", "filter.time-edge")
def hold_by_time(planner: Planner, draw: Draw) -> None:
    """Ranges about the stamps of tasks that were made, started and completed at different times: about each stamp of
    two that have ended, and about any."""
    tasks = []
    for end in draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR))):
        tasks.append(slow_task(planner, draw, end))
        act(planner, AdvanceClock(session=MAIN, seconds=draw(GAPS)))
    control(planner, draw)
    for task in tasks:
        for kind, stamp in STAMPS.items() if task.state in {SUCCESS, ERROR} else ():
            begin, end_time = (Moment(task=task.made, stamp=stamp, offset=by) for by in (-5 * SECOND, 5 * SECOND))
            whole(planner, draw, TaskFilterSpec(time=ByTime(time_type=kind, begin_time=begin, end_time=end_time)))
    whole(planner, draw, draw(by_times(made(tasks))))
    kind, stamp = draw(st.sampled_from((("queuedTime", "queue_time"), ("startedTime", "start_time"))))
    task = draw(st.sampled_from([one for one in tasks if one.state != QUEUED]))
    for side in ("begin_time", "end_time"):
        edge = {side: Moment(task=task.made, stamp=stamp)}
        whole(planner, draw, TaskFilterSpec(time=evolve(ByTime(time_type=kind), **edge)))


@approach(THEME, "filter.time-queued", "filter.time-started", "filter.time-completed")
def hold_far_off(planner: Planner, draw: Draw) -> None:
    """Ranges that begin or end long before or after all that happened."""
    tasks = [one_task(planner, draw, MAIN, "vm", end) for end in (SUCCESS, draw(ENDS), QUEUED)]
    control(planner, draw)
    hour = 3_600_000_000
    for kind, stamp in (
        ("queuedTime", "queue_time"),
        ("startedTime", "start_time"),
        ("completedTime", "complete_time"),
    ):
        for offset in draw(st.permutations((-hour, hour))):
            moment = Moment(task=tasks[0].made, stamp=stamp, offset=offset)
            side = draw(st.sampled_from(("begin_time", "end_time")))
            whole(planner, draw, TaskFilterSpec(time=evolve(ByTime(time_type=kind), **{side: moment})))


@approach(THEME, "filter.time-open", "filter.time-reversed")
def hold_by_odd_ranges(planner: Planner, draw: Draw) -> None:
    """No bound at all, and bounds the wrong way round."""
    tasks = [one_task(planner, draw, MAIN, "vm", end) for end in (SUCCESS, QUEUED, draw(ENDS))]
    control(planner, draw)
    kind = draw(st.sampled_from(("startedTime", "completedTime")))
    whole(planner, draw, TaskFilterSpec(time=ByTime(time_type=kind)))
    stamp = "complete_time"
    gap = draw(st.sampled_from((1, 5_000_000, 3_600_000_000)))
    reversed_ = ByTime(
        time_type="completedTime",
        begin_time=Moment(task=tasks[0].made, stamp=stamp, offset=gap),
        end_time=Moment(task=tasks[0].made, stamp=stamp, offset=-gap),
    )
    whole(planner, draw, TaskFilterSpec(time=reversed_))


@approach(THEME, "filter.user-list", "filter.user-regular", "filter.user-spelling", "filter.user-system")
def hold_by_user(planner: Planner, draw: Draw) -> None:
    """Tasks of two users, and filters by their names."""
    other = planner.login("second")
    account = draw(st.sampled_from(("primary", "second")))
    for session in draw(st.permutations((MAIN, MAIN, other))):
        one_task(planner, draw, session, "vm", draw(ENDS))
    control(planner, draw)
    by = ByUsername(system_user=False)
    regular = TaskFilterSpec(user_name=by)
    listed = TaskFilterSpec(user_name=evolve(by, user_list=(UserName(account=account),)))
    for spec in (regular, listed, *(draw(by_users()) for _ in range(draw(st.integers(1, 4))))):
        whole(planner, draw, spec)


@approach(THEME, "filter.user-system", "filter.user-system-list")
def hold_by_system_user(planner: Planner, draw: Draw) -> None:
    """systemUser set, with a list and without."""
    other = planner.login("second")
    for session in (MAIN, other):
        one_task(planner, draw, session, "vm", draw(ENDS))
    control(planner, draw)
    listed = (UserName(account=draw(st.sampled_from(("primary", "second")))),)
    for user_list in draw(st.permutations(((), listed))):
        whole(planner, draw, TaskFilterSpec(user_name=ByUsername(system_user=True, user_list=user_list)))


@approach(THEME, "filter.user-spelling")
def hold_by_other_spellings(planner: Planner, draw: Draw) -> None:
    """A user's name in capitals, and without its domain."""
    one_task(planner, draw, MAIN, "vm", draw(ENDS))
    control(planner, draw)
    for spelling in draw(st.permutations(("upper", "bare"))):
        name = UserName(account="primary", spelling=spelling)
        whole(planner, draw, TaskFilterSpec(user_name=ByUsername(system_user=False, user_list=(name,))))


@approach(THEME, "filter.state")
def hold_by_state(planner: Planner, draw: Draw) -> None:
    """Tasks in every state, one that was canceled among them, and filters by each state and by some two."""
    for end in draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR, "cancel"))):
        if end == "cancel":
            canceled_task(planner, draw)
        else:
            one_task(planner, draw, MAIN, draw(ENTITY_ROLES), end)
    control(planner, draw)
    for state in draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR))):
        whole(planner, draw, TaskFilterSpec(state=(state,)))
    whole(planner, draw, draw(by_states()))


@approach(THEME, "filter.state-moves")
def move_while_held(planner: Planner, draw: Draw) -> None:
    """A task that changes state between the making of a collector and its reading."""
    task = one_task(planner, draw, MAIN, "vm", draw(st.sampled_from((QUEUED, RUNNING))))
    state, after = draw(st.sampled_from(((task.state, "old"), (RUNNING if task.state == QUEUED else SUCCESS, "new"))))
    spec = TaskFilterSpec(state=(state or QUEUED,))
    collector = collect(planner, spec)
    planner.set_state(MAIN, task, RUNNING if task.state == QUEUED else SUCCESS)
    control(planner, draw)
    drain(planner, collector, draw(LARGE))
    if after == "new" and draw(st.booleans()):
        whole(planner, draw, spec)


@approach(
    THEME,
    *("filter.state", "filter.entity-self", "filter.entity-children", "filter.time-queued", "filter.user-list"),
    "page.append",
)
def arrive_under_a_filter(planner: Planner, draw: Draw) -> None:
    """Tasks made after collectors with a filter, one by state and one by anything, were read: in any state, one of them
    as it was made; what the collectors give then, in pages and as their latest page, and what a fresh one gives."""
    tasks = population(planner, draw)
    control(planner, draw)
    specs = draw(by_states()), draw(simple_parts(made(tasks)))
    collectors = [collect(planner, spec) for spec in specs]
    for collector in collectors:
        if draw(st.booleans()):
            drain(planner, collector, draw(SMALL))
        if draw(st.booleans()):
            act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=draw(SMALL)))
    later = [*population(planner, draw, 1, 3), one_task(planner, draw, MAIN, draw(ENTITY_ROLES), QUEUED)]
    act(planner, ReadTaskInfo(session=MAIN, tasks=tuple(made(later))))
    for collector in draw(st.permutations(collectors)):
        drain(planner, collector, draw(st.one_of(SMALL, LARGE)))
        act(planner, ReadLatestPage(session=MAIN, collector=collector))
    control(planner, draw)
    whole(planner, draw, draw(st.sampled_from(specs)))


@approach(THEME, "filter.entity-children", "filter.entity-all")
def arrive_below(planner: Planner, draw: Draw) -> None:
    """A folder that is made under the entity of a filter after its collector, and a task on it: what the collector
    gives then, and a fresh one."""
    above = draw(st.sampled_from((Place(role="root"), Place(role="folder"))))
    name = f"taskconform-{len(planner.steps)}"
    inner = draw(st.booleans())
    parent: Any = act(planner, CreateFolder(session=MAIN, parent=above, name=name)) if inner else above
    population(planner, draw)
    control(planner, draw)
    spec = TaskFilterSpec(entity=ByEntity(entity=above, recursion=draw(st.sampled_from(("children", "all")))))
    collector = collect(planner, spec)
    if draw(st.booleans()):
        drain(planner, collector, draw(LARGE))
    folder = act(planner, CreateFolder(session=MAIN, parent=parent, name=f"{name}-new"))
    call = CreateTask(session=MAIN, obj=folder, task_type_id=TypeId(which="work"), cancelable=draw(st.booleans()))
    act(planner, call, look=True)
    drain(planner, collector, draw(LARGE))
    control(planner, draw)
    whole(planner, draw, spec)


@approach(THEME, "filter.tag")
def hold_by_tag(planner: Planner, draw: Draw) -> None:
    """Tags: tasks that CreateTask made have none."""
    population(planner, draw)
    control(planner, draw)
    for tags in draw(st.permutations((("",), ("no-such-tag",), ("no-such-tag", "no-other"), draw(TAGS)))):
        whole(planner, draw, TaskFilterSpec(tag=tags))


@approach(THEME, "filter.event-chain")
def hold_by_chain(planner: Planner, draw: Draw) -> None:
    """Event chains, as collectors' items give them."""
    tasks = population(planner, draw, 3)
    control(planner, draw)
    chosen = draw(st.lists(st.sampled_from(made(tasks)), min_size=2, max_size=2, unique=True))
    for task in chosen:
        whole(planner, draw, TaskFilterSpec(event_chain_id=(Chain(task=task),)))
    whole(planner, draw, TaskFilterSpec(event_chain_id=tuple(Chain(task=task) for task in chosen)))


@approach(THEME, "filter.parent-key", "filter.root-key", "filter.root-head")
def hold_by_relation(planner: Planner, draw: Draw) -> None:
    """A chain of tasks, two of which have ended, a stranger, and filters by parents and roots."""
    head = planner.create(MAIN, "vm", draw(INDEX))
    child = planner.create(MAIN, "vm", draw(INDEX), parent=head)
    third = planner.create(MAIN, draw(ENTITY_ROLES), draw(INDEX), parent=child)
    for task, end in zip((head, child, third), draw(st.permutations((QUEUED, SUCCESS, ERROR))), strict=True):
        if end != QUEUED:
            planner.set_state(MAIN, task, RUNNING)
            planner.set_state(MAIN, task, end, fault=draw(FAULTS) if end == ERROR else None)
    stranger = one_task(planner, draw, MAIN, "vm", draw(ENDS))
    control(planner, draw)
    for chosen in (head, child):
        whole(planner, draw, TaskFilterSpec(parent_task_key=(chosen.made,)))
        whole(planner, draw, TaskFilterSpec(root_task_key=(chosen.made,)))
    whole(planner, draw, draw(by_keys(made([head, child, third, stranger]))))


@approach(THEME, "filter.parent-key", "filter.root-key")
def hold_by_keys_alike(planner: Planner, draw: Draw) -> None:
    """A chain so long that some keys, where they are numbers, begin with others."""
    chain = [planner.create(MAIN, "vm", draw(INDEX))]
    for _ in range(29):
        chain.append(planner.create(MAIN, "vm", draw(INDEX), parent=chain[-1]))
    control(planner, draw)
    for task in chain[:2]:
        whole(planner, draw, TaskFilterSpec(parent_task_key=(task.made,)))
    whole(planner, draw, TaskFilterSpec(root_task_key=(chain[0].made,)))


@approach(THEME, "filter.activation")
def hold_by_activation(planner: Planner, draw: Draw) -> None:
    """Activation ids."""
    ids = draw(st.permutations((*ACTIVATIONS, None)))
    for activation in ids[: draw(st.integers(2, 4))]:
        one_task(planner, draw, MAIN, draw(ENTITY_ROLES), draw(ENDS), activation_id=activation)
    control(planner, draw)
    for activation in ACTIVATIONS[:2]:
        whole(planner, draw, TaskFilterSpec(activation_id=(activation,)))
    whole(planner, draw, draw(by_activations()))


@approach(THEME, "filter.and")
def limit_by_two_parts(planner: Planner, draw: Draw) -> None:
    """Each of some parts, and every two of them together; always a range of time among them."""
    tasks = varied_population(planner, draw)
    control(planner, draw)
    parts = [draw(kind) for kind in draw(st.permutations(PART_KINDS))[: draw(st.integers(3, 4))]]
    parts.append(since(draw(st.sampled_from(tasks[2:4]))))
    for part in parts:
        whole(planner, draw, part)
    for one, other in combinations(parts, 2):
        whole(planner, draw, both(one, other))


def since(task: PlannedTask) -> TaskFilterSpec[Symbol]:
    """The tasks that were made when one was, or later."""
    begin = Moment(task=task.made, stamp="queue_time", offset=-5 * SECOND)
    return TaskFilterSpec(time=ByTime(time_type="queuedTime", begin_time=begin))


def both(one: TaskFilterSpec[Symbol], other: TaskFilterSpec[Symbol]) -> TaskFilterSpec[Symbol]:
    """A filter with the parts of both."""
    names = [name for name in other.__struct_fields__ if getattr(other, name) not in (None, ())]
    return evolve(one, **{name: getattr(other, name) for name in names})


def varied_population(planner: Planner, draw: Draw) -> list[PlannedTask]:
    """Tasks of two users, on two entities, in all states, with activation ids and parents or without, made some time
    apart: whatever one part of a filter lets through, another does and does not."""
    tasks: list[PlannedTask] = []
    other = planner.login("second")
    for number, end in enumerate(draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR, SUCCESS, QUEUED)))):
        parent = tasks[0] if tasks and tasks[0].state == QUEUED and number % 2 else None
        session, role = (MAIN, other)[number % 2], ("vm", "folder", "vm")[number % 3]
        activation = ACTIVATIONS[number % 4] if number % 4 < len(ACTIVATIONS) else None
        tasks.append(
            one_task(planner, draw, session, role, end, index=number % 2, parent=parent, activation_id=activation)
        )
        act(planner, AdvanceClock(session=MAIN, seconds=draw(GAPS)))
    return tasks


PART_KINDS: Final[tuple[st.SearchStrategy[TaskFilterSpec[Symbol]], ...]] = (
    st.sampled_from(("vm", "folder")).map(
        lambda role: TaskFilterSpec(entity=ByEntity(entity=Place(role=role), recursion="self"))
    ),
    st.sampled_from(("primary", "second")).map(
        lambda account: TaskFilterSpec(user_name=ByUsername(system_user=False, user_list=(UserName(account=account),)))
    ),
    by_states(),
    st.just(TaskFilterSpec(tag=("",))),
    by_activations(),
)
"""Parts of a filter that some tasks of a varied population match, and some do not."""


@approach(THEME, "filter.and")
def limit_by_entity_and_state(planner: Planner, draw: Draw) -> None:
    """Two parts that some tasks match one of, some the other, some both."""
    for role in ("vm", "folder"):
        for end in (SUCCESS, QUEUED):
            one_task(planner, draw, MAIN, role, end, index=0)
    control(planner, draw)
    place = Place(role=draw(st.sampled_from(("vm", "folder"))))
    one = TaskFilterSpec(entity=ByEntity(entity=place, recursion="self"))
    other = TaskFilterSpec(state=(draw(st.sampled_from((SUCCESS, QUEUED))),))
    for spec in draw(st.permutations((one, other))):
        whole(planner, draw, spec)
    whole(planner, draw, evolve(one, state=other.state))


@approach(THEME, "filter.or")
def allow_two_values(planner: Planner, draw: Draw) -> None:
    """Of each part that is a list: each of two values, and both in one list; some tasks have neither."""
    other = planner.login("second")
    ends = zip((RUNNING, SUCCESS, ERROR), ACTIVATIONS, (MAIN, other, MAIN), strict=True)
    tasks = [one_task(planner, draw, by, "vm", end, activation_id=activation) for end, activation, by in ends]
    parents = [one_task(planner, draw, MAIN, "vm", QUEUED) for _ in range(3)]
    for parent in parents:
        planner.create(MAIN, "vm", draw(INDEX), parent=parent)
    control(planner, draw)
    values: dict[str, tuple[object, ...]] = {
        "state": (RUNNING, SUCCESS, ERROR),
        "activation_id": ACTIVATIONS,
        "parent_task_key": tuple(made(parents)),
        "root_task_key": tuple(made(parents)),
        "event_chain_id": tuple(Chain(task=task.made) for task in tasks),
    }
    for kind in draw(st.permutations(tuple(values))):
        two = draw(st.permutations(values[kind]))[:2]
        for some in (*((value,) for value in two), tuple(two)):
            whole(planner, draw, evolve(ALL, **{kind: some}))
    users = draw(st.permutations((UserName(account="primary"), UserName(account="second"))))
    for user_list in (*((user,) for user in users), tuple(users)):
        whole(planner, draw, TaskFilterSpec(user_name=ByUsername(system_user=False, user_list=user_list)))


@approach(THEME, "filter.scheduled", "filter.alarm")
def hold_by_cause(planner: Planner, draw: Draw) -> None:
    """A scheduled task and an alarm that started two tasks each, and ones that started nothing."""
    population(planner, draw)
    place = Place(role="vm", index=draw(st.integers(0, 3)))
    work = TypeId(which="work")
    schedules = [
        act(planner, CreateScheduledTask(session=MAIN, entity=place, name=f"schedule-{n}", task_type_id=work))
        for n in range(2)
    ]
    alarms = [act(planner, CreateAlarm(session=MAIN, entity=place, name="alarm-0", task_type_id=work))]
    for _ in range(2):
        act(planner, RunScheduledTask(session=MAIN, scheduled_task=schedules[0]))
        act(planner, LogUserEvent(session=MAIN, entity=place))
        act(planner, AdvanceClock(session=MAIN, seconds=1))
    alarms.append(act(planner, CreateAlarm(session=MAIN, entity=place, name="alarm-1", task_type_id=work)))
    control(planner, draw)
    for one in draw(st.permutations((*schedules, *alarms))):
        spec = TaskFilterSpec(scheduled_task=one) if one in schedules else TaskFilterSpec(alarm=one)
        whole(planner, draw, spec)


@approach(THEME, "filter.scheduled", "filter.alarm")
def hold_by_a_name_that_came_back(planner: Planner, draw: Draw) -> None:
    """A scheduled task or an alarm that started tasks and was removed, and another one with its name, which has started
    some too, or none."""
    place, work = Place(role="vm", index=draw(st.integers(0, 3))), TypeId(which="work")
    by_schedule, starts = draw(st.booleans()), draw(st.booleans())
    made: list[Made] = []
    for number in range(2):
        create: Any = CreateScheduledTask if by_schedule else CreateAlarm
        made.append(act(planner, create(session=MAIN, entity=place, name="comes-back", task_type_id=work)))
        if number == 0 or starts:
            start: Any = RunScheduledTask(session=MAIN, scheduled_task=made[-1])
            act(planner, start if by_schedule else LogUserEvent(session=MAIN, entity=place))
            act(planner, AdvanceClock(session=MAIN, seconds=1))
        if number == 0:
            gone: Any = RemoveScheduledTask(session=MAIN, scheduled_task=made[0])
            act(planner, gone if by_schedule else RemoveAlarm(session=MAIN, alarm=made[0]))
    control(planner, draw)
    whole(planner, draw, TaskFilterSpec(scheduled_task=made[1]) if by_schedule else TaskFilterSpec(alarm=made[1]))


@approach(THEME, "filter.visible", "filter.entity-privilege")
def hold_what_is_hidden(planner: Planner, draw: Draw) -> None:
    """A restricted user's collectors, where there are tasks that it may not read."""
    for role in draw(st.permutations(("hidden", "readable", "hidden", "vm"))):
        one_task(planner, draw, MAIN, role, draw(ENDS))
    control(planner, draw)
    restricted = planner.login("restricted")
    collector = collect(planner, ALL, restricted)
    drain(planner, collector, draw(st.sampled_from((1, 2, 100))), restricted)
    hidden: ByEntity[Symbol] = ByEntity(entity=Place(role="hidden"), recursion=draw(st.sampled_from(("self", "all"))))
    collect(planner, TaskFilterSpec(entity=hidden), restricted)


# --- pages ------------------------------------------------------------------------------------------------------------


@approach(THEME, "page.drain", "page.max-count", "page.end", "page.rewind", "page.stable")
def scroll(planner: Planner, draw: Draw) -> None:
    """Small pages to the end, once more at the end, and again after a rewind, from the end or from some way back."""
    spec = beside_one_another(planner, draw)
    collector = collect(planner, spec)
    count = draw(SMALL)
    drain(planner, collector, count)
    act(planner, ReadNextTasks(session=MAIN, collector=collector, max_count=count))
    for _ in range(draw(st.integers(1, 3))):
        if draw(st.booleans()):
            act(planner, ReadPreviousTasks(session=MAIN, collector=collector, max_count=draw(SMALL)))
        act(planner, RewindCollector(session=MAIN, collector=collector))
        drain(planner, collector, draw(SMALL))


@approach(THEME, "page.drain", "page.max-count")
def scroll_unevenly(planner: Planner, draw: Draw) -> None:
    """Pages of changing size, to the end."""
    collector = collect(planner, beside_one_another(planner, draw))
    for count in draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)):
        act(planner, ReadNextTasks(session=MAIN, collector=collector, max_count=count))
    drain(planner, collector, draw(SMALL))


@approach(THEME, "page.rewind", "page.max-count")
def rewind_half_way(planner: Planner, draw: Draw) -> None:
    """A rewind in the middle, now and then twice, after pages in any direction."""
    collector = collect(planner, beside_one_another(planner, draw))
    for _ in range(draw(st.integers(1, 2))):
        count = draw(SMALL)
        for _ in range(draw(st.integers(1, 3))):
            method: Any = draw(st.sampled_from((ReadNextTasks, ReadNextTasks, ReadPreviousTasks)))
            act(planner, method(session=MAIN, collector=collector, max_count=count))
        act(planner, RewindCollector(session=MAIN, collector=collector))
    drain(planner, collector, draw(SMALL))


@approach(THEME, "page.order", "page.direction", "page.append", "page.reset", "page.reset-latest")
def scroll_in_time(planner: Planner, draw: Draw) -> None:
    """Tasks made a good second apart, read in small pages; more of them, read by going on; and back from the latest
    page."""
    for gap in draw(st.sampled_from(((1, 1, 0), (1, 1, 0, 0), (1, 1, 1, 1)))):
        one_task(planner, draw, MAIN, "vm", draw(st.sampled_from((QUEUED, RUNNING, SUCCESS))))
        if gap:
            planner.plan(Pause(session=MAIN, seconds=2))
    one_task(planner, draw, MAIN, "vm", QUEUED)
    control(planner, draw)
    collector = collect(planner)
    count = 2
    drain(planner, collector, count)
    for _ in range(draw(st.integers(1, 3))):
        one_task(planner, draw, MAIN, "vm", QUEUED)
    drain(planner, collector, count)
    act(planner, DestroyCollector(session=MAIN, collector=collector))
    control(planner, draw)
    back = collect(planner)
    act(planner, SetCollectorPageSize(session=MAIN, collector=back, max_count=draw(st.integers(1, 3))))
    drain(planner, back, draw(LARGE))
    act(planner, RewindCollector(session=MAIN, collector=back))
    act(planner, ResetCollector(session=MAIN, collector=back))
    drain(planner, back, count, direction="previous")
    act(planner, ReadPreviousTasks(session=MAIN, collector=back, max_count=count))


@approach(THEME, "page.independent")
def read_two_by_turns(planner: Planner, draw: Draw) -> None:
    """One collector read to its end, after one was read alone, and between its pages another one that is read, set,
    rewound or made: each of these by itself."""
    population(planner, draw, 5, 7)
    control(planner, draw)
    count = draw(st.integers(1, 2))
    drain_alone(planner, count)
    for between in draw(st.permutations(("read", "size", "rewind", "make"))):
        one, other = collect(planner), collect(planner)
        act(planner, ReadNextTasks(session=MAIN, collector=one, max_count=count))
        for _ in range(draw(st.integers(1, 2))):
            act(planner, ReadNextTasks(session=MAIN, collector=one, max_count=count))
            size = draw(st.integers(1, 3))
            if between == "read":
                act(planner, ReadNextTasks(session=MAIN, collector=other, max_count=size))
            elif between == "size":
                act(planner, SetCollectorPageSize(session=MAIN, collector=other, max_count=size))
            elif between == "rewind":
                act(planner, RewindCollector(session=MAIN, collector=other))
            else:
                collect(planner)
        drain(planner, one, count)


@approach(THEME, "page.independent", "latest.newest", "latest.size")
def size_two_pages(planner: Planner, draw: Draw) -> None:
    """Two collectors with different page sizes, and the latest page of each."""
    population(planner, draw, 4, 6)
    control(planner, draw)
    one, other = collect(planner), collect(planner)
    sizes = draw(st.permutations((1, 3)))
    for collector, size in zip((one, other), sizes, strict=True):
        act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
    for collector in draw(st.permutations((one, other))):
        act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "page.drain")
def scroll_while_tasks_end(planner: Planner, draw: Draw) -> None:
    """Small pages, between which tasks start and end that are yet to be read, and some that were read."""
    tasks = []
    for _ in range(draw(st.integers(5, 7))):
        tasks.append(planner.create(MAIN, draw(ENTITY_ROLES), draw(INDEX)))
        act(planner, AdvanceClock(session=MAIN, seconds=2))
    control(planner, draw)
    drain_alone(planner, 2)
    collector = collect(planner)
    act(planner, ReadNextTasks(session=MAIN, collector=collector, max_count=2))
    for task in draw(st.permutations(tasks))[: draw(st.integers(2, 3))]:
        planner.set_state(MAIN, task, RUNNING)
        planner.set_state(MAIN, task, SUCCESS)
    drain(planner, collector, 2)


@approach(THEME, "page.drain", "page.max-count")
def scroll_far(planner: Planner, draw: Draw) -> None:
    """More tasks than recentTask ever holds, read in pages that matter."""
    count = draw(push_outs())
    bulk = planner.plan(Bulk(session=MAIN, obj=Place(role="vm"), count=count, finish=QUEUED))
    all_of_them = tuple(Made(step=bulk.step, index=index) for index in range(count))
    act(planner, ReadTaskInfo(session=MAIN, tasks=all_of_them))
    control(planner, draw)
    drain_alone(planner, draw(st.sampled_from((50, 90, 99))))


@approach(THEME, "page.no-side-effect")
def peek_between_pages(planner: Planner, draw: Draw) -> None:
    """latestPage or filter, read between two pages, after one collector was read alone."""
    population(planner, draw, 4, 8)
    control(planner, draw)
    count = draw(st.integers(1, 2))
    drain_alone(planner, count)
    collector = collect(planner)
    for _ in range(draw(st.integers(1, 2))):
        act(planner, ReadNextTasks(session=MAIN, collector=collector, max_count=count))
        method: Any = draw(st.sampled_from((ReadLatestPage, ReadCollectorFilter)))
        act(planner, method(session=MAIN, collector=collector))
    drain(planner, collector, count)


@approach(THEME, "page.turn", "page.end")
def turn_round(planner: Planner, draw: Draw) -> None:
    """Back by one after a page of some items, and after two pages of any."""
    population(planner, draw, 4, 7)
    control(planner, draw)
    for pages in draw(st.permutations(((st.integers(2, 3),), (SMALL, SMALL)))):
        collector = collect(planner)
        for size in pages:
            act(planner, ReadNextTasks(session=MAIN, collector=collector, max_count=draw(size)))
        act(planner, ReadPreviousTasks(session=MAIN, collector=collector, max_count=1))


@approach(THEME, "page.max-count-negative", "page.max-count-zero", "page.max-count-large")
def count_oddly(planner: Planner, draw: Draw) -> None:
    """maxCount out of any range, and around 1000."""
    one_task(planner, draw, MAIN, "vm", draw(ENDS))
    collector = collect(planner)
    for count in draw(st.permutations((-1, 0, 1001, draw(st.sampled_from((-(2**31), 2**31 - 1, 1000)))))):
        for method in draw(st.permutations(READS)):
            act(planner, method(session=MAIN, collector=collector, max_count=count))


# --- the latest page --------------------------------------------------------------------------------------------------


@approach(THEME, "latest.size", "latest.newest", "latest.shrink", "latest.grows")
def size_the_page(planner: Planner, draw: Draw) -> None:
    """A page smaller than what is held; a new task; a smaller page still."""
    population(planner, draw, 4, 6)
    control(planner, draw)
    collector = collect(planner)
    size = draw(st.integers(2, 3))
    act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
    act(planner, ReadLatestPage(session=MAIN, collector=collector))
    for _ in range(draw(st.integers(1, 2))):
        one_task(planner, draw, MAIN, draw(ENTITY_ROLES), draw(st.sampled_from((QUEUED, SUCCESS))))
        act(planner, ReadLatestPage(session=MAIN, collector=collector))
    act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=draw(st.integers(1, size - 1))))
    act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "latest.newest", "latest.size")
def end_out_of_order(planner: Planner, draw: Draw) -> None:
    """Tasks that end in another order than they were made in, or not at all, and a page that holds some of them."""
    tasks = [planner.create(MAIN, "vm", draw(INDEX)) for _ in range(5)]
    for task in draw(st.permutations(tasks))[: draw(st.integers(3, 5))]:
        planner.set_state(MAIN, task, RUNNING)
        planner.set_state(MAIN, task, draw(st.sampled_from((SUCCESS, ERROR))))
        act(planner, AdvanceClock(session=MAIN, seconds=draw(GAPS)))
    control(planner, draw)
    collector = collect(planner)
    for size in draw(st.permutations((1, 2, 3))):
        act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
        act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "latest.raised-size", "latest.newest")
def raise_the_size(planner: Planner, draw: Draw) -> None:
    """A page smaller than what is held, then a larger one; a new task, and the page again."""
    population(planner, draw, 4, 6)
    control(planner, draw)
    collector = collect(planner)
    size = draw(st.integers(1, 2))
    for each in (size, draw(st.integers(size + 1, 5))):
        act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=each))
        act(planner, ReadLatestPage(session=MAIN, collector=collector))
    one_task(planner, draw, MAIN, draw(ENTITY_ROLES), QUEUED)
    act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "latest.default-size", "latest.newest")
def leave_the_size(planner: Planner, draw: Draw) -> None:
    """The page before any size was set, with many held."""
    planner.plan(Bulk(session=MAIN, obj=Place(role="vm"), count=draw(pagefuls()), finish=QUEUED, one_by_one=True))
    control(planner, draw)
    collector = collect(planner)
    act(planner, ReadLatestPage(session=MAIN, collector=collector))
    if draw(st.booleans()):
        act(
            planner,
            SetCollectorPageSize(session=MAIN, collector=collector, max_count=draw(st.sampled_from((1, 9, 11)))),
        )
        act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "latest.newest", "latest.grows", "latest.size")
def fill_the_page(planner: Planner, draw: Draw) -> None:
    """A page size, and about as many tasks afterwards; then one more, and the page again."""
    control(planner, draw)
    collector = collect(planner)
    size = draw(sizes(MOST_IN_PAGE))
    act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
    count = max(1, size + draw(st.integers(-1, 1)))
    bulk = planner.plan(Bulk(session=MAIN, obj=Place(role="vm"), count=count, finish=draw(ENDS), one_by_one=True))
    act(planner, ReadTaskInfo(session=MAIN, tasks=tuple(Made(step=bulk.step, index=each) for each in range(count))))
    act(planner, ReadLatestPage(session=MAIN, collector=collector))
    one_task(planner, draw, MAIN, draw(ENTITY_ROLES), QUEUED)
    act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "latest.size-negative", "latest.size-zero-large", "latest.newest")
def size_oddly(planner: Planner, draw: Draw) -> None:
    """Sizes out of any range, and around 1000; after a negative one, the page with the size that it had."""
    population(planner, draw, 3, 4)
    control(planner, draw)
    collector = collect(planner)
    for size in draw(st.permutations((-1, 0, 1001, draw(st.sampled_from((-(2**31), 2**31 - 1)))))):
        act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=draw(st.integers(2, 99))))
        act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
        if size < 0:
            act(planner, ReadLatestPage(session=MAIN, collector=collector))


@approach(THEME, "page.evicts")
def overflow_the_page(planner: Planner, draw: Draw) -> None:
    """A page size smaller than what is held, or than what is held once newer tasks have come, and a full read."""
    population(planner, draw, 3, 5)
    control(planner, draw)
    collector = collect(planner)
    newer = draw(st.integers(0, 3))
    size = draw(st.integers(1, 2) if not newer else st.integers(1, 5))
    act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
    if draw(st.booleans()):
        act(planner, ReadLatestPage(session=MAIN, collector=collector))
    if newer:
        population(planner, draw, newer, newer)
        control(planner, draw)
    drain(planner, collector, draw(LARGE))


@approach(THEME, "latest.monitor", "latest.monitor-state", "latest.monitor-progress", "latest.monitor-description")
def monitor_the_page(planner: Planner, draw: Draw) -> None:
    """A property filter on latestPage, one change after it was read, and what comes of it; for each kind of change. A
    new task, whoever makes it, is in a page of any size; one that changes surely only where all are in it."""
    task = one_task(planner, draw, MAIN, "vm", RUNNING)
    maker = {"create": MAIN, "create too": planner.login("second")}
    pages = {one: collect(planner) for one in (True, False)}
    for change in draw(st.permutations((*maker, "state", "progress", "description"))):
        collector = pages[change in maker]
        size = draw(st.sampled_from((1, 2, 99) if change in maker else (99, 100)))
        act(planner, SetCollectorPageSize(session=MAIN, collector=collector, max_count=size))
        if task.state != RUNNING:
            task = one_task(planner, draw, MAIN, "vm", RUNNING)
        watcher = act(planner, CreatePropertyCollector(session=MAIN))
        act(planner, CreateFilter(session=MAIN, collector=watcher, watched=(collector,)))
        version = planner.plan(Follow(session=MAIN, collector=watcher))
        if change in maker:
            one_task(planner, draw, maker[change], draw(ENTITY_ROLES), QUEUED)
        elif change == "progress":
            act(planner, UpdateProgress(session=MAIN, task=task.made, percent_done=draw(st.integers(1, 99))), look=True)
        elif change == "description":
            act(planner, SetTaskDescription(session=MAIN, task=task.made, key="work.step"), look=True)
        else:
            planner.set_state(MAIN, task, SUCCESS)
        act(planner, WaitForUpdatesEx(session=MAIN, collector=watcher, version=version))


# --- collectors themselves --------------------------------------------------------------------------------------------


@approach(THEME, "info.same", "page.stable", "latest.newest")
def read_while_it_moves(planner: Planner, draw: Draw) -> None:
    """Items that one collector gives again and again, in pages and in its latest page, while their tasks live on."""
    tasks = [planner.create(MAIN, draw(ENTITY_ROLES), draw(INDEX), which="rest") for _ in range(2)]
    collector = collect(planner)

    def read_again() -> None:
        act(planner, RewindCollector(session=MAIN, collector=collector))
        drain(planner, collector, draw(LARGE))
        act(planner, ReadLatestPage(session=MAIN, collector=collector))

    read_again()
    for task in tasks:
        planner.set_state(MAIN, task, RUNNING)
        act(planner, UpdateProgress(session=MAIN, task=task.made, percent_done=draw(st.integers(1, 99))), look=True)
    read_again()
    for task, end in zip(tasks, draw(st.permutations((SUCCESS, ERROR))), strict=True):
        fault = draw(FAULTS) if end == ERROR else None
        planner.set_state(MAIN, task, end, result=draw(RESULTS) if end == SUCCESS else None, fault=fault)
    act(planner, ReadTaskInfo(session=MAIN, tasks=tuple(task.made for task in tasks)))
    read_again()
    read_again()


@approach(THEME, "collector.create", "collector.filter-fixed")
def read_the_filter_back(planner: Planner, draw: Draw) -> None:
    """The filter property, before and after pages were read, and again after a rewind."""
    tasks = population(planner, draw)
    collector = collect(planner, draw(simple_parts(made(tasks))))
    act(planner, ReadCollectorFilter(session=MAIN, collector=collector))
    stamp = "queue_time"
    begin, end = (Moment(task=tasks[0].made, stamp=stamp, offset=offset) for offset in draw(st.permutations(HOURS))[:2])
    ranged = TaskFilterSpec(time=ByTime(time_type="queuedTime", begin_time=begin, end_time=end))
    parts = [draw(kind) for kind in draw(st.permutations(PART_KINDS))[:2]]
    tagged = TaskFilterSpec(tag=draw(st.sampled_from((("",), *TAGS_OF_NONE))))
    for spec in (ranged, both(ranged, both(*parts)), tagged):
        act(planner, ReadCollectorFilter(session=MAIN, collector=collect(planner, spec)))
    control(planner, draw)
    drain(planner, collector, draw(SMALL))
    held = collect(planner, since(tasks[0]))
    act(planner, ReadCollectorFilter(session=MAIN, collector=held))
    everything = collect(planner, TaskFilterSpec(state=tuple(draw(st.permutations((QUEUED, RUNNING, SUCCESS, ERROR))))))
    act(planner, ReadCollectorFilter(session=MAIN, collector=everything))
    act(planner, ReadNextTasks(session=MAIN, collector=everything, max_count=draw(SMALL)))
    act(planner, ReadNextTasks(session=MAIN, collector=held, max_count=draw(SMALL)))
    for one in (collector, held, everything):
        act(planner, ReadCollectorFilter(session=MAIN, collector=one))
        act(planner, RewindCollector(session=MAIN, collector=one))
        act(planner, ReadNextTasks(session=MAIN, collector=one, max_count=draw(SMALL)))
        act(planner, ReadCollectorFilter(session=MAIN, collector=one))


@approach(THEME, "collector.destroyed", "collector.destroy-twice")
def use_what_is_destroyed(planner: Planner, draw: Draw) -> None:
    """All uses of a destroyed collector, and some of others beside it, which were made before and after it."""
    one_task(planner, draw, MAIN, "vm", draw(ENDS))
    before, gone, after = (collect(planner) for _ in range(3))
    if draw(st.booleans()):
        act(planner, uses(draw, MAIN, gone)[0])
    act(planner, DestroyCollector(session=MAIN, collector=gone))
    for call in uses(draw, MAIN, gone):
        act(planner, call)
    for other in (before, after):
        act(planner, uses(draw, MAIN, other)[0])
    act(planner, DestroyCollector(session=MAIN, collector=gone))


@approach(THEME, "collector.session-bound")
def use_after_the_session(planner: Planner, draw: Draw) -> None:
    """Collectors whose session has ended, one that was read and one that was not, used in every way by a later session
    of the same user, and destroyed in the end."""
    account = draw(st.sampled_from(("primary", "second")))
    first = planner.login_anew(account)
    one_task(planner, draw, first, "vm", draw(ENDS))
    collectors = [collect(planner, ALL, first) for _ in range(2)]
    act(planner, ReadNextTasks(session=first, collector=collectors[0], max_count=draw(SMALL)))
    act(planner, Logout(session=first))
    del planner.sessions[first]
    later = planner.login_anew(account)
    for collector in draw(st.permutations(collectors)):
        for call in uses(draw, later, collector):
            act(planner, call)
        act(planner, DestroyCollector(session=later, collector=collector))


@approach(THEME, "collector.private")
def use_another_sessions(planner: Planner, draw: Draw) -> None:
    """A collector, used by another live session."""
    one_task(planner, draw, MAIN, "vm", draw(ENDS))
    collector = collect(planner)
    other = planner.login_anew(draw(st.sampled_from(("primary", "second"))))
    act(planner, uses(draw, other, collector)[0])


@approach(
    THEME,
    "collector.null-filter",
    "collector.unknown-filter",
    "collector.malformed-filter",
    "collector.privilege",
)
def ask_wrongly(planner: Planner, draw: Draw) -> None:
    """No filter, one of an unknown type, one that lacks a part; and nobody who asks."""
    lacking = TaskFilterSpec(time=ByTime(time_type=None, begin_time=draw(st.sampled_from((None, 1_000_000)))))
    calls = (
        CreateCollectorForTasks(session=MAIN, filter=None),
        CreateCollectorForTasks(session=MAIN, filter=None, form="nil"),
        CreateCollectorForTasks(session=MAIN, filter=ALL, form="unknown"),
        CreateCollectorForTasks(session=MAIN, filter=lacking),
        CreateCollectorForTasks(session=NOBODY, filter=ALL),
    )
    for call in draw(st.permutations(calls)):
        act(planner, call)


@approach(THEME, "collector.info-filter", "collector.info-filter-ids")
def filter_results(planner: Planner, draw: Draw) -> None:
    """Collectors whose items come with or without their results, in their pages and in their latest page; after each
    the tasks themselves, which have them all the same."""
    tasks = []
    for which in ("work", "rest", draw(st.sampled_from(("work", "rest")))):
        task = planner.create(MAIN, "vm", draw(INDEX), which=which)
        planner.set_state(MAIN, task, RUNNING)
        planner.set_state(MAIN, task, SUCCESS, result=draw(RESULTS.filter(bool)))
        tasks.append(task.made)
    control(planner, draw)
    ids = (TypeId(which="work"),)
    for info_filter in draw(
        st.permutations(
            (
                None,
                TaskInfoFilterSpec(),
                TaskInfoFilterSpec(remove_all=True),
                TaskInfoFilterSpec(description_ids=ids),
                TaskInfoFilterSpec(description_ids=ids, filter_in=True),
            )
        )
    ):
        call = CreateCollectorWithInfoFilterForTasks(session=MAIN, filter=ALL, info_filter=info_filter)
        collector = act(planner, call)
        drain(planner, collector, draw(LARGE))
        act(planner, ReadLatestPage(session=MAIN, collector=collector))
        act(planner, DestroyCollector(session=MAIN, collector=collector))
        act(planner, ReadTaskInfo(session=MAIN, tasks=tuple(tasks)))
