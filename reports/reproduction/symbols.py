"""The symbols of a plan in a script: each as an expression of the run that the script makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import BUILT_IN, NO_SUCH_USER
from taskconform.reports.reproduction.text import quoted
from taskconform.reports.trace_words import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.reports.reproduction.names import Names


def _type_id(_: Names, type_id: c.TypeId) -> str:
    """A task type: one of the script's extension, or one that every server has."""
    return quoted(BUILT_IN) if type_id.which == "built-in" else f'f"{{key}}.{type_id.which}"'


def _extension_key(_: Names, key: c.ExtensionKey) -> str:
    """An extension's key."""
    return f'f"{{key}}.{key.which}"' if key.which else "key"


def _user_name(steps: Names, user: c.UserName) -> str:
    """A user's name as the server spells it, or otherwise. Of an account that is not logged in, as it was given."""
    if user.account == "stranger":
        return quoted(NO_SUCH_USER)
    session = next((name for name, account in steps.logins.items() if account == user.account), None)
    name = steps.account(user.account)[0]
    if session is not None:
        name = f"{steps.part('user_name')}({steps.session(session)})"
    if user.spelling == "upper":
        return f"{name}.upper()"
    return f'{name}.rpartition("\\\\")[2].partition("@")[0]' if user.spelling == "bare" else name


def _locale(steps: Names, locale: c.Locale) -> str:
    """One of the server's locales."""
    return f"{steps.part('locale')}(main, {locale.index})"


def _moment(steps: Names, moment: c.Moment) -> str:
    """A time beside a stamp of a task."""
    stamp = f"{steps.info(moment.task, c.MAIN)}.{wire(moment.stamp)}"
    if not moment.offset:
        return stamp
    steps.imports.add("datetime:timedelta")
    sign = "+" if moment.offset > 0 else "-"
    return f"{stamp} {sign} timedelta(microseconds={abs(moment.offset):_})"


def _chain(steps: Names, chain: c.Chain) -> str:
    """The chain of events of a task."""
    return f"{steps.part('chain_of')}(main, {steps.ref(chain.task, c.MAIN)})"


SYMBOLS: Final[dict[type, Callable[[Names, Any], str]]] = {
    c.Made: lambda steps, made: steps.made(made),
    c.Place: lambda steps, place: steps.place(place),
    c.TypeId: _type_id,
    c.ExtensionKey: _extension_key,
    c.UserName: _user_name,
    c.Locale: _locale,
    c.Moment: _moment,
    c.Chain: _chain,
}
"""Each symbol as an expression."""
