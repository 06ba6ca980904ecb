"""vmodl.query.PropertyCollector: what the watched tasks, views and collectors show, and how changes are told.

A version stands for a picture: what its client knows of each object that a filter shows. Waiting compares the picture
of the version with what the filters show now, and tells the difference.

Not modelled: what a server may do by policy (sets cut short, waits ended, versions forgotten), calls in parallel, and
arguments that the vocabulary cannot express (property paths, unknown types, CheckForUpdates, the default collector, a
wait broken off by the end of its collector).

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vmodl.query.PropertyCollector.html
"""

from __future__ import annotations

from collections.abc import Iterator

from immutables import Map

from taskconform.model.spec import access, clock, collectors, inventory, sessions, watched
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.spec.state import (
    ABSENT,
    MISSING,
    After,
    Picture,
    PropertyCollector,
    PropertyFilter,
    Session,
    State,
)
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import SECOND, ObjectUpdate, UpdateSet
from taskconform.model.vocabulary.words import evolve

# --- collectors and filters -------------------------------------------------------------------------------------------


def create_property_collector(state: State, call: calls.CreatePropertyCollector, choices: Choices) -> After[ObjectRef]:
    """Make a property collector of the session's own.
    vmodl.query.PropertyCollector CreatePropertyCollector 1-2; returns 1; CreatePropertyCollector privilege. Clauses:
    watch.session-bound."""
    session = access.current(state, call.session)
    access.require(state, session, access.SYSTEM_VIEW, choices)
    state, ref = collectors.new_ref(state, session, inventory.PROPERTY_COLLECTOR)
    return with_collector(state, session, ref.value, PropertyCollector(number=state.made)), ref


def with_collector(state: State, session: Session, value: str, collector: PropertyCollector) -> State:
    """Return the state with this property collector as it is now."""
    made = session.property_collectors.set(value, collector)
    return access.with_session(state, evolve(session, property_collectors=made))


def find(state: State, session: Session, ref: ObjectRef, choices: Choices) -> PropertyCollector:
    """Find a property collector of the session's own, for a call that needs System.View.
    vmodl.query.PropertyCollector 5-6; vmodl.query.PropertyCollector CreatePropertyCollector 1;
    vmodl.fault.ManagedObjectNotFound 1. Clauses: watch.session-bound."""
    found = session.property_collectors.get(ref.value)
    if found is None or ref.type != inventory.PROPERTY_COLLECTOR:
        fault("ManagedObjectNotFound", f"no such property collector: {ref.value}")
    access.require(state, session, access.SYSTEM_VIEW, choices)
    return found


def create_filter(state: State, call: calls.CreateFilter, choices: Choices) -> After[ObjectRef]:
    """Make a filter over tasks, a list view or a task collector. What is none of these is never shown.
    vmodl.query.PropertyCollector CreateFilter 1; spec 1; CreateFilter privilege; InvalidArgument 1;
    ManagedObjectNotFound 1; vmodl.query.PropertyCollector.FilterSpec reportMissingObjectsInResults 2-3;
    reportMissingObjectsInResults 5. Clauses: watch.missing-strict, watch.missing-report."""
    session = access.current(state, call.session)
    collector = find(state, session, call.collector, choices)
    fault_if(not call.watched, "InvalidArgument", "the filter's specification is empty")
    missing = frozenset(obj for obj in call.watched if not inventory.exists(state, session, obj))
    fault_if(missing and not call.report_missing, "ManagedObjectNotFound", "there are no such objects")
    state, ref = collectors.new_ref(state, session, inventory.PROPERTY_FILTER, "filter")
    made = PropertyFilter(ref=ref, watched=tuple(dict.fromkeys(call.watched)), missing=missing)
    collector = evolve(collector, filters=(*collector.filters, made))
    return with_collector(state, session, call.collector.value, collector), ref


def destroy_property_filter(state: State, call: calls.DestroyPropertyFilter, choices: Choices) -> After[None]:
    """Destroy a filter. What it showed does not leave: it is not spoken of any more.
    vmodl.query.PropertyCollector.Filter DestroyPropertyFilter 1. Clauses: watch.destroyed."""
    session = access.current(state, call.session)
    made = session.property_collectors.items()
    found = next(((value, one) for value, one in made if any(each.ref == call.filter for each in one.filters)), None)
    if found is None:
        fault("ManagedObjectNotFound", f"no such property filter: {call.filter.value}")
    kept = tuple(each for each in found[1].filters if each.ref != call.filter)
    return with_collector(state, session, found[0], evolve(found[1], filters=kept)), None


