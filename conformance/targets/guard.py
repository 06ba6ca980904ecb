"""The guard: it stands before an adapter that is not ours, and says what is the adapter's fault.

An adapter that raises what it should not, or returns what is no outcome, ends the run with exit code 3 and its own
traceback. A value of a shape that the call does not return is an answer that nobody can read: it is lost, and counted.
What a declaration says is checked when the target is opened."""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from taskconform.conformance.errors import AdapterFailed, CommandError
from taskconform.conformance.targets.shapes import hints, misfit, misfit_of, told
from taskconform.model.vocabulary import parts
from taskconform.model.vocabulary.calls import AdvanceClock
from taskconform.model.vocabulary.declaration import ACCOUNTS, CAPABILITIES, NEEDS_ACCOUNT, ORDINARY, ROLES, Declaration
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Interval, Lost, Outcome, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call

T = TypeVar("T")

LONGEST: Final = 3_600.0
"""Seconds that settling, or telling two times apart, takes at most: more than that is meant in another unit."""

_NEAR: Final = 90 * 86_400.0
"""Seconds around now in which a time in another unit is taken for one."""
_UNITS: Final = {"seconds": 1.0, "milliseconds": 1e3, "nanoseconds": 1e9}


def guarded(target: Target) -> Target:
    """Return the target as it is if it is ours, else behind a guard."""
    return target if isinstance(target, Guarded) or _is_ours(target) else Guarded(target)


def _is_ours(target: object) -> bool:
    return type(target).__module__.startswith("taskconform.")


def failed(what: str, problem: BaseException) -> AdapterFailed:
    """Return what an adapter's own exception comes to: one line, and the adapter's part of the traceback."""
    frames: TracebackType | None = problem.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get("__name__", "").startswith("taskconform."):
        frames = frames.tb_next
    last = traceback.extract_tb(problem.__traceback__)[-1]
    text = f"{type(problem).__name__}: {' '.join(str(problem).split())}"
    trace = "".join(traceback.format_exception(type(problem), problem, frames, chain=False))
    return AdapterFailed(f"the adapter failed: {what} raised {text} ({last.filename}, line {last.lineno})", trace)


class Guarded:
    """An adapter that is not ours, watched. See `protocol.Target`."""

    def __init__(self, target: Target) -> None:
        """Stand before an open target. Raises AdapterFailed if what it declares makes no sense."""
        self._target = target
        self._known: Declaration | None = None
        _ = self.declaration

    def _ask(self, what: str, ask: Callable[[], T]) -> T:
        """Call the adapter. Raises AdapterFailed for any exception that it should not have raised."""
        try:
            return ask()
        except CommandError:
            raise
        except (Exception, SystemExit) as problem:
            raise failed(what, problem) from problem

    @property
    def declaration(self) -> Declaration:
        """The declaration, checked."""
        found = self._ask("declaration", lambda: self._target.declaration)
        if found is not self._known:
            wrong = wrongs_of(found)
            if wrong:
                message = f"the adapter's declaration makes no sense: {'; '.join(wrong)}"
                raise AdapterFailed(message)
            self._known = found
        return found

    def perform(self, call: Call) -> Outcome:
        """Perform a call, and check that an outcome comes back."""
        outcome = self._ask(f"perform({type(call).__name__})", lambda: self._target.perform(call))
        return self._checked(call, outcome)

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """The same, for calls at the same time."""
        outcomes: Any = self._ask("perform_together", lambda: self._target.perform_together(calls))
        if not isinstance(outcomes, list | tuple):
            _fail(f"perform_together returned {_brief(outcomes)}, which is no list of outcomes")
        if len(outcomes) != len(calls):
            _fail(f"perform_together returned {len(outcomes)} outcomes of {len(calls)} calls")
        return [self._checked(call, outcome) for call, outcome in zip(calls, outcomes, strict=True)]

    def reset(self) -> None:
        """As the adapter does."""
        self._ask("reset", self._target.reset)

    def close(self) -> None:
        """As the adapter does."""
        self._ask("close", self._target.close)

    @property
    def socket_seconds(self) -> float:
        """The seconds that the adapter says, checked."""
        found: Any = self._ask("socket_seconds", lambda: self._target.socket_seconds)
        if type(found) not in {int, float}:
            _fail(f"socket_seconds is {_brief(found)}, which is no number of seconds")
        return float(found)

    def _checked(self, call: Call, outcome: Any) -> Outcome:
        """Check what a call came to; a value that cannot be read is lost. Raises AdapterFailed where there is no
        outcome."""
        name = type(call).__name__
        if type(outcome) not in {Returned, Faulted, Lost}:
            _fail(f"perform({name}) returned {_brief(outcome)}, which is none of Returned, Faulted, Lost")
        _check_interval(name, outcome.at)
        if isinstance(outcome, Lost):
            return evolve(outcome, why=str(outcome.why))
        if isinstance(outcome, Faulted):
            _check_fault(name, outcome.fault)
            if isinstance(call, AdvanceClock):
                _fail(f"it declares the capability clock, and {name} came to {outcome.fault.kind}")
            return evolve(outcome)
        value = told(outcome.value)
        wrong = misfit(call, value)
        if wrong:
            return Lost(why=f"{name} cannot have returned this: {wrong}", at=outcome.at)
        return Returned(value=value, at=outcome.at)


