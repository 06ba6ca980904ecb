"""The report document, and what is drawn from it; scripts are also run against a fresh vcsim."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from taskconform.conformance.targets.vcsim import find_binary
from taskconform.model.oracle.findings import MustAnswer, MustBe, MustFault, MustList, MustSucceed
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef, Place, TypeId, UserName
from taskconform.model.vocabulary.plan import Act, Bulk, Fill, Look, Together
from taskconform.reports import document
from taskconform.reports.document import (
    ClauseResult,
    DivergenceResult,
    ReadingResult,
    Report,
    ReportError,
    Run,
    Suite,
    TargetSection,
)
from taskconform.reports.render.summary import summary
from taskconform.reports.render.terminal import render
from taskconform.reports.reproduction.script import script
from taskconform.reports.trace import Trace, expected, letter, listing, observed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taskconform.model.oracle.findings import Demand
    from taskconform.model.vocabulary.plan import Plan, Step

VM = Place(role="vm")
A, B = Made(step=0), Made(step=1)


def create(**changes: object) -> c.CreateTask:
    given: dict[str, object] = {"session": "main", "obj": VM, "task_type_id": TypeId(which="work"), "cancelable": False}
    return c.CreateTask(**(given | changes))  # type: ignore[arg-type]


def task(value: str) -> ObjectRef:
    return ObjectRef(type="Task", value=value)


def set_state(state: str, made: Made = A, **more: object) -> c.SetTaskState:
    return c.SetTaskState(session="main", task=made, state=state, **more)  # type: ignore[arg-type]


def trace(clause: str, method: str, demand: Demand, *plan: Step, observed: str = "something else") -> Trace:
    """A trace whose last step shows it; what step n made is task-n, its key key-n."""
    symbols = {f"{kind}-{step}": Made(step=step) for step in range(len(plan)) for kind in ("task", "key")}
    return Trace(
        clause=clause,
        statement="What the page says.",
        source="vim.TaskManager somewhere",
        signature=f"{clause}:{method}.value",
        target="vcsim",
        plan=plan,
        step=len(plan) - 1,
        demand=demand,
        observed=observed,
        symbols=symbols,
        extension_key="org.example.run",
    )


MADE = Act(call=create())
RUNNING = Act(call=set_state("running"))

CANCELS = trace(
    "life.cancel-unsupported",
    "CancelTask",
    MustFault(kinds=("NotSupported",)),
    MADE,
    RUNNING,
    Act(call=c.CancelTask(session="main", task=A)),
    observed="success",
)
PARENT = trace(
    "create.parent",
    "CreateTask",
    MustBe(task=task("task-1"), field="parentTaskKey", relation="is", value="key-0"),
    MADE,
    Act(call=create(parent_task_key=A)),
    observed="parentTaskKey is unset",
)
ENTITY_NAME = trace(
    "create.entity",
    "CreateTask",
    MustBe(task=task("task-0"), field="entityName", relation="is", value="DC0_H0_VM0"),
    MADE,
    observed="entityName is vm-62",
)
PUSHED_OUT = trace(
    "recent.queued",
    "ReadRecentTask",
    MustList(task=task("task-0"), present=True),
    MADE,
    Bulk(session="main", obj=VM, count=201, finish="success", through_running=True, one_by_one=True),
    Look(session="main", tasks=(A,)),
    observed="task-0 is not listed",
)
PER_CLIENT = trace(
    "limit.per-client",
    "CreateCollectorForTasks",
    MustSucceed(),
    Fill(session="main"),
    Act(call=c.Login(session="other", account="second")),
    Fill(session="other", beyond=-2),
    observed="InvalidState",
)
HOLDS = trace(
    "life.set-state",
    "ReadTaskInfo",
    MustBe(task=task("task-0"), field="state", relation="is", value="running"),
    MADE,
    Act(call=set_state("running"), look=True),
)


# --- the document -----------------------------------------------------------------------------------------------------


def divergence(of: Trace, **more: object) -> DivergenceResult:
    return DivergenceResult(
        signature=of.signature,
        summary="it diverges",
        expected=expected(of),
        observed=observed(of),
        trace="traces/one.json",
        script="traces/one.py",
        steps=len(of.plan),
        reproduced="5/5",
        **more,  # type: ignore[arg-type]
    )


def report(exit_code: int = 1) -> Report:
    clauses = [
        ClauseResult(
            id="recent.unique", level="S", title="No | twice", verdict="failed", divergences=[divergence(HOLDS)]
        ),
        ClauseResult(id="create.parent", level="M", title="Parent", verdict="failed", divergences=[divergence(PARENT)]),
        ClauseResult(id="create.entity", level="M", title="Entity", verdict="passed", checks=9, live=3),
        ClauseResult(id="create.type", level="M", title="Type", verdict="undecided", reason="seen once"),
        ClauseResult(id="recent.set", level="M", title="Set", verdict="not_exercised", reason="never live: a task"),
        ClauseResult(id="recent.aged", level="M", title="Aged", verdict="not_applicable", reason="no clock"),
        ClauseResult(id="recent.cap", level="M", title="Cap", verdict="not_applicable", reason="no clock"),
        ClauseResult(
            id="life.final",
            level="M",
            title="Final",
            verdict="waived",
            divergences=[divergence(CANCELS, waiver="known until 2030", intermittent=True)],
        ),
    ]
    return Report(
        suite=Suite(version="0.1.0", registry_digest="sha256:0"),
        target=TargetSection(
            name="vcsim", about={"full_name": "A product"}, identity={"govmomi": "v0"}, capabilities=["reset"]
        ),
        run=Run(
            profile="quick",
            seed=7,
            plan_digest="sha256:1",
            started="2026-01-01T00:00:00Z",
            seconds=1.5,
            calls=1000,
            target_seconds=0.5,
            workers=2,
            exit_code=exit_code,
        ),
        clauses=clauses,
        readings=[ReadingResult(id="limit.scope", left=["address"], struck={"session": "a create faulted"})],
        totals=document.totals(clauses),
    )


def test_document_round_trips_with_the_same_bytes():
    data = document.encode(report())
    assert document.decode(data) == report()
    assert document.encode(document.decode(data)) == data
    assert data.startswith(b'{\n  "schema": "taskconform.report/1"')


def test_totals_count_every_verdict():
    totals = report().totals
    assert (totals.passed, totals.failed, totals.waived) == (1, 2, 1)
    assert (totals.undecided, totals.not_exercised, totals.not_applicable) == (1, 1, 2)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "not a report"),
        (b"{}", "not given"),
        (b'{"schema": "taskconform.report/2"}', "this version reads 'taskconform.report/1'"),
        (b'{"schema": "taskconform.report/1"}', "missing required field"),
    ],
)
def test_decode_refuses_in_one_line(data, said):
    with pytest.raises(ReportError, match=re.escape(said)) as caught:
        document.decode(data)
    assert "\n" not in str(caught.value)


def test_unknown_fields_are_passed_over():
    data = document.encode(report()).replace(b'"suite": {', b'"later": 1, "suite": {')
    assert document.decode(data) == report()


# --- summary and terminal ---------------------------------------------------------------------------------------------


def test_summary_leads_with_the_verdict():
    lines = summary(report()).splitlines()
    assert lines[0].startswith(
        "## The target diverges from 2 clauses (1 must, 1 should), 1 more waived; 4 of 8 clauses"
    )
    assert lines[0].endswith("(1 undecided, 1 not exercised, 2 not applicable).")


def test_summary_has_must_before_should():
    text = summary(report())
    assert text.index("create.parent") < text.index("Should hold") < text.index("recent.unique")
    assert "| must | <code>create.parent</code> | Parent | 1 |" in text
    assert r"No \| twice" in text


def test_summary_shows_what_a_failure_needs():
    text = summary(report())
    for part in (
        "task B: parentTaskKey is the key of task A",
        "parentTaskKey is unset",
        "2 steps",
        "5/5",
        "traces/one.py",
        "traces/one.json",
        "known until 2030",
        "taskconform run vcsim --profile quick --seed 7",
        "sha256:1",
    ):
        assert part in text


def test_summary_never_shows_a_share_without_what_was_left_out():
    for line in summary(report()).splitlines():
        assert "%" not in line or "left out" in line or "detection power" in line


def test_summary_groups_what_was_left_out_by_reason():
    assert "- no clock: <code>recent.aged</code>, <code>recent.cap</code>" in summary(report())


@pytest.mark.parametrize(
    ("code", "said"), [(0, "conforms"), (2, "Not decided"), (3, "not set up"), (4, "broke off"), (9, "exit code 9")]
)
def test_every_exit_code_has_its_sentence(code, said):
    assert said in summary(report(code)).splitlines()[0]


def test_what_failed_and_decides_nothing_is_counted_where_nothing_is_decided():
    line = summary(report(2)).splitlines()[0]
    assert "1 failure waived, 1 clause that should hold failed, but" in line


@pytest.mark.parametrize("width", [80, 120])
def test_terminal_fits_and_says_all_in_words(width):
    out = io.StringIO()
    console = Console(file=out, width=width)
    render(report(), {PARENT.signature: listing(PARENT)}, console)
    text = out.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    for part in ("FAILED create.parent  (must)", "(should)", "> 2  create task B on vm", "traces/one.py", "no clock"):
        assert part in text
    assert "The target diverges from 2 clauses" in text
    assert re.search(r"create +1 +1 +- +1 ", text)


def test_a_long_trace_is_cut():
    out = io.StringIO()
    render(report(), {PARENT.signature: "\n".join("x" * 100)}, Console(file=out, width=80))
    assert "... 75 lines more" in out.getvalue()


# --- traces -----------------------------------------------------------------------------------------------------------


def test_listing_is_one_line_a_step():
    assert listing(CANCELS).splitlines() == [
        "  1  create task A on vm (cancelable=False)",
        "  2  set task A to running",
        "> 3  cancel task A",
    ]
    assert listing(PUSHED_OUT).splitlines()[1:] == [
        "  2  create 201 tasks B on vm (set each to success by way of running, one by one)",
        "> 3  read recentTask between two reads of task A",
    ]
    assert (
        listing(PER_CLIENT).splitlines()[2]
        == "> 3  open collectors B until there are maxCollector - 2, by session other"
    )


def test_concrete_values_become_names():
    assert expected(PUSHED_OUT) == "recentTask holds task A"
    assert observed(PUSHED_OUT) == "task A is not listed"
    assert observed(replace(PUSHED_OUT, observed="task-01 and task-0")) == "task-01 and task A"


def test_letters_go_on_after_z():
    assert [letter(number) for number in (0, 25, 26, 27, 52)] == ["A", "Z", "AA", "AB", "BA"]


# --- scripts ----------------------------------------------------------------------------------------------------------

FULL_FILTER = c.TaskFilterSpec(
    entity=c.ByEntity(entity=VM, recursion="self"),
    time=c.ByTime(time_type="queuedTime", begin_time=1, end_time=2),
    user_name=c.ByUsername(system_user=True, user_list=(UserName(account="second"), "x")),
    state=("running",),
    activation_id=("a",),
    event_chain_id=(1,),
    tag=("t",),
    parent_task_key=(A,),
    root_task_key=("r",),
)
NO_TIME_TYPE = c.TaskFilterSpec(time=c.ByTime(time_type=None, begin_time=1))
NEXT = Act(call=c.ReadNextTasks(session="main", collector=B, max_count=9))
COLLECTOR = Act(call=c.CreateCollectorForTasks(session="main", filter=c.TaskFilterSpec()))

STEPS: dict[str, Plan] = {
    "login": (Act(call=c.Login(session="second session", account="second")),),
    "login-as": (Act(call=c.Login(session="class", account="restricted")),),
    "logout": (Act(call=c.Logout(session="main")),),
    "clock": (Act(call=c.AdvanceClock(session="main", seconds=700)),),
    "register": (
        Act(
            call=c.RegisterExtension(
                session="main", key="org.example.run.b", version="1", task_ids=("org.example.run.c",)
            )
        ),
    ),
    "unregister": (Act(call=c.UnregisterExtension(session="main", key="org.example.run")),),
    "create": (MADE,),
    "create-all": (
        MADE,
        Act(
            call=create(
                obj=Place(role="folder", index=2),
                task_type_id=TypeId(which="unregistered"),
                initiated_by=UserName(account="stranger"),
                parent_task_key="no-such-key",
                activation_id='a "quoted" one',
            )
        ),
    ),
    **{
        f"place-{role}": (Act(call=create(obj=Place(role=role), task_type_id=TypeId(which="built-in"))),)
        for role in ("root", "folder", "host", "manager", "nowhere", "hidden", "granted")
    },
    "recent": (Act(call=c.ReadRecentTask(session="nobody")),),
    "wait": (
        Act(call=c.WaitForRecentTask(session="main", fresh=False)),
        Act(call=c.WaitForRecentTask(session="main", fresh=True)),
        Act(call=c.WaitForRecentTask(session="main", fresh=False)),
    ),
    "maximum": (Act(call=c.ReadMaxCollector(session="main")),),
    "description": (Act(call=c.ReadDescription(session="main")),),
    "info": (MADE, Act(call=c.ReadTaskInfo(session="main", tasks=(A, Place(role="no-task"))))),
    "state": (MADE, Act(call=set_state("success", result="r"))),
    "state-ref": (MADE, Act(call=set_state("success", result=ObjectRef(type="Folder", value="group-d1")))),
    "state-fault": (MADE, Act(call=set_state("error", fault="NotFound"), look=True)),
    "state-odd": (MADE, Act(call=set_state("error", fault="NotSupported"))),
    "no-task": (Act(call=set_state("running", Place(role="no-task"))),),  # type: ignore[arg-type]
    "progress": (MADE, Act(call=c.UpdateProgress(session="main", task=A, percent_done=-1))),
    "describe": (MADE, Act(call=c.SetTaskDescription(session="main", task=A, key="k", args=(("a", "b"),)))),
    "cancel": (
        MADE,
        Act(call=c.Login(session="b", account="second")),
        Act(call=c.CancelTask(session="b", task=A), look=True),
    ),
    "collector": (MADE, Act(call=c.CreateCollectorForTasks(session="main", filter=FULL_FILTER))),
    "collector-null": (Act(call=c.CreateCollectorForTasks(session="main", filter=None)),),
    "collector-odd": (Act(call=c.CreateCollectorForTasks(session="main", filter=NO_TIME_TYPE)),),
    "collector-events": (Act(call=c.CreateCollectorForEvents(session="main")),),
    "next": (COLLECTOR, Act(call=c.ReadNextTasks(session="main", collector=A, max_count=9))),
    "destroy": (COLLECTOR, Act(call=c.DestroyCollector(session="main", collector=A))),
    "bulk": (Bulk(session="main", obj=VM, count=3, finish="error", through_running=True),),
    "bulk-queued": (Bulk(session="main", obj=VM, count=3, finish="queued", one_by_one=True),),
    "bulk-one-by-one": (Bulk(session="main", obj=VM, count=3, finish="running", one_by_one=True, cancelable=True),),
    "look": (
        Bulk(session="main", obj=VM, count=4, finish="queued"),
        Look(session="main", tasks=tuple(Made(step=0, index=index) for index in range(4))),
    ),
    "look-part": (
        Bulk(session="main", obj=VM, count=9, finish="queued"),
        Look(session="main", tasks=tuple(Made(step=0, index=index) for index in (1, 2, 3, 7)), how="wait"),
        Look(session="nobody", tasks=(), how="later", witness="main"),
    ),
    "fill": (Fill(session="main", beyond=2, attempts=3),),
    "fill-events": (Fill(session="main", kind="events"),),
    "fill-null": (Fill(session="main", ill_formed=True),),
    "together": (
        MADE,
        Together(calls=(set_state("running"), create(session="b"), c.ReadRecentTask(session="main"))),
        Act(call=c.CancelTask(session="main", task=Made(step=1, index=1))),
    ),
}
"""A plan for every kind of step."""

DEMANDS: dict[str, Demand] = {
    "fault": MustFault(kinds=("NotSupported", "InvalidState")),
    "success": MustSucceed(),
    **{
        f"{field} {relation}": MustBe(task=task("task-0"), field=field, relation=relation, value=value)
        for field, relation, value in (
            ("state", "is", "running"),
            ("state", "is not", "running"),
            ("state", "is one of", ("queued", "running")),
            ("state", "is set", None),
            ("result", "is unset", None),
            ("result", "is", ObjectRef(type="Folder", value="group-d1")),
            ("result", "is", None),
            ("progress", "is at least", 0),
            ("progress", "is at most", 100),
            ("error", "is a", "NotFound"),
            ("error", "is", "NotFound"),
            ("reason", "is one of", ("TaskReasonUser", "TaskReasonAlarm")),
            ("reason.userName", "is", "someone"),
            ("description", "is", ("k", (("a", "b"),))),
            ("description_id", "is", "org.example.run.work"),
            ("descriptionId", "is", "org.example.run.work"),
            ("task", "is", task("task-0")),
            ("key", "is", "key-0"),
            ("entity", "is", ObjectRef(type="VirtualMachine", value="vm-1")),
            ("entityName", "is", "name"),
            ("parentTaskKey", "is unset", None),
            ("cancelled", "is", False),
            ("locked", "is unset", None),
            ("queueTime", "is at least", 1),
            ("startTime", "is at most", 1),
            ("completeTime", "is at most", 1),
            ("completeTime", "is", 1),
        )
    },
    "returned": MustBe(task=None, field="state", relation="is", value="queued"),
    "listed": MustList(task=task("task-0"), present=True),
    "not listed": MustList(task=task("task-0"), present=False),
    **{
        name: MustAnswer(property=name, value=32)
        for name in (
            "no duplicates",
            "only tasks",
            "positive",
            "constant",
            "absent",
            "unused",
            "nothing created",
            "full value",
        )
    },
}

SHOWN: dict[str, tuple[str, Plan]] = {
    "CreateTask": ("create.parent", (MADE,)),
    "ReadTaskInfo": ("life.no-return", (MADE, Act(call=set_state("running"), look=True))),
    "ReadNextTasks": (
        "info.same",
        (MADE, COLLECTOR, Act(call=c.ReadNextTasks(session="main", collector=B, max_count=9))),
    ),
    "ReadRecentTask": ("recent.cap", (MADE, Look(session="main", tasks=(A,)))),
    "WaitForRecentTask": ("recent.wait-truth", (MADE, Look(session="main", tasks=(A,), how="wait"))),
    "SetTaskState": ("life.progress", (MADE, Together(calls=(set_state("running"), set_state("success"))))),
    "CreateCollectorForTasks": ("limit.exceeded", (Fill(session="main", ill_formed=True),)),
}
"""Steps that a demand can be about, by the method that shows it."""

ALLOWED = {"pyVmomi", "pyVim", *sys.stdlib_module_names}


def checked(text: str) -> ast.Module:
    """The tree of a script that compiles, imports what it may, and defines nothing that it does not use."""
    tree = ast.parse(text)
    compile(tree, "script.py", "exec")
    for node in ast.walk(tree):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert {module.partition(".")[0] for module in modules} <= ALLOWED
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert set(functions) <= names
    assert len(functions) == len(set(functions))
    return tree


@pytest.mark.parametrize("name", STEPS)
def test_every_kind_of_step_compiles(name):
    for demand in (MustSucceed(), DEMANDS["listed"], DEMANDS["state is"]):
        checked(script(trace("some.clause", "", demand, *STEPS[name])))


@pytest.mark.parametrize("method", SHOWN)
@pytest.mark.parametrize("name", DEMANDS)
def test_every_kind_of_demand_compiles(name, method):
    clause, plan = SHOWN[method]
    for each in (clause, "some.clause"):
        checked(script(trace(each, method, DEMANDS[name], *plan)))


def test_no_undefined_or_unused_names(tmp_path):
    """Pyflakes, by way of ruff: nothing undefined, nothing unused. The demand fits the step here."""
    for name, plan in STEPS.items():
        (tmp_path / f"step_{name.replace('-', '_')}.py").write_text(script(trace("x.y", "", MustSucceed(), *plan)))
    for number, (name, demand) in enumerate(DEMANDS.items()):
        clause, plan = SHOWN["ReadRecentTask" if "list" in name or "task" in name else "ReadTaskInfo"]
        method = "ReadTaskInfo" if isinstance(demand, MustBe) else "ReadRecentTask"
        (tmp_path / f"demand_{number}.py").write_text(script(trace(clause, method, demand, *plan)))
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "F", str(tmp_path)]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_header_says_what_and_how():
    header = ast.get_docstring(checked(script(CANCELS))) or ""
    for part in (
        "life.cancel-unsupported: What the page says.",
        "Source:   vim.TaskManager somewhere",
        "Expected: a fault: NotSupported",
        "Observed: success (on vcsim)",
        "> 3  cancel task A",
        "python script.py https://host/sdk",
    ):
        assert part in header


def test_scripts_hold_no_value_of_the_recorded_run():
    for each in (PARENT, ENTITY_NAME, PUSHED_OUT):
        body = script(each).partition("def steps")[2]
        assert not re.search(r"\b(task|key)-\d|org\.example\.run", body)


def test_a_task_that_must_be_readable_is_not_waited_for():
    at_once = trace("create.resolvable", "ReadTaskInfo", MustSucceed(), Act(call=create(), look=True))
    assert "deadline" not in script(at_once)
    assert "deadline" in script(CANCELS)


def test_scripts_are_the_same_each_time():
    assert script(PER_CLIENT) == script(PER_CLIENT)


# --- scripts, run -----------------------------------------------------------------------------------------------------


@contextmanager
def vcsim(*, tls: bool = False) -> Iterator[str]:
    """The URL of a fresh vcsim, with or without TLS."""
    command = [str(find_binary(None)), "-l", "127.0.0.1:0", f"-tls={str(tls).lower()}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = next(found[1] for line in process.stdout if (found := re.search(r"GOVC_URL=(\S+)", line)))
            yield url
        finally:
            process.terminate()
            process.wait(10)


def run(each: Trace, url: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = folder / "script.py"
    program.write_text(script(each), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, str(program), url, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)


NULL_FILTER = trace(
    "collector.null-filter", "", MustFault(kinds=("InvalidArgument", "InvalidRequest")), *STEPS["collector-null"]
)
NOT_LOGGED_IN = trace("recent.privilege", "", MustFault(kinds=("SecurityError",)), *STEPS["recent"])
QUEUE_TIME = trace("create.queue-time", "CreateTask", DEMANDS["queueTime is at least"], MADE)
COMPLETE_TIME = trace(
    "life.times",
    "ReadTaskInfo",
    DEMANDS["completeTime is at most"],
    MADE,
    RUNNING,
    Act(call=set_state("success"), look=True),
)
WAITED = trace(
    "recent.wait-truth",
    "WaitForRecentTask",
    DEMANDS["listed"],
    MADE,
    Look(session="main", tasks=(A,), how="wait"),
    Look(session="main", tasks=(A,), how="later"),
)
PHANTOM = trace(
    "create.unknown-type",
    "CreateTask",
    DEMANDS["nothing created"],
    Act(call=create(task_type_id=TypeId(which="unregistered"))),
    Look(session="main", tasks=()),
)


@pytest.mark.parametrize(
    ("each", "seen"),
    [
        (CANCELS, "observed: success"),
        (PARENT, "observed: parentTaskKey is None"),
        (ENTITY_NAME, "observed: entityName is vm-"),
        (PUSHED_OUT, "observed: the task (queued) is not listed, among 200"),
        (PER_CLIENT, "observed: 0 of 32 collectors, InvalidState raised"),
        (NULL_FILTER, "observed: success"),
    ],
    ids=lambda value: getattr(value, "clause", ""),
)
def test_known_divergences_of_vcsim_show(each, seen, tmp_path):
    with vcsim() as url:
        done = run(each, url, tmp_path)
    assert (done.returncode, done.stderr) == (1, "")
    assert seen in done.stdout


@pytest.mark.parametrize(
    "each",
    [
        HOLDS,
        NOT_LOGGED_IN,
        QUEUE_TIME,
        COMPLETE_TIME,
        WAITED,
        PHANTOM,
        trace("recent.set", "", DEMANDS["only tasks"], MADE, Act(call=c.ReadRecentTask(session="main"))),
        trace("recent.unique", "", DEMANDS["no duplicates"], MADE, Act(call=c.ReadRecentTask(session="main"))),
        trace("limit.value", "", DEMANDS["positive"], *STEPS["maximum"]),
        trace("create.returns", "CreateTask", DEMANDS["unused"], MADE, MADE),
        trace("create.resolvable", "ReadTaskInfo", MustSucceed(), Act(call=create(), look=True)),
    ],
    ids=lambda value: value.clause,
)
def test_what_holds_on_vcsim_does_not_show(each, tmp_path):
    with vcsim() as url:
        done = run(each, url, tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "the divergence does not show" in done.stdout


@pytest.mark.parametrize("each", [CANCELS, NULL_FILTER], ids=lambda value: value.clause)
def test_certificates_are_verified_unless_told_otherwise(each, tmp_path):
    with vcsim(tls=True) as url:
        strict, lax = run(each, url, tmp_path), run(each, url, tmp_path, "--insecure")
    assert (strict.returncode, lax.returncode) == (2, 1)
    assert "certificate verify failed" in strict.stderr


def test_a_clock_that_cannot_be_moved(tmp_path):
    with vcsim() as url:
        done = run(trace("recent.aged", "", DEMANDS["not listed"], MADE, *STEPS["clock"]), url, tmp_path)
    assert done.returncode == 3
    assert "needs a target whose clock can be moved" in done.stderr


def test_a_script_that_finds_nobody_cannot_tell(tmp_path):
    done = run(CANCELS, "http://127.0.0.1:9/sdk", tmp_path)
    assert done.returncode == 2
    assert "could not find out" in done.stderr
