"""Writing of requests: elements, methods, and the retrievals, filters and waits of the PropertyCollector.

The suite writes by itself because it also has to send what pyVmomi refuses to: a required element left out, a fault
that pyVmomi does not know. Elements stand in the order of the WSDL's sequences.
"""

from __future__ import annotations

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


def envelope(body: str) -> bytes:
    """Return a whole request."""
    return ENVELOPE_START + body.encode() + ENVELOPE_END


def escape(value: str) -> str:
    """Return character data, fit for an attribute in double quotes as well."""
    if not ("&" in value or "<" in value or ">" in value or '"' in value):  # quicker than four replacements
        return value
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def element(name: str, value: str | None) -> str:
    """Write a simple element; nothing at all if there is no value."""
    return "" if value is None else f"<{name}>{escape(value)}</{name}>"


def elements(name: str, values: Iterable[str]) -> str:
    """Write a repeated element."""
    return "".join([element(name, value) for value in values])


def boolean(name: str, value: bool) -> str:  # noqa: FBT001 -- the value itself
    """Write an xsd:boolean."""
    return f"<{name}>{'true' if value else 'false'}</{name}>"


def reference(name: str, ref: ObjectRef) -> str:
    """Write a ManagedObjectReference."""
    return f'<{name} type="{escape(ref.type)}">{escape(ref.value)}</{name}>'


def method(name: str, this: ObjectRef, *parameters: str) -> str:
    """Write a method on an object."""
    return f'<{name} xmlns="urn:vim25">{reference("_this", this)}{"".join(parameters)}</{name}>'


# --- PropertyCollector ------------------------------------------------------------------------------------------------


def property_filter(kind: str, path: str, objects: Iterable[ObjectRef]) -> str:
    """Write the inside of a PropertyFilterSpec: one property of some objects of one type."""
    object_set = "".join([f"<objectSet>{reference('obj', ref)}</objectSet>" for ref in objects])
    return f"<propSet><type>{kind}</type><pathSet>{path}</pathSet></propSet>{object_set}"


def retrieve(collector: ObjectRef, spec: str) -> str:
    """Write RetrievePropertiesEx with one PropertyFilterSpec."""
    return method("RetrievePropertiesEx", collector, f"<specSet>{spec}</specSet>", "<options/>")


def retrieve_more(collector: ObjectRef, token: str) -> str:
    """Write ContinueRetrievePropertiesEx."""
    return method("ContinueRetrievePropertiesEx", collector, element("token", token))


def create_filter(collector: ObjectRef, spec: str) -> str:
    """Write CreateFilter; partial updates, so that changes of single elements can be told from a new whole."""
    return method("CreateFilter", collector, f"<spec>{spec}</spec>", "<partialUpdates>true</partialUpdates>")


def wait_for_updates(collector: ObjectRef, version: str, seconds: int = 0, most: int | None = None) -> str:
    """Write WaitForUpdatesEx. Without `seconds` it looks and does not wait; `most`: maxObjectUpdates."""
    return method(
        "WaitForUpdatesEx",
        collector,
        element("version", version),
        f"<options><maxWaitSeconds>{seconds}</maxWaitSeconds>"
        f"{'' if most is None else f'<maxObjectUpdates>{most}</maxObjectUpdates>'}</options>",
    )


def inventory(collector: ObjectRef, view: ObjectRef, root: ObjectRef) -> str:
    """Write RetrievePropertiesEx of name and parent of a root folder, and of all that a ContainerView shows."""
    spec = (
        "<specSet><propSet><type>ManagedEntity</type><pathSet>name</pathSet><pathSet>parent</pathSet></propSet>"
        f'<objectSet>{reference("obj", view)}<skip>true</skip><selectSet xsi:type="TraversalSpec">'
        "<type>ContainerView</type><path>view</path><skip>false</skip></selectSet></objectSet>"
        f"<objectSet>{reference('obj', root)}</objectSet></specSet>"
    )
    return method("RetrievePropertiesEx", collector, spec, "<options/>")


# --- composed calls ---------------------------------------------------------------------------------------------------

_STATE: Final = "<propSet><type>Task</type><pathSet>info.state</pathSet></propSet>"
_IN_VIEW: Final = (
    '<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ListView</type><path>view</path><skip>false</skip>'
    "</selectSet>"
)
_REPORT_MISSING: Final = "<reportMissingObjectsInResults>true</reportMissingObjectsInResults>"

LONG_WAIT: Final = 1
"""maxWaitSeconds of a wait that is to be broken off."""


def login(manager: ObjectRef, user: str, password: str, locale: str | None = None) -> str:
    """Write SessionManager.Login."""
    return method("Login", manager, element("userName", user), element("password", password), element("locale", locale))


def watch(call: calls.CreateFilter) -> str:
    """Write the CreateFilter of a call: on one list view, the states of the tasks in it; on one task history collector,
    its latestPage; else on tasks, their states. Whole values are asked for (no partial updates), because a whole
    latestPage says more than what changed in it."""
    watched = [concrete(ref) for ref in call.watched]
    kinds = [ref.type for ref in watched]
    if kinds == ["ListView"]:
        spec = f"{_STATE}<objectSet>{reference('obj', watched[0])}{_IN_VIEW}</objectSet>"
    elif kinds == ["TaskHistoryCollector"]:
        spec = property_filter("TaskHistoryCollector", "latestPage", watched)
    else:
        spec = property_filter("Task", "info.state", watched)
    spec += _REPORT_MISSING if call.report_missing else ""
    return method(
        "CreateFilter", concrete(call.collector), f"<spec>{spec}</spec>", boolean("partialUpdates", value=False)
    )


def wait_long(call: calls.BreakOffWait) -> str:
    """Write the WaitForUpdatesEx that is to be broken off."""
    return wait_for_updates(concrete(call.collector), word(call.version), LONG_WAIT)


def cancel_wait(call: calls.BreakOffWait) -> str:
    """Write PropertyCollector.CancelWaitForUpdates."""
    return method("CancelWaitForUpdates", concrete(call.collector))


def retrieve_reported(collector: ObjectRef, call: calls.RetrieveReported) -> str:
    """Write RetrievePropertiesEx of the states of tasks, reporting those that are missing."""
    spec = property_filter("Task", "info.state", [concrete(task) for task in call.tasks])
    return method("RetrievePropertiesEx", collector, f"<specSet>{spec}{_REPORT_MISSING}</specSet>", "<options/>")


def concrete(ref: calls.Reference) -> ObjectRef:
    """Return the reference, which binding has made concrete. Raises TypeError on a symbol."""
    if isinstance(ref, ObjectRef):
        return ref
    message = f"a symbol reached the adapter: {ref!r}"
    raise TypeError(message)


def word(value: object) -> str:
    """Return a locale or a version, which binding has made concrete. Raises TypeError on a symbol."""
    if isinstance(value, str):
        return value
    message = f"a symbol reached the adapter: {value!r}"
    raise TypeError(message)
