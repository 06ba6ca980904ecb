"""The belief: the facts known of the target, from what it really answered. It is immutable; each area's `advance_…`
returns a new one. Persistent maps and counters make a step cost the same with a hundred thousand tasks as with a
hundred."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from immutables import Map
from msgspec import Struct, field

from taskconform.model.oracle.belief_extensions import Extensions
from taskconform.model.oracle.belief_history import History
from taskconform.model.oracle.belief_watch import Watched
from taskconform.model.vocabulary.calls import NO_TASK
from taskconform.model.vocabulary.declaration import FULL_ACCOUNTS
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS, Interval, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import CreateTask, ObjectRef, SetTaskState
    from taskconform.model.vocabulary.declaration import Declaration

LIVE_STATES: Final = frozenset({QUEUED, RUNNING})
END_STATES: Final = frozenset({SUCCESS, ERROR})

CHANGES_KEPT: Final = 16
"""Number of calls that may have changed something, and are remembered."""

SLACK: Final = 2 * SECOND
"""Margin of every bound on a real clock, in microseconds."""


def slack(at: Interval) -> int:
    """Return the margin in microseconds for times that are compared with this interval: 0 on a virtual clock."""
    return 0 if at.earliest == at.latest else SLACK


class TaskRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A task that the suite made, as far as it is known.

    `state` is the one that the last accepted SetTaskState asked for, or that was read since; None if a lost answer or a
    cancel under way leaves it open. `returned` is what CreateTask returned, `info` the last TaskInfo read, by session
    `read_by`, by call number `info_seq`; `moved_seq` is the last call that may have changed the state; `chain` is its
    eventChainId as a collector's item had it (0: not known). `asked`, `progress` and `described` hold the calls that
    were accepted since the last read (a description is its key, its arguments, and True if the task surely was
    running); `refused` the clauses of those that faulted since. `ended` is when it completed: `rank_low` to
    `rank_high` is its place among our completions, `counts_then` what each account had completed.
    `unsure`: a call whose answer was lost may have changed it since it was last read; `state_in_doubt`: such a call may
    have changed its state at any time. `operation`: the server's own operation of this name made it, and moves it
    (`create` is then what CreateTask would have been given); as long as it has not ended its state is open."""

    create: CreateTask
    key: str
    ref: ObjectRef
    account: str
    returned: TaskInfo
    created: Interval
    created_seq: int
    moves_then: int
    completions_then: int
    parent: str | None = None
    root: str | None = None
    depth: int = 1
    has_children: bool = False
    resolvable: bool = False
    state: str | None = QUEUED
    moved_seq: int = 0
    chain: int = 0
    asked: SetTaskState | None = None
    ended_by: SetTaskState | None = None
    ran: bool = False
    started: Interval | None = None
    ended: Interval | None = None
    rank_low: int = 0
    rank_high: int = 0
    counts_then: Map[str, int] = field(default_factory=Map)
    progress: int | None = None
    described: tuple[tuple[str, tuple[tuple[str, str], ...], bool], ...] = ()
    cancels: int = 0
    cancelled_from: str | None = None
    child_progressed: bool = False
    refused: tuple[str, ...] = ()
    info: TaskInfo | None = None
    info_seq: int = -1
    read_by: str = ""
    settled: TaskInfo | None = None
    listed: bool = False
    unsure: bool = False
    state_in_doubt: bool = False
    operation: str = ""

    @property
    def completed(self) -> bool:
        """Return True if it surely is in success or error."""
        return self.state in END_STATES

    @property
    def is_ending(self) -> bool:
        """Return True if a cancel is under way, or an operation of the server's: it may end the task at any time, and
        change its state and its stamps."""
        return (self.cancels > 0 or self.operation != "") and not self.completed


