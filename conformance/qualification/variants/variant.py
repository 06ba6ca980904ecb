"""Conforming variants: what one is, and how several are put together.

A variant behaves otherwise than the built-in server in one thing that the pages leave open, or that the evidence shows
real servers to do. Most variants are a value of `Choices`: there is one for every interpretation of an open clause that
is not the default. The others replace a function of the specification, or stand around the server as its target:

    @conforming("recent-in-any-order", recent.recent_tasks, by="vim.TaskManager recentTask: no order (EV 1.4)")
    def in_any_order(original, state, session, choices):
        return original(state, session, choices)[::-1]
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar
from zlib import crc32

from taskconform.conformance.qualification.choosing import NAMES_NOBODY, alternatives
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import Replacement, Specification, specified
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.spec.choices import DEFAULT, Choices
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound="type[VariantTarget]")


class VariantTarget(BuiltinTarget):
    """The built-in target, declared as the class says: whether it is nobody else's, and the seconds that it takes to
    settle. `performed` counts its calls."""

    exclusive = True
    settling = 0.0

    def __init__(self, options: Mapping[str, str], specification: Specification) -> None:
        """Start the server."""
        self.performed = 0
        self.rested = 0.0
        super().__init__(options, specification)
        self._declaration = evolve(self._declaration, exclusive=self.exclusive, settling=self.settling)

    def perform(self, call: Call) -> Outcome:
        """Answer the call."""
        self.performed += 1
        return super().perform(call)

    def rest(self, seconds: float) -> None:
        """Let time go by: the server's, which costs nobody any."""
        self.rested += seconds
        self.state = self.specification.pass_time(self.state, round(seconds * SECOND))

    def seconds(self) -> float:
        """Return the seconds that have gone by, resets or not, without those by which the clock was moved."""
        return self.rested + self.performed / 1_000


class SlowTarget(VariantTarget):
    """A server that declares a third of a second to settle."""

    settling = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A conforming variant. `says` is what it does otherwise, `by` the clause and its interpretation, the page or the
    item of the evidence that allows it. Of two variants about the same thing a server can be only one; one that is
    about nothing is not put together with others."""

    name: str
    says: str
    by: str
    about: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    replacements: tuple[Replacement, ...] = ()
    target: type[VariantTarget] = VariantTarget
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def chosen(self) -> Choices:
        """All of its choices."""
        given: dict[str, Any] = dict(self.choices)
        return evolve(DEFAULT, **given)


VARIANTS: Final[dict[str, Variant]] = {}
"""Every variant by name, as the modules of this package declare them."""
PARTS: Final[dict[str, tuple[Replacement, ...]]] = {}
"""By name, what goes into variants that a target makes whole, and is none by itself."""


def declare(variant: Variant) -> None:
    """Enter a variant. Raises ValueError for a name that stands twice."""
    if variant.name in VARIANTS:
        message = f"two variants are called {variant.name}"
        raise ValueError(message)
    VARIANTS[variant.name] = variant


def conforming(
    name: str, original: Callable[P, R], about: str = "", *, by: str = "", **options: str
) -> Callable[[Callable[Concatenate[Callable[P, R], P], R]], Callable[Concatenate[Callable[P, R], P], R]]:
    """Declare that a function stands in the place of one of the specification's in the variant of this name. The first
    function of a variant declares it; further ones need no `by`."""

    def mark(function: Callable[Concatenate[Callable[P, R], P], R]) -> Callable[Concatenate[Callable[P, R], P], R]:
        replacement = Replacement(original=original, function=function)
        if by:
            says = " ".join((function.__doc__ or "").split())
            declare(Variant(name=name, says=says, by=by, about=about, options=_spelled(options)))
        known = VARIANTS[name]
        VARIANTS[name] = replace(known, replacements=(*known.replacements, replacement))
        return function

    return mark


def part(
    name: str, original: Callable[P, R]
) -> Callable[[Callable[Concatenate[Callable[P, R], P], R]], Callable[Concatenate[Callable[P, R], P], R]]:
    """Declare that a function stands in the place of one of the specification's in the part of this name."""

    def mark(function: Callable[Concatenate[Callable[P, R], P], R]) -> Callable[Concatenate[Callable[P, R], P], R]:
        PARTS[name] = (*PARTS.get(name, ()), Replacement(original=original, function=function))
        return function

    return mark


def serving(
    name: str,
    about: str = "",
    *,
    by: str,
    like: Iterable[str] = (),
    choices: Mapping[str, str] | None = None,
    **options: str,
) -> Callable[[C], C]:
    """Declare a target as a variant. `like` names the parts and variants that go into it, `choices` what it chooses."""

    def mark(cls: C) -> C:
        replacements = tuple(
            each for one in like for each in (PARTS[one] if one in PARTS else VARIANTS[one].replacements)
        )
        says = " ".join((cls.__doc__ or "").split())
        declare(
            Variant(
                name=name,
                says=says,
                by=by,
                about=about,
                choices=choices or {},
                replacements=replacements,
                target=cls,
                options=_spelled(options),
            )
        )
        return cls

    return mark


NEEDED: Final[Mapping[str, Mapping[str, str]]] = {
    "recent_cap_esxi": {"flavour": "esxi"},
    "life_progress_clamp_2x": {"api-version": "2.5"},
}
"""By choice: the options of the target without which it makes no difference."""


def declare_choices() -> None:
    """Declare a variant for every interpretation of an open clause that is not the default, named after both."""
    for one in alternatives():
        says = {each.id: each.statement for each in CLAUSES[one.clause].readings}[one.value]
        about = "reason" if one.key in NAMES_NOBODY else one.clause
        declare(
            Variant(
                name=f"{one.clause}={one.value}",
                says=says,
                by=f"{one.clause}: {one.value}",
                about=about,
                choices=one.choices,
                options=NEEDED.get(one.key, {}),
            )
        )


def combined(variants: Iterable[Variant]) -> Variant:
    """Return a variant that is like all of these at once."""
    variants = list(variants)
    classes = list(dict.fromkeys(one.target for one in variants if one.target is not VariantTarget))
    return Variant(
        name=" & ".join(one.name for one in variants),
        says=" ".join(one.says for one in variants),
        by="; ".join(one.by for one in variants),
        choices={key: value for one in variants for key, value in one.choices.items()},
        replacements=tuple(each for one in variants for each in one.replacements),
        target=type("Combined", (*classes, VariantTarget), {}),
        options={key: value for one in variants for key, value in one.options.items()},
    )


def opened(variants: Iterable[Variant]) -> VariantTarget:
    """Open a server that is like all of these variants at once."""
    one = combined(variants)
    return one.target(one.options, specified(one.replacements, one.chosen))


def chance(number: int, percent: int) -> bool:
    """Tell whether something that happens so often happens now: at the same numbers in every run."""
    return crc32(number.to_bytes(8, "little")) % 100 < percent


def _spelled(given: Mapping[str, str]) -> dict[str, str]:
    """Return options of the target as it spells them."""
    return {key.replace("_", "-"): value for key, value in given.items()}
