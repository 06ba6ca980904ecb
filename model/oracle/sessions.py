"""Sessions and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.access import IDLE, missing_in
from taskconform.model.oracle.belief import LIVE_STATES, Belief, Session
from taskconform.model.oracle.checks import fault_condition, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustBe, Said
from taskconform.model.vocabulary.calls import MAIN
from taskconform.model.vocabulary.declaration import FULL_ACCOUNTS
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SECOND,
    SUCCESS,
    Faulted,
    Lost,
    Outcome,
    Property,
    Returned,
    TaskInfo,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import TaskRecord
    from taskconform.model.vocabulary.calls import AdvanceClock, Login, Logout, ReadMaxCollector
    from taskconform.model.vocabulary.declaration import Declaration


@fault_condition("session.no-view", "SecurityError", "InvalidLogin")
def login_may_be_refused(_belief: Belief, call: Login) -> bool | None:
    """A user without any privilege may be refused the login (N4)."""
    return None if call.account == "outsider" else False


@open_clause("session.no-view")
def answer_without_system_view(belief: Belief, call: ReadMaxCollector, outcome: Outcome) -> tuple[str, ...] | None:
    """A logged-in user without System.View on the root folder reads a manager's property."""
    if belief.account_of(call.session) != "outsider" or not belief.logged_in(call.session):
        return None
    fault = outcome.fault if isinstance(outcome, Faulted) else None
    if isinstance(outcome, Returned) and isinstance(outcome.value, Property):
        fault = outcome.value.missing
        if fault is None:
            return ("nothing-shown",) if outcome.value.value is None else ("as-any-user",)
    return ("refused",) if fault is not None and fault.is_a("SecurityError") else ()


@rule("session.shared")
def is_read_by_another_session(belief: Belief, record: TaskRecord, session: str) -> bool:
    """Another live session with access sees and reads the task: True for a read by a session that did not make it."""
    return session != record.create.session and belief.logged_in(record.create.session)


_ORDER: Final = {QUEUED: 0, RUNNING: 1, SUCCESS: 2, ERROR: 2}
"""The states of a task in the order of its life."""


@rule("session.shared")
def another_session_reads_no_less(belief: Belief, record: TaskRecord, session: str, info: TaskInfo) -> Said:
    """A session does not read an earlier state of a task than another session has read before, if nothing has moved it
    since."""
    before = record.info
    if before is None or record.read_by in {"", session} or record.state_in_doubt or record.moved_seq > record.info_seq:
        return None
    if not belief.logged_in(record.read_by) or not {info.state, before.state} <= _ORDER.keys():
        return None
    if _ORDER[info.state] >= _ORDER[before.state]:
        return None
    demand = MustBe(task=info.task, field="state", relation="is", value=before.state)
    return Divergence(demand=demand, observed=f"state is {info.state}", situation=f"{before.state} before")


@open_clause("session.outlive-live")
def live_task_after_logout(belief: Belief, record: TaskRecord, info: TaskInfo) -> tuple[str, ...] | None:
    """A live extension task after its maker's logout, read by another session: it stays, or was ended."""
    maker = belief.session_of(record.create.session)
    if maker is None or maker.live or maker.unsure or record.state_in_doubt:
        return None
    if record.state not in LIVE_STATES or record.cancels:
        return None
    # the server may end it some time later: a live task tells nothing yet
    return ("goes-on", "ended") if info.state in LIVE_STATES else ("ended",)


def first_belief(declaration: Declaration) -> Belief:
    """Return the belief on a fresh server state. Where the target has no Login, `main` is there without one."""
    belief = Belief(declaration=declaration)
    is_there = "Login" in declaration.calls_without
    return belief.with_session(MAIN, Session(account=FULL_ACCOUNTS[0])) if is_there else belief


def advance_login(belief: Belief, call: Login, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Note a session that logged in; after a lost answer it may exist."""
    if isinstance(outcome, Faulted):
        return belief
    lost = isinstance(outcome, Lost)
    belief = _without_name(belief, call.session)
    return belief.with_session(call.session, Session(account=call.account, used=outcome.at.earliest, unsure=lost))


def _without_name(belief: Belief, name: str) -> Belief:
    """Return the belief with another name for a session that had this one: it is not the one that logs in now, and what
    it made or read is not that one's."""
    before = belief.session_of(name)
    if before is None:
        return belief
    earlier, tasks = f"{name} before {belief.seq}", belief.tasks
    for value, record in belief.tasks.items():
        maker, reader = (earlier if one == name else one for one in (record.create.session, record.read_by))
        if (maker, reader) != (record.create.session, record.read_by):
            tasks = tasks.set(value, evolve(record, create=evolve(record.create, session=maker), read_by=reader))
    owners, collectors, sizes = belief.collectors, belief.history.collectors, belief.history.last_sizes
    for ref, owner in belief.collectors.items():
        owners = owners.set(ref, earlier) if owner == name else owners
    for ref, one in belief.history.collectors.items():
        collectors = collectors.set(ref, evolve(one, session=earlier)) if one.session == name else collectors
    sizes = sizes.delete(name) if name in sizes else sizes
    return evolve(
        belief,
        tasks=tasks,
        sessions=belief.sessions.delete(name).set(earlier, before),
        collectors=owners,
        history=evolve(belief.history, collectors=collectors, last_sizes=sizes),
        watched=belief.watched.with_owner(name, earlier),
    )


def advance_logout(belief: Belief, call: Logout, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """End a session, and what it holds; after a lost answer both may go on."""
    return belief if isinstance(outcome, Faulted) else with_session_ended(belief, call.session, outcome)


def with_session_ended(belief: Belief, name: str, outcome: Outcome) -> Belief:
    """Return the belief after a session ended, and with it its collectors, views, property collectors and filters; or
    may have, if the answer was lost."""
    session = belief.session_of(name)
    if session is None:
        return belief
    if isinstance(outcome, Lost):
        return evolve(belief.with_session(name, evolve(session, unsure=True)), places_unsure=True)
    ended = evolve(session, live=False, collectors=frozenset(), events=0)
    return evolve(
        belief,
        sessions=belief.sessions.set(name, ended),
        ended_collectors=belief.ended_collectors + len(session.collectors),
        watched=belief.watched.without_session(name),
    )


def note_use(belief: Belief, name: str, outcome: Outcome) -> Belief:
    """Note when a session was last answered. One that got NotAuthenticated, as a fault or in missingSet, has ended if
    it had idled long enough."""
    session = belief.session_of(name)
    if session is None or not session.live or isinstance(outcome, Lost):
        return belief
    idled = belief.now - session.used > IDLE
    fault = outcome.fault if isinstance(outcome, Faulted) else missing_in(outcome.value) if idled else None
    if fault is not None and fault.is_a("SecurityError"):
        if session.unsure or not idled:
            return belief
        return evolve(belief.with_session(name, evolve(session, unsure=True)), places_unsure=True)
    if session.used // SECOND == outcome.at.earliest // SECOND:
        return belief
    return belief.with_session(name, evolve(session, used=outcome.at.earliest))


def advance_clock(belief: Belief, call: AdvanceClock, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Note the time after a lost answer: the clock may have moved. Every other outcome has its own time."""
    return evolve(belief, now=belief.now + call.seconds * SECOND) if isinstance(outcome, Lost) else belief
