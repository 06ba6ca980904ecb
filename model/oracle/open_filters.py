"""Open clauses on what filters hold: the interpretations that the content of a complete scan is consistent with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import changes_since
from taskconform.model.oracle.checks import open_clause, unless_unsaid
from taskconform.model.oracle.collectors import MILLISECOND
from taskconform.model.oracle.filters import (
    COMPUTE,
    EVERYTHING,
    STAMPS,
    is_below,
    is_reversed,
    parts_of,
    plain_name,
)
from taskconform.model.oracle.method import show
from taskconform.model.oracle.scans import LARGE, is_unchanged
from taskconform.model.vocabulary.calls import (
    CancelTask,
    CreateTask,
    SetTaskDescription,
    SetTaskState,
    UpdateProgress,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.belief_history import Collector, Scan
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import TaskFilterSpec


ON_TASKS: Final = frozenset({CreateTask, SetTaskState, UpdateProgress, SetTaskDescription, CancelTask})
"""Calls that change tasks, or make one, and let nobody else make any."""


def asked_at_the_end(belief: Belief, collector: Collector, scan: Scan) -> Iterator[Finding]:
    """Interpret a complete scan for every open clause, as far as the baseline scan holds the tasks."""
    baseline = belief.history.full_scans.get(EVERYTHING)
    if baseline is None or baseline.changed_seq != belief.changed_seq or scan.changed_seq != belief.changed_seq:
        return
    asked_now = END_OPEN_CLAUSES if is_unchanged(belief, collector, scan) else AFTER_CHANGES
    held = frozenset(scan.read)
    ours = {value: belief.tasks[value] for value in baseline.refs if value in belief.tasks}
    for asked in asked_now:
        options = unless_unsaid(asked.interpret, belief, collector, scan, ours, held)
        if options is not None:
            yield show(asked.clause, options, "some held, some not" if not options else f"{len(options)} readings")


def _only_part(collector: Collector, scan: Scan) -> TaskFilterSpec:
    """Return the one part that a collector's filter has, if it was read in large pages from where it began; else the
    empty filter."""
    parts = parts_of(collector.spec)
    return parts[0] if len(parts) == 1 and scan.kind == "fresh" and scan.smallest_count >= LARGE else EVERYTHING


def _all_or_none(of: list[str], held: frozenset[str], every: str, none: str) -> tuple[str, ...] | None:
    """Return one interpretation if all of some tasks are held, the other if none is; () if only some are."""
    if not of:
        return None
    found = held.intersection(of)
    if not found:
        return (none,)
    return (every,) if len(found) == len(set(of)) else ()


@open_clause("filter.time-open")
def tasks_without_stamp_held(
    _belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A timeType alone holds tasks without that stamp, or not."""
    by = _only_part(collector, scan).time
    if by is None or by.begin_time is not None or by.end_time is not None:
        return None
    stamp = STAMPS[by.time_type or "queuedTime"]
    without = [
        value for value, one in _still(ours, collector) if one.info is not None and getattr(one.info, stamp) is None
    ]
    return _all_or_none(without, held, "held", "left-out")


def _still(ours: dict[str, TaskRecord], collector: Collector) -> list[tuple[str, TaskRecord]]:
    """Return the tasks that surely have not changed since they were read, nor since the collector was made."""
    return [
        (value, one)
        for value, one in ours.items()
        if one.info is not None and one.moved_seq < min(one.info_seq, collector.made_seq) and not one.is_ending
    ]


