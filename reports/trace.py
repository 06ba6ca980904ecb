"""A trace: the shortest plan that shows one divergence, with what was asked and what was seen.

In everything that people read, what a step makes has a letter: task A, tasks B (one of them B[3]), collector C.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from taskconform.model import calls as c
from taskconform.model.calls import Made, ObjectRef, Place, TypeId, UserName
from taskconform.model.findings import Demand, MustBe, MustSucceed, shown
from taskconform.model.plan import Act, Bulk, Fill, Look, Plan, Step, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TIMES: Final = ("queueTime", "startTime", "completeTime")
"""The fields that mean nothing in another run: compared with the server's clock around the call that sets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One divergence, reduced. `plan` is the steps after the set-up; `step` is the index of the one whose answer shows
    it. `symbols` gives for each reference value and task key of the recorded run the symbol that made it, so that a
    demand that names them can be put in terms of another run. `extension_key`, `window` (seconds) and `cap` are those
    of the recorded target.
    """

    clause: str
    statement: str
    source: str
    signature: str
    target: str
    plan: Plan
    step: int
    demand: Demand
    observed: str
    symbols: dict[str, Made] = field(default_factory=dict)
    extension_key: str = ""
    window: int = 600
    cap: int = 200

    @property
    def method(self) -> str:
        """The class name of the call whose answer shows the divergence, as the signature has it (`ReadTaskInfo`); empty
        where it has none.
        """
        parts = self.signature.removeprefix(self.clause).lstrip(":").split(":")
        name = parts[0].partition(".")[0]
        return name if name in _CALLS else ""


_CALLS: Final = frozenset(cls.__name__ for cls in c.Call.__args__)


# --- names ------------------------------------------------------------------------------------------------------------


def letter(number: int) -> str:
    """The name of the `number`-th thing: A to Z, then AA, AB."""
    head, tail = divmod(number, 26)
    return (letter(head - 1) if head else "") + chr(ord("A") + tail)


def makes(step: Step) -> str:
    """What a step makes: `task`, `tasks`, `collector`, `collectors`, `made` (by several at once), or nothing."""
    match step:
        case Act(call=c.CreateTask()):
            return "task"
        case Act(call=c.CreateCollectorForTasks() | c.CreateCollectorForEvents()):
            return "collector"
        case Bulk():
            return "tasks"
        case Fill():
            return "collectors"
        case Together():
            return "made"
    return ""


def letters(plan: Plan) -> dict[int, str]:
    """The letter of every step that makes something."""
    makers = [index for index, step in enumerate(plan) if makes(step)]
    return {index: letter(number) for number, index in enumerate(makers)}


def name_of(made: Made, plan: Plan, *, bare: bool = False) -> str:
    """What people call a thing that a step made: `task A`, `task B[3]`; `bare`: without the word before it."""
    if not 0 <= made.step < len(plan):
        return f"step {made.step + 1}, number {made.index + 1}"
    kind, known = makes(plan[made.step]), letters(plan).get(made.step, f"of step {made.step + 1}")
    if kind in {"tasks", "collectors", "made"}:
        known = f"{known}[{made.index}]"
    word = {"tasks": "task", "collectors": "collector", "made": "item"}.get(kind, kind)
    return known if bare else f"{word} {known}".strip()


def references(value: object) -> Iterator[Made]:
    """Every `Made` in a step, a call, or anything inside."""
    if isinstance(value, Made):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from references(item)
    elif is_dataclass(value):
        for each in fields(value):
            yield from references(getattr(value, each.name))


# --- what was asked, and what was seen --------------------------------------------------------------------------------


def in_letters(trace: Trace, text: str) -> str:
    """The text, with the references and keys of the recorded run replaced by the names of what made them."""
    names = {value: name_of(made, trace.plan) for value, made in trace.symbols.items() if value}
    if not names:
        return text
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(re.escape(value) for value in longest_first)
    return re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", lambda found: names[found[0]], text)


def expected(trace: Trace) -> str:
    """What the clause asks for, as one sentence without keys and times."""
    demand = trace.demand
    if isinstance(demand, MustSucceed):
        return "success"
    if not isinstance(demand, MustBe):
        return in_letters(trace, str(demand))
    subject = f"{in_letters(trace, demand.task.value)}: " if demand.task is not None else ""
    if demand.field in TIMES and demand.relation in {"is at least", "is at most"}:
        return f"{subject}{demand.field} is within the call that sets it, by the server's clock"
    if demand.field in TIMES and demand.relation == "is":
        return f"{subject}{demand.field} is what it was before"
    value = in_letters(trace, shown(demand.value))
    if demand.field.endswith("Key") and str(demand.value) in trace.symbols:
        value = f"the key of {value}"
    tail = "" if demand.relation in {"is set", "is unset"} else f" {value}"
    return f"{subject}{demand.field} {demand.relation}{tail}"


def observed(trace: Trace) -> str:
    """What was seen in the recorded run, in the same words."""
    return in_letters(trace, trace.observed)


# --- a listing --------------------------------------------------------------------------------------------------------


def listing(trace: Trace) -> str:
    """The steps, one a line, in words; `>` stands before the one that shows the divergence."""
    width = len(str(len(trace.plan)))
    return "\n".join(
        f"{'>' if index == trace.step else ' '} {index + 1:>{width}}  {sentence(step, index, trace.plan)}"
        for index, step in enumerate(trace.plan)
    )


def sentence(step: Step, index: int, plan: Plan) -> str:
    """One step, in words."""
    return _Words(plan).step(step, index)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


class _Words:
    """Puts the steps of one plan in words."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._letters = letters(plan)

    def step(self, step: Step, index: int) -> str:
        """One step."""
        match step:
            case Act(call=call):
                return self.call(call, self._letters.get(index, ""))
            case Bulk():
                return self._bulk(step, self._letters[index])
            case Look():
                by = _by(step.session) + (f", the tasks read by {step.witness}" if step.witness else "")
                around = f" between two reads of {self._things(step.tasks)}" if step.tasks else ""
                return f"read recentTask{_HOW.get(step.how, '')}{around}{by}"
            case Fill():
                return self._fill(step, self._letters[index])
            case Together():
                made = self._letters[index]
                calls = "; ".join(self.call(call, f"{made}[{number}]") for number, call in enumerate(step.calls))
                return f"at the same time: {calls}"

    def _bulk(self, step: Bulk, made: str) -> str:
        finish = {
            "queued": "leave them queued",
            "running": "set each to running",
        }.get(step.finish, f"set each to {step.finish}")
        through = " by way of running" if step.through_running and step.finish not in {"queued", "running"} else ""
        order = ", one by one" if step.one_by_one else ""
        cancelable = "cancelable=True; " if step.cancelable else ""
        return (
            f"create {_plural(step.count, 'task')} {made} on {self.ref(step.obj)}"
            f" ({cancelable}{finish}{through}{order}){_by(step.session)}"
        )

    def _fill(self, step: Fill, made: str) -> str:
        kind = "event collectors" if step.kind == "events" else "collectors"
        if step.ill_formed:
            return f"try to open {kind} with a null filter, as often as maxCollector{_by(step.session)}"
        beyond = f" {'+' if step.beyond > 0 else '-'} {abs(step.beyond)}" if step.beyond else ""
        attempts = f", up to {step.attempts} refusals in a row" if step.attempts > 1 else ""
        return f"open {kind} {made} until there are maxCollector{beyond}{attempts}{_by(step.session)}"

    def call(self, call: c.Call, made: str = "") -> str:
        """One call."""
        return _CALL_WORDS[type(call)](self, call, made) + _by(call.session, of=call)

    # --- what is named

    def ref(self, ref: object) -> str:
        """A reference, key, type or user, in words."""
        if isinstance(ref, Made):
            return name_of(ref, self._plan)
        if isinstance(ref, Place):
            return _PLACES.get(ref.role, ref.role) + (f" {ref.index + 1}" if ref.index else "")
        if isinstance(ref, ObjectRef):
            return f"{ref.type} {ref.value}"
        if isinstance(ref, TypeId):
            return f"the {ref.which} type"
        if isinstance(ref, UserName):
            return "a user that does not exist" if ref.account == "stranger" else f"the {ref.account} user"
        return str(ref)

    def _things(self, made: Iterable[object]) -> str:
        """Several things, runs of one bulk drawn together: `task A, tasks B[0..9]`."""
        found: list[str] = []
        run: list[Made] = []

        def end_run() -> None:
            if len(run) > 1:
                found.append(f"tasks {letters(self._plan).get(run[0].step, '?')}[{run[0].index}..{run[-1].index}]")
            else:
                found.extend(self.ref(each) for each in run)
            run.clear()

        for each in made:
            if not isinstance(each, Made):
                end_run()
                found.append(self.ref(each))
                continue
            if run and (each.step, each.index) != (run[-1].step, run[-1].index + 1):
                end_run()
            run.append(each)
        end_run()
        return ", ".join(found)

    # --- the calls

    def create_task(self, call: c.CreateTask, made: str) -> str:
        """CreateTask, with the arguments that are given."""
        given = [f"cancelable={call.cancelable}"]
        if call.task_type_id != TypeId(which="work"):
            given.append(f"type={self.ref(call.task_type_id)}")
        if call.initiated_by is not None:
            given.append(f"initiatedBy={self.ref(call.initiated_by)}")
        if call.parent_task_key is not None:
            given.append(f"parent={self.ref(call.parent_task_key)}")
        if call.activation_id is not None:
            given.append(f"activationId={call.activation_id}")
        return f"create task {made} on {self.ref(call.obj)} ({', '.join(given)})"

    def set_state(self, call: c.SetTaskState, _made: str) -> str:
        """SetTaskState."""
        result = f" with result {self.ref(call.result)}" if call.result is not None else ""
        fault = f" with fault {call.fault}" if call.fault is not None else ""
        return f"set {self.ref(call.task)} to {call.state}{result}{fault}"

    def describe(self, call: c.SetTaskDescription, _made: str) -> str:
        """SetTaskDescription."""
        args = ", ".join(f"{key}={value}" for key, value in call.args)
        return f"set the description of {self.ref(call.task)} to {call.key}" + (f" ({args})" if args else "")

    def collector(self, call: c.CreateCollectorForTasks, made: str) -> str:
        """CreateCollectorForTasks."""
        if call.filter is None:
            return f"open collector {made} with a null filter"
        return f"open collector {made} with {self._filter(call.filter)}"

    def _filter(self, spec: c.TaskFilterSpec) -> str:
        parts = []
        if spec.entity is not None:
            parts.append(f"entity {self.ref(spec.entity.entity)} ({spec.entity.recursion})")
        if spec.time is not None:
            bounds = [name for name, bound in (("from", spec.time.begin_time), ("to", spec.time.end_time)) if bound]
            parts.append(" ".join([spec.time.time_type or "no timeType", *bounds]))
        if spec.user_name is not None:
            users = ", ".join(self.ref(user) for user in spec.user_name.user_list)
            parts.append(f"users {users or 'none'}{' and the system' if spec.user_name.system_user else ''}")
        for name in ("state", "activation_id", "event_chain_id", "tag", "parent_task_key", "root_task_key"):
            values = getattr(spec, name)
            if values:
                parts.append(f"{name} {', '.join(self.ref(value) for value in values)}")
        return f"a filter by {'; '.join(parts)}" if parts else "an empty filter"


