"""Cleaning up on a server that is not ours: what is ours there, and how it is removed, whatever the server does.

There are two ways to know what is ours. The `Ledger` keeps what the calls of this process were answered with. Where a
process has died, and its ledger with it, there are names: extension keys, task types (and with them tasks, alarms and
scheduled tasks) and folders begin with `PREFIX` and the run's name, and every session has the run's name in its user
agent. Nothing else is ever touched.
"""

from __future__ import annotations

import re
import time
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap.wire import Session, WireFault, WireLost
from taskconform.conformance.wire import answers as soap_answers
from taskconform.conformance.wire import body as soap_body
from taskconform.conformance.wire import xml as soap_xml
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SUCCESS, Fault, Lost, Returned, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.inventory import Content
    from taskconform.conformance.targets.soap.wire import Wire
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

T = TypeVar("T")
PREFIX: Final = "org.taskconform."
"""What stands before a run's name in everything that it names on a server."""
EVERY_RUN: Final = "run-"
"""What the names of all runs begin with."""
_AGENT: Final = re.compile(r"taskconform/\S+ (run-[0-9a-f]+(?:-[0-9a-f]+)?)")
_PSEUDONYM: Final = re.compile(r"session-\d+")
PATIENCE: Final = 5.0
"""Seconds for which a server that does not answer is asked again, over a whole cleaning."""
SHORT: Final = 1.0
"""The same, where it had stopped to answer before."""
_HURRY: Final = 2.0
"""Seconds that a server in trouble is given for an answer."""
_PAGE: Final = 100

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
    """The name of the run that a user agent belongs to; None if it is none of ours."""
    found = _AGENT.fullmatch(agent)
    return found[1] if found else None


