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
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from getpass import getpass
from typing import Any, Final

import keyring
import keyring.errors

from taskconform.conformance.targets import soap_decode, soap_encode, soap_inventory
from taskconform.conformance.targets.protocol import TargetMisnamed, TargetUnreachable
from taskconform.conformance.targets.soap_decode import Undecodable
from taskconform.conformance.targets.soap_wire import (
    Clock,
    Endpoint,
    Session,
    Wire,
    WireFault,
    WireLost,
    parse_url,
)
from taskconform.model import calls
from taskconform.model.calls import Call, ObjectRef
from taskconform.model.declaration import Account, Declaration
from taskconform.model.outcomes import (
    ERROR,
    RUNNING,
    SUCCESS,
    Faulted,
    Lost,
    Outcome,
    Property,
    RecentTaskUpdate,
    Returned,
    TaskInfo,
    UserSession,
    Value,
)

OPTIONS: Final = ("insecure", "second-user", "i-own-this-server", "settling", "timeout")
_ENVIRONMENT: Final = {"primary": "TASKCONFORM_PASSWORD", "second": "TASKCONFORM_SECOND_PASSWORD"}
_TOGETHER: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """One account's login."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the server cannot say of itself. `accounts` by the plan's names; `trusted`: their user names are spelled as
    given, so that none but `primary` is tried at the start."""

    name: str
    extension_key: str
    capabilities: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)
    exclusive: bool = False
    settling: float = 10.0
    trusted: bool = False


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


def _password(account: str, user: str) -> str:
    """The account's password: environment, keyring, prompt; in this order."""
    variable = _ENVIRONMENT[account]
    if variable in os.environ:
        return os.environ[variable]
    try:
        kept = keyring.get_password("taskconform", user)
    except keyring.errors.KeyringError:
        kept = None
    if kept is not None:
        return kept
    if sys.stdin is not None and sys.stdin.isatty():
        return getpass(f"Password of {user}: ")
    message = f"no password for {user}: set {variable}, or store one with `keyring set taskconform {user}`"
    raise TargetMisnamed(message)


