"""TaskManager.recentTask: what must stand there, and what must not.

"A list of Task managed objects that completed recently, that are currently running, or that are queued to run", as far
as the session may access the tasks' entities; completed within the window (10 minutes), and on vCenter among the last
(200) that completed.

A missing task is judged between two reads of its Task.info (`Bracket`): what it was before and after the list was read,
it was when the list was read. A task too many needs no bracket: what has completed stays so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, RecentRead, Session, TaskRecord
from taskconform.model.oracle.findings import Departure, MustAnswer, MustList, Said, question, refusal, rule
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef
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
    from collections.abc import Iterator

    from taskconform.model.oracle.belief import World
    from taskconform.model.vocabulary.calls import ReadRecentTask, WaitForRecentTask
    from taskconform.model.vocabulary.outcomes import Interval

WELL_INSIDE_WINDOW: Final = 0.8
"""A completed task is demanded up to this share of the window (8 of 10 minutes)."""

WELL_INSIDE_CAP: Final = 0.75
"""... and while fewer than this share of the cap (150 of 200) have completed since."""

OVER_CAP: Final = 10
"""Absence is demanded from this many completions over the cap on."""

PRUNING_DEADLINE: Final = 60 * SECOND
"""Absence is due by this long past the edge."""


@refusal("recent.privilege", "SecurityError")
def nobody_reads(world: World, call: ReadRecentTask | WaitForRecentTask) -> bool | None:
    """recentTask asks for System.View: a session that is not logged in does not get the value."""
    return call.session == NOBODY or world.session_of(call.session) is None


# --- rules on the list itself -----------------------------------------------------------------------------------------


@rule("recent.set")
def holds_only_tasks(_world: World, _call: object, refs: tuple[ObjectRef, ...], _at: Interval) -> Said:
    """Only Task references."""
    if not refs:
        return None
    for ref in refs:
        if ref.type != "Task":
            return Departure(demand=MustAnswer(property="only tasks"), observed=f"a {ref.type}", situation="type")
    return True


@rule("recent.unique")
def holds_none_twice(_world: World, _call: object, refs: tuple[ObjectRef, ...], _at: Interval) -> Said:
    """No reference stands twice."""
    if not refs:
        return None
    if len({ref.value for ref in refs}) == len(refs):
        return True
    return Departure(demand=MustAnswer(property="no duplicates"), observed="a reference stands twice")


ON_LIST = (holds_only_tasks, holds_none_twice)


@rule("recent.aged")
def has_aged(world: World, record: TaskRecord, at: Interval) -> int | None:
    """When a completed task should have left for its age: the window in force past completeTime. Microseconds; None if
    it has not surely completed."""
    if not record.completed or record.ended is None:
        return None
    return record.ended.latest + world.declaration.window * SECOND


@rule("recent.cap")
def was_pushed_out(world: World, record: TaskRecord, account: str) -> int | None:
    """When a completed task should have left for the completions after it: on vCenter, at the (cap + 10)-th by the
    reading session's user. None if that many have not surely completed later than it."""
    settled = record.settled
    if not world.declaration.is_vcenter or not record.completed or settled is None or settled.complete_time is None:
        return None
    if record.account != account or record.create.initiated_by is not None:
        return None  # counted by the task's user, another user's completions leave it
    if (
        settled.complete_time % SECOND == 0
        and record.ended is not None
        and record.ended.earliest != record.ended.latest
    ):
        return None  # whole seconds: many may be tied with it
    nth = record.counts_then.get(account, 0) + world.declaration.cap + OVER_CAP
    return world.completion_times.get((account, nth))


@rule("recent.fresh-wait")
def wait_is_fresh(world: World, session: Session, refs: tuple[ObjectRef, ...], _at: Interval) -> Said:
    """WaitForUpdatesEx with version "" returns the full value as of the call: what RetrievePropertiesEx gives right
    after it. Judged on the tasks of ours that stand still, and on what the session changed last; live after a
    change."""
    waited = session.waited_list
    if waited is None or waited.seq != world.seq or session.changed is None:
        return None
    retrieved = {ref.value for ref in refs}
    for value in sorted(retrieved ^ waited.refs):
        record = world.tasks.get(value)
        if record is None or record.cancels or not record.resolvable:
            continue
        present = value in retrieved
        if record.state in LIVE_STATES or (present and value == session.changed):
            word = "is not listed" if present else "is listed"
            return Departure(demand=MustList(task=record.ref, present=present), observed=f"{value} {word}")
    return True


