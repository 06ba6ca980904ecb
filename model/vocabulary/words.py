"""Words: the base class of the vocabulary.

A word is a `msgspec` struct: C code makes, compares, copies and writes it, since each call makes some twenty. Written
as JSON it is an object with its class under `"is"`, and without the fields that have their default. Every document can
be read for good: fields are only ever added, with a default."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace


class Word(Struct, frozen=True, tag_field="is", tag=True, omit_defaults=True, gc=False):
    """A word of the vocabulary: a call, an outcome, a step of a plan, a finding, or a part of one. It cannot be part of
    a cycle, since it holds only what existed before it."""


evolve = replace
"""A copy of a struct with some fields changed. Raises TypeError for a field that it has not."""
