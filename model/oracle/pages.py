"""TaskHistoryCollector: reading what a collector holds, page by page.

"Reads the 'scrollable view' from the current position. The scrollable position is moved to the next newer page after
the read. No item is returned when the end of the collector is reached." `scans` has the checks of a complete scan,
`items` those of single items."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access, origins
from taskconform.model.oracle.belief_history import Scan
from taskconform.model.oracle.checks import fault_condition, held_of, open_clause, rule, unless_unsaid
from taskconform.model.oracle.collectors import (
    GONE,
    collector_of,
    disturb_others,
    is_settled,
    lost_its_collector,
    users_of_a_collector,
    with_collector,
)
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said
from taskconform.model.oracle.items import ITEM_CHECKS, judge_items, note_items
from taskconform.model.oracle.method import AnyMethod, Method, always, run_checks
from taskconform.model.oracle.open_filters import END_OPEN_CLAUSES, asked_at_the_end
from taskconform.model.oracle.scans import (
    SCAN_CHECKS,
    full_scan_after,
    is_unchanged,
    judge_end,
    reads_nothing_twice,
    reads_what_was_added,
    tells_all_held,
)
from taskconform.model.vocabulary.calls import ReadNextTasks, ReadPreviousTasks, ResetCollector, RewindCollector
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Returned, TaskInfo, items_of
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.checks import Declared
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Interval

MOST: Final = 1_000
"""The largest page that servers are known to give (EV 2.12)."""

Read = ReadNextTasks | ReadPreviousTasks


# --- maxCount ---------------------------------------------------------------------------------------------------------


@fault_condition("page.max-count-negative", "InvalidArgument")
def max_count_is_negative(_belief: Belief, call: Read) -> bool | None:
    """The page: "If maxCount is out of range": a negative number is."""
    return call.max_count < 0


@fault_condition("page.max-count-zero", "InvalidArgument")
def max_count_is_zero(_belief: Belief, call: Read) -> bool | None:
    """Zero may be out of range."""
    return None if call.max_count == 0 else False


@fault_condition("page.max-count-large", "InvalidArgument")
def max_count_is_large(_belief: Belief, call: Read) -> bool | None:
    """More than 1000 may be out of range (EV 2.12)."""
    return None if call.max_count > MOST else False


@open_clause("page.max-count-zero")
def outcome_of_zero(belief: Belief, call: Read, outcome: Outcome) -> tuple[str, ...] | None:
    """0: InvalidArgument, or no item."""
    return _asked(belief, call, outcome, "no-item", 0) if call.max_count == 0 else None


@open_clause("page.max-count-large")
def outcome_of_large_count(belief: Belief, call: Read, outcome: Outcome) -> tuple[str, ...] | None:
    """Above 1000: InvalidArgument, or at most 1000 items."""
    return _asked(belief, call, outcome, "at-most-1000", MOST) if call.max_count > MOST else None


def _asked(belief: Belief, call: Read, outcome: Outcome, taken: str, most: int) -> tuple[str, ...] | None:
    """Interpret an odd maxCount: the call faults, or gives at most so many items. It counts on a collector of the
    session's own."""
    collector = collector_of(belief, call)
    if collector is None or collector.session != call.session or not belief.logged_in(call.session):
        return None
    items = items_of(outcome)
    if items is not None:
        return (taken,) if len(items) <= most else ()
    return ("refused",) if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidArgument") else None


@rule("page.max-count")
def is_within_the_count(belief: Belief, call: Read, items: tuple[TaskInfo, ...], _at: Interval) -> Said:
    """The page: "The maximum number of items in the page." Exercised when more are known to be held."""
    if call.max_count < 1:
        return None
    if len(items) > call.max_count:
        demand = MustAnswer(property="at most", value=call.max_count)
        return Divergence(demand=demand, observed="more items than that")
    collector = collector_of(belief, call)
    full_scan = belief.history.full_scans.get(collector.spec) if collector is not None else None
    return True if full_scan is not None and len(full_scan.refs) > call.max_count == len(items) else None


# --- order ------------------------------------------------------------------------------------------------------------


def _stamped(belief: Belief, items: Iterable[TaskInfo]) -> tuple[tuple[str, int], ...]:
    """Return our tasks among the items, each with its creation time; 0 if the item has none."""
    ours = [item for item in items if item.task.value in belief.tasks]
    return tuple((item.task.value, unless_unsaid(getattr, item, "queue_time") or 0) for item in ours)


def _made_before(belief: Belief, collector: Collector, stamped: tuple[tuple[str, int], ...]) -> list[int]:
    """Return the creation times of those made before the collector. The position of later ones depends on what has been
    read."""
    return [time for value, time in stamped if time and belief.tasks[value].created_seq < collector.made_seq]


