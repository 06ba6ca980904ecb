"""Bytes of a file, or of a body in it, as they were before they were compressed or encoded."""

from __future__ import annotations

import base64
import binascii
import codecs
import io
import zlib
from typing import Final

from taskconform.conformance.records.recordings.wire import RecordingError

_GZIPPED: Final = b"\x1f\x8b"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOTH: Final = 32 + zlib.MAX_WBITS
"""Window bits for gzip and zlib alike."""
_RAW: Final = -zlib.MAX_WBITS
"""Window bits for deflate without a header, as some servers send it."""


def inflated(packed: bytes, most: int, bits: int = _BOTH) -> bytes:
    """Return compressed bytes, unpacked; several members in a row count as one. Raises ValueError beyond `most` bytes,
    and for what is cut or not compressed."""
    made = io.BytesIO()
    while packed:
        unpacking = zlib.decompressobj(bits)
        try:
            made.write(unpacking.decompress(packed, most - made.tell() + 1))
        except zlib.error as problem:
            raise ValueError(str(problem)) from problem
        if made.tell() > most:
            message = f"it is larger than {most // 1024 // 1024} MiB unpacked"
            raise ValueError(message)
        if not unpacking.eof:
            message = "it is cut"
            raise ValueError(message)
        packed = unpacking.unused_data.lstrip(b"\0")
    return made.getvalue()


def text_bytes(content: bytes, most: int) -> bytes:
    """Return the content of a file as UTF-8: unpacked, and without a byte order mark. Raises RecordingError."""
    if content.startswith(_GZIPPED):
        try:
            content = inflated(content, most)
        except ValueError as problem:
            message = f"a gzip file that cannot be unpacked: {problem}"
            raise RecordingError(message) from problem
    for mark, name in _MARKS:
        if content.startswith(mark):
            decoded = content[len(mark) :].decode(name, errors="replace")
            return decoded.replace(f'encoding="{name[:6].upper()}"', 'encoding="UTF-8"').encode()
    return content


def plain_body(body: bytes, encoding: str, most: int) -> bytes:
    """Return a body without compression; a recorder may have undone it and left the header. Raises ValueError."""
    if body.startswith(_GZIPPED):
        return inflated(body, most)
    if encoding.strip().lower() == "deflate" and not body.lstrip().startswith(b"<"):
        try:
            return inflated(body, most)
        except ValueError:
            return inflated(body, most, _RAW)
    return body


def from_base64(text: str | bytes) -> bytes:
    """Return what base64 stands for. Raises ValueError."""
    try:
        return base64.b64decode(text)
    except binascii.Error as problem:
        message = f"a body is not base64: {problem}"
        raise ValueError(message) from problem
