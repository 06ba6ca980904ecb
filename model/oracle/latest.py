"""HistoryCollector: the viewable latest page.

"The contiguous subset of the items that are of immediate interest"; "sets the 'viewable latest page' size to contain at
most the number of items specified". "As new tasks that match the collector's TaskFilterSpec are created, they are added
to this page, and the oldest tasks are removed from the collector to keep the size of the page to that allowed": whether
removed from the page or from the collector is page.evicts. "The tasks in the returned page are unordered"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access, origins
from taskconform.model.oracle.belief import changes_since
from taskconform.model.oracle.checks import fault_condition, held_of, open_clause, rule
from taskconform.model.oracle.collectors import (
    GONE,
    collector_of,
    disturb_others,
    disturbed,
    is_settled,
    lost_its_collector,
    users_of_a_collector,
    with_collector,
)
from taskconform.model.oracle.filters import EVERYTHING, lets_through, parts_of
from taskconform.model.oracle.findings import Divergence, MustAnswer, MustHold
from taskconform.model.oracle.items import judge_items, note_items
from taskconform.model.oracle.method import AnyMethod, Method, always, broken, show
from taskconform.model.oracle.pages import MOST
from taskconform.model.vocabulary.calls import (
    CreateTask,
    ReadLatestPage,
    SetCollectorPageSize,
    SetTaskDescription,
    SetTaskState,
    StartOperation,
    UpdateProgress,
)
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Property, Returned, TaskInfo, items_of
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.oracle.waits import Wait
    from taskconform.model.vocabulary.outcomes import Interval, UpdateSet

MANY: Final = 10
"""Number of held tasks that must be exceeded for the default size to show."""


# --- SetCollectorPageSize ---------------------------------------------------------------------------------------------


@fault_condition("latest.size-negative", "InvalidArgument")
def size_is_negative(_belief: Belief, call: SetCollectorPageSize) -> bool | None:
    """The page: "If maxCount is out of range": a negative number is."""
    return call.max_count < 0


@fault_condition("latest.size-zero-large", "InvalidArgument")
def size_is_zero_or_large(_belief: Belief, call: SetCollectorPageSize) -> bool | None:
    """Zero, or more than 1000 (EV 2.12), may be out of range."""
    return None if call.max_count == 0 or call.max_count > MOST else False


@open_clause("latest.size-zero-large")
def outcome_of_odd_size(belief: Belief, call: SetCollectorPageSize, outcome: Outcome) -> tuple[str, ...] | None:
    """0, and above 1000: refused or taken."""
    collector = collector_of(belief, call)
    if collector is None or collector.session != call.session or 0 < call.max_count <= MOST or call.max_count < 0:
        return None
    mine, other = ("zero", "large") if call.max_count == 0 else ("large", "zero")
    if isinstance(outcome, Returned):
        return ("taken", f"{other}-refused")
    is_refused = isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidArgument")
    return ("refused", f"{mine}-refused") if is_refused else None


def advance_set_size(belief: Belief, call: SetCollectorPageSize, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember the size in force. After a lost answer it is not known, and no size is checked."""
    collector = collector_of(belief, call)
    if collector is None or isinstance(outcome, Faulted):
        return belief
    sizes = (*collector.sizes, call.max_count) if isinstance(outcome, Returned) else (*collector.sizes, 2**31)
    last = belief.history.last_sizes.set(call.session, (collector.ref, sizes[-1]))
    belief = evolve(belief, history=evolve(belief.history, last_sizes=last))
    sized = evolve(collector, sizes=sizes, sized_seq=belief.seq)
    return disturb_others(with_collector(belief, sized), collector.ref)


# --- latestPage -------------------------------------------------------------------------------------------------------


def size_of(collector: Collector | None) -> int | None:
    """Return the page size in force; None if it is not known, or not one that a page must keep."""
    if collector is None or not collector.sizes or not 0 < collector.sizes[-1] <= MOST:
        return None
    return collector.sizes[-1]


def sure_size(collector: Collector) -> int:
    """Return how many of the newest tasks are surely in a page, if so many are held: a larger size may leave room for
    new tasks only (EV N13), also the first one that is set, where the page had its default size, taken to be ten at
    least."""
    return min((*collector.sizes, MANY))


