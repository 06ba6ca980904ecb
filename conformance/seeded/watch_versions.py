"""Seeded faults of WaitForUpdatesEx: the version it is given, what it answers where nothing is new, and its end."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_COLLECTOR_VERSION,
    INVALID_STATE,
    REQUEST_CANCELED,
    RefusedError,
    refused,
)
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.sim_updates import LOGOUT
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import UpdateSet
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_picture import Picture, UpdateCollector
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session
    from taskconform.model.vocabulary import calls

# --- versions that were never given out -------------------------------------------------------------------------------


class Versioned(Simulator):
    """A simulator that knows all versions that it has given out."""

    def __init__(self, settings: Settings) -> None:
        """Start with none given out."""
        self.given: set[str] = set()
        super().__init__(settings)

    def update_set(self, session: Session, collector: UpdateCollector, base: Picture, maximum: int | None) -> UpdateSet:
        """Remember the version."""
        found = super().update_set(session, collector, base, maximum)
        self.given.add(found.version)
        return found

    def is_made_up(self, version: str) -> bool:
        """Whether the version is none of them."""
        return bool(version) and version not in self.given


class UnknownVersionStartsAnew(Versioned):
    """A version that was never given out is taken for the empty one."""

    def base_of(self, collector: UpdateCollector, version: str) -> Picture:
        """Begin with nothing known."""
        return super().base_of(collector, "" if self.is_made_up(version) else version)


class UnknownVersionIsNull(Versioned):
    """To a version that was never given out, nothing is new."""

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        """Tell nothing."""
        return None if self.is_made_up(version) else super().updates_since(session, collector, version, maximum)


class UnknownVersionIsAnInvalidState(Versioned):
    """A version that was never given out is refused with InvalidState."""

    def base_of(self, collector: UpdateCollector, version: str) -> Picture:
        """Refuse it with the wrong fault."""
        if self.is_made_up(version):
            raise refused(INVALID_STATE, "there is no such version")
        return super().base_of(collector, version)


# --- versions that are used again -------------------------------------------------------------------------------------


class Counting(Simulator):
    """A simulator that counts the update sets that a version has yielded."""

    def __init__(self, settings: Settings) -> None:
        """Start with none."""
        self.yielded: dict[tuple[int, str], int] = {}
        super().__init__(settings)

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        """Count, but for the empty version and those that resume a calculation."""
        if not version or version == collector.truncated:
            return super().updates_since(session, collector, version, maximum)
        before = self.yielded.get((collector.number, version), 0)
        self.check_uses(before)
        found = super().updates_since(session, collector, version, maximum)
        if found is not None:
            self.yielded[collector.number, version] = before + 1
        return self.found_again(found) if before and found is not None else found

    def check_uses(self, before: int) -> None:
        """Refuse a version that has yielded so many sets."""

    def found_again(self, found: UpdateSet) -> UpdateSet | None:
        """Give what a version yields that has yielded a set before."""
        return found


class UsedVersionIsRefused(Counting):
    """A version that has yielded a set is no version any more."""

    most = 1
    """How many sets it can yield."""

    def check_uses(self, before: int) -> None:
        """Refuse it after that."""
        if before >= self.most:
            raise refused(INVALID_COLLECTOR_VERSION, "the version was used before")


class VersionIsGoodForTwoUses(UsedVersionIsRefused):
    """A version that has yielded two sets is no version any more."""

    most = 2


class ReusedVersionLacksTheFirstObject(Counting):
    """A version that is used again yields one object less."""

    def found_again(self, found: UpdateSet) -> UpdateSet | None:
        """Leave out the first."""
        rest = found.updates[1:]
        return evolve(found, updates=rest) if rest or found.missing or found.truncated else None


# --- what is left, what is new ----------------------------------------------------------------------------------------


class RestOfATruncatedSetIsDropped(Simulator):
    """To a truncated version, nothing is told of what is left."""

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        """Tell nothing, but count it as told."""
        resumes = bool(version) and version == collector.truncated
        found = super().updates_since(session, collector, version, None if resumes else maximum)
        return evolve(found, updates=(), missing=()) if resumes and found is not None else found


class SecondFirstUpdateIsNull(Simulator):
    """From the second empty version on, nothing is told unless there is another filter."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing told."""
        self.told: dict[int, set[str]] = {}
        super().__init__(settings)

    def updates_since(
        self, session: Session, collector: UpdateCollector, version: str, maximum: int | None
    ) -> UpdateSet | None:
        """Remember the filters that were told of."""
        told = self.told.setdefault(collector.number, set())
        if not version and told and told.issuperset(collector.watches):
            return None
        found = super().updates_since(session, collector, version, maximum)
        if not version and found is not None:
            told.update(collector.watches)
        return found


