"""Seeded faults of list views and property filters: what is in a view, whose it is, and how they end."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.remembering import Burying, Remembering
from taskconform.conformance.targets.sim_faults import INVALID_STATE, OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_server import concrete
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

# --- what is in a view ------------------------------------------------------------------------------------------------


class ModifyReturnsNothingUnresolved(Simulator):
    """ModifyListView does not say what could not be resolved."""

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Return nothing."""
        super().modify_list_view(call)
        return ()


class ModifyFaultsOnUnresolved(Simulator):
    """ModifyListView faults if something cannot be resolved."""

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Refuse it as a whole."""
        session = self.authenticated(call.session)
        self.find_view(session, call.view)
        if not all(self.exists(session, concrete(obj)) for obj in call.add):
            raise refused(OBJECT_NOT_FOUND, "an object cannot be resolved")
        return super().modify_list_view(call)


class ResetStopsAtTheFirstUnresolved(Simulator):
    """ResetListView leaves out all that comes after the first object that cannot be resolved."""

    def reset_list_view(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        """Cut the list behind it."""
        session = self.authenticated(call.session)
        missing = [place for place, obj in enumerate(call.objs) if not self.exists(session, concrete(obj))]
        return super().reset_list_view(evolve(call, objs=call.objs[: missing[0] + 1]) if missing else call)


class ResetReturnsWhatWasResolved(Simulator):
    """ResetListView returns what could be resolved."""

    def reset_list_view(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        """Return the others."""
        unresolved = super().reset_list_view(call)
        return tuple(dict.fromkeys([ref for ref in map(concrete, call.objs) if ref not in unresolved]))


class ResetAdds(Simulator):
    """ResetListView leaves in the view what is there."""

    def reset_list_view(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        """Add to it."""
        session = self.authenticated(call.session)
        return self.add_resolved(session, self.find_view(session, call.view), call.objs)


class ModifyReplaces(Simulator):
    """ModifyListView puts what it adds in the place of what is in the view."""

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Empty it first."""
        view = self.find_view(self.authenticated(call.session), call.view)
        if call.add:
            view.clear()
        return super().modify_list_view(call)


class CreateDropsTheLastObject(Simulator):
    """CreateListView leaves out the last of several objects."""

    def create_list_view(self, call: calls.CreateListView) -> ObjectRef:
        """Cut the list."""
        return super().create_list_view(evolve(call, objs=call.objs[:-1]) if len(call.objs) > 1 else call)


