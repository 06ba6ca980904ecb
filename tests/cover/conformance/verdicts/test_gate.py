"""Waivers and the gate: what a file may say, what each waiver covers, when one is stale; stubs; diffs."""

from __future__ import annotations

import io
import json
from datetime import date, timedelta

import msgspec
import pytest
from rich.console import Console

from taskconform.conformance.errors import CONFORMS, UNDECIDED, Refused
from taskconform.conformance.verdicts.decide import exit_code
from taskconform.conformance.verdicts.gate import hold
from taskconform.conformance.verdicts.stubs import add_stubs
from taskconform.conformance.verdicts.waivers import Waivers, day, load
from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.cases import cases
from taskconform.reports.diff import compare, encode
from taskconform.reports.document import (
    ClauseResult,
    DivergenceResult,
    ReadingResult,
    Report,
    Run,
    Suite,
    TargetSection,
    totals,
)
from taskconform.reports.render import diff_shown
from taskconform.reports.render.junit import junit
from taskconform.reports.render.summary import summary
from taskconform.reports.render.terminal import render

ON = date(2026, 11, 24)
CLAUSE, SIGNATURE = "recent.running", "recent.running:recentTask.value"
OTHER = "recent.running:recentTask.value:a child"
TARGET = TargetSection(
    name="vcsim",
    about={"name": "VMware vCenter Server", "version": "6.5.0", "build": "5973321"},
    identity={"govmomi": "v0.56.0", "sha256": "AB12"},
    capabilities=[],
)
PLAN = "sha256:plan"
ENTRY = f"""
[[waiver]]
clause = "{CLAUSE}"
signature = "{SIGNATURE}"
target = {{ name = "vcsim", govmomi = ">=0.48,<0.57" }}
reason = "it lists 199"
link = "https://tracker.example/1"
owner = "ana"
expires = 2027-03-01
"""


def result(clause=CLAUSE, verdict="failed", *signatures, live=100, unconfirmed=(), reason="", **more):
    return ClauseResult(
        id=clause,
        level=CLAUSES[clause].level,
        title=CLAUSES[clause].title,
        verdict=verdict,
        reason=reason,
        live=live,
        unconfirmed=list(unconfirmed),
        divergences=[
            DivergenceResult(
                signature=signature,
                summary="it departs",
                expected="one",
                observed="other",
                steps=2,
                reproduced="5/5",
                sightings=9,
                **more,
            )
            for signature in signatures
        ],
    )


def loaded(tmp_path, text=ENTRY, on=ON):
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    return load(file, on)


def held(waivers, *results, target=TARGET, plan=PLAN):
    gated = hold(results, waivers, target, plan)
    return gated, [each.state for each in gated.gate.waivers]


