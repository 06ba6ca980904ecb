"""TaskManager.maxCollector: how many task history collectors one client may hold.

"Maximum number of TaskHistoryCollector data objects that can exist concurrently, per client." CreateCollectorForTasks
faults with InvalidState "if there are more than the maximum number". Whether a client is a session, a user or an
address is a reading, and so is whether the fault comes at the maximum + 1 or one later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.model.oracle.findings import Departure, MustAnswer, Said, question, refusal, rule
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Session, World
    from taskconform.model.vocabulary.calls import (
        CreateCollectorForEvents,
        CreateCollectorForTasks,
        DestroyCollector,
        ReadMaxCollector,
    )
    from taskconform.model.vocabulary.outcomes import Fault, Interval


# --- maxCollector itself ----------------------------------------------------------------------------------------------


@refusal("limit.privilege", "SecurityError")
def nobody_reads(world: World, call: ReadMaxCollector) -> bool | None:
    """maxCollector asks for System.View: a session that is not logged in does not get the value."""
    return call.session == NOBODY or world.session_of(call.session) is None


@rule("limit.value")
def is_positive(world: World, call: ReadMaxCollector, answer: Property[int], _at: Interval) -> Said:
    """maxCollector is a positive int, where collectors are supported."""
    if not world.declaration.is_vcenter or world.account_of(call.session) == "outsider":
        return None
    if answer.value is not None and answer.value > 0:
        return True
    return Departure(demand=MustAnswer(property="positive"), observed=f"maxCollector is {answer.value}")


@rule("limit.constant")
def is_constant(world: World, call: ReadMaxCollector, answer: Property[int], _at: Interval) -> Said:
    """It does not change within a run."""
    if world.max_collector is None or world.account_of(call.session) == "outsider":
        return None
    if answer.value == world.max_collector:
        return True
    demand = MustAnswer(property="constant", value=world.max_collector)
    return Departure(demand=demand, observed=f"maxCollector is {answer.value}")


ON_READ = (is_positive, is_constant)


def advance_read_max_collector(
    world: World, _call: ReadMaxCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """The value is known from the first read on."""
    if isinstance(outcome, Returned) and isinstance(outcome.value, Property) and isinstance(outcome.value.value, int):
        return evolve(world, max_collector=outcome.value.value)
    return world


# --- CreateCollectorForTasks ------------------------------------------------------------------------------------------


def others_hold(world: World, call: CreateCollectorForTasks, *, same_account: bool) -> int:
    """How many collectors the other living sessions hold, of the caller's account or of the other ones."""
    account = world.account_of(call.session)
    return sum(
        [
            len(session.collectors)
            for name, session in world.sessions.items()
            if name != call.session and session.live and (session.account == account) == same_account
        ]
    )


def events_held(world: World, account: str | None = None) -> int:
    """How many event collectors the living sessions hold, of one account or (None) of all."""
    return sum(
        [session.events for session in world.sessions.values() if session.live and account in {None, session.account}]
    )


def everywhere(world: World) -> int:
    """How many collectors there may be at most, of all sessions."""
    return sum([len(session.collectors) for session in world.sessions.values()]) + world.orphans


def is_alone(world: World, call: CreateCollectorForTasks) -> bool:
    """Whether no other living session holds any collector."""
    return not (others_hold(world, call, same_account=True) or others_hold(world, call, same_account=False))


def held(world: World, call: CreateCollectorForTasks) -> int:
    """How many collectors the calling session holds."""
    session = world.session_of(call.session)
    return len(session.collectors) if session is not None else 0


@refusal("collector.privilege", "SecurityError")
def nobody_creates(world: World, call: CreateCollectorForTasks) -> bool | None:
    """CreateCollectorForTasks asks for System.View."""
    return call.session == NOBODY or world.session_of(call.session) is None


@refusal("collector.esxi", "NotSupported")
def collectors_are_not_supported(world: World, _call: CreateCollectorForTasks) -> bool | None:
    """On ESXi collectors may not be supported at all (EV 2.8)."""
    return False if world.declaration.is_vcenter else None


@refusal("collector.null-filter", "InvalidArgument", "InvalidRequest")
def filter_is_null(_world: World, call: CreateCollectorForTasks) -> bool | None:
    """If the filter is null: InvalidArgument, or InvalidRequest for a request that lacks a required element."""
    return call.filter is None


