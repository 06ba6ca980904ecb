"""Mutants of list views and property filters: what is in a view, whose it is, and how both end."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, inventory, sessions, views, watch
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.calls import ModifyListView, ResetListView
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

# --- what is in a view ------------------------------------------------------------------------------------------------


@mutant("modify-returns-nothing-unresolved", views.modify_list_view)
def nothing_unresolved(original, state, call, choices):
    """ModifyListView does not say what could not be resolved."""
    return original(state, call, choices)[0], ()


@mutant("modify-faults-on-unresolved", views.modify_list_view)
def unresolved_refused(original, state, call, choices):
    """ModifyListView faults if something cannot be resolved."""
    after, unresolved = original(state, call, choices)
    fault_if(unresolved, "ManagedObjectNotFound", "an object cannot be resolved")
    return after, unresolved


@mutant("modify-replaces", views.modify_list_view)
def replacing(original, state, call, choices):
    """ModifyListView puts what it adds in the place of what is in the view."""
    if call.add:
        empty = ResetListView(session=call.session, view=call.view, objs=())
        state, _ = views.reset_list_view(state, empty, choices)
    return original(state, call, choices)


@mutant("modify-with-both-lists-only-adds", views.modify_list_view)
def only_adding(original, state, call, choices):
    """ModifyListView with something to add and something to remove leaves the removal out."""
    return original(state, evolve(call, remove=()) if call.add else call, choices)


@mutant("only-the-first-is-removed", views.modify_list_view)
def only_the_first_removed(original, state, call, choices):
    """ModifyListView removes the first of several objects."""
    return original(state, evolve(call, remove=call.remove[:1]), choices)


@mutant("reset-stops-at-the-first-unresolved", views.reset_list_view)
def up_to_the_first_unresolved(original, state, call, choices):
    """ResetListView leaves out all that comes after the first object that cannot be resolved."""
    session = access.current(state, call.session)
    missing = [place for place, obj in enumerate(call.objs) if not inventory.exists(state, session, obj)]
    return original(state, evolve(call, objs=call.objs[: missing[0] + 1]) if missing else call, choices)


@mutant("reset-returns-what-was-resolved", views.reset_list_view)
def resolved_returned(original, state, call, choices):
    """ResetListView returns what could be resolved."""
    after, unresolved = original(state, call, choices)
    return after, tuple(dict.fromkeys(ref for ref in call.objs if ref not in unresolved))


@mutant("reset-adds", views.reset_list_view)
def adding(original, state, call, choices):
    """ResetListView leaves in the view what is there."""
    add = ModifyListView(session=call.session, view=call.view, add=call.objs, remove=())
    return views.modify_list_view(state, add, choices)


@mutant("create-drops-the-last-object", views.create_list_view)
def without_the_last_object(original, state, call, choices):
    """CreateListView leaves out the last of several objects."""
    return original(state, evolve(call, objs=call.objs[:-1]) if len(call.objs) > 1 else call, choices)


@mutant("view-shows-its-first-list", views.create_list_view)
def noting_the_first_list(original, state, call, choices):
    """Remember what CreateListView puts into a view."""
    after, ref = original(state, call, choices)
    return remembering(after, ref.value, after.sessions[call.session].views[ref.value]), ref


@mutant("view-shows-its-first-list", views.read_view)
def first_list_shown(original, state, call, choices):
    """The view property shows what CreateListView put into the view."""
    after, _ = original(state, call, choices)
    return after, Property(value=remembered(state, call.view.value))


# --- whose it is ------------------------------------------------------------------------------------------------------


def as_its_owner(state, call):
    """Return the call as the session would make it that has the view, and that session; the caller's if none has."""
    session = access.current(state, call.session)
    owner = next((one for one in state.sessions.values() if call.view.value in one.views), session)
    return evolve(call, session=owner.name), owner


@mutant("view-is-read-by-the-users-other-sessions", views.read_view)
def read_by_the_user(original, state, call, choices):
    """A view can be read in all sessions of its user."""
    by_owner, owner = as_its_owner(state, call)
    same = owner.account == state.sessions[call.session].account
    return original(state, by_owner if same else call, choices)


