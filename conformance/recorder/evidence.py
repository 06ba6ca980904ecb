"""The evidence kit, performed: a session through a recorder of its own, the questions, and out again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from taskconform.conformance.errors import TargetUnreachable
from taskconform.conformance.recorder.questions import Questioning
from taskconform.conformance.recorder.running import Listening, recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.conformance.recorder.tape import Tape
    from taskconform.conformance.recorder.upstream import Upstream


async def gather(upstream: Upstream, tape: Tape, user: str, password: str, tell: Callable[[str, str], None]) -> None:
    """Put the questions to a server, and record what it answers. `tell` is given each with its answer. Raises
    TargetUnreachable where the login is refused."""
    async with recording(upstream, Listening(tls=False), tape) as running:
        await asyncio.to_thread(_ask, running.url, user, password, tell)


def _ask(url: str, user: str, password: str, tell: Callable[[str, str], None]) -> None:
    instance = _connected(url, user, password)
    try:
        for question, answer in Questioning(instance).ask():
            tell(question, answer)
    finally:
        with suppress(vmodl.MethodFault, OSError):
            Disconnect(instance)
        instance._stub.DropConnections()  # noqa: SLF001  # Disconnect leaves them open


def _connected(url: str, user: str, password: str) -> Any:
    """Log in. Raises TargetUnreachable."""
    parts = urlsplit(url)
    try:
        return SmartConnect(protocol=parts.scheme, host=parts.hostname, port=parts.port, user=user, pwd=password)
    except vim.fault.InvalidLogin:
        message = f"the login of {user} is refused"
        raise TargetUnreachable(message) from None
    except (vmodl.MethodFault, OSError) as problem:
        message = f"no session: {getattr(problem, 'msg', None) or problem}"
        raise TargetUnreachable(message) from None
