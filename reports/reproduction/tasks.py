"""Sessions, tasks and recentTask in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.findings import MustBe
from taskconform.model.oracle.life import VIM_FAULTS
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import TypeId
from taskconform.reports.reproduction.text import Lines, block, called, indented, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.plan import Bulk, Fill, Look, Outlast, Pause, Together
    from taskconform.reports.reproduction.steps import Steps

# --- calls as expressions ---------------------------------------------------------------------------------------------


def _login(steps: Steps, call: c.Login[c.Symbol]) -> str:
    """Login, by SmartConnect; with a locale, by Login on a connection of its own."""
    user, password = steps.account(call.account)
    if call.locale is None:
        return f"connect(args, {user}, {password})"
    return f"{steps.part('connect_in')}(args, main, {user}, {password}, {steps.text(call.locale)})"


def create_task(steps: Steps, call: c.CreateTask[c.Symbol]) -> str:
    """CreateTask. The TaskInfo returned."""
    arguments = [
        f"obj={steps.ref(call.obj)}",
        f"taskTypeId={steps.text(call.task_type_id)}",
        f"cancelable={call.cancelable}",
    ]
    if call.initiated_by is not None:
        arguments.append(f"initiatedBy={steps.text(call.initiated_by)}")
    if call.parent_task_key is not None:
        arguments.append(f"parentTaskKey={steps.key(call.parent_task_key)}")
    if call.activation_id is not None:
        arguments.append(f"activationId={steps.text(call.activation_id)}")
    at_once = steps.trace.clause == "create.resolvable"
    function = steps.part("create_task_at_once" if at_once else "create_task")
    return called(function, steps.session(call.session), *arguments)


def _set_state(steps: Steps, call: c.SetTaskState[c.Symbol]) -> str:
    """SetTaskState."""
    arguments = [quoted(call.state)]
    if call.result is not None:
        is_text = isinstance(call.result, str)
        arguments.append(f"result={steps.text(call.result) if is_text else steps.ref(call.result)}")
    if call.fault is not None:
        arguments.append(f"fault={_fault(steps, call.fault)}")
    return called(f"{steps.ref(call.task, call.session)}.SetTaskState", *arguments)


def _fault(steps: Steps, name: str) -> str:
    """A fault to end a task with."""
    if name in VIM_FAULTS:
        return f"vim.fault.{name}()"
    steps.imports.add("pyVmomi.VmomiSupport:GetWsdlType")
    return f'GetWsdlType("urn:vim25", {quoted(name)})()'


def _set_description(steps: Steps, call: c.SetTaskDescription[c.Symbol]) -> str:
    """SetTaskDescription."""
    steps.imports.add("pyVmomi:vmodl")
    pairs = [f"vmodl.KeyAnyValue(key={quoted(key)}, value={quoted(value)})" for key, value in call.args]
    message = called("vmodl.LocalizableMessage", f"key={quoted(call.key)}", f"arg=[{', '.join(pairs)}]")
    return called(f"{steps.ref(call.task, call.session)}.SetTaskDescription", message)


def _of_manager(path: str, otherwise: str = "") -> Callable[[Steps, Any], str]:
    """A read of a property of the TaskManager."""

    def expression(steps: Steps, call: Any) -> str:
        return steps.read(call.session, f"{steps.session(call.session)}.taskManager", path) + otherwise

    return expression


def on(name: str, method: str, *arguments: str) -> Callable[[Steps, Any], str]:
    """A method of the object that one of the call's arguments names, with others of its arguments, plain values."""

    def expression(steps: Steps, call: Any) -> str:
        values = ", ".join(repr(getattr(call, argument)) for argument in arguments)
        return f"{steps.ref(getattr(call, name), call.session)}.{method}({values})"

    return expression


EXPRESSIONS: Final[dict[type, Callable[[Steps, Any], str]]] = {
    c.Login: _login,
    c.Logout: lambda steps, call: f"{steps.session(call.session)}.sessionManager.Logout()",
    c.AdvanceClock: lambda steps, call: f"{steps.part('advance_clock')}({call.seconds})",
    c.CreateTask: create_task,
    c.ReadRecentTask: _of_manager("recentTask", " or []"),
    c.WaitForRecentTask: lambda steps, call: (
        f'{steps.part("wait_for_recent_task")}({steps.session(call.session)}, "", None)'
    ),
    c.ReadMaxCollector: _of_manager("maxCollector"),
    c.ReadDescription: _of_manager("description"),
    c.ReadTaskInfo: lambda steps, call: f"[{', '.join(steps.info(task, call.session) for task in call.tasks)}]",
    c.SetTaskState: _set_state,
    c.UpdateProgress: on("task", "UpdateProgress", "percent_done"),
    c.SetTaskDescription: _set_description,
    c.CancelTask: on("task", "CancelTask"),
}
"""Each call as an expression."""


# --- calls as statements ----------------------------------------------------------------------------------------------


def _act_login(steps: Steps, call: c.Login[c.Symbol], _index: int) -> Lines:
    """A login: a variable for the session."""
    variable = "main" if call.session == c.MAIN else steps.variable(call.session)
    steps.sessions[call.session] = variable
    steps.logins[call.session] = call.account
    return [f"{variable} = {steps.call(call)}"]


def _act_read_recent(steps: Steps, call: c.ReadRecentTask, _index: int) -> Lines:
    """A read of recentTask."""
    steps.recent = "recent"
    return [f"recent = {steps.call(call)}"]


