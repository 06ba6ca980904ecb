"""Every call, step, symbol and demand: its words, its form in a script; and scripts of real findings, run."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_reports import FULL_FILTER, STEPS, checked, create, run, set_state, task, trace, vcsim

from taskconform.conformance.engine import binding
from taskconform.conformance.engine.profile import PROFILES, Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.engine.shrink import by_main, sessions_of, without
from taskconform.conformance.engine.shrink_plainer import PLAINER_CALLS, PLAINER_STEPS, plainer_steps
from taskconform.conformance.records import codec
from taskconform.conformance.records.traces import trace_of
from taskconform.conformance.targets.naming import open_named
from taskconform.model.oracle import findings
from taskconform.model.oracle.findings import MustAnswer, MustBe, MustFault, MustHold, MustSucceed
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary import plan
from taskconform.model.vocabulary.calls import NO_TASK, Made, ObjectRef, Place, TypeId, UserName
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Follow, Outlast, Pause, references
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.reproduction import names as script_names
from taskconform.reports.reproduction import steps as script_steps
from taskconform.reports.reproduction.calls import history as script_history
from taskconform.reports.reproduction.calls.table import EXPRESSIONS
from taskconform.reports.reproduction.checks import table as script_checks
from taskconform.reports.reproduction.checks.subject import METHODS
from taskconform.reports.reproduction.script import script
from taskconform.reports.trace import expected, in_letters, listing
from taskconform.reports.words.calls import CALL_WORDS
from taskconform.reports.words.references import SYMBOL_WORDS
from taskconform.reports.words.steps import STEP_WORDS, Words

if TYPE_CHECKING:
    from taskconform.model.vocabulary.plan import Plan, Step
    from taskconform.reports.trace import Trace

A, B, C, D, E = (Made(step=step) for step in range(5))
MODEL = Path(findings.__file__).parent

# --- nothing is forgotten ---------------------------------------------------------------------------------------------


def test_every_call_has_words_and_a_form():
    every = set(c.Call.__args__)
    assert set(CALL_WORDS) == every
    assert set(EXPRESSIONS) == every
    assert set(script_steps.ACTS) | set(script_steps.VARIABLES) | set(PLAINER_CALLS) <= every


def test_every_step_has_words_and_a_form():
    every = set(plan.Step.__args__)
    for table in (STEP_WORDS, script_steps.STATEMENTS, METHODS, PLAINER_STEPS):
        assert set(table) == every


def test_every_symbol_has_words_and_a_form():
    assert set(binding.SYMBOLS) <= set(SYMBOL_WORDS)
    assert set(binding.SYMBOLS) == set(script_names.SYMBOLS)


def test_every_demand_has_a_check():
    assert set(script_checks.DEMANDS) == set(findings.Demand.__args__)
    assert set(script_checks.ANSWERS) == set(findings.ANSWERS)


def test_every_property_that_the_model_asks_for_has_words():
    asked = {
        value.value
        for path in MODEL.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "MustAnswer"
        for keyword in node.keywords
        if keyword.arg == "property"
        for value in ast.walk(keyword.value)
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
    assert asked <= set(findings.ANSWERS)


# --- a form of everything ---------------------------------------------------------------------------------------------

MADE = Act(call=create(), look=True)
COLLECT = Act(call=c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()))
WATCHER = Act(call=c.CreatePropertyCollector(session="main"))
WATCH = Act(call=c.CreateFilter(session="main", collector=B, watched=(A,)))
FOLLOW = Follow(session="main", collector=B)
OTHER = c.ExtensionKey(which="other")


def act(call: c.Call) -> Act:
    return Act(call=call)


def drain(collector: Made, size: int = 1000, direction: str = "next") -> Drain:
    return Drain(session="main", collector=collector, max_count=size, direction=direction)


def on(method: Any, collector: Made, **more: int) -> Act:
    return Act(call=method(session="main", collector=collector, **more))


def collect(**parts: object) -> Act:
    return Act(call=c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec(**parts)))  # type: ignore[arg-type]


def type_id(which: str) -> TypeId:
    return TypeId(which=which)


def register(version: str | None = "1", *ids: str, method: Any = c.RegisterExtension) -> Act:
    return Act(
        call=method(session="main", key=OTHER, version=version, task_ids=tuple(TypeId(which=one) for one in ids))
    )


WATCHED = (MADE, WATCHER, WATCH, FOLLOW)

FORMS: dict[str, Plan] = {
    "login in a locale": (act(c.Login(session="b", account="second", locale=c.Locale(index=1))),),
    "extensions": (
        register("1", "other.work"),
        register("2", method=c.UpdateExtension),
        register(None, "other.work"),
        register(None, method=c.UpdateExtension),
        act(c.FindExtension(session="main", key=OTHER)),
        act(c.FindExtension(session="main", key=c.ExtensionKey())),
        act(c.ReadExtensionList(session="main")),
        act(c.UnregisterExtension(session="main", key=OTHER)),
    ),
    "a full filter": (
        MADE,
        act(c.CreateAlarm(session="main", entity=Place(role="vm"), name="a", task_type_id=type_id("work"))),
        act(
            c.CreateScheduledTask(session="main", entity=Place(role="vm"), name="s", task_type_id=TypeId(which="work"))
        ),
        act(
            c.CreateCollectorForTasks(
                session="main",
                filter=evolve(
                    FULL_FILTER,
                    alarm=B,
                    scheduled_task=C,
                    event_chain_id=(c.Chain(task=A),),
                    user_name=c.ByUsername(
                        system_user=False,
                        user_list=(
                            UserName(account="primary", spelling="upper"),
                            UserName(account="second", spelling="bare"),
                            UserName(account="stranger"),
                        ),
                    ),
                    time=c.ByTime(
                        time_type="startedTime",
                        begin_time=c.Moment(task=A, stamp="start_time", offset=-1_500_000),
                        end_time=c.Moment(task=A, stamp="queue_time"),
                    ),
                ),
            )
        ),
    ),
    "null filters": (
        act(c.CreateCollectorForTasks(session="main", filter=None, form="nil")),
        act(c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec(), form="unknown")),
        collect(time=c.ByTime(time_type=None)),
        MADE,
        collect(time=c.ByTime(time_type=None, end_time=c.Moment(task=D, stamp="queue_time", offset=1))),
    ),
    "info filters": tuple(
        act(c.CreateCollectorWithInfoFilterForTasks(session="main", filter=c.TaskFilterSpec(), info_filter=info_filter))
        for info_filter in (
            None,
            c.TaskInfoFilterSpec(),
            c.TaskInfoFilterSpec(remove_all=True),
            c.TaskInfoFilterSpec(description_ids=(TypeId(which="work"),), filter_in=True),
        )
    ),
    "scrolling": (
        COLLECT,
        on(c.SetCollectorPageSize, A, max_count=3),
        on(c.ReadLatestPage, A),
        on(c.ReadCollectorFilter, A),
        on(c.RewindCollector, A),
        drain(A, 2),
        on(c.ResetCollector, A),
        drain(A, 2, "previous"),
        on(c.ReadPreviousTasks, A, max_count=-1),
    ),
    "views": (
        MADE,
        act(c.CreateListView(session="main", objs=(A, Place(role="no-task")))),
        act(c.ModifyListView(session="main", view=B, add=(A,), remove=(Place(role="vm"),))),
        act(c.ResetListView(session="main", view=B, objs=())),
        act(c.ReadView(session="main", view=B)),
        act(c.CreatePropertyCollector(session="main")),
        act(c.CreateFilter(session="main", collector=Made(step=5), watched=(B,), report_missing=True)),
        act(c.DestroyPropertyFilter(session="main", filter=Made(step=6))),
        act(c.DestroyPropertyCollector(session="main", collector=Made(step=5))),
        act(c.DestroyView(session="main", view=B)),
        act(c.RetrieveReported(session="main", tasks=(A,))),
    ),
    "waits": (
        *WATCHED,
        act(c.WaitForUpdatesEx(session="main", collector=B, version=D, max_object_updates=1)),
        Follow(session="main", collector=B, version=E, max_object_updates=1),
        act(c.WaitForUpdatesEx(session="main", collector=B, version="1", max_wait_seconds=1)),
        act(c.BreakOffWait(session="main", collector=B, version=D, by="cancel")),
        act(c.BreakOffWait(session="main", collector=B, version=D, by="logout")),
        Pause(session="main", seconds=1),
        Outlast(session="main", percent=75, beyond=2),
    ),
    "operations": (
        Act(
            call=c.StartOperation(session="main", operation="Rename_Task", entity=Place(role="vm")),
            look=True,
        ),
        act(c.StartOperation(session="main", operation=c.Offered(index=0, cancelable=True), entity=c.Operand(index=1))),
        act(c.CancelTask(session="main", task=B)),
        Pause(session="main", seconds=1, unless_ended=A),
        Bulk(session="main", obj=Place(role="vm"), count=2, finish="success", operation="Rename_Task", one_by_one=True),
    ),
    "services": (
        act(c.CreateFolder(session="main", parent=Place(role="root"), name="f")),
        Act(call=create(obj=A)),
        act(c.Destroy(session="main", entity=A)),
        act(c.ReadTaskInfo(session="main", tasks=(C,))),
        act(
            c.CreateScheduledTask(session="main", entity=Place(role="vm"), name="s", task_type_id=TypeId(which="work"))
        ),
        act(c.RunScheduledTask(session="main", scheduled_task=E)),
        act(c.RemoveScheduledTask(session="main", scheduled_task=E)),
        act(c.CreateAlarm(session="main", entity=Place(role="vm"), name="a", task_type_id=type_id("work"))),
        act(c.LogUserEvent(session="main", entity=Place(role="vm"))),
        act(c.RemoveAlarm(session="main", alarm=Made(step=7))),
        act(c.QueryTaskEvents(session="main", chain=c.Chain(task=B))),
        act(c.QueryTaskEvents(session="main", chain=3)),
        Act(call=create(obj=Place(role="compute"))),
    ),
}
"""Plans that have every new call, step and symbol between them."""

FILTERED = (MADE, collect(state=("running",)), drain(B))
DESCRIBED = tuple(act(c.ReadDescription(session="main")) for _ in range(2))
SCHEDULED = (
    act(c.CreateScheduledTask(session="main", entity=Place(role="vm"), name="s", task_type_id=type_id("rest"))),
    act(c.RunScheduledTask(session="main", scheduled_task=A)),
    COLLECT,
    drain(C),
)
ALARMED = (
    act(c.CreateAlarm(session="main", entity=Place(role="vm"), name="a", task_type_id=type_id("rest"))),
    act(c.LogUserEvent(session="main", entity=Place(role="vm"))),
    COLLECT,
    drain(C),
)
EVENTS = (MADE, act(c.QueryTaskEvents(session="main", chain=c.Chain(task=A))))
FIND = (register("1", "other.work"), act(c.FindExtension(session="main", key=OTHER)))
READ_VIEW = (MADE, act(c.CreateListView(session="main", objs=(A,))), act(c.ReadView(session="main", view=B)))
SCROLLED = (MADE, COLLECT, drain(B, 1), on(c.ReadNextTasks, B, max_count=1))
LATEST = (MADE, COLLECT, on(c.SetCollectorPageSize, B, max_count=1), on(c.ReadLatestPage, B))
MONITORED = (COLLECT, WATCHER, evolve(WATCH, call=evolve(WATCH.call, watched=(A,))), FOLLOW)
RECENT = (MADE, act(c.ReadRecentTask(session="main")))
OWN = "org.example.run"

PROPERTIES: dict[str, tuple[Any, Plan]] = {
    "no duplicates": (None, RECENT),
    "only tasks": (None, RECENT),
    "positive": (None, STEPS["maximum"]),
    "constant": (32, STEPS["maximum"]),
    "absent": (None, LATEST),
    "unused": (None, (MADE,)),
    "nothing created": (None, RECENT),
    "full value": (None, RECENT),
    "a reading": (None, SCROLLED),
    "holds": (task("task-0"), READ_VIEW),
    "does not hold": (ObjectRef(type="Task", value=NO_TASK), READ_VIEW),
    "delivers": ((task("task-0"), "queued"), WATCHED),
    "true state": ((task("task-0"), ("queued",)), WATCHED),
    "not left": (task("task-0"), WATCHED),
    "not watched": (task("task-9"), WATCHED),
    "reports missing": (task("task-0"), WATCHED),
    "not missing": (task("task-0"), WATCHED),
    "null": (None, (*WATCHED, act(c.WaitForUpdatesEx(session="main", collector=B, version=D)))),
    "updates at most": (1, WATCHED),
    "goes on": (8, WATCHED),
    "latest page changed": (None, MONITORED),
    "at most": (1, LATEST),
    "in order": ("from page to page", SCROLLED),
    "empty": (None, SCROLLED),
    "once": (task("task-0"), SCROLLED),
    "as before": ((task("task-0"), "entity", ObjectRef(type="VirtualMachine", value="vm-1")), SCROLLED),
    "the filter given": (c.TaskFilterSpec(state=("running",)), (*FILTERED[:2], on(c.ReadCollectorFilter, B))),
    "only matching": (c.TaskFilterSpec(state=("running",)), FILTERED),
    "extension": ((f"{OWN}.other", "1", (f"{OWN}.other.work",)), FIND),
    "no extension": (f"{OWN}.other", FIND[1:]),
    "listed extension": (f"{OWN}.other", (FIND[0], act(c.ReadExtensionList(session="main")))),
    "unlisted extension": (f"{OWN}.other", (act(c.ReadExtensionList(session="main")),)),
    "one entry each": (("state", ("queued", "running")), DESCRIBED),
    "entries": (("state", ("queued", "error")), DESCRIBED),
    "whole entry": (("methodInfo", "Folder.destroy", ("label",)), DESCRIBED),
    "an entry": (("state", "queued", "Queued", "Queued"), DESCRIBED),
    "same keys": (("state", ("queued",)), DESCRIBED),
    "reason": ((f"{OWN}.rest", "TaskReasonSchedule", "s", ObjectRef(type="ScheduledTask", value="task-0")), SCHEDULED),
    "task event": ("key-0", EVENTS),
    "queued task event": ("key-0", EVENTS),
    "task events of": ("key-0", EVENTS),
}
"""A value and a plan for every property."""

FILTERS: dict[str, dict[str, object]] = {
    "self": {"entity": c.ByEntity(entity=Place(role="vm"), recursion="self")},
    "children": {"entity": c.ByEntity(entity=Place(role="root"), recursion="children")},
    "all": {"entity": c.ByEntity(entity=Place(role="root"), recursion="all")},
    "time": {"time": c.ByTime(time_type="queuedTime", begin_time=1, end_time=2)},
    "user": {"user_name": c.ByUsername(system_user=False, user_list=(UserName(account="primary"),))},
    "state": {"state": ("queued",)},
    "activation": {"activation_id": ("a",)},
    "chain": {"event_chain_id": (c.Chain(task=A),)},
    "tag": {"tag": ("", "t")},
    "parent": {"parent_task_key": (A,)},
    "root": {"root_task_key": (A,)},
    "alarm": {"alarm": Made(step=0)},
    "scheduled": {"scheduled_task": Made(step=0)},
}


def of(name: str, clause: str = "some.clause", method: str = "") -> Trace:
    value, steps = PROPERTIES[name]
    return replace(trace(clause, method, MustAnswer(property=name, value=value), *steps), eventually="e" in name)


OTHERS: dict[str, Trace] = {
    "pass": trace("page.drain", "", MustHold(task=task("task-0"), present=True, where="pass"), *SCROLLED),
    "not in pass": trace("filter.and", "", MustHold(task=task("task-0"), present=False, where="pass"), *SCROLLED),
    "answer": trace("filter.tag", "", MustHold(task=task("task-0"), present=False), *SCROLLED),
    "page": trace("latest.newest", "", MustHold(task=task("task-0"), present=True, where="page"), *LATEST),
    "fresh": trace(
        "page.default-rewind",
        "",
        MustHold(task=task("task-0"), present=True, where="pass"),
        *SCROLLED,
        on(c.RewindCollector, B),
        drain(B),
    ),
    "item": trace(
        "info.same", "ReadNextTasks", MustBe(task=task("task-0"), field="state", relation="is", value="queued"), *LATEST
    ),
    "kept name": trace(
        "info.entity-name-kept",
        "ReadNextTasks",
        MustBe(task=task("task-1"), field="entityName", relation="is", value="f"),
        FORMS["services"][0],
        Act(call=create(obj=A)),
        COLLECT,
        drain(C),
    ),
    "hidden": trace(
        "recent.unreadable",
        "WaitForUpdatesEx",
        MustFault(kinds=("SecurityError",)),
        Act(call=create(obj=Place(role="hidden"))),
        *WATCHED[1:],
    ),
    "fixed": replace(
        trace(
            "collector.filter-fixed",
            "ReadCollectorFilter",
            MustAnswer(property="the filter given", value=c.TaskFilterSpec()),
            COLLECT,
            *(on(c.ReadCollectorFilter, A) for _ in range(2)),
        )
    ),
    "alarm": trace(
        "reason.alarm",
        "ReadNextTasks",
        MustAnswer(
            property="reason",
            value=(
                f"{OWN}.rest",
                "TaskReasonAlarm",
                ObjectRef(type="Alarm", value="task-0"),
                ObjectRef(type="VirtualMachine", value="vm-1"),
            ),
        ),
        *ALARMED,
    ),
    "refused for a while": replace(trace("extension.register", "", MustSucceed(), MADE), eventually=True),
    "in order inside": trace("page.order", "", MustAnswer(property="in order", value="inside a page"), *SCROLLED),
    "no item": trace("page.max-count-zero", "", MustAnswer(property="a reading"), *SCROLLED),
    "nothing held": trace("filter.entity-unknown", "", MustAnswer(property="a reading"), *SCROLLED),
    "another locale": trace(
        "description.locale",
        "",
        MustAnswer(property="same keys", value=("state", ("queued",))),
        *(act(c.Login(session=f"s{n}", account="primary", locale=c.Locale(index=n))) for n in range(2)),
        *(act(c.ReadDescription(session=f"s{n}")) for n in range(2)),
    ),
    **{
        f"only {name}": trace(
            "filter.any",
            "",
            MustAnswer(property="only matching", value=c.TaskFilterSpec()),
            MADE,
            collect(**parts),
            drain(B),
        )
        for name, parts in FILTERS.items()
    },
}
"""Demands that depend on more than their property."""


def test_the_forms_have_every_call_and_symbol():
    steps = [step for each in (*FORMS.values(), *STEPS.values()) for step in each]
    assert {type(step.call) for step in steps if isinstance(step, Act)} == set(c.Call.__args__)
    assert {type(step) for step in steps} == set(plan.Step.__args__)
    assert set(PROPERTIES) == set(findings.ANSWERS)


@pytest.mark.parametrize("name", FORMS)
def test_every_step_is_written_and_told(name):
    steps = FORMS[name]
    for number in range(len(steps)):
        each = trace("some.clause", "", MustSucceed(), *steps[: number + 1])
        checked(script(each))
    lines = listing(each).splitlines()
    assert len(lines) == len(steps)
    assert not [line for line in lines if "Made(" in line or "Place(" in line or "None" in line or "object at" in line]


@pytest.mark.parametrize("name", PROPERTIES)
def test_every_property_is_written_and_told(name):
    each = of(name)
    checked(script(each))
    said = expected(each)
    assert said
    assert not [word for word in ("task-0", "key-0", OWN, "Spec(", "None") if word in said]


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_demand_is_written_and_told(name):
    checked(script(OTHERS[name]))
    assert "task-0" not in expected(OTHERS[name])


def test_no_undefined_or_unused_names_in_new_forms(tmp_path):
    """Pyflakes, by way of ruff: nothing undefined, nothing unused."""
    traces = {
        **{f"step_{name}": trace("x.y", "", MustSucceed(), *steps) for name, steps in FORMS.items()},
        **{f"property_{name}": of(name) for name in PROPERTIES},
        **{f"other_{name}": each for name, each in OTHERS.items()},
    }
    for name, each in traces.items():
        (tmp_path / f"{name.replace(' ', '_').replace('-', '_')}.py").write_text(script(each))
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F", str(tmp_path)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_words_of_collectors_and_watches():
    assert [line[5:] for line in listing(trace("x.y", "", MustSucceed(), *FORMS["scrolling"])).splitlines()[5:8]] == [
        "drain collector A, 2 at a time",
        "reset collector A",
        "drain collector A back to its head, 2 at a time",
    ]
    spec = c.TaskFilterSpec(entity=c.ByEntity(entity=Place(role="folder"), recursion="all"), state=("success",))
    assert Words(()).filter(spec) == "a filter: tasks on folder, and below; state success"
    assert listing(trace("x.y", "", MustSucceed(), *WATCHED)).splitlines()[-2:] == [
        "  3  watch task A through property collector B: property filter C",
        '> 4  follow the updates of property collector B from version "": version D',
    ]


def test_extensions_and_types_have_names():
    each = trace("x.y", "", MustSucceed(), *FIND)
    text = f"{OWN}.other declares {OWN}.other.work, {OWN} declares {OWN}.work; {NO_TASK}"
    assert in_letters(each, text) == (
        "extension other declares the other.work type, the suite's extension declares the work type; "
        "a task that never existed"
    )


def test_scripts_name_what_they_make_by_their_own_key():
    text = script(of("reason"))
    assert 'reason.name != f"{key}-s"' in text
    assert OWN not in text.partition("def steps")[2]


def test_a_description_is_compared_with_one_of_its_own_form():
    demand = MustBe(task=task("task-0"), field="description", relation="is", value=("k", (("a", "b"),)))
    text = script(trace("life.final", "ReadTaskInfo", demand, *STEPS["info"]))
    assert "shows = value != described(before.description)" in text
    assert "value = described(info.description)" in text


# --- shrinking --------------------------------------------------------------------------------------------------------

EVERY_STEP = [step for each in (*FORMS.values(), *STEPS.values(), FILTERED) for step in each]


def plainest(step: Step, found: set[Step]) -> set[Step]:
    """All that is plainer than a step."""
    for plainer in plainer_steps(step):
        if plainer != step and plainer not in found:
            found.add(plainer)
            if len(found) < 300:
                plainest(plainer, found)
    return found


@pytest.mark.parametrize("step", EVERY_STEP, ids=lambda step: type(getattr(step, "call", step)).__name__)
def test_nothing_is_plainer_than_itself(step):
    for plainer in plainer_steps(step):
        if plainer != step:
            assert step not in plainest(plainer, set())


def test_plainer_filters_have_fewer_parts():
    full = FORMS["a full filter"][3]
    found = {step.call.filter for step in plainer_steps(full)}
    assert evolve(full.call.filter, entity=None) in found
    assert evolve(full.call.filter, state=()) in found
    assert all(spec != full.call.filter for spec in found)


def test_new_steps_are_sliced_and_renumbered():
    steps = (act(c.Login(session="b", account="second")), *FORMS["scrolling"], drain(Made(step=1)))
    later = without((MADE, *WATCHED[1:]), {0})
    assert references(drain(B)) == {B}
    assert references(collect(event_chain_id=(c.Chain(task=A),)).call) == {A}
    assert sessions_of(evolve(drain(B), session="x")) == {"x"}
    assert later[1].call.collector == A
    assert later[1].call.watched == ()
    assert later[2].collector == A
    assert by_main(steps, "b") == without(steps, {0})


def test_a_session_can_be_left_to_main():
    steps = (act(c.Login(session="b", account="second")), evolve(FOLLOW, session="b", collector=A))
    assert by_main(steps, "b") == (evolve(FOLLOW, collector=Made(step=-1)),) or by_main(steps, "b")[0].session == "main"
    assert by_main(steps[:1], "b") == ()


def test_traces_round_trip():
    for name in PROPERTIES:
        each = of(name)
        assert codec.decode(codec.encode(each.demand)) == each.demand
        assert codec.decode(codec.encode(each.plan)) == each.plan


# --- scripts, run -----------------------------------------------------------------------------------------------------

NEVER = Place(role="no-task")
NEVER_REF = ObjectRef(type="Task", value=NO_TASK)
STARTED = c.TaskFilterSpec(time=c.ByTime(time_type="queuedTime"))

DIVERGES: dict[str, Trace] = {
    "rewind": trace(
        "page.rewind",
        "",
        MustHold(task=task("task-0"), present=True, where="pass"),
        Act(call=create(obj=Place(role="folder"))),
        collect(entity=c.ByEntity(entity=Place(role="folder"), recursion="self")),
        drain(B),
        on(c.RewindCollector, B),
        drain(B),
    ),
    "parent": trace(
        "filter.parent-key",
        "",
        MustAnswer(property="only matching", value=c.TaskFilterSpec(parent_task_key=("key-0",))),
        MADE,
        MADE,
        collect(parent_task_key=(A,)),
        drain(C),
    ),
    "tag": trace(
        "collector.create",
        "ReadCollectorFilter",
        MustAnswer(property="the filter given", value=c.TaskFilterSpec(tag=("",))),
        collect(tag=("",)),
        on(c.ReadCollectorFilter, A),
    ),
    "unknown filter": trace(
        "collector.unknown-filter", "", MustFault(kinds=("InvalidArgument", "InvalidRequest")), FORMS["null filters"][1]
    ),
    "nil filter": trace(
        "collector.null-filter", "", MustFault(kinds=("InvalidArgument", "InvalidRequest")), FORMS["null filters"][0]
    ),
    "no timeType": trace(
        "collector.malformed-filter", "", MustFault(kinds=("InvalidRequest",)), FORMS["null filters"][2]
    ),
    "no version": trace(
        "extension.incomplete", "", MustFault(kinds=("InvalidArgument",)), register(None, "other.work")
    ),
    "lookup": replace(
        trace(
            "description.lookup-extension",
            "",
            MustAnswer(property="entries", value=("methodInfo", (f"{OWN}.work",))),
            MADE,
            act(c.ReadDescription(session="main")),
        ),
        eventually=True,
    ),
    "view": trace(
        "watch.view-list",
        "",
        MustAnswer(property="does not hold", value=NEVER_REF),
        act(c.CreateListView(session="main", objs=())),
        act(c.ModifyListView(session="main", view=A, add=(NEVER,))),
        act(c.ReadView(session="main", view=A)),
    ),
    "missing": trace(
        "watch.missing-report",
        "WaitForUpdatesEx",
        MustAnswer(property="reports missing", value=NEVER_REF),
        act(c.CreatePropertyCollector(session="main")),
        act(c.CreateFilter(session="main", collector=A, watched=(NEVER,), report_missing=True)),
        Follow(session="main", collector=A),
    ),
    "reuse": trace(
        "watch.reuse",
        "WaitForUpdatesEx",
        MustAnswer(property="delivers", value=(task("task-0"), "running")),
        *WATCHED,
        act(set_state("running")),
        *(Follow(session="main", collector=B, version=D) for _ in range(2)),
    ),
    "version": trace(
        "watch.version",
        "",
        MustFault(kinds=("InvalidCollectorVersion",)),
        WATCHER,
        act(c.WaitForUpdatesEx(session="main", collector=A, version="no-such-version")),
    ),
    "logout": trace(
        "watch.logout-wait",
        "",
        MustFault(kinds=("RequestCanceled", "SecurityError")),
        act(c.Login(session="s0", account="primary")),
        MADE,
        act(c.CreatePropertyCollector(session="s0")),
        act(c.CreateFilter(session="s0", collector=C, watched=(B,))),
        Follow(session="s0", collector=C),
        act(c.BreakOffWait(session="s0", collector=C, version=E, by="logout")),
    ),
}
"""Divergences of vcsim."""

HOLDS = (
    "holds",
    "does not hold",
    "delivers",
    "true state",
    "not left",
    "not missing",
    "null",
    "at most",
    "in order",
    "empty",
    "once",
    "as before",
    "the filter given",
    "only matching",
    "extension",
    "no extension",
    "listed extension",
    "unlisted extension",
    "one entry each",
    "entries",
    "an entry",
)
"""Properties that vcsim's answers have here."""


