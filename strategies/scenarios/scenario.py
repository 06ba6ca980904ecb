"""Approaches: how the situations in which clauses are live are come by.

An approach is a function that draws every parameter and appends the steps that lead up to a situation. It names the
clauses that it means to make live. It is used in two ways: the *director* plans an episode for each approach by itself,
so often; and the free machine of a theme strings them together in any order, with what one left behind under the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import rule

from taskconform.strategies.domains.drawing import let_draw
from taskconform.strategies.drawing.planner import Machine

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.strategies.domains.drawing import Draw
    from taskconform.strategies.drawing.planner import Planner


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """A way to a situation: the theme it belongs to, the clauses it is meant for, and what plans it."""

    name: str
    theme: str
    clauses: tuple[str, ...]
    plan: Callable[[Planner, Draw], None]


APPROACHES: Final[dict[str, Approach]] = {}
"""Every approach by name, in the order of declaration."""


def approach(theme: str, *clauses: str) -> Callable[[Callable[[Any, Draw], None]], Callable[[Any, Draw], None]]:
    """Declare a function as an approach to these clauses. Its name is the approach's."""

    def mark(plan: Callable[[Any, Draw], None]) -> Callable[[Any, Draw], None]:
        APPROACHES[plan.__name__] = Approach(name=plan.__name__, theme=theme, clauses=clauses, plan=plan)
        return plan

    return mark


def approaches_of(theme: str) -> tuple[Approach, ...]:
    """The approaches of a theme, in the order of declaration."""
    return tuple(one for one in APPROACHES.values() if one.theme == theme)


def free_machine(theme: str) -> type[Machine]:
    """The machine that strings a theme's approaches together in any order."""
    choices = approaches_of(theme)

    class Strung(Machine):
        """One approach after another."""

        @rule(which=st.sampled_from(choices), data=st.data())
        def go_on(self, which: Approach, data: st.DataObject) -> None:
            """The next approach."""
            let_draw(data, partial(which.plan, self))

    return Strung
