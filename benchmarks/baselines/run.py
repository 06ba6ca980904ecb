"""Run a baseline on a target: was it caught, and after how many calls.

From a script in `benchmarks/`:

    from baselines.run import BASELINES, measure

    result = measure("plain", "root-is-the-grandparent", budget=50_000, seed=0)
    result.killed, result.calls, result.by

By hand: `cd benchmarks && python -m baselines.run --help`."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import pytest
import typer
from baselines.plain_machine import run_plain
from baselines.plain_trial import Trial

from taskconform.conformance.qualification.mutants import registry as mutants
from taskconform.conformance.targets import builtin

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.calls import Call
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.outcomes import Outcome

PLAIN, BY_EXAMPLE = "plain", "by-example"
BASELINES: Final = (PLAIN, BY_EXAMPLE)
"""Every baseline by name."""

TESTS: Final = Path(__file__).parent / "test_by_example.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a baseline came to. `killed`: it found something within the budget. `calls`: those made until then, or in
    all; the set-up of every episode or test is counted. `by`: the divergence's signature, or the failed test's name."""

    baseline: str
    killed: bool
    calls: int
    by: str = ""


class BudgetSpentError(Exception):
    """The budget of calls is spent."""


def measure(baseline: str, fault: str | None, *, budget: int, seed: int = 0) -> Measured:
    """Run a baseline on the built-in target with the seeded fault of this id (None: without any), with at most `budget`
    calls. The tests by example always make the same calls, and ignore the seed. Deterministic. Raises ValueError for an
    unknown baseline, TargetMisnamed for an unknown fault."""
    target = builtin.open_target({}) if fault is None else mutants.open_target({"mutant": fault})
    try:
        return measure_target(baseline, target, budget=budget, seed=seed)
    finally:
        target.close()


def measure_target(baseline: str, target: Target, *, budget: int, seed: int = 0) -> Measured:
    """The same on an open target, which must be able to reset and to move its clock. Raises ValueError for an unknown
    baseline or a budget below 1."""
    if budget < 1:
        message = f"a budget is 1 or more calls, not {budget}"
        raise ValueError(message)
    if baseline == PLAIN:
        trial = Trial(target=target, budget=budget)
        run_plain(trial, number=seed)
        return Measured(baseline=PLAIN, killed=bool(trial.finding), calls=trial.calls, by=trial.finding)
    if baseline == BY_EXAMPLE:
        return _run_tests(target, budget)
    message = f"no baseline {baseline}: there are {', '.join(BASELINES)}"
    raise ValueError(message)


class Counting:
    """A target that counts its calls, and answers no more of them than the budget."""

    def __init__(self, target: Target, budget: int) -> None:
        """Nothing is counted yet."""
        self.target = target
        self.left = budget

    @property
    def declaration(self) -> Declaration:
        """What the target says of itself."""
        return self.target.declaration

    @property
    def socket_seconds(self) -> float:
        """The target's."""
        return self.target.socket_seconds

    def perform(self, call: Call) -> Outcome:
        """Count and perform. Raises BudgetSpentError."""
        if not self.left:
            raise BudgetSpentError
        self.left -= 1
        return self.target.perform(call)

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """One after the other: no test by example does more."""
        return [self.perform(call) for call in calls]

    def reset(self) -> None:
        """Reset the target. No call."""
        self.target.reset()

    def close(self) -> None:
        """Leave it open: whoever opened it closes it."""


class FirstFailure:
    """A pytest plugin: gives the tests their target, and stops at the first that fails or breaks off."""

    def __init__(self, target: Counting) -> None:
        """Nothing has failed yet."""
        self.target = target
        self.failed = ""
        self.passed = 0
        self.spent = False

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note how a test ended."""
        report = yield
        if call.excinfo is not None and call.excinfo.errisinstance(BudgetSpentError):
            self.spent = True
        elif report.failed:
            self.failed = item.name
        elif report.when == "call":
            self.passed += 1
        if self.spent or self.failed:
            item.session.shouldstop = "enough"
        return report


def _run_tests(target: Target, budget: int) -> Measured:
    """Run the tests by example. Raises RuntimeError if pytest itself did not get through."""
    counting = Counting(target, budget)
    first = FirstFailure(counting)
    plugins: list[object] = [first]
    # no rewriting, no plugin of Hypothesis: both want to be there before Hypothesis is, which the machine has imported
    said = io.StringIO()
    with redirect_stdout(said):
        code = pytest.main(
            ["-q", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", str(TESTS)], plugins=plugins
        )
    through = first.spent or first.failed or (code is pytest.ExitCode.OK and first.passed)
    if not through:
        message = f"the tests by example did not run:\n{said.getvalue()}"
        raise RuntimeError(message)
    return Measured(baseline=BY_EXAMPLE, killed=bool(first.failed), calls=budget - counting.left, by=first.failed)


def main(
    fault: Annotated[list[str] | None, typer.Option(help="Seeded fault, any number of times; none: all.")] = None,
    baseline: Annotated[list[str] | None, typer.Option(help="plain or by-example; none: both.")] = None,
    budget: Annotated[int, typer.Option(min=1, help="Calls a baseline may make on a fault.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Of the plain machine.")] = 0,
    *,
    sound: Annotated[bool, typer.Option(help="On the target without a fault, too.")] = False,
) -> None:
    """Run the baselines on seeded faults: what is caught, after how many calls, by what."""
    chosen: list[str | None] = list(fault or mutants.mutant_names())
    for name in [None, *chosen] if sound else chosen:
        for one in baseline or BASELINES:
            result = measure(one, name, budget=budget, seed=seed)
            word = "killed" if result.killed else "survived"
            print(f"{name or 'no fault'}  {one}  {word}  {result.calls}  {result.by}".rstrip(), flush=True)


if __name__ == "__main__":
    typer.run(main)
