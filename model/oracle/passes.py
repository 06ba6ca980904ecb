"""Passes: whether what a collector gave, read on from a known place, is all of it and nothing twice.

What is due is settled by comparison, so that one defect breaks one clause. A *whole* is all that a filter holds, read
in pages too large to matter, by a fresh collector and by a rewound one. The whole of the empty filter is the *control*:
only what it holds is demanded of other filters, and only what a filter's whole holds is demanded of smaller pages, of
other passes, of the parts of a filter and of their combination."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import CHANGES_KEPT
from taskconform.model.oracle.belief_history import Collector, Pass, Whole
from taskconform.model.oracle.filters import (
    EVERYTHING,
    FILTER_CHECKS,
    clause_of,
    is_below,
    lets_through,
    parts_of,
    values_of,
)
from taskconform.model.oracle.findings import Departure, MustAnswer, MustHold, rule
from taskconform.model.oracle.method import broken, held_of
from taskconform.model.vocabulary.calls import ObjectRef, SetTaskDescription, SetTaskState, UpdateProgress
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import TaskFilterSpec

LARGE: Final = 100
"""From this maxCount on pages are so large that a pass tells what is held, not how it is paged."""


# --- the end of a pass ------------------------------------------------------------------------------------------------


@rule("page.drain")
@rule("page.rewind")
@rule("page.reset")
@rule("page.independent")
@rule("page.no-side-effect")
def pass_clause(world: World, collector: Collector, reading: Pass) -> str:
    """Which clause promises that a pass in small pages is complete, and reads nothing twice: for a fresh collector,
    after RewindCollector or ResetCollector, with another collector or this one's properties read between its pages. ""
    where that cannot be told apart."""
    if reading.uneven and (reading.kind != "fresh" or reading.disturbed):
        return ""
    if reading.kind == "back":
        return "page.reset" if not reading.disturbed else ""
    if reading.disturbed:
        if collector.spec not in world.history.plain or len(reading.disturbed) > 1 or reading.kind != "fresh":
            return ""
        return "page.independent" if "other" in reading.disturbed else "page.no-side-effect"
    if collector.sizes:
        return ""
    return {"rewound": "page.rewind", "fresh": "page.drain"}.get(reading.kind, "")


def is_quiet(world: World, collector: Collector, reading: Pass) -> bool:
    """Whether no task has changed since the collector was made and the pass began."""
    return reading.changed_seq == world.changed_seq < collector.made_seq


MOVES: Final = (SetTaskState, UpdateProgress, SetTaskDescription)
"""Calls that change a task, and not its place among the others by the time of its making."""


def is_stirred(world: World, collector: Collector, reading: Pass) -> bool:
    """Whether tasks have moved since a pass began, and nothing else has happened: where items run by creation, none has
    changed its place, and of a filter that does not look at states or stamps none has come or gone."""
    if reading.changed_seq == world.changed_seq or reading.changed_seq >= collector.made_seq or reading.disturbed:
        return False
    if collector.spec.state or collector.spec.time is not None or world.history.direction != (1, 1):
        return False
    since = [what for seq, what in world.changes if seq > reading.changed_seq]
    return len(since) < CHANGES_KEPT and world.declaration.exclusive and all(what in MOVES for what in since)


def tells_the_whole(collector: Collector, reading: Pass) -> bool:
    """Whether a complete pass tells what a filter holds. One with an info filter is held against it."""
    return collector.info_filter is None and _is_all(collector, reading)


def _is_all(collector: Collector, reading: Pass) -> bool:
    """Whether a complete pass is of all that there is: large pages, from a known start, with nothing in between."""
    if reading.kind not in {"fresh", "rewound"} or reading.smallest < LARGE:
        return False
    return collector.settled and not reading.disturbed and not collector.sizes


def judge_end(world: World, collector: Collector, reading: Pass) -> Iterator[Finding]:
    """A pass came to its end: is everything there, once?"""
    if is_stirred(world, collector, reading) and world.is_full(collector.session):
        yield from _judge_stirred(world, collector, reading)
    if not is_quiet(world, collector, reading) or not world.is_full(collector.session):
        return
    if collector.info_filter is not None:
        yield from _holds_the_same(world, collector, reading)
        return
    if tells_the_whole(collector, reading):
        yield from _judge_whole(world, collector, reading)
    if reading.smallest >= LARGE:
        return
    clause = pass_clause(world, collector, reading)
    whole = world.history.wholes.get(collector.spec)
    if not clause or whole is None or whole.changed_seq != world.changed_seq:
        return
    if clause == "page.reset" and (not collector.keeps or world.history.direction != (1, 1)):
        return  # what is outside the latest page may have been removed from the collector: page.evicts
    due = _due(world, collector, reading, whole)
    if len(due) > reading.smallest or reading.kind == "back":
        yield from _complete(clause, due, reading)


def _judge_stirred(world: World, collector: Collector, reading: Pass) -> Iterator[Finding]:
    """A pass in small pages, while tasks moved on: all that was held when it began is read, and once."""
    whole = world.history.wholes.get(collector.spec)
    if whole is None or whole.changed_seq != reading.changed_seq or collector.sizes or reading.smallest >= LARGE:
        return
    if reading.kind == "fresh" and not reading.uneven and collector.info_filter is None:
        yield from _complete("page.drain", _of_ours(world, whole.refs), reading)


def _due(world: World, collector: Collector, reading: Pass, whole: Whole) -> frozenset[str]:
    """What a pass in small pages has to read: the whole; after ResetCollector all of it but the latest page."""
    ours = _of_ours(world, whole.refs)
    if reading.kind != "back":
        return ours
    newest = sorted(ours, key=lambda value: world.tasks[value].created_seq)[-collector.sizes[-1] :]
    return ours - frozenset(newest)


def _complete(clause: str, due: frozenset[str], reading: Pass) -> Iterator[Finding]:
    """Everything that is due was read, and nothing twice."""
    twice = [value for value, times in Counter(reading.read).items() if times > 1]
    missing = sorted(due.difference(reading.read))
    if twice:
        demand = MustAnswer(property="once", value=_ref(twice[0]))
        yield broken(clause, Departure(demand=demand, observed="a task is read twice", situation="twice"), "collector")
    if missing:
        yield broken(clause, _lacks(missing[0], "a held task is not read"), "collector")
    if due and not twice and not missing:
        yield held_of(clause)


def _of_ours(world: World, refs: frozenset[str]) -> frozenset[str]:
    """The tasks of ours among these that nothing may take out of the history meanwhile."""
    return frozenset(value for value in refs if value in world.tasks and not world.may_be_removed(world.tasks[value]))


def _ref(value: str) -> ObjectRef:
    """A task's reference."""
    return ObjectRef(type="Task", value=value)


