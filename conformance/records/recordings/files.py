"""Recognition of the kind of recording that a file is, by its content, never by its name."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml

from taskconform.conformance.records.recordings import archives, debug_logs, documents, lines, plain_infos, yamls
from taskconform.conformance.records.recordings.archives import LARGEST
from taskconform.conformance.records.recordings.encoding import text_bytes
from taskconform.conformance.records.recordings.wire import Recording, RecordingError

if TYPE_CHECKING:
    from pathlib import Path

_ENTRY: Final = re.compile(r'\{\s*"(?:request|response|startedDateTime|pageref|connection|cache|time|timings|_\w+)"')
_LIST: Final = re.compile(r'"(entries|interactions|http_interactions)"\s*:\s*\[')
_NO_RECORDING: Final = "no recording: neither an HTTP archive, a cassette, a SOAP answer, a dump nor a log"


def read(path: Path) -> Recording:
    """Read a recording. Raises RecordingError, in one line, for a file that is none."""
    try:
        if path.stat().st_size > LARGEST:
            message = f"{path} is larger than {LARGEST // 1024 // 1024} MiB"
            raise RecordingError(message)
        content = path.read_bytes()
    except OSError as problem:
        message = f"{path}: {problem.strerror or problem}"
        raise RecordingError(message) from problem
    try:
        recording = read_content(content)
    except RecordingError as problem:
        message = f"{path}: {problem}"
        raise RecordingError(message) from problem
    if not recording.exchanges and not recording.facts and not recording.beside:
        message = f"{path} is a {recording.form} with nothing in it"
        raise RecordingError(message)
    return recording


def read_content(content: bytes) -> Recording:
    """Read what a file holds. Raises RecordingError."""
    content = text_bytes(content, LARGEST)
    if lines.is_recording(content):
        return lines.recording(content)
    start = content.lstrip()[:1]
    if start == b"<":
        return _xml(content)
    if start in b"{[" and start:
        return _json(content)
    if b"\0" in content[:4096]:
        message = "no recording: neither XML, JSON, YAML nor a log"
        raise RecordingError(message)
    return _text(content.decode(errors="replace"))


def _xml(content: bytes) -> Recording:
    """XML: one answer, several envelopes, or pieces."""
    if content.count(b"Envelope>") > 1:
        return debug_logs.debug_log(content.decode(errors="replace"))
    if b"Envelope" in content[:4096]:
        return documents.answer(content)
    if b"<info>" not in content:
        message = "no recording: XML without a SOAP envelope or a TaskInfo"
        raise RecordingError(message)
    return documents.excerpts(content)


def _text(text: str) -> Recording:
    """Text: YAML, or some log."""
    if documents.is_log(text):
        return documents.log(text)
    if not re.search(r"^(?:http_)?interactions:", text, re.MULTILINE):
        if debug_logs.has_envelopes(text):
            return debug_logs.debug_log(text)
        if plain_infos.is_printout(text):
            return plain_infos.printouts(text)
    return _yaml(text)


def _json(content: bytes) -> Recording:
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        document = _salvaged(content.decode(errors="replace"))
        if document is None:
            message = f"no recording: JSON that is not readable: {problem}"
            raise RecordingError(message) from problem
    if archives.is_archive(document):
        return archives.archive(document)
    if documents.is_description(document):
        return documents.description(document)
    infos = list(plain_infos.infos_in(document))
    if infos:
        return plain_infos.recording("JSON with TaskInfos", iter(infos))
    if isinstance(document, dict) and ("_typeName" in document or "_vimtype" in document):
        kind = document.get("_typeName", document.get("_vimtype"))
        return Recording(form="JSON", beside={f"a {kind} by itself": 1})
    lists = documents.entity_lists(document)
    if lists:
        return Recording(form="dump", beside={"recentTask of entities, which no clause is about": lists})
    message = "no recording: JSON, but no HTTP archive, cassette or dump of TaskManager"
    raise RecordingError(message)


def _salvaged(text: str) -> Any:
    """Read an archive that is damaged, or cut, entry by entry; what cannot be read stands for None. None if it is no
    archive."""
    begun = _LIST.search(text)
    if begun is None:
        return None
    decoder, entries, at = json.JSONDecoder(strict=False), [], begun.end()
    while (found := _ENTRY.search(text, at)) is not None:
        try:
            entry, at = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            entry, at = None, found.end()
        if entry is None or "request" in entry:
            entries.append(entry)
    if not any(entries):
        return None
    return {"log": {"entries": entries}} if begun[1] == "entries" else {begun[1]: entries}


def _yaml(text: str) -> Recording:
    try:
        document = yamls.document_of(text)
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError) as problem:
        message = "no recording: neither XML, JSON, YAML nor a log"
        raise RecordingError(message) from problem
    if archives.is_archive(document):
        return archives.archive(document)
    if documents.is_rbvmomi_event(document):
        return documents.rbvmomi_event(document)
    raise RecordingError(_NO_RECORDING)
