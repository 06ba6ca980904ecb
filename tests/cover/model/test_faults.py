"""The names of faults are those that pyVmomi's types give."""

from __future__ import annotations

import pytest
from pyVmomi import VmomiSupport as Vmomi

from taskconform.model.vocabulary.faults import OTHER_FAULTS, VIM_FAULTS

FIRST = {"vim.version.version1", "vim.version.version2", "vmodl.version.version0", "vmodl.version.version1"}
"""VI API 2.5 and earlier, as pyVmomi names it."""


def whole():
    """Return the fault types of VI API 2.5 without a required field, by name."""
    method_fault = Vmomi.GetVmodlType("vmodl.MethodFault")
    types = [Vmomi.GetWsdlType(*name) for name in list(Vmomi._wsdlDefMap)]  # it has no other list
    faults = [each for each in types if isinstance(each, type) and issubclass(each, method_fault)]
    return {
        Vmomi.GetWsdlName(each): each
        for each in faults
        if each._version in FIRST  # pyVmomi has no other way to tell
        and all(one.flags & Vmomi.F_OPTIONAL for one in each._GetPropertyList())
    }


@pytest.mark.parametrize(("names", "extend"), [(VIM_FAULTS, True), (OTHER_FAULTS, False)])
def test_names_are_those_of_the_types(names, extend):
    vim_fault = Vmomi.GetVmodlType("vim.fault.VimFault")
    assert names == {name for name, each in whole().items() if issubclass(each, vim_fault) == extend}
