"""Seeded faults of filters by time, by user and by state."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.filter_parts import InformedFilter, with_filter
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_state import TaskRecord
    from taskconform.conformance.targets.simulator import Simulator
    from taskconform.model.vocabulary.calls import ByTime, ByUsername

QUEUED_TIME: Final = "queuedTime"
STARTED_TIME: Final = "startedTime"
COMPLETED_TIME: Final = "completedTime"
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

# --- by time ----------------------------------------------------------------------------------------------------------


class TimeFilter(TaskFilter):
    """A filter that can say what its time part goes by, and whether it has a bound."""

    @property
    def time_type(self) -> str | None:
        """The time stamp that it goes by."""
        return None if self.spec.time is None else self.spec.time.time_type

    @property
    def is_bounded(self) -> bool:
        """Whether there is a bound."""
        return self.spec.time is not None and self.bounds(self.spec.time) != (None, None)


class QueuedTimeLooksAtTheStartFilter(TimeFilter):
    """The queuedTime of a task that has started is its startTime."""

    def time_of(self, task: TaskRecord, time_type: str | None) -> int | None:
        """Look at the wrong stamp."""
        stamp = super().time_of(task, time_type)
        return stamp if time_type != QUEUED_TIME or task.start_time is None else task.start_time


class QueuedBeginIgnoredBesideAnEndFilter(TimeFilter):
    """Of two bounds by queuedTime, only the end is looked at."""

    def bounds(self, by: ByTime) -> tuple[int | None, int | None]:
        """Open the other side."""
        begin, end = super().bounds(by)
        return (None, end) if by.time_type == QUEUED_TIME and end is not None else (begin, end)


class QueuedEndRoundedUpToTheMinuteFilter(TimeFilter):
    """The endTime by queuedTime is rounded up to the minute."""

    def bounds(self, by: ByTime) -> tuple[int | None, int | None]:
        """Round it."""
        begin, end = super().bounds(by)
        return begin, end if end is None or by.time_type != QUEUED_TIME else -(-end // MINUTE) * MINUTE


class NeverStartedStartsWhenQueuedFilter(TimeFilter):
    """The startedTime of a task that never started is its queueTime."""

    def time_of(self, task: TaskRecord, time_type: str | None) -> int | None:
        """Look at the wrong stamp, if there is a bound."""
        stamp = super().time_of(task, time_type)
        return task.queue_time if stamp is None and time_type == STARTED_TIME and self.is_bounded else stamp


class StartedEndIsNotLookedAtFilter(TimeFilter):
    """The endTime by startedTime is not looked at."""

    def bounds(self, by: ByTime) -> tuple[int | None, int | None]:
        """Open that side."""
        begin, end = super().bounds(by)
        return begin, None if by.time_type == STARTED_TIME else end


class StartedTimeOfRunningOnlyFilter(TimeFilter):
    """A completed task has no startedTime."""

    def passes_time(self, task: TaskRecord) -> bool:
        """Leave it out, if there is a bound."""
        left_out = self.time_type == STARTED_TIME and self.is_bounded and task.completed
        return not left_out and super().passes_time(task)


class CompletedTimeLooksAtTheQueueTimeFilter(TimeFilter):
    """The completedTime of a completed task is its queueTime."""

    def time_of(self, task: TaskRecord, time_type: str | None) -> int | None:
        """Look at the wrong stamp."""
        stamp = super().time_of(task, time_type)
        return stamp if stamp is None or time_type != COMPLETED_TIME else task.queue_time


class LiveTasksCompleteAfterAnyBeginFilter(TimeFilter):
    """A live task completes after any beginTime that is the only bound."""

    def passes_time(self, task: TaskRecord) -> bool:
        """Let it pass."""
        by = self.spec.time
        if by is not None and by.time_type == COMPLETED_TIME and by.begin_time is not None and by.end_time is None:
            return not task.completed or super().passes_time(task)
        return super().passes_time(task)


class CompletedBoundsAnHourLateFilter(TimeFilter):
    """The bounds by completedTime are an hour late."""

    def bounds(self, by: ByTime) -> tuple[int | None, int | None]:
        """Add the hour."""
        begin, end = super().bounds(by)
        if by.time_type != COMPLETED_TIME:
            return begin, end
        return None if begin is None else begin + HOUR, None if end is None else end + HOUR


class FailedTasksNeverCompletedFilter(TimeFilter):
    """A task in error has no completedTime."""

    def passes_time(self, task: TaskRecord) -> bool:
        """Leave it out, if there is a bound."""
        left_out = self.time_type == COMPLETED_TIME and self.is_bounded and task.state == ERROR
        return not left_out and super().passes_time(task)


# --- by user ----------------------------------------------------------------------------------------------------------


def domain_of(user_name: str) -> str:
    """Give what is before the backslash; a name without one is a domain of its own."""
    return user_name.partition("\\")[0]


class UserListGoesByTheDomainFilter(TaskFilter):
    """A userList holds the tasks of all users of the domains in it."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        """Compare the domains."""
        domains = {domain_of(name) for name in by.user_list if isinstance(name, str)}
        return super().passes_user_list(task, by) or domain_of(task.reason.user_name or "") in domains


class UserListTakesTheOwnUserTooFilter(InformedFilter):
    """A userList holds the tasks of the session's user as well."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        """Take them."""
        return super().passes_user_list(task, by) or task.reason.user_name == self.user_name