def _lacks(value: str, observed: str) -> Departure:
    """A task is due and was not read in the pass."""
    return Departure(
        demand=MustHold(task=_ref(value), present=True, where="pass"), observed=observed, situation="lacks"
    )


def _judge_whole(world: World, collector: Collector, reading: Pass) -> Iterator[Finding]:
    """All that a filter holds was read, once more or for the first time."""
    spec, parts = collector.spec, parts_of(collector.spec)
    whole = whole_after(world, collector, reading)
    if reading.kind == "rewound" and whole.fresh is not None:
        yield from same_from_the_start(world, whole)
    control = world.history.wholes.get(EVERYTHING)
    if not parts:
        if whole.fresh is not None and whole.rewound is not None:
            yield from _holds(world, "filter.none", _ours(world, collector), whole.refs)
    elif control is None or control.changed_seq != world.changed_seq or control.fresh is None:
        return
    elif _of_ours(world, control.fresh) != _of_ours(world, control.refs) and reading.kind == "fresh":
        return  # fresh collectors do not show all they hold here: that is page.default-rewind's to say
    elif len(parts) > 1:
        yield from _combined(world, "filter.and", parts, whole.refs, frozenset.intersection)
    else:
        values = values_of(parts[0])
        if len(values) > 1 and not spec.tag:
            yield from _combined(world, "filter.or", values, whole.refs, frozenset.union)
        elif spec == parts[0]:
            yield from judge_part(world, collector, control.refs, whole.refs)
            yield from _judge_started(world, parts[0], control, reading)


