"""Inspection: is a history the whole record of one certifying run, made by the suite that is installed here?

Judging a history reads what is there. This looks for what is not: shards that are missing, or stand in for others, a
record that was cut short, plans of another run. It reads the parts as they lie on disk, a line at a time, with bounds.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.errors import Refused, Rejected
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import Episode, Exchange, Skipped, head_bytes
from taskconform.conformance.records.provenance import suite_digest
from taskconform.strategies.drawing.themes import LEAVES, SHARED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROFILE: Final = "certify"
"""The profile that a certificate is given for."""

LARGEST_PART: Final = 2**29
"""Bytes of records that a part may hold, unpacked."""
LARGEST_LINE: Final = 2**23
"""Bytes that one record may have."""

_TRACE: Final = re.compile(r"trace-[0-9]{3,4}")


class _Piece(msgspec.Struct, forbid_unknown_fields=True):
    """What a merged run says of each of its shards."""

    started: str
    seconds: float
    workers: int
    environment: dict[str, str]


class _Head(msgspec.Struct):
    """Fields of a head that are relied on, with their types. Those that older heads lack are empty."""

    version: str
    profile: str
    seed: int
    plan_digest: str
    started: str
    seconds: float
    calls: int
    target_seconds: float
    workers: int
    parts: list[str]
    command: str
    strict: bool = False
    selected: list[str] | None = None
    canary: str = ""
    suite_digest: str = ""
    environment: dict[str, str] = {}
    merged: list[_Piece] = []


_KNOWN: Final = frozenset({*_Head.__struct_fields__, "schema", "target", "wait", "waited", "waivers"})
"""Everything that a head says."""


class _Episode(msgspec.Struct):
    """Fields of a test case that are looked at; the plan as it was written."""

    part: str
    number: int
    phase: str
    plan: msgspec.Raw
    declaration: msgspec.Raw = msgspec.Raw()


class _Declaration(msgspec.Struct):
    """Fields that every process of a run declares alike."""

    name: str
    about: dict[str, Any]
    capabilities: list[str]
    identity: dict[str, Any] = {}
    exclusive: bool = False


class _Part:
    """Findings on one part."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.plans = hashlib.sha256()
        self.exchanges = 0
        self.episodes = 0
        self.declarations: list[_Declaration] = []


def is_whole(folder: Path, document: dict[str, Any]) -> None:
    """Raises Rejected if the history in this folder is not the whole record of a run with the certifying profile, and
    Refused if another suite than the one installed here made it. `document` is its head."""
    try:
        head = msgspec.convert(document, _Head)
    except msgspec.ValidationError as problem:
        message = f"history/run.json is garbled: {problem}"
        raise Rejected(message) from None
    _of_this_suite(head)
    if head.profile != PROFILE:
        message = f"the history is of a run with profile {head.profile}; a certificate wants {PROFILE}"
        raise Rejected(message, 3)
    if head.selected is not None:
        message = "the run was restricted to some clauses (--clauses); a certificate is about all of them"
        raise Rejected(message, 3)
    shards = [f"shard-{number:02}" for number in range(len(PROFILES[PROFILE].shards))]
    _has_its_parts(folder, head.parts, shards)
    parts = [_looked_through(folder, name) for name in head.parts]
    _of_one_target(parts)
    _as_the_head_says(parts[: len(shards)], head, traces=len(parts) > len(shards))


def _of_this_suite(head: _Head) -> None:
    """Raises Refused where the code that made the run is not the code that is asked about it."""
    for what, made, here in (
        ("version", head.version, version("taskconform")),
        ("code", head.suite_digest, suite_digest()),
    ):
        if not made:
            message = f"the history does not say which {what} of the suite made it: run again with this version"
            raise Refused(message)
        if made != here:
            message = f"another model: the run was made by suite {what} {made}, and installed here is {here}"
            raise Refused(message)


def _has_its_parts(folder: Path, parts: list[str], shards: list[str]) -> None:
    """Raises Rejected if a shard is missing, or something is there that belongs to no run."""
    missing = [name for name in shards if name not in parts]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        message = f"the history lacks {missing[0]}{more}: {PROFILE} has {len(shards)} shards"
        raise Rejected(message)
    if parts[: len(shards)] != shards:
        message = f"the history names its parts in another order, or one of them twice: {', '.join(parts)[:200]}"
        raise Rejected(message)
    traces = parts[len(shards) :]
    strange = [name for name in traces if not _TRACE.fullmatch(name)]
    if strange or len(set(traces)) != len(traces):
        message = f"the history names a part that no run has, or one twice: {', '.join(strange or traces)[:200]}"
        raise Rejected(message)
    wanted = {"run.json", *(f"{name}.jsonl.gz" for name in parts)}
    there = {file.name for file in folder.iterdir()}
    if wanted != there:
        surplus, lacking = sorted(there - wanted), sorted(wanted - there)
        says = f"lacks {lacking[0]}" if lacking else f"holds {surplus[0]}, which its run.json does not know"
        message = f"the history {says}"
        raise Rejected(message)


