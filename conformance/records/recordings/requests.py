"""The way back, for requests: a method's element to the call it stands for, and its answer to the call's value.

The mirror of `soap_encode` and its like. A request that no call stands for (another method, another object, a filter
that the suite never makes) is None: nothing is judged of it. Methods of the PropertyCollector are in `properties`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.targets.soap import decode as soap_decode
from taskconform.conformance.targets.soap import filters as soap_filters
from taskconform.conformance.targets.soap.xml import (
    XSI_TYPE,
    Undecodable,
    boolean,
    child,
    children,
    integer,
    local,
    reference,
    required,
    text,
    text_of,
    wire_type,
)
from taskconform.model.vocabulary import calls as c

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from taskconform.model.vocabulary.outcomes import Value

    Reads = Callable[[str, Element], c.Call | None]
    Answers = Callable[[Element], Value]

XSI_NIL: Final = XSI_TYPE.replace("type", "nil")


def this(request: Element) -> c.ObjectRef:
    """The object that a method is called on."""
    return reference(required(request, "_this"))


def _nothing(_: Element) -> None:
    """A method that answers with nothing."""


# --- TaskManager and Task ---------------------------------------------------------------------------------------------


def _create_task(session: str, request: Element) -> c.Call:
    return c.CreateTask(
        session=session,
        obj=reference(required(request, "obj")),
        task_type_id=text(required(request, "taskTypeId")),
        cancelable=boolean(required(request, "cancelable")),
        initiated_by=text_of(request, "initiatedBy"),
        parent_task_key=text_of(request, "parentTaskKey"),
        activation_id=text_of(request, "activationId"),
    )


def _set_task_state(session: str, request: Element) -> c.Call:
    given, fault = child(request, "result"), child(request, "fault")
    result: str | c.ObjectRef | None = None
    if given is not None:
        is_object = wire_type(given, "string") == "ManagedObjectReference"
        result = reference(given) if is_object else text(given)
    return c.SetTaskState(
        session=session,
        task=this(request),
        state=text(required(request, "state")),
        result=result,
        fault=None if fault is None else wire_type(required(fault, "fault"), "MethodFault"),
    )


def _update_progress(session: str, request: Element) -> c.Call:
    return c.UpdateProgress(session=session, task=this(request), percent_done=integer(required(request, "percentDone")))


def _set_task_description(session: str, request: Element) -> c.Call:
    given = required(request, "description")
    args = tuple((text_of(one, "key") or "", text_of(one, "value") or "") for one in children(given, "arg"))
    return c.SetTaskDescription(session=session, task=this(request), key=text(required(given, "key")), args=args)


def _cancel_task(session: str, request: Element) -> c.Call:
    return c.CancelTask(session=session, task=this(request))


# --- extensions -------------------------------------------------------------------------------------------------------

_REQUIRED: Final = ("description", "key", "lastHeartbeatTime")


def _extension(make: Callable[..., c.Call]) -> Reads:
    """RegisterExtension or UpdateExtension; None for one that lacks another required part than its version."""

    def read(session: str, request: Element) -> c.Call | None:
        given = required(request, "extension")
        if any(child(given, name) is None for name in _REQUIRED):
            return None
        return make(
            session=session,
            key=text(required(given, "key")),
            version=text_of(given, "version"),
            task_ids=tuple([text(required(one, "taskID")) for one in children(given, "taskList")]),
        )

    return read


def _unregister_extension(session: str, request: Element) -> c.Call:
    return c.UnregisterExtension(session=session, key=text(required(request, "extensionKey")))


def _find_extension(session: str, request: Element) -> c.Call:
    return c.FindExtension(session=session, key=text(required(request, "extensionKey")))


def _extension_found(response: Element) -> Value:
    found = child(response, "returnval")
    return None if found is None else soap_decode.extension(found)


# --- history collectors -----------------------------------------------------------------------------------------------


def _create_collector(session: str, request: Element) -> c.Call:
    given = child(request, "filter")
    if given is None:
        return c.CreateCollectorForTasks(session=session, filter=None)
    if given.get(XSI_NIL) in {"true", "1"}:
        return c.CreateCollectorForTasks(session=session, filter=None, form="nil")
    if wire_type(given, "TaskFilterSpec") != "TaskFilterSpec":
        return c.CreateCollectorForTasks(session=session, filter=None, form="unknown")
    return c.CreateCollectorForTasks(session=session, filter=soap_filters.task_filter(given))


def _create_collector_with_info(session: str, request: Element) -> c.Call:
    given = child(request, "infoFilter")
    info = None
    if given is not None:
        results = child(given, "filterTaskResults")
        info = c.TaskInfoFilterSpec() if results is None else _results(results)
    return c.CreateCollectorWithInfoFilterForTasks(
        session=session, filter=soap_filters.task_filter(required(request, "filter")), info_filter=info
    )


def _results(element: Element) -> c.TaskInfoFilterSpec:
    remove, keep = child(element, "removeAll"), child(element, "filterIn")
    return c.TaskInfoFilterSpec(
        remove_all=None if remove is None else boolean(remove),
        description_ids=tuple([text(one) for one in children(element, "descriptionIds")]),
        filter_in=None if keep is None else boolean(keep),
    )


def _create_event_collector(session: str, _: Element) -> c.Call:
    return c.CreateCollectorForEvents(session=session)


def _on_collector(make: Callable[..., c.Call], *, counts: bool = False) -> Reads:
    """A method of a task history collector; None for one of another kind of collector."""

    def read(session: str, request: Element) -> c.Call | None:
        collector = this(request)
        if collector.type != "TaskHistoryCollector":
            return None
        count = {"max_count": integer(required(request, "maxCount"))} if counts else {}
        return make(session=session, collector=collector, **count)

    return read


def _destroy_collector(session: str, request: Element) -> c.Call:
    return c.DestroyCollector(session=session, collector=this(request))


# --- views ------------------------------------------------------------------------------------------------------------


def _references(request: Element, name: str) -> tuple[c.ObjectRef, ...]:
    return tuple([reference(one) for one in children(request, name)])


def _create_list_view(session: str, request: Element) -> c.Call:
    return c.CreateListView(session=session, objs=_references(request, "obj"))


def _on_view(make: Callable[..., c.Call], **lists: str) -> Reads:
    """A method of a list view; None for one of another kind of view."""

    def read(session: str, request: Element) -> c.Call | None:
        view = this(request)
        if view.type != "ListView":
            return None
        return make(session=session, view=view, **{name: _references(request, own) for name, own in lists.items()})

    return read


# --- events -----------------------------------------------------------------------------------------------------------


def _query_events(session: str, request: Element) -> c.Call | None:
    """A query for one chain; None for any other."""
    given = required(request, "filter")
    if [local(one.tag) for one in given] != ["eventChainId"]:
        return None
    return c.QueryTaskEvents(session=session, chain=integer(required(given, "eventChainId")))


METHODS: Final[dict[str, tuple[Reads, Answers]]] = {
    "CreateTask": (_create_task, lambda response: soap_decode.task_info(soap_decode.returned(response))),
    "SetTaskState": (_set_task_state, _nothing),
    "UpdateProgress": (_update_progress, _nothing),
    "SetTaskDescription": (_set_task_description, _nothing),
    "CancelTask": (_cancel_task, _nothing),
    "RegisterExtension": (_extension(c.RegisterExtension), _nothing),
    "UpdateExtension": (_extension(c.UpdateExtension), _nothing),
    "UnregisterExtension": (_unregister_extension, _nothing),
    "FindExtension": (_find_extension, _extension_found),
    "CreateCollectorForTasks": (_create_collector, soap_decode.object_made),
    "CreateCollectorWithInfoFilterForTasks": (_create_collector_with_info, soap_decode.object_made),
    "CreateCollectorForEvents": (_create_event_collector, soap_decode.object_made),
    "SetCollectorPageSize": (_on_collector(c.SetCollectorPageSize, counts=True), _nothing),
    "RewindCollector": (_on_collector(c.RewindCollector), _nothing),
    "ResetCollector": (_on_collector(c.ResetCollector), _nothing),
    "ReadNextTasks": (_on_collector(c.ReadNextTasks, counts=True), soap_decode.tasks),
    "ReadPreviousTasks": (_on_collector(c.ReadPreviousTasks, counts=True), soap_decode.tasks),
    "DestroyCollector": (_destroy_collector, _nothing),
    "CreateListView": (_create_list_view, soap_decode.object_made),
    "ModifyListView": (_on_view(c.ModifyListView, add="add", remove="remove"), soap_decode.references_returned),
    "ResetListView": (_on_view(c.ResetListView, objs="obj"), soap_decode.references_returned),
    "DestroyView": (_on_view(c.DestroyView), _nothing),
    "QueryEvents": (_query_events, soap_decode.task_events),
}
"""How the request of each method is read, and how its answer."""


def read(session: str, request: Element) -> c.Call | None:
    """The call that a request stands for; None if there is none. Raises Undecodable for a request that is not as its
    method requires: an ill-formed one, of which nothing is judged."""
    found = METHODS.get(local(request.tag))
    return None if found is None else found[0](session, request)


def value_of(request: Element, response: Element) -> Any:
    """The value of a request's answer. Raises Undecodable."""
    return METHODS[local(request.tag)][1](response)


__all__ = ["METHODS", "Undecodable", "read", "this", "value_of"]
