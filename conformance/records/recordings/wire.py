"""A recording before anything is decoded: HTTP exchanges, or facts that need no request.

Times are microseconds since 1970, UTC, on the recorder's clock; None where the recording does not say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from taskconform.conformance.errors import HistoryError
from taskconform.model.vocabulary.outcomes import Interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Value

ANYTIME: Final = Interval(earliest=0, latest=4_102_444_800_000_000)
"""The interval of an unknown time: from 1970 to 2100."""


class RecordingError(HistoryError):
    """A file is no recording that can be read; the message is one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One HTTP exchange: bodies as they were before any compression, headers by their names in lower case. `request`
    is empty where only the answer is known. `url` is as the recorder wrote it."""

    request: bytes
    answer: bytes
    url: str = ""
    status: int = 200
    request_headers: Mapping[str, str] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    started: int | None = None
    ended: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A fact in a document that is no exchange: the call that would have returned this value, and when."""

    call: Call
    value: Value
    at: Interval = ANYTIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The content of a file. `form` says what kind of file it is; `beside` counts, in words, what in it cannot be
    judged."""

    form: str
    exchanges: tuple[Recorded, ...] = ()
    facts: tuple[Fact, ...] = ()
    beside: Mapping[str, int] = field(default_factory=dict)
