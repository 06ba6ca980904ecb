"""The registry of mutants: the lists, which say what is wrong with each and which clauses rightly name it, and the
functions in the modules of this package.

    taskconform run taskconform.conformance.qualification.mutants.registry:open_target --set mutant=<id>
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.qualification import mutants
from taskconform.conformance.qualification.mutants.mutant import REPLACEMENTS
from taskconform.conformance.qualification.space import mutants as mutants_of_the_space
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import Replacement, Specification, specified
from taskconform.conformance.targets.protocol import Target, TargetMisnamed
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

FROZEN: Final = ("ten_bugs", "twenty_bugs", "seeded_a", "seeded_b")
"""The lists that were frozen before the suite was run on them, in that order."""
LISTS: Final = (*FROZEN, "since")
"""All lists; those that came with later clauses stand in the last."""


class Bug(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen bug: what is wrong, the sentence of the page that it breaks, the clauses that rightly name it, and those
    that can't but be broken as well. Without `options` of the target it does not show."""

    id: str
    wrong: str
    sentence: str
    clauses: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    options: dict[str, str] = {}


def frozen_bugs(name: str) -> dict[str, Bug]:
    """Read a list of frozen bugs, by id. Raises ValueError for an id that stands twice."""
    text = files(mutants).joinpath("lists", f"{name}.toml").read_text(encoding="utf-8")
    bugs = msgspec.convert(tomllib.loads(text).get("bug", []), list[Bug])
    found = {bug.id: bug for bug in bugs}
    if len(found) != len(bugs):
        message = f"{name}: an id stands twice"
        raise ValueError(message)
    return found


BUGS: Final[Mapping[str, Bug]] = MappingProxyType(
    {mutant: bug for name in LISTS for mutant, bug in frozen_bugs(name).items()}
)
"""Every frozen bug by id, in the lists' order."""

UNPROVED: Final[Mapping[str, str]] = MappingProxyType(
    tomllib.loads(files(mutants).joinpath("lists", "unproved.toml").read_text(encoding="utf-8"))
)
"""Mutants that show in the exploration and are not rejected there: what is lacking, by the mutant's name."""


@cache
def replacements() -> Mapping[str, list[Replacement]]:
    """Load every module of this package, and return what each mutant replaces."""
    for module in iter_modules(mutants.__path__, f"{mutants.__name__}."):
        if module.name != __name__:
            import_module(module.name)
    return REPLACEMENTS


@cache
def mutant_names() -> tuple[str, ...]:
    """Return the names of all mutants in the lists' order. Raises ValueError where lists and modules disagree."""
    if odd := sorted(replacements().keys() ^ BUGS.keys()):
        message = f"in a list and not built, or built and in no list: {', '.join(odd)}"
        raise ValueError(message)
    return tuple(BUGS)


def specification_of(name: str) -> Specification:
    """Return the specification with the bug of this name, or of this place in the fault space. Raises KeyError if no
    mutant has it."""
    return specified(replacements()[name]) if name in BUGS else mutants_of_the_space.specification_of(name)


class MutantTarget(BuiltinTarget):
    """The built-in target with one bug, and a name that says so."""

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        """Start the server that has the bug of this name."""
        super().__init__(options, specification_of(name))
        self._declaration = evolve(self._declaration, name=f"builtin with {name}", identity={"mutant": name})


def open_target(options: Mapping[str, str]) -> Target:
    """Open the built-in target with the bug that the option `mutant` names, one of the lists or of the fault space; the
    other options are the target's own. Raises TargetMisnamed for no mutant or an unknown one, and for what the built-in
    target refuses."""
    others = dict(options)
    name = others.pop("mutant", "")
    if name not in mutant_names() and name not in mutants_of_the_space.space():
        told = f"no mutant {name}" if name else "no mutant is given"
        message = f"mutants: {told}; known mutants (--set mutant=<id>): {', '.join(mutant_names())}"
        raise TargetMisnamed(message)
    return MutantTarget(name, others)