def _directions(belief: Belief, pairs: Iterable[tuple[int, int]]) -> set[int]:
    """Return the directions in which creation times run within pairs: 1 forward, -1 back. Pairs too close to tell are
    left out."""
    apart = belief.declaration.apart * SECOND
    return {1 if after > before else -1 for before, after in pairs if abs(after - before) > apart}


def _directions_with(
    belief: Belief, collector: Collector, stamped: tuple[tuple[str, int], ...]
) -> tuple[set[int], set[int]]:
    """Return the directions of creation times inside a page, and from the page before it to this one, with those seen
    before."""
    times = _made_before(belief, collector, stamped)
    last = _made_before(belief, collector, collector.scan.last)
    within = _directions(belief, pairwise(times)) | ({collector.within} - {0})
    between = _directions(belief, ((before, after) for before in last for after in times))
    return within, between | ({collector.between} - {0})


@rule("page.order")
def runs_one_way(belief: Belief, call: Read, items: tuple[TaskInfo, ...], _at: Interval) -> Said:
    """The page: "The items in a collector are always ordered by date and time of creation": one way inside every page,
    and one way from page to page. page.direction tells which way. Exercised from the third page on."""
    collector = collector_of(belief, call)
    if collector is None or not isinstance(call, ReadNextTasks) or not _is_new(collector.scan, items):
        return None
    within, between = _directions_with(belief, collector, _stamped(belief, items))
    for ways, where in ((within, "inside a page"), (between, "from page to page")):
        if len(ways) > 1:
            demand = MustAnswer(property="in order", value=where)
            return Divergence(demand=demand, observed="items run both ways by creation", situation=where)
    return True if collector.scan.pages >= 2 and within and between else None


def _is_new(scan: Scan, items: tuple[TaskInfo, ...]) -> bool:
    """Return True if a page continues an undisturbed scan without repetitions: otherwise it tells nothing of the
    order."""
    if scan.kind == "lost" or scan.ended or scan.disturbed or not items:
        return False
    return not {item.task.value for item in items}.intersection(scan.read)


@open_clause("page.direction")
def direction_of_pages(belief: Belief, call: ReadNextTasks, outcome: Outcome) -> tuple[str, ...] | None:
    """Oldest first, as the text has it, or newest first (EV 1.1); or one way inside and the other from page to page."""
    collector = collector_of(belief, call)
    items = items_of(outcome) or ()
    if collector is None or collector.scan.pages < 2 or not _is_new(collector.scan, items):
        return None
    within, between = _directions_with(belief, collector, _stamped(belief, items))
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


@open_clause("page.turn")
def first_item_after_turn(belief: Belief, call: ReadPreviousTasks, outcome: Outcome) -> tuple[str, ...] | None:
    """The first item of ReadPreviousTasks(1) right after ReadNextTasks: its position among the items read. Another item
    tells nothing, since directions mix."""
    collector = collector_of(belief, call)
    items = items_of(outcome) or ()
    if collector is None or call.max_count != 1 or len(items) != 1:
        return None
    scan = collector.scan
    if scan.kind not in {"fresh", "rewound"} or not scan.last or scan.ended or scan.foreign_last:
        return None
    made = [belief.tasks[value].created_seq for value in scan.read]
    if made not in (sorted(made), sorted(made, reverse=True)):
        return None  # pages run one way and their items the other: the order read does not tell the neighbours
    if scan.pages > 1 and len(scan.last) == len(scan.read) > 1:
        return None  # pages before this one had none of ours: they may run the other way
    value, read = items[0].task.value, scan.read
    start = len(read) - len(scan.last)
    places = {
        "last-read": len(read) - 1,
        "before-last-read": len(read) - 2,
        "page-start": start,
        "before-page": start - 1,
    }
    found = tuple(name for name, place in places.items() if 0 <= place < len(read) and read[place] == value)
    if found:
        return found
    return ("next-unread",) if value in belief.tasks and value not in read else None


# --- the end of a scan ------------------------------------------------------------------------------------------------


@rule("page.end")
def stays_at_the_end(belief: Belief, call: Read, items: tuple[TaskInfo, ...], _at: Interval) -> Said:
    """The page: "No item is returned when the end", or the head, "of the collector is reached", and none until
    something is added. Checked if nobody else makes tasks."""
    collector = collector_of(belief, call)
    if collector is None or not belief.declaration.exclusive or not belief.is_full(call.session) or call.max_count < 1:
        return None
    scan = collector.scan
    if not scan.ended or scan.changed_seq != belief.changed_seq or not _continues(scan, call) or scan.mixed_counts:
        return None
    if not items:
        return True
    return Divergence(demand=MustAnswer(property="empty"), observed="items after the end")


