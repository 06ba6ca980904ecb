"""Observation windows: recentTask between two reads of a task.

A missing task is judged between two reads of its Task.info (`ObservationWindow`): if it was in the same state before
and after the list was read, it was so meanwhile. A task too many needs no observation window (`recent`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from taskconform.model.oracle import recent
from taskconform.model.oracle.belief import END_STATES, LIVE_STATES, RecentRead, TaskRecord
from taskconform.model.oracle.checks import open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustList, Said
from taskconform.model.oracle.recent import OVER_CAP, phase
from taskconform.model.vocabulary.outcomes import (
    QUEUED,
    RUNNING,
    SECOND,
    TaskInfo,
)

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.checks import Declared

WELL_INSIDE_WINDOW: Final = 0.8
"""Share of the window (8 of 10 minutes) for which a completed task must be listed."""

WELL_INSIDE_CAP: Final = 0.75
"""Share of the cap (150 of 200) up to which completions since then do not matter."""


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
    if before is None and not belief.declaration.settling and not record.operation:
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
    since = window.read.completions + window.read.moving - window.record.rank_low - 1
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
    return window.read.at.earliest > last + recent.PRUNING_DEADLINE


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
    return None if belief.is_full(window.session) else _listed(window, phase(window.record))


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
    return _listed(window) if right_after and not record.operation else None


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
def readers_of_task_without_entity(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
    """A task without an entity: listed to all, or by access to the root folder."""
    if window.after.entity is not None or window.state not in LIVE_STATES or belief.is_full(window.session):
        return None
    return ("to-all", "by-root") if window.is_listed else ("to-none",)


@open_clause("recent.read-only-view")
def readers_of_task_on_ancestor(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
    """A task on an entity that is only an ancestor of what the session may read."""
    value = getattr(window.record.create.obj, "value", "")
    if "ancestor" not in belief.declaration.roles.get(value, ()) or window.state not in LIVE_STATES:
        return None
    if belief.is_full(window.session):
        return None
    return ("listed",) if window.is_listed else ("hidden",)


@open_clause("recent.cap-esxi")
def cap_without_vcenter(belief: Belief, window: ObservationWindow) -> tuple[str, ...] | None:
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
    if window.record.operation or window.read.moving:
        return None  # how many of its user's tasks had completed by then is not known
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
    readers_of_task_without_entity,
    readers_of_task_on_ancestor,
    cap_without_vcenter,
    over_whom_the_cap_counts,
)

CHECKS: Final[tuple[Declared, ...]] = (*BETWEEN_READS, *WINDOW_OPEN_CLAUSES)
"""All checks of a task in an observation window."""