@rule("collector.info-filter")
def _holds_the_same(world: World, collector: Collector, reading: Pass) -> Iterator[Finding]:
    """An info filter takes results out of items, and no item away: what its filter holds is read all the same."""
    whole = world.history.wholes.get(collector.spec)
    if whole is not None and whole.changed_seq == world.changed_seq and _is_all(collector, reading):
        yield from _holds(world, "collector.info-filter", _of_ours(world, whole.refs), frozenset(reading.read))


def whole_after(world: World, collector: Collector, reading: Pass) -> Whole:
    """What is known of a filter's whole after this pass."""
    known = world.history.wholes.get(collector.spec)
    if known is None or known.changed_seq != world.changed_seq:
        known = Whole(changed_seq=world.changed_seq)
    read = frozenset(reading.read)
    before = known.fresh if reading.kind == "fresh" else known.rewound
    mine = {reading.kind: read if before is None else before | read}
    return evolve(known, others=known.others | reading.others, **mine)


@rule("page.default-rewind")
def same_from_the_start(world: World, whole: Whole) -> Iterator[Finding]:
    """RewindCollector moves to "the default setting when the collector is created": a fresh collector reads as a
    rewound one. What only the fresh one yields is lost in rewinding."""
    fresh, rewound = whole.fresh or frozenset(), whole.rewound or frozenset()
    if not fresh <= rewound:
        missing = min(fresh - rewound)
        yield broken("page.rewind", _lacks(missing, "a task that a fresh collector yields"), "collector")
    elif not {value for value in rewound if value in world.tasks} <= fresh:
        missing = min(value for value in rewound - fresh if value in world.tasks)
        said = _lacks(missing, "a fresh collector does not yield it")
        yield broken("page.default-rewind", said, "collector")
    elif fresh:
        yield held_of("page.rewind")
        yield held_of("page.default-rewind")


def _ours(world: World, collector: Collector) -> frozenset[str]:
    """Our tasks that a collector of everything has to hold: all that were there when it was made, and can be read."""
    return frozenset(
        value
        for value, record in world.tasks.items()
        if record.resolvable and record.created_seq < collector.made_seq and not world.may_be_removed(record)
    )


@rule("filter.none")
def _holds(_world: World, clause: str, due: frozenset[str], held: frozenset[str]) -> Iterator[Finding]:
    """An empty spec holds every task that the session may see."""
    missing = sorted(due - held)
    if missing:
        yield broken(clause, _lacks(missing[0], "a task that matches is not held"), "collector")
    elif due:
        yield held_of(clause)


@rule("filter.and")
@rule("filter.or")
def _combined(
    world: World, clause: str, single: tuple[TaskFilterSpec, ...], held: frozenset[str], combine: object
) -> Iterator[Finding]:
    """Two parts hold what each of them holds ("limits"); two values of a list, what either holds ("tag(s)"): by what
    filters of one part and one value held. Live where the combination tells from each of them."""
    wholes = [world.history.wholes.get(one) for one in single]
    if any(whole is None or whole.changed_seq != world.changed_seq for whole in wholes):
        return
    each = [_of_ours(world, whole.refs) for whole in wholes if whole is not None]
    wanted: frozenset[str] = combine(*each)  # type: ignore[operator]  # of frozensets
    ours = _of_ours(world, held)
    if wanted - ours:
        yield broken(clause, _lacks(min(wanted - ours), "a task that matches is not held"), "collector")
    if ours - wanted:
        demand = MustHold(task=_ref(min(ours - wanted)), present=False, where="pass")
        said = Departure(demand=demand, observed="a task that does not match is held", situation="holds too much")
        yield broken(clause, said, "collector")
    if wanted == ours and all(one != wanted for one in each):
        yield held_of(clause)


