"""Seeded faults of recentTask: who is shown what, by which way of reading; and of who may read Task.info."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import LeavesOut
from taskconform.conformance.targets.sim_faults import NO_PERMISSION, refused
from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.sim_inventory import ROOT, SYSTEM_READ, TASK_UPDATE
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import NOBODY, ObjectRef
from taskconform.model.vocabulary.outcomes import SECOND, Property, RecentTaskUpdate
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import TaskInfo

Recent = Property[tuple[ObjectRef, ...]]
KEPT_FOR = 30 * SECOND

# --- access -----------------------------------------------------------------------------------------------------------


class ReadersSeeTheirOwnTasksOnly(LeavesOut):
    """Who cannot update tasks sees only those whose reason names them."""

    def leaves_out(self, session: Session, task: TaskRecord) -> bool:
        """Leave out the others."""
        return not self.holds(session, TASK_UPDATE) and task.reason.user_name != session.user_name


class AccessByTheParentFolder(Simulator):
    """Who sees a task goes by the parent of its entity."""

    def may_list(self, session: Session, task: TaskRecord) -> bool:
        """Go up."""
        entity = None if task.entity is None else self.inventory.entities.get(task.entity.value)
        parent = None if entity is None else entity.parent
        return self.holds(session, SYSTEM_READ, ROOT if parent is None else parent.value)


class FreshWaitShowsWhatIsHidden(Simulator):
    """WaitForUpdatesEx with an empty version gives the tasks of all entities."""

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Give them all."""
        update = super().wait_for_recent_task(call)
        return evolve(update, recent_task=Property(value=self.all_refs())) if call.fresh else update

    def all_refs(self) -> tuple[ObjectRef, ...]:
        """Give what is recent, whoever may access it."""
        return tuple([task.ref for task in self.recent.tasks(self.clock.now) if self.is_listed(task)])


class ChildrenAreListedWithTheirParent(Simulator):
    """Who may access a task sees its children."""

    def may_list(self, session: Session, task: TaskRecord) -> bool:
        """Ask for either."""
        parent = None if task.parent_task_key is None else self.tasks[task.parent_task_key]
        return super().may_list(session, task) or (parent is not None and super().may_list(session, parent))


class NextTaskStandsInTheList(Simulator):
    """The list holds the reference that the next task will have."""

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        """Add it, once a task has completed."""
        refs = super().recent_refs(session)
        next_ref = ObjectRef(type="Task", value=f"task-{len(self.history) + 1}")
        return (*refs, next_ref) if self.recent.ended else refs


class CollectorStandsInTheList(Simulator):
    """The list holds the session's task collectors."""

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        """Add them."""
        collectors = [ObjectRef(type=TASK_COLLECTOR, value=value) for value in session.task_collectors]
        return (*super().recent_refs(session), *collectors)


class CanceledTaskStandsTwice(Simulator):
    """The list holds a completed task that was canceled twice."""

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        """Add it again."""
        refs = super().recent_refs(session)
        tasks = [self.tasks[ref.value] for ref in refs]
        return (*refs, *[task.ref for task in tasks if task.cancelled and task.completed])


# --- ways of reading --------------------------------------------------------------------------------------------------


class ListIsKeptForHalfAMinute(Simulator):
    """A session that reads the list again within 30 s is given what it was given."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing given."""
        super().__init__(settings)
        self.given: dict[int, tuple[int, Recent]] = {}

    def read_recent_task(self, call: calls.ReadRecentTask) -> Recent:
        """Keep it."""
        session = self.authenticated(call.session)
        at, value = self.given.get(session.number, (0, None))
        if value is None or self.clock.now - at >= KEPT_FOR:
            value = super().read_recent_task(call)
            self.given[session.number] = (self.clock.now, value)
        return value


class CompletionShowsAtTheSecondRead(Simulator):
    """The first read of the list after a completion lacks the completed task."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing held back, before the server makes tasks of its own."""
        self.held_back: set[str] = set()
        super().__init__(settings)

    def note_completed(self, task: TaskRecord) -> None:
        """Hold it back."""
        super().note_completed(task)
        self.held_back.add(task.key)

    def read_recent_task(self, call: calls.ReadRecentTask) -> Recent:
        """Leave out what is held back, once."""
        read = super().read_recent_task(call)
        if read.value is None:
            return read
        shown = tuple([ref for ref in read.value if ref.value not in self.held_back])
        self.held_back.clear()
        return Property(value=shown)


