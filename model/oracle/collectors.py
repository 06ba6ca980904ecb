"""HistoryCollector: making and destroying task history collectors, and what their filter property says.

"Typically, a client creates a history collector by using a filter on a potentially large set." A collector "does not
persist beyond the current client session"; the pages do not say whether other live sessions can use it. The number of
collectors is in `limit`, their content in `filters`, how they are read in `pages` and `latest`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access, limit
from taskconform.model.oracle.belief_history import Collector, Scan
from taskconform.model.oracle.checks import fault_condition, held_of, only, open_clause, rule
from taskconform.model.oracle.filters import EVERYTHING, clause_of, is_below, is_reversed, parts_of
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said, given_parts
from taskconform.model.oracle.limit import CreatesCollector
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by
from taskconform.model.vocabulary.calls import (
    ByTime,
    ByUsername,
    CreateCollectorForEvents,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    DestroyCollector,
    ObjectRef,
    ReadCollectorFilter,
    ReadLatestPage,
    ReadNextTasks,
    ReadPreviousTasks,
    ResetCollector,
    RewindCollector,
    SetCollectorPageSize,
    TaskFilterSpec,
    TaskInfoFilterSpec,
)
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.checks import CallOpenClause
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Fault, Interval

MOST_SCANNED: Final = 1_000
"""Largest number of tasks whose states are noted when a collector that filters by state is made."""

MILLISECOND: Final = 1_000


OnCollector = (
    ReadCollectorFilter
    | ReadLatestPage
    | SetCollectorPageSize
    | RewindCollector
    | ResetCollector
    | ReadNextTasks
    | ReadPreviousTasks
    | DestroyCollector
)
"""The calls on a collector."""


# --- the collector that a call is about -------------------------------------------------------------------------------


def value_of(call: OnCollector) -> str:
    """Return the reference value of the collector that a call is made on."""
    return call.collector.value


def collector_of(belief: Belief, call: OnCollector) -> Collector | None:
    """Return the collector that a call is made on; None if it is not known."""
    return belief.history.collectors.get(value_of(call))


def _state_of(belief: Belief, call: OnCollector) -> str:
    """Return the fate of a collector: `alive`, `destroyed`, `ended` (with its session), or "" if it is not known."""
    owner = belief.collectors.get(value_of(call))
    if owner is None:
        return "destroyed" if value_of(call) in belief.history.gone else ""
    session = belief.sessions[owner]
    if session.unsure:
        return ""
    if value_of(call) in session.collectors:
        return "alive"
    return "destroyed" if session.live else "ended"


@fault_condition("collector.destroyed", "ManagedObjectNotFound")
def collector_is_destroyed(belief: Belief, call: OnCollector) -> bool | None:
    """Any use after DestroyCollector."""
    state = _state_of(belief, call)
    return None if not state else state == "destroyed"


@fault_condition("collector.destroy-twice", "ManagedObjectNotFound")
def collector_is_destroyed_already(belief: Belief, call: DestroyCollector) -> bool | None:
    """A second DestroyCollector."""
    state = _state_of(belief, call)
    return None if not state else state == "destroyed"


@fault_condition("collector.session-bound", "MethodFault")
def its_session_has_ended(belief: Belief, call: OnCollector) -> bool | None:
    """The page: "A TaskHistoryCollector does not persist beyond the current client session": any use by a later session
    faults. The page does not say with which fault."""
    state = _state_of(belief, call)
    return None if not state else state == "ended"


@fault_condition("collector.private", "MethodFault")
def another_session_made_it(belief: Belief, call: OnCollector) -> bool | None:
    """Another live session uses the collector: whether it can is open."""
    owner = belief.collectors.get(value_of(call))
    return None if owner not in {None, call.session} and _state_of(belief, call) != "ended" else False


@open_clause("collector.private")
def users_of_a_collector(belief: Belief, call: OnCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """Another live session uses a collector that exists: only its own session can, or all sessions of the same user, or
    all sessions."""
    owner = belief.collectors.get(value_of(call))
    if owner is None or owner == call.session or _state_of(belief, call) != "alive":
        return None
    if not belief.logged_in(call.session) or not belief.is_full(call.session):
        return None
    same = belief.account_of(owner) == belief.account_of(call.session)
    if isinstance(outcome, Returned):
        shown = outcome.value if isinstance(outcome.value, Property) else None
        if shown is not None and shown.value is None and shown.missing is None:
            return None  # a property that is absent tells nothing
        if shown is None or shown.missing is None:
            return ("usable", "same-user") if same else ("usable",)
    return ("refused",) if same else ("refused", "same-user")


GONE: Final = (collector_is_destroyed, its_session_has_ended, another_session_made_it)
"""The fault conditions of every method of a collector but DestroyCollector."""


def lost_its_collector(belief: Belief, call: OnCollector, fault: Fault) -> str:
    """Blame DestroyCollector if a live collector is not found and others were destroyed since it was made: it destroys
    the one that it names, and no other."""
    collector = belief.history.collectors.get(value_of(call))
    if collector is None or collector.session != call.session or not fault.is_a("ManagedObjectNotFound"):
        return ""
    return "collector.destroyed" if belief.history.destroyed_seq > collector.made_seq else ""


def destroyed_collectors(belief: Belief) -> frozenset[str]:
    """Return the collectors that were surely destroyed by their sessions, which go on."""
    sure = {name: one for name, one in belief.sessions.items() if one.live and not one.unsure}
    made = ((value, sure[owner]) for value, owner in belief.collectors.items() if owner in sure)
    return belief.history.gone | {value for value, session in made if value not in session.collectors}


# --- making one -------------------------------------------------------------------------------------------------------


@fault_condition("collector.unknown-filter", "InvalidArgument", "InvalidRequest")
def filter_is_unknown(_belief: Belief, call: CreatesCollector) -> bool | None:
    """The page: "If the filter is null or unknown": a filter of a type that the method does not know."""
    return isinstance(call, CreateCollectorForTasks) and call.form == "unknown"


@fault_condition("collector.malformed-filter", "InvalidRequest", "InvalidArgument")
def filter_lacks_a_part(_belief: Belief, call: CreatesCollector) -> bool | None:
    """A part of the filter lacks a required field: ByTime without timeType (EV 2.24)."""
    return call.filter is not None and call.filter.time is not None and call.filter.time.time_type is None


@fault_condition("filter.entity-unknown", "MethodFault")
def entity_is_unknown(belief: Belief, call: CreatesCollector) -> bool | None:
    """The entity does not exist: the call may fault, or the collector holds nothing."""
    by = call.filter.entity if call.filter is not None else None
    if by is None:
        return False
    return False if by.entity.value in belief.declaration.parents else None


def _may_be_gone(belief: Belief, session: str, starter: ObjectRef) -> bool:
    """Return True if an alarm or a scheduled task may be gone, or hidden from a session: it is not known to exist; it
    was removed; or its entity, or something above that, was destroyed."""
    known = belief.extensions.origins
    made = known.starters.get(known.started.get(starter.value, ""), ())
    entity = next((one.entity.value for one in made if one.ref == starter), None)
    if entity is None or starter.value in belief.gone or not belief.is_full(session):
        return True
    return any(one == entity or is_below(belief, entity, one) is not False for one in belief.gone)


@fault_condition("filter.alarm", "MethodFault")
def alarm_may_be_gone(belief: Belief, call: CreatesCollector) -> bool | None:
    """The alarm was removed, or may have been: "a request refers to a managed object that no longer exists"; or the
    call succeeds."""
    alarm = call.filter.alarm if call.filter is not None else None
    return None if alarm is not None and _may_be_gone(belief, call.session, alarm) else False


@fault_condition("filter.scheduled", "MethodFault")
def scheduled_task_may_be_gone(belief: Belief, call: CreatesCollector) -> bool | None:
    """The scheduled task was removed, or may have been."""
    scheduled = call.filter.scheduled_task if call.filter is not None else None
    return None if scheduled is not None and _may_be_gone(belief, call.session, scheduled) else False


@fault_condition("filter.time-reversed", "MethodFault")
def range_is_reversed(_belief: Belief, call: CreatesCollector) -> bool | None:
    """The range begins after its end: the call may fault, or the collector holds nothing."""
    return None if call.filter is not None and is_reversed(call.filter.time) else False


@fault_condition("filter.user-spelling", "MethodFault")
def user_is_spelled_otherwise(belief: Belief, call: CreatesCollector) -> bool | None:
    """No user has a name that is listed, as the server spells it: the call may fault."""
    by = call.filter.user_name if call.filter is not None else None
    if by is None:
        return False
    known = {account.user_name for account in belief.declaration.accounts}
    return None if not set(by.user_list) <= known else False


@fault_condition("filter.entity-privilege", "SecurityError")
def entity_is_hidden(belief: Belief, call: CreatesCollector) -> bool | None:
    """ByEntity.entity requires System.View on that entity."""
    by = call.filter.entity if call.filter is not None else None
    session = belief.session_of(call.session)
    if by is None or session is None or belief.is_full(call.session):
        return False
    if session.account != "restricted":
        return None
    return "hidden" in belief.declaration.roles.get(by.entity.value, frozenset()) or None


@fault_condition("collector.info-filter-ids", "MethodFault")
def ids_may_be_refused(_belief: Belief, call: CreatesCollector) -> bool | None:
    """descriptionIds are given, with or without removeAll: the page contradicts itself on filterIn, so a fault is
    allowed."""
    given = getattr(call, "info_filter", None)
    return None if given is not None and given.description_ids else False


def asks_for_a_part(_belief: Belief, call: CreatesCollector) -> bool:
    """Return True if a create has a filter or an info filter: otherwise only the collector limit can fault."""
    return bool(call.filter != EVERYTHING or call.__class__ is not CreateCollectorForTasks or call.form != "typed")


CREATE: Final = only(
    asks_for_a_part,
    ids_may_be_refused,
    filter_is_unknown,
    filter_lacks_a_part,
    entity_is_unknown,
    alarm_may_be_gone,
    scheduled_task_may_be_gone,
    range_is_reversed,
    user_is_spelled_otherwise,
    entity_is_hidden,
)


@open_clause("filter.entity-unknown")
def outcome_of_unknown_entity(_belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """An entity that never existed: the create is refused. If it is not, a scan tells."""
    by = call.filter.entity if call.filter is not None else None
    if by is None or not isinstance(outcome, Faulted) or not _is_nowhere(_belief, by.entity):
        return None
    return _for_its_filter(outcome)


def _for_its_filter(outcome: Faulted) -> tuple[str, ...] | None:
    """Interpret the fault of a create: it is about the filter, unless it is about the limit or a privilege."""
    return ("refused",) if not outcome.fault.is_a("InvalidState", "SecurityError") else None


def _is_nowhere(belief: Belief, entity: ObjectRef) -> bool:
    """Return True if an entity is declared as one that never existed."""
    return "nowhere" in belief.declaration.roles.get(entity.value, frozenset())


@open_clause("filter.time-reversed")
def outcome_of_reversed_range(_belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """A range that begins after its end: the create is refused. If it is not, a scan tells."""
    if not isinstance(outcome, Faulted) or call.filter is None or not is_reversed(call.filter.time):
        return None
    return _for_its_filter(outcome)


@open_clause("filter.user-spelling")
def outcome_of_other_spelling(belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """A name in another spelling than the server's: the create is refused. If it is not, a scan tells."""
    if not isinstance(outcome, Faulted) or user_is_spelled_otherwise(belief, call) is False:
        return None
    return _for_its_filter(outcome)


