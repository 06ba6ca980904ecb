"""Qualification: what is hunted is found and counted, what is permitted is left alone, and the gate says so.

`docs/kill-matrix.json` holds the last qualification of everything. That every clause finds a fault is run again here.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location

import msgspec
import pytest
from here import ROOT

from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.errors import Refused
from taskconform.conformance.qualification import gate, rows
from taskconform.conformance.qualification.arguments import class_of, name_of, places, reasons
from taskconform.conformance.qualification.coverage import survey
from taskconform.conformance.qualification.document import Variants, decode, encode
from taskconform.conformance.qualification.drawn import Drawn, drawn
from taskconform.conformance.qualification.hunt import hunt
from taskconform.conformance.qualification.jobs import Task, done
from taskconform.conformance.qualification.mutants.registry import BUGS, replacements
from taskconform.conformance.qualification.rows import Hunted, Ledger, Watched
from taskconform.conformance.qualification.session import Request, qualify
from taskconform.conformance.qualification.show import render
from taskconform.conformance.targets.builtin.specification import Replacement
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.spec import tasks
from taskconform.model.vocabulary.calls import ObjectRef

DOCS = ROOT / "docs"
FAULT = "root-is-the-grandparent"
TINY = Profile(
    name="tiny", exercised=1, shards=(Shard(theme="lives", budget=1500, steps=50), Shard(theme="services", rounds=1))
)


def quiet(*_):
    """Show no progress."""


@cache
def tiny(seed=0):
    return Drawn(TINY, seed)


# --- the hunt ---------------------------------------------------------------------------------------------------------


def test_a_fault_is_killed_by_a_clause_that_names_it():
    row = hunt(FAULT, tiny())
    assert row.killed_by == "create.root"
    assert not row.others
    assert 0 < row.calls < hunt(FAULT, tiny(), wanted="page.drain").calls
    assert row == hunt(FAULT, tiny())


def test_what_waits_for_another_clause_goes_on_and_notes_what_it_met():
    row = hunt(FAULT, tiny(), wanted="page.drain")
    assert (row.killed_by, row.wanted) == ("", "page.drain")
    assert "create.root" in row.others


def test_a_simulator_that_breaks_is_a_result(monkeypatch):
    def breaking(original, state, call, choices):
        parent = original(state, call, choices)
        if parent is not None:
            raise KeyError(parent.info.key)

    broken = Replacement(original=tasks.parent_of, function=breaking)
    monkeypatch.setitem(replacements(), FAULT, [*replacements()[FAULT], broken])
    row = hunt(FAULT, tiny())
    assert "KeyError" in row.broke
    assert not row.killed_by


def test_results_do_not_depend_on_the_processes():
    tasks = [Task(kind="fault", name=FAULT, profile="quick", seed=seed) for seed in (0, 1)]
    tasks += [Task(kind="fault", name="last-type-is-not-shown", profile="quick", seed=seed) for seed in (0, 1)]
    here, there = ({row.key: row for some in done(tasks, workers) for row in some} for workers in (1, 2))
    assert here == there
    assert all(row.killed_by for row in here.values())


# --- the gate ---------------------------------------------------------------------------------------------------------


def hunted(seed=0, killed_by="create.root", profile="quick", name=FAULT, **more):
    return Hunted(name=name, profile=profile, seed=seed, killed_by=killed_by, calls=100 + seed, **more)


def of(*results, whole=False):
    return gate.document(results, fingerprint="x", whole=whole)


def test_shares_and_median():
    shown = of(*(hunted(seed) for seed in range(3)), hunted(3, ""), hunted(3, profile="standard"))
    assert (shown.quick_share, shown.standard_share, shown.named_share) == (0.75, 1.0, 1.0)
    assert shown.median == 101.5
    assert shown.failures == ("quick found 75.0% of the runs, not 95%",)
    assert decode(encode(shown)) == shown


def test_without_standard_nothing_is_said_of_it():
    assert of(hunted(0, "")).standard_share is None


def test_wrong_names_count_and_broken_ones_do_not():
    shown = of(hunted(others=("info.key",)), hunted(1, "", others=("info.key",)))
    assert shown.named_share == 0.5
    assert shown.faults[0].quick.wrong == {"info.key": 2}
    assert "a right clause was named in 50.0% of the runs, not 98%" in shown.failures


def test_one_alarm_breaks_the_gate():
    calm = Watched(name="jitter", profile="quick", seed=0, calls=10)
    assert of(calm).failures == ()
    assert of(calm).alone.bound == "0 alarms in 1 runs: rate < 3"
    raised = msgspec.structs.replace(calm, seed=1, alarms=("page.drain: lost",))
    assert of(calm, raised).failures == ("an alarm on jitter (seed 1): page.drain: lost",)
    assert of(calm, raised).alone.bound == "1 alarms in 2 runs"


def test_the_bound_is_three_over_n():
    assert Variants(names=(), runs=300, calls=1, alarms={}).bound == "0 alarms in 300 runs: rate < 0.01"


def test_a_simulator_that_breaks_breaks_the_gate():
    assert f"the simulator of {FAULT} broke: KeyError" in of(hunted(killed_by="", broke="KeyError")).failures


def test_a_clause_that_kills_nothing_breaks_the_gate_of_a_whole_run():
    assert "page.drain kills no mutant" in of(hunted(), whole=True).failures
    assert "create.root kills no mutant" not in of(hunted(), whole=True).failures


# --- results on disk --------------------------------------------------------------------------------------------------


def test_a_qualification_goes_on_where_it_was_broken_off(tmp_path, monkeypatch):
    monkeypatch.setitem(PROFILES, "quick", replace(TINY, name="quick"))
    drawn.cache_clear()
    request = Request(globs=("root-is-*", "variant:jitter"), profile="quick", seeds=2)
    path = tmp_path / "results.jsonl"
    with Ledger(path) as ledger:
        whole = qualify(request, ledger, quiet)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:9])
    asked = []
    with Ledger(path) as ledger:
        assert len(ledger.rows) == 1
        assert qualify(request, ledger, lambda stage, so_far, total: asked.append((stage, so_far, total))) == whole
    assert asked[0] == ("running", 1, 4)
    assert sorted(path.read_bytes().splitlines()) == sorted(b"".join(lines).splitlines())
    drawn.cache_clear()


def test_results_of_other_code_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "results.jsonl"
    with Ledger(path) as ledger:
        ledger.add([hunted()])
    monkeypatch.setattr(rows, "fingerprint", lambda: "another")
    with pytest.raises(Refused, match="other code"):
        Ledger(path)
    path.write_text("no results\n")
    with pytest.raises(Refused, match="no file of results"):
        Ledger(path)


# --- the command ------------------------------------------------------------------------------------------------------


def command(*words, folder):
    program = "import sys; from taskconform.conformance.cli.command import main; sys.argv[0] = 'taskconform'; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "qualify", *words], capture_output=True, text=True, check=False, cwd=folder
    )


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("last-type-is-not-shown", "--profile", "quick", "--seeds", "1"), 0, "the gate holds"),
        (("nothing-of-the-kind",), 2, "nothing was tested"),
        (("*", "--profile", "certify"), 3, "no profile certify"),
        (("*", "--seeds", "0"), 3, "seeds"),
    ],
)
def test_exit_codes(words, code, says, tmp_path):
    ended = command(*words, "--workers", "1", folder=tmp_path)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert says in ended.stdout + ended.stderr
    if code == 0:
        shown = decode((tmp_path / "taskconform-qualify" / "qualify.json").read_bytes())
        assert [fault.id for fault in shown.faults] == ["last-type-is-not-shown"]


def test_what_is_chosen():
    assert Request(globs=("variant:*",)).faults == ()
    assert Request(globs=("fault:*",)).variants == ()
    assert Request(globs=("fault:*",)).fives == ()
    assert Request().faults == tuple(BUGS)
    assert len(Request().variants) >= 60
    assert (len(Request().fives), len(Request(full=True).fives)) == (60, 300)
    assert (Request().variant_seeds, Request(full=True).variant_seeds) == (5, 20)


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_coverage_says_where_a_clause_is_live():
    found = {(one.clause, one.call, one.outcome, one.situation) for one in survey(tiny()).clauses}
    assert ("create.returns", "CreateTask", "value", "primary") in found
    assert ("life.unknown", "CancelTask", "ManagedObjectNotFound", "primary, a task that never was") in found
    assert any(where.endswith("running task") for _, _, _, where in found)


def test_coverage_says_which_arguments_were_given_and_which_were_not():
    found = {(one.call, one.argument, one.value, one.state): one for one in survey(tiny()).arguments}
    assert found["CreateTask", "cancelable", "true", ""].times > 0
    assert found["CreateTask", "parent_task_key", "absent", ""].times > 0
    states = {state for call, argument, _, state in found if (call, argument) == ("UpdateProgress", "percent_done")}
    assert states == {"queued", "running", "success", "error"}
    never = found["SetTaskState", "state", "markup", "running"]
    assert (never.times, never.reason) == (0, "a word of an enumeration")
    assert all(one.times == 0 or not one.reason for one in found.values())


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (None, "absent"),
        (True, "true"),
        (-1, "negative"),
        (9, "2 to 9"),
        (1001, "above 1000"),
        ("", "empty"),
        ("a" * 65, "long"),
        ("<a>", "markup"),
        ("ä", "other letters"),
        ((), "none"),
        (("a",) * 65, "over 64"),
        (ObjectRef(type="Task", value="task-1"), "given"),
    ],
)
def test_a_value_has_one_class(value, wanted):
    assert class_of(value) == wanted


def test_every_reason_is_of_a_place_that_there_is():
    names = [name_of(place) for place in places()]
    assert [glob for glob in reasons() if not any(fnmatchcase(name, glob) for name in names)] == []


# --- the last qualification -------------------------------------------------------------------------------------------


def matrix():
    spec = spec_from_file_location("generate_kill_matrix", DOCS / "generate_kill_matrix.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LAST = decode(matrix().RESULTS.read_bytes())


def test_the_page_is_that_of_the_results():
    assert matrix().DOCUMENT.read_text(encoding="utf-8") == matrix().document()
    assert set(matrix().reasons()) <= set(BUGS)


def test_the_last_qualification_was_of_these_faults_and_clauses():
    assert [fault.id for fault in LAST.faults] == [fault for fault in BUGS if fault in {one.id for one in LAST.faults}]
    known = {one.id for one in LAST.clauses}
    assert [one.id for one in LAST.clauses] == [clause for clause in CLAUSES if clause in known]
    assert len(LAST.faults) <= LAST.known <= len(BUGS)
    assert f"{len(LAST.faults)} of {LAST.known} mutants" in matrix().DOCUMENT.read_text(encoding="utf-8")


WANTED = [clause.id for clause in CLAUSES.values() if clause.level != "Q" and not clause.unkilled]


def suspects(clause):
    """The faults that a clause may find, the one that it found soonest in the last qualification first.

    A clause that is newer than that qualification has those that name it.
    """
    witness = next((one.witness for one in LAST.clauses if one.id == clause), None)
    named = [bug.id for bug in BUGS.values() if clause in bug.clauses]
    also = [bug.id for bug in BUGS.values() if clause in bug.also]
    return dict.fromkeys([*(witness or ())[:1], *named, *also])


@pytest.mark.parametrize("clause", WANTED)
def test_every_clause_finds_a_fault(clause):
    """A clause that finds none is not tested, unless the registry says why there is none to be found."""
    assert any(hunt(fault, drawn("quick", 0), wanted=clause).killed_by == clause for fault in suspects(clause))


def test_an_excluded_clause_has_a_reason_and_no_fault():
    for clause in CLAUSES.values():
        if clause.unkilled:
            assert len(clause.unkilled.split()) > 3
            assert not any(clause.id in (*bug.clauses, *bug.also) for bug in BUGS.values())


def test_the_terminal_shows_it(capsys):
    from rich.console import Console  # noqa: PLC0415  # here only

    render(LAST, Console(width=160))
    shown = capsys.readouterr().out
    assert f"{len(LAST.faults)} mutants" in shown
