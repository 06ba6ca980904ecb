"""Items of a collector: what they say of a task of ours, and whether the filter lets them through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, is_well_read, still_since
from taskconform.model.oracle.checks import open_clause, rule, unless_unsaid
from taskconform.model.oracle.collectors import collector_of
from taskconform.model.oracle.filters import STAMPS as TIMES
from taskconform.model.oracle.filters import clause_of, lets_through, name_of, parts_of
from taskconform.model.oracle.findings import Divergence, MustAnswer, MustBe, Said, shown
from taskconform.model.oracle.info import ON_OTHERS_ITEM, key_and_reference_belong_together
from taskconform.model.oracle.method import broken, run_checks, show
from taskconform.model.oracle.steady import (
    GIVEN,
    OF_ENTITY,
    STAMPS,
    is_same_time,
    is_unmoved,
    keeps_progress,
    plain_field,
)
from taskconform.model.vocabulary.calls import ReadLatestPage
from taskconform.model.vocabulary.outcomes import SUCCESS
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.checks import Declared
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.oracle.origins import ReadsItems
    from taskconform.model.vocabulary.calls import TaskFilterSpec
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo, UpdateSet


PLAIN: Final = ("key", "task", "description_id", "entity", "state")
"""Fields of TaskInfo that an info filter does not change."""


def has_result(record: TaskRecord) -> bool:
    """Return True if a task surely completed with a result."""
    return record.settled is not None and record.settled.state == SUCCESS and record.settled.result is not None


OF_A_RECORDING: Final = ("key", "task", "description_id", "entity", "state")
"""Fields that say the same in a recording, too, where others may have acted."""
SAME: Final = (
    *OF_A_RECORDING,
    *("entity_name", "reason", "cancelled", "error", "parent_task_key", "root_task_key", "activation_id"),
)
"""Fields of a completed task that are the same in Task.info and in a collector. The result is left to info filters."""


@rule("info.same")
def collector_agrees_with_task(belief: Belief, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """What Task.info says of a completed task a collector's item says too, and of any task what CreateTask gave it;
    stamps may be rounded (EV N15). If the entity is gone, only its name is retained."""
    if belief.may_be_earlier(item):
        return None
    is_settled = record.settled is not None and is_well_read(belief, record)
    info = record.settled if is_settled else record.info
    if info is None or (belief.declaration.recorded and not is_settled):
        return None
    fields = OF_A_RECORDING if belief.declaration.recorded else SAME if is_settled else GIVEN + OF_ENTITY
    stamps = () if belief.declaration.recorded else tuple(STAMPS) if is_settled else ("queueTime",)
    said = _first_difference(belief, record, item, info, fields, stamps)
    return said if said is not None else True if is_settled else None


@rule("info.same")
def update_agrees_with_task(belief: Belief, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """What CreateTask gave a task an item says too that an update set tells of."""
    if record.info is None or belief.declaration.recorded:
        return None
    return _first_difference(belief, record, item, record.info, GIVEN + OF_ENTITY, ("queueTime",))


OF_A_LIVE_TASK: Final = ("state", "cancelled", "cancelable", "error", "root_task_key")
"""Fields of a live task that are the same in Task.info and in a page."""


@rule("info.same")
def page_agrees_with_unmoved_task(belief: Belief, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """While no call may have changed a task, a page says of it what Task.info said last. Progress and description may
    be left out; whether a completed task is cancelable need not be the same (EV 1.3, N14)."""
    info = record.info
    if info is None or belief.declaration.recorded or not is_unmoved(belief, record):
        return None
    kept = ("progress",) * keeps_progress(record) + ("description",) * (not record.described)
    fields: tuple[str, ...] = () if record.settled is not None else OF_A_LIVE_TASK
    left_out = belief.declaration.fields_without
    fields += tuple(name for name in kept if name not in left_out and getattr(item, name) is not None)
    return _first_difference(belief, record, item, info, fields, () if record.settled is not None else ("startTime",))


def _first_difference(
    belief: Belief,
    record: TaskRecord,
    item: TaskInfo,
    info: TaskInfo,
    fields: tuple[str, ...],
    stamps: tuple[str, ...],
) -> Divergence | None:
    """Compare fields and stamps of an item with those of Task.info, as far as the target has them."""
    left_out = belief.declaration.fields_without
    for name in fields:
        if name in left_out:
            continue
        if name in OF_ENTITY and belief.may_have_lost_its_entity(record) and (name != "entity" or item.entity is None):
            continue
        if plain_field(item, name) != plain_field(info, name):
            return _differs(record, name, getattr(info, name), getattr(item, name))
    for name in stamps:
        if STAMPS[name] in left_out:
            continue
        now, then = getattr(item, STAMPS[name]), getattr(info, STAMPS[name])
        if not is_same_time(now, then):
            return _differs(record, name, then, now)
    return None


def _differs(record: TaskRecord, name: str, wanted: object, observed: object) -> Divergence:
    """Return the divergence of an item that says otherwise than Task.info, where the server may take its time."""
    demand = MustBe(task=record.ref, field=name, relation="is", value=wanted)
    return Divergence(demand=demand, observed=f"{name} is {shown(observed)}", situation=name, eventually=True)


@rule("collector.info-filter")
def results_are_as_asked(belief: Belief, about: tuple[Collector, TaskRecord], item: TaskInfo, _at: Interval) -> Said:
    """With filterTaskResults.removeAll no item has a result; with an empty info filter all have; all other fields are
    as without an info filter."""
    collector, record = about
    given = collector.info_filter
    if given is None or not has_result(record) or record.settled is None or belief.may_be_earlier(item):
        return None
    for name in PLAIN:
        if name in belief.declaration.fields_without:
            continue
        if name == "entity" and item.entity is None and belief.may_have_lost_its_entity(record):
            continue
        if getattr(item, name) != getattr(record.settled, name):
            demand = MustBe(task=record.ref, field=name, relation="is", value=getattr(record.settled, name))
            return Divergence(demand=demand, observed=f"{name} is {getattr(item, name)}", situation=name)
    if given.remove_all:
        demand = MustBe(task=record.ref, field="result", relation="is unset")
        return True if item.result is None else Divergence(demand=demand, observed="a result", situation="removeAll")
    if given.description_ids or given.filter_in is not None:
        return None
    demand = MustBe(task=record.ref, field="result", relation="is set")
    return True if item.result is not None else Divergence(demand=demand, observed="no result", situation="empty")


KEPT_BY_IDS: Final = frozenset({"in-when-set", "in-when-unset", "always-in", "always-out"})
"""What descriptionIds can do where they are accepted, to all items alike."""


@open_clause("collector.info-filter-ids")
def effect_of_ids(belief: Belief, collector: Collector, record: TaskRecord, item: TaskInfo) -> tuple[str, ...] | None:
    """descriptionIds, with filterIn set or unset: the named tasks' results are in or out. A target that accepts one
    setting may refuse the other, until it has accepted both."""
    given = collector.info_filter
    if given is None or given.remove_all or not given.description_ids or not has_result(record):
        return None
    named = record.create.task_type_id in given.description_ids
    is_in = (item.result is not None) == named  # results of the named tasks in, of the others out
    others = (one.info_filter for one in belief.history.collectors.values())
    taken = {bool(one.filter_in) for one in others if one is not None and one.description_ids and not one.remove_all}
    refused = () if len(taken) > 1 else ("refused",)
    if given.filter_in:
        return (*(("in-when-set", "always-in") if is_in else ("in-when-unset", "always-out")), *refused)
    return (*(("in-when-unset", "always-in") if is_in else ("in-when-set", "always-out")), *refused)


ON_RESULT: Final = (results_are_as_asked,)
"""Checks of an item of a collector with an info filter."""


@rule("page.stable")
def reads_the_same_again(belief: Belief, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """Historical data is append-only: key, task, descriptionId, entity, state, result and kind of error of a completed
    task stay the same. If the entity is gone, only its name is retained."""
    before = belief.history.items.get(record.ref.value)
    if before is None or belief.may_be_earlier(item):
        return None
    for name in ("key", "task", "description_id", "entity", "state", "result"):
        if name in belief.declaration.fields_without:
            continue
        if name == "entity" and item.entity is None and belief.may_have_lost_its_entity(record):
            continue
        if getattr(item, name) != getattr(before, name):
            demand = MustAnswer(property="as before", value=(record.ref, name, getattr(before, name)))
            return Divergence(demand=demand, observed=f"{name} is {getattr(item, name)}", situation=name)
    if "error" in belief.declaration.fields_without:
        return True
    kinds = [one.error.kind if one.error is not None else None for one in (before, item)]
    if kinds[0] != kinds[1]:
        demand = MustAnswer(property="as before", value=(record.ref, "error", kinds[0]))
        return Divergence(demand=demand, observed=f"error is {kinds[1]}", situation="error")
    return True


_ON_ITEM: Final = (
    key_and_reference_belong_together,
    collector_agrees_with_task,
)
_IN_PAGE: Final = (page_agrees_with_unmoved_task,)
"""Checks of an item that was read as history: latestPage need not follow every change (EV 2.17)."""
_ON_ITEM_AGAIN: Final = (reads_the_same_again,)


def judge_items(
    belief: Belief, call: ReadsItems, items: tuple[TaskInfo, ...], at: Interval, found: list[Finding]
) -> None:
    """Judge what the items of a page say of our tasks, and that the filter lets each item through."""
    collector = collector_of(belief, call)
    parts = parts_of(collector.spec) if collector is not None else ()
    ways = KEPT_BY_IDS
    for item in items:
        record = belief.tasks.get(item.task.value)
        if record is None and belief.declaration.recorded:
            run_checks(ON_OTHERS_ITEM, belief, call, item, at, "ReadNextTasks", found)
        if record is not None:
            run_checks(_ON_ITEM, belief, record, item, at, "ReadNextTasks", found)
            if not isinstance(call, ReadLatestPage):
                run_checks(_IN_PAGE, belief, record, item, at, "ReadNextTasks", found)
            if collector is not None and collector.info_filter is None:
                run_checks(_ON_ITEM_AGAIN, belief, record, item, at, "ReadNextTasks", found)
            elif collector is not None:
                run_checks(ON_RESULT, belief, (collector, record), item, at, "ReadNextTasks", found)
                options = unless_unsaid(effect_of_ids.interpret, belief, collector, record, item)
                if options is not None:
                    ways = ways.intersection(options)
                    told = "result" if item.result is not None else "no result"
                    found.append(show(effect_of_ids.clause, options if ways else (), told))
        if collector is None:
            continue
        excluding = next((part for part in parts if _is_excluded(belief, collector, part, item, record)), None)
        if excluding is not None:
            said = Divergence(
                demand=MustAnswer(property="only matching", value=excluding),
                observed=f"a task with {_own(excluding, item)}",
                situation="holds what does not match",
            )
            found.append(broken(_clause_on(belief, collector, excluding, item), said, "collector"))


def judge_items_given(belief: Belief, answer: UpdateSet | None, at: Interval, found: list[Finding]) -> None:
    """Judge what the items of latest pages that an update set gives say of our tasks."""
    for update in answer.updates if answer is not None else ():
        for item in update.latest_page or ():
            record = belief.tasks.get(item.task.value)
            if record is not None:
                run_checks((update_agrees_with_task,), belief, record, item, at, "WaitForUpdatesEx", found)


def _clause_on(belief: Belief, collector: Collector, part: TaskFilterSpec, item: TaskInfo) -> str:
    """Choose the clause that an item breaks which a part of the filter excludes: the one on the part, or, if a
    collector of that part alone does not give the item, the one on how parts combine."""
    if _is_only_rewound(belief, collector, item):
        return "page.rewind"
    alone = belief.history.full_scans.get(part) if part != collector.spec else None
    if alone is None or alone.fresh is None or alone.changed_seq != belief.changed_seq:
        return clause_of(part)  # what such a collector holds now is not known: RewindCollector may lose items
    return clause_of(part) if item.task.value in alone.refs | alone.others else "filter.and"


def _is_excluded(
    belief: Belief, collector: Collector, part: TaskFilterSpec, item: TaskInfo, record: TaskRecord | None
) -> bool:
    """Return True if an item's own fields do not match the filter. A filter by a stamp that may have changed while the
    collector held the task does not count, and a filter by state only if the task was in none of its states then. Of
    others' tasks a recording tells the stamps that are there."""
    name = name_of(part)
    if name not in {"state", "time"}:
        return lets_through(belief, part, item) is False
    if record is None and belief.declaration.recorded and _has_stamp(part, item):
        return lets_through(belief, part, item) is False
    if record is None:
        return False
    if not _moved_while_held(belief, collector, record):
        return lets_through(belief, part, item) is False
    return name == "state" and not _states_so_far(record, item).intersection(part.state)


