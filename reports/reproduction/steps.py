"""The steps of a script: each step of a plan as the statements that perform it.

Nothing here knows what is demanded; `script_checks` does. What a step makes is bound to a variable named after its
letter: `info_a`, `infos_b[3]`, `collector_c`, `collectors_d[0]`, `made_e[1]`, `version_f`. The calls of each area are
in `script_tasks`, `script_history`, `script_watch` and `script_services`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
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
from taskconform.reports.reproduction import history as script_history
from taskconform.reports.reproduction import services as script_services
from taskconform.reports.reproduction import tasks as script_tasks
from taskconform.reports.reproduction import watch as script_watch
from taskconform.reports.reproduction.names import Names
from taskconform.reports.reproduction.text import Lines, block
from taskconform.reports.trace import Trace, makes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

SETTLED_ACCOUNTS: Final = ("primary", "second")
"""Accounts that hold every privilege."""

SHORTEST_SETTLING: Final = 1.0
"""Seconds: no script waits less for what was changed."""

CHANGING: Final = (
    c.RegisterExtension,
    c.UpdateExtension,
    c.UnregisterExtension,
    c.CreateTask,
    c.SetTaskState,
    c.UpdateProgress,
    c.SetTaskDescription,
    c.CancelTask,
    c.CreateFolder,
    c.Destroy,
    c.RunScheduledTask,
    c.LogUserEvent,
)
"""Calls after which history and descriptions may lag."""

SETTLED_BEFORE: Final = (
    c.CreateCollectorForTasks,
    c.CreateCollectorWithInfoFilterForTasks,
    c.ReadNextTasks,
    c.ReadPreviousTasks,
    c.ReadDescription,
)
"""Calls before which what was changed is given time, as it is before a drain."""


class Steps(Names):
    """Writes the steps of one trace."""

    def __init__(self, trace: Trace) -> None:
        """Find out what of what the steps make is used by others, or by the demand."""
        super().__init__(trace)
        named = {made.step for step in trace.plan for made in references(step)}
        self.referred = named | _demanded(trace)
        self.used = self.referred | {trace.step}

    def reader(self, step: Step) -> str:
        """The session that reads tasks in a step: after a call, `main` reads where the caller may not be able to."""
        session = reader_of(step)
        looks_back = isinstance(step, Act) and not isinstance(step.call, c.ReadTaskInfo)
        return c.MAIN if looks_back and self.logins.get(session) not in SETTLED_ACCOUNTS else session

    # --- calls as expressions -----------------------------------------------------------------------------------------

    def call(self, call: c.PlannedCall) -> str:
        """A call as an expression."""
        return EXPRESSIONS[type(call)](self, call)

    # --- steps as statements ------------------------------------------------------------------------------------------

    def step(self, index: int) -> Lines:
        """The statements of one step."""
        step = self.trace.plan[index]
        return STATEMENTS[type(step)](self, step, index)

    def act(self, step: Act, index: int) -> Lines:
        """One call. What it returns is kept where anybody may ask for it."""
        call = step.call
        statement = ACTS.get(type(call))
        if statement is not None:
            return statement(self, call, index)
        target = TARGETS.get(type(call), "")
        if makes(step):
            target = self.made(Made(step=index))
        return [f"{target} = {self.call(call)}" if target else self.call(call)]

    def settled(self, index: int) -> Lines:
        """What stands before a step that reads what may lag: time for what was changed before."""
        plan = self.trace.plan
        if not _waits(plan[index]):
            return []
        for step in reversed(plan[:index]):
            if _waits(step):
                return []
            if _changes(step):
                return [f"{self.part('settle')}({max(SHORTEST_SETTLING, self.trace.settling):g})"]
        return []

    def tolerated(self, index: int, lines: Lines) -> Lines:
        """The statements of a step that is not the one in question: a call whose refusal does not matter to the later
        steps may be refused.
        """
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
        self.imports |= {"contextlib:suppress", "pyVmomi:vmodl"}
        return block("with suppress(vmodl.MethodFault):", lines)


TARGETS: Final[dict[type, str]] = {
    c.ReadRecentTask: "recent",
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
"""The variable that keeps what a call returned."""

EXPRESSIONS: Final[dict[type, Callable[[Steps, Any], str]]] = {
    **script_tasks.EXPRESSIONS,
    **script_history.EXPRESSIONS,
    **script_watch.EXPRESSIONS,
    **script_services.EXPRESSIONS,
}
"""Each call as an expression."""

ACTS: Final[dict[type, Callable[[Steps, Any, int], Lines]]] = {**script_tasks.ACTS, **script_watch.ACTS}
"""The calls whose statements are more than one expression."""

STATEMENTS: Final[dict[type, Callable[[Steps, Any, int], Lines]]] = {
    Act: Steps.act,
    Bulk: script_tasks.bulk,
    Look: script_tasks.look,
    Fill: script_tasks.fill,
    Together: script_tasks.together,
    Drain: script_history.drain,
    Follow: script_watch.follow,
    Pause: script_tasks.pause,
    Outlast: script_tasks.outlast,
}
"""Each step as statements."""


def _waits(step: Step) -> bool:
    """Whether what was changed before a step is given time."""
    return isinstance(step, Drain) or (isinstance(step, Act) and isinstance(step.call, SETTLED_BEFORE))


def _changes(step: Step) -> bool:
    """Whether a step changes what may lag."""
    calls = step.calls if isinstance(step, Together) else (step.call,) if isinstance(step, Act) else ()
    return isinstance(step, Bulk) or any(isinstance(call, CHANGING) for call in calls)


def _demanded(trace: Trace) -> set[int]:
    """The steps that made what the demand speaks of."""
    names = set(_names_in((getattr(trace.demand, "task", None), getattr(trace.demand, "value", None))))
    return {made.step for name, made in trace.symbols.items() if name in names}


def _names_in(value: object) -> Iterable[str]:
    """Every text and every reference's value in a demand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, ObjectRef):
        yield value.value
    elif isinstance(value, tuple):
        for each in value:
            yield from _names_in(each)


def reader_of(step: Step) -> str:
    """The session that reads tasks in a step."""
    if isinstance(step, Act):
        return step.call.session
    if isinstance(step, Together):
        return step.calls[0].session if step.calls else c.MAIN
    return (getattr(step, "witness", None) or step.session) if isinstance(step, Look) else step.session


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
    return ()
