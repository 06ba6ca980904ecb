"""Mutants of filters by entity, user and state, of filters with nothing in them, and of parts together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import asdict

from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import filters, inventory, items, life
from taskconform.model.vocabulary.calls import TaskFilterSpec
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.spec.state import Collector, State
    from taskconform.model.vocabulary.calls import ObjectRef

EMPTY: Final = TaskFilterSpec()


def with_parts(collector: Collector, **parts: object) -> Collector:
    """Return the collector with these parts of its filter changed."""
    return evolve(collector, filter=evolve(collector.filter, **parts))


# --- nothing in it ----------------------------------------------------------------------------------------------------


@mutant("empty-filter-leaves-out-live-tasks", filters.holds)
def empty_filter_leaves_out_live_tasks(original, state, collector, task, choices):
    """An empty filter holds completed tasks only."""
    left_out = collector.filter == EMPTY and task.info.state not in life.COMPLETED
    return not left_out and original(state, collector, task, choices)


@mutant("empty-filter-holds-own-tasks-only", items.held)
def empty_filter_holds_own_tasks_only(original, state, session, collector, numbers, count, choices):
    """An empty filter holds the tasks of the session's user only."""
    if collector.filter == EMPTY:
        numbers = (one for one in numbers if state.tasks[one].info.reason.user_name == session.user_name)
    return original(state, session, collector, numbers, count, choices)


@mutant("empty-filter-leaves-out-children", filters.holds)
def empty_filter_leaves_out_children(original, state, collector, task, choices):
    """An empty filter holds no task that has a parent."""
    left_out = collector.filter == EMPTY and task.info.parent_task_key is not None
    return not left_out and original(state, collector, task, choices)


# --- by entity --------------------------------------------------------------------------------------------------------


def is_child(state: State, entity: ObjectRef | None, parent: ObjectRef) -> bool:
    """Tell whether an entity is, or was, directly below another."""
    return entity is not None and state.ancestors[entity.value][:1] == (parent.value,)


@mutant("self-takes-the-direct-children", filters.passes_entity)
def self_takes_the_direct_children(original, state, by, info, choices):
    """Recursion `self` takes the direct children's tasks too."""
    taken = by.recursion == "self" and is_child(state, info.entity, by.entity)
    return taken or original(state, by, info, choices)


@mutant("self-goes-by-the-type", filters.passes_entity)
def self_goes_by_the_type(original, state, by, info, choices):
    """Recursion `self` takes the tasks of all entities of the type."""
    taken = by.recursion == "self" and info.entity is not None and info.entity.type == by.entity.type
    return taken or original(state, by, info, choices)


@mutant("self-leaves-out-completed-tasks", filters.holds)
def self_leaves_out_completed_tasks(original, state, collector, task, choices):
    """Recursion `self` takes live tasks only, unless there is a state part."""
    spec = collector.filter
    by_self = spec.entity is not None and spec.entity.recursion == "self" and not spec.state
    return not (by_self and task.info.state in life.COMPLETED) and original(state, collector, task, choices)


@mutant("children-take-the-entity-itself", filters.passes_entity)
def children_take_the_entity_itself(original, state, by, info, choices):
    """Recursion `children` takes the entity's own tasks too."""
    return (by.recursion == "children" and info.entity == by.entity) or original(state, by, info, choices)


@mutant("children-leave-out-folders", filters.passes_entity)
def children_leave_out_folders(original, state, by, info, choices):
    """Recursion `children` leaves out the tasks on folders."""
    left_out = by.recursion == "children" and info.entity is not None and info.entity.type == "Folder"
    return not left_out and original(state, by, info, choices)


@mutant("children-take-the-siblings", filters.passes_entity)
def children_take_the_siblings(original, state, by, info, choices):
    """Recursion `children` takes all that is below the parent, but for the entity."""
    if by.recursion == "children" and info.entity is not None and info.entity != by.entity:
        for parent in state.ancestors[by.entity.value][:1]:
            return inventory.is_below(state, info.entity.value, parent, choices)
    return original(state, by, info, choices)


@mutant("all-leaves-out-the-entity-itself", filters.passes_entity)
def all_leaves_out_the_entity_itself(original, state, by, info, choices):
    """Recursion `all` leaves out the entity's own tasks if something is below it."""
    itself = by.recursion == "all" and info.entity == by.entity
    left_out = itself and any(by.entity.value in above for above in state.ancestors.values())
    return not left_out and original(state, by, info, choices)


@mutant("all-ends-at-the-direct-children", filters.passes_entity)
def all_ends_at_the_direct_children(original, state, by, info, choices):
    """Recursion `all` goes one level down."""
    if by.recursion == "all":
        return info.entity == by.entity or is_child(state, info.entity, by.entity)
    return original(state, by, info, choices)


