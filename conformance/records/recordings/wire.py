"""What a recording comes to before anything is decoded: HTTP exchanges, or facts that need no request.

Times are microseconds since 1970, UTC, on the clock of whoever recorded; None where the recording does not say.
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
"""When it is not known when: from 1970 to 2100."""


class RecordingError(HistoryError):
    """A file is no recording that can be read: why not, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One HTTP exchange: bodies as they were before any compression, headers by their names in lower case. `request`
    is empty where only the answer is known."""

    request: bytes
    answer: bytes
    status: int = 200
    request_headers: Mapping[str, str] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)
    started: int | None = None
    ended: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a document tells of a server that is no exchange: the call that would have given this, and when."""

    call: Call
    value: Value
    at: Interval = ANYTIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a file holds. `form` says what kind of file it is; `beside` what stands in it that nothing can be made
    of, in words, with how often."""

    form: str
    exchanges: tuple[Recorded, ...] = ()
    facts: tuple[Fact, ...] = ()
    beside: Mapping[str, int] = field(default_factory=dict)
