"""The inventory: which managed objects there are, and where an entity stands in the tree.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.ManagedEntity.html
"""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from taskconform.model.spec import access
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault
from taskconform.model.spec.state import Session, State
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.words import evolve

TASK_COLLECTOR: Final = "TaskHistoryCollector"
EVENT_COLLECTOR: Final = "EventHistoryCollector"
LIST_VIEW: Final = "ListView"
PROPERTY_COLLECTOR: Final = "PropertyCollector"
PROPERTY_FILTER: Final = "PropertyFilter"


def exists(state: State, session: Session, ref: ObjectRef) -> bool:
    """Tell whether a managed object is there for the session: an entity, a task, the TaskManager, an alarm or scheduled
    task, or something of the session's own. References are compared whole, type and value. The other managers and the
    default PropertyCollector have no reference in the vocabulary.
    vmodl.fault.ManagedObjectNotFound 1. Clauses: create.unknown-object, life.unknown, watch.unresolved."""
    entity = state.entities.get(ref.value)
    if entity is not None:
        return entity.ref == ref
    if ref.type == "Task":
        return ref.value in state.keys
    if ref == state.server.task_manager or any(trigger.ref == ref for trigger in state.triggers):
        return True
    own: dict[str, Container[str]] = {
        TASK_COLLECTOR: session.collectors,
        EVENT_COLLECTOR: session.event_collectors,
        LIST_VIEW: session.views,
        PROPERTY_COLLECTOR: session.property_collectors,
        PROPERTY_FILTER: {each.ref.value for one in session.property_collectors.values() for each in one.filters},
    }
    return ref.value in own.get(ref.type, ())


def find_entity(state: State, ref: ObjectRef) -> Entity:
    """Find a managed entity.
    vmodl.fault.ManagedObjectNotFound 1."""
    entity = state.entities.get(ref.value)
    if entity is None or entity.ref != ref:
        fault("ManagedObjectNotFound", f"no managed entity: {ref.value}")
    return entity


def is_below(state: State, entity: str, above: str, choices: Choices) -> bool:
    """Tell whether an entity is a descendant of another, or was. A machine may be below what it runs on, too: by
    default it is not.
    vim.TaskFilterSpec.RecursionOption 2. Clauses: filter.entity-children, filter.entity-compute."""
    if above in state.ancestors.get(entity, ()):
        return True
    if choices.filter_entity_compute == "none":
        return False
    hosts = state.server.runs_on.get(entity, ())
    counted = hosts if choices.filter_entity_compute == "all" else hosts[:1]
    return any(above == host or above in state.ancestors.get(host, ()) for host in counted)


def is_gone(state: State, entity: ObjectRef | None) -> bool:
    """Tell whether an entity was there and is no more.
    vim.TaskInfo entity 1; entityName 1. Clauses: info.entity-gone."""
    return entity is not None and entity.value not in state.entities and entity.value in state.ancestors


def forget(state: State, values: set[str]) -> State:
    """Take objects that are no more out of every view.
    vim.view.ListView 5. Clauses: watch.view-list."""
    for session in state.sessions.values():
        views = session.views
        for view, members in views.items():
            kept = tuple(ref for ref in members if ref.value not in values)
            if kept != members:
                views = views.set(view, kept)
        if views is not session.views:
            state = access.with_session(state, evolve(session, views=views))
    return state
