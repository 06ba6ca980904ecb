"""vim.view.ListView: a session's lists of objects to watch.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.view.ListView.html
"""

from __future__ import annotations

from taskconform.model.spec import access, collectors, inventory
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import After, Session, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

Refs = tuple[ObjectRef, ...]


def create_list_view(state: State, call: calls.CreateListView, choices: Choices) -> After[ObjectRef]:
    """Make a view of the objects that can be resolved, each once. By default the others are left out. Objects that the
    session may not read are taken.
    vim.view.ViewManager CreateListView 1-4; obj 1; CreateListView privilege. Clauses: watch.view-list,
    watch.unresolved-create."""
    session = access.current(state, call.session)
    access.require(state, session, access.SYSTEM_VIEW, choices)
    members, unresolved = added(state, session, (), call.objs)
    refused = unresolved and choices.watch_unresolved_create == "refused"
    fault_if(refused, "ManagedObjectNotFound", "there are no such objects")
    state, ref = collectors.new_ref(state, session, inventory.LIST_VIEW, "view")
    return with_view(state, session, ref, members), ref


def find_view(state: State, name: str, view: ObjectRef) -> tuple[Session, Refs]:
    """Find a session and a view of its own: for any other session the view does not exist.
    vim.view.View 4-5; vmodl.fault.ManagedObjectNotFound 1. Clauses: watch.private, watch.session-bound,
    watch.destroyed."""
    session = access.current(state, name)
    if view.type != inventory.LIST_VIEW or view.value not in session.views:
        fault("ManagedObjectNotFound", f"no such view: {view.value}")
    return session, session.views[view.value]


def with_view(state: State, session: Session, view: ObjectRef, members: Refs) -> State:
    """Return the state with the members of this view."""
    return access.with_session(state, evolve(session, views=session.views.set(view.value, members)))


def added(state: State, session: Session, members: Refs, objs: Refs) -> tuple[Refs, Refs]:
    """Return the members with the objects that can be resolved, each once, and the objects that cannot.
    vim.view.ListView ModifyListView 2-3; ResetListView 3-4. Clauses: watch.unresolved."""
    resolved = [obj for obj in objs if inventory.exists(state, session, obj)]
    unresolved = [obj for obj in objs if not inventory.exists(state, session, obj)]
    return tuple(dict.fromkeys((*members, *resolved))), tuple(unresolved)


def modify_list_view(state: State, call: calls.ModifyListView, choices: Choices) -> After[Refs]:
    """Add objects and remove objects. What is in both is not in the view afterwards: the page gives no order.
    vim.view.ListView ModifyListView 1-3; add 1; remove 1; returns 1. Clauses: watch.unresolved, watch.view-list."""
    session, members = find_view(state, call.session, call.view)
    members, unresolved = added(state, session, members, call.add)
    kept = tuple(ref for ref in members if ref not in call.remove)
    return with_view(state, session, call.view, kept), unresolved


def reset_list_view(state: State, call: calls.ResetListView, choices: Choices) -> After[Refs]:
    """Replace the members altogether.
    vim.view.ListView ResetListView 1; ResetListView 3-4; obj 1; returns 1. Clauses: watch.unresolved,
    watch.view-list."""
    session, _ = find_view(state, call.session, call.view)
    members, unresolved = added(state, session, (), call.objs)
    return with_view(state, session, call.view, members), unresolved


def read_view(state: State, call: calls.ReadView, choices: Choices) -> After[Property[Refs]]:
    """Read the view property.
    vim.view.ManagedObjectView view 1; vim.view.View 9. Clauses: watch.view-list."""
    return state, Property(value=find_view(state, call.session, call.view)[1])


def destroy_view(state: State, call: calls.DestroyView, choices: Choices) -> After[None]:
    """Destroy a view. What a filter showed by it leaves the filter.
    vim.view.View 4; vim.view.View DestroyView 1; DestroyView privilege. Clauses: watch.destroyed."""
    session, _ = find_view(state, call.session, call.view)
    access.require(state, session, access.SYSTEM_VIEW, choices)
    after = access.with_session(state, evolve(session, views=session.views.delete(call.view.value)))
    return inventory.forget(after, {call.view.value}), None
