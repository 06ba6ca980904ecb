"""Task types: which ids CreateTask accepts.

    declared ──UpdateExtension without it──> left out
       │  ^                                     │
       │  └──RegisterExtension, UpdateExtension─┘
       └─────UnregisterExtension────────────> unregistered

The server has the settling time to follow: until then an id that was withdrawn may be accepted, and a create with an id
that was just declared is repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.belief import END_STATES, LIVE_STATES
from taskconform.model.oracle.belief_extensions import Withdrawn
from taskconform.model.oracle.checks import fault_condition, only, open_clause, rule
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Outcome, Property, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.belief_extensions import Extensions, Registration
    from taskconform.model.oracle.findings import Said
    from taskconform.model.oracle.life import OnTask
    from taskconform.model.vocabulary.calls import CreateTask, ReadTaskInfo, SetTaskState, UpdateProgress
    from taskconform.model.vocabulary.outcomes import Interval

NEVER: Final = ".unregistered"
"""The end of an extension key, or of a task type id, of ours that no plan ever registers."""

UNKNOWN: Final = "create.unknown-type"
"""The clause for ids that were never declared."""


# --- what is declared -------------------------------------------------------------------------------------------------


def is_unheard_of(belief: Belief, name: str) -> bool | None:
    """Return True if the server surely does not know a key or an id of ours that this test case has not named: no plan
    uses it, or the server state is fresh; else None, since an earlier test case may have left it behind."""
    return True if name.endswith(NEVER) or "reset" in belief.declaration.capabilities else None


def is_settled(belief: Belief, since: int) -> bool:
    """Return True if the settling time is surely over for what happened at `since`."""
    settling = belief.declaration.settling * SECOND
    return not settling or belief.extensions.as_of - since >= settling


def missing_clause(belief: Belief, task_id: str) -> str | None:
    """Return the clause that requires CreateTask to refuse a task type id; "" for one that is declared; None if it is
    open, as all are where the target has no RegisterExtension."""
    known = belief.extensions
    if task_id not in known.declared and "RegisterExtension" in belief.declaration.calls_without:
        return None
    if task_id in known.declared:
        return ""
    if task_id in known.possibly_declared:
        return None
    withdrawn = known.withdrawn.get(task_id)
    if withdrawn is None:
        return UNKNOWN if is_unheard_of(belief, task_id) else None
    return withdrawn.clause if withdrawn.clause and is_settled(belief, withdrawn.since) else None


def with_ids_collected(known: Extensions) -> Extensions:
    """Return the same with all declared ids collected again, after a registration changed."""
    sure: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    for one in known.keys.values():
        if one.registered:
            sure |= one.task_ids
            perhaps |= one.possible_ids
        elif one.registered is None:
            perhaps |= one.task_ids | one.possible_ids
    return evolve(known, declared=sure, possibly_declared=perhaps - sure)


def withdraw(belief: Belief, known: Extensions, key: str, ids: frozenset[str], clause: str) -> Extensions:
    """Note that an extension no longer declares these ids. `clause` requires that they are refused, "" if that is open.
    It is open for an id that was withdrawn for another reason before: either call may have had no effect."""
    withdrawn = known.withdrawn
    for one in ids:
        before = withdrawn.get(one)
        why = clause if before is None or before.clause == clause else ""
        withdrawn = withdrawn.set(one, Withdrawn(clause=why, key=key, since=belief.now, seq=belief.seq))
    return evolve(known, withdrawn=withdrawn)


# --- CreateTask: fault conditions -------------------------------------------------------------------------------------


@fault_condition("extension.unregister", "MethodFault")
def type_was_unregistered(belief: Belief, call: CreateTask) -> bool | None:
    """After UnregisterExtension its ids are refused, if no other extension declares them."""
    return is_refused_for(belief, call, "extension.unregister")


@fault_condition("extension.update-removed", "MethodFault")
def type_was_left_out(belief: Belief, call: CreateTask) -> bool | None:
    """UpdateExtension: "the existing record is updated". An id left out of a given taskList is refused."""
    return is_refused_for(belief, call, "extension.update-removed")


@fault_condition("extension.privilege", "MethodFault")
def type_came_without_privilege(belief: Belief, call: CreateTask) -> bool | None:
    """A call without the privilege changes nothing: the ids in it are not declared."""
    return is_refused_for(belief, call, "extension.privilege")


@fault_condition("extension.incomplete", "MethodFault")
def type_came_with_an_incomplete_description(belief: Belief, call: CreateTask) -> bool | None:
    """An incomplete description registers nothing: the ids in it are not declared."""
    return is_refused_for(belief, call, "extension.incomplete")


@fault_condition("extension.duplicate", "MethodFault")
def type_came_with_a_taken_key(belief: Belief, call: CreateTask) -> bool | None:
    """A key that is registered already is refused: the ids in the second description are not declared."""
    return is_refused_for(belief, call, "extension.duplicate")


@fault_condition("extension.update-unknown", "MethodFault")
def type_came_with_an_unknown_key(belief: Belief, call: CreateTask) -> bool | None:
    """An update of an unknown key is refused: the ids in it are not declared."""
    return is_refused_for(belief, call, "extension.update-unknown")


def is_refused_for(belief: Belief, call: CreateTask, clause: str) -> bool:
    """Return True if the task type id is surely not declared, and this clause says so."""
    task_id = call.task_type_id
    return is_withdrawn(belief, call) and belief.declaration.is_vcenter and missing_clause(belief, task_id) == clause


def is_withdrawn(belief: Belief, call: CreateTask) -> bool:
    """Return True if this test case has named the id, and the server does not surely know it."""
    task_id = call.task_type_id
    return task_id in belief.extensions.withdrawn and task_id not in belief.extensions.declared


CREATE = only(
    is_withdrawn,
    type_was_unregistered,
    type_was_left_out,
    type_came_without_privilege,
    type_came_with_an_incomplete_description,
    type_came_with_a_taken_key,
    type_came_with_an_unknown_key,
)
"""Fault conditions of CreateTask on an id of ours that this test case has named before. One that it has not named is
create.unknown-type's."""


