"""The evidence: public recordings of real servers and statements about them, in `evidence.toml`.

The law of this file: where the reference is silent or unclear, a clause, an interpretation or a line of code names the
item that it rests on (`EV 2.22`, `EV N13`), and the item says where anyone can look it up.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Confidence = Literal["H", "M-H", "M", "L-M", "L", "none"]
"""High, medium, low; none for conclusions of ours and for conflicts that are not resolved."""

CHAPTERS: Final = MappingProxyType(
    {
        "1": "Recorded traffic from real servers",
        "2": "Statements about real servers",
        "3": "Conclusions: what a sound oracle leaves open",
        "N": "Permissions, sessions, versions, and later finds",
    }
)
"""Titles by the first character of the ids, in the order of the file."""

_ID: Final = r"(?:\d\.\d+|N\d+)"
_CITATION: Final = re.compile(rf"\bEV ({_ID}(?:,\s+{_ID})*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A fact about real servers, in our words, with its public source.

    `confidence` says how far to trust the fact. `unused` says why nothing cites the item; empty: something has to.
    """

    id: str
    fact: str
    source: str
    confidence: Confidence
    unused: str = ""


def _load() -> Mapping[str, Item]:
    """Read the items that ship with the package, in the file's order. Raises ValueError for an id that stands twice."""
    text = files("taskconform.model.clauses").joinpath("evidence.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)["item"]
    items = {row["id"]: Item(**row) for row in rows}
    if len(items) != len(rows):
        message = "evidence.toml: an id stands twice"
        raise ValueError(message)
    return MappingProxyType(items)


EVIDENCE: Final = _load()
"""Every item by its id."""


def cited(text: str) -> list[str]:
    """Return the ids that a text cites, in its order: `EV 1.2, 1.3` cites two."""
    return [one for found in _CITATION.findall(text) for one in re.split(r",\s+", found)]
