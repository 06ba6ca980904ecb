"""Mutants of what a TaskInfo says, in Task.info, in collectors and in events."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.changes import changed
from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import extensions, folders, inventory, items, latest, life, pages, tasks, triggers, watch
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, Property
from taskconform.model.vocabulary.words import evolve

# --- Task.info --------------------------------------------------------------------------------------------------------


@mutant("key-changes-on-completion", tasks.info_for)
def key_changes_on_completion(original, state, session, task, choices):
    """In Task.info a completed task has another key."""
    found = original(state, session, task, choices)
    if found.value is None or task.info.state not in life.COMPLETED:
        return found
    return Property(value=evolve(found.value, key=f"{task.info.key}-done"))


@mutant("cancelable-is-left-out", tasks.info_for)
def cancelable_is_left_out(original, state, session, task, choices):
    """Task.info of a running task has no cancelable."""
    found = original(state, session, task, choices)
    if found.value is None or task.info.state != RUNNING:
        return found
    return Property(value=evolve(found.value, cancelable=None))


@mutant("state-in-capitals-of-a-canceled-task", tasks.info_for)
def state_in_capitals_of_a_canceled_task(original, state, session, task, choices):
    """Task.info gives the state of a task that was asked to cancel in capitals."""
    found = original(state, session, task, choices)
    if found.value is None or not task.info.cancelled:
        return found
    return Property(value=evolve(found.value, state=found.value.state.upper()))


@mutant("error-is-read-once", tasks.read_task_info)
def error_is_read_once(original, state, call, choices):
    """Task.info gives the error of a task once."""
    after, found = original(state, call, choices)
    told, shown = set(remembered(state, "told", ())), []
    for one in found:
        fails = one.value is not None and one.value.state == ERROR
        shown.append(Property(value=evolve(one.value, error=None)) if fails and one.value.key in told else one)
        told |= {one.value.key} if fails else set()
    return remembering(after, "told", frozenset(told)), tuple(shown)


@mutant("locked-stays-after-the-end", life.enter)
def locked_stays_after_the_end(original, state, number, entered, choices):
    """A task locks its entity from its start on, for good."""
    after = original(state, number, entered, choices)
    info = after.tasks[number].info
    locks = info.entity is not None and info.start_time is not None and info.state != QUEUED
    return changed(after, after.tasks[number], locked=(info.entity,) if locks else ())


@mutant("entity-name-goes-with-the-entity", folders.remove_entity)
def entity_name_goes_with_the_entity(original, state, entity):
    """The tasks on a destroyed entity lose its name."""
    after = original(state, entity)
    for task in state.tasks.values():
        if inventory.is_gone(after, task.info.entity):
            after = changed(after, task, entity_name=None)
    return after


@mutant("unregister-clears-results", extensions.unregister_extension)
def unregister_clears_results(original, state, call, choices):
    """A task loses its result when its extension is unregistered."""
    after, nothing = original(state, call, choices)
    gone = extensions.find(state, call.key)
    for task in state.tasks.values():
        if gone is not None and task.info.state == SUCCESS and task.info.description_id in gone.task_ids:
            after = changed(after, task, result=None)
    return after, nothing


# --- history and events -----------------------------------------------------------------------------------------------


@mutant("collector-item-refers-to-the-parent", items.listed)
def collector_item_refers_to_the_parent(original, collector, page, choices):
    """Items with a parent have the parent's reference."""
    return tuple(
        evolve(info, task=evolve(info.task, value=info.parent_task_key or info.task.value))
        for info in original(collector, page, choices)
    )


@mutant("history-shows-error-as-success", items.listed)
def history_shows_error_as_success(original, collector, page, choices):
    """In collectors a task that failed without running is a success."""
    return tuple(
        evolve(info, state=SUCCESS, error=None) if info.state == ERROR and info.start_time is None else info
        for info in original(collector, page, choices)
    )


def kept_items(state, ref, given):
    """Return the items that a collector gives: those of tasks that it met running are as they were then."""
    kept = remembered(state, ref.value, {})
    given = tuple(kept.get(info.key, info) for info in given)
    return remembering(state, ref.value, kept | {info.key: info for info in given if info.state == RUNNING}), given


@mutant("history-keeps-the-running-item", pages.read)
def keep_the_items_of_pages(original, state, call, choices, *, forward):
    """A page keeps the items of running tasks."""
    after, given = original(state, call, choices, forward=forward)
    return kept_items(after, call.collector, given)


@mutant("history-keeps-the-running-item", latest.read_latest_page)
def keep_the_items_of_the_latest_page(original, state, call, choices):
    """A read of the latest page keeps the items of running tasks."""
    after, given = original(state, call, choices)
    after, kept = kept_items(after, call.collector, given.value)
    return after, Property(value=kept)


@mutant("history-keeps-the-running-item", watch.updates_since)
def keep_the_items_of_updates(original, state, call, collector, most, choices):
    """An update of the latest page keeps the items of running tasks."""
    after, found = original(state, call, collector, most, choices)
    updates = []
    for update in () if found is None else found.updates:
        if update.latest_page is None:
            updates.append(update)
        else:
            after, kept = kept_items(after, update.obj, update.latest_page)
            updates.append(evolve(update, latest_page=kept))
    return after, found and evolve(found, updates=tuple(updates))


@mutant("event-shows-the-task-of-today", triggers.query_task_events)
def event_shows_the_task_of_today(original, state, call, choices):
    """A TaskEvent has the task's present info."""
    after, events = original(state, call, choices)
    return after, tuple(evolve(event, info=state.tasks[event.key].info) for event in events)


@mutant("event-chain-is-the-next-ones", triggers.query_task_events)
def event_chain_is_the_next_ones(original, state, call, choices):
    """A query of events by chain goes by the next higher id."""
    return original(state, evolve(call, chain=call.chain + 1), choices)
