"""The engine: plans, execution, reduction, judgement, decision; on the built-in target, and on faults put into it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from wrong_servers import CANCELS_ANYTHING, FULL

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.schedule.scheduler import Scheduler
from taskconform.conformance.engine.schedule.worker import Job, Worker
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.engine.shrink import Shrinker, narrow_slice, with_dependents, without
from taskconform.conformance.errors import BROKE_OFF, CONFORMS, DIVERGES, UNDECIDED, HistoryError
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import Episode, read_head, read_part
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.decide import decide
from taskconform.conformance.verdicts.judgement import Judge, Tally
from taskconform.conformance.verdicts.offline import judge
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Interval, Lost
from taskconform.model.vocabulary.plan import Act, Bulk, Look, planned_calls, references
from taskconform.model.vocabulary.words import Word
from taskconform.reports.document import encode
from taskconform.reports.wording import share
from taskconform.strategies.drawing.plans import direct_plans, draw_plans

QUIET = {"profile": "quick", "seed": 3}


def silent(*_):
    """No progress."""


def settings(folder, target="builtin", workers=2, **more):
    given = {"target": target, "options": {}, "profile": "quick", "seed": 3, "workers": workers, "folder": folder}
    return Settings(**(given | more))


# --- faults put into the built-in simulator, for this file ------------------------------------------------------------


def cancels_anything(options):
    return BuiltinTarget(options, CANCELS_ANYTHING)


class Flaky(BuiltinTarget):
    """Loses every fiftieth answer."""

    def __init__(self, options):
        super().__init__(options)
        self.count = 0

    def perform(self, call):
        outcome = super().perform(call)
        self.count += 1
        if self.count % 50 == 0:
            return Lost(why="dropped", at=outcome.at)
        return outcome


def flaky(options):
    return Flaky(options)


# --- plans ------------------------------------------------------------------------------------------------------------


def drawn(theme, seed, budget=800):
    return draw_plans(theme, run_seed=seed, shard=0, budget=budget, steps=20)


@pytest.mark.parametrize("draw", [partial(draw_plans, budget=500, steps=5), partial(direct_plans, rounds=2)])
def test_drawing_stops_when_it_is_told_to(draw):
    heeded = []

    def heed():
        heeded.append(len(heeded))
        if len(heeded) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw("lives", run_seed=0, shard=0, heed=heed)
    assert len(heeded) == 3


@pytest.mark.parametrize("theme", ["lives", "crowds", "limits"])
def test_a_seed_draws_the_same_plans_and_spends_its_budget(theme):
    plans = drawn(theme, 5)
    assert plans == drawn(theme, 5)
    assert plans != drawn(theme, 6)
    assert 800 <= sum(map(planned_calls, plans)) < 3000


@pytest.mark.parametrize("theme", ["lives", "crowds", "limits"])
def test_plans_refer_backwards_and_name_nothing_concrete(theme):
    for plan in drawn(theme, 1):
        for number, step in enumerate(plan):
            assert all(made.step < number for made in references(step))
            assert "task-" not in repr(step).replace("no-task", "")


def test_a_plan_survives_the_codec():
    for theme in ("lives", "crowds", "limits"):
        for plan in drawn(theme, 2):
            assert codec.decode(json.loads(json.dumps(codec.encode(plan)))) == plan


# --- runs -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def conforming(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conforming")
    return run(settings(folder), silent), folder


def test_the_builtin_target_conforms_and_nothing_is_left_unexercised(conforming):
    finished, _ = conforming
    assert finished.report.run.exit_code == CONFORMS
    for result in finished.report.clauses:
        assert result.verdict in {"passed", "not_applicable"}, result


def test_a_history_judged_again_gives_the_same_report(conforming):
    finished, folder = conforming
    assert encode(judge(folder, silent).report) == encode(finished.report)


def test_the_plan_does_not_depend_on_workers_or_target(conforming, tmp_path):
    finished, _ = conforming
    other = run(settings(tmp_path, target=f"{__name__}:cancels_anything", workers=1), silent)
    assert other.report.run.plan_digest == finished.report.run.plan_digest


@pytest.fixture(scope="module")
def departing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("departing")
    return run(settings(folder, target=f"{__name__}:cancels_anything", workers=1), silent), folder


def test_a_departure_is_named_confirmed_and_short(departing):
    finished, folder = departing
    failed = [result for result in finished.report.clauses if result.verdict == "failed"]
    assert [result.id for result in failed] == ["life.cancel-unsupported"]
    found = failed[0].divergences[0]
    assert (found.reproduced, found.intermittent, found.steps) == ("5/5", False, 2)
    assert finished.report.run.exit_code == DIVERGES
    assert encode(judge(folder, silent).report) == encode(finished.report)


def test_lost_answers_are_no_departure(tmp_path):
    finished = run(settings(tmp_path, target=f"{__name__}:flaky", workers=1), silent)
    assert [result.id for result in finished.report.clauses if result.verdict == "failed"] == []
    assert sum(times for (_, why), times in finished.tally.lost.items() if why == "dropped") > 100
    assert finished.report.lost is not None
    assert not finished.report.lost.too_many
    assert "%" not in share(finished.report)


def test_a_run_that_tested_nothing_is_not_green():
    declaration = BuiltinTarget({}).declaration
    verdicts = decide(Tally(), declaration, PROFILES["quick"])
    assert verdicts.exit_code == UNDECIDED
    only = decide(Tally(), declaration, PROFILES["quick"], selected=frozenset({"page.drain"}))
    assert only.exit_code == UNDECIDED
    assert BROKE_OFF not in {verdicts.exit_code, only.exit_code}


def test_a_required_clause_that_was_live_too_seldom_leaves_the_run_undecided(conforming):
    finished, _ = conforming
    tally = finished.tally
    live = tally.exercised.copy()
    try:
        tally.exercised["life.result"] = 2
        verdicts = decide(tally, finished.declaration, PROFILES["quick"])
    finally:
        tally.exercised = live
    assert verdicts.exit_code == UNDECIDED
    reason = next(result.reason for result in verdicts.clauses if result.id == "life.result")
    assert reason == "exercised 2 times of the 3 that quick asks for"


def test_readings_that_contradict_each_other_fail_the_clause(conforming):
    finished, _ = conforming
    shown = finished.tally.shown["life.backward"]
    shown[("refused",)] += 1
    finished.tally.examples["life.backward", ("refused",)] = "InvalidState"
    try:
        verdicts = decide(finished.tally, finished.declaration, PROFILES["quick"])
    finally:
        del shown[("refused",)]
    assert next(one for one in verdicts.clauses if one.id == "life.backward").verdict == "failed"
    assert verdicts.exit_code == DIVERGES


# --- histories --------------------------------------------------------------------------------------------------------


def test_a_history_is_refused_with_one_line(conforming, tmp_path):
    _, folder = conforming
    with pytest.raises(HistoryError, match="is no history"):
        read_head(tmp_path)
    (tmp_path / "run.json").write_text('{"schema": "something/9"}')
    with pytest.raises(HistoryError, match=r"is not a taskconform\.history/1"):
        read_head(tmp_path)
    head = json.loads((folder / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(head))
    with pytest.raises(HistoryError, match="lacks its part shard-00"):
        read_head(tmp_path)
    part = (folder / "shard-00.jsonl.gz").read_bytes()
    (tmp_path / "shard-00.jsonl.gz").write_bytes(part[: len(part) // 2])
    with pytest.raises(HistoryError, match=r"shard-00.jsonl.gz, line \d+"):
        list(read_part(tmp_path, "shard-00"))


# --- reduction --------------------------------------------------------------------------------------------------------


def act(call, **more):
    return Act(call=call, **more)


def create(**more):
    given = {
        "session": "main",
        "obj": c.Place(role="vm", index=3),
        "task_type_id": c.TypeId(which="work"),
        "cancelable": True,
    }
    return act(c.CreateTask(**(given | more)), look=True)


def test_dropping_steps_renumbers_references():
    plan = (create(), create(), act(c.CancelTask(session="main", task=c.Made(step=1))))
    assert without(plan, {0})[1].call.task == c.Made(step=0)
    looked = (create(), create(), Look(session="main", tasks=(c.Made(step=0), c.Made(step=1))))
    assert without(looked, {0})[1].tasks == (c.Made(step=0),)


def test_a_slice_keeps_what_the_last_step_needs():
    plan = (
        create(),
        act(c.Login(session="s1", account="second")),
        create(session="s1"),
        act(c.CancelTask(session="s1", task=c.Made(step=2))),
    )
    assert len(narrow_slice(plan)) == 3


def test_a_reduction_bisects_sizes_and_makes_arguments_plain():
    plan = (
        create(session="main"),
        Bulk(session="main", obj=c.Place(role="host", index=4), count=250, finish="error", one_by_one=True),
        create(activation_id="x"),
        Look(session="main", tasks=(c.Made(step=0), c.Made(step=1, index=7))),
    )

    def shows(candidate):
        return any(isinstance(step, Bulk) and step.count >= 137 for step in candidate)

    reduced = Shrinker(shows=shows, budget=500).shrink(plan)
    assert [step.count for step in reduced if isinstance(step, Bulk)] == [137]
    assert len(reduced) == 2
    bulk = next(step for step in reduced if isinstance(step, Bulk))
    assert (bulk.finish, bulk.one_by_one, bulk.obj) == ("queued", False, c.Place(role="vm"))


def test_a_bulk_that_pushes_others_out_is_kept_without_trying_each_step():
    """Nothing refers to it, and what shows the divergence is a limit that it reaches: found in a few executions, each
    of which costs hundreds of calls on a real target."""
    others = [create(activation_id=str(number)) for number in range(12)]
    crowd = Bulk(session="main", obj=c.Place(role="vm"), count=200, finish="queued")
    plan = (create(), *others, crowd, Look(session="main", tasks=(c.Made(step=0),)))
    tried = []

    def shows(candidate):
        bulky = any(isinstance(step, Bulk) and step.count >= 200 for step in candidate)
        tried.append(bulky)
        return bulky and any(isinstance(step, Look) and step.tasks for step in candidate)

    reduced = Shrinker(shows=shows, budget=500).shrink(plan)
    assert [type(step) for step in reduced] == [Act, Bulk, Look]
    assert reduced[1].count == 200
    assert sum(tried) <= 12


def test_a_reduction_ends_though_everything_shows_it():
    for theme in ("lives", "crowds", "limits"):
        for plan in drawn(theme, 9)[:5]:
            left = Shrinker(shows=lambda _candidate: True, budget=10_000).shrink(plan)
            needed = [with_dependents(left, range(n, n + 1)) for n in range(len(left) - 1)]
            assert needed == [set(range(len(left)))] * len(needed)  # the last step refers to each of them
            assert len(left) <= 4


def test_a_step_goes_with_what_it_refers_to_and_with_its_session():
    first, second = c.Made(step=0), c.Made(step=1)
    plan = (
        create(),
        create(),
        act(c.Login(session="s2", account="second")),
        act(c.SetTaskState(session="main", task=first, state="running")),
        act(c.ReadRecentTask(session="s2")),
        Look(session="main", tasks=(first, second)),
    )
    assert with_dependents(plan, range(1)) == {0, 3}  # the look has the other task
    assert with_dependents(plan, range(2, 3)) == {2, 4}
    assert with_dependents(plan, range(2)) == set(range(6))  # the last step would look at nothing


def test_a_bulk_that_has_to_be_as_large_as_the_cap_is_soon_found_to_be():
    sizes = []

    def shows(plan):
        sizes.append(plan[0].count)
        return plan[0].count >= 200

    bulk = Bulk(session="main", obj=c.Place(role="vm"), count=220, finish="queued")
    left = Shrinker(shows=shows, budget=80).shrink((bulk, Look(session="main", tasks=(c.Made(step=0),))))
    assert left[0].count == 200
    assert len(sizes) <= 6


# --- execution --------------------------------------------------------------------------------------------------------


def test_a_step_that_the_target_cannot_do_is_recorded_and_skipped():
    records = []
    executor = Executor(target=BuiltinTarget({}), judge=Judge(), record=records.append)
    plan = (
        act(c.CancelTask(session="main", task=c.Made(step=7))),
        act(c.Login(session="s1", account="nobody-declared")),
        act(c.ReadRecentTask(session="s9")),
    )
    executor.run(Episode(part="p", number=0, phase="explore", plan=plan))
    whys = [record.why for record in records if hasattr(record, "why")]
    assert whys == ["step 7 made no 0", "the target declares no account nobody-declared", "nobody logged in as s9"]


def test_the_interval_of_a_virtual_clock_is_an_instant():
    outcome = BuiltinTarget({}).perform(c.Login(session="main", account="primary"))
    assert outcome.at == Interval(earliest=outcome.at.earliest, latest=outcome.at.earliest)
    assert isinstance(outcome, Word)


# --- what an episode leaves behind ------------------------------------------------------------------------------------


def test_a_canary_tells_whether_the_server_was_left_exhausted(tmp_path):
    assert Worker(BuiltinTarget({}), tmp_path).canary() == ""
    assert Worker(BuiltinTarget({}, FULL), tmp_path).canary() == "CreateCollectorForTasks: InvalidState"
    assert Worker(BuiltinTarget({"flavour": "esxi"}), tmp_path).canary() == ""


@pytest.mark.parametrize("is_fresh", [True, False])
def test_what_poisons_comes_last_and_by_itself_where_nothing_can_be_reset(is_fresh):
    batches = []

    def submit(job):
        batches[-1].append(job.arguments[0])
        return threads.submit(job.do, None)

    def slow(_worker, number):
        time.sleep(0.1)  # longer than it takes to hand all jobs in
        return number

    threads = ThreadPoolExecutor(5)
    jobs = [Job(slow, (number,), number in {1, 3}) for number in range(5)]
    batches.append([])
    told = []

    def progress(stage, done, total):
        told.append((stage, done, total))
        if batches[-1]:
            batches.append([])

    scheduler = Scheduler(submit=submit, progress=progress, is_fresh=is_fresh)
    assert scheduler.do("exploring", jobs) == [0, 1, 2, 3, 4]
    order = [batch for batch in batches if batch]
    assert order == ([[0, 1, 2, 3, 4]] if is_fresh else [[0, 2, 4], [1], [3]])
    assert told[-1] == ("exploring", 5, 5)
