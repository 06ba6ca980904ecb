"""History collectors in a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.reports.reproduction.tasks import on
from taskconform.reports.reproduction.text import Lines, called, instant, quoted
from taskconform.reports.trace_words import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taskconform.model.vocabulary.plan import Drain
    from taskconform.reports.reproduction.steps import Steps

FORMS: Final = {"nil": '<filter xsi:nil="true"/>', "unknown": '<filter xsi:type="EventFilterSpec"/>'}
"""By form, what stands where the filter should."""


# --- filters ----------------------------------------------------------------------------------------------------------


def filter_spec(steps: Steps, spec: c.TaskFilterSpec[c.Symbol]) -> str:
    """A TaskFilterSpec as an expression."""
    arguments = []
    if spec.entity is not None:
        entity = f"entity={steps.ref(spec.entity.entity)}", f"recursion={quoted(spec.entity.recursion)}"
        arguments.append("entity=" + called("vim.TaskFilterSpec.ByEntity", *entity))
    if spec.time is not None:
        bounds = [f"{name}={time(steps, at)}" for name, at in _bounds(spec.time)]
        by_time = f"timeType={quoted(spec.time.time_type or '')}", *bounds
        arguments.append("time=" + called("vim.TaskFilterSpec.ByTime", *by_time))
    if spec.user_name is not None:
        by_name = f"systemUser={spec.user_name.system_user}", f"userList={steps.texts(spec.user_name.user_list)}"
        arguments.append("userName=" + called("vim.TaskFilterSpec.ByUsername", *by_name))
    arguments += [
        f"{wire(name)}={steps.ref(ref)}"
        for name in ("alarm", "scheduled_task")
        if (ref := getattr(spec, name)) is not None
    ]
    arguments += [
        f"{wire(name)}=[{', '.join(map(show, values))}]"
        for name, show in (
            ("state", steps.text),
            ("activation_id", steps.text),
            ("event_chain_id", steps.text),
            ("tag", steps.text),
            ("parent_task_key", steps.key),
            ("root_task_key", steps.key),
        )
        if (values := getattr(spec, name))
    ]
    return called("vim.TaskFilterSpec", *arguments)


def _bounds(by: c.ByTime[c.Symbol]) -> Iterator[tuple[str, int | c.Symbol]]:
    """The bounds that are given, by their names."""
    for name, at in (("beginTime", by.begin_time), ("endTime", by.end_time)):
        if at is not None:
            yield name, at


def time(steps: Steps, at: int | c.Symbol) -> str:
    """A time as an expression."""
    if not isinstance(at, int):
        return steps.text(at)
    steps.imports.add("datetime:datetime")
    return f'datetime.fromisoformat("{instant(at).isoformat()}")'


def _timeless(steps: Steps, by: c.ByTime[c.Symbol]) -> str:
    """A filter whose ByTime lacks its timeType, as the expression of its XML."""
    times = "".join(f"<{name}>{{({time(steps, at)}).isoformat()}}</{name}>" for name, at in _bounds(by))
    return f"f'<filter><time>{times}</time></filter>'" if times else "'<filter><time/></filter>'"


def _info_filter(steps: Steps, given: c.TaskInfoFilterSpec[c.Symbol]) -> str:
    """A TaskInfoFilterSpec as an expression."""
    arguments = [f"removeAll={given.remove_all}"] if given.remove_all is not None else []
    arguments += [f"descriptionIds={steps.texts(given.description_ids)}"] if given.description_ids else []
    arguments += [f"filterIn={given.filter_in}"] if given.filter_in is not None else []
    results = (f"filterTaskResults={called('vim.TaskInfoFilterSpec.FilterTaskResults', *arguments)}",)
    return called("vim.TaskInfoFilterSpec", *(results if arguments else ()))


# --- calls as expressions ---------------------------------------------------------------------------------------------


def raw(steps: Steps, session: str, method: str, *inside: str, manager: str = "taskManager") -> str:
    """A call of a manager with XML in place of its arguments: what pyVmomi refuses to send."""
    on_manager = f"{steps.session(session)}.{manager}"
    return called(steps.part("send_raw"), "args", on_manager, quoted(method), *inside)


def _create(steps: Steps, call: c.CreateCollectorForTasks[c.Symbol]) -> str:
    """CreateCollectorForTasks; what pyVmomi refuses to send goes as it stands."""
    spec, method = call.filter, "CreateCollectorForTasks"
    if call.form in FORMS:
        return raw(steps, call.session, method, f"'{FORMS[call.form]}'")
    if spec is None:
        return raw(steps, call.session, method)
    if spec.time is not None and spec.time.time_type is None:
        return raw(steps, call.session, method, _timeless(steps, spec.time))
    return called(f"{steps.session(call.session)}.taskManager.{method}", filter_spec(steps, spec))


def _create_with_info_filter(steps: Steps, call: c.CreateCollectorWithInfoFilterForTasks[c.Symbol]) -> str:
    """CreateCollectorWithInfoFilterForTasks."""
    arguments = [filter_spec(steps, call.filter)]
    arguments += [_info_filter(steps, call.info_filter)] if call.info_filter is not None else []
    return called(f"{steps.session(call.session)}.taskManager.CreateCollectorWithInfoFilterForTasks", *arguments)


def _property(path: str, otherwise: str = "") -> Callable[[Steps, Any], str]:
    """A read of a property of a collector."""

    def expression(steps: Steps, call: Any) -> str:
        return steps.read(call.session, steps.ref(call.collector), path) + otherwise

    return expression


EXPRESSIONS: Final[dict[type, Callable[[Steps, Any], str]]] = {
    c.CreateCollectorForTasks: _create,
    c.CreateCollectorWithInfoFilterForTasks: _create_with_info_filter,
    c.CreateCollectorForEvents: lambda steps, call: (
        f"{steps.session(call.session)}.eventManager.CreateCollectorForEvents(vim.event.EventFilterSpec())"
    ),
    c.ReadCollectorFilter: _property("filter"),
    c.ReadLatestPage: _property("latestPage", " or []"),
    c.SetCollectorPageSize: on("collector", "SetCollectorPageSize", "max_count"),
    c.RewindCollector: on("collector", "RewindCollector"),
    c.ResetCollector: on("collector", "ResetCollector"),
    c.ReadNextTasks: on("collector", "ReadNextTasks", "max_count"),
    c.ReadPreviousTasks: on("collector", "ReadPreviousTasks", "max_count"),
    c.DestroyCollector: on("collector", "DestroyCollector"),
}
"""Each call as an expression."""


def drain(steps: Steps, step: Drain, _index: int) -> Lines:
    """Page after page."""
    method = "ReadNextTasks" if step.direction == "next" else "ReadPreviousTasks"
    collector = steps.ref(step.collector, step.session)
    return ["pages = []", f"{steps.part('drain')}({collector}.{method}, {step.max_count}, pages)"]


def spec_of(steps: Steps, collector: object) -> c.TaskFilterSpec[c.Symbol] | None:
    """The filter of a collector that a step made."""
    step = steps.trace.plan[collector.step] if isinstance(collector, c.Made) and collector.step >= 0 else None
    spec = getattr(getattr(step, "call", None), "filter", None)
    return spec if isinstance(spec, c.TaskFilterSpec) else None


def is_everything(spec: c.TaskFilterSpec[c.Symbol] | None) -> bool:
    """Whether a filter is empty."""
    return spec is None or spec == c.TaskFilterSpec()