def _moved_while_held(belief: Belief, collector: Collector, record: TaskRecord) -> bool:
    """Return True if a task may have changed its state since the collector was made and the task was created."""
    if record.operation and (record.is_ending or record.created_seq > collector.made_seq):
        return True
    if record.unsure or record.state_in_doubt or belief.may_be_gone(record):
        return True
    return still_since(record) > max(collector.made_seq, record.created_seq)


def _states_so_far(record: TaskRecord, item: TaskInfo) -> frozenset[str]:
    """Return the states in which a task may have been, by an item's state: no end comes before another state."""
    if record.state == item.state or {record.state, item.state} <= LIVE_STATES:
        return LIVE_STATES | {item.state}
    return LIVE_STATES | END_STATES


def _has_stamp(part: TaskFilterSpec, item: TaskInfo) -> bool:
    """Return True if a filter is by a stamp that a task has: once set, it stays."""
    by = part.time
    return by is not None and by.time_type in TIMES and getattr(item, TIMES[by.time_type]) is not None


def _is_only_rewound(belief: Belief, collector: Collector, item: TaskInfo) -> bool:
    """Return True if a rewound collector gives an item that a fresh one of the same filter did not: then rewinding is
    at fault."""
    full_scan = belief.history.full_scans.get(collector.spec)
    if collector.scan.kind != "rewound" or full_scan is None or full_scan.changed_seq != belief.changed_seq:
        return False
    return full_scan.fresh is not None and item.task.value not in full_scan.fresh


