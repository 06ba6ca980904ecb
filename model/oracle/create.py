"""TaskManager.CreateTask: its fault conditions, and what the TaskInfo it returns must say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle import task_types
from taskconform.model.oracle.belief import LIVE_STATES, TaskRecord, may_have_retired, slack
from taskconform.model.oracle.checks import fault_condition, only, open_clause, rule
from taskconform.model.oracle.findings import Divergence, MustAnswer, MustBe, MustList, Said, field_is, shown
from taskconform.model.vocabulary.calls import BUILT_IN, NO_SUCH_USER
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING, Faulted, Lost, Outcome, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.checks import CallOpenClause
    from taskconform.model.vocabulary.calls import CreateTask
    from taskconform.model.vocabulary.outcomes import Interval


MOST_SUSPECTS = 16
"""Number of CreateTask calls that faulted and are remembered: one of them may have made a task all the same."""


# --- fault conditions, in the order of the page -----------------------------------------------------------------------


@fault_condition("create.privilege", "SecurityError")
def lacks_task_create(belief: Belief, call: CreateTask) -> bool | None:
    """The user holds Task.Create nowhere."""
    return belief.lacks(call.session, "Task.Create")


@fault_condition("create.privilege-object", "SecurityError")
def holds_task_create_elsewhere(belief: Belief, call: CreateTask) -> bool | None:
    """Task.Create held on one entity only: the page does not say on what it is required."""
    return None if belief.account_of(call.session) == "delegate" else False


@fault_condition("create.unknown-object", "MethodFault")
def obj_never_existed(belief: Belief, call: CreateTask) -> bool | None:
    """The object has never existed: "a request refers to a managed object that no longer exists or never has"."""
    return "nowhere" in belief.declaration.roles.get(call.obj.value, ())


@fault_condition("create.unknown-type", "MethodFault")
def type_is_not_registered(belief: Belief, call: CreateTask) -> bool | None:
    """No extension has ever declared the task type, and it is no built-in operation (vCenter). `task_types` has the
    conditions for a type that was named before. A host that has accepted a type keeps it: nothing can withdraw it
    there."""
    task_id = call.task_type_id
    known = belief.extensions
    if task_id in known.declared:
        return False
    if not belief.declaration.is_vcenter and task_id in known.accepted and task_id not in known.withdrawn:
        return False
    if task_id == BUILT_IN or not belief.declaration.is_vcenter:
        return None
    clause = task_types.missing_clause(belief, task_id)
    return None if clause is None else clause == task_types.UNKNOWN


@fault_condition("create.unknown-object", "MethodFault")
def obj_may_be_gone(belief: Belief, call: CreateTask) -> bool | None:
    """The object was destroyed, or is being destroyed: at some time it "no longer exists"."""
    return None if call.obj.value in belief.gone else False


@fault_condition("create.initiated-by-unknown", "MethodFault")
def initiator_is_unknown(belief: Belief, call: CreateTask) -> bool | None:
    """No user has the name, or none as it is spelled: the name is kept, or the call faults."""
    return False if call.initiated_by is None or names_a_user(belief, call.initiated_by) else None


def names_a_user(belief: Belief, name: str) -> bool:
    """Return True if an account of the target surely has this name, spelled like this."""
    return any(account.user_name == name for account in belief.declaration.accounts)


@fault_condition("create.parent-unknown", "MethodFault")
def parent_is_unknown(belief: Belief, call: CreateTask) -> bool | None:
    """No task has the parent key: silent, so a fault is allowed."""
    return None if call.parent_task_key is not None and parent_of(belief, call) is None else False


@fault_condition("create.parent-done", "MethodFault")
def parent_is_done(belief: Belief, call: CreateTask) -> bool | None:
    """The parent has completed, or may have: silent, so a fault is allowed."""
    parent = parent_of(belief, call)
    return None if parent is not None and not belief.is_surely_live(parent) else False


@fault_condition("create.entity-other", "MethodFault")
def obj_is_no_entity(belief: Belief, call: CreateTask) -> bool | None:
    """The object is a managed object but no ManagedEntity: the pages contradict each other, so a fault is allowed."""
    return None if "manager" in belief.declaration.roles.get(call.obj.value, ()) else False


@fault_condition("create.parent", "MethodFault")
def parent_is_newer_than_the_server(belief: Belief, call: CreateTask) -> bool | None:
    """parentTaskKey came with API 4.0: an older server may not understand the request."""
    return None if call.parent_task_key is not None and belief.declaration.api_version < (4,) else False


@fault_condition("create.activation", "MethodFault")
def activation_is_newer_than_the_server(belief: Belief, call: CreateTask) -> bool | None:
    """activationId came with API 6.0: an older server may not understand the request."""
    return None if call.activation_id is not None and belief.declaration.api_version < (6,) else False


def names_a_parent(_belief: Belief, call: CreateTask) -> bool:
    """Return True if parentTaskKey is given."""
    return call.parent_task_key is not None


NOT_REGISTERED = (type_is_not_registered, *task_types.CREATE)
"""The fault conditions of CreateTask that are about the task type."""

FAULT_CONDITIONS = (
    lacks_task_create,
    holds_task_create_elsewhere,
    obj_never_existed,
    obj_may_be_gone,
    *NOT_REGISTERED,
    initiator_is_unknown,
    *only(names_a_parent, parent_is_unknown, parent_is_done),
    obj_is_no_entity,
    parent_is_newer_than_the_server,
    activation_is_newer_than_the_server,
)


def parent_of(belief: Belief, call: CreateTask) -> TaskRecord | None:
    """Return the record of the task that `parentTaskKey` names."""
    value = belief.keys.get(call.parent_task_key) if call.parent_task_key is not None else None
    return belief.tasks.get(value) if value is not None else None


# --- what the returned TaskInfo must say ------------------------------------------------------------------------------


@rule("create.returns")
def returns_a_new_task(belief: Belief, _call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """The TaskInfo of a new Task, whose key and reference no earlier task had."""
    if info.task.type == "Task" and info.key and info.key not in belief.keys and info.task.value not in belief.tasks:
        return True
    return Divergence(demand=MustAnswer(property="unused"), observed=f"key {info.key}, task {info.task.value}")


@rule("create.entity")
def entity_is_obj(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """For a ManagedEntity obj, info.entity is obj. An entity of the same type shows that obj is one."""
    is_one = info.entity is not None and info.entity.type == call.obj.type
    if call.obj.value not in belief.declaration.entity_names and not (is_one and belief.declaration.recorded):
        return None
    return field_is(info, "entity", info.entity, call.obj, "entity")


@rule("create.entity")
def entity_name_is_its_name(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """For a ManagedEntity obj, info.entityName is its name. Exercised for plain names that differ from the
    reference."""
    name = belief.declaration.entity_names.get(call.obj.value)
    if name is None or not name.replace("_", "").isalnum() or name == call.obj.value:
        return None
    return field_is(info, "entityName", info.entity_name, name, "entityName")


@rule("create.type")
def description_id_is_type(_belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """info.descriptionId is taskTypeId."""
    return field_is(info, "descriptionId", info.description_id, call.task_type_id)


@rule("create.cancelable")
def cancelable_is_the_argument(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """info.cancelable is the argument. Judged while the task has never been anything but queued: it may change later
    (EV 1.6)."""
    record = belief.tasks.get(info.task.value)
    if info.state != QUEUED or (record is not None and (record.moved_seq > record.created_seq or record.unsure)):
        return None
    return field_is(info, "cancelable", info.cancelable, call.cancelable)


@rule("create.initiated-by")
def reason_names_initiator(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """With initiatedBy the reason is a TaskReasonUser of that user; domain and case may differ."""
    if call.initiated_by is None or not names_a_user(belief, call.initiated_by):
        return None
    if bare(call.initiated_by) == bare(own_name(belief, call)):
        return None  # the session's own user: a server that ignores the argument would look the same
    if belief.declaration.recorded:
        return None  # whether there is such a user is not known
    if info.reason.kind == "TaskReasonUser" and bare(info.reason.user_name or "") == bare(call.initiated_by):
        return True
    demand = MustBe(task=info.task, field="reason.userName", relation="is", value=call.initiated_by)
    return Divergence(demand=demand, observed=f"{info.reason.kind} of {shown(info.reason.user_name)}")


@rule("create.parent")
def parent_is_the_argument(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """info.parentTaskKey is the argument (API 4.0). Exercised for a parent that has not completed. In a recording,
    where parents are hardly known, it is the argument if it is anything."""
    parent = parent_of(belief, call)
    if belief.declaration.recorded and None not in (call.parent_task_key, info.parent_task_key):
        return field_is(info, "parentTaskKey", info.parent_task_key, call.parent_task_key)
    if parent is None or not belief.is_surely_live(parent) or belief.declaration.api_version < (4,):
        return None
    return field_is(info, "parentTaskKey", info.parent_task_key, call.parent_task_key)


@rule("create.parent-none")
def parent_is_unset(_belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """Without parentTaskKey it is unset."""
    if call.parent_task_key is not None:
        return None
    if info.parent_task_key is None:
        return True
    demand = MustBe(task=info.task, field="parentTaskKey", relation="is unset")
    return Divergence(demand=demand, observed=f"parentTaskKey is {info.parent_task_key}")


@rule("create.root")
def root_is_the_head(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """In a chain made by parentTaskKey the rootTaskKey of the third and every later task is the head's key. Exercised
    while all of the chain are live, and the parent really has a parent."""
    parent = parent_of(belief, call)
    if parent is None or parent.depth < 2 or not chain_is_live(belief, parent) or info.parent_task_key != parent.key:
        return None
    return field_is(info, "rootTaskKey", info.root_task_key, parent.root)


def chain_is_live(belief: Belief, record: TaskRecord | None) -> bool:
    """Return True if a task and all its ancestors have surely not completed; False where the chain has no head, since
    the target returned a task again that it had made before."""
    passed: set[str] = set()
    while record is not None:
        if record.key in passed or not belief.is_surely_live(record):
            return False
        passed.add(record.key)
        value = belief.keys.get(record.parent) if record.parent is not None else None
        record = belief.tasks.get(value) if value is not None else None
    return True


@rule("create.activation")
def activation_is_the_argument(belief: Belief, call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """info.activationId is the argument (API 6.0)."""
    if call.activation_id is None or belief.declaration.api_version < (6,):
        return None
    return field_is(info, "activationId", info.activation_id, call.activation_id)


@rule("create.initial")
def task_is_new(_belief: Belief, _call: CreateTask, info: TaskInfo, _at: Interval) -> Said:
    """A new task is queued (or already running), not cancelled, without completeTime, result, error."""
    if info.state not in LIVE_STATES:
        demand = MustBe(task=info.task, field="state", relation="is one of", value=(QUEUED, RUNNING))
        return Divergence(demand=demand, observed=f"state is {info.state}", situation="state")
    for name, value in (("completeTime", info.complete_time), ("result", info.result), ("error", info.error)):
        if value is not None:
            demand = MustBe(task=info.task, field=name, relation="is unset")
            return Divergence(demand=demand, observed=f"{name} is {shown(value)}", situation=name)
    return field_is(info, "cancelled", info.cancelled, False, "cancelled")  # noqa: FBT003  # a field's value


@rule("create.queue-time")
def queue_time_is_within_the_call(_belief: Belief, _call: CreateTask, info: TaskInfo, at: Interval) -> Said:
    """queueTime lies within the call, by the server's clock."""
    if at.earliest - slack(at) <= info.queue_time <= at.latest + slack(at):
        return True
    relation, bound = ("is at least", at.earliest) if info.queue_time < at.earliest else ("is at most", at.latest)
    demand = MustBe(task=info.task, field="queueTime", relation=relation, value=bound)
    return Divergence(demand=demand, observed=f"queueTime is {info.queue_time}", situation=relation)


