"""Scans: a collector that is read on from a known position gives everything, and nothing twice.

Scans are compared with one another, so that one defect breaks one clause. A *full scan* is all that a filter holds,
read in large pages by a fresh collector and by a rewound one. The full scan of the empty filter is the *baseline scan*:
other filters need to hold only what it holds. Smaller pages, other scans, the parts of a filter and their combination
need to give only what the full scan of their filter gives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import changes_since
from taskconform.model.oracle.belief_history import Collector, FullScan, Scan
from taskconform.model.oracle.checks import held_of, rule
from taskconform.model.oracle.filters import (
    EVERYTHING,
    FILTER_CHECKS,
    clause_of,
    is_below,
    lets_through,
    parts_of,
    values_of,
)
from taskconform.model.oracle.findings import Divergence, MustAnswer, MustHold
from taskconform.model.oracle.method import broken
from taskconform.model.vocabulary.calls import ObjectRef, SetTaskDescription, SetTaskState, UpdateProgress
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.checks import Declared
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import TaskFilterSpec
    from taskconform.model.vocabulary.outcomes import TaskInfo

LARGE: Final = 100
"""Smallest maxCount of a scan that tells what is held, and not how pages are cut."""


# --- the end of a scan ------------------------------------------------------------------------------------------------


@rule("page.drain", "page.rewind", "page.reset", "page.independent", "page.no-side-effect")
def scan_clause(belief: Belief, collector: Collector, scan: Scan) -> str:
    """Choose the clause that requires a scan in small pages to be complete and to read nothing twice: for a fresh
    collector, after RewindCollector or ResetCollector, with another collector or this one's properties read between its
    pages. "" if these cannot be told apart."""
    if scan.mixed_counts and (scan.kind != "fresh" or scan.disturbed):
        return ""
    if scan.kind == "back":
        return "page.reset" if not scan.disturbed else ""
    if scan.disturbed:
        if collector.spec not in belief.history.drained or len(scan.disturbed) > 1 or scan.kind != "fresh":
            return ""
        return "page.independent" if "other" in scan.disturbed else "page.no-side-effect"
    if collector.sizes:
        return ""
    return {"rewound": "page.rewind", "fresh": "page.drain"}.get(scan.kind, "")


def is_unchanged(belief: Belief, collector: Collector, scan: Scan) -> bool:
    """Return True if no task has changed since the collector was made and the scan began."""
    return scan.changed_seq == belief.changed_seq < collector.made_seq


MOVES: Final = frozenset({SetTaskState, UpdateProgress, SetTaskDescription})
"""Calls that change a task, and not its position by creation time."""


def only_tasks_changed(belief: Belief, collector: Collector, scan: Scan) -> bool:
    """Return True if only calls that change tasks were made since a scan began: as items run by creation time, none has
    changed its position, and a filter without states and stamps still holds the same tasks."""
    if scan.changed_seq == belief.changed_seq or scan.changed_seq >= collector.made_seq or scan.disturbed:
        return False
    if collector.spec.state or collector.spec.time is not None or belief.history.direction != (1, 1):
        return False
    since = changes_since(belief, scan.changed_seq)
    return since is not None and belief.declaration.exclusive and MOVES.issuperset(since)


def tells_all_held(collector: Collector, scan: Scan) -> bool:
    """Return True if a complete scan tells what a filter holds. A scan with an info filter is compared with such a
    one."""
    return collector.info_filter is None and _is_all(collector, scan)


def _is_all(collector: Collector, scan: Scan) -> bool:
    """Return True if a complete scan has large pages, from a known start, with nothing in between."""
    if scan.kind not in {"fresh", "rewound"} or scan.smallest_count < LARGE:
        return False
    return collector.settled and not scan.disturbed and not collector.sizes


def judge_end(belief: Belief, collector: Collector, scan: Scan) -> Iterator[Finding]:
    """Judge a scan that came to its end: everything was given, and once."""
    if only_tasks_changed(belief, collector, scan) and belief.is_full(collector.session):
        yield from _judge_while_tasks_changed(belief, collector, scan)
    if not is_unchanged(belief, collector, scan) or not belief.is_full(collector.session):
        return
    if collector.info_filter is not None:
        if _is_all(collector, scan):
            yield from _judge_with_info_filter(belief, collector, scan)
        return
    if tells_all_held(collector, scan):
        yield from _judge_full_scan(belief, collector, scan)
    if scan.smallest_count >= LARGE:
        return
    clause = scan_clause(belief, collector, scan)
    full_scan = belief.history.full_scans.get(collector.spec)
    if not clause or full_scan is None or full_scan.changed_seq != belief.changed_seq:
        return
    if clause == "page.reset" and (not collector.holds_past_page or belief.history.direction != (1, 1)):
        return  # what is outside the latest page may have been removed from the collector: page.evicts
    due = _due(belief, collector, scan, full_scan)
    if len(due) > scan.smallest_count or scan.kind == "back":
        yield from _complete(clause, due, scan)


@rule("page.drain")
def reads_nothing_twice(
    belief: Belief, collector: Collector, scan: Scan, items: tuple[TaskInfo, ...]
) -> Iterator[Finding]:
    """A page of a scan while nothing changes has none of the tasks that the pages before it had: a collector that
    begins again where it ends has no end."""
    clause = scan_clause(belief, collector, scan)
    if scan.kind == "back" or not clause or not collector.settled or not belief.declaration.exclusive:
        return
    if is_unchanged(belief, collector, scan) and belief.is_full(collector.session):
        twice = next((item.task for item in items if item.task.value in scan.read), None)
        if twice is not None:
            demand = MustAnswer(property="once", value=twice)
            yield broken(
                clause, Divergence(demand=demand, observed="a task is read twice", situation="twice"), "collector"
            )


def _judge_while_tasks_changed(belief: Belief, collector: Collector, scan: Scan) -> Iterator[Finding]:
    """Judge a scan in small pages while tasks changed: all that was held when it began is given, and once."""
    full_scan = belief.history.full_scans.get(collector.spec)
    if (
        full_scan is None
        or full_scan.changed_seq != scan.changed_seq
        or collector.sizes
        or scan.smallest_count >= LARGE
    ):
        return
    if scan.kind == "fresh" and not scan.mixed_counts and collector.info_filter is None:
        yield from _complete("page.drain", _of_ours(belief, full_scan.refs), scan)


def _due(belief: Belief, collector: Collector, scan: Scan, full_scan: FullScan) -> frozenset[str]:
    """Return the tasks that a scan in small pages has to read: all that are held; after ResetCollector, all but the
    latest page."""
    ours = _of_ours(belief, full_scan.refs)
    if scan.kind != "back":
        return ours
    newest = sorted(ours, key=lambda value: belief.tasks[value].created_seq)[-collector.sizes[-1] :]
    return ours - frozenset(newest)


def _complete(clause: str, due: frozenset[str], scan: Scan) -> Iterator[Finding]:
    """Check that everything due was read, and nothing twice."""
    twice = [value for value, times in Counter(scan.read).items() if times > 1]
    missing = sorted(due.difference(scan.read))
    if twice:
        yield broken(clause, _twice(_ref(twice[0])), "collector")
    if missing:
        yield broken(clause, _lacks(missing[0], "a held task is not read"), "collector")
    if due and not twice and not missing:
        yield held_of(clause)


def _of_ours(belief: Belief, refs: frozenset[str]) -> frozenset[str]:
    """Return our tasks among these that cannot have left the history meanwhile."""
    return frozenset(
        value for value in refs if value in belief.tasks and not belief.may_be_removed(belief.tasks[value])
    )


def _ref(value: str) -> ObjectRef:
    """Return a task's reference."""
    return ObjectRef(type="Task", value=value)


