"""PropertyCollector: collectors of one's own, their filters, their versions, and waits that are broken off.

"Because this state is per-session … when a session terminates, the associated PropertyCollector filters are
automatically destroyed." What the update sets of a wait must say is in `updates`; list views are in `views`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access, sessions, updates, views, waits
from taskconform.model.oracle.belief_watch import ALIVE, DESTROYED, ENDED, PropertyCollector, PropertyFilter
from taskconform.model.oracle.findings import Departure, MustAnswer, Said, refusal, rule
from taskconform.model.oracle.method import Method, always, judge_rules
from taskconform.model.oracle.owned import OWN, UNPRIVILEGED, advance_destroy, kept
from taskconform.model.oracle.standing import exists
from taskconform.model.vocabulary.calls import (
    BreakOffWait,
    CreateFilter,
    CreatePropertyCollector,
    DestroyPropertyCollector,
    DestroyPropertyFilter,
    ObjectRef,
    RetrieveReported,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import Lost, Outcome, Returned, UpdateSet
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.outcomes import Interval

# --- collectors of one's own ------------------------------------------------------------------------------------------


def advance_create_collector(
    world: World, call: CreatePropertyCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """The page: "Exists until it is destroyed … or until the session on which the PropertyCollector was created
    is closed"."""
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, ObjectRef):
        return world
    return kept(world, "collectors", outcome.value.value, PropertyCollector(session=call.session))


def _collector_of(world: World, call: WaitForUpdatesEx | BreakOffWait | CreateFilter) -> PropertyCollector | None:
    """The collector that a method is called on, if we made it."""
    return world.watched.collectors.get(call.collector.value)


# --- CreateFilter -----------------------------------------------------------------------------------------------------


def _resolves(world: World, session: str, ref: ObjectRef) -> bool | None:
    """Whether a filter's object can be resolved: a task, or a list view of the same session."""
    view = world.watched.views.get(ref.value)
    if view is None:
        return exists(world, session, ref)
    if view.fate in {DESTROYED, ENDED}:
        return False
    return True if view.fate == ALIVE and view.session == session and world.logged_in(session) else None


@refusal("watch.missing-strict", "ManagedObjectNotFound")
def something_is_missing(world: World, call: CreateFilter) -> bool | None:
    """The page: "If false or unset and objectSet refers to missing objects, filter creation will fail"; if true, it
    "will not fail", where the server is new enough to know the flag."""
    there = [_resolves(world, call.session, ref) for ref in call.watched]
    if not there or (call.report_missing and world.declaration.api_version < (4, 1)):
        return None
    if False in there:
        return not call.report_missing
    return None if None in there else False


@refusal("watch.missing-strict", "MethodFault")
def something_is_not_ours_to_watch(world: World, call: CreateFilter) -> bool | None:
    """Another session's view, an object that the session may not read, nothing at all: open."""
    there = [_resolves(world, call.session, ref) for ref in call.watched]
    return None if not there or None in there else False


def _filter_clause(world: World, call: CreateFilter) -> str:
    """What a filter that is refused without reason breaks."""
    if call.report_missing:
        return "watch.missing-report"
    through_view = call.watched and call.watched[0].value in world.watched.views
    return "watch.list-view" if through_view else "watch.missing-strict"


def advance_create_filter(world: World, call: CreateFilter, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """A filter is part of its collector, and has no lifetime of its own."""
    collector = _collector_of(world, call)
    if collector is None:
        return world
    value = call.collector.value
    if isinstance(outcome, Lost):
        return kept(world, "collectors", value, evolve(collector, lost=True))
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, ObjectRef):
        return world
    made = outcome.value.value
    watching = PropertyFilter(
        session=call.session,
        collector=value,
        watched=call.watched,
        made=world.seq,
        reports=call.report_missing,
    )
    collector = evolve(collector, filters=(*collector.filters, made), changed=world.seq)
    return kept(kept(world, "collectors", value, collector), "filters", made, watching)


