"""The ledger: what the calls of this process made on a server, by what they were answered with.

Where a process has died, and its ledger with it, there are names: extension keys, task types (and with them tasks,
alarms and scheduled tasks) and folders begin with `PREFIX` and the run's name, and every session has the run's name in
its user agent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.conformance.wire import body
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, SUCCESS, Lost, Returned, TaskInfo

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

PREFIX: Final = "org.taskconform."
"""The beginning of everything that a run names on a server; the run's name follows."""
EVERY_RUN: Final = "run-"
"""The beginning of the names of all runs."""
_AGENT: Final = re.compile(r"taskconform/\S+ (run-[0-9a-f]+(?:-[0-9a-f]+)?)")

_OF_A_SESSION: Final[dict[type, str]] = {
    calls.CreateCollectorForTasks: "DestroyCollector",
    calls.CreateCollectorWithInfoFilterForTasks: "DestroyCollector",
    calls.CreateCollectorForEvents: "DestroyCollector",
    calls.CreateListView: "DestroyView",
    calls.CreatePropertyCollector: "DestroyPropertyCollector",
    calls.CreateFilter: "DestroyPropertyFilter",
}
"""Calls that make an object which belongs to the session, and the method that removes it."""
_OF_THE_SERVER: Final[dict[type, str]] = {
    calls.CreateScheduledTask: "RemoveScheduledTask",
    calls.CreateAlarm: "RemoveAlarm",
    calls.CreateFolder: "Destroy_Task",
}
"""Calls that make an object which outlives the session, and the method that removes it."""
_REMOVES: Final[dict[type, str]] = {
    calls.DestroyCollector: "collector",
    calls.DestroyView: "view",
    calls.DestroyPropertyCollector: "collector",
    calls.DestroyPropertyFilter: "filter",
    calls.RemoveScheduledTask: "scheduled_task",
    calls.RemoveAlarm: "alarm",
}
"""Calls that remove such an object, and the argument that names it."""
_BEHIND_OUR_BACK: Final = (calls.RunScheduledTask, calls.LogUserEvent)
"""Calls after which the server makes a task of ours, and does not say which."""
_UNSURE_IF_LOST: Final = (*_OF_THE_SERVER, calls.CreateTask, calls.Login)
"""Calls that leave something behind, and without an answer we don't know what."""


def run_of(agent: str) -> str | None:
    """Return the name of the run that a user agent belongs to; None if it is none of ours."""
    found = _AGENT.fullmatch(agent)
    return found[1] if found else None


class Ledger:
    """Objects that calls made and that nobody has removed yet. `unsure`: there may be more, known by name only. An
    extension is certain if the server confirmed it."""

    def __init__(self) -> None:
        """Start empty."""
        self.session_objects: dict[ObjectRef, tuple[Session, str]] = {}
        self.objects: dict[ObjectRef, str] = {}
        self.tasks: dict[str, ObjectRef] = {}
        self.extensions: dict[str, bool] = {}
        self.unsure = False

    def note(self, session: Session, call: Call, outcome: Outcome) -> None:
        """Record the effect of a call, by its outcome."""
        kind = type(call)
        if isinstance(outcome, Lost):
            self.unsure = self.unsure or kind in _UNSURE_IF_LOST or kind in _BEHIND_OUR_BACK
            if isinstance(call, calls.RegisterExtension):
                self.extensions.setdefault(str(call.key), False)
            elif isinstance(call, calls.UnregisterExtension) and str(call.key) in self.extensions:
                self.extensions[str(call.key)] = False
        elif isinstance(outcome, Returned):
            self._note_value(session, call, outcome.value)
            self.unsure = self.unsure or kind in _BEHIND_OUR_BACK

    def _note_value(self, session: Session, call: Call, value: object) -> None:
        kind = type(call)
        if isinstance(value, TaskInfo):
            self.tasks[value.task.value] = value.task
        elif isinstance(value, ObjectRef) and kind in _OF_A_SESSION:
            self.session_objects[value] = (session, _OF_A_SESSION[kind])
        elif isinstance(value, ObjectRef) and kind in _OF_THE_SERVER:
            self.objects[value] = _OF_THE_SERVER[kind]
        elif kind in _REMOVES:
            removed = getattr(call, _REMOVES[kind])
            self.session_objects.pop(removed, None)
            self.objects.pop(removed, None)
        elif isinstance(call, calls.SetTaskState) and call.state in (SUCCESS, ERROR):
            self.tasks.pop(body.concrete(call.task).value, None)
        elif isinstance(call, calls.RegisterExtension):
            self.extensions[str(call.key)] = True
        elif isinstance(call, calls.UnregisterExtension):
            self.extensions.pop(str(call.key), None)
        elif isinstance(call, calls.Logout):
            kept = {ref: made for ref, made in self.session_objects.items() if made[0] is not session}
            self.session_objects = kept
