"""Baselines: what is written of finished runs, what is read, and what a gate makes of servers that change.

The servers are the specification with a function or two replaced: all of them keep only so many of the newest live
tasks in recentTask, which no text allows, and differ in how many.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import date, timedelta

import pytest
from msgspec import structs
from wrong_servers import CANCELS

from taskconform.conformance.engine import frontier
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import Refused
from taskconform.conformance.records.delivery import prepared, write
from taskconform.conformance.records.traces import make_traces
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import Replacement, specified
from taskconform.conformance.verdicts import rates
from taskconform.conformance.verdicts.baseline import load_baseline
from taskconform.conformance.verdicts.changes import compare
from taskconform.conformance.verdicts.judgement import Tally
from taskconform.conformance.verdicts.offline import judge
from taskconform.conformance.verdicts.pinning import as_range, pinned_target
from taskconform.model.spec import recent, tasks
from taskconform.model.spec.choices import DEFAULT
from taskconform.model.vocabulary.calls import MAIN, Place
from taskconform.model.vocabulary.plan import Bulk, Edge, Look
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.document import ClauseResult, DivergenceResult, ReadingResult, TargetSection, encode
from taskconform.reports.wording import verdict

TODAY = date.today()  # noqa: DTZ011  # a day is enough
TINY = Profile(
    name="quick",
    exercised=1,
    shards=(
        Shard(theme="lives", budget=1800, steps=50),
        Shard(theme="crowds", rounds=2),
        Shard(theme="crowds", budget=3500, steps=12),
    ),
    confirmations=2,
    loop=2,
    trials=60,
)
PUSHED_OUT = "recent.queued:recentTask.value"


# --- servers ----------------------------------------------------------------------------------------------------------


def keeping(live):
    """The newest live tasks stay in recentTask, so many of them."""

    def listed(original, state, session, task, choices):
        numbers = sorted(state.live)
        pushed = task.number in state.live and task.number not in numbers[-live:]
        return not pushed and original(state, session, task, choices)

    return Replacement(original=recent.is_listed, function=listed)


def _now_and_then(original, state, call, choices):
    """Every 37th task has lost what it was activated by."""
    state, info = original(state, call, choices)
    number = len(state.tasks)
    if number % 7 or info.entity_name is None:
        return state, info
    task = state.tasks[max(state.tasks)]
    changed = evolve(info, entity_name="another")
    return tasks.with_info(state, task, changed), changed


NOW_AND_THEN = Replacement(original=tasks.create_task, function=_now_and_then)


def server(*replacements, choices=DEFAULT, version="8.0.3"):
    target = BuiltinTarget({}, specified(replacements, choices))
    declaration = target._declaration
    target._declaration = evolve(declaration, about=evolve(declaration.about, version=version))
    return target


def silent(*_):
    """No progress."""


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(PROFILES, "quick", TINY)


def performed(out, target, seed=0, **more):
    """Run on this server, and write what a run writes."""
    settings = Settings(
        target="builtin", options={}, profile="quick", seed=seed, workers=1, folder=prepared(out), **more
    )
    finished = run(settings, silent, target)
    write(finished, make_traces(finished.tally, finished.declaration), settings.folder, out)
    return finished


def baseline(*arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", "baseline", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def pinned(tmp_path_factory):
    """A folder with a baseline of the server that keeps 120 live tasks, from two seeds."""
    cwd = tmp_path_factory.mktemp("pinned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "quick", TINY)
        for seed in (0, 1):
            performed(cwd / f"s{seed}", server(keeping(120)), seed)
    code, said = baseline("s0", "s1", "-o", "base.toml", "--owner", "ana", "--reason", "known", cwd=cwd)
    assert code == 0, said
    return cwd


def gated(pinned, out, target, seed=5, on=TODAY, **more):
    """The lines of what changed, and the exit code."""
    finished = performed(out, target, seed, baseline=load_baseline(pinned / "base.toml", on), **more)
    return [f"{one.clause}: {one.told}" for one in finished.report.baseline.changes], finished


# --- rates ------------------------------------------------------------------------------------------------------------


def test_tails_and_intervals_are_exact():
    assert rates.tail(1, 10, 0.1) == pytest.approx(1 - 0.9**10)
    assert rates.tail(10, 10, 0.5) == pytest.approx(0.5**10)
    assert rates.tail(3, 5, 0.5) == pytest.approx(0.5)
    assert (rates.tail(0, 5, 0.1), rates.tail(1, 5, 0.0), rates.tail(6, 5, 0.3)) == (1, 0, 0)
    low, high = rates.interval(3, 30)
    assert (low, high) == (pytest.approx(0.02112, abs=1e-5), pytest.approx(0.26529, abs=1e-5))
    assert rates.interval(0, 10) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    assert rates.interval(10, 10)[1] == 1.0
    assert rates.interval(0, 0) == (0.0, 1.0)
    assert [rates.in_words(*one) for one in ((1, 400), (3, 9), (0, 12))] == ["1/400", "1/3", "0/12"]


# --- frontiers --------------------------------------------------------------------------------------------------------


def bulk(count):
    return (
        Bulk(session=MAIN, obj=Place(role="vm"), count=count, finish="queued"),
        Look(session=MAIN, tasks=()),
    )


@pytest.mark.parametrize("begins", [2, 3, 99, 120, 121, 199, 200, 201, 350])
def test_the_edge_is_found_and_read_off_the_probes(begins):
    probes = []

    def shows(plan):
        probes.append((plan, plan[0].count >= begins))
        return probes[-1][1]

    frontier.find(bulk(350), shows)
    assert frontier.edges(bulk(350), probes) == (Edge(step=0, size="count", shows=begins, shows_not=begins - 1),)
    assert len(probes) <= frontier.PROBES + 2


def test_what_shows_at_one_has_no_edge():
    probes = []

    def shows(plan):
        probes.append((plan, True))
        return True

    frontier.find(bulk(350), shows)
    assert frontier.edges(bulk(350), probes) == ()
    assert frontier.edges(bulk(350), [(bulk(2)[:1], False), ((*bulk(3)[:1], *bulk(3)[:1]), False)]) == ()


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_baseline_has_what_people_review(pinned):
    held = load_baseline(pinned / "base.toml", TODAY).baseline
    assert held.target == {"name": "builtin", "version": "~=8.0.3"}
    assert (held.runs.runs, held.runs.seeds, held.runs.profile) == (2, (0, 1), "quick")
    known = held.known[PUSHED_OUT]
    (edge,) = known.frontier
    assert (edge.size, edge.shows, edge.shows_not) == ("count", 121, 120)
    assert (known.owner, known.reason, known.expires) == ("ana", "known", TODAY + timedelta(days=180))
    assert known.plan[edge.step - 1].count == 121
    assert all(ids for ids in held.interpretations.values())
    assert set(held.not_exercised).isdisjoint(held.exercised)
    text = (pinned / "base.toml").read_text()
    assert "#: recentTask lacks a task that it has to hold" in text
    assert "#: > " in text


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('owner = "ana"', 'owner = " "', "its owner is not filled in"),
        ('clause = "recent.queued"', 'clause = "recent.queud"', "did you mean recent.queued"),
        ("shows_not = 120", "shows_nt = 120", "shows_nt"),
        ("taskconform.baseline/1", "taskconform.baseline/9", "is no baseline"),
        ('~=8.0.3"', '~=new"', "is no range of versions"),
        ("step = ", "step = 9", "make no sense"),
        ('\'{"is":"Look"', '\'{"is":"Login"', "make no sense"),
        ("[runs]", "[runs", "is no TOML"),
        (f"expires = {TODAY + timedelta(days=180)}", f"expires = {TODAY + timedelta(days=200)}", "at most 180 days"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(before, after, said, pinned, tmp_path):
    text = (pinned / "base.toml").read_text()
    assert before in text
    (tmp_path / "base.toml").write_text(text.replace(before, after))
    with pytest.raises(Refused) as caught:
        load_baseline(tmp_path / "base.toml", TODAY)
    assert said in str(caught.value)
    assert "base.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_versions_are_pinned_as_ranges():
    about = {"version": "7.0.3", "build": "123"}
    target = TargetSection(name="sim", about=about, identity={"sha256": "ab"}, capabilities=[])
    assert pinned_target(target) == {"name": "sim", "version": "~=7.0.3"}
    govmomi = TargetSection(name="vcsim", about=about, identity={"govmomi": "v0.56.0", "sha256": "ab"}, capabilities=[])
    assert pinned_target(govmomi) == {"name": "vcsim", "govmomi": "~=0.56.0"}
    assert pinned_target(TargetSection(name="x", about={}, identity={"sha256": "ab"}, capabilities=[])) == {
        "name": "x",
        "sha256": "ab",
    }
    assert [as_range(one) for one in ("v8", "8.0", "1.2.3-rc1")] == ["==8", "~=8.0", "~=1.2.3-rc1"]


# --- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_green_on_any_seed_while_nothing_changes_and_nothing_known_is_shrunk(pinned, tmp_path, seed):
    changes, finished = gated(pinned, tmp_path / "run", server(keeping(120)), seed)
    assert ([one for one in changes if "seen" not in one], finished.report.run.exit_code) == ([], 0)
    assert verdict(finished.report).startswith("Nothing has changed against base.toml: ")
    assert not finished.report.blocks
    assert not list((tmp_path / "run" / "history").glob("trace-*"))
    again = judge(tmp_path / "run" / "history", silent)
    assert encode(again.report) == encode(finished.report)


def test_a_run_without_a_baseline_is_judged_against_one_later(pinned, tmp_path):
    held = load_baseline(pinned / "base.toml", TODAY)
    performed(tmp_path / "same", server(keeping(120)), 8)
    report = judge(tmp_path / "same" / "history", silent, baseline=held).report
    assert ([one.told for one in report.baseline.changes if one.blocks], report.run.exit_code) == ([], 0)


@pytest.mark.parametrize(("live", "told"), [(60, "121 -> 61"), (130, "121 -> 131")])
def test_red_where_a_known_divergence_begins_elsewhere(pinned, tmp_path, live, told):
    changes, finished = gated(pinned, tmp_path / "run", server(keeping(live)))
    assert f"recent.queued: begins elsewhere ({told})" in changes
    assert finished.report.run.exit_code == 1
    assert f"recent.queued: begins elsewhere ({told})" in finished.report.blocks


def test_red_for_what_is_new_and_for_what_is_gone(pinned, tmp_path):
    changes, finished = gated(pinned, tmp_path / "new", server(keeping(120), CANCELS))
    (new,) = [one for one in changes if one.startswith("life.cancel-unsupported: ")]
    assert new.startswith("life.cancel-unsupported: new: expected a fault")
    assert finished.report.run.exit_code == 1
    changes, finished = gated(pinned, tmp_path / "gone", server())
    assert "recent.queued: gone: strike it off" in changes
    assert finished.report.run.exit_code == 1


def test_red_for_another_interpretation(pinned, tmp_path):
    before = load_baseline(pinned / "base.toml", TODAY).baseline.interpretations["recent.wait-later"]
    assert before == ("nothing", "varying")
    target = server(keeping(120), choices=evolve(DEFAULT, recent_wait_later="full-value"))
    changes, finished = gated(pinned, tmp_path / "run", target)
    assert "recent.wait-later: interpretation changed (nothing -> full-value)" in changes
    assert finished.report.run.exit_code == 1


def test_red_for_another_product_and_for_what_has_expired(pinned, tmp_path):
    changes, finished = gated(pinned, tmp_path / "other", server(keeping(120), version="9.1"))
    assert changes[0].startswith(": the baseline is of another target (name builtin, version ~=8.0.3)")
    assert (len(changes), finished.report.run.exit_code) == (1, 1)
    changes, finished = gated(pinned, tmp_path / "late", server(keeping(120)), on=TODAY + timedelta(days=181))
    assert any(one.startswith("recent.queued: expired on ") for one in changes)
    assert finished.report.run.exit_code == 1


@pytest.mark.parametrize(("sightings", "code"), [(1, 0), (3, 0), (9, 1)])
def test_a_rare_way_to_meet_a_known_cause_is_told_and_no_change(pinned, sightings, code):
    held = load_baseline(pinned / "base.toml", TODAY)
    baseline = structs.replace(held.baseline, exercised={**held.baseline.exercised, "recent.set": (9, 0)})
    found = DivergenceResult(
        signature="recent.set:recentTask.value",
        summary="",
        expected="one",
        observed="another",
        steps=3,
        reproduced="5/5",
        sightings=sightings,
    )
    result = ClauseResult(id="recent.set", level="M", title="", verdict="failed", live=20, divergences=[found])
    target = TargetSection(name="builtin", about={"version": "8.0.3"}, capabilities=[])
    compared = compare([result], [], Tally(), structs.replace(held, baseline=baseline), target, "quick")
    (change,) = compared.section.changes
    assert (change.kind, compared.exit_code) == ("new" if code else "seen_rarely", code)


@pytest.mark.parametrize(("left", "kinds"), [(("b", "c"), []), (("c",), ["interpretation_changed"])])
def test_an_interpretation_that_is_not_excluded_yet_is_no_change(pinned, left, kinds):
    """The baseline's runs left a and b; b explains a run that excluded a, and not yet c."""
    held = load_baseline(pinned / "base.toml", TODAY)
    baseline = structs.replace(held.baseline, interpretations={"page.order": ("a", "b")})
    result = ReadingResult(id="page.order", left=list(left))
    target = TargetSection(name="builtin", about={"version": "8.0.3"}, capabilities=[])
    tally = Tally()
    tally.shown["page.order"] = Counter({tuple(left): 1})
    compared = compare([], [result], tally, structs.replace(held, baseline=baseline), target, "quick")
    assert [change.kind for change in compared.section.changes if change.clause == "page.order"] == kinds