def wait_for_recent(steps: Steps, session: str, *, fresh: bool) -> Lines:
    """WaitForUpdatesEx over recentTask."""
    variable = steps.session(session)
    lines = []
    first = session not in steps.watching
    if first:
        steps.watching.add(session)
        lines.append(f"{steps.part('watch_recent_task')}({variable})")
    version, recent = f"{variable}_version", f"{variable}_recent"
    steps.recent = recent
    before = f'{variable}, "", None' if fresh or first else f"{variable}, {version}, {recent}"
    return [*lines, f"{version}, {recent} = {steps.part('wait_for_recent_task')}({before})"]


ACTS: Final[dict[type, Callable[[Steps, Any, int], Lines]]] = {
    c.Login: _act_login,
    c.ReadRecentTask: _act_read_recent,
    c.WaitForRecentTask: lambda steps, call, _: wait_for_recent(steps, call.session, fresh=call.fresh),
    c.ReadTaskInfo: lambda steps, call, _: [steps.info(task, call.session) for task in call.tasks],
}
"""The calls that are more than one expression."""


# --- steps as statements ----------------------------------------------------------------------------------------------


def look(steps: Steps, step: Look, _index: int) -> Lines:
    """The tasks, then recentTask."""
    reader = step.witness or step.session
    lines = []
    if step.tasks:
        body = [f'{steps.part("read")}({steps.session(reader)}, task, "info")']
        lines = block(f"for task in {steps.things(step.tasks)}:", body)
    if step.how in {"wait", "later"}:
        return lines + wait_for_recent(steps, step.session, fresh=step.how == "wait")
    steps.recent = "recent"
    return [*lines, f"recent = {steps.call(c.ReadRecentTask(session=step.session))}"]


def bulk(steps: Steps, step: Bulk, index: int) -> Lines:
    """Many tasks, made and finished in a loop."""
    infos = f"infos_{steps.letters[index]}"
    create = create_task(
        steps,
        c.CreateTask(session=step.session, obj=step.obj, task_type_id=TypeId(which="work"), cancelable=step.cancelable),
    )
    states = [] if step.finish == "queued" else [step.finish]
    if step.through_running and step.finish in {"success", "error"}:
        states.insert(0, "running")
    arguments = {"error": '"error", fault=vim.fault.NotFound()'}
    finish = [f"info.task.SetTaskState({arguments.get(state, quoted(state))})" for state in states]
    is_read = isinstance(steps.trace.demand, MustBe) and index == steps.trace.step
    if not finish and not is_read and index not in steps.referred:
        return block(f"for _ in range({step.count}):", [create])
    if not step.one_by_one or not finish:
        lines = [f"{infos} = [{create} for _ in range({step.count})]"]
        return lines + (block(f"for info in {infos}:", finish) if finish else [])
    body = [f"info = {create}", *finish, f"{infos}.append(info)"]
    return [f"{infos} = []", *block(f"for _ in range({step.count}):", body)]


def fill(steps: Steps, step: Fill, index: int) -> Lines:
    """Collectors, up to the limit and beyond."""
    steps.imports.add("pyVmomi:vmodl")
    main = steps.session(step.session)
    collectors = f"collectors_{steps.letters[index]}"
    maximum = f"maximum = {steps.call(c.ReadMaxCollector(session=step.session))}"
    if step.ill_formed:
        raw = steps.call(c.CreateCollectorForTasks(session=step.session, filter=None))
        body = ["fault = None"]
        body += block("try:", [f"{collectors}.append({raw})"])
        body += block("except vmodl.MethodFault as caught:", ["fault = caught"])
        return [maximum, f"{collectors} = []", *block(f"for _ in range({_wanted(step)}):", body)]
    create = (
        f"{main}.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())"
        if step.kind == "events"
        else f"{main}.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())"
    )
    body = [
        *block("try:", [f"{collectors}.append({create})"]),
        *block("except vmodl.MethodFault as caught:", ["fault, refused = caught, refused + 1"]),
    ]
    return [
        maximum,
        f"{collectors}, fault, refused = [], None, 0",
        *block(f"while len({collectors}) < {_wanted(step)} and refused < {step.attempts}:", body),
    ]


def _wanted(step: Fill) -> str:
    """How many collectors a fill opens."""
    return "maximum" + (f" {'+' if step.beyond > 0 else '-'} {abs(step.beyond)}" if step.beyond else "")


def together(steps: Steps, step: Together, index: int) -> Lines:
    """Calls in threads."""
    steps.imports.add("concurrent.futures:ThreadPoolExecutor")
    submits = [f"pool.submit(lambda: {steps.call(call)})" for call in step.calls]
    body = ["futures = [", *(f"    {indented(submit)}," for submit in submits), "]"]
    lines = block("with ThreadPoolExecutor() as pool:", body)
    if index not in steps.referred:
        return lines
    made = f"made_{steps.letters[index]}"
    return [*lines, f"{made} = [None if future.exception() else future.result() for future in futures]"]


def pause(steps: Steps, step: Pause, _index: int) -> Lines:
    """A sleep, a little longer: clocks tick."""
    steps.imports.add("time")
    return [f"time.sleep({step.seconds} + 0.1)"]


def outlast(steps: Steps, step: Outlast, _index: int) -> Lines:
    """A long sleep: a part of the window that the recorded target declared, and some seconds."""
    steps.imports.add("time")
    terms = [f"{step.percent / 100:g} * {steps.trace.window}"] if step.percent else []
    terms += [str(step.beyond)] if step.beyond or not terms else []
    return [f"time.sleep({' + '.join(terms)} + 0.1)"]
