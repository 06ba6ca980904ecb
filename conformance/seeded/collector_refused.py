"""Seeded faults of CreateCollectorForTasks: what has to be refused is taken, or refused in another way."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_STATE,
    NOT_FOUND,
    NOT_SUPPORTED,
    refused,
)
from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.sim_history import TASK_COLLECTOR, TYPED
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ByTime
    from taskconform.model.vocabulary.outcomes import UserSession

NIL: Final = "nil"
UNKNOWN: Final = "unknown"


def is_null(call: calls.CreateCollectorForTasks) -> bool:
    """Whether the filter is left out, or xsi:nil."""
    return call.filter is None and call.form != UNKNOWN


def is_unknown(call: calls.CreateCollectorForTasks) -> bool:
    """Whether something that is no filter stands in its place."""
    return call.form == UNKNOWN


# --- null and unknown filters -----------------------------------------------------------------------------------------


class NullFilterTakenForAnEmptyOne(Simulator):
    """A null filter makes a collector of everything."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Put an empty one in its place."""
        return TaskFilterSpec() if is_null(call) else super().filter_given(session, call)


class NilFilterTakenForAnEmptyOne(Simulator):
    """A filter that is xsi:nil makes a collector of everything."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Put an empty one in its place."""
        taken = is_null(call) and call.form == NIL
        return TaskFilterSpec() if taken else super().filter_given(session, call)


class NullFilterIsAnInvalidState(Simulator):
    """A null filter is refused with InvalidState."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Refuse it with the wrong fault."""
        if is_null(call):
            raise refused(INVALID_STATE, "the filter is null")
        return super().filter_given(session, call)


class NullFilterRefusedTakesAPlace(Simulator):
    """A null filter is refused once the collector is made."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Make a collector that nobody is told of."""
        if is_null(call):
            self.new_collector(session, TaskFilterSpec(), None)
        return super().filter_given(session, call)


class UnknownFilterTakenForAnEmptyOne(Simulator):
    """A filter of an unknown type makes a collector of everything."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Put an empty one in its place."""
        return TaskFilterSpec() if is_unknown(call) else super().filter_given(session, call)


class UnknownFilterIsNotSupported(Simulator):
    """A filter of an unknown type is refused with NotSupported."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Refuse it with the wrong fault."""
        if is_unknown(call):
            raise refused(NOT_SUPPORTED, "the filter is unknown")
        return super().filter_given(session, call)


class UnknownFilterRefusedTakesAPlace(Simulator):
    """A filter of an unknown type is refused once the collector is made."""

    def filter_given(self, session: Session, call: calls.CreateCollectorForTasks) -> TaskFilterSpec:
        """Make a collector that nobody is told of."""
        if is_unknown(call):
            self.new_collector(session, TaskFilterSpec(), None)
        return super().filter_given(session, call)


# --- ill-formed parts -------------------------------------------------------------------------------------------------


class QueuedByDefaultFilter(TaskFilter):
    """A filter whose time part goes by queuedTime if it does not say by what."""

    def check_time(self, by: ByTime) -> None:
        """Take it."""
        if by.time_type is not None:
            super().check_time(by)

    def time_of(self, task: TaskRecord, time_type: str | None) -> int | None:
        """Go by the queueTime."""
        return super().time_of(task, time_type or "queuedTime")


class EmptyTimeIsNoneFilter(TaskFilter):
    """A filter whose time part is none if there is nothing in it."""

    def check_time(self, by: ByTime) -> None:
        """Take it."""
        if by.time_type is not None or self.bounds(by) != (None, None):
            super().check_time(by)

    def passes_time(self, task: TaskRecord) -> bool:
        """Let everything pass."""
        by = self.spec.time
        return (by is not None and by.time_type is None) or super().passes_time(task)


class NoTypeIsNotFoundFilter(TaskFilter):
    """A filter that refuses a time part without its type with NotFound."""

    def check_time(self, by: ByTime) -> None:
        """Refuse it with the wrong fault."""
        if by.time_type is None:
            raise refused(NOT_FOUND, "there is no time type")
        super().check_time(by)


class TimeWithoutTypeTakenForQueued(Simulator):
    """A time part without its type goes by queuedTime."""

    filter_class = QueuedByDefaultFilter


class TimeWithoutTypeAndBoundsTaken(Simulator):
    """A time part with nothing in it is taken."""

    filter_class = EmptyTimeIsNoneFilter


class TimeWithoutTypeIsNotFound(Simulator):
    """A time part without its type is refused with NotFound."""

    filter_class = NoTypeIsNotFoundFilter


# --- without a login --------------------------------------------------------------------------------------------------


class CollectorWithoutLoginIsMade(Simulator):
    """CreateCollectorForTasks without a login gives a reference."""

    def create_collector_for_tasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        """Make one up."""
        if not self.is_welcome(call.session):
            return super().create_collector_for_tasks(call)
        if call.filter is None or call.form != TYPED:
            raise refused(INVALID_ARGUMENT, "the filter is null or unknown")
        self.collectors += 1
        return ObjectRef(type=TASK_COLLECTOR, value=f"session[0]collector-{self.collectors}")

    def is_welcome(self, session_name: str) -> bool:
        """Whether it is given one although there is no login."""
        return session_name not in self.sessions


class CollectorAfterLogoutIsMade(CollectorWithoutLoginIsMade):
    """CreateCollectorForTasks after Logout gives a reference."""

    def __init__(self, settings: Settings) -> None:
        """Start with no session over."""
        self.ended: set[str] = set()
        super().__init__(settings)

    def end_session(self, name: str) -> None:
        """Remember its name."""
        super().end_session(name)
        self.ended.add(name)

    def login(self, call: calls.Login) -> UserSession:
        """Forget that another session had the name."""
        opened = super().login(call)
        self.ended.discard(call.session)
        return opened

    def is_welcome(self, session_name: str) -> bool:
        """Ask for a session that is over."""
        return session_name in self.ended


class CollectorWithoutLoginIsAnInvalidState(Simulator):
    """CreateCollectorForTasks without a login faults with InvalidState."""

    def create_collector_for_tasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        """Refuse it with the wrong fault."""
        if call.session not in self.sessions:
            raise refused(INVALID_STATE, "there is no session")
        return super().create_collector_for_tasks(call)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "null-filter-taken-for-an-empty-one": NullFilterTakenForAnEmptyOne,
        "nil-filter-taken-for-an-empty-one": NilFilterTakenForAnEmptyOne,
        "null-filter-is-an-invalid-state": NullFilterIsAnInvalidState,
        "null-filter-refused-takes-a-place": NullFilterRefusedTakesAPlace,
        "unknown-filter-taken-for-an-empty-one": UnknownFilterTakenForAnEmptyOne,
        "unknown-filter-is-not-supported": UnknownFilterIsNotSupported,
        "unknown-filter-refused-takes-a-place": UnknownFilterRefusedTakesAPlace,
        "time-without-type-taken-for-queued": TimeWithoutTypeTakenForQueued,
        "time-without-type-and-bounds-taken": TimeWithoutTypeAndBoundsTaken,
        "time-without-type-is-not-found": TimeWithoutTypeIsNotFound,
        "collector-without-login-is-made": CollectorWithoutLoginIsMade,
        "collector-after-logout-is-made": CollectorAfterLogoutIsMade,
        "collector-without-login-is-an-invalid-state": CollectorWithoutLoginIsAnInvalidState,
    }
)
"""The simulator of every fault of what CreateCollectorForTasks has to refuse, by the fault's id."""
