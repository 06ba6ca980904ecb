"""The check of a script: a demand as the statements that set `observed` and `shows`.

`Checks` wraps the step in question as its demand needs (a fault is caught, the clock is read around it, pages are
kept), and says afterwards how to tell. Concrete values of the recorded run become expressions of this one. What is
asked of fields, of recentTask, of collectors, of watched tasks and of services is in modules of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.findings import MustAnswer, MustBe, MustFault, MustHold, MustList, MustSucceed
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Step, Together
from taskconform.reports.reproduction import checks_fields as script_checks_fields
from taskconform.reports.reproduction import checks_history as script_checks_history
from taskconform.reports.reproduction import checks_recent as script_checks_recent
from taskconform.reports.reproduction import checks_services as script_checks_services
from taskconform.reports.reproduction import checks_watch as script_checks_watch
from taskconform.reports.reproduction.steps import Steps, reader_of, tasks_of
from taskconform.reports.reproduction.text import Lines, block, until
from taskconform.reports.trace import TIMES, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import Demand

KEPT: Final = frozenset(
    {"life.no-return", "life.final", "life.atomic", "life.cancel-unsupported", "info.same", "info.key"}
)
"""Clauses that compare with an earlier read."""

EVENTUAL: Final = frozenset(
    {"life.progress", "life.progress-clamp", "life.description", "life.cancel", "life.cancel-queued", "info.same"}
)
"""Clauses that give the server time, whether or not the trace says so."""

PATIENCE: Final = 5.0
"""Seconds: for so long, or for the target's settling time if that is longer, a script asks again."""


class Checks:
    """Writes the check of one trace."""

    def __init__(self, steps: Steps) -> None:
        """Find what the demand is about."""
        self.steps = steps
        self.trace: Trace = steps.trace
        self.demand: Demand = self.trace.demand
        self.index = self.trace.step
        self.step: Step = self.trace.plan[self.index]
        self.method = self._find_method()
        self.subject = self._find_subject()
        self.stamped = self._find_stamped()
        self.tracked = script_checks_history.tracked(self)
        if script_checks_history.keeps(self):
            steps.setup.append("seen = []")

    @property
    def eventually(self) -> bool:
        """Whether the page gives the server time."""
        return self.trace.eventually or self.trace.clause in EVENTUAL

    def patiently(self, lines: Lines) -> Lines:
        """The statements, again and again for a while if the page gives the server time."""
        if not self.eventually:
            return lines
        self.steps.imports.add("time")
        return until(max(PATIENCE, self.trace.settling), lines)

    # --- what the demand is about -------------------------------------------------------------------------------------

    def _find_method(self) -> str:
        """The class name of the call in question. An item of a collector goes by the name of one read of it in
        signatures, whichever it was."""
        own = own_method(self.step)
        return own if own in PAGE_READS else self.trace.method or own

    def _find_subject(self) -> object:
        """The task in question: the one that the demand names, else the one that the step makes or reads."""
        task = getattr(self.demand, "task", None)
        if isinstance(task, ObjectRef):
            return self.trace.symbols.get(task.value, task)
        return next(iter(tasks_of(self.step, self.index)), None)

    def is_returned(self) -> bool:
        """Whether the demand is about the TaskInfo that CreateTask returned, and not about a later read."""
        made = self.subject
        return isinstance(made, Made) and made.step == self.index and self.method == "CreateTask"

    def _find_stamped(self) -> int | None:
        """The step around which the server's clock is to be read: the one that sets the time in question."""
        demand = self.demand
        if not isinstance(demand, MustBe) or demand.field not in TIMES or not demand.relation.startswith("is at"):
            return None
        if self.is_order():
            return None
        made = self.subject
        if demand.field == "queueTime":
            return made.step if isinstance(made, Made) else self.index
        wanted = {"startTime": {"running"}, "completeTime": {"success", "error"}}[demand.field]
        for index, step in enumerate(self.trace.plan[: self.index + 1]):
            if isinstance(step, Act) and isinstance(step.call, c.SetTaskState):
                if step.call.task == made and step.call.state in wanted:
                    return index
            elif isinstance(step, Bulk) and isinstance(made, Made) and made.step == index and step.finish != "queued":
                return index
        return self.index

    def is_order(self) -> bool:
        """Whether one stamp is compared with another."""
        return self.trace.signature.rpartition(":")[2] == "order"

    def create(self) -> c.CreateTask[c.Symbol] | Bulk | None:
        """The call that made the task in question."""
        made = self.subject
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
        lines = [*lines, *self._kept(index)]
        lines = self.clocked(index, self.steps.tolerated(index, lines))
        step = self.trace.plan[index]
        looked = isinstance(step, Look) or getattr(step, "look", False)
        reads = looked or (isinstance(step, Act) and isinstance(step.call, c.ReadTaskInfo))
        if self.compares() and reads and self.subject in tasks_of(step, index):
            lines = [*lines, f"before = {self.steps.info(self.subject, c.MAIN)}"]
        return lines

    def _kept(self, index: int) -> Lines:
        """What is kept of a step for the check."""
        return [
            *script_checks_history.kept(self, index),
            *script_checks_services.kept(self, index),
        ]

    def compares(self) -> bool:
        """Whether the demand compares with an earlier read of the task."""
        demand = self.demand
        if not isinstance(demand, MustBe) or demand.relation != "is":
            return False
        return self.trace.clause in KEPT or demand.field in TIMES

    def clocked(self, index: int, lines: Lines) -> Lines:
        """The statements of a step, with the server's clock read around them if that is needed."""
        if index != self.stamped:
            return lines
        self.steps.imports.add("datetime:timedelta")
        now = f"{self.steps.part('now')}({self.steps.session(reader_of(self.trace.plan[index]))})"
        return [
            f"earliest = {now} - timedelta(seconds=2)",
            *lines,
            f"latest = {now} + timedelta(seconds=2)",
        ]

    def shown(self) -> Lines:
        """The statements of the step in question, and those that tell whether the divergence shows."""
        lines = self.steps.step(self.index)
        if self.method != own_method(self.step):
            lines = self.steps.tolerated(self.index, lines)
        return DEMANDS[type(self.demand)](self, lines, self.demand)


