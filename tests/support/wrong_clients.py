"""Programs that use a vCenter through pyVmomi: one that does it right, and some with the mistakes that programs make.

Of each mistake an issue of somebody's project tells: queued taken for ended (vCenterShell 708), running taken for
failed (vmware.vmware 64), the reference of a task dropped too soon (cluster-api-provider-vsphere 199), the first page
taken for all there is.
"""

from __future__ import annotations

from contextlib import contextmanager

from pyVim.connect import Disconnect, SmartConnect
from pyVim.task import WaitForTask
from pyVmomi import vim

WAIT = 20
"""Seconds of real time after which nothing more is waited for."""


@contextmanager
def connected(vcenter):
    """A client that has logged in."""
    instance = SmartConnect(
        host=vcenter.host, port=vcenter.port, user=vcenter.user, pwd=vcenter.password, disableSslCertValidation=True
    )
    try:
        yield instance.content
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()


def machines(content):
    """The virtual machines, in the order of the inventory."""
    return content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True).view


# --- following one task -----------------------------------------------------------------------------------------------


def waits(task):
    """Right: wait for its updates until it has ended."""
    return WaitForTask(task, maxWaitTime=WAIT)


def polls(task):
    """Right: look until it is neither queued nor running."""
    while task.info.state in {"queued", "running"}:
        pass
    return task.info.state


def takes_queued_for_ended(task):
    """Look for as long as it runs."""
    while task.info.state == "running":
        pass
    return task.info.state


def takes_running_for_failed(task):
    """Look until it has begun; whatever is not a success then is an error."""
    while task.info.state == "queued":
        pass
    return "success" if task.info.state == "success" else "error"


# --- finding tasks ----------------------------------------------------------------------------------------------------


def read_history(content, entity):
    """Right: all tasks on an entity, page after page until one is empty."""
    found, collector = [], collect(content, entity)
    while page := collector.ReadNextTasks(10):
        found += page
    collector.DestroyCollector()
    return found


def takes_latest_page_for_all(content, entity):
    """All tasks on an entity, as far as the latest page has them."""
    collector = collect(content, entity)
    found = list(collector.latestPage)
    collector.DestroyCollector()
    return found


def collect(content, entity):
    """A collector of the tasks on an entity."""
    by_entity = vim.TaskFilterSpec.ByEntity(entity=entity, recursion="self")
    return content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec(entity=by_entity))


def drops_the_reference(content, machine, look=3):
    """Rename a machine, and look a few times for the task in the history: if it is not there, it has failed, and the
    machine is renamed again."""
    task = machine.Rename("renamed")
    for _ in range(look):
        if task.info.key not in [one.key for one in read_history(content, machine)]:
            task = machine.Rename("renamed")
    return waits(task)


def keeps_the_reference(machine):
    """Right: rename a machine, and follow the task that was returned."""
    return waits(machine.Rename("renamed"))
