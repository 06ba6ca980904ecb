"""TaskManager.maxCollector: how many task history collectors one client may hold.

"Maximum number of TaskHistoryCollector data objects that can exist concurrently, per client." CreateCollectorForTasks
faults with InvalidState "if there are more than the maximum number". It is open whether a client is a session, a user
or an address, and whether the fault comes at the maximum + 1 or one later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.model.oracle.checks import fault_condition, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said
from taskconform.model.vocabulary.calls import (
    NOBODY,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    ObjectRef,
)
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief, Session
    from taskconform.model.vocabulary.calls import (
        CreateCollectorForEvents,
        DestroyCollector,
        ReadMaxCollector,
    )
    from taskconform.model.vocabulary.outcomes import Fault, Interval


CreatesCollector = CreateCollectorForTasks | CreateCollectorWithInfoFilterForTasks
"""The calls that make a task history collector."""


# --- maxCollector itself ----------------------------------------------------------------------------------------------


@fault_condition("limit.privilege", "SecurityError")
def nobody_reads(belief: Belief, call: ReadMaxCollector) -> bool | None:
    """maxCollector asks for System.View: a session that is not logged in does not get the value."""
    return call.session == NOBODY or belief.session_of(call.session) is None


@rule("limit.value")
def is_positive(belief: Belief, call: ReadMaxCollector, answer: Property[int], _at: Interval) -> Said:
    """maxCollector is a positive int, where collectors are supported."""
    if not belief.declaration.is_vcenter or belief.account_of(call.session) == "outsider":
        return None
    if answer.value is not None and answer.value > 0:
        return True
    return Divergence(demand=MustAnswer(property="positive"), observed=f"maxCollector is {answer.value}")


@rule("limit.constant")
def is_constant(belief: Belief, call: ReadMaxCollector, answer: Property[int], _at: Interval) -> Said:
    """maxCollector does not change within a run."""
    if belief.max_collector is None or belief.account_of(call.session) == "outsider":
        return None
    if answer.value == belief.max_collector:
        return True
    demand = MustAnswer(property="constant", value=belief.max_collector)
    return Divergence(demand=demand, observed=f"maxCollector is {answer.value}")


ON_READ = (is_positive, is_constant)


def advance_read_max_collector(
    belief: Belief, _call: ReadMaxCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Remember the value that was read."""
    if isinstance(outcome, Returned) and isinstance(outcome.value, Property) and isinstance(outcome.value.value, int):
        return evolve(belief, max_collector=outcome.value.value)
    return belief


# --- CreateCollectorForTasks ------------------------------------------------------------------------------------------


def others_hold(belief: Belief, call: CreatesCollector, *, same_account: bool) -> int:
    """Count the collectors that other live sessions hold, of the caller's account or of other accounts."""
    account = belief.account_of(call.session)
    return sum(
        [
            len(session.collectors)
            for name, session in belief.sessions.items()
            if name != call.session and session.live and (session.account == account) == same_account
        ]
    )


def events_held(belief: Belief, account: str | None = None) -> int:
    """Count the event collectors that live sessions hold, of one account or (None) of all."""
    return sum(
        [session.events for session in belief.sessions.values() if session.live and account in {None, session.account}]
    )


def held_everywhere(belief: Belief) -> int:
    """Count the collectors that may exist, of all sessions."""
    return sum([len(session.collectors) for session in belief.sessions.values()]) + belief.ended_collectors


def is_alone(belief: Belief, call: CreatesCollector) -> bool:
    """Return True if no other living session holds any collector."""
    return not (others_hold(belief, call, same_account=True) or others_hold(belief, call, same_account=False))


def held(belief: Belief, call: CreatesCollector) -> int:
    """Count the collectors that the calling session holds."""
    session = belief.session_of(call.session)
    return len(session.collectors) if session is not None else 0


@fault_condition("collector.privilege", "SecurityError")
def nobody_creates(belief: Belief, call: CreatesCollector) -> bool | None:
    """CreateCollectorForTasks asks for System.View."""
    return call.session == NOBODY or belief.session_of(call.session) is None


@fault_condition("collector.esxi", "NotSupported")
def collectors_are_not_supported(belief: Belief, _call: CreatesCollector) -> bool | None:
    """On ESXi collectors may not be supported at all (EV 2.8)."""
    return False if belief.declaration.is_vcenter else None


@fault_condition("collector.null-filter", "InvalidArgument", "InvalidRequest")
def filter_is_null(_belief: Belief, call: CreatesCollector) -> bool | None:
    """The filter is null: InvalidArgument, or InvalidRequest for a request that lacks a required element."""
    return call.filter is None


