"""The simulator's PropertyCollector: what its filters show, and how that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.targets.sim_faults import NO_PERMISSION, fault_of
from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.sim_inventory import SYSTEM_READ
from taskconform.conformance.targets.sim_pages import SimulatedPages
from taskconform.conformance.targets.sim_picture import ABSENT, MISSING
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_tasks import SimulatedTasks
from taskconform.conformance.targets.sim_views import LIST_VIEW, SimulatedViews
from taskconform.model.vocabulary.outcomes import ObjectUpdate, UpdateSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.targets.sim_picture import Picture, Seen, UpdateCollector, Watch
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


class SimulatedWatching(SimulatedTasks, SimulatedPages, SimulatedViews):
    """A server whose tasks, views and collectors can be watched."""

    def retrieve_reported(self, call: calls.RetrieveReported) -> tuple[ObjectRef, ...]:
        """Follow the page: "missing objects will simply be omitted", and an object is reported "at most once". A task
        whose state may not be read is spoken of, for its missingSet.
        """
        session = self.authenticated(call.session)
        return tuple(dict.fromkeys([ref for ref in map(concrete, call.tasks) if self.exists(session, ref)]))

    # --- what a filter shows --------------------------------------------------------------------------------------

    def shown(self, session: Session, watch: Watch, known: dict[str, Seen]) -> Iterator[tuple[str, Seen]]:
        """Give what the filter shows now, by reference value, each object once: what it reports as missing, the tasks
        it was created over, those in the views, and the collectors.
        """
        tasks, watched = self.tasks, watch.watched
        told = set(watched)
        if watch.missing:
            yield from [(value, MISSING) for value in watched if value in watch.missing]
        for value, ref in watched.items():
            if value in watch.missing:
                continue
            if value in tasks:
                yield value, self.seen_of_task(session, tasks[value], known.get(value))
            elif value in session.task_collectors:
                yield value, self.page_seen(session, session.task_collectors[value])
            elif ref.type == LIST_VIEW:
                for member in session.views.get(value, ()):
                    if member in tasks and member not in told:
                        told.add(member)
                        yield member, self.seen_of_task(session, tasks[member], known.get(member))

    def seen_of_task(self, session: Session, task: TaskRecord, known: Seen) -> Seen:
        """Give the task's state, or None if the session may not read it. Whoever knows a state may read the next."""
        return task.state if known is not None or self.may_read_info(session, task) else None

    def seen_now(self, session: Session, watch: Watch, value: str) -> Seen:
        """Give what the filter shows of one object now; `ABSENT` if that is not in it, or not there any more."""
        if value in watch.missing:
            return MISSING
        if value in session.task_collectors:
            return self.page_seen(session, session.task_collectors[value]) if value in watch.watched else ABSENT
        task = self.tasks.get(value)
        if task is None or not self.is_in_watch(session, watch, value):
            return ABSENT
        return self.seen_of_task(session, task, None)

    def is_in_watch(self, session: Session, watch: Watch, value: str) -> bool:
        """Whether the filter was created over the task, or over a view that it is in. A view that was destroyed has
        nothing in it.
        """
        return value in watch.watched or any(value in session.views.get(view, ()) for view in watch.watched)

    def page_seen(self, session: Session, collector: TaskCollector) -> Seen:
        """Give what makes a latestPage another one: its members, and their states. Other changes of a member do not."""
        return tuple([(task.number, task.state) for task in self.shown_page(session, collector)])

    # --- how it is told -------------------------------------------------------------------------------------------

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Whether the client, who knows the object as it was before, is to be told of it."""
        del watch, value
        return seen != before

    def update_set(self, session: Session, collector: UpdateCollector, base: Picture, maximum: int | None) -> UpdateSet:
        """Tell what is pending, each object as it is now; what has become as the client knows it is passed over. A set
        that ends a suspended calculation is given even if nothing is left to tell: its version is needed.
        """
        updates: list[ObjectUpdate] = []
        missing: list[ObjectRef] = []
        changes: list[tuple[str, str, Seen]] = []
        pending = collector.pending
        while pending:
            watch, value = pending[0]
            if value not in watch.missing and self.is_suspended(len(updates), maximum):
                break
            pending.popleft()
            name = watch.ref.value
            before = base.get(name, {}).get(value, ABSENT)
            seen = self.seen_now(session, watch, value)
            if name not in collector.watches or not self.is_news(watch, value, before, seen):
                continue
            changes.append((name, value, seen))
            ref = watch.watched.get(value) or self.tasks[value].ref
            if seen == MISSING:
                missing.append(ref)
            else:
                updates.append(self.update_of(session, watch, ref, before, seen))
        truncated = bool(pending)
        version = collector.commit(base, changes, truncated=truncated)
        return UpdateSet(version=version, truncated=truncated, updates=tuple(updates), missing=tuple(missing))

    def is_suspended(self, ready: int, maximum: int | None) -> bool:
        """Follow the page: "suspend the update calculation when the total count of ObjectUpdate entries ready to return
        reaches the specified maximum". A calculation at its end is not suspended.
        """
        return maximum is not None and ready >= maximum

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Tell one object's update: it entered, was modified, or left "the set of objects [...] associated with a
        filter". With enter and modify goes the value, or the fault that stands for it.
        """
        if seen == ABSENT:
            return ObjectUpdate(filter=watch.ref, kind="leave", obj=ref)
        kind = "enter" if before == ABSENT else "modify"
        if ref.type == TASK_COLLECTOR:
            collector = session.task_collectors[ref.value]
            page = self.latest_items(collector, self.shown_page(session, collector))
            return ObjectUpdate(filter=watch.ref, kind=kind, obj=ref, latest_page=page, changed=True)
        if isinstance(seen, str):
            return ObjectUpdate(filter=watch.ref, kind=kind, obj=ref, state=seen)
        fault = fault_of(NO_PERMISSION, f"{SYSTEM_READ} is required on the task's entity")
        return ObjectUpdate(filter=watch.ref, kind=kind, obj=ref, missing=fault)
