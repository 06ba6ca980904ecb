"""The part of the belief on extensions, on the descriptions that go with them, and on what else can start a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from immutables import Map
from msgspec import Struct, field

if TYPE_CHECKING:
    from taskconform.model.vocabulary.calls import ObjectRef, StartOperation
    from taskconform.model.vocabulary.outcomes import Interval, TaskDescription


SEVERAL: Final = "several"
"""Stands for more than one clause."""


class Registration(Struct, frozen=True, kw_only=True, gc=False):
    """The known facts of one of the suite's own extension keys.

    `registered` is None if that is open, `version` is the one given last, None if it is not known. `task_ids` are
    surely in its taskList, `possible_ids` may be; `added` are those that the last UpdateExtension added. `updated`: it
    was updated since it was registered. `since` is the latest server time of the last change. `confirmed`: an answer
    has shown it, or CreateTask accepted one of its ids, since it was registered or unregistered. `contradicted`: two
    answers disagreed on whether it is registered, and no call has changed it since. `refused` is the clause of a call
    that faulted since an answer last showed the extension (`SEVERAL`: of several calls): the next answer tells whether
    the call changed anything."""

    registered: bool | None = False
    version: str | None = None
    task_ids: frozenset[str] = frozenset()
    possible_ids: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    updated: bool = False
    since: int = 0
    confirmed: bool = False
    contradicted: bool = False
    refused: str = ""


class Withdrawn(Struct, frozen=True, kw_only=True, gc=False):
    """A task type id that is no longer declared, or was named only by a call that faulted. `clause` requires that
    CreateTask refuses it, "" if that is open; `key` is the extension that had it, `since` the latest server time, `seq`
    the number of the call that took it away."""

    clause: str
    key: str
    since: int
    seq: int


class Descriptions(Struct, frozen=True, kw_only=True, gc=False):
    """The known facts of TaskManager.description.

    `locales` leads from a session to the locale it asked for, `read` from a locale to the description that was read in
    it last. `reasons` are the kinds of TaskReason that were seen. `operations` are the descriptionIds of tasks that
    `_Task` calls of ours started, each with the session that read it; `foreign` those of others' tasks with a name."""

    locales: Map[str, str | None] = field(default_factory=Map)
    read: Map[str | None, TaskDescription] = field(default_factory=Map)
    reasons: frozenset[str] = frozenset()
    operations: frozenset[tuple[str, str]] = frozenset()
    foreign: frozenset[str] = frozenset()


class Folder(Struct, frozen=True, kw_only=True, gc=False):
    """A folder that the suite made: the tasks on it, and the latest server time at which it surely was gone (None: not
    known to be)."""

    tasks: tuple[str, ...] = ()
    gone: int | None = None


class Starter(Struct, frozen=True, kw_only=True, gc=False):
    """A scheduled task or an alarm of the suite's that starts tasks: its reference, name and entity. `ran` is the
    earliest server time at which it was set off, None before that."""

    reason: str
    ref: ObjectRef
    name: str
    entity: ObjectRef
    ran: int | None = None


class Started(Struct, frozen=True, kw_only=True, gc=False):
    """A task of an operation that the suite started, as long as it was not read as ended: the call, by call number
    `seq`, with the session's account, and when it was made; `moves` and `completions` are the counts at that time.
    `seen` is the latest server time at which the task surely had not moved on from what was read of it last. `meddled`:
    a client may have set its state, or its progress."""

    call: StartOperation
    account: str
    seq: int
    at: Interval
    moves: int
    completions: int
    seen: int
    meddled: bool = False


class Origins(Struct, frozen=True, kw_only=True, gc=False):
    """The things that can start a task beside CreateTask, and the tasks that are known to have a certain origin.

    `folders` are the suite's own, by reference value; `destroys` leads from the Task of a Destroy to its folder.
    `starters` are the scheduled tasks and alarms by the task type they start, `started` leads from the reference value
    of one of these to its task type. `chains` leads from an eventChainId, as a collector's item had it, to our tasks
    with it. `operations` are the tasks of operations that may move by themselves, by reference value; `types` leads
    from an operation and the type of its entity to the descriptionId that its tasks had."""

    folders: Map[str, Folder] = field(default_factory=Map)
    destroys: Map[str, str] = field(default_factory=Map)
    starters: Map[str, tuple[Starter, ...]] = field(default_factory=Map)
    started: Map[str, str] = field(default_factory=Map)
    chains: Map[int, tuple[str, ...]] = field(default_factory=Map)
    operations: Map[str, Started] = field(default_factory=Map)
    types: Map[tuple[str, str], str] = field(default_factory=Map)


class Extensions(Struct, frozen=True, kw_only=True, gc=False):
    """The known facts of the suite's own extensions, by key. `declared` are all task type ids that are surely declared,
    `possibly_declared` those that may be, `accepted` those that CreateTask took since they were declared; `withdrawn`
    those that were taken away. `as_of` is a server time that has surely passed, from which follows what has settled."""

    keys: Map[str, Registration] = field(default_factory=Map)
    declared: frozenset[str] = frozenset()
    possibly_declared: frozenset[str] = frozenset()
    accepted: frozenset[str] = frozenset()
    withdrawn: Map[str, Withdrawn] = field(default_factory=Map)
    as_of: int = 0
    descriptions: Descriptions = field(default_factory=Descriptions)
    origins: Origins = field(default_factory=Origins)

    def withdrew(self, task_id: str, seq: int) -> bool:
        """Return True if a task type id was taken away after call `seq`."""
        withdrawn = self.withdrawn.get(task_id)
        return withdrawn is not None and withdrawn.seq > seq
