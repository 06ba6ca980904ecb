"""Services around the tasks: the inventory, scheduled tasks, alarms, events. `origins` judges the tasks that they
start. The suite does not check their own rules, so a fault of such a call breaks no clause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.access import ACCESS
from taskconform.model.oracle.belief_extensions import Folder, Starter
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by, no_effect
from taskconform.model.oracle.origins import chain_leads_to_the_task_event, is_at_or_below
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Outcome, Returned, TaskEvent
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.oracle.belief_extensions import Origins


def _with(belief: Belief, origins: Origins) -> Belief:
    """Return the belief with other origins."""
    return evolve(belief, extensions=evolve(belief.extensions, origins=origins))


def advance_create_folder(belief: Belief, _call: c.CreateFolder, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember a folder that the suite made."""
    value = outcome.value if isinstance(outcome, Returned) else None
    if not isinstance(value, ObjectRef):
        return belief
    known = belief.extensions.origins
    return _with(belief, evolve(known, folders=known.folders.set(value.value, Folder())))


def advance_destroy(belief: Belief, call: c.Destroy, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Note that the folder may be gone, unless Destroy faulted. Its Task tells when it surely is."""
    value = call.entity.value
    if isinstance(outcome, Faulted):
        return belief
    belief = evolve(belief, gone=belief.gone | {value})
    task = outcome.value if isinstance(outcome, Returned) else None
    known = belief.extensions.origins
    if not isinstance(task, ObjectRef) or value not in known.folders:
        return belief
    return _with(belief, evolve(known, destroys=known.destroys.set(task.value, value)))


def _advance_start(
    reason: str,
) -> Callable[[Belief, c.CreateScheduledTask | c.CreateAlarm, Outcome, tuple[str, ...]], Belief]:
    """Return the effect of a call that makes an alarm or a scheduled task."""

    def advance(
        belief: Belief, call: c.CreateScheduledTask | c.CreateAlarm, outcome: Outcome, _refused: tuple[str, ...]
    ) -> Belief:
        if isinstance(outcome, Lost):  # it may exist, and start tasks of unknown origin
            return evolve(belief, lost_creates=belief.lost_creates + 1)
        value = outcome.value if isinstance(outcome, Returned) else None
        if not isinstance(value, ObjectRef):
            return belief
        known, task_id = belief.extensions.origins, call.task_type_id
        new = Starter(reason=reason, ref=value, name=call.name, entity=call.entity)
        starters = known.starters.set(task_id, (*known.starters.get(task_id, ()), new))
        return _with(belief, evolve(known, starters=starters, started=known.started.set(value.value, task_id)))

    return advance


def _set_off(belief: Belief, task_id: str, which: tuple[str, ...], outcome: Outcome) -> Belief:
    """Note that alarms or scheduled tasks of a task type were triggered."""
    known = belief.extensions.origins
    after = tuple(
        evolve(one, ran=outcome.at.earliest) if one.ref.value in which and one.ran is None else one
        for one in known.starters.get(task_id, ())
    )
    return _with(belief, evolve(known, starters=known.starters.set(task_id, after)))


def advance_run(belief: Belief, call: c.RunScheduledTask, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Note that a scheduled task ran, unless the call faulted."""
    value = call.scheduled_task.value
    task_id = belief.extensions.origins.started.get(value)
    if task_id is None or isinstance(outcome, Faulted):
        return belief
    return _set_off(belief, task_id, (value,), outcome)


def advance_log(belief: Belief, call: c.LogUserEvent, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Note that the alarms on an entity, and perhaps those on what is above it, were triggered, unless the call
    faulted."""
    if isinstance(outcome, Faulted):
        return belief
    for task_id, starters in belief.extensions.origins.starters.items():
        which = tuple(
            one.ref.value
            for one in starters
            if one.reason == "TaskReasonAlarm" and is_at_or_below(belief, call.entity, one.entity)
        )
        if which:
            belief = _set_off(belief, task_id, which, outcome)
    return belief


def advance_remove(
    belief: Belief, call: c.RemoveScheduledTask | c.RemoveAlarm, outcome: Outcome, _refused: tuple[str, ...]
) -> Belief:
    """Note that the scheduled task, or the alarm, may be gone, unless the call faulted."""
    removed = call.alarm if isinstance(call, c.RemoveAlarm) else call.scheduled_task
    if isinstance(outcome, Faulted):
        return belief
    return evolve(belief, gone=belief.gone | {removed.value})


NO_CLAUSE: Final = always("")
"""No clause says when these calls succeed."""

METHODS: Final[dict[type, AnyMethod]] = {
    c.CreateFolder: Method[c.CreateFolder, object](succeeds=NO_CLAUSE, advance=advance_create_folder),
    c.Destroy: Method[c.Destroy, object](succeeds=NO_CLAUSE, advance=advance_destroy),
    c.CreateScheduledTask: Method[c.CreateScheduledTask, object](
        succeeds=NO_CLAUSE, advance=_advance_start("TaskReasonSchedule")
    ),
    c.RunScheduledTask: Method[c.RunScheduledTask, object](succeeds=NO_CLAUSE, advance=advance_run),
    c.RemoveScheduledTask: Method[c.RemoveScheduledTask, object](succeeds=NO_CLAUSE, advance=advance_remove),
    c.CreateAlarm: Method[c.CreateAlarm, object](succeeds=NO_CLAUSE, advance=_advance_start("TaskReasonAlarm")),
    c.LogUserEvent: Method[c.LogUserEvent, object](succeeds=NO_CLAUSE, advance=advance_log),
    c.RemoveAlarm: Method[c.RemoveAlarm, object](succeeds=NO_CLAUSE, advance=advance_remove),
    c.QueryTaskEvents: Method[c.QueryTaskEvents, tuple[TaskEvent, ...]](
        succeeds=NO_CLAUSE,
        advance=no_effect,
        fault_conditions=ACCESS,
        judge=judge_by(chain_leads_to_the_task_event),
        checks=(chain_leads_to_the_task_event,),
    ),
}
"""The methods of these services."""
