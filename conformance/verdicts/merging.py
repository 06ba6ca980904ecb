"""Merging: the shards of a run put together, to the history and report that one run would have made.

A shard shrinks what it has found itself. Of each divergence the shortest occurrence of all is the shortest of its own
shard, so the trace that one run would have made is there; the others' are left out.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.errors import Refused
from taskconform.conformance.records.history import Episode, Part, clear, read_head, write_head
from taskconform.conformance.verdicts.choosing import some_of_each_clause
from taskconform.conformance.verdicts.compose import finished, target_section
from taskconform.conformance.verdicts.judgement import Tally, judge_records
from taskconform.conformance.verdicts.offline import read_records, read_waivers
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from taskconform.conformance.progress import Progress
    from taskconform.conformance.records.history import Record
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.conformance.verdicts.waivers import Waivers
    from taskconform.model.vocabulary.declaration import Declaration

ALIKE: Final = ("version", "suite_digest", "profile", "seed", "strict", "selected", "wait", "waivers", "requirements")
"""Fields of the head in which all shards of a run agree."""
EXPLORED, TRACE, WAITED = "shard-", "trace-", "waited-"
"""Beginnings of the names of parts: shards of the profile, shrunk divergences, and those that a wait has shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The history of one shard of a run, the `index`-th of `of`. `counts` has by part what it came to: the digest of
    its plans, calls, and the target's seconds."""

    folder: Path
    head: dict[str, Any]
    index: int
    of: int
    command: str
    counts: dict[str, dict[str, Any]]
    waited: frozenset[str]

    def records(self, name: str) -> list[Record]:
        """Read a part. Raises HistoryError."""
        return list(read_records(self.folder, name))

    @property
    def declaration(self) -> Declaration:
        """The target's declaration. Raises Refused if there is no test case."""
        for name in self.head["parts"]:
            for record in self.records(name)[:1]:
                if isinstance(record, Episode) and record.declaration is not None:
                    return record.declaration
        message = f"{self.folder} holds no test case"
        raise Refused(message)

    def trace_of(self, signature: str) -> tuple[str, list[Record]]:
        """Return the part in which a divergence was run again, by name, and its records. Raises Refused."""
        for name in self.head["parts"]:
            if name.startswith(TRACE):
                records = self.records(name)
                first = records[0] if records else None
                if isinstance(first, Episode) and first.signature == signature:
                    return name, records
        message = f"{self.folder} has not run {signature} again"
        raise Refused(message)