def judge_part(world: World, collector: Collector, control: frozenset[str], held: frozenset[str]) -> Iterator[Finding]:
    """A filter of one part and one value: every task of ours that surely matches is held, of those that the control
    holds; that none is which surely does not was said item by item."""
    part = collector.spec
    clause = clause_of(part)
    passing, failing = [], []
    for value in sorted(control):
        record = world.tasks.get(value)
        if record is None or record.info is None or record.moved_seq > record.info_seq or world.may_be_removed(record):
            continue
        if record.moved_seq > collector.made_seq or _is_moving(record, part):
            continue
        lets = lets_through(world, part, record.info)
        if lets:
            passing.append(value)
        elif lets is False:
            failing.append(value)
    missing = [value for value in passing if value not in held]
    if missing:
        yield broken(clause, _lacks(missing[0], "a task that matches is not held"), "collector")
    elif passing:
        yield held_of(clause)
    if failing and not held.intersection(failing) and is_contrast(world, part, failing):
        yield held_of(clause)


def _is_moving(record: TaskRecord, spec: TaskFilterSpec) -> bool:
    """Whether a filter looks at what the server may be changing in a task just now."""
    return record.is_ending and (bool(spec.state) or spec.time is not None)


def _judge_started(world: World, part: TaskFilterSpec, control: Whole, reading: Pass) -> Iterator[Finding]:
    """A filter by an alarm or a scheduled task holds what that one started, as the control's items say."""
    starter = part.alarm or part.scheduled_task
    if starter is None:
        return
    due = frozenset(value for value in control.others if world.history.started.get(value) == starter)
    yield from _holds(world, clause_of(part), due, reading.others)


_WHERE: Final = {"self": {"below", "elsewhere"}, "children": {"itself", "elsewhere"}, "all": {"elsewhere"}}
"""Where tasks have to be that a filter by entity does not hold, for its absence of them to say anything."""


def is_contrast(world: World, part: TaskFilterSpec, failing: list[str]) -> bool:
    """Whether the tasks that do not match are such that a target which got the part wrong would hold them: for a filter
    by entity, tasks of each kind of place."""
    by = part.entity
    if by is None:
        return True
    entities = [info.entity for value in failing if (info := world.tasks[value].info) is not None]
    places = {
        "itself" if one == by.entity else "below" if is_below(world, one.value, by.entity.value) else "elsewhere"
        for one in entities
        if one is not None
    }
    return _WHERE[by.recursion] <= places


# --- going on after the end -------------------------------------------------------------------------------------------


@rule("page.append")
def reads_what_was_added(world: World, collector: Collector, reading: Pass) -> Iterator[Finding]:
    """The page: "Receive updates when the server appends new data": where pages run oldest first, tasks made after the
    end was reached are read by going on."""
    before = collector.reading
    if (
        not before.ended
        or before.kind == "lost"
        or world.history.direction != (1, 1)
        or not world.is_full(collector.session)
    ):
        return
    if before.disturbed or before.uneven or collector.sizes:
        return
    added = frozenset(
        value
        for value, record in world.tasks.items()
        if record.created_seq > before.ended_seq and record.resolvable and _matches(world, collector, record)
    )
    if added:
        read = frozenset(reading.read[before.read_then :])
        yield from _holds(world, "page.append", added, read)


def _matches(world: World, collector: Collector, record: TaskRecord) -> bool:
    """Whether a task of ours surely matches a collector's filter."""
    if record.info is None or record.moved_seq > record.info_seq or world.may_be_removed(record):
        return False
    if _is_moving(record, collector.spec):
        return False
    return all(lets_through(world, part, record.info) for part in parts_of(collector.spec))


PASS_CHECKS: Final = (
    *FILTER_CHECKS,
    pass_clause,
    same_from_the_start,
    _holds_the_same,
    _holds,
    _combined,
    reads_what_was_added,
)
"""What is judged when a pass is complete."""
