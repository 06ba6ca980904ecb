"""The SOAP adapter: any vCenter, ESXi host or simulator that speaks the vSphere Web Services API.

    https://user@host[:port]/sdk

Options:

- `insecure` (yes: the certificate is not verified), `timeout` (seconds to wait for an answer), `rate` (calls a second
  at most; 50 where others use the server, else no limit), `settling` (seconds until history must have caught up);
- `i-own-this-server` (yes: nobody else uses it while we do);
- `second-user` (another account that holds every privilege), `restricted-user` (one that lacks privileges, and access
  to some places), `delegate-user` (as restricted, but with Task.Create on one place), `outsider-user` (one that may
  log in, and no more);
- `hidden`, `ancestor`, `readable`, `granted` (places that go with these users: names or reference values, with commas
  between them), `lacks` (the privileges that the restricted user lacks);
- `window` (seconds), `cap` (tasks): the limits of recentTask in force;
- `without` (what the server does not have: capabilities that its managers promise and do not keep, calls, managers,
  parts of a filter, fields of TaskInfo; `taskconform doctor` finds them out);
- `operations` (yes: operations of the server's own are started too, on a folder that is made for it and removed again);
- `control` (the URL of the control endpoint of `taskconform serve`, which says all of this by itself), `reset` (no: the
  control endpoint is not asked for a fresh state).

Passwords come from the environment (TASKCONFORM_PASSWORD, TASKCONFORM_SECOND_PASSWORD, TASKCONFORM_RESTRICTED_PASSWORD
and so on; TASKCONFORM_CONTROL_TOKEN), the keyring (service `taskconform`) or a prompt; never from the command line.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
from contextlib import contextmanager
from dataclasses import replace
from getpass import getpass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.conformance.targets.soap.control import TOKEN, Control
from taskconform.conformance.targets.soap.controlled import ControlledTarget
from taskconform.conformance.targets.soap.ledger import EVERY_RUN, PREFIX
from taskconform.conformance.targets.soap.methods import Credentials
from taskconform.conformance.targets.soap.permissions import LACKS
from taskconform.conformance.targets.soap.profile import Profile
from taskconform.conformance.targets.soap.sweeping import sweeping
from taskconform.conformance.targets.soap.target import SoapTarget
from taskconform.conformance.targets.soap.wire import Endpoint, parse_url
from taskconform.model.vocabulary import parts
from taskconform.model.vocabulary.declaration import CAPABILITIES, DEFAULT_CAP, DEFAULT_WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taskconform.conformance.targets.soap.cleaning import Cleaning

USERS: Final = ("second", "restricted", "delegate", "outsider")
"""The accounts beside `primary`, each with an option `…-user`."""
PLACES: Final = ("hidden", "ancestor", "readable", "granted")
OPTIONS: Final = (
    "insecure",
    "timeout",
    "rate",
    "settling",
    "i-own-this-server",
    *(f"{account}-user" for account in USERS),
    *PLACES,
    "lacks",
    "window",
    "cap",
    "without",
    "operations",
    "control",
    "reset",
)
GENTLE: Final = 50.0
"""Calls a second that a server which others use is sent at most, unless somebody says otherwise."""
_ENVIRONMENT: Final = {
    "primary": "TASKCONFORM_PASSWORD",
    **{account: f"TASKCONFORM_{account.upper()}_PASSWORD" for account in USERS},
}


def open_target(url: str, options: Mapping[str, str], run: str | None = None, processes: int = 1) -> SoapTarget:
    """The target at this URL. `run` is the name of the run that it is opened for, None: one of its own; so many
    `processes` share the server, and the rate. Raises TargetMisnamed where URL or options make no sense,
    TargetUnreachable where nobody answers, the certificate is not trusted, or the login is refused."""
    endpoint, user = _endpoint(url, options)
    control = _control(options, endpoint)
    if control is not None:
        options = {**control.options, **options}
    try:
        return _open(endpoint, user, options, control, run, processes)
    except BaseException:
        if control is not None:
            control.close()
        raise


def _open(
    endpoint: Endpoint,
    user: str,
    options: Mapping[str, str],
    control: Control | None,
    run: str | None,
    processes: int,
) -> SoapTarget:
    """The target, once it is known what the server says of itself."""
    passwords = {} if control is None else control.passwords
    users = {"primary": user} | {name: options[f"{name}-user"] for name in USERS if f"{name}-user" in options}
    accounts = {
        name: Credentials(user=each, password=password_of(name, each, passwords)) for name, each in users.items()
    }
    exclusive = _flag(options, "i-own-this-server")
    rate = _rate(options, exclusive=exclusive)
    name = f"{run or new_run()}-{secrets.token_hex(3)}"
    profile = Profile(
        name=str(endpoint),
        extension_key=PREFIX + name,
        exclusive=exclusive,
        settling=_settling(options),
        agent=user_agent(name),
        rate=None if rate is None else rate / processes,
        places={role: _words(options, role) for role in PLACES if role in options},
        lacks=_words(options, "lacks") or LACKS,
        window=_count(options, "window", DEFAULT_WINDOW),
        cap=_count(options, "cap", DEFAULT_CAP),
        without=words_without(options),
        operations=_flag(options, "operations"),
    )
    if control is None:
        return SoapTarget(endpoint, accounts, profile)
    resets = _flag(options, "reset", default="yes")
    has = [name for name, is_there in (("reset", resets), ("clock", control.is_virtual)) if is_there]
    profile = replace(profile, capabilities=tuple(has), rate=None, thrown_away=resets)
    return ControlledTarget(endpoint, accounts, profile, control, resets=resets)


def _control(options: Mapping[str, str], endpoint: Endpoint) -> Control | None:
    """The control endpoint, if one is named."""
    if "control" not in options:
        return None
    token = os.environ.get(TOKEN)
    if token is None:
        message = f"no token for the control endpoint: set {TOKEN}"
        raise TargetMisnamed(message)
    return Control(options["control"], token, endpoint)


def _words(options: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Split a list at its commas."""
    return tuple(word.strip() for word in options.get(name, "").split(",") if word.strip())


