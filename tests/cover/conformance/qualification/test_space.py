"""The fault space: its names, its operators, what they change, and what a sample of it comes to."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from fnmatch import fnmatchcase
from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO

import pytest
import tomlkit
from here import ROOT as ROOT_FOLDER
from rich.console import Console

from taskconform.conformance.cli import sampling
from taskconform.conformance.cli.qualify import wanted
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.errors import CONFORMS, UNDECIDED, Refused
from taskconform.conformance.events import Events
from taskconform.conformance.qualification import power, sampled
from taskconform.conformance.qualification.differential import Beside, RecordingTarget, allowed, differs, plain, renamed
from taskconform.conformance.qualification.drawn import Drawn
from taskconform.conformance.qualification.mutants.registry import open_target
from taskconform.conformance.qualification.mutants.registry import specification_of as named
from taskconform.conformance.qualification.rows import Ledger, Sampled
from taskconform.conformance.qualification.sampled import hunt_sampled
from taskconform.conformance.qualification.session import SampleRequest, qualify_sample
from taskconform.conformance.qualification.space import source, stand_ins
from taskconform.conformance.qualification.space.behaviour import BEHAVIOURS
from taskconform.conformance.qualification.space.fields import argument_places, changed
from taskconform.conformance.qualification.space.mutants import free_names, sample, space, specification_of, why_free
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import RIGHT, Replacement, specified
from taskconform.model.spec import life
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import MAIN, ObjectRef
from taskconform.model.vocabulary.outcomes import Faulted, Returned
from taskconform.reports.render import power as recorded

TINY = Profile(
    name="tiny", exercised=1, shards=(Shard(theme="lives", budget=1500, steps=50), Shard(theme="services", rounds=1))
)
PLANS = Drawn(TINY, 0)
ROOT = ObjectRef(type="Folder", value="group-d1")
EVIDENT = "unwritten@life.enter:1/start_time"
QUIET = "answer-clipped@views.read_view:value/999"


def mutant(operator, place):
    return next(name for name in space() if name.startswith(f"{operator}@{place}"))


def opened(name):
    """Return a target with a mutant, a session and a task."""
    target = BuiltinTarget({}, specification_of(name))
    target.perform(calls.Login(session=MAIN, account="primary"))
    target.perform(calls.RegisterExtension(session=MAIN, key="k", version="1", task_ids=("k.work",)))
    made = target.perform(calls.CreateTask(session=MAIN, obj=ROOT, task_type_id="k.work", cancelable=False))
    return target, made.value.task


# --- names and sites --------------------------------------------------------------------------------------------------


def test_every_mutant_has_a_name_that_tells_operator_place_and_parameter():
    form = re.compile(r"[a-z-]+@[a-z_]+\.\w+:[\w.\[\]]+/[\w,-]+")
    assert len(space()) > 5_000
    assert not [name for name in space() if not form.fullmatch(name)]
    assert {one.operator for one in space().values()} == {*source.SOURCE_OPERATORS, *BEHAVIOURS}


def test_sites_are_the_same_each_time():
    assert list(source.sites()) == list(source.sites())


def test_nothing_is_changed_where_the_specification_chooses_or_never_comes_to():
    places = {(one.function, source.said_of(one)) for one in source.sites() if one.module == "inventory"}
    below = [said for function, said in places if function == "is_below"]
    assert below
    assert not [said for said in below if "choices" in said or "hosts" in said]
    later = [source.said_of(one) for one in source.sites() if one.function in {"told_later", "turned_position"}]
    assert not [said for said in later if "how" in said or "element-changes" in said or "before-page" in said]


def test_a_method_that_no_clause_is_about_is_no_place():
    places = Counter(name.partition("@")[2].partition(":")[0] for name in space())
    assert not {"folders.create_folder", "triggers.create_alarm", "clock.advance_clock"} & set(places)
    assert places["life.set_task_state"] > 100


def test_a_sample_is_drawn_anew_by_its_seed_and_evenly():
    drawn = sample(120, 3)
    assert drawn == sample(120, 3)
    assert drawn[:40] == sample(40, 3)
    assert drawn != sample(120, 4)
    assert len(set(drawn)) == 120
    assert max(Counter(space()[name].operator for name in drawn).values()) <= 3
    assert sample(10_000_000, 0, ("slice@*",)) != ()


@pytest.mark.parametrize("operator", sorted({*source.SOURCE_OPERATORS, *BEHAVIOURS}))
def test_mutants_of_every_operator_start_and_answer(operator):
    answered = 0
    for name in sample(4, 1, (f"{operator}@*",)):
        assert "->" in space()[name].says() or operator in BEHAVIOURS
        with suppress(LookupError, TypeError):  # some do not even start
            target = BuiltinTarget({}, specification_of(name))
            outcome = target.perform(calls.Login(session=MAIN, account="primary"))
            answered += isinstance(outcome, Returned | Faulted)
    assert answered >= 2


# --- operators --------------------------------------------------------------------------------------------------------


def test_a_field_that_is_not_written():
    target, task = opened(EVIDENT)
    target.perform(calls.SetTaskState(session=MAIN, task=task, state="running"))
    (read,) = target.perform(calls.ReadTaskInfo(session=MAIN, tasks=(task,))).value
    assert (read.value.state, read.value.start_time) == ("running", None)


def test_a_late_fault_has_had_its_effect():
    late = sample(9, 0, ("late-fault@life.set_task_state:*",))
    left = {name: state_after(name, calls.SetTaskState, state="queued", result="early") for name in late}
    assert sorted(left.values()) == [*["queued None"] * (len(late) - 1), "queued early"]


def state_after(name, call, **given):
    target, task = opened(name)
    outcome = target.perform(call(session=MAIN, task=task, **given))
    (read,) = target.perform(calls.ReadTaskInfo(session=MAIN, tasks=(task,))).value
    return f"{read.value.state} {read.value.result}" if isinstance(outcome, Faulted) else "returned"


def test_a_condition_says_when_it_goes_wrong():
    target, task = opened("answer-crossed@tasks.read_task_info:[].value.description_id/state,ended")
    read = calls.ReadTaskInfo(session=MAIN, tasks=(task,))
    assert target.perform(read).value[0].value.description_id == "k.work"
    target.perform(calls.SetTaskState(session=MAIN, task=task, state="success"))
    assert target.perform(read).value[0].value.description_id == "success"


def test_what_one_call_does_spills_to_another_task():
    target, first = opened("spills@life.set_task_description:description/before")
    again = calls.CreateTask(session=MAIN, obj=ROOT, task_type_id="k.work", cancelable=False)
    second = target.perform(again).value.task
    target.perform(calls.SetTaskDescription(session=MAIN, task=second, key="phase"))
    read = target.perform(calls.ReadTaskInfo(session=MAIN, tasks=(first, second))).value
    assert [one.value.description.key for one in read] == ["phase", "phase"]


def test_a_method_that_breaks_after_some_calls():
    target, task = opened("breaks-after@tasks.read_task_info:server/3")
    read = calls.ReadTaskInfo(session=MAIN, tasks=(task,))
    assert [isinstance(target.perform(read), Returned) for _ in range(5)] == [True] * 3 + [False] * 2


def test_a_mutant_that_stumbles_answers_and_changes_nothing():
    def stumbling(_original, _state, _call, _choices):
        raise ZeroDivisionError

    from taskconform.conformance.qualification.space.mutants import Mutated  # noqa: PLC0415

    broken = specified([Replacement(original=life.set_task_state, function=stumbling)])
    target = BuiltinTarget({}, Mutated(modules=broken.modules))
    before = target.state
    outcome = target.perform(
        calls.SetTaskState(session=MAIN, task=ObjectRef(type="Task", value="task-1"), state="error")
    )
    assert outcome.fault.kind == "SystemError"
    assert target.state.tasks == before.tasks


def test_a_loop_without_end_ends():
    target, task = opened(mutant("unwritten", "clock.take_next:1/ending"))
    target.perform(calls.SetTaskState(session=MAIN, task=task, state="running"))
    made = calls.CreateTask(session=MAIN, obj=ROOT, task_type_id="k.work", cancelable=True)
    other = target.perform(made).value.task
    target.perform(calls.SetTaskState(session=MAIN, task=other, state="running"))
    target.perform(calls.CancelTask(session=MAIN, task=other))
    assert isinstance(target.perform(calls.AdvanceClock(session=MAIN, seconds=1)), Faulted | Returned)


def test_places_of_arguments():
    places = {one.name: one for one in argument_places(calls.CreateCollectorForTasks)}
    assert places["filter.state"].kind == "list"
    assert places["filter.time.begin_time"].siblings == ("end_time",)
    assert places["filter.entity.entity"].kind == "ref"
    assert "session" not in places
    spec = calls.TaskFilterSpec(state=("queued", "running"))
    call = calls.CreateCollectorForTasks(session=MAIN, filter=spec)
    assert changed(call, ("filter", "state"), lambda value, _: value[:1]).filter.state == ("queued",)
    assert changed(call, ("filter", "state", "[]"), lambda value, _: value[0]).filter.state == ("q", "r")
    assert changed(call, ("filter", "time", "begin_time"), lambda *_: 1) == call


def test_comparisons_that_look_at_less():
    one, other = ObjectRef(type="Task", value="1"), ObjectRef(type="Folder", value="1")
    assert stand_ins.same("value", one, other)
    assert not stand_ins.same("type", one, other)
    assert stand_ins.among("case", "Ab", ("aB",))
    assert stand_ins.same("prefix", "abcdefgh", "abcdefxx")
    assert stand_ins.all_but(1, "abc") == ["a", "c"]
    assert stand_ins.first(2, "abc") == ["a", "b"]
    assert stand_ins.turned("abc") == ["c", "b", "a"]


# --- side by side -----------------------------------------------------------------------------------------------------


def test_the_specification_does_not_differ_from_itself():
    assert differs(RIGHT, PLANS) is None
    call, wrong, right = differs(specification_of(EVIDENT), PLANS)
    assert wrong != right
    assert call.session


def test_a_difference_is_told_by_its_place():
    one = Returned(value=(calls.TaskFilterSpec(state=("a", "b")),), at=None)
    other = Returned(value=(calls.TaskFilterSpec(state=("a", "c")),), at=None)
    assert sampled.parted(one, other) == ("value[0].state[1]", "b", "c")


def test_names_and_messages_do_not_count():
    call = calls.CreateListView(session=MAIN, objs=())
    here, there = (Returned(value=ObjectRef(type="ListView", value=one), at=None) for one in "ab")
    assert renamed(there, {"b": "a"}) == here
    assert plain(call, here) != plain(call, there)
    refs = tuple(ObjectRef(type="Task", value=one) for one in "ab")
    read = calls.ReadView(session=MAIN, view=refs[0])
    assert plain(read, Returned(value=refs, at=None)) == plain(read, Returned(value=refs[::-1], at=None))


def test_a_mutant_that_behaves_as_an_interpretation_conforms():
    other = specified(choices=life_choices())
    target = RecordingTarget(other)
    cases = [case for _, case in PLANS.test_cases()]
    assert target.specification is other
    assert allowed(other, cases).startswith("info.progress-end:")
    assert allowed(specification_of(EVIDENT), cases) == ""


def life_choices():
    from taskconform.model.spec.choices import DEFAULT  # noqa: PLC0415
    from taskconform.model.vocabulary.words import evolve  # noqa: PLC0415

    return evolve(DEFAULT, info_progress_end="hundred")


def test_every_mutant_that_is_free_is_there_and_has_a_reason():
    assert all(any(fnmatchcase(name, glob) for name in space()) for glob in free_names())
    assert all(len(reason.split()) > 8 for reason in free_names().values())
    assert why_free("turned@watched.followed:1/round")
    assert not why_free(EVIDENT)


# --- a sample ---------------------------------------------------------------------------------------------------------


def test_a_sampled_mutant_is_found_or_never_differs():
    found, missed = hunt_sampled((EVIDENT, QUIET), PLANS)
    assert (found.found_by, found.explored, found.cases) == ("life.times", True, 1)
    assert found.calls < missed.calls
    assert (missed.found_by, missed.differs, missed.explored) == ("", "", False)
    assert [power.came_of(one) for one in (found, missed)] == [power.FOUND, power.GAP]


def test_an_oracle_that_says_nothing_is_blind(monkeypatch):
    monkeypatch.setattr(sampled.AnyHunter, "_saw", lambda *_: None)
    (row,) = hunt_sampled((EVIDENT,), PLANS)
    assert power.came_of(row) == power.BLIND
    assert row.cases > 3
    assert "SetTaskState" in row.differs or "ReadTaskInfo" in row.differs


def test_a_mutant_that_the_suite_fails_on_is_told(monkeypatch):
    def failing(*_):
        raise LookupError

    monkeypatch.setattr(sampled.AnyHunter, "_saw", failing)
    (row,) = hunt_sampled((EVIDENT,), PLANS)
    assert power.came_of(row) == power.BROKE
    assert "LookupError" in row.broke


def test_the_interval():
    share = power.wilson(5, 10)
    assert (round(share.low, 4), round(share.high, 4)) == (0.2366, 0.7634)
    assert power.wilson(10, 10).high == pytest.approx(1.0)
    assert power.wilson(0, 0).text == "none"
    assert share.text == "5/10 = 50.0% (23.7% to 76.3%)"


def test_the_document_counts_by_what_came_of_each():
    rows = [
        Sampled(name=EVIDENT, profile="quick", seed=0, found_by="life.times", differs="x", explored=True),
        Sampled(name=QUIET, profile="quick", seed=0),
        Sampled(name=mutant("opposite", "life.enter"), profile="quick", seed=0, differs="x", cases=3),
        Sampled(name=mutant("row", "tasks.placed"), profile="quick", seed=0, differs="x", allowed="a: b"),
        Sampled(name=mutant("told", "watched.is_news"), profile="quick", seed=0, broke="does not start"),
    ]
    shown = power.document(rows, fingerprint="x", profile="quick", seed=0)
    assert (shown.of_all.found, shown.of_all.of) == (1, 3)
    assert (shown.of_different.of, shown.of_explored.of) == (2, 1)
    assert shown.told_apart == {"exploration": 1, "run": 1, "nobody": 1}
    assert [one.came for one in shown.missed] == [power.GAP, power.BLIND, power.ALLOWED, power.BROKE]
    assert {one.name: one.drawn for one in shown.by_operator}["unwritten"] == 1
    assert shown.alarms == ()
    assert power.decode(power.encode(shown)) == shown


def test_found_where_nothing_differs_is_an_alarm():
    rows = [Sampled(name=EVIDENT, profile="quick", seed=0, found_by="life.times")]
    assert power.document(rows, fingerprint="x", profile="quick", seed=0).alarms == (f"{EVIDENT}: life.times",)


def test_a_sample_is_resumed(tmp_path, monkeypatch):
    monkeypatch.setitem(PROFILES, "tiny", TINY)
    request = SampleRequest(count=4, seed=1, profile="tiny", globs=("strictness@*", "unwritten@life*"))
    with Ledger(tmp_path / "results.jsonl") as ledger:
        first = qualify_sample(request, ledger, lambda *_: None)
    done = []
    with Ledger(tmp_path / "results.jsonl") as ledger:
        again = qualify_sample(request, ledger, lambda _stage, so_far, _all: done.append(so_far))
    assert again == first
    assert done == [4]
    assert first.sample == 4


def test_the_command_shows_the_shares_and_what_was_missed(tmp_path, monkeypatch):
    monkeypatch.setitem(PROFILES, "tiny", TINY)
    request = SampleRequest(count=2, seed=0, profile="tiny", globs=(EVIDENT.replace("[", "[[]"), QUIET))
    console = Console(file=StringIO(), width=120)
    assert sampling.carry_out(request, tmp_path, Events(), console) == CONFORMS
    shown = console.file.getvalue()
    assert f"gap of generation: {power.CLASSES[power.GAP]}\n  {QUIET}\n" in shown
    assert "profile tiny found, of all: 1/2 = 50.0%" in shown
    assert power.decode((tmp_path / "power.json").read_bytes()).sample == 2


def test_the_command_refuses_what_it_does_not_know_and_tells_of_nothing(tmp_path):
    console = Console(file=StringIO())
    with pytest.raises(Refused, match="no profile huge"):
        wanted("*", "huge", 1, 1, 0, 1, full=False, coverage=False)
    nothing = SampleRequest(count=1, globs=("no-such-operator@*",))
    assert sampling.carry_out(nothing, tmp_path, Events(), console) == UNDECIDED


def test_a_mutant_of_the_space_is_a_target():
    target = open_target({"mutant": EVIDENT})
    assert target.declaration.identity == {"mutant": EVIDENT}
    with pytest.raises(KeyError):
        named("no-such@life.enter:1/x")


def test_the_calls_of_another_server_are_made_beside():
    target = RecordingTarget()
    target.perform(calls.Login(session=MAIN, account="primary"))
    assert Beside(RIGHT).difference(target.exchanged) is None
    assert target.exchanged


# --- on record --------------------------------------------------------------------------------------------------------


def written(*rows, profile="quick"):
    """Return the record of a sample, as the script writes it, and the page."""
    path = ROOT_FOLDER / "docs" / "generate_fault_space.py"
    spec = spec_from_file_location("generate_fault_space", path)
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    shown = power.document(rows, fingerprint="x", profile=profile, seed=0)
    return tomlkit.dumps({"measured": [script.record("2026-01-02", shown)]}), script.page("2026-01-02", shown)


def test_a_measurement_is_put_on_record_and_told():
    found = Sampled(name=EVIDENT, profile="quick", seed=0, found_by="life.times", differs="x")
    record, page = written(found, Sampled(name=QUIET, profile="quick", seed=0))
    told = recorded.read(record, "quick")
    assert told.text.startswith("Profile quick found 1 of 2: 50% (95 %: ")
    assert (told.gap, told.blind, told.of_different.of, told.date) == (1, 0, 1, "2026-01-02")
    assert "| of all | 1/2 = 50.0%" in page
    assert "| unwritten | 1 | 1 | 0 | 0 | 0 |" in page


def test_of_a_profile_without_measurement_a_weaker_one_is_told():
    record, _ = written(Sampled(name=EVIDENT, profile="quick", seed=0, found_by="life.times", differs="x"))
    assert recorded.read(record, "certify").profile == "quick"
    assert recorded.read(record, "smoke") is None
    assert recorded.read(record, "recorded") is None
    assert recorded.read("", "quick") is None


def test_what_ships_can_be_read():
    told = recorded.on_record("certify")
    assert told is None or told.sample > 50
