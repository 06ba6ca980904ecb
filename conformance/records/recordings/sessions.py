"""Sessions of a recording, told apart by their cookies, and what is known of each from when on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.conformance.wire import answers
from taskconform.conformance.wire.xml import Undecodable, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from taskconform.conformance.records.recordings.wire import Recorded

LOGINS: Final = frozenset(
    {"Login", "LoginBySSPI", "LoginByToken", "LoginExtensionByCertificate", "LoginExtensionBySubjectName",
     "ImpersonateUser", "CloneSession"}
)  # fmt: skip
"""The methods that make a session."""
UNNAMED: Final = "client"
"""The session of requests without a cookie, where a recorder has left cookies out, or none was given."""
_COOKIE: Final = re.compile(r'vmware_soap_session="?([^";]+)')


def cookie_of(headers: str) -> str:
    """The session cookie in a Cookie or Set-Cookie header, or ""."""
    found = _COOKIE.search(headers)
    return found[1].strip() if found else ""


class Sessions:
    """The sessions of one recording."""

    def __init__(self) -> None:
        """None yet."""
        self._names: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self.opened: set[str] = set()

    @property
    def named(self) -> bool:
        """Tell whether the recording has cookies at all."""
        return bool(self._names)

    @property
    def accounts(self) -> dict[str, str]:
        """The accounts that logged in, each with its user name as the server spells it."""
        return {name: user for user, name in self._accounts.items()}

    def name_of(self, exchange: Recorded) -> str:
        """The name of the session that a request belongs to: by the cookie sent, or else by the one given."""
        sent = cookie_of(exchange.request_headers.get("cookie", ""))
        given = cookie_of(exchange.answer_headers.get("set-cookie", ""))
        if not sent and not given:
            return UNNAMED
        name = self._names.get(sent or given)
        if name is None:
            name = self._names[sent or given] = f"client-{len(set(self._names.values())) + 1}"
        if given:
            self._names.setdefault(given, name)  # a login may change the cookie
        return name

    def account_of(self, response: Element | None) -> str:
        """The account of whoever a login let in, by what the answer says of the user."""
        user = ""
        if response is not None:
            try:
                user = text_of(answers.returned(response), "userName") or ""
            except Undecodable:
                user = ""
        if user not in self._accounts:
            self._accounts[user] = f"user-{len(self._accounts) + 1}"
        return self._accounts[user]

    def others(self, name: str) -> Iterator[str]:
        """The sessions that were opened, but for one."""
        return (one for one in sorted(self.opened) if one != name)
