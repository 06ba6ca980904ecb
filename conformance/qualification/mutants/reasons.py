"""Mutants of the reasons of tasks."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, descriptions, tasks, triggers
from taskconform.model.vocabulary.outcomes import TaskReason
from taskconform.model.vocabulary.words import evolve


@mutant("reason-without-a-kind", tasks.reason_of)
def reason_without_a_kind(original, state, session, call, choices):
    """The reason of a task that is created for somebody is of no kind."""
    right = original(state, session, call, choices)
    return right if call.initiated_by is None else TaskReason(kind="TaskReason")


def note_the_user(original, state, call, choices):
    """Remember who makes the call."""
    user_name = access.current(state, call.session).user_name
    return original(remembering(state, "user", user_name), call, choices)


mutant("scheduled-run-has-the-runners-reason", triggers.run_scheduled_task)(note_the_user)
mutant("second-firing-is-the-users", triggers.log_user_event)(note_the_user)


@mutant("scheduled-run-has-the-runners-reason", triggers.start)
def scheduled_run_has_the_runners_reason(original, state, trigger, reason, choices):
    """A run of a scheduled task has the user who asked for it as its reason."""
    if trigger.ref.type == "ScheduledTask":
        reason = TaskReason(kind=tasks.USER_REASON, user_name=remembered(state, "user"))
    return original(state, trigger, reason, choices)


@mutant("second-firing-is-the-users", triggers.start)
def second_firing_is_the_users(original, state, trigger, reason, choices):
    """From the second task on that an alarm starts the reason is the user who logged the event."""
    if trigger.ref.type == "Alarm" and descriptions.is_registered(state, trigger.task_type_id):
        if remembered(state, trigger.ref.value, default=False):
            reason = TaskReason(kind=tasks.USER_REASON, user_name=remembered(state, "user"))
        state = remembering(state, trigger.ref.value, value=True)
    return original(state, trigger, reason, choices)


@mutant("schedule-reason-has-the-id-as-name", triggers.start)
def schedule_reason_has_the_id_as_name(original, state, trigger, reason, choices):
    """The name in TaskReasonSchedule is the reference's value."""
    if trigger.ref.type == "ScheduledTask":
        reason = evolve(reason, name=trigger.ref.value)
    return original(state, trigger, reason, choices)


@mutant("schedule-reason-names-the-first-schedule", triggers.start)
def schedule_reason_names_the_first_schedule(original, state, trigger, reason, choices):
    """A TaskReasonSchedule is about the first scheduled task there is."""
    if trigger.ref.type == "ScheduledTask":
        first = next(one for one in state.triggers if one.ref.type == "ScheduledTask")
        reason = evolve(reason, name=first.name, scheduled_task=first.ref)
    return original(state, trigger, reason, choices)


@mutant("alarm-reason-names-the-root", triggers.start)
def alarm_reason_names_the_root(original, state, trigger, reason, choices):
    """The entity in TaskReasonAlarm is the root folder."""
    if trigger.ref.type == "Alarm":
        root = state.entities[state.server.root]
        reason = evolve(reason, entity=root.ref, entity_name=root.name)
    return original(state, trigger, reason, choices)


@mutant("alarm-reason-has-its-names-swapped", triggers.start)
def alarm_reason_has_its_names_swapped(original, state, trigger, reason, choices):
    """The names of the alarm and of the entity stand in each other's place."""
    reason = evolve(reason, alarm_name=reason.entity_name, entity_name=reason.alarm_name)
    return original(state, trigger, reason, choices)
