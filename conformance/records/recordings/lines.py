"""The recorder's own form: a text file of JSON, one record a line, added to while the recorder runs.

The first line is a `Head`. A request is written when it goes out, its answer when that is there: a file that ends in
the middle, because its recorder was killed, still says which requests were under way. A line that cannot be read is
left out and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance.records.recordings.wire import Recorded, Recording, RecordingError

if TYPE_CHECKING:
    from collections.abc import Iterable

FORM: Final = "taskconform.recording/1"
"""The name and version of the form; the number rises when a field is renamed."""
NAME: Final = "recording of taskconform record"
UNANSWERED: Final = 0
"""The status of a request that has no answer."""
_NOT_WRITTEN: Final = b"<Envelope><Body><NotWritten/></Body></Envelope>"
"""The body of a request that is not written: a method that no reader knows, so that it may have changed anything."""
_START: Final = re.compile(rb'\{\s*"form"\s*:\s*"taskconform\.recording/')


class Head(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """The first line. Of the server it says nothing. `hashed`: inventory names are hashes; `private`: so many names
    have pseudonyms."""

    form: str
    version: str
    begun: int
    hashed: bool = False
    private: int = 0


class Request(msgspec.Struct, tag_field="is", tag="request", kw_only=True, frozen=True, omit_defaults=True):
    """A request, when it went out: microseconds since 1970 by the recorder's clock, which never goes back in one file.

    `n` numbers the requests of the file, `connection` the client's connections; `cookie` is the pseudonym of the
    session cookie. Without a `body` the request is one that is not written, for the reason `left_out`.
    """

    n: int
    at: int
    connection: int
    cookie: str = ""
    action: str = ""
    body: str = ""
    left_out: str = ""


class Answer(msgspec.Struct, tag_field="is", tag="answer", kw_only=True, frozen=True, omit_defaults=True):
    """The answer to request `n`, when its last byte had come from the server. `lost` says why there is none, or why
    its body is not written."""

    n: int
    at: int
    status: int = UNANSWERED
    cookie: str = ""
    body: str = ""
    lost: str = ""


class End(msgspec.Struct, tag_field="is", tag="end", kw_only=True, frozen=True, omit_defaults=True):
    """The last line, of a recorder that was stopped and not killed. `passed` counts what went through unwritten."""

    at: int
    passed: dict[str, int] = {}


Line = Request | Answer | End
_encoder: Final = msgspec.json.Encoder()
_line: Final = msgspec.json.Decoder(Line)


def encode(record: Head | Line) -> bytes:
    """One record as a line."""
    return _encoder.encode(record) + b"\n"


def is_recording(content: bytes) -> bool:
    """Tell whether a file begins as this form does, in any version of it."""
    return _START.match(content) is not None


def recording(content: bytes) -> Recording:
    """Read a file of this form. Raises RecordingError for one of another version."""
    head, *rest = content.split(b"\n")
    _check(head)
    requests: dict[int, Request] = {}
    answers: dict[int, Answer] = {}
    beside: Counter[str] = Counter()
    latest = 0
    for record in _records(rest, beside):
        latest = max(latest, record.at)
        if isinstance(record, Request):
            requests[record.n] = record
        elif isinstance(record, Answer):
            answers[record.n] = record
        else:
            beside.update({f"{what}, not written": count for what, count in record.passed.items()})
    beside["answers without their request"] = len(answers.keys() - requests.keys())
    exchanges = []
    for number, request in requests.items():
        answer = answers.get(number)
        if request.left_out:
            beside[request.left_out] += 1
        whole = _exchange(request, answer)
        exchanges.append(whole if answer is not None else replace(whole, ended=latest + 1))
    return Recording(form=NAME, exchanges=tuple(exchanges), beside={what: n for what, n in beside.items() if n})


def _check(line: bytes) -> None:
    """Raises RecordingError."""
    try:
        head = msgspec.json.decode(line, type=Head)
    except msgspec.DecodeError as problem:
        message = f"the first line of the {NAME} is not readable: {problem}"
        raise RecordingError(message) from problem
    if head.form != FORM:
        message = f"a {NAME} in another form: {head.form}, not {FORM}"
        raise RecordingError(message)


def _records(lines: Iterable[bytes], beside: Counter[str]) -> Iterable[Line]:
    """Yield the lines that can be read, and count the others."""
    for line in lines:
        if not line.strip():
            continue
        try:
            yield _line.decode(line)
        except msgspec.DecodeError:
            beside["damaged lines"] += 1


def _exchange(request: Request, answer: Answer | None) -> Recorded:
    """Join a request and its answer. One whose answer is not there, or not readable, has a status that says nothing."""
    return Recorded(
        request=request.body.encode() or _NOT_WRITTEN,
        answer=b"" if answer is None else answer.body.encode(),
        status=UNANSWERED if answer is None or answer.lost else answer.status,
        request_headers=_headers("cookie", request.cookie) | ({"soapaction": request.action} if request.action else {}),
        answer_headers={} if answer is None else _headers("set-cookie", answer.cookie),
        started=request.at,
        ended=None if answer is None else answer.at,
    )


def _headers(name: str, cookie: str) -> dict[str, str]:
    return {name: f"vmware_soap_session={cookie}"} if cookie else {}
