"""The option --shadow, as people type it: every report lists what is unclassified, and nothing else changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

ADAPTER = """
from taskconform.conformance.qualification.variants.registry import together

def open_target(options):
    return together(["tasks-have-names"])
"""


def taskconform(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env={**os.environ, "COLUMNS": "100", "PYTHONPATH": str(cwd)},
    )


def test_unclassified_differences_are_listed_and_decide_nothing(tmp_path):
    (tmp_path / "named_tasks.py").write_text(ADAPTER)
    target = ("run", "named_tasks:open_target", "--profile", "smoke", "--workers", "1")
    done = taskconform(*target, "--shadow", "--out", "with", cwd=tmp_path)
    plain = taskconform(*target, "--out", "without", cwd=tmp_path)
    assert done.returncode == plain.returncode, done.stderr
    told = "CreateTask, TaskInfo.name: the specification has unset; observed "
    assert told in done.stdout
    assert told not in plain.stdout
    reports = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("with", "without")]
    [found] = reports[0].pop("unclassified")
    assert reports[1].pop("unclassified") == []
    assert (found["call"], found["where"], len(found["steps"])) == ("CreateTask", "TaskInfo.name", 1)
    assert reports[0]["clauses"] == reports[1]["clauses"]
    assert found["steps"][0] in (tmp_path / "with" / "report.html").read_text()
    assert "no clause covers" in (tmp_path / "with" / "summary.md").read_text()
    again = taskconform("judge", "with", "--shadow", cwd=tmp_path)
    assert told in again.stdout


def test_inexact_targets_are_refused_in_a_line(tmp_path):
    (tmp_path / "inexact.py").write_text(
        ADAPTER.replace("open_target(options)", "opened()")
        + """
from taskconform.model.vocabulary.words import evolve

def open_target(options):
    target = opened()
    target._declaration = evolve(target.declaration, capabilities=("reset",))
    return target
"""
    )
    done = taskconform("run", "inexact:open_target", "--shadow", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.strip().endswith("it does not declare clock")
    assert not (tmp_path / "taskconform-out" / "report.json").exists()
