"""What the oracle says of frozen plans, performed on several servers: written down, so that a change of the model shows
every condition, live check, reading and divergence that it changes.

    python tests/support/oracle_words.py          write the words anew, where a change is meant
    python tests/support/oracle_words.py --plans  draw other plans first

`oracle/plans.json.gz` has the plans, which no change of the strategies touches. `oracle/words.json.gz` has the words:
for each server, how often which conditions held, surely or perhaps, of which kind of call, how it was answered, and
what was found.
"""

from __future__ import annotations

import gzip
import sys
from collections import Counter
from functools import cache

import msgspec
from here import TESTS

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.qualification.mutants.registry import BUGS, open_target
from taskconform.conformance.qualification.variants.registry import together
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import Episode
from taskconform.conformance.targets.naming import open_named
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.oracle.findings import Broken, Shown
from taskconform.model.vocabulary.calls import (
    MAIN,
    AdvanceClock,
    CreateCollectorForTasks,
    CreateFilter,
    CreatePropertyCollector,
    CreateTask,
    DestroyCollector,
    Login,
    Made,
    Place,
    ReadMaxCollector,
    RewindCollector,
    SetCollectorPageSize,
    SetTaskState,
    TaskFilterSpec,
    TypeId,
    UpdateProgress,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.outcomes import Faulted, Lost
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look
from taskconform.strategies.drawing.plans import direct_plans, draw_plans

FOLDER = TESTS / "oracle"
PLANS, WORDS = FOLDER / "plans.json.gz", FOLDER / "words.json.gz"
SEED = 20
THEMES = ("lives", "services", "watches", "histories", "limits", "crowds", "outlasting")

BUILTIN = {
    "vcenter": {},
    "esxi": {"flavour": "esxi"},
    "api-2.5": {"api-version": "2.5"},
    "api-4.0": {"api-version": "4.0"},
    "api-4.1": {"api-version": "4.1"},
    "api-5.0": {"api-version": "5.0"},
    "api-6.5": {"api-version": "6.5"},
    "small": {"window": "60", "cap": "20", "max-collector": "5"},
    "small-esxi": {"flavour": "esxi", "window": "60", "cap": "20", "max-collector": "5"},
}
VARIANTS = {
    "many-answers-lost": "many-answers-lost",
    "sessions-idle-out": "sessions-idle-out",
    "items-in-whole-seconds": "items-in-whole-seconds",
    "unregistering-removes-tasks": "extension.unregister-tasks=gone",
    "entity-takes-tasks-along": "entity-takes-tasks-along",
    "collectors-of-everybody": "collector.private=usable",
    "tasks-retire-with-the-list": "tasks-retire-with-the-list",
    "monitor-tells-everything": "monitor-tells-everything",
}
"""By the name under which the words are kept: the variant."""
FAULTS = (
    "full-is-not-supported",
    "fresh-collector-lacks-the-oldest",
    "destroy-takes-the-next-along",
    "others-see-the-task-as-created",
    "latest-page-of-one-item-more",
    "page-size-is-the-sessions",
    "null-filter-takes-a-place",
    "version-is-good-for-two-uses",
    "refused-update-is-kept",
    "root-is-the-grandparent",
)
VM = Place(role="vm")
MAKE = Act(call=CreateTask(session=MAIN, obj=VM, task_type_id=TypeId(which="work"), cancelable=False), look=True)


def servers():
    """What the plans are performed on, each with how to open it."""
    yield from ((name, lambda options=options: open_named("builtin", options)) for name, options in BUILTIN.items())
    yield from ((name, lambda variant=variant: together([variant])) for name, variant in VARIANTS.items())
    yield from ((name, lambda name=name: open_target({"mutant": name, **BUGS[name].options})) for name in FAULTS)


class Listening(Judge):
    """A judge that counts what is said."""

    def __init__(self):
        super().__init__()
        self.words = Counter()

    def take(self, step, expected, outcome, findings, *, together=False):
        self.words[word(expected, outcome, findings)] += 1
        super().take(step, expected, outcome, findings, together=together)


def word(expected, outcome, findings):
    """One call: its kind; what refuses it surely, and what perhaps; how it was answered; what was found."""
    answer = outcome.fault.kind if isinstance(outcome, Faulted) else "lost" if isinstance(outcome, Lost) else "returned"
    conditions = (" ".join(sorted({one.clause for one in some})) for some in (expected.certain, expected.possible))
    return " | ".join((type(expected.call).__name__, *conditions, answer, ", ".join(sorted(map(found_in, findings)))))


def found_in(finding):
    """A finding in a few words, the same in every run."""
    if isinstance(finding, Broken):
        return f"broken {finding.signature}{' eventually' if finding.eventually else ''}"
    return f"{finding.clause}={'/'.join(finding.options)}" if isinstance(finding, Shown) else finding.clause


def said_on(opened, plans):
    """The words on one server."""
    judge = Listening()
    executor = Executor(
        target=opened, judge=judge, record=lambda _record: None, rest=rest_of(opened), clock=clock_of(opened)
    )
    for number, plan in enumerate(plans):
        executor.run(Episode(part="", number=number, phase="explore", plan=plan))
    judge.end()
    return dict(sorted(judge.words.items()))


def rest_of(opened):
    """How to wait on a target that keeps its own time."""
    return getattr(opened, "rest", lambda _seconds: None)


def clock_of(opened):
    """What tells the time of such a target."""
    return getattr(opened, "seconds", lambda: 0.0)


@cache
def frozen_plans():
    """The plans."""
    return codec.decode(msgspec.json.decode(gzip.decompress(PLANS.read_bytes())))


@cache
def frozen_words():
    """The words, server by server."""
    return msgspec.json.decode(gzip.decompress(WORDS.read_bytes()))


def on_the_edges():
    """Plans that end just on an edge: as many event collectors as the maximum, one task collector less; as many
    completions of another user's as push a task out; a page as large as what is held."""
    create = CreateCollectorForTasks(session=MAIN, filter=TaskFilterSpec())
    nothing = CreateCollectorForTasks(session=MAIN, filter=None)
    known = Act(call=ReadMaxCollector(session=MAIN))
    events = Fill(session=MAIN, kind="events")
    yield (known, events, Act(call=create))
    yield (known, events, Fill(session=MAIN, beyond=-1), Act(call=create))
    yield (known, Fill(session=MAIN), Act(call=nothing))
    yield (known, Fill(session=MAIN, beyond=-1), Act(call=nothing))
    for count in (30, 31, 210, 211):
        yield tuple(crowded(count))
    for tasks in (1, 2):
        yield tuple(monitored(tasks))
    for count in (2, 3):
        yield tuple(scrolled(3, count))


def crowded(count):
    """A completed task, and so many completions of another user's."""
    task = Made(step=0)
    yield MAKE
    for state in ("running", "success"):
        yield Act(call=SetTaskState(session=MAIN, task=task, state=state), look=True)
    yield Act(call=Login(session="other", account="second"))
    yield Bulk(session="other", obj=VM, count=count, finish="success")
    yield Look(session=MAIN, tasks=(task,))
    yield Act(call=AdvanceClock(session=MAIN, seconds=90))
    yield Look(session=MAIN, tasks=(task,))


def scrolled(tasks, count):
    """So many tasks, read in large pages from the start, and again; then by a collector of its own in small ones."""
    for _ in range(tasks):
        yield MAKE
    create = Act(call=CreateCollectorForTasks(session=MAIN, filter=TaskFilterSpec()))
    first, other = Made(step=tasks), Made(step=tasks + 5)
    yield create
    yield Drain(session=MAIN, collector=first, max_count=100)
    yield Act(call=RewindCollector(session=MAIN, collector=first))
    yield Drain(session=MAIN, collector=first, max_count=100)
    yield Act(call=DestroyCollector(session=MAIN, collector=first))
    yield create
    yield Drain(session=MAIN, collector=other, max_count=count)


def monitored(tasks):
    """A latest page with room for two, and so many tasks, the first of which reports progress."""
    for _ in range(tasks):
        yield MAKE
    yield Act(call=SetTaskState(session=MAIN, task=Made(step=0), state="running"), look=True)
    collector, watcher = Made(step=tasks + 1), Made(step=tasks + 3)
    yield Act(call=CreateCollectorForTasks(session=MAIN, filter=TaskFilterSpec()))
    yield Act(call=SetCollectorPageSize(session=MAIN, collector=collector, max_count=2))
    yield Act(call=CreatePropertyCollector(session=MAIN))
    yield Act(call=CreateFilter(session=MAIN, collector=watcher, watched=(collector,)))
    yield Follow(session=MAIN, collector=watcher)
    yield Act(call=UpdateProgress(session=MAIN, task=Made(step=0), percent_done=40), look=True)
    yield Act(call=WaitForUpdatesEx(session=MAIN, collector=watcher, version=Made(step=tasks + 5)))


def drawn():
    """New plans: those on the edges, one of every approach, and a few free ones."""
    plans = list(on_the_edges())
    for number, theme in enumerate(THEMES):
        plans += direct_plans(theme, run_seed=SEED, shard=number, rounds=1)
    plans += draw_plans("lives", run_seed=SEED, shard=50, budget=600, steps=50)
    plans += draw_plans("limits", run_seed=SEED, shard=51, budget=400, steps=12)
    return tuple(plans)


def write(path, value):
    """Write a document, the same bytes for the same value."""
    FOLDER.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(msgspec.json.encode(value), mtime=0))


def main():
    """Write what is asked for."""
    if "--plans" in sys.argv:
        write(PLANS, codec.encode(drawn()))
    plans = frozen_plans()
    write(WORDS, {name: said_on(opened(), plans) for name, opened in servers()})


if __name__ == "__main__":
    main()
