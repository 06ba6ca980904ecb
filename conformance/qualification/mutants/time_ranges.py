"""Mutants of filters by time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.qualification.mutants.mutant import mutant
from taskconform.model.spec import filters, life
from taskconform.model.vocabulary.outcomes import ERROR, SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ByTime

QUEUED_TIME: Final = "queuedTime"
STARTED_TIME: Final = "startedTime"
COMPLETED_TIME: Final = "completedTime"
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE


def is_bounded(by: ByTime, time_type: str) -> bool:
    """Tell whether a time part goes by this stamp and has a bound."""
    return by.time_type == time_type and (by.begin_time, by.end_time) != (None, None)


@mutant("queued-time-looks-at-the-start", filters.passes_time)
def queued_time_looks_at_the_start(original, by, info, choices):
    """The queuedTime of a task that has started is its startTime."""
    return original(by, evolve(info, queue_time=info.start_time or info.queue_time), choices)


@mutant("queued-begin-ignored-beside-an-end", filters.passes_time)
def queued_begin_ignored_beside_an_end(original, by, info, choices):
    """Of two bounds by queuedTime, only the end is looked at."""
    ignored = by.time_type == QUEUED_TIME and by.end_time is not None
    return original(evolve(by, begin_time=None) if ignored else by, info, choices)


@mutant("queued-end-rounded-up-to-the-minute", filters.passes_time)
def queued_end_rounded_up_to_the_minute(original, by, info, choices):
    """The endTime by queuedTime is rounded up to the minute."""
    if by.time_type == QUEUED_TIME and by.end_time is not None:
        by = evolve(by, end_time=-(-by.end_time // MINUTE) * MINUTE)
    return original(by, info, choices)


@mutant("never-started-starts-when-queued", filters.passes_time)
def never_started_starts_when_queued(original, by, info, choices):
    """The startedTime of a task that never started is its queueTime, if there is a bound."""
    if is_bounded(by, STARTED_TIME) and info.start_time is None:
        info = evolve(info, start_time=info.queue_time)
    return original(by, info, choices)


@mutant("started-end-is-not-looked-at", filters.passes_time)
def started_end_is_not_looked_at(original, by, info, choices):
    """The endTime by startedTime is not looked at."""
    return original(evolve(by, end_time=None) if by.time_type == STARTED_TIME else by, info, choices)


@mutant("started-time-of-running-only", filters.passes_time)
def started_time_of_running_only(original, by, info, choices):
    """A completed task has no startedTime, if there is a bound."""
    left_out = is_bounded(by, STARTED_TIME) and info.state in life.COMPLETED
    return not left_out and original(by, info, choices)


@mutant("completed-time-looks-at-the-queue-time", filters.passes_time)
def completed_time_looks_at_the_queue_time(original, by, info, choices):
    """The completedTime of a completed task is its queueTime."""
    stamp = None if info.complete_time is None else info.queue_time
    return original(by, evolve(info, complete_time=stamp), choices)


@mutant("live-tasks-complete-after-any-begin", filters.passes_time)
def live_tasks_complete_after_any_begin(original, by, info, choices):
    """A live task completes after any beginTime that is the only bound."""
    only_begin = is_bounded(by, COMPLETED_TIME) and by.end_time is None
    return (only_begin and info.state not in life.COMPLETED) or original(by, info, choices)


@mutant("completed-bounds-an-hour-late", filters.passes_time)
def completed_bounds_an_hour_late(original, by, info, choices):
    """The bounds by completedTime are an hour late."""
    late = by.time_type == COMPLETED_TIME and info.complete_time is not None
    return original(by, evolve(info, complete_time=info.complete_time - HOUR) if late else info, choices)


@mutant("failed-tasks-never-completed", filters.passes_time)
def failed_tasks_never_completed(original, by, info, choices):
    """A task in error has no completedTime, if there is a bound."""
    left_out = is_bounded(by, COMPLETED_TIME) and info.state == ERROR
    return not left_out and original(by, info, choices)
