"""What several seeded faults stand on: simulators, right in everything, that remember more than they need to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.sim_updates import PROPERTY_FILTER
from taskconform.conformance.targets.sim_views import LIST_VIEW
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskCollector
    from taskconform.model.vocabulary import calls


class Marking(Simulator):
    """A simulator that keeps a number with some collectors."""

    def __init__(self, settings: Settings) -> None:
        """Start with no mark set, before the server makes tasks of its own."""
        self.marks: dict[TaskCollector, int] = {}
        super().__init__(settings)

    def unmark(self, session_name: str, reference: calls.Reference) -> None:
        """Take the mark of this collector away."""
        collector = self.find_scrollable(self.authenticated(session_name), reference)
        if collector is not None:
            self.marks.pop(collector, None)


class RewindUnmarks(Marking):
    """A simulator whose marks last until RewindCollector."""

    def rewind_collector(self, call: calls.RewindCollector) -> None:
        """Take the mark away."""
        super().rewind_collector(call)
        self.unmark(call.session, call.collector)


class PlacingUnmarks(RewindUnmarks):
    """A simulator whose marks last until RewindCollector or ResetCollector."""

    def reset_collector(self, call: calls.ResetCollector) -> None:
        """Take the mark away."""
        super().reset_collector(call)
        self.unmark(call.session, call.collector)


class Remembering(Simulator):
    """A simulator that remembers which collectors, views and filters a session has destroyed."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing destroyed."""
        self.destroyed: set[tuple[int, ObjectRef]] = set()
        super().__init__(settings)

    def is_destroyed(self, session: Session, reference: calls.Reference) -> bool:
        """Whether this session destroyed the object."""
        return (session.number, concrete(reference)) in self.destroyed

    def was_destroyed(self, session_name: str, reference: calls.Reference) -> bool:
        """Whether the session of this name destroyed the object. NotAuthenticated if there is no such session."""
        return self.is_destroyed(self.authenticated(session_name), reference)

    def destroy_collector(self, call: calls.DestroyCollector) -> None:
        """Remember it."""
        super().destroy_collector(call)
        self.destroyed.add((self.authenticated(call.session).number, concrete(call.collector)))

    def destroy_view(self, call: calls.DestroyView) -> None:
        """Remember it."""
        super().destroy_view(call)
        self.destroyed.add((self.authenticated(call.session).number, concrete(call.view)))

    def destroy_property_filter(self, call: calls.DestroyPropertyFilter) -> None:
        """Remember it."""
        super().destroy_property_filter(call)
        self.destroyed.add((self.authenticated(call.session).number, concrete(call.filter)))


class Burying(Simulator):
    """A simulator that remembers what ended with its session: whose it was, and the number of that login."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing ended."""
        self.graves: dict[ObjectRef, tuple[str, int]] = {}
        super().__init__(settings)

    def end_session(self, name: str) -> None:
        """Remember its collectors, views and property filters."""
        session = self.sessions[name]
        refs = [ObjectRef(type=TASK_COLLECTOR, value=value) for value in session.task_collectors]
        refs += [ObjectRef(type=LIST_VIEW, value=value) for value in session.views]
        for collector in session.update_collectors.values():
            refs += [ObjectRef(type=PROPERTY_FILTER, value=value) for value in collector.watches]
        self.graves.update((ref, (session.account, session.number)) for ref in refs)
        super().end_session(name)

    def is_buried(self, session_name: str, reference: calls.Reference) -> bool:
        """Whether the object ended with an earlier session of this session's user."""
        session = self.authenticated(session_name)
        account, number = self.graves.get(concrete(reference), ("", 0))
        return account == session.account and number < session.number
