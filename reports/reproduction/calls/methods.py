"""Calls of one method: on an object of the plan, with plain values, or as XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.reports.reproduction.literals import called, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.names import Names

    Expression = Callable[[Names, Any], str]


def on(name: str, method: str, *arguments: str) -> Expression:
    """Return the form of a method of the object that one argument of the call names; it takes others as they are."""

    def expression(names: Names, call: Any) -> str:
        values = ", ".join(literal(getattr(call, argument)) for argument in arguments)
        return f"{names.ref(getattr(call, name), call.session)}.{method}({values})"

    return expression


def property_of(owner: str, path: str, otherwise: str = "") -> Expression:
    """Return the form of a read of a property: of a manager, or of the object that this argument of the call names."""

    def expression(names: Names, call: Any) -> str:
        named = getattr(call, owner, None)
        obj = names.ref(named) if named is not None else f"{names.session(call.session)}.{owner}"
        return names.read(call.session, obj, path) + otherwise

    return expression


def raw(names: Names, session: str, method: str, *inside: str, manager: str = "taskManager") -> str:
    """Return a call of a manager's method with XML in place of its arguments: pyVmomi refuses to send such a call."""
    return called("send_raw", "args", f"{names.session(session)}.{manager}", literal(method), *inside)