@refusal("limit.exceeded", "InvalidState")
def maximum_is_exceeded(world: World, call: CreateCollectorForTasks) -> bool | None:
    """If there are more than the maximum number of task collectors: sure when this session alone holds more than
    maxCollector; open where it or its user holds that many, event collectors counted; where
    others may be logged in as the same user; and where a lost answer leaves open who holds how many."""
    maximum, session = world.max_collector, world.session_of(call.session)
    if world.places_unsure:
        return None
    if session is None and world.declaration.exclusive and not everywhere(world):
        return False  # nobody holds any, not even from the same address
    if maximum is None:
        return None
    mine = held(world, call)
    if call.filter is None and everywhere(world) >= maximum:
        return None  # whose collectors count is for creates with a filter to say
    if mine > maximum:
        return True
    if not world.declaration.exclusive:
        return None
    total = mine + others_hold(world, call, same_account=True) + events_held(world, world.account_of(call.session))
    return None if total >= maximum else False


@rule("limit.exceeded")
def enforced(world: World, call: CreateCollectorForTasks, fault: Fault) -> str | None:
    """A fault at the maximum shows that the maximum is kept, whichever reading of the boundary holds; NotSupported on a
    host, that it has no collectors."""
    if fault.is_a("NotSupported") and not world.declaration.is_vcenter:
        return "collector.esxi"
    full = world.max_collector is not None and held(world, call) >= world.max_collector
    return "limit.exceeded" if full and fault.is_a("InvalidState") else None


CREATE = (nobody_creates, collectors_are_not_supported, filter_is_null, maximum_is_exceeded)


def broken_promise(world: World, call: CreateCollectorForTasks) -> str:
    """Which clause a refusal without a condition breaks: the one whose breach alone explains it. "" where several
    could, so that a defect is charged only where it shows unmixed; limit.reachable where none does. A session that
    holds the maximum may be refused, but as the text says."""
    session = world.session_of(call.session)
    maximum = world.max_collector
    if session is None or maximum is None:
        return "limit.reachable"
    if held(world, call) >= maximum:
        return "limit.exceeded"  # met, with a fault that is not its own
    live = held(world, call) + others_hold(world, call, same_account=True)
    strangers = others_hold(world, call, same_account=False)
    plausible = {
        "limit.destroy-frees": world.buried if session.regained == 0 else 0,
        "limit.exceeded": session.freed if session.full and session.regained else 0,
        "limit.logout-frees": world.orphans,
        "limit.per-client": strangers,
        "limit.fault-frees": session.futile,
    }
    alone = [clause for clause, places in plausible.items() if places and live + places >= maximum]
    if len(alone) == 1:
        return alone[0]
    mixed = alone or live + world.buried + world.orphans + strangers + session.futile >= maximum
    return "" if mixed else "limit.reachable"


def place_clause(world: World, call: CreateCollectorForTasks) -> str:
    """Which clause promises a place to a create that no condition refuses."""
    session = world.session_of(call.session)
    maximum = world.max_collector
    if session is None or maximum is None:
        return "limit.reachable"
    if session.full and session.freed > session.regained:
        return "limit.exceeded" if session.regained else "limit.destroy-frees"
    if world.orphans:
        return "limit.logout-frees"
    strangers = others_hold(world, call, same_account=False)
    if strangers and strangers + others_hold(world, call, same_account=True) + held(world, call) >= maximum:
        return "limit.per-client"
    if session.futile and session.futile + held(world, call) >= maximum:
        return "limit.fault-frees"
    return "limit.reachable"


@rule("limit.reachable")
@rule("limit.per-client")
@rule("limit.destroy-frees")
@rule("limit.logout-frees")
@rule("limit.fault-frees")
def place_is_given(world: World, call: CreateCollectorForTasks) -> str | None:
    """Whose promise a successful create kept, None where it could not have been broken: one client can hold
    maxCollector at once; another client's do not count; destroying frees a place, and so does the end of a session; a
    faulting create uses none."""
    maximum = world.max_collector
    session = world.session_of(call.session)
    if maximum is None or session is None or world.places_unsure:
        return None
    clause = place_clause(world, call)
    mine = held(world, call)
    live = {
        "limit.destroy-frees": True,
        "limit.exceeded": True,
        "limit.logout-frees": world.orphans + mine >= maximum,
        "limit.per-client": any(other.full and other.live for other in world.sessions.values() if other is not session),
        "limit.fault-frees": session.futile >= maximum,
        "limit.reachable": mine == maximum - 1,
    }[clause]
    return clause if live else None


# --- readings ---------------------------------------------------------------------------------------------------------


def _answer(outcome: Outcome, taken: str, refused: str) -> tuple[str, ...] | None:
    """One of two readings, by whether the create was taken or met the limit."""
    if isinstance(outcome, Returned):
        return (taken,)
    return (refused,) if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidState") else None


def _asks(world: World, call: CreateCollectorForTasks) -> bool:
    """Whether only the number of collectors can refuse this create."""
    known = world.max_collector is not None and not world.places_unsure
    return known and call.filter is not None and world.logged_in(call.session)


