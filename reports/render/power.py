"""Detection power: the share of mutants that a run of a profile finds.

The measurement is made once a release (`taskconform qualify`) and ships with the package as `qualify.json`, beside this
file. Where none ships, nothing is claimed.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

SCHEMA: Final = "taskconform.qualify/1"


class Seeded(msgspec.Struct, kw_only=True, frozen=True):
    """A mutant: its name, the clauses that it breaks, and how many of the runs named one of them."""

    name: str
    clauses: list[str]
    found: int


class Power(msgspec.Struct, kw_only=True, frozen=True):
    """Mutants that `runs` runs of a profile, with different seeds, found."""

    profile: str
    runs: int
    faults: list[Seeded]


class _Document(msgspec.Struct, kw_only=True, frozen=True):
    """The file: one measurement a profile."""

    schema: Literal["taskconform.qualify/1"]
    profiles: list[Power]


def shipped(profile: str) -> Power | None:
    """The measurement of this profile that ships with the package; None where there is none. Raises
    msgspec.ValidationError where the file is not of this form."""
    file: Any = files("taskconform.reports.render").joinpath("qualify.json")
    return read(file.read_bytes(), profile) if file.is_file() else None


def read(data: bytes, profile: str) -> Power | None:
    """The measurement of this profile in such a file. Raises msgspec.ValidationError."""
    document = msgspec.json.decode(data, type=_Document)
    return next((power for power in document.profiles if power.profile == profile), None)
