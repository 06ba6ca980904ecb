"""TaskHistoryCollector: reading what a collector holds, page by page.

"Reads the 'scrollable view' from the current position. The scrollable position is moved to the next newer page after
the read. No item is returned when the end of the collector is reached." What a complete pass has to bring is in
`passes`, what single items have to say in `items`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access
from taskconform.model.oracle.belief_history import Pass
from taskconform.model.oracle.collectors import (
    GONE,
    collector_of,
    disturb_others,
    is_settled,
    keep,
    lost_its_collector,
    who_can_use_it,
)
from taskconform.model.oracle.endings import END_QUESTIONS, asked_at_the_end
from taskconform.model.oracle.findings import Departure, MustAnswer, Said, question, refusal, rule
from taskconform.model.oracle.items import ITEM_CHECKS, judge_items, note_items
from taskconform.model.oracle.method import Method, always, held_of, paired, run_rules
from taskconform.model.oracle.passes import (
    PASS_CHECKS,
    is_quiet,
    judge_end,
    reads_what_was_added,
    tells_the_whole,
    whole_after,
)
from taskconform.model.vocabulary.calls import ReadNextTasks, ReadPreviousTasks, ResetCollector, RewindCollector
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Interval

MOST: Final = 1_000
"""The largest page that servers are known to give (EV 2.12)."""

Read = ReadNextTasks | ReadPreviousTasks


# --- maxCount ---------------------------------------------------------------------------------------------------------


@refusal("page.max-count-negative", "InvalidArgument")
def max_count_is_negative(_world: World, call: Read) -> bool | None:
    """The page: "If maxCount is out of range": a negative number is."""
    return call.max_count < 0


@refusal("page.max-count-zero", "InvalidArgument")
def max_count_is_zero(_world: World, call: Read) -> bool | None:
    """Zero may be out of range."""
    return None if call.max_count == 0 else False


@refusal("page.max-count-large", "InvalidArgument")
def max_count_is_large(_world: World, call: Read) -> bool | None:
    """More than 1000 may be out of range (EV 2.12)."""
    return None if call.max_count > MOST else False


@question("page.max-count-zero")
def what_zero_does(world: World, call: Read, outcome: Outcome) -> tuple[str, ...] | None:
    """0: InvalidArgument, or no item."""
    return _asked(world, call, outcome, "no-item", 0) if call.max_count == 0 else None


@question("page.max-count-large")
def what_a_large_count_does(world: World, call: Read, outcome: Outcome) -> tuple[str, ...] | None:
    """Above 1000: InvalidArgument, or at most 1000 items."""
    return _asked(world, call, outcome, "at-most-1000", MOST) if call.max_count > MOST else None


def _asked(world: World, call: Read, outcome: Outcome, taken: str, most: int) -> tuple[str, ...] | None:
    """Refused, or taken with at most so many items; asked of a collector that is there, by its own session."""
    collector = collector_of(world, call)
    if collector is None or collector.session != call.session or not world.logged_in(call.session):
        return None
    if isinstance(outcome, Returned) and isinstance(outcome.value, tuple):
        return (taken,) if len(outcome.value) <= most else ()
    return ("refused",) if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidArgument") else None


@rule("page.max-count")
def is_within_the_count(world: World, call: Read, items: tuple[TaskInfo, ...], _at: Interval) -> Said:
    """The page: "The maximum number of items in the page." Live when more are known to be held."""
    if call.max_count < 1:
        return None
    if len(items) > call.max_count:
        demand = MustAnswer(property="at most", value=call.max_count)
        return Departure(demand=demand, observed="more items than that")
    collector = collector_of(world, call)
    whole = world.history.wholes.get(collector.spec) if collector is not None else None
    return True if whole is not None and len(whole.refs) > call.max_count == len(items) else None


# --- order ------------------------------------------------------------------------------------------------------------


def _stamped(world: World, items: Iterable[TaskInfo]) -> tuple[tuple[str, int], ...]:
    """Our tasks among the items, each with its creation time."""
    return tuple((item.task.value, item.queue_time) for item in items if item.task.value in world.tasks)


def _made_before(world: World, collector: Collector, stamped: tuple[tuple[str, int], ...]) -> list[int]:
    """The creation times of those of them that were made before the collector: where later ones come, depends on what
    has been read by then."""
    return [time for value, time in stamped if world.tasks[value].created_seq < collector.made_seq]


def _directions(world: World, pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Which ways creation runs from the first of a pair to the second, where they are apart."""
    apart = world.declaration.apart * SECOND
    return {1 if after > before else -1 for before, after in pairs if abs(after - before) > apart}


