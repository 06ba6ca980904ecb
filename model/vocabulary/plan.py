"""The plan: the calls to make, drawn before anything has happened.

A plan is a sequence of steps; a step refers to things by the step that made them (`Made`), never by a key, a time or a
size that was observed. So one seed plans the same calls on every target. A step stands for one or more calls:

- `Act` is one call, followed, when `look` is set, by a read of the task that it touches;
- `Bulk` makes and finishes many tasks alike;
- `Look` is a read of recentTask between two reads of the tasks it is judged on (the observation window);
- `Fill` opens collectors up to the limit and beyond;
- `Together` performs calls of several sessions at the same time."""

from __future__ import annotations

from typing import Any

from msgspec.structs import asdict, astuple

from taskconform.model.vocabulary.calls import BreakOffWait, Made, Offered, PlannedCall, Reference
from taskconform.model.vocabulary.words import Word, evolve


class Act(Word, frozen=True, kw_only=True):
    """One call. `look`: read Task.info of the task it made or touched right afterwards, by the same session."""

    call: PlannedCall
    look: bool = False


class Bulk(Word, frozen=True, kw_only=True):
    """Make `count` tasks of type `work` on `obj` and bring each to `finish` (`queued`, `running`, `success`, `error`);
    `running` is passed through on the way to an end if `through_running`. `one_by_one`: each task is finished before
    the next is made; else all are made, then all are finished. `operation`: this operation
    of the target's makes them, on one of its entities after the other, and ends them by itself: that is waited for if
    `finish` is an end. `Made(step, i)` is the i-th of them."""

    session: str
    obj: Reference
    count: int
    finish: str
    cancelable: bool = False
    through_running: bool = False
    one_by_one: bool = False
    operation: str | Offered | None = None


class Look(Word, frozen=True, kw_only=True):
    """Read these tasks, then recentTask, then the tasks again. `how`: `retrieve` (RetrievePropertiesEx), `wait`
    (WaitForUpdatesEx with version "", and RetrievePropertiesEx right after it), `later` (WaitForUpdatesEx with the last
    version). `witness`: the session that reads the tasks, where `session` may not."""

    session: str
    tasks: tuple[Made, ...]
    how: str = "retrieve"
    witness: str | None = None


class Fill(Word, frozen=True, kw_only=True):
    """Open collectors with an empty filter in one session until it holds maxCollector + `beyond` (or the target refuses
    `attempts` in a row). `beyond` may be negative. `kind`: `tasks`, or `events`. `ill_formed`: with null filters, as
    often as the limit. `Made(step, i)` is the i-th collector."""

    session: str
    beyond: int = 0
    attempts: int = 1
    kind: str = "tasks"
    ill_formed: bool = False


class Together(Word, frozen=True, kw_only=True):
    """Calls of different sessions, performed at the same time. `Made(step, i)` is what the i-th made."""

    calls: tuple[PlannedCall, ...]


class Drain(Word, frozen=True, kw_only=True):
    """Read a task history collector on to its end (`direction` `next`, ReadNextTasks) or to its head (`previous`,
    ReadPreviousTasks), `max_count` items a call, until a page is empty. What was made before is given the settling time
    first."""

    session: str
    collector: Made
    max_count: int
    direction: str = "next"


class Follow(Word, frozen=True, kw_only=True):
    """WaitForUpdatesEx (maxWaitSeconds 0) from `version` on, `max_object_updates` a call, until a set is not truncated.
    `Made(step)` is the version that the last of them yielded."""

    session: str
    collector: Made
    version: str | Made = ""
    max_object_updates: int | None = None


class Pause(Word, frozen=True, kw_only=True):
    """Let `seconds` of server time go by: on a virtual clock by moving it, else by waiting, for as long as the target
    needs to tell two times apart at most. `unless_ended`: on a real clock until this task has ended, which is read
    meanwhile; not at all if it was never made."""

    session: str
    seconds: int
    unless_ended: Made | None = None


class Outlast(Word, frozen=True, kw_only=True):
    """Let `percent` of the recentTask window that the target declares go by, and `beyond` seconds more: on a virtual
    clock by moving it, else by waiting, as long as it takes. `unless_gone`: only if recentTask listed one of these
    tasks when `session` last read it; none, whatever it listed."""

    session: str
    percent: int = 0
    beyond: int = 0
    unless_gone: tuple[Made, ...] = ()


Step = Act | Bulk | Look | Fill | Together | Drain | Follow | Pause | Outlast
"""One step of a plan."""

Plan = tuple[Step, ...]
"""A test case: on a fresh server state, first the set-up of every test case (log in as `main`, register the suite's
extension), then these steps."""


class Edge(Word, frozen=True, kw_only=True):
    """Where a divergence begins: of the size `size` (`count`, `max_count`, `max_object_updates`) of step `step` of the
    plan that shows it, `shows` is the smallest value that shows it, `shows_not` the largest below that does not."""

    step: int
    size: str
    shows: int
    shows_not: int


def references(value: Any) -> frozenset[Made]:
    """Return every `Made` in a step or a call."""
    if isinstance(value, Made):
        return frozenset({value})
    if isinstance(value, tuple):
        return frozenset().union(*map(references, value)) if value else frozenset()
    if isinstance(value, Word):
        return frozenset().union(*map(references, astuple(value)))
    return frozenset()


def renumbered(value: Any, numbers: dict[int, int]) -> Any:
    """Renumber every reference to a kept step in a step, a call or a part of one; in lists, those to dropped ones are
    left out, elsewhere they point nowhere. `numbers` has the new number of each kept step."""
    if isinstance(value, Made):
        return Made(step=numbers.get(value.step, -1), index=value.index)
    if isinstance(value, tuple):
        kept = (renumbered(item, numbers) for item in value)
        return tuple(item for item in kept if not (isinstance(item, Made) and item.step < 0))
    if isinstance(value, Word):
        changes = {}
        for name, before in asdict(value).items():
            after = renumbered(before, numbers)
            if after is not before and after != before:
                changes[name] = after
        return evolve(value, **changes) if changes else value
    return value


def planned_calls(plan: Plan) -> int:
    """Estimate how many calls a plan makes on a conforming target. The estimate never depends on what a target
    answers."""
    return sum(map(_planned_calls, plan))


def _planned_calls(step: Step) -> int:
    if isinstance(step, Bulk):
        return step.count * (3 if step.one_by_one else 2) + 2
    if isinstance(step, Look):
        return 4 if step.how == "wait" else 3
    if isinstance(step, Fill):
        return 32 + max(0, step.beyond)
    if isinstance(step, Together):
        return 2 * len(step.calls)
    if isinstance(step, Drain):
        return 4
    if isinstance(step, Act) and isinstance(step.call, BreakOffWait):
        return 40
    return 2 if isinstance(step, Follow) or getattr(step, "look", False) else 1