@open_clause("collector.info-filter-ids")
def refusal_of_the_ids(belief: Belief, call: CreatesCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """descriptionIds: the create is refused. If it is not, the results of items tell."""
    if not isinstance(outcome, Faulted) or ids_may_be_refused(belief, call) is False:
        return None
    return _for_its_filter(outcome)


OPEN_CLAUSES: Final[tuple[CallOpenClause[CreatesCollector], ...]] = only(
    asks_for_a_part,
    outcome_of_unknown_entity,
    outcome_of_reversed_range,
    outcome_of_other_spelling,
    refusal_of_the_ids,
)


def promised_by(belief: Belief, call: CreatesCollector) -> str:
    """Choose the clause that a create breaks by faulting for no documented reason: one on its filter, or one on
    places."""
    parts = parts_of(call.filter) if call.filter is not None else ()
    if not parts:
        return limit.broken_promise(belief, call)
    return "filter.and" if len(parts) > 1 else clause_of(parts[0])


def blamed_by(belief: Belief, call: CreatesCollector, fault: Fault) -> str | None:
    """Choose the clause that a fault breaks which can only be about places, whatever the filter: "" for another fault,
    None if several clauses could be broken."""
    return (limit.broken_promise(belief, call) or None) if fault.is_a("InvalidState") else ""


def judge_created(belief: Belief, call: CreatesCollector, _answer: object, _at: Interval) -> Iterable[Finding]:
    """Judge a successful create: it exercises one of the clauses on the limit."""
    clause = limit.place_is_given.decide(belief, call)
    if clause is not None:
        yield held_of(clause)


def advance_create(belief: Belief, call: CreatesCollector, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Remember a new collector, and count it."""
    before = belief
    belief = limit.advance_create_collector(belief, call, outcome, refused)
    value = outcome.value if isinstance(outcome, Returned) else None
    account = belief.account_of(call.session)
    if not isinstance(value, ObjectRef) or account is None:
        return belief
    spec = call.filter if call.filter is not None else EVERYTHING
    collector = Collector(
        ref=value.value,
        session=call.session,
        account=account,
        spec=spec,
        info_filter=_info_filter_of(call),
        made_seq=before.seq,
        made_at=outcome.at,
        settled=is_settled(belief, outcome.at),
        matched_when_made=_inside(belief, spec),
        scan=Scan(kind="fresh", changed_seq=belief.changed_seq),
    )
    return with_collector(disturb_others(belief, value.value), collector)


def _info_filter_of(call: CreatesCollector) -> TaskInfoFilterSpec | None:
    """Return the info filter of a create. The method that takes one treats none as an empty one."""
    if not isinstance(call, CreateCollectorWithInfoFilterForTasks):
        return None
    return call.info_filter if call.info_filter is not None else TaskInfoFilterSpec()


def _inside(belief: Belief, spec: TaskFilterSpec) -> frozenset[str]:
    """Return our tasks that are in one of a filter's states now."""
    if not spec.state or len(belief.tasks) > MOST_SCANNED:
        return frozenset()
    return frozenset(value for value, record in belief.tasks.items() if record.state in spec.state)


def is_settled(belief: Belief, at: Interval) -> bool:
    """Return True if the settling time has passed since the last change."""
    return belief.changed_at + belief.declaration.settling * SECOND <= at.earliest


def with_collector(belief: Belief, collector: Collector) -> Belief:
    """Return the belief with one collector replaced."""
    history = belief.history
    collectors, under_way = history.collectors.set(collector.ref, collector), history.under_way
    if is_under_way(collector) != (collector.ref in under_way):
        under_way ^= {collector.ref}
    return evolve(belief, history=evolve(history, collectors=collectors, under_way=under_way))


def is_under_way(collector: Collector) -> bool:
    """Return True if some pages of a collector have been read, and not all."""
    return bool(collector.scan.pages) and not collector.scan.ended


# --- the filter property ----------------------------------------------------------------------------------------------


def is_same_filter(one: TaskFilterSpec, other: TaskFilterSpec) -> bool:
    """Return True if two filters are equal: lists as sets, times to a millisecond."""
    return all(_is_same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)


def _is_same(one: object, other: object) -> bool:
    """Return True if a part of a filter equals another. A time may be cut to a millisecond, or rounded."""
    if not isinstance(one, ByTime) or not isinstance(other, ByTime):
        return _plain(one) == _plain(other)
    times = ((one.begin_time, other.begin_time), (one.end_time, other.end_time))
    return one.time_type == other.time_type and all(
        given is told or (given is not None and told is not None and abs(given - told) <= MILLISECOND)
        for given, told in times
    )


def _plain(value: object) -> object:
    """Return a part of a filter in a form that can be compared."""
    if isinstance(value, tuple):
        return frozenset(value)
    if isinstance(value, ByUsername):
        return (value.system_user, frozenset(value.user_list))
    return value


@rule("collector.create")
def filter_is_as_given(
    belief: Belief, call: ReadCollectorFilter, answer: Property[TaskFilterSpec], _at: Interval
) -> Said:
    """The page: "the filter used to create this collector", as it was read first. Exercised for one that is not
    empty."""
    collector = collector_of(belief, call)
    if collector is None or collector.filter_read is not None or collector.spec == EVERYTHING:
        return None
    if isinstance(answer.value, TaskFilterSpec) and is_same_filter(answer.value, collector.spec):
        return True
    demand = MustAnswer(property="the filter given", value=collector.spec)
    return Divergence(
        demand=demand,
        observed=f"filter is {given_parts(answer.value)}",
        situation=_differing(collector.spec, answer.value),
    )


@rule("collector.filter-fixed")
def filter_is_as_before(
    belief: Belief, call: ReadCollectorFilter, answer: Property[TaskFilterSpec], _at: Interval
) -> Said:
    """The filter "used to create" a collector does not change in its life."""
    collector = collector_of(belief, call)
    if collector is None or collector.filter_read is None:
        return None
    if isinstance(answer.value, TaskFilterSpec) and is_same_filter(answer.value, collector.filter_read):
        return True if collector.scan.pages else None
    demand = MustAnswer(property="the filter given", value=collector.filter_read)
    return Divergence(demand=demand, observed=f"filter is {given_parts(answer.value)}", situation="changed")


def _differing(spec: TaskFilterSpec, told: TaskFilterSpec | None) -> str:
    """Return the first part in which a filter that was read differs from the one given, as a situation."""
    if told is None:
        return "absent"
    return next(name for name in spec.__struct_fields__ if not _is_same(getattr(spec, name), getattr(told, name)))


def advance_read_filter(
    belief: Belief, call: ReadCollectorFilter, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Remember the first answer, to compare later ones with it. A scan under way was disturbed."""
    collector = collector_of(belief, call)
    if collector is None or not isinstance(outcome, Returned) or not isinstance(outcome.value, Property):
        return belief
    value = outcome.value.value
    told = (
        collector.filter_read if collector.filter_read is not None or not isinstance(value, TaskFilterSpec) else value
    )
    return with_collector(belief, evolve(collector, filter_read=told, scan=disturbed(collector.scan, "own")))


def disturbed(scan: Scan, by: str) -> Scan:
    """Return a scan after something came between its pages."""
    if not scan.pages or scan.ended or by in scan.disturbed:
        return scan
    return evolve(scan, disturbed=scan.disturbed | {by})


def disturb_others(belief: Belief, but: str) -> Belief:
    """Note that a collector was made, read, set or destroyed: scans of others that are under way were disturbed."""
    for ref in belief.history.under_way - {but}:
        other = belief.history.collectors[ref]
        belief = with_collector(belief, evolve(other, scan=disturbed(other.scan, "other")))
    return belief


# --- destroying one ---------------------------------------------------------------------------------------------------


def advance_destroy(belief: Belief, call: DestroyCollector, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Forget a destroyed collector; it no longer counts."""
    belief = limit.advance_destroy_collector(belief, call, outcome, refused)
    history = belief.history
    if isinstance(outcome, Faulted) or value_of(call) not in history.collectors:
        return belief
    gone = evolve(
        history,
        collectors=history.collectors.delete(value_of(call)),
        under_way=history.under_way - {value_of(call)},
        destroyed_seq=belief.seq,
    )
    return disturb_others(evolve(belief, history=gone), value_of(call))


_CREATE: Final = Method[CreatesCollector, ObjectRef](
    succeeds=promised_by,
    advance=advance_create,
    fault_conditions=(*access.ACCESS, *limit.CREATE, *CREATE),
    open_clauses=(*limit.OPEN_CLAUSES, *OPEN_CLAUSES),
    judge=judge_created,
    judge_fault=limit.exercised_by_fault,
    blames=blamed_by,
)

ON_FILTER: Final = (filter_is_as_given, filter_is_as_before)

METHODS: Final[dict[type, AnyMethod]] = {
    CreateCollectorForTasks: replace(_CREATE, checks=(limit.place_is_given,)),
    CreateCollectorWithInfoFilterForTasks: _CREATE,
    CreateCollectorForEvents: Method[CreateCollectorForEvents, object](
        succeeds=always("limit.events-shared"),
        advance=limit.advance_create_event_collector,
        fault_conditions=(*access.ACCESS, limit.events_may_be_full),
    ),
    ReadCollectorFilter: Method[ReadCollectorFilter, Property[TaskFilterSpec]](
        succeeds=always("collector.create"),
        advance=advance_read_filter,
        fault_conditions=(*access.ACCESS, *GONE),
        open_clauses=(users_of_a_collector,),
        blames=lost_its_collector,
        judge=judge_by(*ON_FILTER),
        checks=ON_FILTER,
        is_read=True,
    ),
    DestroyCollector: Method[DestroyCollector, object](
        succeeds=always("limit.destroy-frees"),
        advance=advance_destroy,
        fault_conditions=(
            *access.ACCESS,
            collector_is_destroyed_already,
            its_session_has_ended,
            another_session_made_it,
        ),
        blames=lost_its_collector,
    ),
}
"""The methods that make, describe and destroy collectors."""
