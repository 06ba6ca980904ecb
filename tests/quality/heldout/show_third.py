"""Calls that each fault of the third held-out list answers otherwise than the specification."""

from immutables import Map

from taskconform.model.spec.state import Server, State
from taskconform.model.vocabulary.calls import *  # noqa: F403
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.outcomes import ElementDescription, Faulted, TaskDescription

NOW = 1_700_000_000_000_000 - 1_700_000_000_000_000 % 60_000_000 + 7_000_000
SECOND = 1_000_000
ROOT = ObjectRef(type="Folder", value="group-d1")
FOLDER = ObjectRef(type="Folder", value="group-v2")
VM1, VM2, VM3 = (ObjectRef(type="VirtualMachine", value=f"vm-{n}") for n in (1, 2, 3))
NO_SUCH = ObjectRef(type="Task", value="task-none")
READ = frozenset({"System.View", "System.Read"})
ALL = READ | {
    "Task.Create", "Task.Update", "Global.CancelTask", "Extension.Register", "Extension.Update",
    "Extension.Unregister", "Folder.Create", "Folder.Delete", "ScheduledTask.Create", "ScheduledTask.Run",
    "ScheduledTask.Delete", "Alarm.Create", "Alarm.Delete", "Global.LogEvent",
}
EVERYWHERE = [ROOT, FOLDER, VM1, VM2, VM3]
WORK, REST, KEY = "com.suite.work", "com.suite.rest", "com.suite"
ALICE, BOB, CAROL = "LAB\\alice", "LAB\\bob", "LAB\\carol"
NONE = TaskFilterSpec()


def words(locale):
    def entry(key):
        return ElementDescription(key=key, label=f"{key} {locale}", summary=f"{key} {locale}")

    return TaskDescription(
        method_info=(entry("VirtualMachine.powerOn"), entry("Folder.destroy")),
        state=tuple(entry(one) for one in ("queued", "running", "success", "error")),
        reason=tuple(entry(f"TaskReason{one}") for one in ("Alarm", "Schedule", "System", "User")),
    )


def fresh(limit=4, cap=200):
    below = {VM1: FOLDER, VM2: FOLDER, VM3: ROOT, FOLDER: ROOT}
    names = {ROOT: "Datacenters", FOLDER: "vm", VM1: "one", VM2: "two", VM3: "three"}
    above = {ROOT: (), FOLDER: (ROOT.value,), VM3: (ROOT.value,)}
    above |= {VM1: (FOLDER.value, ROOT.value), VM2: (FOLDER.value, ROOT.value)}
    base = ("VimFault", "MethodFault")
    return State(
        server=Server(
            max_collector=limit,
            cap=cap,
            accounts=Map({"primary": ALICE, "second": BOB, "restricted": CAROL}),
            catalogs=Map({"en": words("en"), "de": words("de")}),
            faults={
                "NotFound": ("NotFound", *base),
                "GenericVmConfigFault": ("GenericVmConfigFault", "VmConfigFault", *base),
                "RequestCanceled": ("RequestCanceled", "RuntimeFault", "MethodFault"),
            },
        ),
        now=NOW,
        entities=Map({one.value: Entity(ref=one, name=names[one], parent=below.get(one)) for one in EVERYWHERE}),
        ancestors=Map({one.value: values for one, values in above.items()}),
        privileges=Map({
            "primary": Map({one.value: ALL for one in EVERYWHERE}),
            "second": Map({one.value: ALL for one in EVERYWHERE}),
            "restricted": Map({one.value: READ for one in EVERYWHERE if one != VM2}),
        }),
    )


