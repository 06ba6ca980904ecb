"""The house around the code: what is packed, what the commands answer, and that pages, CI and configuration agree."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import pytest
from here import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("model", "strategies", "conformance", "reports")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def taskconform(*words: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, as installed beside this Python."""
    program = "import sys; from taskconform.conformance.cli.command import main; sys.argv[0] = 'taskconform'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env={**os.environ, **environment},
    )


# --- what is packed ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy of what belongs to it: nothing of an earlier build gets in."""
    folder = tmp_path_factory.mktemp("build")
    tree = folder / "tree"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    program = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_holds_the_tree_and_nothing_else(wheel):
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    there = {
        f"taskconform/{path.relative_to(ROOT).as_posix()}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == there
    assert {name.rpartition("/")[2] for name in there if "govmomi" in name} == {"go.mod", "go.sum", "main.go"}


def test_wheel_carries_the_licence(wheel):
    licence = next(name for name in wheel.namelist() if name.endswith("licenses/LICENSE"))
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_alone_is_a_program_and_holds_nothing_compiled(wheel, tmp_path):
    """`python -m taskconform.conformance`, from a folder that has the wheel and nothing of the tree. There is no
    __main__ above: pytest would take it for the plugin's, and warn that it is imported already."""
    wheel.extractall(tmp_path)
    assert not [name for name in wheel.namelist() if "__pycache__" in name]
    assert "taskconform/__main__.py" not in wheel.namelist()
    program = (
        "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); runpy.run_module(sys.argv.pop(1), None, '__main__')"
    )
    words = [str(tmp_path), "taskconform.conformance", "clauses", "life.final"]
    command = [sys.executable, "-S", "-c", program, *words]
    paths = os.pathsep.join(path for path in sys.path if "site-packages" in path)
    environment = {**os.environ, "PYTHONPATH": paths}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "life.final" in done.stdout


def test_every_package_is_typed_and_the_root_is_none():
    assert not (ROOT / "__init__.py").exists()
    for package in PACKAGES:
        assert (ROOT / package / "py.typed").exists()
        assert not list((ROOT / package).rglob("test_*.py"))


def test_entry_points_load():
    for group in ("taskconform.targets", "console_scripts", "pytest11"):
        for point in entry_points(group=group):
            if point.value.startswith("taskconform."):
                assert callable(point.load()) or group == "pytest11"
    assert {point.name for point in entry_points(group="taskconform.targets")} >= {"builtin", "vcsim"}


# --- configuration ----------------------------------------------------------------------------------------------------


def test_no_package_evades_the_checks():
    """A fifth folder has to be named to the contracts and to mypy."""
    top = {name.split(".")[1] for name in PROJECT["tool"]["setuptools"]["packages"]}
    contracts = PROJECT["tool"]["importlinter"]
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert top == set(PACKAGES)
    assert {name.split(".")[1] for name in contracts["root_packages"]} == top
    assert {name.split(".")[1] for name in contracts["contracts"][0]["layers"]} == top
    assert set(re.findall(r"-p taskconform\.(\w+)", tox)) == top


def test_specification_and_oracle_are_under_the_contract():
    contract = next(each for each in PROJECT["tool"]["importlinter"]["contracts"] if "oracle" in each["name"])
    layered = {name for layer in contract["layers"] for name in re.findall(r"model\.(\w+)", layer)}
    assert layered == {path.name for path in (ROOT / "model").iterdir() if (path / "__init__.py").exists()}


def test_every_dependency_is_locked():
    wanted = {"run": PROJECT["project"]["dependencies"], **PROJECT["dependency-groups"]}
    for name, requirements in wanted.items():
        lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        for requirement in requirements:
            project = re.match(r"[\w.-]+", requirement)[0].lower()
            assert re.search(rf"^{project}==\S+.* \\\n    --hash=sha256:", lock, re.MULTILINE), requirement
        assert "://" not in lock


def test_ci_runs_what_the_readme_says():
    """The two commands stand alone in the README; CI runs the one for the tests, letter by letter."""
    run, tests = re.findall(r"^python3 -m venv .*$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    script = ROOT / ".ci" / "run"
    assert script.read_text(encoding="utf-8").splitlines()[-1] == tests
    assert os.access(script, os.X_OK)
    assert run.endswith("taskconform run")
    for file in re.findall(r"requirements/\w+\.txt", f"{run} {tests}"):
        assert (ROOT / file).exists()


# --- the commands -----------------------------------------------------------------------------------------------------


def commands() -> list[str]:
    """Every command, as `--help` lists them."""
    import typer  # noqa: PLC0415 -- only to ask it

    from taskconform.conformance.cli.command import app  # noqa: PLC0415

    return list(typer.main.get_command(app).commands)


@pytest.mark.parametrize("command", ["", *commands()])
def test_help(command):
    done = taskconform(*command.split(), "--help")
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["run", "nobody"], "nobody"),
        (["run", "no.such.module:factory"], "no.such.module"),
        (["run", "--set", "no-such=1"], "no-such"),
        (["run", "--set", "cap"], "cap"),
        (["run", "--profile", "hasty"], "hasty"),
        (["run", "--clauses", "nothing.*"], "nothing.*"),
        (["run", "--no-such-option"], "--no-such-option"),
        (["run", "ftp://user@host/sdk"], "ftp://user@host/sdk"),
        (["run", "https://user:secret@127.0.0.1/sdk"], "password"),
        (["clauses", "nothing.*"], "nothing.*"),
        (["no-such-command"], "no-such-command"),
        (["judge", "no-such-folder"], "no-such-folder"),
        (["judge", "no-such-folder", "--on", "2027-01-01"], "--waivers"),
        (["run", "--waivers", "no-such-file.toml"], "no-such-file.toml"),
        (["waive", "no-such-report.json", "-o", "waivers.toml"], "no-such-report.json"),
        (["waive", "no-such-report.json"], "--out"),
        (["diff", "no-such-report.json", "no-such-report.json"], "no-such-report.json"),
        (["diff", "--json", "--markdown", "one", "two"], "not both"),
        (["replay", "no-such-trace.json"], "no-such-trace.json"),
        (["certify", "."], "--key"),
        (["certify", ".", "--key", "no-such-key.pem"], "no-such-key.pem"),
        (["certify", ".", "--new-key", "key.pem"], "--new-key"),
        (["verify", "no-such-bundle.zip", "--key", "no-such-key.pem"], "no-such-key.pem"),
        (["run", "--set", "private=abc"], "private"),
    ],
)
def test_wrong_usage_is_exit_code_3_and_one_line(words, named, tmp_path):
    done = taskconform(*words, folder=tmp_path)
    assert done.returncode == 3, done.stderr
    assert named in done.stderr
    assert "secret" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_nobody_there_is_exit_code_4(tmp_path):
    done = taskconform("run", "https://user@127.0.0.1:1/sdk", folder=tmp_path, TASKCONFORM_PASSWORD="any")
    assert done.returncode == 4, done.stderr


