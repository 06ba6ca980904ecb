"""List views and property collectors in a script. A wait leaves the update sets that it brought, `sets_f`, and the
version to go on from, `version_f`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import Made, Symbol
from taskconform.model.vocabulary.plan import Act, Follow
from taskconform.reports.reproduction.tasks import on
from taskconform.reports.reproduction.text import Lines, called, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.steps import Steps


# --- calls as expressions ---------------------------------------------------------------------------------------------


def _create_view(steps: Steps, call: c.CreateListView[c.Symbol]) -> str:
    """CreateListView."""
    manager = f"{steps.session(call.session)}.viewManager"
    return called(f"{manager}.CreateListView", steps.refs(call.objs, call.session))


def _modify_view(steps: Steps, call: c.ModifyListView[c.Symbol]) -> str:
    """ModifyListView."""
    arguments = [
        f"{name}={steps.refs(refs, call.session)}" for name, refs in (("add", call.add), ("remove", call.remove))
    ]
    return called(f"{steps.ref(call.view, call.session)}.ModifyListView", *arguments)


def _reset_view(steps: Steps, call: c.ResetListView[c.Symbol]) -> str:
    """ResetListView."""
    return called(f"{steps.ref(call.view, call.session)}.ResetListView", steps.refs(call.objs, call.session))


def _create_filter(steps: Steps, call: c.CreateFilter[c.Symbol]) -> str:
    """CreateFilter."""
    missing = ["report_missing=True"] if call.report_missing else []
    watched = steps.refs(call.watched, call.session)
    return called(steps.part("create_filter"), steps.ref(call.collector, call.session), watched, *missing)


def version(steps: Steps, value: str | Symbol) -> str:
    """A version: one that a step yielded, or a text."""
    return steps.made(value) if isinstance(value, Made) else quoted(str(value))


def _wait(steps: Steps, call: c.WaitForUpdatesEx[c.Symbol]) -> str:
    """WaitForUpdatesEx, once."""
    more = [] if call.max_object_updates is None else [str(call.max_wait_seconds), str(call.max_object_updates)]
    more = more or ([str(call.max_wait_seconds)] if call.max_wait_seconds else [])
    return called(steps.part("wait"), steps.ref(call.collector, call.session), version(steps, call.version), *more)


def _break_off(steps: Steps, call: c.BreakOffWait[c.Symbol]) -> str:
    """A wait, and what breaks it off."""
    collector = steps.ref(call.collector, call.session)
    logout = f"{steps.session(call.session)}.sessionManager.Logout"
    method = logout if call.by == "logout" else f"{collector}.CancelWaitForUpdates"
    return called(steps.part("break_off"), collector, version(steps, call.version), method)


EXPRESSIONS: Final[dict[type, Callable[[Steps, Any], str]]] = {
    c.CreateListView: _create_view,
    c.ModifyListView: _modify_view,
    c.ResetListView: _reset_view,
    c.ReadView: lambda steps, call: f"{steps.read(call.session, steps.ref(call.view), 'view')} or []",
    c.DestroyView: on("view", "DestroyView"),
    c.CreatePropertyCollector: lambda steps, call: (
        f"{steps.session(call.session)}.propertyCollector.CreatePropertyCollector()"
    ),
    c.CreateFilter: _create_filter,
    c.WaitForUpdatesEx: _wait,
    c.BreakOffWait: _break_off,
    c.DestroyPropertyFilter: on("filter", "DestroyPropertyFilter"),
    c.DestroyPropertyCollector: on("collector", "DestroyPropertyCollector"),
    c.RetrieveReported: lambda steps, call: (
        f"{steps.part('retrieve_reported')}({steps.session(call.session)}, {steps.refs(call.tasks, call.session)})"
    ),
}
"""Each call as an expression."""


# --- statements -------------------------------------------------------------------------------------------------------


def sets_of(steps: Steps, index: int) -> str:
    """The variable of the update sets that a step brought."""
    return f"sets_{steps.letters[index]}"


def _act_wait(steps: Steps, call: c.WaitForUpdatesEx[c.Symbol] | c.BreakOffWait[c.Symbol], index: int) -> Lines:
    """A wait."""
    return [f"{sets_of(steps, index)}, {steps.made(Made(step=index))} = {steps.call(call)}"]


ACTS: Final[dict[type, Callable[[Steps, Any, int], Lines]]] = {
    c.WaitForUpdatesEx: _act_wait,
    c.BreakOffWait: _act_wait,
}
"""The calls that are more than one expression."""


def follow(steps: Steps, step: Follow, index: int) -> Lines:
    """Wait after wait."""
    size = [] if step.max_object_updates is None else [str(step.max_object_updates)]
    collector = steps.ref(step.collector, step.session)
    expression = called(steps.part("follow"), collector, version(steps, step.version), *size)
    return [f"{sets_of(steps, index)}, {steps.made(Made(step=index))} = {expression}"]


def calculation(steps: Steps, index: int) -> str:
    """All update sets of the calculation that a step's wait ends: its own, and those of the waits before it whose last
    set was truncated."""
    step = steps.trace.plan[index]
    given = step.version if isinstance(step, Follow) else getattr(getattr(step, "call", None), "version", "")
    own = sets_of(steps, index)
    if not isinstance(given, Made) or not is_wait(steps.trace.plan[given.step]):
        return own
    return f"{steps.part('joined')}({calculation(steps, given.step)}, {own})"


def is_wait(step: object) -> bool:
    """Whether a step waits for updates."""
    return isinstance(step, Follow) or (
        isinstance(step, Act) and isinstance(step.call, c.WaitForUpdatesEx | c.BreakOffWait)
    )
