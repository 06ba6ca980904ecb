"""Offline judgement: a recorded history judged again, from the record alone."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from taskconform.conformance.engine.profile import KNOWN
from taskconform.conformance.errors import HistoryError
from taskconform.conformance.records.history import Episode, read_head, read_part
from taskconform.conformance.verdicts.baseline import Held
from taskconform.conformance.verdicts.compose import finished
from taskconform.conformance.verdicts.judgement import Tally, judge_records
from taskconform.conformance.verdicts.waivers import Waivers, flaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from taskconform.conformance.progress import Progress
    from taskconform.conformance.records.history import Record
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.model.vocabulary.declaration import Declaration

T = TypeVar("T")

_IN_A_HEAD: Final = (
    "version",
    "target",
    "command",
    "profile",
    "seed",
    "plan_digest",
    "started",
    "seconds",
    "calls",
    "target_seconds",
    "workers",
    "parts",
)
"""Fields that the head of every history has."""


def _as_recorded(_part: str, records: Iterable[Record]) -> Tally:
    """Judge the records of a part as they stand."""
    return judge_records(records)


def judge(
    folder: Path,
    progress: Progress,
    waivers: Waivers | None = None,
    judged: Callable[[str, Iterable[Record]], Tally] = _as_recorded,
    *,
    baseline: Held | None = None,
) -> Finished:
    """Judge a recorded history again, offline; held against these waivers and this baseline, or, where none are given,
    against those that the run was held against, on the day of the run. `judged` gives the tally of a part, by its name
    and its records. Raises HistoryError, and what `judged` raises."""
    head = _head(folder)
    tally = Tally()
    declaration: Declaration | None = None
    for number, part in enumerate(head["parts"]):
        records = read_records(folder, part)
        first = list(islice(records, 1))
        if declaration is None and first and isinstance(first[0], Episode):
            declaration = first[0].declaration
        tally.add(judged(part, chain(first, records)))
        progress("judging", number + 1, len(head["parts"]))
    if declaration is None:
        message = f"{folder} holds no test case"
        raise HistoryError(message)
    if declaration.recorded:
        tally.take_as_shown()
    return finished(
        tally,
        declaration,
        head,
        waivers if waivers is not None else read_waivers(folder, head),
        baseline if baseline is not None else read_held(folder, head, "baseline", Held),
    )


def _head(folder: Path) -> dict[str, Any]:
    """Read the head of a history, with all that a run writes there. Raises HistoryError."""
    try:
        head = read_head(folder)
    except OSError as problem:
        message = f"{folder} cannot be read: {problem.strerror}"
        raise HistoryError(message) from None
    missing = [name for name in _IN_A_HEAD if name not in head]
    if missing or not isinstance(head["parts"], list) or head["profile"] not in KNOWN:
        message = f"{folder / 'run.json'} lacks or garbles {', '.join(missing) or 'parts or profile'}"
        raise HistoryError(message)
    if "shard" in head:
        shard = head["shard"]
        message = f"{folder} is shard {shard['index']}/{shard['of']} of a run: taskconform merge puts them together"
        raise HistoryError(message)
    return head


def read_waivers(folder: Path, head: dict[str, Any]) -> Waivers | None:
    """Read the waivers that the run was held against, if it was. Raises HistoryError."""
    found = read_held(folder, head, "waivers", Waivers)
    says = flaw(found) if found is not None else ""
    if says:
        message = f"{folder / 'run.json'} garbles its waivers: {says}"
        raise HistoryError(message)
    return found


def read_held(folder: Path, head: dict[str, Any], name: str, kind: type[T]) -> T | None:
    """Read what the run was held against, if it was. Raises HistoryError."""
    if head.get(name) is None:
        return None
    try:
        return msgspec.convert(head[name], kind)
    except msgspec.ValidationError as problem:
        message = f"{folder / 'run.json'} garbles its {name}: {problem}"
        raise HistoryError(message) from None


def read_records(folder: Path, part: str) -> Iterator[Record]:
    """Read the records of a part, one by one. Raises HistoryError, whatever a garbled file does to its reader."""
    begun = False
    try:
        for record in read_part(folder, part):
            _check_beginning(record, folder, part, begun=begun)
            begun = True
            yield record
    except HistoryError:
        raise
    except Exception as problem:
        message = f"{folder}: its part {part} is not readable: {type(problem).__name__}: {problem}"
        raise HistoryError(message) from problem


def _check_beginning(record: Record, folder: Path, part: str, *, begun: bool) -> None:
    """Raise HistoryError if a part does not begin with a test case that declares its target."""
    if not begun and not (isinstance(record, Episode) and record.declaration is not None):
        message = f"{folder}: its part {part} does not begin with a test case"
        raise HistoryError(message)