def _matching(belief: Belief, collector: Collector) -> list[TaskRecord]:
    """Return our tasks that surely match a collector's filter, the oldest first: those that a scan of everything held,
    or one with the same filter, and those made since. A filter by state is left out, since tasks come and go."""
    full_scans = belief.history.full_scans
    baseline = full_scans.get(EVERYTHING) or full_scans.get(collector.spec)
    if baseline is None or collector.spec.state or not belief.is_full(collector.session):
        return []
    found = []
    for value, record in belief.tasks.items():
        info = record.info
        if not record.resolvable or info is None or record.moved_seq > record.info_seq or belief.may_be_removed(record):
            continue
        if value not in baseline.refs and record.created_seq <= baseline.changed_seq:
            continue
        if all(lets_through(belief, part, info) for part in parts_of(collector.spec)):
            found.append(record)
    return sorted(found, key=lambda record: record.created_seq)


@rule("latest.size", "latest.shrink", "page.independent")
def is_within_the_size(
    belief: Belief, collector: Collector, size: int, page: tuple[TaskInfo, ...]
) -> Iterator[Finding]:
    """The page has at most the number of items that was set; a smaller number set later counts from then on."""
    shrunk = len(collector.sizes) > 1 and size < max(collector.sizes)
    clause = "latest.shrink" if shrunk else "latest.size"
    if len(page) > size and len(page) == _size_of_another(belief, collector):
        clause = "page.independent"
    if len(page) > size:
        demand = MustAnswer(property="at most", value=size)
        said = Divergence(demand=demand, observed="more items than that", eventually=True)
        yield broken(clause, said, "latestPage")
    elif len(_matching(belief, collector)) > size:
        yield held_of(clause)


@rule("latest.newest", "latest.grows", "page.independent")
def newest_are_there(belief: Belief, collector: Collector, size: int, page: tuple[TaskInfo, ...]) -> Iterator[Finding]:
    """The page holds the newest tasks: none of ours is in it while a newer one that matches is not; if nobody else
    makes tasks, the newest is in it. A new task enters a full page, and the oldest leaves."""
    matching = _matching(belief, collector)
    present = {item.task.value for item in page}
    sure = {one.ref.value for one in matching[-sure_size(collector) :]}
    lacking = [
        one
        for one in matching
        if one.ref.value not in present
        and has_a_place(
            belief, one, page, size if one.ref.value in sure or one.created_seq > collector.sized_seq else 0
        )
    ]
    if not matching:
        return
    was_full = collector.latest is not None and len(collector.latest) == size
    clause = "latest.grows" if was_full and matching[-1].created_seq > collector.latest_seq else "latest.newest"
    if len(page) == _size_of_another(belief, collector):
        clause = "page.independent"
    if lacking:
        demand = MustHold(task=lacking[-1].ref, present=True, where="page")
        said = Divergence(demand=demand, observed="a newer task that matches is missing", eventually=True)
        yield broken(clause, said, "latestPage")
    elif len(matching) > size:
        yield held_of(clause)


def _size_of_another(belief: Belief, collector: Collector) -> int | None:
    """Return the page size that the collector's session set last on another collector, if it differs: a page of just
    that size shows that the other one's size is in force here."""
    ref, size = belief.history.last_sizes.get(collector.session, (collector.ref, 0))
    return size if ref != collector.ref and size != collector.sizes[-1] else None


def has_a_place(belief: Belief, record: TaskRecord, page: tuple[TaskInfo, ...], size: int) -> bool:
    """Return True if a task that a page lacks surely has a place there: the page has fewer items than `size`, or an
    older one: ours by the order of creation, others' by more than a second of creation time."""
    if len(page) < size:
        return True
    queued = record.returned.queue_time
    for item in page:
        known = belief.tasks.get(item.task.value)
        if (known is not None and known.created_seq < record.created_seq) or item.queue_time < queued - SECOND:
            return True
    return False


def judge_latest(
    belief: Belief, call: ReadLatestPage, answer: Property[tuple[TaskInfo, ...]], at: Interval
) -> Iterable[Finding]:
    """Judge latestPage, item by item and as a page."""
    items = answer.value or ()
    found: list[Finding] = []
    if origins.can_be_judged(belief):
        found.extend(origins.judge_origins(belief, call, items, at))
    collector = collector_of(belief, call)
    if collector is None or answer.value is None or call.session != collector.session:
        return found
    judge_items(belief, call, items, at, found)
    size = size_of(collector)
    if size is not None:
        found.extend(is_within_the_size(belief, collector, size, items))
        found.extend(newest_are_there(belief, collector, size, items))
    return found


