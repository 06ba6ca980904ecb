"""The command line, as people type it: in a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from taskconform.model.clauses.registry import CLAUSES

FAULTY = "mutant"
PASSWORD = "TASKCONFORM_PASSWORD"
FAULT = "cancel-of-queued-wrong-fault"


def taskconform(*arguments, cwd, **more):
    return subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env={**os.environ, "COLUMNS": "100", **more},
    )


@pytest.fixture(scope="module")
def departed(tmp_path_factory):
    """A run on a simulator with a fault in it."""
    cwd = tmp_path_factory.mktemp("departed")
    done = taskconform("run", FAULTY, "--set", f"mutant={FAULT}", "--workers", "1", "--out", "out", cwd=cwd)
    return cwd, done


def test_a_run_writes_what_the_report_names(departed):
    cwd, done = departed
    assert done.returncode == 1, done.stderr
    assert "FAILED  CancelTask faults with InvalidState where NotSupported is due: life.cancel-unsupp" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("exit code 1: life.cancel-unsupported (must) failed: ")
    whole = taskconform("judge", "out", "-v", cwd=cwd)
    assert "FAILED life.cancel-unsupported  (must)" in whole.stdout
    assert whole.stdout.splitlines()[-1].startswith("exit code 1: ")
    out = cwd / "out"
    report = json.loads((out / "report.json").read_text())
    assert report["schema"] == "taskconform.report/1"
    assert report["run"]["exit_code"] == 1
    found = next(one for one in report["clauses"] if one["id"] == "life.cancel-unsupported")["divergences"][0]
    assert (out / found["trace"]).exists()
    compile((out / found["script"]).read_text(), found["script"], "exec")
    assert "life.cancel-unsupported" in (out / "summary.md").read_text()
    page = (out / "report.html").read_text()
    assert page.count("<svg") == sum(len(one["divergences"]) for one in report["clauses"])
    assert (out / found["script"]).read_text().splitlines()[0] in page
    assert (out / "history" / "run.json").exists()


def test_the_matrix_of_runs_is_one_page_with_their_traces(departed):
    cwd, _ = departed
    done = taskconform("matrix", "out", "out/report.json", "-o", "matrix.html", cwd=cwd)
    assert done.returncode == 0, done.stderr
    page = (cwd / "matrix.html").read_text()
    assert 'id="t-life.cancel-unsupported"' in page
    assert '<ol class="steps">' in page
    assert f"2 targets, {len(CLAUSES)} clauses: no difference where both were judged" in page


def test_judge_gives_the_same_report(departed):
    cwd, done = departed
    again = taskconform("judge", "out", "--out", "again", cwd=cwd)
    assert again.returncode == done.returncode
    assert (cwd / "again" / "report.json").read_bytes() == (cwd / "out" / "report.json").read_bytes()


def test_replay_shows_a_trace_where_it_was_seen_and_not_where_it_was_not(departed):
    cwd, _ = departed
    trace = next((cwd / "out" / "traces").glob("life.cancel-unsupported*.json"))
    there = taskconform("replay", str(trace), FAULTY, "--set", f"mutant={FAULT}", cwd=cwd)
    assert there.returncode == 1, there.stderr
    assert "the divergence shows: 1 of 1" in there.stdout
    elsewhere = taskconform("replay", str(trace), cwd=cwd)
    assert elsewhere.returncode == 0
    assert "the divergence does not show" in elsewhere.stdout


def test_the_selection_chooses_what_is_reported_and_not_what_is_explored(departed, tmp_path):
    cwd, _ = departed
    arguments = ("run", FAULTY, "--set", f"mutant={FAULT}", "--workers", "1", "--clauses", "recent.*", "--out", "out")
    done = taskconform(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    whole = json.loads((cwd / "out" / "report.json").read_text())
    part = json.loads((tmp_path / "out" / "report.json").read_text())
    assert part["run"]["plan_digest"] == whole["run"]["plan_digest"]
    assert {one["id"].partition(".")[0] for one in part["clauses"]} == {"recent"}


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (("run", "no-such-target"), 3, "no target no-such-target"),
        (("run", "no.such.module:thing"), 3, "no.such.module:thing"),
        (("run", "--profile", "eternal"), 3, "no profile eternal: there are smoke, quick, standard, certify"),
        (("run", "--clauses", "nothing.*"), 3, "no clause matches nothing.*"),
        (("run", "--set", "nonsense"), 3, "--set wants KEY=VALUE"),
        (("run", "--set", "colour=red"), 3, "colour"),
        (("run", "--no-such-option"), 3, "no-such-option"),
        (("run", "vcsim:/no/such/binary"), 3, "/no/such/binary"),
        (("run", "http://user@127.0.0.1:9/sdk"), 4, "127.0.0.1:9"),
        (("clauses", "nothing.*"), 3, "no clause matches nothing.*"),
        (("judge", "."), 3, "is no history"),
        (("replay", "nothing.json"), 3, "nothing.json"),
        (("matrix", "."), 3, "report.json: No such file"),
        (("matrix", "nothing.json"), 3, "nothing.json"),
        (("matrix",), 3, "REPORT"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, code, line, tmp_path):
    done = taskconform(*arguments, cwd=tmp_path, **{PASSWORD: "secret"})
    assert done.returncode == code, done.stderr
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret" not in done.stderr


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("mine")
    done = taskconform("run", "--out", "out", cwd=tmp_path)
    assert done.returncode == 3
    assert "out is not empty" in done.stderr
    assert (tmp_path / "out" / "thesis.tex").read_text() == "mine"


def test_a_run_that_never_began_leaves_the_last_one_as_it_was(departed):
    cwd, _ = departed
    before = {path: path.read_bytes() for path in (cwd / "out").rglob("*") if path.is_file()}
    assert taskconform("run", "no-such-target", "--out", "out", cwd=cwd).returncode == 3
    assert {path: path.read_bytes() for path in (cwd / "out").rglob("*") if path.is_file()} == before


def children_of(pid):
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def descendants(pid):
    found = children_of(pid)
    return found + [below for child in found for below in descendants(child)]


def test_an_interrupt_ends_everything_that_was_started(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "taskconform.conformance", "run", "vcsim", "--out", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(tmp_path.glob("out/history/shard-0*")):
        time.sleep(0.1)
    started = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip().splitlines()[-1] == "taskconform: interrupted"
    assert "Traceback" not in said
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in started):
        time.sleep(0.1)
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
