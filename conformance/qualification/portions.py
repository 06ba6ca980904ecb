"""Portions of a qualification: the runs that one machine makes of it, and all of them put together again.

results.jsonl   the rows of the portion, as of a whole qualification
shard.json      what was asked for, and which portion this is; written when all its runs are made
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.errors import Refused
from taskconform.conformance.qualification.rows import Ledger
from taskconform.conformance.qualification.session import Request, SampleRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from taskconform.conformance.engine.portion import Portion

SCHEMA: Final = "taskconform.qualification-shard/1"
NAME: Final = "shard.json"
RESULTS: Final = "results.jsonl"
ASKED: Final = {"globs": "globs", "profile": "profile", "seeds": "--seeds", "full": "--full", "coverage": "--coverage"}
SAMPLED: Final = {"globs": "globs", "profile": "profile", "count": "--sample", "seed": "--seed"}
"""Fields in which all portions agree, and what they are called on the command line."""


class Shard(msgspec.Struct, frozen=True, kw_only=True):
    """A portion whose runs are made: `index` of `of`, counted from 1, of a request, or of that for a sample."""

    schema: str
    fingerprint: str
    index: int
    of: int
    whole: Request | None = None
    sample: SampleRequest | None = None

    @property
    def request(self) -> Request | SampleRequest:
        """What was asked for."""
        return self.whole or self.sample or Request()


def write_shard(folder: Path, request: Request | SampleRequest, portion: Portion, fingerprint: str) -> None:
    """Say in the folder that all runs of this portion are made."""
    alone = replace(request, workers=1)
    shard = Shard(
        schema=SCHEMA,
        fingerprint=fingerprint,
        index=portion.index,
        of=portion.of,
        whole=alone if isinstance(alone, Request) else None,
        sample=alone if isinstance(alone, SampleRequest) else None,
    )
    (folder / NAME).write_bytes(msgspec.json.encode(shard) + b"\n")


def is_shard(folder: Path) -> bool:
    """Tell whether a folder has a portion of a qualification."""
    return (folder / NAME).is_file()


def gather(folders: Sequence[Path], ledger: Ledger) -> Request | SampleRequest:
    """Put the rows of all portions into a ledger, and return what was asked for. Raises Refused for what is not one
    qualification, whole, of this code."""
    read = sorted(((_read(folder), folder) for folder in folders), key=lambda one: one[0].index)
    check_alike(read, ledger.fingerprint)
    for _, folder in read:
        with Ledger(folder / RESULTS) as rows:
            ledger.add(row for key, row in rows.rows.items() if key not in ledger.rows)
    return read[0][0].request


def _read(folder: Path) -> Shard:
    """Read what a folder is a portion of. Raises Refused."""
    try:
        shard = msgspec.json.decode((folder / NAME).read_bytes(), type=Shard)
    except OSError:
        message = f"{folder} is no shard of a qualification, or one whose runs are not all made"
        raise Refused(message) from None
    except msgspec.MsgspecError as problem:
        message = f"{folder / NAME} is garbled: {problem}"
        raise Refused(message) from None
    if shard.schema != SCHEMA or (shard.whole is None) == (shard.sample is None):
        message = f"{folder / NAME} is no {SCHEMA} document"
        raise Refused(message)
    return shard


def check_alike(read: Sequence[tuple[Shard, Path]], fingerprint: str) -> None:
    """Check that these are all the portions of one qualification, each once. Raises Refused, which names those that are
    not."""
    first, folder = read[0]
    for shard, other in read:
        if shard.fingerprint != fingerprint:
            message = f"{other} holds results of other code"
            raise Refused(message)
        for what, here, there in (
            ("the number of shards", first.of, shard.of),
            ("the kind", type(first.request).__name__, type(shard.request).__name__),
            *(
                (words, getattr(first.request, name), getattr(shard.request, name, None))
                for name, words in (ASKED if first.whole is not None else SAMPLED).items()
            ),
        ):
            if here != there:
                message = f"not of one qualification: {what} is {here!r} in {folder}, {there!r} in {other}"
                raise Refused(message)
    for (before, one), (after, other) in pairwise(read):
        if before.index == after.index:
            message = f"shard {after.index}/{after.of} stands twice: {one} and {other}"
            raise Refused(message)
    missing = sorted(set(range(1, first.of + 1)) - {shard.index for shard, _ in read})
    if missing:
        message = (
            f"{', '.join(f'{index}/{first.of}' for index in missing)} missing: a qualification has all of its shards"
        )
        raise Refused(message)
