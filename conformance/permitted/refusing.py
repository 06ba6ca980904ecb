"""Refusals: which of several conditions is looked at first, and what kind of fault it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.permitted.variant import outcome_of, permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import RefusedError, refused
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import TaskInfo


@permitted("arguments-first", "faults", by="the pages rank no faults where several hold")
class ArgumentsFirst(Simulator):
    """Arguments are looked at before the objects that they are for, and before privileges."""

    def read_next_tasks(self, call: calls.ReadNextTasks) -> tuple[TaskInfo, ...]:
        self.check_in_range(call.max_count)
        return super().read_next_tasks(call)

    def read_previous_tasks(self, call: calls.ReadPreviousTasks) -> tuple[TaskInfo, ...]:
        self.check_in_range(call.max_count)
        return super().read_previous_tasks(call)

    def set_collector_page_size(self, call: calls.SetCollectorPageSize) -> None:
        self.authenticated(call.session)
        self.check_in_range(call.max_count)
        super().set_collector_page_size(call)

    def register_extension(self, call: calls.RegisterExtension) -> None:
        self.authenticated(call.session)
        self.check_has_version(call)
        if call.key in self.extensions:
            raise refused(sf.INVALID_ARGUMENT, "")
        super().register_extension(call)

    def update_extension(self, call: calls.UpdateExtension) -> None:
        self.authenticated(call.session)
        self.check_is_registered(call.key)
        super().update_extension(call)

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        self.authenticated(call.session)
        self.check_is_registered(call.key)
        super().unregister_extension(call)


INVALID_INDEX: Final = "InvalidIndexArgument"
"""A kind of InvalidArgument."""
INVALID_TYPE: Final = "InvalidType"
"""A kind of InvalidRequest."""


@permitted("other-kinds", "kinds", by="EV 2.24: InvalidRequest for InvalidArgument; a subtype is a kind of its fault")
class OtherKinds(Simulator):
    """InvalidRequest for InvalidArgument where the request is malformed, and the other way round; subtypes."""

    def create_collector_for_tasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        self.authenticated(call.session)
        if call.filter is None or call.form != "typed":
            raise refused(INVALID_TYPE if call.form == "unknown" else sf.INVALID_REQUEST, "")
        if call.filter.time is not None and call.filter.time.time_type is None:
            raise refused(INVALID_INDEX, "")
        return super().create_collector_for_tasks(call)

    def check_has_version(self, call: calls.RegisterExtension | calls.UpdateExtension) -> None:
        if call.version is None:
            raise refused(sf.INVALID_ARGUMENT, "")

    def check_may_filter(self, session: Session, spec: calls.TaskFilterSpec) -> None:
        if isinstance(outcome_of(lambda: super(OtherKinds, self).check_may_filter(session, spec)), RefusedError):
            raise refused(sf.NOT_AUTHENTICATED, "")

    def require(self, session: Session, privilege: str) -> None:
        if isinstance(outcome_of(lambda: super(OtherKinds, self).require(session, privilege)), RefusedError):
            raise refused(sf.NOT_AUTHENTICATED, "")


@permitted("outsiders-turned-away", "door", by="N 4: a user without privileges may be refused at the door")
class OutsidersTurnedAway(Simulator):
    """A user without any privilege cannot log in (N4)."""

    def has_access(self, account: str) -> bool:
        return account != "outsider" and super().has_access(account)
