"""PropertyCollector: filters, and waiting for updates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.serve.filters import Filter, Updates
from taskconform.conformance.serve.options import VIRTUAL
from taskconform.conformance.serve.retrieval import selections
from taskconform.model.spec import watch
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.inventory import PROPERTY_FILTER
from taskconform.model.spec.state import PropertyCollector
from taskconform.model.vocabulary.outcomes import SECOND
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from taskconform.conformance.serve.clients import Client
    from taskconform.conformance.serve.service import Service
    from taskconform.conformance.wire.values import Data
    from taskconform.model.vocabulary.calls import ObjectRef

LONGEST_WAIT: Final = 1800
""""PropertyCollector policy may cause it to return null sooner than maxWaitSeconds": here after so many seconds."""


def collector_of(service: Service, client: Client, this: ObjectRef) -> PropertyCollector:
    """Find a collector: the default one, which every session has for itself, or one that the client has made."""
    session = service.session(client)
    if this == service.managers["propertyCollector"] and this.value not in session.property_collectors:
        service.new_ref(client, this.type, "collector")
        made = PropertyCollector(number=service.state.made)
        service.state = watch.with_collector(service.state, service.session(client), this.value, made)
    found: PropertyCollector = service.modules.watch.find(service.state, service.session(client), this, service.choices)
    return found


def destroy_collector(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> None:
    """DestroyPropertyCollector; NotSupported for the default one."""
    is_default = this == service.managers["propertyCollector"]
    fault_if(is_default, "NotSupported", "the default property collector is not to be destroyed")
    service.perform(service.call_of("DestroyPropertyCollector", client, this, args))


def create_filter(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> ObjectRef:
    """CreateFilter, over any selection."""
    collector_of(service, client, this)
    (selection,) = selections(service, [args["spec"]])
    missing = frozenset(selection.missing(service, client))
    ref = service.new_ref(client, PROPERTY_FILTER, "filter")
    watched = tuple(root[0] for root in selection.roots)
    made = Filter(ref=ref, watched=watched, missing=missing, selection=selection, partial=args["partialUpdates"])
    collector = collector_of(service, client, this)
    collector = evolve(collector, filters=(*collector.filters, made))
    service.state = watch.with_collector(service.state, service.session(client), this.value, collector)
    return ref


def cancel_wait(service: Service, client: Client, this: ObjectRef, _: Mapping[str, Any]) -> None:
    """CancelWaitForUpdates."""
    collector_of(service, client, this)
    client.broken_off[this.value] += 1
    service.pulse.beat()


def updates(
    service: Service, client: Client, this: ObjectRef, version: str, most: int | None, *, may_resume: bool
) -> Data | None:
    """Do one update calculation."""
    return Updates(service, client, this, collector_of(service, client, this)).since(
        version, most, may_resume=may_resume
    )


def check_for_updates(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Data | None:
    """CheckForUpdates."""
    return updates(service, client, this, args.get("version", ""), None, may_resume=False)


METHODS: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Any]]] = {
    "DestroyPropertyCollector": destroy_collector,
    "CreateFilter": create_filter,
    "CancelWaitForUpdates": cancel_wait,
    "CheckForUpdates": check_for_updates,
}


# --- what waits -------------------------------------------------------------------------------------------------------


async def wait_for_updates_ex(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """WaitForUpdatesEx: of maxWaitSeconds "a negative value is illegal", of maxObjectUpdates "a value less than or
    equal to 0"."""
    collector_of(service, client, this)
    options = args.get("options")
    seconds = options.get("maxWaitSeconds") if options is not None else None
    most = options.get("maxObjectUpdates") if options is not None else None
    fault_if(seconds is not None and seconds < 0, "InvalidArgument", "maxWaitSeconds is negative")
    fault_if(most is not None and most < 1, "InvalidArgument", "maxObjectUpdates is not positive")
    wait = _Wait(service, client, this, LONGEST_WAIT if seconds is None else min(seconds, LONGEST_WAIT))
    return await wait.until_changed(args.get("version", ""), most, may_resume=True)


async def wait_for_updates(service: Service, client: Client, this: ObjectRef, args: Mapping[str, Any]) -> Any:
    """WaitForUpdates, which does not return before there are updates."""
    collector_of(service, client, this)
    wait = _Wait(service, client, this, None)
    return await wait.until_changed(args.get("version", ""), None, may_resume=False)


class _Wait:
    """A call that waits for updates, for so many seconds or, with None, until there are some."""

    def __init__(self, service: Service, client: Client, this: ObjectRef, seconds: int | None) -> None:
        self.service = service
        self.client = client
        self.this = this
        self.broken_off = client.broken_off[this.value]
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.horizon = service.state.now + (seconds or LONGEST_WAIT) * SECOND if seconds != 0 else 0

    async def until_changed(self, version: str, most: int | None, *, may_resume: bool) -> Data | None:
        """Give the updates; None when the time is over."""
        self.client.waits += 1
        try:
            while True:
                found = updates(self.service, self.client, self.this, version, most, may_resume=may_resume)
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
        due = self.service.next_due()
        if self.service.options.clock != VIRTUAL or due is None or due > self.horizon:
            return False
        self.service.advance(due)
        self.service.pulse.beat()
        return True

    def check_goes_on(self) -> None:
        """RequestCanceled "if CancelWaitForUpdates has been called or the session was closed or the PropertyCollector
        was destroyed"."""
        session = self.service.state.sessions.get(self.client.name)
        gone = session is None or self.this.value not in session.property_collectors
        broken_off = self.client.broken_off[self.this.value] != self.broken_off
        fault_if(gone or broken_off, "RequestCanceled", "the wait was broken off")


WAITING: Final[Mapping[str, Callable[[Service, Client, ObjectRef, dict[str, Any]], Awaitable[Any]]]] = {
    "WaitForUpdatesEx": wait_for_updates_ex,
    "WaitForUpdates": wait_for_updates,
}
