"""The steps of a script: each step of a plan as the statements that perform it.

Nothing here knows what is demanded; `script_checks` does. What a step makes is bound to a variable named after its
letter: `info_a`, `infos_b[3]`, `collector_c`, `collectors_d[0]`, `made_e[1]`.
"""

from __future__ import annotations

import keyword
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from taskconform.model import calls as c
from taskconform.model.calls import Made, ObjectRef, Place, TypeId, UserName
from taskconform.model.create import BUILT_IN, NO_SUCH_USER
from taskconform.model.findings import MustBe
from taskconform.model.life import NO_TASK, VIM_FAULTS
from taskconform.model.plan import Act, Bulk, Fill, Look, Step, Together
from taskconform.reports.trace import Trace, letters, makes, references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDTH: Final = 112
"""A statement longer than this is broken, one argument a line."""

Lines = list[str]

_KINDS: Final = {
    "vm": "[vim.VirtualMachine]",
    "folder": "[vim.Folder, vim.Datacenter]",
    "host": "[vim.HostSystem]",
}
_TAKEN: Final = frozenset({"args", "key", "fault", "caught", "info", "infos", "recent", "observed", "shows", "maximum"})
_SETTLED_ACCOUNTS: Final = ("primary", "second")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def called(function: str, *arguments: str) -> str:
    """A call expression, broken over lines where it would be long."""
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    inner = "".join(f"    {_indented(argument)},\n" for argument in arguments)
    return f"{function}(\n{inner})"


def _indented(text: str) -> str:
    """The text with all lines but the first indented."""
    return text.replace("\n", "\n    ")


def block(head: str, body: Iterable[str]) -> Lines:
    """A compound statement."""
    return [head, *(f"    {_indented(line)}" for line in body)]


