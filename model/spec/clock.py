"""The clock: server time passes only when it is told to.

A task that is being canceled comes to its end by itself, some time after CancelTask has returned (vim.Task CancelTask
6-7), and the task of an operation goes through its states by itself. Time brings about no other change of state: what
is recent, `recent` works out when it is read.
"""

from __future__ import annotations

from taskconform.model.spec import life, operations
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import After, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve


def pass_time(state: State, microseconds: int, choices: Choices) -> State:
    """Let time go by. What is due on the way happens at the time at which it is due."""
    until = state.now + microseconds
    while (due := next_change(state)) is not None and due <= until:
        state = evolve(state, now=max(state.now, due))
        state = take_next(state, due, choices)
    return evolve(state, now=until)


def take_next(state: State, due: int, choices: Choices) -> State:
    """Let the change happen that is due: the end of a canceled task, or else the next step of an operation's."""
    if state.ending and state.ending[0][0] == due:
        number = state.ending[0][1]
        return life.end_canceled(evolve(state, ending=state.ending[1:]), number, choices)
    return operations.take(evolve(state, steps=state.steps[1:]), state.steps[0], choices)


def next_change(state: State) -> int | None:
    """Return the time at which a task next changes by itself, None if none will."""
    due = [one[0] for one in state.ending[:1]] + [one.due for one in state.steps[:1]]
    return min(due, default=None)


def advance_clock(state: State, call: calls.AdvanceClock, choices: Choices) -> After[None]:
    """Move the clock forward by whole seconds. This is no method of the API, and open to everybody."""
    fault_if(call.seconds < 0, "InvalidArgument", "time does not go back")
    return pass_time(state, call.seconds * SECOND, choices), None
