"""Sessions of a recording, told apart by their cookies, and what is known of each from when on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.conformance.wire import answers
from taskconform.conformance.wire.xml import Undecodable, child, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from taskconform.conformance.records.recordings.order import Entry
    from taskconform.conformance.records.recordings.wire import Recorded

LOGINS: Final = frozenset(
    {"Login", "LoginBySSPI", "LoginByToken", "LoginExtensionByCertificate", "LoginExtensionBySubjectName",
     "ImpersonateUser", "CloneSession"}
)  # fmt: skip
"""The methods that make a session."""
UNNAMED: Final = "client"
"""The session of requests without a cookie, where a recorder has left cookies out, or none was given."""
_SHORTEST: Final = 24
_DIFFERENT: Final = 8
_HEX: Final = frozenset("0123456789abcdef")
_COOKIE: Final = re.compile(r'vmware_soap_session="?([^";]+)')


def _looks_drawn(cookie: str) -> bool:
    """Tell whether a cookie looks as if a server had drawn it: long, hexadecimal, and of many different digits."""
    digits = cookie.replace("-", "").lower()
    return len(digits) >= _SHORTEST and set(digits) <= _HEX and len(set(digits)) >= _DIFFERENT


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
        self._last: dict[str, str] = {}
        self._masked = False
        self.opened: set[str] = set()

    def tell_apart(self, entries: Sequence[Entry]) -> None:
        """Find out whether the cookies tell sessions apart. They do not where a recorder has put one word in the place
        of all: two logins were given the same, or there is only one and it does not look drawn."""
        given = [cookie_of(one.exchange.answer_headers.get("set-cookie", "")) for one in entries if one.name in LOGINS]
        given = [one for one in given if one]
        sent = {cookie_of(one.exchange.request_headers.get("cookie", "")) for one in entries} - {""}
        every = {*given, *sent}
        self._masked = len(set(given)) < len(given) or (len(every) == 1 and not _looks_drawn(*every))

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
        if self._masked or (not sent and not given):
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

    def locale_of(self, entry: Entry) -> str | None:
        """The locale of the session that a login made, as the answer has it or the request; None for the server's
        own."""
        told: str | None = None
        if entry.response is not None:
            returnval = child(entry.response, "returnval")
            told = text_of(returnval, "locale") if returnval is not None else None
        return told or text_of(entry.request, "locale")

    def note_login(self, name: str, account: str) -> None:
        """Note who logged in last."""
        self._last[name] = account

    def last_account(self, name: str) -> str:
        """The account of a session's last login; "" if none was recorded."""
        return self._last.get(name, "")

    def others(self, name: str) -> Iterator[str]:
        """The sessions that were opened, but for one."""
        return (one for one in sorted(self.opened) if one != name)