class Steps:
    """Writes the steps of one trace. Gathers what they need: parts, imports, accounts, places, options."""

    def __init__(self, trace: Trace) -> None:
        """Start with the set-up that every script has."""
        self.trace = trace
        self.parts: set[str] = set()
        self.imports: set[str] = {"pyVmomi:vim"}
        self.accounts: dict[str, None] = {}
        self.options: dict[str, str] = {}
        self.setup: Lines = []
        self.recent = ""
        self._letters = {index: found.lower() for index, found in letters(trace.plan).items()}
        self._places: dict[Place, str] = {}
        self._sessions: dict[str, str] = {c.MAIN: "main"}
        self._logins: dict[str, str] = {c.MAIN: "primary"}
        self._watching: set[str] = set()
        named = {made.step for step in trace.plan for made in references(step)}
        self._referred = named | _demanded(trace)
        self.used = named | _demanded(trace) | {trace.step}

    # --- what is named ------------------------------------------------------------------------------------------------

    def part(self, name: str) -> str:
        """Use one of the fixed parts."""
        self.parts.add(name)
        return name.removesuffix("_at_once")

    def session(self, name: str) -> str:
        """The variable of a session. One on which nobody has logged in is a connection without a login."""
        if name not in self._sessions:
            variable = self._variable(name)
            self._sessions[name] = variable
            self.setup.append(f"{variable} = {self.part('anonymous')}(args, main)")
        return self._sessions[name]

    def _variable(self, name: str) -> str:
        slug = re.sub(r"\W+", "_", name).strip("_").lower() or "session"
        taken = keyword.iskeyword(slug) or slug[0].isdigit() or slug in _TAKEN or slug in _KINDS or slug in self.parts
        return f"session_{slug}" if taken else slug

    def account(self, name: str) -> tuple[str, str]:
        """The expressions of an account's user and password."""
        if name == "primary":
            return "args.user", "args.password"
        self.accounts[name] = None
        slug = name.replace("-", "_")
        return f"args.{slug}_user", f"args.{slug}_password"

    def place(self, place: Place) -> str:
        """The variable of a place, looked up once, before the first step."""
        if place.role == "root":
            return "main.rootFolder"
        if place.role == "manager":
            return "main.taskManager"
        if place not in self._places:
            role = place.role.replace("-", "_")
            variable = role + (f"_{place.index + 1}" if place.index else "")
            self._places[place] = variable
            self.setup.append(f"{variable} = {self._found(place)}")
        return self._places[place]

    def _found(self, place: Place) -> str:
        if place.role == "nowhere":
            return 'vim.VirtualMachine("vm-987654321", main.taskManager._stub)'
        if place.role == "no-task":
            return f'vim.Task("{NO_TASK}", main.taskManager._stub)'
        if place.role in _KINDS:
            index = (str(place.index),) if place.index else ()
            return called(self.part("place"), "main", _KINDS[place.role], *index)
        option = place.role + (f"-{place.index + 1}" if place.index else "")
        self.options[option] = f"the place that is {place.role} for the account in question, as Type:value"
        return called(self.part("named"), "main", f"args.{option.replace('-', '_')}")

    def made(self, made: Made) -> str:
        """The variable of what a step made: a TaskInfo, or a collector."""
        known = self._letters.get(made.step, f"step_{made.step}")
        kind = makes(self.trace.plan[made.step]) if made.step < len(self.trace.plan) else ""
        return {
            "task": f"info_{known}",
            "collector": f"collector_{known}",
            "tasks": f"infos_{known}[{made.index}]",
            "collectors": f"collectors_{known}[{made.index}]",
        }.get(kind, f"made_{known}[{made.index}]")

    def maker(self, made: Made) -> tuple[str, bool]:
        """The session that made a thing, and whether it is a task."""
        step = self.trace.plan[made.step]
        if isinstance(step, Together):
            call: Any = step.calls[made.index]
        else:
            call = step.call if isinstance(step, Act) else step
        return getattr(call, "session", c.MAIN), isinstance(call, c.CreateTask | Bulk)

    def ref(self, ref: object, session: str | None = None) -> str:
        """The expression of an object; with `session`, one that this session can make calls on."""
        owner = c.MAIN
        if isinstance(ref, ObjectRef) and ref.value in self.trace.symbols:
            ref = self.trace.symbols[ref.value]
        if isinstance(ref, Made):
            owner, is_task = self.maker(ref)
            found = self.made(ref) + (".task" if is_task else "")
        elif isinstance(ref, Place):
            found = self.place(ref)
        elif isinstance(ref, ObjectRef):
            found = called(self.part("named"), "main", self.text(f"{ref.type}:{ref.value}"))
        else:
            found = repr(ref)
        if session is None or session == owner:
            return found
        return f"{self.part('by')}({self.session(session)}, {found})"

    def key(self, key: object) -> str:
        """The expression of a task key."""
        if isinstance(key, str) and key in self.trace.symbols:
            key = self.trace.symbols[key]
        return f"{self.made(key)}.key" if isinstance(key, Made) else self.text(key)

    def text(self, value: object) -> str:
        """The expression of a string, a type id or a user name."""
        if isinstance(value, TypeId):
            return _quoted(BUILT_IN) if value.which == "built-in" else f'f"{{key}}.{value.which}"'
        if isinstance(value, UserName):
            return _quoted(NO_SUCH_USER) if value.account == "stranger" else self.account(value.account)[0]
        own = self.trace.extension_key
        if isinstance(value, str) and own and value.startswith(own):
            rest = value.removeprefix(own).replace("{", "{{").replace("}", "}}")
            return f"f{_quoted('{key}' + rest)}" if rest else "key"
        return _quoted(value) if isinstance(value, str) else repr(value)

    def reader(self, step: Step) -> str:
        """The session that reads tasks in a step: after a call, `main` reads where the caller may not be able to."""
        session = reader_of(step)
        looks_back = isinstance(step, Act) and not isinstance(step.call, c.ReadTaskInfo)
        return c.MAIN if looks_back and self._logins.get(session) not in _SETTLED_ACCOUNTS else session

    # --- calls as expressions -----------------------------------------------------------------------------------------

    def call(self, call: c.Call) -> str:
        """A call as an expression."""
        return _EXPRESSIONS[type(call)](self, call)

    def read(self, session: str, obj: str, path: str) -> str:
        """A property, read by a session."""
        return f'{self.part("read")}({self.session(session)}, {obj}, "{path}")'

    def info(self, task: object, session: str) -> str:
        """Task.info, read by a session."""
        return self.read(session, self.ref(task), "info")

    def create_task(self, call: c.CreateTask) -> str:
        """CreateTask. The TaskInfo returned."""
        arguments = [
            f"obj={self.ref(call.obj)}",
            f"taskTypeId={self.text(call.task_type_id)}",
            f"cancelable={call.cancelable}",
        ]
        if call.initiated_by is not None:
            arguments.append(f"initiatedBy={self.text(call.initiated_by)}")
        if call.parent_task_key is not None:
            arguments.append(f"parentTaskKey={self.key(call.parent_task_key)}")
        if call.activation_id is not None:
            arguments.append(f"activationId={self.text(call.activation_id)}")
        at_once = self.trace.clause == "create.resolvable"
        function = self.part("create_task_at_once" if at_once else "create_task")
        return called(function, self.session(call.session), *arguments)

    def set_task_state(self, call: c.SetTaskState) -> str:
        """SetTaskState."""
        arguments = [_quoted(call.state)]
        if call.result is not None:
            is_text = isinstance(call.result, str)
            arguments.append(f"result={self.text(call.result) if is_text else self.ref(call.result)}")
        if call.fault is not None:
            arguments.append(f"fault={self._fault(call.fault)}")
        return called(f"{self.ref(call.task, call.session)}.SetTaskState", *arguments)

    def _fault(self, name: str) -> str:
        if name in VIM_FAULTS:
            return f"vim.fault.{name}()"
        self.imports.add("pyVmomi.VmomiSupport:GetWsdlType")
        return f'GetWsdlType("urn:vim25", {_quoted(name)})()'

    def set_task_description(self, call: c.SetTaskDescription) -> str:
        """SetTaskDescription."""
        self.imports.add("pyVmomi:vmodl")
        pairs = [f"vmodl.KeyAnyValue(key={_quoted(key)}, value={_quoted(value)})" for key, value in call.args]
        message = called("vmodl.LocalizableMessage", f"key={_quoted(call.key)}", f"arg=[{', '.join(pairs)}]")
        return called(f"{self.ref(call.task, call.session)}.SetTaskDescription", message)

    def register_extension(self, call: c.RegisterExtension) -> str:
        """RegisterExtension."""
        tasks = ", ".join(f"vim.Extension.TaskTypeInfo(taskID={self.text(task)})" for task in call.task_ids)
        extension = called(
            "vim.Extension",
            f"key={self.text(call.key)}",
            f"version={_quoted(call.version)}",
            'description=vim.Description(label="taskconform", summary="taskconform")',
            f"lastHeartbeatTime={self.part('now')}({self.session(call.session)})",
            f"taskList=[{tasks}]",
        )
        return called(f"{self.session(call.session)}.extensionManager.RegisterExtension", extension)

    def create_collector(self, call: c.CreateCollectorForTasks) -> str:
        """CreateCollectorForTasks; what pyVmomi refuses to send goes as it stands."""
        spec = call.filter
        if spec is None:
            return self.raw(call.session, "")
        if spec.time is not None and spec.time.time_type is None:
            times = "".join(
                f"<{name}>{_moment(at).isoformat()}</{name}>"
                for name, at in (("beginTime", spec.time.begin_time), ("endTime", spec.time.end_time))
                if at is not None
            )
            return self.raw(call.session, f"<filter><time>{times}</time></filter>")
        return called(f"{self.session(call.session)}.taskManager.CreateCollectorForTasks", self._filter(spec))

    def raw(self, session: str, content: str) -> str:
        """CreateCollectorForTasks with whatever stands where the filter should."""
        main = self.session(session)
        inside = (f"'{content}'",) if content else ()
        return called(self.part("send_raw"), "args", f"{main}.taskManager", _quoted("CreateCollectorForTasks"), *inside)

    def _filter(self, spec: c.TaskFilterSpec) -> str:
        arguments = []
        if spec.entity is not None:
            entity = f"entity={self.ref(spec.entity.entity)}", f"recursion={_quoted(spec.entity.recursion)}"
            arguments.append("entity=" + called("vim.TaskFilterSpec.ByEntity", *entity))
        if spec.time is not None:
            parts = [f"timeType={_quoted(spec.time.time_type or '')}"]
            for name, at in (("beginTime", spec.time.begin_time), ("endTime", spec.time.end_time)):
                if at is not None:
                    self.imports.add("datetime:datetime")
                    parts.append(f'{name}=datetime.fromisoformat("{_moment(at).isoformat()}")')
            arguments.append("time=" + called("vim.TaskFilterSpec.ByTime", *parts))
        if spec.user_name is not None:
            users = f"[{', '.join(self.text(user) for user in spec.user_name.user_list)}]"
            by_name = f"systemUser={spec.user_name.system_user}", f"userList={users}"
            arguments.append("userName=" + called("vim.TaskFilterSpec.ByUsername", *by_name))
        arguments += [
            f"{wire}=[{', '.join(map(show, values))}]"
            for wire, values, show in (
                ("state", spec.state, self.text),
                ("activationId", spec.activation_id, self.text),
                ("eventChainId", spec.event_chain_id, repr),
                ("tag", spec.tag, self.text),
                ("parentTaskKey", spec.parent_task_key, self.key),
                ("rootTaskKey", spec.root_task_key, self.key),
            )
            if values
        ]
        return called("vim.TaskFilterSpec", *arguments)

    def read_task_info(self, call: c.ReadTaskInfo) -> str:
        """Task.info of each."""
        return f"[{', '.join(self.info(task, call.session) for task in call.tasks)}]"

    # --- steps as statements ------------------------------------------------------------------------------------------

    def step(self, index: int) -> Lines:
        """The statements of one step."""
        step = self.trace.plan[index]
        match step:
            case Act(call=call):
                return self._act(call, index)
            case Bulk():
                return self._bulk(step, index)
            case Look():
                return self._look(step)
            case Fill():
                return self._fill(step, index)
            case Together():
                return self._together(step, index)

    def _act(self, call: c.Call, index: int) -> Lines:
        if isinstance(call, c.Login):
            return self._login(call)
        if isinstance(call, c.WaitForRecentTask):
            return self._wait(call.session, fresh=call.fresh)
        if isinstance(call, c.ReadRecentTask):
            self.recent = "recent"
        if isinstance(call, c.ReadTaskInfo):
            return [self.info(task, call.session) for task in call.tasks]
        target = _TARGETS.get(type(call), "")
        if makes(self.trace.plan[index]):
            target = self.made(Made(step=index))
        return [f"{target} = {self.call(call)}" if target else self.call(call)]

    def tolerated(self, index: int, lines: Lines) -> Lines:
        """The statements of a step that is not the one in question: a call whose refusal does not matter to the later
        steps may be refused.
        """
        step = self.trace.plan[index]
        if isinstance(step, Act):
            call = step.call
            is_needed = bool(makes(step)) and index in self.used
            reads = isinstance(call, c.ReadRecentTask | c.WaitForRecentTask | c.ReadMaxCollector | c.ReadTaskInfo)
            may = not reads or self._logins.get(call.session) not in _SETTLED_ACCOUNTS
            if isinstance(call, c.Login | c.AdvanceClock) or is_needed or not may:
                return lines
        elif isinstance(step, Look):
            if self._logins.get(step.session) in _SETTLED_ACCOUNTS:
                return lines
        else:
            return lines
        self.imports |= {"contextlib:suppress", "pyVmomi:vmodl"}
        return block("with suppress(vmodl.MethodFault):", lines)

    def _login(self, call: c.Login) -> Lines:
        variable = "main" if call.session == c.MAIN else self._variable(call.session)
        self._sessions[call.session] = variable
        self._logins[call.session] = call.account
        user, password = self.account(call.account)
        return [f"{variable} = connect(args, {user}, {password})"]

    def _wait(self, session: str, *, fresh: bool) -> Lines:
        variable = self.session(session)
        lines = []
        first = session not in self._watching
        if first:
            self._watching.add(session)
            lines.append(f"{self.part('watch_recent_task')}({variable})")
        version, recent = f"{variable}_version", f"{variable}_recent"
        self.recent = recent
        before = f'{variable}, "", None' if fresh or first else f"{variable}, {version}, {recent}"
        return [*lines, f"{version}, {recent} = {self.part('wait_for_recent_task')}({before})"]

    def _look(self, step: Look) -> Lines:
        reader = step.witness or step.session
        lines = []
        if step.tasks:
            body = [f'{self.part("read")}({self.session(reader)}, task, "info")']
            lines = block(f"for task in {self.things(step.tasks)}:", body)
        if step.how in {"wait", "later"}:
            return lines + self._wait(step.session, fresh=step.how == "wait")
        self.recent = "recent"
        return [*lines, f"recent = {self.call(c.ReadRecentTask(session=step.session))}"]

    def things(self, tasks: Iterable[object]) -> str:
        """Several tasks as a list; all or many of one bulk as a slice of it."""
        found: list[str] = []
        runs: list[list[Made]] = []
        for task in tasks:
            if not isinstance(task, Made):
                found.append(self.ref(task))
            elif runs and (task.step, task.index) == (runs[-1][-1].step, runs[-1][-1].index + 1):
                runs[-1].append(task)
            else:
                runs.append([task])
        for run in runs:
            first, last = run[0], run[-1]
            step = self.trace.plan[first.step]
            if len(run) > 2 and isinstance(step, Bulk):
                whole = first.index == 0 and last.index == step.count - 1
                part = "" if whole else f"[{first.index}:{last.index + 1}]"
                found.append(f"*(info.task for info in infos_{self._letters[first.step]}{part})")
            else:
                found.extend(self.ref(each) for each in run)
        return f"[{', '.join(found)}]"

    def _bulk(self, step: Bulk, index: int) -> Lines:
        infos = f"infos_{self._letters[index]}"
        create = self.create_task(
            c.CreateTask(
                session=step.session, obj=step.obj, task_type_id=TypeId(which="work"), cancelable=step.cancelable
            )
        )
        states = [] if step.finish == "queued" else [step.finish]
        if step.through_running and step.finish in {"success", "error"}:
            states.insert(0, "running")
        arguments = {"error": '"error", fault=vim.fault.NotFound()'}
        finish = [f"info.task.SetTaskState({arguments.get(state, _quoted(state))})" for state in states]
        is_read = isinstance(self.trace.demand, MustBe) and index == self.trace.step
        if not finish and not is_read and index not in self._referred:
            return block(f"for _ in range({step.count}):", [create])
        if not step.one_by_one or not finish:
            lines = [f"{infos} = [{create} for _ in range({step.count})]"]
            return lines + (block(f"for info in {infos}:", finish) if finish else [])
        body = [f"info = {create}", *finish, f"{infos}.append(info)"]
        return [f"{infos} = []", *block(f"for _ in range({step.count}):", body)]

    def _fill(self, step: Fill, index: int) -> Lines:
        self.imports.add("pyVmomi:vmodl")
        main = self.session(step.session)
        collectors = f"collectors_{self._letters[index]}"
        maximum = f"maximum = {self.call(c.ReadMaxCollector(session=step.session))}"
        if step.ill_formed:
            body = ["fault = None"]
            body += block("try:", [f"{collectors}.append({self.raw(step.session, '')})"])
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

    def _together(self, step: Together, index: int) -> Lines:
        self.imports.add("concurrent.futures:ThreadPoolExecutor")
        submits = [f"pool.submit(lambda: {self.call(call)})" for call in step.calls]
        made = self._letters[index]
        body = ["futures = [", *(f"    {_indented(submit)}," for submit in submits), "]"]
        lines = block("with ThreadPoolExecutor() as pool:", body)
        if index not in self._referred:
            return lines
        return [
            *lines,
            f"made_{made} = [None if future.exception() else future.result() for future in futures]",
        ]


