"""The fault space: every mutant by its name, and a sample of them."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.qualification.space import effect_operators, source_operators, value_operators
from taskconform.conformance.qualification.space.behaviour import misbehaviours
from taskconform.conformance.qualification.space.source import bounded_codes, code_of, said_of, sites
from taskconform.conformance.targets.builtin.specification import RIGHT, Replacement, Specification, specified
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Interval

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.qualification.space.behaviour import Misbehaviour
    from taskconform.conformance.qualification.space.source import Site
    from taskconform.model.spec.state import State
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

OPERATORS: Final = (source_operators, value_operators, effect_operators)
"""Modules of operators."""
PACKAGE: Final = "taskconform.conformance.qualification.space"
STUMBLES: Final = "SystemError"
"""The fault of a server that fails: vmodl.fault.SystemError."""


class Mutated(Specification):
    """A specification with a bug. Where it fails itself, the server answers with SystemError, and nothing changes."""

    def step(self, state: State, call: Call) -> tuple[State, Outcome]:
        """Perform one call."""
        try:
            return super().step(state, call)
        except Exception:  # noqa: BLE001  # whatever a mutant stumbles over
            kinds = state.server.faults.get(STUMBLES, (STUMBLES,))
            at = Interval(earliest=state.now, latest=state.now)
            return state, Faulted(fault=Fault(kind=STUMBLES, kinds=kinds), at=at)

    def pass_time(self, state: State, microseconds: int) -> State:
        """Let time go by."""
        try:
            return super().pass_time(state, microseconds)
        except Exception:  # noqa: BLE001  # ditto
            return RIGHT.pass_time(state, microseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceMutant:
    """A mutant of the space: its name, `OPERATOR@module.function:site/parameter`, the parts of it, and how it is made.
    `says` tells the change in words of the source."""

    name: str
    operator: str
    module: str
    make: Callable[[], Specification]
    says: Callable[[], str]


@cache
def space() -> Mapping[str, SpaceMutant]:
    """Return every mutant by name, in a fixed order."""
    found: dict[str, SpaceMutant] = {}
    for site in sites():
        place = f"{site.module}.{site.function}"
        name = f"{site.operator}@{place}:{site.number}/{site.parameter}"
        found[name] = SpaceMutant(
            name=name,
            operator=site.operator,
            module=site.module,
            make=partial(_of_source, site),
            says=partial(said_of, site),
        )
    for operator, place, parameter, wrong in misbehaviours():
        name = f"{operator}@{place}/{parameter}"
        found[name] = SpaceMutant(
            name=name,
            operator=operator,
            module=place.partition(".")[0],
            make=partial(_of_behaviour, wrong),
            says=f"{operator} {parameter} at {place}".strip,
        )
    return found


def specification_of(name: str) -> Specification:
    """Return the specification with the bug of this name. Raises KeyError if the space has no such mutant."""
    return space()[name].make()


@cache
def free_names() -> Mapping[str, str]:
    """Return the patterns of names of mutants that the text allows, with the reasons."""
    text = files(PACKAGE).joinpath("free.toml").read_text(encoding="utf-8")
    return {name: one["reason"] for one in tomllib.loads(text)["free"] for name in one["names"]}


def why_free(name: str) -> str:
    """Return the reason why a mutant that differs conforms, "" if there is none."""
    return next((reason for glob, reason in free_names().items() if fnmatchcase(name, glob)), "")


def sample(count: int, seed: int, globs: tuple[str, ...] = ("*",)) -> tuple[str, ...]:
    """Draw so many mutants whose names match, the same number of each operator as far as there are so many. A longer
    sample of the same seed begins with the shorter one."""
    draw = Random(seed)  # noqa: S311  # no secret
    by_operator: dict[str, list[str]] = defaultdict(list)
    for name, one in space().items():
        if any(fnmatchcase(name, glob) for glob in globs):
            by_operator[one.operator].append(name)
    for names in by_operator.values():
        draw.shuffle(names)
    operators = list(by_operator)
    drawn: list[str] = []
    turn = 0
    while len(drawn) < min(count, sum(map(len, by_operator.values()))):
        draw.shuffle(operators)
        drawn += [by_operator[one][turn] for one in operators if turn < len(by_operator[one])]
        turn += 1
    return tuple(drawn[:count])


def _of_source(site: Site) -> Specification:
    return _mutated((), {site.module: code_of(site)})


def _of_behaviour(wrong: Misbehaviour) -> Specification:
    return _mutated((Replacement(original=RIGHT.modules.step.step, function=wrong),), {})


def _mutated(replacements: tuple[Replacement, ...], codes: Mapping[str, Any]) -> Specification:
    made = specified(replacements, codes={**bounded_codes(), **codes})
    return Mutated(modules=made.modules, choices=made.choices)
