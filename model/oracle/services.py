"""Services around the tasks: the inventory, scheduled tasks, alarms, events. What they are for is what `origins`
judges; of their own rules the suite takes no notice, so none of these calls can depart by faulting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.access import ACCESS
from taskconform.model.oracle.belief_extensions import Folder, Starter
from taskconform.model.oracle.method import Method, always, judge_rules
from taskconform.model.oracle.origins import chain_leads_to_the_task_event, is_at_or_below
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Outcome, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.belief_extensions import Origins


def _with(world: World, origins: Origins) -> World:
    """This world with other origins."""
    return evolve(world, extensions=evolve(world.extensions, origins=origins))


def advance_create_folder(world: World, _call: c.CreateFolder, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """A folder of the suite's own."""
    value = outcome.value if isinstance(outcome, Returned) else None
    if not isinstance(value, ObjectRef):
        return world
    known = world.extensions.origins
    return _with(world, evolve(known, folders=known.folders.set(value.value, Folder())))


def advance_destroy(world: World, call: c.Destroy, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """From now on the folder may be gone, if Destroy was not refused; that it surely is, its Task says."""
    value = call.entity.value
    if isinstance(outcome, Faulted):
        return world
    world = evolve(world, gone=world.gone | {value})
    task = outcome.value if isinstance(outcome, Returned) else None
    known = world.extensions.origins
    if not isinstance(task, ObjectRef) or value not in known.folders:
        return world
    return _with(world, evolve(known, destroys=known.destroys.set(task.value, value)))


def _advance_start(reason: str) -> Any:
    """The effect of a call that makes something which starts tasks."""

    def advance(
        world: World, call: c.CreateScheduledTask | c.CreateAlarm, outcome: Outcome, _refused: tuple[str, ...]
    ) -> World:
        if isinstance(outcome, Lost):  # it may be there, and start tasks that nobody can account for
            return evolve(world, lost_creates=world.lost_creates + 1)
        value = outcome.value if isinstance(outcome, Returned) else None
        if not isinstance(value, ObjectRef):
            return world
        known, task_id = world.extensions.origins, call.task_type_id
        new = Starter(reason=reason, ref=value, name=call.name, entity=call.entity)
        starters = known.starters.set(task_id, (*known.starters.get(task_id, ()), new))
        return _with(world, evolve(known, starters=starters, started=known.started.set(value.value, task_id)))

    return advance


def _set_off(world: World, task_id: str, which: tuple[str, ...], outcome: Outcome) -> World:
    """Starters of a type were set off, now."""
    known = world.extensions.origins
    after = tuple(
        evolve(one, ran=outcome.at.earliest) if one.ref.value in which and one.ran is None else one
        for one in known.starters.get(task_id, ())
    )
    return _with(world, evolve(known, starters=known.starters.set(task_id, after)))


def advance_run(world: World, call: c.RunScheduledTask, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """A scheduled task ran, unless the call was refused."""
    value = call.scheduled_task.value
    task_id = world.extensions.origins.started.get(value)
    if task_id is None or isinstance(outcome, Faulted):
        return world
    return _set_off(world, task_id, (value,), outcome)


def advance_log(world: World, call: c.LogUserEvent, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """The alarms on an entity, and perhaps those on what is above it, were set off, unless the call was refused."""
    if isinstance(outcome, Faulted):
        return world
    for task_id, starters in world.extensions.origins.starters.items():
        which = tuple(
            one.ref.value
            for one in starters
            if one.reason == "TaskReasonAlarm" and is_at_or_below(world, call.entity, one.entity)
        )
        if which:
            world = _set_off(world, task_id, which, outcome)
    return world


def advance_remove(
    world: World, call: c.RemoveScheduledTask | c.RemoveAlarm, outcome: Outcome, _refused: tuple[str, ...]
) -> World:
    """From now on the scheduled task, or the alarm, may be gone, if that was not refused."""
    removed = call.alarm if isinstance(call, c.RemoveAlarm) else call.scheduled_task
    if isinstance(outcome, Faulted):
        return world
    return evolve(world, gone=world.gone | {removed.value})


def advance_nothing(world: World, _call: object, _outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """Nothing that is known has changed."""
    return world


NO_CLAUSE: Final = always("")
"""No clause says when these calls succeed."""

METHODS: Final[dict[type, Method]] = {
    c.CreateFolder: Method(succeeds=NO_CLAUSE, advance=advance_create_folder),
    c.Destroy: Method(succeeds=NO_CLAUSE, advance=advance_destroy),
    c.CreateScheduledTask: Method(succeeds=NO_CLAUSE, advance=_advance_start("TaskReasonSchedule")),
    c.RunScheduledTask: Method(succeeds=NO_CLAUSE, advance=advance_run),
    c.RemoveScheduledTask: Method(succeeds=NO_CLAUSE, advance=advance_remove),
    c.CreateAlarm: Method(succeeds=NO_CLAUSE, advance=_advance_start("TaskReasonAlarm")),
    c.LogUserEvent: Method(succeeds=NO_CLAUSE, advance=advance_log),
    c.RemoveAlarm: Method(succeeds=NO_CLAUSE, advance=advance_remove),
    c.QueryTaskEvents: Method(
        succeeds=NO_CLAUSE,
        advance=advance_nothing,
        refusals=ACCESS,
        judge=judge_rules(chain_leads_to_the_task_event),
        checks=(chain_leads_to_the_task_event,),
    ),
}
"""The methods of these services."""
