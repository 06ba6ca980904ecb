"""Permitted variants of the built-in simulator, in what surrounds the tasks: collectors, filters, pages, extensions,
descriptions, following. Each changes one choice that the pages leave open, and says which in a line.

A variant that only overrides decisions of the simulator is a mixin: `combination` puts several of them together."""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.sim_faults import RefusedError, refused
from taskconform.conformance.targets.sim_filter import SYSTEM_REASON, TaskFilter
from taskconform.conformance.targets.sim_history import TASK_COLLECTOR
from taskconform.conformance.targets.sim_inventory import INVENTORY
from taskconform.conformance.targets.sim_picture import UpdateCollector
from taskconform.conformance.targets.sim_server import concrete, text
from taskconform.conformance.targets.sim_state import Clock, TaskCollector
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model import calls as c
from taskconform.model.outcomes import (
    ERROR,
    QUEUED,
    RUNNING,
    SECOND,
    SUCCESS,
    ElementDescription,
    Extension,
    Interval,
    Lost,
    Property,
    TaskReason,
    UpdateSet,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

VARIANTS: dict[str, Callable[[], BuiltinTarget]] = {}
"""Every variant: name to a function that opens a target."""

MIXINS: dict[str, dict[str, type[Simulator]]] = defaultdict(dict)
"""Those that can be put together, by what they are about: one of each at most."""


def chance(number: int, percent: int) -> bool:
    """Happens so often, and at the same calls in every run."""
    return crc32(number.to_bytes(8, "little")) % 100 < percent


class Target(BuiltinTarget):
    """The built-in target, declared as this class says."""

    exclusive = True
    settling = 0.0

    def __init__(self, simulator: type[Simulator] = Simulator, **options: str) -> None:
        self.performed = 0
        super().__init__({key.replace("_", "-"): value for key, value in options.items()}, simulator)
        self._declaration = replace(self._declaration, exclusive=self.exclusive, settling=self.settling)

    def perform(self, call):
        self.performed += 1
        return super().perform(call)


def permitted(name: str, about: str = "", **options: str):
    """Register a simulator; `about` says what it is about, if it can be put together with others."""

    def mark(cls: type[Simulator]) -> type[Simulator]:
        VARIANTS[name] = lambda: Target(cls, **options)
        if about:
            MIXINS[about][name] = cls
        return cls

    return mark


def server(name: str, simulator: type[Simulator] = Simulator, **options: str):
    """Register a target."""

    def mark(cls: type[Target]) -> type[Target]:
        VARIANTS[name] = lambda: cls(simulator, **options)
        return cls

    return mark


def combination(names: Iterable[str]) -> BuiltinTarget:
    """A server that is like several variants at once."""
    known = {name: cls for variants in MIXINS.values() for name, cls in variants.items()}
    chosen = tuple(known[name] for name in names)
    filters = tuple(cls.filter_class for cls in chosen if cls.filter_class is not TaskFilter)
    filter_class = type("CombinedFilter", filters, {}) if filters else TaskFilter
    return Target(type("Combined", chosen, {"filter_class": filter_class}))


def outcome_of(decide: Callable[[], Any]) -> Any:
    """What a decision gives, or the fault that it ends with."""
    try:
        return decide()
    except RefusedError as refusal:
        return refusal


# --- pages ------------------------------------------------------------------------------------------------------------

NEWEST = 1 << 40
"""A position behind all that there will be."""


@permitted("newest-first", "pages")
class NewestFirst(Simulator):
    """Pages run from the newest task to the oldest, inside and from page to page (EV 1.1); Rewind goes there."""

    def new_collector(self, session, spec, info_filter):
        ref = super().new_collector(session, spec, info_filter)
        session.task_collectors[ref.value].position = NEWEST
        return ref

    def rewind_collector(self, call):
        super().rewind_collector(call)
        collector = self.find_scrollable(self.authenticated(call.session), call.collector)
        if collector is not None:
            collector.position = NEWEST

    def next_page(self, session, collector, max_count):
        newer = min(collector.position, len(self.history))
        return self.collected(session, collector, range(newer - 1, -1, -1), max_count)

    def move_on(self, session, collector, position):
        super().move_on(session, collector, position - 1)

    def previous_page(self, session, collector, max_count):
        return self.collected(session, collector, range(collector.position, len(self.history)), max_count)

    def read_previous_tasks(self, call):
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        self.check_in_range(call.max_count)
        page = self.previous_page(session, collector, call.max_count)
        if page:
            self.move(session, collector, page[-1].number)
        return self.items_of(collector, page)


@permitted("newest-first-inside", "pages")
class NewestInside(Simulator):
    """Pages follow each other from the oldest to the newest; the items of one run the other way."""

    def items_of(self, collector, page):
        return super().items_of(collector, page)[::-1]


@permitted("newest-page-first", "pages")
class NewestPageFirst(NewestInside, NewestFirst):
    """The newest page comes first; its items run from the oldest to the newest."""


class Turning(Simulator):
    """Remembers what ReadNextTasks gave last, until something else moves the position."""

    def __init__(self, settings):
        self.pages: dict[TaskCollector, list[Any]] = {}
        super().__init__(settings)

    def move(self, session, collector, position):
        self.pages.pop(collector, None)
        super().move(session, collector, position)

    def next_page(self, session, collector, max_count):
        page = super().next_page(session, collector, max_count)
        self.given = page
        return page

    def move_on(self, session, collector, position):
        super().move_on(session, collector, position)
        self.pages[collector] = self.given


@permitted("turn-skips", "pages")
class TurnSkips(Turning):
    """ReadPreviousTasks right after ReadNextTasks does not repeat the item read last."""

    def previous_page(self, session, collector, max_count):
        if collector in self.pages:
            return self.collected(session, collector, range(collector.position - 2, -1, -1), max_count)
        return super().previous_page(session, collector, max_count)


@permitted("turn-goes-before-the-page", "pages")
class TurnGoesBeforeThePage(Turning):
    """ReadPreviousTasks right after ReadNextTasks goes on before the page read last."""

    def previous_page(self, session, collector, max_count):
        if collector in self.pages:
            first = self.pages[collector][0].number
            return self.collected(session, collector, range(first - 2, -1, -1), max_count)
        return super().previous_page(session, collector, max_count)


@permitted("turn-skips-newest-first-inside")
class TurnSkipsInside(TurnSkips, NewestInside):
    """Skips at a turn, and pages whose items run from the newest to the oldest."""


@permitted("turn-skips-newest-first")
class TurnSkipsNewestFirst(NewestFirst):
    """Newest first, and ReadPreviousTasks does not repeat the item read last."""

    def previous_page(self, session, collector, max_count):
        return self.collected(session, collector, range(collector.position + 1, len(self.history)), max_count)


@permitted("short-pages", "pages")
class ShortPages(Simulator):
    """Rows are read, then those that the session may not access are dropped: pages are short, or empty (EV 2.11)."""

    def read_next_tasks(self, call):
        session = self.authenticated(call.session)
        collector = self.find_task_collector(session, call.collector)
        self.check_in_range(call.max_count)
        rows = [task for task in self.history[collector.position :] if collector.filter.matches(task)]
        rows = rows[: call.max_count]
        if rows:
            self.move_on(session, collector, rows[-1].number)
        return self.items_of(collector, [task for task in rows if self.may_access(session, task)])


@permitted("history-open-to-all", "access")
class OpenToAll(Simulator):
    """A collector holds tasks on entities that the session may not access, too."""

    def collected(self, session, collector, numbers, max_count):
        everyone = next((one for one in self.sessions.values() if one.account == "primary"), session)
        return super().collected(everyone, collector, numbers, max_count)


@permitted("reset-includes-the-latest-page", "reset")
class ResetIncludes(Simulator):
    """After ResetCollector, ReadPreviousTasks begins with the newest item of the latest page."""

    def position_before_page(self, session, collector):
        page = self.latest_page(session, collector)
        return page[0].number if page else 0


class Sized(Simulator):
    """Remembers the collectors whose page size was set."""

    def __init__(self, settings):
        self.sized: set[TaskCollector] = set()
        super().__init__(settings)

    def set_collector_page_size(self, call):
        super().set_collector_page_size(call)
        self.sized.add(self.find_scrollable(self.authenticated(call.session), call.collector))


@permitted("evicts", "evicting")
class Evicts(Sized):
    """THC: "the oldest tasks are removed from the collector": if a size was set, it holds the latest page only."""

    def collected(self, session, collector, numbers, max_count):
        if collector in self.sized:
            newest_first = range(len(self.history) - 1, -1, -1)
            page = super().collected(session, collector, newest_first, collector.page_size)
            oldest = page[-1].number - 1 if page else 0
            numbers = [number for number in numbers if number >= oldest]
        return super().collected(session, collector, numbers, max_count)


@permitted("evicts-newest-first")
class EvictsNewestFirst(Evicts, NewestFirst):
    """Evicts, and pages newest first."""


class Ranged(Simulator):
    """Takes sizes out of the usual range."""

    def check_in_range(self, max_count):
        if max_count < 0:
            raise refused(sf.INVALID_ARGUMENT, "")

    def collected(self, session, collector, numbers, max_count):
        return super().collected(session, collector, numbers, min(max_count, 1000)) if max_count else []


@permitted("odd-sizes-taken", "sizes")
class OddSizesTaken(Ranged):
    """maxCount 0 gives no item, above 1000 at most 1000 items."""


@permitted("zero-taken", "sizes")
class ZeroTaken(Ranged):
    """0 is taken, above 1000 is not."""

    def check_in_range(self, max_count):
        if not 0 <= max_count <= 1000:
            raise refused(sf.INVALID_ARGUMENT, "")


@permitted("large-sizes-taken", "sizes")
class LargeTaken(Ranged):
    """Above 1000 is taken, 0 is not."""

    def check_in_range(self, max_count):
        if max_count < 1:
            raise refused(sf.INVALID_ARGUMENT, "")


class OfSize(Simulator):
    """A latest page of another size, until one is set."""

    size = 1000

    def new_collector(self, session, spec, info_filter):
        ref = super().new_collector(session, spec, info_filter)
        session.task_collectors[ref.value].page_size = self.size
        return ref


@permitted("latest-page-of-1000", "page-size")
class OfThousand(OfSize):
    """The latest page holds 1000 items by default."""


@permitted("latest-page-of-25", "page-size")
class OfTwentyFive(OfSize):
    """The latest page holds 25 items by default."""

    size = 25


@permitted("latest-page-of-13", "page-size")
class OfThirteen(OfSize):
    """The latest page holds 13 items by default."""

    size = 13


@permitted("latest-page-of-3", "page-size")
class OfThree(OfSize):
    """The latest page holds 3 items by default."""

    size = 3


@permitted("latest-page-oldest-first", "latest")
class LatestOldestFirst(Simulator):
    """THC: "the tasks in the returned page are unordered"."""

    def read_latest_page(self, call):
        return Property(value=super().read_latest_page(call).value[::-1])


# --- monitoring the latest page ---------------------------------------------------------------------------------------


@permitted("monitor-tells-everything", "monitor")
class MonitorTellsEverything(Simulator):
    """Any change of an item updates latestPage."""

    def page_seen(self, session, collector):
        return tuple([(task.number, repr(task.info)) for task in self.shown_page(session, collector)])


@permitted("monitor-tells-of-new-tasks-only", "monitor")
class MonitorTellsOfNewTasks(Simulator):
    """Only what enters or leaves the page updates it."""

    def page_seen(self, session, collector):
        return tuple([(task.number, "") for task in self.shown_page(session, collector)])


@permitted("monitor-always-tells", "monitor")
class MonitorAlwaysTells(Simulator):
    """latestPage counts as changed in every calculation."""

    def is_news(self, watch, value, before, seen):
        is_page = value in watch.watched and watch.watched[value].type == TASK_COLLECTOR
        return is_page or super().is_news(watch, value, before, seen)


@permitted("monitor-tells-in-parts", "telling")
class MonitorTellsInParts(Simulator):
    """A change of latestPage is told element by element."""

    def update_of(self, session, watch, ref, before, seen):
        update = super().update_of(session, watch, ref, before, seen)
        return replace(update, latest_page=None) if update.changed and update.kind == "modify" else update


# --- filters ----------------------------------------------------------------------------------------------------------


def filtering(name: str, about: str = "filter"):
    """Register a filter, as a simulator that uses it."""

    def mark(cls: type[TaskFilter]) -> type[TaskFilter]:
        permitted(name, about)(type(cls.__name__, (Simulator,), {"filter_class": cls, "__doc__": cls.__doc__}))
        return cls

    return mark


class Bounded(TaskFilter):
    """Compares a stamp with the bounds in its own way."""

    from_begin = to_end = staticmethod(lambda one, other: one <= other)

    def passes_time(self, task):
        by, stamp = self.spec.time, self.time_of(task, self.spec.time.time_type)
        if stamp is None:
            return False
        after = by.begin_time is None or self.from_begin(by.begin_time, stamp)
        return after and (by.end_time is None or self.to_end(stamp, by.end_time))


@filtering("bounds-exclusive")
class BoundsExclusive(Bounded):
    """A stamp on a bound is outside."""

    from_begin = to_end = staticmethod(lambda one, other: one < other)


@filtering("bounds-half-open")
class BoundsHalfOpen(Bounded):
    """beginTime is inside, endTime is outside."""

    to_end = staticmethod(lambda one, other: one < other)


@filtering("stampless-held")
class StamplessHeld(TaskFilter):
    """Without bounds, tasks without the stamp are held."""

    def passes_time(self, task):
        by = self.spec.time
        return (by.begin_time is None and by.end_time is None) or super().passes_time(task)


@filtering("reversed-refused")
class ReversedRefused(TaskFilter):
    """A range that begins after its end is refused."""

    def check_time(self, by):
        super().check_time(by)
        if by.begin_time is not None and by.end_time is not None and by.begin_time > by.end_time:
            raise refused(sf.INVALID_ARGUMENT, "")


def bare(name: str) -> str:
    """A user name without its domain."""
    return name.rpartition("\\")[2].partition("@")[0]


@filtering("users-in-any-case", "users")
class UsersInAnyCase(TaskFilter):
    """User names are compared ignoring case."""

    def passes_user_list(self, task, by):
        return not by.user_list or task.reason.user_name.lower() in [text(user).lower() for user in by.user_list]


@filtering("users-of-any-domain", "users")
class UsersOfAnyDomain(TaskFilter):
    """User names are compared ignoring their domain."""

    def passes_user_list(self, task, by):
        return not by.user_list or bare(task.reason.user_name) in [bare(text(user)) for user in by.user_list]


@filtering("users-in-any-spelling", "users")
class UsersInAnySpelling(TaskFilter):
    """User names are compared ignoring case and domain."""

    def passes_user_list(self, task, by):
        users = [bare(text(user)).lower() for user in by.user_list]
        return not users or bare(task.reason.user_name).lower() in users


@permitted("unknown-users-refused")
class UnknownUsersRefused(Simulator):
    """A user name that the server does not spell so is refused."""

    def new_collector(self, session, spec, info_filter):
        known = {account.user_name for account in Target().declaration.accounts}
        if spec.user_name is not None and not known.issuperset(spec.user_name.user_list):
            raise refused(sf.INVALID_ARGUMENT, "")
        return super().new_collector(session, spec, info_filter)


@filtering("system-user-only", "system")
class SystemUserOnly(TaskFilter):
    """systemUser asks for the system's tasks only, whatever the list."""

    def passes_user_name(self, task):
        by = self.spec.user_name
        return task.reason.kind == SYSTEM_REASON if by.system_user else super().passes_user_name(task)


@filtering("system-user-not-listed", "system")
class SystemUserNotListed(TaskFilter):
    """With a list, systemUser adds nothing; without one, it changes nothing."""

    def passes_user_name(self, task):
        return task.reason.kind != SYSTEM_REASON and super().passes_user_name(task)


@filtering("system-user-in-no-list", "system")
class SystemUserInNoList(TaskFilter):
    """systemUser and a list contradict each other: nothing is held."""

    def passes_user_name(self, task):
        by = self.spec.user_name
        return not (by.system_user and by.user_list) and super().passes_user_name(task)


@filtering("system-user-in-any-spelling", "system")
class SystemUserSpelled(UsersInAnySpelling):
    """systemUser with a list holds the system's tasks, too, and names are compared ignoring case and domain."""


@filtering("root-key-holds-the-head")
class RootHolds(TaskFilter):
    """A filter by rootTaskKey holds the head of the chain."""

    def passes_root_task_key(self, task):
        return task.key in self.spec.root_task_key or super().passes_root_task_key(task)


@filtering("unknown-entity-taken", "entity")
class UnknownEntityTaken(TaskFilter):
    """An entity that does not exist has no tasks."""

    def entities_of(self, by, inventory):
        found = outcome_of(lambda: super(UnknownEntityTaken, self).entities_of(by, inventory))
        return frozenset() if isinstance(found, RefusedError) else found


class Computing(TaskFilter):
    """Counts virtual machines among what is below a host, and above."""

    hosted: frozenset[str] = frozenset()

    def entities_of(self, by, inventory):
        found = super().entities_of(by, inventory)
        compute = {"host-9", "domain-s8", "group-h7", "group-d1", "datacenter-2"}
        return found | self.hosted if by.recursion != "self" and by.entity.value in compute else found


@filtering("machines-below-hosts", "entity")
class MachinesBelowHosts(Computing):
    """Every virtual machine counts as a child of the host."""

    hosted = frozenset(value for value, one in INVENTORY.entities.items() if one.ref.type == "VirtualMachine")


@filtering("some-machines-below-hosts", "entity")
class SomeMachinesBelowHosts(Computing):
    """Those that run on it do."""

    hosted = frozenset({"vm-21", "vm-22"})


class Remembering(Simulator):
    """A filter by state is asked when the collector is made, and of a later task when that is made."""

    enters = leaves = False

    def __init__(self, settings):
        self.matched: dict[TaskCollector, set[int]] = {}
        super().__init__(settings)

    def new_collector(self, session, spec, info_filter):
        ref = super().new_collector(session, spec, info_filter)
        if spec.state:
            collector = session.task_collectors[ref.value]
            self.matched[collector] = {task.number for task in self.history if collector.filter.matches(task)}
        return ref

    def admit(self, task):
        super().admit(task)
        for collector, numbers in self.matched.items():
            if collector.filter.matches(task):
                numbers.add(task.number)

    def collected(self, session, collector, numbers, max_count):
        if collector not in self.matched:
            return super().collected(session, collector, numbers, max_count)
        page = [self.history[number] for number in numbers]
        page = [task for task in page if self.is_held(collector, task) and self.may_access(session, task)]
        return page[:max_count]

    def is_held(self, collector, task):
        was, is_now = task.number in self.matched[collector], collector.filter.matches(task)
        return (was and (is_now or not self.leaves)) or (is_now and self.enters)


@permitted("states-as-of-creation", "states")
class StatesAsOfCreation(Remembering):
    """A task that moves neither enters nor leaves."""


@permitted("states-enter-only", "states")
class StatesEnterOnly(Remembering):
    """A task that moves may enter, and never leaves."""

    enters = True


@permitted("states-leave-only", "states")
class StatesLeaveOnly(Remembering):
    """A task that moves may leave, and never enters."""

    leaves = True


@permitted("filter-told-in-milliseconds")
class FilterInMilliseconds(Simulator):
    """The filter property gives its times cut to a millisecond."""

    def read_collector_filter(self, call):
        spec = super().read_collector_filter(call).value
        if spec.time is None:
            return Property(value=spec)
        times = {
            name: None if (given := getattr(spec.time, name)) is None else given // 1000 * 1000
            for name in ("begin_time", "end_time")
        }
        return Property(value=replace(spec, time=replace(spec.time, **times)))


# --- whose collectors -------------------------------------------------------------------------------------------------


class Shared(Simulator):
    """Collectors that other sessions can use."""

    def may_share(self, session, owner):
        return True

    def find_task_collector(self, session, collector):
        value = concrete(collector).value
        for owner in self.sessions.values():
            if value in owner.task_collectors and self.may_share(session, owner):
                return owner.task_collectors[value]
        return super().find_task_collector(session, collector)

    def destroy_collector(self, call):
        session = self.authenticated(call.session)
        value = concrete(call.collector).value
        for owner in self.sessions.values():
            if owner is not session and value in owner.task_collectors and self.may_share(session, owner):
                del owner.task_collectors[value]
                return None
        return super().destroy_collector(call)


@permitted("collectors-of-everybody", "owners")
class OfEverybody(Shared):
    """Any live session can use a collector."""


@permitted("collectors-of-one-user", "owners")
class OfOneUser(Shared):
    """Any live session of the same user can."""

    def may_share(self, session, owner):
        return session.account == owner.account


class Ended(Simulator):
    """Tells the collectors and views of ended sessions from what never was."""

    kind = sf.NOT_AUTHENTICATED

    def __init__(self, settings):
        self.ended: set[str] = set()
        super().__init__(settings)

    def end_session(self, name):
        session = self.sessions[name]
        for owned in (session.task_collectors, session.views, session.update_collectors):
            self.ended.update(owned)
        super().end_session(name)

    def check_ended(self, reference):
        if concrete(reference).value in self.ended:
            raise refused(self.kind, "")

    def find_task_collector(self, session, collector):
        self.check_ended(collector)
        return super().find_task_collector(session, collector)

    def find_view(self, session, view):
        self.check_ended(view)
        return super().find_view(session, view)

    def find_update_collector(self, session, collector):
        self.check_ended(collector)
        return super().find_update_collector(session, collector)


@permitted("ended-not-authenticated", "ended")
class EndedNotAuthenticated(Ended):
    """What a session left is refused as NotAuthenticated."""


@permitted("ended-invalid-state", "ended")
class EndedInvalidState(Ended):
    """What a session left is refused as InvalidState."""

    kind = sf.INVALID_STATE


@permitted("two-collectors", "places", max_collector="2")
class TwoCollectors(Simulator):
    """There are two places only, so that many creates meet the limit."""


@permitted("two-collectors-unknown-entity-taken", max_collector="2")
class TwoCollectorsTaken(Simulator):
    """The same, where an entity that does not exist has no tasks."""

    filter_class = UnknownEntityTaken


# --- faults -----------------------------------------------------------------------------------------------------------


@permitted("arguments-first", "faults")
class ArgumentsFirst(Simulator):
    """Arguments are looked at before the objects that they are for, and before privileges."""

    def read_next_tasks(self, call):
        self.check_in_range(call.max_count)
        return super().read_next_tasks(call)

    def read_previous_tasks(self, call):
        self.check_in_range(call.max_count)
        return super().read_previous_tasks(call)

    def set_collector_page_size(self, call):
        self.authenticated(call.session)
        self.check_in_range(call.max_count)
        super().set_collector_page_size(call)

    def register_extension(self, call):
        self.authenticated(call.session)
        self.check_has_version(call)
        if call.key in self.extensions:
            raise refused(sf.INVALID_ARGUMENT, "")
        super().register_extension(call)

    def update_extension(self, call):
        self.authenticated(call.session)
        self.check_is_registered(call.key)
        super().update_extension(call)

    def unregister_extension(self, call):
        self.authenticated(call.session)
        self.check_is_registered(call.key)
        super().unregister_extension(call)


INVALID_INDEX, INVALID_TYPE = "InvalidIndexArgument", "InvalidType"
"""Kinds of InvalidArgument and of InvalidRequest."""


@permitted("other-kinds", "kinds")
class OtherKinds(Simulator):
    """InvalidRequest for InvalidArgument where the request is malformed, and the other way round; subtypes."""

    def create_collector_for_tasks(self, call):
        self.authenticated(call.session)
        if call.filter is None or call.form != "typed":
            raise refused(INVALID_TYPE if call.form == "unknown" else sf.INVALID_REQUEST, "")
        if call.filter.time is not None and call.filter.time.time_type is None:
            raise refused(INVALID_INDEX, "")
        return super().create_collector_for_tasks(call)

    def check_has_version(self, call):
        if call.version is None:
            raise refused(sf.INVALID_ARGUMENT, "")

    def check_may_filter(self, session, spec):
        if isinstance(outcome_of(lambda: super(OtherKinds, self).check_may_filter(session, spec)), RefusedError):
            raise refused(sf.NOT_AUTHENTICATED, "")

    def require(self, session, privilege):
        if isinstance(outcome_of(lambda: super(OtherKinds, self).require(session, privilege)), RefusedError):
            raise refused(sf.NOT_AUTHENTICATED, "")


@permitted("info-filter-refused")
class InfoFilterRefused(Simulator):
    """descriptionIds without filterIn are refused: the reference contradicts itself."""

    def new_collector(self, session, spec, info_filter):
        if info_filter is not None and info_filter.description_ids and info_filter.filter_in is None:
            raise refused(sf.INVALID_ARGUMENT, "")
        return super().new_collector(session, spec, info_filter)


@permitted("info-filter-names-are-kept", "results")
class InfoFilterKeeps(Simulator):
    """The results of the named tasks are kept, whatever filterIn says."""

    def keeps_result(self, spec, task):
        named = not spec.description_ids or task.description_id in spec.description_ids
        return not spec.remove_all and named


@permitted("outsiders-turned-away", "door")
class OutsidersTurnedAway(Simulator):
    """A user without any privilege cannot log in (N4)."""

    def has_access(self, account):
        return account != "outsider" and super().has_access(account)


# --- items ------------------------------------------------------------------------------------------------------------


class Items(Simulator):
    """A history that stores tasks in its own way."""

    def stored(self, item):
        return item

    def items_of(self, collector, page):
        return tuple([self.stored(item) for item in super().items_of(collector, page)])


def rounded(item, unit: int, lag: int):
    """An item with its stamps in this unit, cut, `lag` microseconds later."""
    names = ("queue_time", "start_time", "complete_time")
    times = {name: None if (at := getattr(item, name)) is None else at // unit * unit + lag for name in names}
    return replace(item, **times)


@permitted("items-one-microsecond-early", "items")
class ItemsEarly(Items):
    """Stamps in history end in .999, without a name, and no completed task is cancelable (EV 1.1, 1.3)."""

    def stored(self, item):
        item = replace(item, name=None, cancelable=item.cancelable and item.complete_time is None)
        return rounded(item, 1000, -1)


@permitted("items-one-millisecond-late", "items")
class ItemsLate(Items):
    """Stamps in history are rounded up to the next millisecond."""

    def stored(self, item):
        return rounded(item, 1000, 1000)


@permitted("items-in-whole-seconds", "items")
class ItemsInSeconds(Items):
    """Stamps in history are cut to the second; filters go by the exact ones."""

    def stored(self, item):
        return rounded(item, SECOND, 0)


class StoredLate(TaskFilter):
    """Goes by stamps that the history has rounded up to a millisecond."""

    def time_of(self, task, time_type):
        stamp = super().time_of(task, time_type)
        return None if stamp is None else -(-stamp // 1000) * 1000


class FineClock(Clock):
    """A clock whose calls take a millisecond and a bit."""

    __slots__ = ()

    def tick(self):
        self.now += 1_237


@permitted("stamps-of-microseconds", "clock")
class Microseconds(Simulator):
    """Stamps are not whole milliseconds."""

    clock_class = FineClock


@permitted("filters-go-by-rounded-stamps")
class FiltersRounded(Simulator):
    """Stamps are not whole milliseconds, but in the history they are: filters go by those."""

    clock_class = FineClock
    filter_class = StoredLate

    def items_of(self, collector, page):
        items = super().items_of(collector, page)
        return tuple([rounded(rounded(item, 1, 999), 1000, 0) for item in items])


@permitted("filter-told-in-milliseconds-of-microseconds")
class FilterInMillisecondsOfMicroseconds(FilterInMilliseconds):
    """Stamps are not whole milliseconds, but the times of the filter property are."""

    clock_class = FineClock


@permitted("chain-in-history-only", "chain")
class ChainInHistory(Simulator):
    """Task.info has no eventChainId; the items of collectors have (EV 1.6)."""

    def info_for(self, session, task):
        found = super().info_for(session, task)
        return found if found.value is None else Property(value=replace(found.value, event_chain_id=0))

    def create_task(self, call):
        return replace(super().create_task(call), event_chain_id=0)

    def event_of(self, task):
        event = super().event_of(task)
        return replace(event, info=replace(event.info, event_chain_id=0))


@permitted("one-chain-for-a-family", "chain")
class ChainOfFamily(Simulator):
    """A task has the eventChainId of its parent."""

    def bind_parent(self, task, parent):
        super().bind_parent(task, parent)
        task.event_chain_id = parent.event_chain_id


# --- what becomes of an entity's tasks --------------------------------------------------------------------------------


def is_gone(simulator: Simulator, task: Any) -> bool:
    """Whether the entity of a task has been destroyed."""
    return task.entity is not None and task.entity.value in simulator.inventory.gone


@permitted("entity-takes-history-along", "entity-gone")
class EntityTakesHistory(Simulator):
    """With an entity its tasks leave history (N8), and recentTask."""

    def collected(self, session, collector, numbers, max_count):
        kept = [number for number in numbers if not is_gone(self, self.history[number])]
        return super().collected(session, collector, kept, max_count)


@permitted("entity-takes-history-along-only", "entity-gone")
class EntityTakesHistoryOnly(EntityTakesHistory):
    """They leave history, but not recentTask."""

    def is_listed(self, task):
        return True


@permitted("entity-takes-nothing-along", "entity-gone")
class EntityTakesNothing(Simulator):
    """They stay everywhere."""

    def is_listed(self, task):
        return True


@permitted("entity-takes-tasks-along", "entity-gone")
class EntityTakesTasks(EntityTakesHistory):
    """They are gone altogether."""

    def find_task(self, task):
        found = super().find_task(task)
        if is_gone(self, found) and found.name is None:
            raise refused(sf.OBJECT_NOT_FOUND, "")
        return found


@permitted("entity-leaves-its-name", "entity-gone")
class EntityLeavesName(Simulator):
    """History retains entityName, as the page says, but no reference to what is gone."""

    def items_of(self, collector, page):
        items = super().items_of(collector, page)
        return tuple([replace(item, entity=None) if is_gone(self, item) else item for item in items])


# --- what starts a task -----------------------------------------------------------------------------------------------


@permitted("alarms-are-inherited", "alarms")
class AlarmsInherited(Simulator):
    """An alarm on an entity is set off by events on what is below, too; the reason names where that was."""

    def set_off_by(self, entity):
        within = self.inventory.within
        return [
            replace(alarm, entity=self.inventory.entities[entity.value])
            for alarm in self.alarms.values()
            if entity.value in within[alarm.entity.ref.value]
        ]


@permitted("alarms-go-off-once", "alarms")
class AlarmsGoOffOnce(Simulator):
    """An alarm that has gone off stays so."""

    def __init__(self, settings):
        self.spent: set[str] = set()
        super().__init__(settings)

    def set_off_by(self, entity):
        fresh = [alarm for alarm in super().set_off_by(entity) if alarm.ref.value not in self.spent]
        self.spent.update(alarm.ref.value for alarm in fresh)
        return fresh


@permitted("starts-take-a-moment", "starts")
class StartsTakeAMoment(Simulator):
    """What a scheduled task or an alarm starts is made some calls later."""

    def __init__(self, settings):
        self.waiting: deque[tuple[int, Any, Any]] = deque()
        super().__init__(settings)

    def start(self, trigger, reason):
        self.waiting.append((self.clock.now + 2500, trigger, reason))

    def end_due(self):
        while self.waiting and self.waiting[0][0] <= self.clock.now:
            _, trigger, reason = self.waiting.popleft()
            super().start(trigger, reason)
        super().end_due()


@permitted("started-tasks-run-at-once", "started")
class StartedTasksRun(Simulator):
    """What a scheduled task or an alarm starts has ended when it is first seen."""

    def start(self, trigger, reason):
        before = len(self.history)
        super().start(trigger, reason)
        for task in self.history[before:]:
            self.enter_state(task, RUNNING)
            self.enter_state(task, SUCCESS)


# --- following --------------------------------------------------------------------------------------------------------


@permitted("unresolved-view-refused", "views")
class UnresolvedViewRefused(Simulator):
    """CreateListView with a reference that cannot be resolved faults."""

    def create_list_view(self, call):
        session = self.authenticated(call.session)
        for obj in call.objs:
            if not self.exists(session, concrete(obj)):
                raise refused(sf.OBJECT_NOT_FOUND, "")
        return super().create_list_view(call)


@permitted("view-in-other-order", "view-order")
class ViewInOtherOrder(Simulator):
    """The view property is a set, and so is what cannot be resolved."""

    def read_view(self, call):
        return Property(value=super().read_view(call).value[::-1])

    def add_resolved(self, session, view, objs):
        return super().add_resolved(session, view, objs)[::-1]


class NamedCollector(UpdateCollector):
    """Gives its versions names that tell nothing."""

    __slots__ = ()

    def commit(self, base, changes, *, truncated):
        plain = super().commit(base, changes, truncated=truncated)
        name = "v1/" + hashlib.sha256(plain.encode()).hexdigest()[:24]
        if truncated:
            self.truncated = name
        else:
            self.complete[name] = self.complete.pop(plain)
        return name


class ForgetfulCollector(UpdateCollector):
    """Knows the last two complete versions, and the one that the last wait began with."""

    __slots__ = ()

    def commit(self, base, changes, *, truncated):
        version = super().commit(base, changes, truncated=truncated)
        if not truncated and len(self.complete) > 2:
            del self.complete[next(iter(self.complete))]
        return version

    def picture_at(self, point):
        name = next(name for name, known in self.complete.items() if known == point)
        self.complete[name] = self.complete.pop(name)
        return super().picture_at(point)


class Versions(Simulator):
    """Property collectors of another class."""

    collector_class: type[UpdateCollector] = NamedCollector

    def create_property_collector(self, call):
        ref = super().create_property_collector(call)
        made = self.authenticated(call.session).update_collectors
        made[ref.value] = self.collector_class(made[ref.value].number)
        return ref


@permitted("versions-tell-nothing", "versions")
class VersionsTellNothing(Versions):
    """Versions are opaque; the first is like any other."""


@permitted("versions-are-forgotten", "versions")
class VersionsForgotten(Versions):
    """Of the versions before, only those that the page asks for are known."""

    collector_class = ForgetfulCollector


@permitted("one-object-a-set", "truncation")
class OneObjectASet(Simulator):
    """Every set is truncated that holds an object, and is not the last."""

    def is_suspended(self, ready, maximum):
        return ready >= 1


@permitted("truncated-at-the-maximum", "truncation")
class TruncatedAtMaximum(Simulator):
    """A calculation is suspended when the maximum is reached, also if nothing is left; an empty set follows."""

    def is_suspended(self, ready, maximum):
        return maximum is not None and ready >= maximum

    def updates_since(self, session, collector, version, maximum):
        if version and version in getattr(self, "at_maximum", {}):
            return UpdateSet(version=self.at_maximum.pop(version), truncated=False, updates=())
        found = super().updates_since(session, collector, version, maximum)
        if found is None or found.truncated or maximum is None or len(found.updates) < maximum:
            return found
        self.at_maximum = {f"{found.version}-suspended": found.version}
        return replace(found, version=f"{found.version}-suspended", truncated=True)


@permitted("objects-stand-twice", "sets")
class ObjectsStandTwice(Simulator):
    """An object may be told of more than once in a set: first as it entered, then as modified."""

    def update_set(self, session, collector, base, maximum):
        found = super().update_set(session, collector, base, maximum)
        again = [replace(one, kind="modify") for one in found.updates if one.kind == "enter"]
        return replace(found, updates=(*found.updates, *again))


@permitted("sets-in-other-order", "sets")
class SetsInOtherOrder(Simulator):
    """Updates come in no order."""

    def update_set(self, session, collector, base, maximum):
        found = super().update_set(session, collector, base, maximum)
        return replace(found, updates=found.updates[::-1])


@permitted("hidden-tasks-silent", "hidden")
class HiddenTasksSilent(Simulator):
    """A task whose state the session may not read is entered without a property, and without a word on it."""

    def update_of(self, session, watch, ref, before, seen):
        return replace(super().update_of(session, watch, ref, before, seen), missing=None)


# --- extensions and descriptions --------------------------------------------------------------------------------------


@permitted("extensions-in-other-order", "extensions")
class ExtensionsInOtherOrder(Simulator):
    """extensionList and taskList have no order."""

    def read_extension_list(self, call):
        found = super().read_extension_list(call)
        return found if found.value is None else Property(value=found.value[::-1])

    def find_extension(self, call):
        found = super().find_extension(call)
        return None if found is None else replace(found, task_ids=found.task_ids[::-1])


class Withdrawing(Simulator):
    """Something becomes of the live tasks of an extension that is unregistered."""

    def unregister_extension(self, call):
        before = self.extensions.get(text(call.key))
        super().unregister_extension(call)
        for task in list(self.tasks.values()):
            if task.description_id in before.task_ids and not task.completed:
                self.withdraw(task)

    def withdraw(self, task):
        self.end_canceled(task)


@permitted("unregistering-ends-tasks", "withdrawing")
class UnregisteringEnds(Withdrawing):
    """They end in error."""


@permitted("unregistering-removes-tasks", "withdrawing")
class UnregisteringRemoves(Withdrawing):
    """They are gone, from history, too."""

    def __init__(self, settings):
        self.removed: set[int] = set()
        super().__init__(settings)

    def withdraw(self, task):
        del self.tasks[task.key]
        self.recent.live.pop(task.key, None)
        self.removed.add(task.number - 1)

    def collected(self, session, collector, numbers, max_count):
        kept = [number for number in numbers if number not in self.removed]
        return super().collected(session, collector, kept, max_count)


@permitted("logging-out-removes-tasks", "logging-out")
class LoggingOutRemoves(UnregisteringRemoves):
    """The live tasks of a session are gone with it, from history, too; those of an extension are not."""

    def unregister_extension(self, call):
        Simulator.unregister_extension(self, call)

    def create_task(self, call):
        info = super().create_task(call)
        self.makers = {**getattr(self, "makers", {}), info.key: call.session}
        return info

    def logout(self, call):
        super().logout(call)
        for key, session in getattr(self, "makers", {}).items():
            task = self.tasks.get(key)
            if session == call.session and task is not None and not task.completed:
                self.withdraw(task)


def element(key: str, label: str = "") -> ElementDescription:
    """An entry of a description."""
    return ElementDescription(key=key, label=label, summary=label)


@permitted("own-extensions-come-and-go", "own-extensions")
class OwnExtensions(Simulator):
    """The server's own solutions register and unregister while it runs, on a server of nobody else's; their task types
    stand in methodInfo, without labels, and two of them share one (EV 1.7)."""

    def __init__(self, settings):
        self.reads = 0
        super().__init__(settings)

    def solutions(self):
        self.reads += 1
        ids = ("com.vmware.vcIntegrity.Scan", "com.vmware.vsan.Check", "org.example.backup.job")[: 1 + self.reads % 3]
        return [Extension(key=one.rpartition(".")[0], version="1", task_ids=(one,)) for one in ids]

    def read_extension_list(self, call):
        found = super().read_extension_list(call)
        return found if found.value is None else Property(value=(*self.solutions(), *found.value))

    def read_description(self, call):
        found = super().read_description(call)
        if found.value is None:
            return found
        ids = [task_id for one in self.solutions() for task_id in one.task_ids]
        types = tuple(element(task_id) for task_id in (*ids, ids[0]))
        return Property(value=replace(found.value, method_info=(*types, *found.value.method_info)))


@permitted("description-in-other-order", "description")
class DescriptionInOtherOrder(Simulator):
    """The lists of the description have no order, and another one in every read."""

    def read_description(self, call):
        found = super().read_description(call)
        if found.value is None:
            return found
        turn = self.clock.now // 1000 % 3
        lists = {name: getattr(found.value, name) for name in ("method_info", "state", "reason")}
        return Property(value=replace(found.value, **{name: (*got[turn:], *got[:turn]) for name, got in lists.items()}))


@permitted("ids-like-a-vcenter", "ids")
class IdsLikeAVCenter(Simulator):
    """Task keys do not begin with 1; what a session makes is named by two long numbers (EV 1.5)."""

    def named(self, task):
        task.key = f"task-{469_000 + 7 * task.number}"
        task.ref = c.ObjectRef(type="Task", value=task.key)
        return task

    def new_task(self, session, call):
        return self.named(super().new_task(session, call))

    def own_task(self, description_id, reason, entity, *, cancelable):
        return self.named(super().own_task(description_id, reason, entity, cancelable=cancelable))

    def new_collector_ref(self, session, type_name, word="collector"):
        plain = super().new_collector_ref(session, type_name, word)
        digest = hashlib.sha256(plain.value.encode()).hexdigest()
        return replace(plain, value=f"session[52{digest[:30]}]52{digest[30:60]}")


# --- servers ----------------------------------------------------------------------------------------------------------


@server("services-lost")
class Losing(Target):
    """One answer in twenty is lost: half of these calls were performed."""

    rate = 5

    def perform(self, call):
        number = self.performed + 1
        if not chance(number, self.rate):
            return super().perform(call)
        if chance(number + 1_000_000, 50):
            super().perform(call)
        self.performed = number
        clock = self._simulator.clock
        clock.tick()
        return Lost(why="timed out", at=Interval(earliest=clock.now - 1000, latest=clock.now))


server("services-lost-unknown-entity-taken", type("Taking", (Simulator,), {"filter_class": UnknownEntityTaken}))(Losing)


@server("clock-off-by-minutes")
class ClockOff(Target):
    """The server's clock is known to a third of a second only."""

    def perform(self, call):
        outcome = super().perform(call)
        off = crc32(str(self.performed).encode()) % 300_000
        at = Interval(earliest=outcome.at.earliest - off, latest=outcome.at.latest + 300_000 - off)
        return replace(outcome, at=at)


class Guests(Simulator):
    """Room for tasks and collectors of others."""

    guests = 0

    def has_room(self, session):
        return len(session.task_collectors) + self.guests < self.settings.max_collector

    def guest_task(self, number: int) -> None:
        """A task of somebody else's, somewhere, as far as it will come."""
        reasons = (
            TaskReason(kind="TaskReasonUser", user_name="CONFORM.TEST\\Zoe"),
            TaskReason(kind="TaskReasonUser", user_name="conform.test\\ada"),
            TaskReason(kind=SYSTEM_REASON),
            TaskReason(kind="TaskReasonSchedule", name="nightly"),
            TaskReason(kind="TaskReasonAlarm", alarm_name="smoke"),
        )
        types = ("VirtualMachine.powerOn", "com.example.backup.job", "Folder.destroy", "host.Lease.map")
        entities = tuple(INVENTORY.entities.values())
        task = self.own_task(
            types[number % 4], reasons[number % 5], entities[number % len(entities)], cancelable=number % 2 == 0
        )
        task.name = "PowerOnVM_Task" if types[number % 4] == types[0] else None
        if number % 11 == 0:
            task.entity = task.entity_name = None
        if number % 13 == 0:
            task.change_tag = "theirs"
        self.admit(task)
        if number % 3:
            self.enter_state(task, RUNNING)
        if number % 3 == 2:
            self.enter_state(task, ERROR if number % 2 else SUCCESS)


class SharedServer(Target):
    """A server that others use: their tasks, extensions and collectors come and go."""

    exclusive = False

    def perform(self, call):
        simulator = self._simulator
        number = self.performed
        guests = 200 if chance(number, 1) and len(simulator.history) < 2000 else int(chance(number, 30))
        for extra in range(guests):
            simulator.guest_task(number + extra)
        if chance(number + 2_000_000, 10):
            simulator.guests = number % 30
        if chance(number + 3_000_000, 10):
            simulator.extensions.pop("com.example.backup", None)
        elif chance(number + 4_000_000, 10):
            simulator.extensions["com.example.backup"] = Extension(
                key="com.example.backup", version="2", task_ids=("com.example.backup.job", "com.example.backup.job2")
            )
        return super().perform(call)


server("shared", Guests)(SharedServer)
server("shared-newest-first", type("GuestsNewestFirst", (Guests, NewestFirst), {}))(SharedServer)
server("shared-resets-to-the-newest", type("GuestsReset", (Guests, ResetIncludes), {}))(SharedServer)
server("shared-latest-page-of-1000", type("GuestsOfThousand", (Guests, OfThousand), {}))(SharedServer)
server("shared-evicts", type("GuestsEvict", (Guests, Evicts), {}))(SharedServer)
server("shared-monitor-silent", type("GuestsSilent", (Guests, MonitorTellsOfNewTasks), {}))(SharedServer)
server("shared-turn-skips", type("GuestsTurn", (Guests, TurnSkips), {}))(SharedServer)

LAG = 8_000
"""Microseconds by which a lagging server is behind."""


class Lagging(Simulator):
    """History, descriptions, extensions and notifications are a moment behind."""

    def __init__(self, settings):
        self.past: dict[int, list[tuple[int, Any]]] = defaultdict(list)
        self.declared: list[tuple[int, list[tuple[str, ...]]]] = []
        super().__init__(settings)

    def note(self) -> None:
        """Keep what is the case now."""
        for task in self.history:
            known = self.past[task.number]
            if not known or known[-1][1] is not task.info:
                known.append((self.clock.now, task.info))
        types = super().registered_types()
        if not self.declared or self.declared[-1][1] != types:
            self.declared.append((self.clock.now, types))

    def as_of(self, task) -> Any:
        """A task's info as the history has it; None before it gets there."""
        then = self.clock.now - LAG
        return next((info for at, info in reversed(self.past[task.number]) if at <= then), None)

    def collected(self, session, collector, numbers, max_count):
        page: list[Any] = []
        for number in numbers:
            task = self.history[number]
            known = self.as_of(task)
            if known is not None and collector.filter.matches(known) and self.may_access(session, known):
                page.append(task)
        return page[:max_count]

    def items_of(self, collector, page):
        shown = [self.as_of(task) for task in page]
        spec = collector.info_filter
        return tuple(
            [info if spec is None or self.keeps_result(spec, info) else replace(info, result=None) for info in shown]
        )

    def page_seen(self, session, collector):
        return tuple([(task.number, self.as_of(task).state) for task in self.shown_page(session, collector)])

    def registered_types(self):
        then = self.clock.now - LAG
        return next((types for at, types in reversed(self.declared) if at <= then), [])

    def is_registered(self, task_type_id):
        return any(task_type_id in types for types in self.registered_types())


class WallClock(Target):
    """A server whose clock goes with the wall's, so that what is waited for comes."""

    settling = 0.01

    def __init__(self, simulator: type[Simulator] = Simulator, **options: str) -> None:
        self.seen = time.perf_counter_ns()
        super().__init__(simulator, **options)

    def perform(self, call):
        now = time.perf_counter_ns()
        self._simulator.clock.now += (now - self.seen) // 1000
        self.seen = now
        self._simulator.note()
        outcome = super().perform(call)
        self._simulator.note()
        return outcome


server("lagging", Lagging)(WallClock)
server("lagging-latest-page-of-1000", type("LaggingOfThousand", (Lagging, OfThousand), {}))(WallClock)


class Bulky(Simulator):
    """A server that was used before: its history holds a good many tasks of others, queued for years (EV 1.1)."""

    def start_up(self):
        super().start_up()
        for number in range(150):
            task = self.own_task(
                ("Datastore.browse", "host.Lease.map")[number % 2],
                TaskReason(kind="TaskReasonUser", user_name="CONFORM.TEST\\Zoe"),
                self.autostarted(),
                cancelable=False,
            )
            task.queue_time -= (400 - number) * 86_400 * SECOND
            self.admit(task)
            self.recent.live.pop(task.key)
            self.tasks.pop(task.key)
            assert task.state == QUEUED


class Used(Target):
    """Shared, but quiet."""

    exclusive = False


server("used-before", Bulky)(Used)
server("used-before-newest-first", type("BulkyNewestFirst", (Bulky, NewestFirst), {}))(Used)

VARIANTS["api-6.5"] = lambda: Target(Simulator, api_version="6.5")
VARIANTS["api-4.0"] = lambda: Target(Simulator, api_version="4.0")
VARIANTS["services-esxi"] = lambda: Target(Simulator, flavour="esxi")
