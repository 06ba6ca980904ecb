"""The composed calls of the PropertyCollector: filters, waits that are broken off, reports of missing objects."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.soap import inventory as soap_inventory
from taskconform.conformance.targets.soap.wire import WireFault, WireLost
from taskconform.conformance.wire import answers, body, updates, xml
from taskconform.conformance.wire.xml import Undecodable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from taskconform.conformance.targets.soap.server import Server
    from taskconform.conformance.targets.soap.wire import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import RecentTaskUpdate, Value

_SURELY_WAITS: Final = 0.3
"""Seconds without an answer after which a wait that was sent is taken to be under way."""

_MOST_SETS: Final = 500
"""Truncated update sets in a row, after which they are taken to have no end."""

_ENOUGH: Final = 0.5
"""Seconds that a wait must have had left when it was broken off, for its going on to tell anything."""


def wait_for_recent_task(server: Server, session: Session, call: calls.WaitForRecentTask) -> RecentTaskUpdate:
    """Wait for recentTask. The first such wait of a session makes its filter; truncated sets are followed to the
    end."""
    if not session.has_filter:
        spec = body.property_filter("TaskManager", "recentTask", [server.task_manager])
        session.call(body.create_filter(server.collector, spec))
        session.has_filter, session.version = True, ""
    version = "" if call.fresh else session.version
    found: list[Element] = []
    for _ in range(_MOST_SETS):
        update = xml.child(session.call(body.wait_for_updates(server.collector, version)), "returnval")
        if update is None:
            break
        found.append(update)
        version = session.version = updates.version_of(update)
        if not updates.is_truncated(update):
            break
    else:
        message = "one truncated update set after another, without end"
        raise WireLost(message)
    return updates.recent_task_update(found)


def create_filter(_: Server, session: Session, call: calls.CreateFilter) -> Value:
    """Make a filter over what the call watches."""
    made: Value = answers.answer_reader("CreateFilter")(session.call(body.watch(call)))
    return made


def break_off_wait(server: Server, session: Session, call: calls.BreakOffWait) -> Value:
    """Wait on a connection of its own, and break the wait off on the session's. The wait's fault is the answer; if it
    has none, but what should have broken it off failed, then that is. A wait that ended so soon after what should have
    broken it off that it may have ended by itself says nothing."""
    waiting = session.twin()
    written = waiting.written = Event()
    failure: WireFault | WireLost | Undecodable | None = None
    try:
        with ThreadPoolExecutor(1, thread_name_prefix="taskconform-wait") as pool:
            answer = pool.submit(waiting.call, body.wait_long(call))
            answer.add_done_callback(lambda _: written.set())
            written.wait()
            began = time.monotonic()
            wait([answer], _SURELY_WAITS)
            try:
                _break_off(server, session, call)
            except (WireFault, WireLost, Undecodable) as error:
                failure = error
            left = began + body.LONG_WAIT - time.monotonic()
        response = answer.result()
    finally:
        session.socket_seconds += waiting.socket_seconds
        waiting.close()
    if failure is not None:
        raise failure
    if left < _ENOUGH:
        message = "the wait was over before it could be broken off"
        raise WireLost(message)
    return updates.update_set(response)


def _break_off(server: Server, session: Session, call: calls.BreakOffWait) -> None:
    if call.by == "logout":
        server.log_out(session)
    elif call.by == "cancel":
        session.call(body.cancel_wait(call))
    else:
        message = f"a wait is broken off by cancel or logout, not by {call.by!r}"
        raise ValueError(message)


def retrieve_reported(server: Server, session: Session, call: calls.RetrieveReported) -> Value:
    """Read the states of tasks, and return the objects that the result speaks of."""
    found = soap_inventory.read_objects(session, server.collector, body.retrieve_reported(server.collector, call))
    return tuple([xml.reference(xml.required(each, "obj")) for each in found])