class UserListEndsAtItsFirstNameFilter(TaskFilter):
    """Of a userList, the first name is used."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        """Compare it alone."""
        return super().passes_user_list(task, by) and (not by.user_list or task.reason.user_name == by.user_list[0])


class NoUserListIsTheOwnUserFilter(InformedFilter):
    """Without a userList, the tasks of the session's user are held."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        """Leave the others out."""
        own = by.system_user or bool(by.user_list) or task.reason.user_name == self.user_name
        return own and super().passes_user_list(task, by)


class NoUserListIsNobodyFilter(TaskFilter):
    """Without a userList, nobody's tasks are held."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        """Leave all out."""
        return (by.system_user or bool(by.user_list)) and super().passes_user_list(task, by)


# --- by state ---------------------------------------------------------------------------------------------------------


class ErrorCountsAsSuccessFilter(TaskFilter):
    """State success holds tasks in error too."""

    def passes_state(self, task: TaskRecord) -> bool:
        """Take them."""
        return super().passes_state(task) or (SUCCESS in self.spec.state and task.state == ERROR)


class QueuedCountsAsRunningFilter(TaskFilter):
    """State running holds queued tasks too."""

    def passes_state(self, task: TaskRecord) -> bool:
        """Take them."""
        return super().passes_state(task) or (RUNNING in self.spec.state and task.state == QUEUED)


class StateFilterSeesTheFirstStateFilter(TaskFilter):
    """Every task is taken for queued."""

    def passes_state(self, task: TaskRecord) -> bool:
        """Look at the state in which it was made."""
        del task
        return QUEUED in self.spec.state


class CanceledTasksAreInNoStateFilter(TaskFilter):
    """A task that was canceled and has ended is in none of the states."""

    def passes_state(self, task: TaskRecord) -> bool:
        """Leave it out."""
        return super().passes_state(task) and not (task.cancelled and task.state == ERROR)


class SecondStateIsNotUsedFilter(TaskFilter):
    """Of a state list, the first state is used."""

    def passes_state(self, task: TaskRecord) -> bool:
        """Compare it alone."""
        return task.state == self.spec.state[0]


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "queued-time-looks-at-the-start": with_filter(QueuedTimeLooksAtTheStartFilter),
        "queued-begin-ignored-beside-an-end": with_filter(QueuedBeginIgnoredBesideAnEndFilter),
        "queued-end-rounded-up-to-the-minute": with_filter(QueuedEndRoundedUpToTheMinuteFilter),
        "never-started-starts-when-queued": with_filter(NeverStartedStartsWhenQueuedFilter),
        "started-end-is-not-looked-at": with_filter(StartedEndIsNotLookedAtFilter),
        "started-time-of-running-only": with_filter(StartedTimeOfRunningOnlyFilter),
        "completed-time-looks-at-the-queue-time": with_filter(CompletedTimeLooksAtTheQueueTimeFilter),
        "live-tasks-complete-after-any-begin": with_filter(LiveTasksCompleteAfterAnyBeginFilter),
        "completed-bounds-an-hour-late": with_filter(CompletedBoundsAnHourLateFilter),
        "failed-tasks-never-completed": with_filter(FailedTasksNeverCompletedFilter),
        "user-list-goes-by-the-domain": with_filter(UserListGoesByTheDomainFilter),
        "user-list-takes-the-own-user-too": with_filter(UserListTakesTheOwnUserTooFilter),
        "user-list-ends-at-its-first-name": with_filter(UserListEndsAtItsFirstNameFilter),
        "no-user-list-is-the-own-user": with_filter(NoUserListIsTheOwnUserFilter),
        "no-user-list-is-nobody": with_filter(NoUserListIsNobodyFilter),
        "error-counts-as-success": with_filter(ErrorCountsAsSuccessFilter),
        "queued-counts-as-running": with_filter(QueuedCountsAsRunningFilter),
        "state-filter-sees-the-first-state": with_filter(StateFilterSeesTheFirstStateFilter),
        "canceled-tasks-are-in-no-state": with_filter(CanceledTasksAreInNoStateFilter),
        "second-state-is-not-used": with_filter(SecondStateIsNotUsedFilter),
    }
)
"""The simulator of every fault of filters by time, user and state, by the fault's id."""
