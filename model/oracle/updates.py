"""PropertyCollector.WaitForUpdatesEx: what the update sets must say.

"Calculate the set of updates for each existing filter." Each update must be true. When the last set of a calculation
has come, it must have delivered what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import latest
from taskconform.model.oracle.belief import (
    END_STATES,
    LIVE_STATES,
    end_before,
    exists,
    may_have_aged,
    may_read,
    states_since,
)
from taskconform.model.oracle.belief_watch import LEFT, OPEN, Key
from taskconform.model.oracle.checks import rule
from taskconform.model.oracle.findings import Divergence, Finding, MustAnswer, MustFault, Said
from taskconform.model.oracle.items import judge_items_given
from taskconform.model.oracle.method import run_checks
from taskconform.model.oracle.waits import (
    Wait,
    is_through_a_view,
    nothing_has_changed,
    surely_watched,
    view_of,
    wait_answered,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.vocabulary.calls import WaitForUpdatesEx
    from taskconform.model.vocabulary.outcomes import Interval, ObjectUpdate, UpdateSet

# --- every update -----------------------------------------------------------------------------------------------------


def _watched_by(belief: Belief, wait: Wait, update: ObjectUpdate) -> bool | None:
    """Tell whether the filter surely watches (True), or surely has not watched since the version passed in (False), the
    object that an update speaks of."""
    watching = wait.filters[update.filter.value]
    if update.obj in surely_watched(belief, watching, wait.chain.base.seq):
        return True
    view = view_of(belief, watching)
    if view is None:
        return None if update.obj in watching.watched or is_through_a_view(belief, watching) else False
    gone = view.removed.get(update.obj.value)
    return False if update.obj not in view.members and (gone is None or gone <= wait.chain.base.seq) else None


def _truth_of(belief: Belief, wait: Wait, update: ObjectUpdate) -> Said:
    """Check one update of one of our tasks."""
    record = belief.tasks.get(update.obj.value)
    watched = _watched_by(belief, wait, update)
    if record is None:
        return None
    if update.kind == "leave":
        if not watched or not exists(belief, wait.call.session, update.obj):
            return None
        demand = MustAnswer(property="not left", value=update.obj)
        return Divergence(demand=demand, observed=f"{update.obj.value} has left", situation="leave")
    if update.state is None:
        return None
    view = view_of(belief, wait.filters[update.filter.value])
    if watched is False and (view is None or view.fate != OPEN):
        demand = MustAnswer(property="not watched", value=update.obj)
        return Divergence(demand=demand, observed=f"an update of {update.obj.value}", situation="not watched")
    states = states_since(belief, record, wait.chain.base.seq)
    ended = wait.first and record.completed and update.state in LIVE_STATES
    if states is None or ended:
        return None  # an end that the first full update lacks breaks watch.no-lost-end
    if update.state in states:
        return True
    demand = MustAnswer(property="true state", value=(update.obj, tuple(sorted(states))))
    return Divergence(demand=demand, observed=f"state {update.state}", situation="state")


@rule("watch.truth")
def update_tells_the_truth(belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Said:
    """The state assigned is one that the task had between the two versions; an object that left or is missing is gone;
    an object in an update is watched."""
    said: Said = None
    for update in answer.updates if answer is not None else ():
        if update.filter.value in wait.filters:
            word = _truth_of(belief, wait, update)
            if isinstance(word, Divergence):
                return word
            said = word or said
    for ref in answer.missing if answer is not None else ():
        if exists(belief, wait.call.session, ref):
            demand = MustAnswer(property="not missing", value=ref)
            return Divergence(demand=demand, observed=f"{ref.value} is missing", situation="missing")
    return said


@rule("recent.unreadable")
def hidden_states_are_missing(belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Said:
    """The state of a task that the session may not read comes as a SecurityError kind in missingSet (N1)."""
    said: Said = None
    for update in answer.updates if answer is not None else ():
        record = belief.tasks.get(update.obj.value)
        if record is None or belief.may_read(wait.call.session, record.create.obj) is not False:
            continue
        if update.state is not None:
            demand = MustFault(kinds=("SecurityError",))
            observed = "the state of a task that the session may not read"
            return Divergence(demand=demand, observed=observed, situation="update")
        if update.missing is not None and update.missing.is_a("SecurityError"):
            said = True
    return said


# --- what a whole calculation delivers --------------------------------------------------------------------------------


def _readable(belief: Belief, wait: Wait, *, through_views: bool | None = None) -> Iterator[tuple[Key, TaskRecord]]:
    """Return our tasks that were surely watched, and may be read, when the calculation began: through a view, by name,
    or (None) either way."""
    for name, watching in wait.filters.items():
        if through_views is not None and is_through_a_view(belief, watching) != through_views:
            continue
        for ref in sorted(surely_watched(belief, watching, wait.chain.since), key=lambda one: one.value):
            record = belief.tasks.get(ref.value)
            if record is not None and may_read(belief, wait.call.session, record):
                yield (name, ref.value), record


def _undelivered(record: TaskRecord, state: str, got: str | None, situation: str, *, eventually: bool) -> Divergence:
    """Return the divergence for a state that was not delivered."""
    observed = f"{record.ref.value}: {got or 'nothing'} was delivered"
    demand = MustAnswer(property="delivers", value=(record.ref, state))
    return Divergence(demand=demand, observed=observed, situation=situation, eventually=eventually)


@rule("watch.no-lost-end")
def earlier_ends_come_first(belief: Belief, wait: Wait, _answer: UpdateSet | None, _at: Interval) -> Said:
    """A task that ended before the wait began is delivered as ended by the first full update: that from the initial
    version, with the sets that follow it."""
    if not wait.complete or not wait.first:
        return None
    said: Said = None
    for key, record in _readable(belief, wait):
        end = end_before(belief, record, wait.chain.since)
        got = wait.chain.delivered.get(key)
        if end is None or got == LEFT or (got in END_STATES and got != end):
            continue  # a wrong state breaks watch.truth
        if got == end:
            said = True
        elif got in LIVE_STATES or exists(belief, wait.call.session, record.ref):
            situation = "as live" if got in LIVE_STATES else "not at all"
            return _undelivered(record, end, got, situation, eventually=False)
    return said


def _end_is_delivered(belief: Belief, wait: Wait, key: Key, record: TaskRecord) -> Said:
    """Check that the end of a task which ended while watched, or was added to the view afterwards, is delivered by a
    deadline. A task that has left the server is reported as left instead."""
    end = end_before(belief, record, wait.chain.since)
    before, got = wait.chain.base.picture.get(key), wait.chain.delivered.get(key)
    if end is None or before == LEFT or before in END_STATES or key in wait.chain.base.yielded:
        return None  # it was delivered already, or a wrong state breaks watch.truth
    if record.operation and before not in LIVE_STATES:
        return None  # it may have ended before the version given, whose update lacked it
    if got == end:
        return True
    if got == LEFT or got in END_STATES:
        return None
    due = before in LIVE_STATES and not may_have_aged(belief, record)
    if not due and not exists(belief, wait.call.session, record.ref):
        return None
    if belief.declaration.settling and wait.call.version != wait.chain.name:
        return None  # a truncated version can't be asked twice: it is still due in the calculation after this one
    return _undelivered(record, end, got, "not delivered", eventually=True)


def _ends_are_delivered(belief: Belief, wait: Wait, *, through_views: bool) -> Said:
    """Check the ends of all tasks that are watched one way."""
    if not wait.complete or wait.first or not wait.is_sure:
        return None
    said: Said = None
    for key, record in _readable(belief, wait, through_views=through_views):
        word = _end_is_delivered(belief, wait, key, record)
        if isinstance(word, Divergence):
            return word
        said = word or said
    return said


@rule("watch.list-view")
def a_view_delivers_every_end(belief: Belief, wait: Wait, _answer: UpdateSet | None, _at: Interval) -> Said:
    """A ListView of tasks with WaitForUpdatesEx delivers every task's final state."""
    return _ends_are_delivered(belief, wait, through_views=True)


