"""The state machine: one call takes a server from one state to the next, and has an outcome.

    step(state, call, choices) -> (state, outcome)

`step` is pure, and total over the vocabulary of calls: the same state, call and choices always give the same result,
nothing but the result comes of it, and every call has one. Time passes by `clock.pass_time` only, or while a call
waits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from taskconform.model.spec import (
    clock,
    collectors,
    descriptions,
    extensions,
    folders,
    latest,
    life,
    operations,
    pages,
    recent,
    sessions,
    tasks,
    triggers,
    views,
    watch,
)
from taskconform.model.spec.choices import DEFAULT, Choices
from taskconform.model.spec.faults import FaultRaised
from taskconform.model.spec.state import State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import Call
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Interval, Outcome, Returned

Method = Callable[[State, Any, Choices], tuple[State, Any]]

METHODS: Final[Mapping[type[Call], Method]] = {
    calls.Login: sessions.login,
    calls.Logout: sessions.logout,
    calls.AdvanceClock: clock.advance_clock,
    calls.RegisterExtension: extensions.register_extension,
    calls.UpdateExtension: extensions.update_extension,
    calls.UnregisterExtension: extensions.unregister_extension,
    calls.FindExtension: extensions.find_extension,
    calls.ReadExtensionList: extensions.read_extension_list,
    calls.CreateTask: tasks.create_task,
    calls.ReadRecentTask: recent.read_recent_task,
    calls.WaitForRecentTask: recent.wait_for_recent_task,
    calls.ReadMaxCollector: collectors.read_max_collector,
    calls.ReadDescription: descriptions.read_description,
    calls.ReadTaskInfo: tasks.read_task_info,
    calls.SetTaskState: life.set_task_state,
    calls.UpdateProgress: life.update_progress,
    calls.SetTaskDescription: life.set_task_description,
    calls.CancelTask: life.cancel_task,
    calls.CreateCollectorForTasks: collectors.create_collector_for_tasks,
    calls.CreateCollectorWithInfoFilterForTasks: collectors.create_collector_with_info_filter_for_tasks,
    calls.CreateCollectorForEvents: collectors.create_collector_for_events,
    calls.ReadCollectorFilter: collectors.read_collector_filter,
    calls.ReadLatestPage: latest.read_latest_page,
    calls.SetCollectorPageSize: latest.set_collector_page_size,
    calls.RewindCollector: pages.rewind_collector,
    calls.ResetCollector: pages.reset_collector,
    calls.ReadNextTasks: pages.read_next_tasks,
    calls.ReadPreviousTasks: pages.read_previous_tasks,
    calls.DestroyCollector: collectors.destroy_collector,
    calls.CreateListView: views.create_list_view,
    calls.ModifyListView: views.modify_list_view,
    calls.ResetListView: views.reset_list_view,
    calls.ReadView: views.read_view,
    calls.DestroyView: views.destroy_view,
    calls.CreatePropertyCollector: watch.create_property_collector,
    calls.CreateFilter: watch.create_filter,
    calls.WaitForUpdatesEx: watch.wait_for_updates_ex,
    calls.BreakOffWait: watch.break_off_wait,
    calls.DestroyPropertyFilter: watch.destroy_property_filter,
    calls.DestroyPropertyCollector: watch.destroy_property_collector,
    calls.RetrieveReported: watch.retrieve_reported,
    calls.CreateFolder: folders.create_folder,
    calls.Destroy: folders.destroy,
    calls.StartOperation: operations.start_operation,
    calls.CreateScheduledTask: triggers.create_scheduled_task,
    calls.RunScheduledTask: triggers.run_scheduled_task,
    calls.RemoveScheduledTask: triggers.remove_scheduled_task,
    calls.CreateAlarm: triggers.create_alarm,
    calls.LogUserEvent: triggers.log_user_event,
    calls.RemoveAlarm: triggers.remove_alarm,
    calls.QueryTaskEvents: triggers.query_task_events,
}
"""The function of the specification for every class of call."""


def step(state: State, call: Call, choices: Choices = DEFAULT) -> tuple[State, Outcome]:
    """Perform one call. A fault leaves the state as it was (life.atomic)."""
    try:
        after, value = METHODS[type(call)](state, call, choices)
    except FaultRaised as raised:
        kinds = state.server.faults.get(raised.name, (raised.name,))
        fault = Fault(kind=raised.name, kinds=kinds, message=raised.message)
        return raised.after or state, Faulted(fault=fault, at=Interval(earliest=state.now, latest=state.now))
    return after, Returned(value=value, at=Interval(earliest=after.now, latest=after.now))
