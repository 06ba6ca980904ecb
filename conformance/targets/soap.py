"""The SOAP adapter: any vCenter, ESXi host or simulator that speaks the vSphere Web Services API.

    https://user@host[:port]/sdk

Options: `insecure` (yes: the certificate is not verified), `second-user` (another account that holds every privilege),
`i-own-this-server` (yes: nobody else uses it while we do), `settling` (seconds until history must have caught up),
`timeout` (seconds to wait for an answer), `rate` (calls a second at most; 50 where others use the server, else no
limit). Passwords come from the environment (TASKCONFORM_PASSWORD, TASKCONFORM_SECOND_PASSWORD), the keyring (service
`taskconform`) or a prompt; never from the command line.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
from contextlib import contextmanager
from getpass import getpass
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.conformance.targets.soap_cleaning import EVERY_RUN, PREFIX
from taskconform.conformance.targets.soap_methods import Credentials
from taskconform.conformance.targets.soap_target import Profile, SoapTarget, sweeping
from taskconform.conformance.targets.soap_wire import Endpoint, parse_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taskconform.conformance.targets.soap_cleaning import Cleaning

OPTIONS: Final = ("insecure", "second-user", "i-own-this-server", "settling", "timeout", "rate")
GENTLE: Final = 50.0
"""Calls a second that a server which others use is sent at most, unless somebody says otherwise."""
_ENVIRONMENT: Final = {"primary": "TASKCONFORM_PASSWORD", "second": "TASKCONFORM_SECOND_PASSWORD"}


def open_target(url: str, options: Mapping[str, str], run: str | None = None, processes: int = 1) -> SoapTarget:
    """The target at this URL. `run` is the name of the run that it is opened for, None: one of its own; so many
    `processes` share the server, and the rate. Raises TargetMisnamed where URL or options make no sense,
    TargetUnreachable where nobody answers, the certificate is not trusted, or the login is refused."""
    endpoint, user = _endpoint(url, options)
    accounts = {"primary": Credentials(user=user, password=_password("primary", user))}
    if "second-user" in options:
        second = options["second-user"]
        accounts["second"] = Credentials(user=second, password=_password("second", second))
    exclusive = _flag(options, "i-own-this-server")
    rate = _rate(options, exclusive=exclusive)
    name = f"{run or new_run()}-{secrets.token_hex(3)}"
    profile = Profile(
        name=str(endpoint),
        extension_key=PREFIX + name,
        exclusive=exclusive,
        settling=_seconds(options, "settling", 10.0),
        agent=user_agent(name),
        rate=None if rate is None else rate / processes,
    )
    return SoapTarget(endpoint, accounts, profile)


@contextmanager
def open_broom(url: str, options: Mapping[str, str]) -> Iterator[Cleaning]:
    """A session of its own on the server at this URL, to clean up with. Its user agent is not that of a run, so that
    two who clean up leave each other alone. Raises as `open_target` does."""
    endpoint, user = _endpoint(url, options)
    credentials = Credentials(user=user, password=_password("primary", user))
    rate = _rate(options, exclusive=_flag(options, "i-own-this-server"))
    with sweeping(endpoint, credentials, user_agent("clean"), rate) as cleaning:
        yield cleaning


def new_run() -> str:
    """A name for a run, which no other has."""
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


def _flag(options: Mapping[str, str], name: str) -> bool:
    value = options.get(name, "no")
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
    """What the keyring has, if there is one. Imported here, because only real servers need it, and it is slow to."""
    import keyring  # noqa: PLC0415
    import keyring.errors  # noqa: PLC0415

    try:
        return keyring.get_password("taskconform", user)
    except keyring.errors.KeyringError:
        return None


def _password(account: str, user: str) -> str:
    """The account's password: environment, keyring, prompt; in this order."""
    variable = _ENVIRONMENT[account]
    if variable in os.environ:
        return os.environ[variable]
    kept = _kept_password(user)
    if kept is not None:
        return kept
    if sys.stdin is not None and sys.stdin.isatty():
        os.environ[variable] = getpass(f"Password of {user}: ")  # for the workers too: asked for once
        return os.environ[variable]
    message = f"no password for {user}: set {variable}, or store one with `keyring set taskconform {user}`"
    raise TargetMisnamed(message)
