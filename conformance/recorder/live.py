"""Judging while it is recorded: the recording's latest part is judged again and again, as a recording of its own.

Any part of a recording is a recording whose past is unknown, so what is said of a part holds. What only the whole shows
is said at the end. Each part begins well before what is new in it, and none is left out.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from taskconform.conformance.children import born

if TYPE_CHECKING:
    from collections.abc import Callable

OVERLAP: Final = 1_000
"""Lines of the recording before the first new one that are judged again with the new ones."""
_PAUSE: Final = 0.5
"""Seconds between two looks at the file."""
_SHARE: Final = 3.0
"""Times as long as judging took that it rests afterwards: it shall not keep a core busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A divergence that a part of the recording shows."""

    clause: str
    signature: str
    expected: str
    observed: str


def judged(content: bytes) -> list[Shown]:
    """Judge a part of a recording: the divergences that it shows."""
    from taskconform.conformance.records.recordings.judging import judge_recording  # noqa: PLC0415  # in its own process

    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "part.tcr"
        part.write_bytes(content)
        report = judge_recording(part, Path(folder), _silent).report
    return [
        Shown(
            clause=clause.id,
            signature=found.signature,
            expected=found.expected,
            observed=found.observed,
        )
        for clause in report.clauses
        for found in clause.divergences
    ]


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Show no progress."""


class Watch:
    """The judge of a recording that grows. `tell` is called once for each divergence."""

    def __init__(self, path: Path, tell: Callable[[Shown], None]) -> None:
        """Begin at the head of the file."""
        self._path, self._tell = path, tell
        self._head = b""
        self._before: list[bytes] = []
        self._rest = b""
        self._position = 0
        self._told: set[str] = set()

    async def run(self) -> None:
        """Judge what is new, again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=born)
        try:
            while True:
                await asyncio.sleep(_PAUSE)
                part = self._part()
                if part is not None:
                    begun = time.monotonic()
                    self._say(await loop.run_in_executor(pool, judged, part))
                    await asyncio.sleep(_SHARE * (time.monotonic() - begun))
        except Exception as problem:  # noqa: BLE001  # a fault of ours must not end the recording
            sys.stderr.write(f"taskconform record: not judged any more: {type(problem).__name__}: {problem}\n")
        finally:
            for child in multiprocessing.active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)

    def _say(self, found: list[Shown]) -> None:
        for shown in found:
            if shown.signature not in self._told:
                self._told.add(shown.signature)
                self._tell(shown)

    def _part(self) -> bytes | None:
        """Read what is new, with the lines before it; None if nothing is."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            added = file.read()
        self._position += len(added)
        *new, self._rest = (self._rest + added).split(b"\n")
        if not self._head and new:
            self._head = new.pop(0)
        if not new:
            return None
        part = [self._head, *self._before, *new, b""]
        self._before = (self._before + new)[-OVERLAP:]
        return b"\n".join(part)
