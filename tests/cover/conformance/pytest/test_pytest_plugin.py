"""The run as people who live in pytest have it: items, the reports drawn from them, and one call for their own tests.

All but the last chapters use a profile of a few hundred calls, which a plugin of the tests adds.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from here import TESTS
from lxml import etree

from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.errors import DoesNotConform, Refused, TargetMisnamed
from taskconform.conformance.pytest.vendor import run_conformance
from taskconform.conformance.qualification.mutants.registry import MutantTarget
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.naming import open_named
from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.cases import cases
from taskconform.reports.document import (
    ClauseResult,
    DivergenceResult,
    Report,
    Run,
    Suite,
    TargetSection,
    decode,
    totals,
)
from taskconform.reports.render.junit import junit

SCHEMA = TESTS / "frozen" / "junit.xsd"
FAULTY = "--taskconform=mutant"
FAULT = "root-is-the-grandparent"
BROKEN = "create.root"
TINY = """
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard

shards = (Shard(theme="lives", budget=1800, steps=50),) * 2
PROFILES["tiny"] = Profile(name="tiny", exercised=1, shards=shards, confirmations=2, loop=2)
"""
TINY_RUN = ("--taskconform-profile=tiny", "--taskconform-workers=1")
EXPECTED = "expected    task D: rootTaskKey is the key of task A"


def run_pytest(folder, *arguments, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tiny", *TINY_RUN, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env={**clean, "COLUMNS": "100", "PYTHONPATH": str(folder), **environment},
    )


def new_folder(folder):
    """A project of somebody's, who makes warnings errors."""
    (folder / "tiny.py").write_text(TINY)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return folder


@pytest.fixture
def folder(tmp_path):
    return new_folder(tmp_path)


def outcomes(path):
    """What the file of `--junitxml` says of each clause."""
    found = {}
    for case in ET.parse(path).iter("testcase"):  # noqa: S314  # our own
        told = [child.tag for child in case if child.tag != "properties"]
        found.setdefault(case.get("name"), []).append(told[0] if told else "passed")
    return found


