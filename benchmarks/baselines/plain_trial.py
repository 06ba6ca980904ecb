"""One trial of the plain machine: a target, the oracle, a budget of calls, and what was found within it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taskconform.conformance.records.history import Episode
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.oracle.findings import Broken

if TYPE_CHECKING:
    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.outcomes import Outcome


class Over(BaseException):
    """The trial is over: something was found, or the budget is spent. No Exception: Hypothesis must not take it for a
    failure, and run it again."""


@dataclass(slots=True, kw_only=True)
class Trial:
    """Performs and judges calls until the first finding or the budget's end. `finding` is the signature of what was
    found, "" for nothing; `calls` are those made so far, set-up and all."""

    target: Target
    budget: int
    judge: Judge = field(default_factory=Judge)
    calls: int = 0
    steps: int = 0
    episodes: int = 0
    finding: str = ""

    def begin(self) -> None:
        """Start from a fresh server state."""
        self.target.reset()
        self.judge.begin(
            Episode(part="plain", number=self.episodes, phase="explore", plan=(), declaration=self.target.declaration)
        )
        self.episodes += 1
        self.steps = 0

    def perform(self, call: Call) -> Outcome:
        """Perform and judge one call. Raises Over."""
        if self.calls >= self.budget:
            raise Over
        expected = self.judge.expect(call)
        outcome = self.target.perform(call)
        self.calls += 1
        findings = expected.judge(outcome)
        broken = next((found for found in findings if isinstance(found, Broken)), None)
        if broken is not None:
            self.finding = broken.signature
            raise Over
        self.judge.take(self.steps, expected, outcome, findings)
        self.steps += 1
        return outcome


def made(outcome: Outcome, *kinds: type) -> Any:
    """What a call returned, if it is of one of these kinds; else None."""
    value = getattr(outcome, "value", None)
    return value if isinstance(value, kinds) else None
