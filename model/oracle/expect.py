"""Expect, judge, advance: the oracle.

    expected = expect(world, call)              what the clauses allow here
    findings = expected.judge(outcome)          divergences and live checks, each with its clause
    world    = advance(world, call, outcome)    the next state, from what was really observed

Every method has the same skeleton: the documented conditions under which it faults, in the order of the page; the
readings it can show; what must hold of what it returns; its effect. One table, `METHODS`, says so for all.

Faults are conditions. If one or more surely hold the call must fault, with any of theirs; if none can hold it must
succeed; where one may hold, either is right."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from taskconform.model.clauses.registry import CLAUSES, is_before
from taskconform.model.oracle import (
    access,
    collectors,
    create,
    descriptions,
    extensions,
    info,
    latest,
    life,
    limit,
    monitor,
    noted,
    origins,
    pages,
    recent,
    services,
    sessions,
    task_types,
    watch,
    withdrawals,
)
from taskconform.model.oracle.belief import CHANGES_KEPT, SLACK
from taskconform.model.oracle.findings import (
    Departure,
    Finding,
    MustAnswer,
    MustFault,
    MustSucceed,
    Question,
    Refusal,
    Said,
    only,
    shown,
)
from taskconform.model.oracle.method import (
    Method,
    always,
    always_asked,
    broken,
    held_of,
    judge_rules,
    paired,
    run_rules,
    show,
)
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import (
    Fault,
    Faulted,
    Lost,
    Outcome,
    Property,
    RecentTaskUpdate,
    Returned,
    TaskInfo,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import TaskRecord, World
    from taskconform.model.vocabulary.outcomes import Interval


def _note(found: list[Finding], clause: str, said: Said) -> None:
    """Add what was said of recentTask to what was found."""
    if isinstance(said, Departure):
        found.append(broken(clause, said, "recentTask"))
    elif said:
        found.append(held_of(clause))


# --- what must hold of an answer --------------------------------------------------------------------------------------


judge_created = judge_rules(*create.ON_RETURN, *create.KEPT, *task_types.ON_CREATE)
"""What CreateTask returned."""


def judge_infos(
    world: World, call: c.ReadTaskInfo, answers: tuple[Property[TaskInfo], ...], at: Interval
) -> Iterable[Finding]:
    """What Task.info said, task by task."""
    found: list[Finding] = []
    is_full = world.is_full(call.session)
    for ref, answer in zip(call.tasks, answers, strict=True):
        record = world.tasks.get(ref.value)
        if record is None:
            if answer.value is not None and world.declaration.recorded:
                run_rules(_ON_FOREIGN, world, None, answer.value, at, "ReadTaskInfo", found)
            elif answer.value is not None and not origins.may_be_started(world, answer.value):
                found.extend(_judge_phantom(world, answer.value))
            continue
        if answer.value is None:
            found.extend(_judge_unread(world, call, record, answer.missing))
        elif not is_full and world.may_read(call.session, record.create.obj) is False:
            said = Departure(
                demand=MustFault(kinds=("SecurityError",)),
                observed="the info of a task that the session may not read",
                situation="read",
            )
            found.append(broken("recent.unreadable", said, "ReadTaskInfo"))
        else:
            _judge_info(world, call, record, answer.value, at, found)
    return found


_ON_READ: Final = paired(*info.ALWAYS, *life.AT_ANY_TIME)
_ON_FOREIGN: Final = paired(*info.OF_ANYBODY)
_AFTER_AN_END: Final = paired(*life.AFTER_AN_END)
_AFTER_AN_UPDATE: Final = paired(*life.AFTER_AN_UPDATE)
_AFTER_A_REFUSAL: Final = paired(*life.AFTER_A_REFUSAL)
_AFTER_A_CANCEL: Final = paired(*life.AFTER_A_CANCEL)
_ON_FIRST_READ: Final = paired(*info.FIRST_READ)
_BETWEEN_READS: Final = paired(*recent.BETWEEN_READS)
_ON_RETRIEVE: Final = paired(recent.wait_is_fresh)
_ON_LIST: Final = paired(*recent.ON_LIST)
_ON_UPDATE: Final = paired(recent.a_later_version_is_true)
_ON_ITEM: Final = paired(info.key_and_reference_belong_together, info.collector_agrees_with_task)
_AFTER_A_MOVE: Final = paired(*life.AFTER_A_MOVE)
_AFTER_SETTLING: Final = paired(*life.AFTER_SETTLING)


def _judge_info(
    world: World, call: c.ReadTaskInfo, record: TaskRecord, read: TaskInfo, at: Interval, found: list[Finding]
) -> None:
    """What one Task.info said of one of our tasks."""
    if info.is_resolvable(world, record, call.session):
        found.append(held_of("create.resolvable"))
    if sessions.what_another_session_reads(world, record, call.session):
        found.append(held_of("session.shared"))
        said = sessions.another_session_reads_no_less(world, record, call.session, read)
        if isinstance(said, Departure):
            found.append(broken("session.shared", said, "ReadTaskInfo"))
    run_rules(_ON_READ, world, record, read, at, "ReadTaskInfo", found)
    _judge_what_followed(world, record, read, at, found)
    if record.info is None:
        _judge_first_info(world, record, read, at, found)
    _ask_of_read((sessions.what_becomes_of_a_live_task,), world, record, read, found)
    brackets = recent.brackets(world, record, read)
    if brackets:
        _judge_brackets(world, brackets, found)


def _judge_what_followed(world: World, record: TaskRecord, read: TaskInfo, at: Interval, found: list[Finding]) -> None:
    """What the calls that were made on the task must have come to: only of those that were made."""
    if record.asked is not None:
        run_rules(_AFTER_A_MOVE, world, record, read, at, "ReadTaskInfo", found)
    if record.settled is not None:
        run_rules(_AFTER_SETTLING, world, record, read, at, "ReadTaskInfo", found)
    if record.ended_by is not None:
        run_rules(_AFTER_AN_END, world, record, read, at, "ReadTaskInfo", found)
        _ask_of_read(life.END_QUESTIONS, world, record, read, found)
    if record.progress is not None or record.described is not None:
        run_rules(_AFTER_AN_UPDATE, world, record, read, at, "ReadTaskInfo", found)
        _ask_of_read(life.UPDATE_QUESTIONS, world, record, read, found)
    if record.child_progressed:
        _ask_of_read(life.CHILD_QUESTIONS, world, record, read, found)
    if record.refused:
        run_rules(_AFTER_A_REFUSAL, world, record, read, at, "ReadTaskInfo", found)
        _ask_of_read(life.REFUSAL_QUESTIONS, world, record, read, found)
    if record.cancels:
        run_rules(_AFTER_A_CANCEL, world, record, read, at, "ReadTaskInfo", found)


def _ask_of_read(
    questions: tuple[Any, ...], world: World, record: TaskRecord, read: TaskInfo, found: list[Finding]
) -> None:
    """Which readings what was read of a task goes with."""
    for question in questions:
        options = question(world, record, read)
        if options is not None:
            found.append(show(question, options, f"state {read.state}"))


def _judge_brackets(world: World, brackets: list[recent.Bracket], found: list[Finding]) -> None:
    """What the lists said of a task that lie between this read and the one before."""
    for bracket in brackets:
        if recent.is_demanded(world, bracket):
            for between, held in _BETWEEN_READS:
                said = between(world, bracket)
                if said is not None:
                    found.append(held if said is True else broken(between.clause, said, "recentTask"))
        for asked in recent.BRACKET_QUESTIONS:
            options = asked(world, bracket)
            if options is not None:
                found.append(show(asked, options, "listed" if bracket.is_listed else "not listed"))


def _judge_first_info(world: World, record: TaskRecord, read: TaskInfo, at: Interval, found: list[Finding]) -> None:
    """What CreateTask promised, once more. What it broke itself was reported then, and is believed since."""
    for rule, held in _ON_FIRST_READ:
        said = rule(world, record.create, read, at)
        if said is True:
            found.append(held)
        elif said is not None and rule(world, record.create, record.returned, at) is True:
            found.append(broken(rule.clause, said, "ReadTaskInfo"))


def _judge_unread(world: World, call: c.ReadTaskInfo, record: Any, missing: Fault | None) -> Iterable[Finding]:
    """A task whose info did not come."""
    if info.is_unreadable(world, record, call.session):
        if missing is not None and missing.is_a("SecurityError"):
            yield held_of("recent.unreadable")
        else:
            said = Departure(demand=MustFault(kinds=("SecurityError",)), observed=shown(missing), situation="kind")
            yield broken("recent.unreadable", said, "ReadTaskInfo")
    elif world.may_read(call.session, record.create.obj):
        clause = "session.shared" if call.session != record.create.session else "create.resolvable"
        said = Departure(demand=MustSucceed(), observed=f"missing: {shown(missing)}")
        yield broken(clause, said, "ReadTaskInfo", "missing")


def _judge_phantom(world: World, read: TaskInfo) -> Iterable[Finding]:
    """A task that only a refused CreateTask can have made."""
    for clause in info.phantom_clauses(world, read):
        said = Departure(
            demand=MustAnswer(property="nothing created"),
            observed=f"a task of type {read.description_id}",
            situation="created all the same",
        )
        yield broken(clause, said, "CreateTask")


def judge_list(world: World, call: Any, answer: Any, at: Interval) -> Iterable[Finding]:
    """What recentTask held, by either way of reading it."""
    found: list[Finding] = []
    if isinstance(answer, RecentTaskUpdate):
        run_rules(_ON_UPDATE, world, call, answer, at, "WaitForRecentTask", found)
        if not call.fresh:
            return found
        # a property that is absent makes no change: the empty list
        answer = (answer.recent_task or Property(value=())) if answer.changed else None
        if answer is None:
            said = Departure(demand=MustAnswer(property="full value"), observed='no value for version ""')
            found.append(broken("recent.fresh-wait", said, "WaitForRecentTask"))
            return found
    refs = answer.value or ()
    run_rules(_ON_LIST, world, call, refs, at, type(call).__name__, found)
    session = world.session_of(call.session)
    if session is None:
        return found
    if isinstance(call, c.ReadRecentTask):
        run_rules(_ON_RETRIEVE, world, session, refs, at, "WaitForRecentTask", found)
        for clause, word in recent.judge_absence(world, session, refs, at):
            _note(found, clause, word)
    if session.account == "restricted":
        for word in recent.holds_nothing_hidden(world, call.session, refs, at):
            _note(found, "recent.hidden", word)
    return found


PLACES: Final = (
    "limit.reachable",
    "limit.per-client",
    "limit.destroy-frees",
    "limit.logout-frees",
    "limit.fault-frees",
)
"""The clauses that promise a place to a collector."""


# --- the table --------------------------------------------------------------------------------------------------------


def _cancel_clause(world: World, call: c.CancelTask) -> str:
    """Cancelling a queued task is documented by half the pages only."""
    record = life.record_of(world, call)
    return "life.cancel-queued" if record is not None and record.state == "queued" else "life.cancel"


def _progress_clause(_world: World, call: c.UpdateProgress) -> str:
    """Out of range, it is the clamp that promises success."""
    return "life.progress" if 0 <= call.percent_done <= 100 else "life.progress-clamp"


LIST_CHECKS = (
    *recent.ON_LIST,
    *recent.BETWEEN_READS,
    *recent.BRACKET_QUESTIONS,
    recent.has_aged,
    recent.was_pushed_out,
    recent.holds_nothing_hidden,
    recent.a_later_version_is_true,
    recent.wait_is_fresh,
)
"""What is judged on a list: at once, or when the reads around it are complete."""

INFO_CHECKS = (
    *info.ALWAYS,
    *info.FIRST_READ,
    *life.ON_READ,
    *life.READ_QUESTIONS,
    sessions.what_becomes_of_a_live_task,
    sessions.what_another_session_reads,
    sessions.another_session_reads_no_less,
    info.is_resolvable,
    info.is_unreadable,
)
"""What is judged on a TaskInfo that was read."""


def anybody_is_bereft(world: World, _call: object) -> bool:
    """Whether anything is gone that tasks of ours stand on: a task type, an entity."""
    return bool(world.gone or world.extensions.withdrawn)


BEREFT: Final = only(anybody_is_bereft, withdrawals.its_type_was_withdrawn, origins.its_entity_is_gone)
"""Why a call on a task may be refused that has lost its extension or its entity."""
UPDATED: Final = only(anybody_is_bereft, withdrawals.whether_its_tasks_take_updates)
"""What a call that moves such a task on tells of it."""

_METHODS: Final[dict[type, Method]] = {
    **extensions.METHODS,
    **descriptions.METHODS,
    **services.METHODS,
    **watch.METHODS,
    **collectors.METHODS,
    **pages.METHODS,
    **latest.METHODS,
    **monitor.METHODS,
    c.Login: Method(
        succeeds=always("session.shared"), advance=sessions.advance_login, refusals=(sessions.login_may_be_refused,)
    ),
    c.Logout: Method(succeeds=always("session.logout"), advance=sessions.advance_logout, refusals=access.ACCESS),
    c.AdvanceClock: Method(succeeds=always("recent.aged"), advance=sessions.advance_clock),
    c.CreateTask: Method(
        succeeds=task_types.create_clause,
        advance=create.advance_create_task,
        refusals=(*access.ACCESS, *create.REFUSALS),
        questions=create.QUESTIONS,
        judge=judge_created,
        checks=(*create.ON_RETURN, *create.KEPT, *task_types.ON_CREATE),
    ),
    c.ReadRecentTask: Method(
        succeeds=always("recent.fresh-retrieve"),
        advance=recent.advance_recent,
        refusals=(*access.ACCESS, recent.nobody_reads),
        questions=(recent.what_nothing_recent_looks_like, origins.whether_recent_task_lists_it),
        judge=judge_list,
        checks=LIST_CHECKS,
        is_read=True,
    ),
    c.WaitForRecentTask: Method(
        succeeds=always("recent.fresh-wait"),
        advance=recent.advance_recent,
        refusals=(*access.ACCESS, recent.nobody_reads),
        questions=(recent.what_a_later_version_yields,),
        judge=judge_list,
        checks=LIST_CHECKS,
        is_read=True,
    ),
    c.ReadMaxCollector: Method(
        succeeds=always("limit.value"),
        advance=limit.advance_read_max_collector,
        refusals=(*access.ACCESS, limit.nobody_reads),
        questions=(sessions.what_a_user_without_view_gets,),
        judge=judge_rules(*limit.ON_READ),
        checks=limit.ON_READ,
        is_read=True,
    ),
    c.ReadTaskInfo: Method(
        succeeds=info.unexpected_fault_clause,
        advance=info.advance_read_task_info,
        refusals=(*access.ACCESS, *info.REFUSALS),
        questions=only(anybody_is_bereft, withdrawals.what_its_tasks_are_read_to_be),
        judge=judge_infos,
        checks=INFO_CHECKS,
    ),
    c.SetTaskState: Method(
        succeeds=always("life.set-state"),
        advance=life.advance_set_task_state,
        refusals=(*access.ACCESS, *life.SET_TASK_STATE, *BEREFT),
        questions=(*life.SET_QUESTIONS, *UPDATED),
    ),
    c.UpdateProgress: Method(
        succeeds=_progress_clause,
        advance=life.advance_update_progress,
        refusals=(*access.ACCESS, *life.UPDATE_PROGRESS, *BEREFT),
        questions=(*life.PROGRESS_QUESTIONS, *UPDATED),
    ),
    c.SetTaskDescription: Method(
        succeeds=always("life.description"),
        advance=life.advance_set_task_description,
        refusals=(*access.ACCESS, *life.SET_TASK_DESCRIPTION, *BEREFT),
        questions=life.DESCRIPTION_QUESTIONS,
    ),
    c.CancelTask: Method(
        succeeds=_cancel_clause,
        advance=life.advance_cancel_task,
        refusals=(*access.ACCESS, *life.CANCEL_TASK, *BEREFT),
        questions=life.CANCEL_QUESTIONS,
    ),
}

METHODS: Final[dict[type, Method]] = origins.with_origins(_METHODS)
"""Every method the model knows. A call that is missing here is illegal: `expect` raises KeyError."""


def _checked_by() -> dict[str, tuple[str, ...]]:
    """Clause to the methods whose calls it is checked on."""
    found: dict[str, set[str]] = {}
    for cls, method in METHODS.items():
        for one in (*method.refusals, *method.questions, *method.checks):
            for clause in one.clauses:
                found.setdefault(clause, set()).add(cls.__name__)
    found["create.distinct"] = {"CreateTask"}
    for clause in PLACES:
        found.setdefault(clause, set()).add("CreateCollectorForTasks")
    return {clause: tuple(sorted(methods)) for clause, methods in found.items()}


CHECKED_BY: Final = _checked_by()
"""Clause to the methods whose calls it is checked on. A clause that is missing here has no check yet."""


# --- the oracle -------------------------------------------------------------------------------------------------------


EVENTUALLY: Final = frozenset({"limit.destroy-frees", "limit.logout-frees", "limit.exceeded"})
"""Clauses that promise a place which may be freed late."""


def _is_out_of_scope(clause: str, api_version: str, api_type: str) -> bool:
    """Whether a target's API version or product puts a clause out of scope: what it says then binds nobody."""
    known = CLAUSES[clause]
    version = tuple(int(part) for part in api_version.split(".") if part.isdigit())
    if is_before(version, known.since) or (known.until and not is_before(version, known.until)):
        return True
    return (known.profile == "vcenter" and api_type != "VirtualCenter") or (
        known.profile == "esxi" and api_type != "HostAgent"
    )


