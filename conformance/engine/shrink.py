"""Shrink: from a occurrence to the shortest plan that shows the same divergence.

Outside Hypothesis: the plan is cut at the step that showed it, sliced by references, steps are deleted, arguments made
plain, sizes bisected; each candidate is judged from scratch on a fresh server state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict, astuple

from taskconform.conformance.engine.shrink_plainer import lighter_bulks, plainer_steps
from taskconform.model.vocabulary.calls import MAIN, NOBODY, BreakOffWait, Login
from taskconform.model.vocabulary.declaration import DEFAULT_CAP
from taskconform.model.vocabulary.plan import Act, Bulk, Plan, Step, references, renumbered
from taskconform.model.vocabulary.words import Word, evolve

if TYPE_CHECKING:
    from collections.abc import Iterator

Shows = Callable[[Plan], bool]
"""Tells whether a plan, run from a fresh server state, shows the divergence."""


WAITING: Final = 12
"""Trials that a wait counts for which has to be broken off."""


@dataclass(slots=True, kw_only=True)
class Shrinker:
    """Shrinks one plan. `budget` bounds the trials, in each of which a plan is performed."""

    shows: Shows
    budget: int
    trials: int = 0
    known: dict[Plan, bool] = field(default_factory=dict)
    too_few: dict[Plan, int] = field(default_factory=dict)
    """Largest size of a bulk that did not show it, by the plan with a bulk of none."""

    def shrink(self, plan: Plan) -> Plan:
        """Find the shortest plan; the given one shows the divergence at its last step. What the set-up shows takes no
        steps, and is as short as can be."""
        if not plan:
            return plan
        plan, sliced = self._slice(plan, bulks=False)
        plan = self._lighten(plan)
        if not sliced:
            plan, _ = self._slice(plan, bulks=True)
        before: Plan = ()
        while plan != before and self.trials < self.budget:
            before = plan
            plan = self._delete(plan)
            plan = self._merge(plan)
            plan = self._simplify(plan)
            plan = self._bisect(plan)
        return plan

    def _slice(self, plan: Plan, *, bulks: bool) -> tuple[Plan, bool]:
        """Find the narrowest slice that shows it, and tell whether it is shorter than the plan."""
        for candidate in (narrow_slice(plan, bulks=bulks), wide_slice(plan, bulks=bulks)):
            if len(candidate) < len(plan) and self._try(candidate):
                return candidate, True
        return plan, False

    def _try(self, plan: Plan) -> bool:
        if plan not in self.known:
            if self.trials >= self.budget:
                return False
            self.trials += 1 + sum(map(_waiting, plan))
            self.known[plan] = self.shows(plan)
        return self.known[plan]

    def _lighten(self, plan: Plan) -> Plan:
        """Make bulks take fewer calls: every later trial is as much shorter."""
        for number, step in enumerate(plan):
            if isinstance(step, Bulk) and step.count > 1:
                candidates = (changed(plan, number, one) for one in lighter_bulks(step) if one != step)
                plan = next(filter(self._try, candidates), plan)
        return plan

    def _delete(self, plan: Plan) -> Plan:
        """Leave out runs of steps that it does not need: long runs first, from the end."""
        size = max(1, (len(plan) - 1) // 2)
        while size:
            start = len(plan) - 1 - size
            while start >= 0:
                candidate = without(plan, with_dependents(plan, range(start, start + size)))
                if candidate and self._try(candidate):
                    plan = candidate
                    start = min(start, len(plan) - 1 - size)
                else:
                    start -= size
            size //= 2
        return plan

    def _merge(self, plan: Plan) -> Plan:
        """Leave out sessions: let `main` do all that another one does."""
        for name in sorted(sessions_of(plan) - {MAIN, NOBODY}):
            candidate = by_main(plan, name)
            if candidate and self._try(candidate):
                plan = candidate
        return plan

    def _bisect(self, plan: Plan) -> Plan:
        """Find the smallest bulks that still show it. Often one task is enough, or the bulk is just as large as it has
        to be, having been drawn around a limit, or it has to be as large as the documented cap: these sizes are tried
        first."""
        for number, step in enumerate(plan):
            if not isinstance(step, Bulk) or step.count == 1:
                continue
            shape = changed(plan, number, evolve(step, count=0))
            low, high = self.too_few.get(shape, 0), step.count
            likely = [1, high - 1, DEFAULT_CAP, DEFAULT_CAP - 1]
            while high - low > 1:
                middle = next((size for size in likely if low < size < high), (low + high) // 2)
                if self._try(changed(plan, number, evolve(step, count=middle))):
                    high = middle
                else:
                    low = middle
            self.too_few[shape] = low
            plan = changed(plan, number, evolve(step, count=high))
        return plan

    def _simplify(self, plan: Plan) -> Plan:
        """Find the plainest arguments that still show it."""
        for number in range(len(plan)):
            plainer: Plan | None = plan
            while plainer is not None:
                plan = plainer
                candidates = (
                    changed(plan, number, step) for step in plainer_steps(plan[number]) if step != plan[number]
                )
                plainer = next(filter(self._try, candidates), None)
        return plan


def _waiting(step: Step) -> int:
    """Count the further trials that a step is worth, if it may wait for seconds."""
    return WAITING if isinstance(step, Act) and isinstance(step.call, BreakOffWait) else 0


# --- plans as data ----------------------------------------------------------------------------------------------------


def sessions_of(value: Any) -> frozenset[str]:
    """Collect the sessions that a step speaks for."""
    if isinstance(value, tuple):
        return frozenset().union(*map(sessions_of, value)) if value else frozenset()
    if isinstance(value, Word):
        found = {getattr(value, name) for name in ("session", "witness") if isinstance(getattr(value, name, None), str)}
        return frozenset(found).union(*map(sessions_of, astuple(value)))
    return frozenset()


def with_dependents(plan: Plan, dropped: range) -> set[int]:
    """Add to these steps the later ones that make no sense without them: those that refer only to what these make, or
    that speak for a session which no step opens any more. If the last step, which shows the divergence, is among them,
    return all of the plan."""
    gone = set(dropped)
    opened = {name for number, name in _logins(plan) if number not in gone} | {MAIN, NOBODY}
    for number in range(dropped.start, len(plan)):
        made = references(plan[number])
        if (made and all(one.step in gone for one in made)) or not sessions_of(plan[number]) <= opened:
            gone.add(number)
    return gone if len(plan) - 1 not in gone else set(range(len(plan)))


def without(plan: Plan, dropped: range | frozenset[int] | set[int]) -> Plan:
    """Leave these steps out; references are renumbered, and no step looks at tasks of dropped ones any more."""
    gone = set(dropped)
    numbers = {old: new for new, old in enumerate(number for number in range(len(plan)) if number not in gone)}
    return tuple(renumbered(step, numbers) for number, step in enumerate(plan) if number not in gone)


def by_main(plan: Plan, name: str) -> Plan:
    """Let `main` do all that a session does, and leave out its logins. Returns an empty plan if the last step, which
    shows the divergence, is one of them."""
    logins = {number for number, session in _logins(plan) if session == name}
    return () if len(plan) - 1 in logins else tuple(_spoken_by(step, name) for step in without(plan, logins))


def _logins(plan: Plan) -> Iterator[tuple[int, str]]:
    """Yield the number of each step that opens a session, and the session."""
    for number, step in enumerate(plan):
        if isinstance(step, Act) and isinstance(step.call, Login):
            yield number, step.call.session


def _spoken_by(value: Any, name: str) -> Any:
    """Put `main` in the place of a session."""
    if isinstance(value, tuple):
        return tuple(_spoken_by(item, name) for item in value)
    if not isinstance(value, Word):
        return value
    changes = {each: _spoken_by(part, name) for each, part in asdict(value).items()}
    changes |= {each: MAIN for each in ("session", "witness") if getattr(value, each, None) == name}
    return evolve(value, **changes)


def changed(plan: Plan, number: int, step: Step) -> Plan:
    """Replace one step of a plan."""
    return (*plan[:number], step, *plan[number + 1 :])


def narrow_slice(plan: Plan, *, bulks: bool = False) -> Plan:
    """Keep the last step, what it refers to, and the logins of the sessions involved; with `bulks` also the bulks,
    which push others over a limit without referring to them."""
    return _sliced(plan, touching=False, bulks=bulks)


def wide_slice(plan: Plan, *, bulks: bool = False) -> Plan:
    """Keep what `narrow_slice` keeps, and every step that touches the same tasks."""
    return _sliced(plan, touching=True, bulks=bulks)


def _sliced(plan: Plan, *, touching: bool, bulks: bool) -> Plan:
    if not plan:
        return plan
    wanted = {len(plan) - 1}
    if bulks:
        wanted |= {number for number, step in enumerate(plan) if isinstance(step, Bulk)}
    while True:
        made = frozenset().union(*(references(plan[number]) for number in wanted))
        steps = {one.step for one in made if 0 <= one.step < len(plan)}
        names = frozenset().union(*(sessions_of(plan[number]) for number in wanted)) - {MAIN, NOBODY}
        steps |= {number for number, session in _logins(plan) if session in names}
        if touching:
            steps |= {number for number, step in enumerate(plan) if any(one.step in steps for one in references(step))}
        if steps <= wanted:
            return without(plan, set(range(len(plan))) - wanted)
        wanted |= steps