class ViewShowsItsFirstList(Simulator):
    """The view property shows what CreateListView put into the view."""

    def __init__(self, settings: Settings) -> None:
        """Start with no view."""
        self.first: dict[str, tuple[ObjectRef, ...]] = {}
        super().__init__(settings)

    def create_list_view(self, call: calls.CreateListView) -> ObjectRef:
        """Keep it."""
        ref = super().create_list_view(call)
        self.first[ref.value] = tuple(self.authenticated(call.session).views[ref.value].values())
        return ref

    def read_view(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        """Show what was kept."""
        super().read_view(call)
        return Property(value=self.first[concrete(call.view).value])


class OnlyTheFirstIsRemoved(Simulator):
    """ModifyListView removes the first of several objects."""

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Cut the list."""
        return super().modify_list_view(evolve(call, remove=call.remove[:1]))


# --- whose it is ------------------------------------------------------------------------------------------------------


class Open(Simulator):
    """A simulator that knows whose a view is."""

    def owner_of(self, reference: calls.Reference) -> Session | None:
        """Give the live session that made the view."""
        value = concrete(reference).value
        return next((session for session in self.sessions.values() if value in session.views), None)


class ViewIsReadByTheUsersOtherSessions(Open):
    """A view can be read in all sessions of its user."""

    def read_view(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        """Read it as its owner would."""
        owner = self.owner_of(call.view)
        if owner is None or owner.account != self.authenticated(call.session).account:
            return super().read_view(call)
        return Property(value=tuple(self.find_view(owner, call.view).values()))


class ViewIsModifiedByOthers(Open):
    """A view can be modified in every session."""

    def find_view(self, session: Session, view: calls.Reference) -> dict[str, ObjectRef]:
        """Find that of another, while it is lent."""
        return super().find_view(self.lent_by or session, view)

    lent_by: Session | None = None

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Lend it."""
        self.authenticated(call.session)
        self.lent_by = self.owner_of(call.view)
        try:
            return super().modify_list_view(call)
        finally:
            self.lent_by = None


class ViewIsDestroyedByOthers(Open):
    """A view can be destroyed in every session."""

    def destroy_view(self, call: calls.DestroyView) -> None:
        """Take it away from its owner."""
        session, owner = self.authenticated(call.session), self.owner_of(call.view)
        if owner is None or owner is session:
            super().destroy_view(call)
            return
        self.find_view(owner, call.view)
        self.require(session, SYSTEM_VIEW)
        value = concrete(call.view).value
        del owner.views[value]
        self.forget_object(value)


# --- how they end -----------------------------------------------------------------------------------------------------


class DestroyedViewReadsEmpty(Remembering):
    """A destroyed view is an empty one."""

    def read_view(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        """Show nothing in it."""
        return Property(value=()) if self.was_destroyed(call.session, call.view) else super().read_view(call)


class DestroyedViewIsAnInvalidState(Remembering):
    """A destroyed view answers with InvalidState."""

    def find_view(self, session: Session, view: calls.Reference) -> dict[str, ObjectRef]:
        """Refuse it with the wrong fault."""
        if self.is_destroyed(session, view):
            raise refused(INVALID_STATE, "the view is destroyed")
        return super().find_view(session, view)


class DestroyViewTwiceReturns(Remembering):
    """A destroyed view can be destroyed again."""

    def destroy_view(self, call: calls.DestroyView) -> None:
        """Do nothing."""
        if not self.was_destroyed(call.session, call.view):
            super().destroy_view(call)


class DestroyFilterTwiceReturns(Remembering):
    """A destroyed property filter can be destroyed again."""

    def destroy_property_filter(self, call: calls.DestroyPropertyFilter) -> None:
        """Do nothing."""
        if not self.was_destroyed(call.session, call.filter):
            super().destroy_property_filter(call)


class ViewsOutliveTheirSession(Burying):
    """A view can be read in later sessions of its user."""

    def __init__(self, settings: Settings) -> None:
        """Start with none kept."""
        self.kept: dict[str, tuple[ObjectRef, ...]] = {}
        super().__init__(settings)

    def end_session(self, name: str) -> None:
        """Keep what is in them."""
        for value, view in self.sessions[name].views.items():
            self.kept[value] = tuple(view.values())
        super().end_session(name)

    def read_view(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        """Show what was kept."""
        if self.is_buried(call.session, call.view):
            return Property(value=self.kept[concrete(call.view).value])
        return super().read_view(call)


class FiltersOutliveTheirSession(Burying):
    """A property filter can be destroyed in later sessions of its user."""

    def destroy_property_filter(self, call: calls.DestroyPropertyFilter) -> None:
        """Take it away, once."""
        if self.is_buried(call.session, call.filter):
            del self.graves[concrete(call.filter)]
        else:
            super().destroy_property_filter(call)


class DeadViewsCanBeReset(Burying):
    """A view can be reset in later sessions of its user, to no effect."""

    def reset_list_view(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        """Do nothing."""
        return () if self.is_buried(call.session, call.view) else super().reset_list_view(call)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "modify-returns-nothing-unresolved": ModifyReturnsNothingUnresolved,
        "modify-faults-on-unresolved": ModifyFaultsOnUnresolved,
        "reset-stops-at-the-first-unresolved": ResetStopsAtTheFirstUnresolved,
        "reset-returns-what-was-resolved": ResetReturnsWhatWasResolved,
        "reset-adds": ResetAdds,
        "modify-replaces": ModifyReplaces,
        "create-drops-the-last-object": CreateDropsTheLastObject,
        "view-shows-its-first-list": ViewShowsItsFirstList,
        "only-the-first-is-removed": OnlyTheFirstIsRemoved,
        "view-is-read-by-the-users-other-sessions": ViewIsReadByTheUsersOtherSessions,
        "view-is-modified-by-others": ViewIsModifiedByOthers,
        "view-is-destroyed-by-others": ViewIsDestroyedByOthers,
        "destroyed-view-reads-empty": DestroyedViewReadsEmpty,
        "destroyed-view-is-an-invalid-state": DestroyedViewIsAnInvalidState,
        "destroy-view-twice-returns": DestroyViewTwiceReturns,
        "destroy-filter-twice-returns": DestroyFilterTwiceReturns,
        "views-outlive-their-session": ViewsOutliveTheirSession,
        "filters-outlive-their-session": FiltersOutliveTheirSession,
        "dead-views-can-be-reset": DeadViewsCanBeReset,
    }
)
"""The simulator of every fault of views, and of how filters end, by the fault's id."""
