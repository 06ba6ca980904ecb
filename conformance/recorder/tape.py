"""The recording, while it is made: what passes is numbered, timed, and told to the scribe, who writes it down."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, Self

from taskconform.conformance.errors import Refused
from taskconform.conformance.recorder import scribe
from taskconform.conformance.recorder.scribe import Begun, Came, Ended, Message, Missed, Sent

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.records.private import Names

MOST_WAITING: Final = 64 * 1024 * 1024
"""Bytes that may wait for the scribe: with more, the recorder waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A request that was told: its number, and whether the body of its answer is wanted."""

    number: int
    is_soap: bool


class Tape:
    """One recording, while it is written. `calls` counts the requests written, `passed` what went through unwritten.
    `broken` says, once it has ended, why not all was written, "" if it was."""

    def __init__(self, path: Path, names: Names, *, hashed: bool = False) -> None:
        """Begin a new file. Raises Refused where it is there already, or cannot be made."""
        self._path = path
        self._open: set[int] = set()
        self.calls = 0
        self.broken = ""
        self.passed: Counter[str] = Counter()
        self._clock = time.time_ns() - time.perf_counter_ns()
        try:
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        except FileExistsError:
            message = f"{path} is there already: a recording is not added to, nor written over"
            raise Refused(message) from None
        except OSError as problem:
            message = f"cannot write to {path}: {problem.strerror}"
            raise Refused(message) from None
        self._pipe = Pipe(file)
        self._pipe.tell(Begun(at=self.now(), private=names.given, hashed=hashed))

    def __enter__(self) -> Self:
        """Give the tape."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End the recording; one that could not begin leaves no file."""
        self._pipe.tell(Ended(at=self.now(), passed=dict(self.passed)))
        self.broken = self._pipe.close()
        if kind is not None and not self.calls:
            self._path.unlink()

    def now(self) -> int:
        """Microseconds since 1970, by a clock that never goes back while the recorder runs."""
        return (self._clock + time.perf_counter_ns()) // 1000

    def request(self, connection: int, at: int, message: Message) -> Taken:
        """Write a request that went out at this time, redacted."""
        return self._sent(connection, at, message)

    def other(self, connection: int, at: int) -> Taken:
        """Write that a request went out at this time which may change something, and nothing of it."""
        return self._sent(connection, at, None)

    def _sent(self, connection: int, at: int, message: Message | None) -> Taken:
        self.calls += 1
        self._open.add(self.calls)
        self._pipe.tell(Sent(n=self.calls, at=at, connection=connection, message=message))
        return Taken(number=self.calls, is_soap=message is not None)

    def answer(self, taken: Taken, at: int, status: int, message: Message) -> None:
        """Write the answer whose last byte came at this time, redacted."""
        self._open.discard(taken.number)
        self._pipe.tell(Came(n=taken.number, at=at, status=status, message=message))

    def lost(self, taken: Taken, at: int, why: str) -> None:
        """Write that there is no answer, unless there is: a client may go away as soon as it has it."""
        if taken.number in self._open:
            self._open.discard(taken.number)
            self._pipe.tell(Missed(n=taken.number, at=at, why=why))


class Pipe:
    """The way to a scribe of its own. What the pipe does not take at once a thread puts into it: nobody waits."""

    def __init__(self, file: int) -> None:
        """Start a scribe that writes to this open file."""
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-P", "-m", scribe.__name__, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(file,),
            bufsize=0,
        )
        os.close(file)
        self._end = self._process.stdin.fileno() if self._process.stdin is not None else -1
        os.set_blocking(self._end, False)
        self._words: SimpleQueue[bytes] = SimpleQueue()
        self._waiting, self._room = 0, threading.Condition()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def tell(self, word: scribe.Word) -> None:
        """Tell the scribe a word."""
        packed = scribe.packed(word)
        with self._room:
            rest = packed if self._waiting else packed[self._put(packed) :]
            if not rest:
                return
            self._room.wait_for(lambda: self._waiting <= MOST_WAITING)
            self._waiting += len(rest)
        self._words.put(rest)

    def close(self) -> str:
        """Wait until all is written; return why it is not, "" if it is."""
        self._words.put(b"")
        self._thread.join()
        told, _ = self._process.communicate()
        return told.decode() if self._process.returncode == 0 else "the process that writes it has ended"

    def _put(self, packed: bytes | memoryview) -> int:
        """Put what there is room for into the pipe; return how many bytes. All goes to a scribe who is gone."""
        try:
            return os.write(self._end, packed)
        except BlockingIOError:
            return 0
        except OSError:
            return len(packed)

    def _carry(self) -> None:
        """Put what had to wait into the pipe, until there is an empty word."""
        while packed := self._words.get():
            rest = memoryview(packed)
            while rest:
                select.select([], [self._end], [])
                rest = rest[self._put(rest) :]
            with self._room:
                self._waiting -= len(packed)
                self._room.notify()
