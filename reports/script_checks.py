"""The check of a script: a demand as the statements that set `observed` and `shows`.

`Checks` wraps the step in question as its demand needs (a fault is caught, the clock is read around it), and says
afterwards how to tell. Concrete values of the recorded run become expressions of this one.
"""

from __future__ import annotations

from typing import Any, Final

from taskconform.model import calls as c
from taskconform.model.calls import Made, ObjectRef
from taskconform.model.findings import Demand, MustAnswer, MustBe, MustFault, MustList, MustSucceed
from taskconform.model.plan import Act, Bulk, Fill, Look, Together
from taskconform.reports.script_steps import Lines, Steps, block, reader_of, tasks_of
from taskconform.reports.trace import TIMES, Trace

EVENTUAL: Final = frozenset(
    {"life.progress", "life.progress-clamp", "life.description", "life.cancel", "life.cancel-queued", "info.same"}
)
"""Clauses that give the server time: the script reads again, for 5 seconds at most."""

PRUNING: Final = frozenset({"recent.aged", "recent.cap", "recent.defaults"})
"""Clauses after which a completed task may still be listed for a while: the script looks again, for 60 seconds."""

KEPT: Final = frozenset(
    {"life.no-return", "life.final", "life.atomic", "life.cancel-unsupported", "info.same", "info.key"}
)
"""Clauses that compare with an earlier read."""

ORDER_BOUND: Final = {"startTime": "queueTime", "completeTime": "startTime"}
"""The time that must not be later than each."""


_DEPARTS: Final = {
    "is set": "value is None",
    "is unset": "value is not None",
    "is at least": "value is None or value < {}",
    "is at most": "value is None or value > {}",
}