@pytest.mark.parametrize(("clause", "kind"), [("filter.tag", "new"), ("filter.or", "seen_rarely")])
def test_parts_of_a_filter_do_not_excuse_each_other(pinned, clause, kind):
    held = load_baseline(pinned / "base.toml", TODAY)
    what = "collector.value:holds what does not match"
    known = structs.replace(held.baseline.divergence[0], clause="filter.state", signature=f"filter.state:{what}")
    baseline = structs.replace(held.baseline, exercised={clause: (9, 0)}, divergence=(known,))
    found = DivergenceResult(
        signature=f"{clause}:{what}",
        summary="",
        expected="one",
        observed="another",
        steps=3,
        reproduced="5/5",
        sightings=2,
    )
    result = ClauseResult(id=clause, level="M", title="", verdict="failed", live=20, divergences=[found])
    target = TargetSection(name="builtin", about={"version": "8.0.3"}, capabilities=[])
    compared = compare([result], [], Tally(), structs.replace(held, baseline=baseline), target, "quick")
    assert [change.kind for change in compared.section.changes if change.clause == clause] == [kind]


def test_two_for_what_is_no_longer_exercised(pinned, tmp_path):
    target = server(keeping(120))
    target._declaration = evolve(target._declaration, without=("SetTaskState",))
    changes, finished = gated(pinned, tmp_path / "run", target)
    assert changes
    assert any(one.startswith("life.set-state: no longer exercised (at least ") for one in changes)
    assert finished.report.run.exit_code == 2