@question("limit.boundary", "limit.exceeded")
def where_the_fault_comes(world: World, call: CreateCollectorForTasks, outcome: Outcome) -> tuple[str, ...] | None:
    """At maxCollector + 1, or one later: asked where this session alone holds exactly maxCollector."""
    if held(world, call) != world.max_collector or not _asks(world, call):
        return None
    if not is_alone(world, call) or world.orphans or events_held(world):
        return None
    return _answer(outcome, "one-later", "at-maximum-plus-one")


@question("limit.scope", "limit.exceeded")
def what_a_client_is(world: World, call: CreateCollectorForTasks, outcome: Outcome) -> tuple[str, ...] | None:
    """The session, the user, or the address: asked where another session of the same user is full."""
    maximum = world.max_collector or 0
    if not _asks(world, call) or held(world, call) >= maximum - 1 or world.orphans or world.buried:
        return None
    full = any(
        other.full and other.live and len(other.collectors) >= maximum
        for name, other in world.sessions.items()
        if name != call.session and other.account == world.account_of(call.session)
    )
    if not full or events_held(world):
        return None  # event collectors may count
    if isinstance(outcome, Returned):
        return ("session",)
    if held(world, call):
        return None  # its own places may be freed late
    return ("user", "address") if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidState") else None


@question("limit.events-shared", "limit.exceeded")
def whether_event_collectors_count(
    world: World, call: CreateCollectorForTasks, outcome: Outcome
) -> tuple[str, ...] | None:
    """Asked where this session holds as many event collectors as the limit, and few task collectors."""
    session = world.session_of(call.session)
    if session is None or session.events < (world.max_collector or 0) or not _asks(world, call):
        return None
    if held(world, call) >= (world.max_collector or 0) - 1 or not is_alone(world, call) or world.orphans:
        return None
    if isinstance(outcome, Returned) and session.events + held(world, call) <= (world.max_collector or 0):
        return ("separate", "shared")  # the fault may come one later
    return _answer(outcome, "separate", "shared")


QUESTIONS = (where_the_fault_comes, what_a_client_is, whether_event_collectors_count)


# --- effects ----------------------------------------------------------------------------------------------------------


def advance_create_collector(
    world: World, call: CreateCollectorForTasks, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """Collectors are counted by session, from what was really handed out."""
    session = world.session_of(call.session)
    if isinstance(outcome, Lost):
        return evolve(world, places_unsure=True)
    if session is None:
        return world
    if isinstance(outcome, Returned) and isinstance(outcome.value, ObjectRef):
        return _take(world, call.session, session, outcome.value.value)
    if isinstance(outcome, Faulted) and outcome.fault.is_a("InvalidState"):
        full = world.max_collector is not None and len(session.collectors) >= world.max_collector
        return world.with_session(call.session, evolve(session, full=full, freed=0, regained=0))
    return world.with_session(call.session, evolve(session, futile=session.futile + 1))


def _take(world: World, name: str, session: Session, value: str) -> World:
    """A collector was handed out to a session."""
    regained = session.regained + 1 if session.full and session.freed > session.regained else session.regained
    session = evolve(session, collectors=session.collectors | {value}, regained=regained)
    return evolve(world, sessions=world.sessions.set(name, session), collectors=world.collectors.set(value, name))


@refusal("limit.events-shared", "InvalidState", "NotSupported")
def events_may_be_full(_world: World, _call: CreateCollectorForEvents) -> bool | None:
    """Event collectors have a maximum of their own, or share this one: how many fit, and for whom, is open."""
    return None


def advance_create_event_collector(
    world: World, call: CreateCollectorForEvents, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """Event collectors are only counted."""
    session = world.session_of(call.session)
    if isinstance(outcome, Lost):
        return evolve(world, places_unsure=True)
    if session is None or not isinstance(outcome, Returned):
        return world
    return world.with_session(call.session, evolve(session, events=session.events + 1))


def advance_destroy_collector(
    world: World, call: DestroyCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """A destroyed collector holds no place any more."""
    value = call.collector.value
    owner = world.collectors.get(value)
    if isinstance(outcome, Lost):
        return evolve(
            world, places_unsure=True, collectors=world.collectors.delete(value) if owner else world.collectors
        )
    if owner is None or not isinstance(outcome, Returned):
        return world
    session = world.sessions[owner]
    if value not in session.collectors:
        return world
    freed = session.freed + 1 if session.full else 0
    world = evolve(world, buried=world.buried + 1)
    return world.with_session(owner, evolve(session, collectors=session.collectors - {value}, freed=freed))
