"""Plainer forms of steps and calls: candidates that shrinking puts in the place of those of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary.calls import (
    MAIN,
    NOBODY,
    ByUsername,
    CreateAlarm,
    CreateCollectorForTasks,
    CreateCollectorWithInfoFilterForTasks,
    CreateFilter,
    CreateListView,
    CreateScheduledTask,
    CreateTask,
    Login,
    LogUserEvent,
    ModifyListView,
    Place,
    PlannedCall,
    ReadTaskInfo,
    RegisterExtension,
    ResetListView,
    RetrieveReported,
    SetTaskDescription,
    SetTaskState,
    Symbol,
    TaskFilterSpec,
    UpdateExtension,
    UserName,
    WaitForUpdatesEx,
)
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Step, Together
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST: Final = 1_000
"""The largest page that every server gives."""

FILTER_LISTS: Final = ("state", "activation_id", "event_chain_id", "tag", "parent_task_key", "root_task_key")
"""The parts of a filter that are lists."""


def plainer_steps(step: Step) -> Iterator[Step]:
    """Plainer forms of a step, each to be tried by itself. Never two that are each plainer than the other."""
    yield from PLAINER_STEPS[type(step)](step)


def plainer_calls(call: PlannedCall) -> Iterator[PlannedCall]:
    """Plainer forms of a call. A login stays the session's that it is; every other call may be made by `main`."""
    plainer = PLAINER_CALLS.get(type(call))
    if plainer is not None:
        yield from plainer(call)
    if not isinstance(call, Login) and call.session not in {MAIN, NOBODY}:
        yield evolve(call, session=MAIN)


def fewer(one: Any, *names: str, least: int = 1) -> Iterator[Any]:
    """The same with fewer values in these lists: each by itself, then all but each; with none, if `least` is 0."""
    for name in names:
        values = getattr(one, name)
        if len(values) > 1:
            yield from (evolve(one, **{name: (value,)}) for value in values)
        if len(values) > 2:
            yield from (evolve(one, **{name: (*values[:at], *values[at + 1 :])}) for at in range(len(values)))
        if values and not least:
            yield evolve(one, **{name: ()})


def unset(one: Any, *names: str) -> Iterator[Any]:
    """The same with each of these left out."""
    for name in names:
        if getattr(one, name) is not None:
            yield evolve(one, **{name: None})


# --- steps ------------------------------------------------------------------------------------------------------------


def _act(step: Act) -> Iterator[Step]:
    for call in plainer_calls(step.call):
        yield evolve(step, call=call)


def lighter_bulks(step: Bulk) -> Iterator[Bulk]:
    """As plain as can be, and with as few calls; then the same, but that its tasks end where they did."""
    light = evolve(step, one_by_one=False, through_running=False, session=MAIN, obj=Place(role="vm"))
    yield evolve(light, finish="queued")
    yield light


def _bulk(step: Bulk) -> Iterator[Step]:
    yield from lighter_bulks(step)
    if step.finish not in {"queued", "success"}:
        yield evolve(step, finish="success", through_running=False)
    if step.finish != "queued":
        yield evolve(step, finish="queued", through_running=False)
    yield evolve(step, one_by_one=False)
    yield evolve(step, through_running=False)
    yield evolve(step, session=MAIN)
    yield evolve(step, obj=Place(role="vm"))


def _look(step: Look) -> Iterator[Step]:
    if len(step.tasks) > 1:
        for made in step.tasks:
            yield evolve(step, tasks=(made,))
    yield evolve(step, how="retrieve")


def _fill(step: Fill) -> Iterator[Step]:
    yield evolve(step, attempts=1)
    yield evolve(step, beyond=0)


def _together(step: Together) -> Iterator[Step]:
    yield evolve(step, calls=step.calls[:2])


def _drain(step: Drain) -> Iterator[Step]:
    yield evolve(step, max_count=LARGEST)
    yield evolve(step, session=MAIN)


def _follow(step: Follow) -> Iterator[Step]:
    yield evolve(step, max_object_updates=None)
    yield evolve(step, session=MAIN)


def _pause(step: Pause) -> Iterator[Step]:
    yield evolve(step, unless_ended=None)
    yield evolve(step, seconds=1)
    yield evolve(step, session=MAIN)


def _outlast(step: Outlast) -> Iterator[Step]:
    yield evolve(step, unless_gone=())
    yield evolve(step, session=MAIN)


