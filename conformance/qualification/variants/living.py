"""The life of tasks: when a canceled one ends, which are cancelable, what a running or ended one shows."""

from __future__ import annotations

from taskconform.conformance.qualification.variants.variant import SlowTarget, chance, conforming, part, serving
from taskconform.model.spec import clock, life, tasks
from taskconform.model.spec.life import COMPLETED
from taskconform.model.vocabulary.outcomes import RUNNING, SECOND
from taskconform.model.vocabulary.words import evolve

ASYNCHRONOUS = "vim.Task CancelTask: may return before the task is canceled (EV 2.30)"
NOW = "vim.TaskInfo cancelable: whether it can be canceled now"


def delayed(state, task, delay, choices):
    """Flag a task as cancelled, and end it so many microseconds later; None: it never ends by itself."""
    state = tasks.with_info(state, task, evolve(task.info, cancelled=True))
    if delay == 0:
        return life.end_canceled(state, task.number, choices)
    if delay is None:
        return state
    return evolve(state, ending=tuple(sorted((*state.ending, (state.now + delay, task.number)))))


@conforming("cancel-never-ends", life.cancel, "cancel", by=ASYNCHRONOUS)
def never_ends(original, state, task, choices):
    """A canceled task is flagged, and goes on until its extension ends it."""
    return delayed(state, task, None, choices)


@conforming("cancel-ends-at-once", life.cancel, "cancel", by=ASYNCHRONOUS)
def ends_at_once(original, state, task, choices):
    """A canceled task ends within the call."""
    return delayed(state, task, 0, choices)


@conforming("cancel-takes-a-second", life.cancel, "cancel", by=ASYNCHRONOUS)
def takes_a_second(original, state, task, choices):
    """A canceled task, queued or running, ends a second later."""
    return delayed(state, task, SECOND, choices)


@conforming("cancel-takes-a-minute", life.cancel, "cancel", by=ASYNCHRONOUS)
def takes_a_minute(original, state, task, choices):
    """A canceled task ends a minute later."""
    return delayed(state, task, 60 * SECOND, choices)


@conforming("cancel-takes-any-time", life.cancel, "cancel", by=ASYNCHRONOUS)
def takes_any_time(original, state, task, choices):
    """A canceled task ends at once, some calls later, or never."""
    delays = (0, 500, 1_500, 2_500, 40_000, 3 * SECOND, None)
    return delayed(state, task, delays[task.number % 7], choices)


@conforming("canceled-while-queued-runs-first", life.cancel, "cancel", by=ASYNCHRONOUS)
def queued_lingers(original, state, task, choices):
    """A queued task that is canceled stays queued for a while; some never end."""
    return delayed(state, task, 5 * SECOND if chance(task.number, 50) else None, choices)


@part("flagged-late", life.cancel)
def flagged_late(original, state, task, choices):
    """The task is flagged as cancelled a moment after the call, and ends then."""
    return evolve(state, ending=tuple(sorted((*state.ending, (state.now + 3_000, task.number)))))


@part("flagged-late", life.end_canceled)
def flagged_then(original, state, number, choices):
    """Flag the task as it ends."""
    task = state.tasks[number]
    if number in state.live:
        state = tasks.with_info(state, task, evolve(task.info, cancelled=True))
    return original(state, number, choices)


@serving("flagged-when-it-ends", by=ASYNCHRONOUS, like=["flagged-late"])
class FlaggedWhenItEnds(SlowTarget):
    """The task is flagged as cancelled a moment after the call, and ends then, as the settling time allows."""


def falling(states):
    """Return a replacement of `life.enter` that takes `cancelable` back in some states."""

    def enter(original, state, number, entered, choices):
        state = original(state, number, entered, choices)
        task = state.tasks[number]
        return tasks.with_info(state, task, evolve(task.info, cancelable=False)) if entered in states else state

    return enter


@conforming("not-cancelable-once-completed", life.enter, "cancelable", by="EV 1.3, 1.6: cancelable is false afterwards")
def falls_at_the_end(original, *given):
    """No completed task is cancelable."""
    return falling(COMPLETED)(original, *given)


@conforming("not-cancelable-once-running", life.enter, "cancelable", by=NOW)
def falls_when_running(original, *given):
    """No running or completed task is cancelable."""
    return falling(COMPLETED | {RUNNING})(original, *given)


@conforming("not-cancelable-once-canceled", life.cancel, "cancelable", by=NOW)
def falls_when_canceled(original, state, task, choices):
    """A task that was canceled is not cancelable any more; another cancel meets InvalidState all the same."""
    state = original(state, task, choices)
    task = state.tasks[task.number]
    return tasks.with_info(state, task, evolve(task.info, cancelable=False))


@conforming("progress-of-0-at-the-start", life.progress_in, "progress", by="EV 2.37: progress 0 while running")
def zero_at_the_start(original, info, entered, choices):
    """A running task is at 0 until it is said otherwise."""
    shown = original(info, entered, choices)
    return 0 if entered == RUNNING and shown is None else shown


@conforming("tasks-have-names", tasks.new_info, "name", by="vim.TaskInfo name: optional (EV 1.1, 1.2)")
def named(original, state, number, type_id, reason, *, cancelable):
    """A task of an extension has a name, too."""
    info = original(state, number, type_id, reason, cancelable=cancelable)
    return evolve(info, name=f"{type_id.rpartition('.')[2].title()}_Task")


@conforming(
    "tasks-run-before-they-end-by-themselves", clock.pass_time, by="vim.TaskInfo: nothing tells how long it runs"
)
def untouched(original, state, microseconds, choices):
    """Time that passes in two steps is as good as in one."""
    half = microseconds // 2
    return original(original(state, half, choices), microseconds - half, choices)
