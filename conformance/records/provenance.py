"""Provenance: which code made a run, and what it ran on."""

from __future__ import annotations

import hashlib
import platform
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

PACKAGES: Final = ("model", "strategies", "conformance", "reports")
"""The packages that a run is made of."""

_CODE: Final = re.compile(r".*\.(py|toml|go|mod|sum)")


@cache
def suite_digest() -> str:
    """`sha256:` and the digest of all code and data of the suite as installed: by name and content, wherever it is."""
    digest = hashlib.sha256()
    for package in PACKAGES:
        for name, content in sorted(_contents(files(f"taskconform.{package}"), package)):
            digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _contents(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    """The files of a folder that count, with their names."""
    for each in folder.iterdir():
        below = f"{name}/{each.name}"
        if each.is_dir() and each.name != "__pycache__":
            yield from _contents(each, below)
        elif _CODE.fullmatch(each.name) and each.is_file():
            yield below, each.read_bytes()


def environment() -> dict[str, str]:
    """List what the suite runs on: Python, the system, and the version of every package that it needs, directly or
    not."""
    found = {"python": platform.python_version(), "implementation": platform.python_implementation()}
    found |= {"system": platform.system(), "machine": platform.machine()}
    versions = {name: version(name) for name in _needed()}
    return found | {f"package {name}": versions[name] for name in sorted(versions)}


def _needed() -> set[str]:
    """The names of the packages that are installed for us."""
    found: set[str] = set()
    waiting = [Requirement("taskconform")]
    while waiting:
        asked = waiting.pop()
        for text in requires(asked.name) or []:
            each = Requirement(text)
            wanted = each.marker is None or any(each.marker.evaluate({"extra": one}) for one in ("", *asked.extras))
            needed = canonicalize_name(each.name)
            if wanted and needed not in found and _is_installed(needed):
                found.add(needed)
                waiting.append(each)
    return found


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