def _twice(task: ObjectRef) -> Divergence:
    """Return the divergence for a task that was read twice."""
    demand = MustAnswer(property="once", value=task)
    return Divergence(demand=demand, observed="a task is read twice", situation="twice")


def _lacks(value: str, observed: str) -> Divergence:
    """Return the divergence for a task that was due and not read."""
    return Divergence(
        demand=MustHold(task=_ref(value), present=True, where="pass"), observed=observed, situation="lacks"
    )


def _judge_full_scan(belief: Belief, collector: Collector, scan: Scan) -> Iterator[Finding]:
    """Judge a scan that gave all that a filter holds."""
    full_scan = full_scan_after(belief, collector, scan)
    if scan.kind == "rewound" and full_scan.fresh is not None:
        yield from same_from_the_start(belief, full_scan)
    if parts_of(collector.spec):
        if full_scan.fresh is not None:  # else either the filter or RewindCollector explains what is missing
            yield from _judge_parts(belief, collector, scan, full_scan.refs)
    elif full_scan.fresh is not None and full_scan.rewound is not None:
        yield from _holds(belief, "filter.none", _ours(belief, collector), full_scan.refs)


def _judge_parts(belief: Belief, collector: Collector, scan: Scan, refs: frozenset[str]) -> Iterator[Finding]:
    """Judge what a filter with parts holds, where a full scan of everything was made since the last change."""
    spec, parts = collector.spec, parts_of(collector.spec)
    baseline = belief.history.full_scans.get(EVERYTHING)
    if baseline is None or baseline.changed_seq != belief.changed_seq or baseline.fresh is None:
        return
    if _of_ours(belief, baseline.fresh) != _of_ours(belief, baseline.refs) and scan.kind == "fresh":
        return  # fresh collectors do not give all they hold: that breaks page.default-rewind
    if len(parts) > 1:
        yield from _judge_several(belief, collector, "filter.and", parts, refs)
    else:
        values = values_of(parts[0])
        if len(values) > 1 and not spec.tag:
            yield from _judge_several(belief, collector, "filter.or", values, refs)
        elif spec == parts[0]:
            yield from judge_part(belief, collector, baseline.refs, refs)
            yield from _judge_started(belief, parts[0], baseline, scan)