def advance_destroy_filter(
    world: World, call: DestroyPropertyFilter, outcome: Outcome, refused: tuple[str, ...]
) -> World:
    """Its collector delivers nothing of it any more."""
    known = world.watched.filters.get(call.filter.value)
    if known is None:
        return world
    collector = evolve(world.watched.collectors[known.collector], changed=world.seq)
    return advance_destroy(kept(world, "collectors", known.collector, collector), call, outcome, refused)


# --- versions ---------------------------------------------------------------------------------------------------------


@refusal("watch.version", "InvalidCollectorVersion")
def version_was_never_given(world: World, call: WaitForUpdatesEx | BreakOffWait) -> bool | None:
    """The version "must be" the empty string, a non-truncated one that was given, or the truncated one given last. Open
    for one that is out of date, that another collector gave, or that was given before a wait that faulted or was
    lost."""
    collector, name = _collector_of(world, call), call.version
    if collector is None or not name:
        return False
    known = collector.versions.get(name)
    if known is None:
        elsewhere = any(name in other.versions for other in world.watched.collectors.values())
        return None if elsewhere or collector.lost or not world.logged_in(call.session) else True
    if known.seq < collector.shaken:
        return None
    good = {collector.last} if known.chain is not None else {collector.newest, collector.used}
    return False if name in good else None


@refusal("watch.no-wait", "MethodFault")
def options_are_illegal(_world: World, call: WaitForUpdatesEx) -> bool | None:
    """WaitOptions: of maxWaitSeconds "a negative value is illegal", of maxObjectUpdates "a value less than or equal to
    0 is illegal". No page says with which fault, nor that there is one."""
    most = call.max_object_updates
    return None if call.max_wait_seconds < 0 or (most is not None and most <= 0) else False


def _missing(world: World, watching: PropertyFilter) -> bool:
    """Whether a filter watches what never existed."""
    return any(exists(world, watching.session, ref) is False for ref in watching.watched)


@refusal("watch.missing-strict", "ManagedObjectNotFound")
def a_filter_should_not_be(world: World, call: WaitForUpdatesEx | BreakOffWait) -> bool | None:
    """A filter was made that should not have been: that it finds its objects missing only now is no second defect."""
    collector = _collector_of(world, call)
    filters = waits.filters_of(world, collector).values() if collector is not None else ()
    return None if any(not one.reports and _missing(world, one) for one in filters) else False


def _wait_clause(world: World, call: WaitForUpdatesEx) -> str:
    """What a wait that faults without reason breaks."""
    collector = _collector_of(world, call)
    known = collector.versions.get(call.version) if collector is not None else None
    if known is not None and known.yielded:
        return "watch.reuse"
    filters = waits.filters_of(world, collector).values() if collector is not None else ()
    if any(one.reports and _missing(world, one) for one in filters):
        return "watch.missing-report"
    if any(waits.view_of(world, one) is not None for one in filters):
        return "watch.list-view"
    return "watch.no-wait" if call.version else "watch.no-lost-end"