class RecentRead(Struct, frozen=True, kw_only=True, gc=False):
    """A read of recentTask that gave a value: the references' values, the call's number and time. `moves` and
    `completions` are the counts at that time, `moving` is how many tasks of operations may have completed besides,
    `completed_by` the completions by account, `changed` the last task that
    this session had made or ended since its previous read, call `previous_seq`."""

    refs: frozenset[str]
    seq: int
    at: Interval
    moves: int
    completions: int
    completed_by: Map[str, int]
    changed: str | None
    previous_seq: int
    moving: int = 0


class Session(Struct, frozen=True, kw_only=True, gc=False):
    """A login: its account, and `live` until it ends.

    `collectors` are the task collectors it holds, `events` the number of its event collectors. `met_limit`: a create
    met the limit; since then `freed` were destroyed and `regained` created. `faulted_creates` counts creates that
    faulted. `recent` is its last read of recentTask; `changed` the last task it made or ended since; `waited_list` is
    what WaitForUpdatesEx last gave for version "", `waited` the earliest server time of the last version that a filter
    on recentTask gave, `changed_since_wait`: this session made a task since. `used` is when it was last
    answered. `unsure`: the answer to its Login or Logout was lost, or it may have idled out."""

    account: str
    live: bool = True
    collectors: frozenset[str] = frozenset()
    events: int = 0
    met_limit: bool = False
    freed: int = 0
    regained: int = 0
    faulted_creates: int = 0
    recent: RecentRead | None = None
    changed: str | None = None
    waited_list: RecentRead | None = None
    waited: int | None = None
    changed_since_wait: bool = False
    used: int = 0
    unsure: bool = False


