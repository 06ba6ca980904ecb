"""pyVmomi's own WaitForTask, and polling, on every conforming variant that is served, and on draws of several."""

from __future__ import annotations

import pytest
import wrong_clients as clients
from pyVmomi import vim


@pytest.mark.vcenter("*", "random:40")
def test_right_clients_are_right_everywhere(vcenter):
    with clients.connected(vcenter) as content:
        first, second, third = clients.machines(content)[:3]
        assert clients.waits(first.PowerOff()) == "success"
        assert clients.polls(second.Rename("another name")) == "success"
        with pytest.raises(vim.fault.InvalidPowerState):
            clients.waits(third.PowerOff())