def _ways(world: World, collector: Collector, stamped: tuple[tuple[str, int], ...]) -> tuple[set[int], set[int]]:
    """Which ways a page runs inside, and from the page before it; with what was seen before."""
    times = _made_before(world, collector, stamped)
    last = _made_before(world, collector, collector.reading.last)
    within = _directions(world, pairwise(times)) | ({collector.within} - {0})
    between = _directions(world, ((before, after) for before in last for after in times))
    return within, between | ({collector.between} - {0})


@rule("page.order")
def runs_one_way(world: World, call: Read, items: tuple[TaskInfo, ...], _at: Interval) -> Said:
    """The page: "The items in a collector are always ordered by date and time of creation": one way inside every page,
    and one way from page to page. Which, is page.direction. Live from the third page on."""
    collector = collector_of(world, call)
    if collector is None or not isinstance(call, ReadNextTasks) or not _is_new(collector.reading, items):
        return None
    within, between = _ways(world, collector, _stamped(world, items))
    for ways, where in ((within, "inside a page"), (between, "from page to page")):
        if len(ways) > 1:
            demand = MustAnswer(property="in order", value=where)
            return Departure(demand=demand, observed="items run both ways by creation", situation=where)
    return True if collector.reading.pages >= 2 and within and between else None


def _is_new(reading: Pass, items: tuple[TaskInfo, ...]) -> bool:
    """Whether a page goes on in a pass that nothing disturbed, and repeats nothing: else it says nothing of order."""
    if reading.kind == "lost" or reading.ended or reading.disturbed or not items:
        return False
    return not {item.task.value for item in items}.intersection(reading.read)


@question("page.direction")
def which_way_it_runs(world: World, call: ReadNextTasks, outcome: Outcome) -> tuple[str, ...] | None:
    """Oldest first, as the text has it, or newest first (EV 1.1); or one way inside and the other from page to page."""
    collector = collector_of(world, call)
    items = outcome.value if isinstance(outcome, Returned) and isinstance(outcome.value, tuple) else ()
    if collector is None or collector.reading.pages < 2 or not _is_new(collector.reading, items):  # type: ignore[arg-type]
        return None
    within, between = _ways(world, collector, _stamped(world, items))  # type: ignore[arg-type]  # items
    if len(within) != 1 or len(between) != 1:
        return None
    return (_WAYS[within.pop(), between.pop()],)


_WAYS: Final = {
    (1, 1): "oldest-first",
    (-1, -1): "newest-first",
    (-1, 1): "newest-first-inside",
    (1, -1): "newest-page-first",
}


# --- turning ----------------------------------------------------------------------------------------------------------


@question("page.turn")
def what_a_turn_gives(world: World, call: ReadPreviousTasks, outcome: Outcome) -> tuple[str, ...] | None:
    """The first item of ReadPreviousTasks(1) right after ReadNextTasks: by where it stands among what was read. What is
    none of these says nothing, since directions mix."""
    collector = collector_of(world, call)
    items = outcome.value if isinstance(outcome, Returned) and isinstance(outcome.value, tuple) else ()
    if collector is None or call.max_count != 1 or len(items) != 1 or not isinstance(items[0], TaskInfo):
        return None
    reading = collector.reading
    if reading.kind not in {"fresh", "rewound"} or not reading.last or reading.ended or reading.beyond:
        return None
    made = [world.tasks[value].created_seq for value in reading.read]
    if made not in (sorted(made), sorted(made, reverse=True)):
        return None  # pages run one way and their items the other: what is next to what, is not told by the order read
    if reading.pages > 1 and len(reading.last) == len(reading.read) > 1:
        return None  # pages before this one had none of ours: they may run the other way
    value, read = items[0].task.value, reading.read
    start = len(read) - len(reading.last)
    places = {
        "last-read": len(read) - 1,
        "before-last-read": len(read) - 2,
        "page-start": start,
        "before-page": start - 1,
    }
    found = tuple(name for name, place in places.items() if 0 <= place < len(read) and read[place] == value)
    if found:
        return found
    return ("next-unread",) if value in world.tasks and value not in read else None


# --- the end of a pass ------------------------------------------------------------------------------------------------


