"""List views and property collectors in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made
from taskconform.reports.reproduction.calls.methods import on, property_of
from taskconform.reports.reproduction.literals import called, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.names import Names


def _create_view(names: Names, call: c.CreateListView[c.Symbol]) -> str:
    """CreateListView."""
    manager = f"{names.session(call.session)}.viewManager"
    return called(f"{manager}.CreateListView", names.refs(call.objs, call.session))


def _modify_view(names: Names, call: c.ModifyListView[c.Symbol]) -> str:
    """ModifyListView."""
    add, remove = names.refs(call.add, call.session), names.refs(call.remove, call.session)
    return called(f"{names.ref(call.view, call.session)}.ModifyListView", f"add={add}", f"remove={remove}")


def _reset_view(names: Names, call: c.ResetListView[c.Symbol]) -> str:
    """ResetListView."""
    return called(f"{names.ref(call.view, call.session)}.ResetListView", names.refs(call.objs, call.session))


def _create_filter(names: Names, call: c.CreateFilter[c.Symbol]) -> str:
    """CreateFilter."""
    missing = ["report_missing=True"] if call.report_missing else []
    watched = names.refs(call.watched, call.session)
    return called("create_filter", names.ref(call.collector, call.session), watched, *missing)


def version(names: Names, value: str | c.Symbol) -> str:
    """Return a version as an expression: one that a step yielded, or a text."""
    return names.made(value) if isinstance(value, Made) else literal(value)


def _wait(names: Names, call: c.WaitForUpdatesEx[c.Symbol]) -> str:
    """WaitForUpdatesEx, once."""
    size = [] if call.max_object_updates is None else [literal(call.max_object_updates)]
    seconds = [literal(call.max_wait_seconds)] if size or call.max_wait_seconds else []
    collector = names.ref(call.collector, call.session)
    return called("wait", collector, version(names, call.version), *seconds, *size)


def _break_off(names: Names, call: c.BreakOffWait[c.Symbol]) -> str:
    """WaitForUpdatesEx, and a call that breaks it off."""
    collector = names.ref(call.collector, call.session)
    logout = f"{names.session(call.session)}.sessionManager.Logout"
    method = logout if call.by == "logout" else f"{collector}.CancelWaitForUpdates"
    return called("break_off", collector, version(names, call.version), method)


EXPRESSIONS: Final[dict[type, Callable[[Names, Any], str]]] = {
    c.CreateListView: _create_view,
    c.ModifyListView: _modify_view,
    c.ResetListView: _reset_view,
    c.ReadView: property_of("view", "view", " or []"),
    c.DestroyView: on("view", "DestroyView"),
    c.CreatePropertyCollector: lambda names, call: (
        f"{names.session(call.session)}.propertyCollector.CreatePropertyCollector()"
    ),
    c.CreateFilter: _create_filter,
    c.WaitForUpdatesEx: _wait,
    c.BreakOffWait: _break_off,
    c.DestroyPropertyFilter: on("filter", "DestroyPropertyFilter"),
    c.DestroyPropertyCollector: on("collector", "DestroyPropertyCollector"),
    c.RetrieveReported: lambda names, call: (
        f"retrieve_reported({names.session(call.session)}, {names.refs(call.tasks, call.session)})"
    ),
}
"""Each call as an expression."""
