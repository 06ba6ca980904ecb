"""Seeded faults: simulators that are right in all but one thing, to see whether the suite names that thing.

    taskconform run taskconform.conformance.faults:open_target --set fault=<id>

The one registry of them: the lists in `mutants/lists/`, which say what is wrong with each and which clauses rightly
name it, and the simulators in the modules of `seeded`.
"""

from __future__ import annotations

import tomllib
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance import seeded
from taskconform.conformance.qualification import mutants
from taskconform.conformance.targets.protocol import Target, TargetMisnamed
from taskconform.conformance.targets.simulated import BuiltinTarget
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.simulator import Simulator

LISTS: Final = ("ten_bugs", "twenty_bugs", "seeded_a", "seeded_b")
"""The frozen lists, in the order in which they were frozen."""


class Bug(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen bug: what is wrong, the sentence of the page that it breaks, the clauses that rightly name it, and those
    that can't but be broken as well. `options` are the target's without which it does not show.
    """

    id: str
    wrong: str
    sentence: str
    clauses: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    options: dict[str, str] = {}


def frozen_bugs(name: str) -> dict[str, Bug]:
    """Read a list of frozen bugs, by id. Raises ValueError for an id that stands twice."""
    text = files(mutants).joinpath("lists", f"{name}.toml").read_text(encoding="utf-8")
    bugs = msgspec.convert(tomllib.loads(text)["bug"], list[Bug])
    found = {bug.id: bug for bug in bugs}
    if len(found) != len(bugs):
        message = f"{name}: an id stands twice"
        raise ValueError(message)
    return found


def _simulators() -> dict[str, type[Simulator]]:
    """Gather the simulators of all modules, by the bugs' ids; an area's module may repeat what its parts have. Raises
    ValueError for an id that stands for two.
    """
    found: dict[str, type[Simulator]] = {}
    for module in iter_modules(seeded.__path__, f"{seeded.__name__}."):
        table: Mapping[str, type[Simulator]] = getattr(import_module(module.name), "FAULTS", {})
        if twice := sorted(fault for fault in found.keys() & table.keys() if found[fault] is not table[fault]):
            message = f"{module.name}: {', '.join(twice)} are something else elsewhere"
            raise ValueError(message)
        found.update(table)
    return found


BUGS: Final[Mapping[str, Bug]] = MappingProxyType(
    {fault: bug for name in LISTS for fault, bug in frozen_bugs(name).items()}
)
"""Every frozen bug by id, in the lists' order."""


def _in_order(simulators: Mapping[str, type[Simulator]]) -> dict[str, type[Simulator]]:
    """Put the simulators in the lists' order. Raises ValueError where lists and simulators disagree."""
    if odd := sorted(simulators.keys() ^ BUGS.keys()):
        message = f"in a list and not built, or built and in no list: {', '.join(odd)}"
        raise ValueError(message)
    return {fault: simulators[fault] for fault in BUGS}


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(_in_order(_simulators()))
"""The simulator of every frozen bug, by the bug's id."""


class FaultyTarget(BuiltinTarget):
    """The built-in target with a seeded fault, and a name that says so."""

    def __init__(self, fault: str, options: Mapping[str, str]) -> None:
        """Start the simulator that has the fault of this id."""
        super().__init__(options, FAULTS[fault])
        self._declaration = evolve(self._declaration, name=f"builtin with {fault}")


def open_target(options: Mapping[str, str]) -> Target:
    """Open the built-in target with the fault that the option `fault` names; the other options are the target's own.
    Raises TargetMisnamed for no fault or an unknown one, and for what the built-in target refuses.
    """
    others = dict(options)
    fault = others.pop("fault", "")
    if fault not in FAULTS:
        told = f"no fault {fault}" if fault else "no fault is given"
        message = f"faults: {told}; known faults (--set fault=<id>): {', '.join(FAULTS)}"
        raise TargetMisnamed(message)
    return FaultyTarget(fault, others)
