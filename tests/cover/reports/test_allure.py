"""Allure: retries, trends, categories and links; and JUnit as its strictest readers want it.

The last test runs Allure's own command line, where TASKCONFORM_ALLURE names it (`.ci/run` installs one with npm).
"""

import json
import os
import re
import subprocess

import pytest
from here import TESTS
from lxml import etree

from taskconform.conformance.records.delivery import Refused, documentation
from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.cases import cases
from taskconform.reports.document import (
    ClauseResult,
    DivergenceResult,
    Gate,
    Report,
    Run,
    Suite,
    TargetSection,
    WaiverResult,
    totals,
)
from taskconform.reports.render import allure
from taskconform.reports.render.allure_categories import CATEGORIES, message_of
from taskconform.reports.render.junit import junit

STRICT = TESTS / "frozen" / "junit-strict.xsd"
DOCS = "https://docs.example/suite/"
ALLURE = os.environ.get("TASKCONFORM_ALLURE", "")

STEADY = "create.root:ReadTaskInfo.value"
RARE = "create.parent:ReadTaskInfo.value"
RERUNS = {STEADY: [True] * 5, RARE: [False] * 40 + [True] + [False] * 459}


def divergence(signature, rate="5/5"):
    return DivergenceResult(
        signature=signature, summary="it diverges", expected="one", observed="other \x00", steps=1, reproduced=rate
    )


def result(id_, verdict, *signatures, reason=""):
    found = [divergence(each) for each in signatures]
    if verdict == "waived":
        found = [
            DivergenceResult(**{**{n: getattr(f, n) for n in f.__struct_fields__}, "waiver": "known"}) for f in found
        ]
    return ClauseResult(id=id_, level=CLAUSES[id_].level, title="", verdict=verdict, reason=reason, divergences=found)


def waiver(clause, state):
    return WaiverResult(
        number=1,
        clause=clause,
        signature=f"{clause}:x",
        target={"name": "t"},
        reason="known",
        owner="ana",
        expires="2027-01-01",
        link="https://tracker.example/1",
        state=state,
        why="so it is",
    )


SHOULD = next(id_ for id_, clause in CLAUSES.items() if clause.level == "S")

RESULTS = [
    result("create.root", "failed", STEADY),
    result("create.parent", "failed", RARE),
    result(SHOULD, "failed", f"{SHOULD}:x"),
    result("life.result", "waived", "life.result:x"),
    result("life.fault", "passed"),
    result("recent.queued", "undecided", reason="seen once and never again"),
    result("recent.running", "not_exercised", reason="never live"),
    result("filter.none", "not_exercised", reason="never live"),
    result("recent.cap-esxi", "not_applicable", reason="holds for ESXi only"),
    result("recent.completed", "passed"),
]


def a_report(results=RESULTS, seed=0):
    return Report(
        suite=Suite(version="0.1.0", registry_digest=""),
        target=TargetSection(name="a\ntarget", about={}, capabilities=[]),
        run=Run(
            profile="quick",
            seed=seed,
            plan_digest="",
            started="2026-11-24T01:30:00+02:00",
            seconds=1.5,
            calls=1,
            target_seconds=0.0,
            workers=1,
            exit_code=1,
        ),
        clauses=results,
        readings=[],
        totals=totals(results),
        gate=Gate(
            file="w.toml", on="2026-11-24", waivers=[waiver("recent.completed", "stale"), waiver("life.result", "used")]
        ),
    )


def shown(report):
    return cases(report, {}, strict=False, required=lambda clause: clause.id == "recent.running")


def written(out, report=None, documentation_=DOCS):
    report = report or a_report()
    allure.write(report, shown(report), {}, out, reruns=RERUNS, documentation=documentation_)
    found = [json.loads(file.read_text()) for file in (out / "allure-results").glob("*-result.json")]
    by_clause = {}
    for one in sorted(found, key=lambda each: each["start"]):
        by_clause.setdefault(one["fullName"].removeprefix("taskconform::"), []).append(one)
    return by_clause


# --- retries ----------------------------------------------------------------------------------------------------------


def test_the_fresh_runs_of_a_divergence_are_its_retries(tmp_path):
    results = written(tmp_path)
    *retries, last = results["create.root"]
    assert [one["status"] for one in retries] == ["failed"] * 5
    assert [one["statusDetails"]["message"].partition(",")[0] for one in retries] == [
        f"fresh run {number} of 5" for number in range(1, 6)
    ]
    assert last["statusDetails"]["message"].startswith("must: expected one")
    assert {one["historyId"] for one in retries} == {last["historyId"]}
    assert all(one["start"] < last["start"] for one in retries)
    assert len({one["uuid"] for one in results["create.root"]}) == 6
    assert len(results["life.fault"]) == 1


def test_of_a_long_loop_what_showed_nothing_is_told_together(tmp_path):
    nothing, showed, _ = written(tmp_path)["create.parent"]
    assert (nothing["status"], showed["status"]) == ("passed", "failed")
    assert nothing["statusDetails"]["message"] == f"499 of 500 fresh runs did not show {RARE}"
    assert showed["statusDetails"]["message"].startswith("fresh run 41 of 500")


# --- trends -----------------------------------------------------------------------------------------------------------


def a_history(folder, *numbers):
    (folder / "history").mkdir(parents=True)
    (folder / "history" / "history-trend.json").write_text(json.dumps([{"buildOrder": number} for number in numbers]))
    (folder / "history" / "history.json").write_text("{}")


def executor(out):
    return json.loads((out / "allure-results" / "executor.json").read_text())


