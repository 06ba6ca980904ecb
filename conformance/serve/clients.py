"""Clients of the server: one for each cookie, and what is kept for it beside the specification's session."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from taskconform.model.vocabulary.calls import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskconform.conformance.serve.containers import ContainerView
    from taskconform.model.vocabulary.calls import ObjectRef

COOKIE: Final = "vmware_soap_session"


class Retrieval(NamedTuple):
    """A retrieval that is suspended: the collector that it belongs to, and what is left, object by object, with the
    paths of the properties asked for."""

    collector: str
    rest: list[tuple[ObjectRef, tuple[str, ...]]]


class Client:
    """An HTTP session. `name` is the value of its cookie and the name of its login, `key` what others may see of it.
    `broken_off` counts the CancelWaitForUpdates of each property collector.
    """

    __slots__ = (
        "account",
        "address",
        "agent",
        "broken_off",
        "calls",
        "containers",
        "key",
        "last_active",
        "locale",
        "login_time",
        "name",
        "retrievals",
        "used",
        "user_name",
        "waits",
    )

    def __init__(self, name: str, address: str = "", agent: str = "") -> None:
        """Start without a login."""
        self.name = name
        self.key = secrets.token_hex(16)
        self.account = ""
        self.user_name = ""
        self.locale = ""
        self.address = address
        self.agent = agent
        self.login_time = 0
        self.last_active = 0
        self.calls = 0
        self.used = time.monotonic()
        self.waits = 0
        self.broken_off: Counter[str] = Counter()
        self.containers: dict[str, ContainerView] = {}
        self.retrievals: dict[str, Retrieval] = {}

    @property
    def logged_in(self) -> bool:
        """Tell whether somebody has logged in."""
        return self.name != NOBODY


class Clients:
    """The logins, by cookie. One that has not been used for `idle` seconds is over, unless a call of it still waits."""

    def __init__(self, idle: float) -> None:
        """Begin with nobody; `idle` in seconds of real time, whatever clock the server goes by."""
        self.idle = idle
        self._by_name: dict[str, Client] = {}

    def find(self, name: str | None) -> Client | None:
        """Give the login of this cookie and note that it was used; None if there is none."""
        client = self._by_name.get(name or "")
        if client is not None:
            client.used = time.monotonic()
        return client

    def admit(self, address: str, agent: str) -> Client:
        """Make a client with a new cookie."""
        client = Client(secrets.token_hex(20), address, agent)
        self._by_name[client.name] = client
        return client

    def forget(self, client: Client) -> None:
        """End a login."""
        self._by_name.pop(client.name, None)

    def named(self, name: str) -> Client | None:
        """Return the login of this name; None if there is none any more."""
        return self._by_name.get(name)

    def __iter__(self) -> Iterator[Client]:
        """All logins."""
        return iter(list(self._by_name.values()))

    def idle_ones(self) -> list[Client]:
        """Give the logins that have not been used for too long."""
        latest = time.monotonic() - self.idle
        return [client for client in self._by_name.values() if client.used < latest and not client.waits]