def report_in(folder):
    return json.loads((folder / "taskconform-out" / "report.json").read_text())


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A run without workers, on a simulator with a fault."""
    folder = new_folder(tmp_path_factory.mktemp("shown"))
    done = run_pytest(
        folder, FAULTY, "--taskconform-set", f"mutant={FAULT}", "--junitxml=junit.xml", "--alluredir=allure", "-rfEs"
    )
    return folder, done


# --- the items --------------------------------------------------------------------------------------------------------


def test_each_clause_is_an_item_and_the_faulty_one_fails(shown):
    folder, done = shown
    assert done.returncode == 1, done.stdout + done.stderr
    found = outcomes(folder / "junit.xml")
    assert set(found) == set(CLAUSES)
    assert found[BROKEN] == ["failure"]
    assert [clause for clause, told in found.items() if told == ["failure"]] == [BROKEN]
    assert EXPECTED in done.stdout
    assert CLAUSES[BROKEN].statement in done.stdout
    assert "  > 4  create task D on vm (cancelable=False, parent=task C)" in done.stdout
    assert re.search(rf"^FAILED taskconform::{re.escape(BROKEN)} - must: expected task D", done.stdout, re.MULTILINE)
    assert "Traceback" not in done.stdout
    assert "plugin.py" not in done.stdout
    assert f"_ {BROKEN} (must) _" in done.stdout


def test_items_say_what_the_report_says(shown):
    folder, done = shown
    says = {"passed": "passed", "failed": "failure", "not_applicable": "skipped"}
    found = outcomes(folder / "junit.xml")
    required = {id_ for id_, told in found.items() if told == ["error"]}
    for clause in report_in(folder)["clauses"]:
        if clause["verdict"] == "not_exercised":
            assert found[clause["id"]][0] in {"error", "skipped"}
            assert clause["level"] != "Q" or clause["id"] not in required
        else:
            assert found[clause["id"]] == [says[clause["verdict"]]], clause["id"]
    assert required
    assert "ERROR taskconform::" in done.stdout
    assert "SKIPPED" in done.stdout


@pytest.mark.parametrize("dist", ["load", "loadscope", "loadfile", "loadgroup", "worksteal", "each", "no"])
def test_workers_only_show_what_the_controller_found(shown, folder, dist):
    done = run_pytest(
        folder, FAULTY, "--taskconform-set", f"mutant={FAULT}", "-n2", f"--dist={dist}", "--junitxml=junit.xml"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("exploring") == 1
    before = outcomes(shown[0] / "junit.xml")
    times = 2 if dist == "each" else 1
    assert outcomes(folder / "junit.xml") == {clause: told * times for clause, told in before.items()}
    assert report_in(folder)["run"]["plan_digest"] == report_in(shown[0])["run"]["plan_digest"]
    assert EXPECTED in done.stdout


def test_k_chooses_what_is_shown_and_not_what_is_called(shown, folder):
    done = run_pytest(folder, FAULTY, "--taskconform-set", f"mutant={FAULT}", "-k", "create.parent and must", "-v")
    assert set(re.findall(r"taskconform::(\S+) PASSED", done.stdout)) == {"create.parent", "create.parent-none"}
    assert done.returncode == 0, done.stdout
    assert report_in(folder)["run"]["plan_digest"] == report_in(shown[0])["run"]["plan_digest"]
    assert len(report_in(folder)["clauses"]) == len(CLAUSES)


def test_the_glob_chooses_what_is_reported(shown, folder):
    arguments = (
        FAULTY,
        "--taskconform-set",
        f"mutant={FAULT}",
        "--taskconform-clauses",
        "create.root*",
        "-p",
        "no:xdist",
    )
    done = run_pytest(folder, *arguments, "--junitxml=junit.xml")
    assert set(outcomes(folder / "junit.xml")) == {"create.root", "create.root-head"}
    assert done.returncode == 1
    assert report_in(folder)["run"]["plan_digest"] == report_in(shown[0])["run"]["plan_digest"]


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_an_item_can_be_named_and_stands_beside_others(folder, workers):
    (folder / "test_mine.py").write_text("def test_one():\n    pass\n")
    alone = run_pytest(folder, "--taskconform=builtin", f"taskconform::{BROKEN}", "-v", *workers)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert "1 passed" in alone.stdout
    assert "test_one" not in alone.stdout
    both = run_pytest(folder, "--taskconform=builtin", "-k", f"test_one or {BROKEN}-head", *workers)
    assert both.returncode == 0
    assert "2 passed" in both.stdout


@pytest.mark.parametrize("workers", [(), ("-n2",)])
def test_nothing_tested_is_never_green(folder, workers):
    done = run_pytest(folder, "--taskconform=builtin", "-k", "no_such_clause", *workers)
    assert done.returncode == 5
    assert not (folder / "taskconform-out").exists()
    done = run_pytest(folder, "--taskconform=builtin", "-k", "esxi", *workers)
    assert "2 skipped" in done.stdout, done.stdout
    assert done.returncode == 5
    assert "nothing was tested" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--taskconform=nobody",), "no target nobody"),
        (("--taskconform=nobody", "-n2"), "no target nobody"),
        (("--taskconform=no.such.module:thing",), "no.such.module:thing"),
        (("--taskconform=http://user@127.0.0.1:1/sdk",), "127.0.0.1:1"),
        (("--taskconform=builtin", "--taskconform-profile=hasty"), "no profile hasty"),
        (("--taskconform=builtin", "--taskconform-set", "cap"), "--taskconform-set wants KEY=VALUE"),
        (("--taskconform=builtin", "--taskconform-set", "colour=red"), "colour"),
        (("--taskconform=builtin", "--taskconform-clauses", "nothing.*"), "no clause matches nothing.*"),
        (("--taskconform=builtin", "--taskconform-out", "."), "--taskconform-out"),
        (("--taskconform=builtin", "--taskconform-workers=-1"), "--taskconform-workers"),
        (("--taskconform=builtin", "taskconform::no.such"), "no clause no.such"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(folder, arguments, line):
    done = run_pytest(folder, *arguments, TASKCONFORM_PASSWORD="any")  # of nobody
    assert done.returncode == 4, done.stdout + done.stderr
    said = [each for each in (done.stdout + done.stderr).splitlines() if line in each and "taskconform: " in each]
    assert [each for each in said if each.startswith(("ERROR: ", "!"))], done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout + done.stderr


def test_without_the_option_it_costs_nothing(folder):
    program = "import sys, taskconform.conformance.pytest.plugin; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"hypothesis", "pyVmomi", "rich", "msgspec", "allure"} & set(done.stdout.split())
    (folder / "test_mine.py").write_text(
        "import sys\n\ndef test_one():\n    assert 'taskconform.conformance.engine.run' not in sys.modules\n"
    )
    done = run_pytest(folder, "-p", "no:hypothesispytest", "-v")
    assert done.returncode == 0, done.stdout
    assert "taskconform::" not in done.stdout
    assert not (folder / "taskconform-out").exists()


# --- what other plugins write -----------------------------------------------------------------------------------------


def test_junitxml_has_the_properties(shown):
    folder, _ = shown
    for case in ET.parse(folder / "junit.xml").iter("testcase"):  # noqa: S314  # our own
        clause = CLAUSES[case.get("name")]
        kept = {one.get("name"): one.get("value") for one in case.iter("property")}
        level = {"M": "must", "S": "should", "Q": "reading"}[clause.level]
        assert kept == {"clause": clause.id, "area": clause.area, "level": level}
        for failure in case.iter("failure"):
            assert failure.get("message").startswith("must: expected task D")
            assert "\n" not in failure.get("message")
            assert EXPECTED in failure.text


def allure_results(folder):
    """By clause; of several results of one, that which ended last: the others are its retries."""
    found = [json.loads(file.read_text()) for file in folder.glob("*-result.json")]
    ordered = sorted(found, key=lambda each: each["stop"])
    return {each["fullName"].replace("#", "::").partition("::")[2]: each for each in ordered}


@pytest.mark.parametrize("place", ["allure", "taskconform-out/allure-results"])
def test_allure_has_labels_steps_and_attachments(shown, place):
    folder, _ = shown
    results = allure_results(folder / place)
    assert set(results) == set(CLAUSES)
    verdicts = {clause["id"]: clause["verdict"] for clause in report_in(folder)["clauses"]}
    for clause, result in results.items():
        kept = {(label["name"], label["value"]) for label in result["labels"]}
        assert {("clause", clause), ("area", CLAUSES[clause].area), ("epic", "vSphere TaskManager")} <= kept
        assert {"level", "severity", "feature", "story", "suite"} <= {name for name, _ in kept}
        assert result["status"] in {"passed", "failed", "skipped", "broken"}
        assert (result["status"] == "failed") == (verdicts[clause] == "failed")
        assert CLAUSES[clause].statement in result["description"]
    (told,) = results[BROKEN]["steps"]
    assert told["steps"][0]["name"] == "create task A on vm (cancelable=False)"
    assert [step["status"] for step in told["steps"]] == ["passed", "passed", "passed", "failed"]
    assert "observed rootTaskKey is task B" in told["steps"][-1]["statusDetails"]["message"]
    bodies = {one["name"]: (folder / place / one["source"]).read_text() for one in told["attachments"]}
    compile(bodies["script"], "script", "exec")
    assert {one["call"] is not None for one in json.loads(bodies["exchange"])} == {True}
    status = {"error": "broken", "skipped": "skipped", "passed": "passed", "failure": "failed"}
    items = outcomes(folder / "junit.xml")
    assert {clause: result["status"] for clause, result in results.items()} == {
        clause: status[one] for clause, (one,) in items.items()
    }


def validated(path_or_bytes):
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    tree = etree.fromstring(path_or_bytes if isinstance(path_or_bytes, bytes) else path_or_bytes.read_bytes())
    schema.assertValid(tree)
    return tree


def test_our_junit_is_valid_and_says_what_the_items_say(shown):
    folder, _ = shown
    ours = folder / "taskconform-out" / "junit.xml"
    tree = validated(ours)
    assert outcomes(ours) == outcomes(folder / "junit.xml")
    assert tree[0].get("failures") == "1"
    case = next(one for one in tree.iter("testcase") if one.get("name") == BROKEN)
    assert case.get("classname") == f"taskconform.{CLAUSES[BROKEN].area}"
    assert EXPECTED in case.find("failure").text
    validated(folder / "junit.xml")


# --- the mapping ------------------------------------------------------------------------------------------------------


def clause_result(id_, verdict, reason="", **divergence):
    found = DivergenceResult(
        signature=f"{id_}:x", summary="", expected="one \x00", observed="other", steps=1, reproduced="5/5", **divergence
    )
    return ClauseResult(
        id=id_,
        level=CLAUSES[id_].level,
        title=CLAUSES[id_].title,
        verdict=verdict,
        reason=reason,
        divergences=[found] if verdict in {"failed", "waived"} else [],
    )


def first(level):
    return next(clause.id for clause in CLAUSES.values() if clause.level == level)


MUST, SHOULD, READING = first("M"), first("S"), first("Q")


@pytest.mark.parametrize(
    ("clause", "strict", "required", "outcome", "message"),
    [
        (clause_result(MUST, "passed"), False, True, "passed", ""),
        (clause_result(MUST, "failed"), False, True, "failed", "must: expected one"),
        (clause_result(SHOULD, "failed"), False, True, "xfailed", "should: expected one"),
        (clause_result(SHOULD, "failed"), True, True, "failed", "should: expected one"),
        (clause_result(READING, "failed"), False, False, "failed", "reading: expected one"),
        (
            clause_result(MUST, "waived", waiver="#12 until May"),
            False,
            True,
            "xfailed",
            "waived: #12 until May: expected",
        ),
        (clause_result(MUST, "not_applicable", "no clock"), False, True, "skipped", "no clock"),
        (clause_result(MUST, "undecided", "once"), False, True, "error", "undecided: once"),
        (clause_result(MUST, "not_exercised", "never"), False, True, "error", "not exercised: never"),
        (clause_result(READING, "not_exercised", "never"), False, False, "skipped", "never"),
    ],
)
def test_what_becomes_of_a_verdict(clause, strict, required, outcome, message):
    report = Report(
        suite=Suite(version="0", registry_digest=""),
        target=TargetSection(name="t\x1b", about={}, capabilities=[]),
        run=Run(
            profile="quick",
            seed=0,
            plan_digest="",
            started="2026-11-23T12:00:00+00:00",
            seconds=1.0,
            calls=1,
            target_seconds=0.0,
            workers=1,
            exit_code=0,
        ),
        clauses=[clause],
        readings=[],
        totals=totals([clause]),
    )
    (case,) = cases(report, {f"{clause.id}:x": "> 1  do it"}, strict=strict, required=lambda _: required)
    assert (case.outcome, case.message.startswith(message)) == (outcome, True), case.message
    assert ("do it" in case.text) == bool(clause.divergences)
    tag = {"failed": "failure", "error": "error", "skipped": "skipped", "xfailed": "skipped"}.get(outcome)
    told = [child.tag for child in validated(junit(report, [case])).iter("testcase").__next__()]
    assert told == ([tag] if tag else [])


# --- one call ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(monkeypatch):
    shards = (Shard(theme="lives", budget=1800, steps=50),) * 2
    monkeypatch.setitem(PROFILES, "tiny", Profile(name="tiny", exercised=1, shards=shards, confirmations=2, loop=2))
    return {"profile": "tiny", "clauses": "create.parent,create.root"}


def test_a_target_that_conforms_gives_its_report(shown, tiny):
    report = run_conformance("builtin", **tiny)
    assert report.run.exit_code == 0
    assert [clause.verdict for clause in report.clauses] == ["passed", "passed"]
    assert report.run.plan_digest == report_in(shown[0])["run"]["plan_digest"]


class Watched(BuiltinTarget):
    """The built-in target, and how many of it were closed."""

    closed = 0

    def close(self):
        type(self).closed += 1
        super().close()


def test_a_factory_s_target_is_closed_and_an_open_one_is_not(tiny, monkeypatch):
    monkeypatch.setattr(Watched, "closed", 0)
    assert run_conformance(Watched, **tiny, options={"cap": "150"}).run.exit_code == 0
    assert Watched.closed == 1
    assert run_conformance(lambda: Watched({}), **tiny).run.exit_code == 0
    assert Watched.closed == 2
    assert run_conformance(Watched({}), **tiny).run.exit_code == 0
    assert Watched.closed == 2


def test_one_that_does_not_is_told_with_the_trace(tiny, tmp_path):
    with pytest.raises(DoesNotConform) as caught:
        run_conformance(MutantTarget(FAULT, {}), **tiny, out=tmp_path / "out")
    message = str(caught.value)
    assert isinstance(caught.value, AssertionError)
    assert message.startswith("The target diverges from 1 clause (1 must)")
    assert f"FAILED {BROKEN}  (must)" in message
    assert EXPECTED in message
    assert "> 4  create task D" in message
    assert caught.value.report == decode((tmp_path / "out" / "report.json").read_bytes())
    assert (tmp_path / "out" / "junit.xml").exists()


@pytest.mark.usefixtures("tiny")
def test_one_that_was_not_tested_is_told_so():
    with pytest.raises(DoesNotConform, match="Not decided"):
        run_conformance("builtin", profile="tiny", clauses="*esxi")


def test_more_workers_want_a_name(tiny):
    assert run_conformance("builtin", **tiny, workers=2).run.workers == 2
    for wrong in ({"workers": 2}, {"workers": 0}, {"profile": "hasty"}, {"clauses": "nothing.*"}):
        with pytest.raises(Refused):
            run_conformance(lambda: BuiltinTarget({}), **{**tiny, **wrong})


# --- a name for one's target ------------------------------------------------------------------------------------------


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """Another distribution, with targets of its own."""
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[taskconform.targets]\nacme = acme_fake:open_target\nlacking = acme_fake:nothing\n"
        "missing = acme_missing:open_target\nraises = acme_raises:open_target\nvalue = acme_fake:VALUE\n"
    )
    (tmp_path / "acme_fake.py").write_text(
        "from taskconform.conformance.targets.builtin import BuiltinTarget as open_target\nVALUE = 1\n"
    )
    (tmp_path / "acme_raises.py").write_text("raise RuntimeError('two\\nlines')\n")
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("acme")
def test_an_entry_point_names_a_target():
    assert open_named("acme", {"flavour": "esxi"}).declaration.about.api_type == "HostAgent"


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("missing", "missing (acme_missing:open_target): No module named 'acme_missing'"),
        ("lacking", "lacking (acme_fake:nothing): module 'acme_fake' has no attribute 'nothing'"),
        ("raises", "raises (acme_raises:open_target): RuntimeError: two lines"),
        ("value", "value (acme_fake:VALUE) is no factory: int cannot be called"),
        ("acme_raises:open_target", "acme_raises:open_target: RuntimeError: two lines"),
    ],
)
def test_one_that_cannot_be_imported_is_told_in_one_line(name, line):
    with pytest.raises(TargetMisnamed) as caught:
        open_named(name, {})
    assert str(caught.value) == line


# --- taskconform run is no pytest -------------------------------------------------------------------------------------


def test_the_command_line_is_untouched_by_the_folder_it_is_typed_in(tmp_path):
    hostile, elsewhere = tmp_path / "hostile", tmp_path / "elsewhere"
    for folder in (hostile, elsewhere):
        folder.mkdir()
    (hostile / "conftest.py").write_text("raise RuntimeError('a conftest of somebody else')\n")
    (hostile / "pytest.ini").write_text("[pytest]\naddopts = -x -k nothing\n")
    done = {
        folder: subprocess.run(
            [sys.executable, "-m", "taskconform.conformance", "run", "--workers", "1", "--out", "out"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
            env={**os.environ, "PYTEST_ADDOPTS": addopts, "PYTEST_PLUGINS": plugins},
        )
        for folder, addopts, plugins in ((hostile, "--no-such-option", "no_such_plugin"), (elsewhere, "", ""))
    }
    assert done[hostile].returncode == done[elsewhere].returncode, done[hostile].stderr
    here, there = (json.loads((folder / "out" / "report.json").read_text()) for folder in (hostile, elsewhere))
    assert here["clauses"] == there["clauses"]
    assert here["run"]["plan_digest"] == there["run"]["plan_digest"]