def _looked_through(folder: Path, name: str) -> _Part:
    """Look through a part. Raises Rejected."""
    found = _Part(name)
    phases = ("explore",) if name.startswith("shard-") else ("confirm", "witness", "frontier")
    decode = msgspec.json.Decoder(_Episode).decode
    try:
        for line in _lines(folder / f"{name}.jsonl.gz", name):
            record = codec.decode(msgspec.json.decode(line))
            if not isinstance(record, Episode | Exchange | Skipped) or msgspec.json.encode(record) != line:
                message = f"{name} holds something that no run has written so: {line[:100].decode(errors='replace')!r}"
                raise Rejected(message)
            found.exchanges += isinstance(record, Exchange)
            if isinstance(record, Episode):
                episode = decode(line)
                if episode.part != name or episode.phase not in phases:
                    message = f"{name} holds episodes of {episode.part}, phase {episode.phase}"
                    raise Rejected(message)
                if episode.number != found.episodes:
                    message = f"{name} lacks its test case {found.episodes}, or has it in another place"
                    raise Rejected(message)
                found.episodes += 1
                found.plans.update(episode.plan)
                if bytes(episode.declaration) not in {b"", b"null"}:
                    found.declarations.append(msgspec.json.decode(episode.declaration, type=_Declaration))
    except (msgspec.DecodeError, UnicodeDecodeError, codec.UnreadableValueError, RecursionError) as problem:
        message = f"{name} holds a record that cannot be read: {problem}"
        raise Rejected(message) from None
    return found


def _lines(path: Path, name: str) -> Iterator[bytes]:
    """The lines of a part, without their ends. Raises Rejected for one that is cut off, that would unpack to more than
    there may be, or where the file holds anything else."""
    total, rest = 0, b""
    for block in _unpacked(path, name):
        total += len(block)
        *lines, rest = (rest + block).split(b"\n")
        if total > LARGEST_PART or max(map(len, (*lines, rest))) > LARGEST_LINE:
            message = f"{name} unpacks to more than a part may hold"
            raise Rejected(message)
        yield from lines
    if rest:
        message = f"{name} is damaged: its last record is cut off"
        raise Rejected(message)


def _unpacked(path: Path, name: str) -> Iterator[bytes]:
    """The content of a part, block by block. Raises Rejected if the file is anything but one member of that name, as
    gzip has it, from its first byte to its last."""
    inflate = zlib.decompressobj(wbits=31)
    with path.open("rb") as file:
        head = file.read(10 + len(name) + len(".jsonl\0"))
        flags, named = head[3:4], head[10:] == f"{name}.jsonl\0".encode()
        if flags not in {b"", b"\0"} and not (flags == b"\x08" and named):
            message = f"{name} is damaged: its head holds more than its name"
            raise Rejected(message)
        file.seek(0)
        try:
            while (packed := file.read(_BLOCK)) or not inflate.eof:
                if inflate.eof or not packed:
                    message = f"{name} is damaged: {'something is behind it' if packed else 'it is cut off'}"
                    raise Rejected(message)
                while packed and not inflate.eof:
                    yield inflate.decompress(packed, _BLOCK)
                    packed = inflate.unconsumed_tail
                if inflate.unused_data:
                    message = f"{name} is damaged: something is behind it"
                    raise Rejected(message)
        except zlib.error as problem:
            message = f"{name} is damaged: {problem}"
            raise Rejected(message) from None


_BLOCK: Final = 2**18
"""Bytes that are unpacked at a time."""


def is_canonical(folder: Path, document: dict[str, Any]) -> None:
    """Raises Rejected where a head is not written as a run writes it, or says more."""
    surplus = sorted(document.keys() - _KNOWN)
    if surplus:
        message = f"history/run.json says something that no run says: {surplus[0][:100]!r}"
        raise Rejected(message)
    if (folder / "run.json").read_bytes() != head_bytes(document):
        message = "history/run.json is written in another way than a run writes it"
        raise Rejected(message)


def _of_one_target(parts: list[_Part]) -> None:
    """Raises Rejected where parts are of different targets."""
    first: _Declaration | None = None
    for part in parts:
        for declared in part.declarations:
            first = first or declared
            if declared != first:
                message = f"{part.name} is of another target: {declared.name}, {declared.identity or declared.about}"
                raise Rejected(message)
    if first is None:
        message = "the history holds no episode"
        raise Rejected(message)


def _as_the_head_says(shards: list[_Part], head: _Head, *, traces: bool) -> None:
    """Raises Rejected where the explorations are not those that the head counts and digests. On a server that others
    use, shards of some themes are planned and not performed, so that their plans are in no record."""
    themes = [shard.theme for shard in PROFILES[PROFILE].shards]
    declared = next(each for part in shards for each in part.declarations)
    spared = not declared.exclusive and any(LEAVES[theme] != SHARED for theme in themes)
    empty = [
        part.name
        for part, theme in zip(shards, themes, strict=True)
        if not part.episodes and (declared.exclusive or LEAVES[theme] == SHARED)
    ]
    if empty:
        message = f"{empty[0]} is empty"
        raise Rejected(message)
    exchanges = sum(part.exchanges for part in shards)
    if exchanges > head.calls or (not traces and exchanges != head.calls):
        message = f"the history holds {exchanges} calls of the exploration, and its run.json says {head.calls}"
        raise Rejected(message)
    plans = "".join(part.plans.hexdigest() for part in shards)
    if not spared and head.plan_digest != "sha256:" + hashlib.sha256(plans.encode()).hexdigest():
        message = "the history is of another run: its plans do not give the plan digest that its run.json names"
        raise Rejected(message)
