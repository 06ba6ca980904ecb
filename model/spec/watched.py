"""vmodl.query.PropertyCollector.ObjectUpdate: what a filter shows of an object, and how a change of it is told.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vmodl.query.PropertyCollector.html
"""

from __future__ import annotations

from collections.abc import Iterator

from taskconform.model.spec import access, inventory, latest, tasks
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.state import ABSENT, MISSING, PropertyFilter, Seen, Session, State
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ObjectUpdate


def shown_objects(session: Session, one: PropertyFilter) -> Iterator[ObjectRef]:
    """Yield the objects of a filter: those it was created over, and the members of the views among them. Those that are
    missing come first, and so are told in the first set even if that is truncated: the page gives no order.
    vim.view.ListView 5; vmodl.query.PropertyCollector.FilterUpdate objectSet 1. Clauses: watch.list-view."""
    yield from (ref for ref in one.watched if ref in one.missing)
    yield from (ref for ref in one.watched if ref not in one.missing)
    for members in followed(session, one):
        yield from members


def followed(session: Session, one: PropertyFilter) -> list[tuple[ObjectRef, ...]]:
    """Return the members of each list view that a filter was created over.
    vim.view.ListView 1-2. Clauses: watch.list-view."""
    return [session.views.get(ref.value, ()) for ref in one.watched if ref.type == inventory.LIST_VIEW]


def seen_now(state: State, session: Session, one: PropertyFilter, ref: ObjectRef, choices: Choices) -> Seen:
    """Return what a filter shows of an object now; `ABSENT` if it does not, or not any more. What was missing when the
    filter was made stays so, and what ceases to be afterwards has left.
    vim.HistoryCollector 9; vmodl.query.PropertyCollector.ObjectUpdate 2; vmodl.query.PropertyCollector.FilterUpdate
    missingSet 1. Clauses: watch.list-view, watch.missing-report."""
    if ref in one.missing:
        return MISSING
    collector = session.collectors.get(ref.value) if ref.type == inventory.TASK_COLLECTOR else None
    if collector is not None:
        return latest.seen(state, session, collector, choices) if ref in one.watched else ABSENT
    number = state.keys.get(ref.value) if ref.type == "Task" else None
    if number is None or not any(ref in refs for refs in (one.watched, *followed(session, one))):
        return ABSENT
    task = state.tasks[number]
    return task.info.state if tasks.may_read(state, session, task, choices) else None


def is_news(state: State, session: Session, one: PropertyFilter, change: tuple[ObjectRef, Seen, Seen]) -> bool:
    """Tell whether the client, who knows an object as it was before, is to be told what a filter shows of it now.
    vmodl.query.PropertyCollector.FilterUpdate 2. Clauses: watch.truth."""
    _, before, now = change
    return now != before


def update(
    state: State, session: Session, one: PropertyFilter, change: tuple[ObjectRef, Seen, Seen], choices: Choices
) -> ObjectUpdate:
    """Tell that an object entered, was modified, or left, with its value or the fault that stands for it.
    vmodl.query.PropertyCollector.ObjectUpdate 1-2; kind 1; obj 1; changeSet 1-2; missingSet 1-2;
    vmodl.query.PropertyCollector.MissingProperty 1; fault 3. Clauses: watch.truth, recent.unreadable."""
    ref, before, now = change
    if now == ABSENT:
        return ObjectUpdate(filter=one.ref, kind="leave", obj=ref)
    kind = "enter" if before == ABSENT else "modify"
    if ref.type == inventory.TASK_COLLECTOR:
        page = latest.shown(state, session, session.collectors[ref.value], choices)
        return ObjectUpdate(filter=one.ref, kind=kind, obj=ref, latest_page=page, changed=True)
    if isinstance(now, str):
        return ObjectUpdate(filter=one.ref, kind=kind, obj=ref, state=now)
    fault = access.missing(state, access.SYSTEM_READ, "the task's entity")
    return ObjectUpdate(filter=one.ref, kind=kind, obj=ref, missing=fault)
