"""Expect, judge, advance: the oracle.

    expected = expect(belief, call)              what the clauses allow here
    findings = expected.judge(outcome)          divergences and exercised checks, each with its clause
    belief    = advance(belief, call, outcome)    the next state, from what was really observed

Every method has the same skeleton: the documented conditions under which it faults, in the order of the page; the
interpretations it can show; what must hold of what it returns; its effect. `METHODS` has all of them.

Faults are conditions. If one or more surely hold the call must fault, with any of theirs; if none can hold it must
succeed; where one may hold, either is right."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final, Never, cast

from msgspec import Struct

from taskconform.model.clauses.registry import CLAUSES, is_before
from taskconform.model.oracle import (
    access,
    cancel,
    collectors,
    create,
    descriptions,
    extensions,
    info,
    latest,
    life,
    limit,
    operations,
    origins,
    pages,
    progress,
    recent,
    services,
    sessions,
    task_types,
    unsaid,
    watch,
    windows,
)
from taskconform.model.oracle.belief import CHANGES_KEPT, SLACK
from taskconform.model.oracle.checks import (
    FaultCondition,
    OpenClause,
    UnsaidError,
    always_asked,
    held_of,
    only,
    unless_unsaid,
)
from taskconform.model.oracle.doubt import doubted
from taskconform.model.oracle.findings import Broken, Divergence, Finding, MustFault, MustSucceed, Unsaid
from taskconform.model.oracle.method import AnyMethod, Method, always, broken, judge_by, show
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.declaration import version_numbers
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

    from taskconform.model.oracle.belief import Belief


# --- the table --------------------------------------------------------------------------------------------------------


def something_was_removed(belief: Belief, _call: object) -> bool:
    """Return True if a task type or an entity of our tasks may be gone."""
    return bool(belief.gone or belief.extensions.withdrawn)


REMOVED: Final[tuple[FaultCondition[life.OnTask], ...]] = only(
    something_was_removed, task_types.its_type_was_withdrawn, origins.its_entity_is_gone
)
"""Fault conditions of a call on a task whose task type or entity was removed."""
UPDATED: Final = only(something_was_removed, task_types.updates_after_unregistering)
"""Open clauses of a call that moves such a task on."""

METHODS: Final[dict[type, AnyMethod]] = {
    **extensions.METHODS,
    **descriptions.METHODS,
    **services.METHODS,
    **operations.METHODS,
    **watch.METHODS,
    **collectors.METHODS,
    **pages.METHODS,
    **latest.METHODS,
    c.Login: Method[c.Login, object](
        succeeds=always("session.shared"),
        advance=sessions.advance_login,
        fault_conditions=(sessions.login_may_be_refused,),
    ),
    c.Logout: Method[c.Logout, object](
        succeeds=always("session.logout"), advance=sessions.advance_logout, fault_conditions=access.ACCESS
    ),
    c.AdvanceClock: Method[c.AdvanceClock, object](succeeds=always("recent.aged"), advance=sessions.advance_clock),
    c.CreateTask: Method[c.CreateTask, TaskInfo](
        succeeds=task_types.create_clause,
        advance=create.advance_create_task,
        fault_conditions=(*access.ACCESS, *create.FAULT_CONDITIONS),
        open_clauses=create.OPEN_CLAUSES,
        judge=judge_by(*create.ON_RETURN, *create.KEPT, *task_types.ON_CREATE),
        checks=(*create.ON_RETURN, *create.KEPT, *task_types.ON_CREATE),
    ),
    c.ReadRecentTask: Method[c.ReadRecentTask, Property[tuple[ObjectRef, ...]]](
        succeeds=always("recent.fresh-retrieve"),
        advance=recent.advance_recent,
        fault_conditions=(*access.ACCESS, recent.nobody_reads),
        open_clauses=(recent.form_of_empty_recent_task, origins.recent_task_of_removed_entity),
        judge=recent.judge_read,
        checks=(*recent.CHECKS, *windows.CHECKS),
        is_read=True,
    ),
    c.WaitForRecentTask: Method[c.WaitForRecentTask, RecentTaskUpdate](
        succeeds=always("recent.fresh-wait"),
        advance=recent.advance_recent,
        fault_conditions=(*access.ACCESS, recent.nobody_reads),
        open_clauses=(recent.yield_of_later_version,),
        judge=recent.judge_update,
        checks=(*recent.CHECKS, *windows.CHECKS),
        is_read=True,
    ),
    c.ReadMaxCollector: Method[c.ReadMaxCollector, Property[int]](
        succeeds=always("limit.value"),
        advance=limit.advance_read_max_collector,
        fault_conditions=(*access.ACCESS, limit.nobody_reads),
        open_clauses=(sessions.answer_without_system_view,),
        judge=judge_by(*limit.ON_READ),
        checks=limit.ON_READ,
        is_read=True,
    ),
    c.ReadTaskInfo: Method[c.ReadTaskInfo, tuple[Property[TaskInfo], ...]](
        succeeds=info.unexpected_fault_clause,
        advance=info.advance_read_task_info,
        fault_conditions=(*access.ACCESS, *info.FAULT_CONDITIONS),
        open_clauses=only(something_was_removed, task_types.its_tasks_after_unregistering),
        judge=info.judge_infos,
        checks=info.CHECKS,
    ),
    c.SetTaskState: Method[c.SetTaskState, object](
        succeeds=always("life.set-state"),
        advance=life.advance_set_task_state,
        fault_conditions=(*access.ACCESS, *life.SET_TASK_STATE, *REMOVED),
        open_clauses=(*life.SET_OPEN_CLAUSES, *UPDATED),
    ),
    c.UpdateProgress: Method[c.UpdateProgress, object](
        succeeds=progress.success_clause,
        advance=progress.advance_update_progress,
        fault_conditions=(*access.ACCESS, *progress.UPDATE_PROGRESS, *REMOVED),
        open_clauses=(*progress.PROGRESS_OPEN_CLAUSES, *UPDATED),
    ),
    c.SetTaskDescription: Method[c.SetTaskDescription, object](
        succeeds=always("life.description"),
        advance=progress.advance_set_task_description,
        fault_conditions=(*access.ACCESS, *progress.SET_TASK_DESCRIPTION, *REMOVED),
        open_clauses=progress.DESCRIPTION_OPEN_CLAUSES,
    ),
    c.CancelTask: Method[c.CancelTask, object](
        succeeds=cancel.success_clause,
        advance=cancel.advance_cancel_task,
        fault_conditions=(*access.ACCESS, *cancel.CANCEL_TASK, *REMOVED),
        open_clauses=cancel.CANCEL_OPEN_CLAUSES,
    ),
}

"""Every method that the oracle knows, by the class of its calls."""


def _checked_by() -> dict[str, tuple[str, ...]]:
    """Collect the methods on whose calls a clause is checked, by clause."""
    found: dict[str, set[str]] = {}
    for cls, method in METHODS.items():
        for one in (*method.fault_conditions, *method.open_clauses, *method.checks):
            for clause in one.clauses:
                found.setdefault(clause, set()).add(cls.__name__)
    found["create.distinct"] = {"CreateTask"}
    for one in unsaid.CHECKS:
        found[one.clause] = {cls.__name__ for cls in unsaid.SHOWING}
    return {clause: tuple(sorted(methods)) for clause, methods in found.items()}


CHECKED_BY: Final = _checked_by()
"""The methods on whose calls a clause is checked, by clause. A clause without an entry has no check."""


# --- the oracle -------------------------------------------------------------------------------------------------------


EVENTUALLY: Final = frozenset({"limit.destroy-frees", "limit.logout-frees", "limit.exceeded"})
"""Clauses on the limit that the target may meet some time later."""


def _is_out_of_scope(clause: str, api_version: str, api_type: str) -> bool:
    """Return True if a clause does not bind a target of this API version and product."""
    known = CLAUSES[clause]
    version = version_numbers(api_version)
    if is_before(version, known.since) or (known.until and not is_before(version, known.until)):
        return True
    return (known.profile == "vcenter" and api_type != "VirtualCenter") or (
        known.profile == "esxi" and api_type != "HostAgent"
    )


@cache
def _all_out_of_scope(api_version: str, api_type: str) -> frozenset[str]:
    """Return the clauses that do not bind a target of this API version and product."""
    return frozenset(clause for clause in CLAUSES if _is_out_of_scope(clause, api_version, api_type))


def _counts_in_a_recording(finding: Finding) -> bool:
    """Return True if a recording proves this finding: it tells no interpretations, and gives the server no time."""
    return CLAUSES[finding.clause].level != "Q" and not getattr(finding, "eventually", False)


class Expected(Struct, kw_only=True, gc=False):
    """The outcomes that the clauses allow for a call, given a belief. `certain` are the fault conditions that surely
    hold, `possible` those that may."""

    belief: Belief
    call: c.Call
    method: AnyMethod
    certain: tuple[FaultCondition[Never], ...]
    possible: tuple[FaultCondition[Never], ...]

    def judge(self, outcome: Outcome) -> list[Finding]:
        """Return divergences, checks that were exercised and held, and interpretations that were shown. A lost answer
        shows nothing. If much time has passed since the call was expected, it is expected anew: a session may have
        idled out since, or a task have retired. A divergence in a recording is sure only if it is one in doubt, too."""
        if isinstance(outcome, Lost):
            return []
        found = self.judge_plainly(outcome)
        declaration = self.belief.declaration
        if not declaration.recorded or declaration.recording == "whole" or Broken not in map(type, found):
            return found
        in_doubt = expect(doubted(self.belief, outcome), self.call).judge_plainly(outcome)
        sure = [one for one in in_doubt if isinstance(one, Broken)]
        clauses = {one.clause for one in sure}
        rest = [one for one in found if not isinstance(one, Broken) or one.clause not in clauses]
        return [*sure, *(evolve(one, unsure=True) if isinstance(one, Broken) else one for one in rest)]

    def judge_plainly(self, outcome: Returned | Faulted) -> list[Finding]:
        """Return the findings by this belief alone, as if nothing were in doubt."""
        belief, call = self.belief, self.call
        if outcome.at.latest - belief.now > SLACK:
            return expect(evolve(belief, now=outcome.at.latest), call).judge_plainly(outcome)
        found: list[Finding] = []
        if call.__class__ in unsaid.SHOWING and isinstance(outcome, Returned):
            found.extend(unsaid.judge_form(belief, call, outcome))
            outcome = cast("Returned", unsaid.judged(belief, call, outcome))
        with suppress(UnsaidError):  # what was found before counts
            self._judge_content(outcome, found)
        about = belief.declaration.about
        out_of_scope = _all_out_of_scope(about.api_version, about.api_type)
        if belief.declaration.recorded:
            found = [finding for finding in found if _counts_in_a_recording(finding)]
        return [finding for finding in found if finding.clause not in out_of_scope] if out_of_scope else found

    def _judge_content(self, outcome: Returned | Faulted, found: list[Finding]) -> None:
        """Add the findings on what an outcome says to `found`. Raises UnsaidError where it leaves out what it must say
        and no single check is to blame."""
        fault = self._fault_of(outcome)
        if not self.belief.declaration.recorded:
            self._interpret(outcome, fault, found)
        if fault is not None:
            found.extend(self._judge_fault(fault))
        elif self.certain:
            found.extend(self._must_fault("success", "success"))
        elif isinstance(outcome, Returned):
            found.extend(self.method.judge(self.belief, self.call, outcome.value, outcome.at))

    def _fault_of(self, outcome: Returned | Faulted) -> Fault | None:
        """Return the fault that a call came back with. A fault in missingSet counts as one for a property read; for a
        read of several tasks it does so if the read must, or may, fault with it."""
        if isinstance(outcome, Faulted):
            return outcome.fault
        if not (self.method.is_read or self.certain or self.possible):
            return None
        fault = access.missing_in(outcome.value)
        counts = self.method.is_read or self.certain or (fault is not None and self._may_be(fault))
        return fault if counts else None

    def _interpret(self, outcome: Outcome, fault: Fault | None, found: list[Finding]) -> None:
        """Add the interpretations of open clauses that are consistent with the outcome to `found`."""
        belief, call = self.belief, self.call
        for guard, clauses in self.method.open_clause_groups:
            if guard is not always_asked and not guard(belief, call):
                continue
            for one in clauses:
                try:
                    interpretations = one.interpret(belief, call, outcome)
                except UnsaidError as lacking:
                    found.append(Unsaid(one.clause, str(lacking)))
                    continue
                if interpretations is None or (fault is not None and self._has_another_cause(one, fault)):
                    continue
                observed = outcome.fault.kind if isinstance(outcome, Faulted) else "success"
                found.append(show(one.clause, interpretations, observed))

    def _judge_fault(self, fault: Fault) -> Iterable[Finding]:
        """A fault is right if it is of a kind that a condition gives. It exercises the condition's check only if no
        other condition could have given it."""
        right = [condition for condition in self.certain if fault.is_a(*condition.kinds)]
        if right:
            if not self._may_be(fault) and len({condition.kinds for condition in self.certain}) == 1:
                for condition in right:
                    yield held_of(condition.clause)
        elif self.belief.declaration.recorded:
            return  # a recording does not tell what else may have caused the fault of somebody else's call
        elif self._may_be(fault):
            kept = self.method.judge_fault(self.belief, self.call, fault) if self.method.judge_fault else None
            if kept is not None:
                yield held_of(kept)
        elif self.certain:
            yield from self._must_fault(fault.kind, fault.kind)
        else:
            yield from self._must_succeed(fault)

    def _must_succeed(self, fault: Fault) -> Iterable[Finding]:
        """No condition can explain the fault: it breaks the clause that alone explains it, or that promises success."""
        blamed = self.method.blames(self.belief, self.call, fault) if self.method.blames is not None else ""
        clause = (blamed or self.method.succeeds(self.belief, self.call)) if blamed is not None else ""
        if not clause:
            return  # more than one clause could be what is broken
        observed = fault.kind
        if clause == "limit.per-client":
            observed += ", where both clients share an address"
        is_new = isinstance(self.call, c.CreateTask) and task_types.is_fresh(self.belief, self.call)
        said = Divergence(
            demand=MustSucceed(), observed=observed, situation=fault.kind, eventually=clause in EVENTUALLY or is_new
        )
        yield broken(clause, said, type(self.call).__name__, "fault")

    def _must_fault(self, observed: str, situation: str) -> Iterable[Finding]:
        """The call did not fault, or with a fault that no condition gives: it breaks the clauses of all conditions."""
        for condition in self.certain:
            said = Divergence(demand=MustFault(kinds=condition.kinds), observed=observed, situation=situation)
            yield broken(condition.clause, said, type(self.call).__name__, "refusal")

    def _may_be(self, fault: Fault) -> bool:
        """Return True if a condition that may hold gives faults of this kind."""
        return any(fault.is_a(*condition.kinds) for condition in self.possible)

    def _has_another_cause(self, asked: OpenClause[...], fault: Fault) -> bool:
        """Return True if a condition that an open clause is not about may have caused the fault; or a task type that
        the target may not know yet."""
        call, belief = self.call, self.belief
        if isinstance(call, c.CreateTask) and belief.declaration.settling and task_types.is_fresh(belief, call):
            return True
        return any(
            condition.clause not in asked.about and fault.is_a(*condition.kinds)
            for condition in (*self.certain, *self.possible)
        )


def expect(belief: Belief, call: c.Call) -> Expected:
    """Return what the clauses allow this call to do, given a belief. Raises KeyError for a call without a method."""
    method = METHODS[type(call)]
    certain: tuple[FaultCondition[Never], ...] = ()
    possible: tuple[FaultCondition[Never], ...] = ()
    for guard, conditions in method.condition_groups:
        if guard is not always_asked and not guard(belief, call):
            continue
        for condition in conditions:
            holds = unless_unsaid(condition.holds, belief, call)
            if holds is False:
                continue
            if holds:
                certain += (condition,)
            elif holds is None:
                possible += (condition,)
    return Expected(belief=belief, call=call, method=method, certain=certain, possible=possible)


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
        c.StartOperation,
        c.RunScheduledTask,
        c.LogUserEvent,
    }
)
"""Calls that may change what a collector holds."""


def advance(belief: Belief, call: c.Call, outcome: Outcome, expected: Expected | None = None) -> Belief:
    """Return the belief after an outcome, right or wrong: it follows what was observed. `expected` spares computing
    what was expected of the call once more."""
    expected = expected if expected is not None else expect(belief, call)
    if call.__class__ not in unsaid.SHOWING or unsaid.is_complete(outcome):
        return _advanced(belief, call, outcome, expected)
    try:
        return _advanced(belief, call, unsaid.followed(belief, call, outcome), expected)
    except UnsaidError:
        return _advanced(belief, call, unsaid.filled(belief, call, outcome), expected)


def _advanced(belief: Belief, call: c.Call, outcome: Outcome, expected: Expected) -> Belief:
    """Return the belief after an outcome that leaves nothing out."""
    refused: tuple[str, ...] = ()
    if expected.certain or expected.possible:
        refused = tuple([condition.clause for condition in (*expected.certain, *expected.possible)])
    latest, seq = outcome.at.latest, belief.seq + 1
    now = max(latest, belief.now)
    if call.__class__ in CHANGING:
        changes = belief.changes
        if not isinstance(outcome, Faulted):
            what = Lost if isinstance(outcome, Lost) else call.__class__
            changes = (*changes[1 - CHANGES_KEPT :], (seq, what))
        belief = evolve(belief, seq=seq, now=now, changed_seq=seq, changed_at=latest, changes=changes)
    else:
        belief = evolve(belief, seq=seq, now=now)
    if call.__class__ is not c.AdvanceClock:  # no session makes this call
        belief = sessions.note_use(belief, call.session, outcome)
    belief = origins.note(belief, call, outcome)
    after = expected.method.advance(belief, call, outcome, refused)
    return operations.moved(after, call, outcome) if belief.extensions.origins.operations else after
