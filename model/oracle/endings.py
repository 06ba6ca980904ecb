"""What a complete pass over a collector tells of the unclear clauses: which readings its content is compatible with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.collectors import MILLISECOND
from taskconform.model.oracle.filters import (
    COMPUTE,
    EVERYTHING,
    STAMPS,
    is_below,
    is_reversed,
    name_of,
    parts_of,
    plain_name,
)
from taskconform.model.oracle.findings import question
from taskconform.model.oracle.method import show
from taskconform.model.oracle.passes import LARGE, is_quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.belief_history import Collector, Pass
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import ByTime, ByUsername


def asked_at_the_end(world: World, collector: Collector, reading: Pass) -> Iterator[Finding]:
    """Ask every unclear clause what this pass shows. Only of what the control holds."""
    control = world.history.wholes.get(EVERYTHING)
    if control is None or control.changed_seq != world.changed_seq or reading.changed_seq != world.changed_seq:
        return
    asked_now = END_QUESTIONS if is_quiet(world, collector, reading) else (whether_moves_count,)
    held = frozenset(reading.read)
    ours = {value: world.tasks[value] for value in control.refs if value in world.tasks}
    for asked in asked_now:
        options = asked(world, collector, reading, ours, held)
        if options is not None:
            yield show(asked, options, "some held, some not" if not options else f"{len(options)} readings")


def _only_part(collector: Collector, reading: Pass, name: str) -> Any:
    """The one part of this name that a collector's filter has, if it was read in large pages from where it began."""
    parts = parts_of(collector.spec)
    if len(parts) != 1 or name_of(parts[0]) != name or reading.kind != "fresh" or reading.smallest < LARGE:
        return None
    return getattr(parts[0], name)


def _all_or_none(of: list[str], held: frozenset[str], every: str, none: str) -> tuple[str, ...] | None:
    """One reading if all of some tasks are held, the other if none is; () if some are and some are not."""
    if not of:
        return None
    found = held.intersection(of)
    if not found:
        return (none,)
    return (every,) if len(found) == len(set(of)) else ()


