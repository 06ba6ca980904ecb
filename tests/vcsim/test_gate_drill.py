"""The gate drill: what turns a gate red and what does not, by the commands that people type.

The target is the built-in simulator with some faults in it; the quick profile is one of a few hundred calls
(`gate_targets`). The known defect is that CancelTask answers a task that is not cancelable with a wrong fault.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from gate_targets import TINY, Drilled
from here import TESTS

from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.pytest.vendor import DoesNotConform, run_conformance

KNOWN, NEW, DIFFERENT = "cancel-of-queued-wrong-fault", "root-is-the-grandparent", "cancels-anything"
WAIVED, BROKEN = "life.cancel-unsupported", "create.root"
SIGNATURE = f"{WAIVED}:CancelTask.refusal:InvalidState"
CLAUSES = f"{WAIVED},{BROKEN},create.parent,life.final"
TODAY = datetime.now(UTC).date()


def taskconform(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "gate_targets", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env={**os.environ, "COLUMNS": "200", "PYTHONPATH": str(TESTS / "support")},
    )


def gate(cwd, faults, *arguments, clauses=CLAUSES):
    """A run of the gate. Its report is below `cwd / faults`."""
    target = ("gate_targets:open_target", "--set", f"faults={faults}")
    out = ("--out", faults or "fixed")
    return taskconform("run", *target, "--clauses", clauses, "--workers", "1", "-v", *out, *arguments, cwd=cwd)


def report_in(folder):
    return json.loads((folder / "report.json").read_text())


def fill(file, expires):
    text = file.read_text().replace('reason = ""', 'reason = "known"').replace('owner = ""', 'owner = "ana"')
    file.write_text(text.replace('expires = ""', f"expires = {expires}"))


@pytest.fixture(scope="module")
def drill(tmp_path_factory):
    """A run with the known defect, and its waiver, filled in."""
    cwd = tmp_path_factory.mktemp("drill")
    first = gate(cwd, KNOWN)
    assert first.returncode == 1, first.stderr
    assert f"FAILED {WAIVED}" in first.stdout
    written = taskconform("waive", KNOWN, "-o", "waivers.toml", cwd=cwd)
    assert written.returncode == 0, written.stderr
    assert "1 waiver to be filled in: waivers.toml" in written.stdout
    unfilled = gate(cwd, KNOWN, "--waivers", "waivers.toml")
    assert unfilled.returncode == 3
    said = f"taskconform: waivers.toml, waiver 1 ({SIGNATURE}): its reason is not filled in\n"
    assert unfilled.stderr == said
    fill(cwd / "waivers.toml", TODAY + timedelta(days=90))
    return cwd


def test_green_with_waivers(drill):
    """Everywhere: the exit code, the terminal, report, summary, junit, and judged again from the record."""
    done = gate(drill, KNOWN, "--waivers", "waivers.toml")
    assert done.returncode == 0, done.stdout
    assert f"WAIVED {WAIVED}" in done.stdout
    assert "FAILED" not in done.stdout
    report = report_in(drill / KNOWN)
    assert report["totals"]["waived"] == 1
    assert [each["state"] for each in report["gate"]["waivers"]] == ["used"]
    (clause,) = [each for each in report["clauses"] if each["verdict"] == "waived"]
    assert clause["divergences"][0]["waiver"].startswith("known (ana, until ")
    assert "### Waived" in (drill / KNOWN / "summary.md").read_text()
    cases = {case.get("name"): case for case in ET.parse(drill / KNOWN / "junit.xml").iter("testcase")}  # noqa: S314  # our own
    assert cases[WAIVED].find("skipped").get("type") == "xfail"
    again = taskconform("judge", KNOWN, "--out", "again", cwd=drill)
    assert again.returncode == 0, again.stdout
    assert (drill / "again" / "report.json").read_bytes() == (drill / KNOWN / "report.json").read_bytes()
    assert "every verdict is what it was" in again.stdout


def test_red_for_a_fault_that_is_added_and_names_it(drill):
    both = f"{KNOWN}+{NEW}"
    done = gate(drill, both, "--waivers", "waivers.toml")
    assert done.returncode == 1
    assert f"FAILED {BROKEN}" in done.stdout
    assert f"FAILED {WAIVED}" not in done.stdout
    assert f"WAIVED {WAIVED}" in done.stdout
    flipped = taskconform("diff", KNOWN, both, "--json", cwd=drill)
    assert flipped.returncode == 1
    assert [(each["kind"], each["clause"]) for each in json.loads(flipped.stdout)["changes"]] == [("new", BROKEN)]


def test_red_for_a_defect_that_was_fixed_and_is_still_waived(drill):
    done = gate(drill, "", "--waivers", "waivers.toml")
    assert done.returncode == 1
    assert f"STALE WAIVER {SIGNATURE}" in done.stdout
    assert "No clause failed, but 1 waiver is stale" in done.stdout
    cases = {case.get("name"): case for case in ET.parse(drill / "fixed" / "junit.xml").iter("testcase")}  # noqa: S314  # our own
    assert "stale waiver" in cases[WAIVED].find("failure").get("message")
    (drill / "none.toml").write_text("")
    struck_off = taskconform("judge", "fixed", "--waivers", "none.toml", cwd=drill)
    assert struck_off.returncode == 0, struck_off.stdout


def test_red_for_another_failure_of_the_waived_clause(drill):
    done = gate(drill, DIFFERENT, "--waivers", "waivers.toml")
    assert done.returncode == 1
    assert f"FAILED {WAIVED}" in done.stdout
    assert f"STALE WAIVER {SIGNATURE}" in done.stdout
    flipped = taskconform("diff", KNOWN, DIFFERENT, cwd=drill)
    assert flipped.returncode == 1
    assert "Changed signature" in flipped.stdout


def test_red_from_the_day_after_the_expiry(drill):
    """With a file that has expired today, and with today's file on a later day."""
    expired = drill / "expired.toml"
    expired.write_text((drill / "waivers.toml").read_text())
    last = TODAY + timedelta(days=90)
    text = expired.read_text().replace(str(last), str(TODAY - timedelta(days=1)))
    expired.write_text(text)
    for arguments in (
        ("--waivers", "expired.toml"),
        ("--waivers", "waivers.toml", "--on", str(last + timedelta(days=1))),
    ):
        done = taskconform("judge", KNOWN, "-v", *arguments, cwd=drill)
        assert done.returncode == 1, done.stdout
        assert f"EXPIRED WAIVER {SIGNATURE}" in done.stdout
        assert f"FAILED {WAIVED}" in done.stdout


