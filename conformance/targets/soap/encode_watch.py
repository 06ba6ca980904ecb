"""The way out, for views and the PropertyCollector's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap.encode import (
    boolean,
    concrete,
    method,
    property_filter,
    reference,
    wait_for_updates,
    word,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef

_STATE: Final = "<propSet><type>Task</type><pathSet>info.state</pathSet></propSet>"
_IN_VIEW: Final = (
    '<skip>true</skip><selectSet xsi:type="TraversalSpec"><type>ListView</type><path>view</path><skip>false</skip>'
    "</selectSet>"
)
_REPORT_MISSING: Final = "<reportMissingObjectsInResults>true</reportMissingObjectsInResults>"

LONG_WAIT: Final = 1
"""maxWaitSeconds of a wait that is to be broken off."""


def _references(name: str, refs: Iterable[calls.Reference]) -> str:
    """A repeated ManagedObjectReference."""
    return "".join([reference(name, concrete(ref)) for ref in refs])


# --- views ------------------------------------------------------------------------------------------------------------


def create_list_view(manager: ObjectRef, call: calls.CreateListView) -> str:
    """ViewManager.CreateListView."""
    return method("CreateListView", manager, _references("obj", call.objs))


def modify_list_view(call: calls.ModifyListView) -> str:
    """ListView.ModifyListView."""
    return method(
        "ModifyListView", concrete(call.view), _references("add", call.add), _references("remove", call.remove)
    )


def reset_list_view(call: calls.ResetListView) -> str:
    """ListView.ResetListView."""
    return method("ResetListView", concrete(call.view), _references("obj", call.objs))


def destroy_view(call: calls.DestroyView) -> str:
    """View.DestroyView."""
    return method("DestroyView", concrete(call.view))


# --- PropertyCollector ------------------------------------------------------------------------------------------------


def create_property_collector(collector: ObjectRef) -> str:
    """PropertyCollector.CreatePropertyCollector."""
    return method("CreatePropertyCollector", collector)


def watch(call: calls.CreateFilter) -> str:
    """PropertyCollector.CreateFilter: on one list view, the states of the tasks in it; on one task history collector,
    its latestPage; else on tasks, their states. Whole values are asked for (no partial updates), because a whole
    latestPage says more than what changed in it."""
    watched = [concrete(ref) for ref in call.watched]
    kinds = [ref.type for ref in watched]
    if kinds == ["ListView"]:
        spec = f"{_STATE}<objectSet>{reference('obj', watched[0])}{_IN_VIEW}</objectSet>"
    elif kinds == ["TaskHistoryCollector"]:
        spec = property_filter("TaskHistoryCollector", "latestPage", watched)
    else:
        spec = property_filter("Task", "info.state", watched)
    return method(
        "CreateFilter",
        concrete(call.collector),
        f"<spec>{spec}{_REPORT_MISSING if call.report_missing else ''}</spec>",
        boolean("partialUpdates", value=False),
    )


def wait(call: calls.WaitForUpdatesEx) -> str:
    """PropertyCollector.WaitForUpdatesEx."""
    return wait_for_updates(
        concrete(call.collector), word(call.version), call.max_wait_seconds, call.max_object_updates
    )


def wait_long(call: calls.BreakOffWait) -> str:
    """PropertyCollector.WaitForUpdatesEx that waits for ten seconds."""
    return wait_for_updates(concrete(call.collector), word(call.version), LONG_WAIT)


def cancel_wait(call: calls.BreakOffWait) -> str:
    """PropertyCollector.CancelWaitForUpdates."""
    return method("CancelWaitForUpdates", concrete(call.collector))


def destroy_property_filter(call: calls.DestroyPropertyFilter) -> str:
    """PropertyFilter.DestroyPropertyFilter."""
    return method("DestroyPropertyFilter", concrete(call.filter))


def destroy_property_collector(call: calls.DestroyPropertyCollector) -> str:
    """PropertyCollector.DestroyPropertyCollector."""
    return method("DestroyPropertyCollector", concrete(call.collector))


def retrieve_reported(collector: ObjectRef, call: calls.RetrieveReported) -> str:
    """RetrievePropertiesEx of the states of tasks, reporting those that are missing."""
    spec = property_filter("Task", "info.state", [concrete(task) for task in call.tasks])
    return method("RetrievePropertiesEx", collector, f"<specSet>{spec}{_REPORT_MISSING}</specSet>", "<options/>")
