"""The way out, for history collectors: their filters, their pages, their cursors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap.encode import (
    boolean,
    concrete,
    element,
    elements,
    method,
    number,
    reference,
    time,
    word,
)

if TYPE_CHECKING:
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

_NO_FILTER: Final = {
    "typed": "",
    "nil": '<filter xsi:nil="true"/>',
    "unknown": '<filter xsi:type="EventFilterSpec"/>',
}
"""By form, what goes where the filter would. EventFilterSpec is a data object type that is no TaskFilterSpec."""


def task_filter(spec: calls.TaskFilterSpec) -> str:
    """A TaskFilterSpec; the times without a timeType too, ill-formed as that is."""
    entity = spec.entity
    span = spec.time
    user = spec.user_name
    return "".join(
        (
            "<filter>",
            ""
            if entity is None
            else f"<entity>{reference('entity', concrete(entity.entity))}"
            f"{element('recursion', entity.recursion)}</entity>",
            ""
            if span is None
            else f"<time>{element('timeType', span.time_type)}{_instant('beginTime', span.begin_time)}"
            f"{_instant('endTime', span.end_time)}</time>",
            ""
            if user is None
            else f"<userName>{boolean('systemUser', user.system_user)}"
            f"{elements('userList', map(word, user.user_list))}</userName>",
            elements("activationId", spec.activation_id),
            elements("state", spec.state),
            "" if spec.alarm is None else reference("alarm", concrete(spec.alarm)),
            "" if spec.scheduled_task is None else reference("scheduledTask", concrete(spec.scheduled_task)),
            "".join([f"<eventChainId>{number(chain)}</eventChainId>" for chain in spec.event_chain_id]),
            elements("tag", spec.tag),
            elements("parentTaskKey", map(word, spec.parent_task_key)),
            elements("rootTaskKey", map(word, spec.root_task_key)),
            "</filter>",
        )
    )


def _instant(name: str, value: int | None) -> str:
    """One end of a span of time."""
    return "" if value is None else time(name, number(value))


def _info_filter(spec: calls.TaskInfoFilterSpec) -> str:
    """A TaskInfoFilterSpec; an empty one if nothing is set."""
    inside = "".join(
        (
            "" if spec.remove_all is None else boolean("removeAll", spec.remove_all),
            elements("descriptionIds", map(word, spec.description_ids)),
            "" if spec.filter_in is None else boolean("filterIn", spec.filter_in),
        )
    )
    return f"<infoFilter><filterTaskResults>{inside}</filterTaskResults></infoFilter>" if inside else "<infoFilter/>"


def create_collector_for_tasks(manager: ObjectRef, call: calls.CreateCollectorForTasks) -> str:
    """TaskManager.CreateCollectorForTasks; without a filter, what the form has in its place, or nothing."""
    spec = _NO_FILTER[call.form] if call.filter is None or call.form != "typed" else task_filter(call.filter)
    return method("CreateCollectorForTasks", manager, spec)


def create_collector_with_info_filter(manager: ObjectRef, call: calls.CreateCollectorWithInfoFilterForTasks) -> str:
    """TaskManager.CreateCollectorWithInfoFilterForTasks."""
    return method(
        "CreateCollectorWithInfoFilterForTasks",
        manager,
        task_filter(call.filter),
        "" if call.info_filter is None else _info_filter(call.info_filter),
    )


def create_collector_for_events(manager: ObjectRef) -> str:
    """EventManager.CreateCollectorForEvents, with a filter that lets everything through."""
    return method("CreateCollectorForEvents", manager, "<filter/>")


def set_collector_page_size(call: calls.SetCollectorPageSize) -> str:
    """HistoryCollector.SetCollectorPageSize."""
    return method("SetCollectorPageSize", concrete(call.collector), f"<maxCount>{call.max_count}</maxCount>")


def rewind_collector(call: calls.RewindCollector) -> str:
    """HistoryCollector.RewindCollector."""
    return method("RewindCollector", concrete(call.collector))


def reset_collector(call: calls.ResetCollector) -> str:
    """HistoryCollector.ResetCollector."""
    return method("ResetCollector", concrete(call.collector))


def read_next_tasks(call: calls.ReadNextTasks) -> str:
    """TaskHistoryCollector.ReadNextTasks."""
    return method("ReadNextTasks", concrete(call.collector), f"<maxCount>{call.max_count}</maxCount>")


def read_previous_tasks(call: calls.ReadPreviousTasks) -> str:
    """TaskHistoryCollector.ReadPreviousTasks."""
    return method("ReadPreviousTasks", concrete(call.collector), f"<maxCount>{call.max_count}</maxCount>")


def destroy_collector(call: calls.DestroyCollector) -> str:
    """HistoryCollector.DestroyCollector."""
    return method("DestroyCollector", concrete(call.collector))