@dataclass(slots=True)
class Merged:
    """A history that is put together: the names of its parts, what each came to, and the tally of all."""

    folder: Path
    parts: list[str] = field(default_factory=list)
    counts: list[dict[str, Any]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    def copy(self, piece: Piece, name: str) -> None:
        """Take a part over as it is."""
        shutil.copyfile(piece.folder / f"{name}.jsonl.gz", self.folder / f"{name}.jsonl.gz")
        self._count(piece, name, name, piece.records(name))

    def rename(self, piece: Piece, name: str, records: Sequence[Record], new: str) -> None:
        """Take a part over under another name."""
        renamed = [evolve(one, part=new) if isinstance(one, Episode) else one for one in records]
        with Part(self.folder, new) as part:
            for record in renamed:
                part.write(record)
        self._count(piece, name, new, renamed)

    def _count(self, piece: Piece, name: str, new: str, records: Iterable[Record]) -> None:
        self.parts.append(new)
        self.counts.append(piece.counts[name])
        self.tally.add(judge_records(records))


def merge(
    folders: Sequence[Path],
    history: Path,
    progress: Progress,
    waivers: Waivers | None = None,
    known: frozenset[str] = frozenset(),
) -> Finished:
    """Put the shards of a run together in the folder `history`, and judge it; held against these waivers, or, if none
    are given, against those of the run. Divergences that were `known` were not run again. Raises Refused, HistoryError,
    BrokenOff."""
    pieces = sorted(map(read_piece, folders), key=lambda one: one.index)
    check_alike(pieces)
    clear(history)
    merged, explored = Merged(history), _explored(pieces)
    for done, (name, piece) in enumerate(explored.items(), 1):
        merged.copy(piece, name)
        progress("judging", done, len(explored))
    for number, occurrence in enumerate(some_of_each_clause(merged.tally)):
        if occurrence.broken.signature in known:
            continue
        piece = explored[occurrence.part]
        name, records = piece.trace_of(occurrence.broken.signature)
        merged.rename(piece, name, records, f"{TRACE}{number:03}")
    for piece in pieces:
        for name in (each for each in piece.head["parts"] if each.startswith(WAITED)):
            merged.copy(piece, name)
    head = _head(pieces, merged)
    write_head(history, head)
    held = waivers if waivers is not None else read_waivers(history, head)
    return finished(merged.tally, pieces[0].declaration, head, held)


# --- what is put together ---------------------------------------------------------------------------------------------


def read_piece(folder: Path) -> Piece:
    """Read the history of a shard, in the folder that its run wrote. Raises Refused, HistoryError."""
    history = folder / "history" if (folder / "history" / "run.json").exists() else folder
    head = read_head(history)
    shard = head.get("shard")
    if not isinstance(shard, dict):
        message = f"{folder} is no shard of a run: a whole run has nothing to be merged with"
        raise Refused(message)
    try:
        return Piece(
            folder=history,
            head=head,
            index=shard["index"],
            of=shard["of"],
            command=shard["command"],
            counts={name: shard["counts"][name] for name in head["parts"]},
            waited=frozenset(shard["waited"]),
        )
    except (KeyError, TypeError) as problem:
        message = f"{history / 'run.json'} garbles its shard: {problem}"
        raise Refused(message) from None


def check_alike(pieces: Sequence[Piece]) -> None:
    """Check that these are all the shards of one run, each once. Raises Refused, which names those that are not."""
    first = pieces[0]
    target = target_section(first.declaration)
    for one in pieces[1:]:
        other = target_section(one.declaration)
        for what, here, there in (
            ("the number of shards", first.of, one.of),
            *((key, first.head.get(key), one.head.get(key)) for key in ALIKE),
            *((f"the target's {key}", getattr(target, key), getattr(other, key)) for key in target.__struct_fields__),
        ):
            if here != there:
                message = f"not of one run: {what} is {_short(here)} in {first.folder}, {_short(there)} in {one.folder}"
                raise Refused(message)
    for before, after in pairwise(pieces):
        if before.index == after.index:
            message = f"shard {after.index}/{after.of} stands twice: {before.folder} and {after.folder}"
            raise Refused(message)
    missing = sorted(set(range(1, first.of + 1)) - {one.index for one in pieces})
    if missing:
        message = f"{', '.join(f'{index}/{first.of}' for index in missing)} missing: a run has all of its shards"
        raise Refused(message)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."  # as much as a line takes


def _explored(pieces: Iterable[Piece]) -> dict[str, Piece]:
    """Return by part whose shard of the profile it is, in the order in which a run writes them: those that waited come
    last."""
    found = {name: piece for piece in pieces for name in piece.head["parts"] if name.startswith(EXPLORED)}
    return {name: found[name] for name in sorted(found, key=lambda name: (name in found[name].waited, name))}


def _head(pieces: Sequence[Piece], merged: Merged) -> dict[str, Any]:
    """Return the head of the whole run. Its time is that of the shard that took longest."""
    first = pieces[0].head
    digests = "".join(one["digest"] for one in merged.counts)
    whole = {
        **first,
        "command": pieces[0].command,
        "plan_digest": f"sha256:{hashlib.sha256(digests.encode()).hexdigest()}",
        "started": min(one.head["started"] for one in pieces),
        "seconds": max(one.head["seconds"] for one in pieces),
        "calls": sum(one["calls"] for one in merged.counts),
        "target_seconds": round(sum(one["target_seconds"] for one in merged.counts), 1),
        "workers": max(one.head["workers"] for one in pieces),
        "waited": any(one.head["waited"] for one in pieces),
        "parts": merged.parts,
        "canary": next((one.head["canary"] for one in pieces if one.head["canary"]), ""),
        "merged": [{key: one.head[key] for key in ("started", "seconds", "workers", "environment")} for one in pieces],
    }
    del whole["shard"], whole["schema"]
    return whole
