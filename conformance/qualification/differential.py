"""A mutant and the specification side by side: does any outcome of drawn plans differ?

The plans of a test case are performed on the specification once; the calls that were made are made of the mutants too.
What no page says of an outcome does not count: the message of a fault, the names of what is made, the order of lists
that have none. What differs may still be right: where the text is open, a mutant can behave by another interpretation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.qualification.choosing import alternatives
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import RIGHT, Specification, specified
from taskconform.conformance.targets.builtin.target import CALL_TIME
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.spec.choices import DEFAULT
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import (
    Extension,
    Faulted,
    Property,
    RecentTaskUpdate,
    Returned,
    TaskDescription,
    TaskEvent,
    UpdateSet,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.qualification.drawn import Drawn
    from taskconform.conformance.records.history import Episode
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

    Exchanges = list[tuple[Call, Outcome]]
    Difference = tuple[Call, Outcome, Outcome]

CASES_KEPT: Final = 12
"""Test cases that an interpretation is held against."""
PAGES: Final = frozenset({"ReadNextTasks", "ReadPreviousTasks"})
"""Calls whose answers have an order."""


class RecordingTarget(BuiltinTarget):
    """The built-in target, which keeps what was exchanged in the test case."""

    def __init__(self, specification: Specification = RIGHT) -> None:
        """Start the server."""
        self.exchanged: Exchanges = []
        super().__init__({}, specification)

    def reset(self) -> None:
        """Start anew."""
        super().reset()
        self.exchanged = []

    def perform(self, call: Call) -> Outcome:
        """Answer the call."""
        outcome = super().perform(call)
        self.exchanged.append((call, outcome))
        return outcome


class Beside:
    """A server of which calls are made that were made of another one. `first` is the state in which it starts."""

    def __init__(self, specification: Specification) -> None:
        """Start the server. Raises whatever the specification stumbles over."""
        self.specification = specification
        self.first = BuiltinTarget({}, specification).state

    def difference(self, exchanged: Exchanges) -> Difference | None:
        """Make the calls of a test case; return the first that comes out otherwise, with the outcome here and the other
        one."""
        state, names, before = self.first, dict[str, str](), 0
        for call, right in exchanged:
            asked = renamed(call, names) if names else call
            at_once, before = right.at.earliest == before, right.at.latest  # at the same instant as the call before it
            state = self.specification.pass_time(state, 0 if at_once else CALL_TIME)
            state, outcome = self.specification.step(state, asked)
            if outcome == right:
                continue
            names.update(zip(names_given(right), names_given(outcome), strict=False))
            if plain(call, outcome) != plain(call, renamed(right, names)):
                return call, outcome, right
        return None


def names_given(outcome: Outcome) -> tuple[str, ...]:
    """Return the names that a server chose freely in an outcome."""
    value = outcome.value if isinstance(outcome, Returned) else None
    if isinstance(value, ObjectRef) and value.type != "Task":
        return (value.value,)
    return (value.version,) if isinstance(value, UpdateSet) else ()


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Return a call or an outcome with other names."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple([renamed(one, names) for one in value])
    fields = getattr(value, "__struct_fields__", ())
    return evolve(value, **{name: renamed(getattr(value, name), names) for name in fields}) if fields else value


def plain(call: Call, outcome: Outcome) -> object:
    """Return what counts of an outcome."""
    if isinstance(outcome, Faulted):
        return outcome.fault.kind
    if not isinstance(outcome, Returned):
        return outcome
    return outcome.value if type(call).__name__ in PAGES else unordered(outcome.value)


def unordered(value: Any) -> Any:
    """Return an answer with its lists in an order of ours."""
    if isinstance(value, Property):
        return evolve(value, value=unordered(value.value), missing=value.missing and evolve(value.missing, message=""))
    if isinstance(value, UpdateSet):
        updates = [evolve(one, latest_page=unordered(one.latest_page)) for one in value.updates]
        return evolve(value, updates=unordered(tuple(updates)), missing=unordered(value.missing))
    if isinstance(value, RecentTaskUpdate):
        return evolve(value, recent_task=unordered(value.recent_task), added=unordered(value.added))
    if isinstance(value, TaskDescription):
        return evolve(value, **{name: unordered(getattr(value, name)) for name in value.__struct_fields__})
    if isinstance(value, tuple) and not all(isinstance(one, Property) for one in value):
        return tuple(sorted(value, key=_order))
    return value


def _order(one: Any) -> str:
    return str(one.key) if isinstance(one, TaskEvent | Extension) else repr(one)


# --- runs -------------------------------------------------------------------------------------------------------------


def differs(mutant: Specification, plans: Drawn) -> Difference | None:
    """Perform a seed's plans on the specification, and make the same calls of a mutant; return the first call that
    comes out otherwise, with both outcomes."""
    target, beside = RecordingTarget(), Beside(mutant)
    executor = Executor(target=target, judge=Judge(), record=unrecorded)
    for _, case in plans.test_cases():
        executor.run(case)
        found = beside.difference(target.exchanged)
        if found is not None:
            return found
    return None


def allowed(mutant: Specification, cases: Iterable[Episode]) -> str:
    """Return the interpretation of an open clause by which the mutant behaves in these test cases, "" if there is
    none."""
    target = RecordingTarget(mutant)
    executor = Executor(target=target, judge=Judge(), record=unrecorded)
    exchanged = []
    for case in list(cases)[:CASES_KEPT]:
        executor.run(case)
        exchanged.append(target.exchanged)
    for one in alternatives():
        beside = Beside(specified(choices=evolve(DEFAULT, **one.choices)))
        if all(beside.difference(calls) is None for calls in exchanged):
            return f"{one.clause}: {one.value}"
    return ""
