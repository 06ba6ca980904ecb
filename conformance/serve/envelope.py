"""SOAP 1.1: what a request holds, and the documents that answer it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree.ElementTree import Element, ParseError, XMLParser

from taskconform.conformance.serve.decoding import local, malformed, reference

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ObjectRef

_START: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"'
    ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<soapenv:Body>\n'
)
_END: Final = "\n</soapenv:Body>\n</soapenv:Envelope>"
_REQUEST: Final = "the request"
_DECLARATION: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Request(NamedTuple):
    """A method's call: its name on the wire, the object it goes to, and the element that holds the arguments."""

    method: str
    this: ObjectRef
    element: Element


def root_of(document: bytes) -> Element:
    """Give the root element. A document type declaration is refused: no SOAP message may have one, and what it could
    declare (entities) is of use only to an attacker. The encoding is pinned to UTF-8, so that the bytes looked at are
    those parsed, whatever the document says of itself.
    """
    if _DECLARATION.search(document) or b"\0" in document:
        raise malformed(_REQUEST, "holds a document type declaration, or is not UTF-8")
    parser = XMLParser(encoding="utf-8")  # noqa: S314 -- no declaration, hence no entity to expand
    try:
        parser.feed(document)
        root: Element = parser.close()
    except (ParseError, ValueError) as error:
        raise malformed(_REQUEST, f"is not well-formed XML: {error}") from None
    return root


def request_of(document: bytes) -> Request:
    """Give the call that a request makes. Raises FaultRaised (InvalidRequest) where it makes none."""
    root = root_of(document)
    if local(root.tag) != "Envelope":
        raise malformed(_REQUEST, "is no SOAP envelope")
    body = next((child for child in root if local(child.tag) == "Body"), None)
    if body is None or len(body) != 1:
        raise malformed(_REQUEST, "has no body, or not one method in it")
    element = body[0]
    this = next((child for child in element if local(child.tag) == "_this"), None)
    if this is None:
        raise malformed(local(element.tag), "lacks _this")
    return Request(local(element.tag), reference(this), element)


def response(method: str, inside: str) -> bytes:
    """Give the answer of a method."""
    return f'{_START}<{method}Response xmlns="urn:vim25">{inside}</{method}Response>{_END}'.encode(
        errors="xmlcharrefreplace"
    )


def fault(name: str, declared: str, inside: str, message: str) -> bytes:
    """Give the answer of a method that faults. `declared`: the name of the detail's element; all already escaped."""
    detail = f'<{declared}Fault xmlns="urn:vim25" xsi:type="{name}">{inside}</{declared}Fault>'
    return (
        f"{_START}<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{message}</faultstring>"
        f"<detail>{detail}</detail></soapenv:Fault>{_END}"
    ).encode(errors="xmlcharrefreplace")
