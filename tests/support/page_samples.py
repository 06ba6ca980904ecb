"""What the tests of the pages show: traces performed on the built-in simulator, and reports made of them."""

from __future__ import annotations

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import Episode, Exchange
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.oracle.findings import MustFault, MustList
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef, Place, TypeId
from taskconform.model.vocabulary.plan import Act, Bulk, Look, Pause
from taskconform.reports import document
from taskconform.reports.document import ClauseResult, DivergenceResult, ReadingResult, Report, Run, Suite
from taskconform.reports.document import TargetSection as Target
from taskconform.reports.render.material import Material
from taskconform.reports.trace import Trace

VM = Place(role="vm")
TASK = c.CreateTask(session="main", obj=VM, task_type_id=TypeId(which="work"), cancelable=False)


def set_state(state, made, session="main"):
    return Act(call=c.SetTaskState(session=session, task=made, state=state), look=True)


PUSHED_OUT = (
    Act(call=TASK, look=True),
    Bulk(session="main", obj=VM, count=201, finish="success", through_running=True),
    Look(session="main", tasks=(Made(step=0),)),
)
"""A queued task, and more completed ones than recentTask holds."""

AGED = (
    Act(call=TASK, look=True),
    set_state("running", Made(step=0)),
    set_state("error", Made(step=0)),
    Pause(session="main", seconds=700),
    Act(call=TASK, look=True),
    Look(session="main", tasks=(Made(step=0), Made(step=4))),
)
"""A task that completed longer ago than the window."""

CANCELLED = (
    Act(call=c.Login(session="other", account="second")),
    Act(call=TASK, look=True),
    Act(call=c.CancelTask(session="other", task=Made(step=1))),
)
"""A second session cancels what cannot be cancelled."""


def performed(plan):
    """The exchange of a plan on the built-in simulator, as a trace file holds it, and the tasks that it made, in order.
    Declared symbols lead from each to the step that made it."""
    target = BuiltinTarget({})
    records, judge, symbols = [], Judge(), {}
    executor = Executor(target=target, judge=judge, record=records.append)
    try:
        executor.run(Episode(part="p", number=0, phase="confirm", plan=plan, declaration=target.declaration))
    finally:
        target.close()
    exchange = [
        {"step": one.step, "call": codec.encode(one.call), "outcome": codec.encode(one.outcome)}
        for one in records
        if isinstance(one, Exchange)
    ]
    counts = {}
    for one in exchange:
        value = one["outcome"].get("value")
        if isinstance(value, dict) and value["is"] == "TaskInfo":
            made = Made(step=one["step"], index=counts.setdefault(one["step"], 0))
            counts[one["step"]] += 1
            symbols |= {value["key"]: made, value["task"]["value"]: made}
    return exchange, symbols


def sample(clause, method, plan, observed, *, demand=None, step=None, script="print('shown')\n"):
    """The material of a divergence whose plan was performed. `demand` is made of the first task's reference."""
    exchange, symbols = performed(plan)
    first = next((value for value, made in symbols.items() if made.index == 0), "task-0")
    asked = demand or MustList(task=ObjectRef(type="Task", value=first), present=True)
    trace = Trace(
        clause=clause,
        statement="What the page says.",
        source="vim.TaskManager somewhere",
        signature=f"{clause}:{method}.value",
        target="builtin",
        plan=plan,
        step=len(plan) - 1 if step is None else step,
        demand=asked,
        observed=observed,
        symbols=symbols,
        extension_key="org.taskconform.suite",
    )
    return Material(trace=trace, exchange=exchange, script=script)


def samples():
    """Three divergences, by signature."""
    found = [
        sample("recent.queued", "recentTask", PUSHED_OUT, "task A is not listed"),
        sample("recent.aged", "recentTask", AGED, "task A is listed"),
        sample(
            "life.cancel-unsupported",
            "CancelTask",
            CANCELLED,
            "success",
            demand=MustFault(kinds=("NotSupported",)),
        ),
    ]
    return {one.trace.signature: one for one in found}


def divergence(of, **more):
    name = of.signature.replace(":", "_")
    given = {
        "signature": of.signature,
        "summary": f"expected this; observed {of.observed}",
        "expected": str(of.demand),
        "observed": of.observed,
        "trace": f"traces/{name}.json",
        "script": f"traces/{name}.py",
        "steps": len(of.plan),
        "reproduced": "5/5",
    }
    return DivergenceResult(**(given | more))


def clause(id_, verdict, divergences=(), **more):
    given = {"level": "M", "title": f"Title of {id_}", "checks": 9, "live": 5, "directed": 2}
    return ClauseResult(id=id_, verdict=verdict, divergences=list(divergences), **(given | more))


def report_of(clauses, *, exit_code=1, name="builtin", about=None, identity=None, digest="sha256:1", readings=None):
    """A report with these clauses."""
    return Report(
        suite=Suite(version="0.1.0", registry_digest="sha256:0"),
        target=Target(
            name=name,
            about=about or {"full_name": "A product", "api_type": "VirtualCenter"},
            identity=identity or {},
            capabilities=["reset"],
        ),
        run=Run(
            profile="quick",
            seed=7,
            plan_digest=digest,
            started="2026-01-01T00:00:00Z",
            seconds=1.5,
            calls=1000,
            target_seconds=0.5,
            workers=2,
            exit_code=exit_code,
        ),
        clauses=clauses,
        readings=readings or [],
        totals=document.totals(clauses),
    )


def whole(material):
    """A report with every verdict, and the divergences of `material`."""
    failed = [clause(one.trace.clause, "failed", [divergence(one.trace)]) for one in material.values()]
    waived = [divergence(one.trace, signature="life.final:x", waiver="known") for one in list(material.values())[:1]]
    rest = [
        clause("life.final", "waived", waived),
        clause("create.entity", "passed"),
        clause("create.type", "undecided", reason="seen once"),
        clause("recent.set", "not_exercised", reason="never live"),
        *(
            clause(f"filter.{name}", "not_applicable", reason="no clock")
            for name in ("tag", "user-list", "state", "all")
        ),
    ]
    readings = [ReadingResult(id="limit.scope", left=["address"], struck={"session": "a create faulted"})]
    return report_of([*failed, *rest], readings=readings)
