"""Words of the calls: each is an imperative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import TypeId

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.words.references import References

HOW: Final = {"wait": ' (WaitForUpdatesEx, version "")', "later": " (WaitForUpdatesEx, last version)"}
"""Reads of recentTask that are not RetrievePropertiesEx, in words."""


# --- sessions, extensions ---------------------------------------------------------------------------------------------


def _login(words: References, call: c.Login[c.Symbol], _made: str) -> str:
    locale = f" in {words.ref(call.locale)}" if call.locale is not None else ""
    return f"log in as the {call.account} user{locale}: session {call.session}"


def _describe_extension(verb: str) -> Callable[[References, Any, str], str]:
    """RegisterExtension, UpdateExtension."""

    def say(words: References, call: c.RegisterExtension[c.Symbol] | c.UpdateExtension[c.Symbol], _made: str) -> str:
        version = f"version {call.version}" if call.version is not None else "no version"
        return f"{verb} {_extension(words, call.key)} ({version}; task types: {words.texts(call.task_ids) or 'none'})"

    return say


def _extension(words: References, key: object) -> str:
    return words.ref(key) if isinstance(key, c.ExtensionKey) else f"extension {key}"


# --- tasks ------------------------------------------------------------------------------------------------------------


def _create_task(words: References, call: c.CreateTask[c.Symbol], made: str) -> str:
    given = [f"cancelable={call.cancelable}"]
    if call.task_type_id != TypeId(which="work"):
        given.append(f"type={words.ref(call.task_type_id)}")
    if call.initiated_by is not None:
        given.append(f"initiatedBy={words.ref(call.initiated_by)}")
    if call.parent_task_key is not None:
        given.append(f"parent={words.ref(call.parent_task_key)}")
    if call.activation_id is not None:
        given.append(f"activationId={call.activation_id}")
    return f"create task {made} on {words.ref(call.obj)} ({', '.join(given)})"


def _set_state(words: References, call: c.SetTaskState[c.Symbol], _made: str) -> str:
    result = f" with result {words.texts((call.result,))}" if call.result is not None else ""
    fault = f" with fault {call.fault}" if call.fault is not None else ""
    return f"set {words.ref(call.task)} to {call.state}{result}{fault}"


def _set_description(words: References, call: c.SetTaskDescription[c.Symbol], _made: str) -> str:
    args = ", ".join(f"{key}={value}" for key, value in call.args)
    return f"set the description of {words.ref(call.task)} to {call.key}" + (f" ({args})" if args else "")


# --- history collectors -----------------------------------------------------------------------------------------------

_FORMS: Final = {"nil": "a filter that is nil", "unknown": "a filter of an unknown type"}


def _create_collector(words: References, call: c.CreateCollectorForTasks[c.Symbol], made: str) -> str:
    if call.form in _FORMS:
        return f"open collector {made} with {_FORMS[call.form]}"
    given = "a null filter" if call.filter is None else words.filter(call.filter)
    return f"open collector {made} with {given}"


def _create_with_info_filter(
    words: References, call: c.CreateCollectorWithInfoFilterForTasks[c.Symbol], made: str
) -> str:
    given = call.info_filter
    parts = []
    if given is not None:
        parts = [f"removeAll={given.remove_all}"] if given.remove_all is not None else []
        parts += [f"descriptionIds={words.texts(given.description_ids)}"] if given.description_ids else []
        parts += [f"filterIn={given.filter_in}"] if given.filter_in is not None else []
    info = "no info filter" if given is None else f"an info filter ({', '.join(parts) or 'empty'})"
    return f"open collector {made} with {words.filter(call.filter)}, and {info}"


# --- watching ---------------------------------------------------------------------------------------------------------


def _modify_view(words: References, call: c.ModifyListView[c.Symbol], _made: str) -> str:
    parts = [f"add {words.things(call.add)}"] if call.add else []
    parts += [f"remove {words.things(call.remove)}"] if call.remove else []
    return f"change {words.ref(call.view)}: {' and '.join(parts) or 'nothing'}"


def _create_filter(words: References, call: c.CreateFilter[c.Symbol], made: str) -> str:
    missing = ", reporting what is missing" if call.report_missing else ""
    return f"watch {words.things(call.watched)} through {words.ref(call.collector)}: property filter {made}{missing}"


def _wait(words: References, call: c.WaitForUpdatesEx[c.Symbol], made: str) -> str:
    seconds = f", for {call.max_wait_seconds} s at most" if call.max_wait_seconds else ""
    size = f", {call.max_object_updates} objects at most" if call.max_object_updates is not None else ""
    return (
        f"ask for the updates of {words.ref(call.collector)} from {words.version(call.version)}{seconds}{size}:"
        f" version {made}"
    )


def _break_off(words: References, call: c.BreakOffWait[c.Symbol], _made: str) -> str:
    by = {"cancel": "cancel the wait", "logout": "log out"}.get(call.by, call.by)
    return f"wait for updates of {words.ref(call.collector)} from {words.version(call.version)}, and meanwhile {by}"


def _plain(text: str) -> Callable[[References, Any, str], str]:
    """A sentence whose fields in braces are the call's arguments, `{made}` what it makes."""

    def say(words: References, call: Any, made: str) -> str:
        given = asdict(call)
        return text.format(**{name: words.ref(value) for name, value in given.items()}, made=made)

    return say