@rule("watch.no-wait")
def it_calculates_once(belief: Belief, wait: Wait, _answer: UpdateSet | None, _at: Interval) -> Said:
    """The page: "A value of 0 causes WaitForUpdatesEx to do one update calculation and return any results": the ends of
    tasks that are watched by name."""
    if wait.call.max_wait_seconds != 0:
        return None
    return _ends_are_delivered(belief, wait, through_views=False)


@rule("watch.reuse")
def a_version_yields_its_changes_again(belief: Belief, wait: Wait, _answer: UpdateSet | None, _at: Interval) -> Said:
    """The page: "Re-using a version allows a client to recover a change sequence after a transient failure on a
    previous call": an update that an earlier wait from this version delivered, and that is still true, is delivered
    again."""
    if not wait.complete or wait.first or not wait.is_sure:
        return None
    said: Said = None
    for key, record in _readable(belief, wait):
        states = states_since(belief, record, wait.chain.since)
        if key not in wait.chain.base.yielded or states is None or len(states) != 1:
            continue
        (state,) = states
        got = wait.chain.delivered.get(key)
        if state == wait.chain.base.picture.get(key) or wait.chain.base.yielded[key] == LEFT:
            continue
        if got == state:
            said = True
        elif got is None and exists(belief, wait.call.session, record.ref):
            return _undelivered(record, state, got, "not again", eventually=False)
    return said