def words_without(options: Mapping[str, str]) -> tuple[str, ...]:
    """The capabilities, calls, managers and fields that are not there."""
    found = _words(options, "without")
    known = (*CAPABILITIES, *parts.KNOWN)
    unknown = [parts.unknown("capability, call, manager or field", name, known) for name in found if name not in known]
    if unknown:
        message = f"without: {'; '.join(unknown)}"
        raise TargetMisnamed(message)
    return found


def _count(options: Mapping[str, str], name: str, default: int) -> int:
    """Read a number, zero or more."""
    given = options.get(name, str(default))
    if not (given.isascii() and given.isdigit()):
        message = f"{name} is a number, not {given!r}"
        raise TargetMisnamed(message)
    return int(given)


def _settling(options: Mapping[str, str]) -> float:
    """Seconds; none where nothing ever lags."""
    return 0.0 if options.get("settling") in {"0", "0.0"} else _seconds(options, "settling", 10.0)


@contextmanager
def open_broom(url: str, options: Mapping[str, str]) -> Iterator[Cleaning]:
    """A session of its own on the server at this URL, to clean up with. Its user agent is not that of a run, so that
    two who clean up leave each other alone. Raises as `open_target` does."""
    endpoint, user = _endpoint(url, options)
    control = _control(options, endpoint)
    passwords: Mapping[str, str] = {}
    if control is not None:
        passwords, options = control.passwords, {**control.options, **options}
        control.close()
    credentials = Credentials(user=user, password=password_of("primary", user, passwords))
    rate = _rate(options, exclusive=_flag(options, "i-own-this-server"))
    with sweeping(endpoint, credentials, user_agent("clean"), rate) as cleaning:
        yield cleaning


def new_run() -> str:
    """Make a name for a run that no other run has."""
    return EVERY_RUN + secrets.token_hex(4)


def user_agent(name: str) -> str:
    """The User-Agent header of all that goes by this name."""
    return f"taskconform/{version('taskconform')} {name}"


def _endpoint(url: str, options: Mapping[str, str]) -> tuple[Endpoint, str]:
    for option in options:
        if option not in OPTIONS:
            message = f"unknown option {option!r}; a URL takes {', '.join(OPTIONS)}"
            raise TargetMisnamed(message)
    try:
        scheme, user, host, port, path = parse_url(url)
        password_given = ":" in url.partition("://")[2].rpartition("@")[0]
    except ValueError as error:
        message = f"{url!r} is no https://user@host/sdk: {error}"
        raise TargetMisnamed(message) from error
    if password_given:
        message = "a password does not belong in the URL; leave it out, and set TASKCONFORM_PASSWORD"
        raise TargetMisnamed(message)
    if scheme not in ("https", "http") or (scheme == "http" and not _is_loopback(host)):
        message = f"{scheme}:// will not do: https://user@host/sdk, or http:// for a simulator on this host"
        raise TargetMisnamed(message)
    if not user:
        message = f"no user in the URL: {scheme}://USER@{host}{path}"
        raise TargetMisnamed(message)
    endpoint = Endpoint(
        scheme=scheme,
        host=host,
        port=port,
        path=path,
        timeout=_seconds(options, "timeout", 30.0),
        insecure=_flag(options, "insecure"),
    )
    return endpoint, user


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _flag(options: Mapping[str, str], name: str, default: str = "no") -> bool:
    value = options.get(name, default)
    if value not in ("yes", "no"):
        message = f"{name} is yes or no, not {value!r}"
        raise TargetMisnamed(message)
    return value == "yes"


def _seconds(options: Mapping[str, str], name: str, default: float) -> float:
    try:
        value = float(options.get(name, default))
    except ValueError:
        value = -1.0
    if not 0.0 < value < float("inf"):
        message = f"{name} is a number of seconds, not {options[name]!r}"
        raise TargetMisnamed(message)
    return value


def _rate(options: Mapping[str, str], *, exclusive: bool) -> float | None:
    """Calls a second at most; None: no limit."""
    if "rate" not in options:
        return None if exclusive else GENTLE
    try:
        value = float(options["rate"])
    except ValueError:
        value = -1.0
    if not 0.0 < value < float("inf"):
        message = f"rate is a number of calls a second, not {options['rate']!r}"
        raise TargetMisnamed(message)
    return value


def _kept_password(user: str) -> str | None:
    """Return the keyring's password, if there is a keyring that has one. Imported here, because only real servers need
    it, and it is slow to."""
    import keyring  # noqa: PLC0415
    import keyring.errors  # noqa: PLC0415

    try:
        return keyring.get_password("taskconform", user)
    except keyring.errors.KeyringError:
        return None


def password_of(account: str, user: str, known: Mapping[str, str]) -> str:
    """The account's password: environment, what a test server says of itself, keyring, prompt; in this order."""
    variable = _ENVIRONMENT[account]
    if variable in os.environ:
        return os.environ[variable]
    if account in known:
        return known[account]
    kept = _kept_password(user)
    if kept is not None:
        return kept
    if sys.stdin is not None and sys.stdin.isatty():
        os.environ[variable] = getpass(f"Password of {user}: ")  # for the workers too: asked for once
        return os.environ[variable]
    message = f"no password for {user}: set {variable}, or store one with `keyring set taskconform {user}`"
    raise TargetMisnamed(message)
