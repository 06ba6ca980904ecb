"""Seeded faults of the property collector: what its updates tell. Views are in `watch_views`, versions and waits in
`watch_versions`, filters on what is missing in `watch_missing`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.watch_missing import FAULTS as MISSING_FAULTS
from taskconform.conformance.seeded.watch_versions import FAULTS as VERSION_FAULTS
from taskconform.conformance.seeded.watch_views import FAULTS as VIEW_FAULTS
from taskconform.conformance.targets.sim_picture import ABSENT
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_state import COMPLETED, STATES
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, ObjectUpdate
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_picture import Picture, Seen, UpdateCollector, Watch
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import UpdateSet


def are_states(before: Seen, seen: Seen) -> bool:
    """Whether a task's state is known, and it has one still."""
    return before in STATES and seen in STATES


class Fresh(Simulator):
    """A simulator that knows whether the updates being told are those to an empty version."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing to tell."""
        self.is_fresh = False
        super().__init__(settings)

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        """Look at the version; one that resumes a calculation belongs to the version where that began."""
        if version != collector.truncated or not version:
            self.is_fresh = not version
        return super().updates_since(session, collector, version, maximum)


# --- changes that are not told ----------------------------------------------------------------------------------------


class ErrorsAreNotTold(Simulator):
    """A task that goes to error brings no update."""

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Pass it over."""
        return super().is_news(watch, value, before, seen) and not (are_states(before, seen) and seen == ERROR)


class CanceledEndIsNotTold(Simulator):
    """A task that ends as canceled brings no update."""

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Pass it over."""
        news = super().is_news(watch, value, before, seen)
        return news and not (are_states(before, seen) and seen == ERROR and self.tasks[value].cancelled)


class TasksAddedToAViewAreNotFollowed(Simulator):
    """A task that ModifyListView adds brings no update once it was told."""

    def __init__(self, settings: Settings) -> None:
        """Start with none added."""
        self.added: dict[str, set[str]] = {}
        super().__init__(settings)

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Remember what was not there before."""
        view = self.find_view(self.authenticated(call.session), call.view)
        before = set(view)
        unresolved = super().modify_list_view(call)
        self.added.setdefault(concrete(call.view).value, set()).update(set(view) - before)
        return unresolved

    def reset_list_view(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        """Follow all that is in it from now on."""
        unresolved = super().reset_list_view(call)
        self.added.pop(concrete(call.view).value, None)
        return unresolved

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Pass it over."""
        added = value not in watch.watched and any(value in self.added.get(view, ()) for view in watch.watched)
        return super().is_news(watch, value, before, seen) and not (added and are_states(before, seen))


class SecondFilterOfATaskIsSilent(Simulator):
    """Of several filters that show a task, the first tells its changes."""

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Look for an earlier one."""
        news = super().is_news(watch, value, before, seen)
        return news and not (are_states(before, seen) and self.is_second(watch, value))

    def is_second(self, watch: Watch, value: str) -> bool:
        """Whether another filter of the same property collector, made earlier, shows the task."""
        for session in self.sessions.values():
            for collector in session.update_collectors.values():
                if watch in collector.watches.values():
                    showing = (one for one in collector.watches.values() if self.is_in_watch(session, one, value))
                    return next(showing, watch) is not watch
        return False


class FirstUpdateLeavesOutCompletedTasks(Fresh):
    """Updates to the empty version, and those after them, say nothing of tasks that have completed by then."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing left out."""
        self.left_out: set[tuple[str, str]] = set()
        super().__init__(settings)

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Leave them out for good."""
        if self.is_fresh and before == ABSENT and seen in COMPLETED:
            self.left_out.add((watch.ref.value, value))
        return (watch.ref.value, value) not in self.left_out and super().is_news(watch, value, before, seen)


# --- changes that are told otherwise ----------------------------------------------------------------------------------


class CompletedTaskLeaves(Simulator):
    """A task that completes is told as having left."""

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Tell another kind."""
        if are_states(before, seen) and seen in COMPLETED:
            return ObjectUpdate(filter=watch.ref, kind="leave", obj=ref)
        return super().update_of(session, watch, ref, before, seen)


class FirstUpdateIsAsOfTheFilter(Fresh):
    """Updates to the empty version give the states that the tasks had when the filter was made."""

    def __init__(self, settings: Settings) -> None:
        """Start with no filter."""
        self.kept: dict[str, dict[str, Seen]] = {}
        super().__init__(settings)

    def create_filter(self, call: calls.CreateFilter) -> ObjectRef:
        """Keep what it shows."""
        ref = super().create_filter(call)
        session = self.authenticated(call.session)
        collector = self.find_update_collector(session, call.collector)
        self.kept[ref.value] = dict(self.shown(session, collector.watches[ref.value], {}))
        return ref

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Tell what was kept; what counts as delivered is the present state."""
        kept = self.kept[watch.ref.value].get(ref.value, seen)
        told = kept if self.is_fresh and before == ABSENT and are_states(kept, seen) else seen
        return super().update_of(session, watch, ref, before, told)


class ErrorIsToldAsSuccess(Simulator):
    """Updates give success for error."""

    wrong = (ERROR, SUCCESS)
    """The state that is told as another, and the other."""

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Tell another state."""
        update = super().update_of(session, watch, ref, before, seen)
        return evolve(update, state=self.wrong[1]) if update.state == self.wrong[0] else update


class QueuedIsToldAsRunning(ErrorIsToldAsSuccess):
    """Updates give running for queued."""

    wrong = (QUEUED, RUNNING)


class StatesOfASetAreSwapped(Simulator):
    """The first and the last state in an update set are exchanged."""

    def update_set(self, session: Session, collector: UpdateCollector, base: Picture, maximum: int | None) -> UpdateSet:
        """Exchange them."""
        found = super().update_set(session, collector, base, maximum)
        updates = list(found.updates)
        places = [place for place, update in enumerate(updates) if update.state is not None]
        if places:
            first, last = places[0], places[-1]
            one, other = updates[first].state, updates[last].state
            updates[first] = evolve(updates[first], state=other)
            updates[last] = evolve(updates[last], state=one)
        return evolve(found, updates=tuple(updates))


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "errors-are-not-told": ErrorsAreNotTold,
        "tasks-added-to-a-view-are-not-followed": TasksAddedToAViewAreNotFollowed,
        "second-filter-of-a-task-is-silent": SecondFilterOfATaskIsSilent,
        "completed-task-leaves": CompletedTaskLeaves,
        "canceled-end-is-not-told": CanceledEndIsNotTold,
        "first-update-leaves-out-completed-tasks": FirstUpdateLeavesOutCompletedTasks,
        "first-update-is-as-of-the-filter": FirstUpdateIsAsOfTheFilter,
        "error-is-told-as-success": ErrorIsToldAsSuccess,
        "queued-is-told-as-running": QueuedIsToldAsRunning,
        "states-of-a-set-are-swapped": StatesOfASetAreSwapped,
        **VIEW_FAULTS,
        **VERSION_FAULTS,
        **MISSING_FAULTS,
    }
)
"""The simulator of every fault of this area, by the fault's id."""
