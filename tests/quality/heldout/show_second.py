"""Calls that each fault of the second held-out list answers otherwise than the specification."""

from immutables import Map

from taskconform.model.spec.state import Server, State
from taskconform.model.vocabulary.calls import *  # noqa: F403
from taskconform.model.vocabulary.declaration import Entity
from taskconform.model.vocabulary.outcomes import ElementDescription, Faulted, TaskDescription

NOW = 1_700_000_000_000_000 - 1_700_000_000_000_000 % 60_000_000 + 7_000_000
ROOT = ObjectRef(type="Folder", value="group-d1")
FOLDER = ObjectRef(type="Folder", value="group-v2")
VM1, VM2, VM3 = (ObjectRef(type="VirtualMachine", value=f"vm-{n}") for n in (1, 2, 3))
ALL = frozenset({
    "System.View", "System.Read", "Task.Create", "Task.Update", "Global.CancelTask", "Extension.Register",
    "Extension.Update", "Extension.Unregister", "Folder.Create", "Folder.Delete", "ScheduledTask.Create",
    "ScheduledTask.Run", "ScheduledTask.Delete", "Alarm.Create", "Alarm.Delete", "Global.LogEvent",
})
READ = frozenset({"System.View", "System.Read"})
EVERYWHERE = [ROOT, FOLDER, VM1, VM2, VM3]
WORK, REST, KEY = "com.suite.work", "com.suite.rest", "com.suite"


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
            accounts=Map({"primary": "LAB\\alice", "second": "LAB\\bob", "restricted": "LAB\\carol"}),
            catalogs=Map({"en": words("en"), "de": words("de")}),
            faults={
                "NotFound": ("NotFound", *base),
                "InvalidState": ("InvalidState", *base),
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
        return self(CreateTask(session=session, obj=obj, task_type_id=type_id, cancelable=cancelable, **more))

    def set(self, info, state, session="main", **more):
        return self(SetTaskState(session=session, task=info.task, state=state, **more))

    def done(self, obj=VM1, **more):
        info = self.task(obj, **more)
        self.set(info, "running")
        self.set(info, "success")
        return info

    def info(self, *infos, session="main"):
        return self(ReadTaskInfo(session=session, tasks=tuple(one.task for one in infos)))

    def pause(self, seconds):
        return self(AdvanceClock(session="main", seconds=seconds))

    def collector(self, session="main", **parts):
        return self(CreateCollectorForTasks(session=session, filter=TaskFilterSpec(**parts)))

    def next(self, ref, count=10, session="main"):
        return self(ReadNextTasks(session=session, collector=ref, max_count=count))

    def latest(self, ref):
        return self(ReadLatestPage(session="main", collector=ref))

    def size(self, ref, count):
        return self(SetCollectorPageSize(session="main", collector=ref, max_count=count))

    def held(self, **parts):
        return self.next(self.collector(**parts), 1000)

    def recent(self, session="main"):
        return self(ReadRecentTask(session=session))

    def progress(self, info, percent, session="main"):
        return self(UpdateProgress(session=session, task=info.task, percent_done=percent))

    def cancel(self, info, session="main"):
        return self(CancelTask(session=session, task=info.task))

    def previous(self, ref, count=10):
        return self(ReadPreviousTasks(session="main", collector=ref, max_count=count))

    def running(self, obj=VM1, **more):
        info = self.task(obj, **more)
        self.set(info, "running")
        return info

    def watching(self, *watched):
        ref = self(CreatePropertyCollector(session="main"))
        self(CreateFilter(session="main", collector=ref, watched=watched))
        return ref

    def wait(self, ref, version="", **more):
        return self(WaitForUpdatesEx(session="main", collector=ref, version=version, **more))


SHOWS = {}


def shows(name, **server):
    def declare(function):
        SHOWS[name] = (function, server)
        return function

    return declare


@shows("initiated-by-lost-with-parent")
def _(run):
    head = run.task()
    run.task(parent_task_key=head.key, initiated_by="LAB\\bob")


@shows("activation-id-makes-idempotent")
def _(run):
    run.task(activation_id="job-1")
    run.task(activation_id="job-1")


@shows("cancelable-cached-by-type")
def _(run):
    run.task()
    run.task(cancelable=False)


@shows("child-takes-parents-entity")
def _(run):
    head = run.task(VM1)
    run.task(VM2, parent_task_key=head.key)


@shows("root-two-levels-up")
def _(run):
    one = run.task()
    for _ in range(3):
        one = run.task(parent_task_key=one.key)


@shows("initiated-by-grants")
def _(run):
    run.login("less", "restricted")
    run.task(session="less")
    run.task(session="less", initiated_by="LAB\\alice")


@shows("misfit-checked-at-end-only")
def _(run):
    one = run.task()
    run.set(one, "running", result="done")
    run.info(one)


@shows("failed-task-can-rerun")
def _(run):
    one = run.running()
    run.set(one, "error", fault="NotFound")
    run.set(one, "running")
    run.info(one)
    run.recent()
    run.set(one, "success")
    run.recent()


@shows("progress-restamps-start")
def _(run):
    one = run.running()
    run.pause(5)
    run.progress(one, 30)
    run.info(one)


@shows("complete-time-at-cancel")
def _(run):
    one = run.running()
    run.cancel(one)
    run.info(one)


@shows("evicted-task-forgets-phase")
def _(run):
    one = run.running()
    run.progress(one, 30)
    run(SetTaskDescription(session="main", task=one.task, key="com.suite.phase"))
    run.info(one)
    for _ in range(64):
        run.task()
    run.info(one)


@shows("progress-looks-up-live-only")
def _(run):
    run.progress(run.done(), 50)


@shows("description-first-argument")
def _(run):
    one = run.running()
    run(SetTaskDescription(session="main", task=one.task, key="com.suite.phase", args=(("a", "1"), ("b", "2"))))
    run.info(one)


@shows("description-stored-by-type")
def _(run):
    one, other = run.running(), run.running()
    run(SetTaskDescription(session="main", task=one.task, key="com.suite.first"))
    run(SetTaskDescription(session="main", task=other.task, key="com.suite.second"))
    run.info(one, other)


@shows("progress-undoes-cancel")
def _(run):
    one = run.running()
    run.cancel(one)
    run.progress(one, 50)
    run.pause(1)
    run.info(one)


@shows("uncancelable-flagged")
def _(run):
    one = run.task(cancelable=False)
    run.cancel(one)
    run.info(one)


@shows("late-cancel-overwrites-end")
def _(run):
    one = run.running()
    run.cancel(one)
    run.set(one, "success", result="done")
    run.info(one)
    run.pause(1)
    run.info(one)


@shows("early-progress-kept")
def _(run):
    one = run.task()
    run.progress(one, 40)
    run.set(one, "running")
    run.info(one)


@shows("failed-tasks-never-age")
def _(run):
    one = run.running()
    run.set(one, "error", fault="NotFound")
    run.pause(661)
    run.recent()


@shows("cap-by-creation")
def _(run):
    one = run.running()
    for _ in range(205):
        run.done()
    run.set(one, "success")
    run.recent()


@shows("parent-listed-per-child")
def _(run):
    head = run.task()
    run.task(parent_task_key=head.key)
    run.task(parent_task_key=head.key)
    run.recent()


@shows("recent-cached-in-second")
def _(run):
    run.recent()
    run.task()
    run.recent()


@shows("access-cached-by-entity-type")
def _(run):
    run.task(VM1)
    run.task(VM2)
    run.login("less", "restricted")
    run.recent("less")


@shows("recent-drops-logged-out-maker")
def _(run):
    run.login("other", "second")
    run.task(session="other")
    one = run.task(session="other")
    run.set(one, "running")
    run.set(one, "success")
    run.recent()
    run(Logout(session="other"))
    run.recent()


@shows("place-freed-for-newest-only", limit=2)
def _(run):
    first = run.collector()
    run.collector()
    run(DestroyCollector(session="main", collector=first))
    run.collector()


@shows("logout-leaks-one-place", limit=2)
def _(run):
    run.collector()
    run.collector()
    run(Logout(session="main"))
    run.login("main", "primary")
    run.collector()
    run.collector()


@shows("paging-writes-filter")
def _(run):
    run.task()
    ref = run.collector(state=("queued",))
    run.next(ref)
    run(ReadCollectorFilter(session="main", collector=ref))


@shows("remove-all-wipes-task")
def _(run):
    one = run.running()
    run.set(one, "success", result="done")
    leave_out = TaskInfoFilterSpec(remove_all=True)
    made = CreateCollectorWithInfoFilterForTasks(session="main", filter=TaskFilterSpec(), info_filter=leave_out)
    run.next(run(made))
    run.info(one)


@shows("children-of-leaf-is-itself")
def _(run):
    run.task(VM1)
    run.held(entity=ByEntity(entity=VM1, recursion="children"))


@shows("root-self-means-everything")
def _(run):
    run.task(VM1)
    run.held(entity=ByEntity(entity=ROOT, recursion="self"))


@shows("begin-rounded-to-minute")
def _(run):
    run.task()
    run.pause(20)
    run.task()
    run.held(time=ByTime(time_type="queuedTime", begin_time=NOW + 10_000_000))


@shows("completed-by-start-time")
def _(run):
    one = run.running()
    run.pause(60)
    run.set(one, "success")
    run.held(time=ByTime(time_type="completedTime", begin_time=NOW + 30_000_000))


@shows("no-list-means-me")
def _(run):
    run.login("other", "second")
    run.task()
    run.task(session="other")
    run.held(user_name=ByUsername(system_user=False))


@shows("tag-ignored-beside-state")
def _(run):
    run.task()
    run.held(tag=("nobody has this",))
    run.held(tag=("nobody has this",), state=("queued",))


@shows("parent-key-takes-descendants")
def _(run):
    head = run.task()
    child = run.task(parent_task_key=head.key)
    run.task(parent_task_key=child.key)
    run.held(parent_task_key=(head.key,))


@shows("alarm-link-lost-at-end")
def _(run):
    alarm = run(CreateAlarm(session="main", entity=VM1, name="hot", task_type_id=WORK))
    run(LogUserEvent(session="main", entity=VM1))
    (one,) = run.held(alarm=alarm)
    run.set(one, "running")
    run.set(one, "success")
    run.held(alarm=alarm)


@shows("activation-by-prefix")
def _(run):
    run.task(activation_id="job-1")
    run.task(activation_id="job-12")
    run.held(activation_id=("job-1",))


@shows("root-keys-first-ten")
def _(run):
    heads = [run.task() for _ in range(11)]
    for head in heads:
        run.task(parent_task_key=head.key)
    run.held(root_task_key=tuple(head.key for head in heads))


@shows("end-is-final")
def _(run):
    run.task()
    ref = run.collector()
    run.next(ref)
    run.next(ref)
    run.task()
    run.next(ref)


@shows("page-size-for-all")
def _(run):
    for _ in range(5):
        run.task()
    one, other = run.collector(), run.collector()
    run.size(one, 5)
    run.size(other, 1)
    run.latest(one)


@shows("reset-skips-one")
def _(run):
    for _ in range(5):
        run.task()
    ref = run.collector()
    run.size(ref, 2)
    run(ResetCollector(session="main", collector=ref))
    run.previous(ref)


@shows("ordered-by-key-text")
def _(run):
    for _ in range(12):
        run.task()
        run.pause(2)
    run.next(run.collector(), 12)


@shows("latest-cut-before-filter")
def _(run):
    run.task(VM1)
    run.task(VM2)
    run.task(VM2)
    ref = run.collector(entity=ByEntity(entity=VM1, recursion="self"))
    run.size(ref, 2)
    run.latest(ref)


@shows("batch-of-50-loses-one")
def _(run):
    for _ in range(60):
        run.task()
    run.held()


@shows("latest-read-moves-cursor")
def _(run):
    for _ in range(3):
        run.task()
    ref = run.collector()
    run.next(ref, 1)
    run.latest(ref)
    run.next(ref, 1)


@shows("history-loses-error")
def _(run):
    one = run.running()
    run.set(one, "error", fault="NotFound")
    run.held()


@shows("entity-name-blank-when-gone")
def _(run):
    folder = run(CreateFolder(session="main", parent=FOLDER, name="passing"))
    run.done(folder)
    run(Destroy(session="main", entity=folder))
    run.held()


@shows("view-shared-by-user")
def _(run):
    view = run(CreateListView(session="main", objs=(run.task().task,)))
    run.login("twin", "primary")
    run(ReadView(session="twin", view=view))


@shows("single-steps-told")
def _(run):
    one = run.task()
    watch = run.watching(one.task)
    version = run.wait(watch).version
    run.set(one, "running")
    run.set(one, "success")
    run.wait(watch, version)


@shows("filter-copies-view")
def _(run):
    one = run.task()
    view = run(CreateListView(session="main", objs=()))
    watch = run.watching(view)
    run(ModifyListView(session="main", view=view, add=(one.task,)))
    run.wait(watch)


@shows("canceled-wait-gives-null")
def _(run):
    watch = run.watching(run.task().task)
    version = run.wait(watch).version
    run(BreakOffWait(session="main", collector=watch, version=version, by="cancel"))


@shows("version-compared-as-text")
def _(run):
    made = [run.task() for _ in range(10)]
    watch = run.watching(*[one.task for one in made])
    versions = [run.wait(watch).version]
    for one in made[:9]:
        run.set(one, "running")
        versions.append(run.wait(watch, versions[-1]).version)
    run.wait(watch, versions[8])


@shows("missing-checked-first-only")
def _(run):
    run.watching(run.task().task, ObjectRef(type="Task", value=NO_TASK))


@shows("ended-session-reads-info")
def _(run):
    one = run.task()
    run(Logout(session="main"))
    run.info(one)


@shows("used-type-stays-known")
def _(run):
    run.task()
    run(UnregisterExtension(session="main", key=KEY))
    run.task()


@shows("reregistered-with-old-types")
def _(run):
    other = f"{KEY}.other"
    run(RegisterExtension(session="main", key=other, version="1.0", task_ids=(f"{other}.old",)))
    run(UnregisterExtension(session="main", key=other))
    run(RegisterExtension(session="main", key=other, version="1.0", task_ids=(f"{other}.new",)))
    run.task(type_id=f"{other}.new")


@shows("method-info-misses-updates")
def _(run):
    run(UpdateExtension(session="main", key=KEY, version="1.0", task_ids=(WORK, REST, "com.suite.more")))
    run(ReadDescription(session="main"))


@shows("state-keys-translated")
def _(run):
    run.login("german", "second", locale="de")
    run(ReadDescription(session="german"))


@shows("alarm-name-lost-on-removal")
def _(run):
    alarm = run(CreateAlarm(session="main", entity=VM1, name="hot", task_type_id=WORK))
    run(LogUserEvent(session="main", entity=VM1))
    run(RemoveAlarm(session="main", alarm=alarm))
    run.held()


@shows("event-info-is-live")
def _(run):
    one = run.running()
    run(QueryTaskEvents(session="main", chain=one.event_chain_id))


def outcomes(name, specification):
    function, server = SHOWS[name]
    run = Run(specification, **server)
    function(run)
    return run.outcomes