@mutant("all-takes-the-parent-too", filters.passes_entity)
def all_takes_the_parent_too(original, state, by, info, choices):
    """Recursion `all` takes the parent's tasks too."""
    taken = by.recursion == "all" and info.entity is not None and is_child(state, by.entity, info.entity)
    return taken or original(state, by, info, choices)


@mutant("filter-entity-is-not-looked-at", filters.check_privilege)
def filter_entity_is_not_looked_at(original, state, session, spec, choices):
    """A filter by an entity that the user may not view is taken."""


# --- by user ----------------------------------------------------------------------------------------------------------


@mutant("user-list-goes-by-the-domain", filters.is_named)
def user_list_goes_by_the_domain(original, user_name, listed, choices):
    """A userList holds the tasks of all users of the domains in it: of what is before the backslash."""
    return user_name.partition("\\")[0] in [name.partition("\\")[0] for name in listed]


@mutant("user-list-takes-the-own-user-too", items.held)
def user_list_takes_the_own_user_too(original, state, session, collector, numbers, count, choices):
    """A userList holds the tasks of the session's user as well."""
    by = collector.filter.user_name
    if by is not None and by.user_list:
        collector = with_parts(collector, user_name=evolve(by, user_list=(*by.user_list, session.user_name)))
    return original(state, session, collector, numbers, count, choices)


@mutant("user-list-ends-at-its-first-name", filters.is_named)
def user_list_ends_at_its_first_name(original, user_name, listed, choices):
    """Of a userList, the first name is used."""
    return original(user_name, listed[:1], choices)


@mutant("no-user-list-is-the-own-user", items.held)
def no_user_list_is_the_own_user(original, state, session, collector, numbers, count, choices):
    """Without a userList, the tasks of the session's user are held."""
    by = collector.filter.user_name
    if by is not None and not by.user_list and not by.system_user:
        collector = with_parts(collector, user_name=evolve(by, user_list=(session.user_name,)))
    return original(state, session, collector, numbers, count, choices)


@mutant("no-user-list-is-nobody", filters.passes_user)
def no_user_list_is_nobody(original, by, info, choices):
    """Without a userList, nobody's tasks are held."""
    return (by.system_user or bool(by.user_list)) and original(by, info, choices)


# --- by state ---------------------------------------------------------------------------------------------------------


@mutant("error-counts-as-success", filters.passes_state)
def error_counts_as_success(original, collector, task, choices):
    """State success holds tasks in error too."""
    taken = SUCCESS in collector.filter.state and task.info.state == ERROR
    return taken or original(collector, task, choices)


@mutant("queued-counts-as-running", filters.passes_state)
def queued_counts_as_running(original, collector, task, choices):
    """State running holds queued tasks too."""
    taken = RUNNING in collector.filter.state and task.info.state == QUEUED
    return taken or original(collector, task, choices)


@mutant("state-filter-sees-the-first-state", filters.passes_state)
def state_filter_sees_the_first_state(original, collector, task, choices):
    """Every task is taken for queued, as it was when it was made."""
    return QUEUED in collector.filter.state


@mutant("canceled-tasks-are-in-no-state", filters.passes_state)
def canceled_tasks_are_in_no_state(original, collector, task, choices):
    """A task that was canceled and has ended is in none of the states."""
    return not (task.info.cancelled and task.info.state == ERROR) and original(collector, task, choices)


@mutant("second-state-is-not-used", filters.passes_state)
def second_state_is_not_used(original, collector, task, choices):
    """Of a state list, the first state is used."""
    return original(with_parts(collector, state=collector.filter.state[:1]), task, choices)


# --- parts together ---------------------------------------------------------------------------------------------------


@mutant("two-parts-are-one-or-the-other", filters.holds)
def two_parts_are_one_or_the_other(original, state, collector, task, choices):
    """A task is held if one of the parts lets it pass."""
    parts = [TaskFilterSpec(**{name: part}) for name, part in asdict(collector.filter).items() if part]
    return any(original(state, evolve(collector, filter=part), task, choices) for part in parts or [EMPTY])


@mutant("time-ignored-beside-an-entity", filters.holds)
def time_ignored_beside_an_entity(original, state, collector, task, choices):
    """The time part is not looked at if there is an entity part."""
    ignored = collector.filter.entity is not None
    return original(state, with_parts(collector, time=None) if ignored else collector, task, choices)


@mutant("entity-ignored-beside-a-state", filters.holds)
def entity_ignored_beside_a_state(original, state, collector, task, choices):
    """The entity part is not looked at if there is a state part."""
    ignored = bool(collector.filter.state)
    return original(state, with_parts(collector, entity=None) if ignored else collector, task, choices)
