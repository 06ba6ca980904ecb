"""Trends: what Allure knows of the reports before, kept from run to run.

`allure generate` writes `history/` into the report that it makes, and reads it from the results that it is given. Where
the report is made beside the results, in `allure-report/`, we carry it over; else what is in the results stays there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from taskconform.reports.document import Report

_PLACES: Final = ("allure-report", "allure-results")
"""Folders below that of a run that may hold a history; the first has one more report than the second."""

_TREND: Final = "history-trend.json"


def kept_history(out: Path) -> dict[str, bytes]:
    """The files of the newest history below the folder of a run, by name; none if there is none."""
    for place in _PLACES:
        found = {file.name: file.read_bytes() for file in sorted((out / place / "history").glob("*.json"))}
        if found:
            return found
    return {}


def put_back(history: Mapping[str, bytes], results: Path) -> None:
    """Put a history into a folder of results."""
    for name, content in history.items():
        (results / "history").mkdir(exist_ok=True)
        (results / "history" / name).write_bytes(content)


def executor(report: Report, history: Mapping[str, bytes]) -> dict[str, Any]:
    """Return Allure's executor. Runs are numbered on from those of the history, so that trends have an order."""
    number = 1 + max((_number(each) for each in _entries(history.get(_TREND, b""))), default=0)
    run = report.run
    return {
        "name": f"taskconform {report.suite.version}",
        "type": "taskconform",
        "buildOrder": number,
        "buildName": f"{report.target.name}, profile {run.profile}, seed {run.seed}, {run.started}",
        "reportName": f"taskconform: {report.target.name}",
    }


def _entries(trend: bytes) -> list[Any]:
    """The reports of a trend. What cannot be read is no history: Allure starts a new one then, too."""
    try:
        found = msgspec.json.decode(trend)
    except msgspec.DecodeError:
        return []
    return found if isinstance(found, list) else []


def _number(entry: object) -> int:
    """The number of a report in a trend; 0 if it has none."""
    number = entry.get("buildOrder", 0) if isinstance(entry, dict) else 0
    return number if isinstance(number, int) else 0