class Ledger:
    """What the calls made and nobody has removed yet. `unsure`: there may be more, which only its name tells. An
    extension is there for sure if the server said so."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.session_objects: dict[ObjectRef, tuple[Session, str]] = {}
        self.objects: dict[ObjectRef, str] = {}
        self.tasks: dict[str, ObjectRef] = {}
        self.extensions: dict[str, bool] = {}
        self.unsure = False

    def note(self, session: Session, call: Call, outcome: Outcome) -> None:
        """Take down what a call did, from what it was answered with."""
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
            self.tasks.pop(soap_body.concrete(call.task).value, None)
        elif isinstance(call, calls.RegisterExtension):
            self.extensions[str(call.key)] = True
        elif isinstance(call, calls.UnregisterExtension):
            self.extensions.pop(str(call.key), None)
        elif isinstance(call, calls.Logout):
            kept = {ref: made for ref, made in self.session_objects.items() if made[0] is not session}
            self.session_objects = kept


@dataclass(slots=True, kw_only=True)
class Found:
    """What is ours by its name: sessions as (key, run), the rest as (what it is called by, its name)."""

    sessions: list[tuple[str, str]] = field(default_factory=list)
    objects: list[tuple[ObjectRef, str]] = field(default_factory=list)
    tasks: list[tuple[ObjectRef, str]] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.sessions or self.objects or self.tasks or self.extensions)


class Cleaning:
    """One go at cleaning up. Every step stands for itself: one that is refused does not stop the next.

    A connection that is lost is made again, and the step repeated, for a few seconds in all; then the server is `gone`,
    and nothing more is sent. If it no longer knows our own session we log in anew.
    """

    def __init__(
        self, own: Session, content: Content, log_in: Callable[[Session], object], patience: float = PATIENCE
    ) -> None:
        """Clean up by way of our own session; `log_in` logs in on a session as whoever that is."""
        self.gone = False
        self._patience = patience
        self._own = own
        self._content = content
        self._log_in = log_in
        self._hurried: Wire | None = None
        self._twins: dict[int, Session] = {}

    # --- sending ------------------------------------------------------------------------------------------------------

    def send(self, session: Session, body: str) -> Element | Fault | None:
        """Send what need not succeed: the answer, the fault, or None if there was no answer."""
        for again in (False, True):
            if self.gone:
                return None
            live = self._live(session)
            try:
                return live.call(body)
            except WireFault as error:
                if again or session is not self._own or not error.fault.is_a("NotAuthenticated"):
                    return error.fault
                if not self._enter_anew():
                    return error.fault
            except (WireLost, TargetUnreachable):
                if again or not self._answers():
                    return None
        return None

    def _live(self, session: Session) -> Session:
        """The session itself, or, once the server was in trouble, one like it that doesn't wait for long."""
        if self._hurried is None:
            return session
        twin = self._twins.get(id(session))
        if twin is None:
            twin = self._twins[id(session)] = self._hurried.session()
            twin.cookie = twin.stub.cookie = session.cookie
        return twin

    def _enter_anew(self) -> bool:
        """Log in on our own session once more; whether we were let in."""
        live = self._live(self._own)
        try:
            self._log_in(live)
        except (WireFault, WireLost, soap_xml.Undecodable, TargetUnreachable):
            return False
        self._own.cookie = self._own.stub.cookie = live.cookie
        self._own.logged_in = True
        return True

    def _answers(self) -> bool:
        """Whether the server answers again, within what is left of our patience. One that loses an answer now and then,
        and gives the others, uses up none of it."""
        self._hurried = hurried(self._own.wire)
        self._drop_twins()
        began = time.monotonic()
        while answers(self._hurried) is not None:
            if time.monotonic() - began >= self._patience:
                self.gone = True
                return False
            time.sleep(0.1)
            self._patience -= time.monotonic() - began
            began = time.monotonic()
        return True

    def _drop_twins(self) -> None:
        for twin in self._twins.values():
            twin.close()
        self._twins.clear()

    def end(self) -> None:
        """Close the connections that were made for cleaning up only."""
        self._drop_twins()

    def leave(self, session: Session) -> None:
        """Log out, if the server lets us, and close the connection."""
        if session.logged_in:
            self.send(session, soap_body.method("Logout", self._content.manager("sessionManager")))
            session.logged_in = False
        session.close()
        twin = self._twins.pop(id(session), None)
        if twin is not None:
            twin.close()

    # --- what the ledger knows ----------------------------------------------------------------------------------------

    def remove(self, ledger: Ledger, name: str) -> None:
        """Remove what the ledger holds, and, if it is unsure, what goes by the run's `name` besides."""
        for ref, (session, method) in reversed(ledger.session_objects.items()):
            if session.logged_in:
                self.send(session, soap_body.method(method, ref))
        found = self.find_objects(name) if ledger.unsure else Found()
        objects = {**dict.fromkeys(ref for ref, _ in found.objects), **ledger.objects}
        for ref in reversed(objects):
            self.remove_object(ref)
        tasks = {**ledger.tasks, **{ref.value: ref for ref, _ in found.tasks}}
        for ref in self._still_live(list(tasks.values())):
            self.end_task(ref)
        for key in dict.fromkeys((*ledger.extensions, *found.extensions)):
            self.remove_extension(key)

    def remove_object(self, ref: ObjectRef) -> bool:
        """Remove an alarm, a scheduled task or a folder; whether the server agreed, or it was gone already."""
        method = {"ScheduledTask": "RemoveScheduledTask", "Alarm": "RemoveAlarm"}.get(ref.type, "Destroy_Task")
        return _is_gone(self.send(self._own, soap_body.method(method, ref)), "ManagedObjectNotFound")

    def remove_extension(self, key: str) -> bool:
        """Unregister an extension; whether the server agreed, or it had been unregistered meanwhile."""
        manager = self._content.manager("extensionManager")
        body = soap_body.method("UnregisterExtension", manager, soap_body.element("extensionKey", key))
        return _is_gone(self.send(self._own, body), "NotFound")

    def end_task(self, ref: ObjectRef) -> bool:
        """End a task that was left open, one way or the other; whether the server agreed to any, or it had ended
        meanwhile. A queued one may have to run first."""
        return (
            self._set_state(ref, SUCCESS)
            or (self._set_state(ref, RUNNING) and self._set_state(ref, SUCCESS))
            or self._set_state(ref, ERROR)
            or not isinstance(self.send(self._own, soap_body.method("CancelTask", ref)), Fault | None)
            or not self._still_live([ref])
        )

    def _set_state(self, ref: ObjectRef, state: str) -> bool:
        body = soap_body.method("SetTaskState", ref, soap_body.element("state", state))
        return not isinstance(self.send(self._own, body), Fault | None)

    def end_session(self, key: str) -> bool:
        """End a session that is not our own; whether the server agreed, or it had ended meanwhile."""
        manager = self._content.manager("sessionManager")
        answer = self.send(
            self._own, soap_body.method("TerminateSession", manager, soap_body.element("sessionId", key))
        )
        return _is_gone(answer, "NotFound")

    def _still_live(self, tasks: Sequence[ObjectRef]) -> list[ObjectRef]:
        """Those of the tasks that have not ended, as far as the server says."""
        states = self._properties("Task", "info.state", tasks, soap_xml.text)
        return [ref for ref in tasks if states.get(ref) in (QUEUED, RUNNING, None)]

    # --- what only its name tells -------------------------------------------------------------------------------------

    def find_sessions(self, name: str) -> list[tuple[str, str]]:
        """The keys of sessions of runs whose name begins so, and their runs; never those of this process."""
        manager = self._content.manager("sessionManager")
        listed = self._property("SessionManager", "sessionList", manager, list) or []
        found = []
        for each in listed:
            key, run = soap_xml.text_of(each, "key") or "", run_of(soap_xml.text_of(each, "userAgent") or "")
            if key and run is not None and run.startswith(name) and not _PSEUDONYM.fullmatch(key):
                found.append((key, run))
        return found

    def find_objects(self, name: str) -> Found:
        """All but sessions that is named after a run whose name begins so."""
        prefix = PREFIX + name
        objects = [*self._scheduled_tasks(), *self._alarms(), *self._folders()]
        return Found(
            objects=[each for each in objects if each[1].startswith(prefix)],
            tasks=[each for each in self._live_tasks() if each[1].startswith(prefix)],
            extensions=self.find_extensions(name),
        )

    def find_extensions(self, name: str) -> list[str]:
        """The keys of extensions that are named after a run whose name begins so, as far as the server says."""
        return self.told_extensions(name) or []

    def told_extensions(self, name: str) -> list[str] | None:
        """The same; None where the server did not say."""
        manager = self._content.manager("extensionManager")
        extensions = self._property("ExtensionManager", "extensionList", manager, list)
        if extensions is None:
            return None
        keys = [soap_xml.text_of(each, "key") or "" for each in extensions]
        return [key for key in keys if key.startswith(PREFIX + name)]

    def _live_tasks(self) -> Iterable[tuple[ObjectRef, str]]:
        """Tasks that have not ended, with their types: those that recentTask holds, and those that history has."""
        manager = self._content.manager("taskManager")
        recent = self._property("TaskManager", "recentTask", manager, soap_xml.references) or ()
        infos = self._properties("Task", "info", recent, soap_answers.task_info)
        found = {info.task: info for info in (*infos.values(), *self._live_history(manager))}
        return [(ref, info.description_id) for ref, info in found.items() if info.state in (QUEUED, RUNNING)]

    def _live_history(self, manager: ObjectRef) -> list[TaskInfo]:
        """What a history collector gives of tasks that have not ended; nothing where there is none to be had."""
        states = soap_body.elements("state", (QUEUED, RUNNING))
        create = soap_body.method("CreateCollectorForTasks", manager, f"<filter>{states}</filter>")
        collector = _reference(self.send(self._own, create))
        if collector is None:
            return []
        found: list[TaskInfo] = []
        read = soap_body.method("ReadNextTasks", collector, soap_body.element("maxCount", str(_PAGE)))
        try:
            while infos := _tasks(self.send(self._own, read)):
                found.extend(infos)
        finally:
            self.send(self._own, soap_body.method("DestroyCollector", collector))
        return found

    def _scheduled_tasks(self) -> list[tuple[ObjectRef, str]]:
        if "scheduledTaskManager" not in self._content.managers:
            return []
        manager = self._content.manager("scheduledTaskManager")
        refs = self._property("ScheduledTaskManager", "scheduledTask", manager, soap_xml.references) or ()
        return list(self._properties("ScheduledTask", "info", refs, _called).items())

    def _alarms(self) -> list[tuple[ObjectRef, str]]:
        if "alarmManager" not in self._content.managers:
            return []
        answer = self.send(self._own, soap_body.method("GetAlarm", self._content.manager("alarmManager")))
        try:
            refs = () if isinstance(answer, Fault | None) else tuple(map(soap_xml.reference, answer))
        except soap_xml.Undecodable:
            refs = ()
        return list(self._properties("Alarm", "info", refs, _called).items())

    def _folders(self) -> list[tuple[ObjectRef, str]]:
        """All folders, by a view that is removed again."""
        root = self._content.manager("rootFolder")
        body = soap_body.method(
            "CreateContainerView",
            self._content.manager("viewManager"),
            soap_body.reference("container", root),
            soap_body.element("type", "Folder"),
            "<recursive>true</recursive>",
        )
        view = _reference(self.send(self._own, body))
        if view is None:
            return []
        collector = self._content.manager("propertyCollector")
        contents = self._pages(soap_body.inventory(collector, view, root))
        self.send(self._own, soap_body.method("DestroyView", view))
        named = [(_reference_in(each), _value_in(each, "name", soap_xml.text) or "") for each in contents]
        return [(ref, name) for ref, name in named if ref is not None and ref != root]

    def _property(self, kind: str, path: str, ref: ObjectRef, decode: Callable[[Element], T]) -> T | None:
        """One property of one object, or None if it can't be had."""
        return self._properties(kind, path, [ref], decode).get(ref)

    def _properties(
        self, kind: str, path: str, refs: Sequence[ObjectRef], decode: Callable[[Element], T]
    ) -> dict[ObjectRef, T]:
        """One property of some objects, as far as it can be had. If they can't be read together, because one of them is
        gone, they are read one by one."""
        if not refs:
            return {}
        collector = self._content.manager("propertyCollector")
        body = soap_body.retrieve(collector, soap_body.property_filter(kind, path, refs))
        contents = self._pages(body)
        if any(_is_shut_out(each, path) for each in contents) and self._enter_anew():
            contents = self._pages(body)
        if not contents and len(refs) > 1:
            return {ref: value for each in refs for ref, value in self._properties(kind, path, [each], decode).items()}
        values = {_reference_in(each): _value_in(each, path, decode) for each in contents}
        return {ref: value for ref, value in values.items() if ref is not None and value is not None}

    def _pages(self, body: str) -> list[Element]:
        """The ObjectContents of a RetrievePropertiesEx, all pages of it, as far as they come."""
        found: list[Element] = []
        answer = self.send(self._own, body)
        while not isinstance(answer, Fault | None):
            result = soap_xml.child(answer, "returnval")
            if result is None:
                break
            found.extend(soap_xml.children(result, "objects"))
            token = soap_xml.text_of(result, "token")
            if token is None:
                break
            collector = self._content.manager("propertyCollector")
            answer = self.send(self._own, soap_body.retrieve_more(collector, token))
        return found


