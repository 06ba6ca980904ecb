"""A plain state machine with the suite's own oracle: what one writes who knows Hypothesis and has the model, but not
`strategies/`.

Every class of call is a rule, every argument is drawn uniformly from its obvious domain. No boundaries, no approaches,
no director, no bulks. Frozen: it is measured against, and not improved."""

from __future__ import annotations

from typing import Any, Final

from baselines import plain_arguments as a
from baselines.plain_trial import Over, Trial, made
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, consumes, initialize, multiple, rule, run_state_machine_as_test

from taskconform.conformance.targets.builtin import EXTENSION_KEY
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import MAIN, NOBODY
from taskconform.model.vocabulary.outcomes import TaskInfo, UpdateSet
from taskconform.strategies.drawing.provider import BACKEND

STEPS: Final = 100
"""Rules an episode."""


class PlainMachine(RuleBasedStateMachine):
    """One episode. `trial` is set by `run_plain`."""

    trial: Trial

    def __init__(self) -> None:
        """Fresh server, first login, the suite's extension."""
        super().__init__()
        self.now = 0
        self.versions: dict[c.ObjectRef, str] = {}
        self.logins = 0
        self.trial.begin()
        self.do(c.Login(session=MAIN, account="primary"))
        ids = (f"{EXTENSION_KEY}.work", f"{EXTENSION_KEY}.rest")
        self.do(c.RegisterExtension(session=MAIN, key=EXTENSION_KEY, version="1.0.0", task_ids=ids))

    def do(self, call: c.Call) -> Any:
        """Perform and judge a call."""
        outcome = self.trial.perform(call)
        self.now = outcome.at.latest
        return outcome

    def make(self, call: c.Call, kind: type = c.ObjectRef) -> Any:
        """Perform a call, and give what it made to the rule's bundle."""
        value = made(self.do(call), kind)
        return multiple() if value is None else value

    def own(self, session: str, call: c.Call) -> Any:
        """The same for what belongs to a session."""
        value = made(self.do(call), c.ObjectRef)
        return multiple() if value is None else (session, value)

    # -- sessions and time ---------------------------------------------------------------------------------------------

    @initialize(target=a.sessions)
    def main_session(self) -> str:
        return MAIN

    @initialize(target=a.tasks)
    def first_task(self) -> Any:
        vm = self.trial.target.declaration.places["vm"][0].ref
        call = c.CreateTask(session=MAIN, obj=vm, task_type_id=f"{EXTENSION_KEY}.work", cancelable=True)
        return self.make(call, TaskInfo)

    @rule(target=a.sessions, account=a.accounts, locale=a.locales)
    def login(self, account: str, locale: str | None) -> str:
        self.logins += 1
        session = f"session-{self.logins}"
        self.do(c.Login(session=session, account=account, locale=locale))
        return session

    @rule(target=a.sessions)
    def connect(self) -> str:
        return NOBODY

    @rule(session=a.sessions)
    def logout(self, session: str) -> None:
        self.do(c.Logout(session=session))

    @rule(seconds=a.pauses)
    def advance_clock(self, seconds: int) -> None:
        self.do(c.AdvanceClock(session=MAIN, seconds=seconds))

    # -- extensions ----------------------------------------------------------------------------------------------------

    @rule(session=a.sessions, key=a.extension_keys, version=a.versions, task_ids=a.task_id_lists)
    def register_extension(self, **arguments: Any) -> None:
        self.do(c.RegisterExtension(**arguments))

    @rule(session=a.sessions, key=a.extension_keys, version=a.versions, task_ids=a.task_id_lists)
    def update_extension(self, **arguments: Any) -> None:
        self.do(c.UpdateExtension(**arguments))

    @rule(session=a.sessions, key=a.extension_keys)
    def unregister_extension(self, **arguments: Any) -> None:
        self.do(c.UnregisterExtension(**arguments))

    @rule(session=a.sessions, key=a.extension_keys)
    def find_extension(self, **arguments: Any) -> None:
        self.do(c.FindExtension(**arguments))

    @rule(session=a.sessions)
    def read_extension_list(self, session: str) -> None:
        self.do(c.ReadExtensionList(session=session))

    # -- TaskManager and Task ------------------------------------------------------------------------------------------

    @rule(
        target=a.tasks,
        session=a.sessions,
        obj=a.entities,
        task_type_id=a.task_type_ids,
        cancelable=st.booleans(),
        initiated_by=st.none() | a.user_names,
        parent_task_key=st.none() | a.task_keys,
        activation_id=st.none() | a.words,
    )
    def create_task(self, **arguments: Any) -> Any:
        return self.make(c.CreateTask(**arguments), TaskInfo)

    @rule(session=a.sessions)
    def read_recent_task(self, session: str) -> None:
        self.do(c.ReadRecentTask(session=session))

    @rule(session=a.sessions, fresh=st.booleans())
    def wait_for_recent_task(self, **arguments: Any) -> None:
        self.do(c.WaitForRecentTask(**arguments))

    @rule(session=a.sessions)
    def read_max_collector(self, session: str) -> None:
        self.do(c.ReadMaxCollector(session=session))

    @rule(session=a.sessions)
    def read_description(self, session: str) -> None:
        self.do(c.ReadDescription(session=session))

    @rule(session=a.sessions, tasks=st.lists(a.any_task, min_size=1, max_size=5).map(tuple))
    def read_task_info(self, **arguments: Any) -> None:
        self.do(c.ReadTaskInfo(**arguments))

    @rule(
        session=a.sessions,
        task=a.any_task,
        state=a.states,
        result=st.one_of(st.none(), a.words, a.entities),
        fault=st.none() | a.fault_names,
    )
    def set_task_state(self, **arguments: Any) -> None:
        self.do(c.SetTaskState(**arguments))

    @rule(session=a.sessions, task=a.any_task, percent_done=a.percents)
    def update_progress(self, **arguments: Any) -> None:
        self.do(c.UpdateProgress(**arguments))

    @rule(session=a.sessions, task=a.any_task, key=a.words, args=st.lists(st.tuples(a.words, a.words), max_size=2))
    def set_task_description(self, args: list[tuple[str, str]], **arguments: Any) -> None:
        self.do(c.SetTaskDescription(args=tuple(args), **arguments))

    @rule(session=a.sessions, task=a.any_task)
    def cancel_task(self, **arguments: Any) -> None:
        self.do(c.CancelTask(**arguments))

    # -- history collectors --------------------------------------------------------------------------------------------

    @rule(target=a.collectors, session=a.sessions, spec=a.filter_specs())
    def create_collector_for_tasks(self, session: str, spec: c.TaskFilterSpec) -> Any:
        return self.own(session, c.CreateCollectorForTasks(session=session, filter=spec))

    @rule(session=a.sessions, form=st.sampled_from(("typed", "nil", "unknown")))
    def create_collector_without_filter(self, session: str, form: str) -> None:
        self.do(c.CreateCollectorForTasks(session=session, filter=None, form=form))

    @rule(target=a.collectors, session=a.sessions, alarm=a.alarms, data=st.data())
    def create_collector_of_alarm(self, session: str, alarm: c.ObjectRef, data: st.DataObject) -> Any:
        spec = data.draw(a.filter_specs(alarm=alarm))
        return self.own(session, c.CreateCollectorForTasks(session=session, filter=spec))

    @rule(target=a.collectors, session=a.sessions, schedule=a.schedules, data=st.data())
    def create_collector_of_schedule(self, session: str, schedule: c.ObjectRef, data: st.DataObject) -> Any:
        spec = data.draw(a.filter_specs(scheduled_task=schedule))
        return self.own(session, c.CreateCollectorForTasks(session=session, filter=spec))

    @rule(target=a.collectors, session=a.sessions, spec=a.filter_specs(), info_filter=a.info_filters)
    def create_collector_with_info_filter(self, session: str, spec: c.TaskFilterSpec, info_filter: Any) -> Any:
        call = c.CreateCollectorWithInfoFilterForTasks(session=session, filter=spec, info_filter=info_filter)
        return self.own(session, call)

    @rule(session=a.sessions)
    def create_collector_for_events(self, session: str) -> None:
        self.do(c.CreateCollectorForEvents(session=session))

    @rule(collector=a.collectors, by=a.by)
    def read_collector_filter(self, collector: Any, by: str | None) -> None:
        self.do(c.ReadCollectorFilter(session=by or collector[0], collector=collector[1]))

    @rule(collector=a.collectors, by=a.by)
    def read_latest_page(self, collector: Any, by: str | None) -> None:
        self.do(c.ReadLatestPage(session=by or collector[0], collector=collector[1]))

    @rule(collector=a.collectors, by=a.by, max_count=a.page_sizes)
    def set_collector_page_size(self, collector: Any, by: str | None, max_count: int) -> None:
        self.do(c.SetCollectorPageSize(session=by or collector[0], collector=collector[1], max_count=max_count))

    @rule(collector=a.collectors, by=a.by)
    def rewind_collector(self, collector: Any, by: str | None) -> None:
        self.do(c.RewindCollector(session=by or collector[0], collector=collector[1]))

    @rule(collector=a.collectors, by=a.by)
    def reset_collector(self, collector: Any, by: str | None) -> None:
        self.do(c.ResetCollector(session=by or collector[0], collector=collector[1]))

    @rule(collector=a.collectors, by=a.by, max_count=a.page_sizes)
    def read_next_tasks(self, collector: Any, by: str | None, max_count: int) -> None:
        self.do(c.ReadNextTasks(session=by or collector[0], collector=collector[1], max_count=max_count))

    @rule(collector=a.collectors, by=a.by, max_count=a.page_sizes)
    def read_previous_tasks(self, collector: Any, by: str | None, max_count: int) -> None:
        self.do(c.ReadPreviousTasks(session=by or collector[0], collector=collector[1], max_count=max_count))

    @rule(collector=a.collectors, by=a.by)
    def destroy_collector(self, collector: Any, by: str | None) -> None:
        self.do(c.DestroyCollector(session=by or collector[0], collector=collector[1]))

    # -- views and the property collector ------------------------------------------------------------------------------

    @rule(target=a.views, session=a.sessions, objs=a.some_tasks)
    def create_list_view(self, session: str, objs: Any) -> Any:
        return self.own(session, c.CreateListView(session=session, objs=objs))

    @rule(view=a.views, by=a.by, add=a.some_tasks, remove=a.some_tasks)
    def modify_list_view(self, view: Any, by: str | None, add: Any, remove: Any) -> None:
        self.do(c.ModifyListView(session=by or view[0], view=view[1], add=add, remove=remove))

    @rule(view=a.views, by=a.by, objs=a.some_tasks)
    def reset_list_view(self, view: Any, by: str | None, objs: Any) -> None:
        self.do(c.ResetListView(session=by or view[0], view=view[1], objs=objs))

    @rule(view=a.views, by=a.by)
    def read_view(self, view: Any, by: str | None) -> None:
        self.do(c.ReadView(session=by or view[0], view=view[1]))

    @rule(view=a.views, by=a.by)
    def destroy_view(self, view: Any, by: str | None) -> None:
        self.do(c.DestroyView(session=by or view[0], view=view[1]))

    @rule(target=a.watchers, session=a.sessions)
    def create_property_collector(self, session: str) -> Any:
        return self.own(session, c.CreatePropertyCollector(session=session))

    @rule(
        target=a.filters,
        watcher=a.watchers,
        by=a.by,
        watched=st.lists(a.any_task, min_size=1, max_size=5).map(tuple),
        report_missing=st.booleans(),
    )
    def create_filter_of_tasks(self, watcher: Any, by: str | None, watched: Any, *, report_missing: bool) -> Any:
        return self.watch(watcher, by, watched, report_missing=report_missing)

    @rule(target=a.filters, watcher=a.watchers, by=a.by, view=a.views, report_missing=st.booleans())
    def create_filter_of_view(self, watcher: Any, by: str | None, view: Any, *, report_missing: bool) -> Any:
        return self.watch(watcher, by, (view[1],), report_missing=report_missing)

    @rule(target=a.filters, watcher=a.watchers, by=a.by, collector=a.collectors, report_missing=st.booleans())
    def create_filter_of_page(self, watcher: Any, by: str | None, collector: Any, *, report_missing: bool) -> Any:
        return self.watch(watcher, by, (collector[1],), report_missing=report_missing)

    def watch(self, watcher: Any, by: str | None, watched: Any, *, report_missing: bool) -> Any:
        """CreateFilter."""
        session = by or watcher[0]
        call = c.CreateFilter(session=session, collector=watcher[1], watched=watched, report_missing=report_missing)
        return self.own(session, call)

    @rule(
        watcher=a.watchers,
        by=a.by,
        version=st.one_of(st.just(""), st.none(), a.words),
        max_wait_seconds=st.integers(0, 2),
        max_object_updates=st.none() | st.integers(1, 5),
    )
    def wait_for_updates(self, watcher: Any, by: str | None, version: str | None, **options: Any) -> None:
        known = self.versions.get(watcher[1], "") if version is None else version
        call = c.WaitForUpdatesEx(session=by or watcher[0], collector=watcher[1], version=known, **options)
        update = made(self.do(call), UpdateSet)
        if update is not None:
            self.versions[watcher[1]] = update.version

    @rule(watcher=a.watchers, by=a.by, how=st.sampled_from(("cancel", "logout")))
    def break_off_wait(self, watcher: Any, by: str | None, how: str) -> None:
        version = self.versions.get(watcher[1], "")
        self.do(c.BreakOffWait(session=by or watcher[0], collector=watcher[1], version=version, by=how))

    @rule(one=a.filters, by=a.by)
    def destroy_property_filter(self, one: Any, by: str | None) -> None:
        self.do(c.DestroyPropertyFilter(session=by or one[0], filter=one[1]))

    @rule(watcher=a.watchers, by=a.by)
    def destroy_property_collector(self, watcher: Any, by: str | None) -> None:
        self.do(c.DestroyPropertyCollector(session=by or watcher[0], collector=watcher[1]))

    @rule(session=a.sessions, tasks=st.lists(a.any_task, min_size=1, max_size=5).map(tuple))
    def retrieve_reported(self, **arguments: Any) -> None:
        self.do(c.RetrieveReported(**arguments))

    # -- inventory, scheduled tasks, alarms, events --------------------------------------------------------------------

    @rule(target=a.folders, session=a.sessions, parent=a.parents, name=a.words)
    def create_folder(self, session: str, parent: c.ObjectRef, name: str) -> Any:
        return self.make(c.CreateFolder(session=session, parent=parent, name=f"{EXTENSION_KEY} {name}"))

    @rule(session=a.sessions, entity=a.folders)
    def destroy(self, **arguments: Any) -> None:
        self.do(c.Destroy(**arguments))

    @rule(target=a.schedules, session=a.sessions, entity=a.entities, name=a.words, task_type_id=a.task_ids)
    def create_scheduled_task(self, name: str, **arguments: Any) -> Any:
        return self.make(c.CreateScheduledTask(name=f"{EXTENSION_KEY} {name}", **arguments))

    @rule(session=a.sessions, scheduled_task=a.schedules)
    def run_scheduled_task(self, **arguments: Any) -> None:
        self.do(c.RunScheduledTask(**arguments))

    @rule(session=a.sessions, scheduled_task=consumes(a.schedules))
    def remove_scheduled_task(self, **arguments: Any) -> None:
        self.do(c.RemoveScheduledTask(**arguments))

    @rule(target=a.alarms, session=a.sessions, entity=a.entities, name=a.words, task_type_id=a.task_ids)
    def create_alarm(self, name: str, **arguments: Any) -> Any:
        return self.make(c.CreateAlarm(name=f"{EXTENSION_KEY} {name}", **arguments))

    @rule(session=a.sessions, entity=a.entities)
    def log_user_event(self, **arguments: Any) -> None:
        self.do(c.LogUserEvent(**arguments))

    @rule(session=a.sessions, alarm=consumes(a.alarms))
    def remove_alarm(self, **arguments: Any) -> None:
        self.do(c.RemoveAlarm(**arguments))

    @rule(session=a.sessions, chain=a.chains)
    def query_task_events(self, **arguments: Any) -> None:
        self.do(c.QueryTaskEvents(**arguments))


def run_plain(trial: Trial, *, number: int) -> None:
    """Run the machine on a trial's target until the trial is over. The same seed `number` makes the same calls, as far
    as the target answers the same."""
    machine = seed(number)(type("PlainMachine", (PlainMachine,), {"trial": trial}))
    chosen = settings(
        backend=BACKEND,  # Hypothesis' own, without the constants that it collects from whatever is imported
        database=None,
        deadline=None,
        max_examples=trial.budget,
        phases=(Phase.generate,),
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except Over:
        return
    message = f"the machine stopped after {trial.calls} of {trial.budget} calls"
    raise RuntimeError(message)