def _own(part: TaskFilterSpec, item: TaskInfo) -> str:
    """Describe the field of a task that a part of a filter is about, without what differs from run to run."""
    name = name_of(part)
    if name == "state":
        return f"state {item.state}"
    return {"time": "another stamp", "user_name": "another user"}.get(name, f"another {name.replace('_', ' ')}")


ITEM_CHECKS: Final[tuple[Declared, ...]] = (
    key_and_reference_belong_together,
    collector_agrees_with_task,
    *_IN_PAGE,
    update_agrees_with_task,
    reads_the_same_again,
    *ON_RESULT,
    effect_of_ids,
)
"""All checks of an item."""


def _note_origin(belief: Belief, item: TaskInfo) -> Belief:
    """Remember who started a task that is not ours: the system, an alarm, or a scheduled task."""
    history, value = belief.history, item.task.value
    if item.reason.kind == "TaskReasonSystem" and value not in history.system_tasks:
        return evolve(belief, history=evolve(history, system_tasks=history.system_tasks | {value}))
    starter = item.reason.alarm or item.reason.scheduled_task
    if starter is not None and value not in history.started:
        return evolve(belief, history=evolve(history, started=history.started.set(value, starter)))
    return belief


def note_items(belief: Belief, collector: Collector | None, items: tuple[TaskInfo, ...]) -> Belief:
    """Remember what later items are compared with: the chain of a task, and the whole item of a completed one."""
    for item in items:
        record = belief.tasks.get(item.task.value)
        if record is None:
            belief = unless_unsaid(_note_origin, belief, item) or belief
            continue
        chain = unless_unsaid(getattr, item, "event_chain_id") if not record.chain else 0
        if chain:
            belief = belief.with_task(evolve(record, chain=chain))
        seen = belief.history.items
        is_plain = collector is not None and collector.info_filter is None
        is_settled = record.settled is not None and item.complete_time is not None
        if is_plain and is_settled and item.task.value not in seen:
            belief = evolve(belief, history=evolve(belief.history, items=seen.set(item.task.value, item)))
    return belief