@question("filter.time-open")
def whether_the_stampless_are_held(
    _world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """timeType alone: whether tasks without that stamp are held."""
    by: ByTime | None = _only_part(collector, reading, "time")
    if by is None or by.begin_time is not None or by.end_time is not None:
        return None
    stamp = STAMPS[by.time_type or "queuedTime"]
    without = [
        value for value, one in _still(ours, collector) if one.info is not None and getattr(one.info, stamp) is None
    ]
    return _all_or_none(without, held, "held", "left-out")


def _still(ours: dict[str, TaskRecord], collector: Collector) -> list[tuple[str, TaskRecord]]:
    """Tasks that have not moved since they were read, nor since the collector was made, and do not now."""
    return [
        (value, one)
        for value, one in ours.items()
        if one.info is not None and one.moved_seq < min(one.info_seq, collector.made_seq) and not one.is_ending
    ]


@question("filter.time-reversed")
def whether_a_reversed_range_holds(
    _world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A range that begins after its end was taken: then nothing is held."""
    by = _only_part(collector, reading, "time")
    if by is None or not is_reversed(by) or not ours:
        return None
    return ("nothing-held",) if not held else ()


@question("filter.time-edge")
def whether_an_edge_is_inside(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A bound that is equal to the stamp, as it was read."""
    by: ByTime | None = _only_part(collector, reading, "time")
    if by is None or is_reversed(by) or (by.begin_time is not None and by.end_time is not None):
        return None
    if "clock" not in world.declaration.capabilities:
        return None  # stamps may be finer, or coarser, in the history than where they were read
    stamp = STAMPS[by.time_type or "queuedTime"]
    edge = by.end_time if by.begin_time is None else by.begin_time
    if edge is None or edge % MILLISECOND:
        return None  # a history that keeps milliseconds has no such stamp
    on = [value for value, one in _still(ours, collector) if getattr(one.info, stamp) == edge]
    one_sided = "begin-only" if by.begin_time is not None else "end-only"
    other = "end-only" if by.begin_time is not None else "begin-only"
    found = _all_or_none(on, held, "in", "out")
    if not found:
        return None  # a history that rounds its stamps may hold some and not others
    return ("inside", one_sided) if found == ("in",) else ("outside", other)


@question("filter.user-system")
def what_system_user_holds(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """systemUser true without a list: the system's tasks, or regular users' too, or only theirs."""
    by: ByUsername | None = _only_part(collector, reading, "user_name")
    if by is None or not by.system_user or by.user_list or not world.history.system_tasks:
        return None
    system = bool(world.history.system_tasks & reading.others)
    users = [value for value, one in ours.items() if _user(one)]
    regular = _all_or_none(users, held, "yes", "no")
    if not regular:
        return None if regular is None else ()
    found = {(True, "no"): "system-only", (True, "yes"): "system-and-regular", (False, "yes"): "regular-only"}
    name = found.get((system, regular[0]))
    return (name,) if name else ()


@question("filter.user-system-list")
def what_system_user_and_a_list_hold(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """systemUser true with a list: which of the system's tasks and the listed users' are held."""
    by: ByUsername | None = _only_part(collector, reading, "user_name")
    if by is None or not by.system_user or not by.user_list or not world.history.system_tasks:
        return None
    listed = [value for value, one in ours.items() if _user(one) in by.user_list]
    meant = {plain_name(str(user)) for user in by.user_list}
    others = [value for value, one in ours.items() if (user := _user(one)) and plain_name(user) not in meant]
    if not listed or not others or held.intersection(others):
        return None if not listed or not others else ()
    system = bool(world.history.system_tasks & reading.others)
    of_users = _all_or_none(listed, held, "yes", "no")
    if not of_users:
        return ()
    return (
        {
            (True, "yes"): "system-or-listed",
            (True, "no"): "system-only",
            (False, "yes"): "listed-only",
            (False, "no"): "nothing",
        }[system, of_users[0]],
    )


def _user(record: TaskRecord) -> str | None:
    """The user whose task it is, as its reason says."""
    reason = record.info.reason if record.info is not None else record.returned.reason
    return reason.user_name if reason.kind == "TaskReasonUser" else None


@question("filter.user-spelling")
def whether_spelling_counts(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """One name in another case, or without its domain: whether that user's tasks are held."""
    by: ByUsername | None = _only_part(collector, reading, "user_name")
    if by is None or by.system_user or len(by.user_list) != 1:
        return None
    given = by.user_list[0]
    users = {account.user_name for account in world.declaration.accounts}
    if given in users:
        return None
    same_but_case = [user for user in users if user.casefold() == given.casefold()]
    meant = same_but_case or [user for user in users if plain_name(user) == plain_name(given)]
    tasks = [value for value, one in ours.items() if _user(one) in meant]
    found = _all_or_none(tasks, held, "held", "not")
    if not found:
        return None
    if same_but_case:
        return ("any-case", "any-case-and-domain") if found == ("held",) else ("exact", "any-domain")
    return ("any-domain", "any-case-and-domain") if found == ("held",) else ("exact", "any-case")


@question("filter.root-head")
def whether_the_head_is_held(
    _world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """Whether the head of a chain is held by its own key in rootTaskKey."""
    keys = _only_part(collector, reading, "root_task_key")
    if keys is None:
        return None
    heads = [value for value, one in ours.items() if one.key in keys and one.has_children and one.parent is None]
    return _all_or_none(heads, held, "held", "left-out")


@question("filter.entity-unknown")
def whether_an_unknown_entity_holds(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """An entity that never existed was taken: then nothing is held."""
    by = _only_part(collector, reading, "entity")
    if by is None or "nowhere" not in world.declaration.roles.get(by.entity.value, frozenset()) or not ours:
        return None
    return ("nothing-held",) if not held else ()


@question("filter.entity-compute")
def whether_machines_are_children_of_hosts(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """Whether virtual machines count as children of their host, cluster, pool: which of them they run on is not known,
    so that one held says that they may."""
    by = _only_part(collector, reading, "entity")
    if by is None or by.recursion == "self" or by.entity.type not in COMPUTE:
        return None
    machines = [
        value
        for value, one in ours.items()
        if one.info is not None and one.info.entity is not None and one.info.entity.type == "VirtualMachine"
    ]
    if not machines or any(is_below(world, one.create.obj.value, by.entity.value) for one in ours.values()):
        return None
    return ("all", "by-kind") if held.intersection(machines) else ("none", "by-kind")


@question("filter.state-moves")
def whether_moves_count(
    _world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A task that changed state after the collector was made, and before it was read: whether it enters or leaves."""
    states = _only_part(collector, reading, "state")
    if states is None:
        return None
    moved = [
        (value, one)
        for value, one in ours.items()
        if one.info is not None
        and collector.made_seq < one.moved_seq < one.info_seq
        and one.created_seq < collector.made_seq
        and not one.is_ending
    ]
    entered = [value for value, one in moved if one.state in states and value not in collector.inside]
    left = [value for value, one in moved if one.state not in states and value in collector.inside]
    enters = _all_or_none(entered, held, "enters", "stays-out")
    leaves = _all_or_none(left, held, "stays-in", "leaves")
    options = {
        "enters-and-leaves": ("enters", "leaves"),
        "enters-only": ("enters", "stays-in"),
        "leaves-only": ("stays-out", "leaves"),
        "neither": ("stays-out", "stays-in"),
    }
    if enters is None and leaves is None:
        return None
    return tuple(
        name
        for name, (entering, leaving) in options.items()
        if (enters is None or entering in enters) and (leaves is None or leaving in leaves)
    )


@question("filter.visible")
def whether_the_hidden_are_held(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A restricted user's collector of everything: tasks on entities that it may not access are held, or left out; and
    if left out, pages may run short of it."""
    if collector.account != "restricted" or collector.spec != EVERYTHING or reading.kind != "fresh":
        return None
    hidden = [
        value
        for value, one in ours.items()
        if "hidden" in world.declaration.roles.get(one.create.obj.value, frozenset())
    ]
    found = _all_or_none(hidden, held, "held", "left-out")
    if found != ("left-out",):
        return found
    if reading.smallest >= LARGE or reading.pages < 2:
        return ("left-out", "left-out-short-pages")
    return ("left-out-short-pages",) if reading.short else ("left-out", "left-out-short-pages")


@question("page.reset-latest")
def whether_the_latest_page_is_yielded(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """After ResetCollector, whether reading back yields the items of the latest page, too."""
    if reading.kind != "back" or not collector.sizes or collector.spec != EVERYTHING or collector.sizes[-1] < 1:
        return None
    if not world.is_full(collector.session) or len(ours) <= collector.sizes[-1] or not held:
        return None
    if not world.declaration.exclusive or world.lost_creates:
        return None  # newer tasks, of others or of an answer that was lost, may stand in the latest page instead
    newest = sorted(ours, key=lambda value: ours[value].created_seq)[-collector.sizes[-1] :]
    return _all_or_none(newest, held, "yields", "leaves-out") or None


@question("page.evicts")
def whether_what_is_pushed_out_is_read(
    world: World, collector: Collector, reading: Pass, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """Whether an item that does not fit into the latest page is still read by ReadNextTasks."""
    if reading.kind != "fresh" or not collector.sizes or collector.spec != EVERYTHING or collector.sizes[-1] < 1:
        return None
    if not world.is_full(collector.session) or len(ours) <= collector.sizes[-1] or reading.disturbed:
        return None
    outside = sorted(ours, key=lambda value: ours[value].created_seq)[: -collector.sizes[-1]]
    return _all_or_none(outside, held, "still-read", "removed") or None


END_QUESTIONS: Final = (
    whether_the_stampless_are_held,
    whether_a_reversed_range_holds,
    whether_an_edge_is_inside,
    what_system_user_holds,
    what_system_user_and_a_list_hold,
    whether_spelling_counts,
    whether_the_head_is_held,
    whether_an_unknown_entity_holds,
    whether_machines_are_children_of_hosts,
    whether_moves_count,
    whether_the_hidden_are_held,
    whether_the_latest_page_is_yielded,
    whether_what_is_pushed_out_is_read,
)
"""Asked when a pass is complete."""
