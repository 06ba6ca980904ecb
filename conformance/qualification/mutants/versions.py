"""Mutants of WaitForUpdatesEx: the version that it is given, what it answers when nothing is new, and how it ends."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import watch
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.outcomes import UpdateSet
from taskconform.model.vocabulary.words import evolve

# --- versions that were never given out -------------------------------------------------------------------------------


def is_made_up(state, version):
    """Tell whether no property collector has given out this version."""
    made = [one for session in state.sessions.values() for one in session.property_collectors.values()]
    return version and version not in {f"{one.number}.{given + 1}" for one in made for given in range(one.given)}


@mutant("unknown-version-starts-anew", watch.updates_since)
def starting_anew(original, state, call, collector, most, choices):
    """A version that was never given out is taken for the empty one."""
    anew = evolve(call, version="") if is_made_up(state, call.version) else call
    return original(state, anew, collector, most, choices)


@mutant("unknown-version-is-null", watch.updates_since)
def null_for_the_unknown(original, state, call, collector, most, choices):
    """WaitForUpdatesEx gives null to a version that was never given out."""
    if is_made_up(state, call.version):
        return state, None
    return original(state, call, collector, most, choices)


@mutant("unknown-version-is-an-invalid-state", watch.updates_since)
def invalid_state_for_the_unknown(original, state, call, collector, most, choices):
    """A version that was never given out is refused with InvalidState."""
    fault_if(is_made_up(state, call.version), "InvalidState", "there is no such version")
    return original(state, call, collector, most, choices)


# --- versions that are used again -------------------------------------------------------------------------------------


def uses(state, call, collector):
    """Count the sets that a version has yielded: none for the empty one, and for one that resumes a calculation."""
    return 0 if call.version == collector.truncated else remembered(state, call.version, 0)


@mutant("reused-version-lacks-the-first-object", watch.updates_since)
@mutant("used-version-is-refused", watch.updates_since)
@mutant("version-is-good-for-two-uses", watch.updates_since)
def counting_uses(original, state, call, collector, most, choices):
    """Count the sets that a version yields."""
    after, found = original(state, call, collector, most, choices)
    counts = found is not None and call.version and call.version != collector.truncated
    return (remembering(after, call.version, uses(state, call, collector) + 1) if counts else after), found


@mutant("used-version-is-refused", watch.updates_since)
def refused_when_used(original, state, call, collector, most, choices):
    """A version that has yielded a set is no version any more."""
    fault_if(uses(state, call, collector) >= 1, "InvalidCollectorVersion", "the version was used before")
    return original(state, call, collector, most, choices)


@mutant("version-is-good-for-two-uses", watch.updates_since)
def refused_when_used_twice(original, state, call, collector, most, choices):
    """A version that has yielded two sets is no version any more."""
    fault_if(uses(state, call, collector) >= 2, "InvalidCollectorVersion", "the version was used before")
    return original(state, call, collector, most, choices)


@mutant("reused-version-lacks-the-first-object", watch.updates_since)
def without_the_first_object(original, state, call, collector, most, choices):
    """A version that is used again yields one object less."""
    after, found = original(state, call, collector, most, choices)
    if found is None or not uses(state, call, collector):
        return after, found
    rest = evolve(found, updates=found.updates[1:])
    return after, (rest if rest.updates or rest.missing or rest.truncated else None)


@mutant("changes-are-handed-out-once", watch.known_at)
def known_by_now(original, collector, version):
    """A change that an update set has delivered is not delivered again to an earlier version."""
    base = original(collector, version)
    return collector.known if version else base


# --- what is left, what is new ----------------------------------------------------------------------------------------


@mutant("rest-of-a-truncated-set-is-dropped", watch.updates_since)
def rest_dropped(original, state, call, collector, most, choices):
    """WaitForUpdatesEx with a truncated version tells nothing of what is left."""
    if not call.version or call.version != collector.truncated:
        return original(state, call, collector, most, choices)
    after, found = original(state, call, collector, None, choices)
    return after, evolve(found, updates=(), missing=())


@mutant("second-first-update-is-null", watch.updates_since)
def null_from_the_second_on(original, state, call, collector, most, choices):
    """WaitForUpdatesEx gives null from the second empty version on, unless there is another filter."""
    key, filters = str(collector.number), frozenset(one.ref for one in collector.filters)
    told = remembered(state, key, frozenset())
    if not call.version and told and told >= filters:
        return state, None
    after, found = original(state, call, collector, most, choices)
    return (after if call.version or found is None else remembering(after, key, told | filters)), found


@mutant("nothing-new-is-an-empty-set", watch.wait_for_updates_ex)
def empty_set_for_null(original, state, call, choices):
    """WaitForUpdatesEx gives an empty set when nothing has changed."""
    state, found = original(state, call, choices)
    if found is not None:
        return state, found
    session = state.sessions[call.session]
    collector = session.property_collectors[call.collector.value]
    collector, version = watch.given_out(collector, watch.known_at(collector, call.version), ())
    state = watch.with_collector(state, session, call.collector.value, collector)
    return state, UpdateSet(version=version, truncated=False, updates=())


@mutant("nothing-new-is-everything-again", watch.wait_for_updates_ex)
def everything_for_null(original, state, call, choices):
    """WaitForUpdatesEx that does not wait gives everything again when nothing has changed."""
    state, found = original(state, call, choices)
    if found is not None or not call.version or call.max_wait_seconds:
        return state, found
    collector = state.sessions[call.session].property_collectors[call.collector.value]
    state, whole = watch.updates_since(state, evolve(call, version=""), collector, call.max_object_updates, choices)
    if whole is None:
        return state, None
    return state, evolve(whole, updates=tuple([evolve(update, kind="modify") for update in whole.updates]))


@mutant("no-wait-is-refused", watch.wait_for_updates_ex)
def no_wait_refused(original, state, call, choices):
    """WaitForUpdatesEx refuses maxWaitSeconds 0 when nothing has changed."""
    state, found = original(state, call, choices)
    fault_if(found is None and call.max_wait_seconds == 0, "InvalidArgument", "maxWaitSeconds is not positive")
    return state, found


# --- waits that are broken off ----------------------------------------------------------------------------------------


@mutant("broken-off-wait-is-null", watch.break_off_wait)
def null_when_broken_off(original, state, call, choices):
    """A wait that CancelWaitForUpdates breaks off returns null."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name == "RequestCanceled" and call.by != "logout":
            return state, None
        raise


@mutant("broken-off-wait-is-an-invalid-state", watch.break_off_wait)
def invalid_state_when_broken_off(original, state, call, choices):
    """A wait that CancelWaitForUpdates breaks off faults with InvalidState."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name == "RequestCanceled" and call.by != "logout":
            fault("InvalidState", "the wait was broken off")
        raise


@mutant("logout-ends-a-wait-with-null", watch.break_off_wait)
def null_at_logout(original, state, call, choices):
    """A wait during which the session logs out returns null."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        if raised.name == "RequestCanceled" and call.by == "logout":
            return raised.after, None
        raise


@mutant("suspended-calculation-stands-still", watch.told)
def stands_still(original, state, session, collector, most, choices):
    """WaitForUpdatesEx with the version of a truncated set gives an empty truncated set again and again."""
    if collector.truncated is None:
        return original(state, session, collector, most, choices)
    collector, version = watch.given_out(collector, collector.known, collector.pending)
    return collector, UpdateSet(version=version, truncated=True, updates=())