class SoapTarget:
    """A server, driven over SOAP. See `protocol.Target`."""

    def __init__(self, endpoint: Endpoint, accounts: Mapping[str, Credentials], profile: Profile) -> None:
        self._wire = Wire(endpoint)
        self._accounts = accounts
        self._profile = profile
        self._clock = Clock()
        self._sessions: dict[str, Session] = {}
        self._own: Session | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._unfinished: dict[str, ObjectRef] = {}
        self._extensions: set[str] = set()
        self._collectors: dict[ObjectRef, str] = {}
        self._past_seconds = 0.0
        try:
            self._declaration = self._open()
        except WireFault as fault:
            message = f"{endpoint}: {fault.fault.kind}: {fault.fault.message}".rstrip(": ")
            raise TargetUnreachable(message) from fault
        except (WireLost, Undecodable) as error:
            message = f"{endpoint}: {error}"
            raise TargetUnreachable(message) from error
        finally:
            if not hasattr(self, "_declaration"):
                self._drop()

    # --- at the start -------------------------------------------------------------------------------------------------

    def _open(self) -> Declaration:
        self._wire.negotiate()
        self._own = self._wire.session()
        self._content = soap_inventory.read_content(self._own)
        self._task_manager = self._content.manager("taskManager")
        self._collector = self._content.manager("propertyCollector")
        self._recent_task = soap_encode.property_filter("TaskManager", "recentTask", [self._task_manager])
        accounts = [Account(name="primary", user_name=self._log_in_ourselves())]
        accounts += [
            Account(name=name, user_name=self._spelling(credentials))
            for name, credentials in self._accounts.items()
            if name != "primary"
        ]
        self._clock.measure(self._own)
        places = soap_inventory.read_places(self._own, self._content)
        capabilities = {*self._profile.capabilities, "raw"}
        if "second" in self._accounts:
            capabilities.add("second-user")
        if "eventManager" in self._content.managers:
            capabilities.add("events")
        return Declaration(
            name=self._profile.name,
            about=self._content.about,
            capabilities=tuple(sorted(capabilities)),
            accounts=tuple(accounts),
            places=places,
            extension_key=self._profile.extension_key,
            identity=dict(self._profile.identity),
            exclusive=self._profile.exclusive,
            settling=self._profile.settling,
        )

    def _log_in_ourselves(self) -> str:
        """Open the adapter's own session, for what is no call of the plan: clock, inventory, cleaning up."""
        if self._own is None:
            self._own = self._wire.session()
        return self._log_in(self._own, self._accounts["primary"], pseudonym="session-0").user_name

    def _spelling(self, credentials: Credentials) -> str:
        """The user name as the server spells it, which only a login tells."""
        if self._profile.trusted:
            return credentials.user
        session = self._wire.session()
        try:
            user_name = self._log_in(session, credentials, pseudonym="session-0").user_name
            session.call(soap_encode.method("Logout", self._content.manager("sessionManager")))
        finally:
            session.close()
        return user_name

    def _log_in(self, session: Session, credentials: Credentials, pseudonym: str | None = None) -> UserSession:
        manager = self._content.manager("sessionManager")
        response = session.call(soap_encode.login(manager, credentials.user, credentials.password))
        key, user_session = soap_decode.user_session(response)
        self._wire.pseudonyms.learn(key, session.cookie_value, name=pseudonym)
        session.logged_in, session.has_filter = True, False
        return user_session

    # --- the protocol -------------------------------------------------------------------------------------------------

    @property
    def declaration(self) -> Declaration:
        """What the target says of itself."""
        return self._declaration

    @property
    def socket_seconds(self) -> float:
        """Seconds from sending requests to having read their answers; of calls made together, the sum."""
        live = sum(session.socket_seconds for session in self._sessions.values())
        return self._past_seconds + live + (self._own.socket_seconds if self._own is not None else 0.0)

    def perform(self, call: Call) -> Outcome:
        """Perform one call and say what came back. Raises TargetUnreachable once the server is gone for good."""
        session = self._session(call.session)
        self._read_clock()
        return self._perform(session, call)

    def perform_together(self, calls: Sequence[Call]) -> list[Outcome]:
        """Perform the calls at the same time, a thread and a connection each."""
        sessions = [self._session(call.session) for call in calls]
        self._read_clock()
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_TOGETHER, thread_name_prefix="taskconform-soap")
        return list(self._pool.map(self._perform, sessions, calls))

    def reset(self) -> None:
        """Close every session and remove what is ours; the server's state stays otherwise as it is."""
        self._clean()
        for session in self._sessions.values():
            self._past_seconds += session.socket_seconds
            session.close()
        self._sessions.clear()

    def close(self) -> None:
        """Remove what is ours, end all sessions. A server that is gone is left alone."""
        self.reset()
        if self._own is not None and self._own.logged_in:
            self._try(self._own, soap_encode.method("Logout", self._content.manager("sessionManager")))
            self._own.logged_in = False
        self._drop()

    def _drop(self) -> None:
        """Close all connections without a word to the server."""
        for session in (*self._sessions.values(), *([self._own] if self._own is not None else [])):
            session.close()
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def abandon(self) -> None:
        """Close all connections: the server is about to be stopped, and takes with it what is ours."""
        self._drop()

    # --- one call -----------------------------------------------------------------------------------------------------

    def _session(self, name: str) -> Session:
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = self._wire.session()
        return session

    def _read_clock(self) -> None:
        """Ask the server's clock again if it is time to. If that fails the interval goes on widening."""
        if not self._clock.due or self._own is None:
            return
        try:
            self._clock.measure(self._own)
        except WireFault:
            self._try_clock_again()
        except (WireLost, Undecodable):
            pass

    def _try_clock_again(self) -> None:
        """Our own session may have been idle too long, or ended by someone: log in once more."""
        try:
            self._log_in_ourselves()
            if self._own is not None:
                self._clock.measure(self._own)
        except (WireFault, WireLost, Undecodable):
            pass

    def _perform(self, session: Session, call: Call) -> Outcome:
        perform = _PERFORM[type(call)]
        start = time.monotonic_ns()
        try:
            value = perform(self, session, call)
        except WireFault as fault:
            return Faulted(fault=fault.fault, at=self._clock.interval(start, time.monotonic_ns()))
        except (WireLost, Undecodable) as error:
            return Lost(why=str(error), at=self._clock.interval(start, time.monotonic_ns()))
        return Returned(value=value, at=self._clock.interval(start, time.monotonic_ns()))

    def raw_call(self, session: str, body: str) -> Any:
        """Send any method call, well-formed or not, on the connection of one of the plan's sessions; the response
        element. Raises WireFault and WireLost."""
        return self._session(session).call(body)

    def _login(self, session: Session, call: calls.Login) -> Value:
        if call.account not in self._accounts:
            message = f"no account {call.account!r} is declared"
            raise KeyError(message)
        return self._log_in(session, self._accounts[call.account])

    def _logout(self, session: Session, _: calls.Logout) -> Value:
        session.call(soap_encode.method("Logout", self._content.manager("sessionManager")))
        session.logged_in = False
        return None

    def _advance_clock(self, session: Session, call: calls.AdvanceClock) -> Value:
        message = "a SOAP server's clock cannot be moved: the capability `clock` is not declared"
        raise NotImplementedError(message)

    def _register_extension(self, session: Session, call: calls.RegisterExtension) -> Value:
        manager = self._content.manager("extensionManager")
        session.call(soap_encode.register_extension(manager, call, time.time_ns() // 1000))
        self._extensions.add(call.key)
        return None

    def _unregister_extension(self, session: Session, call: calls.UnregisterExtension) -> Value:
        session.call(soap_encode.unregister_extension(self._content.manager("extensionManager"), call.key))
        self._extensions.discard(call.key)
        return None

    def _create_task(self, session: Session, call: calls.CreateTask) -> Value:
        info = soap_decode.task_info(
            soap_decode.returned(session.call(soap_encode.create_task(self._task_manager, call)))
        )
        self._unfinished[info.task.value] = info.task
        return info

    def _read_property(self, session: Session, path: str, decode: Callable[[Any], Any]) -> Property[Any]:
        """One property of the TaskManager."""
        spec = soap_encode.property_filter("TaskManager", path, [self._task_manager])
        found = soap_inventory.read_objects(session, self._collector, soap_encode.retrieve(self._collector, spec))
        return soap_decode.property_of(found[0], path, decode) if found else Property()

    def _read_recent_task(self, session: Session, _: calls.ReadRecentTask) -> Value:
        return self._read_property(session, "recentTask", soap_decode.references)

    def _read_max_collector(self, session: Session, _: calls.ReadMaxCollector) -> Value:
        return self._read_property(session, "maxCollector", soap_decode.integer)

    def _read_description(self, session: Session, _: calls.ReadDescription) -> Value:
        return self._read_property(session, "description", soap_decode.task_description)

    def _wait_for_recent_task(self, session: Session, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
        if not session.has_filter:
            session.call(soap_encode.create_filter(self._collector, self._recent_task))
            session.has_filter, session.version = True, ""
        version = "" if call.fresh else session.version
        updates: list[Any] = []
        while True:
            response = session.call(soap_encode.wait_for_updates(self._collector, version))
            update = soap_decode.child(response, "returnval")
            if update is None:
                break
            updates.append(update)
            version = session.version = soap_decode.version_of(update)
            if not soap_decode.is_truncated(update):
                break
        return soap_decode.recent_task_update(updates)

    def _read_task_info(self, session: Session, call: calls.ReadTaskInfo) -> tuple[Property[TaskInfo], ...]:
        tasks = [soap_encode.concrete(task) for task in call.tasks]
        spec = soap_encode.property_filter("Task", "info", tasks)
        found = soap_inventory.read_objects(session, self._collector, soap_encode.retrieve(self._collector, spec))
        infos = {
            soap_decode.reference(soap_decode.required(content, "obj")): soap_decode.property_of(
                content, "info", soap_decode.task_info
            )
            for content in found
        }
        return tuple([infos.get(task, Property()) for task in tasks])

    def _set_task_state(self, session: Session, call: calls.SetTaskState) -> Value:
        session.call(soap_encode.set_task_state(call))
        if call.state in (SUCCESS, ERROR):
            self._unfinished.pop(soap_encode.concrete(call.task).value, None)
        return None

    def _create_collector_for_tasks(self, session: Session, call: calls.CreateCollectorForTasks) -> Value:
        return self._collector_made(session, call, soap_encode.create_collector_for_tasks(self._task_manager, call))

    def _create_collector_for_events(self, session: Session, call: calls.CreateCollectorForEvents) -> Value:
        manager = self._content.manager("eventManager")
        return self._collector_made(session, call, soap_encode.method("CreateCollectorForEvents", manager, "<filter/>"))

    def _collector_made(self, session: Session, call: Call, body: str) -> ObjectRef:
        collector = soap_decode.reference(soap_decode.returned(session.call(body)))
        self._collectors[collector] = call.session
        return collector

    def _read_next_tasks(self, session: Session, call: calls.ReadNextTasks) -> Value:
        return soap_decode.tasks(session.call(soap_encode.read_next_tasks(call)))

    def _destroy_collector(self, session: Session, call: calls.DestroyCollector) -> Value:
        session.call(soap_encode.destroy_collector(call))
        self._collectors.pop(soap_encode.concrete(call.collector), None)
        return None

    # --- at the end ---------------------------------------------------------------------------------------------------

    def _clean(self) -> None:
        """Remove what is ours: collectors, unfinished tasks, extensions, sessions. What the server refuses stays."""
        for collector, name in self._collectors.items():
            session = self._sessions.get(name)
            if session is not None and session.logged_in:
                self._try(session, soap_encode.method("DestroyCollector", collector))
        own = self._own
        if own is not None and own.logged_in:
            for task in self._unfinished.values():
                self._finish(own, task)
            manager = self._content.manager("extensionManager")
            for key in self._extensions:
                self._try(own, soap_encode.unregister_extension(manager, key))
        for session in self._sessions.values():
            if session.logged_in:
                self._try(session, soap_encode.method("Logout", self._content.manager("sessionManager")))
                session.logged_in = False
        self._collectors.clear()
        self._unfinished.clear()
        self._extensions.clear()

    def _finish(self, own: Session, task: ObjectRef) -> None:
        """End a task that the plan left open; a queued one may have to run first."""
        for state in (SUCCESS, RUNNING, SUCCESS):
            if self._try(own, soap_encode.set_task_state(calls.SetTaskState(session="", task=task, state=state))) and (
                state == SUCCESS
            ):
                return

    def _try(self, session: Session, body: str) -> bool:
        """Send what need not succeed; whether it did. A server that does not answer is not asked again."""
        if self._wire.gone:
            return False
        try:
            session.call(body)
        except (WireFault, Undecodable):
            return False
        except (WireLost, TargetUnreachable):
            self._wire.gone = True
            return False
        return True


def _plain(encode: Callable[[Any], str]) -> Callable[[SoapTarget, Session, Any], Value]:
    """A method of which nothing comes back and nothing stays."""

    def perform(_: SoapTarget, session: Session, call: Any) -> Value:
        session.call(encode(call))

    return perform


_PERFORM: Final[dict[type, Callable[[SoapTarget, Session, Any], Value]]] = {
    calls.Login: SoapTarget._login,  # noqa: SLF001 -- this and below: the class's own table
    calls.Logout: SoapTarget._logout,  # noqa: SLF001
    calls.AdvanceClock: SoapTarget._advance_clock,  # noqa: SLF001
    calls.RegisterExtension: SoapTarget._register_extension,  # noqa: SLF001
    calls.UnregisterExtension: SoapTarget._unregister_extension,  # noqa: SLF001
    calls.CreateTask: SoapTarget._create_task,  # noqa: SLF001
    calls.ReadRecentTask: SoapTarget._read_recent_task,  # noqa: SLF001
    calls.WaitForRecentTask: SoapTarget._wait_for_recent_task,  # noqa: SLF001
    calls.ReadMaxCollector: SoapTarget._read_max_collector,  # noqa: SLF001
    calls.ReadDescription: SoapTarget._read_description,  # noqa: SLF001
    calls.ReadTaskInfo: SoapTarget._read_task_info,  # noqa: SLF001
    calls.SetTaskState: SoapTarget._set_task_state,  # noqa: SLF001
    calls.UpdateProgress: _plain(soap_encode.update_progress),
    calls.SetTaskDescription: _plain(soap_encode.set_task_description),
    calls.CancelTask: _plain(soap_encode.cancel_task),
    calls.CreateCollectorForTasks: SoapTarget._create_collector_for_tasks,  # noqa: SLF001
    calls.CreateCollectorForEvents: SoapTarget._create_collector_for_events,  # noqa: SLF001
    calls.ReadNextTasks: SoapTarget._read_next_tasks,  # noqa: SLF001
    calls.DestroyCollector: SoapTarget._destroy_collector,  # noqa: SLF001
}
