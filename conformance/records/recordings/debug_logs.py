"""SOAP envelopes in the text of a log: what rbvmomi, govc and other clients print when they are asked to.

A log says neither when a request went out nor which answer is whose. An answer belongs to the earliest request of its
method that waits for one; where several wait for answers and a fault comes, whose it is stays open."""

from __future__ import annotations

import re
from typing import Final

from taskconform.conformance.records.recordings.wire import Recorded, Recording
from taskconform.conformance.wire import xml

_ENVELOPE: Final = re.compile(
    r"<(?P<prefix>[\w.-]+:)?Envelope\b.*?</(?P=prefix)Envelope>|<Envelope\b.*?</Envelope>", re.DOTALL
)
_MARGIN: Final = re.compile(r"^[ \t]*(?://|#|>|<(?=\s)|\*|\|)[ \t]?", re.MULTILINE)
_COOKIE: Final = re.compile(r'vmware_soap_session=\\?"?([^";\\\s]+)')
_GIVEN: Final = re.compile(r'set-cookie[^\n]*?(vmware_soap_session=\\?"?[^";\\\s]+)', re.IGNORECASE)
_VERSION: Final = re.compile(r"urn:vim25/([\w.]+)")
_ESCAPED: Final = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&"}
UNANSWERED: Final = "requests without an answer that is surely theirs"
"""The name of what a log leaves open."""


def has_envelopes(text: str) -> bool:
    """Tell whether a text holds SOAP envelopes."""
    return "Envelope" in text and _ENVELOPE.search(text) is not None


def debug_log(text: str) -> Recording:
    """Read the exchanges in a log."""
    text = _MARGIN.sub("", text)
    if '\\"' in text and "\\n" in text and "<" not in text.partition("Envelope")[0][-2:]:
        text = text.replace("\\n", "\n").replace('\\"', '"')
    waiting: list[tuple[str, Recorded]] = []
    found: list[Recorded] = []
    end, left = 0, 0
    for envelope in _ENVELOPE.finditer(text):
        between, end = text[end : envelope.start()], envelope.end()
        name = _name_of(envelope[0])
        if name == "Fault" or name.endswith("Response"):
            mine = [one for one in waiting if name == "Fault" or one[0] == name.removesuffix("Response")]
            if len(mine) != 1:
                left += len(mine)
                waiting = [one for one in waiting if one not in mine]
                continue
            waiting.remove(mine[0])
            found.append(_answered(mine[0][1], envelope[0], between, 500 if name == "Fault" else 200))
        elif name:
            waiting.append((name, _asked(envelope[0], between)))
    left += len(waiting)
    return Recording(form="log of a client", exchanges=tuple(found), beside={UNANSWERED: left} if left else {})


def _name_of(document: str) -> str:
    """Return the name of what is in an envelope; "" if that cannot be read."""
    try:
        return xml.local(xml.body_of(xml.root_of(document.encode())).tag)
    except xml.Undecodable:
        return ""


def _asked(document: str, before: str) -> Recorded:
    cookies, versions = _COOKIE.findall(before), _VERSION.findall(before)
    headers = {"cookie": f'vmware_soap_session="{cookies[-1]}"'} if cookies else {}
    if versions:
        headers["soapaction"] = f"urn:vim25/{versions[-1]}"
    return Recorded(request=document.encode(), answer=b"", request_headers=headers)


def _answered(asked: Recorded, document: str, before: str, status: int) -> Recorded:
    given = _GIVEN.findall(before)
    return Recorded(
        request=asked.request,
        answer=document.encode(),
        status=status,
        request_headers=asked.request_headers,
        answer_headers={"set-cookie": given[-1]} if given else {},
    )
