"""Exploration: the specification and the oracle against each other, over every sequence of calls of the small scope.

`exhaust` performs all sequences up to a depth, none left out. `explore` goes deeper: sequences that lead to one state
are gone on with once. Under every choice the oracle has to accept every outcome. What each has seen is counted, so that
"no false alarm" is a statement with a bound. `compare` performs them on a mutant and on the right specification beside
it: where the mutant shows, the oracle has to name a clause.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskconform.conformance.qualification.choosing import alternatives
from taskconform.conformance.qualification.mutants.registry import BUGS, specification_of
from taskconform.conformance.targets.builtin.specification import RIGHT, specified
from taskconform.model.oracle.belief import Belief
from taskconform.model.oracle.expect import advance, expect
from taskconform.model.oracle.findings import Broken, Shown
from taskconform.model.spec.choices import DEFAULT
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Faulted
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.tours.graph import CALL_TIME, situation
from taskconform.strategies.tours.scope import DECLARATION, SET_UP, first_state, offered

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from taskconform.conformance.targets.builtin.specification import Specification
    from taskconform.model.spec.state import State
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome

Path = tuple["Call", ...]


@dataclass(slots=True, kw_only=True)
class Explored:
    """The counts of an exploration: sequences performed, states met, calls judged, and the first sequences that the
    oracle rejected, by what it said and by the clause it named."""

    depth: int
    sequences: int = 0
    states: int = 0
    calls: int = 0
    rejected: dict[str, Path] = field(default_factory=dict)
    named: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A state of the server, what the oracle believes of it, and the calls that led there."""

    state: State
    belief: Belief
    path: Path
    outcome: Outcome | None = None


@dataclass(slots=True, kw_only=True)
class Compared:
    """A mutant beside the right specification: the first sequence whose last outcomes differ, if any, and what the
    oracle said of all."""

    explored: Explored
    shows: Path | None = None

    def is_rejected(self, name: str) -> bool:
        """Tell whether a clause was named that rightly names the mutant, or can't but be broken by it."""
        bug = BUGS[name]
        return not self.explored.named.keys().isdisjoint({*bug.clauses, *bug.also})

    def perform(self, node: Node, beside: State, call: Call, mutant: Specification) -> tuple[Node, State]:
        """Perform a call on both."""
        child = performed(node, call, mutant, self.explored)
        beside, right = answered(RIGHT, beside, call)
        if self.shows is None and _told(child.outcome) != _told(right):
            self.shows = child.path
        return child, beside


def exhaust(depth: int, server: Specification = RIGHT) -> Explored:
    """Perform every sequence of `depth` calls after the set-up, none left out."""
    found = Explored(depth=depth)
    waiting = [start(server, found)]
    while waiting:
        node = waiting.pop()
        if len(node.path) < depth + len(SET_UP):
            waiting.extend(following(node, server, found))
        else:
            found.sequences += 1
    return found


def explore(depth: int, server: Specification = RIGHT) -> Explored:
    """Perform sequences up to `depth` calls after the set-up; those that lead to the same state are gone on with once.
    `sequences` counts all of them, merged ones too."""
    found = Explored(depth=depth)
    first = start(server, found)
    layer = {situation(first.state): (first, 1)}
    known = set(layer)
    for _ in range(depth):
        after: dict[Hashable, tuple[Node, int]] = {}
        for node, count in layer.values():
            for child in following(node, server, found):
                found.sequences += count
                key = situation(child.state)
                if key in after:
                    after[key] = (after[key][0], after[key][1] + count)
                elif key not in known:
                    after[key] = (child, count)
        known |= after.keys()
        layer = after
    found.states = len(known)
    return found


def start(server: Specification, found: Explored) -> Node:
    """Perform the set-up."""
    node = Node(state=first_state(), belief=Belief(declaration=DECLARATION), path=())
    for call in SET_UP:
        node = performed(node, call, server, found)
    return node


def following(node: Node, server: Specification, found: Explored) -> Iterator[Node]:
    """Perform each call that is offered in a state."""
    for call in offered(node.state):
        yield performed(node, call, server, found)


def performed(node: Node, call: Call, server: Specification, found: Explored) -> Node:
    """Perform one call, and put its outcome to the oracle."""
    path = (*node.path, call)
    expected = expect(node.belief, call)
    state, outcome = answered(server, node.state, call)
    found.calls += 1
    for finding in expected.judge(outcome):
        if isinstance(finding, Broken):
            found.named.setdefault(finding.clause, path)
            found.rejected.setdefault(f"{finding.clause}: {finding.demand}; {finding.observed}", path)
        elif isinstance(finding, Shown) and server.choices.of(finding.clause) not in finding.options:
            said = f"{finding.clause}: {server.choices.of(finding.clause)} is taken for {', '.join(finding.options)}"
            found.rejected.setdefault(said, path)
    belief = advance(node.belief, call, outcome, expected)
    return Node(state=state, belief=belief, path=path, outcome=outcome)


def answered(server: Specification, state: State, call: Call) -> tuple[State, Outcome]:
    """Let the time of a call pass, and answer it."""
    return server.step(server.pass_time(state, CALL_TIME), call)


def compare(depth: int, mutant: Specification) -> Compared:
    """Perform sequences up to `depth` calls after the set-up, on a mutant and on the right specification. Those that
    lead to the same pair of states are gone on with once. Every call is followed by a look at what is there, so that
    the oracle knows as much on one way to a state as on another; a mutant that hides from a look does not show."""
    compared = Compared(explored=Explored(depth=depth))
    pair = (Node(state=first_state(), belief=Belief(declaration=DECLARATION), path=()), first_state())
    for call in SET_UP:
        pair = compared.perform(*pair, call, mutant)
    layer = [pair]
    known: set[Hashable] = set()
    for _ in range(depth):
        before, layer = layer, []
        for node, beside in before:
            for call in offered(beside):
                pair = compared.perform(node, beside, call, mutant)
                for each in look(pair[1]):
                    pair = compared.perform(*pair, each, mutant)
                key = (situation(pair[0].state), str(pair[0].state.memory), situation(pair[1]))
                if key not in known:
                    known.add(key)
                    layer.append(pair)
    return compared


def _told(outcome: Outcome | None) -> Outcome | None:
    """Return an outcome without the message of its fault, of which no page says anything."""
    return evolve(outcome, fault=evolve(outcome.fault, message="")) if isinstance(outcome, Faulted) else outcome


def compared_by_name(depth: int, name: str) -> Compared:
    """Compare the mutant of this name."""
    return compare(depth, specification_of(name))


def look(state: State) -> Iterator[Call]:
    """Yield the reads of a look: recentTask between two reads of every task."""
    tasks = tuple(task.info.task for _, task in sorted(state.tasks.items()))
    yield calls.ReadMaxCollector(session=calls.MAIN)
    if tasks:
        around = calls.ReadTaskInfo(session=calls.MAIN, tasks=tasks)
        yield from (around, calls.ReadRecentTask(session=calls.MAIN), around)


def every_choice() -> Iterator[tuple[str, Specification]]:
    """Yield the specification under the default choices, and under each other interpretation of each open clause by
    itself, with its name."""
    yield "default", RIGHT
    for one in alternatives():
        yield f"{one.key}={one.value}", specified(choices=evolve(DEFAULT, **one.choices))