# --- pieces -----------------------------------------------------------------------------------------------------------


def hurried(wire: Wire) -> Wire:
    """The same server, for calls that must not take long."""
    quick = copy(wire)
    quick.endpoint = replace(wire.endpoint, timeout=min(wire.endpoint.timeout, _HURRY))
    quick.refusals = 0
    return quick


def answers(wire: Wire) -> str | None:
    """None if the server answers as a vSphere API does, if only with a fault; else why not."""
    session = wire.session()
    try:
        session.call(soap_body.method("RetrieveServiceContent", soap_body.SERVICE_INSTANCE))
    except WireFault:
        return None
    except (WireLost, TargetUnreachable) as problem:
        wire.refusals = 0
        return str(problem)
    finally:
        session.close()
    return None


def _is_gone(answer: Element | Fault | None, unknown: str) -> bool:
    """Whether what was to be removed is gone: the server agreed, or knew it no longer, which is the fault `unknown`."""
    return answer is not None and (not isinstance(answer, Fault) or answer.is_a(unknown))


def _reference(answer: Element | Fault | None) -> ObjectRef | None:
    """The reference that a method answered with."""
    if isinstance(answer, Fault | None):
        return None
    try:
        return soap_xml.reference(soap_xml.required(answer, "returnval"))
    except soap_xml.Undecodable:
        return None