def destroy_property_collector(state: State, call: calls.DestroyPropertyCollector, choices: Choices) -> After[None]:
    """Destroy a property collector, and its filters with it. The default one has no reference in the vocabulary.
    vmodl.query.PropertyCollector DestroyPropertyCollector 1; DestroyPropertyCollector 3; DestroyPropertyCollector
    privilege; vmodl.query.PropertyCollector.Filter 2-3."""
    session = access.current(state, call.session)
    find(state, session, call.collector, choices)
    kept = session.property_collectors.delete(call.collector.value)
    state = access.with_session(state, evolve(session, property_collectors=kept))
    return inventory.forget(state, {call.collector.value}), None


def retrieve_reported(state: State, call: calls.RetrieveReported, choices: Choices) -> After[tuple[ObjectRef, ...]]:
    """Name the objects that a retrieval speaks of, each once, without those that do not exist. If there are none, null
    and an empty list are the same here.
    vmodl.query.PropertyCollector.FilterSpec reportMissingObjectsInResults 6; vmodl.query.PropertyCollector
    RetrievePropertiesEx 3; returns 1. Clauses: watch.missing-report."""
    session = access.current(state, call.session)
    return state, tuple(dict.fromkeys(ref for ref in call.tasks if inventory.exists(state, session, ref)))


# --- waiting ----------------------------------------------------------------------------------------------------------


def wait_for_updates_ex(state: State, call: calls.WaitForUpdatesEx, choices: Choices) -> After[UpdateSet | None]:
    """Tell what has changed since a version. If nothing has, let time pass up to the next end of a task that lies
    within the wait; if there is none, give null at once, since nothing else could come of waiting. The page calls a
    negative wait and a maximum below one illegal, and names no fault: here it is InvalidArgument.
    vmodl.query.PropertyCollector WaitForUpdatesEx 1-4; returns 1; vmodl.query.PropertyCollector.WaitOptions
    maxWaitSeconds 1; maxWaitSeconds 3; maxWaitSeconds 6-8; maxWaitSeconds 12; maxObjectUpdates 1; maxObjectUpdates 5;
    maxObjectUpdates 7. Clauses: watch.list-view, watch.no-lost-end, watch.truth, watch.no-wait, watch.max-updates,
    latest.monitor."""
    collector = find(state, access.current(state, call.session), call.collector, choices)
    fault_if(call.max_wait_seconds < 0, "InvalidArgument", "maxWaitSeconds is negative")
    most = call.max_object_updates
    fault_if(most is not None and most < 1, "InvalidArgument", "maxObjectUpdates is not positive")
    deadline = state.now + call.max_wait_seconds * SECOND
    state, found = updates_since(state, call, collector, most, choices)
    while found is None and (at := clock.next_change(state)) is not None and at <= deadline:
        state = clock.pass_time(state, max(0, at - state.now), choices)
        state, found = updates_since(state, call, collector, most, choices)
    return state, found


def break_off_wait(state: State, call: calls.BreakOffWait, choices: Choices) -> After[UpdateSet | None]:
    """Break off a wait that has nothing to tell yet, by CancelWaitForUpdates or by Logout, which ends the session. No
    time passes.
    vmodl.query.PropertyCollector CancelWaitForUpdates 1-3; WaitForUpdatesEx RequestCanceled 1. Clauses:
    watch.cancel-wait, watch.logout-wait."""
    session = access.current(state, call.session)
    after = sessions.end_session(state, session, choices) if call.by == "logout" else state
    try:
        collector = find(state, session, call.collector, choices)
        told, found = updates_since(state, call, collector, None, choices)
    except FaultRaised as raised:
        raise FaultRaised(raised.name, raised.message, after) from None
    if found is None:
        fault("RequestCanceled", "the wait was broken off", after if call.by == "logout" else told)
    if call.by == "logout":
        return sessions.end_session(told, access.current(told, call.session), choices), found
    return told, found


