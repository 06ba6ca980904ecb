"""What an item of a collector says: of a task of ours, and against the filter that it passed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.collectors import collector_of
from taskconform.model.oracle.filters import clause_of, lets_through, name_of, parts_of
from taskconform.model.oracle.findings import Departure, MustAnswer, Said, rule
from taskconform.model.oracle.info import OF_ANYBODY, collector_agrees_with_task, key_and_reference_belong_together
from taskconform.model.oracle.method import broken, paired, run_rules, show
from taskconform.model.oracle.results import ON_RESULT, what_the_ids_do
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.calls import TaskFilterSpec
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo


@rule("page.stable")
def reads_the_same_again(world: World, record: TaskRecord, item: TaskInfo, _at: Interval) -> Said:
    """Historical data is append-only: key, task, descriptionId, entity, state, result and kind of error of a completed
    task read the same again. Of an entity that is gone only the name is retained."""
    before = world.history.items.get(record.ref.value)
    if before is None:
        return None
    for name in ("key", "task", "description_id", "entity", "state", "result"):
        if name == "entity" and item.entity is None and world.is_entity_gone(record):
            continue
        if getattr(item, name) != getattr(before, name):
            demand = MustAnswer(property="as before", value=(record.ref, name, getattr(before, name)))
            return Departure(demand=demand, observed=f"{name} is {getattr(item, name)}", situation=name)
    kinds = [one.error.kind if one.error is not None else None for one in (before, item)]
    if kinds[0] != kinds[1]:
        demand = MustAnswer(property="as before", value=(record.ref, "error", kinds[0]))
        return Departure(demand=demand, observed=f"error is {kinds[1]}", situation="error")
    return True


_ON_ITEM: Final = paired(key_and_reference_belong_together, collector_agrees_with_task)
_ON_ITEM_AGAIN: Final = paired(reads_the_same_again)
_ON_RESULT: Final = paired(*ON_RESULT)
_ON_FOREIGN: Final = paired(*OF_ANYBODY)


def judge_items(world: World, call: Any, items: tuple[TaskInfo, ...], at: Interval, found: list[Finding]) -> None:
    """What a page says of our tasks, and that no item is held which its own fields exclude."""
    collector = collector_of(world, call)
    parts = parts_of(collector.spec) if collector is not None else ()
    for item in items:
        record = world.tasks.get(item.task.value)
        if record is None and world.declaration.recorded:
            run_rules(_ON_FOREIGN, world, None, item, at, "ReadNextTasks", found)
        if record is not None:
            run_rules(_ON_ITEM, world, record, item, at, "ReadNextTasks", found)
            if collector is not None and collector.info_filter is None:
                run_rules(_ON_ITEM_AGAIN, world, record, item, at, "ReadNextTasks", found)
            elif collector is not None:
                run_rules(_ON_RESULT, world, (collector, record), item, at, "ReadNextTasks", found)
                options = what_the_ids_do(world, collector, record, item)
                if options is not None:
                    found.append(show(what_the_ids_do, options, "result" if item.result is not None else "no result"))
        if len(parts) == 1 and collector is not None and _is_excluded(world, collector, parts[0], item, record):
            clause = "page.rewind" if _is_only_rewound(world, collector, item) else clause_of(parts[0])
            said = Departure(
                demand=MustAnswer(property="only matching", value=parts[0]),
                observed=f"a task with {_own(parts[0], item)}",
                situation="holds what does not match",
            )
            found.append(broken(clause, said, "collector"))


def _is_excluded(
    world: World, collector: Collector, part: TaskFilterSpec, item: TaskInfo, record: TaskRecord | None
) -> bool:
    """Whether an item's own fields exclude it: of a filter by state or by a stamp that may have moved since, only if
    the task stands still."""
    if name_of(part) in {"state", "time"} and (record is None or record.moved_seq > collector.made_seq):
        return False
    return lets_through(world, part, item) is False


def _is_only_rewound(world: World, collector: Collector, item: TaskInfo) -> bool:
    """Whether a rewound collector gives what a fresh one of the same filter did not: then it is the rewind's doing."""
    whole = world.history.wholes.get(collector.spec)
    if collector.reading.kind != "rewound" or whole is None or whole.changed_seq != world.changed_seq:
        return False
    return whole.fresh is not None and item.task.value not in whole.fresh


def _own(part: TaskFilterSpec, item: TaskInfo) -> str:
    """The field of a task that a part of a filter is about, as it is, but for what differs from run to run."""
    name = name_of(part)
    if name == "state":
        return f"state {item.state}"
    return {"time": "another stamp", "user_name": "another user"}.get(name, f"another {name.replace('_', ' ')}")


ITEM_CHECKS: Final = (
    key_and_reference_belong_together,
    collector_agrees_with_task,
    reads_the_same_again,
    *ON_RESULT,
    what_the_ids_do,
)
"""What is judged on every item."""


def _note_origin(world: World, item: TaskInfo) -> World:
    """What is not ours was started by the system, by an alarm, or by a scheduled task."""
    history, value = world.history, item.task.value
    if item.reason.kind == "TaskReasonSystem" and value not in history.system_tasks:
        return evolve(world, history=evolve(history, system_tasks=history.system_tasks | {value}))
    starter = item.reason.alarm or item.reason.scheduled_task
    if starter is not None and value not in history.started:
        return evolve(world, history=evolve(history, started=history.started.set(value, starter)))
    return world


def note_items(world: World, collector: Collector | None, items: tuple[TaskInfo, ...]) -> World:
    """What items say that is held against later ones: their chain, and all of a completed task."""
    for item in items:
        record = world.tasks.get(item.task.value)
        if record is None:
            world = _note_origin(world, item)
            continue
        if not record.chain and item.event_chain_id:
            world = world.with_task(evolve(record, chain=item.event_chain_id))
        seen = world.history.items
        is_plain = collector is not None and collector.info_filter is None
        is_settled = record.settled is not None and item.complete_time is not None
        if is_plain and is_settled and item.task.value not in seen:
            world = evolve(world, history=evolve(world.history, items=seen.set(item.task.value, item)))
    return world
