"""PropertyCollector: collectors of one's own, their filters, their versions, and waits that are broken off.

"Because this state is per-session … when a session terminates, the associated PropertyCollector filters are
automatically destroyed." `updates` has the checks of update sets, `views` list views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import access, latest, sessions, updates, views, waits
from taskconform.model.oracle.access import OWN, UNPRIVILEGED, advance_destroy, with_owned
from taskconform.model.oracle.belief import exists, may_read
from taskconform.model.oracle.belief_watch import ALIVE, DESTROYED, ENDED, PropertyCollector, PropertyFilter
from taskconform.model.oracle.checks import fault_condition, rule
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by, no_effect
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
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.outcomes import Interval

# --- collectors of one's own ------------------------------------------------------------------------------------------


def advance_create_collector(
    belief: Belief, call: CreatePropertyCollector, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """The page: "Exists until it is destroyed … or until the session on which the PropertyCollector was created
    is closed"."""
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, ObjectRef):
        return belief
    return with_owned(belief, "collectors", outcome.value.value, PropertyCollector(session=call.session))


def _collector_of(belief: Belief, call: WaitForUpdatesEx | BreakOffWait | CreateFilter) -> PropertyCollector | None:
    """Return the collector that a call is made on; None if it is not known."""
    return belief.watched.collectors.get(call.collector.value)


# --- CreateFilter -----------------------------------------------------------------------------------------------------


def _resolves(belief: Belief, session: str, ref: ObjectRef) -> bool | None:
    """Tell whether a filter's object can be resolved: a task, or a list view of the same session."""
    view = belief.watched.views.get(ref.value)
    if view is None:
        return exists(belief, session, ref)
    if view.fate in {DESTROYED, ENDED}:
        return False
    return True if view.fate == ALIVE and view.session == session and belief.logged_in(session) else None


@fault_condition("watch.missing-strict", "ManagedObjectNotFound")
def something_is_missing(belief: Belief, call: CreateFilter) -> bool | None:
    """The page: "If false or unset and objectSet refers to missing objects, filter creation will fail"; if true, it
    "will not fail", where the server is new enough to know the flag."""
    there = [_resolves(belief, call.session, ref) for ref in call.watched]
    if not there or (call.report_missing and belief.declaration.api_version < (4, 1)):
        return None
    if False in there:
        return not call.report_missing
    return None if None in there else False


@fault_condition("watch.missing-strict", "MethodFault")
def something_is_not_ours_to_watch(belief: Belief, call: CreateFilter) -> bool | None:
    """Another session's view, an object that the session may not read, or no object is to be watched: that is open."""
    there = [_resolves(belief, call.session, ref) for ref in call.watched]
    return None if not there or None in there else False


def _filter_clause(belief: Belief, call: CreateFilter) -> str:
    """Choose the clause that CreateFilter breaks by faulting for no documented reason."""
    if call.report_missing:
        return "watch.missing-report"
    through_view = call.watched and call.watched[0].value in belief.watched.views
    return "watch.list-view" if through_view else "watch.missing-strict"


