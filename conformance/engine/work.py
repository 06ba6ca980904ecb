"""The work of one process: it opens a target once, then explores shards and reduces sightings, one job after another.

Everything here takes and returns plain data, so that it runs the same in this process or in another.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.lanes import Lanes
from taskconform.conformance.engine.shrink import Reducer, narrow_slice
from taskconform.conformance.errors import BrokenOff
from taskconform.conformance.records.history import Episode, Part
from taskconform.conformance.targets.naming import beside_each_other, is_vcsim, open_named
from taskconform.conformance.verdicts.judgement import Judge, Sighting, Tally
from taskconform.model.vocabulary.calls import CreateCollectorForTasks, Login, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import Faulted, Lost
from taskconform.strategies.drawing.plans import direct_plans, draw_plans
from taskconform.strategies.drawing.themes import LEAVES, SHARED
from taskconform.strategies.scenarios.outlasting import THEME as OUTLASTING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.synchronize import Event
    from pathlib import Path

    from taskconform.conformance.engine.profile import Profile, Shard
    from taskconform.conformance.records.history import Record
    from taskconform.conformance.targets.naming import Share
    from taskconform.conformance.targets.protocol import Target
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.plan import Plan


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


class Explored(NamedTuple):
    """What the episodes of a shard brought, and where the time went."""

    tally: Tally
    target_seconds: float
    calls: int


DISTURBING: Final = frozenset(theme for theme, left in LEAVES.items() if left != SHARED)
"""Themes that other users of a server would feel: planned everywhere, performed only on a server that is ours alone."""


def is_spared(shard: Shard, declaration: Declaration) -> bool:
    """Whether what a shard plans is not performed: others would feel it, or it would wait for longer than is wanted."""
    disturbs = shard.theme in DISTURBING and not declaration.exclusive
    return disturbs or (shard.theme == OUTLASTING and "clock" not in declaration.capabilities)


AMONG: Final = 16
"""So many targets that a process opens to wait with share its part of the rate, near enough."""

LONGEST_REST: Final = 0.2
"""How many seconds pass at most before an interrupt is heeded, while nothing is done but waiting."""


class Worker:
    """One process' target, and the jobs done with it."""

    def __init__(self, target: Target, folder: Path, beside: Callable[[], Target] | None = None) -> None:
        """Work on an open target; parts of the history go to the folder. `beside` opens another one like it, to explore
        on both at a time."""
        self.target = target
        self.folder = folder
        self._beside = beside
        self._targets = [target]

    def close(self) -> None:
        """Close what is open. May be called twice."""
        for target in self._targets:
            target.close()

    def explore(self, number: int, shard: Shard, run_seed: int) -> Done:
        """Draw a shard's plans, and perform them. Raises TargetUnreachable."""
        began, started, socket = time.time(), time.perf_counter(), self._socket_seconds
        plans = draw_shard(number, shard, run_seed)
        part = begin(self.folder, f"shard-{number:02}")
        episodes = [] if is_spared(shard, self.target.declaration) else episodes_of(part.name, shard, plans)
        try:
            explored = self._explored(episodes, part)
        finally:
            end(part)
        return Done(
            part=part.name,
            tally=explored.tally,
            digest=digest_of(plans),
            began=began,
            seconds=time.perf_counter() - started,
            target_seconds=explored.target_seconds,
            socket_seconds=self._socket_seconds - socket,
            calls=explored.calls,
        )

    def _explored(self, episodes: list[Episode], part: Part) -> Explored:
        """Perform the episodes of a shard: where another target like this one can be had, two at a time."""
        if self._beside is not None and len(self._targets) == 1:
            self._targets.append(self._beside())
        if len(self._targets) > 1:
            lanes = Lanes(targets=self._targets, record=kept(part), heed=heed, rest=rest)
            lanes.run(episodes)
            return Explored(lanes.tally, lanes.target_seconds, lanes.calls)
        judge = Judge()
        executor = Executor(target=self.target, judge=judge, record=heeding(kept(part)), rest=rest)
        for episode in episodes:
            executor.run(episode)
        judge.end()
        return Explored(judge.tally, executor.target_seconds, executor.calls)

    @property
    def _socket_seconds(self) -> float:
        """Seconds spent waiting for the servers so far."""
        return sum(target.socket_seconds for target in self._targets)

    def canary(self) -> str:
        """Whether the server still has room for a newcomer's collector: "" if so, else what it says. Raises
        TargetUnreachable."""
        calls = (
            Login(session="canary", account="primary"),
            CreateCollectorForTasks(session="canary", filter=TaskFilterSpec()),
        )
        said = ""
        self.target.reset()
        for call in calls:
            outcome = self.target.perform(call)
            if isinstance(outcome, Faulted) and not outcome.fault.is_a("NotSupported"):
                said = f"{type(call).__name__}: {outcome.fault.kind}"
            elif isinstance(outcome, Lost):
                said = f"{type(call).__name__}: {outcome.why}"
            if said:
                break
        self.target.reset()
        return said

    def trace(self, number: int, sighting: Sighting, profile: Profile) -> Done:
        """Reduce a sighting, and confirm what is left by fresh runs. Raises TargetUnreachable."""
        signature = sighting.broken.signature
        part = begin(self.folder, f"trace-{number:03}")
        began, started = time.time(), time.perf_counter()
        quiet = Executor(target=self.target, judge=Judge(), record=heeding(_forget), rest=rest)

        def shows(plan: Plan) -> bool:
            quiet.run(Episode(part="", number=0, phase="reduce", plan=plan, signature=signature))
            return quiet.judge.saw(signature)

        plan = sighting.prefix
        steady = shows(plan)
        if steady:
            plan = Reducer(shows=shows, budget=profile.reductions).reduce(plan)
        elif shows(narrow_slice(plan)) or len(narrow_slice(plan)) <= 2:
            plan = narrow_slice(plan)
        judge = Judge()
        executor = Executor(target=self.target, judge=judge, record=heeding(kept(part)), rest=rest)
        try:
            showed = 0
            for run in range(profile.confirmations + profile.loop):
                if run >= profile.confirmations and showed:
                    break
                executor.run(Episode(part=part.name, number=run, phase="confirm", plan=plan, signature=signature))
                showed += judge.saw(signature)
            judge.end()
        finally:
            end(part)
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


