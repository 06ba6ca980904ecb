"""TaskInfoFilterSpec: which items come without their result (API 8.0.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.findings import Departure, MustBe, Said, question, rule
from taskconform.model.vocabulary.outcomes import SUCCESS

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.oracle.belief_history import Collector
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo

PLAIN: Final = ("key", "task", "description_id", "entity", "state")
"""What an info filter leaves as it is."""


def has_result(record: TaskRecord) -> bool:
    """Whether a task surely completed with a result."""
    return record.settled is not None and record.settled.state == SUCCESS and record.settled.result is not None


@rule("collector.info-filter")
def results_are_as_asked(_world: World, about: tuple[Collector, TaskRecord], item: TaskInfo, _at: Interval) -> Said:
    """With filterTaskResults.removeAll no item has a result; with an empty info filter all have; all else is as without
    it."""
    collector, record = about
    given = collector.info_filter
    if given is None or not has_result(record) or record.settled is None:
        return None
    for name in PLAIN:
        if getattr(item, name) != getattr(record.settled, name):
            demand = MustBe(task=record.ref, field=name, relation="is", value=getattr(record.settled, name))
            return Departure(demand=demand, observed=f"{name} is {getattr(item, name)}", situation=name)
    if given.remove_all:
        demand = MustBe(task=record.ref, field="result", relation="is unset")
        return True if item.result is None else Departure(demand=demand, observed="a result", situation="removeAll")
    if given.description_ids or given.filter_in is not None:
        return None
    demand = MustBe(task=record.ref, field="result", relation="is set")
    return True if item.result is not None else Departure(demand=demand, observed="no result", situation="empty")


@question("collector.info-filter-ids")
def what_the_ids_do(world: World, collector: Collector, record: TaskRecord, item: TaskInfo) -> tuple[str, ...] | None:
    """descriptionIds, with filterIn set or unset: whether the named tasks' results are in or out. A target that takes
    one may refuse the other, until both were taken."""
    given = collector.info_filter
    if given is None or given.remove_all or not given.description_ids or not has_result(record):
        return None
    named = record.create.task_type_id in given.description_ids
    is_in = (item.result is not None) == named  # results of the named tasks in, of the others out
    others = (one.info_filter for one in world.history.collectors.values())
    taken = {bool(one.filter_in) for one in others if one is not None and one.description_ids and not one.remove_all}
    refused = () if len(taken) > 1 else ("refused",)
    if given.filter_in:
        return (*(("in-when-set", "always-in") if is_in else ("in-when-unset", "always-out")), *refused)
    return (*(("in-when-unset", "always-in") if is_in else ("in-when-set", "always-out")), *refused)


ON_RESULT: Final = (results_are_as_asked,)
"""What holds of an item of a collector with an info filter."""
