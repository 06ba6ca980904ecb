"""Mutants: the specification with one bug in it, to see whether the suite names that bug.

A mutant is one decorated function, or several under one name. It stands in the place of a function of the
specification, and is given that function first:

    @mutant("errors-leave-at-once", recent.is_listed)
    def without_errors(original, state, session, task, choices):
        return task.info.state != ERROR and original(state, session, task, choices)

What a mutant has to remember between calls it keeps in `state.memory`, under its own name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from taskconform.conformance.targets.builtin.specification import Replacement
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.spec.state import State

P = ParamSpec("P")
R = TypeVar("R")

REPLACEMENTS: Final[dict[str, list[Replacement]]] = {}
"""By the name of a mutant: the functions that it puts in the place of others, in the order in which they stand."""


def mutant(
    name: str, original: Callable[P, R]
) -> Callable[[Callable[Concatenate[Callable[P, R], P], R]], Callable[Concatenate[Callable[P, R], P], R]]:
    """Declare that a function stands in the place of one of the specification's in the mutant of this name."""

    def declare(
        function: Callable[Concatenate[Callable[P, R], P], R],
    ) -> Callable[Concatenate[Callable[P, R], P], R]:
        REPLACEMENTS.setdefault(name, []).append(Replacement(original=original, function=function))
        return function

    return declare


def remembered(state: State, key: str, default: Any = None) -> Any:
    """Return what a mutant has kept under a key, the default if it has kept nothing."""
    return state.memory.get(key, default)


def remembering(state: State, key: str, value: Any) -> State:
    """Return the state in which a mutant keeps this under a key."""
    return evolve(state, memory=state.memory.set(key, value))
