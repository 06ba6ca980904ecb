"""The history: every call and outcome of a run, in order, on disk, so that anyone can judge it again.

A history is a folder: `run.json`, the head, says which run it was; `<part>.jsonl.gz` are its parts, one a shard of the
exploration and one for each divergence that was shrunk and confirmed. A part is a sequence of records, one a line:

    {"is": "Episode", …}    a fresh server state; the plan that follows, the phase, the declaration if it is a new one
    {"is": "Exchange", …}   one call and its outcome
    {"is": "Skipped", …}    a step, or a part of it, that this target could not do, and why

Versioned by `HISTORY`: a reader refuses what it does not know.
"""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec

from taskconform.conformance.errors import BrokenOff, HistoryError
from taskconform.conformance.records import codec
from taskconform.model.vocabulary.calls import MAIN, ExtensionKey, Login, RegisterExtension, TypeId
from taskconform.model.vocabulary.declaration import Declaration  # noqa: TC001  # msgspec reads the annotations
from taskconform.model.vocabulary.plan import Plan  # noqa: TC001  # likewise
from taskconform.model.vocabulary.words import Word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taskconform.model.vocabulary.calls import Call, PlannedCall
    from taskconform.model.vocabulary.outcomes import Outcome

HISTORY: Final = "taskconform.history/1"

SETUP: Final = -1
"""Step number of the calls with which every test case begins."""

SETUP_CALLS: Final[tuple[PlannedCall, ...]] = (
    Login(session=MAIN, account="primary"),
    RegisterExtension(
        session=MAIN,
        key=ExtensionKey(which=""),
        version="1.0.0",
        task_ids=(TypeId(which="work"), TypeId(which="rest")),
    ),
)
"""The calls with which every test case begins, as far as the target has them."""


class Episode(Word, frozen=True, kw_only=True):
    """A test case: a plan, performed from a fresh server state. `phase`: `explore`, `confirm` (a re-run of a shrunk
    plan, for the divergence `signature`), `witness` (the occurrence from which it was shrunk), `frontier` (the same
    steps at another size) or `recheck` (the steps of a divergence that a baseline knows). `number` counts within the
    part. `directed`: drawn from scenarios, not call by call. `at_once`: the target was not given its settling time, and
    is judged as if it settled at once."""

    part: str
    number: int
    phase: str
    plan: Plan
    declaration: Declaration | None = None
    signature: str = ""
    directed: bool = False
    at_once: bool = False


class Exchange(Word, frozen=True, kw_only=True):
    """One concrete call of step `step`, and its outcome. `again`: the target was given time, the call was made again
    and this outcome decides nothing. `together`: performed at the same time as its neighbours of this step."""

    step: int
    call: Call
    outcome: Outcome
    again: bool = False
    together: bool = False


class Skipped(Word, frozen=True, kw_only=True):
    """A call that could not be made here."""

    step: int
    why: str


Record = Episode | Exchange | Skipped

for _cls in (Episode, Exchange, Skipped):
    codec.register(_cls)

_ENCODE = msgspec.json.Encoder().encode
_ENCODE_INTO = msgspec.json.Encoder().encode_into
_DECODE = msgspec.json.Decoder().decode

LARGEST_LINE: Final = 2**26
"""Bytes that one record may have."""
_UNREADABLE: Final = (
    OSError,
    EOFError,
    zlib.error,
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
    codec.UnreadableValueError,
)
"""Exceptions that reading a garbled record raises."""

_BLOCK: Final = 64 * 1024
"""Bytes of records that are compressed at a time."""


@contextmanager
def _writing(what: object) -> Iterator[None]:
    """Raise BrokenOff if a file of `what` cannot be written."""
    try:
        yield
    except OSError as problem:
        message = f"cannot write {what}: {problem.strerror or problem}"
        raise BrokenOff(message) from problem


