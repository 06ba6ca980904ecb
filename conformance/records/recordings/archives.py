"""HTTP archives and cassettes: HAR (JSON), Ruby VCR and Python vcrpy (YAML or JSON).

Only requests that carry a SOAP envelope count, and those of VI/JSON; what else was recorded is left aside, and counted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.records.recordings import vi_json
from taskconform.conformance.records.recordings.encoding import from_base64, plain_body
from taskconform.conformance.records.recordings.wire import Recorded, Recording, RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LARGEST_BODY: Final = 32 * 1024 * 1024
"""Bytes that a body may have, unpacked."""
LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a file, or of a body in it, that are read at all."""
_MICROSECONDS: Final = 1_000_000
NO_SOAP: Final = "HTTP exchanges that are neither SOAP nor VI/JSON"
"""The name of what such a document holds beside SOAP."""
DAMAGED: Final = "entries that are not readable"
"""The name of what was recorded and cannot be told any more."""


def is_archive(document: Any) -> bool:
    """Tell whether a document is an HTTP archive or a cassette."""
    return isinstance(document, dict) and (
        "http_interactions" in document
        or "interactions" in document
        or (isinstance(document.get("log"), dict) and "entries" in document["log"])
    )


def archive(document: Mapping[str, Any]) -> Recording:
    """The exchanges of an HTTP archive or a cassette. Raises RecordingError where it lacks what its form requires."""
    form, entries, read = _form_of(document)
    if not isinstance(entries, list):
        message = f"a {form} whose entries are no list"
        raise RecordingError(message)
    found: list[Recorded] = []
    damaged = size = 0
    for entry in entries:
        try:
            one = read(entry)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            damaged += 1
            continue
        found.append(one)
        size += len(one.request) + len(one.answer)
        if size > LARGEST:
            message = f"a {form} whose bodies have more than {LARGEST >> 20} MiB"
            raise RecordingError(message)
    if damaged == len(entries) > 0:
        message = f"a {form} none of whose {damaged} entries is readable"
        raise RecordingError(message)
    told = (one if b"Envelope" in one.request else vi_json.as_soap(one) for one in found)
    soap = tuple(one for one in told if one is not None)
    beside = {NO_SOAP: len(found) - len(soap), DAMAGED: damaged}
    return Recording(form=form, exchanges=soap, beside={what: count for what, count in beside.items() if count})


def _form_of(document: Mapping[str, Any]) -> tuple[str, Any, Any]:
    """Return the document's form, its entries, and the reader of one of them."""
    if "http_interactions" in document:
        return "VCR cassette", document["http_interactions"], _vcr
    if "interactions" in document:
        return "vcrpy cassette", document["interactions"], _vcrpy
    return "HTTP archive", document["log"]["entries"], _har


# --- HAR --------------------------------------------------------------------------------------------------------------


def _har(entry: Mapping[str, Any]) -> Recorded:
    """An entry of a HAR. `time` is in milliseconds, `startedDateTime` is ISO 8601."""
    request, response = entry["request"], entry["response"]
    content = response.get("content") or {}
    text = content.get("text") or ""
    answer = from_base64(text) if content.get("encoding") == "base64" else text.encode()
    sent = request.get("postData") or {}
    asked = (sent.get("text") or "").encode()
    started = _iso(entry.get("startedDateTime"))
    took = entry.get("time")
    headers, told = _pairs(request.get("headers")), _pairs(response.get("headers"))
    cookies = request.get("cookies") or ()
    if "cookie" not in headers and cookies:
        headers["cookie"] = "; ".join(f"{one['name']}={one['value']}" for one in cookies)
    return Recorded(
        request=_plain(from_base64(asked) if sent.get("encoding") == "base64" else asked, headers),
        answer=_plain(answer, told),
        status=int(response["status"]),
        request_headers=headers,
        answer_headers=told,
        started=started,
        ended=None if started is None or not took or took < 0 else started + round(float(took) * 1000),
        url=str(request.get("url") or ""),
    )


def _pairs(headers: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    return {one["name"].lower(): one["value"] for one in headers or ()}


def _iso(text: str | None) -> int | None:
    """An ISO 8601 time, in microseconds."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return _micros(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _micros(moment: datetime) -> int:
    return round(moment.timestamp() * _MICROSECONDS)


# --- cassettes --------------------------------------------------------------------------------------------------------


def _vcr(entry: Mapping[str, Any]) -> Recorded:
    """An interaction of a Ruby VCR cassette. `recorded_at` is when the answer was there, in whole seconds."""
    request, response = entry["request"], entry["response"]
    headers, told = _lists(request.get("headers")), _lists(response.get("headers"))
    text = entry.get("recorded_at")
    ended = None
    if isinstance(text, datetime):
        ended = _micros(text)
    elif text:
        ended = _micros(parsedate_to_datetime(text))
    return Recorded(
        request=_plain(_body(request.get("body")), headers),
        answer=_plain(_body(response.get("body")), told),
        status=int(response["status"]["code"]),
        request_headers=headers,
        answer_headers=told,
        url=str(request.get("uri") or ""),
        ended=ended,
    )


def _vcrpy(entry: Mapping[str, Any]) -> Recorded:
    """An interaction of a vcrpy cassette, which knows no times."""
    request, response = entry["request"], entry["response"]
    headers, told = _lists(request.get("headers")), _lists(response.get("headers"))
    return Recorded(
        request=_plain(_body(request.get("body")), headers),
        answer=_plain(_body(response.get("body")), told),
        status=int(response["status"]["code"]),
        request_headers=headers,
        answer_headers=told,
        url=str(request.get("uri") or ""),
    )


def _body(body: Any) -> bytes:
    """Return a body: text, bytes, or a mapping that holds either, in base64 maybe."""
    if isinstance(body, dict):
        if "base64_string" in body:
            return from_base64(body["base64_string"])
        body = body.get("string")
    if body is None:
        return b""
    return body if isinstance(body, bytes) else str(body).encode()


def _lists(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Headers whose values are lists, or not."""
    return {
        str(name).lower(): "; ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in (headers or {}).items()
    }


def _plain(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Return a body without compression."""
    return plain_body(body, headers.get("content-encoding", ""), LARGEST_BODY)
