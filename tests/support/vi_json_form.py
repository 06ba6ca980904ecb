"""SOAP exchanges as VI/JSON has them: what a client of that would have sent to the same server, and got."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import quote

from taskconform.conformance.wire import schema, xml

HOST = "https://vc.example/sdk"
RELEASE = "8.0.3.0"
_COOKIE = re.compile(r'vmware_soap_session="?([^";]+)')


def as_json(exchange):
    """The exchange as VI/JSON has it; None if it cannot: a retrieval of one property is read by GET."""
    request = xml.body_of(xml.root_of(exchange.request))
    answer = xml.body_of(xml.root_of(exchange.answer))
    name, this = xml.local(request.tag), xml.required(request, "_this")
    kind, value = this.get("type"), xml.text(this)
    body = b""
    if name == "Fetch":
        path = xml.text_of(request, "prop")
        declared = schema.newest().fields(schema.known_type(kind))[path].type
    else:
        method = schema.newest().method(name)
        path, declared = name, method.result
        given = _members([each for each in request if each is not this], {one.name: one.type for one in method.params})
        body = json.dumps(given).encode()
    status = 200
    if xml.local(answer.tag) == "Fault":
        fault = xml.required(answer, "detail")[0]
        told = {
            **_value(fault, schema.known_type(xml.wire_type(fault, ""))),
            "faultstring": xml.text_of(answer, "faultstring"),
        }
        status, told = 500, json.dumps(told).encode()
    else:
        told = _returned(list(xml.children(answer, "returnval")), declared)
    return replace(
        exchange,
        url=f"{HOST}/vim25/{RELEASE}/{kind}/{quote(value, safe='')}/{path}",
        request=body,
        answer=told,
        status=status if told else 204,
        request_headers=_session(exchange.request_headers, "cookie"),
        answer_headers=_session(exchange.answer_headers, "set-cookie"),
    )


def _session(headers, cookie):
    found = _COOKIE.search(headers.get(cookie, ""))
    return {"vmware-api-session-id": found[1]} if found else {}


def _returned(values, declared):
    if not values or declared is None:
        return b"[]" if declared is not None and issubclass(declared, schema.Array) else b""
    if issubclass(declared, schema.Array):
        if xml.wire_type(values[0], "").startswith("ArrayOf"):
            values = list(values[0])
        return json.dumps([_value(one, declared.Item) for one in values]).encode()
    return json.dumps(_value(values[0], declared)).encode()


def _members(elements, known):
    found = {}
    for each in elements:
        name = xml.local(each.tag)
        declared = known[name]
        if issubclass(declared, schema.Array):
            found.setdefault(name, []).append(_value(each, declared.Item))
        else:
            found[name] = _value(each, declared)
    return found


def _value(element, declared):
    told = xml.wire_type(element, "")
    if declared is object:
        if told.startswith("ArrayOf"):
            item = schema.ManagedObject if told == "ArrayOfManagedObjectReference" else schema.known_type(told).Item
            return {"_typeName": told, "_value": [_value(one, item) for one in element]}
        kind = schema.ManagedObject if element.get("type") else schema.known_type(told)
        if issubclass(kind, (schema.ManagedObject, schema.DataObject)):
            return _value(element, kind)
        return {"_typeName": told, "_value": _value(element, kind)}
    if issubclass(declared, schema.ManagedObject):
        return {"_typeName": "ManagedObjectReference", "type": element.get("type"), "value": xml.text(element)}
    if issubclass(declared, schema.MethodFault) and xml.child(element, "fault") is not None:
        fault = xml.required(element, "fault")
        inner = _value(fault, schema.known_type(xml.wire_type(fault, "")))
        return {
            "_typeName": "LocalizedMethodFault",
            "fault": inner,
            "localizedMessage": xml.text_of(element, "localizedMessage"),
        }
    if issubclass(declared, (schema.DataObject, schema.MethodFault)):
        kind = schema.known_type(told) if told else declared
        known = {one.name: one.type for one in schema.newest().fields(kind).values()}
        return {"_typeName": schema.wire_name(kind), **_members(list(element), known)}
    text = xml.text(element)
    if issubclass(declared, bool):
        return text in {"true", "1"}
    if issubclass(declared, int):
        return int(text)
    return float(text) if issubclass(declared, float) else text
