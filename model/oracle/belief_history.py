"""The part of the belief on task history collectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from immutables import Map
from msgspec import Struct, field

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec, TaskInfoFilterSpec
    from taskconform.model.vocabulary.outcomes import Interval, TaskInfo


class Scan(Struct, frozen=True, kw_only=True, gc=False):
    """Reading a collector on in one direction from a known position. `kind`: `fresh` (from where a new collector
    stands), `rewound` (from where RewindCollector put it), `back` (ReadPreviousTasks from where ResetCollector put it),
    or `lost` (from an unknown position).

    `read` are our tasks, in the order read, `others` what else was read; `last` are our tasks of the last page, each
    with its queueTime; `foreign_last`: somebody else's task came after them. `pages` counts pages with items,
    `smallest_count` is the smallest maxCount asked for, `mixed_counts` tells that there were different ones;
    `last_page_short`: the last page had fewer items than asked for, `earlier_page_short`: so had one before it.
    `disturbed` names what came between its pages: `other` (another collector was read or set), `own` (this one's
    properties were read). `changed_seq` is the last change of any task when it began; `ended`: a page was empty, as
    call `ended_seq`, with so many `read_at_end`."""

    kind: str
    changed_seq: int
    read: tuple[str, ...] = ()
    others: frozenset[str] = frozenset()
    last: tuple[tuple[str, int], ...] = ()
    foreign_last: bool = False
    pages: int = 0
    smallest_count: int = 2**31
    mixed_counts: bool = False
    last_page_short: bool = False
    earlier_page_short: bool = False
    disturbed: frozenset[str] = frozenset()
    ended: bool = False
    ended_seq: int = -1
    read_at_end: int = 0


class Collector(Struct, frozen=True, kw_only=True, gc=False):
    """A task history collector that was handed out.

    `settled`: the settling time had passed when it was made. `matched_when_made`: our tasks in one of the states
    listed, when it was made. `sizes` are the page sizes it was given, in order, the last by call `sized_seq`. `within`
    and `between` are the directions in which its items ran inside a page and from page to page: 1 oldest first, -1
    newest first, 0 not known yet. `holds_past_page`: it gave more of our tasks in one page than its page size, so it
    does not hold its latest page only. `filter_read` is the filter property as it was first read; `latest` are our
    tasks in latestPage as it was last read, by call `latest_seq`."""

    ref: str
    session: str
    account: str
    spec: TaskFilterSpec
    made_seq: int
    made_at: Interval
    settled: bool
    info_filter: TaskInfoFilterSpec | None = None
    matched_when_made: frozenset[str] = frozenset()
    sizes: tuple[int, ...] = ()
    sized_seq: int = -1
    scan: Scan
    within: int = 0
    between: int = 0
    holds_past_page: bool = False
    filter_read: TaskFilterSpec | None = None
    latest: frozenset[str] | None = None
    latest_seq: int = -1


class FullScan(Struct, frozen=True, kw_only=True, gc=False):
    """All that collectors with one filter held, read in large pages by a full session: by fresh ones, and by rewound
    ones (None: not read yet); `others` are not ours. Valid as long as no task has changed since call `changed_seq`."""

    changed_seq: int
    fresh: frozenset[str] | None = None
    rewound: frozenset[str] | None = None
    others: frozenset[str] = frozenset()

    @property
    def refs(self) -> frozenset[str]:
        """The tasks read by either kind of collector."""
        return (self.fresh or frozenset()) | (self.rewound or frozenset())


class History(Struct, frozen=True, kw_only=True, gc=False):
    """The known facts of task history collectors. `collectors` are they, by reference value, `under_way` those of which
    some pages have been read, and not all; `full_scans` by filter. `direction` is that of collectors on this target,
    inside a page and from page to page, once it was seen. `drained` are the filters of which a fresh collector was read
    undisturbed, page by page, and gave all that is held. `items` are settled items of completed tasks, as they were
    first seen; `system_tasks` are tasks whose reason is the system, `started` those that an alarm or a scheduled task
    started, each with that one's reference. `ends` are the infos of others' completed tasks in a
    recording, as they were first read; `gone` are collectors that a recording shows being destroyed. `destroyed_seq` is
    the last call that destroyed a collector; `last_sizes` has the page size that each session set last, with its
    collector."""

    collectors: Map[str, Collector] = field(default_factory=Map)
    under_way: frozenset[str] = frozenset()
    full_scans: Map[TaskFilterSpec, FullScan] = field(default_factory=Map)
    direction: tuple[int, int] | None = None
    drained: frozenset[TaskFilterSpec] = frozenset()
    items: Map[str, TaskInfo] = field(default_factory=Map)
    system_tasks: frozenset[str] = frozenset()
    started: Map[str, ObjectRef] = field(default_factory=Map)
    gone: frozenset[str] = frozenset()
    ends: Map[str, TaskInfo] = field(default_factory=Map)
    destroyed_seq: int = -1
    last_sizes: Map[str, tuple[str, int]] = field(default_factory=Map)
