"""Cleaning up on a server that is not ours: what is ours there, and how it is removed, whatever the server does.

There are two ways to know what is ours: the `Ledger` of this process, and names (see `ledger`). Nothing else is ever
touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.targets.soap.search import Found, Search
from taskconform.conformance.wire import body
from taskconform.model.vocabulary.outcomes import ERROR, RUNNING, SUCCESS, Fault

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.ledger import Ledger
    from taskconform.model.vocabulary.calls import ObjectRef


class Cleaning(Search):
    """One go at cleaning up. Every step stands for itself: one that is refused does not stop the next."""

    def remove(self, ledger: Ledger, name: str, kept: ObjectRef | None = None) -> None:
        """Remove what the ledger holds, and, if it is unsure, what goes by the run's `name` besides; not what is to be
        `kept`."""
        for ref, (session, method) in reversed(ledger.session_objects.items()):
            if session.logged_in:
                self.send(session, body.method(method, ref))
        found = self.find_objects(name) if ledger.unsure else Found()
        objects = {**dict.fromkeys(ref for ref, _ in found.objects), **ledger.objects}
        for ref in reversed(objects):
            if ref != kept:
                self.remove_object(ref)
        tasks = {**ledger.tasks, **{ref.value: ref for ref, _ in found.tasks}}
        for ref in self._still_live(list(tasks.values())):
            self.end_task(ref)
        for key in dict.fromkeys((*ledger.extensions, *found.extensions)):
            self.remove_extension(key)

    def remove_object(self, ref: ObjectRef) -> bool:
        """Remove an alarm, a scheduled task or a folder; return whether it is gone."""
        method = {"ScheduledTask": "RemoveScheduledTask", "Alarm": "RemoveAlarm"}.get(ref.type, "Destroy_Task")
        return _is_gone(self.send(self._own, body.method(method, ref)), "ManagedObjectNotFound")

    def remove_extension(self, key: str) -> bool:
        """Unregister an extension; return whether it is gone."""
        manager = self._content.manager("extensionManager")
        request = body.method("UnregisterExtension", manager, body.element("extensionKey", key))
        return _is_gone(self.send(self._own, request), "NotFound")

    def end_task(self, ref: ObjectRef) -> bool:
        """End a task that was left open, one way or the other; return whether it has ended. A queued one may have to
        run first."""
        return (
            self._set_state(ref, SUCCESS)
            or (self._set_state(ref, RUNNING) and self._set_state(ref, SUCCESS))
            or self._set_state(ref, ERROR)
            or not isinstance(self.send(self._own, body.method("CancelTask", ref)), Fault | None)
            or not self._still_live([ref])
        )

    def _set_state(self, ref: ObjectRef, state: str) -> bool:
        request = body.method("SetTaskState", ref, body.element("state", state))
        return not isinstance(self.send(self._own, request), Fault | None)

    def end_session(self, key: str) -> bool:
        """End a session that is not our own; return whether it is gone."""
        manager = self._content.manager("sessionManager")
        answer = self.send(self._own, body.method("TerminateSession", manager, body.element("sessionId", key)))
        return _is_gone(answer, "NotFound")


def _is_gone(answer: Element | Fault | None, unknown: str) -> bool:
    """Tell whether an object is gone: the server removed it, or knew it no longer, which is the fault `unknown`."""
    return answer is not None and (not isinstance(answer, Fault) or answer.is_a(unknown))
