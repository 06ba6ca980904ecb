"""The way out: a call to the XML that stands inside soapenv:Body.

Pure functions of the call, so that what is sent can be read, and held against pyVmomi's own serialiser in a test. They
write by themselves because the suite also has to send what pyVmomi refuses to: a required element left out, a fault it
does not know. Elements stand in the order of the WSDL's sequences.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from taskconform.model.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model import calls

ENVELOPE_START: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    b"<soapenv:Body>"
)
ENVELOPE_END: Final = b"</soapenv:Body></soapenv:Envelope>"
SERVICE_INSTANCE: Final = ObjectRef(type="ServiceInstance", value="ServiceInstance")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def envelope(body: str) -> bytes:
    """A whole request."""
    return ENVELOPE_START + body.encode() + ENVELOPE_END


def escape(value: str) -> str:
    """Character data, fit for an attribute in double quotes as well."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def element(name: str, value: str | None) -> str:
    """A simple element; nothing at all if there is no value."""
    return "" if value is None else f"<{name}>{escape(value)}</{name}>"


def elements(name: str, values: Iterable[str]) -> str:
    """A repeated element."""
    return "".join([element(name, value) for value in values])


def boolean(name: str, value: bool) -> str:  # noqa: FBT001 -- the value itself
    """An xsd:boolean."""
    return f"<{name}>{'true' if value else 'false'}</{name}>"


def time(name: str, microseconds: int | None) -> str:
    """An xsd:dateTime, in UTC."""
    if microseconds is None:
        return ""
    moment = (_EPOCH + timedelta(microseconds=microseconds)).replace(tzinfo=None)
    return f"<{name}>{moment.isoformat(timespec='microseconds')}Z</{name}>"


def reference(name: str, ref: ObjectRef) -> str:
    """A ManagedObjectReference."""
    return f'<{name} type="{escape(ref.type)}">{escape(ref.value)}</{name}>'


def method(name: str, this: ObjectRef, *parameters: str) -> str:
    """A method on an object."""
    return f'<{name} xmlns="urn:vim25">{reference("_this", this)}{"".join(parameters)}</{name}>'


# --- PropertyCollector ------------------------------------------------------------------------------------------------


def property_filter(kind: str, path: str, objects: Iterable[ObjectRef]) -> str:
    """The inside of a PropertyFilterSpec: one property of some objects of one type."""
    object_set = "".join([f"<objectSet>{reference('obj', ref)}</objectSet>" for ref in objects])
    return f"<propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>{object_set}"


def retrieve(collector: ObjectRef, spec: str) -> str:
    """RetrievePropertiesEx with one PropertyFilterSpec."""
    return method("RetrievePropertiesEx", collector, f"<specSet>{spec}</specSet>", "<options/>")


def retrieve_more(collector: ObjectRef, token: str) -> str:
    """ContinueRetrievePropertiesEx."""
    return method("ContinueRetrievePropertiesEx", collector, element("token", token))


def create_filter(collector: ObjectRef, spec: str) -> str:
    """CreateFilter; partial updates, so that changes of single elements can be told from a new whole."""
    return method("CreateFilter", collector, f"<spec>{spec}</spec>", boolean("partialUpdates", value=True))


def wait_for_updates(collector: ObjectRef, version: str) -> str:
    """WaitForUpdatesEx that looks and does not wait."""
    return method(
        "WaitForUpdatesEx",
        collector,
        element("version", version),
        "<options><maxWaitSeconds>0</maxWaitSeconds></options>",
    )


def inventory(collector: ObjectRef, view: ObjectRef, root: ObjectRef) -> str:
    """RetrievePropertiesEx of name and parent of a root folder, and of all that a ContainerView shows."""
    spec = (
        "<specSet><propSet><type>ManagedEntity</type><pathSet>name</pathSet><pathSet>parent</pathSet></propSet>"
        f'<objectSet>{reference("obj", view)}<skip>true</skip><selectSet xsi:type="TraversalSpec">'
        "<type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet>"
        f"<objectSet>{reference('obj', root)}</objectSet></specSet>"
    )
    return method("RetrievePropertiesEx", collector, spec, "<options/>")


# --- the calls --------------------------------------------------------------------------------------------------------


def login(manager: ObjectRef, user: str, password: str) -> str:
    """SessionManager.Login."""
    return method("Login", manager, element("userName", user), element("password", password))


def register_extension(manager: ObjectRef, call: calls.RegisterExtension, heartbeat: int) -> str:
    """ExtensionManager.RegisterExtension; `heartbeat` in microseconds since 1970."""
    task_list = "".join([f"<taskList>{element('taskID', task)}</taskList>" for task in call.task_ids])
    return method(
        "RegisterExtension",
        manager,
        "<extension><description><label>taskconform</label><summary>taskconform conformance suite</summary>"
        f"</description>{element('key', call.key)}{element('version', call.version)}{task_list}"
        f"{time('lastHeartbeatTime', heartbeat)}</extension>",
    )


