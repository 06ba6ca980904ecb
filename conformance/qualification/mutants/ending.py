"""Mutants of how a collector ends: by DestroyCollector, or with its session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immutables import Map

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, collectors, inventory, latest, pages, sessions
from taskconform.model.spec.faults import fault_if
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.spec.state import Collector, Session, State

# --- what DestroyCollector takes along --------------------------------------------------------------------------------


def destroyed_along(original, state, call, values, choices):
    """Destroy the collector of a call, and then these of the same session."""
    state, _ = original(state, call, choices)
    for value in values:
        other = ObjectRef(type=inventory.TASK_COLLECTOR, value=value)
        state, _ = original(state, evolve(call, collector=other), choices)
    return state, None


@mutant("destroy-takes-equal-filters-along", collectors.destroy_collector)
def destroy_takes_equal_filters_along(original, state, call, choices):
    """DestroyCollector destroys all of the session's collectors that have an equal filter."""
    made, named = access.current(state, call.session).collectors, call.collector.value
    spec = made[named].filter if named in made else None
    equal = [value for value, one in made.items() if value != named and one.filter == spec]
    return destroyed_along(original, state, call, equal, choices)


@mutant("destroy-takes-the-next-along", collectors.new_collector)
def remember_order(original, state, session, spec, info_filter, choices):
    """Remember which collector the session made next."""
    state, ref = original(state, session, spec, info_filter, choices)
    last = f"last of {session.number}"
    state = remembering(state, remembered(state, last, ""), ref.value)
    return remembering(state, last, ref.value), ref


@mutant("destroy-takes-the-next-along", collectors.destroy_collector)
def destroy_takes_the_next_along(original, state, call, choices):
    """DestroyCollector destroys also the collector that the session made next."""
    following = remembered(state, call.collector.value)
    alive = following in access.current(state, call.session).collectors
    return destroyed_along(original, state, call, [following] if alive else [], choices)


# --- what is left of a destroyed one ----------------------------------------------------------------------------------


def is_destroyed(state: State, session: Session, ref: ObjectRef) -> bool:
    """Tell whether the session has destroyed this collector."""
    return bool(remembered(state, ref.value) == session.number)


def was_destroyed(state, call):
    """Tell whether the session of a call has destroyed its collector. NotAuthenticated without a login."""
    return is_destroyed(state, access.current(state, call.session), call.collector)


@mutant("destroyed-collector-can-be-moved", collectors.destroy_collector)
@mutant("destroyed-collector-gives-empty-pages", collectors.destroy_collector)
def remember_destroyed(original, state, call, choices):
    """Remember by which session a collector was destroyed."""
    state, _ = original(state, call, choices)
    return remembering(state, call.collector.value, access.current(state, call.session).number), None


@mutant("destroyed-collector-is-an-invalid-state", collectors.find_owner)
def destroyed_collector_is_an_invalid_state(original, state, session, ref, choices):
    """A destroyed collector answers with InvalidState."""
    fault_if(is_destroyed(state, session, ref), "InvalidState", "the collector is destroyed")
    return original(state, session, ref, choices)


@mutant("destroyed-collector-is-an-invalid-state", collectors.destroy_collector)
def destroy_twice(original, state, call, choices):
    """Refuse a second DestroyCollector with the right fault."""
    fault_if(was_destroyed(state, call), "ManagedObjectNotFound", "the collector is destroyed")
    return remember_destroyed(original, state, call, choices)


def destroyed_collector_can_be_moved(original, state, call, choices):
    """A destroyed collector can be rewound, reset, and given a page size that is in range."""
    if not was_destroyed(state, call):
        return original(state, call, choices)
    pages.check_count(getattr(call, "max_count", 1), choices)
    return state, None


mutant("destroyed-collector-can-be-moved", pages.rewind_collector)(destroyed_collector_can_be_moved)
mutant("destroyed-collector-can-be-moved", pages.reset_collector)(destroyed_collector_can_be_moved)
mutant("destroyed-collector-can-be-moved", latest.set_collector_page_size)(destroyed_collector_can_be_moved)