@fault_condition("limit.exceeded", "InvalidState")
def maximum_is_exceeded(belief: Belief, call: CreatesCollector) -> bool | None:
    """InvalidState "if there are more than the maximum number" of task collectors: sure when this session alone holds
    more than maxCollector; open where it or its user holds that many, event collectors counted; where others may be
    logged in as the same user; and where a lost answer leaves open who holds how many."""
    maximum, session = belief.max_collector, belief.session_of(call.session)
    if belief.places_unsure:
        return None
    if session is None and belief.declaration.exclusive and not held_everywhere(belief):
        return False  # no session holds any, not even from the same address
    if maximum is None:
        return None
    mine = held(belief, call)
    if call.filter is None and held_everywhere(belief) >= maximum:
        return None  # limit.scope is asked of creates with a filter only
    if mine > maximum:
        return True
    if not belief.declaration.exclusive:
        return None
    total = mine + others_hold(belief, call, same_account=True) + events_held(belief, belief.account_of(call.session))
    return None if total >= maximum else False


@rule("limit.exceeded")
def exercised_by_fault(belief: Belief, call: CreatesCollector, fault: Fault) -> str | None:
    """Choose the clause that a fault exercises: at the maximum the limit, whichever interpretation of the boundary
    holds; NotSupported on a host shows that it has no collectors."""
    if fault.is_a("NotSupported") and not belief.declaration.is_vcenter:
        return "collector.esxi"
    full = belief.max_collector is not None and held(belief, call) >= belief.max_collector
    return "limit.exceeded" if full and fault.is_a("InvalidState") else None


CREATE = (nobody_creates, collectors_are_not_supported, filter_is_null, maximum_is_exceeded)


def broken_promise(belief: Belief, call: CreatesCollector) -> str:
    """Choose the clause that a fault for no documented reason breaks: the one whose breach alone explains it. "" if
    several could explain it, so that each defect breaks one clause; limit.reachable if none does. A session that holds
    the maximum may get a fault, but only InvalidState."""
    session = belief.session_of(call.session)
    maximum = belief.max_collector
    if session is None or maximum is None:
        return "limit.reachable"
    if held(belief, call) >= maximum:
        return "limit.exceeded"  # the limit was met, with a wrong fault
    live = held(belief, call) + others_hold(belief, call, same_account=True)
    of_other_users = others_hold(belief, call, same_account=False)
    plausible = {
        "limit.destroy-frees": belief.destroyed_collectors if session.regained == 0 else 0,
        "limit.exceeded": session.freed if session.met_limit and session.regained else 0,
        "limit.logout-frees": belief.ended_collectors,
        "limit.per-client": of_other_users,
        "limit.fault-frees": session.faulted_creates,
    }
    alone = [clause for clause, places in plausible.items() if places and live + places >= maximum]
    if len(alone) == 1:
        return alone[0]
    mixed = (
        alone
        or live + belief.destroyed_collectors + belief.ended_collectors + of_other_users + session.faulted_creates
        >= maximum
    )
    return "" if mixed else "limit.reachable"


def place_clause(belief: Belief, call: CreatesCollector) -> str:
    """Choose the clause that requires this create to succeed."""
    session = belief.session_of(call.session)
    maximum = belief.max_collector
    if session is None or maximum is None:
        return "limit.reachable"
    if session.met_limit and session.freed > session.regained:
        return "limit.exceeded" if session.regained else "limit.destroy-frees"
    if belief.ended_collectors:
        return "limit.logout-frees"
    of_other_users = others_hold(belief, call, same_account=False)
    if of_other_users and of_other_users + others_hold(belief, call, same_account=True) + held(belief, call) >= maximum:
        return "limit.per-client"
    if session.faulted_creates and session.faulted_creates + held(belief, call) >= maximum:
        return "limit.fault-frees"
    return "limit.reachable"


@rule("limit.reachable", "limit.per-client", "limit.destroy-frees", "limit.logout-frees", "limit.fault-frees")
def place_is_given(belief: Belief, call: CreatesCollector) -> str | None:
    """Choose the clause that a successful create exercised, None if it could not have broken any: one client can hold
    maxCollector at once; another client's do not count; destroying frees a place, and so does the end of a session; a
    faulting create uses none."""
    maximum = belief.max_collector
    session = belief.session_of(call.session)
    if maximum is None or session is None or belief.places_unsure:
        return None
    clause = place_clause(belief, call)
    mine = held(belief, call)
    exercised = {
        "limit.destroy-frees": True,
        "limit.exceeded": True,
        "limit.logout-frees": belief.ended_collectors + mine >= maximum,
        "limit.per-client": any(
            other.met_limit and other.live for other in belief.sessions.values() if other is not session
        ),
        "limit.fault-frees": session.faulted_creates >= maximum,
        "limit.reachable": mine == maximum - 1,
    }[clause]
    return clause if exercised else None


# --- interpretations --------------------------------------------------------------------------------------------------


def _answer(outcome: Outcome, taken: str, refused: str) -> tuple[str, ...] | None:
    """Return one of two interpretations: the create succeeded, or met the limit."""
    if isinstance(outcome, Returned):
        return (taken,)
    return (refused,) if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidState") else None


