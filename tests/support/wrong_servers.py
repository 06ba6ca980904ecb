"""Specifications that are wrong in one thing, for tests that need a target that diverges."""

from __future__ import annotations

import time

from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.server import idle_state, started
from taskconform.conformance.targets.builtin.specification import RIGHT, Replacement, specified
from taskconform.model.spec import collectors, life, recent, tasks
from taskconform.model.spec.faults import fault
from taskconform.model.vocabulary.words import evolve


def _cancel(original, state, call, choices):
    number = state.keys.get(call.task.value)
    if number is None or call.task.type != "Task" or state.tasks[number].info.cancelable:
        return original(state, call, choices)
    task = state.tasks[number]
    taken = tasks.with_info(state, task, evolve(task.info, cancelable=True))
    after, answer = original(taken, call, choices)
    task = after.tasks[number]
    return tasks.with_info(after, task, evolve(task.info, cancelable=False)), answer


CANCELS = Replacement(original=life.cancel_task, function=_cancel)
CANCELS_ANYTHING = specified([CANCELS])
"""CancelTask succeeds on tasks that are not cancelable."""

DEAF = specified([Replacement(original=life.cancel_task, function=lambda _, state, _call, _choices: (state, None))])
"""CancelTask does nothing."""

FULL = specified([Replacement(original=collectors.check_room, function=lambda *_: fault("InvalidState"))])
"""There is no room for a collector."""


def renaming(name):
    """Give every entity the same name."""

    def placed(original, *given):
        fields = original(*given)
        return {**fields, "entity_name": name} if "entity_name" in fields else fields

    return specified([Replacement(original=tasks.placed, function=placed)])


def window_of(seconds):
    """List completed tasks for so long, whatever is declared."""

    def recently(original, state, session, choices):
        return original(evolve(state, server=evolve(state.server, window=seconds)), session, choices)

    return specified([Replacement(original=recent.recently_completed, function=recently)])


class Timed(BuiltinTarget):
    """A server that goes by the time of day, and whose clock cannot be moved."""

    def __init__(self, options, specification=RIGHT):
        super().__init__(options, specification)
        capabilities = tuple(each for each in self._declaration.capabilities if each != "clock")
        self._declaration = evolve(self._declaration, capabilities=capabilities)

    def first_state(self):
        return started(idle_state(self.server, time.time_ns() // 1_000), self.specification)

    def call_time(self):
        return max(1, time.time_ns() // 1_000 - self.state.now)