@cache
def _all_out_of_scope(api_version: str, api_type: str) -> frozenset[str]:
    """All clauses that a target puts out of scope."""
    return frozenset(clause for clause in CLAUSES if _is_out_of_scope(clause, api_version, api_type))


def _is_told(finding: Finding) -> bool:
    """Whether a recording tells this: it draws no readings, and gives the server no time."""
    return CLAUSES[finding.clause].level != "Q" and not getattr(finding, "eventually", False)


class Expected(Struct, kw_only=True, gc=False):
    """What the clauses allow a call to do in a world: `certain` are the refusals that surely hold, `possible` those
    that may."""

    world: World
    call: Any
    method: Method
    certain: tuple[Refusal, ...]
    possible: tuple[Refusal, ...]

    def judge(self, outcome: Outcome) -> list[Finding]:
        """Divergences and live checks. A lost answer says nothing. What was expected long before the call was made is
        expected anew: a session may have idled out since, or a task have retired."""
        if isinstance(outcome, Lost):
            return []
        world, call, method = self.world, self.call, self.method
        if outcome.at.latest - world.now > SLACK:
            return expect(evolve(world, now=outcome.at.latest), call).judge(outcome)
        fault = self._fault_of(outcome)
        found: list[Finding] = []
        if not world.declaration.recorded:
            self._ask(outcome, fault, found)
        if fault is not None:
            found.extend(self._judge_fault(fault))
        elif self.certain:
            found.extend(self._must_fault("success", "success"))
        elif isinstance(outcome, Returned):
            found.extend(method.judge(world, call, outcome.value, outcome.at))
        about = world.declaration.about
        beyond = _all_out_of_scope(about.api_version, about.api_type)
        if world.declaration.recorded:
            found = [finding for finding in found if _is_told(finding)]
        return [finding for finding in found if finding.clause not in beyond] if beyond else found

    def _fault_of(self, outcome: Returned | Faulted) -> Fault | None:
        """The fault that a call came back with. Of a property read, missingSet's counts as much as the method's; of a
        read of several tasks it does where it must, or may, be refused for it."""
        if isinstance(outcome, Faulted):
            return outcome.fault
        if not (self.method.is_read or self.certain or self.possible):
            return None
        fault = access.missing_in(outcome.value)
        counts = self.method.is_read or self.certain or (fault is not None and self._may_be(fault))
        return fault if counts else None

    def _ask(self, outcome: Outcome, fault: Fault | None, found: list[Finding]) -> None:
        """Which readings of the unclear clauses the outcome goes with."""
        world, call = self.world, self.call
        for guard, questions in self.method.question_groups:
            if guard is not always_asked and not guard(world, call):
                continue
            for question in questions:
                options = question(world, call, outcome)
                if options is not None and (fault is None or not self._is_for_another_reason(question, fault)):
                    found.append(show(question, options, _brief(outcome)))

    def _judge_fault(self, fault: Fault) -> Iterable[Finding]:
        """A fault is right if it is of a kind that a condition gives; it proves a condition's check only where no other
        condition could have given it."""
        right = [refusal for refusal in self.certain if fault.is_a(*refusal.kinds)]
        if right:
            if not self._may_be(fault) and self._is_one(self.certain):
                for refusal in right:
                    yield held_of(refusal.clause)
        elif self.world.declaration.recorded:
            return  # what else may have been in the way of somebody else's call, a recording does not tell
        elif self._may_be(fault):
            kept = self.method.judge_fault(self.world, self.call, fault) if self.method.judge_fault else None
            if kept is not None:
                yield held_of(kept)
        elif self.certain:
            yield from self._must_fault(fault.kind, fault.kind)
        else:
            blamed = self.method.blames(self.world, self.call, fault) if self.method.blames is not None else ""
            clause = blamed or self.method.succeeds(self.world, self.call)
            if not clause:
                return  # more than one clause could be what is broken
            observed = fault.kind
            if clause == "limit.per-client":
                observed += ", where both clients share an address"
            said = Departure(demand=MustSucceed(), observed=observed, situation=fault.kind)
            eventually = clause in EVENTUALLY or self._is_registration_fresh()
            yield broken(clause, evolve(said, eventually=eventually), type(self.call).__name__, "fault")

    def _may_be(self, fault: Fault) -> bool:
        """Whether a fault is of a kind that a condition gives which may hold."""
        return any(fault.is_a(*refusal.kinds) for refusal in self.possible)

    def _is_for_another_reason(self, question: Question, fault: Fault) -> bool:
        """Whether a fault may have come of a condition that a question is not about: then it does not answer it."""
        return any(
            refusal.clause not in question.about and fault.is_a(*refusal.kinds)
            for refusal in (*self.certain, *self.possible)
        )

    def _is_registration_fresh(self) -> bool:
        """Whether the extension was registered so lately that its task types may not be accepted yet."""
        return isinstance(self.call, c.CreateTask) and task_types.is_fresh(self.world, self.call)

    @staticmethod
    def _is_one(refusals: tuple[Refusal, ...]) -> bool:
        """Whether these are one condition: alone, or several clauses that say the same (same kinds)."""
        return len({refusal.kinds for refusal in refusals}) == 1

    def _must_fault(self, observed: str, situation: str) -> Iterable[Finding]:
        """The call had to fault, and did not, or with a fault that no condition gives: it breaks them all."""
        for refusal in self.certain:
            said = Departure(demand=MustFault(kinds=refusal.kinds), observed=observed, situation=situation)
            yield broken(refusal.clause, said, type(self.call).__name__, "refusal")


