"""The calls on history collectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap import decode as soap_decode
from taskconform.conformance.targets.soap import encode_history as soap_encode_history
from taskconform.conformance.targets.soap import filters as soap_filters
from taskconform.conformance.targets.soap.encode import concrete
from taskconform.conformance.targets.soap.server import plain
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.server import Handler, Server
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.outcomes import Value


def _create_collector_for_tasks(server: Server, session: Session, call: calls.CreateCollectorForTasks) -> Value:
    body = soap_encode_history.create_collector_for_tasks(server.task_manager, call)
    return soap_decode.object_made(session.call(body))


def _create_collector_with_info_filter(
    server: Server, session: Session, call: calls.CreateCollectorWithInfoFilterForTasks
) -> Value:
    body = soap_encode_history.create_collector_with_info_filter(server.task_manager, call)
    return soap_decode.object_made(session.call(body))


def _create_collector_for_events(server: Server, session: Session, _: calls.CreateCollectorForEvents) -> Value:
    body = soap_encode_history.create_collector_for_events(server.manager("eventManager"))
    return soap_decode.object_made(session.call(body))


def _read_filter(server: Server, session: Session, call: calls.ReadCollectorFilter) -> Value:
    return server.read(session, concrete(call.collector), "filter", soap_filters.task_filter)


def _read_latest_page(server: Server, session: Session, call: calls.ReadLatestPage) -> Value:
    return server.read(session, concrete(call.collector), "latestPage", soap_decode.page)


def _read_next_tasks(_: Server, session: Session, call: calls.ReadNextTasks) -> Value:
    return soap_decode.tasks(session.call(soap_encode_history.read_next_tasks(call)))


def _read_previous_tasks(_: Server, session: Session, call: calls.ReadPreviousTasks) -> Value:
    return soap_decode.tasks(session.call(soap_encode_history.read_previous_tasks(call)))


BY_CALL: Final[dict[type, Handler]] = {
    calls.CreateCollectorForTasks: _create_collector_for_tasks,
    calls.CreateCollectorWithInfoFilterForTasks: _create_collector_with_info_filter,
    calls.CreateCollectorForEvents: _create_collector_for_events,
    calls.ReadCollectorFilter: _read_filter,
    calls.ReadLatestPage: _read_latest_page,
    calls.SetCollectorPageSize: plain(soap_encode_history.set_collector_page_size),
    calls.RewindCollector: plain(soap_encode_history.rewind_collector),
    calls.ResetCollector: plain(soap_encode_history.reset_collector),
    calls.ReadNextTasks: _read_next_tasks,
    calls.ReadPreviousTasks: _read_previous_tasks,
    calls.DestroyCollector: plain(soap_encode_history.destroy_collector),
}
"""How each of them is performed."""
