"""Retrace: each test case of a record, performed again against what the record itself says.

The plans are drawn anew from the seed. The executor performs each with the outcomes that stand in the record, and has
to make the calls that stand there, every one, in that order, and leave out what it says that it left out, for that
reason. So nothing can be missing, added, or made again that need not have been.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, Never

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.plan import digest_of, draw_shard, explorations
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.errors import Rejected
from taskconform.conformance.records.history import Episode, Exchange, Skipped
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.drawing.operating import CREATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taskconform.conformance.progress import Progress
    from taskconform.conformance.records.history import Record
    from taskconform.conformance.verdicts.judgement import Tally
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome

LATE: Final = 5.0
"""Seconds beyond the settling time in which a call that was made again may have been answered."""


@dataclass(slots=True, kw_only=True)
class Recorded:
    """A target that answers as a record says, and raises Rejected for a call that does not stand there."""

    part: str
    records: Iterator[Record]
    declared: Declaration | None = None
    _ahead: deque[Record] = field(default_factory=deque)
    _case: int = 0
    _answered: bool = False
    _since: int | None = None
    _last: Exchange | None = field(default=None)

    # -- the target ----------------------------------------------------------------------------------------------------

    @property
    def declaration(self) -> Declaration:
        """Declaration of the target of the test case under way."""
        if self.declared is None:
            self._reject("it does not declare its target")
        return self.declared

    def perform(self, call: Call) -> Outcome:
        """Answer as the record says."""
        return self._exchange(call).outcome

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Answer calls that were made at the same time."""
        self._look(len(calls))
        outcomes = [one.outcome for one in islice(self._ahead, len(calls)) if isinstance(one, Exchange)]
        if len(outcomes) != len(calls):
            self._reject("it lacks calls that were made at the same time")
        return outcomes

    def reset(self) -> None:
        """Begin a test case: the record has one there."""

    def close(self) -> None:
        """Nothing is open."""

    @property
    def socket_seconds(self) -> float:
        """Nothing is waited for."""
        return 0.0

    # -- the record ----------------------------------------------------------------------------------------------------

    def begun(self) -> Episode | None:
        """Give the test case that is next, without its declaration; None at the end."""
        one = self._there()
        if one is None:
            return None
        if not isinstance(one, Episode):
            self._reject("it goes on where the test case has ended")
        self._case, self._last = one.number, None
        self.declared = one.declaration or self.declared
        return evolve(one, declaration=None)

    def take(self, made: Record) -> None:
        """Compare what would be recorded with what was. Raises Rejected."""
        there = self._there()
        if isinstance(made, Episode) and isinstance(there, Episode):
            there, made = evolve(there, declaration=None), evolve(made, declaration=None)
        if made != there:
            self._reject(f"{_told(made)} belongs where it has {_told(there)}")
        self._ahead.popleft()
        self._answered = False
        if isinstance(there, Exchange):
            self._in_time(there)
            self._last = there

    def clock(self) -> float:
        """Tell the executor whether there is time left: as long as the record has the same call again."""
        there = self._there()
        last = self._last
        if not isinstance(there, Exchange):
            goes_on = False
        elif self._answered:
            goes_on = there.again
        else:
            goes_on = last is not None and (there.step, there.call) == (last.step, last.call)
        return 0.0 if goes_on else float("inf")

    def _look(self, number: int) -> None:
        """Read so many records ahead, if there are so many."""
        self._ahead.extend(islice(self.records, max(0, number - len(self._ahead))))

    def _there(self) -> Record | None:
        self._look(1)
        return self._ahead[0] if self._ahead else None

    def _exchange(self, call: Call) -> Exchange:
        there = self._there()
        if not isinstance(there, Exchange) or there.call != call:
            self._reject(f"{type(call).__name__} belongs where it has {_told(there)}")
        self._answered = True
        return there

    def _in_time(self, made: Exchange) -> None:
        """Raise Rejected for a call that was made again when the settling time was over."""
        at = made.outcome.at
        self._since = (at.latest if self._since is None else self._since) if made.again else None
        if self._since is not None and at.earliest - self._since > (self.declaration.settling + LATE) * SECOND:
            self._reject(f"{type(made.call).__name__} was made again when the settling time was over")

    def _reject(self, why: str) -> Never:
        message = f"{self.part} is not the whole record of its test case {self._case}: {why}"
        raise Rejected(message)


def _told(record: Record | None) -> str:
    """Name a record in a message."""
    if isinstance(record, Exchange):
        return f"{type(record.call).__name__} in step {record.step}"
    if isinstance(record, Skipped):
        return f"step {record.step}, left out"
    return f"test case {record.number}" if record is not None else "its end"


def retrace(part: str, records: Iterable[Record], cases: Sequence[Episode] | None = None) -> Tally:
    """Perform all test cases of a part again, and give their tally. They must be these `cases`, if any are given and
    the part is not empty. Raises Rejected."""
    target, judge = Recorded(part=part, records=iter(records)), Judge()
    executor = Executor(target=target, judge=judge, record=target.take, rest=_no_rest, clock=target.clock)
    number = 0
    while (case := target.begun()) is not None:
        if cases is not None and (number >= len(cases) or case != cases[number]):
            message = f"{part}: its test case {number} is not the one that the seed gives"
            raise Rejected(message)
        executor.run(case)
        number += 1
    if cases is not None and number not in {0, len(cases)}:
        message = f"{part} has {number} test cases; the seed gives {len(cases)}"
        raise Rejected(message)
    judge.end()
    return judge.tally


def _no_rest(_seconds: float) -> None:
    """Wait for nothing: what the record says has happened."""


class Plans:
    """The plans of a run with a profile, drawn anew from its seed."""

    def __init__(self, profile: str, seed: int, progress: Progress, source: str = CREATED) -> None:
        """Draw the plans of all shards. `source`: where tasks come from (`operating`)."""
        shards = PROFILES[profile].shards
        self.seed = seed
        self._cases: dict[str, list[Episode]] = {}
        digests = []
        for number, shard in enumerate(shards):
            plans = draw_shard(number, shard, seed, source)
            name = f"shard-{number:02}"
            self._cases[name] = explorations(name, shard, plans)
            digests.append(digest_of(plans))
            progress("planning", number + 1, len(shards))
        self.digest = "sha256:" + hashlib.sha256("".join(digests).encode()).hexdigest()

    def retrace(self, part: str, records: Iterable[Record]) -> Tally:
        """Perform all test cases of a part again, and give their tally. Raises Rejected if a shard has other test cases
        than the seed gives; one that the target was spared has none."""
        return retrace(part, records, self._cases.get(part))
