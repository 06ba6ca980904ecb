"""Rows of a qualification: one line of JSON a run, so that a long one can be resumed after it was broken off."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from taskconform.conformance.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA: Final = "taskconform.qualification-results/1"
SOURCES: Final = ("model", "strategies", "conformance")
"""Packages that decide the result of a run."""


class Hunted(msgspec.Struct, frozen=True, kw_only=True, tag="fault"):
    """One seed's plans, run on a mutant until a clause that rightly names it was broken.

    `killed_by` is that clause, "" if there was none; `calls` is the number of calls until then, or of all. `others` are
    the clauses that were broken before, in order. `wanted`: the one clause that was waited for, if not any right one.
    `broke` says how the simulator itself broke, "" if it did not."""

    name: str
    profile: str
    seed: int
    killed_by: str
    calls: int
    others: tuple[str, ...] = ()
    wanted: str = ""
    broke: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Identity of the run: no two results have the same."""
        return ("fault", self.name, self.profile, str(self.seed), self.wanted)


class Watched(msgspec.Struct, frozen=True, kw_only=True, tag="variant"):
    """One seed's plans, run to their end on a conforming variant, or on several at once (`name` has a + between them).
    `alarms` are the divergences, each with what was demanded and observed, and the clauses of which no interpretation
    was left."""

    name: str
    profile: str
    seed: int
    calls: int
    alarms: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """Identity of the run: no two results have the same."""
        return ("variant", self.name, self.profile, str(self.seed), "")


class Sampled(msgspec.Struct, frozen=True, kw_only=True, tag="space"):
    """One seed's plans, run on a mutant of the fault space until any clause was broken, beside the specification.

    `found_by` is that clause, "" if there was none; `calls` the number of calls until then, or of all. `differs` tells
    the first outcome that was not the specification's, "" if there was none, `cases` in how many test cases there was
    one. `explored`: the exploration tells the mutant apart. `allowed` is the interpretation of an open clause by which
    the mutant behaves, or another reason why it conforms, if there is one. `broke` says how the suite failed on it, or
    that the mutant does not start."""

    name: str
    profile: str
    seed: int
    found_by: str = ""
    calls: int = 0
    differs: str = ""
    cases: int = 0
    explored: bool = False
    allowed: str = ""
    broke: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """Identity of the run: no two results have the same."""
        return ("space", self.name, self.profile, str(self.seed), "")


Row = Hunted | Watched | Sampled


class _Head(msgspec.Struct, frozen=True, kw_only=True, tag="results"):
    """The first line: the form of the file, and the code that the results are of."""

    schema: str
    fingerprint: str


def fingerprint() -> str:
    """Compute a digest of all code and data that decide the result of a run."""
    found = hashlib.sha256()
    for package in SOURCES:
        root = Path(str(files(f"taskconform.{package}")))
        for path in sorted((*root.rglob("*.py"), *root.rglob("*.toml"))):
            found.update(f"{package}/{path.relative_to(root).as_posix()}\n".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{found.hexdigest()}"


class Ledger:
    """The file of results. Those of an earlier run of the same code are taken over."""

    def __init__(self, path: Path) -> None:
        """Open the file, or begin it. Raises Refused for one of another version, or where it can't be written."""
        self.rows: dict[tuple[str, ...], Row] = {}
        self.fingerprint = fingerprint()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = self._read(path)
            self._file = path.open("ab")
            if not whole:
                self._write(_Head(schema=SCHEMA, fingerprint=self.fingerprint))
        except OSError as problem:
            message = f"cannot write {path}: {problem.strerror or problem}"
            raise Refused(message) from None

    def _read(self, path: Path) -> int:
        """Take over the results that are there, and cut off a last line that was not written to its end. Gives the
        bytes kept."""
        if not path.exists():
            return 0
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
        lines = content[:whole].splitlines()
        try:
            if lines and msgspec.json.decode(lines[0], type=_Head).fingerprint != self.fingerprint:
                message = f"{path} holds results of other code: name another folder, or remove it"
                raise Refused(message)
            self.rows = {row.key: row for row in (msgspec.json.decode(line, type=Row) for line in lines[1:])}
        except msgspec.MsgspecError as problem:
            message = f"{path} is no file of results: {problem}"
            raise Refused(message) from None
        return whole

    def _write(self, what: _Head | Row) -> None:
        self._file.write(msgspec.json.encode(what) + b"\n")

    def add(self, rows: Iterable[Row]) -> None:
        """Append results; they are on disk when this returns."""
        for row in rows:
            self.rows[row.key] = row
            self._write(row)
        self._file.flush()

    def __enter__(self) -> Self:
        """Be closed at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()