@rule("collector.info-filter")
def _judge_with_info_filter(belief: Belief, collector: Collector, scan: Scan) -> Iterator[Finding]:
    """An info filter removes results from items, and no items: a collector with one gives the same tasks as without.
    Where none without it was read since the last change, the filter itself tells what it holds."""
    full_scan = belief.history.full_scans.get(collector.spec)
    if full_scan is not None and full_scan.changed_seq == belief.changed_seq:
        yield from _holds(belief, "collector.info-filter", _of_ours(belief, full_scan.refs), frozenset(scan.read))
    elif parts_of(collector.spec) and scan.kind == "fresh":
        yield from _judge_parts(belief, collector, scan, frozenset(scan.read))


def full_scan_after(belief: Belief, collector: Collector, scan: Scan) -> FullScan:
    """Return the full scan of a filter, with this scan added."""
    known = belief.history.full_scans.get(collector.spec)
    if known is None or known.changed_seq != belief.changed_seq:
        known = FullScan(changed_seq=belief.changed_seq)
    read = frozenset(scan.read)
    before = known.fresh if scan.kind == "fresh" else known.rewound
    mine = {scan.kind: read if before is None else before | read}
    return evolve(known, others=known.others | scan.others, **mine)


@rule("page.default-rewind")
def same_from_the_start(belief: Belief, full_scan: FullScan) -> Iterator[Finding]:
    """RewindCollector moves to "the default setting when the collector is created": a fresh collector reads as a
    rewound one. A task that only the fresh one gives breaks page.rewind."""
    fresh, rewound = full_scan.fresh or frozenset(), full_scan.rewound or frozenset()
    if not fresh <= rewound:
        missing = min(fresh - rewound)
        yield broken("page.rewind", _lacks(missing, "a task that a fresh collector yields"), "collector")
    elif not {value for value in rewound if value in belief.tasks} <= fresh:
        missing = min(value for value in rewound - fresh if value in belief.tasks)
        said = _lacks(missing, "a fresh collector does not yield it")
        yield broken("page.default-rewind", said, "collector")
    elif fresh:
        yield held_of("page.rewind")
        yield held_of("page.default-rewind")


def _ours(belief: Belief, collector: Collector) -> frozenset[str]:
    """Return our tasks that a collector of everything must hold: all that existed when it was made, and can be read."""
    return frozenset(
        value
        for value, record in belief.tasks.items()
        if record.resolvable and record.created_seq < collector.made_seq and not belief.may_be_removed(record)
    )


@rule("filter.none")
def _holds(_belief: Belief, clause: str, due: frozenset[str], held: frozenset[str]) -> Iterator[Finding]:
    """An empty spec holds every task that the session may see."""
    missing = sorted(due - held)
    if missing:
        yield broken(clause, _lacks(missing[0], "a task that matches is not held"), "collector")
    elif due:
        yield held_of(clause)


COMBINED_BY: Final = {"filter.and": frozenset.intersection, "filter.or": frozenset.union}
"""What parts hold together, and what values do."""


def _judge_several(
    belief: Belief, collector: Collector, clause: str, single: tuple[TaskFilterSpec, ...], held: frozenset[str]
) -> Iterator[Finding]:
    """Judge a filter of several parts, or of several values, by what each of them holds; where that is not known, by
    the tasks' own fields."""
    full_scans = [belief.history.full_scans.get(one) for one in single]
    now = belief.changed_seq
    known = [one.refs for one in full_scans if one is not None and one.fresh is not None and one.changed_seq == now]
    if len(known) == len(single):
        yield from _combined(belief, clause, known, held)
    else:
        yield from _holds(belief, clause, _passing(belief, collector), held)


@rule("filter.and", "filter.or")
def _combined(belief: Belief, clause: str, known: list[frozenset[str]], held: frozenset[str]) -> Iterator[Finding]:
    """Two parts hold what each of them holds ("limits"); two values of a list hold what either holds ("tag(s)").
    Filters of one part and one value tell what each holds. Exercised where the combination differs from each of
    them."""
    each = [_of_ours(belief, refs) for refs in known]
    wanted = COMBINED_BY[clause](*each)
    ours = _of_ours(belief, held)
    if wanted - ours:
        yield broken(clause, _lacks(min(wanted - ours), "a task that matches is not held"), "collector")
    if ours - wanted:
        demand = MustHold(task=_ref(min(ours - wanted)), present=False, where="pass")
        said = Divergence(demand=demand, observed="a task that does not match is held", situation="holds too much")
        yield broken(clause, said, "collector")
    if wanted == ours and all(one != wanted for one in each):
        yield held_of(clause)


