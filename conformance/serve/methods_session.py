"""ServiceInstance and SessionManager."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.graph_managers import user_session
from taskconform.conformance.targets.builtin import inventory as inv
from taskconform.model.spec import access, sessions
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.vocabulary.calls import Login
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.values import Data
    from taskconform.model.vocabulary.calls import ObjectRef


def account_of(name: str) -> str | None:
    """Give the account that a user name means: as the server spells it, however capitalised, as `user@domain`, or by
    the plan's own word for it.
    """
    given = name.lower()
    for account, user_name in inv.USER_NAMES.items():
        domain, _, user = user_name.lower().partition("\\")
        if given in (account, user_name.lower(), f"{user}@{domain}"):
            return account
    return None


def login(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> Data:
    """Login. InvalidLogin "if the user and password combination is invalid"; the rest is the specification's. A client
    that had logged in before is another one from then on, and the old login goes on.
    """
    account = account_of(args["userName"])
    expected = service.options.passwords.get(account or "", "")
    if account is None or not hmac.compare_digest(expected.encode(), args["password"].encode()):
        fault("InvalidLogin", "the user and password combination is invalid")
    made = service.clients.admit(client.address, client.agent)
    try:
        answer = service.perform(Login(session=made.name, account=account, locale=args.get("locale")))
    except Exception:
        service.clients.forget(made)
        raise
    made.account = account
    made.user_name = answer.user_name
    made.locale = service.session(made).locale
    made.login_time = made.last_active = service.state.now
    service.admitted = made
    return user_session(made)


def logout(service: Service, client: Client, _: ObjectRef, __: Mapping[str, Any]) -> None:
    """Logout: "Log out and terminate the current session". What waits on it is told."""
    service.session(client)
    service.end(client)


def set_locale(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> None:
    """SetLocale; InvalidLocale for one that the server has no messages in."""
    session = service.session(client)
    asked = Login(session=client.name, account=client.account, locale=args["locale"])
    client.locale = sessions.locale_of(service.state, asked)
    service.state = access.with_session(service.state, evolve(session, locale=client.locale))


def session_is_active(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> bool:
    """SessionIsActive."""
    service.require(client, inv.TERMINATE)
    fault_if(not service.state.server.vcenter, "NotSupported", "a host does not support this")
    named = [each for each in service.clients if each.key == args["sessionID"]]
    return bool(named) and account_of(args["userName"]) == named[0].account


def terminate_session(service: Service, client: Client, _: ObjectRef, args: Mapping[str, Any]) -> None:
    """TerminateSession; NotFound for a session that there is not. One's own is left alone."""
    service.require(client, inv.TERMINATE)
    known = {each.key: each for each in service.clients}
    for key in args["sessionId"]:
        fault_if(key not in known, "NotFound", "no such session")
    for key in args["sessionId"]:
        if known[key] is not client:
            service.end(known[key])


def current_time(service: Service, client: Client, _: ObjectRef, __: Mapping[str, Any]) -> int:
    """CurrentTime. Whoever could log in may ask: here everybody holds System.View on the service instance."""
    service.session(client)
    return service.state.now


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "RetrieveServiceContent": lambda service, *_: service.content(),
    "CurrentTime": current_time,
    "Login": login,
    "Logout": logout,
    "SetLocale": set_locale,
    "SessionIsActive": session_is_active,
    "TerminateSession": terminate_session,
}
