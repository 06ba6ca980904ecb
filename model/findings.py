"""Findings: what the model says of one outcome. Findings are data; nothing here is ever raised.

A check either *held*, or was *broken* (a divergence), or it was not live and says nothing. Of an unclear clause an
outcome *showed* which readings it is compatible with.

A `Demand` is the form of what a clause asks of one answer, small enough that a script can check it without the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.calls import ObjectRef
    from taskconform.model.outcomes import TaskInfo

# --- demands ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MustFault:
    """The call must fault with one of these kinds, or a kind of them."""

    kinds: tuple[str, ...]

    def __str__(self) -> str:
        """The demand as a sentence."""
        return "a fault: " + " or ".join(self.kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class MustSucceed:
    """The call must not fault."""

    def __str__(self) -> str:
        """The demand as a sentence."""
        return "success: no documented condition for a fault holds"


@dataclass(frozen=True, slots=True, kw_only=True)
class MustBe:
    """A field of the TaskInfo of `task` (None: of the TaskInfo that the call returns) must be in a `relation` to
    `value`: `is`, `is not`, `is one of`, `is at least`, `is at most`, `is set`, `is unset`, `is a` (a fault's or a
    reason's kind)."""

    task: ObjectRef | None
    field: str
    relation: str
    value: Any = None

    def __str__(self) -> str:
        """The demand as a sentence."""
        tail = "" if self.relation in {"is set", "is unset"} else f" {shown(self.value)}"
        return f"info.{self.field} {self.relation}{tail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MustList:
    """recentTask must (`present`), or must not, hold `task`."""

    task: ObjectRef
    present: bool

    def __str__(self) -> str:
        """The demand as a sentence."""
        return f"recentTask {'holds' if self.present else 'does not hold'} {self.task.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MustAnswer:
    """What the call returns must satisfy `property`: one of `no duplicates`, `only tasks`, `positive`, `constant`
    (`value` is what it was before), `absent` (refused in missingSet), `unused` (key and reference are new),
    `nothing created`, `full value`, `a reading`."""

    property: str
    value: Any = None

    def __str__(self) -> str:
        """The demand as a sentence."""
        return {
            "no duplicates": "no reference stands twice",
            "only tasks": "only Task references",
            "positive": "a positive number",
            "constant": f"the same value as before: {shown(self.value)}",
            "absent": "the fault in missingSet, not a method fault",
            "unused": "a key and a reference that no earlier task had",
            "nothing created": "a refused call creates nothing",
            "full value": "the full value",
            "a reading": "one of the ways in which the text can be read",
        }[self.property]


Demand = MustFault | MustSucceed | MustBe | MustList | MustAnswer
"""What a clause asks of one answer."""


def shown(value: object) -> str:
    """A value as people read it in a report."""
    if value is None:
        return "unset"
    if isinstance(value, tuple | frozenset | list):
        return ", ".join(sorted(shown(item) for item in value)) or "nothing"
    inner = getattr(value, "value", None)
    if isinstance(inner, str):
        return inner
    kind = getattr(value, "kind", None)
    if isinstance(kind, str):
        return kind
    return str(value)


# --- what a rule says -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A rule's word that the outcome breaks it. `situation` names the circumstances in a few words, without keys, times
    or counts: it is part of the signature. `eventually`: the page gives the server time, so the check is to be repeated
    until the settling time is over, and counts only then."""

    demand: Demand
    observed: str
    situation: str = ""
    eventually: bool = False


Said = Departure | bool | None
"""What a rule says: it held (True), a departure, or nothing (None: not live here). Never False."""


def field_is(info: TaskInfo, name: str, observed: object, wanted: object, situation: str = "") -> Said:
    """Held if a field is as wanted, else a departure that says so."""
    if observed == wanted:
        return True
    demand = MustBe(task=info.task, field=name, relation="is", value=wanted)
    return Departure(demand=demand, observed=f"{name} is {shown(observed)}", situation=situation)


@dataclass(frozen=True, slots=True)
class Held:
    """A live check that held."""

    clause: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An unclear clause: the outcome is compatible with these of its readings only. Empty: with none."""

    clause: str
    options: tuple[str, ...]
    observed: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A divergence."""

    clause: str
    kind: str
    demand: Demand
    observed: str
    situation: str
    eventually: bool

    @property
    def signature(self) -> str:
        """What makes two sightings the same divergence: clause, kind of outcome, situation; no keys, times, counts."""
        return ":".join(part for part in (self.clause, self.kind, self.situation) if part)


Finding = Held | Shown | Broken
"""What the model says of one outcome."""

# --- declaring rules --------------------------------------------------------------------------------------------------


class Rule(Protocol):
    """A function that checks one clause on one answer."""

    clause: str
    __name__: str

    def __call__(self, world: Any, call: Any, answer: Any, at: Any, /) -> Said:
        """Judge."""
        ...


class Question(Protocol):
    """A function that tells which readings of an unclear clause an outcome is compatible with, None if it is no case
    of it."""

    clause: str
    __name__: str

    def __call__(self, world: Any, call: Any, outcome: Any, /) -> tuple[str, ...] | None:
        """Classify."""
        ...


class Refusal(Protocol):
    """A function that tells whether a documented condition for a fault holds: True, False, or None (undecided)."""

    clause: str
    kinds: tuple[str, ...]
    __name__: str

    def __call__(self, world: Any, call: Any, /) -> bool | None:
        """Decide."""
        ...


RULES: Final[dict[str, list[str]]] = {}
"""Clause id to the names of the functions that check it, as they are declared."""


def _declare(function: Any, clause: str) -> None:
    function.clause = clause
    RULES.setdefault(clause, []).append(f"{function.__module__.rsplit('.', 1)[-1]}.{function.__name__}")


def rule(clause: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare a function as the check of a clause."""

    def mark(function: Callable[..., Any]) -> Any:
        _declare(function, clause)
        return function

    return mark


question = rule
"""Declare a function as the classifier of an unclear clause."""


def refusal(clause: str, *kinds: str) -> Callable[[Callable[..., bool | None]], Refusal]:
    """Declare a function as a documented condition under which a call faults with one of `kinds`."""

    def mark(function: Any) -> Refusal:
        _declare(function, clause)
        function.kinds = kinds
        return cast("Refusal", function)

    return mark
