"""Words of the vocabulary and the data objects of the API that they stand for.

A row a word: its class, the wire name of its type, and what is not regular about it. A field goes by the name of the
property in snake case unless the row says otherwise; the types of the properties are pyVmomi's.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taskconform.conformance.wire import schema
from taskconform.conformance.wire.schema import Array, MethodFault
from taskconform.conformance.wire.values import Data, Typed
from taskconform.model.vocabulary import calls, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.model.vocabulary.words import Word

_CAPITAL: Final = re.compile(r"[A-Z]+")


@cache
def snake(name: str) -> str:
    """Return the vocabulary's spelling of a wire name: `taskTypeId` is `task_type_id`."""
    return _CAPITAL.sub(lambda found: f"_{found[0].lower()}", name).lstrip("_")


class Property(NamedTuple):
    """A property of a data object and the field of the word that holds it. `kind` is the type of one item, where there
    are `many`."""

    name: str
    field: str
    kind: type
    many: bool


class Row:
    """A word and its data object.

    `fields`: fields by property, where the names differ. `inside`: the one property whose data object has them all.
    `told`: the field that holds the type's name, which is then one of `wire` or derived from it. `derived`: types that
    have the properties that `wire` lacks. `absent`: values of fields that an answer may leave out. `rest`: the field
    that keeps unknown properties. `only`: no other type will do.
    """

    def __init__(
        self,
        word: type[Word],
        wire: str,
        *,
        fields: Mapping[str, str] | None = None,
        inside: str = "",
        told: str = "",
        derived: tuple[str, ...] = (),
        absent: Mapping[str, Any] | None = None,
        rest: str = "",
        only: bool = False,
    ) -> None:
        """Keep what is said of the word; its properties are looked up when they are first needed."""
        self.word = word
        self.wire = wire
        self.fields = fields or {}
        self.inside = inside
        self.told = told
        self.derived = derived
        self.absent = absent or {}
        self.rest = rest
        self.only = only

    @cached_property
    def properties(self) -> tuple[Property, ...]:
        """The properties that the word has fields for, in the order of the wire."""
        known: dict[str, schema.Field] = {}
        for name in (self.wire, *self.derived):
            known = {**schema.newest().fields(schema.known_type(name)), **known}
        if self.inside:
            known = schema.newest().fields(known[self.inside].type)
        found = {self.fields.get(name, snake(name)): each for name, each in known.items()}
        own = self.word.__struct_fields__
        return tuple(Property(each.name, field, *items(each.type)) for field, each in found.items() if field in own)

    def data(self, word: Word) -> Data:
        """Return the word as a data object; an empty tuple is an unset list."""
        found: dict[str, Any] = {}
        for name, field, convert in self._writers:
            value = getattr(word, field)
            if value is not None and value != ():
                found[name] = value if convert is None else convert(value)
        if self.inside:
            found = {self.inside: Data(self._inner, **found)} if found else {}
        return Data(getattr(word, self.told) if self.told else self.wire, **found)

    @cached_property
    def _inner(self) -> str:
        return schema.wire_name(schema.newest().fields(schema.known_type(self.wire))[self.inside].type)

    @cached_property
    def _writers(self) -> tuple[tuple[str, str, Callable[[Any], Any] | None], ...]:
        return tuple((each.name, each.field, writer_of(each.kind, many=each.many)) for each in self.properties)

    def taken(self, data: Data) -> Word:
        """Return a data object as the word."""
        given = data.fields
        if self.inside:
            given = given[self.inside].fields if self.inside in given else {}
        found = {
            each.field: taken(given.get(each.name, [])) for each in self.properties if each.many or each.name in given
        }
        if self.told:
            found[self.told] = data.type
        return self.word(**found)


def items(kind: type) -> tuple[type, bool]:
    """Return the type of one item, and whether there are many."""
    return (kind.Item, True) if issubclass(kind, Array) else (kind, False)  # type: ignore[attr-defined]  # pyVmomi's


_ELEMENT: Final = {"key": "", "label": "", "summary": ""}

ROWS: Final = (
    Row(outcomes.TaskInfo, "TaskInfo", rest="other"),
    Row(
        outcomes.TaskReason,
        "TaskReason",
        told="kind",
        derived=("TaskReasonUser", "TaskReasonSchedule", "TaskReasonAlarm"),
    ),
    Row(outcomes.LocalizableMessage, "LocalizableMessage", fields={"arg": "args"}),
    Row(outcomes.Extension, "Extension", fields={"taskList": "task_ids"}),
    Row(outcomes.TaskDescription, "TaskDescription"),
    Row(outcomes.ElementDescription, "TypeDescription", absent=_ELEMENT),
    Row(outcomes.ElementDescription, "ElementDescription", absent=_ELEMENT),
    Row(outcomes.TaskEvent, "TaskEvent"),
    Row(calls.TaskFilterSpec, "TaskFilterSpec", only=True),
    Row(calls.ByEntity, "TaskFilterSpecByEntity"),
    Row(calls.ByTime, "TaskFilterSpecByTime", absent={"time_type": None}),
    Row(calls.ByUsername, "TaskFilterSpecByUsername"),
    Row(calls.TaskInfoFilterSpec, "TaskInfoFilterSpec", inside="filterTaskResults"),
)
_BY_WORD: Final = {row.word: row for row in ROWS}
BY_WIRE: Final = {row.wire: row for row in ROWS}


def as_data(value: Any) -> Data:
    """Return a data object, or a word, as a data object. Raises KeyError for anything else."""
    return value if isinstance(value, Data) else _BY_WORD[value.__class__].data(value)


# --- data objects that are no words -----------------------------------------------------------------------------------


def _argument(value: Any) -> Any:
    """Return an argument of a message, which may be of any type."""
    return value if isinstance(value, str | Typed | Data) or value is None else str(value)


_PLAIN: Final[Mapping[str, tuple[Callable[[Any], Data], Callable[[Data], Any]]]] = {
    "KeyAnyValue": (
        lambda pair: Data("KeyAnyValue", key=pair[0], value=pair[1]),
        lambda data: (str(data.get("key")), _argument(data.get("value"))),
    ),
    "ExtensionTaskTypeInfo": (
        lambda task_id: Data("ExtensionTaskTypeInfo", taskID=task_id),
        lambda data: data.get("taskID"),
    ),
}
"""Data objects that stand for a pair or a string: how one is made, and how it is taken."""


def writer_of(kind: type, *, many: bool) -> Callable[[Any], Any] | None:
    """Return what makes a word's field fit for an encoder; None if it is so already."""
    if issubclass(kind, MethodFault):
        return lambda fault: Data(fault, msg=fault) if isinstance(fault, str) else fault
    name = schema.wire_name(items(kind)[0])
    row = BY_WIRE.get(name)
    if name in _PLAIN:
        make = _PLAIN[name][0]
    elif row is not None and _BY_WORD[row.word] is not row:
        make = row.data
    else:
        return None
    return (lambda values: [make(value) for value in values]) if many else make


def taken(value: Any) -> Any:
    """Return what a decoder made as the vocabulary has it: words, tuples, a fault by its name."""
    if isinstance(value, list):
        return tuple([taken(each) for each in value])
    if not isinstance(value, Data):
        return value
    row = BY_WIRE.get(value.type)
    if row is not None:
        return row.taken(value)
    plain = _PLAIN.get(value.type)
    if plain is not None:
        return plain[1](value)
    return value.type if schema.is_fault(value.type) else value
