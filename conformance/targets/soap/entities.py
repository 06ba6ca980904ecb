"""The calls on the inventory, on scheduled tasks, alarms and events."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap import decode as soap_decode
from taskconform.conformance.targets.soap import encode_server as soap_encode_server
from taskconform.conformance.targets.soap.server import plain
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.server import Handler, Server
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.outcomes import Value

_FAR_AWAY: Final = 365 * 24 * 3600 * SECOND
"""From now on so long no scheduled task of ours runs by itself."""


def _create_folder(_: Server, session: Session, call: calls.CreateFolder) -> Value:
    return soap_decode.object_made(session.call(soap_encode_server.create_folder(call)))


def _destroy(_: Server, session: Session, call: calls.Destroy) -> Value:
    return soap_decode.object_made(session.call(soap_encode_server.destroy(call)))


def _create_scheduled_task(server: Server, session: Session, call: calls.CreateScheduledTask) -> Value:
    run_at = time.time_ns() // 1000 + _FAR_AWAY
    body = soap_encode_server.create_scheduled_task(server.manager("scheduledTaskManager"), call, run_at)
    return soap_decode.object_made(session.call(body))


def _create_alarm(server: Server, session: Session, call: calls.CreateAlarm) -> Value:
    body = soap_encode_server.create_alarm(server.manager("alarmManager"), call)
    return soap_decode.object_made(session.call(body))


def _log_user_event(server: Server, session: Session, call: calls.LogUserEvent) -> Value:
    session.call(soap_encode_server.log_user_event(server.manager("eventManager"), call))
    return None


def _query_task_events(server: Server, session: Session, call: calls.QueryTaskEvents) -> Value:
    return soap_decode.task_events(session.call(soap_encode_server.query_events(server.manager("eventManager"), call)))


BY_CALL: Final[dict[type, Handler]] = {
    calls.CreateFolder: _create_folder,
    calls.Destroy: _destroy,
    calls.CreateScheduledTask: _create_scheduled_task,
    calls.RunScheduledTask: plain(soap_encode_server.run_scheduled_task),
    calls.RemoveScheduledTask: plain(soap_encode_server.remove_scheduled_task),
    calls.CreateAlarm: _create_alarm,
    calls.LogUserEvent: _log_user_event,
    calls.RemoveAlarm: plain(soap_encode_server.remove_alarm),
    calls.QueryTaskEvents: _query_task_events,
}
"""How each of them is performed."""