@rule("page.end")
def stays_at_the_end(world: World, call: Read, items: tuple[TaskInfo, ...], _at: Interval) -> Said:
    """The page: "No item is returned when the end", or the head, "of the collector is reached", and none until
    something is added. Asked where nobody else adds anything."""
    collector = collector_of(world, call)
    if collector is None or not world.declaration.exclusive or not world.is_full(call.session) or call.max_count < 1:
        return None
    reading = collector.reading
    if not reading.ended or reading.changed_seq != world.changed_seq or not _goes_on(reading, call) or reading.uneven:
        return None
    if not items:
        return True
    return Departure(demand=MustAnswer(property="empty"), observed="items after the end")


def _goes_on(reading: Pass, call: Read) -> bool:
    """Whether a call reads on in the direction of a pass."""
    return (reading.kind == "back") == isinstance(call, ReadPreviousTasks) and reading.kind != "lost"


# --- judging a page ---------------------------------------------------------------------------------------------------

ON_PAGE: Final = (is_within_the_count, runs_one_way, stays_at_the_end)
_ON_PAGE: Final = paired(*ON_PAGE)


def judge_page(world: World, call: Read, items: tuple[TaskInfo, ...], at: Interval) -> Iterable[Finding]:
    """What a page gave: item by item, as a page, and, where it is the end of a pass, as the whole of it."""
    found: list[Finding] = []
    judge_items(world, call, items, at, found)
    run_rules(_ON_PAGE, world, call, items, at, "collector", found)
    collector = collector_of(world, call)
    if collector is None or call.max_count < 1 or collector.session != call.session:
        return found
    if not items and is_settled(world, at) and _goes_on(collector.reading, call):
        reading = _begun(world, collector.reading)
        if not reading.ended:
            found.extend(judge_end(world, collector, _shrunk(reading, call)))
            found.extend(asked_at_the_end(world, collector, _shrunk(reading, call)))
        elif world.changed_seq > reading.ended_seq:
            found.extend(reads_what_was_added(world, collector, reading))
    return found


def _begun(world: World, reading: Pass) -> Pass:
    """A pass that has brought nothing yet begins now."""
    return reading if reading.pages or reading.ended else evolve(reading, changed_seq=world.changed_seq)


def _shrunk(reading: Pass, call: Read) -> Pass:
    """A pass with this call's maxCount taken into account."""
    uneven = reading.uneven or (reading.pages > 0 and call.max_count != reading.smallest)
    return evolve(reading, smallest=min(reading.smallest, call.max_count), uneven=uneven)


# --- effects ----------------------------------------------------------------------------------------------------------


