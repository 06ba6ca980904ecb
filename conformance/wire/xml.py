"""Elements of a SOAP document, and the simple values in them.

A document that is no XML, lacks an element that its type requires, or cannot be read as its type, is `Undecodable`: it
says nothing of the target's rules.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Iterator

XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
XSI_NIL: Final = XSI_TYPE.replace("type", "nil")
DEEPEST: Final = 100
"""Elements inside of each other that a document may have."""
MOST: Final = 2_000_000
"""Tags, and attributes, that it may have."""
_LONGEST: Final = 200
"""Characters of a value that a message shows."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class Undecodable(ValueError):  # noqa: N818  # an answer, named as one
    """The answer is no XML, or not what the method answers with."""


def root_of(document: bytes) -> Element:
    """Return the root element. A document type declaration is refused: no vSphere answer has one, and what it could
    declare (entities) is of use only to an attacker. The encoding is pinned, so that the bytes looked at are those
    parsed."""
    if b"<!DOCTYPE" in document or b"\0" in document:
        message = "the answer holds a document type declaration or is not UTF-8"
        raise Undecodable(message)
    if document.count(b"<") > MOST or document.count(b"=") > MOST:
        message = f"the answer has more than {MOST} tags or attributes"
        raise Undecodable(message)
    parser = XMLParser(encoding="utf-8")  # noqa: S314 -- no declaration, hence no entity to expand
    try:
        parser.feed(document)
        root: Element = parser.close()
    except ParseError as error:
        message = f"the answer is not well-formed XML: {error}"
        raise Undecodable(message) from error
    level = [root]
    for _ in range(DEEPEST):
        level = [each for element in level for each in element]
        if not level:
            return root
    message = f"the answer is nested more than {DEEPEST} deep"
    raise Undecodable(message)


def body_of(root: Element) -> Element:
    """Return the content of soapenv:Body: the method's response element, or soapenv:Fault."""
    for child in root:
        if local(child.tag) == "Body" and len(child):
            return child[0]
    message = "the answer is no SOAP envelope with a body"
    raise Undecodable(message)


# --- pieces -----------------------------------------------------------------------------------------------------------


def local(name: str) -> str:
    """Return a tag without its namespace."""
    return name.rpartition("}")[2]


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the children of that name, whatever their namespace."""
    return (child for child in element if local(child.tag) == name)


def child(element: Element, name: str) -> Element | None:
    """Return the first child of that name, None if there is none."""
    return next(children(element, name), None)


def text(element: Element) -> str:
    """Return the element's text; of an element with children, all the text in it."""
    return element.text or "" if not len(element) else "".join(element.itertext())


def text_of(element: Element, name: str) -> str | None:
    """Return the text of the first child of that name."""
    found = child(element, name)
    return None if found is None else text(found)


def required(element: Element, name: str) -> Element:
    """Return the first child of that name, which the schema requires. Raises Undecodable."""
    found = child(element, name)
    if found is None:
        message = f"{local(element.tag)} without {name}"
        raise Undecodable(message)
    return found


def wire_type(element: Element, default: str) -> str:
    """Return the element's own word for its type, without a prefix; `default` is the type declared for the place."""
    return element.get(XSI_TYPE, default).rpartition(":")[2]


def reference(element: Element) -> ObjectRef:
    """Read a ManagedObjectReference."""
    kind = element.get("type")
    if kind is None:
        message = f"{local(element.tag)} is a reference without a type"
        raise Undecodable(message)
    return ObjectRef(type=kind, value=text(element))


def references(element: Element) -> tuple[ObjectRef, ...]:
    """Read an ArrayOfManagedObjectReference."""
    return tuple([reference(each) for each in element])


def boolean(element: Element) -> bool:
    """Read an xsd:boolean."""
    value = text(element).strip()
    if value not in ("true", "false", "1", "0"):
        message = f"{local(element.tag)} is no boolean: {value[:_LONGEST]!r}"
        raise Undecodable(message)
    return value in ("true", "1")


def integer(element: Element) -> int:
    """Read an xsd:int or xsd:long."""
    try:
        value = int(text(element))
    except ValueError as error:
        message = f"{local(element.tag)} is no integer: {text(element)[:_LONGEST]!r}"
        raise Undecodable(message) from error
    if not -(2**63) <= value < 2**63:
        message = f"{local(element.tag)} is no integer of 64 bits"
        raise Undecodable(message)
    return value


def microseconds(element: Element) -> int:
    """Read an xsd:dateTime as microseconds since 1970, UTC; finer digits are cut off, a time without a zone is UTC."""
    value = text(element).strip()
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        message = f"{local(element.tag)} is no time: {value[:_LONGEST]!r}"
        raise Undecodable(message) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def resolution(element: Element) -> int:
    """Return the resolution of an xsd:dateTime in microseconds: a second if it has no fraction, 1 at the finest."""
    fraction = re.search(r"\.(\d+)", text(element))
    return 10 ** max(0, 6 - len(fraction[1])) if fraction else 1_000_000
