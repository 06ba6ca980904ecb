"""The work of one process: it opens a target once, then explores shards and reduces sightings, one job after another.

Everything here takes and returns plain data, so that it runs the same in this process or in another.
"""

from __future__ import annotations

import hashlib
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Final

import msgspec

from taskconform.conformance import codec
from taskconform.conformance.execute import Executor
from taskconform.conformance.history import Episode, Part
from taskconform.conformance.judgement import Judge, Sighting, Tally
from taskconform.conformance.naming import open_named
from taskconform.conformance.reduce import Reducer, narrow_slice
from taskconform.strategies.plans import draw_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from taskconform.conformance.history import Record
    from taskconform.conformance.profile import Profile, Shard
    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a job brought: its part of the history, its tally, and where the time went. `digest` is of the plans,
    `began` is when the job began (seconds since 1970)."""

    part: str
    tally: Tally
    digest: str
    began: float
    seconds: float
    target_seconds: float
    socket_seconds: float
    calls: int


DISTURBING: Final = frozenset({"crowds", "limits"})
"""Themes that other users of a server would feel: planned everywhere, performed only on a server that is ours alone."""


class Worker:
    """One process' target, and the jobs done with it."""

    def __init__(self, target: Target, folder: Path) -> None:
        """Work on an open target; parts of the history go to the folder."""
        self.target = target
        self.folder = folder

    def explore(self, number: int, shard: Shard, run_seed: int) -> Done:
        """Draw a shard's plans and perform them as they come. Raises TargetUnreachable."""
        part = Part(self.folder, f"shard-{number:02}")
        judge = Judge()
        executor = Executor(target=self.target, judge=judge, record=heeding(part.write))
        digest = PlanDigest()
        began, started, socket = time.time(), time.perf_counter(), self.target.socket_seconds
        episodes = 0

        spared = shard.theme in DISTURBING and not self.target.declaration.exclusive

        def take(plan: Plan) -> None:
            nonlocal episodes
            digest.add(plan)
            if spared:
                return
            executor.run(Episode(part=part.name, number=episodes, phase="explore", plan=plan))
            episodes += 1

        try:
            draw_plans(shard.theme, run_seed=run_seed, shard=number, budget=shard.budget, steps=shard.steps, take=take)
            judge.end()
        finally:
            part.close()
        return Done(
            part=part.name,
            tally=judge.tally,
            digest=digest.hexdigest(),
            began=began,
            seconds=time.perf_counter() - started,
            target_seconds=executor.target_seconds,
            socket_seconds=self.target.socket_seconds - socket,
            calls=executor.calls,
        )

    def trace(self, number: int, sighting: Sighting, profile: Profile) -> Done:
        """Reduce a sighting, and confirm what is left by fresh runs. Raises TargetUnreachable."""
        signature = sighting.broken.signature
        part = Part(self.folder, f"trace-{number:03}")
        began, started = time.time(), time.perf_counter()
        quiet = Executor(target=self.target, judge=Judge(), record=heeding(_forget))

        def shows(plan: Plan) -> bool:
            quiet.run(Episode(part="", number=0, phase="reduce", plan=plan, signature=signature))
            return quiet.judge.saw(signature)

        plan = sighting.plan[: sighting.step + 1]
        steady = shows(plan)
        if steady:
            plan = Reducer(shows=shows, budget=profile.reductions).reduce(plan)
        elif shows(narrow_slice(plan)) or len(narrow_slice(plan)) <= 2:
            plan = narrow_slice(plan)
        judge = Judge()
        executor = Executor(target=self.target, judge=judge, record=heeding(part.write))
        try:
            showed = 0
            for run in range(profile.confirmations + profile.loop):
                if run >= profile.confirmations and showed:
                    break
                executor.run(Episode(part=part.name, number=run, phase="confirm", plan=plan, signature=signature))
                showed += judge.saw(signature)
            judge.end()
        finally:
            part.close()
        return Done(
            part=part.name,
            tally=judge.tally,
            digest="",
            began=began,
            seconds=time.perf_counter() - started,
            target_seconds=executor.target_seconds + quiet.target_seconds,
            socket_seconds=0.0,
            calls=executor.calls + quiet.calls,
        )


def _forget(_record: Record) -> None:
    """Reduction leaves no records: what it came to is performed again, and recorded then."""


def heeding(write: Callable[[Record], None]) -> Callable[[Record], None]:
    """The same, but out of the job as soon as somebody wants to stop: between two calls, where nothing is half done, and
    never inside of Hypothesis, some corners of which swallow exceptions."""

    def record(one: Record) -> None:
        if _interrupted:
            raise KeyboardInterrupt
        write(one)

    return record


class PlanDigest:
    """A digest of plans, in order."""

    def __init__(self) -> None:
        """Of nothing yet."""
        self._hash = hashlib.sha256()

    def add(self, plan: Plan) -> None:
        """Add a plan."""
        self._hash.update(msgspec.json.encode(codec.encode(plan)))

    def hexdigest(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()


# --- in another process -----------------------------------------------------------------------------------------------

_worker: Worker
_busy = False
_interrupted = False


def _leave(*_: object) -> None:
    """On an interrupt: out of the job under way before its next call, or, between jobs, out of the process, quietly;
    either way the target is closed. While it is being opened, nothing: a pool reports whatever an initializer raises."""
    global _interrupted  # noqa: PLW0603  # what the next job asks
    if not _busy:
        raise SystemExit
    _interrupted = True


@contextmanager
def _at_work() -> Iterator[None]:
    """While a job is under way."""
    global _busy  # noqa: PLW0603  # what the signal handler asks
    _busy = True
    try:
        yield
    finally:
        _busy = False


def start(name: str, options: dict[str, str], folder: Path) -> None:
    """Open the target of this process, to be closed when the process ends."""
    global _worker  # noqa: PLW0603  # a process has one target
    with _at_work():
        signal.signal(signal.SIGINT, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        target = open_named(name, options)
        Finalize(None, target.close, exitpriority=10)
        _worker = Worker(target, folder)


def explore(number: int, shard: Shard, run_seed: int) -> Done:
    """`Worker.explore`, in this process."""
    with _at_work():
        return _worker.explore(number, shard, run_seed)


def trace(number: int, sighting: Sighting, profile: Profile) -> Done:
    """`Worker.trace`, in this process."""
    with _at_work():
        return _worker.trace(number, sighting, profile)
