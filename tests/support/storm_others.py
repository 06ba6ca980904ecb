"""Others on the same server: a neighbour who works there all the time, and somebody who ends our sessions."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

KEY = "com.example.neighbour"
TYPE = f"{KEY}.work"
BURST = 40


@contextmanager
def connected(url, account):
    """A pyVmomi client of its own, straight to the server."""
    parts = urlsplit(url)
    instance = SmartConnect(
        protocol=parts.scheme, host=parts.hostname, port=parts.port, user=account, pwd=account,
        disableSslCertValidation=True,
    )  # fmt: skip
    try:
        yield instance
    finally:
        with suppress(Exception):  # the server may be gone by now
            Disconnect(instance)
        instance._stub.DropConnections()


class Other(threading.Thread):
    """Somebody who does one thing after the other, until told to stop; who comes back when the server does."""

    def __init__(self, url, account, seed, pause):
        super().__init__(daemon=True)
        self.url, self.account, self.pause = url, account, pause
        self.random = random.Random(seed)  # noqa: S311  # no secrets
        self.stopped = threading.Event()
        self.did = 0

    def run(self):
        while not self.stopped.is_set():
            # sessions end, servers restart, tasks go: whatever happens, start again
            with suppress(Exception), connected(self.url, self.account) as instance:
                self.begin(instance)
                while not self.stopped.wait(self.pause * self.random.random()):
                    self.act(instance)
                    self.did += 1
            self.stopped.wait(0.1)

    def begin(self, instance):
        """What is done after a login."""

    def act(self, instance):
        """One thing."""
        raise NotImplementedError

    @contextmanager
    def busy(self):
        """At work, for as long as the context lasts."""
        self.start()
        try:
            yield self
        finally:
            self.stopped.set()
            self.join(30)


class Neighbour(Other):
    """Makes tasks, ends them, in bursts too; reads history; registers and unregisters an extension."""

    def begin(self, instance):
        content = instance.RetrieveContent()
        self.live = []
        view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
        self.machines = list(view.view)
        view.DestroyView()
        if content.extensionManager.FindExtension(KEY) is None:
            self._register(content)

    def _register(self, content):
        content.extensionManager.RegisterExtension(
            vim.Extension(
                description=vim.Description(label="neighbour", summary="neighbour"),
                key=KEY,
                version="1",
                taskList=[vim.Extension.TaskTypeInfo(taskID=TYPE)],
                lastHeartbeatTime=datetime.now(UTC),
            )
        )

    def act(self, instance):
        content = instance.content
        what = self.random.choices(("make", "move", "burst", "read", "history", "extension"), (6, 8, 1, 3, 2, 1))[0]
        getattr(self, f"_{what}")(content)

    def _make(self, content):
        info = content.taskManager.CreateTask(self.random.choice(self.machines), TYPE, None, self.random.random() < 0.5)
        self.live.append(info.task)

    def _move(self, _content):
        if not self.live:
            return
        task = self.live.pop(self.random.randrange(len(self.live)))
        task.SetTaskState("running")
        if self.random.random() < 0.5:
            task.UpdateProgress(self.random.randrange(101))
        if self.random.random() < 0.7:
            task.SetTaskState("success", self.random.choice(("done", None)))
        else:
            self.live.append(task)

    def _burst(self, content):
        for _ in range(BURST):
            info = content.taskManager.CreateTask(self.random.choice(self.machines), TYPE, None, cancelable=True)
            info.task.SetTaskState("running")
            info.task.SetTaskState("success")

    def _read(self, content):
        for task in list(content.taskManager.recentTask)[-3:]:
            with suppress(vmodl.fault.ManagedObjectNotFound):
                task.info  # noqa: B018  # a read

    def _history(self, content):
        collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
        while collector.ReadNextTasks(200):
            pass
        collector.DestroyCollector()

    def _extension(self, content):
        content.extensionManager.UnregisterExtension(KEY)
        self.live.clear()
        self._register(content)


class Ender(Other):
    """Ends a session of the suite's now and then."""

    def act(self, instance):
        manager = instance.content.sessionManager
        theirs = [one.key for one in manager.sessionList if one.userAgent.startswith("taskconform/")]
        if theirs:
            with suppress(vim.fault.NotFound):
                manager.TerminateSession([self.random.choice(theirs)])
