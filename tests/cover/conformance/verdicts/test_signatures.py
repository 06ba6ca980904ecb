"""The signatures: what is read from pyVmomi's types, and what the API pages add to it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pyVmomi import VmomiSupport, vim, vmodl
from pyVmomi.VmomiSupport import F_OPTIONAL

from taskconform.conformance.verdicts.signatures import (
    METHODS,
    PAGE_FAULTS,
    PAGE_PRIVILEGES,
    PROPERTIES,
    method,
    prop,
    version_text,
)
from taskconform.model.vocabulary.faults import VIM_FAULTS
from taskconform.strategies.drawing.machines import OTHER_FAULTS

INVALID_ARGUMENT = "vmodl.fault.InvalidArgument"

MORE_ON_THE_PAGE = [
    ("vim.ExtensionManager", "RegisterExtension", INVALID_ARGUMENT),
    ("vim.ExtensionManager", "UpdateExtension", INVALID_ARGUMENT),
    ("vim.HistoryCollector", "SetCollectorPageSize", INVALID_ARGUMENT),
    ("vim.SessionManager", "Login", "vim.fault.NoPermission"),
    ("vim.Task", "CancelTask", "vmodl.fault.NotSupported"),
    ("vim.TaskHistoryCollector", "ReadNextTasks", INVALID_ARGUMENT),
    ("vim.TaskHistoryCollector", "ReadPreviousTasks", INVALID_ARGUMENT),
    ("vim.TaskManager", "CreateCollectorForTasks", INVALID_ARGUMENT),
    ("vmodl.query.PropertyCollector", "CancelRetrievePropertiesEx", INVALID_ARGUMENT),
    ("vmodl.query.PropertyCollector", "CheckForUpdates", "vmodl.fault.RequestCanceled"),
    ("vmodl.query.PropertyCollector", "ContinueRetrievePropertiesEx", INVALID_ARGUMENT),
    ("vmodl.query.PropertyCollector", "CreateFilter", INVALID_ARGUMENT),
    ("vmodl.query.PropertyCollector", "CreateFilter", "vmodl.fault.InvalidType"),
    ("vmodl.query.PropertyCollector", "CreateFilter", "vmodl.fault.ManagedObjectNotFound"),
    ("vmodl.query.PropertyCollector", "DestroyPropertyCollector", "vmodl.fault.NotSupported"),
    ("vmodl.query.PropertyCollector", "RetrieveProperties", INVALID_ARGUMENT),
    ("vmodl.query.PropertyCollector", "RetrieveProperties", "vmodl.fault.InvalidType"),
    ("vmodl.query.PropertyCollector", "RetrieveProperties", "vmodl.fault.ManagedObjectNotFound"),
    ("vmodl.query.PropertyCollector", "RetrievePropertiesEx", INVALID_ARGUMENT),
    ("vmodl.query.PropertyCollector", "RetrievePropertiesEx", "vmodl.fault.InvalidType"),
    ("vmodl.query.PropertyCollector", "RetrievePropertiesEx", "vmodl.fault.ManagedObjectNotFound"),
    ("vmodl.query.PropertyCollector", "WaitForUpdates", "vmodl.fault.RequestCanceled"),
    ("vmodl.query.PropertyCollector", "WaitForUpdatesEx", "vmodl.fault.RequestCanceled"),
]
"""Every fault that a page lists and the types do not: type, method, fault."""

DECLARED_BY_TYPES = [
    ("vim.ExtensionManager", "UnregisterExtension", "vim.fault.NotFound"),
    ("vim.ExtensionManager", "UpdateExtension", "vim.fault.NotFound"),
    ("vim.SessionManager", "Login", "vim.fault.InvalidLocale"),
    ("vim.SessionManager", "Login", "vim.fault.InvalidLogin"),
    ("vim.SessionManager", "SetLocale", "vim.fault.InvalidLocale"),
    ("vim.Task", "CancelTask", "vim.fault.InvalidState"),
    ("vim.Task", "SetTaskState", "vim.fault.InvalidState"),
    ("vim.Task", "UpdateProgress", "vim.fault.InvalidState"),
    ("vim.Task", "UpdateProgress", "vim.fault.OutOfBounds"),
    ("vim.TaskManager", "CreateCollectorForTasks", "vim.fault.InvalidState"),
    ("vim.TaskManager", "CreateCollectorWithInfoFilterForTasks", "vim.fault.InvalidState"),
    ("vmodl.query.PropertyCollector", "CancelRetrievePropertiesEx", "vmodl.query.InvalidProperty"),
    ("vmodl.query.PropertyCollector", "CheckForUpdates", "vmodl.query.InvalidCollectorVersion"),
    ("vmodl.query.PropertyCollector", "ContinueRetrievePropertiesEx", "vmodl.query.InvalidProperty"),
    ("vmodl.query.PropertyCollector", "CreateFilter", "vmodl.query.InvalidProperty"),
    ("vmodl.query.PropertyCollector", "RetrieveProperties", "vmodl.query.InvalidProperty"),
    ("vmodl.query.PropertyCollector", "RetrievePropertiesEx", "vmodl.query.InvalidProperty"),
    ("vmodl.query.PropertyCollector", "WaitForUpdates", "vmodl.query.InvalidCollectorVersion"),
    ("vmodl.query.PropertyCollector", "WaitForUpdatesEx", "vmodl.query.InvalidCollectorVersion"),
]
"""Every fault that the types declare for a method of ours: type, method, fault."""

USED = [(owner, name) for owner, names in METHODS.items() for name in names]


def faults(*, added: bool) -> list[tuple[str, str, str]]:
    """List the faults of all methods of ours that were added, or that were not."""
    return sorted(
        (owner, name, fault.name)
        for owner, name in USED
        for fault in method(owner, name).faults
        if fault.added is added
    )


# --- the types against the pages --------------------------------------------------------------------------------------


def test_the_pages_add_exactly_these_faults() -> None:
    assert faults(added=True) == sorted(MORE_ON_THE_PAGE)


def test_the_types_declare_exactly_these_faults() -> None:
    assert faults(added=False) == DECLARED_BY_TYPES


@pytest.mark.parametrize(("owner", "name", "fault"), MORE_ON_THE_PAGE)
def test_what_is_added_is_absent_from_the_types(owner: str, name: str, fault: str) -> None:
    types: Any = VmomiSupport
    kind = types.GetVmodlType(owner)
    (info,) = [info for info in kind._methodInfo.values() if info.wsdlName == name]
    assert fault not in info.faults


@pytest.mark.parametrize(("owner", "name", "fault"), MORE_ON_THE_PAGE)
def test_what_is_added_is_a_runtime_fault_and_names_its_page(owner: str, name: str, fault: str) -> None:
    (added,) = [each for each in method(owner, name).faults if each.name == fault]
    assert added.page == owner
    types: Any = VmomiSupport
    assert issubclass(types.GetVmodlType(fault), vmodl.RuntimeFault)


def test_every_addition_is_to_a_method_of_ours() -> None:
    assert set(PAGE_FAULTS) <= set(USED)


def test_the_privileges_on_which_page_and_types_differ() -> None:
    by_types = {place: method(*place).privilege for place in PAGE_PRIVILEGES}
    assert by_types == {
        ("vim.Task", "CancelTask"): "",
        ("vmodl.query.PropertyCollector", "ContinueRetrievePropertiesEx"): "System.View",
        ("vmodl.query.PropertyCollector", "CancelRetrievePropertiesEx"): "System.View",
    }
    assert all(by_types[place] != privilege for place, privilege in PAGE_PRIVILEGES.items())


# --- signatures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("owner", "name"), USED)
def test_every_method_of_ours_stands_under_the_type_that_defines_it(owner: str, name: str) -> None:
    assert method(owner, name).owner == owner


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in PROPERTIES.items() for name in names])
def test_every_property_of_ours_stands_under_the_type_that_defines_it(owner: str, name: str) -> None:
    assert prop(owner, name).owner == owner


def test_create_task() -> None:
    found = method("vim.TaskManager", "CreateTask")
    assert [(each.name, each.type, each.since, each.optional) for each in found.params] == [
        ("obj", "vmodl.ManagedObject", "2.5", False),
        ("taskTypeId", "string", "2.5", False),
        ("initiatedBy", "string", "2.5", True),
        ("cancelable", "boolean", "2.5", False),
        ("parentTaskKey", "string", "4.0", True),
        ("activationId", "string", "6.0", True),
    ]
    assert (found.since, found.returns, found.optional, found.privilege) == (
        "2.5",
        "vim.TaskInfo",
        False,
        "Task.Create",
    )
    assert found.faults == ()


def test_a_page_of_tasks_may_be_unset() -> None:
    found = method("vim.TaskHistoryCollector", "ReadNextTasks")
    assert (found.returns, found.optional, found.privilege) == ("vim.TaskInfo[]", True, "")


def test_a_parameter_may_ask_for_a_privilege_on_what_it_names() -> None:
    (added, removed) = method("vim.view.ListView", "ModifyListView").params
    assert (added.privilege, removed.privilege) == ("System.View", "System.View")


def test_inherited_methods_and_properties() -> None:
    assert method("vim.TaskHistoryCollector", "DestroyCollector").owner == "vim.HistoryCollector"
    assert method("vim.view.ListView", "DestroyView").owner == "vim.view.View"
    assert prop("vim.view.ListView", "view").owner == "vim.view.ManagedObjectView"


def test_an_inherited_method_keeps_what_its_page_adds() -> None:
    found = method("vim.TaskHistoryCollector", "SetCollectorPageSize")
    assert [(each.name, each.page) for each in found.faults] == [(INVALID_ARGUMENT, "vim.HistoryCollector")]


def test_recent_task() -> None:
    """Its type in a process of its own: pyVmomi forgets what an array of managed objects holds once it was asked."""
    found = prop("vim.TaskManager", "recentTask")
    assert (found.since, found.optional, found.privilege) == ("2.0", True, "System.View")
    module = "taskconform.conformance.verdicts.signatures"
    asked = f"from {module} import prop; print(prop('vim.TaskManager', 'recentTask').type)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "vim.Task[]"


@pytest.mark.parametrize(
    ("fault", "allowed"),
    [
        ("vmodl.fault.InvalidArgument", True),
        ("InvalidArgument", True),
        ("InvalidState", True),
        ("vim.fault.InvalidPowerState", True),
        ("InvalidPowerState", True),
        ("NotSupported", False),
        ("NoSuchFault", False),
        ("vim.fault.NoSuchFault", False),
    ],
)
def test_a_subtype_counts_as_its_kind(fault: str, *, allowed: bool) -> None:
    assert method("vim.TaskManager", "CreateCollectorForTasks").allows(fault) is allowed


def test_unknown_names() -> None:
    with pytest.raises(KeyError, match=r"vim\.TaskManager has no MakeTask"):
        method("vim.TaskManager", "MakeTask")
    with pytest.raises(KeyError, match=r"vim\.TaskManager has no oldTask"):
        prop("vim.TaskManager", "oldTask")
    with pytest.raises(KeyError):
        method("vim.NoSuchManager", "CreateTask")


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("vim.version.version1", "2.0"),
        ("vim.version.version5", "4.0"),
        ("vim.version.version10", "6.0"),
        ("vim.version.v8_0_3_0", "8.0.3"),
        ("vim.version.v8_0_3_1", "8.0.3.1"),
        ("vim.version.v9_0_0_0", "9.0"),
        ("vmodl.query.version.version1", "2.0"),
        ("vmodl.query.version.version3", "4.1"),
    ],
)
def test_version_text(version: str, text: str) -> None:
    assert version_text(version) == text


@pytest.mark.parametrize("name", sorted(VIM_FAULTS))
def test_the_faults_that_tasks_end_with_are_vim_faults_that_are_whole_without_a_field(name):
    fault = getattr(vim.fault, name)
    assert issubclass(fault, vim.fault.VimFault)
    assert fault._version in {"vim.version.version1", "vim.version.version2"}
    assert all(field.flags & F_OPTIONAL for field in fault._GetPropertyList())


@pytest.mark.parametrize("name", OTHER_FAULTS)
def test_the_other_faults_are_none_and_are_whole_too(name):
    fault = getattr(vmodl.fault, name)
    assert not issubclass(fault, vim.fault.VimFault)
    assert all(field.flags & F_OPTIONAL for field in fault._GetPropertyList())
