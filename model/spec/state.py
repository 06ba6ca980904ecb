"""State: all that a server knows, as one immutable value.

Nothing here behaves. A method of the specification takes a `State` and returns another one; the one that it was given
stays as it was. Times are microseconds since 1970 (UTC), by the server's clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from immutables import Map

from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec, TaskInfoFilterSpec
from taskconform.model.vocabulary.declaration import Entity, Operation
from taskconform.model.vocabulary.outcomes import Extension, TaskDescription, TaskInfo
from taskconform.model.vocabulary.words import Word

T = TypeVar("T")

NO_PRIVILEGES: Final[frozenset[str]] = frozenset()
NEWEST_END: Final = 1 << 40
"""A position behind every task that there will be."""

Privileges = Map[str, Map[str, frozenset[str]]]
"""By account, then by the reference value of a managed entity: the privileges held there."""
Completed = tuple[int, "Completed"] | None
"""Numbers of the completed tasks, the last completed first, as a linked list."""
Seen = str | tuple[object, ...] | None
"""What a client knows of a watched object: a task's state; a collector's latest page; None, it may not read it;
`MISSING`; `ABSENT`."""
Picture = Map[tuple[str, ObjectRef], Seen]
"""What a client knows, by property filter (its reference value) and object."""

MISSING: Final = "missing"
"""The object was reported as missing."""
ABSENT: Final = "absent"
"""The filter does not show the object."""


class Server(Word, frozen=True, kw_only=True):
    """What never changes of a server: the limits in force (`window` in seconds), the product, and what it knows."""

    max_collector: int = 32
    window: int = 600
    cap: int = 200
    vcenter: bool = True
    api_version: tuple[int, ...] = (8, 0, 3, 0)
    accounts: Map[str, str] = Map()
    """By account: the user's name as the server spells it."""
    catalogs: Map[str, TaskDescription] = Map()
    """By locale: the strings of TaskManager.description."""
    default_locale: str = "en"
    """One of the locales that have a catalog."""
    faults: Mapping[str, tuple[str, ...]] = Map()
    """By a fault's wire name: the names of all that it is a kind of, itself first."""
    root: str = "group-d1"
    task_manager: ObjectRef = ObjectRef(type="TaskManager", value="TaskManager")
    runs_on: Map[str, tuple[str, ...]] = Map()
    """By virtual machine: the host, cluster and pool that it runs on."""
    operations: Map[str, Operation] = Map()
    """By name: the server's own operations that can be started."""


class Task(Word, frozen=True, kw_only=True):
    """A task. `created` is its info as it was made, `entered` each state with the time at which it was entered and the
    number of that move among all, `maker` the number of the login that made it (0: the server). A task that is `frozen`
    takes no update, one that is `removed` exists no more."""

    number: int
    info: TaskInfo
    created: TaskInfo
    entered: tuple[tuple[int, int, str], ...]
    maker: int = 0
    frozen: bool = False
    removed: bool = False


class Collector(Word, frozen=True, kw_only=True):
    """A TaskHistoryCollector. `moves` is how often a task had entered a state before it was made. `position` is the
    place of the scrollable view: how many tasks of the history are before it. `read` is the span of task numbers read
    since the view was placed, `page` that of the last page, and `forward` its direction: towards newer tasks or not.
    `oldest` is the number of the oldest task that the latest page may hold."""

    filter: TaskFilterSpec
    info_filter: TaskInfoFilterSpec | None
    made_at: int
    moves: int
    position: int
    page_size: int | None = None
    oldest: int = 1
    page: tuple[int, int] | None = None
    read: tuple[int, int] | None = None
    forward: bool = True


class PropertyFilter(Word, frozen=True, kw_only=True):
    """A PropertyFilter: the objects it was created over, and those of them that did not exist."""

    ref: ObjectRef
    watched: tuple[ObjectRef, ...]
    missing: frozenset[ObjectRef]


class PropertyCollector(Word, frozen=True, kw_only=True):
    """A PropertyCollector of a session. `known` is what its client knows at the version given out last, `versions` what
    it knew at each version that was not truncated, `pending` what a suspended calculation has not told yet."""

    number: int
    filters: tuple[PropertyFilter, ...] = ()
    known: Picture = Map()
    versions: Map[str, Picture] = Map()
    given: int = 0
    truncated: str | None = None
    pending: tuple[tuple[str, ObjectRef], ...] = ()


class Session(Word, frozen=True, kw_only=True):
    """A login, and what does not outlive it. `recent` is recentTask as this session was told of it last."""

    name: str
    number: int
    account: str
    user_name: str
    locale: str
    collectors: Map[str, Collector] = Map()
    event_collectors: frozenset[str] = frozenset()
    views: Map[str, tuple[ObjectRef, ...]] = Map()
    property_collectors: Map[str, PropertyCollector] = Map()
    recent: tuple[ObjectRef, ...] | None = None


class Trigger(Word, frozen=True, kw_only=True):
    """A scheduled task or an alarm: it makes tasks of a type on an entity."""

    ref: ObjectRef
    name: str
    entity: Entity
    task_type_id: str


class Step(Word, frozen=True, kw_only=True):
    """A step that the task of an operation takes by itself at a time: the state that it enters then, or, where it goes
    on running, the progress that it reports."""

    due: int
    number: int
    state: str
    progress: int | None = None


class State(Word, frozen=True, kw_only=True):
    """A whole server. `privileges` has every account of the server. `keys` gives a task's number by its key, `live`
    those that are queued or running, `ending` what comes to its end by itself, and when, `steps` what operations do
    next, in the order of time. `memory` is free: the specification never looks at it."""

    server: Server
    now: int
    entities: Map[str, Entity]
    ancestors: Map[str, tuple[str, ...]]
    """By reference value, nearest first, for every entity that is or was there."""
    privileges: Privileges
    folders_made: frozenset[str] = frozenset()
    sessions: Map[str, Session] = Map()
    tasks: Map[int, Task] = Map()
    keys: Map[str, int] = Map()
    live: Map[int, None] = Map()
    completed: Completed = None
    ending: tuple[tuple[int, int], ...] = ()
    steps: tuple[Step, ...] = ()
    extensions: tuple[Extension, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    logins: int = 0
    moves: int = 0
    """How many times a task entered a state."""
    made: int = 0
    """How many references to collectors, views, filters, folders and triggers were given out."""
    memory: Map[str, Any] = Map()


After = tuple[State, T]
"""What a method returns: the state that it leaves, and its answer."""
