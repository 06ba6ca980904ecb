"""The object graph's managers, other than TaskManager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve import roles
from taskconform.conformance.serve.faults import raised
from taskconform.conformance.targets.builtin.inventory import TERMINATE
from taskconform.conformance.targets.builtin.strings import DEFAULT_LOCALE, LOCALES
from taskconform.conformance.wire.values import Data
from taskconform.conformance.wire.words import as_data
from taskconform.model.spec import triggers
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.model.vocabulary.outcomes import Extension


def user_session(client: Client) -> Data:
    """vim.UserSession of a login."""
    return Data(
        "UserSession",
        key=client.key,
        userName=client.user_name,
        fullName=client.user_name.rpartition("\\")[2],
        loginTime=client.login_time,
        lastActiveTime=client.last_active,
        locale=client.locale,
        messageLocale=client.locale,
        extensionSession=False,
        ipAddress=client.address,
        userAgent=client.agent,
        callCount=client.calls,
    )


def extension_of(service: Service, extension: Extension) -> Data:
    """Return an extension as it was registered, with what the specification does not look at."""
    kept = service.extensions.get(extension.key)
    if kept is not None:
        return kept
    description = Data("Description", label=extension.key, summary=extension.key)
    return Data("Extension", description=description, lastHeartbeatTime=0, **as_data(extension).fields)


def _extension_list(service: Service, client: Client, _: ObjectRef) -> Any:
    answer = service.perform(calls.ReadExtensionList(session=client.name))
    if answer.missing is not None:
        raise raised(answer.missing)
    return [extension_of(service, each) for each in answer.value]


def _session_list(service: Service, client: Client, _: ObjectRef) -> Any:
    service.require(client, TERMINATE)
    return [user_session(each) for each in service.clients]


def _scheduled_tasks(service: Service, client: Client, _: ObjectRef) -> Any:
    service.require(client)
    return [each.ref for each in service.triggers("ScheduledTask")]


def _trigger_spec(service: Service, ref: ObjectRef) -> dict[str, Any]:
    spec = service.specs.get(ref.value)
    return dict(spec.fields) if spec is not None else {}


def _schedule_info(service: Service, client: Client, ref: ObjectRef) -> Any:
    service.require(client)
    schedule = triggers.find(service.state, ref)
    fields = _trigger_spec(service, ref)
    fields.update(scheduledTask=ref, entity=schedule.entity.ref, taskObject=schedule.entity.ref, state="queued")
    return Data("ScheduledTaskInfo", **fields)


def _alarm_info(service: Service, client: Client, ref: ObjectRef) -> Any:
    service.require(client)
    alarm = triggers.find(service.state, ref)
    fields = _trigger_spec(service, ref)
    fields.update(key=ref.value, alarm=ref, entity=alarm.entity.ref, creationEventId=0)
    return Data("AlarmInfo", **fields)


def _views(service: Service, client: Client, _: ObjectRef) -> Any:
    session = service.session(client)
    lists = [ObjectRef(type="ListView", value=value) for value in session.views]
    return lists + [ObjectRef(type="ContainerView", value=value) for value in client.containers]


READERS: Final[Mapping[str, Mapping[str, Callable[[Service, Client, ObjectRef], Any]]]] = {
    "ServiceInstance": {
        "content": lambda service, _, __: service.content(),
        "serverClock": lambda service, _, __: service.state.now,
        "capability": lambda service, _, __: Data(
            "Capability",
            provisioningSupported=service.state.server.vcenter,
            multiHostSupported=service.state.server.vcenter,
            userShellAccessSupported=False,
        ),
    },
    "SessionManager": {
        "sessionList": _session_list,
        "currentSession": lambda service, client, _: user_session(client) if service.session(client) else None,
        "message": lambda *_: "",
        "messageLocaleList": lambda *_: list(LOCALES),
        "supportedLocaleList": lambda *_: list(LOCALES),
        "defaultLocale": lambda *_: DEFAULT_LOCALE,
    },
    "ExtensionManager": {"extensionList": _extension_list},
    "AuthorizationManager": {"privilegeList": roles.privilege_list, "roleList": roles.role_list},
    "EventManager": {"maxCollector": lambda service, _, __: service.options.max_collector},
    "ScheduledTaskManager": {"scheduledTask": _scheduled_tasks},
    "ScheduledTask": {"info": _schedule_info},
    "Alarm": {"info": _alarm_info},
    "ViewManager": {"viewList": _views},
}
"""By type and property."""