def _continues(scan: Scan, call: Read) -> bool:
    """Return True if a call reads on in the direction of a scan."""
    return (scan.kind == "back") == isinstance(call, ReadPreviousTasks) and scan.kind != "lost"


# --- judging a page ---------------------------------------------------------------------------------------------------

ON_PAGE: Final = (is_within_the_count, runs_one_way, stays_at_the_end)


def judge_page(belief: Belief, call: Read, items: tuple[TaskInfo, ...], at: Interval) -> Iterable[Finding]:
    """Judge a page: item by item, as a page, and, if it ends a scan, the whole scan."""
    found: list[Finding] = []
    judge_items(belief, call, items, at, found)
    if origins.can_be_judged(belief):
        found.extend(origins.judge_origins(belief, call, items, at))
    run_checks(ON_PAGE, belief, call, items, at, "collector", found)
    collector = collector_of(belief, call)
    if collector is None or call.max_count < 1 or collector.session != call.session:
        return found
    if items and not collector.scan.ended and _continues(collector.scan, call):
        found.extend(reads_nothing_twice(belief, collector, _with_count(collector.scan, call), items))
    if not items and is_settled(belief, at) and _continues(collector.scan, call):
        scan = _begun_now(belief, collector.scan)
        if not scan.ended:
            found.extend(judge_end(belief, collector, _with_count(scan, call)))
            found.extend(asked_at_the_end(belief, collector, _with_count(scan, call)))
        elif belief.changed_seq > scan.ended_seq:
            found.extend(reads_what_was_added(belief, collector, scan))
    return found


def _begun_now(belief: Belief, scan: Scan) -> Scan:
    """Return a scan that begins now, if it has given nothing yet; else the scan itself."""
    return scan if scan.pages or scan.ended else evolve(scan, changed_seq=belief.changed_seq)


def _with_count(scan: Scan, call: Read) -> Scan:
    """Return a scan with this call's maxCount taken into account."""
    uneven = scan.mixed_counts or (scan.pages > 0 and call.max_count != scan.smallest_count)
    return evolve(scan, smallest_count=min(scan.smallest_count, call.max_count), mixed_counts=uneven)


# --- effects ----------------------------------------------------------------------------------------------------------


