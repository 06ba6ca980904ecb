"""Requirement sets: the clauses that a release of the suite had, frozen, so that one that is added later fails nobody.

`requirements.toml` has a set for each release, and in it the clauses by the API release that brought them. A set is
written when the release is made (`ci/freeze.py`), and never changed.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = "requirements.toml"


@cache
def requirement_sets() -> Mapping[str, frozenset[str]]:
    """Return the clauses of every set, by the release of the suite that it is of."""
    document = tomllib.loads(files("taskconform.model.clauses").joinpath(FILE).read_text(encoding="utf-8"))
    return {name: frozenset(one for ids in by_release.values() for one in ids) for name, by_release in document.items()}
