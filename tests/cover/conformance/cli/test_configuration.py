"""Defaults of the command line, and what is typed before any command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version

import pytest

from taskconform.conformance.cli.configuration import defaults
from taskconform.conformance.errors import Refused

OPTIONS = {"run": {"profile": False, "set_": True, "max_time": False}, "clauses": {"glob": False}}


def configured(folder, text, **options):
    (folder / "pyproject.toml").write_text(text)
    return defaults(OPTIONS, folder, **options)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in [name for name in os.environ if name.startswith("TASKCONFORM_")]:
        monkeypatch.delenv(name)


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_table_of_each_command_is_read(tmp_path):
    text = '[tool.taskconform.run]\nprofile = "standard"\nset = ["a=b"]\nmax-time = "8h"\n'
    assert configured(tmp_path, text) == {"run": {"profile": "standard", "set_": ["a=b"], "max_time": "8h"}}


def test_it_is_the_nearest_one_that_has_the_table(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "pyproject.toml").write_text('[project]\nname = "mine"\n')
    (tmp_path / "a" / "pyproject.toml").write_text("not TOML at all [")
    (tmp_path / "pyproject.toml").write_text('[tool.taskconform.clauses]\nglob = "life.*"\n')
    assert defaults(OPTIONS, below) == {"clauses": {"glob": "life.*"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tool.taskconform.runs]\n", "tool.taskconform.runs: there is no such command"),
        ("[tool.taskconform.run]\nprofiles = 1\n", "tool.taskconform.run has no option profiles"),
        ("[tool.taskconform]\nrun = 1\n", "tool.taskconform.run is a table of options, not 1"),
        ("[tool]\ntaskconform = 1\n", "tool.taskconform is a table, not 1"),
        ("[tool.taskconform.run\n", "is no TOML"),
    ],
)
def test_what_there_is_not_is_refused_by_name(tmp_path, text, words):
    with pytest.raises(Refused, match=words):
        configured(tmp_path, text)


def test_the_environment_names_another_file_or_none(tmp_path, monkeypatch):
    text = '[tool.taskconform.clauses]\nglob = "life.*"\n'
    (tmp_path / "other.toml").write_text(text.replace("life", "page"))
    monkeypatch.setenv("TASKCONFORM_CONFIG", str(tmp_path / "other.toml"))
    assert configured(tmp_path, text) == {"clauses": {"glob": "page.*"}}
    monkeypatch.setenv("TASKCONFORM_CONFIG", "")
    assert configured(tmp_path, text) == {}
    monkeypatch.setenv("TASKCONFORM_CONFIG", str(tmp_path / "missing.toml"))
    with pytest.raises(Refused, match=r"missing\.toml: No such file"):
        configured(tmp_path, text)


def test_a_variable_goes_before_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TASKCONFORM_RUN_PROFILE", "certify")
    monkeypatch.setenv("TASKCONFORM_RUN_SET", "a=1 'b=2 3'")
    text = '[tool.taskconform.run]\nprofile = "standard"\nmax-time = "8h"\n'
    found = configured(tmp_path, text)
    assert found == {"run": {"profile": "certify", "set_": ["a=1", "b=2 3"], "max_time": "8h"}}


# --- what is typed ----------------------------------------------------------------------------------------------------


def taskconform(folder, *words, **variables):
    return subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100", **variables},
    )


def test_what_is_typed_goes_before_all(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.taskconform.clauses]\nglob = "life.final"\n')
    assert [one["id"] for one in json.loads(taskconform(tmp_path, "clauses", "--json").stdout)] == ["life.final"]
    typed = taskconform(tmp_path, "clauses", "create.root", "--json", TASKCONFORM_CLAUSES_GLOB="page.*")
    assert [one["id"] for one in json.loads(typed.stdout)] == ["create.root"]
    refused = taskconform(tmp_path, "run", "--out", "out", TASKCONFORM_RUN_SET="cap=many window=3")
    assert (refused.returncode, refused.stderr) == (3, "taskconform: builtin: cap is a number, not 'many'\n")


def test_no_command_is_wrong_usage_and_shows_the_help(tmp_path):
    bare = taskconform(tmp_path)
    assert bare.returncode == 3
    assert "Usage: " in bare.stdout
    assert bare.stderr.endswith("taskconform: name a command, such as: taskconform run builtin\n")


def test_help_and_version(tmp_path):
    short, long = taskconform(tmp_path, "-h"), taskconform(tmp_path, "--help")
    assert (short.returncode, short.stdout) == (0, long.stdout)
    assert "merge" in short.stdout
    assert "Refused" not in taskconform(tmp_path, "run", "-h").stdout
    told = taskconform(tmp_path, "--version")
    assert (told.returncode, told.stdout) == (0, f"taskconform {version('taskconform')}\n")


def test_shells_complete_commands(tmp_path):
    done = taskconform(tmp_path, COMP_WORDS="taskconform repl", COMP_CWORD="1", _TASKCONFORM_COMPLETE="complete_bash")
    assert done.stdout.split() == ["replay"]