class ShortFreshWait(Simulator):
    """A simulator whose WaitForUpdatesEx with an empty version leaves out some of the list."""

    def waits_without(self, task: TaskRecord) -> bool:
        """Whether it leaves out the task."""
        raise NotImplementedError

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Leave it out."""
        update = super().wait_for_recent_task(call)
        if update.recent_task is None or update.recent_task.value is None:
            return update
        refs = [ref for ref in update.recent_task.value if not self.waits_without(self.tasks[ref.value])]
        return evolve(update, recent_task=Property(value=tuple(refs)))


class FreshWaitLacksTheNewest(ShortFreshWait):
    """WaitForUpdatesEx with an empty version leaves out the last task, if it is live."""

    def waits_without(self, task: TaskRecord) -> bool:
        """Look at the number."""
        return task.number == len(self.history) and not task.completed


class FreshWaitLacksTheCompleted(ShortFreshWait):
    """WaitForUpdatesEx with an empty version leaves out the completed tasks."""

    def waits_without(self, task: TaskRecord) -> bool:
        """Look at the state."""
        return task.completed


class FreshWaitAfterALaterOneYieldsNothing(Simulator):
    """After a wait with a later version one with an empty version yields nothing."""

    def __init__(self, settings: Settings) -> None:
        """Start with no later wait made."""
        super().__init__(settings)
        self.have_waited: set[int] = set()

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Note the later ones."""
        update = super().wait_for_recent_task(call)
        session = self.authenticated(call.session)
        if not call.fresh:
            self.have_waited.add(session.number)
        return RecentTaskUpdate(changed=False) if session.number in self.have_waited else update


class LaterWaitYieldsAnOldValue(Simulator):
    """A wait with a later version yields the first value that the session was given."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing given."""
        super().__init__(settings)
        self.first: dict[int, RecentTaskUpdate] = {}

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Keep the first."""
        update = super().wait_for_recent_task(call)
        session = self.authenticated(call.session)
        if call.fresh:
            self.first.setdefault(session.number, update)
            return update
        return self.first.get(session.number, update)


class LaterWaitTakesLiveTasksOut(Simulator):
    """A wait with a later version tells that the live tasks are no longer listed."""

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Tell so."""
        update = super().wait_for_recent_task(call)
        session = self.authenticated(call.session)
        live = tuple([task.key for task in self.recent.live.values() if self.may_list(session, task)])
        return update if call.fresh or not live else RecentTaskUpdate(changed=True, removed=live)


# --- without a login, or without access -------------------------------------------------------------------------------


class ListIsEmptyWithoutALogin(Simulator):
    """Who never logged in is given an empty list."""

    def read_recent_task(self, call: calls.ReadRecentTask) -> Recent:
        """Give it."""
        return Property(value=()) if call.session == NOBODY else super().read_recent_task(call)


class FreshWaitNeedsNoLogin(FreshWaitShowsWhatIsHidden):
    """WaitForUpdatesEx with an empty version gives all to who is not logged in."""

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Give it; who is logged in is served as ever."""
        if call.fresh and call.session not in self.sessions:
            return RecentTaskUpdate(changed=True, recent_task=Property(value=self.all_refs()))
        return Simulator.wait_for_recent_task(self, call)


class UnreadableInfoIsAMethodFault(Simulator):
    """Reading the info of a task without access faults as a whole."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Raise what should stand in missingSet."""
        if not self.may_read_info(session, task):
            raise refused(NO_PERMISSION, f"{SYSTEM_READ} is required on the task's entity")
        return super().info_for(session, task)


class UnreadableInfoIsShownOnceCompleted(Simulator):
    """The info of a completed task is given to all."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Give it."""
        is_shown = task.completed and self.may_view(session)
        return Property(value=task.info) if is_shown else super().info_for(session, task)


class UnreadableInfoIsSilentlyAbsent(Simulator):
    """The info of a task without access is left out, and nothing is said."""

    def info_for(self, session: Session, task: TaskRecord) -> Property[TaskInfo]:
        """Say nothing."""
        found = super().info_for(session, task)
        return Property() if found.value is None else found


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "readers-see-their-own-tasks-only": ReadersSeeTheirOwnTasksOnly,
        "access-by-the-parent-folder": AccessByTheParentFolder,
        "fresh-wait-shows-what-is-hidden": FreshWaitShowsWhatIsHidden,
        "children-are-listed-with-their-parent": ChildrenAreListedWithTheirParent,
        "next-task-stands-in-the-list": NextTaskStandsInTheList,
        "collector-stands-in-the-list": CollectorStandsInTheList,
        "canceled-task-stands-twice": CanceledTaskStandsTwice,
        "list-is-kept-for-half-a-minute": ListIsKeptForHalfAMinute,
        "completion-shows-at-the-second-read": CompletionShowsAtTheSecondRead,
        "fresh-wait-lacks-the-newest": FreshWaitLacksTheNewest,
        "fresh-wait-lacks-the-completed": FreshWaitLacksTheCompleted,
        "fresh-wait-after-a-later-one-yields-nothing": FreshWaitAfterALaterOneYieldsNothing,
        "later-wait-yields-an-old-value": LaterWaitYieldsAnOldValue,
        "later-wait-takes-live-tasks-out": LaterWaitTakesLiveTasksOut,
        "list-is-empty-without-a-login": ListIsEmptyWithoutALogin,
        "fresh-wait-needs-no-login": FreshWaitNeedsNoLogin,
        "unreadable-info-is-a-method-fault": UnreadableInfoIsAMethodFault,
        "unreadable-info-is-shown-once-completed": UnreadableInfoIsShownOnceCompleted,
        "unreadable-info-is-silently-absent": UnreadableInfoIsSilentlyAbsent,
    }
)
"""The simulators here, by the id of what is wrong with them."""