@pytest.mark.parametrize("name", DIVERGES)
def test_divergences_of_vcsim_show(name, tmp_path):
    with vcsim() as url:
        done = run(DIVERGES[name], url, tmp_path)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout


@pytest.mark.parametrize("name", HOLDS)
def test_what_holds_does_not_show(name, tmp_path):
    with vcsim() as url:
        done = run(of(name), url, tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize(
    "name", ["pass", "page", "answer", "only self", "only chain", "only user", "only time", "cancel"]
)
def test_other_scripts_run(name, tmp_path):
    cancel = trace(
        "watch.cancel-wait",
        "",
        MustFault(kinds=("RequestCanceled",)),
        *WATCHED,
        act(c.BreakOffWait(session="main", collector=B, version=D, by="cancel")),
    )
    with vcsim() as url:
        done = run(OTHERS.get(name, cancel), url, tmp_path)
    assert done.returncode in {0, 1}, done.stderr
    assert done.stderr == ""


def test_a_script_that_cannot_perform_says_so(tmp_path):
    with vcsim() as url:
        asked = [run(each, url, tmp_path) for each in (of("a reading"), of("reason"))]
    assert [done.returncode for done in asked] == [2, 2]
    assert all("could not find out" in done.stderr for done in asked)


@pytest.mark.parametrize("theme", ["histories", "services", "watches"])
def test_scripts_of_findings_show_them(theme, tmp_path):
    """All the way: explored, shrunk, written, run."""
    target = open_named("vcsim", {})
    try:
        worker = Worker(target, tmp_path)
        done = worker.explore(3, Shard(theme=theme, rounds=1), 0)
        shortest = sorted(done.tally.shortest.values(), key=lambda one: one.order)[:4]
        found = [worker.shrink(number, one, PROFILES["quick"]).tally for number, one in enumerate(shortest)]
    finally:
        target.close()
    traces = [trace_of(one, target.declaration) for tally in found for one in tally.traces.values()]
    assert traces
    for each in traces:
        with vcsim() as url:
            done_ = run(each, url, tmp_path)
        assert (done_.returncode, done_.stderr) == (1, ""), each.signature


def test_the_forms_of_null_filters_are_those_of_the_adapter():
    assert set(script_history.FORMS) == {"nil", "unknown"}
