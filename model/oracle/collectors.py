"""HistoryCollector: making and destroying task history collectors, and what their filter property says.

"Typically, a client creates a history collector by using a filter on a potentially large set." A collector "does not
persist beyond the current client session"; whether other live sessions can use it, the pages do not say. How many there
may be is the business of `limit`, what one holds of `filters`, how it is read of `pages` and `latest`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle import access, limit
from taskconform.model.oracle.belief_history import Collector, Pass
from taskconform.model.oracle.filters import EVERYTHING, clause_of, is_below, is_reversed, parts_of
from taskconform.model.oracle.findings import Departure, MustAnswer, Said, given_parts, only, question, refusal, rule
from taskconform.model.oracle.method import Method, always, held_of, judge_rules
from taskconform.model.vocabulary.calls import (
    ByTime,
    CreateCollectorForEvents,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    DestroyCollector,
    ObjectRef,
    ReadCollectorFilter,
    TaskFilterSpec,
    TaskInfoFilterSpec,
)
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.findings import Finding
    from taskconform.model.vocabulary.outcomes import Fault, Interval

MOST_SCANNED: Final = 1_000
"""Of how many tasks at most the states are noted when a collector that filters by state is made."""

MILLISECOND: Final = 1_000


# --- the collector that a call is about -------------------------------------------------------------------------------


def value_of(call: Any) -> str:
    """The reference value of the collector that a call is about."""
    return str(call.collector.value)


def collector_of(world: World, call: Any) -> Collector | None:
    """The collector that a call is about, as far as it is known."""
    return world.history.collectors.get(value_of(call))


def _state_of(world: World, call: Any) -> str:
    """`alive`, `destroyed`, `ended` (with its session), or "" where that is not known."""
    owner = world.collectors.get(value_of(call))
    if owner is None:
        return ""
    session = world.sessions[owner]
    if session.unsure:
        return ""
    if value_of(call) in session.collectors:
        return "alive"
    return "destroyed" if session.live else "ended"


@refusal("collector.destroyed", "ManagedObjectNotFound")
def collector_is_destroyed(world: World, call: Any) -> bool | None:
    """Any use after DestroyCollector. Open for a collector of which nothing is known."""
    state = _state_of(world, call)
    return None if not state else state == "destroyed"


@refusal("collector.destroy-twice", "ManagedObjectNotFound")
def collector_is_destroyed_already(world: World, call: DestroyCollector) -> bool | None:
    """A second DestroyCollector."""
    state = _state_of(world, call)
    return None if not state else state == "destroyed"


@refusal("collector.session-bound", "MethodFault")
def its_session_has_ended(world: World, call: Any) -> bool | None:
    """The page: "A TaskHistoryCollector does not persist beyond the current client session": any use by a later one
    faults. Which fault, the page does not say."""
    state = _state_of(world, call)
    return None if not state else state == "ended"


@refusal("collector.private", "MethodFault")
def another_session_made_it(world: World, call: Any) -> bool | None:
    """Whether another live session can use a collector is open."""
    owner = world.collectors.get(value_of(call))
    return None if owner not in {None, call.session} and _state_of(world, call) != "ended" else False


@question("collector.private")
def who_can_use_it(world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """Another live session uses a collector that is there: nobody but its session can, or those of the same user."""
    owner = world.collectors.get(value_of(call))
    if owner is None or owner == call.session or _state_of(world, call) != "alive":
        return None
    if not world.logged_in(call.session) or not world.is_full(call.session):
        return None
    same = world.account_of(owner) == world.account_of(call.session)
    if isinstance(outcome, Returned):
        shown = outcome.value if isinstance(outcome.value, Property) else None
        if shown is not None and shown.value is None and shown.missing is None:
            return None  # a property that is absent tells nothing
        if shown is None or shown.missing is None:
            return ("usable", "same-user") if same else ("usable",)
    return ("refused",) if same else ("refused", "same-user")


GONE: Final = (collector_is_destroyed, its_session_has_ended, another_session_made_it)
"""The refusals of every method of a collector but DestroyCollector."""


def lost_its_collector(world: World, call: Any, fault: Fault) -> str:
    """A collector that is alive is not found, and others were destroyed since it was made: DestroyCollector destroys
    the one that it names, and no other."""
    collector = world.history.collectors.get(value_of(call))
    if collector is None or collector.session != call.session or not fault.is_a("ManagedObjectNotFound"):
        return ""
    return "collector.destroyed" if world.history.destroyed_seq > collector.made_seq else ""


# --- making one -------------------------------------------------------------------------------------------------------


@refusal("collector.unknown-filter", "InvalidArgument", "InvalidRequest")
def filter_is_unknown(_world: World, call: Any) -> bool | None:
    """The page: "If the filter is null or unknown": a filter of a type that the method does not know."""
    return isinstance(call, CreateCollectorForTasks) and call.form == "unknown"


@refusal("collector.malformed-filter", "InvalidRequest", "InvalidArgument")
def filter_lacks_a_part(_world: World, call: Any) -> bool | None:
    """A part that lacks a required field: ByTime without timeType (EV 2.24)."""
    return call.filter is not None and call.filter.time is not None and call.filter.time.time_type is None


@refusal("filter.entity-unknown", "MethodFault")
def entity_is_unknown(world: World, call: Any) -> bool | None:
    """An entity that does not exist may be refused, or nothing is held."""
    by = call.filter.entity if call.filter is not None else None
    if by is None:
        return False
    return False if by.entity.value in world.declaration.parents else None


def _may_be_gone(world: World, session: str, starter: Any) -> bool:
    """Whether an alarm or a scheduled task may be gone, or hidden from a session: it is not known to be there; it was
    removed; or its entity was destroyed, or something that it may be in, which takes it along."""
    known = world.extensions.origins
    made = known.starters.get(known.started.get(starter.value, ""), ())
    entity = next((one.entity.value for one in made if one.ref == starter), None)
    if entity is None or starter.value in world.gone or not world.is_full(session):
        return True
    return any(one == entity or is_below(world, entity, one) is not False for one in world.gone)


@refusal("filter.alarm", "MethodFault")
def alarm_may_be_gone(world: World, call: Any) -> bool | None:
    """An alarm that is removed, or may be: "a request refers to a managed object that no longer exists"; or nothing
    more comes to be held."""
    alarm = call.filter.alarm if call.filter is not None else None
    return None if alarm is not None and _may_be_gone(world, call.session, alarm) else False


@refusal("filter.scheduled", "MethodFault")
def scheduled_task_may_be_gone(world: World, call: Any) -> bool | None:
    """The same, of a scheduled task."""
    scheduled = call.filter.scheduled_task if call.filter is not None else None
    return None if scheduled is not None and _may_be_gone(world, call.session, scheduled) else False


@refusal("filter.time-reversed", "MethodFault")
def range_is_reversed(_world: World, call: Any) -> bool | None:
    """A range that begins after its end may be refused, or nothing is held."""
    return None if call.filter is not None and is_reversed(call.filter.time) else False


@refusal("filter.user-spelling", "MethodFault")
def user_is_spelled_otherwise(world: World, call: Any) -> bool | None:
    """A name that no user has, as the server spells them, may be refused."""
    by = call.filter.user_name if call.filter is not None else None
    if by is None:
        return False
    known = {account.user_name for account in world.declaration.accounts}
    return None if not set(by.user_list) <= known else False


@refusal("filter.entity-privilege", "SecurityError")
def entity_is_hidden(world: World, call: Any) -> bool | None:
    """ByEntity.entity asks for System.View: on that entity."""
    by = call.filter.entity if call.filter is not None else None
    session = world.session_of(call.session)
    if by is None or session is None or world.is_full(call.session):
        return False
    if session.account != "restricted":
        return None
    return "hidden" in world.declaration.roles.get(by.entity.value, frozenset()) or None


@refusal("collector.info-filter-ids", "MethodFault")
def ids_may_be_refused(_world: World, call: Any) -> bool | None:
    """descriptionIds, with filterIn or without it: the reference contradicts itself, so a fault is allowed."""
    given = getattr(call, "info_filter", None)
    return None if given is not None and given.description_ids and not given.remove_all else False


def asks_for_a_part(_world: World, call: Any) -> bool:
    """Whether a create says anything of what is to be held: else only places can be the matter."""
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


@question("filter.entity-unknown")
def what_an_unknown_entity_does(_world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """An entity that never existed: the create is refused. If not, what is held tells."""
    by = call.filter.entity if call.filter is not None else None
    if by is None or not isinstance(outcome, Faulted) or not _is_nowhere(_world, by.entity):
        return None
    return _for_its_filter(outcome)


def _for_its_filter(outcome: Faulted) -> tuple[str, ...] | None:
    """A create was refused: for its filter, if it was not for want of a place or of a privilege."""
    return ("refused",) if not outcome.fault.is_a("InvalidState", "SecurityError") else None


def _is_nowhere(world: World, entity: Any) -> bool:
    """Whether an entity is declared as one that never existed."""
    return "nowhere" in world.declaration.roles.get(entity.value, frozenset())


@question("filter.time-reversed")
def what_a_reversed_range_does(_world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """A range that begins after its end: the create is refused. If not, what is held tells."""
    if not isinstance(outcome, Faulted) or call.filter is None or not is_reversed(call.filter.time):
        return None
    return _for_its_filter(outcome)


@question("filter.user-spelling")
def what_another_spelling_does(world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """A name spelled otherwise than the server does: the create is refused. If not, what is held tells."""
    if not isinstance(outcome, Faulted) or user_is_spelled_otherwise(world, call) is False:
        return None
    return _for_its_filter(outcome)


@question("collector.info-filter-ids")
def whether_the_ids_are_refused(world: World, call: Any, outcome: Outcome) -> tuple[str, ...] | None:
    """descriptionIds: the create is refused. If not, the items' results tell."""
    if not isinstance(outcome, Faulted) or ids_may_be_refused(world, call) is False:
        return None
    return _for_its_filter(outcome)