def test_the_history_of_the_report_beside_the_results_is_carried_over(tmp_path):
    written(tmp_path)
    assert executor(tmp_path)["buildOrder"] == 1
    assert not (tmp_path / "allure-results" / "history").exists()
    a_history(tmp_path / "allure-report", 2, 1)
    results = written(tmp_path, a_report(seed=1))
    assert executor(tmp_path)["buildOrder"] == 3
    assert {file.name for file in (tmp_path / "allure-results" / "history").iterdir()} == {
        "history.json",
        "history-trend.json",
    }
    assert len(results["create.root"]) == 6


def test_a_history_that_was_put_into_the_results_stays(tmp_path):
    a_history(tmp_path / "allure-results", 7, 6)
    written(tmp_path)
    assert executor(tmp_path)["buildOrder"] == 8
    written(tmp_path)
    assert executor(tmp_path)["buildOrder"] == 8


@pytest.mark.parametrize("trend", ["", "{}", "[1]", '[{"buildOrder": "x"}]', "no JSON"])
def test_a_history_that_cannot_be_read_starts_anew(tmp_path, trend):
    a_history(tmp_path / "allure-results")
    (tmp_path / "allure-results" / "history" / "history-trend.json").write_text(trend)
    written(tmp_path)
    assert executor(tmp_path)["buildOrder"] == 1


# --- categories and links ---------------------------------------------------------------------------------------------


def category_of(status, message):
    (found,) = [
        one["name"]
        for one in CATEGORIES
        if status in one["matchedStatuses"] and re.fullmatch(one["messageRegex"], message)
    ]
    return found.partition(":")[0]


def test_whatever_did_not_pass_is_in_one_category(tmp_path):
    results = written(tmp_path)
    found = {
        clause: category_of(last["status"], last["statusDetails"]["message"])
        for clause, (*_, last) in results.items()
        if last["status"] != "passed"
    }
    assert found == {
        "create.root": "Failed",
        "create.parent": "Failed",
        SHOULD: "Failed, of what only should hold",
        "life.result": "Waived",
        "recent.queued": "Undecided",
        "recent.running": "Not exercised, though required",
        "filter.none": "Not exercised",
        "recent.cap-esxi": "Not applicable",
        "recent.completed": "Waiver stale or expired",
    }
    assert json.loads((tmp_path / "allure-results" / "categories.json").read_text()) == CATEGORIES


def test_strict_or_not_a_message_has_its_category():
    for strict in (True, False):
        for required in (True, False):
            for case in cases(a_report(), {}, strict=strict, required=lambda _, is_=required: is_):
                if case.outcome != "passed":
                    assert category_of(allure._STATUS[case.outcome], message_of(case))


def test_a_clause_links_to_its_sentence_and_a_waived_one_to_where_it_is_tracked(tmp_path):
    results = written(tmp_path)
    assert results["create.root"][-1]["links"] == [
        {
            "type": "link",
            "url": "https://docs.example/suite/clauses/#create.root",
            "name": "create.root in the clause reference",
        }
    ]
    assert results["life.result"][-1]["links"][1]["url"] == "https://tracker.example/1"
    assert "links" not in written(tmp_path, documentation_="")["create.root"][-1]


def test_the_address_of_the_pages_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("TASKCONFORM_DOCS", DOCS)
    assert documentation() == DOCS
    monkeypatch.setenv("TASKCONFORM_DOCS", "pages/")
    with pytest.raises(Refused, match="TASKCONFORM_DOCS is the address"):
        documentation()
    monkeypatch.delenv("TASKCONFORM_DOCS")
    assert documentation() == ""


# --- JUnit ------------------------------------------------------------------------------------------------------------


def test_junit_is_what_the_strictest_readers_take():
    tree = etree.fromstring(junit(a_report(), shown(a_report())))
    etree.XMLSchema(etree.parse(STRICT)).assertValid(tree)
    (suite,) = tree
    told = [child.tag for case in suite.iter("testcase") for child in case]
    assert suite.get("timestamp") == "2026-11-23T23:30:00"
    assert suite.get("name") == "a target"
    counted = tuple(int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped"))
    assert counted == (len(RESULTS), told.count("failure"), told.count("error"), told.count("skipped"))
    assert counted == (10, 3, 2, 4)


# --- Allure itself ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not ALLURE, reason="TASKCONFORM_ALLURE names no command line of Allure's")
def test_allure_shows_trend_retries_categories_and_links(tmp_path):
    def generate():
        command = [ALLURE, "generate", "allure-results", "--clean", "-o", "allure-report"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    written(tmp_path, a_report([result("create.root", "passed")]))
    generate()
    written(tmp_path)
    generate()
    data = tmp_path / "allure-report" / "data"
    new, old = json.loads((tmp_path / "allure-report" / "history" / "history-trend.json").read_text())
    assert (new["buildOrder"], old["buildOrder"]) == (2, 1)
    assert (new["data"]["failed"], old["data"]["failed"], new["data"]["total"]) == (3, 0, len(RESULTS))
    pages = [json.loads(file.read_text()) for file in (data / "test-cases").glob("*.json")]
    (page,) = [one for one in pages if one["fullName"] == "taskconform::create.root" and not one["hidden"]]
    assert (page["retriesCount"], page["flaky"], page["newFailed"]) == (5, False, True)
    assert [one["status"] for one in page["extra"]["history"]["items"]] == ["passed"]
    assert page["links"][0]["url"].endswith("#create.root")
    names = {one["name"] for one in json.loads((data / "categories.json").read_text())["children"]}
    assert names == {one["name"] for one in CATEGORIES}
