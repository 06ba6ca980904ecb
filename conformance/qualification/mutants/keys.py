"""Mutants of filters by lists of tags, keys and ids, and by what started a task."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.filter import with_parts
from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import filters, life
from taskconform.model.vocabulary.words import evolve

# --- tags -------------------------------------------------------------------------------------------------------------


@mutant("empty-tag-holds-nothing", filters.passes_lists)
def empty_tag_holds_nothing(original, spec, info, choices):
    """The empty tag stands for no untagged task."""
    untagged = bool(spec.tag) and info.change_tag is None
    return not untagged and original(spec, info, choices)


@mutant("untagged-tasks-pass-every-tag", filters.passes_lists)
def untagged_tasks_pass_every_tag(original, spec, info, choices):
    """A task without a tag passes every list."""
    return original(evolve(spec, tag=()) if info.change_tag is None else spec, info, choices)


@mutant("two-tags-are-no-filter", filters.passes_lists)
def two_tags_are_no_filter(original, spec, info, choices):
    """A list of two tags or more limits nothing."""
    return original(evolve(spec, tag=()) if len(spec.tag) > 1 else spec, info, choices)


# --- keys and ids -----------------------------------------------------------------------------------------------------


@mutant("event-chain-is-a-minimum", filters.passes_lists)
def event_chain_is_a_minimum(original, spec, info, choices):
    """Every eventChainId from the smallest of the list on is held."""
    taken = any(info.event_chain_id >= chain for chain in spec.event_chain_id)
    return original(evolve(spec, event_chain_id=()) if taken else spec, info, choices)


@mutant("event-chain-ends-at-its-first-id", filters.passes_lists)
def event_chain_ends_at_its_first_id(original, spec, info, choices):
    """Of a list of chains, the first is used."""
    return original(evolve(spec, event_chain_id=spec.event_chain_id[:1]), info, choices)


@mutant("event-chain-holds-nothing", filters.passes_lists)
def event_chain_holds_nothing(original, spec, info, choices):
    """The number of the task's key is taken for its eventChainId."""
    return original(spec, evolve(info, event_chain_id=int(info.key.removeprefix("task-"))), choices)


@mutant("parent-key-takes-the-parent-too", filters.passes_lists)
def parent_key_takes_the_parent_too(original, spec, info, choices):
    """A parentTaskKey holds the parent too."""
    taken = info.key in spec.parent_task_key
    return original(evolve(spec, parent_task_key=()) if taken else spec, info, choices)


@mutant("parent-key-takes-grandchildren", filters.passes_lists)
def parent_key_takes_grandchildren(original, spec, info, choices):
    """A parentTaskKey holds all tasks that have it as their root."""
    taken = info.root_task_key in spec.parent_task_key
    return original(evolve(spec, parent_task_key=()) if taken else spec, info, choices)


@mutant("parent-key-is-a-prefix", filters.passes_lists)
def parent_key_is_a_prefix(original, spec, info, choices):
    """A parentTaskKey stands for all keys that begin with it."""
    taken = info.parent_task_key is not None and info.parent_task_key.startswith(spec.parent_task_key)
    return original(evolve(spec, parent_task_key=()) if taken else spec, info, choices)


@mutant("children-of-completed-parents-drop-out", filters.holds)
def children_of_completed_parents_drop_out(original, state, collector, task, choices):
    """The children of a completed parent are not held by its key."""
    parent = state.keys.get(task.info.parent_task_key) if collector.filter.parent_task_key else None
    left_out = parent is not None and parent not in state.live
    return not left_out and original(state, collector, task, choices)


@mutant("parent-keys-have-to-match-all", filters.passes_lists)
def parent_keys_have_to_match_all(original, spec, info, choices):
    """A task's parentTaskKey has to be each of the list."""
    return all(info.parent_task_key == key for key in spec.parent_task_key) and original(spec, info, choices)


@mutant("root-key-takes-children-of-any", filters.passes_lists)
def root_key_takes_children_of_any(original, spec, info, choices):
    """A rootTaskKey holds all tasks that have it as their parent."""
    taken = info.parent_task_key in spec.root_task_key
    return original(evolve(spec, root_task_key=()) if taken else spec, info, choices)


