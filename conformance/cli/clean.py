"""Clean: remove what runs left behind on a server, because they were killed, or cut off.

What is ours is known by its name there (`taskconform.conformance.targets.soap.cleaning`). Sessions go first, so that
nothing new is made, then alarms and scheduled tasks, tasks, folders and, at last, extensions.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from taskconform.conformance.errors import TargetMisnamed, TargetUnreachable
from taskconform.conformance.records.private import split
from taskconform.conformance.targets.naming import is_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.soap.cleaning import Cleaning
    from taskconform.conformance.targets.soap.search import Found

_SECONDS: Final = 20.0
"""For how long what is ours is looked for again: a run under way goes on making things until it notices."""
_KINDS: Final = {"Alarm": "alarm", "ScheduledTask": "scheduled task"}


@dataclass(slots=True, kw_only=True)
class Cleaned:
    """Objects that were removed, and those that could not be, a line each."""

    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def clean(name: str, options: Mapping[str, str], run: str | None = None) -> Cleaned:
    """Remove what runs left behind on the server of that URL; with `run`, what this one did. Raises TargetMisnamed,
    TargetUnreachable."""
    from taskconform.conformance.targets.soap.connect import open_broom  # noqa: PLC0415  # pyVmomi is slow to import
    from taskconform.conformance.targets.soap.ledger import EVERY_RUN  # noqa: PLC0415

    if not is_url(name):
        message = (
            f"{name} is started and stopped by each run, or cleans up by itself: clean takes https://user@host/sdk"
        )
        raise TargetMisnamed(message)
    cleaned = Cleaned()
    with open_broom(name, split(options)[1]) as cleaning:
        until, before = time.monotonic() + _SECONDS, None
        while time.monotonic() < until:
            cleaned.left.clear()
            found = _sweep(cleaning, run or EVERY_RUN, cleaned)
            if not found or found == before:
                break
            before = found
        if cleaning.gone:
            message = f"{name} has stopped to answer; something of ours may be left"
            raise TargetUnreachable(message)
    return cleaned


def _sweep(cleaning: Cleaning, name: str, cleaned: Cleaned) -> Found:
    """Look for what is ours, once, and remove it; what was found."""
    sessions = cleaning.find_sessions(name)
    ended = Counter(run for key, run in sessions if cleaning.end_session(key))
    for run, number in ended.items():
        cleaned.removed.append(f"ended {number} session{'s' if number > 1 else ''} of {run}")
    if len(sessions) > ended.total():
        cleaned.left.append(f"{len(sessions) - ended.total()} sessions could not be ended")
    found = cleaning.find_objects(name)
    for ref, called in found.objects:
        kind = _KINDS.get(ref.type, "folder")
        _tell(cleaned, f"removed {kind} {called}", done=cleaning.remove_object(ref))
    for ref, type_id in found.tasks:
        _tell(cleaned, f"ended {ref.value} of type {type_id}", done=cleaning.end_task(ref))
    for key in found.extensions:
        _tell(cleaned, f"removed extension {key}", done=cleaning.remove_extension(key))
    return replace(found, sessions=sessions)


def _tell(cleaned: Cleaned, what: str, *, done: bool) -> None:
    """Note what was done, or was not to be done."""
    if done:
        cleaned.removed.append(what)
    else:
        cleaned.left.append(f"not {what}: the server refused")