def test_undecided_if_nothing_was_tested(drill):
    """Nothing but a clause for another product; the waiver of a clause that is not selected is not stale."""
    done = gate(drill, "", "--waivers", "waivers.toml", clauses="collector.esxi")
    assert done.returncode == 2, done.stdout
    (waiver,) = report_in(drill / "fixed")["gate"]["waivers"]
    assert waiver["state"] == "unselected"


# --- in pytest --------------------------------------------------------------------------------------------------------


TINY_QUICK = """
import gate_targets
from taskconform.conformance.engine.profile import PROFILES

PROFILES["quick"] = gate_targets.TINY
"""


def two_waivers(drill):
    """The known defect's, and one that matches nothing."""
    text = (drill / "waivers.toml").read_text()
    entry = text[text.index("[[waiver]]") :]
    gone = entry.replace(SIGNATURE, "create.parent:CreateTask.value").replace(WAIVED, "create.parent")
    file = drill / "two.toml"
    file.write_text(f"{text}\n{gone}")
    return file


def test_in_pytest_a_waived_clause_is_an_xfail_and_a_stale_waiver_a_failure(drill, tmp_path):
    (tmp_path / "tiny.py").write_text(TINY_QUICK)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    target = ("--taskconform=gate_targets:open_target", "--taskconform-set", f"faults={KNOWN}")
    more = ("--taskconform-clauses", CLAUSES, "--taskconform-workers=1", f"--taskconform-waivers={two_waivers(drill)}")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tiny", *target, *more, "-rA", "taskconform::"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
        env={**clean, "COLUMNS": "200", "PYTHONPATH": f"{tmp_path}:{TESTS / 'support'}"},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(rf"^XFAIL \S*taskconform::{WAIVED} - waived: known \(ana, until ", done.stdout, re.MULTILINE)
    assert re.search(
        r"^FAILED \S*taskconform::create.parent - stale waiver of create.parent:", done.stdout, re.MULTILINE
    )
    assert "1 failed, 2 passed, 1 xfailed" in done.stdout
    refused = subprocess.run(
        [sys.executable, "-m", "pytest", "--taskconform=builtin", "--taskconform-waivers=none.toml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=clean,
    )
    assert refused.returncode == 4
    assert "none.toml" in refused.stderr


def test_in_a_test_of_ones_own(drill, monkeypatch):
    monkeypatch.setitem(PROFILES, "quick", TINY)
    report = run_conformance(Drilled([KNOWN]), clauses=CLAUSES, waivers=drill / "waivers.toml")
    assert report.totals.waived == 1
    with pytest.raises(DoesNotConform, match="1 waiver is stale"):
        run_conformance(Drilled([]), clauses=CLAUSES, waivers=drill / "waivers.toml")
