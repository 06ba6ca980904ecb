"""Traces: one file a divergence, and the script that shows it without us."""

from __future__ import annotations

import hashlib
import re
import shutil
from contextlib import suppress
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.engine.binding import Bindings, Unbound
from taskconform.conformance.engine.frontier import edges
from taskconform.conformance.engine.profile import RECORDED
from taskconform.conformance.errors import TraceError
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import SETUP, SETUP_CALLS, Episode, Exchange, read_head, read_part
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.vocabulary.calls import ObjectRef, Operand, Place, StartOperation, Symbol
from taskconform.model.vocabulary.plan import Act, Bulk, Plan, Together
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.reproduction.script import script
from taskconform.reports.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from taskconform.conformance.verdicts.judgement import Occurrence, Tally
    from taskconform.model.oracle.findings import Broken
    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.plan import Step

TRACE: Final = "taskconform.trace/1"

LATER: Final = frozenset({"settling", "eventually", "in_setup", "frontier"})
"""Fields that traces did not have at first: one that lacks them is read all the same."""


_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9.:-]{0,119}")
"""Signatures whose words are plain enough to name a file."""


def trace_name(signature: str) -> str:
    """Return the file name of a divergence's trace: its signature; if that has anything else than plain words, which
    a target may have said, the clause id and a hash of it."""
    if _PLAIN.fullmatch(signature):
        return signature.replace(":", "_")
    clause = signature.partition(":")[0]
    digest = hashlib.sha256(signature.encode(errors="surrogatepass")).hexdigest()[:16]
    return f"{clause if clause in CLAUSES else 'divergence'}_{digest}"


def trace_of(occurrence: Occurrence, declaration: Declaration, probes: Iterable[tuple[Plan, bool]] = ()) -> Trace:
    """Make the trace of a shrunk occurrence, to be shown and written; `probes` tell where it begins."""
    broken = occurrence.broken
    clause = CLAUSES[broken.clause]
    in_setup = occurrence.step == SETUP
    setup = tuple(Act(call=call) for call in SETUP_CALLS)
    return Trace(
        clause=broken.clause,
        statement=clause.statement,
        source="; ".join(map(str, clause.source)),
        signature=broken.signature,
        target=declaration.name,
        plan=setup if in_setup else with_names(occurrence.plan, declaration),
        step=_setup_step(broken) if in_setup else occurrence.step,
        demand=broken.demand,
        observed=broken.observed,
        symbols=occurrence.symbols,
        extension_key=declaration.extension_key,
        window=declaration.window,
        cap=declaration.cap,
        settling=declaration.settling,
        eventually=broken.eventually,
        in_setup=in_setup,
        frontier=() if in_setup else edges(occurrence.plan, probes),
    )


def with_names(plan: Plan, declaration: Declaration) -> Plan:
    """Return a plan in which operations go by the names that the target declares, on places: who reads or runs it knows
    which they are."""
    return tuple(_named(step, declaration) for step in plan)


def _named(step: Step, declaration: Declaration) -> Step:
    """Return a step with its operations named."""
    if isinstance(step, Act):
        return evolve(step, call=_named_call(step.call, declaration))
    if isinstance(step, Bulk) and step.operation is not None:
        first = StartOperation[Symbol](session=step.session, operation=step.operation, entity=Operand(index=0))
        found = _offered(first, declaration)
        named = found.operation if isinstance(found.operation, str) else step.operation
        return evolve(step, operation=named, obj=found.entity)
    if isinstance(step, Together):
        return evolve(step, calls=tuple(_named_call(call, declaration) for call in step.calls))
    return step


def _named_call(call: PlannedCall, declaration: Declaration) -> PlannedCall:
    """Return a call with its operation named."""
    return _offered(call, declaration) if isinstance(call, StartOperation) else call


def _offered(call: StartOperation[Symbol], declaration: Declaration) -> StartOperation[Symbol]:
    """Return the start of the operation that the target declares; as it is, if it declares none for it."""
    with suppress(Unbound):
        call = Bindings(declaration).offered(call)
    return evolve(call, entity=place_of(declaration, call.entity))


def place_of(declaration: Declaration, ref: ObjectRef | Symbol) -> ObjectRef | Symbol:
    """Return the symbol of a declared place; the reference itself, if it is none."""
    for role, entities in declaration.places.items():
        for index, entity in enumerate(entities):
            if entity.ref == ref:
                return Place(role=role, index=index)
    return ref


def _setup_step(broken: Broken) -> int:
    """Return the place of the call, among those of the set-up, that showed a divergence."""
    method = broken.kind.partition(".")[0]
    return next((at for at, call in enumerate(SETUP_CALLS) if type(call).__name__ == method), 0)


def make_traces(tally: Tally, declaration: Declaration) -> dict[str, Trace]:
    """Make the trace of every confirmed divergence of a run, by signature."""
    return {
        signature: trace_of(occurrence, declaration, tally.probes.get(signature, ()))
        for signature, occurrence in sorted(tally.traces.items())
        if any(tally.confirmed[signature])
    }


def exchange(occurrence: Occurrence, folder: Path) -> list[dict[str, Any]]:
    """Read the calls and outcomes of the test case that showed the trace, as plain values."""
    inside, found = False, []
    for record in read_part(folder, occurrence.part):
        if isinstance(record, Episode):
            inside = record.number == occurrence.case
        elif inside and isinstance(record, Exchange):
            found.append(
                {"step": record.step, "call": codec.encode(record.call), "outcome": codec.encode(record.outcome)}
            )
    return found


def write_traces(tally: Tally, traces: dict[str, Trace], history: Path, out: Path) -> None:
    """Write `traces/<name>.json` and `.py` below `out`. There is no script of a recording, whose calls cannot be made
    again, nor of what the set-up shows, without which no script gets to its first step; `replay` shows that."""
    folder = out / "traces"
    scripted = read_head(history).get("profile") != RECORDED.name
    shutil.rmtree(folder, ignore_errors=True)  # an earlier run's
    folder.mkdir(exist_ok=True)
    for signature, trace in traces.items():
        name = trace_name(signature)
        document = {
            "schema": TRACE,
            **{field.name: getattr(trace, field.name) for field in fields(trace)},
            "exchange": exchange(tally.traces[signature], history),
        }
        (folder / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        if scripted and not trace.in_setup:
            (folder / f"{name}.py").write_text(script(trace), encoding="utf-8")


def read_trace(path: Path) -> Trace:
    """Read a trace that was written. Raises TraceError."""
    try:
        document = msgspec.json.decode(path.read_bytes())
    except OSError as problem:
        message = f"{path}: {problem.strerror}"
        raise TraceError(message) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        message = f"{path} is not readable: {problem}"
        raise TraceError(message) from None
    if not isinstance(document, dict) or document.get("schema") != TRACE:
        message = f"{path} is not a {TRACE} document"
        raise TraceError(message)
    try:
        given = {
            field.name: document[field.name]
            for field in fields(Trace)
            if field.name not in LATER or field.name in document
        }
        msgspec.convert(given["plan"], Plan)
        return Trace(**{name: codec.decode(value) for name, value in given.items()})
    except (KeyError, msgspec.ValidationError, codec.UnreadableValueError) as problem:
        message = f"{path} lacks or garbles {problem}"
        raise TraceError(message) from None