def advance_wait(
    world: World, call: WaitForUpdatesEx | BreakOffWait, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """What came back is what a client knows from then on. A fault, or a lost answer, leaves open what the versions
    given before are good for."""
    collector = _collector_of(world, call)
    if collector is None:
        return world
    answer = outcome.value if isinstance(outcome, Returned) else None
    if isinstance(outcome, Returned) and (answer is None or isinstance(answer, UpdateSet)):
        after = waits.after_answer(world, collector, call, answer)
    else:
        lost = collector.lost or isinstance(outcome, Lost)
        after = evolve(collector, shaken=world.seq, last="", lost=lost)
    return kept(world, "collectors", call.collector.value, after)


# --- waits that are broken off ----------------------------------------------------------------------------------------


def _waits(world: World, call: BreakOffWait) -> bool | None:
    """Whether the call surely waits: nothing has changed since its version. None: that is not known."""
    collector = _collector_of(world, call)
    if collector is None or version_was_never_given(world, call) is not False:
        return None
    return True if waits.nothing_has_changed(world, collector, call.version) else None


@refusal("watch.cancel-wait", "RequestCanceled")
def wait_is_cancelled(world: World, call: BreakOffWait) -> bool | None:
    """The page: "If an update calculation is not in process any waiting calls complete quickly and report a
    RequestCanceled fault."""
    return _waits(world, call) if call.by == "cancel" else False


@refusal("watch.logout-wait", "RequestCanceled", "SecurityError")
def session_is_closed(world: World, call: BreakOffWait) -> bool | None:
    """RequestCanceled "if … the session was closed … after the call was received"; or NotAuthenticated."""
    return _waits(world, call) if call.by == "logout" else False


def advance_break_off(world: World, call: BreakOffWait, outcome: Outcome, refused: tuple[str, ...]) -> World:
    """As after any wait; a logout has ended the session, too."""
    after = advance_wait(world, call, outcome, refused)
    return sessions.with_session_ended(after, call.session, outcome) if call.by == "logout" else after


# --- RetrievePropertiesEx with reportMissingObjectsInResults ----------------------------------------------------------


@refusal("session.required", "MethodFault")
def session_may_get_nothing(world: World, call: RetrieveReported) -> bool | None:
    """RetrievePropertiesEx asks for System.Anonymous: without login the objects may come, each without its property."""
    return False if world.logged_in(call.session) and world.account_of(call.session) != "outsider" else None


@refusal("watch.missing-report", "MethodFault")
def server_is_older_than_the_flag(world: World, _call: RetrieveReported) -> bool | None:
    """reportMissingObjectsInResults came with API 4.1."""
    return None if world.declaration.api_version < (4, 1) else False


@rule("watch.missing-report")
def missing_objects_are_left_out(
    world: World, call: RetrieveReported, answer: tuple[ObjectRef, ...], _at: Interval
) -> Said:
    """The page: "In a RetrieveResult missing objects will simply be omitted from the objects field"; the others are
    there."""
    said: Said = None
    for ref in call.tasks:
        there = exists(world, call.session, ref)
        if there is None:
            continue
        if (ref in (answer or ())) != there:
            demand = MustAnswer(property="holds" if there else "does not hold", value=ref)
            word = "is left out" if there else "is spoken of"
            return Departure(demand=demand, observed=f"{ref.value} {word}", situation=word)
        said = said if there else True
    return said


METHODS: Final[dict[type, Method]] = {
    **views.METHODS,
    CreatePropertyCollector: Method(
        succeeds=always("watch.list-view"), advance=advance_create_collector, refusals=access.ACCESS
    ),
    CreateFilter: Method(
        succeeds=_filter_clause,
        advance=advance_create_filter,
        refusals=(*access.ACCESS, *OWN, something_is_missing, something_is_not_ours_to_watch),
    ),
    WaitForUpdatesEx: Method(
        succeeds=_wait_clause,
        advance=advance_wait,
        refusals=(*access.ACCESS, *OWN, version_was_never_given, a_filter_should_not_be, options_are_illegal),
        judge=updates.judge_updates,
        checks=updates.RULES,
    ),
    BreakOffWait: Method(
        succeeds=lambda _world, call: f"watch.{call.by}-wait",
        advance=advance_break_off,
        refusals=(
            *access.ACCESS,
            *OWN,
            version_was_never_given,
            a_filter_should_not_be,
            wait_is_cancelled,
            session_is_closed,
        ),
    ),
    DestroyPropertyFilter: Method(
        succeeds=always("watch.destroyed"), advance=advance_destroy_filter, refusals=(*UNPRIVILEGED, *OWN)
    ),
    DestroyPropertyCollector: Method(
        succeeds=always("watch.destroyed"), advance=advance_destroy, refusals=(*access.ACCESS, *OWN)
    ),
    RetrieveReported: Method(
        succeeds=always("watch.missing-report"),
        advance=lambda world, _call, _outcome, _refused: world,
        refusals=(session_may_get_nothing, access.session_has_ended, server_is_older_than_the_flag),
        judge=judge_rules(missing_objects_are_left_out),
        checks=(missing_objects_are_left_out,),
    ),
}
"""The methods of views, property collectors and filters."""