@mutant("destroyed-collector-gives-empty-pages", pages.read)
def destroyed_collector_gives_empty_pages(original, state, call, choices, *, forward):
    """A destroyed collector has empty pages."""
    return (state, ()) if was_destroyed(state, call) else original(state, call, choices, forward=forward)


@mutant("destroy-twice-returns", collectors.destroy_collector)
def destroy_twice_returns(original, state, call, choices):
    """A destroyed collector can be destroyed again."""
    return (state, None) if was_destroyed(state, call) else remember_destroyed(original, state, call, choices)


@mutant("destroy-twice-is-an-invalid-state", collectors.destroy_collector)
def destroy_twice_is_an_invalid_state(original, state, call, choices):
    """DestroyCollector of a destroyed collector faults with InvalidState."""
    fault_if(was_destroyed(state, call), "InvalidState", "the collector is destroyed")
    return remember_destroyed(original, state, call, choices)


# --- the end of the session -------------------------------------------------------------------------------------------


@mutant("dead-sessions-collector-shows-its-filter", sessions.end_session)
@mutant("dead-sessions-collector-can-be-destroyed", sessions.end_session)
def bury(original, state, session, choices):
    """Remember the collectors of a session that ends, and whose they were."""
    for value, collector in session.collectors.items():
        state = remembering(state, value, (session, collector.filter))
    return original(state, session, choices)


def buried(state, call):
    """Return the filter of a collector that ended with an earlier session of the user, None for any other."""
    session = access.current(state, call.session)
    owner, spec = remembered(state, call.collector.value) or (session, None)
    return spec if owner.account == session.account and owner.number < session.number else None


@mutant("dead-sessions-collector-shows-its-filter", collectors.read_collector_filter)
def dead_sessions_collector_shows_its_filter(original, state, call, choices):
    """A collector shows its filter to later sessions of its user."""
    spec = buried(state, call)
    return original(state, call, choices) if spec is None else (state, Property(value=spec))


@mutant("dead-sessions-collector-can-be-destroyed", collectors.destroy_collector)
def dead_sessions_collector_can_be_destroyed(original, state, call, choices):
    """A collector can be destroyed by later sessions of its user, once."""
    if buried(state, call) is None:
        return original(state, call, choices)
    return remembering(state, call.collector.value, None), None


@mutant("read-collector-outlives-its-session", pages.read_next_tasks)
def remember_read(original, state, call, choices):
    """Remember which collectors were read."""
    state, page = original(state, call, choices)
    return remembering(state, call.collector.value, "read") if page else state, page


def left_over(state: State) -> Map[str, tuple[Session, Collector]]:
    """Return the collectors that have outlived their session, and whose each was, by reference value."""
    left: Map[str, tuple[Session, Collector]] = remembered(state, "left over", Map())
    return left


@mutant("read-collector-outlives-its-session", sessions.end_session)
def leave_over(original, state, session, choices):
    """Leave over what was read."""
    read = {value: (session, one) for value, one in session.collectors.items() if remembered(state, value) == "read"}
    return original(remembering(state, "left over", Map(read).update(left_over(state))), session, choices)


@mutant("read-collector-outlives-its-session", access.current)
def read_collector_outlives_its_session(original, state, name):
    """A collector whose pages were read goes on in later sessions of its user."""
    session = original(state, name)
    for value, (owner, collector) in left_over(state).items():
        if owner.account == session.account and owner.number < session.number:
            session = evolve(session, collectors=session.collectors.set(value, collector))
    return session


@mutant("read-collector-outlives-its-session", access.with_session)
def keep_apart(original, state, session):
    """Keep what is left over apart: it takes no place in the session."""
    left = left_over(state)
    for value in [one for one in left if one in session.collectors]:
        left = left.set(value, (left[value][0], session.collectors[value]))
        session = evolve(session, collectors=session.collectors.delete(value))
    return original(remembering(state, "left over", left), session)


@mutant("read-collector-outlives-its-session", collectors.destroy_collector)
def destroy_left_over(original, state, call, choices):
    """Take what is destroyed away from every session."""
    state, _ = original(state, call, choices)
    left = {value: kept for value, kept in left_over(state).items() if value != call.collector.value}
    return remembering(state, "left over", Map(left)), None
