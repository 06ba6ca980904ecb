"""The simulator's PropertyCollector: filters, and waiting for updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_COLLECTOR_VERSION,
    OBJECT_NOT_FOUND,
    REQUEST_CANCELED,
    refused,
)
from taskconform.conformance.targets.sim_inventory import SYSTEM_VIEW
from taskconform.conformance.targets.sim_picture import ABSENT, UpdateCollector, Watch
from taskconform.conformance.targets.sim_server import concrete, text
from taskconform.conformance.targets.sim_watching import SimulatedWatching
from taskconform.model.vocabulary.calls import Logout
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_picture import Picture, Seen
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import UpdateSet

PROPERTY_COLLECTOR: Final = "PropertyCollector"
PROPERTY_FILTER: Final = "PropertyFilter"
LOGOUT: Final = "logout"


class SimulatedUpdates(SimulatedWatching):
    """A server whose sessions detect changes by property collectors of their own."""

    # --- collectors and filters -----------------------------------------------------------------------------------

    def create_property_collector(self, call: calls.CreatePropertyCollector) -> ObjectRef:
        """Follow the page: "Creates a new session-specific PropertyCollector"."""
        session = self.authenticated(call.session)
        self.require(session, SYSTEM_VIEW)
        ref = self.new_collector_ref(session, PROPERTY_COLLECTOR)
        session.update_collectors[ref.value] = UpdateCollector(self.collectors)
        return ref

    def find_update_collector(self, session: Session, collector: calls.Reference) -> UpdateCollector:
        """Find the collector referred to; one of another session is as good as none."""
        ref = concrete(collector)
        found = session.update_collectors.get(ref.value)
        if found is None or ref.type != PROPERTY_COLLECTOR:
            raise refused(OBJECT_NOT_FOUND, f"no such property collector: {ref.value}")
        return found

    def create_filter(self, call: calls.CreateFilter) -> ObjectRef:
        """InvalidArgument if the specification "is empty"; if it "refers to missing objects, filter creation will fail
        with a ManagedObjectNotFound fault", unless missing objects are to be reported. What is there but neither a
        task, a list view nor a task collector has none of the properties, and is never shown.
        """
        session = self.authenticated(call.session)
        collector = self.find_update_collector(session, call.collector)
        self.require(session, SYSTEM_VIEW)
        if not call.watched:
            raise refused(INVALID_ARGUMENT, "the filter's specification is empty")
        watched = tuple([concrete(obj) for obj in call.watched])
        missing = frozenset([obj.value for obj in watched if not self.exists(session, obj)])
        self.check_missing(call, missing)
        ref = self.new_collector_ref(session, PROPERTY_FILTER, "filter")
        collector.watches[ref.value] = self.new_watch(ref, watched, missing)
        return ref

    def check_missing(self, call: calls.CreateFilter, missing: frozenset[str]) -> None:
        """ManagedObjectNotFound for objects that do not exist, unless they are to be reported."""
        if missing and not call.report_missing:
            raise refused(OBJECT_NOT_FOUND, f"no such objects: {', '.join(sorted(missing))}")

    def new_watch(self, ref: ObjectRef, watched: tuple[ObjectRef, ...], missing: frozenset[str]) -> Watch:
        """Make the filter over what was found, and over what is to be reported as missing."""
        return Watch(ref, watched, missing)

    def destroy_property_filter(self, call: calls.DestroyPropertyFilter) -> None:
        """Follow the page: "Destroys this filter". What it showed does not leave: it is not spoken of any more."""
        session = self.authenticated(call.session)
        ref = concrete(call.filter)
        for collector in session.update_collectors.values():
            watch = collector.watches.get(ref.value)
            if watch is not None and watch.ref == ref:
                collector.forget_watch(ref.value)
                return
        raise refused(OBJECT_NOT_FOUND, f"no such property filter: {ref.value}")

    def destroy_property_collector(self, call: calls.DestroyPropertyCollector) -> None:
        """Follow the page: "Destroys this PropertyCollector", and its filters with it: they "do not have independent
        lifetimes".
        """
        session = self.authenticated(call.session)
        ref = concrete(call.collector)
        self.find_update_collector(session, ref)
        self.require(session, SYSTEM_VIEW)
        del session.update_collectors[ref.value]
        self.forget_object(ref.value)

    # --- waiting --------------------------------------------------------------------------------------------------

    def wait_for_updates_ex(self, call: calls.WaitForUpdatesEx) -> UpdateSet | None:
        """Give the "changes since the passed in version or null if there are no changes". To wait takes no time, but
        for as long as a task that is being canceled takes to end.
        """
        session = self.authenticated(call.session)
        collector = self.find_update_collector(session, call.collector)
        self.require(session, SYSTEM_VIEW)
        self.check_options(call)
        version, maximum = text(call.version), call.max_object_updates
        found = self.updates_since(session, collector, version, maximum)
        deadline = self.clock.now + call.max_wait_seconds * SECOND
        while found is None and self.pass_time(deadline):
            found = self.updates_since(session, collector, version, maximum)
        return found

    def check_options(self, call: calls.WaitForUpdatesEx) -> None:
        """Follow the page: of maxWaitSeconds "a negative value is illegal", of maxObjectUpdates "a value less than or
        equal to 0 is illegal": InvalidArgument here.
        """
        if call.max_wait_seconds < 0:
            raise refused(INVALID_ARGUMENT, "maxWaitSeconds is negative")
        if call.max_object_updates is not None and call.max_object_updates < 1:
            raise refused(INVALID_ARGUMENT, "maxObjectUpdates is not positive")

    def pass_time(self, deadline: int) -> bool:
        """Wait until the next task that is being canceled ends, if that is before the deadline. Say whether one did: it
        is the only thing that happens by itself.
        """
        if not self.cancelling or self.cancelling[0][0] > deadline:
            return False
        self.clock.now = max(self.clock.now, self.cancelling[0][0])
        self.end_due()
        return True

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        """Do one update calculation. A truncated version resumes the one that was suspended, "which will start on the
        filter where it left off": what was shown before is not looked at again until the next one. Any other version
        begins anew, and "may cause suspended change calculations to be discarded".
        """
        if version and version == collector.truncated:
            return self.update_set(session, collector, collector.picture, maximum)
        base = self.base_of(collector, version)
        collector.truncated = None
        collector.pending.clear()
        for watch in collector.watches.values():
            self.calculate(session, collector, watch, base.get(watch.ref.value, {}))
        if not collector.pending:
            return None
        return self.update_set(session, collector, base, maximum)

    def base_of(self, collector: UpdateCollector, version: str) -> Picture:
        """Give what the client knows at the version: nothing at the "special initial data version (an empty string)";
        InvalidCollectorVersion if it is not "a non-truncated data version" that the collector has given out. However
        long ago that was: the page knows no end of it.
        """
        if not version:
            return {}
        if version not in collector.complete:
            raise refused(INVALID_COLLECTOR_VERSION, f"not a version of this collector: {version}")
        return collector.picture_at(collector.complete[version])

    def calculate(self, session: Session, collector: UpdateCollector, watch: Watch, known: dict[str, Seen]) -> None:
        """Note as pending what the filter shows otherwise than the client knows it: what is in it, then what left."""
        pending = collector.pending
        there = 0
        for value, seen in self.shown(session, watch, known):
            before = known.get(value, ABSENT)
            if before != ABSENT:
                there += 1
            if self.is_news(watch, value, before, seen):
                pending.append((watch, value))
        if there < len(known):
            gone = [value for value in known if self.seen_now(session, watch, value) == ABSENT]
            pending.extend([(watch, value) for value in gone])

    # --- waiting in vain ------------------------------------------------------------------------------------------

    def break_off_wait(self, call: calls.BreakOffWait) -> UpdateSet | None:
        """Give what has changed already, for "if an update calculation is in process this method has no effect"; else
        the waiting call reports "a RequestCanceled fault", also if "the session was closed". With Logout the session is
        over, whatever the wait came to.
        """
        session = self.authenticated(call.session)
        try:
            collector = self.find_update_collector(session, call.collector)
            self.require(session, SYSTEM_VIEW)
            found = self.updates_since(session, collector, text(call.version), None)
        finally:
            if call.by == LOGOUT:
                self.logout(Logout(session=call.session))
        if found is None:
            raise refused(REQUEST_CANCELED, "the wait was broken off")
        return found
