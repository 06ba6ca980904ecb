"""Judgement: from the records of a history to findings. Pure: the same records give the same judgement, during a run
or years later.

`Judge` follows one test case after another and adds what it finds to a `Tally`. Tallies add up, in any number of parts.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from taskconform.conformance.records.history import SETUP, Episode, Exchange, Record
from taskconform.conformance.verdicts.habits import Habits, Observed
from taskconform.model.oracle.expect import CHECKED_BY, Expected, advance, expect
from taskconform.model.oracle.findings import Broken, Finding, Held, Shown, Unsaid
from taskconform.model.oracle.sessions import first_belief
from taskconform.model.vocabulary.calls import Made, ObjectRef
from taskconform.model.vocabulary.outcomes import Faulted, Lost, Returned, TaskInfo
from taskconform.model.vocabulary.plan import planned_calls
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome
    from taskconform.model.vocabulary.plan import Plan


PROBING: Final = frozenset({"recheck", "frontier"})
"""Phases of test cases that ask where a divergence shows, and where not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One showing of a divergence: its part of the history, test case and step, its plan, and the finding. `symbols`
    leads from the keys and references of that test case to the steps that made them."""

    part: str
    case: int
    step: int
    plan: Plan
    broken: Broken
    symbols: dict[str, Made] = field(default_factory=dict)

    @property
    def order(self) -> tuple[int, str, int]:
        """Sort key: the fewest calls first, since shrinking makes them again and again; then a fixed order."""
        return (planned_calls(self.prefix), self.part, self.case)

    @property
    def prefix(self) -> Plan:
        """Plan up to the step that showed the divergence: later steps have no part in it."""
        return self.plan[: self.step + 1]


@dataclass(slots=True, kw_only=True)
class Tally:
    """Findings of a number of test cases: how often each clause was `exercised` (`directed`: in directed test cases),
    divergences by signature, interpretations.

    `shown` counts, by clause, the sets of interpretations that outcomes were compatible with; `examples` has an outcome
    of each. `seen` counts the test cases in which a signature occurred; `shortest` is its shortest occurrence.
    `confirmed` has, by signature, whether each re-run showed it; `traces` its occurrence in the first that did.
    `probes` has the plans that were run to find where a divergence begins, and whether each showed it. `lost` counts
    lost answers by call and reason, `setup` the calls of the set-up that faulted or were lost, by what they came to;
    `unsaid` the checks that could say nothing, by clause and the field of TaskInfo that was lacking. `habits` counts
    the test cases in which a target behaved in some way where the text says nothing; `answers` what the re-runs of a
    divergence observed.
    """

    calls: Counter[str] = field(default_factory=Counter)
    exercised: Counter[str] = field(default_factory=Counter)
    directed: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    shortest: dict[str, Occurrence] = field(default_factory=dict)
    shown: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)
    examples: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)
    confirmed: dict[str, list[bool]] = field(default_factory=dict)
    traces: dict[str, Occurrence] = field(default_factory=dict)
    probes: dict[str, list[tuple[Plan, bool]]] = field(default_factory=dict)
    lost: Counter[tuple[str, str]] = field(default_factory=Counter)
    setup: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsaid: Counter[tuple[str, str]] = field(default_factory=Counter)
    habits: Counter[Observed] = field(default_factory=Counter)
    answers: dict[str, Counter[str]] = field(default_factory=dict)
    test_cases: int = 0

    def add(self, other: Tally) -> None:
        """Add another tally's counts to this one."""
        self.calls += other.calls
        self.exercised += other.exercised
        self.directed += other.directed
        self.seen += other.seen
        self.lost += other.lost
        self.setup += other.setup
        self.unsaid += other.unsaid
        self.habits += other.habits
        for signature, answers in other.answers.items():
            self.answers.setdefault(signature, Counter()).update(answers)
        self.test_cases += other.test_cases
        for signature, occurrence in other.shortest.items():
            self._keep(signature, occurrence)
        for clause, counts in other.shown.items():
            self.shown.setdefault(clause, Counter()).update(counts)
        for key, example in sorted(other.examples.items()):
            self.examples.setdefault(key, example)
        for signature, runs in other.confirmed.items():
            self.confirmed.setdefault(signature, []).extend(runs)
        for signature, probes in other.probes.items():
            self.probes.setdefault(signature, []).extend(probes)
        for signature, occurrence in other.traces.items():
            self.traces.setdefault(signature, occurrence)

    def _keep(self, signature: str, occurrence: Occurrence) -> None:
        known = self.shortest.get(signature)
        if known is None or occurrence.order < known.order:
            self.shortest[signature] = occurrence

    def take_as_shown(self) -> None:
        """Count the sure divergences of a recording as confirmed: it cannot be made again, and nothing of it is
        shrunk."""
        for signature, occurrence in self.shortest.items():
            if occurrence.broken.unsure:
                continue
            self.traces[signature] = replace(occurrence, plan=occurrence.prefix)
            self.confirmed[signature] = [True]

    def checks(self, clause: str) -> int:
        """Count the calls that this clause is checked on."""
        return sum(self.calls[method] for method in CHECKED_BY.get(clause, ()))

    @property
    def total_calls(self) -> int:
        """Number of calls that were judged."""
        return sum(self.calls.values())


