"""Mutants of the info filter of a collector: which items come without their result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import access, collectors, filters, items, latest, pages, tasks, watch
from taskconform.model.vocabulary.calls import ObjectRef, TaskInfoFilterSpec
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.spec.state import Collector, State
    from taskconform.model.vocabulary.outcomes import TaskInfo


def removes_all(collector: Collector) -> bool:
    """Tell whether the collector's items come without results."""
    return collector.info_filter is not None and bool(collector.info_filter.remove_all)


def collector_of(state, call):
    """Return the collector of a call that was answered."""
    return access.current(state, call.session).collectors[call.collector.value]


@mutant("remove-all-keeps-references", items.keeps_result)
def remove_all_keeps_references(original, spec, task, choices):
    """With removeAll, results that are references are given."""
    return isinstance(task.info.result, ObjectRef) if spec.remove_all else original(spec, task, choices)


@mutant("remove-all-forgets-the-latest-page", latest.shown)
def remove_all_forgets_the_latest_page(original, state, session, collector, choices):
    """With removeAll, latestPage has results."""
    whole = evolve(collector, info_filter=None) if removes_all(collector) else collector
    return original(state, session, whole, choices)


@mutant("remove-all-forgets-the-pages", pages.read)
def remove_all_forgets_the_pages(original, state, call, choices, *, forward):
    """With removeAll, pages have results."""
    state, page = original(state, call, choices, forward=forward)
    if removes_all(collector_of(state, call)):
        page = tuple([state.tasks[state.keys[item.key]].info for item in page])
    return state, page


@mutant("empty-info-filter-removes-results", items.keeps_result)
def empty_info_filter_removes_results(original, spec, task, choices):
    """With an empty info filter, no item has a result."""
    return spec != TaskInfoFilterSpec() and original(spec, task, choices)


@mutant("no-info-filter-removes-results", collectors.create_collector_with_info_filter_for_tasks)
def no_info_filter_removes_results(original, state, call, choices):
    """CreateCollectorWithInfoFilterForTasks without an info filter makes items without results."""
    taken = call.info_filter or TaskInfoFilterSpec(remove_all=True)
    return original(state, evolve(call, info_filter=taken), choices)


@mutant("remove-all-takes-the-entity-name-too", items.listed)
def remove_all_takes_the_entity_name_too(original, collector, page, choices):
    """With removeAll, items that had a result have no entity."""
    if removes_all(collector):
        infos = [
            task.info if task.info.result is None else evolve(task.info, entity=None, entity_name=None) for task in page
        ]
        page = [evolve(task, info=info) for task, info in zip(page, infos, strict=True)]
    return original(collector, page, choices)


@mutant("remove-all-drops-the-tasks", filters.holds)
def remove_all_drops_the_tasks(original, state, collector, task, choices):
    """With removeAll, tasks with a result are not held."""
    dropped = removes_all(collector) and task.info.result is not None
    return not dropped and original(state, collector, task, choices)


# --- results that are lost to all -------------------------------------------------------------------------------------


def cleared(state: State, collector: Collector, given: Iterable[TaskInfo]) -> State:
    """Return the state in which the tasks of items that a collector with removeAll gives have no result."""
    for item in given if removes_all(collector) else ():
        task = state.tasks[state.keys[item.key]]
        state = tasks.with_info(state, task, evolve(task.info, result=None))
    return state


@mutant("remove-all-clears-the-result-for-all", pages.read)
def remove_all_clears_the_result_for_all(original, state, call, choices, *, forward):
    """With removeAll, giving an item takes the result from the task."""
    state, page = original(state, call, choices, forward=forward)
    return cleared(state, collector_of(state, call), page), page


@mutant("remove-all-clears-the-result-for-all", latest.read_latest_page)
def clear_latest_page(original, state, call, choices):
    """Take the results of the items of latestPage."""
    state, read = original(state, call, choices)
    return cleared(state, collector_of(state, call), read.value), read


@mutant("remove-all-clears-the-result-for-all", watch.updates_since)
def clear_updates(original, state, call, collector, most, choices):
    """Take the results of the items of each latestPage that is told."""
    state, found = original(state, call, collector, most, choices)
    made = access.current(state, call.session).collectors
    for update in () if found is None else found.updates:
        if update.obj.value in made:
            state = cleared(state, made[update.obj.value], update.latest_page or ())
    return state, found