class Run:
    """A specification at work: keeps every outcome."""

    def __init__(self, specification, **server):
        self.specification, self.state, self.outcomes = specification, fresh(**server), []
        self.login("main", "primary")
        self(RegisterExtension(session="main", key=KEY, version="1.0", task_ids=(WORK, REST)))

    def __call__(self, call):
        self.state, outcome = self.specification.step(self.state, call)
        self.outcomes.append((type(call).__name__, outcome))
        return outcome.fault if isinstance(outcome, Faulted) else outcome.value

    def login(self, name, account, **more):
        return self(Login(session=name, account=account, **more))

    def task(self, obj=VM1, type_id=WORK, session="main", cancelable=True, **more):
        return self(CreateTask(session=session, obj=obj, task_type_id=type_id, cancelable=cancelable, **more)).task

    def key(self, **more):
        return self.task(**more).value

    def set(self, task, state, session="main", **more):
        return self(SetTaskState(session=session, task=task, state=state, **more))

    def end(self, task, state="success", **more):
        self.set(task, "running")
        return self.set(task, state, **more)

    def progress(self, task, percent):
        return self(UpdateProgress(session="main", task=task, percent_done=percent))

    def cancel(self, task):
        return self(CancelTask(session="main", task=task))

    def info(self, *tasks, session="main"):
        return self(ReadTaskInfo(session=session, tasks=tasks))

    def recent(self, session="main"):
        return self(ReadRecentTask(session=session))

    def wait_recent(self):
        return self(WaitForRecentTask(session="main", fresh=True))

    def later(self, seconds):
        return self(AdvanceClock(session="main", seconds=seconds))

    def collect(self, session="main", **parts):
        return self(CreateCollectorForTasks(session=session, filter=TaskFilterSpec(**parts)))

    def next(self, collector, count=100, session="main"):
        return self(ReadNextTasks(session=session, collector=collector, max_count=count))

    def back(self, collector, count=100):
        return self(ReadPreviousTasks(session="main", collector=collector, max_count=count))

    def rewind(self, collector):
        return self(RewindCollector(session="main", collector=collector))

    def size(self, collector, count):
        return self(SetCollectorPageSize(session="main", collector=collector, max_count=count))

    def latest(self, collector):
        return self(ReadLatestPage(session="main", collector=collector))

    def held(self, **parts):
        return self.next(self.collect(**parts))

    def watch(self, *objs, session="main"):
        collector = self(CreatePropertyCollector(session=session))
        self(CreateFilter(session=session, collector=collector, watched=objs))
        return collector

    def wait(self, collector, version="", session="main", most=None):
        call = WaitForUpdatesEx(session=session, collector=collector, version=version, max_object_updates=most)
        return self(call)

    def alarm(self, name, entity=VM1):
        return self(CreateAlarm(session="main", entity=entity, name=name, task_type_id=WORK))

    def event(self, entity=VM1):
        return self(LogUserEvent(session="main", entity=entity))

    def schedule(self, name):
        return self(CreateScheduledTask(session="main", entity=VM1, name=name, task_type_id=WORK))


SHOWS = {}


def shows(name, **server):
    """Declare the calls that show a fault."""

    def declare(function):
        SHOWS[name] = (function, server)
        return function

    return declare


def outcomes(name, specification):
    """Return the outcomes of the calls that show a fault."""
    function, server = SHOWS[name]
    run = Run(specification, **server)
    function(run)
    return run.outcomes


# --- CreateTask and the fields that it fills --------------------------------------------------------------------------


@shows("type-known-by-extension-prefix")
def _(run):
    run(CreateTask(session="main", obj=VM1, task_type_id="com.suite.other", cancelable=False))


@shows("initiated-by-makes-cancelable")
def _(run):
    run.task(cancelable=False, initiated_by=BOB)


@shows("child-queued-with-parent")
def _(run):
    parent = run.key()
    run.later(30)
    run.task(parent_task_key=parent)


@shows("root-of-last-chain")
def _(run):
    first = run.key(parent_task_key=run.key())
    run.key(parent_task_key=run.key())
    run.task(parent_task_key=first)


@shows("type-list-of-four")
def _(run):
    types = tuple(f"com.suite.more.{n}" for n in range(5))
    run(RegisterExtension(session="main", key="com.suite.more", version="1.0", task_ids=types))
    run(CreateTask(session="main", obj=VM1, task_type_id=types[4], cancelable=False))


# --- the life of a task -----------------------------------------------------------------------------------------------


@shows("reference-result-as-text")
def _(run):
    task = run.task()
    run.end(task, result=VM1)
    run.info(task)


@shows("indirect-faults-refused")
def _(run):
    run.end(run.task(), "error", fault="GenericVmConfigFault")


@shows("start-time-at-first-progress")
def _(run):
    task = run.task()
    run.set(task, "running")
    run.info(task)


@shows("hundred-percent-completes")
def _(run):
    task = run.task()
    run.set(task, "running")
    run.progress(task, 100)
    run.info(task)


@shows("progress-in-signed-byte")
def _(run):
    task = run.task()
    run.set(task, "running")
    run.progress(task, 200)
    run.info(task)


@shows("zero-progress-unset")
def _(run):
    task = run.task()
    run.set(task, "running")
    run.progress(task, 0)
    run.info(task)


@shows("running-again-restarts-clock")
def _(run):
    task = run.task()
    run.set(task, "running")
    run.later(3)
    run.set(task, "running")
    run.info(task)


@shows("no-complete-time-without-run")
def _(run):
    task = run.task()
    run.set(task, "error", fault="NotFound")
    run.info(task)


