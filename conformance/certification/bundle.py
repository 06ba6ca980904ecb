"""The bundle: one file that holds all that a certificate rests on. How it is written, and read with suspicion.

It is a ZIP archive in which nothing is compressed and nothing is left to choice, so that the same files make the same
bytes. The law of this file: a bundle is taken only if writing its files again gives the very same bytes; so there is no
room for a second entry of a name, for what stands before, between or behind the entries, or for fields that only some
readers heed. Nothing is written outside of the folder that is named, and no more than the bundle is long.
"""

from __future__ import annotations

import filecmp
import hashlib
import re
import shutil
import struct
import zipfile
from typing import TYPE_CHECKING, Final

from taskconform.conformance.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

ATTESTATION: Final = "attestation.dsse.json"
REPORT: Final = "report.json"
TARGET: Final = "target.json"
WAIVERS: Final = "waivers.json"
ENVIRONMENT: Final = "environment.json"
HEAD: Final = "history/run.json"

LARGEST: Final = 2**31 - 1
"""Bytes that a bundle may have."""
MANY: Final = 9_999
"""Files that it may hold."""
LARGEST_DIRECTORY: Final = 2**21
"""Bytes that its directory may have: it is read as a whole."""

_NAMES: Final = re.compile(
    r"report\.json|target\.json|waivers\.json|environment\.json|attestation\.dsse\.json|"
    r"history/run\.json|history/(?:shard-[0-9]{2,4}|trace-[0-9]{3,4})\.jsonl\.gz"
)
"""Every name that a bundle may hold."""

_END: Final = struct.Struct("<4s4H2LH")
"""The end of a ZIP archive's directory: signature, disks, entries, size and place of the directory, comment."""
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    EOFError,
)
"""Exceptions that the library raises for files that are no archives."""


def is_admitted(name: str) -> bool:
    """Tell whether a bundle may hold a file of this name."""
    return _NAMES.fullmatch(name) is not None


# --- writing ----------------------------------------------------------------------------------------------------------


def pack(files: Mapping[str, Path], to: Path) -> None:
    """Write these files, by their names in the bundle. Raises Rejected if they are too large."""
    size = sum(file.stat().st_size for file in files.values())
    if size > LARGEST - LARGEST_DIRECTORY or len(files) > MANY:
        message = f"{len(files)} files of {size} bytes: a bundle holds no more than {LARGEST} bytes"
        raise Rejected(message, 3)
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED, allowZip64=False) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.create_version, entry.extract_version = 3, 20, 20
            entry.external_attr = 0o100644 << 16
            entry.file_size = files[name].stat().st_size
            with files[name].open("rb") as source, archive.open(entry, "w") as sink:
                shutil.copyfileobj(source, sink)


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """The SHA-256 of each file, in hex."""
    found = {}
    for name, file in sorted(files.items()):
        with file.open("rb") as source:
            found[name] = hashlib.file_digest(source, "sha256").hexdigest()
    return found


# --- reading ----------------------------------------------------------------------------------------------------------


def unpack(bundle: Path, folder: Path) -> dict[str, Path]:
    """Put the files of a bundle below an empty folder; where each is, by its name. Raises Rejected, OSError."""
    _bounded(bundle)
    try:
        with zipfile.ZipFile(bundle) as archive:
            entries = archive.infolist()
            _admitted(entries, bundle.stat().st_size)
            (folder / "history").mkdir()
            files = {entry.filename: folder / entry.filename for entry in entries}
            for entry in entries:
                with archive.open(entry) as source, files[entry.filename].open("xb") as sink:
                    shutil.copyfileobj(source, sink)
    except _UNREADABLE as problem:
        message = f"the bundle is damaged: {problem}"
        raise Rejected(message) from None
    again = folder / "again.zip"
    pack(files, again)
    if not filecmp.cmp(bundle, again, shallow=False):
        message = "the bundle is not as taskconform writes it: its entries are in order, what is around them is not"
        raise Rejected(message)
    again.unlink()
    return files


def _bounded(bundle: Path) -> None:
    """Raises Rejected if the archive is too large to look at, or does not end with how large its directory is."""
    size = bundle.stat().st_size
    if size > LARGEST:
        message = f"the bundle has {size} bytes, and may have {LARGEST}"
        raise Rejected(message)
    with bundle.open("rb") as file:
        file.seek(max(size - 2 * _END.size, 0))
        tail = file.read()
    if len(tail) < _END.size:
        message = "the bundle is cut off, or no bundle: it has no directory"
        raise Rejected(message)
    signature, _, _, _, entries, directory, place, comment = _END.unpack(tail[-_END.size :])
    if signature != b"PK\5\6" or comment or b"PK\6\7" in tail or place + directory + _END.size != size:
        message = "the bundle is cut off, has something before or behind it, or is no bundle"
        raise Rejected(message)
    if entries > MANY or directory > LARGEST_DIRECTORY:
        message = f"the bundle says that it holds {entries} files, and may hold {MANY}"
        raise Rejected(message)


def _admitted(entries: Iterable[zipfile.ZipInfo], size: int) -> None:
    """Raises Rejected for an entry that a bundle cannot have."""
    seen: set[str] = set()
    total = 0
    for entry in entries:
        name = entry.orig_filename
        total += entry.file_size
        if not is_admitted(name) or name != entry.filename:
            message = f"the bundle holds a file that it may not hold: {name[:200]!r}"
            raise Rejected(message)
        if name in seen:
            message = f"the bundle holds {name} twice"
            raise Rejected(message)
        seen.add(name)
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size or total > size:
            message = f"{name} is packed so as to become larger: a bundle's files are stored as they are"
            raise Rejected(message)