def judge_absence(
    world: World, session: Session, refs: tuple[ObjectRef, ...], at: Interval
) -> Iterator[tuple[str, Said]]:
    """What should be gone by now: judged on all that is listed, and on all that left since this session's last read.
    Yields (clause, word). Both clauses ask for it by the deadline; gone before is gone."""
    defaults = world.declaration.has_default_limits
    listed = [ref.value for ref in refs]
    gone = session.recent.refs.difference(listed) if session.recent is not None else frozenset()
    for value in (*listed, *sorted(gone)):
        record = world.tasks.get(value)
        if record is None or not record.completed:
            continue
        for clause, due in (
            ("recent.aged", has_aged(world, record, at)),
            ("recent.cap", was_pushed_out(world, record, session.account) if session.account in FULL else None),
        ):
            if due is None or at.latest <= due:
                continue
            if value in gone:
                said: Said = True
            elif at.earliest > due + PRUNING_DEADLINE:
                said = Departure(
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
def holds_nothing_hidden(world: World, session_name: str, refs: tuple[ObjectRef, ...], _at: Interval) -> Iterator[Said]:
    """A task on an entity where the session's user has no role is not listed. Live for tasks that a full session was
    shown and that have not completed since."""
    listed = {ref.value for ref in refs}
    shown: set[str] = set()
    for full in world.sessions.values():
        if full.live and full.account in FULL and full.recent is not None:
            shown |= full.recent.refs
    for value in sorted(shown):
        record = world.tasks.get(value)
        if record is None or world.may_read(session_name, record.create.obj) is not False:
            continue
        if value in listed:
            demand = MustList(task=record.ref, present=False)
            yield Departure(demand=demand, observed=f"{value} is listed", situation=_phase(record))
        elif record.state in LIVE_STATES:
            yield True


def _phase(record: TaskRecord) -> str:
    """Live or completed, for a situation."""
    return "completed" if record.completed else "live"


# --- rules between two reads ------------------------------------------------------------------------------------------


class Bracket(Struct, frozen=True, kw_only=True, gc=False):
    """One task around one read of recentTask: its record before, its info after, the read, and whose it was."""

    record: TaskRecord
    before: TaskInfo
    after: TaskInfo
    read: RecentRead
    session: str

    @property
    def state(self) -> str | None:
        """The state in which the task surely was while the list was read; None if it moved."""
        same = self.before.state == self.after.state and self.before.complete_time == self.after.complete_time
        return self.after.state if same else None

    @property
    def is_listed(self) -> bool:
        """Whether the list held it."""
        return self.record.ref.value in self.read.refs


def brackets(world: World, record: TaskRecord, after: TaskInfo) -> list[Bracket]:
    """Every read of recentTask that lies between the task's last two reads, without a call in between that may have
    moved the task. Where nothing takes time to settle what CreateTask returned is the first of them: it "is in
    recentTask, read right after", whether somebody has read it by then or not."""
    before, since = record.info, record.info_seq
    if before is None and not world.declaration.settling:
        before, since = record.returned, record.created_seq
    if before is None or record.moved_seq > since:
        return []
    found = [
        Bracket(record=record, before=before, after=after, read=session.recent, session=name)
        for name, session in world.sessions.items()
        if session.live and not session.unsure and session.recent is not None and session.recent.seq > since
    ]
    return sorted(found, key=_by_session) if len(found) > 1 else found


def _by_session(bracket: Bracket) -> str:
    """Sessions in a fixed order: what is found must not depend on how a map happens to be laid out."""
    return bracket.session


def _listed(bracket: Bracket, situation: str = "") -> Said:
    """Held if the task is listed."""
    if bracket.is_listed:
        return True
    ref = bracket.record.ref
    return Departure(
        demand=MustList(task=ref, present=True), observed=f"{ref.value} is not listed", situation=situation
    )


def is_demanded(world: World, bracket: Bracket) -> bool:
    """Whether the text surely wants this task in this list: live, or completed well inside both limits."""
    if world.may_read(bracket.session, bracket.record.create.obj) is not True:
        return False
    if bracket.after.entity is None or bracket.state is None:
        return False
    return bracket.state in LIVE_STATES or is_well_inside(world, bracket)


def is_well_inside(world: World, bracket: Bracket) -> bool:
    """Completed less than 8 minutes ago, and fewer than 150 completions of any origin since."""
    if not world.declaration.exclusive:
        return False
    since = bracket.read.completions - bracket.record.rank_low - 1
    return is_well_inside_window(world, bracket) and since < world.declaration.cap * WELL_INSIDE_CAP


def is_well_inside_window(world: World, bracket: Bracket) -> bool:
    """Completed less than 8 minutes ago, of 10."""
    done, ended = bracket.after.complete_time, bracket.record.ended
    if done is None or ended is None:
        return False
    return bracket.read.at.latest - min(done, ended.earliest) < world.declaration.window * WELL_INSIDE_WINDOW * SECOND


def is_past_pruning(world: World, bracket: Bracket) -> bool:
    """Whether the last completion, of any user's, that may have pushed the task out is so long ago that it would have
    left the list by now."""
    last = max(
        (world.completion_times.get((account, count), 0) for account, count in bracket.read.completed_by.items()),
        default=0,
    )
    return bracket.read.at.earliest > last + PRUNING_DEADLINE


@rule("recent.queued")
def queued_is_listed(world: World, bracket: Bracket) -> Said:
    """A live queued task that the session may read is listed."""
    return _listed(bracket) if bracket.state == QUEUED and world.is_full(bracket.session) else None


@rule("recent.running")
def running_is_listed(world: World, bracket: Bracket) -> Said:
    """A live running task that the session may read is listed."""
    return _listed(bracket) if bracket.state == RUNNING and world.is_full(bracket.session) else None


@rule("recent.completed")
def completed_is_listed(world: World, bracket: Bracket) -> Said:
    """A completed task well inside both limits is listed."""
    return _listed(bracket) if bracket.state in END_STATES and world.is_full(bracket.session) else None


@rule("recent.defaults")
def other_limits_hold(world: World, bracket: Bracket) -> Said:
    """A target that declares other limits than 10 minutes and 200 is held to those."""
    if world.declaration.has_default_limits or bracket.state not in END_STATES:
        return None
    return _listed(bracket, "missing")


@rule("recent.cap-completed-only")
def live_is_never_pushed_out(world: World, bracket: Bracket) -> Said:
    """The cap counts and evicts completed tasks only: a live task stays listed however many others come or complete."""
    later = bracket.read.completions - bracket.record.completions_then
    if bracket.state not in LIVE_STATES or later <= world.declaration.cap + OVER_CAP:
        return None
    return _listed(bracket) if world.declaration.is_vcenter and world.is_full(bracket.session) else None


@rule("recent.visible")
def readable_is_listed(world: World, bracket: Bracket) -> Said:
    """A task on an entity where the session holds System.Read is listed."""
    return None if world.is_full(bracket.session) else _listed(bracket, _phase(bracket.record))


def is_young(world: World, bracket: Bracket) -> bool:
    """Whether so little has happened since the task was made that no limit can be why it is missing: what a missing
    task is called then is not a question of the limits."""
    return bracket.read.moves - bracket.record.moves_then < world.declaration.cap * WELL_INSIDE_CAP


@rule("recent.child")
def child_is_listed(world: World, bracket: Bracket) -> Said:
    """A task with a parent is listed like any other."""
    if bracket.state not in LIVE_STATES or bracket.after.parent_task_key is None or not is_young(world, bracket):
        return None
    return _listed(bracket)


@rule("create.listed")
def new_is_listed(_world: World, bracket: Bracket) -> Said:
    """The new task is in recentTask, read right after."""
    record = bracket.record
    right_after = bracket.read.moves == record.moves_then and bracket.session == record.create.session
    return _listed(bracket) if right_after else None


def is_news(world: World, bracket: Bracket) -> bool:
    """Whether the task is what the session changed last, and new since its last read: a list without it is stale."""
    news = bracket.record.created_seq > bracket.read.previous_seq and bracket.read.changed == bracket.record.ref.value
    return news and is_young(world, bracket)


@rule("recent.fresh-retrieve")
def retrieve_is_fresh(world: World, bracket: Bracket) -> Said:
    """RetrievePropertiesEx returns the value as of the call: with what the same session has just created or
    completed."""
    return _listed(bracket) if is_news(world, bracket) else None


@rule("session.shared")
def another_session_is_shown_it(world: World, bracket: Bracket) -> Said:
    """Another live session with access sees the task."""
    other = bracket.session != bracket.record.create.session and world.logged_in(bracket.record.create.session)
    return _listed(bracket, "listed") if other and world.is_full(bracket.session) and is_young(world, bracket) else None


@rule("session.outlive")
def completed_outlives_its_maker(world: World, bracket: Bracket) -> Said:
    """A completed task stays readable after its maker's logout."""
    if bracket.state not in END_STATES or world.logged_in(bracket.record.create.session):
        return None
    if not is_young(world, bracket):
        return None
    return _listed(bracket, "listed")


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
"""What is judged on a task that the text surely wants in the list."""


@question("recent.no-entity")
def who_sees_a_task_without_entity(world: World, bracket: Bracket) -> tuple[str, ...] | None:
    """A task without an entity: listed to all, or by access to the root folder."""
    if bracket.after.entity is not None or bracket.state not in LIVE_STATES or world.is_full(bracket.session):
        return None
    return ("to-all", "by-root") if bracket.is_listed else ("to-none",)


@question("recent.read-only-view")
def who_sees_a_task_on_an_ancestor(world: World, bracket: Bracket) -> tuple[str, ...] | None:
    """A task on an entity that is only an ancestor of what the session may read."""
    value = getattr(bracket.record.create.obj, "value", "")
    if "ancestor" not in world.declaration.roles.get(value, ()) or bracket.state not in LIVE_STATES:
        return None
    if world.is_full(bracket.session):
        return None
    return ("listed",) if bracket.is_listed else ("hidden",)


@question("recent.cap-esxi")
def whether_the_cap_applies_without_vcenter(world: World, bracket: Bracket) -> tuple[str, ...] | None:
    """Without vCenter: whether a completed task leaves after more completions than the cap."""
    if world.declaration.is_vcenter or bracket.state not in END_STATES:
        return None
    nth = bracket.record.rank_high + world.declaration.cap + OVER_CAP
    if bracket.read.completions <= nth:
        return None
    if bracket.is_listed:
        return ("uncapped",) if is_past_pruning(world, bracket) else None
    return ("capped",) if is_well_inside_window(world, bracket) and world.declaration.exclusive else None


@question("recent.cap-scope")
def over_whom_the_cap_counts(world: World, bracket: Bracket) -> tuple[str, ...] | None:
    """One user's completions push another user's completed task out, or not."""
    if not world.declaration.is_vcenter or bracket.state not in END_STATES or not world.is_full(bracket.session):
        return None
    own = bracket.record.account
    if own != world.account_of(bracket.session) or bracket.record.create.initiated_by is not None:
        return None
    since = bracket.record.counts_then
    by_own = bracket.read.completed_by.get(own, 0) - since.get(own, 0)
    by_all = bracket.read.completions - bracket.record.rank_high
    if by_own >= world.declaration.cap * WELL_INSIDE_CAP or by_all <= world.declaration.cap + OVER_CAP:
        return None
    if bracket.is_listed:
        return ("user",) if is_past_pruning(world, bracket) else None
    quiet = world.declaration.exclusive and is_well_inside_window(world, bracket)
    return ("server", "readable") if quiet else None


BRACKET_QUESTIONS = (
    who_sees_a_task_without_entity,
    who_sees_a_task_on_an_ancestor,
    whether_the_cap_applies_without_vcenter,
    over_whom_the_cap_counts,
)


# --- readings and updates ---------------------------------------------------------------------------------------------


@question("recent.empty")
def what_nothing_recent_looks_like(world: World, _call: ReadRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
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


@question("recent.wait-later")
def what_a_later_version_yields(world: World, call: WaitForRecentTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A later version yields nothing, the full value, or element changes. Live after a change of the session's own."""
    session = world.session_of(call.session)
    update = update_of(outcome)
    if call.fresh or session is None or session.waited is None or not session.news or update is None:
        return None
    if not update.changed:
        return ("nothing", "varying")
    return ("full-value", "varying") if update.recent_task is not None else ("element-changes", "varying")


@rule("recent.wait-truth")
def a_later_version_is_true(world: World, call: WaitForRecentTask, update: RecentTaskUpdate, at: Interval) -> Said:
    """What a later version yields was true of recentTask at some time since that version: it names no task that was
    long gone, and takes none out that lives. Live when an update came with a task of ours in it."""
    session = world.session_of(call.session)
    if call.fresh or not update.changed or session is None:
        return None
    for value in update.removed:
        taken = world.tasks.get(value)
        if taken is not None and _has_stayed(world, call, taken) and taken.ref not in update.added:
            return Departure(demand=MustList(task=taken.ref, present=True), observed=f"{value} was taken out")
    refs = (*update.added, *((update.recent_task.value or ()) if update.recent_task is not None else ()))
    ours = [record for ref in refs if (record := world.tasks.get(ref.value)) is not None]
    for record in ours:
        ways = (was_pushed_out(world, record, session.account), has_aged(world, record, at))
        since = session.waited
        if since is not None and any(due is not None and since > due + PRUNING_DEADLINE for due in ways):
            return Departure(
                demand=MustList(task=record.ref, present=False), observed=f"{record.ref.value} was yielded"
            )
    return True if ours else None


def _has_stayed(world: World, call: WaitForRecentTask, record: TaskRecord) -> bool:
    """Whether a task surely lives, and has to be listed to a full session."""
    is_sure = record.resolvable and not (record.mystery or record.unsure)
    return is_sure and world.is_surely_live(record) and world.is_full(call.session)


def update_of(outcome: Outcome) -> RecentTaskUpdate | None:
    """The update that came back, if one did."""
    if isinstance(outcome, Returned) and isinstance(outcome.value, RecentTaskUpdate):
        return outcome.value
    return None


def list_of(outcome: Outcome) -> tuple[ObjectRef, ...] | None:
    """The list that a read or a fresh wait gave: an absent array is the empty list. None if no list came."""
    if not isinstance(outcome, Returned):
        return None
    value = outcome.value
    if isinstance(value, RecentTaskUpdate):
        value = (value.recent_task or Property(value=())) if value.changed else None
    if not isinstance(value, Property) or value.missing is not None:
        return None
    return value.value if isinstance(value.value, tuple) else ()  # type: ignore[return-value]  # of references


# --- effect -----------------------------------------------------------------------------------------------------------


def advance_recent(
    world: World, call: ReadRecentTask | WaitForRecentTask, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """The list is kept until the reads that close the bracket."""
    session = world.session_of(call.session)
    refs = list_of(outcome)
    update = update_of(outcome)
    if session is not None and update is not None and (update.changed or getattr(call, "fresh", False)):
        session = evolve(session, waited=outcome.at.earliest, news=False)
        world = world.with_session(call.session, session)
    elif session is not None and update is not None:
        world = world.with_session(call.session, evolve(session, news=False))
    if session is None or refs is None:
        return world
    if getattr(call, "fresh", None) is False:
        return world
    values = frozenset(ref.value for ref in refs)
    known = session.recent.refs if session.recent is not None else frozenset()
    tasks = world.tasks
    for value in values - known:
        record = tasks.get(value)
        if record is not None and not record.listed:
            tasks = tasks.set(value, evolve(record, listed=True))
    read = RecentRead(
        refs=values,
        seq=world.seq,
        at=outcome.at,
        moves=world.moves,
        completions=world.completions,
        completed_by=world.completed_by,
        changed=session.changed,
        previous_seq=session.recent.seq if session.recent is not None else -1,
    )
    if getattr(call, "fresh", False):
        return evolve(world, tasks=tasks, sessions=world.sessions.set(call.session, evolve(session, waited_list=read)))
    session = evolve(session, recent=read, changed=None)
    return evolve(world, tasks=tasks, sessions=world.sessions.set(call.session, session))