def _passing(belief: Belief, collector: Collector) -> frozenset[str]:
    """Return our tasks of the baseline scan that surely match a collector's filter, and did when it was made."""
    refs = belief.history.full_scans[EVERYTHING].refs
    records = (belief.tasks[value] for value in refs if value in belief.tasks)
    return frozenset(
        record.ref.value
        for record in records
        if record.moved_seq <= collector.made_seq and _matches(belief, collector, record)
    )


def judge_part(
    belief: Belief, collector: Collector, baseline: frozenset[str], held: frozenset[str]
) -> Iterator[Finding]:
    """A filter of one part and one value: every task of ours that surely matches is held, of those that the baseline
    scan holds. Items that surely do not match are judged one by one."""
    part = collector.spec
    clause = clause_of(part)
    passing, failing = [], []
    for value in sorted(baseline):
        record = belief.tasks.get(value)
        if record is None or record.info is None or record.moved_seq > record.info_seq or belief.may_be_removed(record):
            continue
        if record.moved_seq > collector.made_seq or _is_moving(record, part):
            continue
        lets = lets_through(belief, part, record.info)
        if lets:
            passing.append(value)
        elif lets is False:
            failing.append(value)
    missing = [value for value in passing if value not in held]
    if missing:
        yield broken(clause, _lacks(missing[0], "a task that matches is not held"), "collector")
    elif passing:
        yield held_of(clause)
    if failing and not held.intersection(failing) and covers_locations(belief, part, failing):
        yield held_of(clause)


def _is_moving(record: TaskRecord, spec: TaskFilterSpec) -> bool:
    """Return True if the server may just be changing a field of a task that the filter looks at."""
    return record.is_ending and (bool(spec.state) or spec.time is not None)


def _judge_started(belief: Belief, part: TaskFilterSpec, baseline: FullScan, scan: Scan) -> Iterator[Finding]:
    """A filter by an alarm or a scheduled task holds what that one started, as the baseline scan's items say."""
    starter = part.alarm or part.scheduled_task
    if starter is None:
        return
    due = frozenset(value for value in baseline.others if belief.history.started.get(value) == starter)
    yield from _holds(belief, clause_of(part), due, scan.others)


_WHERE: Final = {"self": {"below", "elsewhere"}, "children": {"itself", "elsewhere"}, "all": {"elsewhere"}}
"""Locations that non-matching tasks must cover for a check of a filter by entity to count."""


def covers_locations(belief: Belief, part: TaskFilterSpec, failing: list[str]) -> bool:
    """Return True if a target with a wrong filter would hold some of the tasks that do not match: for a filter by
    entity, they must cover each kind of location."""
    by = part.entity
    if by is None:
        return True
    entities = [info.entity for value in failing if (info := belief.tasks[value].info) is not None]
    places = {
        "itself" if one == by.entity else "below" if is_below(belief, one.value, by.entity.value) else "elsewhere"
        for one in entities
        if one is not None
    }
    return _WHERE[by.recursion] <= places


# --- going on after the end -------------------------------------------------------------------------------------------


@rule("page.append")
def reads_what_was_added(belief: Belief, collector: Collector, scan: Scan) -> Iterator[Finding]:
    """The page: "Receive updates when the server appends new data": where pages run oldest first, tasks made after the
    end was reached are given by reading on, and not by reading back at the head."""
    before = collector.scan
    if (
        not before.ended
        or before.kind in {"lost", "back"}
        or belief.history.direction != (1, 1)
        or not belief.is_full(collector.session)
    ):
        return
    if before.disturbed or before.mixed_counts or collector.sizes:
        return
    added = frozenset(
        value
        for value, record in belief.tasks.items()
        if record.created_seq > before.ended_seq and record.resolvable and _matches(belief, collector, record)
    )
    if added:
        read = frozenset(scan.read[before.read_at_end :])
        yield from _holds(belief, "page.append", added, read)


def _matches(belief: Belief, collector: Collector, record: TaskRecord) -> bool:
    """Return True if a task of ours surely matches a collector's filter."""
    if record.info is None or record.moved_seq > record.info_seq or belief.may_be_removed(record):
        return False
    if _is_moving(record, collector.spec):
        return False
    return all(lets_through(belief, part, record.info) for part in parts_of(collector.spec))


SCAN_CHECKS: Final[tuple[Declared, ...]] = (
    *FILTER_CHECKS,
    scan_clause,
    same_from_the_start,
    _judge_with_info_filter,
    _holds,
    _combined,
    reads_nothing_twice,
    reads_what_was_added,
)
"""All checks of a complete scan."""
