"""Seeded faults of maxCollector: its value, and how collectors are counted against it."""

from __future__ import annotations

from collections import Counter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, NOT_SUPPORTED, RefusedError, refused
from taskconform.conformance.targets.sim_history import TYPED
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import Property

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef


class CountsMore(Simulator):
    """A simulator that counts more than the collectors that exist, by the number of the login or by the account."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing counted."""
        super().__init__(settings)
        self.extra: Counter[int] = Counter()
        self.lost: Counter[str] = Counter()

    def has_room(self, session: Session) -> bool:
        """Count that too."""
        counted = self.counted(session) + self.extra[session.number] + self.lost[session.account]
        return counted < self.settings.max_collector

    def counted(self, session: Session) -> int:
        """Give how many collectors count for the session."""
        return len(session.task_collectors)


# --- the value --------------------------------------------------------------------------------------------------------


class MaxCollectorIsMinusOne(Simulator):
    """maxCollector is -1."""

    def read_max_collector(self, call: calls.ReadMaxCollector) -> Property[int]:
        """Give that."""
        read = super().read_max_collector(call)
        return read if read.value is None else Property(value=-1)


class MaxCollectorIsWhatIsLeft(Simulator):
    """maxCollector is what the session can still create."""

    def read_max_collector(self, call: calls.ReadMaxCollector) -> Property[int]:
        """Take off what there is."""
        read = super().read_max_collector(call)
        taken = len(self.authenticated(call.session).task_collectors)
        return read if read.value is None else Property(value=read.value - taken)


class MaxCollectorNeedsNoLogin(Simulator):
    """maxCollector is given to who is not logged in."""

    def read_max_collector(self, call: calls.ReadMaxCollector) -> Property[int]:
        """Give it."""
        if call.session not in self.sessions:
            return Property(value=self.settings.max_collector)
        return super().read_max_collector(call)


# --- the maximum ------------------------------------------------------------------------------------------------------


class OneFewerThanTheMaximum(CountsMore):
    """One collector fewer than the maximum can be had."""

    def counted(self, session: Session) -> int:
        """Count one more."""
        return super().counted(session) + 1


class ListViewsTakePlaces(CountsMore):
    """List views are counted too."""

    def counted(self, session: Session) -> int:
        """Count them."""
        return super().counted(session) + len(session.views)


class ThreeMoreThanTheMaximum(CountsMore):
    """Three collectors more than the maximum can be had."""

    def counted(self, session: Session) -> int:
        """Count three fewer."""
        return super().counted(session) - 3


class FullIsNotSupported(Simulator):
    """Beyond the maximum the fault is NotSupported."""

    def check_may_collect(self, session: Session) -> None:
        """Raise the other fault."""
        if self.settings.vcenter and self.may_view(session) and not self.has_room(session):
            raise refused(NOT_SUPPORTED, "there are as many task collectors as can be")
        super().check_may_collect(session)


