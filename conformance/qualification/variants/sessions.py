"""Sessions, users, extensions and what starts tasks: what they leave behind, and how they are shown."""

from __future__ import annotations

from typing import Any

from taskconform.conformance.qualification.variants.variant import VariantTarget, conforming, part, serving
from taskconform.model.spec import descriptions, extensions, life, sessions, tasks, triggers
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import Task
from taskconform.model.vocabulary.calls import (
    Login,
    ReadMaxCollector,
    ReadRecentTask,
    ReadTaskInfo,
    RetrieveReported,
    WaitForRecentTask,
)
from taskconform.model.vocabulary.outcomes import (
    RUNNING,
    SECOND,
    SUCCESS,
    ElementDescription,
    Extension,
    Faulted,
    Property,
    RecentTaskUpdate,
    Returned,
)
from taskconform.model.vocabulary.words import evolve

# --- sessions ---------------------------------------------------------------------------------------------------------


@conforming("logout-ends-tasks-later", sessions.end_session, "session.outlive-live", by="session.outlive-live: ended")
def ends_later(original, state, session, choices):
    """With a session its live tasks end, some calls later."""
    state = original(state, session, choices)
    left = [number for number in state.live if state.tasks[number].maker == session.number]
    return evolve(state, ending=tuple(sorted((*state.ending, *((state.now + 5_000, number) for number in left)))))


@serving("sessions-idle-out", "idle", by="EV 2.7: a session is dead after 30 idle minutes")
class IdlingTarget(VariantTarget):
    """A session that was not used for half an hour is over."""

    def perform(self, call):
        used: dict[str, int] = self.state.memory.get("used", {})
        state, name = self.state, call.session
        idle = name in state.sessions and state.now - used.get(name, state.now) > 1_800 * SECOND
        if idle and not isinstance(call, Login):
            ended = self.specification.modules.sessions.end_session
            state = ended(state, state.sessions[name], self.specification.choices)
        self.state = evolve(state, memory=state.memory.set("used", {**used, name: state.now + self.call_time()}))
        return super().perform(call)


@serving("faults-in-missing-set", "missing-set", by="vmodl PropertyCollector missingSet: a fault stands there")
class MissingSetTarget(VariantTarget):
    """Without a login a read returns the fault in place of the value, not instead of the answer."""

    def perform(self, call):
        outcome = super().perform(call)
        if not isinstance(outcome, Faulted) or not outcome.fault.is_a("SecurityError"):
            return outcome
        missing: Any = Property(missing=outcome.fault)
        if isinstance(call, ReadRecentTask | ReadMaxCollector):
            return Returned(value=missing, at=outcome.at)
        if isinstance(call, WaitForRecentTask):
            return Returned(value=RecentTaskUpdate(changed=True, recent_task=missing), at=outcome.at)
        if isinstance(call, ReadTaskInfo):
            return Returned(value=tuple(missing for _ in call.tasks), at=outcome.at)
        if isinstance(call, RetrieveReported):
            known = {one.info.task for one in self.state.tasks.values()}
            return Returned(value=tuple(task for task in dict.fromkeys(call.tasks) if task in known), at=outcome.at)
        return outcome


@conforming("tasks-retire-with-the-list", tasks.find_task, "retire", by="EV 2.32: a Task may be gone (N 3)")
def retired(original, state, ref):
    """A completed task that recentTask does not list any more is no object any more."""
    task, rest, counted = original(state, ref), state.completed, 0
    earliest = state.now - state.server.window * SECOND
    while rest is not None and counted < (state.server.cap if state.server.vcenter else len(state.tasks)):
        number, rest = rest
        counted += 1
        if number == task.number:
            fault_if((task.info.complete_time or 0) < earliest, "ManagedObjectNotFound")
            return task
    fault_if(task.number not in state.live, "ManagedObjectNotFound")
    return task


@conforming("tasks-retire-with-the-list", tasks.parent_of)
def retired_parent(original, state, call, choices):
    """Refuse a parent that is no object any more."""
    parent = original(state, call, choices)
    if isinstance(parent, Task):
        retired(tasks.find_task, state, parent.info.task)
    return parent


@conforming("user-names-of-another-form", tasks.reason_of, "initiator", by="vim.UserSession userName (EV 1.1)")
def other_form(original, *given):
    """A reason names its user in capitals, with the domain behind."""
    reason = original(*given)
    name = (reason.user_name or "").rpartition("\\")[2].upper()
    return evolve(reason, user_name=f"{name}@conform.test")


# --- extensions and descriptions --------------------------------------------------------------------------------------


@conforming(
    "extensions-in-other-order", extensions.read_extension_list, "extensions", by="vim.ExtensionManager: no order"
)
def any_extension_order(original, state, call, choices):
    """extensionList and taskList have no order."""
    state, found = original(state, call, choices)
    return state, found if found.value is None else Property(value=found.value[::-1])


