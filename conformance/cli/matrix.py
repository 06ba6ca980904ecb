"""`taskconform matrix`: clauses by targets, from the reports of any number of runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.errors import Refused

if TYPE_CHECKING:
    from taskconform.reports.document import Report
    from taskconform.reports.trace import Trace


def matrix(
    reports: Annotated[
        list[Path], typer.Argument(metavar="REPORT...", help="Each a report.json, or the folder that a run wrote.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The page to write.")] = Path("matrix.html"),
) -> None:
    """Write one page of clauses by targets: where they differ, and the sequence of calls behind each failure."""
    from taskconform.reports.render.matrix import matrix_of  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.reports.render.matrix_page import matrix_page  # noqa: PLC0415

    page = matrix_page(matrix_of([read_report(path) for path in reports]))
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as problem:
        message = f"cannot write {out}: {problem.strerror}"
        raise Refused(message) from None


def read_report(path: Path) -> tuple[Report, dict[str, Trace]]:
    """A report, named by its file or its folder, and those of its traces that stand beside it, by signature. Raises
    Refused, TraceError."""
    from taskconform.conformance.records.traces import read_trace  # noqa: PLC0415
    from taskconform.reports.document import ReportError, decode  # noqa: PLC0415

    file = path / "report.json" if path.is_dir() else path
    try:
        report = decode(file.read_bytes())
        folder = file.parent.resolve()
        return report, {
            divergence.signature: read_trace(trace)
            for clause in report.clauses
            for divergence in clause.divergences
            if divergence.trace is not None
            and (trace := (folder / divergence.trace).resolve()).is_relative_to(folder)
            and trace.exists()
        }
    except OSError as problem:
        message = f"{file}: {problem.strerror}"
        raise Refused(message) from None
    except ReportError as problem:
        message = f"{file}: {problem}"
        raise Refused(message) from None