@mutant("root-key-ends-at-the-children", filters.passes_lists)
def root_key_ends_at_the_children(original, spec, info, choices):
    """A rootTaskKey holds the children of the root only."""
    left_out = bool(spec.root_task_key) and info.parent_task_key != info.root_task_key
    return not left_out and original(spec, info, choices)


@mutant("root-key-of-completed-tasks-drops-out", filters.passes_lists)
def root_key_of_completed_tasks_drops_out(original, spec, info, choices):
    """A rootTaskKey holds live tasks only."""
    left_out = bool(spec.root_task_key) and info.state in life.COMPLETED
    return not left_out and original(spec, info, choices)


@mutant("activation-id-is-not-looked-at", filters.passes_lists)
def activation_id_is_not_looked_at(original, spec, info, choices):
    """An activationId limits nothing."""
    return original(evolve(spec, activation_id=()), info, choices)


@mutant("no-activation-id-passes", filters.passes_lists)
def no_activation_id_passes(original, spec, info, choices):
    """Tasks without an activationId are held by every one."""
    return original(evolve(spec, activation_id=()) if info.activation_id is None else spec, info, choices)


@mutant("activation-id-list-ends-at-its-first", filters.passes_lists)
def activation_id_list_ends_at_its_first(original, spec, info, choices):
    """Of a list of activationIds, the first is used."""
    return original(evolve(spec, activation_id=spec.activation_id[:1]), info, choices)


# --- alarms and scheduled tasks ---------------------------------------------------------------------------------------


@mutant("alarm-filter-takes-every-alarm", filters.passes_lists)
def alarm_filter_takes_every_alarm(original, spec, info, choices):
    """A filter by alarm holds every alarm's tasks."""
    return original(evolve(spec, alarm=None) if info.reason.kind == "TaskReasonAlarm" else spec, info, choices)


@mutant("alarm-filter-goes-by-the-entity", filters.holds)
def alarm_filter_goes_by_the_entity(original, state, collector, task, choices):
    """A filter by alarm holds all tasks of entities where it has started one."""
    alarm, others = collector.filter.alarm, state.tasks.values()
    started = alarm is not None and [one.info.entity for one in others if one.info.reason.alarm == alarm]
    taken = started and task.info.entity in started
    return original(state, with_parts(collector, alarm=None) if taken else collector, task, choices)


@mutant("alarm-filter-holds-nothing", filters.passes_lists)
def alarm_filter_holds_nothing(original, spec, info, choices):
    """A filter by alarm holds no task."""
    return spec.alarm is None and original(spec, info, choices)


@mutant("alarm-is-not-looked-at", filters.passes_lists)
def alarm_is_not_looked_at(original, spec, info, choices):
    """A filter by alarm limits nothing."""
    return original(evolve(spec, alarm=None), info, choices)


@mutant("scheduled-filter-takes-every-schedule", filters.passes_lists)
def scheduled_filter_takes_every_schedule(original, spec, info, choices):
    """A filter by scheduled task holds the tasks of all of them."""
    taken = info.reason.kind == "TaskReasonSchedule"
    return original(evolve(spec, scheduled_task=None) if taken else spec, info, choices)


@mutant("scheduled-filter-holds-the-first-run", filters.holds)
def scheduled_filter_holds_the_first_run(original, state, collector, task, choices):
    """A filter by scheduled task holds the task of its first run."""
    given = collector.filter.scheduled_task
    earlier = (state.tasks[number] for number in range(1, task.number))
    again = given is not None and any(one.info.reason.scheduled_task == given for one in earlier)
    return not again and original(state, collector, task, choices)


@mutant("scheduled-filter-goes-by-the-type", filters.holds)
def scheduled_filter_goes_by_the_type(original, state, collector, task, choices):
    """A filter by scheduled task holds all tasks of the type of those that it started."""
    given, others = collector.filter.scheduled_task, state.tasks.values()
    types = given is not None and [one.info.description_id for one in others if one.info.reason.scheduled_task == given]
    taken = types and task.info.description_id in types
    return original(state, with_parts(collector, scheduled_task=None) if taken else collector, task, choices)


@mutant("scheduled-task-is-not-looked-at", filters.passes_lists)
def scheduled_task_is_not_looked_at(original, spec, info, choices):
    """A filter by scheduled task limits nothing."""
    return original(evolve(spec, scheduled_task=None), info, choices)