@conforming("extensions-in-other-order", extensions.find_extension)
def any_type_order(original, state, call, choices):
    """Turn the taskList round."""
    state, found = original(state, call, choices)
    return state, None if found is None else evolve(found, task_ids=found.task_ids[::-1])


SOLUTIONS = ("com.vmware.vcIntegrity.Scan", "com.vmware.vsan.Check", "org.example.backup.job")


def solutions(state):
    """Return the extensions of the server's own that are there now: they come and go."""
    count = 1 + state.now // 1_000 % 3
    return [Extension(key=one.rpartition(".")[0], version="1", task_ids=(one,)) for one in SOLUTIONS[:count]]


@conforming("own-extensions-come-and-go", extensions.read_extension_list, "own-extensions", by="EV 1.7: its own types")
def with_solutions(original, state, call, choices):
    """The server's own solutions register and unregister while it runs, on a server of nobody else's; their task types
    stand in methodInfo, without labels, and two of them share one (EV 1.7)."""
    state, found = original(state, call, choices)
    return state, found if found.value is None else Property(value=(*solutions(state), *found.value))


@conforming("own-extensions-come-and-go", descriptions.read_description)
def with_their_types(original, state, call, choices):
    """Put their types into methodInfo."""
    state, found = original(state, call, choices)
    if found.value is None:
        return state, found
    ids = [task_id for one in solutions(state) for task_id in one.task_ids]
    types = tuple(ElementDescription(key=one, label="", summary="") for one in (*ids, ids[0]))
    return state, Property(value=evolve(found.value, method_info=(*types, *found.value.method_info)))


@conforming(
    "description-in-other-order", descriptions.read_description, "description", by="vim.TaskDescription (EV 1.7)"
)
def any_description_order(original, state, call, choices):
    """The lists of the description have no order, and another one in every read."""
    state, found = original(state, call, choices)
    if found.value is None:
        return state, found
    turn = state.now // 1_000 % 3
    lists = {name: getattr(found.value, name) for name in ("method_info", "state", "reason")}
    return state, Property(
        value=evolve(found.value, **{name: (*got[turn:], *got[:turn]) for name, got in lists.items()})
    )


# --- what starts tasks ------------------------------------------------------------------------------------------------


@conforming("alarms-are-inherited", triggers.set_off_by, "alarms", by="vim.alarm.AlarmManager: holds for what is below")
def inherited(original, state, entity):
    """An alarm on an entity is set off by events on what is below, too; the reason names where that was."""
    above = {entity.value, *state.ancestors[entity.value]}
    alarms = [one for one in state.triggers if one.ref.type == "Alarm" and one.entity.ref.value in above]
    return [evolve(alarm, entity=state.entities[entity.value]) for alarm in alarms]


@conforming("alarms-go-off-once", triggers.set_off_by, "alarms", by="vim.alarm.Alarm: on a change of its status")
def once(original, state, entity):
    """An alarm that has gone off stays so."""
    spent = state.memory.get("spent", ())
    return [alarm for alarm in original(state, entity) if alarm.ref.value not in spent]


@conforming("alarms-go-off-once", triggers.log_user_event)
def spend(original, state, call, choices):
    """Note which alarms have gone off."""
    spent = state.memory.get("spent", ())
    off = tuple(one.ref.value for one in triggers.set_off_by(state, call.entity))
    state, answer = original(state, call, choices)
    return evolve(state, memory=state.memory.set("spent", (*spent, *off))), answer


@part("started-later", triggers.start)
def later(original, state, trigger, reason, choices):
    """Keep what is to be started."""
    waiting = (*state.memory.get("starting", ()), (state.now + 2_500, trigger, reason))
    return evolve(state, memory=state.memory.set("starting", waiting))


@serving("starts-take-a-moment", "starts", by="vim.scheduler.ScheduledTask RunScheduledTask", like=["started-later"])
class StartsTarget(VariantTarget):
    """The task that a scheduled task or an alarm starts is made some calls later."""

    def perform(self, call):
        waiting = self.state.memory.get("starting", ())
        now = self.state.now + self.call_time()
        for at, trigger, reason in waiting:
            if at <= now:
                self.state = triggers.start(self.state, trigger, reason, self.specification.choices)
        left = tuple(one for one in waiting if one[0] > now)
        self.state = evolve(self.state, memory=self.state.memory.set("starting", left))
        return super().perform(call)


@conforming(
    "started-tasks-run-at-once", triggers.start, "started", by="vim.TaskInfo: nothing says how long it is queued"
)
def run_at_once(original, state, trigger, reason, choices):
    """The task that a scheduled task or an alarm starts has ended when it is first seen."""
    before = len(state.tasks)
    state = original(state, trigger, reason, choices)
    for number in range(before + 1, len(state.tasks) + 1):
        state = life.enter(life.enter(state, number, RUNNING, choices), number, SUCCESS, choices)
    return state