@rule("recent.set")
def task_was_not_listed_before(belief: Belief, _call: CreateTask, info: TaskInfo, at: Interval) -> Said:
    """recentTask never lists a task that has not been created yet."""
    value = info.task.value
    reads = (session.recent for session in belief.sessions.values() if session.recent is not None)
    if value in belief.tasks or not any(value in read.refs and read.at.latest <= at.earliest for read in reads):
        return None
    demand = MustList(task=info.task, present=False)
    return Divergence(demand=demand, observed="it was listed before it was made", situation="not made yet")


ON_RETURN = (returns_a_new_task, task_is_new, queue_time_is_within_the_call, task_was_not_listed_before)
"""Checks of the TaskInfo that CreateTask returned."""

KEPT = (
    entity_is_obj,
    entity_name_is_its_name,
    description_id_is_type,
    cancelable_is_the_argument,
    reason_names_initiator,
    parent_is_the_argument,
    parent_is_unset,
    root_is_the_head,
    activation_is_the_argument,
)
"""Checks of the TaskInfo that CreateTask returned, run again when the task is first read."""


def bare(user: str) -> str:
    r"""Return a user name without its domain (`DOMAIN\\user`, `user@domain`), in lower case."""
    return user.rsplit("\\", 1)[-1].split("@", 1)[0].lower()


