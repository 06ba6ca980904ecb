"""Material: what a page shows of one divergence beside what the report says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from taskconform.reports.document import Report
    from taskconform.reports.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The trace, the calls and outcomes that were recorded with it, as plain JSON objects, and the script; empty where
    they were not kept."""

    trace: Trace
    exchange: list[dict[str, Any]] = field(default_factory=list)
    script: str = ""


def gather(report: Report, traces: Mapping[str, Trace], out: Path) -> dict[str, Material]:
    """The material of every divergence that there is a trace of, by signature; from the files below `out` that the
    report names."""
    found = {}
    for clause in report.clauses:
        for divergence in clause.divergences:
            trace = traces.get(divergence.signature)
            if trace is not None:
                found[divergence.signature] = Material(
                    trace=trace,
                    exchange=_exchange(out, divergence.trace),
                    script=_text(out, divergence.script),
                )
    return found


def _exchange(out: Path, name: str | None) -> list[dict[str, Any]]:
    """The exchange in a trace file."""
    text = _text(out, name)
    return list(msgspec.json.decode(text).get("exchange", [])) if text else []


def _text(out: Path, name: str | None) -> str:
    """A file beside the report; nothing where it was not kept."""
    path = out / name if name else None
    return path.read_text(encoding="utf-8") if path is not None and path.exists() else ""
