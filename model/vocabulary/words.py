"""Words: what the vocabulary is made of, and how anything in the model is changed.

A word is a `msgspec` struct: made, compared, copied and written in C, since some twenty are made a call. Written as
JSON it is an object with its class under `"is"`, and without the fields that have their default. What is written once
can be read for good: fields are only ever added, with a default.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


class Word(Struct, frozen=True, tag_field="is", tag=True, omit_defaults=True, gc=False):
    """A word of the vocabulary: a call, an outcome, a step of a plan, a finding, or a part of one. It can be part of no
    cycle: what it holds was there before it."""


evolve = replace
"""A copy of a struct with some fields changed. Raises TypeError for a field that it has not."""
