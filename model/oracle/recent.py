"""TaskManager.recentTask: the tasks that must be listed, and those that must not.

"A list of Task managed objects that completed recently, that are currently running, or that are queued to run", as far
as the session may access the tasks' entities; completed within the window (10 minutes), and on vCenter among the last
(200) that completed.

An observation window is needed to judge a task that is missing: `windows` has those checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from taskconform.model.oracle.belief import LIVE_STATES, RecentRead, Session, TaskRecord
from taskconform.model.oracle.checks import fault_condition, held_of, open_clause, rule
from taskconform.model.oracle.findings import Divergence, Finding, MustAnswer, MustList, Said
from taskconform.model.oracle.method import broken, run_checks
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef, ReadRecentTask
from taskconform.model.vocabulary.outcomes import (
    SECOND,
    Outcome,
    Property,
    RecentTaskUpdate,
    Returned,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.checks import Declared
    from taskconform.model.vocabulary.calls import WaitForRecentTask
    from taskconform.model.vocabulary.outcomes import Interval


OVER_CAP: Final = 10
"""Number of completions over the cap after which a task must not be listed."""

PRUNING_DEADLINE: Final = 60 * SECOND
"""Time past the window or the cap after which a task must not be listed, in microseconds."""


@fault_condition("recent.privilege", "SecurityError")
def nobody_reads(belief: Belief, call: ReadRecentTask | WaitForRecentTask) -> bool | None:
    """recentTask asks for System.View: a session that is not logged in does not get the value."""
    return call.session == NOBODY or belief.session_of(call.session) is None


# --- rules on the list itself -----------------------------------------------------------------------------------------


@rule("recent.set")
def holds_only_tasks(_belief: Belief, _call: object, refs: tuple[ObjectRef, ...], _at: Interval) -> Said:
    """The list holds only Task references."""
    if not refs:
        return None
    for ref in refs:
        if ref.type != "Task":
            return Divergence(demand=MustAnswer(property="only tasks"), observed=f"a {ref.type}", situation="type")
    return True


@rule("recent.unique")
def holds_none_twice(_belief: Belief, _call: object, refs: tuple[ObjectRef, ...], _at: Interval) -> Said:
    """No reference is listed twice."""
    if not refs:
        return None
    if len({ref.value for ref in refs}) == len(refs):
        return True
    return Divergence(demand=MustAnswer(property="no duplicates"), observed="a reference stands twice")


ON_LIST = (holds_only_tasks, holds_none_twice)


def age_deadline(belief: Belief, record: TaskRecord) -> int | None:
    """Return when a completed task should have left for its age: the window in force past completeTime, in
    microseconds; None if it has not surely completed."""
    if not record.completed or record.ended is None:
        return None
    return record.ended.latest + belief.declaration.window * SECOND


def cap_deadline(belief: Belief, record: TaskRecord, account: str) -> int | None:
    """Return when a completed task should have left for the completions after it: on vCenter, at the (cap + 10)-th by
    the reading session's user. None if that many have not surely completed later than it."""
    settled = record.settled
    if not belief.declaration.is_vcenter or not record.completed or settled is None or settled.complete_time is None:
        return None
    if record.account != account or record.create.initiated_by is not None:
        return None  # counted by the task's user, another user's completions leave it
    if (
        settled.complete_time % SECOND == 0
        and record.ended is not None
        and record.ended.earliest != record.ended.latest
    ):
        return None  # whole seconds: many completions may have the same time
    nth = record.counts_then.get(account, 0) + belief.declaration.cap + OVER_CAP
    return belief.completion_times.get((account, nth))


@rule("recent.fresh-wait")
def wait_is_fresh(belief: Belief, session: Session, refs: tuple[ObjectRef, ...], _at: Interval) -> Said:
    """WaitForUpdatesEx with version "" returns the full value as of the call: what RetrievePropertiesEx gives right
    after it. Judged on the tasks of ours that stand still, and on what the session changed last; exercised after a
    change."""
    waited = session.waited_list
    if waited is None or waited.seq != belief.seq or session.changed is None:
        return None
    retrieved = {ref.value for ref in refs}
    for value in sorted(retrieved ^ waited.refs):
        record = belief.tasks.get(value)
        if record is None or record.cancels or not record.resolvable:
            continue
        present = value in retrieved
        if record.state in LIVE_STATES or (present and value == session.changed):
            word = "is not listed" if present else "is listed"
            return Divergence(demand=MustList(task=record.ref, present=present), observed=f"{value} {word}")
    return True