class Part:
    """A part of a history, being written: a context manager, at whose end the part is whole. Records are compressed
    some thousand bytes at a time. All methods raise BrokenOff if the part cannot be written."""

    def __init__(self, folder: Path, name: str) -> None:
        """Start a part of this name; one that is there already is replaced."""
        self.name = name
        self._waiting = bytearray()
        with _writing(folder):
            self._file = gzip.open(folder / f"{name}.jsonl.gz", "wb", compresslevel=1)  # noqa: SIM115  # see close

    def write(self, record: Record) -> None:
        """Append a record."""
        waiting = self._waiting
        _ENCODE_INTO(record, waiting, -1)
        waiting += b"\n"
        if len(waiting) >= _BLOCK:
            self._flush()

    def _flush(self) -> None:
        with _writing(self.name):
            self._file.write(self._waiting)
        self._waiting.clear()

    def close(self) -> None:
        """End the part."""
        self._flush()
        with _writing(self.name):
            self._file.close()

    def __enter__(self) -> Self:
        """Give the part itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the part."""
        self.close()


def clear(folder: Path) -> None:
    """Remove what an earlier run left in a folder: its head first, so that the rest is nobody's history. Raises
    BrokenOff."""
    with _writing(folder):
        for path in (folder / "run.json", *folder.glob("*.jsonl.gz")):
            path.unlink(missing_ok=True)


def write_head(folder: Path, head: dict[str, Any]) -> None:
    """Write what identifies the run: `head` is completed with the version of the history. Raises BrokenOff."""
    with _writing(folder):
        (folder / "run.json").write_bytes(head_bytes({"schema": HISTORY, **head}))


def head_bytes(head: dict[str, Any]) -> bytes:
    """Write a head in its one form."""
    return msgspec.json.format(_ENCODE(head), indent=2) + b"\n"


def read_head(folder: Path) -> dict[str, Any]:
    """The head of a history. Raises HistoryError."""
    path = folder / "run.json"
    try:
        head = _DECODE(path.read_bytes())
    except FileNotFoundError:
        message = f"{folder} is no history: it has no run.json"
        raise HistoryError(message) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        message = f"{path} is not readable: {problem}"
        raise HistoryError(message) from None
    if not isinstance(head, dict) or head.get("schema") != HISTORY:
        message = f"{path} is not a {HISTORY} document"
        raise HistoryError(message)
    parts = head.get("parts", [])
    if not isinstance(parts, list):
        message = f"{path} garbles its parts"
        raise HistoryError(message)
    missing = [name for name in parts if not (folder / f"{name}.jsonl.gz").exists()]
    if missing:
        message = f"{folder} lacks its part {missing[0]}"
        raise HistoryError(message)
    return head


def read_part(folder: Path, name: str) -> Iterator[Record]:
    """The records of a part, in order. Raises HistoryError."""
    path = folder / f"{name}.jsonl.gz"
    number = 0
    try:
        with gzip.open(path, "rb") as file:
            while line := file.readline(LARGEST_LINE + 1):
                if len(line) > LARGEST_LINE:
                    message = f"{path}, line {number + 1}: a record of more than {LARGEST_LINE} bytes"
                    raise HistoryError(message)
                yield _record(_DECODE(line))
                number += 1
    except _UNREADABLE as problem:
        message = f"{path}, line {number + 1}: {problem}"
        raise HistoryError(message) from None


class _Places(msgspec.Struct):
    """What is shown of an exchange beside its call and outcome."""

    step: int
    again: bool = False
    together: bool = False


class _Case(msgspec.Struct):
    """What is shown of a test case, performed, or written into a script."""

    part: str
    number: int
    phase: str
    plan: Plan
    declaration: Declaration | None = None
    signature: str = ""
    directed: bool = False


def _record(value: Any) -> Record:
    """Read a record. A plan and a declaration are of the types that they say: scripts are made of them. Raises
    UnreadableValueError."""
    record = codec.decode(value)
    try:
        if isinstance(record, Exchange):
            msgspec.convert(value, _Places)
        elif isinstance(record, Episode):
            msgspec.convert(value, _Case)
    except msgspec.ValidationError as problem:
        message = f"not a {type(record).__name__}: {problem}"
        raise codec.UnreadableValueError(message) from None
    if not isinstance(record, Record):
        message = f"a {type(record).__name__} is no record"
        raise codec.UnreadableValueError(message)
    return record
