"""Judgement: from the records of a history to what they say. Pure: the same records, the same judgement, live or years
later.

`Judge` follows one episode after the other and adds what it finds to a `Tally`. Tallies add up, in any number of parts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from taskconform.conformance.records.history import Episode, Exchange, Record
from taskconform.model.oracle.belief import Belief
from taskconform.model.oracle.expect import CHECKED_BY, Expected, advance, expect
from taskconform.model.oracle.findings import Broken, Finding, Held, Shown
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.outcomes import Lost, Returned, TaskInfo
from taskconform.model.vocabulary.plan import planned_calls
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome
    from taskconform.model.vocabulary.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a divergence was seen: by which part, episode and step, in which plan, how. `symbols` leads from the keys
    and references of that episode to the steps that made them."""

    part: str
    episode: int
    step: int
    plan: Plan
    broken: Broken
    symbols: dict[str, Made] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, str, int]:
        """What took the fewest calls first: a reduction makes them again and again; then a fixed order."""
        return (planned_calls(self.prefix), self.part, self.episode)

    @property
    def prefix(self) -> Plan:
        """The plan up to the step that showed it: what comes after has no part in it."""
        return self.plan[: self.step + 1]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a number of episodes said: live checks by clause (`directed`: those of the director's episodes among them),
    divergences by signature, readings.

    `shown` counts, by clause, the sets of readings that outcomes were compatible with, and keeps an example of each.
    `seen` counts the episodes that a signature was seen in; `shortest` is its shortest sighting.
    """

    calls: Counter[str] = field(default_factory=Counter)
    live: Counter[str] = field(default_factory=Counter)
    directed: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    shortest: dict[str, Sighting] = field(default_factory=dict)
    shown: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)
    examples: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    confirmed: dict[str, list[bool]] = field(default_factory=dict)
    traces: dict[str, Sighting] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)
    episodes: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally's counts to this one."""
        self.calls += other.calls
        self.live += other.live
        self.directed += other.directed
        self.seen += other.seen
        self.lost += other.lost
        self.episodes += other.episodes
        for signature, sighting in other.shortest.items():
            self._sight(signature, sighting)
        for clause, counts in other.shown.items():
            self.shown.setdefault(clause, Counter()).update(counts)
        for key, example in sorted(other.examples.items()):
            self.examples.setdefault(key, example)
        for signature, runs in other.confirmed.items():
            self.confirmed.setdefault(signature, []).extend(runs)
        self.traces.update(other.traces)

    def _sight(self, signature: str, sighting: Sighting) -> None:
        known = self.shortest.get(signature)
        if known is None or sighting.order < known.order:
            self.shortest[signature] = sighting

    def take_as_shown(self) -> None:
        """What a recording shows it shows: it cannot be made again, and nothing in it is reduced."""
        for signature, sighting in self.shortest.items():
            self.traces[signature] = replace(sighting, plan=sighting.prefix)
            self.confirmed[signature] = [True]

    def checks(self, clause: str) -> int:
        """How many calls were made that this clause is checked on."""
        return sum(self.calls[method] for method in CHECKED_BY.get(clause, ()))

    @property
    def total_calls(self) -> int:
        """How many calls were judged."""
        return sum(self.calls.values())


class Judge:
    """Follows episodes, call by call. `world` is the state of the one under way."""

    def __init__(self, tally: Tally | None = None) -> None:
        """Judge into this tally, or a new one."""
        self.tally = tally if tally is not None else Tally()
        self.declaration: Declaration | None = None
        self.world: Belief
        self.episode: Episode
        self._calls: list[type[Call]] = []
        self._found: list[Finding] = []
        self._directed = False
        self._signatures: set[str] = set()
        self._symbols: dict[str, Made] = {}
        self._made: Counter[int] = Counter()

    def begin(self, episode: Episode) -> None:
        """A fresh server state."""
        self._close()
        if episode.directed != self._directed:
            self.add_up()
            self._directed = episode.directed
        if episode.declaration is not None:
            self.declaration = episode.declaration
        if self.declaration is None:
            message = "a history must declare its target before the first episode"
            raise ValueError(message)
        self.episode = episode
        self.world = Belief(declaration=self.declaration)
        self._symbols, self._made = {}, Counter()
        if episode.phase == "explore":
            self.tally.episodes += 1

    def end(self) -> None:
        """There are no more episodes: the tally is whole."""
        self._close()
        self.add_up()

    def _close(self) -> None:
        """The episode is over: of a re-run it is now known whether the divergence showed."""
        episode = getattr(self, "episode", None)
        if episode is not None and episode.phase == "confirm":
            self.tally.confirmed.setdefault(episode.signature, []).append(episode.signature in self._signatures)
        self._signatures = set()
        self.episode = None  # type: ignore[assignment]  # between episodes there is none

    def expect(self, call: Call) -> Expected:
        """What the clauses allow this call to do now."""
        return expect(self.world, call)

    def take(
        self, step: int, expected: Expected, outcome: Outcome, findings: Sequence[Finding], *, together: bool = False
    ) -> None:
        """One call was made, and judged: count what was found, and go on from what was observed."""
        explore = self.episode.phase == "explore"
        if not explore or self.world.declaration.recorded:
            self._name(step, outcome)
        if explore:
            self._calls.append(expected.call.__class__)
            if outcome.__class__ is Lost:
                self.tally.lost[outcome.why] += 1
        if together:
            findings = [*findings, *_of_distinct(findings)]
        if Broken in map(type, findings):
            for found in findings:
                if isinstance(found, Broken):
                    self._saw(step, found)
                    if explore:
                        self._count_live(found.clause, 1)
            findings = [found for found in findings if found.__class__ is not Broken]
        if explore:
            self._found += findings
        self.world = advance(self.world, expected.call, outcome, expected)

    def add_up(self) -> None:
        """Count the calls, the live checks, and which readings were shown so far: all at once, since many of them are
        the same."""
        tally = self.tally
        for cls, times in Counter(self._calls).items():
            tally.calls[cls.__name__] += times
        for found, times in Counter(self._found).items():
            self._count_live(found.clause, times)
            if isinstance(found, Shown):
                tally.shown.setdefault(found.clause, Counter())[found.options] += times
                tally.examples.setdefault((found.clause, found.options), found.observed)
        self._calls.clear()
        self._found.clear()

    def _count_live(self, clause: str, times: int) -> None:
        """Live checks of a clause, in an episode of the director's or in a free one."""
        self.tally.live[clause] += times
        if self._directed:
            self.tally.directed[clause] += times

    def _name(self, step: int, outcome: Outcome) -> None:
        """Remember which step made what came back."""
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, TaskInfo | ObjectRef):
            made = Made(step=step, index=self._made[step])
            self._made[step] += 1
            names = (value.key, value.task.value) if isinstance(value, TaskInfo) else (value.value,)
            self._symbols.update(dict.fromkeys(names, made))

    def _saw(self, step: int, broken: Broken) -> None:
        signature = broken.signature
        if signature in self._signatures:
            return
        self._signatures.add(signature)
        episode = self.episode
        sighting = Sighting(
            part=episode.part,
            episode=episode.number,
            step=step,
            plan=episode.plan,
            broken=broken,
            symbols=self._symbols,
        )
        if episode.phase == "explore":
            self.tally.seen[signature] += 1
            self.tally._sight(signature, sighting)  # noqa: SLF001  # its own tally
        elif signature == episode.signature:
            self.tally.traces.setdefault(signature, sighting)

    def saw(self, signature: str) -> bool:
        """Whether the episode under way has shown this divergence."""
        return signature in self._signatures

    def read(self, record: Record) -> None:
        """Follow one record of a history."""
        if isinstance(record, Episode):
            self.begin(record)
        elif isinstance(record, Exchange) and not record.again:
            expected = self.expect(record.call)
            findings = expected.judge(record.outcome)
            self.take(record.step, expected, record.outcome, findings, together=record.together)


def _of_distinct(findings: Sequence[Finding]) -> Iterator[Finding]:
    """What was found of create.returns, of calls made at the same time: it is as true of create.distinct."""
    for found in findings:
        if found.clause == "create.returns" and isinstance(found, Broken | Held):
            yield evolve(found, clause="create.distinct")


def judge_records(records: Iterable[Record]) -> Tally:
    """The tally of a part of a history."""
    judge = Judge()
    for record in records:
        judge.read(record)
    judge.end()
    return judge.tally