# --- faults -----------------------------------------------------------------------------------------------------------


def _fault(checks: Checks, lines: Lines, demand: MustFault | MustSucceed) -> Lines:
    """The call must, or must not, fault."""
    steps = checks.steps
    if isinstance(demand, MustFault) and script_checks_watch.is_update(checks):
        return script_checks_watch.hidden(checks, lines)
    steps.imports.add("pyVmomi:vmodl")
    steps.part("kind")
    if isinstance(demand, MustFault):
        kinds = ", ".join(f'"{name}"' for name in demand.kinds)
        departs = f"not {steps.part('is_a')}(fault, {kinds})"
    else:
        departs = "fault is not None"
    observed = 'observed = f"a fault: {kind(fault)}" if fault else "success"'
    if isinstance(checks.step, Fill):
        return _fault_of_fill(checks.step, lines, departs, is_wanted=isinstance(demand, MustFault))
    if isinstance(checks.step, Together):
        return _fault_of_several(checks, checks.step, lines, departs, observed)
    before, tried = _tried(checks, lines)
    tail = [
        "fault = None",
        *block("try:", tried or ["pass"]),
        *block("except vmodl.MethodFault as caught:", ["fault = caught"]),
        observed,
        f"shows = {departs}",
    ]
    return [*before, *(checks.patiently(tail) if checks.trace.eventually else tail)]


def _tried(checks: Checks, lines: Lines) -> tuple[Lines, Lines]:
    """What comes before the call in question, and the call."""
    step, steps = checks.step, checks.steps
    if isinstance(step, Look | Bulk) or checks.method == own_method(step):
        return [], lines
    reads = [steps.info(task, steps.reader(step)) for task in tasks_of(step, checks.index)]
    return (lines, reads) if reads else ([], lines)


def _fault_of_fill(step: Fill, lines: Lines, departs: str, *, is_wanted: bool) -> Lines:
    """A fill meets the limit where it should, not before."""
    held = lines[1].partition(" = ")[0].partition(",")[0]
    seen = f'f"{{len({held})}} of {{maximum}} collectors, {{kind(fault)}} raised"'
    if step.ill_formed:
        stop = block(f"if {departs}:", ["break"])
        loop = [*lines[2:], *(f"    {line}" for line in stop)]
        return [*lines[:2], *loop, "observed = kind(fault)", f"shows = {departs}"]
    departs = f"len({held}) > maximum + 1" if is_wanted else f"fault is not None and len({held}) < maximum"
    return [*lines, f"observed = {seen}", f"shows = {departs}"]


def _fault_of_several(checks: Checks, step: Together, lines: Lines, departs: str, observed: str) -> Lines:
    """One of several calls at the same time."""
    chosen = [number for number, call in enumerate(step.calls) if type(call).__name__ == checks.method]
    numbers = chosen or list(range(len(step.calls)))
    body = ["fault = futures[number].exception()", f"shows = {departs}", *block("if shows:", ["break"])]
    return [*lines, "fault, shows = None, False", *block(f"for number in {numbers}:", body), observed]


# --- whole answers ----------------------------------------------------------------------------------------------------

ANSWERS: Final[dict[str, Callable[[Checks, Lines, MustAnswer], Lines]]] = {
    **script_checks_recent.ANSWERS,
    **script_checks_history.ANSWERS,
    **script_checks_watch.ANSWERS,
    **script_checks_services.ANSWERS,
}
"""The check of each property that an answer must have."""


def _answer(checks: Checks, lines: Lines, demand: MustAnswer) -> Lines:
    """What the call returned must have a property."""
    return ANSWERS[demand.property](checks, lines, demand)


DEMANDS: Final[dict[type, Callable[[Checks, Lines, Any], Lines]]] = {
    MustFault: _fault,
    MustSucceed: _fault,
    MustBe: script_checks_fields.be,
    MustList: script_checks_recent.must_list,
    MustHold: script_checks_history.must_hold,
    MustAnswer: _answer,
}
"""The check of each kind of demand."""


# --- methods ----------------------------------------------------------------------------------------------------------

PAGE_READS: Final = ("ReadNextTasks", "ReadPreviousTasks", "ReadLatestPage")
"""The calls that read items of a collector."""

METHODS: Final[dict[type, Callable[[Any], str]]] = {
    Act: lambda step: type(step.call).__name__,
    Bulk: lambda _: "CreateTask",
    Look: lambda step: "ReadRecentTask" if step.how == "retrieve" else "WaitForRecentTask",
    Fill: lambda step: "CreateCollectorForEvents" if step.kind == "events" else "CreateCollectorForTasks",
    Together: lambda _: "",
    Drain: lambda step: "ReadNextTasks" if step.direction == "next" else "ReadPreviousTasks",
    Follow: lambda _: "WaitForUpdatesEx",
    Pause: lambda _: "",
    Outlast: lambda _: "",
}
"""The class name of each step's own call."""


def own_method(step: Step) -> str:
    """The class name of a step's own call."""
    return METHODS[type(step)](step)
