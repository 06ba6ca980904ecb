"""Allure results: a report as the folder that Allure draws its pages from, one result a clause.

A failed clause has a step for each divergence, with the steps of its trace, its script and the raw exchange. The fresh
runs that confirmed it are its retries.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import (
    ATTACHMENT_PATTERN,
    Attachment,
    Label,
    Link,
    Status,
    StatusDetails,
    TestResult,
    TestStepResult,
)

from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.plain import one_line
from taskconform.reports.render.allure_categories import CATEGORIES, message_of
from taskconform.reports.render.allure_trend import executor, kept_history, put_back
from taskconform.reports.render.reruns import retold
from taskconform.reports.trace import sentence
from taskconform.reports.wording import area_title, product, reference, statement_of, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from taskconform.reports.cases import Case, Outcome
    from taskconform.reports.document import DivergenceResult, Report
    from taskconform.reports.trace import Trace

EPIC: Final = "vSphere TaskManager"
"""Allure's epic of every clause."""

_STATUS: Final[dict[Outcome, str]] = {
    "passed": Status.PASSED,
    "failed": Status.FAILED,
    "error": Status.BROKEN,
    "xfailed": Status.SKIPPED,
    "skipped": Status.SKIPPED,
}


def write(
    report: Report,
    shown: Sequence[Case],
    traces: Mapping[str, Trace],
    out: Path,
    *,
    reruns: Mapping[str, Sequence[bool]],
    documentation: str = "",
) -> None:
    """Write `allure-results/` below `out`, beside the traces and scripts. `shown` are the report's clauses as test
    cases, `traces` gives the trace of a signature, `reruns` whether each of its fresh runs showed it; `documentation`
    is the address of the published pages. What was there before is replaced, but for the history of earlier reports."""
    folder = out / "allure-results"
    history = kept_history(out)
    log = AllureFileLogger(folder, clean=True)
    writer = _Writer(report, traces, out, log, documentation)
    for case in shown:
        for result in (*writer.retries(case, reruns), writer.result(case)):
            log.report_result(result)
    put_back(history, folder)
    _write_json(folder / "categories.json", CATEGORIES)
    _write_json(folder / "executor.json", executor(report, history))
    lines = [f"{one_line(name)}={one_line(value)}" for name, value in _environment(report).items()]
    (folder / "environment.properties").write_text("\n".join([*lines, ""]), encoding="utf-8")


def _write_json(file: Path, content: object) -> None:
    """Write a JSON file that people can read."""
    file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2))


def labels(case: Case) -> list[tuple[str, str]]:
    """Return the labels of a case."""
    return [
        ("epic", EPIC),
        ("feature", area_title(case.area)),
        ("story", case.level),
        ("parentSuite", "taskconform"),
        ("suite", area_title(case.area)),
        *(("subSuite", cause.headline) for cause in case.causes[:1]),
        *(("cause", cause.headline) for cause in case.causes),
        ("severity", case.severity),
        ("tag", case.level),
        *case.properties,
    ]


def description(case: Case) -> str:
    """Return the statement and its source, as Markdown."""
    known = CLAUSES.get(case.clause.id)
    source = f"\n\n*{'; '.join(map(str, known.source))}*" if known is not None else ""
    counts = f"\n\n{case.clause.checks} checks, {case.clause.live} of them where they could have failed."
    return f"{statement_of(case.clause)}{source}{counts}"


def steps(trace: Trace) -> list[str]:
    """The steps of a trace up to the one that shows the divergence, in words."""
    return [sentence(step, index, trace.plan) for index, step in enumerate(trace.plan[: trace.step + 1])]


def exchange(found: DivergenceResult, out: Path) -> bytes:
    """The raw calls and outcomes of a divergence, as JSON; empty if its trace was not kept."""
    if found.trace is None or not (out / found.trace).exists():
        return b""
    document = msgspec.json.decode((out / found.trace).read_bytes())
    return msgspec.json.format(msgspec.json.encode(document.get("exchange", [])), indent=2)


def script(found: DivergenceResult, out: Path) -> bytes:
    """The standalone script of a divergence; empty if none was kept."""
    if not found.script or not (out / found.script).exists():
        return b""
    return (out / found.script).read_bytes()