def own_name(belief: Belief, call: CreateTask) -> str:
    """Return the user name of the session's account, as the server spells it."""
    account = belief.account_of(call.session)
    return belief.declaration.account(account).user_name if account is not None else ""


# --- interpretations --------------------------------------------------------------------------------------------------


@open_clause("create.initiated-by-unknown")
def outcome_of_unknown_initiator(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A name no user has: kept, replaced by the session's user, or a fault."""
    if call.initiated_by != NO_SUCH_USER:
        return None
    if isinstance(outcome, Faulted):
        return ("refused",)
    info = _info(outcome)
    if info is None:
        return None
    if bare(info.reason.user_name or "") == bare(own_name(belief, call)):
        return ("session-user",)
    return ("kept",) if bare(info.reason.user_name or "") == NO_SUCH_USER else ()


@open_clause("create.initiator-default")
def whom_the_reason_names(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """Without initiatedBy the reason names the session's user."""
    info = _info(outcome)
    if info is None or call.initiated_by is not None:
        return None
    if info.reason.kind != "TaskReasonUser":
        return ("no-user",)
    return ("session-user",) if bare(info.reason.user_name or "") == bare(own_name(belief, call)) else ("other-user",)


@open_clause("create.reason-kind")
def kind_of_reason(_belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """The kind of reason of a CreateTask task without initiatedBy."""
    info = _info(outcome)
    if info is None or call.initiated_by is not None:
        return None
    return {"TaskReasonUser": ("user",), "TaskReasonSystem": ("system",)}.get(info.reason.kind, ("other",))


@open_clause("create.parent-unknown")
def outcome_of_unknown_parent(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """An unknown parent key: kept, dropped, or a fault."""
    if call.parent_task_key is None or parent_of(belief, call) is not None:
        return None
    if isinstance(outcome, Faulted):
        return ("refused",)
    info = _info(outcome)
    return None if info is None else (("kept",) if info.parent_task_key == call.parent_task_key else ("dropped",))


@open_clause("create.parent-done")
def outcome_of_completed_parent(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A completed task as parent: taken, or a fault."""
    parent = parent_of(belief, call)
    if parent is None or not parent.completed or may_have_retired(belief, parent):
        return None
    if isinstance(outcome, Faulted):
        return ("refused",)
    info = _info(outcome)
    return None if info is None else (("kept",) if info.parent_task_key == parent.key else ("dropped",))


@open_clause("create.entity-other")
def outcome_of_other_object(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """An obj that is no ManagedEntity: entity unset, a stand-in, or a fault."""
    if "manager" not in belief.declaration.roles.get(call.obj.value, ()):
        return None
    if isinstance(outcome, Faulted):
        return ("refused",)
    info = _info(outcome)
    return None if info is None else (("unset",) if info.entity is None else ("stand-in",))


@open_clause("create.root-head")
def root_key_of_head(_belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """rootTaskKey of a head: unset, or its own key."""
    info = _info(outcome)
    if info is None or call.parent_task_key is not None:
        return None
    if info.root_task_key is None:
        return ("unset",)
    return ("own-key",) if info.root_task_key == info.key else ()


@open_clause("create.type-builtin", "create.unknown-type")
def outcome_of_built_in_type(_belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """A built-in methodInfo id as taskTypeId: taken, or a fault."""
    if call.task_type_id != BUILT_IN:
        return None
    return ("refused",) if isinstance(outcome, Faulted) else ("taken",)


@open_clause("create.unknown-type-fault", *(why.clause for why in NOT_REGISTERED))
def fault_of_unknown_type(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """An unregistered type gets one fault or another; asked where nothing else can refuse the call."""
    if not isinstance(outcome, Faulted) or not any(why(belief, call) for why in NOT_REGISTERED):
        return None
    if not belief.is_full(call.session) or obj_never_existed(belief, call):
        return None
    if outcome.fault.is_a("InvalidArgument"):
        return ("invalid-argument",)
    return ("not-found",) if outcome.fault.is_a("NotFound", "ManagedObjectNotFound") else ("other-fault",)


@open_clause("create.privilege-object", "create.privilege")
def privilege_on_obj_alone(belief: Belief, call: CreateTask, outcome: Outcome) -> tuple[str, ...] | None:
    """Task.Create held on obj only."""
    if belief.account_of(call.session) != "delegate" or not belief.logged_in(call.session):
        return None
    if "granted" not in belief.declaration.roles.get(call.obj.value, ()):
        return None
    return ("refused",) if isinstance(outcome, Faulted) else ("allowed",)


OPEN_CLAUSES: Final[tuple[CallOpenClause[CreateTask], ...]] = (
    outcome_of_unknown_initiator,
    whom_the_reason_names,
    kind_of_reason,
    *only(names_a_parent, outcome_of_unknown_parent, outcome_of_completed_parent),
    outcome_of_other_object,
    root_key_of_head,
    outcome_of_built_in_type,
    fault_of_unknown_type,
    privilege_on_obj_alone,
)


def _info(outcome: Outcome) -> TaskInfo | None:
    """Return the TaskInfo that came back; None if there is none."""
    if isinstance(outcome, Returned) and isinstance(outcome.value, TaskInfo):
        return outcome.value
    return None


# --- effect -----------------------------------------------------------------------------------------------------------


def advance_create_task(belief: Belief, call: CreateTask, outcome: Outcome, refused: tuple[str, ...]) -> Belief:
    """Remember the task that CreateTask returned. A call that faulted may have made one all the same: it is remembered
    in `refused_creates`."""
    belief = task_types.advance_task_type(belief, call, outcome, refused)
    if isinstance(outcome, Faulted):
        suspects = tuple((clause, call.task_type_id, outcome.at) for clause in refused)
        return evolve(belief, refused_creates=(*belief.refused_creates, *suspects)[-MOST_SUSPECTS:])
    if isinstance(outcome, Lost):
        return evolve(belief, lost_creates=belief.lost_creates + 1)
    info = _info(outcome)
    if info is None:
        return belief
    parent = belief.tasks.get(belief.keys.get(info.parent_task_key, "")) if info.parent_task_key is not None else None
    record = TaskRecord(
        create=call,
        key=info.key,
        ref=info.task,
        account=belief.account_of(call.session) or "",
        returned=info,
        created=outcome.at,
        created_seq=belief.seq,
        moves_then=belief.moves + 1,
        completions_then=belief.completions,
        parent=parent.key if parent is not None else None,
        root=(parent.root or parent.key) if parent is not None else info.key,
        depth=parent.depth + 1 if parent is not None else 1,
        state=info.state,
        moved_seq=belief.seq,
    )
    tasks = belief.tasks.set(info.task.value, record)
    if parent is not None and not parent.has_children:
        tasks = tasks.set(parent.ref.value, evolve(parent, has_children=True))
    sessions = belief.sessions
    maker = sessions.get(call.session)
    if maker is not None:
        sessions = sessions.set(call.session, evolve(maker, changed=info.task.value, changed_since_wait=True))
    return evolve(
        belief, tasks=tasks, keys=belief.keys.set(info.key, info.task.value), sessions=sessions, moves=belief.moves + 1
    )