def updates_since(
    state: State,
    call: calls.WaitForUpdatesEx | calls.BreakOffWait,
    collector: PropertyCollector,
    most: int | None,
    choices: Choices,
) -> After[UpdateSet | None]:
    """Do one update calculation. A truncated version resumes the one that was suspended; any other discards it, whether
    it finds anything or not.
    vmodl.query.PropertyCollector WaitForUpdatesEx version 1; version 4-5; vmodl.query.PropertyCollector.UpdateSet
    truncated 1-4. Clauses: watch.version, watch.reuse."""
    session = access.current(state, call.session)
    if call.version and call.version == collector.truncated:
        known, pending = collector.known, collector.pending
    else:
        known = known_at(collector, call.version)
        pending = tuple(changes(state, session, collector, known, choices))
        if not pending:
            after = evolve(collector, truncated=None, pending=())
            return with_collector(state, session, call.collector.value, after), None
    collector, found = told(state, session, evolve(collector, known=known, pending=pending), most, choices)
    return with_collector(state, session, call.collector.value, collector), found


def known_at(collector: PropertyCollector, version: str) -> Picture:
    """Return what the client knows at a version: nothing at the empty one. Here no version is out of date, however long
    ago it was given out.
    vmodl.query.PropertyCollector WaitForUpdatesEx version 1-2; version 4; InvalidCollectorVersion 1. Clauses:
    watch.version, watch.reuse."""
    if not version:
        return Map()
    if version not in collector.versions:
        fault("InvalidCollectorVersion", f"not a version of this collector: {version}")
    return collector.versions[version]


def changes(
    state: State, session: Session, collector: PropertyCollector, known: Picture, choices: Choices
) -> Iterator[tuple[str, ObjectRef]]:
    """Yield what the filters show otherwise than the client knows it: what is there, then what has left.
    vmodl.query.PropertyCollector CreatePropertyCollector 6; vmodl.query.PropertyCollector.UpdateSet filterSet 1;
    filterSet 3; vmodl.query.PropertyCollector.FilterUpdate 1-2; missingSet 2. Clauses: watch.truth."""
    for one in collector.filters:
        name = one.ref.value
        objects = dict.fromkeys(watched.shown_objects(session, one))
        before = [ref for filter_name, ref in known if filter_name == name]
        objects |= dict.fromkeys(sorted(before, key=lambda ref: (ref.type, ref.value)))  # in one order in every process
        for ref in objects:
            now = watched.seen_now(state, session, one, ref, choices)
            if watched.is_news(state, session, one, (ref, known.get((name, ref), ABSENT), now)):
                yield name, ref


def told(
    state: State, session: Session, collector: PropertyCollector, most: int | None, choices: Choices
) -> tuple[PropertyCollector, UpdateSet]:
    """Tell what is pending, each object as it is now. The calculation is suspended at `most` updates if something is
    left. A set that ends a suspended one is given even if it is empty: its version is needed.
    vmodl.query.PropertyCollector.WaitOptions maxObjectUpdates 5; vmodl.query.PropertyCollector.UpdateSet version 1;
    truncated 2; truncated 3; truncated 6. Clauses: watch.list-view, watch.truth, watch.truncated."""
    updates: list[ObjectUpdate] = []
    missing: list[ObjectRef] = []
    known, pending = collector.known, list(collector.pending)
    by_name = {one.ref.value: one for one in collector.filters}
    while pending and (most is None or len(updates) < most):
        name, ref = pending.pop(0)
        before, one = known.get((name, ref), ABSENT), by_name.get(name)
        now = watched.seen_now(state, session, one, ref, choices) if one else ABSENT
        if one is None or not watched.is_news(state, session, one, (ref, before, now)):
            continue
        known = known.delete((name, ref)) if now == ABSENT else known.set((name, ref), now)
        if now == MISSING:
            missing.append(ref)
        else:
            updates.append(watched.update(state, session, one, (ref, before, now), choices))
    collector, version = given_out(collector, known, tuple(pending))
    found = UpdateSet(version=version, truncated=bool(pending), updates=tuple(updates), missing=tuple(missing))
    return collector, found


def given_out(
    collector: PropertyCollector, known: Picture, pending: tuple[tuple[str, ObjectRef], ...]
) -> tuple[PropertyCollector, str]:
    """Give out a version for what the client knows now. One that leaves something pending can be used once, any other
    as often as the client likes.
    vmodl.query.PropertyCollector.UpdateSet version 2; truncated 4; truncated 6-8. Clauses: watch.reuse."""
    given = collector.given + 1
    version = f"{collector.number}.{given}"
    after = evolve(collector, known=known, pending=pending, given=given, truncated=version if pending else None)
    return (after if pending else evolve(after, versions=after.versions.set(version, known))), version