class Belief(Struct, frozen=True, kw_only=True, gc=False):
    """The facts known of a target. `seq` counts calls, `now` is the latest server time known, `moves` those that may
    have changed a task's state; the last that may have changed anything was call `changed_seq`, at `changed_at` at the
    latest; `changes` are the last few of them, each with its class. `tasks` are ours, by reference value; `keys` leads
    from key to reference value. `completions` counts those that ended, `completed_by` the same by account, and
    `completion_times` holds when an account's n-th had ended at the latest. `places_unsure`: after a lost answer it is
    not known how many collectors each session holds. `ended_collectors` counts collectors whose session ended,
    `destroyed_collectors` those that were destroyed. `refused_creates` are the last refused CreateTask calls, each as
    (clause, type, when), `lost_creates` counts those whose answer was lost, and what else was lost that may make tasks.
    `gone` are entities that the suite destroyed, and what else it removed. `extensions`, `watched` and `history` are
    what is known of extensions, of views and property filters, and of collectors. `doubtful`: others may have acted at
    any time (see `doubt`)."""

    declaration: Declaration
    seq: int = 0
    now: int = 0
    moves: int = 0
    changed_seq: int = -1
    changed_at: int = 0
    changes: tuple[tuple[int, type], ...] = ()
    sessions: Map[str, Session] = field(default_factory=Map)
    tasks: Map[str, TaskRecord] = field(default_factory=Map)
    keys: Map[str, str] = field(default_factory=Map)
    completions: int = 0
    completed_by: Map[str, int] = field(default_factory=Map)
    completion_times: Map[tuple[str, int], int] = field(default_factory=Map)
    max_collector: int | None = None
    collectors: Map[str, str] = field(default_factory=Map)
    ended_collectors: int = 0
    destroyed_collectors: int = 0
    places_unsure: bool = False
    refused_creates: tuple[tuple[str, str, Interval], ...] = ()
    lost_creates: int = 0
    gone: frozenset[str] = frozenset()
    extensions: Extensions = field(default_factory=Extensions)
    watched: Watched = field(default_factory=Watched)
    history: History = field(default_factory=History)
    doubtful: bool = False

    def session_of(self, name: str) -> Session | None:
        """Return the session that the plan calls `name`; None if it never logged in."""
        return self.sessions.get(name)

    def logged_in(self, name: str) -> bool:
        """Return True if this session surely is logged in."""
        session = self.sessions.get(name)
        return session is not None and session.live and not session.unsure

    def account_of(self, name: str) -> str | None:
        """Return the account of this session, live or ended."""
        session = self.sessions.get(name)
        return session.account if session is not None else None

    def is_full(self, name: str) -> bool:
        """Return True if this session is logged in as an account that holds every privilege everywhere."""
        session = self.sessions.get(name)
        return session is not None and session.live and not session.unsure and session.account in FULL_ACCOUNTS

    def lacks(self, name: str, privilege: str) -> bool:
        """Return True if this session's account is declared to hold the privilege nowhere."""
        account = self.account_of(name)
        return account is not None and privilege in self.declaration.account(account).lacks

    def may_read(self, name: str, obj: ObjectRef) -> bool | None:
        """Tell whether this session holds System.Read on an object and on the root folder; None where it is not
        declared, or where the session may have ended, or the object."""
        session = self.sessions.get(name)
        if session is None or not session.live:
            return False
        if session.unsure or obj.value in self.gone:
            return None
        if self.is_full(name):
            return True
        if self.account_of(name) == "outsider":
            return False
        roles = self.declaration.roles.get(obj.value, frozenset())
        if "readable" in roles:
            return True
        return False if "hidden" in roles else None

    def completed_one(self, record: TaskRecord, ended: Interval, rank_low: int) -> tuple[Belief, TaskRecord]:
        """Return the belief after one of our tasks ended, and the task's record."""
        after = evolve(self, completions=self.completions + 1)
        if record.create.initiated_by is None:  # the page leaves open whose task it is that somebody else initiated
            count = self.completed_by.get(record.account, 0) + 1
            after = evolve(
                after,
                completed_by=self.completed_by.set(record.account, count),
                completion_times=self.completion_times.set((record.account, count), ended.latest),
            )
        return after, evolve(
            record, ended=ended, rank_low=rank_low, rank_high=after.completions, counts_then=after.completed_by
        )

    def may_be_gone(self, record: TaskRecord) -> bool:
        """Return True if a live task may have ended or disappeared without a call of ours that shows it: a cancel is
        under way, its maker logged out (session.outlive-live), or its type was withdrawn (extension.unregister-tasks);
        or if a task in any state may have disappeared with its entity (info.entity-gone)."""
        if self.is_entity_gone(record):
            return True
        if record.completed:
            return False
        if self.doubtful or record.cancels or not self.logged_in(record.create.session):
            return True
        return self.extensions.withdrew(str(record.create.task_type_id), record.created_seq)

    def is_entity_gone(self, record: TaskRecord) -> bool:
        """Return True if the entity of a task of ours may have been destroyed."""
        return record.create.obj.value in self.gone

    def may_be_earlier(self, info: TaskInfo) -> bool:
        """Return True if a TaskInfo of a completed task may have been read before it completed: in a recording whose
        order is not known."""
        return self.doubtful and self.declaration.recording == "unordered" and info.state in LIVE_STATES

    def may_have_lost_its_entity(self, record: TaskRecord) -> bool:
        """Return True if somebody may have destroyed the entity of a task of ours: in a recording anybody may have."""
        return self.declaration.recorded or self.is_entity_gone(record)

    def may_be_removed(self, record: TaskRecord) -> bool:
        """Return True if a task of ours may have left the history: with its entity (info.entity-gone), or, while it was
        live, with its maker's session or its extension (session.outlive-live, extension.unregister-tasks)."""
        if self.is_entity_gone(record) or record.completed:
            return self.is_entity_gone(record)
        task_id = str(record.create.task_type_id)
        return not self.logged_in(record.create.session) or self.extensions.withdrew(task_id, record.created_seq)

    def is_surely_live(self, record: TaskRecord) -> bool:
        """Return True if a task surely is queued or running."""
        return record.state in LIVE_STATES and not self.may_be_gone(record)

    def with_task(self, record: TaskRecord) -> Belief:
        """Return the belief with one task's record replaced."""
        return evolve(self, tasks=self.tasks.set(record.ref.value, record))

    def with_session(self, name: str, session: Session) -> Belief:
        """Return the belief with one session replaced."""
        return evolve(self, sessions=self.sessions.set(name, session))


