"""Answers that leave out what they must say: judged by two clauses, and by no other."""

from __future__ import annotations

import pytest
from part_targets import short_run
from test_model import Told

from taskconform.conformance.records import codec
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.wire.answers import reader_of
from taskconform.conformance.wire.schema import known_type
from taskconform.conformance.wire.xml import root_of
from taskconform.model.oracle.checks import UnsaidError
from taskconform.model.oracle.findings import Broken, Held
from taskconform.model.oracle.unsaid import PartialInfo, with_infos
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Property, Returned, TaskInfo
from taskconform.model.vocabulary.parts import REQUIRED, wire_name
from taskconform.model.vocabulary.words import evolve


class Changing(BuiltinTarget):
    """The built-in target, with every TaskInfo changed."""

    def __init__(self, change, **declared):
        super().__init__({})
        self.change = change
        self._declaration = evolve(self._declaration, **declared)

    def perform(self, call):
        outcome = super().perform(call)
        return with_infos(outcome, self.change) if isinstance(outcome, Returned) else outcome

    def perform_together(self, calls):
        return [self.perform(call) for call in calls]


def failed(report):
    return {clause.id for clause in report.clauses if clause.verdict == "failed"}


@pytest.mark.parametrize("field", REQUIRED)
def test_a_field_that_is_absent_breaks_one_clause(monkeypatch, tmp_path, field):
    target = Changing(lambda info: evolve(info, **{field: None}))
    report = short_run(monkeypatch, tmp_path / "history", target).report
    assert failed(report) == {"info.required"}
    (clause,) = [one for one in report.clauses if one.id == "info.required"]
    assert {one.signature.rpartition(":")[2] for one in clause.divergences} == {REQUIRED[field]}
    assert report.totals.passed > 10


def test_a_field_that_is_declared_not_to_be_there_is_not_asked_for(monkeypatch, tmp_path):
    lacks = ("key", "reason", "queue_time", "event_chain_id", "cancelled", "cancelable")
    change = dict.fromkeys(lacks)
    without = tuple(f"TaskInfo.{wire_name(name)}" for name in lacks)
    target = Changing(lambda info: evolve(info, **change), without=without)
    assert not failed(short_run(monkeypatch, tmp_path / "history", target).report)


def test_a_state_that_is_none_breaks_one_clause(monkeypatch, tmp_path):
    target = Changing(lambda info: evolve(info, state=info.state.upper()))
    report = short_run(monkeypatch, tmp_path / "history", target).report
    assert failed(report) == {"info.enumerations"}


def test_a_whole_info_holds_and_a_field_of_another_type_does_not():
    told = Told()
    info, found = told.create()
    assert {Held("info.required"), Held("info.enumerations")} <= set(found)
    read = c.ReadTaskInfo(session="main", tasks=(info.task,))
    strange = evolve(info, queue_time=None, other=(("queueTime", "yesterday"), ("ours", "x")))
    (broken,) = [one for one in told.returns(read, (Property(value=strange),)) if isinstance(one, Broken)]
    assert (broken.clause, broken.observed) == ("info.required", "queueTime is yesterday")
    strange = evolve(info, other=(("progress", "half"),))
    (broken,) = [one for one in told.returns(read, (Property(value=strange),)) if isinstance(one, Broken)]
    assert broken.observed == "progress is half"


def test_an_absent_field_cannot_be_read_and_is_written_as_null():
    info = evolve(Told.info(), reason=None, state="QUEUED")
    partial = PartialInfo(**{name: getattr(info, name) for name in info.__struct_fields__})
    assert partial.key == info.key
    for name in ("reason", "state"):
        with pytest.raises(UnsaidError):
            getattr(partial, name)
    assert codec.decode(codec.encode(evolve(info, key=None))) == evolve(info, key=None)


def test_over_soap_a_field_that_is_absent_or_of_another_type_leaves_the_rest():
    text = (
        "<info><key>task-1</key><task type='Task'>task-1</task><state>queued</state><cancelled>perhaps</cancelled>"
        "<queueTime>soon</queueTime></info>"
    )
    info = reader_of(known_type("TaskInfo"))(root_of(text.encode()))
    assert isinstance(info, TaskInfo)
    assert (info.key, info.state, info.cancelled, info.reason, info.queue_time) == (
        "task-1",
        "queued",
        None,
        None,
        None,
    )
    assert dict(info.other) == {"cancelled": "perhaps", "queueTime": "soon"}
