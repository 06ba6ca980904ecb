"""Collectors: whose they are, how many there can be, what is left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.filters import UnknownEntityTaken
from taskconform.conformance.permitted.variant import permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import refused
from taskconform.conformance.targets.sim_server import Settings, concrete
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_picture import UpdateCollector
    from taskconform.conformance.targets.sim_state import Session, TaskCollector, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


@permitted("history-open-to-all", "access", by="filter.visible: held (vim.TaskHistoryCollector is silent)")
class OpenToAll(Simulator):
    """A collector holds tasks on entities that the session may not access, too."""

    def collected(
        self, session: Session, collector: TaskCollector, numbers: Iterable[int], max_count: int
    ) -> list[TaskRecord]:
        everyone = next((one for one in self.sessions.values() if one.account == "primary"), session)
        return super().collected(everyone, collector, numbers, max_count)


class Shared(Simulator):
    """Collectors that other sessions can use."""

    def may_share(self, session: Session, owner: Session) -> bool:
        """Whether a session can use what is another's."""
        del session, owner
        return True

    def find_task_collector(self, session: Session, collector: calls.Reference) -> TaskCollector:
        value = concrete(collector).value
        for owner in self.sessions.values():
            if value in owner.task_collectors and self.may_share(session, owner):
                return owner.task_collectors[value]
        return super().find_task_collector(session, collector)

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        session = self.authenticated(call.session)
        value = concrete(call.collector).value
        for owner in self.sessions.values():
            if owner is not session and value in owner.task_collectors and self.may_share(session, owner):
                del owner.task_collectors[value]
                return None
        return super().destroy_collector(call)


@permitted("collectors-of-everybody", "owners", by="collector.private: usable (vim.TaskManager is silent)")
class OfEverybody(Shared):
    """Any live session can use a collector."""


@permitted("collectors-of-one-user", "owners", by="collector.private: same-user (vim.TaskManager is silent)")
class OfOneUser(Shared):
    """Any live session of the same user can."""

    def may_share(self, session: Session, owner: Session) -> bool:
        return session.account == owner.account


class Ended(Simulator):
    """Tells the collectors and views of ended sessions from what never was."""

    kind = sf.NOT_AUTHENTICATED

    def __init__(self, settings: Settings) -> None:
        self.ended: set[str] = set()
        super().__init__(settings)

    def end_session(self, name: str) -> None:
        session = self.sessions[name]
        for owned in (session.task_collectors, session.views, session.update_collectors):
            self.ended.update(owned)
        super().end_session(name)

    def check_ended(self, reference: calls.Reference) -> None:
        if concrete(reference).value in self.ended:
            raise refused(self.kind, "")

    def find_task_collector(self, session: Session, collector: calls.Reference) -> TaskCollector:
        self.check_ended(collector)
        return super().find_task_collector(session, collector)

    def find_view(self, session: Session, view: calls.Reference) -> dict[str, ObjectRef]:
        self.check_ended(view)
        return super().find_view(session, view)

    def find_update_collector(self, session: Session, collector: calls.Reference) -> UpdateCollector:
        self.check_ended(collector)
        return super().find_update_collector(session, collector)


@permitted("ended-not-authenticated", "ended", by="vim.SessionManager, Logout: which fault is open (EV 2.33)")
class EndedNotAuthenticated(Ended):
    """What a session left is refused as NotAuthenticated."""


@permitted("ended-invalid-state", "ended", by="vim.SessionManager, Logout: which fault is open")
class EndedInvalidState(Ended):
    """What a session left is refused as InvalidState."""

    kind = sf.INVALID_STATE


@permitted(
    "two-collectors", "places", by="vim.TaskManager, maxCollector: any positive number (EV 2.2)", max_collector="2"
)
class TwoCollectors(Simulator):
    """There are two places only, so that many creates meet the limit."""


@permitted(
    "two-collectors-unknown-entity-taken",
    by="vim.TaskManager, maxCollector; filter.entity-unknown: nothing-held",
    max_collector="2",
)
class TwoCollectorsTaken(Simulator):
    """The same, where an entity that does not exist has no tasks."""

    filter_class = UnknownEntityTaken


@permitted("info-filter-refused", by="collector.info-filter-ids: refused (reference 8.0.3 contradicts itself)")
class InfoFilterRefused(Simulator):
    """descriptionIds without filterIn are refused: the reference contradicts itself."""

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        if info_filter is not None and info_filter.description_ids and info_filter.filter_in is None:
            raise refused(sf.INVALID_ARGUMENT, "")
        return super().new_collector(session, spec, info_filter)


@permitted(
    "info-filter-names-are-kept",
    "results",
    by="collector.info-filter-ids: always-in (reference 8.0.3 contradicts itself)",
)
class InfoFilterKeeps(Simulator):
    """The results of the named tasks are kept, whatever filterIn says."""

    def keeps_result(self, spec: calls.TaskInfoFilterSpec, task: TaskRecord) -> bool:
        named = not spec.description_ids or task.description_id in spec.description_ids
        return not spec.remove_all and named
