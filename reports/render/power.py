"""Detection power: the share of a sample of the fault space that a profile finds.

`power.toml`, beside this file, has the last measurement of each profile; `docs/generate_fault_space.py` writes it from
what `taskconform qualify --sample` gives. Where none is on record, nothing is claimed.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final

import msgspec

WEAKEST_FIRST: Final = ("smoke", "quick", "standard", "certify")
"""Profiles, each of which finds what the one before finds and more."""


class Share(msgspec.Struct, kw_only=True, frozen=True):
    """So many of so many, and the bounds of the 95 % interval."""

    found: int
    of: int
    low: float
    high: float

    @property
    def text(self) -> str:
        """The share as it is shown."""
        return f"{self.found} of {self.of}: {self.found / self.of:.0%} (95 %: {self.low:.0%} to {self.high:.0%})"


class Power(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One measurement: so many mutants drawn from a space of so many; the shares found of all, and of those that were
    seen to differ from a server without a bug. Of the others, the oracle was `blind` to some, and the run did not
    tell the `gap` apart."""

    profile: str
    date: str
    version: str
    seed: int
    space: int
    operators: int
    sample: int
    of_all: Share
    of_different: Share
    blind: int
    gap: int

    @property
    def text(self) -> str:
        """The measurement in two sentences."""
        drawn = f"mutants drawn at random from a fault space of {self.space}, some of which nobody can find"
        told = f"Profile {self.profile} found {self.of_all.text} of {drawn};"
        of_different = f"of those that were seen to differ, {self.of_different.text}."
        measured = f"Measured {self.date}, version {self.version}, sample {self.sample}, seed {self.seed}."
        return f"{told} {of_different} {measured}"


class _Record(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The file: one measurement a profile."""

    measured: list[Power] = []


def on_record(profile: str) -> Power | None:
    """The measurement of this profile, or else of the strongest weaker one; None where there is none. Raises
    msgspec.ValidationError where the file is not of this form."""
    file: Any = files("taskconform.reports.render").joinpath("power.toml")
    return read(file.read_text(encoding="utf-8"), profile)


def read(text: str, profile: str) -> Power | None:
    """The same from the text of such a file."""
    record = msgspec.convert(tomllib.loads(text), _Record)
    known = {one.profile: one for one in record.measured}
    upto = WEAKEST_FIRST[: WEAKEST_FIRST.index(profile) + 1] if profile in WEAKEST_FIRST else ()
    return next((known[one] for one in reversed(upto) if one in known), None)
