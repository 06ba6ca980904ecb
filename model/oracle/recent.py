"""TaskManager.recentTask: the tasks that must be listed, and those that must not.

"A list of Task managed objects that completed recently, that are currently running, or that are queued to run", as far
as the session may access the tasks' entities; completed within the window (10 minutes), and on vCenter among the last
(200) that completed.

A missing task is judged between two reads of its Task.info (`ObservationWindow`): if it was in the same state before
and after the list was read, it was so meanwhile. A task too many needs no observation window: a completed task stays
completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from msgspec import Struct

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, RecentRead, Session, TaskRecord
from taskconform.model.oracle.checks import fault_condition, held_of, open_clause, rule
from taskconform.model.oracle.findings import Divergence, Finding, MustAnswer, MustList, Said
from taskconform.model.oracle.method import broken, run_checks
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef, ReadRecentTask
from taskconform.model.vocabulary.outcomes import (
    QUEUED,
    RUNNING,
    SECOND,
    Outcome,
    Property,
    RecentTaskUpdate,
    Returned,
    TaskInfo,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.checks import Declared
    from taskconform.model.vocabulary.calls import WaitForRecentTask
    from taskconform.model.vocabulary.outcomes import Interval

WELL_INSIDE_WINDOW: Final = 0.8
"""Share of the window (8 of 10 minutes) for which a completed task must be listed."""

WELL_INSIDE_CAP: Final = 0.75
"""Share of the cap (150 of 200) up to which completions since then do not matter."""

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
            yield Divergence(demand=demand, observed=f"{value} is listed", situation=_phase(record))
        elif record.state in LIVE_STATES:
            yield True


def _phase(record: TaskRecord) -> str:
    """Return `live` or `completed`, for a situation."""
    return "completed" if record.completed else "live"


# --- rules between two reads ------------------------------------------------------------------------------------------


class ObservationWindow(Struct, frozen=True, kw_only=True, gc=False):
    """One task around one read of recentTask: its record and info before, its info after, the read, and the session
    that made it."""

    record: TaskRecord
    before: TaskInfo
    after: TaskInfo
    read: RecentRead
    session: str

    @property
    def state(self) -> str | None:
        """Return the state in which the task surely was while the list was read; None if it moved."""
        same = self.before.state == self.after.state and self.before.complete_time == self.after.complete_time
        return self.after.state if same else None

    @property
    def is_listed(self) -> bool:
        """Return True if the list held it."""
        return self.record.ref.value in self.read.refs


def windows(belief: Belief, record: TaskRecord, after: TaskInfo) -> list[ObservationWindow]:
    """Return the observation windows of a task: one for each read of recentTask between its last two reads, if no call
    in between may have moved it. If nothing takes time to settle, what CreateTask returned is the first read: the task
    "is in recentTask, read right after"."""
    before, since = record.info, record.info_seq
    if before is None and not belief.declaration.settling:
        before, since = record.returned, record.created_seq
    if before is None or record.moved_seq > since:
        return []
    found = [
        ObservationWindow(record=record, before=before, after=after, read=session.recent, session=name)
        for name, session in belief.sessions.items()
        if session.live and not session.unsure and session.recent is not None and session.recent.seq > since
    ]
    return sorted(found, key=_by_session) if len(found) > 1 else found


def _by_session(window: ObservationWindow) -> str:
    """Return the key that puts sessions in a fixed order: what is found must not depend on the order of a map."""
    return window.session


def _listed(window: ObservationWindow, situation: str = "") -> Said:
    """Check that the task is listed."""
    if window.is_listed:
        return True
    ref = window.record.ref
    return Divergence(
        demand=MustList(task=ref, present=True), observed=f"{ref.value} is not listed", situation=situation
    )


def is_demanded(belief: Belief, window: ObservationWindow) -> bool:
    """Return True if this task surely must be in this list: it is live, or completed well inside both limits."""
    if belief.may_read(window.session, window.record.create.obj) is not True:
        return False
    if window.after.entity is None or window.state is None:
        return False
    return window.state in LIVE_STATES or is_well_inside(belief, window)


def is_well_inside(belief: Belief, window: ObservationWindow) -> bool:
    """Return True if it completed less than 8 minutes ago, with fewer than 150 completions since."""
    if not belief.declaration.exclusive:
        return False
    since = window.read.completions - window.record.rank_low - 1
    return is_well_inside_window(belief, window) and since < belief.declaration.cap * WELL_INSIDE_CAP


def is_well_inside_window(belief: Belief, window: ObservationWindow) -> bool:
    """Return True if it completed less than 8 of the window's 10 minutes ago."""
    done, ended = window.after.complete_time, window.record.ended
    if done is None or ended is None:
        return False
    return window.read.at.latest - min(done, ended.earliest) < belief.declaration.window * WELL_INSIDE_WINDOW * SECOND