def test_an_update_keeps_what_people_wrote_and_strikes_off_what_is_gone(pinned, tmp_path):
    text = (pinned / "base.toml").read_text()
    text = text.replace("[[divergence]]", "[[divergence]]\n# our own word", 1).replace(
        'owner = "ana"', 'owner = "bob"', 1
    )
    (tmp_path / "base.toml").write_text(text)
    changes, _ = gated(tmp_path, tmp_path / "run", server(CANCELS))
    assert "recent.queued: gone: strike it off" in changes
    code, said = baseline("run", "-o", "base.toml", cwd=tmp_path)
    assert (code, "--update brings it up to date" in said) == (3, True)
    code, said = baseline("run", "-o", "base.toml", "--update", "--owner", "eve", cwd=tmp_path)
    assert code == 0, said
    held = load_baseline(tmp_path / "base.toml", TODAY).baseline
    assert PUSHED_OUT not in held.known
    new = next(one for one in held.known.values() if one.clause == "life.cancel-unsupported")
    assert new.owner == "eve"
    changes, finished = gated(tmp_path, tmp_path / "after", server(CANCELS), 6)
    assert finished.report.run.exit_code == 0, changes


def test_waivers_are_taken_over(pinned, tmp_path):
    (tmp_path / "waivers.toml").write_text(
        f"""
[[waiver]]
clause = "recent.queued"
signature = "{PUSHED_OUT}"
target = {{ name = "builtin", version = ">=8" }}
reason = "it lists 120"
link = "https://tracker.example/1"
owner = "kim"
expires = {TODAY + timedelta(days=30)}
"""
    )
    code, said = baseline(pinned / "s0", pinned / "s1", "waivers.toml", "-o", "base.toml", cwd=tmp_path)
    assert code == 0, said
    known = load_baseline(tmp_path / "base.toml", TODAY).baseline.known
    assert (known[PUSHED_OUT].owner, known[PUSHED_OUT].reason) == ("kim", "it lists 120")
    assert known[PUSHED_OUT].link == "https://tracker.example/1"
    assert known[PUSHED_OUT].expires == TODAY + timedelta(days=30)
    assert all(one.owner == "nobody yet" for one in known.values() if one.signature != PUSHED_OUT)
