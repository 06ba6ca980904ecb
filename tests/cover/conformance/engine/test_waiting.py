"""Waiting the window of recentTask out, on a clock that cannot be moved: here a window of four seconds."""

from __future__ import annotations

import dataclasses

import pytest

from taskconform.conformance.engine import profile as profiles
from taskconform.conformance.engine.profile import OUTLASTING, PROFILES, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.records.history import Episode, read_part
from taskconform.conformance.targets.sim_clock import RealClock
from taskconform.conformance.targets.sim_state import RecentWindow
from taskconform.conformance.targets.simulated import BuiltinTarget
from taskconform.conformance.targets.simulator import Simulator
from taskconform.conformance.verdicts.decide import NEEDS_WAIT
from taskconform.conformance.verdicts.offline import judge
from taskconform.model.oracle import recent
from taskconform.model.vocabulary.calls import MAIN, Made
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.plan import Outlast
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.trace_words import Words
from taskconform.strategies.scenarios import outlasting

WINDOW = 4
PAST = 2
CONFIRMATIONS = 2


class Unmoved(Simulator):
    """Goes by the time of day."""

    clock_class = RealClock


class Clinging(Unmoved):
    """Lists what has aged."""

    def __init__(self, settings):
        super().__init__(settings)
        self.recent = RecentWindow(10**6, settings.cap)


class Hasty(Unmoved):
    """Drops what has not aged yet."""

    def __init__(self, settings):
        super().__init__(settings)
        self.recent = RecentWindow(1, settings.cap)


class Unmovable(BuiltinTarget):
    """Whose clock cannot be moved."""

    def __init__(self, options, simulator_class=Unmoved):
        super().__init__(options, simulator_class)
        capabilities = tuple(each for each in self._declaration.capabilities if each != "clock")
        self._declaration = evolve(self._declaration, capabilities=capabilities)


def hurry():
    """Allow a server less time to drop what aged, in this process: a minute is too long for a test."""
    outlasting.PRUNED = WINDOW + PAST
    recent.PRUNING_DEADLINE = PAST * SECOND


def opened(_options):
    """What a process of the run opens; it is in a hurry, too."""
    hurry()
    return Unmovable({"window": str(WINDOW)})


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    monkeypatch.setattr(outlasting, "PRUNED", WINDOW + PAST)
    monkeypatch.setattr(recent, "PRUNING_DEADLINE", PAST * SECOND)


def waited(folder, simulator):
    """The parts that waiting for this simulator brings, and how often it was said that all wait."""
    begun = []

    def opened():
        return Unmovable({"window": str(WINDOW)}, simulator)

    worker = Worker(opened(), folder, apart=opened, waiting=lambda: begun.append(True))
    return worker.wait_out(63, OUTLASTING, 0, CONFIRMATIONS), begun


def test_what_leaves_in_time_is_live_as_often_as_any_profile_asks(tmp_path):
    (explored,), begun = waited(tmp_path, Unmoved)
    most = max(profile.exercised for profile in PROFILES.values())
    assert not explored.tally.seen
    assert explored.tally.exercised["recent.aged"] >= most
    assert explored.tally.exercised["recent.completed"] >= most
    assert begun == [True]


def test_what_stays_is_found_and_confirmed_in_the_same_wait(tmp_path):
    (explored, *confirmed), begun = waited(tmp_path, Clinging)
    signatures = {signature for done in confirmed for signature in done.tally.confirmed}
    assert {signature.partition(":")[0] for signature in signatures} == {"recent.aged", "recent.defaults"}
    assert explored.tally.seen.keys() == signatures
    assert all(runs == [True] * CONFIRMATIONS for done in confirmed for runs in done.tally.confirmed.values())
    assert all(len(trace.plan) == 4 for done in confirmed for trace in done.tally.traces.values())
    assert begun == [True]
    first = next(iter(read_part(tmp_path, confirmed[0].part)))
    assert isinstance(first, Episode)
    assert (first.phase, first.part) == ("confirm", confirmed[0].part)


def test_what_leaves_too_early_is_found(tmp_path):
    (explored, *confirmed), _ = waited(tmp_path, Hasty)
    assert any(signature.startswith("recent.completed:") for signature in explored.tally.seen)
    assert any(signature.startswith("recent.completed:") for done in confirmed for signature in done.tally.confirmed)


def test_a_run_begins_it_first_and_comes_back_last(tmp_path, monkeypatch):
    tiny = dataclasses.replace(
        profiles.PROFILES["standard"], exercised=20, shards=(Shard(theme="lives", budget=60, steps=20), OUTLASTING)
    )
    monkeypatch.setitem(profiles.PROFILES, "standard", tiny)
    found = {}
    for wait in (True, False):
        folder = tmp_path / str(wait)
        folder.mkdir()
        settings = Settings(
            target="test_waiting:opened",
            options={},
            profile="standard",
            seed=0,
            workers=1,
            folder=folder,
            wait=wait,
        )
        finished = run(settings, lambda *_: None)
        assert judge(folder, lambda *_: None).report == finished.report
        found[wait] = finished.report
    aged = {wait: next(one for one in report.clauses if one.id == "recent.aged") for wait, report in found.items()}
    assert aged[True].verdict == "passed"
    assert (aged[False].verdict, aged[False].reason) == ("not_exercised", NEEDS_WAIT)
    assert found[True].run.plan_digest == found[False].run.plan_digest
    assert "--wait" in found[True].run.command


def test_it_is_said_in_words():
    step = Outlast(session=MAIN, percent=75, beyond=2, unless_gone=(Made(step=0),))
    assert "75 % of recentTask's window and 2 s" in Words(()).outlast(Outlast(session=MAIN, percent=75, beyond=2), "")
    assert step.unless_gone