@rule("recent.aged", "recent.cap")
def holds_nothing_retired(
    belief: Belief, session: Session, refs: tuple[ObjectRef, ...], at: Interval
) -> Iterator[tuple[str, Said]]:
    """No task is listed that passed the window or the cap a deadline ago. Yields a clause and what is said of it, for
    what is listed and for what has left since this session's last read: earlier removal conforms too."""
    defaults = belief.declaration.has_default_limits
    by_account = session.account in FULL
    listed = [ref.value for ref in refs]
    gone = session.recent.refs.difference(listed) if session.recent is not None else frozenset()
    for value in (*listed, *sorted(gone)):
        record = belief.tasks.get(value)
        if record is None or not record.completed:
            continue
        for clause, due in (
            ("recent.aged", age_deadline(belief, record)),
            ("recent.cap", cap_deadline(belief, record, session.account) if by_account else None),
        ):
            if due is None or at.latest <= due:
                continue
            if value in gone:
                said: Said = True
            elif at.earliest > due + PRUNING_DEADLINE:
                said = Divergence(
                    demand=MustList(task=record.ref, present=False),
                    observed=f"{value} is listed",
                    situation="still listed",
                )
            else:
                continue
            yield clause, said
            if not defaults:
                yield "recent.defaults", said


FULL = ("primary", "second")


@rule("recent.hidden")
def holds_nothing_hidden(
    belief: Belief, session_name: str, refs: tuple[ObjectRef, ...], _at: Interval
) -> Iterator[Said]:
    """A task on an entity where the session's user has no role is not listed. Exercised for tasks that a full session
    was shown and that have not completed since."""
    listed = {ref.value for ref in refs}
    shown: set[str] = set()
    for full in belief.sessions.values():
        if full.live and full.account in FULL and full.recent is not None:
            shown |= full.recent.refs
    for value in sorted(shown):
        record = belief.tasks.get(value)
        if record is None or belief.may_read(session_name, record.create.obj) is not False:
            continue
        if value in listed:
            demand = MustList(task=record.ref, present=False)
            yield Divergence(demand=demand, observed=f"{value} is listed", situation=phase(record))
        elif record.state in LIVE_STATES or (record.operation and not record.completed):
            yield True


def phase(record: TaskRecord) -> str:
    """Return `live` or `completed`, for a situation."""
    return "completed" if record.completed else "live"


# --- interpretations and updates --------------------------------------------------------------------------------------


