"""Events of a run, a soak, a qualification: the file of events, and that terminal and progress bar hear the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import typer
from here import ROOT, TESTS

from taskconform.conformance import events as kinds
from taskconform.conformance.cli import events as told
from taskconform.conformance.cli import terminal
from taskconform.conformance.errors import Refused, TargetUnreachable

MUTANT = ("--set", "faults=cancel-of-queued-wrong-fault")
CLAUSE = "life.cancel-unsupported"
NOW = kinds.Moment(at=datetime(2026, 12, 1, 8, 30, 0, 1000, tzinfo=UTC), seconds=1.5)


def taskconform(folder, *words):
    """The command line with a quick profile of a few hundred calls."""
    return subprocess.run(
        [sys.executable, "-m", "gate_targets", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
        env={**os.environ, "TASKCONFORM_PASSWORD": "none", "PYTHONPATH": str(TESTS / "support")},
    )


def read(path):
    """The events of a file, each with what all have."""
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    times = [event["seconds"] for event in events]
    assert times == sorted(times)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["at"]) for event in events)
    assert events[0]["event"] == "began"
    assert events[0]["schema"] == kinds.SCHEMA
    assert [event["event"] for event in events].count("ended") == 1
    assert events[-1]["event"] == "ended"
    return events


def of(kind, events):
    return [event for event in events if event["event"] == kind]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("events")
    words = ("run", "gate_targets:open_target", *MUTANT, "--workers", "1", "--events", "events.ndjson")
    return folder, taskconform(folder, *words)


def test_a_run_says_what_happened_when(ran):
    folder, done = ran
    events = read(folder / "events.ndjson")
    report = json.loads((folder / "taskconform-out" / "report.json").read_bytes())
    assert (done.returncode, events[-1]["exit_code"]) == (1, 1)
    assert of("performed", events)[0]["verdicts"] == report["totals"]
    assert events[0]["doing"] == report["run"]["command"]
    shards = [event for event in of("part", events) if event["part"].startswith("shard-")]
    assert [shard["part"] for shard in shards] == ["shard-00", "shard-01"]
    assert sum(part["calls"] for part in of("part", events)) == report["run"]["calls"]
    (found,) = of("found", events)
    assert (found["clause"], found["signature"].partition(":")[0]) == (CLAUSE, CLAUSE)
    (again,) = of("confirmed", events)
    assert (again["signature"], again["shown"], again["runs"]) == (found["signature"], 2, 2)
    stages = [(event["stage"], event["done"], event["total"]) for event in of("progress", events)]
    assert [one for one in stages if one[0] == "exploring"] == [("exploring", at, 2) for at in range(3)]
    assert len(stages) == len(set(stages))


def test_the_terminal_shows_the_same_event(ran):
    folder, done = ran
    (found,) = of("found", read(folder / "events.ndjson"))
    line = f"{found['seconds']:7.1f} s  found  {CLAUSE}: expected {found['expected']}; observed {found['observed']}"
    assert line in done.stdout.splitlines()


def test_a_soak_says_when_each_seed_is_over(tmp_path):
    words = ("soak", "gate_targets:open_target", "--max-time", "0s", "--store", "store", *MUTANT, "--workers", "1")
    for seed, new in ((0, 1), (1, 0)):
        done = taskconform(tmp_path, *words, "--events", "events.ndjson")
        events = read(tmp_path / "events.ndjson")
        assert (done.returncode, events[-1]["exit_code"]) == (1, 1), done.stderr
        (over,) = of("seed", events)
        assert (over["seed"], over["new"], over["in_all"]) == (seed, new, 1)
        assert len(of("found", events)) == new


def test_a_qualification_tells_too(tmp_path):
    words = ("qualify", "cancel-of-queued-wrong-fault", "--profile", "quick", "--seeds", "1", "--workers", "1")
    done = taskconform(tmp_path, *words, "--events", "events.ndjson")
    events = read(tmp_path / "events.ndjson")
    assert events[-1]["exit_code"] == done.returncode
    assert of("progress", events)[-1]["done"] == of("progress", events)[-1]["total"] > 0


def test_a_run_that_breaks_off_says_why(tmp_path):
    done = taskconform(tmp_path, "run", "https://u@127.0.0.1:1/sdk", "--events", "events.ndjson")
    ended = read(tmp_path / "events.ndjson")[-1]
    assert (done.returncode, ended["exit_code"]) == (4, 4)
    assert ended["why"]
    assert ended["why"] in " ".join(done.stderr.split())


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_run(tmp_path):
    done = taskconform(tmp_path, "run", "builtin", "--events", "nowhere/events.ndjson")
    assert done.returncode == 3
    assert "cannot write events to nowhere/events.ndjson: No such file or directory" in done.stderr


def test_a_file_that_is_full_ends_nothing(capsys):
    with told.events_of("run", Path("/dev/full")) as events:
        events("exploring", 0, 1)
    assert "events are not written to /dev/full any more: No space left on device" in capsys.readouterr().err


def test_each_exception_ends_the_events_with_its_exit_code(tmp_path):
    for problem, code, why in (
        (typer.Exit(2), 2, ""),
        (Refused("no"), 3, "no"),
        (TargetUnreachable("gone"), 4, "gone"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (ZeroDivisionError("x"), 4, "this is a fault of the suite, not of the target"),
    ):
        with pytest.raises(type(problem)), told.events_of("run", tmp_path / "e"):
            raise problem
        ended = read(tmp_path / "e")[-1]
        assert (ended["exit_code"], ended.get("why", "")) == (code, why)


def test_what_a_target_says_stays_one_line_and_prints():
    event = kinds.Found(clause="a.b", signature="a.b:c", expected="x", observed='\x1b[31m\n{"event"\u202e\ud800')
    line = kinds.encoded(event, NOW)
    assert line.count(b"\n") == 1
    assert line.isascii()
    read_back = json.loads(line)
    assert (read_back["event"], read_back["at"], read_back["seconds"]) == ("found", "2026-12-01T08:30:00.001Z", 1.5)
    assert read_back["observed"].startswith("\\x1b[31m {")


def test_the_bar_moves_by_events_and_stops_when_all_is_performed(monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with terminal.Bar() as bar:
        bar(kinds.Progressed(stage="exploring", done=2, total=5), NOW)
        assert [(task.description, task.completed) for task in bar._progress.tasks] == [("exploring", 2)]
        bar(kinds.Performed(), NOW)
        assert not bar._progress.live.is_started


def test_the_page_has_every_kind_and_field():
    page = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    for kind in kinds.Event.__subclasses__():
        info = msgspec.inspect.type_info(kind)
        row = next(line for line in page.splitlines() if line.startswith(f"| `{info.tag}` |"))
        for field in info.fields:
            assert f"`{field.encode_name}`" in row, (info.tag, field.encode_name)
    assert f"`{kinds.SCHEMA}`" in page
