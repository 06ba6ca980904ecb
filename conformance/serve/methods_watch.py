"""PropertyCollector: filters, and waiting for updates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.filters import Collector, Filter, Updates
from taskconform.conformance.serve.options import VIRTUAL
from taskconform.conformance.serve.retrieval import selections
from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    NOT_SUPPORTED,
    OBJECT_NOT_FOUND,
    REQUEST_CANCELED,
    refused,
)
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.values import Data
    from taskconform.model.vocabulary.calls import ObjectRef

LONGEST_WAIT: Final = 1800
""""PropertyCollector policy may cause it to return null sooner than maxWaitSeconds": here after so many seconds."""


def collector_of(service: Service, client: Client, this: ObjectRef) -> Collector:
    """Find a collector: the default one, which every session has for itself, or one that the client has made."""
    session = service.session(client)
    found = client.objects.get(this.value)
    if not isinstance(found, Collector):
        if this.value != service.managers["propertyCollector"].value:
            raise refused(OBJECT_NOT_FOUND, f"no such property collector: {this.value}")
        service.simulator.new_collector_ref(session, this.type)
        found = client.objects[this.value] = Collector(service.simulator.collectors)
    service.simulator.require(session, SYSTEM_VIEW)
    return found


def create_collector(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> ObjectRef:
    """CreatePropertyCollector."""
    session = service.session(client)
    service.simulator.require(session, SYSTEM_VIEW)
    ref = service.simulator.new_collector_ref(session, this.type)
    client.objects[ref.value] = Collector(service.simulator.collectors)
    return ref


def destroy_collector(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """DestroyPropertyCollector; NotSupported for the default one."""
    if this == service.managers["propertyCollector"]:
        raise refused(NOT_SUPPORTED, "the default property collector is not to be destroyed")
    collector = collector_of(service, client, this)
    collector.destroyed = True
    for value in (this.value, *collector.watches):
        del client.objects[value]
    service.simulator.forget_object(this.value)


def create_filter(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> ObjectRef:
    """CreateFilter."""
    collector = collector_of(service, client, this)
    (selection,) = selections(service, [args["spec"]])
    missing = selection.missing(service, client)
    ref = service.simulator.new_collector_ref(service.session(client), "PropertyFilter", "filter")
    made = Filter(collector, ref, selection, missing, partial=args["partialUpdates"])
    client.objects[ref.value] = collector.watches[ref.value] = made
    return ref


def destroy_filter(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """DestroyPropertyFilter."""
    service.session(client)
    found = client.objects.get(this.value)
    if not isinstance(found, Filter):
        raise refused(OBJECT_NOT_FOUND, f"no such property filter: {this.value}")
    del client.objects[this.value]
    found.collector.forget_watch(this.value)


def cancel_wait(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """CancelWaitForUpdates."""
    collector_of(service, client, this).broken_off += 1
    service.pulse.beat()


def check_for_updates(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Data | None:
    """CheckForUpdates."""
    collector = collector_of(service, client, this)
    return Updates(service, client, collector).since(args.get("version", ""), None, may_resume=False)


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "CreatePropertyCollector": create_collector,
    "DestroyPropertyCollector": destroy_collector,
    "CreateFilter": create_filter,
    "DestroyPropertyFilter": destroy_filter,
    "CancelWaitForUpdates": cancel_wait,
    "CheckForUpdates": check_for_updates,
}


# --- what waits -------------------------------------------------------------------------------------------------------


async def wait_for_updates_ex(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """WaitForUpdatesEx: of maxWaitSeconds "a negative value is illegal", of maxObjectUpdates "a value less than or
    equal to 0"."""
    collector = collector_of(service, client, this)
    options = args.get("options")
    seconds = options.get("maxWaitSeconds") if options is not None else None
    most = options.get("maxObjectUpdates") if options is not None else None
    if seconds is not None and seconds < 0:
        raise refused(INVALID_ARGUMENT, "maxWaitSeconds is negative")
    if most is not None and most < 1:
        raise refused(INVALID_ARGUMENT, "maxObjectUpdates is not positive")
    wait = _Wait(service, client, collector, LONGEST_WAIT if seconds is None else min(seconds, LONGEST_WAIT))
    return await wait.until_changed(args.get("version", ""), most, may_resume=True)


async def wait_for_updates(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """WaitForUpdates, which does not return before there are updates."""
    wait = _Wait(service, client, collector_of(service, client, this), None)
    return await wait.until_changed(args.get("version", ""), None, may_resume=False)


class _Wait:
    """A call that waits for updates, for so many seconds or, with None, until there are some."""

    def __init__(self, service: Service, client: Client, collector: Collector, seconds: int | None) -> None:
        self.service = service
        self.client = client
        self.collector = collector
        self.broken_off = collector.broken_off
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.horizon = service.simulator.clock.now + (seconds or LONGEST_WAIT) * SECOND if seconds != 0 else 0

    async def until_changed(self, version: str, most: int | None, *, may_resume: bool) -> Data | None:
        """Give the updates; None when the time is over."""
        self.client.waits += 1
        try:
            while True:
                found = Updates(self.service, self.client, self.collector).since(version, most, may_resume=may_resume)
                if found is not None:
                    return found
                left = self.left()
                if left <= 0:
                    return None
                if not self.skip_ahead():
                    await self.service.pulse.wait(left)
                self.check_goes_on()
        finally:
            self.client.waits -= 1
            self.client.used = time.monotonic()

    def left(self) -> float:
        """Give the seconds that may still be waited."""
        return LONGEST_WAIT if self.deadline is None else self.deadline - time.monotonic()

    def skip_ahead(self) -> bool:
        """Move a virtual clock to what happens next by itself, if that is soon enough; tell whether it was moved."""
        simulator = self.service.simulator
        due = simulator.next_due()
        if self.service.options.clock != VIRTUAL or due is None or due > self.horizon:
            return False
        simulator.clock.now = max(simulator.clock.now, due)
        simulator.end_due()
        self.service.pulse.beat()
        return True

    def check_goes_on(self) -> None:
        """RequestCanceled "if CancelWaitForUpdates has been called or the session was closed or the PropertyCollector
        was destroyed"."""
        if (
            self.collector.broken_off != self.broken_off
            or self.collector.destroyed
            or not self.service.clients.is_there(self.client)
        ):
            raise refused(REQUEST_CANCELED, "the wait was broken off")


WAITING: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Awaitable[Any]]]] = {
    "WaitForUpdatesEx": wait_for_updates_ex,
    "WaitForUpdates": wait_for_updates,
}
