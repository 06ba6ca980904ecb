"""Every call as an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.reports.reproduction.calls import history, services, tasks, watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.vocabulary.calls import PlannedCall
    from taskconform.reports.reproduction.names import Names

EXPRESSIONS: Final[dict[type, Callable[[Names, Any], str]]] = {
    **tasks.EXPRESSIONS,
    **history.EXPRESSIONS,
    **watch.EXPRESSIONS,
    **services.EXPRESSIONS,
}
"""The form of each call."""


def expression(names: Names, call: PlannedCall) -> str:
    """Return a call as an expression."""
    return EXPRESSIONS[type(call)](names, call)
