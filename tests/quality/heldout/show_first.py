"""Calls that each fault of the first held-out list answers otherwise than the specification."""

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


@shows("root-across-entities")
def _(run):
    head = run.task(VM1)
    child = run.task(VM2, parent_task_key=head.key)
    run.task(VM2, parent_task_key=child.key)


@shows("initiated-by-needs-login")
def _(run):
    run.task(initiated_by="LAB\\bob")


@shows("entity-name-of-first-seen")
def _(run):
    run.task(VM1)
    run.task(VM2)


@shows("type-by-extension-key")
def _(run):
    run.task(type_id="com.suite.unregistered")


@shows("refused-type-still-queued")
def _(run):
    run.task(type_id="com.else")
    run.recent()


@shows("queue-time-in-minutes")
def _(run):
    run.task()


@shows("result-reference-as-text")
def _(run):
    one = run.task()
    run.set(one, "running")
    run.set(one, "success", result=VM1)
    run.info(one)


@shows("progress-as-signed-byte")
def _(run):
    one = run.task()
    run.set(one, "running")
    run(UpdateProgress(session="main", task=one.task, percent_done=150))
    run.info(one)


@shows("progress-drops-description")
def _(run):
    one = run.task()
    run.set(one, "running")
    run(SetTaskDescription(session="main", task=one.task, key="com.suite.phase"))
    run(UpdateProgress(session="main", task=one.task, percent_done=10))
    run.info(one)


@shows("start-time-by-first-progress")
def _(run):
    one = run.task()
    run.set(one, "running")
    run.info(one)


@shows("indirect-vim-fault-refused")
def _(run):
    one = run.task()
    run.set(one, "running")
    run.set(one, "error", fault="GenericVmConfigFault")


@shows("canceled-without-complete-time")
def _(run):
    one = run.task()
    run.set(one, "running")
    run(CancelTask(session="main", task=one.task))
    run.pause(1)
    run.info(one)


@shows("refused-end-restamps")
def _(run):
    one = run.done()
    run.pause(5)
    run.set(one, "running")
    run.info(one)


@shows("window-from-queue-time")
def _(run):
    one = run.task()
    run.set(one, "running")
    run.pause(660)
    run.set(one, "success")
    run.recent()


@shows("cap-over-whole-list")
def _(run):
    done = run.done()
    for _ in range(140):
        run.done()
    for _ in range(60):
        run.task()
    run.recent()
    run.info(done)


@shows("cap-per-entity")
def _(run):
    for _ in range(105):
        run.done(VM1)
        run.done(VM2)
    run.recent()


@shows("access-by-ancestor")
def _(run):
    run.task(VM2)
    run.login("less", "restricted")
    run.recent("less")


@shows("pruned-on-events")
def _(run):
    run.done()
    run.pause(700)
    run.recent()


@shows("wait-first-64")
def _(run):
    for _ in range(65):
        run.task()
    run(WaitForRecentTask(session="main", fresh=True))


@shows("queued-ring-50")
def _(run):
    for _ in range(51):
        run.task()
    run.recent()


@shows("paged-collector-leaks", limit=2)
def _(run):
    for _ in range(3):
        ref = run.collector()
        if isinstance(ref, ObjectRef):
            run.size(ref, 5)
            run(DestroyCollector(session="main", collector=ref))


@shows("limit-evicts-oldest", limit=2)
def _(run):
    for _ in range(3):
        run.collector()


@shows("refused-filter-takes-place", limit=2)
def _(run):
    for _ in range(2):
        run(CreateCollectorForTasks(session="main", filter=None))
    run.collector()


@shows("all-needs-a-child")
def _(run):
    run.task(VM1)
    run.held(entity=ByEntity(entity=VM1, recursion="all"))


@shows("end-ignored-beside-begin")
def _(run):
    run.task()
    run.pause(20)
    run.task()
    bounds = {"begin_time": NOW - 5_000_000, "end_time": NOW + 5_000_000}
    run.held(time=ByTime(time_type="queuedTime", **bounds))


@shows("missing-stamp-passes-end")
def _(run):
    run.task()
    run.held(time=ByTime(time_type="completedTime", end_time=NOW + 5_000_000))


@shows("user-list-last-only")
def _(run):
    run.login("other", "second")
    run.task()
    run.task(session="other")
    run.held(user_name=ByUsername(system_user=False, user_list=("LAB\\alice", "LAB\\bob")))


@shows("user-or-state")
def _(run):
    run.login("other", "second")
    run.task(session="other")
    run.held(user_name=ByUsername(system_user=False, user_list=("LAB\\alice",)), state=("queued",))


@shows("empty-tag-beside-others")
def _(run):
    run.task()
    run.held(tag=("nobody has this", ""))


@shows("parent-key-live-parents")
def _(run):
    head = run.task()
    run.task(parent_task_key=head.key)
    run.set(head, "running")
    run.set(head, "success")
    run.held(parent_task_key=(head.key,))


@shows("any-alarm")
def _(run):
    made = [run(CreateAlarm(session="main", entity=one, name=one.value, task_type_id=WORK)) for one in (VM1, VM2)]
    run(LogUserEvent(session="main", entity=VM1))
    run(LogUserEvent(session="main", entity=VM2))
    run.held(alarm=made[0])


@shows("latest-run-only")
def _(run):
    made = run(CreateScheduledTask(session="main", entity=VM1, name="nightly", task_type_id=WORK))
    run(RunScheduledTask(session="main", scheduled_task=made))
    run(RunScheduledTask(session="main", scheduled_task=made))
    run.held(scheduled_task=made)


@shows("chain-overrides-others")
def _(run):
    one = run.task(VM1)
    run.held(event_chain_id=(one.event_chain_id,), entity=ByEntity(entity=VM2, recursion="self"))


