"""The search on a server for what belongs to runs, by their names."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from taskconform.conformance.targets.soap.inventory import walked
from taskconform.conformance.targets.soap.ledger import PREFIX, run_of
from taskconform.conformance.targets.soap.sending import Sender
from taskconform.conformance.wire import answers, body, xml
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING, Fault, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.model.vocabulary.calls import ObjectRef

T = TypeVar("T")
_PSEUDONYM: Final = re.compile(r"session-\d+")
_PAGE: Final = 100
_MOST_PAGES: Final = 200
"""Pages of one answer that are read."""
_MOST: Final = 1_000
"""Objects that are read one by one."""


@dataclass(slots=True, kw_only=True)
class Found:
    """Objects that are ours by their names: sessions as (key, run), the rest as (reference, name)."""

    sessions: list[tuple[str, str]] = field(default_factory=list)
    objects: list[tuple[ObjectRef, str]] = field(default_factory=list)
    tasks: list[tuple[ObjectRef, str]] = field(default_factory=list)
    extensions: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything was found."""
        return bool(self.sessions or self.objects or self.tasks or self.extensions)


class Search(Sender):
    """Finds what belongs to runs."""

    def find_sessions(self, name: str) -> list[tuple[str, str]]:
        """Return the keys of sessions of runs whose name begins so, and their runs; never those of this process."""
        manager = self._content.manager("sessionManager")
        listed = self._property("SessionManager", "sessionList", manager, list) or []
        found = []
        for each in listed:
            key, run = xml.text_of(each, "key") or "", run_of(xml.text_of(each, "userAgent") or "")
            if key and run is not None and run.startswith(name) and not _PSEUDONYM.fullmatch(key):
                found.append((key, run))
        return found

    def find_objects(self, name: str) -> Found:
        """Find everything but sessions that is named after a run whose name begins so."""
        prefix = PREFIX + name
        objects = [*self._scheduled_tasks(), *self._alarms(), *self._folders()]
        return Found(
            objects=[each for each in objects if each[1].startswith(prefix)],
            tasks=[each for each in self._live_tasks() if each[1].startswith(prefix)],
            extensions=self.find_extensions(name),
        )

    def find_extensions(self, name: str) -> list[str]:
        """Return the keys of extensions that are named after a run whose name begins so, as far as the server says."""
        return self.told_extensions(name) or []

    def told_extensions(self, name: str) -> list[str] | None:
        """Return the same; None where the server did not say."""
        manager = self._content.manager("extensionManager")
        extensions = self._property("ExtensionManager", "extensionList", manager, list)
        if extensions is None:
            return None
        keys = [xml.text_of(each, "key") or "" for each in extensions]
        return [key for key in keys if key.startswith(PREFIX + name)]

    def _live_tasks(self) -> Iterable[tuple[ObjectRef, str]]:
        """Return the tasks in recentTask and in history that have not ended, with their types."""
        manager = self._content.manager("taskManager")
        recent = self._property("TaskManager", "recentTask", manager, xml.references) or ()
        infos = self._properties("Task", "info", recent, answers.task_info)
        found = {info.task: info for info in (*infos.values(), *self._live_history(manager))}
        return [(ref, info.description_id) for ref, info in found.items() if info.state in (QUEUED, RUNNING)]

    def _live_history(self, manager: ObjectRef) -> list[TaskInfo]:
        """Read the tasks that have not ended from a history collector; none where the server makes no collector."""
        states = body.elements("state", (QUEUED, RUNNING))
        create = body.method("CreateCollectorForTasks", manager, f"<filter>{states}</filter>")
        collector = _reference(self.send(self._own, create))
        if collector is None:
            return []
        found: list[TaskInfo] = []
        read = body.method("ReadNextTasks", collector, body.element("maxCount", str(_PAGE)))
        try:
            for _ in range(_MOST_PAGES):
                infos = _tasks(self.send(self._own, read))
                if not infos:
                    break
                found.extend(infos)
        finally:
            self.send(self._own, body.method("DestroyCollector", collector))
        return found

    def _scheduled_tasks(self) -> list[tuple[ObjectRef, str]]:
        if "scheduledTaskManager" not in self._content.managers:
            return []
        manager = self._content.manager("scheduledTaskManager")
        refs = self._property("ScheduledTaskManager", "scheduledTask", manager, xml.references) or ()
        return list(self._properties("ScheduledTask", "info", refs, _called).items())

    def _alarms(self) -> list[tuple[ObjectRef, str]]:
        if "alarmManager" not in self._content.managers:
            return []
        answer = self.send(self._own, body.method("GetAlarm", self._content.manager("alarmManager")))
        try:
            refs = () if isinstance(answer, Fault | None) else tuple(map(xml.reference, answer))
        except xml.Undecodable:
            refs = ()
        return list(self._properties("Alarm", "info", refs, _called).items())

    def _folders(self) -> list[tuple[ObjectRef, str]]:
        """Return all folders: by a view that is removed again, or as far as one gets from the root folder where the
        server makes no views."""
        root = self._content.manager("rootFolder")
        request = body.method(
            "CreateContainerView",
            self._content.manager("viewManager"),
            body.reference("container", root),
            body.element("type", "Folder"),
            "<recursive>true</recursive>",
        )
        view = _reference(self.send(self._own, request))
        if view is None:
            met = walked(root, self._properties)
            return [(one.ref, one.name) for one in met if one.ref.type == root.type and one.ref != root]
        collector = self._content.manager("propertyCollector")
        contents = self._pages(body.inventory(collector, view, root))
        self.send(self._own, body.method("DestroyView", view))
        named = [(_reference_in(each), _value_in(each, "name", xml.text) or "") for each in contents]
        return [(ref, name) for ref, name in named if ref is not None and ref != root]

    def _property(self, kind: str, path: str, ref: ObjectRef, decode: Callable[[Element], T]) -> T | None:
        """Read one property of one object; None if that fails."""
        return self._properties(kind, path, [ref], decode).get(ref)

    def _properties(
        self, kind: str, path: str, refs: Sequence[ObjectRef], decode: Callable[[Element], T]
    ) -> dict[ObjectRef, T]:
        """Read one property of some objects, as far as possible. If they cannot be read together, because one of them
        is gone, they are read one by one."""
        if not refs:
            return {}
        collector = self._content.manager("propertyCollector")
        request = body.retrieve(collector, body.property_filter(kind, path, refs))
        contents = self._pages(request)
        if any(_is_shut_out(each, path) for each in contents) and self._enter_anew():
            contents = self._pages(request)
        if not contents and len(refs) > 1:
            return {
                ref: value
                for each in refs[:_MOST]
                for ref, value in self._properties(kind, path, [each], decode).items()
            }
        values = {_reference_in(each): _value_in(each, path, decode) for each in contents}
        return {ref: value for ref, value in values.items() if ref is not None and value is not None}

    def _pages(self, request: str) -> list[Element]:
        """Return the ObjectContents of a RetrievePropertiesEx, all pages of it, as far as they come."""
        found: list[Element] = []
        answer = self.send(self._own, request)
        for _ in range(_MOST_PAGES):
            result = None if isinstance(answer, Fault | None) else xml.child(answer, "returnval")
            if result is None:
                break
            found.extend(xml.children(result, "objects"))
            token = xml.text_of(result, "token")
            if token is None:
                break
            collector = self._content.manager("propertyCollector")
            answer = self.send(self._own, body.retrieve_more(collector, token))
        return found

    def _still_live(self, tasks: Sequence[ObjectRef]) -> list[ObjectRef]:
        """Return the tasks that have not ended, as far as the server says."""
        states = self._properties("Task", "info.state", tasks, xml.text)
        return [ref for ref in tasks if states.get(ref) in (QUEUED, RUNNING, None)]