def advance_read(world: World, call: Read, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """The pass goes on. A lost answer, another session's call or another direction leaves the position unknown."""
    collector = collector_of(world, call)
    if isinstance(outcome, Faulted) or (collector is None and not isinstance(outcome, Returned)):
        return world
    items = outcome.value if isinstance(outcome, Returned) else None
    if not isinstance(items, tuple):
        return keep(world, evolve(collector, reading=evolve(collector.reading, kind="lost"))) if collector else world
    after = note_items(world, collector, items)  # type: ignore[arg-type]  # items
    if collector is None or call.max_count < 1:
        return after
    after = disturb_others(after, collector.ref)
    if call.session != collector.session or not _goes_on(collector.reading, call):
        return keep(after, evolve(collector, reading=evolve(collector.reading, kind="lost")))
    if items:
        return _advance_page(after, collector, call, items)  # type: ignore[arg-type]  # items
    return _advance_end(world, after, collector, call, outcome.at)


def _advance_page(world: World, collector: Collector, call: Read, items: tuple[TaskInfo, ...]) -> World:
    """A page with items."""
    stamped = _stamped(world, items)
    reading = _shrunk(collector.reading, call)
    if isinstance(call, ReadNextTasks):
        within, between = _ways(world, collector, stamped)
        collector = evolve(collector, within=_only(within), between=_only(between))
        if collector.within and collector.between:
            world = evolve(world, history=evolve(world.history, direction=(collector.within, collector.between)))
    reading = evolve(
        reading,
        disturbed=reading.disturbed if reading.pages else _beside(world, collector),
        changed_seq=reading.changed_seq if reading.pages else world.changed_seq,
        read=reading.read + tuple(value for value, _ in stamped),
        others=reading.others.union(item.task.value for item in items if item.task.value not in world.tasks),
        last=stamped,
        beyond=items[-1].task.value not in world.tasks,
        pages=reading.pages + 1,
        thin=len(items) < call.max_count,
        short=reading.short or reading.thin,
    )
    keeps = collector.keeps or bool(collector.sizes and len(set(stamped)) > collector.sizes[-1])
    return keep(world, evolve(collector, reading=reading, keeps=keeps))


def _beside(world: World, collector: Collector) -> frozenset[str]:
    """What disturbs a pass from its start: another collector of the same filter that was read, and is still there."""
    for ref, other in world.history.collectors.items():
        if ref != collector.ref and other.spec == collector.spec and (other.reading.pages or other.reading.ended):
            return frozenset({"other"})
    return frozenset()


def _only(ways: set[int]) -> int:
    """The one way of several, 0 if there is none or more than one."""
    return next(iter(ways)) if len(ways) == 1 else 0


def _advance_end(before: World, world: World, collector: Collector, call: Read, at: Interval) -> World:
    """An empty page: the end of the pass, for now."""
    reading = _shrunk(_begun(world, collector.reading), call)
    history = world.history
    if not reading.ended and is_quiet(world, collector, reading) and world.is_full(collector.session):
        if tells_the_whole(collector, reading):
            whole = whole_after(world, collector, reading)
            history = evolve(history, wholes=history.wholes.set(collector.spec, whole))
        elif any(found == held_of("page.drain") for found in judge_end(before, collector, reading)):
            history = evolve(history, plain=history.plain | {collector.spec})
    if is_settled(world, at):
        reading = evolve(
            reading, ended=True, ended_seq=before.seq, read_then=len(reading.read), changed_seq=world.changed_seq
        )
    return keep(evolve(world, history=history), evolve(collector, reading=reading))


def advance_rewind(world: World, call: RewindCollector, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """The page: "moves the 'scrollable view' to the oldest item"."""
    return _placed(world, call, outcome, "rewound")


def advance_reset(world: World, call: ResetCollector, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """The page: "moves the 'scrollable view' to the item immediately preceding the 'viewable latest page'"."""
    return _placed(world, call, outcome, "back")


def _placed(world: World, call: RewindCollector | ResetCollector, outcome: Outcome, kind: str) -> World:
    """A new pass begins; a lost answer leaves open from where."""
    collector = collector_of(world, call)
    if collector is None or isinstance(outcome, Faulted):
        return world
    if not isinstance(outcome, Returned) or call.session != collector.session:
        kind = "lost"
    world = disturb_others(world, collector.ref)
    return keep(world, evolve(collector, reading=Pass(kind=kind, changed_seq=world.changed_seq)))


def reads_on(world: World, call: ReadNextTasks) -> str:
    """What a read that faults for no documented reason breaks: after a page that was not full, the end may be all that
    is left to read, and "no item is returned" there."""
    collector = collector_of(world, call)
    reading = collector.reading if collector is not None else None
    at_the_end = reading is not None and (reading.ended or (reading.thin and not reading.short))
    return "page.end" if at_the_end else "page.drain"


PAGE_CHECKS: Final = (*ON_PAGE, *ITEM_CHECKS, *PASS_CHECKS, *END_QUESTIONS)
"""What is judged on a page, at once or when the pass it belongs to is complete."""

METHODS: Final[dict[type, Method]] = {
    ReadNextTasks: Method(
        succeeds=reads_on,
        advance=advance_read,
        refusals=(*access.ACCESS, *GONE, max_count_is_negative, max_count_is_zero, max_count_is_large),
        questions=(what_zero_does, what_a_large_count_does, which_way_it_runs, who_can_use_it),
        blames=lost_its_collector,
        judge=judge_page,
        checks=PAGE_CHECKS,
    ),
    ReadPreviousTasks: Method(
        succeeds=always("page.end"),
        advance=advance_read,
        refusals=(*access.ACCESS, *GONE, max_count_is_negative, max_count_is_zero, max_count_is_large),
        questions=(what_zero_does, what_a_large_count_does, what_a_turn_gives, who_can_use_it),
        blames=lost_its_collector,
        judge=judge_page,
        checks=PAGE_CHECKS,
    ),
    RewindCollector: Method(
        succeeds=always("page.rewind"),
        advance=advance_rewind,
        refusals=(*access.ACCESS, *GONE),
        questions=(who_can_use_it,),
        blames=lost_its_collector,
    ),
    ResetCollector: Method(
        succeeds=always("page.reset"),
        advance=advance_reset,
        refusals=(*access.ACCESS, *GONE),
        questions=(who_can_use_it,),
        blames=lost_its_collector,
    ),
}
"""The methods that read and scroll."""
