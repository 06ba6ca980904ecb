"""The run: plan and explore in a fixed number of shards, shrink what was found, confirm it, decide.

However many workers there are, the shards, their seeds and their order are the same, and so are the plans.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from taskconform.conformance.engine.plan import part_of
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.schedule.scheduler import in_processes, in_this_process
from taskconform.conformance.engine.schedule.worker import Job, Worker
from taskconform.conformance.errors import BROKE_OFF, INTERRUPTED, CommandError
from taskconform.conformance.records.history import clear, write_head
from taskconform.conformance.records.private import split
from taskconform.conformance.records.provenance import environment, suite_digest
from taskconform.conformance.targets.guard import guarded
from taskconform.conformance.targets.naming import Share, is_url, open_named
from taskconform.conformance.verdicts.changes import kin_of
from taskconform.conformance.verdicts.choosing import some_of_each_clause
from taskconform.conformance.verdicts.compose import finished
from taskconform.conformance.verdicts.judgement import Tally
from taskconform.model.vocabulary.calls import BreakOffWait
from taskconform.model.vocabulary.plan import Act, Fill, Outlast, planned_calls
from taskconform.strategies.drawing.themes import LEAVES, POISONED
from taskconform.strategies.scenarios.outlasting import THEME as OUTLASTING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskconform.conformance.engine.portion import Portion
    from taskconform.conformance.engine.schedule.worker import Done
    from taskconform.conformance.engine.settings import Settings
    from taskconform.conformance.progress import Progress
    from taskconform.conformance.targets.protocol import Target
    from taskconform.conformance.verdicts.compose import Finished
    from taskconform.conformance.verdicts.judgement import Occurrence
    from taskconform.model.vocabulary.declaration import Declaration
    from taskconform.model.vocabulary.plan import Plan


READS_HISTORY: Final = MappingProxyType({"free": 2, "histories": 1, "services": 1})
"""Themes that read all of history, where no fresh server can be had: the more, the earlier."""

EXPLORING: Final = 0.6
"""Share of the time that a run may take after which no further shard is begun: what was found is run again."""


@dataclass(slots=True, kw_only=True)
class Listener:
    """What is to be told while a run goes on: `taken` each part of it that is over; `found` each divergence that the
    baseline does not know, when it is first seen; `salvaged` what there is of a run that breaks off."""

    taken: Callable[[Done], None] | None = None
    found: Callable[[Occurrence, Declaration], None] | None = None
    salvaged: Callable[[Finished], object] | None = None


@dataclass(slots=True, kw_only=True)
class _Course:
    """A run under way: what its jobs have come to."""

    settings: Settings
    declaration: Declaration
    listener: Listener
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: float = field(default_factory=time.perf_counter)
    parts: list[Done] = field(default_factory=list)
    new: set[str] = field(default_factory=set)

    def take(self, done: Done) -> None:
        """Take what a job came to, and tell what it found."""
        self.parts.append(done)
        baseline = self.settings.baseline
        known = baseline.baseline.known if baseline is not None else {}
        for signature, occurrence in sorted(done.tally.shortest.items()):
            if signature not in known and signature not in self.new:
                self.new.add(signature)
                if self.listener.found is not None:
                    self.listener.found(occurrence, self.declaration)
        if self.listener.taken is not None:
            self.listener.taken(done)

    def is_enough(self) -> bool:
        """Tell whether exploring is to end: it has found as many divergences as are wanted, or taken its share of the
        time."""
        most, seconds = self.settings.max_failures, self.settings.max_time
        spent = time.perf_counter() - self.clock
        return bool((most and len(self.new) >= most) or (seconds and spent > seconds * EXPLORING))

    def head(self, parts: Sequence[Done], *, waited: bool, canary: str) -> dict[str, Any]:
        """Make the head of the history that these parts are."""
        settings = self.settings
        head: dict[str, Any] = {
            "version": version("taskconform"),
            "target": split(settings.options)[0].hide(settings.target),
            "command": settings.command,
            "profile": settings.profile,
            "seed": settings.seed,
            "strict": settings.strict,
            "selected": sorted(settings.selected) if settings.selected is not None else None,
            "plan_digest": _digest([done for done in parts if done.part.startswith("shard-")]),
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round(time.perf_counter() - self.clock, 1),
            "calls": sum(done.calls for done in parts),
            "target_seconds": round(sum(done.target_seconds for done in parts), 1),
            "workers": settings.workers,
            "wait": settings.wait,
            "waited": waited,
            "parts": [done.part for done in parts],
            "canary": canary,
            "suite_digest": suite_digest(),
            "environment": environment(),
        }
        if settings.waivers is not None:
            head["waivers"] = msgspec.to_builtins(settings.waivers)
        if settings.requirements is not None:
            held = settings.requirements
            head["requirements"] = {"name": held.name, "clauses": sorted(held.clauses)}
        if settings.baseline is not None:
            head["baseline"] = msgspec.to_builtins(settings.baseline)
        return head

    def salvage(self, problem: BaseException) -> None:
        """Write what there is of a run that breaks off as a history, and tell what it comes to."""
        explored = [done for done in self.parts if done.part.startswith("shard-")]
        if self.listener.salvaged is None or not explored or not isinstance(problem, KeyboardInterrupt | CommandError):
            return
        parts, tally = sorted(self.parts, key=lambda done: done.part), Tally()
        for done in parts:
            tally.add(done.tally)
        code = problem.exit_code if isinstance(problem, CommandError) else INTERRUPTED
        head = self.head(parts, waited=False, canary="")
        head["broke_off"] = {"code": code, "why": str(problem) or "interrupted"}
        write_head(self.settings.folder, head)
        self.listener.salvaged(finished(tally, self.declaration, head, self.settings.waivers, self.settings.baseline))


def run(
    settings: Settings, progress: Progress, target: Target | None = None, listener: Listener | None = None
) -> Finished:
    """Run the suite; given an open target, on that one, in this process. Raises TargetMisnamed, TargetUnreachable,
    BrokenOff, AdapterFailed; a run that breaks off tells its listener first what there is of it."""
    target = guarded(target) if target is not None else None
    share = Share(run=f"run-{secrets.token_hex(4)}", processes=settings.workers)
    declaration = _declared(settings, share) if target is None else target.declaration
    clear(settings.folder)
    if is_url(settings.target) and target is None and declaration.exclusive:
        settings = replace(settings, workers=1)  # others would be there: our own
    course = _Course(settings=settings, declaration=declaration, listener=listener or Listener())
    try:
        return _performed(course, share, progress, target)
    except BaseException as problem:
        if settings.shard is None:
            course.salvage(problem)
        raise


def _performed(course: _Course, share: Share, progress: Progress, target: Target | None) -> Finished:
    """Perform a run to its end."""
    settings, declaration = course.settings, course.declaration
    profile, tally = PROFILES[settings.profile], Tally()
    waits, explorations = _explorations(settings, declaration, here=target is not None)
    with (
        in_processes(settings, share, progress, is_fresh="reset" in declaration.capabilities, waits=bool(waits))
        if target is None
        else nullcontext(in_this_process(Worker(target, settings.folder), progress))
    ) as scheduler:
        if settings.max_time:
            scheduler.deadline = time.monotonic() + settings.max_time
        scheduler.begin(waits)
        rechecks = _rechecks(settings, declaration)
        rechecked = scheduler.do("rechecking", rechecks, taken=course.take) if rechecks else []
        limited = course.is_enough if settings.max_failures or settings.max_time else None
        explored = scheduler.do("exploring", explorations, taken=course.take, enough=limited)
        exploring = time.time() - min((done.began for done in explored), default=time.time())
        for done in (*rechecked, *explored):
            tally.add(done.tally)
        poisoned = {part_of(job.arguments[0]) for job in explorations if job.poisons}
        settled = {
            *tally.confirmed,
            *_loose(settings),
            *(kin_of(tally, settings.baseline) if settings.baseline else ()),
        }
        occurrences = some_of_each_clause(tally, settled)
        shrinkings = [
            Job(Worker.shrink, (number, occurrence, profile), occurrence.part in poisoned, _length(occurrence))
            for number, occurrence in enumerate(occurrences)
            if occurrence.broken.signature not in settings.known
        ]
        traced = scheduler.do("shrinking", shrinkings, taken=course.take)
        waited = scheduler.ended()
        for done in chain(*waited):
            course.take(done)
        canary = "" if scheduler.is_fresh else scheduler.submit(Job(Worker.canary)).result()
    for done in (*traced, *chain(*waited)):
        tally.add(done.tally)
    cut = len(explored) < len(explorations)
    explored += [first for first, *_ in waited]
    parts = [*rechecked, *explored, *traced, *(done for _, *confirmed in waited for done in confirmed)]
    head = course.head(parts, waited=bool(waits), canary=canary)
    if cut:
        why = f"{len(explored)} of {len(explorations) + len(waits)} shards were explored"
        is_found = settings.max_failures and len(course.new) >= settings.max_failures
        head["broke_off"] = {"code": 0 if is_found else BROKE_OFF, "why": why}
    if settings.shard is not None:
        head["shard"] = _portion_of(settings.shard, settings, parts, {first.part for first, *_ in waited})
    write_head(settings.folder, head)
    return replace(
        finished(tally, declaration, head, settings.waivers, settings.baseline),
        exploring=exploring,
        socket_seconds=sum(done.socket_seconds for done in explored),
        explored_target_seconds=sum(done.target_seconds for done in explored),
    )


def _declared(settings: Settings, share: Share) -> Declaration:
    """Ask the target what it is; a target that cannot be opened is found out here, before any worker starts."""
    target = open_named(settings.target, settings.options, share)
    try:
        return target.declaration
    finally:
        target.close()


def _explorations(settings: Settings, declaration: Declaration, *, here: bool) -> tuple[list[Job], list[Job]]:
    """Make the jobs of the shards: those that wait the window of recentTask out, and the others. None wait if the clock
    can be moved, if nobody wants to wait, or if all happens `here`, on the one target that is open. Where no fresh
    server can be had those that read all of history come first, as long as it is short."""
    profile, waits, others = PROFILES[settings.profile], [], []
    wanted = (settings.wait or profile.waits) and "clock" not in declaration.capabilities and not here
    for number, shard in profile.explored(gating=settings.baseline is not None):
        if settings.shard is not None and not settings.shard.has(number):
            continue
        arguments = (number, shard, settings.seed)
        if wanted and shard.theme == OUTLASTING:
            waits.append(Job(Worker.wait_out, (*arguments, profile.confirmations)))
        else:
            poisons = LEAVES[shard.theme] == POISONED
            reads = 0 if "reset" in declaration.capabilities else READS_HISTORY.get(shard.theme, 0)
            others.append(Job(Worker.explore, (*arguments, profile.hurries), poisons, (False, reads)))
    return waits, others


def _portion_of(shard: Portion, settings: Settings, parts: list[Done], waited: set[str]) -> dict[str, Any]:
    """Tell which portion of a run this is, and what each of its parts came to: `merge` needs to know."""
    counts = {
        done.part: {"digest": done.digest, "calls": done.calls, "target_seconds": done.target_seconds} for done in parts
    }
    whole = replace(settings, shard=None).command
    return {"index": shard.index, "of": shard.of, "command": whole, "waited": sorted(waited), "counts": counts}


def _rechecks(settings: Settings, declaration: Declaration) -> list[Job]:
    """Make the jobs that perform what the baseline knows: the steps of each divergence that always shows, and the other
    side of its frontier. Steps that wait recentTask's window out are left alone where that takes as long."""
    if settings.baseline is None:
        return []
    jobs = []
    for number, known in enumerate(settings.baseline.baseline.divergence):
        plan = known.plan
        waits = any(isinstance(step, Outlast) for step in plan) and "clock" not in declaration.capabilities
        if plan and not waits and (settings.selected is None or known.clause in settings.selected):
            fills = any(isinstance(step, Fill) for step in plan)
            length = (_breaks_off(plan), planned_calls(plan))
            jobs.append(Job(Worker.recheck, (number, known.signature, plan, known.edges), fills, length))
    return jobs


def _loose(settings: Settings) -> set[str]:
    """Give the divergences that the baseline knows to come and go: they are counted, and nothing more."""
    return {each.signature for each in settings.baseline.baseline.intermittent} if settings.baseline else set()


def _breaks_off(plan: Plan) -> bool:
    """Tell whether a plan waits for seconds."""
    return any(isinstance(step, Act) and isinstance(step.call, BreakOffWait) for step in plan)


def _length(occurrence: Occurrence) -> tuple[bool, int]:
    """Estimate how long a divergence takes each time it is shown: whether it waits for seconds, and how many calls."""
    return _breaks_off(occurrence.prefix), planned_calls(occurrence.prefix)


def _digest(explored: list[Done]) -> str:
    """Compute the digest of all plans, shard by shard."""
    return "sha256:" + hashlib.sha256("".join(done.digest for done in explored).encode()).hexdigest()
