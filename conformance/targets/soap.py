"""The SOAP adapter: any vCenter, ESXi host or simulator that speaks the vSphere Web Services API.

    https://user@host[:port]/sdk

Options: `insecure` (yes: the certificate is not verified), `second-user` (another account that holds every privilege),
`i-own-this-server` (yes: nobody else uses it while we do), `settling` (seconds until history must have caught up),
`timeout` (seconds to wait for an answer). Passwords come from the environment (TASKCONFORM_PASSWORD,
TASKCONFORM_SECOND_PASSWORD), the keyring (service `taskconform`) or a prompt; never from the command line.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.protocol import TargetMisnamed
from taskconform.conformance.targets.soap_methods import Credentials
from taskconform.conformance.targets.soap_target import Profile, SoapTarget
from taskconform.conformance.targets.soap_wire import Endpoint, parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping

OPTIONS: Final = ("insecure", "second-user", "i-own-this-server", "settling", "timeout")
_ENVIRONMENT: Final = {"primary": "TASKCONFORM_PASSWORD", "second": "TASKCONFORM_SECOND_PASSWORD"}


def open_target(url: str, options: Mapping[str, str]) -> SoapTarget:
    """The target at this URL. Raises TargetMisnamed where URL or options make no sense, TargetUnreachable where nobody
    answers, the certificate is not trusted, or the login is refused."""
    for option in options:
        if option not in OPTIONS:
            message = f"unknown option {option!r}; a URL takes {', '.join(OPTIONS)}"
            raise TargetMisnamed(message)
    endpoint, user = _endpoint(url, options)
    accounts = {"primary": Credentials(user=user, password=_password("primary", user))}
    if "second-user" in options:
        second = options["second-user"]
        accounts["second"] = Credentials(user=second, password=_password("second", second))
    profile = Profile(
        name=str(endpoint),
        extension_key=f"org.taskconform.run-{secrets.token_hex(4)}",
        exclusive=_flag(options, "i-own-this-server"),
        settling=_seconds(options, "settling", 10.0),
    )
    return SoapTarget(endpoint, accounts, profile)


def _endpoint(url: str, options: Mapping[str, str]) -> tuple[Endpoint, str]:
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
