"""The file of a recording: each record is one write to its end, so that a killed recorder leaves whole lines."""

from __future__ import annotations

import os
import re
import sys
import time
import zlib
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, Self

from taskconform.conformance.errors import Refused
from taskconform.conformance.recorder.redaction import Asked, Redaction, Unredactable
from taskconform.conformance.records.recordings.lines import FORM, Answer, End, Head, Request, encode

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.records.private import Names

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a body that is written at all, before and after decompression."""
NO_SOAP: Final = "requests not written: no SOAP for the API, and no reading"
_ACTION: Final = re.compile(r'"?(urn:\w+(?:/[\w.]+)?)"?\Z')
_WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request or an answer as it passed: the body as it was sent, None for one that was too large to be kept; its
    Content-Encoding; the Cookie or Set-Cookie header; the SOAPAction."""

    body: bytes | None
    encoding: str = ""
    cookie: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A request that was written: its number, and what its answer is read by; None where no body is written."""

    number: int
    asked: Asked | None


class Tape:
    """One recording, while it is written. `calls` counts the requests written, `passed` what went through unwritten.
    `broken` says why nothing is written any more, "" while it is."""

    def __init__(self, path: Path, names: Names, *, hashed: bool = False) -> None:
        """Begin a new file. Raises Refused where it is there already, or cannot be made."""
        self.redaction = Redaction(names, hashed=hashed)
        self._path = path
        self._open: set[int] = set()
        self.calls = 0
        self.broken = ""
        self.passed: Counter[str] = Counter()
        self._clock = time.time_ns() - time.perf_counter_ns()
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            message = f"{path} is there already: a recording is not added to, nor written over"
            raise Refused(message) from None
        except OSError as problem:
            message = f"cannot write to {path}: {problem.strerror}"
            raise Refused(message) from None
        self._write(Head(form=FORM, version=version("taskconform"), begun=self.now(), hashed=hashed))

    def __enter__(self) -> Self:
        """Give the tape."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the recording; one that could not begin leaves no file."""
        self._write(End(at=self.now(), passed=dict(self.passed)))
        os.close(self._file)
        if kind is not None and not self.calls:
            self._path.unlink()

    def now(self) -> int:
        """Microseconds since 1970, by a clock that never goes back while the recorder runs."""
        return (self._clock + time.perf_counter_ns()) // 1000

    def request(self, connection: int, at: int, message: Message) -> Taken:
        """Write a request that went out at this time, redacted."""
        text, left_out = "", ""
        asked: Asked | None = None
        try:
            text, asked = self.redaction.request(_unpacked(message))
        except Unredactable as problem:
            left_out = f"requests not written: {problem}"
        action = _ACTION.match(message.action)
        self.calls += 1
        self._open.add(self.calls)
        self._write(
            Request(
                n=self.calls,
                at=at,
                connection=connection,
                cookie=self.redaction.cookie(message.cookie),
                action="" if action is None else action[1],
                body=text,
                left_out=left_out,
            )
        )
        return Taken(number=self.calls, asked=asked)

    def other(self, connection: int, at: int) -> Taken:
        """Write that a request went out at this time which may change something, and nothing of it."""
        self.calls += 1
        self._open.add(self.calls)
        self._write(Request(n=self.calls, at=at, connection=connection, left_out=NO_SOAP))
        return Taken(number=self.calls, asked=None)

    def answer(self, taken: Taken, at: int, status: int, message: Message) -> None:
        """Write the answer whose last byte came at this time, redacted."""
        text, lost = "", ""
        if taken.asked is not None:
            try:
                text = self.redaction.answer(_unpacked(message), taken.asked)
            except Unredactable as problem:
                lost = f"the answer is not written: {problem}"
        cookie = self.redaction.cookie(message.cookie)
        self._open.discard(taken.number)
        self._write(Answer(n=taken.number, at=at, status=status, cookie=cookie, body=text, lost=lost))

    def lost(self, taken: Taken, at: int, why: str) -> None:
        """Write that there is no answer, unless there is: a client may go away as soon as it has it."""
        if taken.number in self._open:
            self._open.discard(taken.number)
            self._write(Answer(n=taken.number, at=at, lost=why))

    def _write(self, record: Head | Request | Answer | End) -> None:
        """Add a line. Where the disk takes it no more, `broken` says why, and nothing is written from then on: what is
        there still reads as the recording of a recorder that was killed."""
        if self.broken:
            return
        line = encode(record)
        try:
            whole = os.write(self._file, line) == len(line)
        except OSError as problem:
            self.broken = str(problem.strerror)
        else:
            self.broken = "" if whole else "the disk took a part of a line"
        if self.broken:
            sys.stderr.write(f"taskconform record: nothing is written any more: {self.broken}\n")


def _unpacked(message: Message) -> bytes:
    """Return a body as it was before its compression. Raises Unredactable."""
    if message.body is None:
        refusal = f"larger than {LARGEST // 1024 // 1024} MiB"
        raise Unredactable(refusal)
    encoding = message.encoding.strip().lower()
    if encoding in ("", "identity"):
        return message.body
    bits = _WINDOW_BITS.get(encoding)
    if bits is None:
        refusal = "in an encoding that is not known here"
        raise Unredactable(refusal)
    try:
        unpacker = zlib.decompressobj(bits)
        whole = unpacker.decompress(message.body, LARGEST)
    except zlib.error as problem:
        refusal = "its compression is damaged"
        raise Unredactable(refusal) from problem
    if unpacker.unconsumed_tail:
        refusal = f"larger than {LARGEST // 1024 // 1024} MiB"
        raise Unredactable(refusal)
    return whole