def _fail(message: str) -> NoReturn:
    text = f"the adapter failed: {message}"
    raise AdapterFailed(text)


def _brief(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {value!r:.60}"


def _check_interval(name: str, at: Any) -> None:
    """Raises AdapterFailed for what is no interval in microseconds."""
    if type(at) is not Interval or type(at.earliest) is not int or type(at.latest) is not int:
        _fail(f"perform({name}): `at` is {_brief(at)}, and no Interval of two whole numbers")
    if at.earliest > at.latest:
        _fail(f"perform({name}): the interval ends {at.earliest - at.latest} us before it begins")
    now = time.time()
    for unit, factor in _UNITS.items():
        if abs(at.earliest / factor - now) < _NEAR:
            _fail(f"perform({name}): the interval is in {unit}; microseconds since 1970 are wanted")


def _check_fault(name: str, fault: Any) -> None:
    """Raises AdapterFailed for what is no fault with its kinds."""
    if type(fault) is not Fault:
        _fail(f"perform({name}): `fault` is {_brief(fault)}, which is no Fault")
    kinds: Any = fault.kinds
    if not isinstance(fault.kind, str) or not isinstance(fault.message, str):
        _fail(f"perform({name}): kind and message of a fault are texts, not {fault.kind!r:.40}, {fault.message!r:.40}")
    if not isinstance(kinds, tuple) or not all(isinstance(each, str) for each in kinds) or fault.kind not in kinds:
        _fail(f"perform({name}): the kinds of {fault.kind} are all that it is, itself first, and not {kinds!r:.80}")


# --- the declaration --------------------------------------------------------------------------------------------------


def wrongs_of(declaration: Any) -> list[str]:
    """Say what makes no sense in a declaration, each with the nearest word that would."""
    if type(declaration) is not Declaration:
        return [f"it is {_brief(declaration)}, and no Declaration"]
    wrong = [
        f"{name} is {_brief(getattr(declaration, name))}"
        for name, kind in hints(Declaration).items()
        if misfit_of(getattr(declaration, name), kind)
    ]
    if wrong:
        return wrong
    words = (
        ("capability", declaration.capabilities, tuple(CAPABILITIES)),
        ("role", declaration.places, ROLES),
        ("account", [each.name for each in declaration.accounts], ACCOUNTS),
        ("call, manager or field", declaration.without, tuple(parts.KNOWN)),
    )
    wrong += [parts.unknown(kind, each, known) for kind, said, known in words for each in said if each not in known]
    return wrong + _missing(declaration) + _sizes(declaration)


def _missing(declaration: Declaration) -> list[str]:
    """Say what a declaration lacks."""
    names = {each.name for each in declaration.accounts}
    wrong = [] if "primary" in names else ["there is no account primary, who holds every privilege"]
    wrong += [
        f"the capability {capability} needs an account {account}"
        for capability, account in NEEDS_ACCOUNT.items()
        if capability in declaration.capabilities and account not in names
    ]
    if not any(declaration.places.get(role) for role in ORDINARY):
        wrong.append("there is no place for a task: neither root, folder, vm nor host")
    if not declaration.extension_key:
        wrong.append("extension_key is empty")
    return wrong + _operations(declaration)


def _operations(declaration: Declaration) -> list[str]:
    """Say what makes no sense in the operations that are declared."""
    offered = declaration.operations
    if ("operations" in declaration.capabilities) != bool(offered):
        return ["the capability operations and the list `operations` go together: one is there, and not the other"]
    names = [one.name for one in offered]
    wrong = [f"there are two operations {name!r}" for name in dict.fromkeys(names) if names.count(name) > 1]
    wrong += [f"the operation {one.name!r} has no entities" for one in offered if not one.entities]
    wrong += [
        f"the operation {one.name!r} is on {ref.type} {ref.value}, which is no declared place"
        for one in offered
        for ref in one.entities
        if ref.value not in declaration.entity_names
    ]
    return wrong


def _sizes(declaration: Declaration) -> list[str]:
    """Say which numbers are out of bounds."""
    wrong = [
        f"{name} is in seconds, and {value:g} of them are more than an hour"
        if value > LONGEST
        else f"{name} is {value:g} seconds"
        for name, value in (
            ("settling", declaration.settling),
            ("apart", declaration.apart),
            *((f"the operation {one.name}", one.seconds) for one in declaration.operations),
        )
        if not 0 <= value <= LONGEST
    ]
    return wrong + [f"{name} is {value}" for name in ("window", "cap") if (value := getattr(declaration, name)) < 0]
