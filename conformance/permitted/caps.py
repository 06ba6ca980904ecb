"""The limits of recentTask and of collectors: how late a task is dropped, and over what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_faults import INVALID_STATE, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_state import RecentWindow
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

# --- recentTask -------------------------------------------------------------------------------------------------------


class LateWindow(RecentWindow):
    """A completed task is dropped up to a minute after its time has come, each after a time of its own."""

    def __init__(self, window: int, cap: int | None) -> None:
        super().__init__(window, cap)
        self.pushed_out: dict[str, int] = {}

    def trim(self) -> None:
        if self.cap is not None and len(self.ended) > self.cap and self.ended[-1].complete_time is not None:
            self.pushed_out[self.ended[-self.cap - 1].key] = self.ended[-1].complete_time

    def completed_tasks(self, now: int) -> list[TaskRecord]:
        return [task for task in self.completed_order() if now <= self.dropped(task)]

    def dropped(self, task: TaskRecord) -> int:
        """When the task leaves the list."""
        if task.complete_time is None:
            return 0
        due = min(task.complete_time + self.window * SECOND, self.pushed_out.get(task.key, task.complete_time * 2))
        return due + task.number * 7919 % 60 * SECOND + 500_000


@permitted("recent-pruned-late", "window", by="vim.TaskManager, recentTask: by default; the edge is not exact (EV 3.6)")
class PrunedLate(Simulator):
    """Tasks stay in recentTask up to a minute longer than they have to."""

    window_class = LateWindow


class UserWindow(RecentWindow):
    """Keeps the tasks of each user that completed last."""

    def trim(self) -> None:
        """Nothing is dropped: it is counted when the list is made."""

    def completed_tasks(self, now: int) -> list[TaskRecord]:
        counts: dict[str | None, int] = {}
        found: list[TaskRecord] = []
        for task in super().completed_tasks(now):
            user = task.reason.user_name
            counts[user] = counts.get(user, 0) + 1
            if self.cap is None or counts[user] <= self.cap:
                found.append(task)
        return found


@permitted("cap-per-user", "window", by="recent.cap-scope: user")
class CapPerUser(Simulator):
    """The 200 are counted over each user's tasks."""

    window_class = UserWindow


@permitted("cap-of-20-per-user", cap="20", window="120", by="recent.cap-scope: user; other limits are declared")
class CapOf20(Simulator):
    """The limit is 20 tasks of each user and two minutes, as declared."""

    window_class = UserWindow


class WholeWindow(RecentWindow):
    """Keeps all completed tasks."""

    def trim(self) -> None:
        """Nothing is dropped."""


@permitted("cap-over-readable", "window", by="recent.cap-scope: readable")
class CapOverReadable(Simulator):
    """The 200 are counted over the tasks that the session may access."""

    window_class = WholeWindow

    def recent_refs(self, session: Session) -> tuple[ObjectRef, ...]:
        def listed(tasks: Iterable[TaskRecord]) -> list[TaskRecord]:
            return [task for task in tasks if self.is_listed(task) and self.may_access(session, task)]

        ended = listed(self.recent.completed_tasks(self.clock.now))[: self.settings.cap]
        return tuple([task.ref for task in (*listed(self.recent.live.values()), *ended)])


@permitted("esxi-capped", flavour="esxi", by="recent.cap-esxi: capped (EV 2.35)")
class EsxiCapped(Simulator):
    """A host keeps 200 completed tasks, too."""

    def cap_in_force(self) -> int | None:
        return self.settings.cap


@permitted("tasks-retire-with-the-list", "retire", by="EV 2.32: a Task may be gone once it is not recent (N 3)")
class Retire(Simulator):
    """A completed task that recentTask does not list any more is no object any more."""

    def find_task(self, task: calls.Reference) -> TaskRecord:
        found = super().find_task(task)
        if found.completed and found not in self.recent.completed_tasks(self.clock.now):
            raise refused(OBJECT_NOT_FOUND, "the task is gone")
        return found

    def parent_of(self, call: calls.CreateTask) -> TaskRecord | None:
        parent = super().parent_of(call)
        if parent is not None:
            self.find_task(parent.ref)
        return parent


# --- collectors -------------------------------------------------------------------------------------------------------


@permitted("one-collector-more", "places", by="limit.boundary: one-later")
class OneMore(Simulator):
    """The fault comes when there are more than the maximum."""

    def has_room(self, session: Session) -> bool:
        return len(session.task_collectors) <= self.settings.max_collector


class Grouped(Simulator):
    """The places are shared by several sessions."""

    def group_of(self, session: Session) -> list[Session]:
        """The sessions that share places with this one."""
        return [session]

    def has_room(self, session: Session) -> bool:
        return sum(len(one.task_collectors) for one in self.group_of(session)) < self.settings.max_collector


@permitted("places-per-user", "places", by="limit.scope: user")
class PlacesPerUser(Grouped):
    """The sessions of a user share their places."""

    def group_of(self, session: Session) -> list[Session]:
        return [one for one in self.sessions.values() if one.account == session.account]


@permitted("events-take-places", "places", by="limit.events-shared: shared")
class EventsTakePlaces(Simulator):
    """Event collectors take places of the same maximum."""

    def has_room(self, session: Session) -> bool:
        return len(session.task_collectors) + len(session.event_collectors) < self.settings.max_collector

    def create_collector_for_events(self, call: calls.CreateCollectorForEvents) -> ObjectRef:
        if not self.has_room(self.authenticated(call.session)):
            raise refused(INVALID_STATE, "there are as many collectors as can be")
        return super().create_collector_for_events(call)
