"""VI/JSON exchanges as the SOAP exchanges that say the same: `POST …/vim25/RELEASE/TYPE/ID/METHOD`, `GET …/PROPERTY`.

What a JSON document leaves unsaid, the types of members and results, is taken from pyVmomi's type information. A read
of a property is what pyVmomi sends for one (Fetch). The session stands in a header of its own instead of a cookie.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

import msgspec

from taskconform.conformance.wire import schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taskconform.conformance.records.recordings.wire import Recorded

SESSION: Final = "vmware-api-session-id"
"""The header that names the session, in requests and in the answer to a login."""
_PATH: Final = re.compile(r"/vim25/([^/]+)/(\w+)/([^/]+)/(\w+)/?$")
_ENVELOPE: Final = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:vim25" '
    'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
_XSD: Final = frozenset(
    {"string", "boolean", "byte", "short", "int", "long", "float", "double", "dateTime", "anyURI", "base64Binary"}
)
_BARE: Final = {bool: ' xsi:type="xsd:boolean"', str: ' xsi:type="xsd:string"'}
"""Types of values that stand where any may, and say none."""
_REFERENCES: Final = "ArrayOfManagedObjectReference"
_FAILED: Final = 400
_FAULT: Final = 500


class _NotTold(ValueError):  # noqa: N818  # as xml.Undecodable
    """The document is none that VI/JSON has."""


def as_soap(exchange: Recorded) -> Recorded | None:
    """Return the SOAP exchange that says the same; None for one that is no VI/JSON. An answer that is not readable is
    empty."""
    found = _PATH.search(urlsplit(exchange.url).path)
    if found is None:
        return None
    release, kind, value, name = found[1], found[2], unquote(found[3]), found[4]
    if (kind, name) == ("ServiceInstance", "content"):
        name = "RetrieveServiceContent"
    method = schema.newest().method(name)
    try:
        given = _document(exchange.request) if exchange.request.strip() else {}
        request = _request(schema.FETCH if method is None else method, kind, value, name, given)
    except _NotTold:
        return None
    try:
        status, answer = _answer(exchange, schema.FETCH.name if method is None else name, _result(method, kind, name))
    except _NotTold:
        status, answer = exchange.status, ""
    return replace(
        exchange,
        request=_ENVELOPE.format(request).encode(),
        answer=_ENVELOPE.format(answer).encode() if answer else b"",
        status=status,
        request_headers=_with(exchange.request_headers, "cookie", release),
        answer_headers=_with(exchange.answer_headers, "set-cookie", release),
    )


def _with(headers: Mapping[str, str], cookie: str, release: str) -> dict[str, str]:
    """Return headers in which the session is a cookie, and the release where SOAP has it."""
    session = headers.get(SESSION, "").replace('"', "")
    told = {cookie: f'vmware_soap_session="{session}"'} if session else {}
    return {**headers, **told, "soapaction": f"urn:vim25/{release}"}


def _document(body: bytes) -> Any:
    """Read a body. Raises _NotTold."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise _NotTold from problem


# --- requests and answers ---------------------------------------------------------------------------------------------


def _request(method: schema.Method, kind: str, value: str, name: str, given: Any) -> str:
    """Write the element of a request. Raises _NotTold."""
    if not isinstance(given, dict):
        raise _NotTold
    this = f"<_this type={quoteattr(kind)}>{escape(value)}</_this>"
    if method is schema.FETCH:
        if given or not _is_property(kind, name):
            raise _NotTold
        return f"<Fetch>{this}<prop>{escape(name)}</prop></Fetch>"
    known = {one.name: one.type for one in method.params}
    members = {name: one for name, one in given.items() if name not in {"_this", "_typeName"}}
    if members.keys() - known.keys():
        raise _NotTold
    return f"<{name}>{this}{''.join(_members(members, known))}</{name}>"


def _is_property(kind: str, name: str) -> bool:
    return _property(kind, name) is not None


def _property(kind: str, name: str) -> type | None:
    """Return the type of a managed object's property; None if there is no such property."""
    owner = schema.named_type(kind)
    if owner is None or not issubclass(owner, schema.ManagedObject):
        return None
    found = schema.newest().fields(owner).get(name)
    return None if found is None else found.type


def _result(method: schema.Method | None, kind: str, name: str) -> type | None:
    """Return the type of what a method returns, or of a property, as an element tells it."""
    return method.result if method is not None else _property(kind, name)


def _answer(exchange: Recorded, name: str, result: type | None) -> tuple[int, str]:
    """Return the status and the element of an answer. Raises _NotTold for one that is neither a result nor a fault."""
    document = _document(exchange.answer) if exchange.answer.strip() else None
    if exchange.status >= _FAILED:
        if not isinstance(document, dict):
            raise _NotTold
        fault = document.get("_typeName")
        if not isinstance(fault, str) or not schema.is_fault(fault):
            raise _NotTold
        told = document.get("faultstring", document.get("faultMessage", ""))
        members = _object(f"{fault}Fault", document, fault)
        told = told if isinstance(told, str) else ""
        return _FAULT, (
            "<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
            f"<faultstring>{escape(told)}</faultstring><detail>{members}</detail></soapenv:Fault>"
        )
    if document is None or result is None:
        return 200, f"<{name}Response></{name}Response>"
    write = _boxed if name == schema.FETCH.name else _element  # what Fetch returns has to say of which type it is
    written = write("returnval", document, result)
    return 200, f"<{name}Response>{written}</{name}Response>"