@mutant("view-is-modified-by-others", views.modify_list_view)
def modified_by_others(original, state, call, choices):
    """A view can be modified in every session."""
    return original(state, as_its_owner(state, call)[0], choices)


@mutant("view-is-destroyed-by-others", views.destroy_view)
def destroyed_by_others(original, state, call, choices):
    """A view can be destroyed in every session."""
    after, _ = original(state, as_its_owner(state, call)[0], choices)
    access.require(state, access.current(state, call.session), access.SYSTEM_VIEW, choices)
    return after, None


# --- how they end -----------------------------------------------------------------------------------------------------


def is_destroyed(state, name, ref):
    """Tell whether the session of this name destroyed the object."""
    return remembered(state, ref.value) == (access.current(state, name).number, ref)


@mutant("destroyed-view-is-an-invalid-state", views.destroy_view)
@mutant("destroyed-view-reads-empty", views.destroy_view)
def noting_a_destroyed_view(original, state, call, choices):
    """Remember that a view is destroyed, and by which session."""
    after, _ = original(state, call, choices)
    return remembering(after, call.view.value, (after.sessions[call.session].number, call.view)), None


@mutant("destroyed-view-reads-empty", views.read_view)
def empty_when_destroyed(original, state, call, choices):
    """A destroyed view is an empty one."""
    if is_destroyed(state, call.session, call.view):
        return state, Property(value=())
    return original(state, call, choices)


@mutant("destroyed-view-is-an-invalid-state", views.find_view)
def invalid_state_when_destroyed(original, state, name, view):
    """A destroyed view answers with InvalidState."""
    fault_if(is_destroyed(state, name, view), "InvalidState", "the view is destroyed")
    return original(state, name, view)


@mutant("destroy-view-twice-returns", views.destroy_view)
def view_destroyed_twice(original, state, call, choices):
    """A destroyed view can be destroyed again."""
    if is_destroyed(state, call.session, call.view):
        return state, None
    return noting_a_destroyed_view(original, state, call, choices)


@mutant("destroy-filter-twice-returns", watch.destroy_property_filter)
def filter_destroyed_twice(original, state, call, choices):
    """A destroyed property filter can be destroyed again."""
    if is_destroyed(state, call.session, call.filter):
        return state, None
    after, _ = original(state, call, choices)
    return remembering(after, call.filter.value, (after.sessions[call.session].number, call.filter)), None


@mutant("dead-views-can-be-reset", sessions.end_session)
@mutant("filters-outlive-their-session", sessions.end_session)
@mutant("views-outlive-their-session", sessions.end_session)
def noting_what_ends(original, state, session, choices):
    """Remember what ends with a session: its views, and its property filters."""
    filters = [one.ref.value for made in session.property_collectors.values() for one in made.filters]
    for value in (*session.views, *filters):
        state = remembering(state, value, session)
    return original(state, session, choices)


def ended_with(state, name, ref):
    """Return the session that an object ended with, an earlier one of the same user; None if it did not."""
    session, ended = access.current(state, name), remembered(state, ref.value)
    own = ended is not None and ended.account == session.account and ended.number < session.number
    return ended if own else None


@mutant("views-outlive-their-session", views.read_view)
def read_after_the_session(original, state, call, choices):
    """A view can be read in later sessions of its user."""
    ended = ended_with(state, call.session, call.view)
    return (state, Property(value=ended.views[call.view.value])) if ended else original(state, call, choices)


@mutant("filters-outlive-their-session", watch.destroy_property_filter)
def destroyed_after_the_session(original, state, call, choices):
    """A property filter can be destroyed in later sessions of its user, once."""
    ended = ended_with(state, call.session, call.filter)
    return (remembering(state, call.filter.value, None), None) if ended else original(state, call, choices)


@mutant("dead-views-can-be-reset", views.reset_list_view)
def reset_after_the_session(original, state, call, choices):
    """A view can be reset in later sessions of its user, to no effect."""
    ended = ended_with(state, call.session, call.view)
    return (state, ()) if ended else original(state, call, choices)