def _only_limit_can_fault(belief: Belief, call: CreatesCollector) -> bool:
    """Return True if only the number of collectors can refuse this create."""
    known = belief.max_collector is not None and not belief.places_unsure
    return known and call.filter is not None and belief.logged_in(call.session)


@open_clause("limit.boundary", "limit.exceeded")
def where_the_fault_comes(belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """At maxCollector + 1, or one later: asked where this session alone holds exactly maxCollector."""
    if held(belief, call) != belief.max_collector or not _only_limit_can_fault(belief, call):
        return None
    if not is_alone(belief, call) or belief.ended_collectors or events_held(belief):
        return None
    return _answer(outcome, "one-later", "at-maximum-plus-one")


@open_clause("limit.scope", "limit.exceeded")
def clients_that_share_the_limit(belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """The session, the user, or the address: asked where another session of the same user is full."""
    maximum = belief.max_collector or 0
    if (
        not _only_limit_can_fault(belief, call)
        or held(belief, call) >= maximum - 1
        or belief.ended_collectors
        or belief.destroyed_collectors
    ):
        return None
    full = any(
        other.met_limit and other.live and len(other.collectors) >= maximum
        for name, other in belief.sessions.items()
        if name != call.session and other.account == belief.account_of(call.session)
    )
    if not full or events_held(belief):
        return None  # event collectors may count
    if isinstance(outcome, Returned):
        return ("session",)
    if held(belief, call):
        return None  # its own places may be freed late
    return ("user", "address") if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidState") else None


@open_clause("limit.events-shared", "limit.exceeded")
def event_collectors_under_limit(belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """Asked where this session holds as many event collectors as the limit, and few task collectors."""
    session = belief.session_of(call.session)
    if session is None or session.events < (belief.max_collector or 0) or not _only_limit_can_fault(belief, call):
        return None
    if held(belief, call) >= (belief.max_collector or 0) - 1 or not is_alone(belief, call) or belief.ended_collectors:
        return None
    if isinstance(outcome, Returned) and session.events + held(belief, call) <= (belief.max_collector or 0):
        return ("separate", "shared")  # the fault may come one later
    return _answer(outcome, "separate", "shared")


OPEN_CLAUSES = (where_the_fault_comes, clients_that_share_the_limit, event_collectors_under_limit)


# --- effects ----------------------------------------------------------------------------------------------------------


def advance_create_collector(
    belief: Belief, call: CreatesCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Count the collectors that were really returned, by session."""
    session = belief.session_of(call.session)
    if isinstance(outcome, Lost):
        return evolve(belief, places_unsure=True)
    if session is None:
        return belief
    if isinstance(outcome, Returned) and isinstance(outcome.value, ObjectRef):
        return _take(belief, call.session, session, outcome.value.value)
    if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidState"):
        full = belief.max_collector is not None and len(session.collectors) >= belief.max_collector
        return belief.with_session(call.session, evolve(session, met_limit=full, freed=0, regained=0))
    return belief.with_session(call.session, evolve(session, faulted_creates=session.faulted_creates + 1))


def _take(belief: Belief, name: str, session: Session, value: str) -> Belief:
    """Count a collector that a session got."""
    regained = session.regained + 1 if session.met_limit and session.freed > session.regained else session.regained
    session = evolve(session, collectors=session.collectors | {value}, regained=regained)
    return evolve(belief, sessions=belief.sessions.set(name, session), collectors=belief.collectors.set(value, name))


@fault_condition("limit.events-shared", "InvalidState", "NotSupported")
def events_may_be_full(_belief: Belief, _call: CreateCollectorForEvents) -> bool | None:
    """Event collectors have a maximum of their own, or share this one: their number is open."""
    return None


def advance_create_event_collector(
    belief: Belief, call: CreateCollectorForEvents, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Count an event collector."""
    session = belief.session_of(call.session)
    if isinstance(outcome, Lost):
        return evolve(belief, places_unsure=True)
    if session is None or not isinstance(outcome, Returned):
        return belief
    return belief.with_session(call.session, evolve(session, events=session.events + 1))


def advance_destroy_collector(
    belief: Belief, call: DestroyCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """A destroyed collector no longer counts."""
    value = call.collector.value
    owner = belief.collectors.get(value)
    if isinstance(outcome, Lost):
        return evolve(
            belief, places_unsure=True, collectors=belief.collectors.delete(value) if owner else belief.collectors
        )
    if owner is None or not isinstance(outcome, Returned):
        return belief
    session = belief.sessions[owner]
    if value not in session.collectors:
        return belief
    freed = session.freed + 1 if session.met_limit else 0
    belief = evolve(belief, destroyed_collectors=belief.destroyed_collectors + 1)
    return belief.with_session(owner, evolve(session, collectors=session.collectors - {value}, freed=freed))