def is_past_pruning(belief: Belief, window: ObservationWindow) -> bool:
    """Return True if the last completion that may have pushed the task out is so long ago that it should have left the
    list."""
    last = max(
        (belief.completion_times.get((account, count), 0) for account, count in window.read.completed_by.items()),
        default=0,
    )
    return window.read.at.earliest > last + PRUNING_DEADLINE


@rule("recent.queued")
def queued_is_listed(belief: Belief, window: ObservationWindow) -> Said:
    """A live queued task that the session may read is listed."""
    return _listed(window) if window.state == QUEUED and belief.is_full(window.session) else None


@rule("recent.running")
def running_is_listed(belief: Belief, window: ObservationWindow) -> Said:
    """A live running task that the session may read is listed."""
    return _listed(window) if window.state == RUNNING and belief.is_full(window.session) else None


@rule("recent.completed")
def completed_is_listed(belief: Belief, window: ObservationWindow) -> Said:
    """A completed task well inside both limits is listed."""
    return _listed(window) if window.state in END_STATES and belief.is_full(window.session) else None


@rule("recent.defaults")
def other_limits_hold(belief: Belief, window: ObservationWindow) -> Said:
    """A target that declares other limits than 10 minutes and 200 is held to those."""
    if belief.declaration.has_default_limits or window.state not in END_STATES:
        return None
    return _listed(window, "missing")


@rule("recent.cap-completed-only")
def live_is_never_pushed_out(belief: Belief, window: ObservationWindow) -> Said:
    """The cap counts and evicts completed tasks only: a live task stays listed however many others come or complete."""
    later = window.read.completions - window.record.completions_then
    if window.state not in LIVE_STATES or later <= belief.declaration.cap + OVER_CAP:
        return None
    return _listed(window) if belief.declaration.is_vcenter and belief.is_full(window.session) else None


@rule("recent.visible")
def readable_is_listed(belief: Belief, window: ObservationWindow) -> Said:
    """A task on an entity where the session holds System.Read is listed."""
    return None if belief.is_full(window.session) else _listed(window, _phase(window.record))


def is_within_limits(belief: Belief, window: ObservationWindow) -> bool:
    """Return True if so little has happened since the task was made that neither the window nor the cap explains its
    absence."""
    return window.read.moves - window.record.moves_then < belief.declaration.cap * WELL_INSIDE_CAP


@rule("recent.child")
def child_is_listed(belief: Belief, window: ObservationWindow) -> Said:
    """A task with a parent is listed like any other."""
    if window.state not in LIVE_STATES or window.after.parent_task_key is None or not is_within_limits(belief, window):
        return None
    return _listed(window)


@rule("create.listed")
def new_is_listed(_belief: Belief, window: ObservationWindow) -> Said:
    """The new task is in recentTask, read right after."""
    record = window.record
    right_after = window.read.moves == record.moves_then and window.session == record.create.session
    return _listed(window) if right_after else None


def was_changed_last(belief: Belief, window: ObservationWindow) -> bool:
    """Return True if the task is what the session changed last, and new since its last read: a list without it is
    stale."""
    news = window.record.created_seq > window.read.previous_seq and window.read.changed == window.record.ref.value
    return news and is_within_limits(belief, window)


@rule("recent.fresh-retrieve")
def retrieve_is_fresh(belief: Belief, window: ObservationWindow) -> Said:
    """RetrievePropertiesEx returns the value as of the call: with what the same session has just created or
    completed."""
    return _listed(window) if was_changed_last(belief, window) else None