# --- CreateTask: what is accepted -------------------------------------------------------------------------------------


def declaring(belief: Belief, task_id: str) -> Registration | None:
    """Return the registration that surely declares an id; of several, always the same one; None if there is none."""
    keys = belief.extensions.keys
    able = sorted(key for key, one in keys.items() if one.registered and task_id in one.task_ids)
    return keys[able[0]] if able else None


@rule("extension.register")
def registered_id_is_accepted(belief: Belief, call: CreateTask, _info: TaskInfo, _at: Interval) -> Said:
    """A registered extension's taskList ids are accepted by CreateTask: the first time that one is."""
    task_id = call.task_type_id
    if task_id in belief.extensions.accepted:
        return None
    by = declaring(belief, task_id)
    return True if by is not None and not by.updated else None


@rule("extension.update")
def added_id_is_accepted(belief: Belief, call: CreateTask, _info: TaskInfo, _at: Interval) -> Said:
    """An id added by UpdateExtension is accepted: the first time that it is."""
    task_id = call.task_type_id
    if task_id in belief.extensions.accepted:
        return None
    by = declaring(belief, task_id)
    return True if by is not None and task_id in by.added else None


ON_CREATE = (registered_id_is_accepted, added_id_is_accepted)


def create_clause(belief: Belief, call: CreateTask) -> str:
    """Choose the clause that CreateTask breaks by faulting for no documented reason: the one on its task type, if that
    was never accepted since it was declared, other types were, and nothing else about the call is unusual; "" if no
    type was ever accepted, so that either clause may be broken."""
    task_id = call.task_type_id
    by = declaring(belief, task_id)
    if by is None or task_id in belief.extensions.accepted:
        return "create.returns"
    if call.initiated_by is not None or call.parent_task_key is not None or call.activation_id is not None:
        return "create.returns"
    if not belief.extensions.accepted:
        return "create.returns" if belief.extensions.keys.get(belief.declaration.extension_key) is by else ""
    return "extension.update" if by.updated else "extension.register"


def is_fresh(belief: Belief, call: CreateTask) -> bool:
    """Return True if the id was declared so lately that it may not be accepted yet."""
    by = declaring(belief, call.task_type_id)
    return by is not None and belief.now - by.since <= belief.declaration.settling * SECOND


