"""Checks: the kinds of functions that the oracle's rules are made of, and how they are declared.

A decorator names the clauses that a function stands for. What it makes of the function can be called like the function,
and has one of three types, by what the function is asked for:

- `Check`: judges something that was observed, and says whether a clause held. Its type says of what it is asked (a
  property that was read, recentTask's list, an item, an update set, a task between two reads) and what it returns; one
  that returns a clause id chooses the clause to blame, or the one that was exercised.
- `FaultCondition`: decides whether a documented condition holds under which a call faults.
- `OpenClause`: returns the interpretations of an open clause that are consistent with an observation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Generic, Never, ParamSpec, TypeVar

from taskconform.model.oracle.findings import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.belief import Belief, TaskRecord
    from taskconform.model.oracle.findings import Said
    from taskconform.model.vocabulary.outcomes import Interval, Outcome, TaskInfo

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
C = TypeVar("C")
A = TypeVar("A")
C_contra = TypeVar("C_contra", contravariant=True)


RULES: Final[dict[str, list[str]]] = {}
"""Clause id to the names of the functions that are declared for it."""


def _declare(function: Callable[P, object], *clauses: str) -> None:
    for clause in clauses:
        RULES.setdefault(clause, []).append(f"{function.__module__.rpartition('.')[2]}.{function.__name__}")


_HELD: dict[str, Held] = {}


def held_of(clause: str) -> Held:
    """Return the finding that a clause held: one object for each clause, since there are many of these."""
    found = _HELD.get(clause)
    if found is None:
        found = _HELD[clause] = Held(clause)
    return found


class UnsaidError(Exception):
    """A check reads a field that the answer does not have: it says nothing (`taskconform.model.oracle.unsaid`)."""


def unless_unsaid(decide: Callable[P, R_co], *args: P.args, **kwargs: P.kwargs) -> R_co | None:
    """Return what a check says; None if it reads a field that the answer does not have."""
    try:
        return decide(*args, **kwargs)
    except UnsaidError:
        return None


# --- checks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Check(Generic[P, R_co]):
    """A check of one or more clauses on something that was observed."""

    clauses: tuple[str, ...]
    decide: Callable[P, R_co]
    held: Held = field(init=False)

    def __post_init__(self) -> None:
        """Look the finding that it held up once, not at every call."""
        object.__setattr__(self, "held", held_of(self.clause))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Judge."""
        return self.decide(*args, **kwargs)

    @property
    def clause(self) -> str:
        """The clause, or the first of several."""
        return self.clauses[0]


def rule(*clauses: str) -> Callable[[Callable[P, R_co]], Check[P, R_co]]:
    """Declare a function as a check of these clauses."""

    def mark(function: Callable[P, R_co]) -> Check[P, R_co]:
        _declare(function, *clauses)
        return Check(clauses, function)

    return mark


if TYPE_CHECKING:
    AnyCheck = Check[..., object]
    """A check of any kind."""

    AnswerCheck = Check[[Belief, C, A, Interval], Said]
    """A check of what a call of type C returned, of type A."""

    TaskCheck = Check[[Belief, TaskRecord, TaskInfo, Interval], Said]
    """A check of what a TaskInfo says of one of our tasks."""


# --- fault conditions -------------------------------------------------------------------------------------------------


def always_asked(_belief: Belief, _call: object) -> bool:
    """Guard nothing."""
    return True


@dataclass(frozen=True, slots=True, eq=False)
class FaultCondition(Generic[C_contra]):
    """A documented condition under which a call faults with one of `kinds`. `holds` returns True, False, or None where
    that is not known, or open. It is asked only where `guard` returns True; elsewhere it would return False."""

    clause: str
    kinds: tuple[str, ...]
    holds: Callable[[Belief, C_contra], bool | None]
    guard: Callable[..., bool] = always_asked

    def __call__(self, belief: Belief, call: C_contra, /) -> bool | None:
        """Decide."""
        return self.holds(belief, call)

    @property
    def clauses(self) -> tuple[str, ...]:
        """Its clause, as a check has them."""
        return (self.clause,)


def fault_condition(clause: str, *kinds: str) -> Callable[[Callable[[Belief, C], bool | None]], FaultCondition[C]]:
    """Declare a function as a documented condition under which a call faults with one of `kinds`."""

    def mark(function: Callable[[Belief, C], bool | None]) -> FaultCondition[C]:
        _declare(function, clause)
        return FaultCondition(clause, kinds, function)

    return mark


# --- open clauses -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class OpenClause(Generic[P]):
    """The interpretations of an open clause that are consistent with an observation: their ids; none (`()`) if no
    interpretation allows it; None if the observation tells nothing. A fault that another condition than those of the
    clauses `about` may have caused tells nothing, either. It is asked only where `guard` returns True."""

    clause: str
    about: frozenset[str]
    interpret: Callable[P, tuple[str, ...] | None]
    guard: Callable[..., bool] = always_asked

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> tuple[str, ...] | None:
        """Interpret."""
        return self.interpret(*args, **kwargs)

    @property
    def clauses(self) -> tuple[str, ...]:
        """Its clause, as a check has them."""
        return (self.clause,)


def open_clause(clause: str, *also: str) -> Callable[[Callable[P, tuple[str, ...] | None]], OpenClause[P]]:
    """Declare a function as the one that interprets observations for an open clause. `also` names the clauses whose
    fault conditions are about the same thing."""

    def mark(function: Callable[P, tuple[str, ...] | None]) -> OpenClause[P]:
        _declare(function, clause)
        return OpenClause(clause, frozenset({clause, *also}), function)

    return mark


if TYPE_CHECKING:
    Declared = AnyCheck | OpenClause[...]
    """A check or an open clause, of any kind."""

    CallOpenClause = OpenClause[[Belief, C, Outcome]]
    """An open clause that the outcome of a call of type C tells something of."""

    TaskOpenClause = OpenClause[[Belief, TaskRecord, TaskInfo]]
    """An open clause that Task.info of one of our tasks tells something of."""


Asked = TypeVar("Asked", bound="FaultCondition[Never] | OpenClause[...]")


def only(guard: Callable[[Belief, Never], bool], *asked: Asked) -> tuple[Asked, ...]:
    """Return fault conditions, or open clauses, that are asked together, and only where the guard returns True."""
    return tuple(replace(one, guard=guard) for one in asked)
