"""Seeded faults in the areas of creating tasks, their life, recentTask, maxCollector and sessions: those of
`frozen/ten_bugs.toml`. A docstring says in short what the list says in full.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_state import RecentWindow
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import QUEUED, Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import RecentTaskUpdate, TaskInfo, UserSession


class EntityNameOfFirstOfItsType(Simulator):
    """A task's entityName is that of the first entity of the same wire type that a task was created on."""

    def __init__(self, settings: Settings) -> None:
        """Start with no name known."""
        super().__init__(settings)
        self.names: dict[str, str] = {}

    def bind_entity(self, task: TaskRecord, obj: calls.Reference) -> None:
        """Look the name up by the reference's type."""
        super().bind_entity(task, obj)
        if task.entity is not None and task.entity_name is not None:
            task.entity_name = self.names.setdefault(task.entity.type, task.entity_name)


class RootIsTheGrandparent(Simulator):
    """A task's rootTaskKey is its grandparent's key, its parent's if there is no grandparent."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Go two steps up at most."""
        super().bind_parent(task, parent)
        task.root_task_key = parent.parent_task_key or parent.key


class RefusedProgressSetsStartTime(Simulator):
    """UpdateProgress of a queued task, refused as it should be, sets startTime all the same; the next start of the task
    sets it again.
    """

    def __init__(self, settings: Settings) -> None:
        """Start with no time stamp out of place, before the server makes tasks of its own."""
        self.stamped: set[str] = set()
        super().__init__(settings)

    def update_progress(self, call: calls.UpdateProgress) -> None:
        """Stamp the time, then look at the state."""
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if task.state == QUEUED:
            task.changed()
            task.start_time = self.clock.now
            self.stamped.add(task.key)
        super().update_progress(call)

    def note_running(self, task: TaskRecord) -> None:
        """Put the time of the start over the stamp."""
        if task.key in self.stamped:
            self.stamped.remove(task.key)
            task.start_time = None
        super().note_running(task)


class SameKeyDescriptionDropped(Simulator):
    """SetTaskDescription with the message key that is in force changes nothing: the new arguments are lost."""

    def set_task_description(self, call: calls.SetTaskDescription) -> None:
        """Return without doing anything if the keys are equal."""
        session = self.authenticated(call.session)
        task = self.find_task(call.task)
        self.check_may_update(session, task)
        if task.description is None or task.description.key != call.key:
            super().set_task_description(call)


class CancelOfQueuedWrongFault(Simulator):
    """CancelTask of a queued task that is not cancelable faults with InvalidState, not with NotSupported."""

    def is_over(self, task: TaskRecord) -> bool:
        """Take such a task for one that is over."""
        return super().is_over(task) or (task.state == QUEUED and not task.cancelable)


class WindowByCreation(RecentWindow):
    """A window that keeps the completed tasks that were created last."""

    def trim(self) -> None:
        """Drop the one that was created first."""
        if self.cap is not None and len(self.ended) > self.cap:
            self.ended.remove(min(self.ended, key=lambda task: task.number))


class Last200ByCreation(Simulator):
    """Of the completed tasks, recentTask keeps the 200 that were created last, not those that completed last."""

    window_class = WindowByCreation


class HiddenTaskShownOnceCompleted(Simulator):
    """A completed task is in recentTask for every session, also for one that has no access to the task's entity."""

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        """Ask for access to the queued and running tasks only."""
        tasks = self.recent.tasks(self.clock.now)
        return tuple([task.ref for task in tasks if task.completed or self.may_access(session, task)])


class SecondFreshWaitIsStale(Simulator):
    """Every WaitForUpdatesEx with an empty version gives a session what the first one gave it."""

    def __init__(self, settings: Settings) -> None:
        """Start with no value kept."""
        super().__init__(settings)
        self.first_updates: dict[int, RecentTaskUpdate] = {}

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        """Keep the first value with the session, by the number of its login."""
        update = super().wait_for_recent_task(call)
        if not call.fresh:
            return update
        return self.first_updates.setdefault(self.authenticated(call.session).number, update)


class DestroyFreesOnlyTheNewest(Simulator):
    """The place of a destroyed task collector stays taken as long as a newer collector of the session exists."""

    def __init__(self, settings: Settings) -> None:
        """Start with no place taken."""
        super().__init__(settings)
        self.places: dict[int, list[str]] = {}

    def has_room(self, session: Session) -> bool:
        """Take the destroyed collectors off the top of the session's stack, and count what is left."""
        places = self.places.setdefault(session.number, [])
        while places and places[-1] not in session.task_collectors:
            places.pop()
        return len(places) < self.settings.max_collector

    def new_collector_ref(self, session: Session, type_name: str, word: str = "collector") -> ObjectRef:
        """Put a task collector on the stack; `has_room` was asked before."""
        ref = super().new_collector_ref(session, type_name, word)
        if type_name == TASK_COLLECTOR:
            self.places[session.number].append(ref.value)
        return ref


class DeadSessionReadsWhatItKnew(Simulator):
    """After Logout, a session still reads the info of the tasks whose info it read before."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing read."""
        super().__init__(settings)
        self.known: dict[str, set[ObjectRef]] = {}

    def login(self, call: calls.Login) -> UserSession:
        """Another login is another session."""
        opened = super().login(call)
        self.known[call.session] = set()
        return opened

    def read_task_info(self, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        """Answer from what is remembered if the session is over, and all that is asked for is remembered."""
        refs = [concrete(task) for task in call.tasks]
        known = self.known.get(call.session, set())
        if call.session not in self.sessions and refs and known.issuperset(refs):
            return tuple([Property(value=self.find_task(ref).info) for ref in refs])
        answers = super().read_task_info(call)
        known.update(ref for ref, answer in zip(refs, answers, strict=True) if answer.value is not None)
        return answers


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "entity-name-of-first-of-its-type": EntityNameOfFirstOfItsType,
        "root-is-the-grandparent": RootIsTheGrandparent,
        "refused-progress-sets-start-time": RefusedProgressSetsStartTime,
        "same-key-description-dropped": SameKeyDescriptionDropped,
        "cancel-of-queued-wrong-fault": CancelOfQueuedWrongFault,
        "last-200-by-creation": Last200ByCreation,
        "hidden-task-shown-once-completed": HiddenTaskShownOnceCompleted,
        "second-fresh-wait-is-stale": SecondFreshWaitIsStale,
        "destroy-frees-only-the-newest": DestroyFreesOnlyTheNewest,
        "dead-session-reads-what-it-knew": DeadSessionReadsWhatItKnew,
    }
)
"""The simulator of each, by the bug's id."""
