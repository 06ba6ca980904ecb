"""Targets that have a part of the API: set-up that faults, lost answers, and what a run makes of them."""

from __future__ import annotations

import io
import json

import part_targets
import pytest
from part_targets import short_run
from rich.console import Console

from taskconform.conformance.errors import DIVERGES, UNDECIDED
from taskconform.conformance.records.delivery import write
from taskconform.conformance.records.replay import replay
from taskconform.conformance.records.traces import make_traces, read_trace
from taskconform.conformance.verdicts.offline import judge
from taskconform.reports.document import encode
from taskconform.reports.render.terminal import render
from taskconform.reports.wording import share, shortfalls, verdict


def failed(report):
    return {clause.id for clause in report.clauses if clause.verdict == "failed"}


@pytest.mark.parametrize(
    ("factory", "clauses", "few", "call"),
    [
        (part_targets.without_extensions, {"extension.register"}, False, "RegisterExtension"),
        (part_targets.without_login, {"session.shared"}, True, "Login"),
        (part_targets.without_second_login, {"session.shared"}, False, ""),
    ],
)
def test_set_up_that_faults_takes_along_what_needs_it(monkeypatch, tmp_path, factory, clauses, few, call):
    folder = tmp_path / "history"
    target = factory({})
    finished = short_run(monkeypatch, folder, target)
    report = finished.report
    assert report.run.exit_code == DIVERGES
    assert clauses <= failed(report)
    assert all(clause.startswith(("extension.", "session.")) for clause in failed(report))
    assert (report.totals.passed < 12) == few
    assert {each.call for each in report.setup} == ({call} if call else set())
    assert {each.outcome for each in report.setup} <= {"NotSupported"}
    assert encode(judge(folder, lambda *_: None).report) == encode(report)
    traces = make_traces(finished.tally, finished.declaration)
    write(finished, traces, folder, tmp_path)
    for clause in report.clauses:
        for found in clause.divergences:
            assert (tmp_path / found.trace).is_file()
            assert bool(found.script) == (not traces[found.signature].in_setup)
            assert not found.script or (tmp_path / found.script).is_file()
            assert replay(read_trace(tmp_path / found.trace), target, 1, Console(quiet=True))


def test_lost_answers_stand_at_the_top_of_every_report(monkeypatch, tmp_path):
    folder = tmp_path / "history"
    finished = short_run(monkeypatch, folder, part_targets.without_create_answers({}))
    report = finished.report
    assert report.run.exit_code == UNDECIDED
    assert not report.totals.passed
    assert report.lost.too_many
    assert [(each.call, each.reason) for each in report.lost.answers] == [("CreateTask", "the answer is no XML")]
    assert f"{report.lost.times} of {report.lost.calls} answers lost" in verdict(report)
    assert "too many answers were lost" in verdict(report)
    assert "%" not in share(report)
    (said,) = shortfalls(report)
    write(finished, {}, folder, tmp_path)
    assert json.loads((tmp_path / "report.json").read_bytes())["lost"]["times"] == report.lost.times
    console = Console(record=True, width=300, file=io.StringIO())
    render(report, {}, console)
    names = ("report.html", "summary.md", "junit.xml")
    for text in (console.export_text(), *((tmp_path / name).read_text() for name in names)):
        head = text.partition("<main>")[0][-2_000:] if "<main>" in text else text[:2_000]
        assert said in head
