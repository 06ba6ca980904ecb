"""The subject of a demand: the step and the task in question, and the statements around them that its check needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.findings import MustBe
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Step, Together
from taskconform.reports.reproduction.checks.pages import tracked
from taskconform.reports.reproduction.literals import Lines, block, literal
from taskconform.reports.reproduction.plans import reader_of, tasks_of
from taskconform.reports.trace import TIMES, Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.findings import Demand
    from taskconform.reports.reproduction.steps import Steps

KEPT: Final = frozenset(
    {"life.no-return", "life.final", "life.atomic", "life.cancel-unsupported", "info.same", "info.steady", "info.key"}
)
"""Clauses that compare with an earlier read."""

EVENTUAL: Final = frozenset(
    {"life.progress", "life.progress-clamp", "life.description", "life.cancel", "life.cancel-queued", "info.same"}
)
"""Clauses that give the server time, even if the trace does not say so."""

PATIENCE: Final = 5.0
"""Seconds: for so long, or for the target's settling time if that is longer, a script asks again."""

PAGE_READS: Final = ("ReadNextTasks", "ReadPreviousTasks", "ReadLatestPage")
"""The calls that read items of a collector."""


class Check:
    """One demand on one step of a trace. Concrete values of the recorded run become expressions of this one."""

    def __init__(self, steps: Steps) -> None:
        """Find what the demand is about."""
        self.steps = steps
        self.trace: Trace = steps.trace
        self.demand: Demand = self.trace.demand
        self.index = self.trace.step
        self.step: Step = self.trace.plan[self.index]
        self.own_method = METHODS[type(self.step)](self.step)
        # an item goes by the name of one read of it in signatures, whichever it was
        self.method = self.own_method if self.own_method in PAGE_READS else self.trace.method or self.own_method
        self.subject = self._find_subject()
        self.stamped = self._find_stamped()
        self.tracked = tracked(self.trace)
        if self.keeps:
            steps.setup.append("seen = []")

    @property
    def eventually(self) -> bool:
        """Return true if the page gives the server time."""
        return self.trace.eventually or self.trace.clause in EVENTUAL

    @property
    def keeps(self) -> bool:
        """Return true if pages of earlier steps count."""
        return bool(self.tracked - {self.index})

    @property
    def is_order(self) -> bool:
        """Return true if one stamp is compared with another."""
        return self.trace.signature.rpartition(":")[2] == "order"

    @property
    def is_returned(self) -> bool:
        """Return true if the demand is about the TaskInfo that CreateTask returned, and not about a later read."""
        made = self.subject
        return isinstance(made, Made) and made.step == self.index and self.method == "CreateTask"

    @property
    def compares(self) -> bool:
        """Return true if the demand compares with an earlier read of the task."""
        demand = self.demand
        if not isinstance(demand, MustBe) or demand.relation != "is":
            return False
        return self.trace.clause in KEPT or demand.field in TIMES

    def _find_subject(self) -> object:
        """Return the task in question: the one that the demand names, else the one that the step makes or reads."""
        task = getattr(self.demand, "task", None)
        if isinstance(task, ObjectRef):
            return self.trace.symbols.get(task.value, task)
        return next(iter(tasks_of(self.step, self.index)), None)

    def _find_stamped(self) -> int | None:
        """Return the step around which the server's clock is to be read: the one that sets the time in question."""
        demand = self.demand
        if not isinstance(demand, MustBe) or demand.field not in TIMES or not demand.relation.startswith("is at"):
            return None
        if self.is_order:
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

    def create(self) -> c.CreateTask[c.Symbol] | Bulk | None:
        """Return the call that made the task in question."""
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

    def patiently(self, *lines: str) -> Lines:
        """Return the statements; if the page gives the server time, again and again until they clear `shows`."""
        if not self.eventually:
            return list(lines)
        seconds = literal(max(PATIENCE, self.trace.settling))
        return block(f"for _ in patience({seconds}):", [*lines, *block("if not shows:", ["break"])])

    def clocked(self, index: int, lines: Lines) -> Lines:
        """Return the statements of a step, with the server's clock read around them if the check needs it."""
        if index != self.stamped:
            return lines
        now = f"now({self.steps.session(reader_of(self.trace.plan[index]))})"
        return [f"earliest = {now} - timedelta(seconds=2)", *lines, f"latest = {now} + timedelta(seconds=2)"]

    def read_before(self, index: int) -> Lines:
        """Return the read of the task in question after a step that reads it, for a demand that compares."""
        step = self.trace.plan[index]
        looked = isinstance(step, Look) or getattr(step, "look", False)
        reads = looked or (isinstance(step, Act) and isinstance(step.call, c.ReadTaskInfo))
        if self.compares and reads and self.subject in tasks_of(step, index):
            return [f"before = {self.steps.info(self.subject, c.MAIN)}"]
        return []


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
