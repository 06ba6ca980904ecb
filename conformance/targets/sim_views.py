"""The simulator's ViewManager: list views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import OBJECT_NOT_FOUND, refused
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_server import SimulatedServer, concrete
from taskconform.model.vocabulary.outcomes import Property

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

LIST_VIEW: Final = "ListView"


class SimulatedViews(SimulatedServer):
    """A server on which sessions keep views. A view is a dictionary of the objects in it, by reference value."""

    def create_list_view(self, call: calls.CreateListView) -> ObjectRef:
        """Follow the page: "The list of references corresponds to the input object list"; the page does not say what
        becomes of objects that cannot be resolved: here they are left out, as ResetListView does.
        """
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        view: dict[str, ObjectRef] = {}
        self.add_resolved(session, view, call.objs)
        ref = self.new_collector_ref(session, LIST_VIEW, "view")
        session.views[ref.value] = view
        return ref

    def find_view(self, session: Session, view: calls.Reference) -> dict[str, ObjectRef]:
        """Find the view referred to; "access to a view is limited to the session in which it is created", so that for
        any other it does not exist.
        """
        ref = concrete(view)
        found = session.views.get(ref.value)
        if found is None or ref.type != LIST_VIEW:
            raise refused(OBJECT_NOT_FOUND, f"no such view: {ref.value}")
        return found

    def add_resolved(
        self, session: Session, view: dict[str, ObjectRef], objs: Iterable[calls.Reference]
    ) -> tuple[ObjectRef, ...]:
        """Follow the page: "The operation will still succeed for all objects which could be resolved, and the list of
        those which failed is returned". What is in the view stays where it is.
        """
        unresolved: list[ObjectRef] = []
        for obj in objs:
            ref = concrete(obj)
            if self.exists(session, ref):
                view.setdefault(ref.value, ref)
            else:
                unresolved.append(ref)
        return tuple(unresolved)

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Follow the page: "Modify the list by giving a delta of entities to add and entities to remove". The page does
        not say which comes first: here what is in both is not in the view afterwards. Removing what is not there
        changes nothing.
        """
        session = self.authenticated(call.session)
        view = self.find_view(session, call.view)
        unresolved = self.add_resolved(session, view, call.add)
        for obj in call.remove:
            ref = concrete(obj)
            if view.get(ref.value) == ref:
                del view[ref.value]
        return unresolved

    def reset_list_view(self, call: calls.ResetListView) -> tuple[ObjectRef, ...]:
        """Follow the page: "Replaces the list with an entirely new set of objects"."""
        session = self.authenticated(call.session)
        view = self.find_view(session, call.view)
        view.clear()
        return self.add_resolved(session, view, call.objs)

    def read_view(self, call: calls.ReadView) -> Property[tuple[ObjectRef, ...]]:
        """Give "the list of references to objects mapped by this view", in the order in which they were added."""
        session = self.authenticated(call.session)
        return Property(value=tuple(self.find_view(session, call.view).values()))

    def destroy_view(self, call: calls.DestroyView) -> None:
        """Follow the page: "A view exists until you terminate it by calling the DestroyView method"."""
        session = self.authenticated(call.session)
        ref = concrete(call.view)
        self.find_view(session, ref)
        self.require(session, SYSTEM_VIEW)
        del session.views[ref.value]
        self.forget_object(ref.value)
