"""The way out: a call to the XML that stands inside soapenv:Body.

Pure functions of the call, so that what is sent can be read, and held against pyVmomi's own serialiser in a test. They
write by themselves because the suite also has to send what pyVmomi refuses to: a required element left out, a fault it
does not know. Elements stand in the order of the WSDL's sequences.

Here stands what all requests are made of, and the calls on sessions, extensions, tasks and their manager; the others
are in `soap_encode_history`, `soap_encode_watch` and `soap_encode_server`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.vocabulary import calls

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
    return method("CreateFilter", collector, f"<spec>{spec}</spec>", "<partialUpdates>true</partialUpdates>")


def wait_for_updates(collector: ObjectRef, version: str, seconds: int = 0, most: int | None = None) -> str:
    """WaitForUpdatesEx. Without `seconds` it looks and does not wait; `most`: maxObjectUpdates."""
    return method(
        "WaitForUpdatesEx",
        collector,
        element("version", version),
        f"<options><maxWaitSeconds>{seconds}</maxWaitSeconds>"
        f"{'' if most is None else f'<maxObjectUpdates>{most}</maxObjectUpdates>'}</options>",
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


def login(manager: ObjectRef, user: str, password: str, locale: str | None = None) -> str:
    """SessionManager.Login."""
    return method("Login", manager, element("userName", user), element("password", password), element("locale", locale))


def _extension(call: calls.RegisterExtension | calls.UpdateExtension, heartbeat: int) -> str:
    """An Extension; without a version, the required element is left out."""
    task_list = "".join([f"<taskList>{element('taskID', word(task))}</taskList>" for task in call.task_ids])
    return (
        "<extension><description><label>taskconform</label><summary>taskconform conformance suite</summary>"
        f"</description>{element('key', word(call.key))}{element('version', call.version)}{task_list}"
        f"{time('lastHeartbeatTime', heartbeat)}</extension>"
    )


def register_extension(manager: ObjectRef, call: calls.RegisterExtension, heartbeat: int) -> str:
    """ExtensionManager.RegisterExtension; `heartbeat` in microseconds since 1970."""
    return method("RegisterExtension", manager, _extension(call, heartbeat))


def update_extension(manager: ObjectRef, call: calls.UpdateExtension, heartbeat: int) -> str:
    """ExtensionManager.UpdateExtension; `heartbeat` in microseconds since 1970."""
    return method("UpdateExtension", manager, _extension(call, heartbeat))


def unregister_extension(manager: ObjectRef, key: str) -> str:
    """ExtensionManager.UnregisterExtension."""
    return method("UnregisterExtension", manager, element("extensionKey", key))


def find_extension(manager: ObjectRef, key: str) -> str:
    """ExtensionManager.FindExtension."""
    return method("FindExtension", manager, element("extensionKey", key))


def create_task(manager: ObjectRef, call: calls.CreateTask) -> str:
    """TaskManager.CreateTask."""
    return method(
        "CreateTask",
        manager,
        reference("obj", concrete(call.obj)),
        element("taskTypeId", word(call.task_type_id)),
        element("initiatedBy", None if call.initiated_by is None else word(call.initiated_by)),
        boolean("cancelable", call.cancelable),
        element("parentTaskKey", None if call.parent_task_key is None else word(call.parent_task_key)),
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


def concrete(ref: calls.Reference) -> ObjectRef:
    """The reference, which binding has made concrete. Raises TypeError on a symbol."""
    if isinstance(ref, ObjectRef):
        return ref
    message = f"a symbol reached the adapter: {ref!r}"
    raise TypeError(message)


def word(value: object) -> str:
    """A key, a name, a type id or a version, which binding has made concrete. Raises TypeError on a symbol."""
    if isinstance(value, str):
        return value
    message = f"a symbol reached the adapter: {value!r}"
    raise TypeError(message)


def number(value: object) -> int:
    """A time or a chain, which binding has made concrete. Raises TypeError on a symbol."""
    if isinstance(value, int):
        return value
    message = f"a symbol reached the adapter: {value!r}"
    raise TypeError(message)