@rule("session.shared")
def another_session_is_shown_it(belief: Belief, window: ObservationWindow) -> Said:
    """Another live session with access sees the task."""
    other = window.session != window.record.create.session and belief.logged_in(window.record.create.session)
    return (
        _listed(window, "listed")
        if other and belief.is_full(window.session) and is_within_limits(belief, window)
        else None
    )


@rule("session.outlive")
def completed_outlives_its_maker(belief: Belief, window: ObservationWindow) -> Said:
    """A completed task stays readable after its maker's logout."""
    if window.state not in END_STATES or belief.logged_in(window.record.create.session):
        return None
    if not is_within_limits(belief, window):
        return None
    return _listed(window, "listed")


BETWEEN_READS = (
    queued_is_listed,
    running_is_listed,
    completed_is_listed,
    other_limits_hold,
    live_is_never_pushed_out,
    readable_is_listed,
    child_is_listed,
    new_is_listed,
    retrieve_is_fresh,
    another_session_is_shown_it,
    completed_outlives_its_maker,
)
"""Checks of a task that must be in the list."""


@open_clause("recent.no-entity")
def who_sees_a_task_without_entity(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
    """A task without an entity: listed to all, or by access to the root folder."""
    if window.after.entity is not None or window.state not in LIVE_STATES or belief.is_full(window.session):
        return None
    return ("to-all", "by-root") if window.is_listed else ("to-none",)


@open_clause("recent.read-only-view")
def who_sees_a_task_on_an_ancestor(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
    """A task on an entity that is only an ancestor of what the session may read."""
    value = getattr(window.record.create.obj, "value", "")
    if "ancestor" not in belief.declaration.roles.get(value, ()) or window.state not in LIVE_STATES:
        return None
    if belief.is_full(window.session):
        return None
    return ("listed",) if window.is_listed else ("hidden",)


@open_clause("recent.cap-esxi")
def whether_the_cap_applies_without_vcenter(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
    """Without vCenter, a completed task leaves after more completions than the cap, or not."""
    if belief.declaration.is_vcenter or window.state not in END_STATES:
        return None
    nth = window.record.rank_high + belief.declaration.cap + OVER_CAP
    if window.read.completions <= nth:
        return None
    if window.is_listed:
        return ("uncapped",) if is_past_pruning(belief, window) else None
    return ("capped",) if is_well_inside_window(belief, window) and belief.declaration.exclusive else None


@open_clause("recent.cap-scope")
def over_whom_the_cap_counts(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
    """One user's completions push another user's completed task out, or not."""
    if not belief.declaration.is_vcenter or window.state not in END_STATES or not belief.is_full(window.session):
        return None
    own = window.record.account
    if own != belief.account_of(window.session) or window.record.create.initiated_by is not None:
        return None
    since = window.record.counts_then
    by_own = window.read.completed_by.get(own, 0) - since.get(own, 0)
    by_all = window.read.completions - window.record.rank_high
    if by_own >= belief.declaration.cap * WELL_INSIDE_CAP or by_all <= belief.declaration.cap + OVER_CAP:
        return None
    if window.is_listed:
        return ("user",) if is_past_pruning(belief, window) else None
    quiet = belief.declaration.exclusive and is_well_inside_window(belief, window)
    return ("server", "readable") if quiet else None


WINDOW_OPEN_CLAUSES = (
    who_sees_a_task_without_entity,
    who_sees_a_task_on_an_ancestor,
    whether_the_cap_applies_without_vcenter,
    over_whom_the_cap_counts,
)


# --- interpretations and updates --------------------------------------------------------------------------------------


@open_clause("recent.empty")
def what_nothing_recent_looks_like(belief: Belief, _call: ReadRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
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
def what_a_later_version_yields(belief: Belief, call: WaitForRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A later version yields nothing, the full value, or element changes. Exercised after a change of the session's
    own."""
    session = belief.session_of(call.session)
    update = update_of(outcome)
    if call.fresh or session is None or session.waited is None or not session.changed_since_wait or update is None:
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
    *BETWEEN_READS,
    *WINDOW_OPEN_CLAUSES,
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
    )
    if getattr(call, "fresh", False):
        return evolve(
            belief, tasks=tasks, sessions=belief.sessions.set(call.session, evolve(session, waited_list=read))
        )
    session = evolve(session, recent=read, changed=None)
    return evolve(belief, tasks=tasks, sessions=belief.sessions.set(call.session, session))
