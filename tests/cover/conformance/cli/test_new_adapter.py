"""`taskconform new-adapter`: what it writes is sound, and right in all that it has."""

from __future__ import annotations

import importlib.util

import pytest
from part_targets import short_run

from taskconform.conformance.adapter import fault
from taskconform.conformance.cli.doctor import examine
from taskconform.conformance.cli.new_adapter import new_adapter
from taskconform.conformance.errors import Refused


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_it_writes_is_sound_and_right_in_what_it_has(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    new_adapter("my_tasks")
    assert "taskconform run my_tasks:open_target" in capsys.readouterr().out
    text = (tmp_path / "my_tasks.py").read_text()
    assert "skeleton" not in text.lower()
    monkeypatch.syspath_prepend(tmp_path)
    found = examine("my_tasks:open_target", {})
    assert found.sound
    assert found.lacks == ()
    target = loaded(tmp_path / "my_tasks.py").MyTasksTarget()
    report = short_run(monkeypatch, tmp_path / "history", target).report
    failed = {clause.id for clause in report.clauses if clause.verdict == "failed"}
    assert failed <= {"life.fault-kind"}
    assert report.totals.passed > 5


@pytest.mark.parametrize("name", ["two words", "1st", "a-b", ""])
def test_names_that_are_none_of_a_module(name):
    with pytest.raises(Refused):
        new_adapter(name)


def test_nothing_is_overwritten(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("")
    with pytest.raises(Refused, match="is there already"):
        new_adapter("mine")


def test_a_fault_brings_all_that_it_is():
    assert fault("NotAuthenticated").kinds[:3] == ("NotAuthenticated", "NoPermission", "SecurityError")
    assert fault("OurOwn").kinds == ("OurOwn", "MethodFault")
