"""vim.SessionManager: logging in and out, and what does not outlive a login.

Not modelled: passwords, and sessions that end by being idle.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.SessionManager.html
"""

from __future__ import annotations

import re
from typing import Final

from taskconform.model.spec import access, life
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import After, Session, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import NOBODY
from taskconform.model.vocabulary.outcomes import UserSession
from taskconform.model.vocabulary.words import evolve

COUNTRY: Final = re.compile("[A-Z]{2}")


def login(state: State, call: calls.Login, choices: Choices) -> After[UserSession]:
    """Log on. A login under a name in use ends the one before, and the name that stands for nobody has no user: these
    are rules of the vocabulary. An account without any privilege is refused. No privilege is asked for.
    vim.SessionManager Login 1-2; returns 1; Login privilege; InvalidLogin 1; InvalidLocale 1; NoPermission 1. Clauses:
    session.required."""
    user_name = state.server.accounts.get(call.account)
    if call.session == NOBODY or user_name is None:
        fault("InvalidLogin", f"no such user: {call.account}")
    locale = locale_of(state, call)
    fault_if(not has_access(state, call.account), "NoPermission", "the user has no access granted")
    if call.session in state.sessions:
        state = end_session(state, state.sessions[call.session], choices)
    number = state.logins + 1
    session = Session(name=call.session, number=number, account=call.account, user_name=user_name, locale=locale)
    return access.with_session(evolve(state, logins=number), session), UserSession(user_name=user_name)


def locale_of(state: State, call: calls.Login) -> str:
    """Return the locale asked for, without its country if it has no catalog with it; the server's default if none is.
    vim.SessionManager Login locale 1; locale 3; locale 5; InvalidLocale 1. Clauses: description.locale."""
    if call.locale is None:
        return state.server.default_locale
    if call.locale in state.server.catalogs:
        return call.locale
    language, _, country = call.locale.partition("_")
    known = language in state.server.catalogs and COUNTRY.fullmatch(country)
    fault_if(not known, "InvalidLocale", f"no such locale: {call.locale}")
    return language


def has_access(state: State, account: str) -> bool:
    """Tell whether the account holds any privilege anywhere.
    vim.SessionManager Login 2."""
    return any(state.privileges[account].values())


def logout(state: State, call: calls.Logout, choices: Choices) -> After[None]:
    """Log out. The page asks for System.View, on which object it does not say; here whoever could log in can log out,
    since every role has that privilege (EV N5).
    vim.SessionManager Logout 1; Logout privilege. Clauses: session.logout."""
    return end_session(state, access.current(state, call.session), choices), None


def end_session(state: State, session: Session, choices: Choices) -> State:
    """End a login, and with it its collectors, views and filters; tasks outlive it, by default the live ones too.
    vim.TaskManager CreateCollectorForTasks 2; vim.view.View 4; vmodl.query.PropertyCollector 8;
    vmodl.query.PropertyCollector CreatePropertyCollector 2; vmodl.query.PropertyCollector.Filter 3; vim.SessionManager
    Logout 1. Clauses: collector.session-bound, limit.logout-frees, watch.session-bound, session.outlive,
    session.outlive-live."""
    state = evolve(state, sessions=state.sessions.delete(session.name))
    if choices.session_outlive_live == "goes-on":
        return state
    for number in sorted(state.live):
        if state.tasks[number].maker == session.number:
            state = life.withdraw(state, number, choices.session_outlive_live, choices)
    return state