@open_clause("filter.time-reversed")
def held_by_reversed_range(
    _belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A range that begins after its end was accepted: then nothing is held."""
    by = _only_part(collector, scan).time
    if by is None or not is_reversed(by) or not ours:
        return None
    return ("nothing-held",) if not held else ()


@open_clause("filter.time-edge")
def stamp_on_an_edge(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A stamp that is equal to a bound is inside, or outside."""
    by = _only_part(collector, scan).time
    if by is None or is_reversed(by) or (by.begin_time is not None and by.end_time is not None):
        return None
    if "clock" not in belief.declaration.capabilities:
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


@open_clause("filter.user-system")
def held_by_system_user(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """systemUser true without a list: the system's tasks, or regular users' too, or only theirs."""
    by = _only_part(collector, scan).user_name
    if by is None or not by.system_user or by.user_list or not belief.history.system_tasks:
        return None
    system = bool(belief.history.system_tasks & scan.others)
    users = [value for value, one in ours.items() if _user(one)]
    regular = _all_or_none(users, held, "yes", "no")
    if not regular:
        return None if regular is None else ()
    found = {(True, "no"): "system-only", (True, "yes"): "system-and-regular", (False, "yes"): "regular-only"}
    name = found.get((system, regular[0]))
    return (name,) if name else ()


@open_clause("filter.user-system-list")
def held_by_system_user_and_list(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """systemUser true with a list: which of the system's tasks and the listed users' are held."""
    by = _only_part(collector, scan).user_name
    if by is None or not by.system_user or not by.user_list or not belief.history.system_tasks:
        return None
    listed = [value for value, one in ours.items() if _user(one) in by.user_list]
    meant = {plain_name(str(user)) for user in by.user_list}
    others = [value for value, one in ours.items() if (user := _user(one)) and plain_name(user) not in meant]
    if not listed or not others or held.intersection(others):
        return None if not listed or not others else ()
    system = bool(belief.history.system_tasks & scan.others)
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
    """Return the user of a task, by its reason; None if it has none."""
    reason = record.info.reason if record.info is not None else record.returned.reason
    return reason.user_name if reason.kind == "TaskReasonUser" else None


@open_clause("filter.user-spelling")
def spelling_of_users(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A name in another case, or without its domain, holds that user's tasks, or not."""
    by = _only_part(collector, scan).user_name
    if by is None or by.system_user or len(by.user_list) != 1:
        return None
    given = by.user_list[0]
    users = {account.user_name for account in belief.declaration.accounts}
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


@open_clause("filter.root-head")
def head_held_by_its_root_key(
    _belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """The head of a chain is held by its own key in rootTaskKey, or not."""
    keys = _only_part(collector, scan).root_task_key
    if not keys:
        return None
    heads = [value for value, one in ours.items() if one.key in keys and one.has_children and one.parent is None]
    return _all_or_none(heads, held, "held", "left-out")


@open_clause("filter.entity-unknown")
def held_by_unknown_entity(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """An entity that never existed was accepted: then nothing is held."""
    by = _only_part(collector, scan).entity
    if by is None or "nowhere" not in belief.declaration.roles.get(by.entity.value, frozenset()) or not ours:
        return None
    return ("nothing-held",) if not held else ()


@open_clause("filter.entity-compute")
def machines_as_children_of_hosts(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """Virtual machines count as children of their host, cluster or pool, or not. On which of them they run is not
    known, so one that is held shows that they may count."""
    by = _only_part(collector, scan).entity
    if by is None or by.recursion == "self" or by.entity.type not in COMPUTE:
        return None
    machines = [
        value
        for value, one in ours.items()
        if one.info is not None and one.info.entity is not None and one.info.entity.type == "VirtualMachine"
    ]
    if not machines or any(is_below(belief, one.create.obj.value, by.entity.value) for one in ours.values()):
        return None
    return ("all", "by-kind") if held.intersection(machines) else ("none", "by-kind")


@open_clause("filter.state-moves")
def membership_after_moves(
    _belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A task that changed state after the collector was made, and before it was read, enters or leaves the collector,
    or not."""
    states = _only_part(collector, scan).state
    if not states:
        return None
    moved = [
        (value, one)
        for value, one in ours.items()
        if one.info is not None
        and collector.made_seq < one.moved_seq < one.info_seq
        and one.created_seq < collector.made_seq
        and not (one.is_ending or one.operation)
    ]
    entered = [value for value, one in moved if one.state in states and value not in collector.matched_when_made]
    left = [value for value, one in moved if one.state not in states and value in collector.matched_when_made]
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


@open_clause("filter.visible")
def hidden_tasks_held(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """A restricted user's collector of everything: tasks on entities that it may not access are held, or left out; and
    if left out, pages may run short of it."""
    if collector.account != "restricted" or collector.spec != EVERYTHING or scan.kind != "fresh":
        return None
    hidden = [
        value
        for value, one in ours.items()
        if "hidden" in belief.declaration.roles.get(one.create.obj.value, frozenset())
    ]
    found = _all_or_none(hidden, held, "held", "left-out")
    if found != ("left-out",):
        return found
    if scan.smallest_count >= LARGE or scan.pages < 2:
        return ("left-out", "left-out-short-pages")
    return ("left-out-short-pages",) if scan.earlier_page_short else ("left-out", "left-out-short-pages")


@open_clause("page.reset-latest")
def yield_of_latest_page(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """After ResetCollector, reading back yields the items of the latest page, too, or not."""
    if scan.kind != "back" or not collector.sizes or collector.spec != EVERYTHING or collector.sizes[-1] < 1:
        return None
    if not belief.is_full(collector.session) or len(ours) <= collector.sizes[-1] or not held:
        return None
    if len(collector.sizes) > 1 and collector.sizes[-1] > min(collector.sizes):
        return None  # the page may hold fewer (latest.raised-size)
    if not belief.declaration.exclusive or belief.lost_creates:
        return None  # newer tasks, of others or of an answer that was lost, may stand in the latest page instead
    newest = sorted(ours, key=lambda value: ours[value].created_seq)[-collector.sizes[-1] :]
    found = _all_or_none(newest, held, "yields", "leaves-out")
    return found if found or _is_all_ours_since(belief, ours[newest[0]]) else None


def _is_all_ours_since(belief: Belief, record: TaskRecord) -> bool:
    """Return True if only calls of ours on tasks changed anything since a task was created: then no newer task is
    somebody else's."""
    since = changes_since(belief, record.created_seq)
    return since is not None and not record.operation and ON_TASKS.issuperset(since)


@open_clause("page.evicts")
def read_of_pushed_out(
    belief: Belief, collector: Collector, scan: Scan, ours: dict[str, TaskRecord], held: frozenset[str]
) -> tuple[str, ...] | None:
    """An item that does not fit into the latest page, since a size was set or since newer tasks came, is still read by
    ReadNextTasks, or not."""
    if scan.kind != "fresh" or not collector.sizes or collector.spec != EVERYTHING or collector.sizes[-1] < 1:
        return None
    if not belief.is_full(collector.session) or len(ours) <= collector.sizes[-1] or scan.disturbed:
        return None
    by_age = sorted(ours, key=lambda value: ours[value].created_seq)
    if not held.issuperset(by_age[-collector.sizes[-1] :]):
        return None  # what fits is missing, too: for another reason
    outside = [value for value in by_age[: -collector.sizes[-1]] if ours[value].created_seq < collector.made_seq]
    return _all_or_none(outside, held, "still-read", "removed") or None


END_OPEN_CLAUSES: Final = (
    tasks_without_stamp_held,
    held_by_reversed_range,
    stamp_on_an_edge,
    held_by_system_user,
    held_by_system_user_and_list,
    spelling_of_users,
    head_held_by_its_root_key,
    held_by_unknown_entity,
    machines_as_children_of_hosts,
    membership_after_moves,
    hidden_tasks_held,
    yield_of_latest_page,
    read_of_pushed_out,
)
"""Asked when a scan is complete."""
AFTER_CHANGES: Final = (membership_after_moves, read_of_pushed_out)
"""Those of them that are asked if something changed while the collector existed."""
