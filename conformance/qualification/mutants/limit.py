"""Mutants of maxCollector: its value, and how collectors are counted against it."""

from __future__ import annotations

from immutables import Map

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, collectors, inventory, sessions
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

NONE: Map[str, int] = Map()


def counted_more(state, key, by, more=1):
    """Return the state in which so many more are remembered under a key."""
    counts = remembered(state, key, NONE)
    return remembering(state, key, counts.set(by, counts.get(by, 0) + more))


def remembering_refusals(key, session_key):
    """Return a replacement of a create that remembers who was refused for the maximum."""

    def create(original, state, call, choices):
        try:
            return original(state, call, choices)
        except FaultRaised as raised:
            if raised.name != "InvalidState":
                raise
            session = access.current(state, call.session)
            noted = remembered(state, key, NONE).set(session.number, session_key(session))
            raise FaultRaised(raised.name, raised.message, remembering(state, key, noted)) from None

    return create


CREATES = (collectors.create_collector_for_tasks, collectors.create_collector_with_info_filter_for_tasks)

# --- the value --------------------------------------------------------------------------------------------------------


def given_as(change):
    """Return a replacement of the read of maxCollector that changes the value."""

    def read(original, state, call, choices):
        state, found = original(state, call, choices)
        return state, found if found.value is None else Property(value=change(state, call, found.value))

    return read


mutant("max-collector-is-minus-one", collectors.read_max_collector)(given_as(lambda *_: -1))
mutant("max-collector-is-what-is-left", collectors.read_max_collector)(
    given_as(lambda state, call, value: value - len(state.sessions[call.session].collectors))
)


@mutant("max-collector-needs-no-login", collectors.read_max_collector)
def no_login(original, state, call, choices):
    """maxCollector is given to who is not logged in."""
    if call.session not in state.sessions:
        return state, Property(value=state.server.max_collector)
    return original(state, call, choices)


# --- the maximum ------------------------------------------------------------------------------------------------------


@mutant("one-fewer-than-the-maximum", collectors.collectors_held)
def one_fewer(original, *given):
    """One collector fewer than the maximum can be had."""
    return original(*given) + 1


@mutant("list-views-take-places", collectors.collectors_held)
def views_count(original, state, session, choices):
    """List views are counted too."""
    return original(state, session, choices) + len(session.views)


@mutant("three-more-than-the-maximum", collectors.collectors_held)
def three_more(original, *given):
    """Three collectors more than the maximum can be had."""
    return original(*given) - 3


@mutant("full-is-not-supported", collectors.check_room)
def not_supported(original, state, session, choices):
    """Beyond the maximum the fault is NotSupported."""
    try:
        original(state, session, choices)
    except FaultRaised:
        fault("NotSupported")


@mutant("oldest-collector-makes-room", collectors.check_room)
def always_room(original, state, session, choices):
    """Beyond the maximum there is room."""


@mutant("oldest-collector-makes-room", collectors.new_collector)
def oldest_goes(original, state, session, spec, info_filter, choices):
    """Take the oldest collector away once there is one too many."""
    state, ref = original(state, session, spec, info_filter, choices)
    owner = state.sessions[session.name]
    if len(owner.collectors) <= state.server.max_collector:
        return state, ref
    oldest = min(owner.collectors, key=lambda value: int(value.rpartition("-")[2]))
    owner = evolve(owner, collectors=owner.collectors.delete(oldest))
    return inventory.forget(access.with_session(state, owner), {oldest}), ref


def refused_takes_a_place(name, is_counted):
    """Declare a mutant in which a create that is refused takes a place."""

    def create(original, state, call, choices):
        try:
            return original(state, call, choices)
        except FaultRaised as raised:
            if not is_counted(raised, call):
                raise
            after = counted_more(state, name, access.current(state, call.session).number)
            raise FaultRaised(raised.name, raised.message, after) from None

    def held(original, state, session, choices):
        return original(state, session, choices) + remembered(state, name, NONE).get(session.number, 0)

    for method in CREATES:
        mutant(name, method)(create)
    mutant(name, collectors.collectors_held)(held)