class Checks:
    """Writes the check of one trace."""

    def __init__(self, steps: Steps) -> None:
        """Find what the demand is about."""
        self._steps = steps
        self.trace: Trace = steps.trace
        self._demand: Demand = self.trace.demand
        self._step = self.trace.plan[self.trace.step]
        self._method = self.trace.method or _own_method(self._step)
        self._subject = self._find_subject()
        self._stamped = self._find_stamped()

    # --- what the demand is about -------------------------------------------------------------------------------------

    def _find_subject(self) -> object:
        """The task in question: the one that the demand names, else the one that the step makes or reads."""
        task = getattr(self._demand, "task", None)
        if isinstance(task, ObjectRef):
            return self.trace.symbols.get(task.value, task)
        return next(iter(tasks_of(self._step, self.trace.step)), None)

    def _is_returned(self) -> bool:
        """Whether the demand is about the TaskInfo that CreateTask returned, and not about a later read."""
        made = self._subject
        return isinstance(made, Made) and made.step == self.trace.step and self._method == "CreateTask"

    def _find_stamped(self) -> int | None:
        """The step around which the server's clock is to be read: the one that sets the time in question."""
        demand = self._demand
        if not isinstance(demand, MustBe) or demand.field not in TIMES or not demand.relation.startswith("is at"):
            return None
        if self._is_order():
            return None
        made = self._subject
        if demand.field == "queueTime":
            return made.step if isinstance(made, Made) else self.trace.step
        wanted = {"startTime": {"running"}, "completeTime": {"success", "error"}}[demand.field]
        for index, step in enumerate(self.trace.plan[: self.trace.step + 1]):
            if isinstance(step, Act) and isinstance(step.call, c.SetTaskState):
                if step.call.task == made and step.call.state in wanted:
                    return index
            elif isinstance(step, Bulk) and isinstance(made, Made) and made.step == index and step.finish != "queued":
                return index
        return self.trace.step

    def _is_order(self) -> bool:
        return self.trace.signature.rpartition(":")[2] == "order"

    def _create(self) -> c.CreateTask | Bulk | None:
        """The call that made the task in question."""
        made = self._subject
        if not isinstance(made, Made):
            return None
        match self.trace.plan[made.step]:
            case Act(call=c.CreateTask() as call):
                return call
            case Bulk() as bulk:
                return bulk
            case Together(calls=calls) if made.index < len(calls):
                one = calls[made.index]
                return one if isinstance(one, c.CreateTask) else None
        return None

    # --- around the steps ---------------------------------------------------------------------------------------------

    def around(self, index: int, lines: Lines) -> Lines:
        """The statements of a step that is not the one in question, with what the check has to know of it."""
        lines = self._clocked(index, self._steps.tolerated(index, lines))
        step = self.trace.plan[index]
        subject = self._subject
        looked = isinstance(step, Look) or getattr(step, "look", False)
        reads = looked or (isinstance(step, Act) and isinstance(step.call, c.ReadTaskInfo))
        if self._compares() and reads and subject in tasks_of(step, index):
            lines = [*lines, f"before = {self._steps.info(subject, c.MAIN)}"]
        return lines

    def _compares(self) -> bool:
        """Whether the demand compares with an earlier read of the task."""
        demand = self._demand
        if not isinstance(demand, MustBe) or demand.relation != "is":
            return False
        return self.trace.clause in KEPT or demand.field in TIMES

    def _clocked(self, index: int, lines: Lines) -> Lines:
        if index != self._stamped:
            return lines
        self._steps.imports.add("datetime:timedelta")
        now = f"{self._steps.part('now')}({self._steps.session(reader_of(self.trace.plan[index]))})"
        return [
            f"earliest = {now} - timedelta(seconds=2)",
            *lines,
            f"latest = {now} + timedelta(seconds=2)",
        ]

    def shown(self) -> Lines:
        """The statements of the step in question, and those that tell whether the divergence shows."""
        lines = self._steps.step(self.trace.step)
        if self._method != _own_method(self._step):
            lines = self._steps.tolerated(self.trace.step, lines)
        match self._demand:
            case MustFault() | MustSucceed():
                return self._fault(lines)
            case MustBe():
                return self._be(self._clocked(self.trace.step, lines), self._demand)
            case MustList():
                return self._list(lines, self._demand)
            case MustAnswer():
                return self._answer(lines, self._demand)

    # --- faults -------------------------------------------------------------------------------------------------------

    def _fault(self, lines: Lines) -> Lines:
        """The call must, or must not, fault."""
        steps, demand = self._steps, self._demand
        steps.imports.add("pyVmomi:vmodl")
        steps.part("kind")
        if isinstance(demand, MustFault):
            kinds = ", ".join(f'"{name}"' for name in demand.kinds)
            departs = f"not {steps.part('is_a')}(fault, {kinds})"
        else:
            departs = "fault is not None"
        observed = 'observed = f"a fault: {kind(fault)}" if fault else "success"'
        if isinstance(self._step, Fill):
            return self._fault_of_fill(lines, departs)
        if isinstance(self._step, Together):
            return self._fault_of_several(lines, departs, observed)
        before, tried = self._tried(lines)
        return [
            *before,
            "fault = None",
            *block("try:", tried),
            *block("except vmodl.MethodFault as caught:", ["fault = caught"]),
            observed,
            f"shows = {departs}",
        ]

    def _tried(self, lines: Lines) -> tuple[Lines, Lines]:
        """What comes before the call in question, and the call."""
        step, steps = self._step, self._steps
        if isinstance(step, Look | Bulk) or self._method == _own_method(step):
            return [], lines
        reads = [steps.info(task, steps.reader(step)) for task in tasks_of(step, self.trace.step)]
        return (lines, reads) if reads else ([], lines)

    def _fault_of_fill(self, lines: Lines, departs: str) -> Lines:
        """A fill meets the limit where it should, not before."""
        step = self._step
        held = lines[1].partition(" = ")[0].partition(",")[0]
        seen = f'f"{{len({held})}} of {{maximum}} collectors, {{kind(fault)}} raised"'
        if isinstance(step, Fill) and step.ill_formed:
            stop = block(f"if {departs}:", ["break"])
            loop = [*lines[2:], *(f"    {line}" for line in stop)]
            return [*lines[:2], *loop, "observed = kind(fault)", f"shows = {departs}"]
        departs = (
            f"len({held}) > maximum + 1"
            if isinstance(self._demand, MustFault)
            else (f"fault is not None and len({held}) < maximum")
        )
        return [*lines, f"observed = {seen}", f"shows = {departs}"]

    def _fault_of_several(self, lines: Lines, departs: str, observed: str) -> Lines:
        """One of several calls at the same time."""
        calls = self._step.calls if isinstance(self._step, Together) else ()
        chosen = [number for number, call in enumerate(calls) if type(call).__name__ == self._method]
        numbers = chosen or list(range(len(calls)))
        body = ["fault = futures[number].exception()", f"shows = {departs}", *block("if shows:", ["break"])]
        return [*lines, "fault, shows = None, False", *block(f"for number in {numbers}:", body), observed]

    # --- fields -------------------------------------------------------------------------------------------------------

    def _be(self, lines: Lines, demand: MustBe) -> Lines:
        """A field of a TaskInfo must be as it should."""
        subject = self._subject
        field = _wire(demand.field)
        departs = self._departs(demand, field)
        value = self._value(demand, field)
        tail = [f"value = {value}", f"shows = {departs}"]
        read = self._read(subject)
        if read is not None and self.trace.clause in EVENTUAL:
            self._steps.imports.add("time")
            loop = [f"info = {read}", *tail, *block("if not shows:", ["break"]), "time.sleep(0.1)"]
            tail = ["deadline = time.monotonic() + 5", *block("while time.monotonic() < deadline:", loop)]
        else:
            tail = [f"info = {read if read is not None else self._returned(subject)}", *tail]
        head: Lines = []
        if self._compares() and not self._has_before():
            head = [f"before = {self._steps.info(subject, c.MAIN)}"]
        return [*head, *lines, *tail, f'observed = f"{demand.field} is {{value}}"']

    def _has_before(self) -> bool:
        """Whether an earlier step has read the task."""
        return any(
            self._subject in tasks_of(step, index)
            and (isinstance(step, Look) or getattr(step, "look", False) or _own_method(step) == "ReadTaskInfo")
            for index, step in enumerate(self.trace.plan[: self.trace.step])
        )

    def _returned(self, subject: object) -> str:
        return self._steps.made(subject) if isinstance(subject, Made) else "info"

    def _read(self, subject: object) -> str | None:
        """The expression that reads the TaskInfo; None where it is the one that CreateTask returned."""
        if self._is_returned():
            return None
        steps = self._steps
        if self._method == "ReadNextTasks":
            task = steps.ref(subject)
            return f"next(each for each in page if each.task._GetMoId() == {task}._GetMoId())"
        reader = steps.reader(self._step)
        own_read = self._method == "ReadTaskInfo" and subject in tasks_of(self._step, self.trace.step)
        return steps.info(subject, reader if own_read else c.MAIN)

    def _value(self, demand: MustBe, field: str, info: str = "info") -> str:
        """The expression of a field, in a form that can be compared and printed."""
        steps = self._steps
        if field in {"entity", "task"} or isinstance(demand.value, ObjectRef):
            return f"{steps.part('value_of')}({info}.{field})"
        if field == "reason.userName":
            return f'getattr({info}.reason, "userName", None)'
        if field in {"error", "reason"} and demand.relation in {"is", "is not", "is one of"}:
            return f"{steps.part('kind')}({info}.{field})"
        if field == "description" and demand.relation == "is":
            arguments = f"[(each.key, each.value) for each in {info}.description.arg]"
            return f"{info}.description and ({info}.description.key, {arguments})"
        return f"{info}.{field}"

    def _departs(self, demand: MustBe, field: str) -> str:
        """The condition under which the field is not as it should be."""
        steps = self._steps
        if self._is_order() and field in ORDER_BOUND:
            steps.imports.add("datetime:timedelta")
            return f"value < info.{ORDER_BOUND[field]} - timedelta(milliseconds=10)"
        if self._stamped is not None:
            return "value is None or not earliest <= value <= latest"
        if field == "locked" and demand.relation == "is unset":
            return "bool(value)"
        if demand.relation == "is a":
            return f'not {steps.part("is_a")}(value, "{demand.value}")'
        if demand.relation == "is one of":
            return f"value not in {tuple(demand.value)!r}".replace("'", '"')
        if demand.relation in _DEPARTS:
            return _DEPARTS[demand.relation].format(demand.value)
        return self._differs(demand, field)

    def _differs(self, demand: MustBe, field: str) -> str:
        """The condition for `is` and `is not`."""
        steps = self._steps
        wanted = self._wanted(demand, field)
        if field == "reason.userName":
            steps.part("bare")
            return f"bare(value) != bare({wanted})"
        if wanted in {"None", "True", "False"}:
            return f"value is not {wanted}" if demand.relation == "is" else f"value is {wanted}"
        return f"value {'!=' if demand.relation == 'is' else '=='} {wanted}"

    def _wanted(self, demand: MustBe, field: str) -> str:
        """The demanded value in terms of this run."""
        steps, create = self._steps, self._create()
        if self._compares() and demand.relation == "is" and field not in {"key", "task"}:
            return self._value(demand, field, "before")
        of_create = self._from_create(field, create) if create is not None else None
        if of_create is not None:
            return of_create
        if isinstance(demand.value, ObjectRef):
            return self._value_of_reference(demand.value)
        if isinstance(demand.value, str):
            return steps.key(demand.value)
        if field == "description" and isinstance(demand.value, tuple):
            key, args = demand.value
            return f"({steps.text(key)}, [{', '.join(f'({steps.text(k)}, {steps.text(v)})' for k, v in args)}])"
        return repr(demand.value)

    def _from_create(self, field: str, create: c.CreateTask | Bulk) -> str | None:
        """What the call that made the task says of a field."""
        steps = self._steps
        if field == "task":
            return f"{steps.part('value_of')}({steps.ref(self._subject)})"
        if field == "key":
            return steps.key(self._subject)
        if field == "entity":
            return f"{steps.part('value_of')}({steps.ref(create.obj)})"
        if field == "entityName":
            return steps.read(c.MAIN, steps.ref(create.obj), "name")
        if isinstance(create, c.CreateTask) and field == "reason.userName" and create.initiated_by is not None:
            return steps.text(create.initiated_by)
        if isinstance(create, c.CreateTask) and field == "descriptionId":
            return steps.text(create.task_type_id)
        return None

    def _value_of_reference(self, ref: ObjectRef) -> str:
        """A reference of the recorded run: what a step made, or the result that a step set."""
        steps = self._steps
        if ref.value in self.trace.symbols:
            return f"{steps.part('value_of')}({steps.ref(ref)})"
        for step in self.trace.plan:
            call = step.call if isinstance(step, Act) else None
            if isinstance(call, c.SetTaskState) and call.result is not None and not isinstance(call.result, str):
                return f"{steps.part('value_of')}({steps.ref(call.result)})"
        return steps.text(ref.value)

    # --- recentTask ---------------------------------------------------------------------------------------------------

    def _list(self, lines: Lines, demand: MustList) -> Lines:
        """RecentTask must, or must not, hold the task."""
        steps, subject = self._steps, self._subject
        session = self._step.session if isinstance(self._step, Look) else c.MAIN
        again = f"recent = {steps.call(c.ReadRecentTask(session=session))}"
        if not steps.recent:
            lines = [*lines, again]
            steps.recent = "recent"
        task = steps.ref(subject)
        refs = self._refs()
        listed = f"listed = {task}._GetMoId() in [task._GetMoId() for task in {refs}]"
        size = f"len({refs.strip('()')})"
        rest = f"{{'is' if listed else 'is not'}} listed, among {{{size}}}"
        if demand.present:
            state = f"state = {steps.info(subject, c.MAIN)}.state"
            return [*lines, listed, state, f'observed = f"the task ({{state}}) {rest}"', "shows = not listed"]
        lines = [*lines, listed]
        if self.trace.clause in PRUNING:
            steps.imports.add("time")
            loop = ["time.sleep(1)", again.replace("recent =", f"{steps.recent} ="), listed]
            lines.append("deadline = time.monotonic() + 65")
            lines += block("while listed and time.monotonic() < deadline:", loop)
        return [*lines, f'observed = f"the task {rest}"', "shows = listed"]

    def _refs(self) -> str:
        """The list that was read last. WaitForUpdatesEx may not have given one."""
        recent = self._steps.recent or "recent"
        return recent if recent == "recent" else f"({recent} or [])"

    # --- whole answers ------------------------------------------------------------------------------------------------

    def _answer(self, lines: Lines, demand: MustAnswer) -> Lines:
        """What the call returned must have a property."""
        steps = self._steps
        list_again = [] if steps.recent else [f"recent = {steps.call(c.ReadRecentTask(session=c.MAIN))}"]
        recent = steps.recent or "recent"
        match demand.property:
            case "no duplicates":
                steps.part("value_of")
                values = f"values = [value_of(ref) for ref in {self._refs()}]"
                seen = 'observed = f"{len(values)} references, {len(set(values))} different"'
                return [*lines, *list_again, values, seen, "shows = len(set(values)) < len(values)"]
            case "only tasks":
                kinds = f"kinds = {{{steps.part('kind')}(ref) for ref in {self._refs()}}}"
                seen = "observed = f\"references to {', '.join(sorted(kinds))}\""
                return [*lines, *list_again, kinds, seen, 'shows = bool(kinds - {"Task"})']
            case "positive":
                return [*lines, *self._maximum(lines), "observed = maximum", "shows = not maximum or maximum < 1"]
            case "constant":
                first = f"first = {steps.call(c.ReadMaxCollector(session=c.MAIN))}"
                steps.setup.append(first)
                return [*lines, *self._maximum(lines), "observed = maximum", "shows = maximum != first"]
            case "absent":
                return [*([] if self._is_read() else lines), *self._absent()]
            case "unused":
                return [*lines, *self._unused()]
            case "nothing created":
                return [*lines, *self._phantom()]
        seen = f'observed = "no value" if {recent} is None else "a value"'
        return [*lines, *list_again, seen, f"shows = {recent} is None"]

    def _maximum(self, lines: Lines) -> Lines:
        """Read maxCollector, unless the step has."""
        if any(line.startswith("maximum = ") for line in lines):
            return []
        return [f"maximum = {self._steps.call(c.ReadMaxCollector(session=c.MAIN))}"]

    def _is_read(self) -> bool:
        """Whether the call in question reads a property."""
        return self._method.startswith(("Read", "Wait"))

    def _absent(self) -> Lines:
        """The refusal stands in missingSet: the retrieve itself must not fault."""
        steps = self._steps
        steps.imports |= {"pyVmomi:vmodl"}
        session = steps.session(reader_of(self._step))
        tasks = tasks_of(self._step, self.trace.step)
        obj, path = (steps.ref(tasks[0]), "info") if tasks else ("main.taskManager", "recentTask")
        steps.parts |= {"retrieve", "kind"}
        return [
            "fault = None",
            *block("try:", [f'retrieve({session}, {obj}, "{path}")']),
            *block("except vmodl.MethodFault as caught:", ["fault = caught"]),
            'observed = f"a method fault: {kind(fault)}" if fault else "an answer"',
            "shows = fault is not None",
        ]

    def _unused(self) -> Lines:
        """The new task's key and reference are nobody else's."""
        self._steps.part("value_of")
        return [
            "keys = [info.key for info in CREATED]",
            "tasks = [value_of(info.task) for info in CREATED]",
            'observed = f"keys {keys[-3:]}, tasks {tasks[-3:]}, the new one last"',
            "shows = not all(keys) or len(set(keys)) < len(keys) or len(set(tasks)) < len(tasks)",
        ]

    def _phantom(self) -> Lines:
        """No task of our types stands in recentTask that no CreateTask returned."""
        steps = self._steps
        steps.part("value_of")
        listed = steps.call(c.ReadRecentTask(session=c.MAIN))
        return [
            "known = {value_of(info.task) for info in CREATED}",
            f"strangers = [task for task in {listed} if value_of(task) not in known]",
            f"types = [{steps.read(c.MAIN, 'task', 'info')}.descriptionId for task in strangers]",
            "phantoms = [each for each in types if each.startswith(key)]",
            'observed = f"{len(phantoms)} tasks that no CreateTask returned"',
            "shows = bool(phantoms)",
        ]


def _own_method(step: Any) -> str:
    """The class name of a step's own call."""
    match step:
        case Act(call=call):
            return type(call).__name__
        case Bulk():
            return "CreateTask"
        case Look(how=how):
            return "ReadRecentTask" if how == "retrieve" else "WaitForRecentTask"
        case Fill(kind=kind):
            return "CreateCollectorForEvents" if kind == "events" else "CreateCollectorForTasks"
    return ""


def _wire(field: str) -> str:
    """The wire name of a field: some rules name it as Python does (`description_id`)."""
    head, *rest = field.split("_")
    return head + "".join(part.capitalize() for part in rest)