def _reference(answer: Element | Fault | None) -> ObjectRef | None:
    """Return the reference that a method answered with."""
    if isinstance(answer, Fault | None):
        return None
    try:
        return xml.reference(xml.required(answer, "returnval"))
    except xml.Undecodable:
        return None


def _tasks(answer: Element | Fault | None) -> tuple[TaskInfo, ...]:
    """Return the tasks that ReadNextTasks answered with; none if they cannot be read."""
    if isinstance(answer, Fault | None):
        return ()
    try:
        tasks: tuple[TaskInfo, ...] = answers.answer_reader("ReadNextTasks")(answer)
    except xml.Undecodable:
        return ()
    return tasks


def _reference_in(content: Element) -> ObjectRef | None:
    """Return the object that an ObjectContent is of."""
    try:
        return xml.reference(xml.required(content, "obj"))
    except xml.Undecodable:
        return None


def _called(info: Element) -> str:
    """Return the name that tells whose an alarm or a scheduled task is: the type of the tasks that it makes, or else
    its name."""
    types = [xml.text(each) for each in info.iter() if xml.local(each.tag) == "taskTypeId"]
    return next(iter(types), None) or xml.text_of(info, "name") or ""


def _is_shut_out(content: Element, path: str) -> bool:
    """Tell whether a property is missing because nobody is logged in."""
    try:
        fault = answers.property_of(content, path, xml.text).missing
    except xml.Undecodable:
        return False
    return fault is not None and fault.is_a("NotAuthenticated")


def _value_in(content: Element, path: str, decode: Callable[[Element], T]) -> T | None:
    """Read a property out of an ObjectContent; None if it is missing or makes no sense."""
    try:
        value: T | None = answers.property_of(content, path, decode).value
    except xml.Undecodable:
        return None
    return value