CALL_WORDS: Final[dict[type, Callable[[References, Any, str], str]]] = {
    c.Login: _login,
    c.Logout: _plain("log out"),
    c.AdvanceClock: _plain("move the server's clock by {seconds} s"),
    c.RegisterExtension: _describe_extension("register"),
    c.UpdateExtension: _describe_extension("update"),
    c.UnregisterExtension: lambda words, call, _: f"unregister {_extension(words, call.key)}",
    c.FindExtension: lambda words, call, _: f"find {_extension(words, call.key)}",
    c.ReadExtensionList: _plain("read extensionList"),
    c.CreateTask: _create_task,
    c.ReadRecentTask: _plain("read recentTask"),
    c.WaitForRecentTask: lambda _, call, __: f"read recentTask{HOW['wait' if call.fresh else 'later']}",
    c.ReadMaxCollector: _plain("read maxCollector"),
    c.ReadDescription: _plain("read TaskManager.description"),
    c.ReadTaskInfo: lambda words, call, _: f"read the info of {words.things(call.tasks)}",
    c.SetTaskState: _set_state,
    c.UpdateProgress: _plain("set the progress of {task} to {percent_done}"),
    c.SetTaskDescription: _set_description,
    c.CancelTask: _plain("cancel {task}"),
    c.CreateCollectorForTasks: _create_collector,
    c.CreateCollectorWithInfoFilterForTasks: _create_with_info_filter,
    c.CreateCollectorForEvents: _plain("open event collector {made}"),
    c.ReadCollectorFilter: _plain("read the filter of {collector}"),
    c.ReadLatestPage: _plain("read latestPage of {collector}"),
    c.SetCollectorPageSize: _plain("set the page size of {collector} to {max_count}"),
    c.RewindCollector: _plain("rewind {collector}"),
    c.ResetCollector: _plain("reset {collector}"),
    c.ReadNextTasks: _plain("read the next {max_count} of {collector}"),
    c.ReadPreviousTasks: _plain("read the previous {max_count} of {collector}"),
    c.DestroyCollector: _plain("destroy {collector}"),
    c.CreateListView: lambda words, call, made: f"create list view {made} of {words.things(call.objs)}",
    c.ModifyListView: _modify_view,
    c.ResetListView: lambda words, call, _: f"reset {words.ref(call.view)} to {words.things(call.objs)}",
    c.ReadView: _plain("read what is in {view}"),
    c.DestroyView: _plain("destroy {view}"),
    c.CreatePropertyCollector: _plain("create property collector {made}"),
    c.CreateFilter: _create_filter,
    c.WaitForUpdatesEx: _wait,
    c.BreakOffWait: _break_off,
    c.DestroyPropertyFilter: _plain("destroy {filter}"),
    c.DestroyPropertyCollector: _plain("destroy {collector}"),
    c.RetrieveReported: lambda words, call, _: (
        f"retrieve the state of {words.things(call.tasks)}, with reportMissingObjectsInResults"
    ),
    c.CreateFolder: _plain("create folder {made} in {parent}"),
    c.Destroy: _plain("destroy {entity}, which is task {made}"),
    c.StartOperation: _plain("start {operation} of {entity}, which is task {made}"),
    c.CreateScheduledTask: _plain("schedule task creation {made} on {entity} ({task_type_id})"),
    c.RunScheduledTask: _plain("run {scheduled_task}"),
    c.RemoveScheduledTask: _plain("remove {scheduled_task}"),
    c.CreateAlarm: _plain("create alarm {made} on {entity}, which creates a task ({task_type_id})"),
    c.LogUserEvent: _plain("log a user event on {entity}"),
    c.RemoveAlarm: _plain("remove {alarm}"),
    c.QueryTaskEvents: _plain("query the task events of {chain}"),
}
"""Each call in words, given the letter of what it makes."""
