"""recentTask as a property: its order, its absence, and what a later version of it yields."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import Property, RecentTaskUpdate

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo

Refs = tuple["ObjectRef", ...]


@permitted("empty-recent-absent", "empty", by="recent.empty: absent (EV 1.4)")
class EmptyAbsent(Simulator):
    """With nothing to list recentTask is absent."""

    def read_recent_task(self, call: calls.ReadRecentTask) -> Property[Refs]:
        found = super().read_recent_task(call)
        return Property() if found.value == () else found

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        update = super().wait_for_recent_task(call)
        is_empty = update.recent_task is not None and update.recent_task.value == ()
        return RecentTaskUpdate(changed=True) if is_empty else update


@permitted("empty-page-absent", "empty-page", by="vim.TaskHistoryCollector, latestPage: optional (EV 1.2)")
class EmptyPageAbsent(Simulator):
    """With nothing in it latestPage is absent."""

    def read_latest_page(self, call: calls.ReadLatestPage) -> Property[tuple[TaskInfo, ...]]:
        found = super().read_latest_page(call)
        return Property() if found.value == () else found


@permitted("recent-in-any-order", "recent-order", by="vim.TaskManager, recentTask: no order is given (EV 1.4)")
class AnyOrder(Simulator):
    """recentTask stands in another order each time."""

    def __init__(self, settings: Settings) -> None:
        self.reads = 0
        super().__init__(settings)

    def recent_refs(self, session: Session) -> Refs:
        self.reads += 1
        salt = self.reads.to_bytes(4, "little")
        return tuple(sorted(super().recent_refs(session), key=lambda ref: crc32(salt + ref.value.encode())))


class Notifying(Simulator):
    """A later version of recentTask yields something."""

    def __init__(self, settings: Settings) -> None:
        self.known: dict[str, Refs] = {}
        super().__init__(settings)

    def wait_for_recent_task(self, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        now, before = self.recent_refs(session), self.known.get(call.session)
        self.known[call.session] = now
        if call.fresh or before is None:
            return RecentTaskUpdate(changed=True, recent_task=Property(value=now))
        return self.later(before, now)

    def later(self, before: Refs, now: Refs) -> RecentTaskUpdate:
        """What a later version yields."""
        if set(now) == set(before):
            return RecentTaskUpdate(changed=False)
        return RecentTaskUpdate(changed=True, recent_task=Property(value=now))


@permitted("notifies-in-full", "notifying", by="recent.wait-later: full-value (EV 1.8)")
class NotifiesInFull(Notifying):
    """When recentTask has changed a later version yields its whole value."""


@permitted("notifies-always", "notifying", by="recent.wait-later: full-value")
class NotifiesAlways(Notifying):
    """Every later version yields the whole value, changed or not."""

    def later(self, before: Refs, now: Refs) -> RecentTaskUpdate:
        del before
        return RecentTaskUpdate(changed=True, recent_task=Property(value=now))


@permitted("notifies-by-element", "notifying", by="recent.wait-later: element-changes (EV 1.8)")
class NotifiesByElement(Notifying):
    """When recentTask has changed a later version yields what was added and what was removed."""

    def later(self, before: Refs, now: Refs) -> RecentTaskUpdate:
        if set(now) == set(before):
            return RecentTaskUpdate(changed=False)
        return RecentTaskUpdate(
            changed=True,
            added=tuple(ref for ref in now if ref not in before),
            removed=tuple(ref.value for ref in before if ref not in now),
        )