def advance_task_type(belief: Belief, call: CreateTask, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Believe what an answer of CreateTask shows of its task type."""
    task_id = call.task_type_id
    known = belief.extensions
    if isinstance(outcome, Returned):
        if task_id in known.accepted:
            return belief
        known = evolve(known, accepted=known.accepted | {task_id})
        return evolve(belief, extensions=_confirmed(belief, known, task_id))
    if not isinstance(outcome, Faulted) or refused or not create_clause(belief, call).startswith("extension."):
        return belief
    for key, one in known.keys.items():
        if task_id in one.task_ids:
            doubted = evolve(one, task_ids=one.task_ids - {task_id}, possible_ids=one.possible_ids | {task_id})
            known = evolve(known, keys=known.keys.set(key, doubted))
            known = _doubt_update(known, key) if one.updated else known
    return evolve(belief, extensions=with_ids_collected(known))


def _doubt_update(known: Extensions, key: str) -> Extensions:
    """Note that an UpdateExtension had not all of its effect: the rest of it is open."""
    one, withdrawn = known.keys[key], known.withdrawn
    back = {
        task_id for task_id, why in withdrawn.items() if why.key == key and why.clause == "extension.update-removed"
    }
    for task_id in back:
        withdrawn = withdrawn.set(task_id, evolve(withdrawn[task_id], clause=""))
    doubted = evolve(
        one, version=None, task_ids=one.task_ids - one.added, possible_ids=one.possible_ids | one.added | back
    )
    return evolve(known, keys=known.keys.set(key, doubted), withdrawn=withdrawn)


def _confirmed(belief: Belief, known: Extensions, task_id: str) -> Extensions:
    """Note that an id was accepted: the extension that declares it is registered. If none does, the one that had it may
    still be."""
    for key, one in known.keys.items():
        if one.registered and task_id in one.task_ids and not one.confirmed:
            known = evolve(known, keys=known.keys.set(key, evolve(one, confirmed=True)))
    withdrawn = known.withdrawn.get(task_id)
    if task_id in known.declared or withdrawn is None or not missing_clause(belief, task_id):
        return known
    owner = known.keys.get(withdrawn.key)
    if owner is not None and owner.registered and withdrawn.clause == "extension.update-removed":
        return with_ids_collected(_doubt_update(known, withdrawn.key))
    if owner is not None and owner.registered is False:
        known = evolve(known, keys=known.keys.set(withdrawn.key, evolve(owner, registered=None)))
    return evolve(known, withdrawn=known.withdrawn.set(task_id, evolve(withdrawn, clause="")))


# --- tasks whose type was taken away ----------------------------------------------------------------------------------

DEPENDENT: Final = ("life.unknown", "life.final", "life.backward", "life.progress-state")
"""Clauses whose conditions are open for a live task only because its type was withdrawn."""


def withdrawn_of(belief: Belief, record: TaskRecord) -> Withdrawn | None:
    """Return how a task's type was taken away after the task was made; None if it was not."""
    task_id = str(record.create.task_type_id)
    return belief.extensions.withdrawn[task_id] if belief.extensions.withdrew(task_id, record.created_seq) else None


@fault_condition("extension.unregister-tasks", "MethodFault")
def its_type_was_withdrawn(belief: Belief, call: OnTask) -> bool | None:
    """The task's type was withdrawn: the page is silent on its live tasks, so a fault is allowed."""
    record = belief.tasks.get(call.task.value)
    return None if record is not None and withdrawn_of(belief, record) is not None else False


def _case_of_withdrawal(belief: Belief, session: str, record: TaskRecord | None) -> TaskRecord | None:
    """Return the record if it shows the fate of live tasks: its extension was unregistered for good, and nothing else
    may have ended it; else None."""
    if (
        record is None
        or record.completed
        or record.cancels
        or record.unsure
        or record.state_in_doubt
        or not record.resolvable
    ):
        return None
    withdrawn = withdrawn_of(belief, record)
    if withdrawn is None or withdrawn.clause != "extension.unregister" or not is_settled(belief, withdrawn.since):
        return None
    task_id = str(record.create.task_type_id)
    if task_id in belief.extensions.declared or task_id in belief.extensions.possibly_declared:
        return None
    if not belief.logged_in(record.create.session) or belief.is_entity_gone(record):
        return None
    return record if record.state in LIVE_STATES and belief.is_full(session) else None


@open_clause("extension.unregister-tasks", *DEPENDENT)
def its_tasks_after_unregistering(belief: Belief, call: ReadTaskInfo, outcome: Outcome) -> tuple[str, ...] | None:
    """Live tasks of an extension that was unregistered go on, stay as they are, are ended, or go: by their
    Task.info."""
    if len(call.tasks) != 1:
        return None
    record = _case_of_withdrawal(belief, call.session, belief.tasks.get(call.tasks[0].value))
    if record is None:
        return None
    if isinstance(outcome, Faulted):
        return ("gone",) if outcome.fault.is_a("ManagedObjectNotFound") else None
    answers = outcome.value if isinstance(outcome, Returned) else None
    answer = answers[0] if isinstance(answers, tuple) and answers else None
    info = answer.value if isinstance(answer, Property) else None
    if not isinstance(info, TaskInfo):
        return None
    return ("ended",) if info.state in END_STATES else ("kept", "frozen")


@open_clause("extension.unregister-tasks", *DEPENDENT)
def updates_after_unregistering(
    belief: Belief, call: SetTaskState | UpdateProgress, outcome: Outcome
) -> tuple[str, ...] | None:
    """Live tasks of an extension that was unregistered accept calls, or not: queued to running, or a percentage of a
    running task."""
    record = _case_of_withdrawal(belief, call.session, belief.tasks.get(call.task.value))
    plain = getattr(call, "state", "running") == "running" and getattr(call, "result", None) is None
    if record is None or not plain or getattr(call, "fault", None) is not None:
        return None
    if record.state != ("queued" if hasattr(call, "state") else "running"):
        return None
    if isinstance(outcome, Returned):
        return ("kept",)
    if not isinstance(outcome, Faulted) or outcome.fault.is_a("SecurityError"):
        return None
    if outcome.fault.is_a("ManagedObjectNotFound"):
        return ("gone",)
    return ("frozen", "ended") if outcome.fault.is_a("InvalidState") else ("frozen",)
