"""Runs that end before their time: what was found is told when it is found, and nothing of it is lost."""

from __future__ import annotations

import time

import pytest
from wrong_servers import CANCELS_ANYTHING

from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import Listener, run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import TargetUnreachable
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.offline import judge
from taskconform.model.clauses.registry import CLAUSES, matching
from taskconform.reports.document import encode
from taskconform.reports.wording import verdict

TINY = Profile(
    name="quick",
    exercised=1,
    shards=tuple(Shard(theme="lives", budget=2000, steps=50) for _ in range(3)),
    confirmations=2,
    loop=2,
)


class Ending(BuiltinTarget):
    """Cancels anything; after so many calls it raises, or every call takes so long."""

    def __init__(self, after, problem=None, seconds=0.0):
        super().__init__({}, CANCELS_ANYTHING)
        self.left, self.problem, self.seconds = after, problem, seconds

    def perform(self, call):
        self.left -= 1
        if self.left < 0 and self.problem is not None:
            raise self.problem
        time.sleep(self.seconds)
        return super().perform(call)


def silent(*_):
    """No progress."""


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(PROFILES, "quick", TINY)


def settings(folder, **more):
    return Settings(target="builtin", options={}, profile="quick", seed=3, workers=1, folder=folder, **more)


@pytest.mark.parametrize(
    ("problem", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "The run was interrupted"),
        (TargetUnreachable("it is gone"), 4, "The run broke off"),
    ],
)
def test_a_run_that_breaks_off_leaves_a_report_of_what_it_has(problem, code, told, tmp_path):
    found, salvaged = [], []
    listener = Listener(found=lambda *one: found.append(one), salvaged=salvaged.append)
    with pytest.raises(type(problem)):
        run(settings(tmp_path), silent, Ending(4200, problem), listener)
    (partial,) = salvaged
    assert partial.report.run.exit_code == code
    assert verdict(partial.report).startswith(told)
    assert partial.report.blocks[0].startswith("the run ended early: ")
    assert [one.broken.clause for one, _ in found] == ["life.cancel-unsupported"]
    assert "life.cancel-unsupported" in [one.id for one in partial.report.clauses if one.unconfirmed]
    assert encode(judge(tmp_path, silent).report) == encode(partial.report)


def test_nothing_is_left_where_nothing_was_done(tmp_path):
    salvaged = []
    with pytest.raises(KeyboardInterrupt):
        run(settings(tmp_path), silent, Ending(3, KeyboardInterrupt()), Listener(salvaged=salvaged.append))
    assert salvaged == []


def test_enough_failures_end_the_exploration_and_are_run_again(tmp_path):
    report = run(settings(tmp_path, max_failures=1), silent, Ending(0)).report
    assert report.run.exit_code == 1
    assert report.blocks[0].startswith("the run ended early: ")
    assert "life.cancel-unsupported" in [one.id for one in report.clauses if one.divergences]
    whole = run(settings(tmp_path), silent, Ending(0)).report
    assert whole.run.calls > report.run.calls
    assert not whole.blocks[0].startswith("the run ended early: ")


def test_the_time_ends_the_exploration_and_what_was_found_is_run_again(tmp_path):
    report = run(settings(tmp_path, max_time=0.5), silent, Ending(0, seconds=0.001)).report
    assert report.run.exit_code == 4
    assert report.blocks[0] == "the run ended early: 1 of 3 shards were explored"
    assert encode(judge(tmp_path, silent).report) == encode(report)


def test_clauses_can_be_left_out():
    assert {one.id for one in matching("!page.*")} == {one for one in CLAUSES if not one.startswith("page.")}
    assert {one.id for one in matching("life.*,!life.cancel*")} == {
        one for one in CLAUSES if one.startswith("life.") and not one.startswith("life.cancel")
    }
    assert matching("life.final,!life.*") == ()
