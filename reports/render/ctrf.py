"""CTRF: a report in the Common Test Report Format (https://ctrf.io), one test a clause."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.reports.wording import again, product, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskconform.reports.cases import Case
    from taskconform.reports.document import Report

VERSION: Final = "0.0.0"
"""Version of the format, as its schema has it."""
STATUS: Final = {"passed": "passed", "failed": "failed", "error": "other", "xfailed": "skipped", "skipped": "skipped"}
"""By outcome of a case: its status. `rawStatus` has the verdict itself."""


def ctrf(report: Report, shown: Sequence[Case]) -> bytes:
    """The whole document. `shown` are the report's clauses as test cases. Times are milliseconds since 1970; a clause
    has no duration of its own."""
    counts = Counter(STATUS[case.outcome] for case in shown)
    start = round(datetime.fromisoformat(report.run.started).timestamp() * 1_000)
    document = {
        "reportFormat": "CTRF",
        "specVersion": VERSION,
        "results": {
            "tool": {"name": "taskconform", "version": report.suite.version},
            "summary": {
                "tests": len(shown),
                **{status: counts[status] for status in ("passed", "failed", "pending", "skipped", "other")},
                "start": start,
                "stop": start + round(report.run.seconds * 1_000),
            },
            "tests": [_test(case) for case in shown],
            "environment": {"appName": report.target.name, "appVersion": product(report)},
            "extra": {
                "verdict": verdict(report),
                "exitCode": report.run.exit_code,
                "blocks": report.blocks,
                "profile": report.run.profile,
                "seed": report.run.seed,
                "planDigest": report.run.plan_digest,
                "command": again(report),
            },
        },
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _test(case: Case) -> dict[str, Any]:
    """One clause."""
    found: dict[str, Any] = {
        "name": case.clause.id,
        "status": STATUS[case.outcome],
        "rawStatus": case.clause.verdict,
        "duration": 0,
        "suite": [case.area],
        "tags": [case.level],
        "type": "conformance",
    }
    if case.message:
        found["message"] = case.message
    if case.text:
        found["trace"] = case.text
    if case.causes:
        found["extra"] = {"probableCauses": [cause.headline for cause in case.causes]}
    return found
