"""vim.TaskManager CreateCollectorForTasks and maxCollector: how many collectors a client can have, and whose they are.

Not modelled: that an administrator may remove old data (vim.HistoryCollector 3).

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskManager.html
https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.HistoryCollector.html
"""

from __future__ import annotations

from typing import Final

from taskconform.model.spec import access, filters, inventory
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import NEWEST_END, After, Collector, Session, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec, TaskInfoFilterSpec
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

SINCE_INFO_FILTERS: Final = (8, 0, 3)

# --- the limit --------------------------------------------------------------------------------------------------------


def read_max_collector(state: State, call: calls.ReadMaxCollector, choices: Choices) -> After[Property[int]]:
    """Read how many TaskHistoryCollectors can exist at the same time, per client.
    vim.TaskManager maxCollector 1; maxCollector privilege. Clauses: limit.value, limit.constant, limit.privilege."""
    session = access.current(state, call.session)
    return state, access.viewed(state, session, state.server.max_collector, None, choices)


def check_room(state: State, session: Session, choices: Choices) -> None:
    """Fault with InvalidState if the client has as many collectors as it can have: by default, as many as maxCollector.
    vim.TaskManager CreateCollectorForTasks InvalidState 1. Clauses: limit.reachable, limit.exceeded, limit.boundary."""
    most = state.server.max_collector + (choices.limit_boundary == "one-later")
    fault_if(collectors_held(state, session, choices) >= most, "InvalidState", "there are as many collectors as can be")


def collectors_held(state: State, session: Session, choices: Choices) -> int:
    """Count the collectors of the session's client. What was destroyed, refused or has ended does not count, nor by
    default do event collectors.
    vim.TaskManager maxCollector 1. Clauses: limit.per-client, limit.scope, limit.destroy-frees, limit.logout-frees,
    limit.fault-frees, limit.events-shared."""
    clients = [one for one in state.sessions.values() if is_same_client(one, session, choices)]
    events = sum(len(one.event_collectors) for one in clients) if choices.limit_events_shared == "shared" else 0
    return sum(len(one.collectors) for one in clients) + events


def is_same_client(one: Session, other: Session, choices: Choices) -> bool:
    """Tell whether two sessions are one client: by default a session is a client.
    vim.TaskManager maxCollector 1. Clauses: limit.scope."""
    if choices.limit_scope == "user":
        return one.account == other.account
    return choices.limit_scope == "address" or one.name == other.name


# --- creating and finding ---------------------------------------------------------------------------------------------


def create_collector_for_tasks(state: State, call: calls.CreateCollectorForTasks, choices: Choices) -> After[ObjectRef]:
    """Make a collector of the tasks that a filter lets through. It does not outlive the session.
    vim.TaskManager CreateCollectorForTasks 1-2; filter 1; returns 1; InvalidState 1; InvalidArgument 1. Clauses:
    collector.create, collector.null-filter, collector.unknown-filter, collector.esxi, collector.privilege."""
    session = access.current(state, call.session)
    check_history(state, session, choices)
    check_room(state, session, choices)
    if call.filter is None or call.form != "typed":
        fault("InvalidArgument", "the filter is null or unknown")
    return new_collector(state, session, call.filter, None, choices)


def create_collector_with_info_filter_for_tasks(
    state: State, call: calls.CreateCollectorWithInfoFilterForTasks, choices: Choices
) -> After[ObjectRef]:
    """Make a collector of which some items come without their result.
    vim.TaskManager CreateCollectorWithInfoFilterForTasks (reference 8.0.3). Clauses: collector.info-filter,
    collector.info-filter-ids."""
    session = access.current(state, call.session)
    fault_if(state.server.api_version[:3] < SINCE_INFO_FILTERS, "MethodNotFound", "no such method in this version")
    check_history(state, session, choices)
    check_room(state, session, choices)
    named = call.info_filter is not None and bool(call.info_filter.description_ids)
    fault_if(named and choices.collector_info_filter_ids == "refused", "InvalidArgument", "descriptionIds")
    return new_collector(state, session, call.filter, call.info_filter, choices)


def check_history(state: State, session: Session, choices: Choices) -> None:
    """Ask for a vCenter Server, since a host keeps no history (EV 2.8), and for System.View on the root folder.
    vim.TaskManager CreateCollectorForTasks privilege; vmodl.fault.NotSupported 1-2. Clauses: collector.esxi,
    collector.privilege."""
    fault_if(not state.server.vcenter, "NotSupported", "task history is kept by a vCenter Server only")
    access.require(state, session, access.SYSTEM_VIEW, choices)


