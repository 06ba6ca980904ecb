"""Requirement sets: a clause that is added later is told, and fails nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib

import pytest
from here import ROOT, TESTS

from taskconform.conformance.errors import HistoryError, Refused
from taskconform.conformance.verdicts.offline import judge
from taskconform.conformance.verdicts.requirements import read_requirements, requirements_of
from taskconform.model.clauses import requirements
from taskconform.model.clauses.registry import CLAUSES

LATER = "life.cancel-unsupported"
MUTANT = ("--set", "faults=cancel-of-queued-wrong-fault")
BEFORE = "0.0.9"


def taskconform(folder, *words):
    """The command line with a quick profile of a few hundred calls, and with a set that lacks a clause."""
    program = (
        "from taskconform.model.clauses import requirements; from taskconform.model.clauses.registry import CLAUSES\n"
        f"sets = {{{BEFORE!r}: frozenset(CLAUSES) - {{{LATER!r}}}}}\n"
        "import taskconform.conformance.verdicts.requirements as held; held.requirement_sets = lambda: sets\n"
        "import runpy; runpy.run_module('gate_targets', run_name='__main__')\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
        env={**os.environ, "PYTHONPATH": str(TESTS / "support")},
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("held")
    words = ("run", "gate_targets:open_target", *MUTANT, "--workers", "1", "--requirements", BEFORE)
    return folder, taskconform(folder, *words)


def report_of(folder):
    return json.loads((folder / "taskconform-out" / "report.json").read_bytes())


def test_a_clause_that_was_added_later_fails_nobody_and_is_told(ran):
    folder, done = ran
    report = report_of(folder)
    assert report["run"]["requirements"] == BEFORE
    (later,) = [one for one in report["clauses"] if one["id"] == LATER]
    assert later["verdict"] == "not_applicable"
    assert later["reason"] == f"added after {BEFORE}, not scored; it would be failed"
    assert report["totals"]["failed"] == 0
    assert done.returncode == report["run"]["exit_code"] != 1, done.stdout


def test_without_the_set_it_fails(tmp_path):
    done = taskconform(tmp_path, "run", "gate_targets:open_target", *MUTANT, "--workers", "1")
    assert done.returncode == 1
    assert report_of(tmp_path)["run"]["requirements"] == ""


def test_judged_again_it_is_held_to_the_set_of_its_head(ran):
    folder, _ = ran
    report = judge(folder / "taskconform-out" / "history", lambda *_: None).report
    assert report.run.requirements == BEFORE
    assert next(one for one in report.clauses if one.id == LATER).verdict == "not_applicable"


def test_what_makes_no_sense_is_refused(tmp_path):
    with pytest.raises(Refused, match=r"no requirement set 7\.7\.7: there are 0\.1\.0"):
        requirements_of("7.7.7")
    with pytest.raises(HistoryError, match="garbles its requirements"):
        read_requirements({"name": 7})
    (tmp_path / "b.toml").write_text("")
    for words in (("--baseline", "b.toml"), ()):
        target = "builtin" if words else "recording:b.toml"
        done = taskconform(tmp_path, "run", target, "--requirements", BEFORE, *words)
        assert done.returncode == 3, done.stderr


def test_the_sets_name_clauses_by_the_api_release_that_brought_them():
    document = tomllib.loads((ROOT / "model" / "clauses" / requirements.FILE).read_text(encoding="utf-8"))
    assert "0.1.0" in document
    for by_release in document.values():
        for since, ids in by_release.items():
            assert ids
            assert {CLAUSES[one].since for one in ids if one in CLAUSES} == {since}
    assert len(requirements.requirement_sets()["0.1.0"]) > 200


def test_a_set_is_frozen_by_the_release_and_others_stay(tmp_path):
    for name in ("ci", "model/clauses"):
        shutil.copytree(ROOT / name, tmp_path / name)
    path = tmp_path / "model" / "clauses" / requirements.FILE
    before = tomllib.loads(path.read_text(encoding="utf-8"))

    def freeze(*words):
        command = [sys.executable, "ci/freeze.py", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert freeze("--check", "9.8.7") == 1
    assert freeze("9.8.7") == 0
    assert freeze("--check", "9.8.7") == 0
    after = tomllib.loads(path.read_text(encoding="utf-8"))
    assert {name: after[name] for name in before} == before
    assert sum(map(len, after["9.8.7"].values())) == len(CLAUSES)
    assert freeze("nine") == 3
    step = (ROOT / "ci" / "release.yml").read_text(encoding="utf-8")
    assert 'python ci/freeze.py --check "$version"' in step
