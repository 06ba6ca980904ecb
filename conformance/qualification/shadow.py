"""The shadow: a history in, the outcomes out that the specification does not give and the oracle says nothing of.

Every call of a test case is also performed on the specification, at the time at which it was answered. Where the run
left several interpretations of an open clause, the one is chosen that explains most. The first outcome of a test case
that differs counts, unless the oracle found a divergence in that test case: then the difference is covered.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from immutables import Map

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.shrink import Shrinker
from taskconform.conformance.qualification.choosing import Alternative, alternatives
from taskconform.conformance.qualification.differential import renamed
from taskconform.conformance.qualification.likeness import Likeness
from taskconform.conformance.records.history import SETUP, Episode, Exchange
from taskconform.conformance.targets.builtin.inventory import ACCOUNTS, INVENTORY
from taskconform.conformance.targets.builtin.server import idle_state, new_server, started
from taskconform.conformance.targets.builtin.specification import specified
from taskconform.conformance.targets.builtin.target import CALL_TIME, DEFAULTS, EXTENSION_KEY
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.spec.choices import DEFAULT, Choices
from taskconform.model.vocabulary.calls import AdvanceClock, CancelTask, ReadMaxCollector
from taskconform.model.vocabulary.declaration import version_numbers
from taskconform.model.vocabulary.outcomes import Lost, Property, Returned
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.document import Unclassified
from taskconform.reports.plain import one_line
from taskconform.reports.trace import sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskconform.conformance.records.history import Record
    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.judgement import Tally
    from taskconform.model.oracle.findings import Broken
    from taskconform.model.spec.state import State
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.plan import Plan

MOST_KINDS: Final = 20
"""Kinds of differences that are kept."""
ENOUGH: Final = 3
"""Test cases of a kind, after which no interpretation is looked for that explains it."""
TRIALS: Final = 200
"""Plans that are performed to shrink a difference."""
LONGEST: Final = 200
"""Characters of a value that are shown."""

AFTER_CANCEL: Final = frozenset(
    {"value", "value: number of items", "RecentTaskUpdate.recent_task"}
    | {f"TaskInfo.{name}" for name in ("state", "complete_time", "start_time", "error", "progress")}
)
"""Parts of an outcome that depend on when a canceled task ends, which no page says."""

Kind = tuple[str, str]
"""Call, and the field or the fault that differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An outcome that the specification does not give: `index` is the call's place in its test case, `step` its step.
    `plan` shows it at its last step."""

    index: int
    step: int
    kind: Kind
    expected: str
    observed: str
    plan: Plan = ()


def why_inexact(declaration: Declaration) -> str:
    """Tell why a target cannot be compared with the specification call by call, "" if it can."""
    lacking = [name for name in ("clock", "reset") if name not in declaration.capabilities]
    if declaration.recorded:
        return "it is a recording"
    if lacking:
        return f"it does not declare {' and '.join(lacking)}"
    if not declaration.exclusive or declaration.settling:
        return "others may act on it" if not declaration.exclusive else "it takes time to settle"
    ours = (dict(INVENTORY.places), ACCOUNTS, EXTENSION_KEY)
    if (dict(declaration.places), declaration.accounts, declaration.extension_key) != ours:
        return "its places and accounts are not those of the built-in target, which the specification starts with"
    return ""


class Watcher(Judge):
    """A judge that keeps the exchanges of the test case under way, and whether a clause was broken in it."""

    def begin(self, case: Episode) -> None:
        """Begin a test case."""
        super().begin(case)
        self.diverged = False
        self.exchanged: list[Exchange] = []

    def _saw(self, step: int, broken: Broken) -> None:
        self.diverged = True
        super()._saw(step, broken)


class Shadow:
    """Compares test cases with the specification, under the interpretations that a run left."""

    def __init__(self, declaration: Declaration, tally: Tally) -> None:
        """Choose the interpretations to begin with: the default ones, as far as they are left."""
        self.declaration = declaration
        self.maximum = int(DEFAULTS["max-collector"])
        self.alternatives, self.base = _left(tally)
        self.choices = self.base

    def difference(self, exchanged: Sequence[Exchange], *, explains: bool = True) -> Difference | None:
        """Return the first outcome of a test case that no interpretation explains."""
        for one in exchanged:
            if isinstance(one.call, ReadMaxCollector) and isinstance(one.outcome, Returned):
                value = one.outcome.value
                number = value.value if isinstance(value, Property) else value
                self.maximum = number if isinstance(number, int) else self.maximum
        found = self._compare(exchanged, self.choices)
        if found is None or not explains:
            return found
        return self._explained(exchanged, found, self.choices) and self._explained(
            exchanged, self._compare(exchanged, self.base), self.base
        )

    def _explained(
        self, exchanged: Sequence[Exchange], found: Difference | None, choices: Choices
    ) -> Difference | None:
        """Take interpretations one by one, each time the one under which the first difference comes latest; keep them
        if none is left."""
        while found is not None:
            best, better = found, choices
            for one in self.alternatives:
                candidate = evolve(choices, **one.choices)
                later = self._compare(exchanged, candidate)
                if later is None:
                    self.choices = candidate
                    return None
                if later.index > best.index:
                    best, better = later, candidate
            if best is found:
                return found
            found, choices = best, better
        self.choices = choices
        return None

    def _first(self, exchanged: Sequence[Exchange], choices: Choices) -> State:
        declaration = self.declaration
        server = new_server(
            max_collector=self.maximum,
            window=declaration.window,
            cap=declaration.cap,
            vcenter=declaration.about.api_type == "VirtualCenter",
            api_version=version_numbers(declaration.about.api_version),
            operations=Map({one.name: one for one in declaration.operations}),
        )
        return started(idle_state(server, exchanged[0].outcome.at.earliest - CALL_TIME), specified(choices=choices))

    def _compare(self, exchanged: Sequence[Exchange], choices: Choices) -> Difference | None:
        """Perform the calls on the specification; return the first that comes out otherwise. A lost answer, and calls
        made at the same time that came in another order, end the comparison."""
        if not exchanged:
            return None
        specification, state, likeness = specified(choices=choices), self._first(exchanged, choices), Likeness()
        canceled = False
        for index, one in enumerate(exchanged):
            if isinstance(one.outcome, Lost):
                return None
            call = renamed(one.call, likeness.names) if likeness.names else one.call
            passed = one.outcome.at.earliest - state.now
            state = specification.pass_time(state, CALL_TIME if isinstance(one.call, AdvanceClock) else max(0, passed))
            state, outcome = specification.step(state, call)
            canceled = canceled or (isinstance(one.call, CancelTask) and isinstance(one.outcome, Returned))
            if one.again:
                continue
            where = likeness.apart(call, outcome, one.outcome)
            if where is not None:
                is_open = one.together or (canceled and where[0] in AFTER_CANCEL)
                return None if is_open else _difference(index, one, where)
        return None


def _left(tally: Tally) -> tuple[list[Alternative], Choices]:
    """Return the interpretations that a run left, and the choices to begin with."""
    left: dict[str, set[str]] = {}
    for clause, shown in tally.shown.items():
        options = {each.id for each in CLAUSES[clause].readings}
        left[clause] = options.intersection(*map(set, shown)) or options
    found = [one for one in alternatives() if one.value in left.get(one.clause, {one.value})]
    base, decided = DEFAULT, set[str]()
    for one in found:
        if (
            getattr(DEFAULT, one.key) not in left.get(one.clause, {getattr(DEFAULT, one.key)})
            and one.key not in decided
        ):
            base, decided = evolve(base, **one.choices), {*decided, *one.choices}
    back = [  # what one clause leaves may rest on the default of another
        Alternative(one.clause, one.key, getattr(DEFAULT, one.key), {one.key: getattr(DEFAULT, one.key)})
        for one in found
        if one.key in decided
    ]
    return [*found, *back], base


def _difference(index: int, one: Exchange, apart: tuple[str, Any, Any]) -> Difference:
    """Describe how an outcome differs."""
    where, left, right = apart
    kind = (type(one.call).__name__, where)
    return Difference(index=index, step=one.step, kind=kind, expected=_shown(left), observed=_shown(right))


def _shown(value: object) -> str:
    """Return a value as one line of some length at most."""
    text = one_line("unset" if value is None else str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# --- runs -------------------------------------------------------------------------------------------------------------


def differences(
    parts: Iterable[Iterable[Record]], declaration: Declaration, tally: Tally
) -> list[tuple[Difference, int]]:
    """Follow a history; return the differences that no divergence covers: of each kind the one that takes the fewest
    steps, and the number of test cases that show it."""
    shadow, found, times = Shadow(declaration, tally), dict[Kind, Difference](), Counter[Kind]()
    for records in parts:
        watcher = Watcher()
        for record in records:
            if isinstance(record, Episode):
                _note(shadow, watcher, found, times)
            watcher.read(record)
            if isinstance(record, Exchange):
                watcher.exchanged.append(record)
        _note(shadow, watcher, found, times)
    return [(found[kind], times[kind]) for kind in sorted(found, key=lambda kind: (-times[kind], kind))][:MOST_KINDS]


def _note(shadow: Shadow, watcher: Watcher, found: dict[Kind, Difference], times: Counter[Kind]) -> None:
    """Compare the test case that is over, if one is."""
    case = getattr(watcher, "case", None)
    if case is None or case.phase != "explore" or watcher.diverged:
        return
    one = shadow.difference(watcher.exchanged, explains=False)
    if one is not None and times[one.kind] < ENOUGH:
        one = shadow.difference(watcher.exchanged)
    if one is None:
        return
    times[one.kind] += 1
    plan = case.plan[: one.step + 1] if one.step != SETUP else ()
    known = found.get(one.kind)
    if known is None or len(plan) < len(known.plan):
        found[one.kind] = replace(one, plan=plan)


def shrunk(one: Difference, target: Target, tally: Tally) -> Difference:
    """Return the same kind of difference with the fewest steps that show it on a target."""
    records: list[Record] = []
    watcher, shadow = Watcher(), Shadow(target.declaration, tally)
    executor = Executor(target=target, judge=watcher, record=records.append)
    least = [one]

    def shows(plan: Plan) -> bool:
        records.clear()
        executor.run(Episode(part="", number=0, phase="explore", plan=plan))
        found = shadow.difference([each for each in records if isinstance(each, Exchange)])
        if found is None or found.kind != one.kind or watcher.diverged:
            return False
        if not least[0].plan or len(plan) <= len(least[0].plan):
            least[0] = replace(found, plan=plan)
        return True

    plan = Shrinker(shows=shows, budget=TRIALS).shrink(one.plan)
    return least[0] if least[0].plan == plan or shows(plan) else one


def listed(found: Iterable[tuple[Difference, int]]) -> list[Unclassified]:
    """Return differences as a report lists them."""
    return [
        Unclassified(
            call=one.kind[0],
            where=one.kind[1],
            expected=one.expected,
            observed=one.observed,
            test_cases=times,
            steps=[one_line(sentence(step, index, one.plan)) for index, step in enumerate(one.plan)],
        )
        for one, times in found
    ]