@shows("activation-list-shared")
def _(run):
    run.task(activation_id="a")
    run.task(activation_id="b")
    run.held(activation_id=("a",))
    run.held(activation_id=("b",))


@shows("filter-read-in-local-time")
def _(run):
    ref = run.collector(time=ByTime(time_type="queuedTime", begin_time=NOW))
    run(ReadCollectorFilter(session="main", collector=ref))


@shows("page-cut-at-100")
def _(run):
    for _ in range(110):
        run.task()
    ref = run.collector()
    run.next(ref, 105)
    run.next(ref, 105)


@shows("rewind-after-end-ignored")
def _(run):
    run.task()
    ref = run.collector()
    run.next(ref)
    run.next(ref)
    run(RewindCollector(session="main", collector=ref))
    run.next(ref)


@shows("cursor-by-timestamp")
def _(run):
    run.task()
    run.task()
    ref = run.collector()
    run.next(ref, 1)
    run.next(ref, 1)


@shows("cursors-shared-by-filter")
def _(run):
    run.task()
    run.task()
    refs = [run.collector(), run.collector()]
    run.next(refs[0], 1)
    run.next(refs[1], 1)


@shows("reset-by-default-size")
def _(run):
    for _ in range(5):
        run.task()
    ref = run.collector()
    run.size(ref, 2)
    run(ResetCollector(session="main", collector=ref))
    run(ReadPreviousTasks(session="main", collector=ref, max_count=10))


@shows("previous-negative-count")
def _(run):
    run(ReadPreviousTasks(session="main", collector=run.collector(), max_count=-1))


@shows("latest-by-last-change")
def _(run):
    old = run.task()
    run.task()
    run.set(old, "running")
    ref = run.collector()
    run.size(ref, 1)
    run.latest(ref)


@shows("monitor-by-length")
def _(run):
    run.task()
    ref = run.collector()
    run.size(ref, 1)
    watch = run.watching(ref)
    version = run.wait(watch).version
    run.task()
    run.wait(watch, version)


@shows("items-cached-at-first-read")
def _(run):
    one = run.task()
    ref = run.collector()
    run.next(ref)
    run.set(one, "running")
    run.set(one, "success")
    run(RewindCollector(session="main", collector=ref))
    run.next(ref)


@shows("destroy-by-prefix", limit=12)
def _(run):
    refs = [run.collector() for _ in range(10)]
    run(DestroyCollector(session="main", collector=refs[0]))
    run.next(refs[9])


@shows("truncated-skips-one")
def _(run):
    made = [run.done() for _ in range(3)]
    watch = run.watching(*[one.task for one in made])
    found = run.wait(watch, max_object_updates=1)
    while found is not None and found.truncated:
        found = run.wait(watch, found.version, max_object_updates=1)
    run.wait(watch, found.version)


@shows("version-reuse-empty")
def _(run):
    one = run.task()
    watch = run.watching(one.task)
    version = run.wait(watch).version
    run.set(one, "running")
    run.wait(watch, version)
    run.wait(watch, version)


@shows("view-of-32")
def _(run):
    made = [run.task() for _ in range(33)]
    view = run(CreateListView(session="main", objs=tuple(one.task for one in made)))
    run.wait(run.watching(view))


@shows("unresolved-aborts-rest")
def _(run):
    one = run.task()
    view = run(CreateListView(session="main", objs=()))
    run(ModifyListView(session="main", view=view, add=(ObjectRef(type="Task", value=NO_TASK), one.task)))
    run(ReadView(session="main", view=view))


@shows("destroy-pops-last-filter")
def _(run):
    one, other = run.task(), run.task()
    watch = run(CreatePropertyCollector(session="main"))
    made = run(CreateFilter(session="main", collector=watch, watched=(one.task,)))
    run(CreateFilter(session="main", collector=watch, watched=(other.task,)))
    run(DestroyPropertyFilter(session="main", filter=made))
    run.wait(watch)


@shows("ended-before-left-out")
def _(run):
    run.wait(run.watching(run.done().task))


@shows("description-unprivileged")
def _(run):
    one = run.task()
    run.login("less", "restricted")
    run(SetTaskDescription(session="less", task=one.task, key="com.suite.phase"))


@shows("collectors-kept-by-user")
def _(run):
    ref = run.collector()
    run(Logout(session="main"))
    run.login("again", "primary")
    run.next(ref, session="again")


@shows("locale-of-last-login")
def _(run):
    run.login("other", "second", locale="de")
    run(ReadDescription(session="main"))


@shows("logout-ends-users-sessions")
def _(run):
    run.login("twin", "primary")
    run(Logout(session="twin"))
    run.recent()


@shows("info-first-checked-only")
def _(run):
    made = [run.task(VM1), run.task(VM2)]
    run.login("less", "restricted")
    run.info(*made, session="less")


@shows("find-extension-by-prefix")
def _(run):
    run(FindExtension(session="main", key="com.suite.other"))


@shows("shared-type-lost")
def _(run):
    run(RegisterExtension(session="main", key="com.twin", version="1", task_ids=(WORK,)))
    run(UnregisterExtension(session="main", key="com.twin"))
    run.task()


@shows("extension-list-after-unregister")
def _(run):
    run(UnregisterExtension(session="main", key=KEY))
    run(ReadExtensionList(session="main"))


@shows("refused-register-overwrites")
def _(run):
    run(RegisterExtension(session="main", key=KEY, version="2.0", task_ids=(WORK,)))
    run(FindExtension(session="main", key=KEY))


def outcomes(name, specification):
    function, server = SHOWS[name]
    run = Run(specification, **server)
    function(run)
    return run.outcomes