@open_clause("recent.empty")
def form_of_empty_recent_task(belief: Belief, _call: ReadRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
    """With nothing to list the array is present and empty, or absent."""
    if (
        not isinstance(outcome, Returned)
        or not isinstance(outcome.value, Property)
        or outcome.value.missing is not None
    ):
        return None
    if outcome.value.value is None:
        return ("absent",)
    return ("present-empty",) if outcome.value.value == () else None


@open_clause("recent.wait-later")
def yield_of_later_version(belief: Belief, call: WaitForRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A later version yields nothing, the full value, or element changes. Exercised after a full session has made a
    task that is live: the end of one leaves it listed, and in time it goes."""
    session = belief.session_of(call.session)
    update = update_of(outcome)
    if call.fresh or session is None or session.waited is None or not session.changed_since_wait or update is None:
        return None
    made = belief.tasks.get(session.changed or "")
    if made is None or not belief.is_surely_live(made) or not belief.is_full(call.session):
        return None
    if not update.changed:
        return ("nothing", "varying")
    return ("full-value", "varying") if update.recent_task is not None else ("element-changes", "varying")


@rule("recent.wait-truth")
def a_later_version_is_true(belief: Belief, call: WaitForRecentTask, update: RecentTaskUpdate, at: Interval) -> Said:
    """An update from a later version was true of recentTask at some time since that version: it lists no task that had
    left long before, and removes none that is live. Exercised when an update lists a task of ours."""
    session = belief.session_of(call.session)
    if call.fresh or not update.changed or session is None:
        return None
    for value in update.removed:
        taken = belief.tasks.get(value)
        if taken is not None and _has_stayed(belief, call, taken) and taken.ref not in update.added:
            return Divergence(demand=MustList(task=taken.ref, present=True), observed=f"{value} was taken out")
    refs = (*update.added, *((update.recent_task.value or ()) if update.recent_task is not None else ()))
    ours = [record for ref in refs if (record := belief.tasks.get(ref.value)) is not None]
    for record in ours:
        ways = (cap_deadline(belief, record, session.account), age_deadline(belief, record))
        since = session.waited
        if since is not None and any(due is not None and since > due + PRUNING_DEADLINE for due in ways):
            return Divergence(
                demand=MustList(task=record.ref, present=False), observed=f"{record.ref.value} was yielded"
            )
    return True if ours else None


def _has_stayed(belief: Belief, call: WaitForRecentTask, record: TaskRecord) -> bool:
    """Return True if a task surely lives, and has to be listed to a full session."""
    is_sure = record.resolvable and not (record.state_in_doubt or record.unsure)
    return is_sure and belief.is_surely_live(record) and belief.is_full(call.session)


def update_of(outcome: Outcome) -> RecentTaskUpdate | None:
    """Return the update that came back; None if there is none."""
    if isinstance(outcome, Returned) and isinstance(outcome.value, RecentTaskUpdate):
        return outcome.value
    return None


def list_of(outcome: Outcome) -> tuple[ObjectRef, ...] | None:
    """Return the list that a read or a fresh wait gave: an absent array is the empty list. None if no list came."""
    if not isinstance(outcome, Returned):
        return None
    value = outcome.value
    if isinstance(value, RecentTaskUpdate):
        value = (value.recent_task or Property(value=())) if value.changed else None
    if not isinstance(value, Property) or value.missing is not None:
        return None
    return cast("tuple[ObjectRef, ...]", value.value) if isinstance(value.value, tuple) else ()  # of references


# --- judging a read of recentTask -------------------------------------------------------------------------------------


def _note(found: list[Finding], clause: str, said: Said) -> None:
    """Add what was said of recentTask to what was found."""
    if isinstance(said, Divergence):
        found.append(broken(clause, said, "recentTask"))
    elif said:
        found.append(held_of(clause))


def judge_update(belief: Belief, call: WaitForRecentTask, answer: RecentTaskUpdate, at: Interval) -> Iterable[Finding]:
    """Judge what WaitForUpdatesEx gave: changes since a later version, or, for version "", the list."""
    found: list[Finding] = []
    run_checks((a_later_version_is_true,), belief, call, answer, at, "WaitForRecentTask", found)
    if not call.fresh:
        return found
    if not answer.changed:
        said = Divergence(demand=MustAnswer(property="full value"), observed='no value for version ""')
        found.append(broken("recent.fresh-wait", said, "WaitForRecentTask"))
        return found
    # a property that is absent makes no change: the empty list
    refs = (answer.recent_task.value or ()) if answer.recent_task is not None else ()
    run_checks(ON_LIST, belief, call, refs, at, "WaitForRecentTask", found)
    _judge_hidden(belief, call.session, refs, at, found)
    return found


def judge_read(
    belief: Belief, call: ReadRecentTask, answer: Property[tuple[ObjectRef, ...]], at: Interval
) -> Iterable[Finding]:
    """Judge the list that RetrievePropertiesEx gave."""
    found: list[Finding] = []
    refs = answer.value or ()
    run_checks(ON_LIST, belief, call, refs, at, "ReadRecentTask", found)
    session = belief.session_of(call.session)
    if session is not None:
        run_checks((wait_is_fresh,), belief, session, refs, at, "WaitForRecentTask", found)
        for clause, said in holds_nothing_retired.decide(belief, session, refs, at):
            _note(found, clause, said)
    _judge_hidden(belief, call.session, refs, at, found)
    return found


def _judge_hidden(
    belief: Belief, session_name: str, refs: tuple[ObjectRef, ...], at: Interval, found: list[Finding]
) -> None:
    """Judge the list of a user who may not read everything."""
    if belief.account_of(session_name) == "restricted":
        for said in holds_nothing_hidden.decide(belief, session_name, refs, at):
            _note(found, "recent.hidden", said)


CHECKS: Final[tuple[Declared, ...]] = (
    *ON_LIST,
    holds_nothing_retired,
    holds_nothing_hidden,
    a_later_version_is_true,
    wait_is_fresh,
)
"""All checks of a list, made at once or when the reads around it are complete."""


# --- effect -----------------------------------------------------------------------------------------------------------


def advance_recent(
    belief: Belief, call: ReadRecentTask | WaitForRecentTask, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Remember the list until the reads that close the observation window."""
    session = belief.session_of(call.session)
    refs = list_of(outcome)
    update = update_of(outcome)
    if session is not None and update is not None and (update.changed or getattr(call, "fresh", False)):
        session = evolve(session, waited=outcome.at.earliest, changed_since_wait=False)
        belief = belief.with_session(call.session, session)
    elif session is not None and update is not None:
        belief = belief.with_session(call.session, evolve(session, changed_since_wait=False))
    if session is None or refs is None:
        return belief
    if getattr(call, "fresh", None) is False:
        return belief
    values = frozenset(ref.value for ref in refs)
    known = session.recent.refs if session.recent is not None else frozenset()
    tasks = belief.tasks
    for value in values - known:
        record = tasks.get(value)
        if record is not None and not record.listed:
            tasks = tasks.set(value, evolve(record, listed=True))
    read = RecentRead(
        refs=values,
        seq=belief.seq,
        at=outcome.at,
        moves=belief.moves,
        completions=belief.completions,
        completed_by=belief.completed_by,
        changed=session.changed,
        previous_seq=session.recent.seq if session.recent is not None else -1,
        moving=len(belief.extensions.origins.operations),
    )
    if getattr(call, "fresh", False):
        return evolve(
            belief, tasks=tasks, sessions=belief.sessions.set(call.session, evolve(session, waited_list=read))
        )
    session = evolve(session, recent=read, changed=None)
    return evolve(belief, tasks=tasks, sessions=belief.sessions.set(call.session, session))
