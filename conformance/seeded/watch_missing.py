"""Seeded faults of filters and retrievals over what does not exist."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_picture import Watch
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


class MissingTasksAreNotReported(Simulator):
    """A filter shows nothing of what is missing."""

    def new_watch(self, ref: ObjectRef, watched: tuple[ObjectRef, ...], missing: frozenset[str]) -> Watch:
        """Leave it out."""
        return Watch(ref, tuple([obj for obj in watched if obj.value not in missing]), frozenset())


class FilterOnAMissingTaskIsTaken(Simulator):
    """A filter on what is missing is taken without the flag."""

    def __init__(self, settings: Settings) -> None:
        """Start with no filter in the making."""
        self.reports = False
        super().__init__(settings)

    def check_missing(self, call: calls.CreateFilter, missing: frozenset[str]) -> None:
        """Take it."""
        self.reports = call.report_missing
        if not call.report_missing and not self.takes(call, missing):
            super().check_missing(call, missing)

    def takes(self, call: calls.CreateFilter, missing: frozenset[str]) -> bool:
        """Whether it is taken although something is missing."""
        del call, missing
        return True

    def new_watch(self, ref: ObjectRef, watched: tuple[ObjectRef, ...], missing: frozenset[str]) -> Watch:
        """Leave out what is missing, if it is not to be reported."""
        if self.reports:
            return super().new_watch(ref, watched, missing)
        return Watch(ref, tuple([obj for obj in watched if obj.value not in missing]), frozenset())


class FilterOnOneMissingAmongOthersIsTaken(FilterOnAMissingTaskIsTaken):
    """A filter on what is missing is taken without the flag if something else is there."""

    def takes(self, call: calls.CreateFilter, missing: frozenset[str]) -> bool:
        """Look for something that is there."""
        return any(concrete(obj).value not in missing for obj in call.watched)


class FilterOnAMissingTaskIsAnInvalidArgument(Simulator):
    """A filter on what is missing is refused with InvalidArgument."""

    def check_missing(self, call: calls.CreateFilter, missing: frozenset[str]) -> None:
        """Refuse it with the wrong fault."""
        if missing and not call.report_missing:
            raise refused(INVALID_ARGUMENT, "an object is missing")


class MissingFlagIsNotLookedAt(Simulator):
    """A filter on what is missing is refused, flag or no flag."""

    def check_missing(self, call: calls.CreateFilter, missing: frozenset[str]) -> None:
        """Refuse it."""
        super().check_missing(call, missing)
        if missing:
            raise refused(OBJECT_NOT_FOUND, "an object is missing")


class RetrievalSpeaksOfMissingTasks(Simulator):
    """A retrieval has an entry for what is missing."""

    def retrieve_reported(self, call: calls.RetrieveReported) -> tuple[ObjectRef, ...]:
        """Leave nothing out."""
        super().retrieve_reported(call)
        return tuple(dict.fromkeys(map(concrete, call.tasks)))


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "filter-on-a-missing-task-is-taken": FilterOnAMissingTaskIsTaken,
        "filter-on-one-missing-among-others-is-taken": FilterOnOneMissingAmongOthersIsTaken,
        "filter-on-a-missing-task-is-an-invalid-argument": FilterOnAMissingTaskIsAnInvalidArgument,
        "missing-tasks-are-not-reported": MissingTasksAreNotReported,
        "missing-flag-is-not-looked-at": MissingFlagIsNotLookedAt,
        "retrieval-speaks-of-missing-tasks": RetrievalSpeaksOfMissingTasks,
    }
)
"""The simulator of every fault of what is missing, by the fault's id."""