refused_takes_a_place("refused-create-takes-a-place", lambda raised, _: raised.name == "InvalidState")
refused_takes_a_place(
    "null-filter-takes-a-place",
    lambda raised, call: (
        raised.name == "InvalidArgument" and (call.filter is None or getattr(call, "form", "typed") != "typed")
    ),
)

# --- whose collectors count -------------------------------------------------------------------------------------------


@mutant("maximum-over-the-whole-server", collectors.is_same_client)
def one_client(original, one, other, choices):
    """The collectors of all sessions are counted."""
    return True


LOCKED = "refused-client-locks-the-others-out"


@mutant(LOCKED, collectors.check_room)
def locked_out(original, state, session, choices):
    """While a session is at its maximum and was told so, other users get no collector."""
    original(state, session, choices)
    others = any(account != session.account for account in remembered(state, LOCKED, NONE).values())
    fault_if(others, "InvalidState")


def forgetting(key, number, state):
    """Return the state in which nothing is remembered of a session."""
    noted = remembered(state, key, NONE)
    return remembering(state, key, noted.delete(number)) if number in noted else state


@mutant(LOCKED, collectors.destroy_collector)
def unlocked(original, state, call, choices):
    """Forget that the session was refused."""
    after, answer = original(state, call, choices)
    return forgetting(LOCKED, access.current(state, call.session).number, after), answer


@mutant(LOCKED, sessions.end_session)
def unlocked_by_logout(original, state, session, choices):
    """Forget that the session was refused."""
    return original(forgetting(LOCKED, session.number, state), session, choices)


def locking(original, state, call, choices):
    """Remember who is refused because there is no room for its own collectors."""
    try:
        return original(state, call, choices)
    except FaultRaised as raised:
        session = access.current(state, call.session)
        if raised.name != "InvalidState" or collectors.collectors_held(state, session, choices) < (
            state.server.max_collector
        ):
            raise
        noted = remembered(state, LOCKED, NONE).set(session.number, session.account)
        raise FaultRaised(raised.name, raised.message, remembering(state, LOCKED, noted)) from None


for _method in CREATES:
    mutant(LOCKED, _method)(locking)

# --- what frees a place -----------------------------------------------------------------------------------------------


@mutant("destroy-frees-nothing", collectors.new_collector)
def counting(original, state, session, *given):
    """All collectors that the session ever made are counted."""
    state, ref = original(state, session, *given)
    return counted_more(state, "destroy-frees-nothing", session.number), ref


@mutant("destroy-frees-nothing", collectors.collectors_held)
def ever_made(original, state, session, choices):
    """Count them."""
    return remembered(state, "destroy-frees-nothing", NONE).get(session.number, 0)


FULL = "once-full-always-full"


@mutant(FULL, collectors.check_room)
def always_full(original, state, session, choices):
    """A session that was refused a collector for the maximum is always refused."""
    fault_if(session.number in remembered(state, FULL, NONE), "InvalidState")
    original(state, session, choices)


for _method in CREATES:
    mutant(FULL, _method)(remembering_refusals(FULL, lambda session: session.account))


def logout_keeps(name, kept):
    """Declare a mutant in which some places of a user's dead sessions stay taken."""

    def end(original, state, session, choices):
        after = counted_more(state, name, session.account, kept(len(session.collectors)))
        return original(after, session, choices)

    def held(original, state, session, choices):
        own = sum(len(one.collectors) for one in state.sessions.values() if one.account == session.account)
        return own + remembered(state, name, NONE).get(session.account, 0)

    mutant(name, sessions.end_session)(end)
    mutant(name, collectors.collectors_held)(held)


logout_keeps("logout-frees-nothing", lambda collectors_held: collectors_held)
logout_keeps("logout-frees-half", lambda collectors_held: collectors_held // 2)
