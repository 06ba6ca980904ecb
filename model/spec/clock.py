"""The clock: server time passes only when it is told to.

A task that is being canceled comes to its end by itself, some time after CancelTask has returned (vim.Task CancelTask
6-7). That is the only change of state that time brings about: what is recent, `recent` works out when it is read.
"""

from __future__ import annotations

from taskconform.model.spec import life
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.state import After, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve


def pass_time(state: State, microseconds: int, choices: Choices) -> State:
    """Let time go by. What is due on the way ends at the time at which it is due."""
    until = state.now + microseconds
    while state.ending and state.ending[0][0] <= until:
        due, number = state.ending[0]
        state = evolve(state, now=max(state.now, due), ending=state.ending[1:])
        state = life.end_canceled(state, number, choices)
    return evolve(state, now=until)


def next_ending(state: State) -> int | None:
    """Return the time at which the next task ends by itself, None if none will."""
    return state.ending[0][0] if state.ending else None


def advance_clock(state: State, call: calls.AdvanceClock, choices: Choices) -> After[None]:
    """Move the clock forward by whole seconds. This is no method of the API, and open to everybody."""
    fault_if(call.seconds < 0, "InvalidArgument", "time does not go back")
    return pass_time(state, call.seconds * SECOND, choices), None