def new_collector(
    state: State, session: Session, spec: TaskFilterSpec, info_filter: TaskInfoFilterSpec | None, choices: Choices
) -> After[ObjectRef]:
    """Make a collector for a filter that is in order. Its view begins where RewindCollector puts it: by default at the
    oldest item.
    vim.HistoryCollector 12; vim.HistoryCollector RewindCollector 3. Clauses: page.default-rewind,
    filter.entity-privilege."""
    filters.check(state, session, spec, choices)
    state, ref = new_ref(state, session, inventory.TASK_COLLECTOR)
    start = NEWEST_END if choices.page_direction in {"newest-first", "newest-page-first"} else 0
    collector = Collector(filter=spec, info_filter=info_filter, made_at=state.now, moves=state.moves, position=start)
    return with_collector(state, session, ref.value, collector), ref


def new_ref(state: State, session: Session, type_name: str, word: str = "collector") -> After[ObjectRef]:
    """Return a reference that no other object has or had; of which form is free (EV 1.5)."""
    made = state.made + 1
    return evolve(state, made=made), ObjectRef(type=type_name, value=f"session[{session.number}]{word}-{made}")


def with_collector(state: State, owner: Session, value: str, collector: Collector) -> State:
    """Return the state with this collector as it is now."""
    return access.with_session(state, evolve(owner, collectors=owner.collectors.set(value, collector)))


def create_collector_for_events(
    state: State, call: calls.CreateCollectorForEvents, choices: Choices
) -> After[ObjectRef]:
    """Make an event collector, which does nothing but exist.
    vim.TaskManager maxCollector 1. Clauses: limit.events-shared."""
    session = access.current(state, call.session)
    access.require(state, session, access.SYSTEM_VIEW, choices)
    if choices.limit_events_shared == "shared":
        check_room(state, session, choices)
    state, ref = new_ref(state, session, inventory.EVENT_COLLECTOR)
    return access.with_session(state, evolve(session, event_collectors=session.event_collectors | {ref.value})), ref


def find_owner(state: State, session: Session, ref: ObjectRef, choices: Choices) -> Session:
    """Find the session that has a task collector: by default the caller's own, and for any other the collector does not
    exist. An object of another type is no task collector, and not found either. What a session may use of another's it
    reads and moves; a property filter is over its own.
    vim.TaskManager CreateCollectorForTasks 2; vmodl.fault.ManagedObjectNotFound 1. Clauses: collector.private,
    collector.session-bound, collector.destroyed."""
    owners = [session] if ref.value in session.collectors else list(state.sessions.values())
    owner = next((one for one in owners if ref.value in one.collectors and may_use(session, one, choices)), None)
    if owner is None or ref.type != inventory.TASK_COLLECTOR:
        fault("ManagedObjectNotFound", f"no such task collector: {ref.value}")
    return owner


def may_use(session: Session, owner: Session, choices: Choices) -> bool:
    """Tell whether a session can use a task collector that another one made: by default not.
    vim.TaskManager CreateCollectorForTasks 2. Clauses: collector.private."""
    same_user = choices.collector_private == "same-user" and session.account == owner.account
    return session.name == owner.name or same_user or choices.collector_private == "usable"


def is_event_collector(session: Session, ref: ObjectRef) -> bool:
    """Tell whether this is an event collector of the session."""
    return ref.type == inventory.EVENT_COLLECTOR and ref.value in session.event_collectors


def read_collector_filter(
    state: State, call: calls.ReadCollectorFilter, choices: Choices
) -> After[Property[TaskFilterSpec]]:
    """Read the filter that the collector was created with, as it was given.
    vim.HistoryCollector filter 1-2. Clauses: collector.create, collector.filter-fixed."""
    session = access.current(state, call.session)
    owner = find_owner(state, session, call.collector, choices)
    return state, Property(value=owner.collectors[call.collector.value].filter)


def destroy_collector(state: State, call: calls.DestroyCollector, choices: Choices) -> After[None]:
    """Destroy a collector, of tasks or of events, and no other.
    vim.HistoryCollector DestroyCollector 1. Clauses: collector.destroyed, collector.destroy-twice,
    limit.destroy-frees."""
    session, ref = access.current(state, call.session), call.collector
    if is_event_collector(session, ref):
        after = evolve(session, event_collectors=session.event_collectors - {ref.value})
    else:
        owner = find_owner(state, session, ref, choices)
        after = evolve(owner, collectors=owner.collectors.delete(ref.value))
    return inventory.forget(access.with_session(state, after), {ref.value}), None
