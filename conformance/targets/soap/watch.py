"""The calls on views and on property collectors."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap import decode as soap_decode
from taskconform.conformance.targets.soap import encode_watch as soap_encode_watch
from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap import updates as soap_updates
from taskconform.conformance.targets.soap import xml as soap_xml
from taskconform.conformance.targets.soap.encode import concrete
from taskconform.conformance.targets.soap.server import plain
from taskconform.conformance.targets.soap.wire import WireFault, WireLost
from taskconform.conformance.targets.soap.xml import Undecodable
from taskconform.model.vocabulary import calls

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.server import Handler, Server
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary.outcomes import Value

_SURELY_WAITS: Final = 0.3
"""Seconds without an answer after which a wait that was sent is taken to be under way."""

_ENOUGH: Final = 0.5
"""Seconds that a wait must have had left when it was broken off, for its going on to tell anything."""


# --- views ------------------------------------------------------------------------------------------------------------


def _create_list_view(server: Server, session: Session, call: calls.CreateListView) -> Value:
    body = soap_encode_watch.create_list_view(server.manager("viewManager"), call)
    return soap_decode.object_made(session.call(body))


def _modify_list_view(_: Server, session: Session, call: calls.ModifyListView) -> Value:
    return soap_decode.references_returned(session.call(soap_encode_watch.modify_list_view(call)))


def _reset_list_view(_: Server, session: Session, call: calls.ResetListView) -> Value:
    return soap_decode.references_returned(session.call(soap_encode_watch.reset_list_view(call)))


def _read_view(server: Server, session: Session, call: calls.ReadView) -> Value:
    return server.read(session, concrete(call.view), "view", soap_xml.references)


# --- property collectors ----------------------------------------------------------------------------------------------


def _create_property_collector(server: Server, session: Session, _: calls.CreatePropertyCollector) -> Value:
    return soap_decode.object_made(session.call(soap_encode_watch.create_property_collector(server.collector)))


def _create_filter(_: Server, session: Session, call: calls.CreateFilter) -> Value:
    return soap_decode.object_made(session.call(soap_encode_watch.watch(call)))


def _wait_for_updates(_: Server, session: Session, call: calls.WaitForUpdatesEx) -> Value:
    return soap_updates.update_set(session.call(soap_encode_watch.wait(call)))


def _break_off_wait(server: Server, session: Session, call: calls.BreakOffWait) -> Value:
    """The wait goes out on a connection of its own. Its fault is the answer; if it has none, but what should have
    broken it off failed, then that is. A wait that ended so soon after what should have broken it off that it may have
    ended by itself says nothing."""
    waiting = session.twin()
    written = waiting.written = Event()
    failure: WireFault | WireLost | Undecodable | None = None
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="taskconform-wait") as pool:
            answer = pool.submit(waiting.call, soap_encode_watch.wait_long(call))
            answer.add_done_callback(lambda _: written.set())
            written.wait()
            began = time.monotonic()
            wait([answer], _SURELY_WAITS)
            try:
                _break_off(server, session, call)
            except (WireFault, WireLost, Undecodable) as error:
                failure = error
            left = began + soap_encode_watch.LONG_WAIT - time.monotonic()
        response = answer.result()
    finally:
        session.socket_seconds += waiting.socket_seconds
        waiting.close()
    if failure is not None:
        raise failure
    if left < _ENOUGH:
        message = "the wait was over before it could be broken off"
        raise WireLost(message)
    return soap_updates.update_set(response)


def _break_off(server: Server, session: Session, call: calls.BreakOffWait) -> None:
    if call.by == "logout":
        server.log_out(session)
    elif call.by == "cancel":
        session.call(soap_encode_watch.cancel_wait(call))
    else:
        message = f"a wait is broken off by cancel or logout, not by {call.by!r}"
        raise ValueError(message)


def _retrieve_reported(server: Server, session: Session, call: calls.RetrieveReported) -> Value:
    body = soap_encode_watch.retrieve_reported(server.collector, call)
    found = soap_inventory.read_objects(session, server.collector, body)
    return tuple([soap_xml.reference(soap_xml.required(each, "obj")) for each in found])


BY_CALL: Final[dict[type, Handler]] = {
    calls.CreateListView: _create_list_view,
    calls.ModifyListView: _modify_list_view,
    calls.ResetListView: _reset_list_view,
    calls.ReadView: _read_view,
    calls.DestroyView: plain(soap_encode_watch.destroy_view),
    calls.CreatePropertyCollector: _create_property_collector,
    calls.CreateFilter: _create_filter,
    calls.WaitForUpdatesEx: _wait_for_updates,
    calls.BreakOffWait: _break_off_wait,
    calls.DestroyPropertyFilter: plain(soap_encode_watch.destroy_property_filter),
    calls.DestroyPropertyCollector: plain(soap_encode_watch.destroy_property_collector),
    calls.RetrieveReported: _retrieve_reported,
}
"""How each of them is performed."""