QUESTIONS: Final = only(
    asks_for_a_part,
    what_an_unknown_entity_does,
    what_a_reversed_range_does,
    what_another_spelling_does,
    whether_the_ids_are_refused,
)


def promised_by(world: World, call: Any) -> str:
    """What a create that faults for no documented reason breaks: what is said of its filter, or of places."""
    parts = parts_of(call.filter) if call.filter is not None else ()
    if not parts:
        return limit.broken_promise(world, call)
    return "filter.and" if len(parts) > 1 else clause_of(parts[0])


def judge_created(world: World, call: Any, _answer: object, _at: Interval) -> Iterable[Finding]:
    """A collector was handed out: whose promise of a place was kept?"""
    clause = limit.place_is_given(world, call)
    if clause is not None:
        yield held_of(clause)


def advance_create(world: World, call: Any, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """A collector is known from now on, and counted."""
    before = world
    world = limit.advance_create_collector(world, call, outcome, refused)
    value = outcome.value if isinstance(outcome, Returned) else None
    account = world.account_of(call.session)
    if not isinstance(value, ObjectRef) or account is None:
        return world
    spec = call.filter if call.filter is not None else EVERYTHING
    collector = Collector(
        ref=value.value,
        session=call.session,
        account=account,
        spec=spec,
        info_filter=_info_filter_of(call),
        made_seq=before.seq,
        made_at=outcome.at,
        settled=is_settled(world, outcome.at),
        inside=_inside(world, spec),
        reading=Pass(kind="fresh", changed_seq=world.changed_seq),
    )
    return keep(disturb_others(world, value.value), collector)


def _info_filter_of(call: Any) -> TaskInfoFilterSpec | None:
    """The info filter of a create; none, given to the method that takes one, is as good as an empty one."""
    if not isinstance(call, CreateCollectorWithInfoFilterForTasks):
        return None
    return call.info_filter if call.info_filter is not None else TaskInfoFilterSpec()


def _inside(world: World, spec: TaskFilterSpec) -> frozenset[str]:
    """Our tasks that are in one of a filter's states now."""
    if not spec.state or len(world.tasks) > MOST_SCANNED:
        return frozenset()
    return frozenset(value for value, record in world.tasks.items() if record.state in spec.state)


def is_settled(world: World, at: Interval) -> bool:
    """Whether all that changed before has had the settling time."""
    return world.changed_at + world.declaration.settling * SECOND <= at.earliest


def keep(world: World, collector: Collector) -> World:
    """The world, with what is known of one collector replaced."""
    history = world.history
    collectors, under_way = history.collectors.set(collector.ref, collector), history.under_way
    if is_under_way(collector) != (collector.ref in under_way):
        under_way ^= {collector.ref}
    return evolve(world, history=evolve(history, collectors=collectors, under_way=under_way))


def is_under_way(collector: Collector) -> bool:
    """Whether some pages of a collector have been read, and not all."""
    return bool(collector.reading.pages) and not collector.reading.ended


# --- the filter property ----------------------------------------------------------------------------------------------


def is_same_filter(one: TaskFilterSpec, other: TaskFilterSpec) -> bool:
    """Equal: lists as sets, times as instants to a millisecond."""
    return all(_is_same(getattr(one, name), getattr(other, name)) for name in one.__struct_fields__)


def _is_same(one: Any, other: Any) -> bool:
    """Whether a part of a filter equals another. A time may be cut to a millisecond, or rounded."""
    if not isinstance(one, ByTime) or not isinstance(other, ByTime):
        return bool(_plain(one) == _plain(other))
    times = ((one.begin_time, other.begin_time), (one.end_time, other.end_time))
    return one.time_type == other.time_type and all(
        given is told or (given is not None and told is not None and abs(given - told) <= MILLISECOND)
        for given, told in times
    )


def _plain(value: Any) -> Any:
    """A part of a filter in a form that compares."""
    if isinstance(value, tuple):
        return frozenset(value)
    if hasattr(value, "user_list"):
        return (value.system_user, frozenset(value.user_list))
    return value


@rule("collector.create")
def filter_is_as_given(world: World, call: ReadCollectorFilter, answer: Property[Any], _at: Interval) -> Said:
    """The page: "the filter used to create this collector", as it was read first. Live for one that is not empty."""
    collector = collector_of(world, call)
    if collector is None or collector.told is not None or collector.spec == EVERYTHING:
        return None
    if isinstance(answer.value, TaskFilterSpec) and is_same_filter(answer.value, collector.spec):
        return True
    demand = MustAnswer(property="the filter given", value=collector.spec)
    return Departure(
        demand=demand,
        observed=f"filter is {given_parts(answer.value)}",
        situation=_differing(collector.spec, answer.value),
    )


@rule("collector.filter-fixed")
def filter_is_as_before(world: World, call: ReadCollectorFilter, answer: Property[Any], _at: Interval) -> Said:
    """The filter "used to create" a collector does not change in its life."""
    collector = collector_of(world, call)
    if collector is None or collector.told is None:
        return None
    if isinstance(answer.value, TaskFilterSpec) and is_same_filter(answer.value, collector.told):
        return True if collector.reading.pages else None
    demand = MustAnswer(property="the filter given", value=collector.told)
    return Departure(demand=demand, observed=f"filter is {given_parts(answer.value)}", situation="changed")


def _differing(spec: TaskFilterSpec, told: TaskFilterSpec | None) -> str:
    """The first part in which a filter, as it was told, differs from the one given, as a situation."""
    if told is None:
        return "absent"
    return next(name for name in spec.__struct_fields__ if not _is_same(getattr(spec, name), getattr(told, name)))


def advance_read_filter(world: World, call: ReadCollectorFilter, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """The first answer is what later ones are held to."""
    collector = collector_of(world, call)
    if collector is None or not isinstance(outcome, Returned) or not isinstance(outcome.value, Property):
        return world
    value = outcome.value.value
    told = collector.told if collector.told is not None or not isinstance(value, TaskFilterSpec) else value
    return keep(world, evolve(collector, told=told, reading=disturbed(collector.reading, "own")))


def disturbed(reading: Pass, by: str) -> Pass:
    """A pass, after something came between its pages."""
    if not reading.pages or reading.ended or by in reading.disturbed:
        return reading
    return evolve(reading, disturbed=reading.disturbed | {by})


def disturb_others(world: World, but: str) -> World:
    """A collector was made, read, set or destroyed: passes of the others that are under way were disturbed."""
    for ref in world.history.under_way - {but}:
        other = world.history.collectors[ref]
        world = keep(world, evolve(other, reading=disturbed(other.reading, "other")))
    return world


# --- destroying one ---------------------------------------------------------------------------------------------------


def advance_destroy(world: World, call: DestroyCollector, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """A destroyed collector holds no place, and is not known any more."""
    world = limit.advance_destroy_collector(world, call, outcome, refused)
    history = world.history
    if isinstance(outcome, Faulted) or value_of(call) not in history.collectors:
        return world
    gone = evolve(
        history,
        collectors=history.collectors.delete(value_of(call)),
        under_way=history.under_way - {value_of(call)},
        destroyed_seq=world.seq,
    )
    return disturb_others(evolve(world, history=gone), value_of(call))


_CREATE: Final = Method(
    succeeds=promised_by,
    advance=advance_create,
    refusals=(*access.ACCESS, *limit.CREATE, *CREATE),
    questions=(*limit.QUESTIONS, *QUESTIONS),
    judge=judge_created,
    judge_fault=limit.enforced,
)

ON_FILTER: Final = (filter_is_as_given, filter_is_as_before)

METHODS: Final[dict[type, Method]] = {
    CreateCollectorForTasks: _CREATE,
    CreateCollectorWithInfoFilterForTasks: _CREATE,
    CreateCollectorForEvents: Method(
        succeeds=always("limit.events-shared"),
        advance=limit.advance_create_event_collector,
        refusals=(*access.ACCESS, limit.events_may_be_full),
    ),
    ReadCollectorFilter: Method(
        succeeds=always("collector.create"),
        advance=advance_read_filter,
        refusals=(*access.ACCESS, *GONE),
        questions=(who_can_use_it,),
        blames=lost_its_collector,
        judge=judge_rules(*ON_FILTER),
        checks=ON_FILTER,
        is_read=True,
    ),
    DestroyCollector: Method(
        succeeds=always("limit.destroy-frees"),
        advance=advance_destroy,
        refusals=(*access.ACCESS, collector_is_destroyed_already, its_session_has_ended, another_session_made_it),
        blames=lost_its_collector,
    ),
}
"""The methods that make, describe and destroy collectors."""