@rule("watch.missing-report")
def missing_objects_are_reported(belief: Belief, wait: Wait, _answer: UpdateSet | None, _at: Interval) -> Said:
    """The page: "In an UpdateSet missing objects will appear in the missingSet field", once, of a filter that was made
    with reportMissingObjectsInResults."""
    if not wait.complete or not wait.is_sure:
        return None
    said: Said = None
    for watching in wait.filters.values():
        for ref in watching.watched if watching.reports and watching.made <= wait.chain.since else ():
            key = ("", ref.value)
            known = key in wait.chain.base.picture or key in wait.chain.base.yielded
            if known or exists(belief, wait.call.session, ref) is not False:
                continue
            if key not in wait.chain.delivered:
                demand = MustAnswer(property="reports missing", value=ref)
                return Divergence(demand=demand, observed=f"{ref.value} is not reported", situation="not reported")
            said = True
    return said


@rule("watch.no-wait")
def nothing_changed_is_null(belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Said:
    """maxWaitSeconds 0: "changes since the passed in version or null if there are no changes"."""
    if wait.call.max_wait_seconds != 0 or not nothing_has_changed(belief, wait.collector, str(wait.call.version)):
        return None
    if answer is None:
        return True
    situation = "updates" if answer.updates or answer.missing else "an empty set"
    return Divergence(demand=MustAnswer(property="null"), observed=situation, situation=situation)


@rule("watch.max-updates")
def a_set_is_within_its_maximum(_belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Said:
    """The page: "The maximum number of ObjectUpdate entries that should be returned in a single result". Exercised
    where a set has so many. An object that stands twice in a set counts once."""
    most = wait.call.max_object_updates
    count = len({(one.filter, one.obj) for one in answer.updates}) if answer is not None else 0
    if most is None or most < 1 or count < most:
        return None
    if count == most:
        return True
    demand = MustAnswer(property="updates at most", value=most)
    return Divergence(demand=demand, observed="more updates of objects than that", situation="more")


STALE_SETS: Final = 8
"""Truncated sets in a row that tell nothing new, after which a calculation stands still."""


@rule("watch.truncated")
def a_suspended_calculation_goes_on(_belief: Belief, wait: Wait, answer: UpdateSet | None, _at: Interval) -> Said:
    """The page: a truncated set is the result of a suspended calculation, and the next call with its version goes on.
    So sets do not follow one another for ever without anything new in them. Exercised where the last one comes."""
    if wait.complete:
        return True if wait.call.version != wait.chain.name else None
    if wait.chain.stale < STALE_SETS:
        return None
    version = answer.version if answer is not None else ""
    demand = MustAnswer(property="goes on", value=STALE_SETS)
    return Divergence(demand=demand, observed=f"nothing new, truncated again ({version})", situation="stands still")


RULES: Final = (
    update_tells_the_truth,
    hidden_states_are_missing,
    earlier_ends_come_first,
    a_view_delivers_every_end,
    it_calculates_once,
    a_version_yields_its_changes_again,
    missing_objects_are_reported,
    nothing_changed_is_null,
    a_set_is_within_its_maximum,
    a_suspended_calculation_goes_on,
)
"""Checks of an answer to WaitForUpdatesEx."""


def judge_updates(belief: Belief, call: WaitForUpdatesEx, answer: UpdateSet | None, at: Interval) -> Iterable[Finding]:
    """Judge what an update set says, and what it leaves out."""
    wait = wait_answered(belief, call, answer)
    found: list[Finding] = []
    if wait is not None:
        run_checks(RULES, belief, wait, answer, at, "WaitForUpdatesEx", found)
        for check in latest.ON_UPDATE:
            found.extend(check.decide(belief, wait, answer, at))
    judge_items_given(belief, answer, at, found)
    return found
