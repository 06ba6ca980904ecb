"""The failure store: every divergence that a soak has found on a target, each with its trace, in a folder.

store.json      what was run so far, and a row for each divergence
traces/         a trace and a script for each that showed again on a fresh target
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.errors import Refused
from taskconform.conformance.records.traces import make_traces, trace_name, write_traces
from taskconform.reports.document import TargetSection  # noqa: TC001  # a field's type

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.verdicts.compose import Finished

SCHEMA: Final = "taskconform.store/1"
NAME: Final = "store.json"
TRACES: Final = "traces"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A divergence in the store. `seed` is the first that showed it, `seeds` in how many it was seen, `cases` in how
    many test cases; `shown` of `reruns` fresh runs showed it again; `trace` is the file of its trace, "" if none did.
    """

    clause: str
    demand: str
    observed: str
    seed: int
    seeds: int = 0
    cases: int = 0
    shown: int = 0
    reruns: int = 0
    trace: str = ""


class Soaked(msgspec.Struct, frozen=True, kw_only=True):
    """The document of a store: on which target, with which profile and version, how many seeds so far, and what they
    came to. `exercised` has by clause how often it was exercised."""

    schema: str
    version: str
    suite_digest: str
    target: TargetSection
    profile: str
    next_seed: int
    seeds: int = 0
    calls: int = 0
    seconds: float = 0.0
    test_cases: int = 0
    exercised: dict[str, int] = {}
    found: dict[str, Kept] = {}


@dataclass(slots=True)
class Store:
    """A store in a folder. `document` is None until the first seed is over."""

    folder: Path
    document: Soaked | None = None

    @property
    def known(self) -> frozenset[str]:
        """Signatures of the divergences that have a trace already."""
        found = self.document.found if self.document is not None else {}
        return frozenset(signature for signature, kept in found.items() if kept.trace)

    def add(self, seed: int, finished: Finished, history: Path, suite_digest: str) -> list[str]:
        """Add what a seed came to, and write it. Returns the signatures that are new. Raises Refused where the store
        cannot be written."""
        report, tally = finished.report, finished.tally
        before = self.document or Soaked(
            schema=SCHEMA,
            version=report.suite.version,
            suite_digest=suite_digest,
            target=report.target,
            profile=report.run.profile,
            next_seed=seed,
        )
        found, new = dict(before.found), []
        traces = make_traces(tally, finished.declaration)
        for signature, occurrence in sorted(tally.shortest.items()):
            broken = occurrence.broken
            kept = found.get(signature)
            if kept is None:
                new.append(signature)
                kept = Kept(clause=broken.clause, demand=f"{broken.demand}", observed=broken.observed, seed=seed)
            runs = tally.confirmed.get(signature, [])
            found[signature] = msgspec.structs.replace(
                kept,
                seeds=kept.seeds + 1,
                cases=kept.cases + tally.seen[signature],
                shown=kept.shown + sum(runs),
                reruns=kept.reruns + len(runs),
                trace=f"{TRACES}/{trace_name(signature)}.json" if signature in traces else kept.trace,
            )
        exercised = {clause: before.exercised.get(clause, 0) + times for clause, times in tally.exercised.items()}
        after = msgspec.structs.replace(
            before,
            next_seed=seed + 1,
            seeds=before.seeds + 1,
            calls=before.calls + report.run.calls,
            seconds=round(before.seconds + report.run.seconds, 1),
            test_cases=before.test_cases + tally.test_cases,
            exercised=dict(sorted((before.exercised | exercised).items())),
            found=found,
        )
        try:
            self._keep_traces(finished, history)
            self._write(after)
        except OSError as problem:
            message = f"cannot write {self.folder}: {problem.strerror or problem}"
            raise Refused(message) from None
        self.document = after
        return new

    def _keep_traces(self, finished: Finished, history: Path) -> None:
        """Copy the traces of a seed into the store."""
        write_traces(finished.tally, make_traces(finished.tally, finished.declaration), history, history.parent)
        (self.folder / TRACES).mkdir(parents=True, exist_ok=True)
        for path in sorted((history.parent / TRACES).iterdir()):
            shutil.copy(path, self.folder / TRACES / path.name)

    def _write(self, document: Soaked) -> None:
        """Write the document, whole or not at all."""
        unfinished = self.folder / f"{NAME}.new"
        unfinished.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        unfinished.replace(self.folder / NAME)


def open_store(folder: Path) -> Store:
    """Open a store, or begin one. Raises Refused for a folder that holds something else."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / NAME).exists():
            if any(folder.iterdir()):
                message = f"{folder} is not empty, and no store: name another folder"
                raise Refused(message)
            return Store(folder)
        document = msgspec.json.decode((folder / NAME).read_bytes(), type=Soaked)
    except OSError as problem:
        message = f"cannot open {folder}: {problem.strerror}"
        raise Refused(message) from None
    except msgspec.MsgspecError as problem:
        message = f"{folder / NAME} is no store: {problem}"
        raise Refused(message) from None
    if document.schema != SCHEMA:
        message = f"{folder / NAME} is no {SCHEMA} document"
        raise Refused(message)
    return Store(folder, document)


def traces_in(folder: Path) -> list[Path]:
    """List the traces of a store, or of a folder that a run wrote. Raises Refused if there are none."""
    below = folder / TRACES if (folder / TRACES).is_dir() else folder
    found = sorted(below.glob("*.json"))
    if not found:
        message = f"{folder} holds no traces"
        raise Refused(message)
    return found