class _Writer:
    """Makes the results of one report."""

    def __init__(
        self, report: Report, traces: Mapping[str, Trace], out: Path, log: AllureFileLogger, documentation: str
    ) -> None:
        self._report = report
        self._traces = traces
        self._out = out
        self._log = log
        self._documentation = documentation
        self._ended = int(1000 * (datetime.fromisoformat(report.run.started).timestamp() + report.run.seconds))

    def result(self, case: Case) -> TestResult:
        """One clause."""
        message = message_of(case)
        details = StatusDetails(message=message, trace=case.text) if message else None
        return TestResult(
            **self._named(case),
            description=description(case),
            status=_STATUS[case.outcome],
            statusDetails=details,
            labels=[Label(name=name, value=value) for name, value in _all_labels(case)],
            links=[Link(type=kind, url=url, name=name) for kind, url, name in self._links(case)],
            steps=[self._divergence(found) for found in case.clause.divergences],
            start=self._ended,
            stop=self._ended,
        )

    def retries(self, case: Case, reruns: Mapping[str, Sequence[bool]]) -> list[TestResult]:
        """The fresh runs of a clause's traces, each a result of the same test that ended before. Of their times only
        the order means anything."""
        told = [one for found in case.clause.divergences for one in retold(found, reruns.get(found.signature, ()))]
        return [
            TestResult(
                **self._named(case),
                status=Status.FAILED if one.showed else Status.PASSED,
                statusDetails=StatusDetails(message=one.message),
                labels=[Label(name=name, value=value) for name, value in _all_labels(case)],
                start=self._ended - before,
                stop=self._ended - before,
            )
            for before, one in zip(range(len(told), 0, -1), told, strict=True)
        ]

    def _named(self, case: Case) -> dict[str, Any]:
        """Return the fields that make results those of one test, in every run."""
        full_name = f"taskconform::{case.clause.id}"
        return {
            "uuid": str(uuid.uuid4()),
            "historyId": _digest(self._report.target.name, full_name),
            "testCaseId": _digest(full_name),
            "fullName": full_name,
            "titlePath": ["taskconform", area_title(case.area)],
            "name": f"{case.clause.id}: {case.clause.title}",
            "stage": "finished",
        }

    def _links(self, case: Case) -> list[tuple[str, str, str]]:
        """Kind, address and name of each: the clause in the published pages, and where its waivers are tracked."""
        url = reference(case.clause.id, self._documentation)
        own = [("link", url, f"{case.clause.id} in the clause reference")] if url else []
        held = self._report.gate.waivers if self._report.gate else ()
        return own + [("issue", one.link, one.reason) for one in held if one.link and one.clause == case.clause.id]

    def _divergence(self, found: DivergenceResult) -> TestStepResult:
        """One divergence: the steps of its trace, its script, and the raw exchange."""
        trace = self._traces.get(found.signature)
        told = steps(trace) if trace is not None else []
        return TestStepResult(
            name=found.summary,
            status=Status.FAILED,
            stage="finished",
            start=self._ended,
            stop=self._ended,
            steps=[self._step(words, found if number == len(told) else None) for number, words in enumerate(told, 1)],
            attachments=self._attachments(found),
        )

    def _step(self, words: str, shows: DivergenceResult | None) -> TestStepResult:
        """One step of a trace, and the divergence that it shows, if it does."""
        details = StatusDetails(message=f"expected {shows.expected}\nobserved {shows.observed}") if shows else None
        return TestStepResult(
            name=words,
            status=Status.FAILED if shows else Status.PASSED,
            statusDetails=details,
            stage="finished",
            start=self._ended,
            stop=self._ended,
        )

    def _attachments(self, found: DivergenceResult) -> list[Attachment]:
        """Write and name what goes with a divergence."""
        kept = []
        for name, body, kind, extension in (
            ("script", script(found, self._out), "text/plain", "py"),
            ("exchange", exchange(found, self._out), "application/json", "json"),
        ):
            if body:
                file = ATTACHMENT_PATTERN.format(prefix=uuid.uuid4(), ext=extension)
                self._log.report_attached_data(body, file)
                kept.append(Attachment(name=name, source=file, type=kind))
        return kept


def _all_labels(case: Case) -> list[tuple[str, str]]:
    """The labels of a case, and those that a test framework adds of its own."""
    return [
        *labels(case),
        ("framework", "taskconform"),
        ("language", "python"),
        ("package", f"taskconform.{case.area}"),
    ]


def _environment(report: Report) -> dict[str, Any]:
    """Return the run and its target, for Allure's environment."""
    run = report.run
    return {
        "target": report.target.name,
        "product": product(report),
        **report.target.identity,
        "suite": report.suite.version,
        "profile": run.profile,
        "seed": run.seed,
        "plan": run.plan_digest,
        "calls": run.calls,
        "verdict": verdict(report),
    }


def _digest(*parts: str) -> str:
    """A name for these parts, the same in every run."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