def report(*results, exit_code=0, gate=None, readings=(), plan=PLAN, registry="sha256:0"):
    return Report(
        suite=Suite(version="0.1.0", registry_digest=registry),
        target=TARGET,
        run=Run(
            profile="quick",
            seed=0,
            plan_digest=plan,
            started="2026-11-24T00:00:00Z",
            seconds=1.0,
            calls=10,
            target_seconds=0.5,
            workers=1,
            exit_code=exit_code,
        ),
        clauses=list(results),
        readings=list(readings),
        totals=totals(list(results)),
        gate=gate,
    )


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read(tmp_path):
    (waiver,) = loaded(tmp_path).waivers
    assert waiver.expires == date(2027, 3, 1)
    assert str(waiver) == "it lists 199 (https://tracker.example/1, ana, until 2027-03-01)"
    assert loaded(tmp_path, "").waivers == ()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('reason = "it lists 199"\n', "", "waiver 1 (recent.running:recentTask.value): it has no reason"),
        ('reason = "it lists 199"', 'reason = "  "', "its reason is not filled in"),
        ('owner = "ana"', 'owner = ""', "its owner is not filled in"),
        ("expires = 2027-03-01\n", "", "it has no expires"),
        ("expires = 2027-03-01", 'expires = ""', "its expires is not filled in"),
        ("expires = 2027-03-01", 'expires = "soon"', "Invalid RFC3339"),
        ("expires = 2027-03-01", "expires = 12", "expires"),
        ("expires = 2027-03-01", "expires = 2027-05-24", "at most 180 days ahead, 2027-05-23"),
        ('clause = "recent.running"', 'clause = "recent.runing"', "did you mean recent.running"),
        ('"recent.running:recentTask.value"', '"recent.queued:x"', "the signature is none of recent.running"),
        ('govmomi = ">=0.48,<0.57"', 'govmomi = ">=new"', "target.govmomi: '>=new' is no range of versions"),
        (', govmomi = ">=0.48,<0.57"', "", "a name does not do"),
        ('{ name = "vcsim", govmomi = ">=0.48,<0.57" }', "{}", "its target is not filled in"),
        ('{ name = "vcsim", govmomi = ">=0.48,<0.57" }', '"vcsim"', "target"),
        ('owner = "ana"', 'owner = "ana"\nonwer = "bob"', "onwer"),
        ("[[waiver]]", "[waiver]", "must hold [[waiver]] tables"),
        ("[[waiver]]", "colour = 1\n[[waiver]]", "and nothing else, not colour"),
        ("[[waiver]]", "[[waiver", "is no TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(before, after, said, tmp_path):
    assert before in ENTRY
    with pytest.raises(Refused) as caught:
        loaded(tmp_path, ENTRY.replace(before, after))
    assert said in str(caught.value)
    assert "waivers.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_same_waiver_twice_is_refused_and_a_missing_file(tmp_path):
    with pytest.raises(Refused, match=r"waiver 2 .*: the same as waiver 1"):
        loaded(tmp_path, ENTRY * 2)
    with pytest.raises(Refused, match="cannot read"):
        load(tmp_path / "none.toml", ON)
    with pytest.raises(Refused, match="is no day"):
        day("tomorrow")


def test_an_expiry_of_180_days_is_given_and_one_that_is_over_is_read(tmp_path):
    last = ON + timedelta(days=180)
    assert loaded(tmp_path, ENTRY.replace("2027-03-01", last.isoformat())).waivers[0].expires == last
    assert loaded(tmp_path, ENTRY.replace("2027-03-01", "2020-01-01")).waivers[0].expires.year == 2020


# --- what it covers ---------------------------------------------------------------------------------------------------


def test_one_signature_of_one_clause_is_waived_and_nothing_else(tmp_path):
    waivers = loaded(tmp_path)
    gated, states = held(waivers, result(CLAUSE, "failed", SIGNATURE))
    assert (states, gated.is_open) == (["used"], True)
    assert gated.clauses[0].verdict == "waived"
    assert "it lists 199" in gated.clauses[0].divergences[0].waiver
    assert exit_code(gated.clauses, strict=True) == CONFORMS
    gated, states = held(waivers, result(CLAUSE, "failed", SIGNATURE, OTHER))
    assert (states, gated.clauses[0].verdict) == (["used"], "failed")
    assert [bool(each.waiver) for each in gated.clauses[0].divergences] == [True, False]
    gated, states = held(waivers, result(CLAUSE, "failed", OTHER))
    assert (states, gated.is_open, gated.clauses[0].verdict) == (["stale"], False, "failed")


@pytest.mark.parametrize(
    ("wanted", "covers"),
    [
        ('govmomi = ">=0.48,<0.57"', True),
        ('govmomi = "<0.56"', False),
        ('govmomi = "==0.56.0"', True),
        ('govmomi = "v0.56.0"', True),
        ('govmomi = "v0.56"', False),
        ('sha256 = "ab12"', True),
        ('sha256 = "sha256:ab12"', True),
        ('sha256 = "ab13"', False),
        ('version = "~=6.5"', True),
        ('build = "<6000000"', True),
        ('version = ">=7"', False),
        ('product = "vcsim"', False),
    ],
)
def test_a_waiver_covers_the_targets_it_names(wanted, covers, tmp_path):
    waivers = loaded(tmp_path, ENTRY.replace('govmomi = ">=0.48,<0.57"', wanted))
    gated, states = held(waivers, result(CLAUSE, "failed", SIGNATURE))
    assert states == ["used" if covers else "elsewhere"]
    assert gated.clauses[0].verdict == ("waived" if covers else "failed")
    assert held(waivers, result(CLAUSE, "passed"))[1] == ["stale" if covers else "elsewhere"]
    assert gated.gate.waivers[0].why == "" if covers else gated.gate.waivers[0].why


def test_a_version_that_is_none_is_in_no_range(tmp_path):
    target = msgspec.structs.replace(TARGET, identity={"govmomi": "(devel)"})
    assert held(loaded(tmp_path), result(CLAUSE, "failed", SIGNATURE), target=target)[1] == ["elsewhere"]


def test_it_holds_up_to_the_day_it_expires(tmp_path):
    failed = result(CLAUSE, "failed", SIGNATURE)
    gated, states = held(loaded(tmp_path, on=date(2027, 3, 1)), failed)
    assert (states, gated.clauses[0].verdict) == (["used"], "waived")
    gated, states = held(loaded(tmp_path, on=date(2027, 3, 2)), failed)
    assert (states, gated.is_open, gated.clauses[0].verdict) == (["expired"], False, "failed")
    assert gated.clauses[0].divergences[0].waiver is None
    assert held(loaded(tmp_path, on=date(2027, 3, 2)), result(CLAUSE, "passed"))[1] == ["expired"]


# --- when it is stale -------------------------------------------------------------------------------------------------


def with_seen(tmp_path, **seen):
    given = {"plan": PLAN, "sightings": 9, "live": 100, "intermittent": False} | seen
    told = ", ".join(f"{name} = {json.dumps(value)}" for name, value in given.items())
    return loaded(tmp_path, f"{ENTRY}seen = {{ {told} }}\n")


def test_what_passed_makes_its_waiver_stale_and_what_was_not_judged_does_not(tmp_path):
    waivers = loaded(tmp_path)
    assert held(waivers, result(CLAUSE, "passed"))[1] == ["stale"]
    for verdict in ("not_exercised", "not_applicable", "undecided"):
        gated, states = held(waivers, result(CLAUSE, verdict, reason="no clock"))
        assert (states, gated.is_open) == (["unseen"], True)
        assert gated.gate.waivers[0].why == "the clause was not judged: no clock"
    assert held(waivers, result("recent.queued", "passed"))[1] == ["unselected"]


def test_on_the_same_plan_absence_is_proof_and_on_another_only_where_it_was_to_be_expected(tmp_path):
    waivers = with_seen(tmp_path, sightings=1)
    assert held(waivers, result(CLAUSE, "passed"))[1] == ["stale"]
    gated, states = held(waivers, result(CLAUSE, "passed"), plan="sha256:other")
    assert (states, gated.is_open) == (["unseen"], True)
    assert gated.gate.waivers[0].why == "on this plan it would have been expected 1.0 times only"
    assert held(waivers, result(CLAUSE, "passed", live=700), plan="sha256:other")[1] == ["stale"]
    assert held(with_seen(tmp_path), result(CLAUSE, "passed"), plan="sha256:other")[1] == ["stale"]
    assert held(with_seen(tmp_path), result(CLAUSE, "passed", live=70), plan="sha256:other")[1] == ["unseen"]
    assert held(with_seen(tmp_path, live=0), result(CLAUSE, "passed"), plan="sha256:other")[1] == ["unseen"]


def test_what_comes_and_goes_never_turns_the_gate(tmp_path):
    """Whether it shows in all re-runs, in none of them, or not at all, the run is green."""
    waivers = with_seen(tmp_path, intermittent=True)
    for shown, state, verdict in (
        (result(CLAUSE, "failed", SIGNATURE, intermittent=True), "used", "waived"),
        (result(CLAUSE, "undecided", unconfirmed=[SIGNATURE], reason="seen once"), "used", "waived"),
        (result(CLAUSE, "passed"), "unseen", "passed"),
    ):
        gated, states = held(waivers, shown)
        assert (states, gated.is_open, gated.clauses[0].verdict) == ([state], True, verdict)
        assert exit_code(gated.clauses, strict=False) == CONFORMS
    over = Waivers(file="w", on=date(2027, 3, 2), waivers=waivers.waivers)
    assert held(over, result(CLAUSE, "passed"))[1] == ["expired"]


def test_what_was_seen_and_not_confirmed_is_no_more_covered_than_the_rest(tmp_path):
    gated, _ = held(loaded(tmp_path), result(CLAUSE, "failed", SIGNATURE, unconfirmed=[OTHER]))
    assert gated.clauses[0].verdict == "undecided"
    assert OTHER in gated.clauses[0].reason
    assert exit_code(gated.clauses, strict=False) == UNDECIDED
    gated, states = held(loaded(tmp_path), result(CLAUSE, "undecided", unconfirmed=[SIGNATURE, OTHER]))
    assert (states, gated.clauses[0].verdict) == (["used"], "undecided")


# --- how it is shown --------------------------------------------------------------------------------------------------


def shown(tmp_path, *results, on=ON):
    gated, _ = held(loaded(tmp_path, on=on), *results)
    return report(*gated.clauses, exit_code=0 if gated.is_open else 1, gate=gated.gate)


def printed(document):
    out = io.StringIO()
    render(document, {}, Console(file=out, width=100))
    return " ".join(out.getvalue().split())


def test_a_waived_clause_is_an_expected_failure_and_says_why(tmp_path):
    document = shown(tmp_path, result(CLAUSE, "failed", SIGNATURE), result("recent.queued", "passed"))
    assert "WAIVED recent.running it departs it lists 199 (https://tracker.example/1, ana" in printed(document)
    assert "FAILED" not in printed(document)
    assert "### Waived" in summary(document)
    assert "1 waiver in <code>waivers.toml</code>, looked at on 2026-11-24" in summary(document)
    case, passed = cases(document, {}, strict=True, required=lambda _: True)
    assert (case.outcome, passed.outcome) == ("xfailed", "passed")
    assert case.message.startswith("waived: it lists 199")
    assert b'type="xfail"' in junit(document, [case])
    assert (document.totals.waived, document.totals.failed) == (1, 0)


@pytest.mark.parametrize(
    ("state", "clause", "on", "said"),
    [
        ("stale", result(CLAUSE, "passed"), ON, "No clause failed, but 1 waiver is stale;"),
        ("expired", result(CLAUSE, "failed", SIGNATURE), date(2027, 3, 2), "must), and 1 waiver has expired;"),
    ],
)
def test_a_waiver_that_is_over_fails_its_clause(state, clause, on, said, tmp_path):
    document = shown(tmp_path, clause, on=on)
    assert said in " ".join(summary(document).splitlines()[0].split())
    assert "### Waivers to be struck off or renewed" in summary(document)
    assert f"{state.upper()} WAIVER {SIGNATURE}" in printed(document)
    (case,) = cases(document, {}, strict=False, required=lambda _: True)
    assert case.outcome == "failed"
    assert f"{state} waiver of {SIGNATURE}" in case.message
    assert CLAUSES[CLAUSE].statement in case.text
    assert b"<failure" in junit(document, [case])


def test_what_was_waived_in_a_clause_that_failed_is_marked_and_not_told_as_failed(tmp_path):
    document = shown(tmp_path, result(CLAUSE, "failed", SIGNATURE, OTHER))
    assert printed(document).count("FAILED recent.running") == printed(document).count("WAIVED recent.running") == 1
    (case,) = cases(document, {}, strict=False, required=lambda _: True)
    assert case.outcome == "failed"


# --- stubs ------------------------------------------------------------------------------------------------------------


def test_stubs_are_refused_until_they_are_filled_in(tmp_path):
    file = tmp_path / "waivers.toml"
    failing = report(result(CLAUSE, "failed", SIGNATURE, OTHER), result("recent.queued", "passed"))
    assert add_stubs(failing, file) == 2
    with pytest.raises(Refused, match=r"waiver 1 .*: its reason is not filled in"):
        load(file, ON)
    text = file.read_text().replace('reason = ""', 'reason = "known"').replace('owner = ""', 'owner = "ana"')
    file.write_text(text.replace('expires = ""', "expires = 2027-01-01", 1))
    with pytest.raises(Refused, match=r"waiver 2 .*: its expires is not filled in"):
        load(file, ON)
    file.write_text(text.replace('expires = ""', "expires = 2027-01-01"))
    gated, states = held(load(file, ON), *failing.clauses)
    assert states == ["used", "used"]
    assert gated.clauses[0].verdict == "waived"
    seen = load(file, ON).waivers[0].seen
    assert (seen.plan, seen.sightings, seen.live, seen.intermittent) == (PLAN, 9, 100, False)
    assert load(file, ON).waivers[0].target == {"name": "vcsim", "govmomi": "==0.56.0"}


def test_stubs_are_added_to_what_people_wrote_and_never_twice(tmp_path):
    file = tmp_path / "waivers.toml"
    mine = ENTRY.replace('{ name = "vcsim", govmomi = ">=0.48,<0.57" }', '{ name = "vcsim", govmomi = "==0.56.0" }')
    file.write_text(f"# mine\n{mine}  # no sooner\n")
    failing = report(result(CLAUSE, "failed", SIGNATURE, OTHER))
    assert add_stubs(failing, file) == 1
    assert file.read_text().startswith(f"# mine\n{mine}  # no sooner\n")
    assert add_stubs(failing, file) == 0
    waived, _ = held(loaded(tmp_path), result(CLAUSE, "failed", SIGNATURE))
    assert add_stubs(report(*waived.clauses), tmp_path / "none.toml") == 0


def test_hostile_text_stays_in_its_comment(tmp_path):
    file = tmp_path / "waivers.toml"
    failing = result(CLAUSE, "failed", SIGNATURE)
    odd = msgspec.structs.replace(failing.divergences[0], expected='a\n[[waiver]]\n"\x00', observed="\x1b[1m")
    assert add_stubs(report(msgspec.structs.replace(failing, divergences=[odd])), file) == 1
    assert file.read_text().count("\n[[waiver]]\n") == 1


# --- diffs ------------------------------------------------------------------------------------------------------------


def flipped(old, new, **more):
    found = compare(report(*old), report(*new), **more)
    return [(each.kind, each.clause, each.signature) for each in found.changes], found.exit_code


PASSED, FAILED = result(CLAUSE, "passed"), result(CLAUSE, "failed", SIGNATURE)
SHOULD = next(clause.id for clause in CLAUSES.values() if clause.level == "S")
MILD = f"{SHOULD}:x"


@pytest.mark.parametrize(
    ("old", "new", "changes", "code"),
    [
        ([PASSED], [PASSED], [], 0),
        ([FAILED], [FAILED], [], 0),
        ([PASSED], [FAILED], [("new", CLAUSE, SIGNATURE)], 1),
        ([FAILED], [result(CLAUSE, "failed", SIGNATURE, OTHER)], [("new", CLAUSE, OTHER)], 1),
        ([FAILED], [result(CLAUSE, "failed", OTHER)], [("changed", CLAUSE, OTHER)], 1),
        ([FAILED], [PASSED], [("fixed", CLAUSE, SIGNATURE)], 0),
        ([FAILED], [result(CLAUSE, "not_exercised")], [("no_longer_tested", CLAUSE, "")], 2),
        ([PASSED], [], [("no_longer_tested", CLAUSE, "")], 2),
        ([result(CLAUSE, "not_exercised")], [PASSED], [("newly_tested", CLAUSE, "")], 0),
        ([], [FAILED], [("new", CLAUSE, SIGNATURE), ("newly_tested", CLAUSE, "")], 1),
        ([PASSED], [result(CLAUSE, "waived", SIGNATURE, waiver="known")], [("new", CLAUSE, SIGNATURE)], 0),
        ([FAILED], [result(CLAUSE, "waived", SIGNATURE, waiver="known")], [("waived", CLAUSE, SIGNATURE)], 0),
        ([result(CLAUSE, "waived", SIGNATURE, waiver="known")], [FAILED], [("no_longer_waived", CLAUSE, SIGNATURE)], 0),
        (
            [],
            [result(SHOULD, "failed", f"{SHOULD}:x")],
            [("new", SHOULD, f"{SHOULD}:x"), ("newly_tested", SHOULD, "")],
            0,
        ),
    ],
)
def test_a_diff_says_what_flipped(old, new, changes, code):
    assert flipped(old, new) == (changes, code)


def test_a_new_divergence_outranks_a_clause_that_is_not_tested_and_strict_counts_should():
    assert flipped([PASSED, result("recent.queued", "passed")], [FAILED])[1] == 1
    assert flipped([], [result(SHOULD, "failed", MILD)], strict=True)[1] == 1


def test_a_diff_is_written_for_programs_pull_requests_and_people():
    readings = [[ReadingResult(id="limit.scope", left=left)] for left in (["address", "session"], ["address"])]
    old = report(FAILED, readings=readings[0])
    new = report(
        result(CLAUSE, "failed", OTHER), readings=readings[1], plan="sha256:other", registry="sha256:1", exit_code=1
    )
    found = compare(old, new)
    document = json.loads(encode(found))
    assert document["schema"] == "taskconform.diff/1"
    assert document["changes"][0]["was"] == [SIGNATURE]
    assert document["readings"] == [{"id": "limit.scope", "before": ["address", "session"], "after": ["address"]}]
    text = diff_shown.markdown(found)
    assert text.startswith("## 1 new divergence.")
    assert f"<code>{OTHER}</code>" in text
    assert "the plans differ" in text
    out = io.StringIO()
    diff_shown.render(found, Console(file=out, width=100))
    told = " ".join(out.getvalue().split())
    assert f"signature {OTHER} it departs instead of {SIGNATURE}" in told
    assert told.endswith("1 new divergence.")