def draw_shard(number: int, shard: Shard, run_seed: int) -> list[Plan]:
    """A shard's plans. `number` is the shard's place in its profile."""
    draw = partial(draw_plans, budget=shard.budget, steps=shard.steps)
    if shard.rounds:
        draw = partial(direct_plans, rounds=shard.rounds)
    return draw(shard.theme, run_seed=run_seed, shard=number, heed=heed)


def episodes_of(part: str, shard: Shard, plans: Iterable[Plan]) -> list[Episode]:
    """The exploring of a shard's plans."""
    return [
        Episode(part=part, number=number, phase="explore", plan=plan, directed=shard.rounds > 0)
        for number, plan in enumerate(plans)
    ]


def rest(seconds: float) -> None:
    """Wait; out of it, and of the job, as soon as somebody wants to stop."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if _interrupted:
            raise KeyboardInterrupt
        time.sleep(min(left, LONGEST_REST))


def _forget(_record: Record) -> None:
    """Reduction leaves no records: what it came to is performed again, and recorded then."""


def begin(folder: Path, name: str) -> Part:
    """Start a part of the history. Raises BrokenOff where it cannot be written."""
    try:
        return Part(folder, name)
    except OSError as problem:
        raise BrokenOff(unwritten(folder, problem)) from problem


def kept(part: Part) -> Callable[[Record], None]:
    """What appends to a part. Raises BrokenOff where that cannot be written."""

    def write(record: Record) -> None:
        try:
            part.write(record)
        except OSError as problem:
            raise BrokenOff(unwritten(part.name, problem)) from problem

    return write


def end(part: Part) -> None:
    """Make a part whole. Raises BrokenOff where it cannot be written."""
    try:
        part.close()
    except OSError as problem:
        raise BrokenOff(unwritten(part.name, problem)) from problem


def unwritten(what: object, problem: OSError) -> str:
    """What to say if a file cannot be written."""
    return f"cannot write {what}: {problem.strerror or problem}"


def heeding(write: Callable[[Record], None]) -> Callable[[Record], None]:
    """The same, but out of the job as soon as somebody wants to stop: between two calls, where nothing is half done,
    and never inside of Hypothesis, some corners of which swallow exceptions."""

    def record(one: Record) -> None:
        heed()
        write(one)

    return record


def heed() -> None:
    """Raises KeyboardInterrupt as soon as somebody wants to stop."""
    if _interrupted:
        raise KeyboardInterrupt


def digest_of(plans: Iterable[Plan]) -> str:
    """A digest of plans, in order."""
    digest = hashlib.sha256()
    for plan in plans:
        digest.update(msgspec.json.encode(plan))
    return digest.hexdigest()


# --- in another process -----------------------------------------------------------------------------------------------

_worker: Worker
_reopen: Callable[[], Target]
_waits: Event
_busy = False
_interrupted = False
_closing = threading.Lock()
_IDLE: Final = 0.1
"""Seconds between two looks whether a process that is to end has come to the end of its job."""


def _leave(number: int, _: object) -> None:
    """On an interrupt: out of the job under way, before its next call. Nothing is raised here, in the middle of
    whatever is going on: half a result in the pool's pipe would stop all the others. Between jobs the pool says when to
    end; one that terminates its processes does not, and neither does one that is no more."""
    global _interrupted  # noqa: PLW0603  # what the job asks
    _interrupted = True
    if number == signal.SIGTERM:
        threading.Thread(target=_end_when_idle, daemon=True).start()


def _follow(parent: multiprocessing.process.BaseProcess) -> None:
    """End when the process that started this one has ended, however it did."""
    global _interrupted  # noqa: PLW0603  # what the job asks
    parent.join()
    _interrupted = True
    _end_when_idle()


def _end_when_idle() -> None:
    """Close the target once no job uses it, and end this process: nobody waits for what else it has to say."""
    while _busy:
        time.sleep(_IDLE)
    _close(_worker)
    os._exit(1)


def _close(worker: Worker) -> None:
    """Close its targets; never from two sides at once."""
    with _closing:
        worker.close()


@contextmanager
def _at_work() -> Iterator[None]:
    """While a job is under way. Raises KeyboardInterrupt if there are to be no more."""
    global _busy  # noqa: PLW0603  # what whoever ends this process asks
    _busy = True
    try:
        if _interrupted:
            raise KeyboardInterrupt
        yield
    finally:
        _busy = False


def start(
    name: str, options: dict[str, str], folder: Path, share: Share | None = None, waits: Event | None = None
) -> None:
    """Open the target of this process, to be closed when the process ends. While it is being opened an interrupt waits:
    a pool reports all that an initializer raises. `waits` is set once `outlast` has come so far that it waits."""
    global _worker, _reopen, _waits  # noqa: PLW0603  # a process has one target
    with _at_work():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _leave)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
        parent = multiprocessing.parent_process()
        if parent is not None:
            threading.Thread(target=_follow, args=(parent,), daemon=True).start()
        target = open_named(name, options, share)
        another = partial(open_named, name, options, share)
        _worker = Worker(target, folder, beside=another if is_vcsim(name) else None)
        Finalize(None, _close, (_worker,), exitpriority=10)
        among = None if share is None else replace(share, processes=share.processes * AMONG)
        _reopen = partial(open_named, name, beside_each_other(name, options), among)
        _waits = waits if waits is not None else multiprocessing.Event()


def explore(number: int, shard: Shard, run_seed: int) -> Done:
    """`Worker.explore`, in this process."""
    with _at_work():
        return _worker.explore(number, shard, run_seed)


def canary() -> str:
    """`Worker.canary`, in this process."""
    with _at_work():
        return _worker.canary()


def trace(number: int, sighting: Sighting, profile: Profile) -> Done:
    """`Worker.trace`, in this process."""
    with _at_work():
        return _worker.trace(number, sighting, profile)


def outlast(number: int, shard: Shard, run_seed: int, confirmations: int) -> list[Done]:
    """`Waiting.explore`, in this process. Raises TargetUnreachable."""
    from taskconform.conformance.engine.waiting import Waiting  # noqa: PLC0415  # it is made of what stands here

    with _at_work():
        waiting = Waiting(open_target=_reopen, folder=_worker.folder, confirmations=confirmations, begun=_waits.set)
        return waiting.explore(number, shard, run_seed)
