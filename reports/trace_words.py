"""The words of a plan: one line a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Plan, Step, Together
from taskconform.reports.trace_calls import CALL_WORDS, HOW
from taskconform.reports.trace_names import extension_name, letters, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PARTS: Final = (
    "state",
    "activation_id",
    "event_chain_id",
    "tag",
    "parent_task_key",
    "root_task_key",
)
"""The parts of a filter that are lists."""


def plural(count: int, word: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def wire(field: str) -> str:
    """The API's name of a field that Python spells otherwise (`description_id`)."""
    head, *rest = field.split("_")
    return head + "".join(part.capitalize() for part in rest)


class Words:
    """Puts the steps of one plan in words."""

    def __init__(self, plan: Plan) -> None:
        """Name what the plan makes."""
        self.plan = plan
        self._letters = letters(plan)

    # --- steps --------------------------------------------------------------------------------------------------------

    def step(self, step: Step, index: int) -> str:
        """One step."""
        return STEP_WORDS[type(step)](self, step, self._letters.get(index, ""))

    def act(self, step: Act, made: str) -> str:
        """One call."""
        return self.call(step.call, made)

    def bulk(self, step: Bulk, made: str) -> str:
        """Many tasks."""
        finish = {
            "queued": "leave them queued",
            "running": "set each to running",
        }.get(step.finish, f"set each to {step.finish}")
        through = " by way of running" if step.through_running and step.finish not in {"queued", "running"} else ""
        order = ", one by one" if step.one_by_one else ""
        cancelable = "cancelable=True; " if step.cancelable else ""
        return (
            f"create {plural(step.count, 'task')} {made} on {self.ref(step.obj)}"
            f" ({cancelable}{finish}{through}{order}){_by(step.session)}"
        )

    def look(self, step: Look, _made: str) -> str:
        """A bracketed read of recentTask."""
        by = _by(step.session) + (f", the tasks read by {step.witness}" if step.witness else "")
        around = f" between two reads of {self.things(step.tasks)}" if step.tasks else ""
        return f"read recentTask{HOW.get(step.how, '')}{around}{by}"

    def fill(self, step: Fill, made: str) -> str:
        """Collectors up to the limit."""
        kind = "event collectors" if step.kind == "events" else "collectors"
        if step.ill_formed:
            return f"try to open {kind} with a null filter, as often as maxCollector{_by(step.session)}"
        beyond = f" {'+' if step.beyond > 0 else '-'} {abs(step.beyond)}" if step.beyond else ""
        attempts = f", up to {step.attempts} refusals in a row" if step.attempts > 1 else ""
        return f"open {kind} {made} until there are maxCollector{beyond}{attempts}{_by(step.session)}"

    def together(self, step: Together, made: str) -> str:
        """Several calls."""
        calls = "; ".join(self.call(call, f"{made}[{number}]") for number, call in enumerate(step.calls))
        return f"at the same time: {calls}"

    def drain(self, step: Drain, _made: str) -> str:
        """A collector, page by page."""
        back = "" if step.direction == "next" else " back to its head"
        return f"drain {self.ref(step.collector)}{back}, {step.max_count} at a time{_by(step.session)}"

    def follow(self, step: Follow, made: str) -> str:
        """Update set after update set."""
        size = f", {step.max_object_updates} objects at a time" if step.max_object_updates is not None else ""
        return (
            f"follow the updates of {self.ref(step.collector)} from {self.version(step.version)}{size}:"
            f" version {made}{_by(step.session)}"
        )

    def pause(self, step: Pause, _made: str) -> str:
        """Time."""
        until = f", or until {self.ref(step.unless_ended)} has ended" if step.unless_ended is not None else ""
        return f"let {step.seconds} s go by{until}"

    def outlast(self, step: Outlast, _made: str) -> str:
        """Time, as a part of the window."""
        parts = [f"{step.percent} % of recentTask's window"] if step.percent else []
        parts += [f"{step.beyond} s"] if step.beyond or not parts else []
        unless = f", unless {self.things(step.unless_gone)} left the list" if step.unless_gone else ""
        return f"let {' and '.join(parts)} go by{unless}"

    def call(self, call: c.PlannedCall, made: str = "") -> str:
        """One call."""
        return CALL_WORDS[type(call)](self, call, made) + _by(call.session, of=call)

    # --- what is named ------------------------------------------------------------------------------------------------

    def ref(self, ref: object) -> str:
        """A reference, key, type, user, moment, in words; a text as it stands."""
        words = SYMBOL_WORDS.get(type(ref))
        return words(self, ref) if words is not None else str(ref)

    def version(self, version: object) -> str:
        """A version of a property collector."""
        if isinstance(version, Made):
            return self.ref(version)
        return f'version "{version}"'

    def things(self, made: Iterable[object]) -> str:
        """Several things, runs of one bulk drawn together: `task A, tasks B[0..9]`."""
        found: list[str] = []
        run: list[Made] = []

        def end_run() -> None:
            if len(run) > 1:
                found.append(f"tasks {self._letters.get(run[0].step, '?')}[{run[0].index}..{run[-1].index}]")
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
        return ", ".join(found) or "nothing"

    def texts(self, values: Iterable[object]) -> str:
        """Several texts or symbols."""
        return ", ".join('""' if value == "" else self.ref(value) for value in values)

    # --- filters ------------------------------------------------------------------------------------------------------

    def filter(self, spec: c.TaskFilterSpec[c.Symbol]) -> str:
        """A filter: `filter: tasks on the folder, and below; state success`."""
        parts = []
        if spec.entity is not None:
            where = self.ref(spec.entity.entity)
            recursion = {"self": f"on {where}", "children": f"below {where}", "all": f"on {where}, and below"}
            parts.append(f"tasks {recursion.get(spec.entity.recursion, spec.entity.recursion)}")
        if spec.time is not None:
            parts.append(self._time(spec.time))
        if spec.user_name is not None:
            users = self.texts(spec.user_name.user_list)
            system = "the system and " if spec.user_name.system_user else ""
            parts.append(f"tasks of {system}{users or 'users'}")
        parts += [
            f"{wire(name)} {self.ref(one)}"
            for name in ("alarm", "scheduled_task")
            if (one := getattr(spec, name)) is not None
        ]
        parts += [f"{wire(name)} {self.texts(values)}" for name in PARTS if (values := getattr(spec, name))]
        return f"a filter: {'; '.join(parts)}" if parts else "an empty filter"

    def _time(self, by: c.ByTime[c.Symbol]) -> str:
        bounds = [
            f"{word} {self.ref(bound)}"
            for word, bound in (("from", by.begin_time), ("to", by.end_time))
            if bound is not None
        ]
        return " ".join([by.time_type or "no timeType", *bounds])

    # --- symbols ------------------------------------------------------------------------------------------------------

    def made(self, made: Made) -> str:
        """What a step made."""
        return name_of(made, self.plan)

    def place(self, place: c.Place) -> str:
        """A spot in the inventory."""
        return _PLACES.get(place.role, place.role) + (f" {place.index + 1}" if place.index else "")

    def type_id(self, type_id: c.TypeId) -> str:
        """A task type."""
        return f"the {type_id.which} type"

    def user(self, user: c.UserName) -> str:
        """An account's name."""
        if user.account == "stranger":
            return "a user that does not exist"
        spelling = {"upper": ", in capitals", "bare": ", without the domain"}.get(user.spelling, "")
        return f"the {user.account} user{spelling}"

    def moment(self, moment: c.Moment) -> str:
        """A time beside a stamp."""
        seconds = f"{abs(moment.offset) / 1_000_000:f}".rstrip("0").rstrip(".")
        offset = f" {'+' if moment.offset > 0 else '-'} {seconds} s" if moment.offset else ""
        return f"{wire(moment.stamp)} of {self.ref(moment.task)}{offset}"


