"""Values as they are compared and printed; faults."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyVmomi import vmodl
from pyVmomi.VmomiSupport import ManagedObject


def one_line(value: object) -> str:
    """Return a value as text of one line; what does not print is escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(value))


def kind(value: object = None) -> str:
    """Return the wire name of the type of a fault, a reason or a reference."""
    return "nothing" if value is None else type(value).__name__.rpartition(".")[2]


def is_a(value: object, *kinds: str) -> bool:
    """Return true if a fault or a reason is of one of these kinds, or of a kind of them."""
    return any(each.__name__.rpartition(".")[2] in kinds for each in type(value).__mro__)


def value_of(obj: object) -> Any:
    """Return the value of a reference; anything else stays as it is."""
    return obj._GetMoId() if isinstance(obj, ManagedObject) else obj


def described(message: Any) -> Any:
    """Return a LocalizableMessage in a form that compares."""
    return message and (message.key, [(each.key, each.value) for each in message.arg])


def bare(user: str | None) -> str:
    """Return a user name without its domain, in lower case."""
    return (user or "").rpartition("\\")[2].partition("@")[0].lower()


@contextmanager
def catching() -> Iterator[list[Any]]:
    """Catch the method fault of the calls in a block: it is the one item of the list."""
    caught: list[Any] = []
    try:
        yield caught
    except vmodl.MethodFault as fault:
        caught.append(fault)


def told(caught: list[Any]) -> str:
    """Say which fault was caught."""
    return f"a fault: {kind(caught[0])}" if caught else "success"


def patience(seconds: float, every: float = 0.1) -> Iterator[None]:
    """Yield `every` so many seconds, until `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(every)


def lacks(caught: list[Any], *kinds: str) -> bool:
    """Return true if no fault of these kinds was caught."""
    return not (caught and is_a(caught[0], *kinds))