def advance_create_filter(belief: Belief, call: CreateFilter, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember a filter, as a part of its collector."""
    collector = _collector_of(belief, call)
    if collector is None:
        return belief
    value = call.collector.value
    if isinstance(outcome, Lost):
        return with_owned(belief, "collectors", value, evolve(collector, lost=True))
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, ObjectRef):
        return belief
    made = outcome.value.value
    watching = PropertyFilter(
        session=call.session,
        collector=value,
        watched=call.watched,
        made=belief.seq,
        reports=call.report_missing,
    )
    collector = evolve(collector, filters=(*collector.filters, made), changed=belief.seq)
    return with_owned(with_owned(belief, "collectors", value, collector), "filters", made, watching)


def advance_destroy_filter(
    belief: Belief, call: DestroyPropertyFilter, outcome: Outcome, refused: tuple[str, ...]
) -> Belief:
    """Note that the collector no longer delivers updates of this filter."""
    known = belief.watched.filters.get(call.filter.value)
    if known is None:
        return belief
    collector = evolve(belief.watched.collectors[known.collector], changed=belief.seq)
    return advance_destroy(with_owned(belief, "collectors", known.collector, collector), call, outcome, refused)


# --- versions ---------------------------------------------------------------------------------------------------------


@fault_condition("watch.version", "InvalidCollectorVersion")
def version_was_never_given(belief: Belief, call: WaitForUpdatesEx | BreakOffWait) -> bool | None:
    """The version "must be" the empty string, a non-truncated one that was given, or the truncated one given last. It
    is open for one that is out of date, that another collector gave, or that was given before a wait that faulted or
    was lost."""
    collector, name = _collector_of(belief, call), call.version
    if collector is None or not name:
        return False
    known = collector.versions.get(name)
    if known is None and belief.declaration.recorded and belief.declaration.recording != "whole":
        return None  # a wait that is not recorded may have given it
    if known is None:
        elsewhere = any(name in other.versions for other in belief.watched.collectors.values())
        return None if elsewhere or collector.lost or not belief.logged_in(call.session) else True
    if known.seq < collector.failed_wait_seq:
        return None
    good = {collector.last} if known.chain is not None else {collector.newest, collector.used}
    return False if name in good else None


@fault_condition("watch.no-wait", "MethodFault")
def options_are_illegal(_belief: Belief, call: WaitForUpdatesEx) -> bool | None:
    """WaitOptions: of maxWaitSeconds "a negative value is illegal", of maxObjectUpdates "a value less than or equal to
    0 is illegal". No page names a fault."""
    most = call.max_object_updates
    return None if call.max_wait_seconds < 0 or (most is not None and most <= 0) else False


def _missing(belief: Belief, watching: PropertyFilter) -> bool:
    """Return True if a filter watches an object that never existed."""
    return any(exists(belief, watching.session, ref) is False for ref in watching.watched)


@fault_condition("watch.missing-strict", "ManagedObjectNotFound")
def a_filter_should_not_be(belief: Belief, call: WaitForUpdatesEx | BreakOffWait) -> bool | None:
    """A filter exists that CreateFilter should have refused: a fault for its missing objects is not a second
    divergence. What a wait does about a view or a history collector that is no more, or belongs to another session, or
    about a task that the session may not read, is open."""
    collector = _collector_of(belief, call)
    filters = waits.filters_of(belief, collector).values() if collector is not None else ()
    missing = any((not one.reports and _missing(belief, one)) or _is_beyond_reach(belief, one) for one in filters)
    return None if missing else False


def _is_beyond_reach(belief: Belief, watching: PropertyFilter) -> bool:
    """Return True if a filter watches something that may be no more, or not for its session."""
    return _lost_its_view(belief, watching) or any(
        _lost_its_collector(belief, watching.session, ref.value)
        or (ref.value in belief.tasks and not may_read(belief, watching.session, belief.tasks[ref.value]))
        for ref in watching.watched
    )


def _lost_its_collector(belief: Belief, session: str, value: str) -> bool:
    """Return True if this is a history collector that is no more, or another session's."""
    owner = belief.collectors.get(value)
    return owner is not None and (owner != session or value not in belief.sessions[owner].collectors)


def _lost_its_view(belief: Belief, watching: PropertyFilter) -> bool:
    """Return True if a filter watches a view that may be no more, or not for its session."""
    view = waits.view_of(belief, watching)
    return view is not None and (view.fate != ALIVE or view.session != watching.session)


def _wait_clause(belief: Belief, call: WaitForUpdatesEx) -> str:
    """Choose the clause that a wait breaks by faulting for no documented reason."""
    collector = _collector_of(belief, call)
    known = collector.versions.get(call.version) if collector is not None else None
    if known is not None and known.yielded:
        return "watch.reuse"
    filters = waits.filters_of(belief, collector).values() if collector is not None else ()
    if any(one.reports and _missing(belief, one) for one in filters):
        return "watch.missing-report"
    if any(waits.is_through_a_view(belief, one) for one in filters):
        return "watch.list-view"
    return "watch.no-wait" if call.version else "watch.no-lost-end"


def advance_wait(
    belief: Belief, call: WaitForUpdatesEx | BreakOffWait, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Remember the answer as what a client knows from then on. After a fault, or a lost answer, it is open what the
    versions given before are good for."""
    collector = _collector_of(belief, call)
    if collector is None:
        return belief
    answer = outcome.value if isinstance(outcome, Returned) else None
    if isinstance(outcome, Returned) and (answer is None or isinstance(answer, UpdateSet)):
        after = waits.after_answer(belief, collector, call, answer)
    else:
        lost = collector.lost or isinstance(outcome, Lost)
        after = evolve(collector, failed_wait_seq=belief.seq, last="", lost=lost)
    return with_owned(belief, "collectors", call.collector.value, after)


# --- waits that are broken off ----------------------------------------------------------------------------------------


def _waits(belief: Belief, call: BreakOffWait) -> bool | None:
    """Return True if the call surely waits, since nothing has changed since its version; else None."""
    collector = _collector_of(belief, call)
    if collector is None or version_was_never_given(belief, call) is not False:
        return None
    return True if waits.nothing_has_changed(belief, collector, call.version) else None


@fault_condition("watch.cancel-wait", "RequestCanceled")
def wait_is_cancelled(belief: Belief, call: BreakOffWait) -> bool | None:
    """The page: "If an update calculation is not in process any waiting calls complete quickly and report a
    RequestCanceled fault."""
    return _waits(belief, call) if call.by == "cancel" else False


@fault_condition("watch.logout-wait", "RequestCanceled", "SecurityError")
def session_is_closed(belief: Belief, call: BreakOffWait) -> bool | None:
    """RequestCanceled "if … the session was closed … after the call was received"; or NotAuthenticated."""
    return _waits(belief, call) if call.by == "logout" else False


def advance_break_off(belief: Belief, call: BreakOffWait, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Remember the answer as after any wait; a logout has ended the session, too."""
    after = advance_wait(belief, call, outcome, refused)
    return sessions.with_session_ended(after, call.session, outcome) if call.by == "logout" else after


# --- RetrievePropertiesEx with reportMissingObjectsInResults ----------------------------------------------------------


@fault_condition("session.required", "MethodFault")
def session_may_get_nothing(belief: Belief, call: RetrieveReported) -> bool | None:
    """RetrievePropertiesEx asks for System.Anonymous: without login, and after logout, objects may come, each without
    its property."""
    return False if belief.logged_in(call.session) and belief.account_of(call.session) != "outsider" else None


@fault_condition("watch.missing-report", "MethodFault")
def server_is_older_than_the_flag(belief: Belief, _call: RetrieveReported) -> bool | None:
    """reportMissingObjectsInResults came with API 4.1."""
    return None if belief.declaration.api_version < (4, 1) else False


@rule("watch.missing-report")
def missing_objects_are_left_out(
    belief: Belief, call: RetrieveReported, answer: tuple[ObjectRef, ...], _at: Interval
) -> Said:
    """The page: "In a RetrieveResult missing objects will simply be omitted from the objects field"; the others are
    there."""
    said: Said = None
    for ref in call.tasks:
        there = exists(belief, call.session, ref)
        if there is None:
            continue
        if (ref in (answer or ())) != there:
            demand = MustAnswer(property="holds" if there else "does not hold", value=ref)
            word = "is left out" if there else "is spoken of"
            return Divergence(demand=demand, observed=f"{ref.value} {word}", situation=word)
        said = said if there else True
    return said


METHODS: Final[dict[type, AnyMethod]] = {
    **views.METHODS,
    CreatePropertyCollector: Method[CreatePropertyCollector, object](
        succeeds=always("watch.list-view"), advance=advance_create_collector, fault_conditions=access.ACCESS
    ),
    CreateFilter: Method[CreateFilter, object](
        succeeds=_filter_clause,
        advance=advance_create_filter,
        fault_conditions=(*access.ACCESS, *OWN, something_is_missing, something_is_not_ours_to_watch),
    ),
    WaitForUpdatesEx: Method[WaitForUpdatesEx, UpdateSet | None](
        succeeds=_wait_clause,
        advance=advance_wait,
        fault_conditions=(*access.ACCESS, *OWN, version_was_never_given, a_filter_should_not_be, options_are_illegal),
        judge=updates.judge_updates,
        checks=(*updates.RULES, *latest.ON_UPDATE),
    ),
    BreakOffWait: Method[BreakOffWait, object](
        succeeds=lambda _belief, call: f"watch.{call.by}-wait",
        advance=advance_break_off,
        fault_conditions=(
            *access.ACCESS,
            *OWN,
            version_was_never_given,
            a_filter_should_not_be,
            wait_is_cancelled,
            session_is_closed,
        ),
    ),
    DestroyPropertyFilter: Method[DestroyPropertyFilter, object](
        succeeds=always("watch.destroyed"), advance=advance_destroy_filter, fault_conditions=(*UNPRIVILEGED, *OWN)
    ),
    DestroyPropertyCollector: Method[DestroyPropertyCollector, object](
        succeeds=always("watch.destroyed"), advance=advance_destroy, fault_conditions=(*access.ACCESS, *OWN)
    ),
    RetrieveReported: Method[RetrieveReported, tuple[ObjectRef, ...]](
        succeeds=always("watch.missing-report"),
        advance=no_effect,
        fault_conditions=(session_may_get_nothing, server_is_older_than_the_flag),
        judge=judge_by(missing_objects_are_left_out),
        checks=(missing_objects_are_left_out,),
    ),
}
"""The methods of views, property collectors and filters."""