# --- values -----------------------------------------------------------------------------------------------------------


def _members(members: Mapping[str, Any], known: Mapping[str, type]) -> Iterator[str]:
    """Write the members of a document, those that the type has in its order, then the others."""
    for name in (*(name for name in known if name in members), *(name for name in members if name not in known)):
        yield _element(name, members[name], known.get(name, object))


def _element(name: str, value: Any, declared: type) -> str:
    """Write a value as an element, or as many as a list has. Raises _NotTold."""
    if value is None:
        return ""
    if isinstance(value, list):
        item = declared.Item if issubclass(declared, schema.Array) else object  # type: ignore[attr-defined]
        return "".join(_element(name, one, item) for one in value)
    if isinstance(value, dict):
        return _structure(name, value, declared)
    told = _BARE.get(type(value), "") if declared is object else ""
    return f"<{_tag(name)}{told}>{_plain(value)}</{_tag(name)}>"


def _structure(name: str, value: Mapping[str, Any], declared: type) -> str:
    """Write a document: a reference, a boxed value, a fault, a data object."""
    kind = value.get("_typeName", schema.wire_name(declared))
    if not isinstance(kind, str) or not re.fullmatch(r"\w+", kind):
        raise _NotTold
    if "_value" in value:
        return _boxed(name, value["_value"], object if kind == _REFERENCES else _named(kind), kind)
    if kind == "ManagedObjectReference" or ("type" in value and issubclass(declared, schema.ManagedObject)):
        if not isinstance(value.get("type"), str):
            raise _NotTold
        told = ' xsi:type="ManagedObjectReference"' if declared is object else ""
        return f"<{_tag(name)}{told} type={quoteattr(value['type'])}>{_plain(value.get('value', ''))}</{_tag(name)}>"
    if schema.is_fault(kind) and kind != "LocalizedMethodFault":  # SOAP has it inside of a localized one
        value = {"fault": value, "localizedMessage": value.get("faultMessage")}
        kind = "LocalizedMethodFault"
    if kind == "LocalizedMethodFault":
        fault, message = value.get("fault"), value.get("localizedMessage")
        if not isinstance(fault, dict) or not isinstance(fault.get("_typeName"), str):
            raise _NotTold
        told = _element("localizedMessage", message if isinstance(message, str) else None, str)
        return f"<{_tag(name)}>{_object('fault', fault, fault['_typeName'])}{told}</{_tag(name)}>"
    return _object(name, value, kind)


def _object(name: str, value: Mapping[str, Any], kind: str) -> str:
    """Write a data object, with its type."""
    found = schema.named_type(kind)
    known = {}
    if found is not None and issubclass(found, (schema.DataObject, schema.MethodFault)):
        known = {one.name: one.type for one in schema.newest().fields(found).values()}
    rest = {one: value[one] for one in value if one not in {"_typeName", "faultstring", "faultMessage", "faultCause"}}
    return f'<{_tag(name)} xsi:type="{kind}">{"".join(_members(rest, known))}</{_tag(name)}>'


def _boxed(name: str, value: Any, kind: type, told: str = "") -> str:
    """Write a value together with its type, as it is `told` or declared, since the place it is in may hold any."""
    if isinstance(value, list):
        is_array = issubclass(kind, schema.Array)
        item = schema.item_name(kind) if is_array else "ManagedObjectReference" if told == _REFERENCES else "anyType"
        inner = kind.Item if is_array else schema.ManagedObject if told == _REFERENCES else object  # type: ignore[attr-defined]
        many = "".join(_element(item, one, inner) for one in value)
        return f'<{_tag(name)} xsi:type="ArrayOf{item[0].upper()}{item[1:]}">{many}</{_tag(name)}>'
    if isinstance(value, dict):
        inner = object if issubclass(kind, schema.ManagedObject) else kind
        return _element(name, value, inner)
    simple = schema.wire_name(kind)
    typed = f"xsd:{simple}" if simple in _XSD else simple
    return f'<{_tag(name)} xsi:type="{typed}">{_plain(value)}</{_tag(name)}>'


def _named(kind: str) -> type:
    """Return the type of this name. Raises _NotTold."""
    found = schema.named_type(kind)
    if found is None:
        raise _NotTold
    return found


def _tag(name: str) -> str:
    """Return a name that an element can have. Raises _NotTold."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise _NotTold
    return name


def _plain(value: Any) -> str:
    """Write a simple value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return escape(str(value))
    raise _NotTold