def _tasks(answer: Element | Fault | None) -> tuple[TaskInfo, ...]:
    """What ReadNextTasks answered with; nothing if that can't be read."""
    if isinstance(answer, Fault | None):
        return ()
    try:
        tasks: tuple[TaskInfo, ...] = soap_answers.answer_reader("ReadNextTasks")(answer)
    except soap_xml.Undecodable:
        return ()
    return tasks


def _reference_in(content: Element) -> ObjectRef | None:
    """The object that an ObjectContent is of."""
    try:
        return soap_xml.reference(soap_xml.required(content, "obj"))
    except soap_xml.Undecodable:
        return None


def _called(info: Element) -> str:
    """What an alarm or a scheduled task is called by: the type of the tasks that it makes, or else its name."""
    types = [soap_xml.text(each) for each in info.iter() if soap_xml.local(each.tag) == "taskTypeId"]
    return next(iter(types), None) or soap_xml.text_of(info, "name") or ""


def _is_shut_out(content: Element, path: str) -> bool:
    """Whether a property is missing because nobody is logged in."""
    try:
        fault = soap_answers.property_of(content, path, soap_xml.text).missing
    except soap_xml.Undecodable:
        return False
    return fault is not None and fault.is_a("NotAuthenticated")


def _value_in(content: Element, path: str, decode: Callable[[Element], T]) -> T | None:
    """A property out of an ObjectContent, or None if it is missing or makes no sense."""
    try:
        value: T | None = soap_answers.property_of(content, path, decode).value
    except soap_xml.Undecodable:
        return None
    return value
