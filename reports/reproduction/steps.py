"""Steps of a plan as the statements of a script that perform them.

Nothing here knows the demand; `checks` does. What a step makes is bound to a variable named after its letter: `info_a`,
`infos_b[3]`, `collector_c`, `collectors_d[0]`, `made_e[1]`. A wait leaves the update sets that it brought, `sets_f`,
and the version to go on from, `version_f`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.findings import MustBe
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, TypeId
from taskconform.model.vocabulary.plan import (
    Act,
    Bulk,
    Drain,
    Fill,
    Follow,
    Look,
    Outlast,
    Pause,
    Step,
    Together,
    references,
)
from taskconform.reports.reproduction.calls.table import expression
from taskconform.reports.reproduction.calls.tasks import create_task
from taskconform.reports.reproduction.calls.watch import version
from taskconform.reports.reproduction.literals import Lines, block, called, indented, literal
from taskconform.reports.reproduction.names import Names
from taskconform.reports.reproduction.plans import changes, demanded, reader_of, waits
from taskconform.reports.trace import Trace, makes

if TYPE_CHECKING:
    from collections.abc import Callable

SETTLED_ACCOUNTS: Final = ("primary", "second")
"""Accounts that hold every privilege."""

SHORTEST_SETTLING: Final = 1.0
"""Seconds: no script waits less for changes to settle."""


class Steps(Names):
    """Writes the steps of one trace."""

    def __init__(self, trace: Trace) -> None:
        """Find which steps make something that others use, or the demand."""
        super().__init__(trace)
        named = {made.step for step in trace.plan for made in references(step)}
        self.referred = named | demanded(trace)
        self.used = self.referred | {trace.step}

    def call(self, call: c.PlannedCall) -> str:
        """Return a call as an expression."""
        return expression(self, call)

    def step(self, index: int) -> Lines:
        """Return the statements of one step."""
        step = self.trace.plan[index]
        return STATEMENTS[type(step)](self, step, index)

    def reader(self, step: Step) -> str:
        """Return the session that reads tasks in a step: after a call, `main` where the caller may not read them."""
        session = reader_of(step)
        looks_back = isinstance(step, Act) and not isinstance(step.call, c.ReadTaskInfo)
        return c.MAIN if looks_back and self.logins.get(session) not in SETTLED_ACCOUNTS else session

    def settled(self, index: int) -> Lines:
        """Return the wait before a step that reads what may lag."""
        plan = self.trace.plan
        if not waits(plan[index]):
            return []
        for step in reversed(plan[:index]):
            if waits(step):
                return []
            if changes(step):
                return [f"settle({literal(max(SHORTEST_SETTLING, self.trace.settling))})"]
        return []

    def tolerated(self, index: int, lines: Lines) -> Lines:
        """Return the statements of a step that is not the one in question; a call that later steps do not need may
        fault."""
        step = self.trace.plan[index]
        if isinstance(step, Act):
            call = step.call
            is_needed = bool(makes(step)) and index in self.used
            reads = isinstance(call, c.ReadRecentTask | c.WaitForRecentTask | c.ReadMaxCollector | c.ReadTaskInfo)
            may = not reads or self.logins.get(call.session) not in SETTLED_ACCOUNTS
            if isinstance(call, c.Login | c.AdvanceClock) or is_needed or not may:
                return lines
        elif isinstance(step, Look):
            if self.logins.get(step.session) in SETTLED_ACCOUNTS:
                return lines
        elif not isinstance(step, Drain) and not (isinstance(step, Follow) and index not in self.used):
            return lines
        return block("with suppress(vmodl.MethodFault):", lines)


# --- calls as statements ----------------------------------------------------------------------------------------------


def act(steps: Steps, step: Act, index: int) -> Lines:
    """Return the statements of one call. Its result is kept where a later step may ask for it."""
    call = step.call
    statement = ACTS.get(type(call))
    if statement is not None:
        return statement(steps, call, index)
    variable = steps.made(Made(step=index)) if makes(step) else VARIABLES.get(type(call), "")
    return [f"{variable} = {steps.call(call)}" if variable else steps.call(call)]


def _login(steps: Steps, call: c.Login[c.Symbol], _index: int) -> Lines:
    """A login: a variable for the session."""
    variable = steps.log_in(call.session, call.account)
    return [f"{variable} = {steps.call(call)}"]


def _read_recent(steps: Steps, call: c.ReadRecentTask, _index: int) -> Lines:
    """A read of recentTask."""
    steps.recent = "recent"
    return [f"recent = {steps.call(call)}"]


def _wait_for_recent(steps: Steps, session: str, *, fresh: bool) -> Lines:
    """WaitForUpdatesEx over recentTask."""
    variable = steps.session(session)
    lines = []
    first = session not in steps.watching
    if first:
        steps.watching.add(session)
        lines.append(f"watch_recent_task({variable})")
    known, recent = f"{variable}_version", f"{variable}_recent"
    steps.recent = recent
    before = f'{variable}, "", None' if fresh or first else f"{variable}, {known}, {recent}"
    return [*lines, f"{known}, {recent} = wait_for_recent_task({before})"]


def _wait(steps: Steps, call: c.WaitForUpdatesEx[c.Symbol] | c.BreakOffWait[c.Symbol], index: int) -> Lines:
    """A wait."""
    return [f"{sets_of(steps, index)}, {steps.made(Made(step=index))} = {steps.call(call)}"]


ACTS: Final[dict[type, Callable[[Steps, Any, int], Lines]]] = {
    c.Login: _login,
    c.ReadRecentTask: _read_recent,
    c.WaitForRecentTask: lambda steps, call, _: _wait_for_recent(steps, call.session, fresh=call.fresh),
    c.ReadTaskInfo: lambda steps, call, _: [steps.info(task, call.session) for task in call.tasks],
    c.WaitForUpdatesEx: _wait,
    c.BreakOffWait: _wait,
}
"""Calls that are more than one expression."""

VARIABLES: Final[dict[type, str]] = {
    c.ReadMaxCollector: "maximum",
    c.ReadDescription: "description",
    c.FindExtension: "extension",
    c.ReadExtensionList: "extensions",
    c.ReadCollectorFilter: "found",
    c.ReadLatestPage: "page",
    c.ReadNextTasks: "page",
    c.ReadPreviousTasks: "page",
    c.ModifyListView: "refs",
    c.ResetListView: "refs",
    c.ReadView: "refs",
    c.RetrieveReported: "refs",
    c.QueryTaskEvents: "events",
}
"""The variable that keeps the result of a call."""


# --- steps as statements ----------------------------------------------------------------------------------------------


def look(steps: Steps, step: Look, _index: int) -> Lines:
    """Return the statements that read tasks, then recentTask."""
    reader = step.witness or step.session
    lines = []
    if step.tasks:
        body = [steps.read(reader, "task", "info")]
        lines = block(f"for task in {steps.things(step.tasks)}:", body)
    if step.how in {"wait", "later"}:
        return lines + _wait_for_recent(steps, step.session, fresh=step.how == "wait")
    steps.recent = "recent"
    return [*lines, f"recent = {steps.call(c.ReadRecentTask(session=step.session))}"]


def bulk(steps: Steps, step: Bulk, index: int) -> Lines:
    """Return the statements that make many tasks and finish them in a loop."""
    infos = f"infos_{steps.letters[index]}"
    if step.operation is not None:
        return _bulk_by_operation(steps, step, infos)
    create = create_task(
        steps,
        c.CreateTask(session=step.session, obj=step.obj, task_type_id=TypeId(which="work"), cancelable=step.cancelable),
    )
    states = [] if step.finish == "queued" else [step.finish]
    if step.through_running and step.finish in {"success", "error"}:
        states.insert(0, "running")
    arguments = {"error": '"error", fault=vim.fault.NotFound()'}
    finish = [f"info.task.SetTaskState({arguments.get(state, literal(state))})" for state in states]
    is_read = isinstance(steps.trace.demand, MustBe) and index == steps.trace.step
    times = f"in range({literal(step.count)})"
    if not finish and not is_read and index not in steps.referred:
        return block(f"for _ {times}:", [create])
    if not step.one_by_one or not finish:
        lines = [f"{infos} = [{create} for _ {times}]"]
        return lines + (block(f"for info in {infos}:", finish) if finish else [])
    body = [f"info = {create}", *finish, f"{infos}.append(info)"]
    return [f"{infos} = []", *block(f"for _ {times}:", body)]


def _bulk_by_operation(steps: Steps, step: Bulk, infos: str) -> Lines:
    """Return the statements that start an operation many times, and wait for the ends."""
    start = called("start_operation", steps.ref(step.obj, step.session), steps.text(step.operation))
    lines = [f"{infos} = [{start}.info for _ in range({literal(step.count)})]"]
    ends = step.finish in {"success", "error"}
    return lines + (block(f"for info in {infos}:", ["wait_for_end(info.task)"]) if ends else [])


def fill(steps: Steps, step: Fill, index: int) -> Lines:
    """Return the statements that open collectors, up to the limit and beyond; `caught` has the last fault."""
    main = steps.session(step.session)
    collectors = f"collectors_{steps.letters[index]}"
    maximum = f"maximum = {steps.call(c.ReadMaxCollector(session=step.session))}"
    wanted = "maximum" + (f" {'+' if step.beyond > 0 else '-'} {literal(abs(step.beyond))}" if step.beyond else "")
    if step.ill_formed:
        create = steps.call(c.CreateCollectorForTasks(session=step.session, filter=None))
        body = block("with catching() as caught:", [f"{collectors}.append({create})"])
        return [maximum, f"{collectors} = []", *block(f"for _ in range({wanted}):", body)]
    create = (
        f"{main}.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())"
        if step.kind == "events"
        else f"{main}.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())"
    )
    body = [*block("with catching() as caught:", [f"{collectors}.append({create})"]), "refused += caught"]
    attempts = literal(step.attempts)
    return [
        maximum,
        f"{collectors}, refused = [], []",
        *block(f"while len({collectors}) < {wanted} and len(refused) < {attempts}:", body),
    ]


def together(steps: Steps, step: Together, index: int) -> Lines:
    """Return the statements that make calls in threads."""
    submits = [f"pool.submit(lambda: {steps.call(call)})" for call in step.calls]
    body = ["futures = [", *(f"    {indented(submit)}," for submit in submits), "]"]
    lines = block("with ThreadPoolExecutor() as pool:", body)
    if index not in steps.referred:
        return lines
    made = f"made_{steps.letters[index]}"
    return [*lines, f"{made} = [None if future.exception() else future.result() for future in futures]"]


def drain(steps: Steps, step: Drain, _index: int) -> Lines:
    """Return the statements that read page after page."""
    method = "ReadNextTasks" if step.direction == "next" else "ReadPreviousTasks"
    collector = steps.ref(step.collector, step.session)
    return ["pages = []", f"drain({collector}.{method}, {literal(step.max_count)}, pages)"]


def follow(steps: Steps, step: Follow, index: int) -> Lines:
    """Return the statements that wait for updates until there are no more."""
    size = [] if step.max_object_updates is None else [literal(step.max_object_updates)]
    collector = steps.ref(step.collector, step.session)
    wait = called("follow", collector, version(steps, step.version), *size)
    return [f"{sets_of(steps, index)}, {steps.made(Made(step=index))} = {wait}"]


def outlast(steps: Steps, step: Outlast, _index: int) -> Lines:
    """Return a long sleep: a part of the window that the recorded target declared, and some seconds."""
    terms = [f"{literal(step.percent / 100)} * {literal(steps.trace.window)}"] if step.percent else []
    terms += [literal(step.beyond)] if step.beyond or not terms else []
    return [f"time.sleep({' + '.join(terms)} + 0.1)"]


STATEMENTS: Final[dict[type, Callable[[Steps, Any, int], Lines]]] = {
    Act: act,
    Bulk: bulk,
    Look: look,
    Fill: fill,
    Together: together,
    Drain: drain,
    Follow: follow,
    Pause: lambda _steps, step, _index: [f"time.sleep({literal(step.seconds)} + 0.1)"],
    Outlast: outlast,
}
"""Each step as statements."""


def sets_of(steps: Steps, index: int) -> str:
    """Return the variable of the update sets that a step brought."""
    return f"sets_{steps.letters[index]}"
