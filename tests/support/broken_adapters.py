"""Adapters that are broken at random: a hook that raises, or gives what it should not. Each is told by its number.

taskconform run broken_adapters:open_target --set number=17
"""

from __future__ import annotations

import random

from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Returned, TaskInfo
from taskconform.model.vocabulary.words import evolve

HOOKS = ("perform", "perform_together", "reset", "close", "declaration", "socket_seconds")
A_TASK = c.ObjectRef(type="Task", value="t")
THINGS = (None, 0, -1, 3.5, "text", b"bytes", (), (None,), [], {}, object(), A_TASK, 10**30)
ERRORS = (KeyError, ValueError, RecursionError, OSError, StopIteration, AssertionError)
PARTS = ("value", "at", "fault", "why", "info", "length", "all")


def strange(drawn, value):
    """Something else than this value."""
    return drawn.choice([each for each in THINGS if each is not value])


class Broken(BuiltinTarget):
    """The built-in target behind an adapter with one bug, which shows from some call on."""

    def __init__(self, number):
        super().__init__({})
        self.drawn = random.Random(number)  # noqa: S311  # for a choice
        self.hook = HOOKS[number % len(HOOKS)]
        self.raises = self.drawn.random() < 0.4
        self.after = self.drawn.choice((0, 1, 2, 40))
        self.part = self.drawn.choice(PARTS)
        self.calls = 0
        self.ready = True

    def shows(self, hook):
        """Tell whether the bug shows now; raise if it is one that raises."""
        if hook != self.hook or not getattr(self, "ready", False):
            return False
        self.calls += 1
        if self.calls <= self.after:
            return False
        if self.raises:
            raise self.drawn.choice(ERRORS)
        return True

    @property
    def declaration(self):
        found = super().declaration
        if not self.shows("declaration"):
            return found
        if self.part == "all":
            return strange(self.drawn, found)
        name = self.drawn.choice([each for each in found.__struct_fields__ if each != "exclusive"])
        return evolve(found, **{name: strange(self.drawn, getattr(found, name))})

    @property
    def socket_seconds(self):
        return strange(self.drawn, 0.0) if self.shows("socket_seconds") else super().socket_seconds

    def reset(self):
        super().reset()
        return strange(self.drawn, None) if self.shows("reset") else None

    def close(self):
        super().close()
        self.shows("close")

    def perform_together(self, calls):
        outcomes = super().perform_together(calls)
        if not self.shows("perform_together"):
            return outcomes
        if self.part == "length":
            return outcomes[1:]
        return strange(self.drawn, outcomes) if self.part == "all" else list(map(self.spoil, outcomes))

    def perform(self, call):
        outcome = super().perform(call)
        return self.spoil(outcome) if self.shows("perform") else outcome

    def spoil(self, outcome):
        """Give an outcome with one part that is strange."""
        drawn = self.drawn
        if self.part == "all":
            return strange(drawn, outcome)
        if self.part == "at":
            at = strange(drawn, outcome.at)
            if drawn.random() < 0.5:
                at = evolve(outcome.at, earliest=strange(drawn, outcome.at.earliest))
            return evolve(outcome, at=at)
        if self.part == "why":
            return Lost(why=strange(drawn, ""), at=outcome.at)
        if self.part == "fault":
            fault = strange(drawn, None)
            return Faulted(fault=fault, at=outcome.at)
        if not isinstance(outcome, Returned):
            return outcome
        value = outcome.value
        if self.part == "length" and isinstance(value, tuple):
            return evolve(outcome, value=value[1:] if drawn.random() < 0.5 else (*value, *value))
        if self.part == "info":
            return evolve(outcome, value=self.spoilt(value))
        return evolve(outcome, value=strange(drawn, value))

    def spoilt(self, value):
        """Give a value with one strange field in each TaskInfo."""
        if isinstance(value, tuple):
            return tuple(map(self.spoilt, value))
        if isinstance(value, TaskInfo):
            name = self.drawn.choice(value.__struct_fields__)
            return evolve(value, **{name: strange(self.drawn, getattr(value, name))})
        inner = getattr(value, "value", None)
        return evolve(value, value=self.spoilt(inner)) if isinstance(inner, TaskInfo | tuple) else value


def open_target(options):
    """Open the adapter of this number."""
    return Broken(int(options["number"]))