def _shows_all(belief: Belief, collector: Collector, call: ReadLatestPage) -> bool:
    """Return True if the size of a page tells the size that is in force: its own session reads it, which may see every
    task, and nobody else makes any."""
    return belief.declaration.exclusive and call.session == collector.session and belief.is_full(call.session)


@open_clause("latest.raised-size")
def effect_of_raised_size(belief: Belief, call: ReadLatestPage, outcome: Outcome) -> tuple[str, ...] | None:
    """A size larger than the one before, which was smaller than what is held, and no task created since: the page has
    more items than it had room for, or not. That it has not shows only when the settling time is over."""
    collector = collector_of(belief, call)
    page = items_of(outcome)
    if collector is None or page is None or len(collector.sizes) < 2 or not _shows_all(belief, collector, call):
        return None
    before, size = collector.sizes[-2:]
    matching = _matching(belief, collector)
    if not 0 < before < min(size, len(matching)) or size > MOST or belief.lost_creates:
        return None
    if any(one.created_seq > collector.sized_seq for one in belief.tasks.values()):
        return None
    if len(page) > before:
        return ("at-once",)
    return ("by-arrival",) if is_settled(belief, outcome.at) else None


@open_clause("latest.default-size")
def default_size(belief: Belief, call: ReadLatestPage, outcome: Outcome) -> tuple[str, ...] | None:
    """The size before any SetCollectorPageSize."""
    collector = collector_of(belief, call)
    page = items_of(outcome)
    if collector is None or collector.sizes or page is None or not _shows_all(belief, collector, call):
        return None
    held = len(_matching(belief, collector))
    if held <= MANY or held > MOST or not is_settled(belief, outcome.at):
        return None
    if len(page) >= held:
        return ("thousand", "unbounded", "other")
    return ("ten",) if len(page) == MANY else ("other",)


