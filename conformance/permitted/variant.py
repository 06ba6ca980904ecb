"""What a permitted variant is, and how several are put together.

A variant is a simulator or a target that differs from ours in one choice that the pages leave open, or that the
evidence shows real servers to make. What it changes is said by its docstring, what permits it by `by`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zlib import crc32

from taskconform.conformance.targets.sim_faults import RefusedError
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.simulated import BuiltinTarget
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome


class Target(BuiltinTarget):
    """The built-in target, declared as the class says: whether it is nobody else's, and the seconds that it takes to
    settle. `performed` counts its calls.
    """

    exclusive = True
    settling = 0.0

    def __init__(self, simulator: type[Simulator] = Simulator, options: Mapping[str, str] | None = None) -> None:
        """Start the simulator."""
        self.performed = 0
        self.rested = 0.0
        super().__init__(options or {}, simulator)
        self._declaration = evolve(self._declaration, exclusive=self.exclusive, settling=self.settling)

    def perform(self, call: Call) -> Outcome:
        """Answer the call."""
        self.performed += 1
        return super().perform(call)

    def rest(self, seconds: float) -> None:
        """Let time go by: the server's, which costs nobody any."""
        self.rested += seconds
        self.simulator.clock.now += round(seconds * SECOND)

    def seconds(self) -> float:
        """Seconds that have gone by, resets or not, not counting those by which the clock was moved."""
        return self.rested + self.performed / 1_000


class Slow(Target):
    """A server that declares a third of a second to settle."""

    settling = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A permitted change. `says` is what it changes, `by` the clause and its reading, the page or the item of the
    evidence that permits it. Of two variants about the same thing a server can be only one; one that is about nothing
    is not put together with others.
    """

    name: str
    says: str
    by: str
    about: str = ""
    simulator: type[Simulator] = Simulator
    target: type[Target] = Target
    options: Mapping[str, str] = field(default_factory=dict)


VARIANTS: Final[dict[str, Variant]] = {}
"""Every variant by name, as the modules of this package declare them."""

S = TypeVar("S", bound=type[Simulator])
T = TypeVar("T", bound=type[Target])
F = TypeVar("F", bound=type[TaskFilter])


def _declare(variant: Variant) -> None:
    """Enter a variant. Raises ValueError for a name that stands twice."""
    if variant.name in VARIANTS:
        message = f"two variants are called {variant.name}"
        raise ValueError(message)
    VARIANTS[variant.name] = variant


def _says(cls: type) -> str:
    """What the class changes."""
    return " ".join((cls.__doc__ or "").split())


def _options(given: Mapping[str, str]) -> dict[str, str]:
    """Options of the target, as it spells them."""
    return {key.replace("_", "-"): value for key, value in given.items()}


def permitted(name: str, about: str = "", *, by: str, **options: str) -> Callable[[S], S]:
    """Declare a simulator as a variant."""

    def mark(cls: S) -> S:
        _declare(Variant(name=name, says=_says(cls), by=by, about=about, simulator=cls, options=_options(options)))
        return cls

    return mark


def filtering(name: str, about: str = "", *, by: str) -> Callable[[F], F]:
    """Declare a filter as a variant: a simulator that uses it."""

    def mark(cls: F) -> F:
        permitted(name, about, by=by)(type(cls.__name__, (Simulator,), {"filter_class": cls, "__doc__": cls.__doc__}))
        return cls

    return mark


def serving(
    name: str, about: str = "", *, by: str, simulator: type[Simulator] = Simulator, **options: str
) -> Callable[[T], T]:
    """Declare a target as a variant, around a simulator."""

    def mark(cls: T) -> T:
        says, chosen = _says(cls), _options(options)
        _declare(Variant(name=name, says=says, by=by, about=about, simulator=simulator, target=cls, options=chosen))
        return cls

    return mark


def together(names: Iterable[str]) -> Target:
    """Open a server that is like all of these variants at once. Raises KeyError for a name that is none's."""
    variants = [VARIANTS[name] for name in names]
    if len(variants) == 1:
        return variants[0].target(variants[0].simulator, variants[0].options)
    simulators = _distinct([variant.simulator for variant in variants], Simulator)
    targets = _distinct([variant.target for variant in variants], Target)
    filters = _distinct([cls.filter_class for cls in simulators], TaskFilter)
    parts: dict[str, Any] = {"filter_class": type("CombinedFilter", tuple(filters), {})} if filters else {}
    simulator = type("Combined", (*simulators, Simulator), parts)
    target: type[Target] = type("CombinedTarget", (*targets, Target), {})
    options = {key: value for variant in variants for key, value in variant.options.items()}
    return target(simulator, options)


R = TypeVar("R")


def _distinct(classes: Iterable[type[R]], plain: type[R]) -> list[type[R]]:
    """The classes that are not the plain one, each once."""
    return [cls for cls in dict.fromkeys(classes) if cls is not plain]


def outcome_of(decide: Callable[[], R]) -> R | RefusedError:
    """What a decision gives, or the fault that it ends with."""
    try:
        return decide()
    except RefusedError as refusal:
        return refusal


def chance(number: int, percent: int) -> bool:
    """Whether something that happens so often happens now: at the same numbers in every run."""
    return crc32(number.to_bytes(8, "little")) % 100 < percent
