"""Answers that say that nobody is logged in."""

from __future__ import annotations

from taskconform.model.vocabulary.outcomes import Faulted, Outcome, Property, RecentTaskUpdate, Returned


def is_shut_out(outcome: Outcome) -> bool:
    """Tell whether an outcome says, in any of the ways there are, that nobody is logged in on the session."""
    if isinstance(outcome, Faulted):
        return outcome.fault.is_a("NotAuthenticated")
    return isinstance(outcome, Returned) and _holds_refusal(outcome.value)


def _holds_refusal(value: object) -> bool:
    """Tell whether a value holds NotAuthenticated in the place of a property."""
    if isinstance(value, tuple):
        return any(_holds_refusal(each) for each in value if isinstance(each, Property))
    if isinstance(value, RecentTaskUpdate):
        return value.recent_task is not None and _holds_refusal(value.recent_task)
    return isinstance(value, Property) and value.missing is not None and value.missing.is_a("NotAuthenticated")
