"""Mutants of recentTask: the limits, and what is listed for how long."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import recent
from taskconform.model.vocabulary.outcomes import ERROR


@mutant("errors-leave-at-once", recent.is_listed)
def errors_leave_at_once(original, state, session, task, choices):
    """A task in error is not listed."""
    return task.info.state != ERROR and original(state, session, task, choices)
