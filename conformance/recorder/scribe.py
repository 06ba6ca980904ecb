"""The scribe: a process that redacts what passed the recorder, and writes it to the file.

The recorder passes on what it is given and tells the scribe afterwards, through a pipe: so no client waits for the
redaction of what another one was answered. Each record is one write to the file's end. The scribe ends with the pipe:
where the recorder is killed, what it had told is still written, in whole lines.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import zlib
from importlib.metadata import version
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from taskconform.conformance.recorder.redaction import Asked, Redaction, Unredactable
from taskconform.conformance.records.private import Names
from taskconform.conformance.records.recordings.lines import FORM, Answer, End, Head, Request, encode

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a body that is written at all, before and after decompression."""
NO_SOAP: Final = "requests not written: no SOAP for the API, and no reading"
LENGTH_BYTES: Final = 4
"""Bytes of the length before each word in the pipe, the most significant first."""
_ACTION: Final = re.compile(r'"?(urn:\w+(?:/[\w.]+)?)"?\Z')
_WINDOW_BITS: Final = {"gzip": 31, "deflate": 15}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A request or an answer as it passed: the body as it was sent, None for one that was too large to be kept; its
    Content-Encoding; the Cookie or Set-Cookie header; the SOAPAction."""

    body: bytes | None
    encoding: str = ""
    cookie: str = ""
    action: str = ""


class Begun(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """A recording begins: the first word. `private` are the names that get pseudonyms."""

    at: int
    private: tuple[str, ...]
    hashed: bool


class Sent(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Request `n` went out. Without a message it is not written what it was."""

    n: int
    at: int
    connection: int
    message: Message | None


class Came(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The last byte of the answer to request `n` came."""

    n: int
    at: int
    status: int
    message: Message


class Missed(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Request `n` gets no answer."""

    n: int
    at: int
    why: str


class Ended(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """The recorder was stopped: the last word. `passed` counts what went through unwritten."""

    at: int
    passed: dict[str, int]


Word = Begun | Sent | Came | Missed | Ended
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Word)


def packed(word: Word) -> bytes:
    """Return a word as it goes through the pipe."""
    encoded = _encoder.encode(word)
    return len(encoded).to_bytes(LENGTH_BYTES) + encoded


def unpacked(pipe: BinaryIO) -> Iterator[Word]:
    """Yield the words that come through a pipe, until it ends; one that was cut off is none."""
    while len(length := pipe.read(LENGTH_BYTES)) == LENGTH_BYTES:
        encoded = pipe.read(int.from_bytes(length))
        if len(encoded) < int.from_bytes(length):
            return
        yield _decoder.decode(encoded)


class Scribe:
    """The writer of one recording. `broken` says why nothing is written any more, "" while it is."""

    def __init__(self, file: int) -> None:
        """Take an open file; nothing is redacted yet."""
        self._file = file
        self._redaction = Redaction(Names(()))
        self._asked: dict[int, Asked | None] = {}
        self.broken = ""

    def take(self, word: Word) -> None:
        """Write a word down, redacted."""
        if isinstance(word, Begun):
            self._redaction = Redaction(Names(word.private), hashed=word.hashed)
            self._write(Head(form=FORM, version=version("taskconform"), begun=word.at, hashed=word.hashed))
        elif isinstance(word, Sent):
            self._write(self._request(word))
        elif isinstance(word, Came):
            self._write(self._answer(word))
        elif isinstance(word, Missed):
            self._asked.pop(word.n, None)
            self._write(Answer(n=word.n, at=word.at, lost=word.why))
        else:
            self._write(End(at=word.at, passed=word.passed))

    def _request(self, word: Sent) -> Request:
        """Redact a request, and remember what its answer is read by: None where no body is written."""
        message = word.message
        self._asked[word.n] = None
        if message is None:
            return Request(n=word.n, at=word.at, connection=word.connection, left_out=NO_SOAP)
        text, left_out = "", ""
        try:
            text, self._asked[word.n] = self._redaction.request(_decompressed(message))
        except Unredactable as problem:
            left_out = f"requests not written: {problem}"
        action = _ACTION.match(message.action)
        return Request(
            n=word.n,
            at=word.at,
            connection=word.connection,
            cookie=self._redaction.cookie(message.cookie),
            action="" if action is None else action[1],
            body=text,
            left_out=left_out,
        )

    def _answer(self, word: Came) -> Answer:
        """Redact an answer."""
        text, lost = "", ""
        asked = self._asked.pop(word.n, None)
        if asked is not None:
            try:
                text = self._redaction.answer(_decompressed(word.message), asked)
            except Unredactable as problem:
                lost = f"the answer is not written: {problem}"
        cookie = self._redaction.cookie(word.message.cookie)
        return Answer(n=word.n, at=word.at, status=word.status, cookie=cookie, body=text, lost=lost)

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
            sys.stderr.flush()


def _decompressed(message: Message) -> bytes:
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


def main() -> None:
    """Write what comes through standard input to the open file of this number; say at the end why not all of it. What
    ends the recorder ends the pipe: signals that are sent to both are the recorder's."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    scribe = Scribe(int(sys.argv[1]))
    for word in unpacked(sys.stdin.buffer):
        scribe.take(word)
    sys.stdout.write(scribe.broken)


if __name__ == "__main__":
    main()