def advance_read_latest(belief: Belief, call: ReadLatestPage, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember the tasks in the page, to tell what enters later. A scan under way was disturbed."""
    collector = collector_of(belief, call)
    items = items_of(outcome)
    if collector is None or isinstance(outcome, Faulted):
        return belief
    page = frozenset(item.task.value for item in items) if items is not None else collector.latest
    known = evolve(collector, latest=page, latest_seq=belief.seq, scan=disturbed(collector.scan, "own"))
    return note_items(with_collector(belief, known), collector, items or ())


# --- a property filter on the latest page -----------------------------------------------------------------------------


def _watching(belief: Belief, wait: Wait) -> tuple[str, Collector] | None:
    """Return the one filter of a wait, and the collector of everything whose latest page it watches; None if that is
    not what the wait watches."""
    if len(wait.filters) != 1 or wait.first or not wait.complete or not wait.is_sure:
        return None
    if wait.collector.used == wait.chain.name:
        return None  # a version that is used again is watch.reuse's
    (name, watching), *_ = wait.filters.items()
    collector = belief.history.collectors.get(watching.watched[0].value) if watching.watched else None
    if collector is None or collector.spec != EVERYTHING or not belief.is_full(collector.session):
        return None
    if collector.session != watching.session:
        return None  # whether it follows another session's collector is open
    return name, collector


@rule("latest.monitor")
def new_tasks_update_it(belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Iterator[Finding]:
    """A matching task was created since the version given: latestPage is updated, by a deadline."""
    found = _watching(belief, wait)
    if found is None or not {CreateTask, StartOperation}.intersection(changes_since(belief, wait.chain.base.seq) or ()):
        return
    if _is_updated(answer, found[1]):
        page = page_given(answer, found[1])
        said = _lacks_the_newest(belief, found[1], page) if page is not None else None
        yield held_of("latest.monitor") if said is None else broken("latest.monitor", said, "WaitForUpdatesEx")
        return
    demand = MustAnswer(property="latest page changed")
    said = Divergence(demand=demand, observed="no update of latestPage", eventually=True)
    yield broken("latest.monitor", said, "WaitForUpdatesEx")


def _is_updated(answer: UpdateSet | None, collector: Collector) -> bool:
    """Return True if an update set tells of a change of a collector's latest page."""
    return answer is not None and any(one.obj.value == collector.ref and one.changed for one in answer.updates)


def page_given(answer: UpdateSet | None, collector: Collector) -> tuple[TaskInfo, ...] | None:
    """Return the latest page that an update set assigns as a whole; None if it does not."""
    given = [one.latest_page for one in answer.updates if one.obj.value == collector.ref] if answer is not None else []
    return given[-1] if given else None


def _lacks_the_newest(belief: Belief, collector: Collector, page: tuple[TaskInfo, ...]) -> Divergence | None:
    """Return the divergence if the newest task is not in the page that an update gives, although it has a place
    there."""
    size = size_of(collector)
    made = max(belief.tasks.values(), key=lambda record: record.created_seq, default=None)
    if size is None or made is None or not made.resolvable or belief.may_be_removed(made):
        return None
    if made.ref.value in {item.task.value for item in page} or not has_a_place(belief, made, page, size):
        return None
    demand = MustHold(task=made.ref, present=True, where="page")
    return Divergence(demand=demand, observed="the page given lacks the new task", situation="lacks", eventually=True)


@rule("latest.size")
def page_given_is_within_the_size(
    belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval
) -> Iterator[Finding]:
    """A page that an update gives has at most the number of items that was set."""
    found = _watching(belief, wait)
    page = page_given(answer, found[1]) if found is not None else None
    size = size_of(found[1]) if found is not None else None
    if page is None or size is None or len(page) <= size:
        return
    demand = MustAnswer(property="at most", value=size)
    said = Divergence(demand=demand, observed="more items than that", situation="update", eventually=True)
    yield broken("latest.size", said, "WaitForUpdatesEx")


_ASKED: Final[dict[type, str]] = {
    SetTaskState: "latest.monitor-state",
    UpdateProgress: "latest.monitor-progress",
    SetTaskDescription: "latest.monitor-description",
}


@rule("latest.monitor-state", "latest.monitor-progress", "latest.monitor-description")
def changes_update_latest_page(belief: Belief, wait: Wait, answer: UpdateSet | None, at: Interval) -> Iterator[Finding]:
    """One task of ours that is in the page changed its state, progress or description, and nothing else happened:
    latestPage is updated, or not. That it is not shows only when the settling time is over."""
    found = _watching(belief, wait)
    changes = set(changes_since(belief, wait.chain.base.seq) or ())
    if found is None or len(changes) != 1 or not belief.declaration.exclusive:
        return  # if others make tasks, an update may be theirs
    collector = found[1]
    if collector.sizes and min(size_of(collector) or 0, sure_size(collector)) < len(belief.tasks) + belief.lost_creates:
        return  # the task may not be in the page; after a lost answer neither its size nor its content is known
    clause = _ASKED.get(changes.pop())
    if clause is None:
        return
    if _is_updated(answer, collector):
        yield show(clause, ("updated",), "an update")
    elif is_settled(belief, at):
        yield show(clause, ("silent",), "no update")


ON_UPDATE: Final = (new_tasks_update_it, page_given_is_within_the_size, changes_update_latest_page)
"""Checks of update sets of a filter on a latest page."""


ON_LATEST: Final = (is_within_the_size, newest_are_there)

METHODS: Final[dict[type, AnyMethod]] = {
    SetCollectorPageSize: Method[SetCollectorPageSize, object](
        succeeds=always("latest.size"),
        advance=advance_set_size,
        fault_conditions=(*access.ACCESS, *GONE, size_is_negative, size_is_zero_or_large),
        open_clauses=(outcome_of_odd_size, users_of_a_collector),
        blames=lost_its_collector,
    ),
    ReadLatestPage: Method[ReadLatestPage, Property[tuple[TaskInfo, ...]]](
        succeeds=always("latest.newest"),
        advance=advance_read_latest,
        fault_conditions=(*access.ACCESS, *GONE),
        open_clauses=(
            default_size,
            effect_of_raised_size,
            users_of_a_collector,
            origins.history_of_removed_entity,
        ),
        blames=lost_its_collector,
        judge=judge_latest,
        checks=(*ON_LATEST, *origins.ON_ITEM),
        is_read=True,
    ),
}
"""The methods of the latest page."""
