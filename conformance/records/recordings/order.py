"""The order in which recorded requests happened, as far as a recording tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.records.recordings.wire import Recorded
    from taskconform.model.vocabulary.outcomes import Fault

READS: Final = frozenset(
    {"RetrieveProperties", "RetrievePropertiesEx", "Fetch", "ContinueRetrievePropertiesEx", "WaitForUpdates",
     "WaitForUpdatesEx", "CheckForUpdates", "CurrentTime", "RetrieveServiceContent", "FindExtension", "QueryEvents",
     "ReadNextEvents", "ReadPreviousEvents"}
)  # fmt: skip
"""Methods that change nothing that another request could tell."""
STILL: Final = frozenset({"CurrentTime", "RetrieveServiceContent"})
"""Methods whose answers say nothing of a task."""
_MILLISECOND: Final = 1_000


def is_timed(exchanges: Sequence[Recorded]) -> bool:
    """Tell whether it is known of all exchanges when they began and ended."""
    return all(one.started is not None and one.ended is not None for one in exchanges)


def servers_of(exchanges: Sequence[Recorded]) -> list[tuple[Recorded, ...]]:
    """Return the exchanges with each server, by the host in their URL, in the order in which the servers appear."""
    found: dict[str, list[Recorded]] = {}
    for one in exchanges:
        found.setdefault(urlsplit(one.url).netloc.lower(), []).append(one)
    return [tuple(each) for each in found.values()]


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
    """By when they began, where all say so; else as they stand. Archives that were merged may hold one exchange twice:
    what is the same, times and all, counts once."""
    if any(one.started is None for one in exchanges):
        return list(exchanges)
    once = {(one.started, one.ended, one.request, one.answer): one for one in exchanges}
    return sorted(once.values(), key=lambda one: one.started or 0)


def mark_overlaps(entries: list[Entry]) -> None:
    """Mark the exchanges of which it is not known whether they came before or after one that changed something."""
    starts = [one.exchange.started for one in entries if one.exchange.started is not None]
    coarse = _MILLISECOND if all(one % _MILLISECOND == 0 for one in starts) else 0  # times cut to milliseconds
    under_way: list[Entry] = []
    for entry in entries:
        started = entry.exchange.started
        if started is None or entry.exchange.ended is None:
            continue
        under_way = [one for one in under_way if one.exchange.ended + coarse > started]  # type: ignore[operator]
        for other in under_way:
            changes = entry.name not in READS, other.name not in READS
            entry.beside = entry.beside or changes[1]
            # of two reads the earlier request may have been answered later; a change between them may be missing
            other.beside = other.beside or changes[0] or not (entry.name in STILL or other.name in STILL)
        under_way.append(entry)
