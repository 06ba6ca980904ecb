"""Haste: nothing is waited for on a target that does not lag, and one that lags is given its time."""

from __future__ import annotations

import time

import pytest
from part_targets import NOT_SUPPORTED, Part, short_run
from wrong_servers import Timed

from taskconform.conformance.cli.probing import Probes
from taskconform.conformance.engine import haste
from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.haste import Haste, is_worth_while, lag_of
from taskconform.conformance.engine.perform import Performer
from taskconform.conformance.records.history import Episode, Exchange
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import SECOND, Faulted, Interval, Property, Returned
from taskconform.model.vocabulary.parts import calls_of
from taskconform.model.vocabulary.plan import Act, Drain
from taskconform.model.vocabulary.words import evolve

LAG = 0.4
AN_HOUR = 3600


class Slow(Timed):
    """A server on a real clock that declares seconds to settle; its latest pages and pages lag behind by `lag`."""

    def __init__(self, lag=0.0):
        super().__init__({})
        self.lag, self.made = lag, {}
        self._declaration = evolve(self._declaration, settling=1.5)

    def perform(self, call):
        outcome = super().perform(call)
        if not isinstance(outcome, Returned):
            return outcome
        now = time.monotonic()
        if isinstance(call, c.CreateTask):
            self.made[outcome.value.key] = now
        if isinstance(call, c.ReadNextTasks | c.ReadPreviousTasks):
            return evolve(outcome, value=self.seen(outcome.value, now))
        if isinstance(call, c.ReadLatestPage) and outcome.value.value is not None:
            return evolve(outcome, value=Property(value=self.seen(outcome.value.value, now)))
        return outcome

    def seen(self, items, now):
        return tuple(each for each in items if now - self.made.get(each.key, 0) >= self.lag)


class Vague(Slow):
    """A server whose clock is known to the hour only."""

    def perform(self, call):
        outcome = super().perform(call)
        wide = Interval(
            earliest=outcome.at.earliest - AN_HOUR * SECOND // 2, latest=outcome.at.latest + AN_HOUR * SECOND // 2
        )
        return evolve(outcome, at=wide)


def a_page(session="main"):
    """A task, and a collector of everything that is read to its end."""
    place = c.Place(role="vm")
    create = c.CreateTask(session=session, obj=place, task_type_id=c.TypeId(which="work"), cancelable=False)
    return (
        Act(call=create, look=True),
        Act(call=c.CreateCollectorForTasks(session=session, filter=c.TaskFilterSpec())),
        Drain(session=session, collector=c.Made(step=1), max_count=100),
        Act(call=c.RewindCollector(session=session, collector=c.Made(step=1))),
        Drain(session=session, collector=c.Made(step=1), max_count=100),
    )


def performed(target):
    case = Episode(part="p", number=0, phase="explore", plan=a_page())
    started = time.monotonic()
    return Haste(target=target).run(case, is_known=False), time.monotonic() - started


def test_a_target_that_does_not_lag_is_not_waited_for():
    target = Slow()
    assert is_worth_while(target.declaration)
    found, seconds = performed(target)
    assert seconds < target.declaration.settling
    assert found.records[0].at_once
    assert sum(found.tally.exercised[clause] for clause in ("filter.none", "page.rewind", "page.stable"))
    assert not found.tally.shortest


def test_a_target_that_lags_is_seen_to_and_given_its_time():
    target = Slow(LAG)
    assert LAG / 2 < lag_of(target) < target.declaration.settling
    found, seconds = performed(target)
    assert seconds > target.declaration.settling
    assert not found.records[0].at_once
    assert not found.tally.shortest


def test_a_time_that_is_hardly_known_is_not_waited_for():
    rests = []
    Executor(target=Vague(), judge=Judge(), record=lambda _: None, rest=rests.append).run(
        Episode(part="p", number=0, phase="explore", plan=a_page())
    )
    assert 0 < sum(rests) < AN_HOUR


def test_what_time_may_explain_is_performed_again_with_it(monkeypatch):
    monkeypatch.setattr(haste, "lag_of", lambda _: 0.0)  # a lag that no sample met
    found, _ = performed(Slow(1.0))
    assert not found.records[0].at_once
    assert not found.tally.shortest


@pytest.mark.parametrize("page", [c.ReadNextTasks, c.ReadPreviousTasks])
def test_a_page_is_not_read_again_for_what_time_may_explain(monkeypatch, page):
    """The second time it would be the next page."""
    monkeypatch.setattr(Performer, "_is_early", lambda *_: True)
    target, records = Slow(), []
    target._declaration = evolve(target.declaration, settling=0.05)
    plan = (*a_page()[:2], Act(call=page(session="main", collector=c.Made(step=1), max_count=100)))
    case = Episode(part="p", number=0, phase="explore", plan=plan)
    Executor(target=target, judge=Judge(), record=records.append, rest=time.sleep).run(case)
    again = {type(one.call): one.again for one in reversed(records) if isinstance(one, Exchange)}
    assert not again[page]
    assert again[c.CreateCollectorForTasks]


# --- half an API ------------------------------------------------------------------------------------------------------

LACKING = {
    *("FindExtension", "UpdateExtension", "ReadDescription", "ReadLatestPage", "SetCollectorPageSize"),
    *("CreateListView", "ModifyListView", "ResetListView", "ReadView", "DestroyView", "CancelTask", "UpdateProgress"),
    *("CreateCollectorWithInfoFilterForTasks", "RetrieveReported", "SetTaskDescription", "ResetCollector"),
}


def lacks(call):
    """A third of the calls, and two parts of a filter."""
    spec = getattr(call, "filter", None)
    given = isinstance(spec, c.TaskFilterSpec) and (spec.tag or spec.event_chain_id)
    return type(call).__name__ in LACKING or bool(given)


@pytest.fixture
def probed():
    target = Part(refuses=lacks)
    probes = Probes(perform=target.perform, declaration=target.declaration)
    target.reset()
    probes.run()
    return probes


def test_the_doctor_finds_out_what_is_not_there(probed):
    assert calls_of(probed.words) == LACKING
    assert set(probed.words) - LACKING == {"ViewManager", "TaskFilterSpec.tag"} | (
        {"TaskFilterSpec.eventChainId"} & set(probed.words)
    )


def test_a_simulator_that_is_right_in_all_it_has_diverges_from_nothing(monkeypatch, tmp_path, probed):
    target = Part(refuses=lacks)
    without = (*probed.words, "TaskFilterSpec.eventChainId")
    target._declaration = evolve(target._declaration, without=tuple(dict.fromkeys(without)))
    report = short_run(monkeypatch, tmp_path / "history", target).report
    assert [clause.id for clause in report.clauses if clause.verdict == "failed"] == []
    reasons = {clause.id: clause.reason for clause in report.clauses if clause.verdict == "not_applicable"}
    assert reasons["filter.tag"] == "the target has no TaskFilterSpec.tag"
    assert "CancelTask" in reasons["life.cancel"]


def test_a_fault_that_says_so_is_that_of_a_call_that_is_not_there():
    target = Part(refuses=lambda call: isinstance(call, c.ReadMaxCollector))
    target.refuses, at = (lambda _: False), target.perform(c.Login(session="x", account="primary")).at
    outcomes = {c.ReadMaxCollector: Faulted(fault=NOT_SUPPORTED, at=at)}
    probes = Probes(
        perform=lambda call: outcomes.get(type(call)) or target.perform(call), declaration=target.declaration
    )
    probes.run()
    assert probes.words == ("ReadMaxCollector",)
