"""Behaviours of a server: as the specification is written, or in another way that the pages allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from taskconform.model.spec.choices import DEFAULT, Choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.conformance.targets.builtin.specification import Replacement, Specification
    from taskconform.model.spec.state import Server, State
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome


class Shell(Protocol):
    """Something that stands around a specification and does more than that between two calls. `state` is the server's
    before a call, and after it."""

    state: State

    def reset(self) -> None:
        """Start anew: `state` is then that of a server that has just started."""

    def perform(self, call: Call) -> Outcome:
        """Perform a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """A way to behave: functions in the place of some of the specification's, choices, and a shell around it, if it has
    one."""

    name: str = "as specified"
    replacements: tuple[Replacement, ...] = ()
    choices: Choices = DEFAULT
    shell: Callable[[Server, Specification], Shell] | None = None


AS_SPECIFIED: Final = Behaviour()
"""The behaviour of the built-in server."""
