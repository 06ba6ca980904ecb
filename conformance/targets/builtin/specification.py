"""Specifications in use: the one that is right, and copies of it in which some functions are others.

The specification is a set of modules whose functions call each other through their modules. A copy has modules of its
own, whose functions call each other; the types of `state`, `choices` and `faults` are shared by all. So a mutant is
made without touching the original, and any number of specifications can be used side by side.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import CodeType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from taskconform.model import spec
from taskconform.model.spec.choices import DEFAULT, Choices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taskconform.model.spec.state import State
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

PACKAGE: Final = spec.__name__
SHARED: Final = frozenset({"choices", "faults", "state"})
"""Modules of types, which every specification has in common."""
NAMES: Final = tuple(sorted({module.name for module in iter_modules(spec.__path__)} - SHARED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """A function that stands in the place of one of the specification's. It is called with the one that it replaces (or
    with the replacement before it), and then with what that one is called with."""

    original: Callable[..., Any]
    function: Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A specification in use: its modules by name, and its choices."""

    modules: Any
    choices: Choices = DEFAULT

    def step(self, state: State, call: Call) -> tuple[State, Outcome]:
        """Perform one call."""
        result: tuple[State, Outcome] = self.modules.step.step(state, call, self.choices)
        return result

    def pass_time(self, state: State, microseconds: int) -> State:
        """Let time go by."""
        after: State = self.modules.clock.pass_time(state, microseconds, self.choices)
        return after


RIGHT: Final = Specification(modules=SimpleNamespace(**{name: import_module(f"{PACKAGE}.{name}") for name in NAMES}))
"""The specification as it is written."""


def specified(
    replacements: Iterable[Replacement] = (), choices: Choices = DEFAULT, codes: Mapping[str, CodeType] | None = None
) -> Specification:
    """Return the specification with these functions in the place of others, and with these choices. `codes` has, by
    module, the code that is run in the place of what is written there."""
    chosen, codes = tuple(replacements), codes or {}
    if not chosen and not codes:
        return Specification(modules=RIGHT.modules, choices=choices)
    copies: dict[str, ModuleType] = {}

    def importing(name: str, *arguments: Any) -> Any:
        """Import a module; of the specification's, the copy."""
        if name == PACKAGE:
            return SimpleNamespace(**copies)
        return copies.get(name.removeprefix(f"{PACKAGE}.")) or builtins.__import__(name, *arguments)

    for name in _order():
        copies[name] = copy = ModuleType(f"{PACKAGE}.{name}")
        copy.__dict__["__builtins__"] = {**vars(builtins), "__import__": importing}
        exec(codes.get(name) or _code(name), copy.__dict__)  # noqa: S102  # our own code, once more
        for one in chosen:
            if one.original.__module__ == copy.__name__:
                before = getattr(copy, one.original.__name__)
                setattr(copy, one.original.__name__, partial(one.function, before))
    return Specification(modules=SimpleNamespace(**copies), choices=choices)


@cache
def _code(name: str) -> CodeType:
    """Return the compiled code of a module of the specification."""
    found = find_spec(f"{PACKAGE}.{name}")
    loader: Any = None if found is None else found.loader
    code: CodeType = loader.get_code(f"{PACKAGE}.{name}")
    return code


@cache
def _order() -> tuple[str, ...]:
    """Return the modules in an order in which each comes after those that it imports."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        for other in vars(getattr(RIGHT.modules, name)).values():
            short = getattr(other, "__name__", "").removeprefix(f"{PACKAGE}.")
            if isinstance(other, ModuleType) and short in NAMES:
                visit(short)
        done[name] = None

    for name in NAMES:
        visit(name)
    return tuple(done)
