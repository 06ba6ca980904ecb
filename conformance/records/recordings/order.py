"""The order in which recorded requests happened, as far as a recording tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from taskconform.conformance.records.recordings.wire import Recorded
    from taskconform.model.vocabulary.outcomes import Fault

READS: Final = frozenset(
    {"RetrieveProperties", "RetrievePropertiesEx",
        "Fetch", "ContinueRetrievePropertiesEx", "WaitForUpdates", "WaitForUpdatesEx",
     "CheckForUpdates", "CurrentTime", "RetrieveServiceContent", "FindExtension", "QueryEvents"}
)  # fmt: skip
"""Methods that change nothing that another request could tell."""


@dataclass(slots=True)
class Entry:
    """One exchange, parsed. `fault` or `response`, or neither: there was no answer that says anything."""

    exchange: Recorded
    request: Element
    name: str
    response: Element | None = None
    fault: Fault | None = None
    why: str = ""
    beside: bool = False


def in_order(exchanges: tuple[Recorded, ...]) -> list[Recorded]:
    """By when they began, where all say so; else as they stand."""
    if any(one.started is None for one in exchanges):
        return list(exchanges)
    return sorted(exchanges, key=lambda one: one.started or 0)


def mark_overlaps(entries: list[Entry]) -> None:
    """Mark the exchanges of which it is not known whether they came before or after one that changed something."""
    under_way: list[Entry] = []
    for entry in entries:
        started = entry.exchange.started
        if started is None or entry.exchange.ended is None:
            continue
        under_way = [one for one in under_way if one.exchange.ended > started]  # type: ignore[operator]  # there is one
        for other in under_way:
            changes = entry.name not in READS, other.name not in READS
            entry.beside = entry.beside or changes[1]
            other.beside = other.beside or changes[0]
        under_way.append(entry)
