"""Single documents of a server's: an answer without its request, a dump of a property, events, a host's log.

A page without its request is taken to have been asked for as many items as it has, so that nothing is held against the
server that the document does not say.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.records.recordings.wire import ANYTIME, Fact, Recording, RecordingError
from taskconform.conformance.wire import answers, xml
from taskconform.conformance.wire.table import READS
from taskconform.model.vocabulary.calls import (
    ObjectRef,
    QueryTaskEvents,
    ReadDescription,
    ReadNextTasks,
    ReadPreviousTasks,
    ReadTaskInfo,
)
from taskconform.model.vocabulary.calls import WaitForRecentTask as Wait
from taskconform.model.vocabulary.outcomes import (
    ElementDescription,
    Interval,
    Property,
    RecentTaskUpdate,
    TaskDescription,
    TaskEvent,
    TaskInfo,
    TaskReason,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


READER: Final = "reader"
"""The session that read what a document shows."""
_COLLECTOR: Final = ObjectRef(type="TaskHistoryCollector", value="recorded")
_NAMESPACES: Final = 'xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'


# --- SOAP answers without their requests ------------------------------------------------------------------------------


def answer(document: bytes) -> Recording:
    """An envelope with an answer in it. Raises RecordingError for a request, or for what is no envelope."""
    try:
        response = xml.body_of(xml.root_of(document))
        return _answer(response)
    except xml.Undecodable as problem:
        message = f"no SOAP answer: {problem}"
        raise RecordingError(message) from problem


def _answer(response: Any) -> Recording:
    name = xml.local(response.tag).removesuffix("Response")
    if name in {"ReadNextTasks", "ReadPreviousTasks"}:
        items = answers.answer_reader(name)(response)
        method: type[ReadNextTasks | ReadPreviousTasks] = (
            ReadNextTasks if name == "ReadNextTasks" else ReadPreviousTasks
        )
        call = method(session=READER, collector=_COLLECTOR, max_count=max(1, len(items)))
        return Recording(form="SOAP answer", facts=(Fact(call=call, value=items),))
    if name in {"QueryEvents", "ReadNextEvents", "ReadPreviousEvents"}:
        return Recording(form="SOAP answer", facts=tuple(map(_event, answers.answer_reader(name)(response))))
    facts = tuple(_answered_alone(response))
    beside = {} if facts else {f"answers of {name} without a request": 1}
    return Recording(form="SOAP answer", facts=facts, beside=beside)


def _answered_alone(response: Any) -> Iterator[Fact]:
    """Yield the properties that an answer gives by itself: every TaskInfo in it, and those of the TaskManager."""
    for element in response.iter():
        kind = xml.wire_type(element, "")
        if kind == "TaskInfo":
            info = answers.task_info(element)
            yield Fact(call=ReadTaskInfo(session=READER, tasks=(info.task,)), value=(Property(value=info),))
        elif kind == "TaskDescription":
            value = READS["TaskManager", "description"].decode(element)
            yield Fact(call=ReadDescription(session=READER), value=Property(value=value))
    for content in response.iter():
        about = xml.child(content, "obj")
        if about is None or about.get("type") != "TaskManager":
            continue
        for one in xml.children(content, "propSet"):
            row = READS.get(("TaskManager", xml.text_of(one, "name") or ""))
            if row is not None and row.path != "description":
                value = row.decode(xml.required(one, "val"))
                yield Fact(call=row.made(READER, xml.reference(about)), value=Property(value=value))


def _event(event: TaskEvent) -> Fact:
    """One TaskEvent, as a query for its chain gives it."""
    return Fact(call=QueryTaskEvents(session=READER, chain=event.chain_id), value=(event,))


# --- excerpts of TaskEvents -------------------------------------------------------------------------------------------

_INFO: Final = re.compile(rb"<info>.*?</info>", re.DOTALL)
_INFO_BEGUN: Final = re.compile(rb"<info>")
_CUT: Final = b" ... "


def excerpts(document: bytes) -> Recording:
    """Pieces of an answer with TaskEvents, cut anywhere: each TaskInfo that is whole counts."""
    facts, cut = [], 0
    pieces = _INFO.findall(document)
    for piece in pieces:
        if _CUT in piece:
            cut += 1
            continue
        try:
            root = xml.root_of(piece.replace(b"<info>", f"<info {_NAMESPACES}>".encode(), 1))
            info = answers.task_info(root)
        except xml.Undecodable:
            cut += 1
            continue
        facts.append(_event(TaskEvent(key=info.event_chain_id, chain_id=info.event_chain_id, info=info)))
    cut += len(_INFO_BEGUN.findall(document)) - len(pieces)
    return Recording(form="excerpts of TaskEvents", facts=tuple(facts), beside={"TaskInfos cut short": cut})


# --- YAML of rbvmomi objects ------------------------------------------------------------------------------------------


def is_rbvmomi_event(document: Any) -> bool:
    """Tell whether a YAML document is a TaskEvent as rbvmomi writes it."""
    return isinstance(document, dict) and isinstance((document.get("props") or {}).get(":info"), dict)


def rbvmomi_event(document: Mapping[str, Any]) -> Recording:
    """Read a TaskEvent as rbvmomi writes it."""
    props = document["props"]
    try:
        event = TaskEvent(key=int(props[":key"]), chain_id=int(props[":chainId"]), info=_rbvmomi_info(props[":info"]))
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        message = f"a TaskEvent that lacks or garbles {problem}"
        raise RecordingError(message) from problem
    return Recording(form="TaskEvent of rbvmomi", facts=(_event(event),))


def _rbvmomi_info(document: Mapping[str, Any]) -> TaskInfo:
    props = document["props"]
    reason = props[":reason"]
    return TaskInfo(
        key=props[":key"],
        task=_rbvmomi_ref(props[":task"]),
        name=props.get(":name"),
        description_id=props[":descriptionId"],
        entity=_rbvmomi_ref(props[":entity"]) if ":entity" in props else None,
        entity_name=props.get(":entityName"),
        locked=tuple(map(_rbvmomi_ref, props.get(":locked") or ())),
        state=props[":state"],
        cancelled=props[":cancelled"],
        cancelable=props[":cancelable"],
        progress=props.get(":progress"),
        reason=TaskReason(kind=_rbvmomi_class(reason), user_name=(reason.get("props") or {}).get(":userName")),
        queue_time=_instant(props[":queueTime"]),
        start_time=_instant(props[":startTime"]) if ":startTime" in props else None,
        complete_time=_instant(props[":completeTime"]) if ":completeTime" in props else None,
        event_chain_id=int(props[":eventChainId"]),
    )


def _rbvmomi_ref(document: Mapping[str, Any]) -> ObjectRef:
    return ObjectRef(type=_rbvmomi_class(document), value=str(document["ref"]))


def _rbvmomi_class(document: Mapping[str, Any]) -> str:
    """The wire name of an object, as the reader of the YAML kept it."""
    return str(document["!"]).rpartition(":")[2]


def _instant(moment: datetime) -> int:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1_000_000)


# --- JSON dumps of properties -----------------------------------------------------------------------------------------

_STATES: Final = frozenset({"queued", "running", "success", "error"})
_METHODS: Final = ("methodInfo", "MethodInfo", "history_and_task_methods")


def is_description(document: Any) -> bool:
    """Tell whether a JSON document is TaskManager.description, whole or in part: its states and its reasons have the
    keys that the API gives them."""
    if not isinstance(document, dict):
        return False
    states = _keys_of(document.get("State", document.get("state")))
    reasons = _keys_of(document.get("Reason", document.get("reason")))
    return bool(states & _STATES) and bool(reasons) and all(one.startswith("TaskReason") for one in reasons)


def _keys_of(entries: Any) -> set[str]:
    """Return the keys of a list of described elements; none if it is something else."""
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        return set()
    return {one["key"] for one in entries if isinstance(one.get("key"), str)}


def description(document: Mapping[str, Any]) -> Recording:
    """TaskManager.description, whole or in part."""
    methods: Any = next((document[name] for name in _METHODS if name in document), [])
    try:
        value = TaskDescription(
            method_info=_entries(methods),
            state=_entries(document.get("State", document.get("state"))),
            reason=_entries(document.get("Reason", document.get("reason"))),
        )
    except (KeyError, TypeError, AttributeError) as problem:
        message = f"a TaskDescription that lacks or garbles {problem}"
        raise RecordingError(message) from problem
    return Recording(
        form="TaskDescription", facts=(Fact(call=ReadDescription(session=READER), value=Property(value=value)),)
    )


def _entries(entries: Any) -> tuple[ElementDescription, ...]:
    return tuple(
        ElementDescription(key=one["key"], label=one.get("label", ""), summary=one.get("summary", ""))
        for one in entries or ()
    )


def entity_lists(document: Any) -> int:
    """Count the recentTask properties of entities in a JSON document, at any depth. No clause is about them:
    TaskManager.recentTask is another property."""
    if not isinstance(document, dict):
        return 0
    own = sum(name in document for name in ("RecentTask", "recentTask"))
    own += any("ArrayOfManagedObjectReference" in str(value) for value in document.values())
    return own + sum(map(entity_lists, document.values()))


# --- a host's log -----------------------------------------------------------------------------------------------------

_ADDED: Final = re.compile(
    r"^(?P<time>\S*)\s.*RecordOp (?P<how>ADD|REMOVE): recentTask\[\"(?P<task>[^\"]+)\"\], (?P<on>[^. ]+)\."
)
_MANAGERS: Final = ("ha-taskmgr", "TaskManager")


def is_log(text: str) -> bool:
    """Tell whether a text is a log of hostd's or vpxd's that speaks of tasks."""
    return "RecordOp" in text or "Task Created :" in text


def log(text: str) -> Recording:
    """Read a host's log: each change of TaskManager.recentTask that it notifies of. What it says of an entity's is left
    aside, and so is what it says of single fields."""
    facts, aside = [], 0
    for line in text.splitlines():
        found = _ADDED.match(line)
        if found is None or found["on"] not in _MANAGERS:
            aside += "RecordOp" in line
            continue
        facts.append(_change(found))
    return Recording(form="log", facts=tuple(facts), beside={"changes that no clause is about": aside})


def _change(found: re.Match[str]) -> Fact:
    task = found["task"]
    added = (ObjectRef(type="Task", value=task),) if found["how"] == "ADD" else ()
    value = RecentTaskUpdate(changed=True, added=added, removed=() if added else (task,))
    return Fact(call=Wait(session=READER, fresh=False), value=value, at=_logged(found["time"]))


def _logged(text: str) -> Interval:
    """Return when a line was written, by the server's own clock, to the millisecond."""
    try:
        moment = _instant(datetime.fromisoformat(text))
    except ValueError:
        return ANYTIME
    return Interval(earliest=moment, latest=moment + 1_000)