@shows("misfit-result-still-ends")
def _(run):
    task = run.task()
    run.set(task, "running")
    run.set(task, "error", result="done")
    run.info(task)


@shows("update-by-maker-only")
def _(run):
    run.login("two", "second")
    run.set(run.task(), "running", session="two")


@shows("description-cut-at-32")
def _(run):
    task = run.task()
    run(SetTaskDescription(session="main", task=task, key="com.suite.work.phase.copying-the-third-disk"))
    run.info(task)


# --- CancelTask -------------------------------------------------------------------------------------------------------


@shows("cancelled-flag-cleared-at-end")
def _(run):
    task = run.task()
    run.cancel(task)
    run.info(task)


@shows("canceled-while-queued-has-start")
def _(run):
    task = run.task()
    run.cancel(task)
    run.info(task)


@shows("cancel-takes-children")
def _(run):
    parent = run.task()
    child = run.task(parent_task_key=parent.value)
    run.cancel(parent)
    run.info(child)


@shows("batch-of-cancels-one-error")
def _(run):
    both = [run.task(), run.task()]
    for task in both:
        run.set(task, "running")
        run.cancel(task)
    run.later(1)
    run.info(*both)


# --- recentTask -------------------------------------------------------------------------------------------------------


@shows("recent-window-from-queue-time")
def _(run):
    task = run.task()
    run.later(700)
    run.end(task)
    run.recent()


@shows("cap-per-outcome", cap=3)
def _(run):
    run.end(run.task(), "error", fault="NotFound")
    for _ in range(3):
        run.end(run.task())
    run.recent()


@shows("child-accessible-by-parent")
def _(run):
    run.login("low", "restricted")
    run.task(VM2, parent_task_key=run.key())
    run.recent("low")


@shows("initiator-sees-hidden")
def _(run):
    run.login("low", "restricted")
    run.task(VM2, initiated_by=CAROL)
    run.recent("low")


@shows("recent-cache-shared")
def _(run):
    run.login("low", "restricted")
    run.task(VM2)
    run.recent()
    run.recent("low")


@shows("fresh-wait-once-per-session")
def _(run):
    run.wait_recent()
    run.task()
    run.wait_recent()


# --- collectors: the limit, and whose they are ------------------------------------------------------------------------


@shows("anonymous-max-collector")
def _(run):
    run(ReadMaxCollector(session="nobody"))


@shows("filter-property-of-last-made")
def _(run):
    first = run.collect(state=("queued",))
    run.collect(state=("running",))
    run(ReadCollectorFilter(session="main", collector=first))


@shows("limit-counts-highest-slot", limit=3)
def _(run):
    first, _, _ = run.collect(), run.collect(), run.collect()
    run(DestroyCollector(session="main", collector=first))
    run.collect()


@shows("info-filter-collectors-uncounted", limit=2)
def _(run):
    spec = TaskInfoFilterSpec(remove_all=True)
    for _ in range(3):
        run(CreateCollectorWithInfoFilterForTasks(session="main", filter=NONE, info_filter=spec))


@shows("collectors-come-back-at-login")
def _(run):
    run.login("two", "second")
    collector = run.collect("two")
    run(Logout(session="two"))
    run.login("again", "second")
    run.next(collector, session="again")


# --- TaskFilterSpec ---------------------------------------------------------------------------------------------------


@shows("started-time-falls-back-to-queue-time")
def _(run):
    run.task()
    run.held(time=ByTime(time_type="startedTime", begin_time=NOW - SECOND))


@shows("all-of-root-leaves-out-root")
def _(run):
    run.task(ROOT)
    run.held(entity=ByEntity(entity=ROOT, recursion="all"))


@shows("open-end-frozen-at-creation")
def _(run):
    collector = run.collect(time=ByTime(time_type="queuedTime", begin_time=NOW - SECOND))
    run.later(5)
    run.task()
    run.next(collector)


@shows("end-time-in-whole-minutes")
def _(run):
    run.task()
    run.held(time=ByTime(time_type="queuedTime", end_time=NOW + SECOND))


@shows("user-list-bisected")
def _(run):
    run.task(initiated_by=BOB)
    run.held(user_name=ByUsername(system_user=False, user_list=(BOB, ALICE)))


@shows("empty-tag-only-alone")
def _(run):
    run.task()
    run.held(tag=("", "nightly"))


@shows("alarm-filter-by-entity")
def _(run):
    first = run.alarm("first")
    run.alarm("second")
    run.event()
    run.held(alarm=first)


@shows("schedule-filter-by-name")
def _(run):
    first = run.schedule("nightly")
    run(RunScheduledTask(session="main", scheduled_task=first))
    run(RemoveScheduledTask(session="main", scheduled_task=first))
    run.held(scheduled_task=run.schedule("nightly"))