def in_force(declaration: Declaration, *, at_once: bool) -> Declaration:
    """Return the declaration that a test case is performed and judged by: the target's own, or, `at_once`, the one of a
    target that settles at once."""
    return evolve(declaration, settling=0.0) if at_once and declaration.settling else declaration


class Judge:
    """Follows test cases, call by call. `world` is the belief in the one under way, `case`."""

    def __init__(self, tally: Tally | None = None) -> None:
        """Judge into this tally, or a new one."""
        self.tally = tally if tally is not None else Tally()
        self.declaration: Declaration | None = None
        self.world: Belief
        self.case: Episode
        self._calls: list[type[Call]] = []
        self._found: list[Finding] = []
        self._directed = False
        self._signatures: set[str] = set()
        self._symbols: dict[str, Made] = {}
        self._made: Counter[int] = Counter()
        self._habits = Habits()

    def begin(self, case: Episode) -> None:
        """Begin a test case, on a fresh server state. Raises ValueError if no target has been declared."""
        self._close()
        if case.directed != self._directed:
            self.add_up()
            self._directed = case.directed
        if case.declaration is not None:
            self.declaration = case.declaration
        if self.declaration is None:
            message = "a history must declare its target before the first test case"
            raise ValueError(message)
        self.case = case
        self.world = first_belief(in_force(self.declaration, at_once=case.at_once))
        self._symbols, self._made = {}, Counter()
        if case.phase == "explore":
            self.tally.test_cases += 1

    def end(self) -> None:
        """End the last test case, and complete the tally."""
        self._close()
        self.add_up()

    def _close(self) -> None:
        """End the test case under way; of a re-run, note whether the divergence showed. That the steps of a known one
        show it confirms it; that they do not is told of them alone, since it may show elsewhere."""
        case = getattr(self, "case", None)
        if case is not None and case.signature:
            showed = case.signature in self._signatures
            if case.phase == "confirm" or (case.phase == "recheck" and showed):
                self.tally.confirmed.setdefault(case.signature, []).append(showed)
            if case.phase in PROBING:
                self.tally.probes.setdefault(case.signature, []).append((case.plan, showed))
        self._habits.end(self.tally.habits)
        self._signatures = set()
        self.case = None  # type: ignore[assignment]  # between test cases there is none

    def expect(self, call: Call) -> Expected:
        """Tell what the clauses allow this call to do now."""
        return expect(self.world, call)

    def take(
        self, step: int, expected: Expected, outcome: Outcome, findings: Sequence[Finding], *, together: bool = False
    ) -> None:
        """Take a call that was made and judged: count the findings, and go on from what was observed."""
        explore = self.case.phase == "explore"
        if not explore or self.world.declaration.recorded:
            self._name(step, outcome)
        if explore:
            self._calls.append(expected.call.__class__)
            self._note_answer(step, expected.call, outcome)
        if together:
            findings = [*findings, *_of_distinct(findings)]
        if Broken in map(type, findings):
            for found in findings:
                if isinstance(found, Broken):
                    self._saw(step, found)
                    if explore:
                        self._exercise(found.clause, 1)
            findings = [found for found in findings if found.__class__ is not Broken]
        if explore:
            self._found += findings
            if not together:
                self._habits.see(self.world, expected.call, outcome)
        self.world = advance(self.world, expected.call, outcome, expected)

    def _note_answer(self, step: int, call: Call, outcome: Outcome) -> None:
        """Count an answer that was lost, and a call of the set-up that came to nothing."""
        if outcome.__class__ is Lost:
            self.tally.lost[call.__class__.__name__, outcome.why] += 1
        if step == SETUP and not isinstance(outcome, Returned):
            came_to = outcome.fault.kind if isinstance(outcome, Faulted) else "no answer"
            self.tally.setup[call.__class__.__name__, came_to] += 1

    def add_up(self) -> None:
        """Count the calls, the exercised checks, and the interpretations shown so far: all at once, since many of them
        are the same."""
        tally = self.tally
        for cls, times in Counter(self._calls).items():
            tally.calls[cls.__name__] += times
        for found, times in Counter(self._found).items():
            if isinstance(found, Unsaid):
                tally.unsaid[found.clause, found.field] += times
                continue
            self._exercise(found.clause, times)
            if isinstance(found, Shown):
                tally.shown.setdefault(found.clause, Counter())[found.options] += times
                tally.examples.setdefault((found.clause, found.options), found.observed)
        self._calls.clear()
        self._found.clear()

    def _exercise(self, clause: str, times: int) -> None:
        """Count so many checks of a clause that could have failed, in a directed test case or a free one."""
        self.tally.exercised[clause] += times
        if self._directed:
            self.tally.directed[clause] += times

    def _name(self, step: int, outcome: Outcome) -> None:
        """Remember which step made the object or task that came back."""
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, TaskInfo | ObjectRef):
            made = Made(step=step, index=self._made[step])
            self._made[step] += 1
            names = (value.value,) if isinstance(value, ObjectRef) else _names_of(value)
            self._symbols.update(dict.fromkeys(names, made))

    def _saw(self, step: int, broken: Broken) -> None:
        signature = broken.signature
        if signature in self._signatures:
            return
        self._signatures.add(signature)
        case = self.case
        occurrence = Occurrence(
            part=case.part, case=case.number, step=step, plan=case.plan, broken=broken, symbols=self._symbols
        )
        if case.phase == "explore":
            self.tally.seen[signature] += 1
            self.tally._keep(signature, occurrence)  # noqa: SLF001  # its own tally
        elif signature == case.signature and case.phase != "frontier":
            self.tally.traces.setdefault(signature, occurrence)
            answers = self.tally.answers.setdefault(signature, Counter())
            answers[plainly(broken.observed, self._symbols)] += 1

    def saw(self, signature: str) -> bool:
        """Tell whether the test case under way has shown this divergence."""
        return signature in self._signatures

    def read(self, record: Record) -> None:
        """Follow one record of a history."""
        if isinstance(record, Episode):
            self.begin(record)
        elif isinstance(record, Exchange) and not record.again:
            expected = self.expect(record.call)
            findings = expected.judge(record.outcome)
            self.take(record.step, expected, record.outcome, findings, together=record.together)


def plainly(text: str, symbols: Mapping[str, Made]) -> str:
    """Return what was observed, with the steps that made them in the place of references and keys."""
    if not symbols:
        return text
    pattern = "|".join(re.escape(value) for value in sorted(symbols, key=len, reverse=True) if value)
    return re.sub(rf"(?<![\w-])(?:{pattern})(?![\w-])", lambda found: _place(symbols[found[0]]), text)


def _place(made: Made) -> str:
    """Name a thing by the step that made it, counted from 1."""
    return f"[{made.step + 1}.{made.index}]"


def _names_of(info: TaskInfo) -> tuple[str, ...]:
    """Return key and reference of a task, as far as it has them."""
    return (*([info.key] if info.key else ()), *([info.task.value] if info.task is not None else ()))


def _of_distinct(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Repeat findings on create.returns, of calls made at the same time, for create.distinct: they hold there too."""
    for found in findings:
        if found.clause == "create.returns" and isinstance(found, Broken | Held):
            yield evolve(found, clause="create.distinct")


def judge_records(records: Iterable[Record]) -> Tally:
    """Judge a part of a history."""
    judge = Judge()
    for record in records:
        judge.read(record)
    judge.end()
    return judge.tally