_HOW: Final = {"wait": ' (WaitForUpdatesEx, version "")', "later": " (WaitForUpdatesEx, last version)"}
_PLACES: Final = {
    "root": "the root folder",
    "manager": "the TaskManager",
    "nowhere": "an object that never existed",
    "no-task": "a task that never existed",
}


def _by(session: str, of: c.Call | None = None) -> str:
    """Who does it, where it isn't the main session."""
    if session == c.MAIN or isinstance(of, c.Login):
        return ""
    return ", without a login" if session == c.NOBODY else f", by session {session}"


_CALL_WORDS: Final[dict[type, Callable[[_Words, Any, str], str]]] = {
    c.Login: lambda _, call, __: f"log in as the {call.account} user: session {call.session}",
    c.Logout: lambda _, __, ___: "log out",
    c.AdvanceClock: lambda _, call, __: f"move the server's clock by {call.seconds} s",
    c.RegisterExtension: lambda _, call, __: (
        f"register extension {call.key} with {_plural(len(call.task_ids), 'type')}"
    ),
    c.UnregisterExtension: lambda _, call, __: f"unregister extension {call.key}",
    c.CreateTask: _Words.create_task,
    c.ReadRecentTask: lambda _, __, ___: "read recentTask",
    c.WaitForRecentTask: lambda _, call, __: f"read recentTask{_HOW['wait' if call.fresh else 'later']}",
    c.ReadMaxCollector: lambda _, __, ___: "read maxCollector",
    c.ReadDescription: lambda _, __, ___: "read TaskManager.description",
    c.ReadTaskInfo: lambda words, call, _: f"read the info of {words._things(call.tasks)}",  # noqa: SLF001
    c.SetTaskState: _Words.set_state,
    c.UpdateProgress: lambda words, call, _: f"set the progress of {words.ref(call.task)} to {call.percent_done}",
    c.SetTaskDescription: _Words.describe,
    c.CancelTask: lambda words, call, _: f"cancel {words.ref(call.task)}",
    c.CreateCollectorForTasks: _Words.collector,
    c.CreateCollectorForEvents: lambda _, __, made: f"open event collector {made}",
    c.ReadNextTasks: lambda words, call, _: f"read the next {call.max_count} of {words.ref(call.collector)}",
    c.DestroyCollector: lambda words, call, _: f"destroy {words.ref(call.collector)}",
}