def expect(world: World, call: c.Call) -> Expected:
    """What the clauses allow this concrete call to do in this world. Raises KeyError for a call without a method."""
    method = METHODS[type(call)]
    certain: tuple[Refusal, ...] = ()
    possible: tuple[Refusal, ...] = ()
    for guard, refusals in method.refusal_groups:
        if guard is not always_asked and not guard(world, call):
            continue
        for refusal in refusals:
            holds = refusal(world, call)
            if holds is False:
                continue
            if holds:
                certain += (refusal,)
            elif holds is None:
                possible += (refusal,)
    return Expected(world=world, call=call, method=method, certain=certain, possible=possible)


CHANGING: Final = frozenset(
    {
        c.CreateTask,
        c.SetTaskState,
        c.UpdateProgress,
        c.SetTaskDescription,
        c.CancelTask,
        c.Logout,
        c.UnregisterExtension,
        c.Destroy,
        c.RunScheduledTask,
        c.LogUserEvent,
    }
)
"""Calls that may change what a collector holds."""


def advance(world: World, call: c.Call, outcome: Outcome, expected: Expected | None = None) -> World:
    """The next world, from what was really observed, right or wrong."""
    expected = expected if expected is not None else expect(world, call)
    refused: tuple[str, ...] = ()
    if expected.certain or expected.possible:
        refused = tuple([refusal.clause for refusal in (*expected.certain, *expected.possible)])
    latest, seq = outcome.at.latest, world.seq + 1
    now = max(latest, world.now)
    if call.__class__ in CHANGING:
        changes = world.changes
        if not isinstance(outcome, Faulted):
            what = Lost if isinstance(outcome, Lost) else call.__class__
            changes = (*changes[1 - CHANGES_KEPT :], (seq, what))
        world = evolve(world, seq=seq, now=now, changed_seq=seq, changed_at=latest, changes=changes)
    else:
        world = evolve(world, seq=seq, now=now)
    if call.__class__ is not c.AdvanceClock:  # which no session sends
        world = sessions.note_use(world, call.session, outcome)
    world = noted.note(world, call, outcome)
    return expected.method.advance(world, call, outcome, refused)


def _brief(outcome: Outcome) -> str:
    """An outcome in a word."""
    return outcome.fault.kind if isinstance(outcome, Faulted) else "success"