# --- the pages --------------------------------------------------------------------------------------------------------


def test_the_adapter_of_the_page_runs(tmp_path):
    """It is sound; its bugs are named, what is right is not, and what it leaves out is not asked for."""
    page = (ROOT / "docs" / "adapter.md").read_text(encoding="utf-8")
    adapter = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    assert len([line for line in adapter.splitlines() if line.strip()]) < 120
    (tmp_path / "tiny.py").write_text(adapter, encoding="utf-8")
    here = {"folder": tmp_path, "PYTHONPATH": str(tmp_path)}
    examined = taskconform("doctor", "tiny:open_target", **here)
    assert examined.returncode == 0, examined.stdout + examined.stderr
    done = taskconform("run", "tiny:open_target", "--out", "out", **here)
    assert done.returncode == 1, done.stderr
    verdicts = {each["id"]: each for each in json.loads((tmp_path / "out" / "report.json").read_bytes())["clauses"]}
    areas = {}
    for clause, each in verdicts.items():
        areas.setdefault(clause.partition(".")[0], {})[clause] = each["verdict"]
    about = ("recent", "create", "info", "life", "extension", "session")
    assert {clause for area in about for clause, verdict in areas[area].items() if verdict == "failed"} == {
        *("info.result-state", "info.error-state"),
        *("life.result", "life.fault", "life.fault-kind"),
    }
    left_out = ("collector", "description", "filter", "page", "watch")
    assert {verdict for area in left_out for verdict in areas[area].values()} == {"not_applicable"}
    assert "ReadNextTasks" in verdicts["filter.state"]["reason"]
    assert verdicts["life.cancel"]["reason"] == "the target has no CancelTask"


def test_the_readme_shows_the_specification_as_it_is():
    """Its collector limit, whole."""
    (shown,) = re.findall(r"^```python\n(def read_max_collector.*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    assert shown.count("\ndef ") == 3
    assert shown in read("model/spec/collectors.py")


def test_pages_name_real_clauses_and_commands():
    from taskconform.model.clauses.registry import CLAUSES, matching  # noqa: PLC0415

    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    known = set(commands())
    for page in pages:
        text = page.read_text(encoding="utf-8")
        for glob in re.findall(r"taskconform clauses '?([\w.*-]+)'?", text):
            assert matching(glob), f"{page.name}: {glob}"
        for clause in re.findall(r"^FAILED (\S+)", text, re.MULTILINE):
            assert clause in CLAUSES, f"{page.name}: {clause}"
        typed = {"README.md", "guide.md", "adapter.md", "pytest.md", "safety.md", "CONTRIBUTING.md"}
        if page.name in typed | {"gating.md", "certifying.md"}:
            for command in re.findall(
                r"^(?:\$ )?(?:\S+=\S* )?(?:\.venv/bin/)?taskconform ([a-z]+)", text, re.MULTILINE
            ):
                assert command in known, f"{page.name}: {command}"
