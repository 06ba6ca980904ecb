"""The registry of held-out faults: what is wrong with each, which clauses rightly name it, and what it replaces."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib import import_module
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.qualification import heldout
from taskconform.conformance.qualification.mutants.mutant import REPLACEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.builtin.specification import Replacement

DIGESTS: Final[Mapping[str, str]] = MappingProxyType(
    tomllib.loads(files(heldout).joinpath("digests.toml").read_text(encoding="utf-8"))
)
"""The lists, in the order in which they were frozen: SHA-256 of the module and of the list, one after the other."""


class HeldOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A held-out fault: what is wrong, the page and member that say otherwise, the clauses that rightly name it, how it
    shows."""

    name: str
    what: str
    page: str
    member: str
    clauses: tuple[str, ...]
    shows: str


def digest_of(name: str) -> str:
    """Return the digest of a list as it is now."""
    digest = hashlib.sha256()
    for suffix in ("py", "toml"):
        digest.update(files(heldout).joinpath(f"{name}.{suffix}").read_bytes())
    return digest.hexdigest()


@cache
def held_out(name: str) -> Mapping[str, HeldOut]:
    """Read a list of held-out faults, by name."""
    text = files(heldout).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    faults = msgspec.convert(tomllib.loads(text)["fault"], list[HeldOut])
    return MappingProxyType({one.name: one for one in faults})


@cache
def replacements(name: str) -> Mapping[str, tuple[Replacement, ...]]:
    """Load a list's module, and return what each of its faults replaces. They are in nobody else's registry."""
    before = {mutant: len(replaced) for mutant, replaced in REPLACEMENTS.items()}
    import_module(f"{heldout.__name__}.{name}")
    found = {}
    for mutant in list(REPLACEMENTS):
        count = before.get(mutant, 0)
        if new := tuple(REPLACEMENTS[mutant][count:]):
            found[mutant] = new
            del REPLACEMENTS[mutant][count:]
            if not count:
                del REPLACEMENTS[mutant]
    return MappingProxyType({fault: found[fault] for fault in (*held_out(name), *found) if fault in found})
