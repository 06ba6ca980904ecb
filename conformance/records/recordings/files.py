"""Recognition of the kind of recording that a file is, by its content, never by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import yaml

from taskconform.conformance.records.recordings import archives, documents, lines
from taskconform.conformance.records.recordings.wire import Recording, RecordingError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a file that is read at all."""
_MARK: Final = b"\xef\xbb\xbf"


def read(path: Path) -> Recording:
    """Read a recording. Raises RecordingError, in one line, for a file that is none."""
    try:
        if path.stat().st_size > LARGEST:
            message = f"{path} is larger than {LARGEST // 1024 // 1024} MiB"
            raise RecordingError(message)
        content = path.read_bytes().removeprefix(_MARK)
    except OSError as problem:
        message = f"{path}: {problem.strerror or problem}"
        raise RecordingError(message) from problem
    try:
        recording = _parsed(content)
    except RecordingError as problem:
        message = f"{path}: {problem}"
        raise RecordingError(message) from problem
    if not recording.exchanges and not recording.facts and not recording.beside:
        message = f"{path} is a {recording.form} with nothing in it"
        raise RecordingError(message)
    return recording


def _parsed(content: bytes) -> Recording:
    if lines.is_recording(content):
        return lines.recording(content)
    start = content.lstrip()[:1]
    if start == b"<":
        return documents.answer(content) if b"Envelope" in content[:4096] else _pieces(content)
    if start == b"{":
        return _json(content)
    try:
        text = content.decode()
    except UnicodeDecodeError as problem:
        message = "no recording: neither XML, JSON, YAML nor a log"
        raise RecordingError(message) from problem
    return documents.log(text) if documents.is_log(text) else _yaml(text)


def _pieces(content: bytes) -> Recording:
    """XML that is no envelope."""
    if b"<info>" not in content:
        message = "no recording: XML without a SOAP envelope or a TaskInfo"
        raise RecordingError(message)
    return documents.excerpts(content)


def _json(content: bytes) -> Recording:
    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError as problem:
        message = f"no recording: JSON that is not readable: {problem}"
        raise RecordingError(message) from problem
    if archives.is_archive(document):
        return archives.archive(document)
    if documents.is_description(document):
        return documents.description(document)
    lists = documents.entity_lists(document)
    if lists:
        return Recording(form="dump", beside={"recentTask of entities, which no clause is about": lists})
    message = "no recording: JSON, but no HTTP archive, cassette or dump of TaskManager"
    raise RecordingError(message)


class _Loader(yaml.SafeLoader):
    """Plain YAML, and objects of any class as mappings, their class under `!`: nothing is ever made of a class."""


def _any_object(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return {"!": suffix, **loader.construct_mapping(node, deep=True)}
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type]  # a ScalarNode is all that is left


_Loader.add_multi_constructor("!", _any_object)


def _yaml(text: str) -> Recording:
    try:
        document = yaml.load(text, _Loader)  # noqa: S506  # a safe loader, see there
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        message = "no recording: neither XML, JSON, YAML nor a log"
        raise RecordingError(message) from problem
    if archives.is_archive(document):
        return archives.archive(document)
    if documents.is_rbvmomi_event(document):
        return documents.rbvmomi_event(document)
    message = "no recording: neither an HTTP archive, a cassette, a SOAP answer, a dump nor a log"
    raise RecordingError(message)
