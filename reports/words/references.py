"""Things that a plan names, in words: things that steps made, places, users, times, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.reports.words.names import extension_name, letters, name_of, wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taskconform.model.vocabulary.plan import Plan

PARTS: Final = (
    "state",
    "activation_id",
    "event_chain_id",
    "tag",
    "parent_task_key",
    "root_task_key",
)
"""The parts of a filter that are lists."""


class References:
    """Puts what one plan names in words."""

    def __init__(self, plan: Plan) -> None:
        """Name what the plan makes."""
        self.plan = plan
        self.letters = letters(plan)

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
                found.append(f"tasks {self.letters.get(run[0].step, '?')}[{run[0].index}..{run[-1].index}]")
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
        """Name a thing that a step made."""
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

    def offered(self, one: c.Offered) -> str:
        """One of the target's own operations."""
        which = " of those that can be canceled" if one.cancelable else " of the brief ones" if one.brief else ""
        return f"operation {one.index + 1}{which}"

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


SYMBOL_WORDS: Final[dict[type, Callable[[References, Any], str]]] = {
    Made: References.made,
    c.Place: References.place,
    ObjectRef: lambda _, ref: f"{ref.type} {ref.value}",
    c.TypeId: References.type_id,
    c.ExtensionKey: lambda _, key: extension_name(key.which),
    c.UserName: References.user,
    c.Locale: lambda _, locale: f"locale {locale.index + 1} of those that the server has",
    c.Moment: References.moment,
    c.Offered: References.offered,
    c.Operand: lambda _, one: f"entity {one.index + 1} of those that have it",
    c.Chain: lambda words, chain: f"the event chain of {words.ref(chain.task)}",
}
"""Each symbol in words."""
