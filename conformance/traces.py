"""Traces: one file a divergence, and the script that shows it without us."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance import codec
from taskconform.conformance.decide import trace_name
from taskconform.conformance.history import Episode, Exchange, read_part
from taskconform.conformance.run import sightings
from taskconform.model.calls import CreateTask, Made, ObjectRef
from taskconform.model.clauses import CLAUSES
from taskconform.model.outcomes import Returned, TaskInfo
from taskconform.reports.script import script
from taskconform.reports.trace import Trace

if TYPE_CHECKING:
    from pathlib import Path

    from taskconform.conformance.history import Record
    from taskconform.conformance.judgement import Sighting
    from taskconform.conformance.run import Finished

TRACE: Final = "taskconform.trace/1"


class TraceError(Exception):
    """A trace cannot be read: what is wrong with it, in one line."""


def make_traces(finished: Finished, folder: Path) -> dict[str, Trace]:
    """The trace of every confirmed divergence of a run, by signature, from the run's history."""
    found = {}
    for signature, sighting in sorted(sightings(finished.tally).items()):
        found[signature] = _trace(finished, sighting, folder)
    return found


def _trace(finished: Finished, sighting: Sighting, folder: Path) -> Trace:
    """One trace, with what the run it was seen in named by the steps that made it."""
    broken = sighting.broken
    clause = CLAUSES[broken.clause]
    return Trace(
        clause=broken.clause,
        statement=clause.statement,
        source="; ".join(map(str, clause.source)),
        signature=broken.signature,
        target=finished.declaration.name,
        plan=sighting.plan,
        step=sighting.step,
        demand=broken.demand,
        observed=broken.observed,
        symbols=_symbols(list(read_part(folder, sighting.part)), sighting.episode),
        extension_key=finished.declaration.extension_key,
        window=finished.declaration.window,
        cap=finished.declaration.cap,
    )


def _symbols(records: list[Record], episode: int) -> dict[str, Made]:
    """What the episode's steps made: every key and reference, to its symbol."""
    found: dict[str, Made] = {}
    counts: dict[int, int] = {}
    inside = False
    for record in records:
        if isinstance(record, Episode):
            inside = record.number == episode
        elif inside and isinstance(record, Exchange) and not record.again and isinstance(record.outcome, Returned):
            value = record.outcome.value
            if not isinstance(value, TaskInfo | ObjectRef):
                continue
            made = Made(step=record.step, index=counts.get(record.step, 0))
            counts[record.step] = made.index + 1
            if isinstance(value, TaskInfo) and isinstance(record.call, CreateTask):
                found[value.key] = found[value.task.value] = made
            elif isinstance(value, ObjectRef):
                found[value.value] = made
    return found


def exchange(sighting: Sighting, folder: Path) -> list[dict[str, Any]]:
    """The calls and outcomes of the run that the trace was seen in, decoded."""
    inside, found = False, []
    for record in read_part(folder, sighting.part):
        if isinstance(record, Episode):
            inside = record.number == sighting.episode
        elif inside and isinstance(record, Exchange):
            found.append({"step": record.step, "call": codec.encode(record.call), "outcome": codec.encode(record.outcome)})
    return found


def write_traces(finished: Finished, traces: dict[str, Trace], history: Path, out: Path) -> None:
    """Write `traces/<name>.json` and `.py` below `out`."""
    folder = out / "traces"
    folder.mkdir(exist_ok=True)
    for signature, trace in traces.items():
        name = trace_name(signature)
        document = {
            "schema": TRACE,
            **{
                field.name: codec.encode(value) if not isinstance(value := getattr(trace, field.name), dict) else
                {key: codec.encode(item) for key, item in value.items()}
                for field in fields(trace)
            },
            "exchange": exchange(finished.tally.traces[signature], history),
        }
        (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        (folder / f"{name}.py").write_text(script(trace), encoding="utf-8")


def read_trace(path: Path) -> Trace:
    """A trace that was written. Raises TraceError."""
    try:
        document = msgspec.json.decode(path.read_bytes())
    except OSError as problem:
        message = f"{path}: {problem.strerror}"
        raise TraceError(message) from None
    except msgspec.DecodeError as problem:
        message = f"{path} is not readable: {problem}"
        raise TraceError(message) from None
    if not isinstance(document, dict) or document.get("schema") != TRACE:
        message = f"{path} is not a {TRACE} document"
        raise TraceError(message)
    try:
        return Trace(**{field.name: codec.decode(document[field.name]) for field in fields(Trace)})
    except (KeyError, codec.UnreadableValueError) as problem:
        message = f"{path} lacks or garbles {problem}"
        raise TraceError(message) from None