def advance_read(belief: Belief, call: Read, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Continue the scan. After a lost answer, another session's call or another direction the position is not known."""
    collector = collector_of(belief, call)
    if isinstance(outcome, Faulted) or (collector is None and not isinstance(outcome, Returned)):
        return belief
    items = items_of(outcome)
    if items is None:
        return (
            with_collector(belief, evolve(collector, scan=evolve(collector.scan, kind="lost"))) if collector else belief
        )
    after = note_items(belief, collector, items)
    if collector is None or call.max_count < 1:
        return after
    after = disturb_others(after, collector.ref)
    if call.session != collector.session or not _continues(collector.scan, call):
        return with_collector(after, evolve(collector, scan=evolve(collector.scan, kind="lost")))
    if items:
        return _advance_page(after, collector, call, items)
    return _advance_end(belief, after, collector, call, outcome.at)


def _advance_page(belief: Belief, collector: Collector, call: Read, items: tuple[TaskInfo, ...]) -> Belief:
    """Continue the scan with a page that has items."""
    stamped = _stamped(belief, items)
    scan = _with_count(collector.scan, call)
    if isinstance(call, ReadNextTasks):
        within, between = _directions_with(belief, collector, stamped)
        collector = evolve(collector, within=_only(within), between=_only(between))
        if collector.within and collector.between:
            belief = evolve(belief, history=evolve(belief.history, direction=(collector.within, collector.between)))
    scan = evolve(
        scan,
        disturbed=scan.disturbed if scan.pages else _disturbed_at_start(belief, collector),
        changed_seq=scan.changed_seq if scan.pages else belief.changed_seq,
        read=scan.read + tuple(value for value, _ in stamped),
        others=scan.others.union(item.task.value for item in items if item.task.value not in belief.tasks),
        last=stamped,
        foreign_last=items[-1].task.value not in belief.tasks,
        pages=scan.pages + 1,
        last_page_short=len(items) < call.max_count,
        earlier_page_short=scan.earlier_page_short or scan.last_page_short,
    )
    keeps = collector.holds_past_page or bool(collector.sizes and len(set(stamped)) > collector.sizes[-1])
    return with_collector(belief, evolve(collector, scan=scan, holds_past_page=keeps))


def _disturbed_at_start(belief: Belief, collector: Collector) -> frozenset[str]:
    """Return what disturbs a scan from its start: another collector of the same filter that was read, and is still
    there."""
    for ref, other in belief.history.collectors.items():
        if ref != collector.ref and other.spec == collector.spec and (other.scan.pages or other.scan.ended):
            return frozenset({"other"})
    return frozenset()


def _only(ways: set[int]) -> int:
    """Return the one direction; 0 if there is none, or more than one."""
    return next(iter(ways)) if len(ways) == 1 else 0


def _advance_end(before: Belief, belief: Belief, collector: Collector, call: Read, at: Interval) -> Belief:
    """End the scan with an empty page; it continues if something is added."""
    scan = _with_count(_begun_now(belief, collector.scan), call)
    history = belief.history
    if not scan.ended and is_unchanged(belief, collector, scan) and belief.is_full(collector.session):
        if tells_all_held(collector, scan):
            full_scan = full_scan_after(belief, collector, scan)
            history = evolve(history, full_scans=history.full_scans.set(collector.spec, full_scan))
        elif any(found == held_of("page.drain") for found in judge_end(before, collector, scan)):
            history = evolve(history, drained=history.drained | {collector.spec})
    if is_settled(belief, at):
        scan = evolve(
            scan, ended=True, ended_seq=before.seq, read_at_end=len(scan.read), changed_seq=belief.changed_seq
        )
    return with_collector(evolve(belief, history=history), evolve(collector, scan=scan))


def advance_rewind(belief: Belief, call: RewindCollector, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """The page: "moves the 'scrollable view' to the oldest item"."""
    return _placed(belief, call, outcome, "rewound")


def advance_reset(belief: Belief, call: ResetCollector, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """The page: "moves the 'scrollable view' to the item immediately preceding the 'viewable latest page'"."""
    return _placed(belief, call, outcome, "back")


def _placed(belief: Belief, call: RewindCollector | ResetCollector, outcome: Outcome, kind: str) -> Belief:
    """Begin a new scan; after a lost answer its position is not known."""
    collector = collector_of(belief, call)
    if collector is None or isinstance(outcome, Faulted):
        return belief
    if not isinstance(outcome, Returned) or call.session != collector.session:
        kind = "lost"
    belief = disturb_others(belief, collector.ref)
    return with_collector(belief, evolve(collector, scan=Scan(kind=kind, changed_seq=belief.changed_seq)))


def reads_on(belief: Belief, call: ReadNextTasks) -> str:
    """Choose the clause that a read breaks by faulting for no documented reason. After a page that was not full only
    the end may be left to read, and "no item is returned" there."""
    collector = collector_of(belief, call)
    scan = collector.scan if collector is not None else None
    at_the_end = scan is not None and (scan.ended or (scan.last_page_short and not scan.earlier_page_short))
    return "page.end" if at_the_end else "page.drain"


PAGE_CHECKS: Final[tuple[Declared, ...]] = (*ON_PAGE, *ITEM_CHECKS, *SCAN_CHECKS, *END_OPEN_CLAUSES, *origins.ON_ITEM)
"""All checks of a page, made at once or when its scan is complete."""

METHODS: Final[dict[type, AnyMethod]] = {
    ReadNextTasks: Method[ReadNextTasks, tuple[TaskInfo, ...]](
        succeeds=reads_on,
        advance=advance_read,
        fault_conditions=(*access.ACCESS, *GONE, max_count_is_negative, max_count_is_zero, max_count_is_large),
        open_clauses=(
            outcome_of_zero,
            outcome_of_large_count,
            direction_of_pages,
            users_of_a_collector,
            origins.history_of_removed_entity,
        ),
        blames=lost_its_collector,
        judge=judge_page,
        checks=PAGE_CHECKS,
    ),
    ReadPreviousTasks: Method[ReadPreviousTasks, tuple[TaskInfo, ...]](
        succeeds=always("page.end"),
        advance=advance_read,
        fault_conditions=(*access.ACCESS, *GONE, max_count_is_negative, max_count_is_zero, max_count_is_large),
        open_clauses=(
            outcome_of_zero,
            outcome_of_large_count,
            first_item_after_turn,
            users_of_a_collector,
            origins.history_of_removed_entity,
        ),
        blames=lost_its_collector,
        judge=judge_page,
        checks=PAGE_CHECKS,
    ),
    RewindCollector: Method[RewindCollector, object](
        succeeds=always("page.rewind"),
        advance=advance_rewind,
        fault_conditions=(*access.ACCESS, *GONE),
        open_clauses=(users_of_a_collector,),
        blames=lost_its_collector,
    ),
    ResetCollector: Method[ResetCollector, object](
        succeeds=always("page.reset"),
        advance=advance_reset,
        fault_conditions=(*access.ACCESS, *GONE),
        open_clauses=(users_of_a_collector,),
        blames=lost_its_collector,
    ),
}
"""The methods that read and scroll."""