_PLACES: Final = {
    "root": "the root folder",
    "manager": "the TaskManager",
    "nowhere": "an object that never existed",
    "no-task": "a task that never existed",
}


def _by(session: str, of: c.PlannedCall | None = None) -> str:
    """Who does it, where it isn't the main session."""
    if session == c.MAIN or isinstance(of, c.Login):
        return ""
    return ", without a login" if session == c.NOBODY else f", by session {session}"


STEP_WORDS: Final[dict[type, Callable[[Words, Any, str], str]]] = {
    Act: Words.act,
    Bulk: Words.bulk,
    Look: Words.look,
    Fill: Words.fill,
    Together: Words.together,
    Drain: Words.drain,
    Follow: Words.follow,
    Pause: Words.pause,
    Outlast: Words.outlast,
}
"""Each step in words, given the letter of what it makes."""

SYMBOL_WORDS: Final[dict[type, Callable[[Words, Any], str]]] = {
    Made: Words.made,
    c.Place: Words.place,
    ObjectRef: lambda _, ref: f"{ref.type} {ref.value}",
    c.TypeId: Words.type_id,
    c.ExtensionKey: lambda _, key: extension_name(key.which),
    c.UserName: Words.user,
    c.Locale: lambda _, locale: f"locale {locale.index + 1} of those that the server has",
    c.Moment: Words.moment,
    c.Chain: lambda words, chain: f"the event chain of {words.ref(chain.task)}",
}
"""Each symbol in words."""