class OldestCollectorMakesRoom(Simulator):
    """Beyond the maximum the oldest collector goes."""

    def has_room(self, session: Session) -> bool:
        """Find room always."""
        del session
        return True

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Take the oldest away once the new one is there."""
        ref = super().new_collector(session, spec, info_filter)
        if len(session.task_collectors) > self.settings.max_collector:
            oldest = next(iter(session.task_collectors))
            del session.task_collectors[oldest]
            self.forget_object(oldest)
        return ref


class RefusedCreateTakesAPlace(CountsMore):
    """A collector that is refused for the maximum is counted."""

    def has_room(self, session: Session) -> bool:
        """Count it."""
        found = super().has_room(session)
        if not found:
            self.extra[session.number] += 1
        return found


class NullFilterTakesAPlace(CountsMore):
    """A collector that is refused for its filter is counted."""

    def create_collector_for_tasks(self, call: calls.CreateCollectorForTasks) -> ObjectRef:
        """Count it."""
        try:
            return super().create_collector_for_tasks(call)
        except RefusedError as refusal:
            ill_formed = call.filter is None or call.form != TYPED
            if ill_formed and refusal.fault.kind == INVALID_ARGUMENT:
                self.extra[self.authenticated(call.session).number] += 1
            raise


# --- whose collectors count -------------------------------------------------------------------------------------------


class MaximumOverTheWholeServer(CountsMore):
    """The collectors of all sessions are counted."""

    def counted(self, session: Session) -> int:
        """Count them."""
        del session
        return sum(len(each.task_collectors) for each in self.sessions.values())


class RefusedClientLocksTheOthersOut(Simulator):
    """While a session is at its maximum and was told so, other users get no collector."""

    def __init__(self, settings: Settings) -> None:
        """Start with nobody refused."""
        super().__init__(settings)
        self.refused: dict[int, str] = {}

    def has_room(self, session: Session) -> bool:
        """Note who is refused for the maximum."""
        if not super().has_room(session):
            self.refused[session.number] = session.account
            return False
        return all(account == session.account for account in self.refused.values())

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Forget that the session was refused."""
        super().destroy_collector(call)
        self.refused.pop(self.authenticated(call.session).number, None)

    def end_session(self, name: str) -> None:
        """Forget that the session was refused."""
        self.refused.pop(self.sessions[name].number, None)
        super().end_session(name)


# --- what frees a place -----------------------------------------------------------------------------------------------


class DestroyFreesNothing(CountsMore):
    """All collectors that the session ever made are counted."""

    def counted(self, session: Session) -> int:
        """Count none that exists: each was counted when it was made."""
        del session
        return 0

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        """Count it."""
        ref = super().new_collector(session, spec, info_filter)
        self.extra[session.number] += 1
        return ref


class OnceFullAlwaysFull(Simulator):
    """A session that was refused a collector for the maximum is always refused."""

    def __init__(self, settings: Settings) -> None:
        """Start with nobody refused."""
        super().__init__(settings)
        self.refused: set[int] = set()

    def has_room(self, session: Session) -> bool:
        """Remember it."""
        if not super().has_room(session):
            self.refused.add(session.number)
        return session.number not in self.refused


class LogoutFreesNothing(CountsMore):
    """The places of a user's dead sessions stay taken."""

    def counted(self, session: Session) -> int:
        """Count those of all the user's sessions."""
        return sum(len(each.task_collectors) for each in self.sessions.values() if each.account == session.account)

    def end_session(self, name: str) -> None:
        """Keep the places."""
        session = self.sessions[name]
        self.lost[session.account] += self.places_kept(len(session.task_collectors))
        super().end_session(name)

    def places_kept(self, collectors: int) -> int:
        """Give how many of the places stay taken."""
        return collectors


class LogoutFreesHalf(LogoutFreesNothing):
    """Half of the places of a user's dead sessions stay taken."""

    def places_kept(self, collectors: int) -> int:
        """Keep those of every second collector."""
        return collectors // 2


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "max-collector-is-minus-one": MaxCollectorIsMinusOne,
        "max-collector-is-what-is-left": MaxCollectorIsWhatIsLeft,
        "max-collector-needs-no-login": MaxCollectorNeedsNoLogin,
        "one-fewer-than-the-maximum": OneFewerThanTheMaximum,
        "list-views-take-places": ListViewsTakePlaces,
        "three-more-than-the-maximum": ThreeMoreThanTheMaximum,
        "full-is-not-supported": FullIsNotSupported,
        "oldest-collector-makes-room": OldestCollectorMakesRoom,
        "refused-create-takes-a-place": RefusedCreateTakesAPlace,
        "null-filter-takes-a-place": NullFilterTakesAPlace,
        "maximum-over-the-whole-server": MaximumOverTheWholeServer,
        "refused-client-locks-the-others-out": RefusedClientLocksTheOthersOut,
        "destroy-frees-nothing": DestroyFreesNothing,
        "once-full-always-full": OnceFullAlwaysFull,
        "logout-frees-nothing": LogoutFreesNothing,
        "logout-frees-half": LogoutFreesHalf,
    }
)
"""The simulators here, by the id of what is wrong with them."""
