"""History collectors in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.reports.reproduction.calls.methods import on, property_of, raw
from taskconform.reports.reproduction.literals import called, instant, listed, literal
from taskconform.reports.words.names import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.names import Names

FORMS: Final = {"nil": '<filter xsi:nil="true"/>', "unknown": '<filter xsi:type="EventFilterSpec"/>'}
"""XML that stands for the filter, by form."""


# --- filters ----------------------------------------------------------------------------------------------------------


def filter_spec(names: Names, spec: c.TaskFilterSpec[c.Symbol]) -> str:
    """Return a TaskFilterSpec as an expression."""
    arguments = []
    if spec.entity is not None:
        entity = f"entity={names.ref(spec.entity.entity)}", f"recursion={literal(spec.entity.recursion)}"
        arguments.append("entity=" + called("vim.TaskFilterSpec.ByEntity", *entity))
    if spec.time is not None:
        by_time = f"timeType={literal(spec.time.time_type or '')}", *_bounds(names, spec.time)
        arguments.append("time=" + called("vim.TaskFilterSpec.ByTime", *by_time))
    if spec.user_name is not None:
        system, users = literal(spec.user_name.system_user), names.texts(spec.user_name.user_list)
        by_name = called("vim.TaskFilterSpec.ByUsername", f"systemUser={system}", f"userList={users}")
        arguments.append(f"userName={by_name}")
    arguments += [
        f"{wire(name)}={names.ref(ref)}"
        for name in ("alarm", "scheduled_task")
        if (ref := getattr(spec, name)) is not None
    ]
    arguments += [
        f"{wire(name)}={listed(map(show, values))}"
        for name, show in (
            ("state", names.text),
            ("activation_id", names.text),
            ("event_chain_id", names.text),
            ("tag", names.text),
            ("parent_task_key", names.key),
            ("root_task_key", names.key),
        )
        if (values := getattr(spec, name))
    ]
    return called("vim.TaskFilterSpec", *arguments)


def _bounds(names: Names, by: c.ByTime[c.Symbol]) -> list[str]:
    """Return the bounds that are given, as arguments."""
    bounds = ("beginTime", by.begin_time), ("endTime", by.end_time)
    return [f"{name}={_time(names, at)}" for name, at in bounds if at is not None]


def _time(names: Names, at: int | c.Symbol) -> str:
    """Return a time as an expression."""
    return f"datetime.fromisoformat({literal(instant(at))})" if isinstance(at, int) else names.text(at)


def _info_filter(names: Names, given: c.TaskInfoFilterSpec[c.Symbol]) -> str:
    """Return a TaskInfoFilterSpec as an expression."""
    arguments = [f"removeAll={literal(given.remove_all)}"] if given.remove_all is not None else []
    arguments += [f"descriptionIds={names.texts(given.description_ids)}"] if given.description_ids else []
    arguments += [f"filterIn={literal(given.filter_in)}"] if given.filter_in is not None else []
    results = (f"filterTaskResults={called('vim.TaskInfoFilterSpec.FilterTaskResults', *arguments)}",)
    return called("vim.TaskInfoFilterSpec", *(results if arguments else ()))


def spec_of(names: Names, collector: object) -> c.TaskFilterSpec[c.Symbol] | None:
    """Return the filter of a collector that a step made."""
    step = names.trace.plan[collector.step] if isinstance(collector, c.Made) and collector.step >= 0 else None
    spec = getattr(getattr(step, "call", None), "filter", None)
    return spec if isinstance(spec, c.TaskFilterSpec) else None


# --- calls as expressions ---------------------------------------------------------------------------------------------


def _create(names: Names, call: c.CreateCollectorForTasks[c.Symbol]) -> str:
    """CreateCollectorForTasks; an argument that pyVmomi refuses to send goes as XML."""
    spec, method = call.filter, "CreateCollectorForTasks"
    if call.form in FORMS:
        return raw(names, call.session, method, literal(FORMS[call.form]))
    if spec is None:
        return raw(names, call.session, method)
    if spec.time is not None and spec.time.time_type is None:
        return raw(names, call.session, method, called("timeless", *_bounds(names, spec.time)))
    return called(f"{names.session(call.session)}.taskManager.{method}", filter_spec(names, spec))


def _create_with_info_filter(names: Names, call: c.CreateCollectorWithInfoFilterForTasks[c.Symbol]) -> str:
    """CreateCollectorWithInfoFilterForTasks."""
    arguments = [filter_spec(names, call.filter)]
    arguments += [_info_filter(names, call.info_filter)] if call.info_filter is not None else []
    return called(f"{names.session(call.session)}.taskManager.CreateCollectorWithInfoFilterForTasks", *arguments)


EXPRESSIONS: Final[dict[type, Callable[[Names, Any], str]]] = {
    c.CreateCollectorForTasks: _create,
    c.CreateCollectorWithInfoFilterForTasks: _create_with_info_filter,
    c.CreateCollectorForEvents: lambda names, call: (
        f"{names.session(call.session)}.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())"
    ),
    c.ReadCollectorFilter: property_of("collector", "filter"),
    c.ReadLatestPage: property_of("collector", "latestPage", " or []"),
    c.SetCollectorPageSize: on("collector", "SetCollectorPageSize", "max_count"),
    c.RewindCollector: on("collector", "RewindCollector"),
    c.ResetCollector: on("collector", "ResetCollector"),
    c.ReadNextTasks: on("collector", "ReadNextTasks", "max_count"),
    c.ReadPreviousTasks: on("collector", "ReadPreviousTasks", "max_count"),
    c.DestroyCollector: on("collector", "DestroyCollector"),
}
"""Each call as an expression."""
