"""Exploration: the specification and the oracle against each other, over every sequence of calls of the small scope.

`exhaust` performs all sequences up to a depth, none left out. `explore` goes deeper: sequences that lead to one state
are gone on with once. Under every choice the oracle has to accept every outcome; on a mutant it has to reject what
differs. What each has seen is counted, so that "no false alarm" is a statement with a bound.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskconform.conformance.qualification.choosing import alternatives
from taskconform.model.oracle.belief import Belief
from taskconform.model.oracle.expect import advance, expect
from taskconform.model.oracle.findings import Broken, Shown
from taskconform.model.spec.choices import DEFAULT, Choices
from taskconform.model.spec.clock import pass_time
from taskconform.model.vocabulary.words import evolve
from taskconform.strategies.tours.graph import CALL_TIME, situation
from taskconform.strategies.tours.scope import DECLARATION, SET_UP, first_state, offered, right

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from taskconform.model.spec.state import State
    from taskconform.model.vocabulary.calls import Call
    from taskconform.strategies.tours.scope import Step

Path = tuple["Call", ...]


@dataclass(slots=True, kw_only=True)
class Explored:
    """What an exploration has seen: sequences performed, states met, calls judged, checks exercised by clause, and the
    first sequences that the oracle rejected, each with what it said."""

    depth: int
    sequences: int = 0
    states: int = 0
    calls: int = 0
    exercised: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A state of the server, what the oracle believes of it, and the calls that led there."""

    state: State
    belief: Belief
    path: Path


def exhaust(depth: int, choices: Choices = DEFAULT, step: Step | None = None) -> Explored:
    """Perform every sequence of `depth` calls after the set-up, none left out."""
    found = Explored(depth=depth)
    step = step or right(choices)
    waiting = [start(step, choices, found)]
    while waiting:
        node = waiting.pop()
        if len(node.path) < depth + len(SET_UP):
            waiting.extend(following(node, step, choices, found))
        else:
            found.sequences += 1
    return found


def explore(depth: int, choices: Choices = DEFAULT, step: Step | None = None) -> Explored:
    """Perform sequences up to `depth` calls after the set-up; those that lead to the same state are gone on with once.
    `sequences` counts all of them, merged ones too."""
    found = Explored(depth=depth)
    step = step or right(choices)
    first = start(step, choices, found)
    layer = {situation(first.state): (first, 1)}
    known = set(layer)
    for _ in range(depth):
        after: dict[Hashable, tuple[Node, int]] = {}
        for node, count in layer.values():
            for child in following(node, step, choices, found):
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


def start(step: Step, choices: Choices, found: Explored) -> Node:
    """Perform the set-up."""
    node = Node(state=first_state(), belief=Belief(declaration=DECLARATION), path=())
    for call in SET_UP:
        node = performed(node, call, step, choices, found)
    return node


def following(node: Node, step: Step, choices: Choices, found: Explored) -> Iterator[Node]:
    """Perform each call that is offered in a state."""
    for call in offered(node.state):
        yield performed(node, call, step, choices, found)


def performed(node: Node, call: Call, step: Step, choices: Choices, found: Explored) -> Node:
    """Perform one call, and put its outcome to the oracle."""
    expected = expect(node.belief, call)
    state, outcome = step(pass_time(node.state, CALL_TIME, choices), call)
    found.calls += 1
    for finding in expected.judge(outcome):
        found.exercised[finding.clause] += 1
        if isinstance(finding, Broken):
            found.rejected.setdefault(f"{finding.clause}: {finding.demand}; {finding.observed}", (*node.path, call))
        elif isinstance(finding, Shown) and choices.of(finding.clause) not in finding.options:
            said = f"{finding.clause}: {choices.of(finding.clause)} is taken for {', '.join(finding.options)}"
            found.rejected.setdefault(said, (*node.path, call))
    belief = advance(node.belief, call, outcome, expected)
    return Node(state=state, belief=belief, path=(*node.path, call))


def every_choice() -> Iterator[tuple[str, Choices]]:
    """Yield the default choices, and each other interpretation of each open clause by itself, with its name."""
    yield "default", DEFAULT
    for one in alternatives():
        yield f"{one.key}={one.value}", evolve(DEFAULT, **one.choices)
