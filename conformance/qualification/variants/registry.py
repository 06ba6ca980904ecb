"""The registry of conforming variants: every module of this package, and a variant for every choice."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from taskconform.conformance.qualification import variants
from taskconform.conformance.qualification.variants.variant import VARIANTS, declare_choices, opened

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.qualification.variants.variant import Variant, VariantTarget


@cache
def all_variants() -> dict[str, Variant]:
    """Load every module of this package, and return all variants by name."""
    for module in iter_modules(variants.__path__, f"{variants.__name__}."):
        if module.name != __name__:
            import_module(module.name)
    declare_choices()
    return VARIANTS


def together(names: Iterable[str]) -> VariantTarget:
    """Open a server that is like all of these variants at once. Raises KeyError for a name that is none's."""
    return opened([all_variants()[name] for name in names])
