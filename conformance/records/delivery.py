"""Delivery: the folder that a run writes, and what is typed to ask for a run; the same for every way to start one."""

from __future__ import annotations

import fcntl
import os
import tempfile
from typing import TYPE_CHECKING

from taskconform.conformance.errors import Refused
from taskconform.model.clauses.registry import matching

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.reports.trace import Trace


# --- what is typed ----------------------------------------------------------------------------------------------------


def options(given: Iterable[str] | None, flag: str = "--set") -> dict[str, str]:
    """Parse `--set key=value`. Raises Refused."""
    found = {}
    for text in given or ():
        key, separator, value = text.partition("=")
        if not separator or not key:
            message = f"{flag} wants KEY=VALUE, not {text!r}"
            raise Refused(message)
        found[key] = value
    return found


def selected(glob: str) -> frozenset[str] | None:
    """Select clauses by a glob; None means all. Raises Refused."""
    if glob == "*":
        return None
    found = matching(glob)
    if not found:
        message = f"no clause matches {glob}"
        raise Refused(message)
    return frozenset(clause.id for clause in found)


def documentation() -> str:
    """Give the address of the published pages, to which the reports link each clause; "" if there is none. It comes
    from the environment variable TASKCONFORM_DOCS. Raises Refused."""
    url = os.environ.get("TASKCONFORM_DOCS", "").strip()
    if url and not url.startswith(("http://", "https://")):
        message = f"TASKCONFORM_DOCS is the address of published pages (https://host/path), not {url!r}"
        raise Refused(message)
    return url


# --- the folder -------------------------------------------------------------------------------------------------------


def prepared(out: Path, flag: str = "--out") -> Path:
    """The folder for the history below `out`. What an earlier run left there stays until there is something to put in
    its place; a folder with anything else in it is refused. Raises Refused."""
    documentation()
    try:
        if out.exists() and any(out.iterdir()) and not (out / "history").is_dir():
            message = f"{out} is not empty, and was not written by a run: name another folder with {flag}"
            raise Refused(message)
        (out / "history").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
        _take(out)
    except BlockingIOError:
        message = f"another run is writing to {out}: name another folder with {flag}"
        raise Refused(message) from None
    except OSError as problem:
        message = f"cannot write to {out}: {problem.strerror}"
        raise Refused(message) from None
    return out / "history"


_taken: dict[str, int] = {}
"""Folders that runs of this process write to, each with its open directory, which is locked."""


def _take(out: Path) -> None:
    """Keep other processes from writing runs to a folder, until it is given back, or this process ends. Raises
    BlockingIOError if one does. On a file system without locks nothing is kept."""
    name = os.path.realpath(out)
    if name in _taken:
        return
    folder = os.open(name, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(folder)
        if isinstance(problem, BlockingIOError):
            raise
        return
    _taken[name] = folder


def _give_back(out: Path) -> None:
    """Let other processes write runs to a folder."""
    folder = _taken.pop(os.path.realpath(out), None)
    if folder is not None:
        os.close(folder)


def write(finished: Finished, traces: dict[str, Trace], history: Path, out: Path) -> None:
    """Write all that a finished run is shown as below `out`: everything but report.json and the traces is drawn from
    these and from the history."""
    from taskconform.conformance.records.history import read_head  # noqa: PLC0415
    from taskconform.conformance.records.traces import write_traces  # noqa: PLC0415
    from taskconform.conformance.verdicts.decide import is_required  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.reports.cases import cases  # noqa: PLC0415
    from taskconform.reports.document import encode  # noqa: PLC0415
    from taskconform.reports.render import allure  # noqa: PLC0415
    from taskconform.reports.render.ctrf import ctrf  # noqa: PLC0415
    from taskconform.reports.render.junit import junit  # noqa: PLC0415
    from taskconform.reports.render.material import gather  # noqa: PLC0415
    from taskconform.reports.render.page import html_page  # noqa: PLC0415
    from taskconform.reports.render.power import on_record  # noqa: PLC0415
    from taskconform.reports.render.summary import summary  # noqa: PLC0415
    from taskconform.reports.trace import listing  # noqa: PLC0415

    report = finished.report
    write_traces(finished.tally, traces, history, out)
    (out / "report.json").write_bytes(encode(report))
    (out / "summary.md").write_text(summary(report), encoding="utf-8")
    page = html_page(report, gather(report, traces, out), on_record(report.run.profile))
    (out / "report.html").write_text(page, encoding="utf-8")
    listings = {signature: listing(trace) for signature, trace in traces.items()}
    shown = cases(report, listings, strict=bool(read_head(history).get("strict")), required=is_required)
    (out / "junit.xml").write_bytes(junit(report, shown))
    (out / "ctrf.json").write_bytes(ctrf(report, shown))
    allure.write(report, shown, traces, out, reruns=finished.tally.confirmed, documentation=documentation())
    _give_back(out)
