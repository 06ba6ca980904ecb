"""The names of what a plan makes: task A, tasks B (one of them B[3]), collector C, view D, version E."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Act, Bulk, Fill, Follow, Plan, Step, Together

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import Made

OPERATION: Final = "operation"
"""Result of an operation of the inventory: a Task that no CreateTask returned."""

MAKERS: Final[dict[type, str]] = {
    c.CreateTask: "task",
    c.CreateCollectorForTasks: "collector",
    c.CreateCollectorWithInfoFilterForTasks: "collector",
    c.CreateCollectorForEvents: "collector",
    c.CreateListView: "view",
    c.CreatePropertyCollector: "property collector",
    c.CreateFilter: "property filter",
    c.WaitForUpdatesEx: "version",
    c.BreakOffWait: "version",
    c.CreateFolder: "folder",
    c.Destroy: OPERATION,
    c.StartOperation: OPERATION,
    c.CreateScheduledTask: "scheduled task",
    c.CreateAlarm: "alarm",
}
"""Results of the calls that make something."""

_MAKERS: Final[dict[type, str]] = {Bulk: "tasks", Fill: "collectors", Follow: "version", Together: "made"}
_WORDS: Final = {"tasks": "task", "collectors": "collector", "made": "item", OPERATION: "task"}


def letter(number: int) -> str:
    """The name of the `number`-th thing: A to Z, then AA, AB."""
    head, tail = divmod(number, 26)
    return (letter(head - 1) if head else "") + chr(ord("A") + tail)


def makes(step: Step) -> str:
    """Return the kind of a step's result: `task`, `tasks`, `collector`, `collectors`, `made` (by several at once),
    and so on, or nothing."""
    return MAKERS.get(type(step.call), "") if isinstance(step, Act) else _MAKERS.get(type(step), "")


def letters(plan: Plan) -> dict[int, str]:
    """The letter of every step that makes something."""
    makers = [index for index, step in enumerate(plan) if makes(step)]
    return {index: letter(number) for number, index in enumerate(makers)}


def name_of(made: Made, plan: Plan, *, bare: bool = False) -> str:
    """Return the name of a thing that a step made: `task A`, `task B[3]`; `bare`: without the word before it."""
    if not 0 <= made.step < len(plan):
        return f"step {made.step + 1}, number {made.index + 1}"
    kind, known = makes(plan[made.step]), letters(plan).get(made.step, f"of step {made.step + 1}")
    if kind in {"tasks", "collectors", "made"}:
        known = f"{known}[{made.index}]"
    return known if bare else f"{_WORDS.get(kind, kind)} {known}".strip()


def extension_name(which: str) -> str:
    """Return the name of one of the suite's extensions."""
    return f"extension {which}" if which else "the suite's extension"


def plural(count: int, word: str) -> str:
    """`1 task`, `2 tasks`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def wire(field: str) -> str:
    """The API's name of a field that Python spells otherwise (`description_id`)."""
    head, *rest = field.split("_")
    return head + "".join(part.capitalize() for part in rest)