class NothingNewIsAnEmptySet(Simulator):
    """Where nothing has changed, an empty set is given."""

    def wait_for_updates_ex(self, call: calls.WaitForUpdatesEx) -> UpdateSet | None:
        """Give another version of what the client knows."""
        found = super().wait_for_updates_ex(call)
        if found is not None:
            return found
        collector = self.find_update_collector(self.authenticated(call.session), call.collector)
        version = collector.commit(self.base_of(collector, text(call.version)), [], truncated=False)
        return UpdateSet(version=version, truncated=False, updates=())


class NothingNewIsEverythingAgain(Simulator):
    """Where nothing has changed, and nothing is waited for, all is given again."""

    def wait_for_updates_ex(self, call: calls.WaitForUpdatesEx) -> UpdateSet | None:
        """Begin anew."""
        found = super().wait_for_updates_ex(call)
        if found is not None or not call.version or call.max_wait_seconds:
            return found
        session = self.authenticated(call.session)
        collector = self.find_update_collector(session, call.collector)
        whole = self.updates_since(session, collector, "", call.max_object_updates)
        if whole is None:
            return None
        return evolve(whole, updates=tuple([evolve(update, kind="modify") for update in whole.updates]))


class NoWaitIsRefused(Simulator):
    """Where nothing has changed, maxWaitSeconds 0 is refused."""

    def wait_for_updates_ex(self, call: calls.WaitForUpdatesEx) -> UpdateSet | None:
        """Refuse it."""
        found = super().wait_for_updates_ex(call)
        if found is None and call.max_wait_seconds == 0:
            raise refused(INVALID_ARGUMENT, "maxWaitSeconds is not positive")
        return found


# --- waits that are broken off ----------------------------------------------------------------------------------------


class BrokenOffWaitIsNull(Simulator):
    """A wait that CancelWaitForUpdates breaks off returns null."""

    def break_off_wait(self, call: calls.BreakOffWait) -> UpdateSet | None:
        """Answer otherwise."""
        try:
            return super().break_off_wait(call)
        except RefusedError as refusal:
            if refusal.fault.kind == REQUEST_CANCELED and self.goes_wrong(call):
                return self.end_of_wait()
            raise

    def goes_wrong(self, call: calls.BreakOffWait) -> bool:
        """Whether it is broken off in the way that goes wrong."""
        return call.by != LOGOUT

    def end_of_wait(self) -> UpdateSet | None:
        """Give what the wait gives instead of its fault."""
        return None


class BrokenOffWaitIsAnInvalidState(BrokenOffWaitIsNull):
    """A wait that CancelWaitForUpdates breaks off faults with InvalidState."""

    def end_of_wait(self) -> UpdateSet | None:
        """Refuse it with the wrong fault."""
        raise refused(INVALID_STATE, "the wait was broken off")


class LogoutEndsAWaitWithNull(BrokenOffWaitIsNull):
    """A wait during which the session logs out returns null."""

    def goes_wrong(self, call: calls.BreakOffWait) -> bool:
        """Ask for the other way."""
        return call.by == LOGOUT


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "rest-of-a-truncated-set-is-dropped": RestOfATruncatedSetIsDropped,
        "second-first-update-is-null": SecondFirstUpdateIsNull,
        "unknown-version-starts-anew": UnknownVersionStartsAnew,
        "unknown-version-is-null": UnknownVersionIsNull,
        "unknown-version-is-an-invalid-state": UnknownVersionIsAnInvalidState,
        "used-version-is-refused": UsedVersionIsRefused,
        "version-is-good-for-two-uses": VersionIsGoodForTwoUses,
        "reused-version-lacks-the-first-object": ReusedVersionLacksTheFirstObject,
        "nothing-new-is-an-empty-set": NothingNewIsAnEmptySet,
        "nothing-new-is-everything-again": NothingNewIsEverythingAgain,
        "no-wait-is-refused": NoWaitIsRefused,
        "broken-off-wait-is-null": BrokenOffWaitIsNull,
        "broken-off-wait-is-an-invalid-state": BrokenOffWaitIsAnInvalidState,
        "logout-ends-a-wait-with-null": LogoutEndsAWaitWithNull,
    }
)
"""The simulator of every fault of versions and waits, by the fault's id."""
