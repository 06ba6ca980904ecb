"""A run of calls on a specification, as the fourth and the fifth held-out list show their faults by it."""

from immutables import Map

from taskconform.model.spec.state import Server, State
from taskconform.model.vocabulary.calls import *  # noqa: F403
from taskconform.model.vocabulary.declaration import Entity, Operation
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
    "Extension.Unregister", "Folder.Create", "Folder.Delete", "Folder.Rename", "ScheduledTask.Create",
    "ScheduledTask.Run", "ScheduledTask.Delete", "Alarm.Create", "Alarm.Delete", "Global.LogEvent",
}
EVERYWHERE = [ROOT, FOLDER, VM1, VM2, VM3]
WORK, REST, KEY = "com.suite.work", "com.suite.rest", "com.suite"
ALICE, BOB, CAROL = "LAB\\alice", "LAB\\bob", "LAB\\carol"
NONE = TaskFilterSpec()
RENAME = "Rename_Task"


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
                "Timedout": ("Timedout", *base),
                "RequestCanceled": ("RequestCanceled", "RuntimeFault", "MethodFault"),
            },
            operations=Map({RENAME: Operation(name=RENAME, entities=(VM1, VM3), seconds=10.0)}),
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

    def logout(self, name):
        return self(Logout(session=name))

    def register(self, key, *task_ids, session="main"):
        return self(RegisterExtension(session=session, key=key, version="1.0", task_ids=task_ids))

    def unregister(self, key):
        return self(UnregisterExtension(session="main", key=key))

    def task(self, obj=VM1, type_id=WORK, session="main", cancelable=True, **more):
        made = self(CreateTask(session=session, obj=obj, task_type_id=type_id, cancelable=cancelable, **more))
        return getattr(made, "task", NO_SUCH)  # none was made

    def child(self, parent, **more):
        return self.task(parent_task_key=parent.value, **more)

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

    def previous(self, collector, count=100):
        return self(ReadPreviousTasks(session="main", collector=collector, max_count=count))

    def size(self, collector, count):
        return self(SetCollectorPageSize(session="main", collector=collector, max_count=count))

    def latest(self, collector):
        return self(ReadLatestPage(session="main", collector=collector))

    def view(self, *objs):
        return self(CreateListView(session="main", objs=objs))

    def modify(self, view, add=(), remove=()):
        return self(ModifyListView(session="main", view=view, add=add, remove=remove))

    def members(self, view):
        return self(ReadView(session="main", view=view))

    def watcher(self):
        return self(CreatePropertyCollector(session="main"))

    def filter(self, watcher, *objs, **more):
        return self(CreateFilter(session="main", collector=watcher, watched=objs, **more))

    def wait(self, watcher, version="", most=None):
        return self(WaitForUpdatesEx(session="main", collector=watcher, version=version, max_object_updates=most))

    def operation(self, entity=VM3, session="main"):
        return self(StartOperation(session=session, operation=RENAME, entity=entity))