PLAINER_STEPS: Final[dict[type, Callable[[Any], Iterator[Step]]]] = {
    Act: _act,
    Bulk: _bulk,
    Look: _look,
    Fill: _fill,
    Together: _together,
    Drain: _drain,
    Follow: _follow,
    Pause: _pause,
    Outlast: _outlast,
}
"""Plainer forms of each step."""


# --- calls ------------------------------------------------------------------------------------------------------------


def _create_task(call: CreateTask[Symbol]) -> Iterator[PlannedCall]:
    yield evolve(call, obj=Place(role="vm"))
    yield from unset(call, "initiated_by", "activation_id", "parent_task_key")
    yield evolve(call, session=MAIN)
    yield evolve(call, cancelable=False)


def _set_state(call: SetTaskState[Symbol]) -> Iterator[PlannedCall]:
    yield from unset(call, "result", "fault")


def _filter(spec: TaskFilterSpec[Symbol]) -> Iterator[TaskFilterSpec[Symbol]]:
    """Fewer parts, fewer values, fewer bounds."""
    yield from unset(spec, "entity", "time", "user_name", "alarm", "scheduled_task")
    yield from fewer(spec, *FILTER_LISTS, least=0)
    if spec.time is not None and spec.time.begin_time is not None and spec.time.end_time is not None:
        yield from (evolve(spec, time=time) for time in unset(spec.time, "begin_time", "end_time"))
    if spec.user_name is not None:
        yield from (evolve(spec, user_name=by) for by in _by_user(spec.user_name))


def _by_user(by: ByUsername[Symbol]) -> Iterator[ByUsername[Symbol]]:
    """Fewer users, each as the server spells it."""
    yield from fewer(by, "user_list", least=0)
    given = tuple(evolve(user, spelling="given") if isinstance(user, UserName) else user for user in by.user_list)
    if given != by.user_list:
        yield evolve(by, user_list=given)


def _collector(call: CreateCollectorForTasks[Symbol]) -> Iterator[PlannedCall]:
    if call.form == "nil":
        yield evolve(call, form="typed")
    if call.form == "unknown":
        return  # what stands in the filter's place is no filter
    if call.filter is not None:
        yield from (evolve(call, filter=spec) for spec in _filter(call.filter))


def _info_collector(call: CreateCollectorWithInfoFilterForTasks[Symbol]) -> Iterator[PlannedCall]:
    yield from unset(call, "info_filter")
    given = call.info_filter
    if given is not None:
        plainer = (*unset(given, "remove_all", "filter_in"), *fewer(given, "description_ids", least=0))
        yield from (evolve(call, info_filter=one) for one in plainer)
    yield from (evolve(call, filter=spec) for spec in _filter(call.filter))


def _create_filter(call: CreateFilter[Symbol]) -> Iterator[PlannedCall]:
    yield from fewer(call, "watched")
    if call.report_missing:
        yield evolve(call, report_missing=False)


def _wait(call: WaitForUpdatesEx[Symbol]) -> Iterator[PlannedCall]:
    yield from unset(call, "max_object_updates")
    if call.max_wait_seconds:
        yield evolve(call, max_wait_seconds=0)


def _on_a_machine(name: str) -> Callable[[Any], Iterator[PlannedCall]]:
    """On a virtual machine, like most."""

    def plainer(call: Any) -> Iterator[PlannedCall]:
        if isinstance(getattr(call, name), Place):
            yield evolve(call, **{name: Place(role="vm")})

    return plainer


PLAINER_CALLS: Final[dict[type, Callable[[Any], Iterator[PlannedCall]]]] = {
    Login: lambda call: unset(call, "locale"),
    RegisterExtension: lambda call: fewer(call, "task_ids", least=0),
    UpdateExtension: lambda call: fewer(call, "task_ids"),
    CreateTask: _create_task,
    ReadTaskInfo: lambda call: fewer(call, "tasks"),
    SetTaskState: _set_state,
    SetTaskDescription: lambda call: fewer(call, "args", least=0),
    CreateCollectorForTasks: _collector,
    CreateCollectorWithInfoFilterForTasks: _info_collector,
    CreateListView: lambda call: fewer(call, "objs", least=0),
    ModifyListView: lambda call: fewer(call, "add", "remove", least=0),
    ResetListView: lambda call: fewer(call, "objs", least=0),
    CreateFilter: _create_filter,
    WaitForUpdatesEx: _wait,
    RetrieveReported: lambda call: fewer(call, "tasks"),
    CreateScheduledTask: _on_a_machine("entity"),
    CreateAlarm: _on_a_machine("entity"),
    LogUserEvent: _on_a_machine("entity"),
}
"""Plainer forms of each call that has any, beside those that another session would make."""