@shows("canceled-is-not-error-to-filter")
def _(run):
    run.cancel(run.task())
    run.held(state=("error",))


# --- pages of a collector ---------------------------------------------------------------------------------------------


@shows("cursor-shared-by-equal-filter")
def _(run):
    run.task()
    first, second = run.collect(), run.collect()
    run.next(first)
    run.next(second)


@shows("page-size-of-first-read")
def _(run):
    for _ in range(3):
        run.task()
    collector = run.collect()
    run.next(collector, 3)
    run.rewind(collector)
    run.next(collector, 1)


@shows("reset-leaves-out-ten")
def _(run):
    for _ in range(5):
        run.task()
    collector = run.collect()
    run.size(collector, 2)
    run(ResetCollector(session="main", collector=collector))
    run.back(collector)


@shows("page-keeps-first-sight")
def _(run):
    task, collector = run.task(), run.collect()
    run.next(collector)
    run.end(task)
    run.rewind(collector)
    run.next(collector)


# --- latestPage -------------------------------------------------------------------------------------------------------


@shows("latest-by-last-move")
def _(run):
    first, _, collector = run.task(), run.task(), run.collect()
    run.set(first, "running")
    run.size(collector, 1)
    run.latest(collector)


@shows("full-latest-not-told")
def _(run):
    run.task()
    collector = run.collect()
    run.size(collector, 1)
    waiting = run.watch(collector)
    version = run.wait(waiting).version
    run.task()
    run.wait(waiting, version)


# --- views and the property collector ---------------------------------------------------------------------------------


@shows("version-used-once")
def _(run):
    task = run.task()
    waiting = run.watch(task)
    version = run.wait(waiting).version
    run.set(task, "running")
    run.wait(waiting, version)
    run.wait(waiting, version)


@shows("truncated-skips-one")
def _(run):
    waiting = run.watch(run.task(), run.task(), run.task())
    run.wait(waiting, run.wait(waiting, most=1).version)


@shows("reset-view-all-or-nothing")
def _(run):
    view = run(CreateListView(session="main", objs=()))
    run(ResetListView(session="main", view=view, objs=(run.task(), NO_SUCH)))
    run(ReadView(session="main", view=view))


@shows("reset-view-not-followed")
def _(run):
    view = run(CreateListView(session="main", objs=(run.task(),)))
    waiting = run.watch(view)
    run(ResetListView(session="main", view=view, objs=(run.task(),)))
    run.wait(waiting)


@shows("one-update-per-object")
def _(run):
    task = run.task()
    waiting = run.watch(task)
    run(CreateFilter(session="main", collector=waiting, watched=(task,)))
    run.wait(waiting)


@shows("watched-state-leaks")
def _(run):
    run.login("low", "restricted")
    run.wait(run.watch(run.task(VM2), session="low"), session="low")


@shows("logout-sweeps-views")
def _(run):
    run.login("more", "primary")
    view = run(CreateListView(session="main", objs=(run.task(),)))
    run(Logout(session="more"))
    run(ReadView(session="main", view=view))


# --- extensions and TaskDescription -----------------------------------------------------------------------------------


@shows("update-unknown-registers")
def _(run):
    run(UpdateExtension(session="main", key="com.suite.unknown", version="1.0", task_ids=()))


@shows("unregister-drops-shared-types")
def _(run):
    run(RegisterExtension(session="main", key="com.suite.more", version="1.0", task_ids=(WORK,)))
    run(UnregisterExtension(session="main", key="com.suite.more"))
    run(CreateTask(session="main", obj=VM1, task_type_id=WORK, cancelable=False))


@shows("find-extension-stale")
def _(run):
    run(FindExtension(session="main", key=KEY))
    run(UpdateExtension(session="main", key=KEY, version="2.0", task_ids=(WORK,)))
    run(FindExtension(session="main", key=KEY))


@shows("extension-types-in-default-locale-only")
def _(run):
    run.login("other", "second", locale="de")
    run(ReadDescription(session="other"))


# --- alarms, events ---------------------------------------------------------------------------------------------------


@shows("alarm-reason-is-user")
def _(run):
    run.alarm("first")
    run.event()
    run.held()


@shows("alarm-name-not-retained")
def _(run):
    alarm = run.alarm("first")
    run.event()
    run(RemoveAlarm(session="main", alarm=alarm))
    run.held()


@shows("event-snapshot-late")
def _(run):
    task = run.task()
    run.set(task, "running")
    run(QueryTaskEvents(session="main", chain=run.info(task)[0].value.event_chain_id))
