"""HistoryCollector: the viewable latest page.

"The contiguous subset of the items that are of immediate interest"; "sets the 'viewable latest page' size to contain at
most the number of items specified". "As new tasks that match the collector's TaskFilterSpec are created, they are added
to this page, and the oldest tasks are removed from the collector to keep the size of the page to that allowed": whether
removed from the page or from the collector is page.evicts. "The tasks in the returned page are unordered"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle import access
from taskconform.model.oracle.collectors import (
    GONE,
    collector_of,
    disturb_others,
    disturbed,
    is_settled,
    keep,
    lost_its_collector,
    who_can_use_it,
)
from taskconform.model.oracle.filters import EVERYTHING, lets_through, parts_of
from taskconform.model.oracle.findings import Departure, MustAnswer, MustHold, question, refusal, rule
from taskconform.model.oracle.items import judge_items, note_items
from taskconform.model.oracle.method import Method, always, broken, held_of
from taskconform.model.oracle.pages import MOST
from taskconform.model.vocabulary.calls import ReadLatestPage, SetCollectorPageSize
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo

MANY: Final = 10
"""More than this many have to be held for the default size to tell anything."""


# --- SetCollectorPageSize ---------------------------------------------------------------------------------------------


@refusal("latest.size-negative", "InvalidArgument")
def size_is_negative(_world: World, call: SetCollectorPageSize) -> bool | None:
    """The page: "If maxCount is out of range": a negative number is."""
    return call.max_count < 0


@refusal("latest.size-zero-large", "InvalidArgument")
def size_is_zero_or_large(_world: World, call: SetCollectorPageSize) -> bool | None:
    """Zero, or more than 1000 (EV 2.12), may be out of range."""
    return None if call.max_count == 0 or call.max_count > MOST else False


@question("latest.size-zero-large")
def what_odd_sizes_do(world: World, call: SetCollectorPageSize, outcome: Outcome) -> tuple[str, ...] | None:
    """0, and above 1000: refused or taken."""
    collector = collector_of(world, call)
    if collector is None or collector.session != call.session or 0 < call.max_count <= MOST or call.max_count < 0:
        return None
    mine, other = ("zero", "large") if call.max_count == 0 else ("large", "zero")
    if isinstance(outcome, Returned):
        return ("taken", f"{other}-refused")
    is_refused = isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidArgument")
    return ("refused", f"{mine}-refused") if is_refused else None


def advance_set_size(world: World, call: SetCollectorPageSize, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """The size is in force from now on; of a lost answer it is not known whether, so that none is."""
    collector = collector_of(world, call)
    if collector is None or isinstance(outcome, Faulted):
        return world
    sizes = (*collector.sizes, call.max_count) if isinstance(outcome, Returned) else (*collector.sizes, 2**31)
    sized = world.history.sized.set(call.session, (collector.ref, sizes[-1]))
    world = evolve(world, history=evolve(world.history, sized=sized))
    return disturb_others(keep(world, evolve(collector, sizes=sizes)), collector.ref)


# --- latestPage -------------------------------------------------------------------------------------------------------


def size_of(collector: Collector | None) -> int | None:
    """The page size in force, if it is one that a page can be held to."""
    if collector is None or not collector.sizes or not 0 < collector.sizes[-1] <= MOST:
        return None
    return collector.sizes[-1]


def _matching(world: World, collector: Collector) -> list[TaskRecord]:
    """Our tasks that surely match a collector's filter, the oldest first: of those that the control held, and those
    made since. A filter by state lets tasks come and go, and is left out."""
    control = world.history.wholes.get(EVERYTHING)
    if control is None or collector.spec.state or not world.is_full(collector.session):
        return []
    found = []
    for value, record in world.tasks.items():
        info = record.info
        if not record.resolvable or info is None or record.moved_seq > record.info_seq or world.may_be_removed(record):
            continue
        if value not in control.refs and record.created_seq <= control.changed_seq:
            continue
        if all(lets_through(world, part, info) for part in parts_of(collector.spec)):
            found.append(record)
    return sorted(found, key=lambda record: record.created_seq)


@rule("latest.size")
@rule("latest.shrink")
@rule("page.independent")
def is_within_the_size(world: World, collector: Collector, size: int, page: tuple[TaskInfo, ...]) -> Iterator[Finding]:
    """At most the number of items that was set; a smaller one set later counts from then on."""
    shrunk = len(collector.sizes) > 1 and size < max(collector.sizes)
    clause = "latest.shrink" if shrunk else "latest.size"
    if len(page) > size and len(page) == _size_of_another(world, collector):
        clause = "page.independent"
    if len(page) > size:
        demand = MustAnswer(property="at most", value=size)
        said = Departure(demand=demand, observed="more items than that", eventually=True)
        yield broken(clause, said, "latestPage")
    elif len(_matching(world, collector)) > size:
        yield held_of(clause)


@rule("latest.newest")
@rule("latest.grows")
@rule("page.independent")
def newest_are_there(world: World, collector: Collector, size: int, page: tuple[TaskInfo, ...]) -> Iterator[Finding]:
    """It holds the newest held tasks: none of ours is in it while a newer one that matches is not; and where nobody
    else adds any, the newest is there. A new one enters a full page, and the oldest leaves."""
    matching = _matching(world, collector)
    present = {item.task.value for item in page}
    lacking = [one for one in matching if one.ref.value not in present and has_a_place(world, one, page, size)]
    if not matching:
        return
    was_full = collector.latest is not None and len(collector.latest) == size
    clause = "latest.grows" if was_full and matching[-1].created_seq > collector.latest_seq else "latest.newest"
    if len(page) == _size_of_another(world, collector):
        clause = "page.independent"
    if lacking:
        demand = MustHold(task=lacking[-1].ref, present=True, where="page")
        said = Departure(demand=demand, observed="a newer task that matches is missing", eventually=True)
        yield broken(clause, said, "latestPage")
    elif len(matching) > size:
        yield held_of(clause)


def _size_of_another(world: World, collector: Collector) -> int | None:
    """The page size that the collector's session set last, if it set it of another one, and to something else: a page
    of just that size has been touched by the other."""
    ref, size = world.history.sized.get(collector.session, (collector.ref, 0))
    return size if ref != collector.ref and size != collector.sizes[-1] else None


def has_a_place(world: World, record: TaskRecord, page: tuple[TaskInfo, ...], size: int) -> bool:
    """Whether a task that a page lacks surely has a place there: the page is not full, or has an older item: of ours by
    the order of their making, of others by a good second of creation time."""
    if len(page) < size:
        return True
    queued = record.returned.queue_time
    for item in page:
        known = world.tasks.get(item.task.value)
        if (known is not None and known.created_seq < record.created_seq) or item.queue_time < queued - SECOND:
            return True
    return False


def judge_latest(world: World, call: ReadLatestPage, answer: Property[Any], at: Interval) -> Iterable[Finding]:
    """What latestPage gave, item by item and as a page."""
    collector = collector_of(world, call)
    if collector is None or not isinstance(answer.value, tuple) or call.session != collector.session:
        return []
    found: list[Finding] = []
    judge_items(world, call, answer.value, at, found)
    size = size_of(collector)
    if size is not None:
        found.extend(is_within_the_size(world, collector, size, answer.value))
        found.extend(newest_are_there(world, collector, size, answer.value))
    return found


@question("latest.default-size")
def what_the_default_size_is(world: World, call: ReadLatestPage, outcome: Outcome) -> tuple[str, ...] | None:
    """The size before any SetCollectorPageSize."""
    collector = collector_of(world, call)
    value = outcome.value.value if isinstance(outcome, Returned) and isinstance(outcome.value, Property) else None
    if collector is None or collector.sizes or not isinstance(value, tuple) or not world.declaration.exclusive:
        return None
    held = len(_matching(world, collector))
    if held <= MANY or held > MOST or not is_settled(world, outcome.at):
        return None
    if len(value) >= held:
        return ("thousand", "unbounded", "other")
    return ("ten",) if len(value) == MANY else ("other",)


def advance_read_latest(world: World, call: ReadLatestPage, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """What is in it is remembered, to tell what enters; a pass under way had something come between its pages."""
    collector = collector_of(world, call)
    value = outcome.value.value if isinstance(outcome, Returned) and isinstance(outcome.value, Property) else None
    if collector is None or isinstance(outcome, Faulted):
        return world
    items: tuple[TaskInfo, ...] = value if isinstance(value, tuple) else ()  # type: ignore[assignment]  # of TaskInfo
    page = frozenset(item.task.value for item in items) if value is not None else collector.latest
    known = evolve(collector, latest=page, latest_seq=world.seq, reading=disturbed(collector.reading, "own"))
    return note_items(keep(world, known), collector, items)


ON_LATEST: Final = (is_within_the_size, newest_are_there)

METHODS: Final[dict[type, Method]] = {
    SetCollectorPageSize: Method(
        succeeds=always("latest.size"),
        advance=advance_set_size,
        refusals=(*access.ACCESS, *GONE, size_is_negative, size_is_zero_or_large),
        questions=(what_odd_sizes_do, who_can_use_it),
        blames=lost_its_collector,
    ),
    ReadLatestPage: Method(
        succeeds=always("latest.newest"),
        advance=advance_read_latest,
        refusals=(*access.ACCESS, *GONE),
        questions=(what_the_default_size_is, who_can_use_it),
        blames=lost_its_collector,
        judge=judge_latest,
        checks=ON_LATEST,
        is_read=True,
    ),
}
"""The methods of the latest page."""