def unregister_extension(manager: ObjectRef, key: str) -> str:
    """ExtensionManager.UnregisterExtension."""
    return method("UnregisterExtension", manager, element("extensionKey", key))


def create_task(manager: ObjectRef, call: calls.CreateTask) -> str:
    """TaskManager.CreateTask."""
    return method(
        "CreateTask",
        manager,
        reference("obj", concrete(call.obj)),
        element("taskTypeId", _text(call.task_type_id)),
        element("initiatedBy", None if call.initiated_by is None else _text(call.initiated_by)),
        boolean("cancelable", call.cancelable),
        element("parentTaskKey", None if call.parent_task_key is None else _text(call.parent_task_key)),
        element("activationId", call.activation_id),
    )


def set_task_state(call: calls.SetTaskState) -> str:
    """Task.SetTaskState. The fault goes as a LocalizedMethodFault, which is what the WSDL makes of a MethodFault
    parameter; a result that is an object as a ManagedObjectReference."""
    if call.result is None:
        result = ""
    elif isinstance(call.result, ObjectRef):
        kind, value = escape(call.result.type), escape(call.result.value)
        result = f'<result xsi:type="ManagedObjectReference" type="{kind}">{value}</result>'
    else:
        result = f'<result xsi:type="xsd:string">{escape(call.result)}</result>'
    fault = (
        ""
        if call.fault is None
        else f'<fault><fault xsi:type="{escape(call.fault)}"/><localizedMessage>{escape(call.fault)}'
        "</localizedMessage></fault>"
    )
    return method("SetTaskState", concrete(call.task), element("state", call.state), result, fault)


def update_progress(call: calls.UpdateProgress) -> str:
    """Task.UpdateProgress."""
    return method("UpdateProgress", concrete(call.task), element("percentDone", str(call.percent_done)))


def set_task_description(call: calls.SetTaskDescription) -> str:
    """Task.SetTaskDescription."""
    arguments = "".join(
        [
            f'<arg>{element("key", key)}<value xsi:type="xsd:string">{escape(value)}</value></arg>'
            for key, value in call.args
        ]
    )
    return method(
        "SetTaskDescription",
        concrete(call.task),
        f"<description>{element('key', call.key)}{arguments}</description>",
    )


def cancel_task(call: calls.CancelTask) -> str:
    """Task.CancelTask."""
    return method("CancelTask", concrete(call.task))


def task_filter(spec: calls.TaskFilterSpec) -> str:
    """A TaskFilterSpec; the times without a timeType too, ill-formed as that is."""
    entity = spec.entity
    span = spec.time
    user = spec.user_name
    return "".join(
        (
            "<filter>",
            ""
            if entity is None
            else f"<entity>{reference('entity', concrete(entity.entity))}"
            f"{element('recursion', entity.recursion)}</entity>",
            ""
            if span is None
            else f"<time>{element('timeType', span.time_type)}{time('beginTime', span.begin_time)}"
            f"{time('endTime', span.end_time)}</time>",
            ""
            if user is None
            else f"<userName>{boolean('systemUser', user.system_user)}"
            f"{elements('userList', map(_text, user.user_list))}</userName>",
            elements("activationId", spec.activation_id),
            elements("state", spec.state),
            elements("eventChainId", map(str, spec.event_chain_id)),
            elements("tag", spec.tag),
            elements("parentTaskKey", map(_text, spec.parent_task_key)),
            elements("rootTaskKey", map(_text, spec.root_task_key)),
            "</filter>",
        )
    )


def create_collector_for_tasks(manager: ObjectRef, call: calls.CreateCollectorForTasks) -> str:
    """TaskManager.CreateCollectorForTasks; without a filter, the required element is left out."""
    return method("CreateCollectorForTasks", manager, "" if call.filter is None else task_filter(call.filter))


def read_next_tasks(call: calls.ReadNextTasks) -> str:
    """TaskHistoryCollector.ReadNextTasks."""
    return method("ReadNextTasks", concrete(call.collector), element("maxCount", str(call.max_count)))


def destroy_collector(call: calls.DestroyCollector) -> str:
    """HistoryCollector.DestroyCollector."""
    return method("DestroyCollector", concrete(call.collector))


def concrete(ref: calls.Reference) -> ObjectRef:
    """The reference, which binding has made concrete. Raises TypeError on a symbol."""
    if isinstance(ref, ObjectRef):
        return ref
    message = f"a symbol reached the adapter: {ref!r}"
    raise TypeError(message)


def _text(value: object) -> str:
    """A key, a user name or a type id, which binding has made concrete."""
    if isinstance(value, str):
        return value
    message = f"a symbol reached the adapter: {value!r}"
    raise TypeError(message)
