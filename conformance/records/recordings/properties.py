"""Recorded requests to the PropertyCollector: the calls that a retrieval, a filter or a wait stands for.

A client may ask for anything in one request. Of a retrieval each property that a call of ours reads is one call; what a
filter watches is a call of ours only if it watches just that.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import Element

from taskconform.conformance.wire import answers, updates
from taskconform.conformance.wire.table import READS
from taskconform.conformance.wire.xml import (
    boolean,
    child,
    children,
    reference,
    required,
    text,
    text_of,
    wire_type,
)
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Property, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RETRIEVALS: Final = ("RetrieveProperties", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "Fetch")

_SINGLE: Final = {place: row for place, row in READS.items() if not row.many}
"""By type and path: the calls that read a property of one object."""


class Spec:
    """A PropertyFilterSpec: the paths by type, the objects that are named, those that are led on from, and the flag."""

    def __init__(self, element: Element) -> None:
        """Read it."""
        self.paths: dict[str, frozenset[str]] = {}
        self.whole: set[str] = set()
        for one in children(element, "propSet"):
            kind = text(required(one, "type"))
            every = child(one, "all")
            if every is not None and boolean(every):
                self.whole.add(kind)
            self.paths[kind] = self.paths.get(kind, frozenset()) | {text(path) for path in children(one, "pathSet")}
        self.objects = tuple([reference(required(one, "obj")) for one in children(element, "objectSet")])
        self.through = frozenset(
            reference(required(one, "obj"))
            for one in children(element, "objectSet")
            if child(one, "selectSet") is not None
        )
        flag = child(element, "reportMissingObjectsInResults")
        self.reports = flag is not None and boolean(flag)

    def asks(self, kind: str, path: str) -> bool:
        """Tell whether this property of objects of this type is asked for."""
        return kind in self.whole or path in self.paths.get(kind, ())


def retrieved(
    session: str, request: Element, response: Element | None
) -> Iterator[tuple[c.Call, Callable[[], Any] | None]]:
    """The calls that a retrieval stands for, each with what makes its value; without one where the retrieval as a whole
    was refused (no response) and so was the call, for the one call that it then stands for."""
    specs = [Spec(one) for one in children(request, "specSet")]
    tasks = [ref for spec in specs if spec.asks("Task", "info") and not spec.reports for ref in _of(spec, "Task")]
    singles = [
        (ref, path)
        for spec in specs
        for kind, path in _SINGLE
        if spec.asks(kind, path) and not spec.reports
        for ref in _of(spec, kind)
    ]
    if response is None:
        if tasks and not singles and sum(len(spec.objects) for spec in specs) == len(tasks):
            yield c.ReadTaskInfo(session=session, tasks=tuple(tasks)), None
        elif len(singles) == 1 and not tasks and sum(len(spec.objects) for spec in specs) == 1:
            ref, path = singles[0]
            yield _SINGLE[ref.type, path].made(session, ref), None
        return
    contents, is_whole = _contents(response)
    read = [ref for ref in tasks if is_whole or ref in contents]
    read += [ref for ref in contents if ref.type == "Task" and ref not in read and _holds(contents[ref], "info")]
    if read:
        yield c.ReadTaskInfo(session=session, tasks=tuple(read)), lambda: _infos(read, contents)
    whole = {kind for spec in specs for kind in spec.whole}
    for ref, path in singles:
        if ref in contents and (ref.type not in whole or _holds(contents[ref], path)):
            row = _SINGLE[ref.type, path]
            yield row.made(session, ref), partial(answers.property_of, contents[ref], path, row.decode)


def _holds(content: Element, path: str) -> bool:
    """Tell whether an ObjectContent has a value for a property."""
    return any(text_of(one, "name") == path for one in children(content, "propSet"))


def token_of(response: Element) -> str:
    """Return the token with which a client asks for the rest of an answer; "" if there is no rest."""
    returned = child(response, "returnval")
    return (text_of(returned, "token") or "") if returned is not None else ""


def told(session: str, response: Element) -> Iterator[tuple[c.Call, Callable[[], Any]]]:
    """The reads of Task.info that an update set comes to: a client that watches the whole info reads it so."""
    for each in response.iter():
        if each.tag.rpartition("}")[2] != "objectSet" or child(each, "obj") is None:
            continue
        ref = reference(required(each, "obj"))
        values = [required(one, "val") for one in children(each, "changeSet") if text_of(one, "name") == "info"]
        if ref.type == "Task" and values and _is_info(values[-1]):
            yield c.ReadTaskInfo(session=session, tasks=(ref,)), partial(_info_in, values[-1])


def _is_info(value: Element) -> bool:
    return wire_type(value, "") == "TaskInfo"


def _info_in(value: Element) -> tuple[Property[TaskInfo], ...]:
    return (Property(value=answers.task_info(value)),)


def fetched(
    session: str, request: Element, response: Element | None
) -> Iterator[tuple[c.Call, Callable[[], Any] | None]]:
    """The call that a Fetch stands for, which is how pyVmomi reads one property of one object."""
    ref, path = reference(required(request, "_this")), text(required(request, "prop"))
    values = [] if response is None else list(children(response, "returnval"))
    value = values[0] if values else None
    if (ref.type, path) == ("Task", "info"):
        call: c.Call = c.ReadTaskInfo(session=session, tasks=(ref,))
        yield call, lambda: (Property(value=None if value is None else answers.task_info(value)),)
    elif (ref.type, path) in _SINGLE:
        row = _SINGLE[ref.type, path]
        if row.is_list and not (len(values) == 1 and wire_type(values[0], "").startswith("ArrayOf")):
            value = Element("returnval")  # one a returnval, as pyVmomi reads them too
            value.extend(values)
        yield row.made(session, ref), lambda: Property(value=None if value is None else row.decode(value))


def _of(spec: Spec, kind: str) -> list[c.ObjectRef]:
    """The objects of a type that are named for themselves."""
    return [ref for ref in spec.objects if ref.type == kind and ref not in spec.through]


def _contents(response: Element) -> tuple[dict[c.ObjectRef, Element], bool]:
    """The ObjectContents of an answer, by object, and whether there are no more to come."""
    found = list(children(response, "returnval"))
    is_whole = True
    if len(found) == 1 and child(found[0], "obj") is None:
        is_whole = child(found[0], "token") is None
        found = list(children(found[0], "objects"))
    return {reference(required(one, "obj")): one for one in found}, is_whole


def _infos(tasks: list[c.ObjectRef], contents: dict[c.ObjectRef, Element]) -> tuple[Property[TaskInfo], ...]:
    absent: Property[TaskInfo] = Property()
    return tuple(
        [answers.property_of(contents[ref], "info", answers.task_info) if ref in contents else absent for ref in tasks]
    )


# --- filters and waits ------------------------------------------------------------------------------------------------


DEFAULT: Final = frozenset({"propertyCollector", "ha-property-collector", "PropertyCollector"})
"""The property collector that every session has."""


def place_of(session: str, collector: c.ObjectRef) -> str:
    """Return the name of a property collector: the default one is another one in each session."""
    return f"{session} {collector.value}" if collector.value in DEFAULT else collector.value


def watches_recent_task(request: Element) -> bool:
    """Tell whether a CreateFilter watches TaskManager.recentTask and nothing else."""
    spec = Spec(required(request, "spec"))
    return (
        spec.paths == {"TaskManager": frozenset({"recentTask"})}
        and not spec.through
        and [ref.type for ref in spec.objects] == ["TaskManager"]
    )


def filter_call(session: str, request: Element) -> c.CreateFilter | None:
    """The call that a CreateFilter stands for: the info.state of tasks, or of those in one list view, or one
    collector's latestPage as a whole; None for any other."""
    spec = Spec(required(request, "spec"))
    whole = not boolean(required(request, "partialUpdates"))
    kinds = [ref.type for ref in spec.objects]
    states = spec.paths == {"Task": frozenset({"info.state"})}
    pages = spec.paths == {"TaskHistoryCollector": frozenset({"latestPage"})} and whole
    through_view = kinds == ["ListView"] and len(spec.through) == 1 and _leads_to_its_tasks(request)
    fits = (
        (states and through_view)
        or (states and kinds and set(kinds) == {"Task"} and not spec.through)
        or (pages and kinds == ["TaskHistoryCollector"] and not spec.through)
    )
    if not fits:
        return None
    return c.CreateFilter(
        session=session,
        collector=reference(required(request, "_this")),
        watched=spec.objects,
        report_missing=spec.reports,
    )


def _leads_to_its_tasks(request: Element) -> bool:
    """Tell whether a filter's one list view stands for the tasks in it."""
    by = [one for one in required(request, "spec").iter() if one.tag.rpartition("}")[2] == "selectSet"]
    return len(by) == 1 and text_of(by[0], "path") == "view"


def recent_update(response: Element, ours: str) -> Any:
    """Return the changes of recentTask that our filter tells in a wait's answer; None for a truncated set, which is
    only a part, and for what several filters tell at once."""
    update = child(response, "returnval")
    told = list(children(update, "filterSet")) if update is not None else []
    if update is None or not told:
        return updates.recent_task_update([])
    is_ours = [text(required(one, "filter")) for one in told] == [ours]
    return updates.recent_task_update([update]) if is_ours and not updates.is_truncated(update) else None
