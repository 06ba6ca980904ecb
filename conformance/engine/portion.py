"""Portions of a run: `--shard 2/8` explores every eighth shard of the profile, from the second on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.errors import Refused

if TYPE_CHECKING:
    from taskconform.conformance.engine.profile import Profile

_FORM: Final = re.compile(r"(\d{1,4})/(\d{1,4})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Portion:
    """The shards of a profile that one of `of` runs explores, counted from 1: the runs have all of them together, and
    none twice."""

    index: int
    of: int

    def __str__(self) -> str:
        """As it is typed."""
        return f"{self.index}/{self.of}"

    def has(self, number: int) -> bool:
        """Tell whether something is in the portion, by its number from 0 on."""
        return number % self.of == self.index - 1


def portion(text: str, profile: Profile) -> Portion:
    """Read a portion of a profile as it is typed, `2/8`. Raises Refused."""
    found = _FORM.fullmatch(text)
    index, of = (int(found[1]), int(found[2])) if found is not None else (0, 0)
    if not 1 <= index <= of:
        message = f"--shard wants K/N with K from 1 to N, such as 2/8, not {text!r}"
        raise Refused(message)
    if of > len(profile.shards):
        message = f"{profile.name} can be split into {len(profile.shards)} shards at most, not {of}"
        raise Refused(message)
    return Portion(index, of)