def changes_since(belief: Belief, seq: int) -> tuple[type, ...] | None:
    """Return the classes of the calls that may have changed something since a call; None if that is no longer known."""
    if len(belief.changes) == CHANGES_KEPT and belief.changes[0][0] > seq:
        return None
    return tuple([what for changed, what in belief.changes if changed > seq])


# --- what surely stands -----------------------------------------------------------------------------------------------

RETIRING_SHARE: Final = 0.75
"""Share of the window, or of the cap, after which nothing is required of a completed task: it may be leaving."""


def may_have_retired(belief: Belief, record: TaskRecord) -> bool:
    """Return True if a task may have left the server's live objects: it has completed, or may have, 3/4 of the window
    or of the cap ago; or others use the server too."""
    if belief.is_surely_live(record):
        return False
    if not belief.declaration.exclusive:
        return True  # others' tasks may have filled the cap
    moving = len(belief.extensions.origins.operations)
    many = belief.completions + moving - record.rank_low >= belief.declaration.cap * RETIRING_SHARE
    return many or may_have_aged(belief, record)


def may_have_aged(belief: Belief, record: TaskRecord) -> bool:
    """Return True if a completed task may have left the server's live objects for its age."""
    since = record.ended.earliest if record.ended is not None else record.created.earliest
    return belief.now - since >= belief.declaration.window * RETIRING_SHARE * SECOND


def exists(belief: Belief, session: str, ref: ObjectRef) -> bool | None:
    """Return True if this session surely can resolve a reference, False if it surely cannot, else None. An object that
    "no longer exists or has never existed" cannot be resolved; for one that the session may not read that is open."""
    roles = belief.declaration.roles.get(ref.value, frozenset())
    if ref.value == NO_TASK or "nowhere" in roles:
        return False
    record = belief.tasks.get(ref.value)
    if record is None:
        return True if roles and belief.is_full(session) else None
    if not record.resolvable or may_have_retired(belief, record) or belief.may_be_removed(record):
        return None
    return may_read(belief, session, record) or None


def may_read(belief: Belief, session: str, record: TaskRecord) -> bool:
    """Return True if this session surely holds System.Read on the task's entity and on the root folder."""
    return belief.may_read(session, record.create.obj) is True


def is_well_read(belief: Belief, record: TaskRecord) -> bool:
    """Return True if the task surely is as it was last read: no call since, whether accepted, refused or lost, may have
    changed it, and the server cannot have ended it by itself."""
    info = record.info
    if info is None or info.state != record.state or record.info_seq < record.moved_seq:
        return False
    if record.settled is not None and record.settled.state != info.state:
        return False
    if record.state_in_doubt and info.state not in END_STATES:
        return False  # the call whose answer was lost may still take effect
    touched = record.asked or record.refused or record.described or record.child_progressed or record.unsure
    return not touched and record.progress is None and not belief.may_be_gone(record)


def states_since(belief: Belief, record: TaskRecord, since: int) -> frozenset[str] | None:
    """Return the states that a task can have had after call number `since`; None if it can have had any."""
    if not is_well_read(belief, record) or record.state is None:
        return None
    if still_since(record) <= since:
        return frozenset({record.state})
    return frozenset({QUEUED, RUNNING, record.state})


def still_since(record: TaskRecord) -> int:
    """Return the call since which a well-read task surely has been in its state: the last one that moved it; or, if the
    server ended it, the read that showed that."""
    by_itself = record.completed and (record.ended_by is None or record.cancels > 0 or record.state_in_doubt)
    return record.info_seq if by_itself else record.moved_seq


def end_before(belief: Belief, record: TaskRecord, since: int) -> str | None:
    """Return the end that a task surely had reached by call number `since`; None if it had not surely ended."""
    if record.state not in END_STATES or not is_well_read(belief, record) or still_since(record) > since:
        return None
    return record.state