def _quoted(text: str) -> str:
    """A string literal in double quotes where that is plain."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if plain[0] == "'" and '"' not in plain else plain


def _wanted(step: Fill) -> str:
    """How many collectors a fill opens."""
    return "maximum" + (f" {'+' if step.beyond > 0 else '-'} {abs(step.beyond)}" if step.beyond else "")


def _moment(at: int) -> datetime:
    return _EPOCH + timedelta(microseconds=at)


def _demanded(trace: Trace) -> set[int]:
    """The steps that made what the demand speaks of."""
    task, value = getattr(trace.demand, "task", None), getattr(trace.demand, "value", None)
    names = {getattr(task, "value", None), getattr(value, "value", value if isinstance(value, str) else None)}
    return {made.step for name, made in trace.symbols.items() if name in names}


_TARGETS: Final[dict[type, str]] = {
    c.ReadRecentTask: "recent",
    c.ReadMaxCollector: "maximum",
    c.ReadDescription: "description",
    c.ReadNextTasks: "page",
}
"""The variable that keeps what a read returned."""

_EXPRESSIONS: Final[dict[type, Callable[[Steps, Any], str]]] = {
    c.Login: lambda s, call: f"connect(args, {', '.join(s.account(call.account))})",
    c.Logout: lambda s, call: f"{s.session(call.session)}.sessionManager.Logout()",
    c.AdvanceClock: lambda s, call: f"{s.part('advance_clock')}({call.seconds})",
    c.RegisterExtension: Steps.register_extension,
    c.UnregisterExtension: lambda s, call: (
        f"{s.session(call.session)}.extensionManager.UnregisterExtension({s.text(call.key)})"
    ),
    c.CreateTask: Steps.create_task,
    c.ReadRecentTask: lambda s, call: (
        f"{s.read(call.session, s.session(call.session) + '.taskManager', 'recentTask')} or []"
    ),
    c.WaitForRecentTask: lambda s, call: f'{s.part("wait_for_recent_task")}({s.session(call.session)}, "", None)',
    c.ReadMaxCollector: lambda s, call: s.read(call.session, s.session(call.session) + ".taskManager", "maxCollector"),
    c.ReadDescription: lambda s, call: s.read(call.session, s.session(call.session) + ".taskManager", "description"),
    c.ReadTaskInfo: Steps.read_task_info,
    c.SetTaskState: Steps.set_task_state,
    c.UpdateProgress: lambda s, call: f"{s.ref(call.task, call.session)}.UpdateProgress({call.percent_done})",
    c.SetTaskDescription: Steps.set_task_description,
    c.CancelTask: lambda s, call: f"{s.ref(call.task, call.session)}.CancelTask()",
    c.CreateCollectorForTasks: Steps.create_collector,
    c.CreateCollectorForEvents: lambda s, call: (
        f"{s.session(call.session)}.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())"
    ),
    c.ReadNextTasks: lambda s, call: f"{s.ref(call.collector, call.session)}.ReadNextTasks({call.max_count})",
    c.DestroyCollector: lambda s, call: f"{s.ref(call.collector, call.session)}.DestroyCollector()",
}
"""Each call as an expression."""


def reader_of(step: Step) -> str:
    """The session that reads tasks in a step."""
    match step:
        case Act(call=call):
            return call.session
        case Look():
            return step.witness or step.session
        case Bulk() | Fill():
            return step.session
        case Together():
            return step.calls[0].session if step.calls else c.MAIN


def tasks_of(step: Step, index: int) -> tuple[object, ...]:
    """The tasks that a step reads: those of a read, or the one that its call touches or makes."""
    match step:
        case Act(call=c.ReadTaskInfo(tasks=tasks)):
            return tasks
        case Act(call=c.CreateTask()):
            return (Made(step=index),)
        case Act(call=call):
            task = getattr(call, "task", None)
            return () if task is None else (task,)
        case Look():
            return step.tasks
        case Bulk():
            return tuple(Made(step=index, index=number) for number in range(step.count))
        case Fill() | Together():
            return ()


__all__ = ["Lines", "Steps", "block", "called", "reader_of", "tasks_of"]
