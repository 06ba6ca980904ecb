"""What surely stands: which references can be resolved, and which states a task can have had since.

Nothing here is judged: it is what the areas that follow objects may build on, and never more than is surely known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskconform.model.oracle.belief import END_STATES
from taskconform.model.oracle.life import NO_TASK, may_have_retired
from taskconform.model.vocabulary.outcomes import QUEUED, RUNNING

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import TaskRecord, World


def exists(world: World, session: str, ref: Any) -> bool | None:
    """Whether a managed object, by its concrete reference, can be resolved by this session: surely, surely not, or
    None. An object that "no longer exists or has never existed" cannot; whether one that the session may not read can
    is left open."""
    roles = world.declaration.roles.get(ref.value, frozenset())
    if ref.value == NO_TASK or "nowhere" in roles:
        return False
    record = world.tasks.get(ref.value)
    if record is None:
        return True if roles and world.is_full(session) else None
    if not record.resolvable or may_have_retired(world, record) or not may_read(world, session, record):
        return None
    return True


def may_read(world: World, session: str, record: TaskRecord) -> bool:
    """Whether this session surely holds System.Read on the task's entity and on the root folder."""
    return world.may_read(session, record.create.obj) is True


def is_well_read(world: World, record: TaskRecord) -> bool:
    """Whether the task was read after all that was ever called on it, and stands as it was read: nothing accepted,
    refused or lost may have moved it since, and the server may not have ended it by itself."""
    info = record.info
    if info is None or info.state != record.state or record.info_seq <= record.moved_seq:
        return False
    if record.settled is not None and record.settled.state != info.state:
        return False
    if record.mystery and info.state not in END_STATES:
        return False  # what was lost on the way may arrive yet
    touched = record.asked or record.refused or record.described or record.child_progressed or record.unsure
    return not touched and record.progress is None and not world.may_be_gone(record)


def states_since(world: World, record: TaskRecord, since: int) -> frozenset[str] | None:
    """The states that a task can have had after call number `since`. None: any."""
    if not is_well_read(world, record) or record.state is None:
        return None
    if still_since(record) <= since:
        return frozenset({record.state})
    return frozenset({QUEUED, RUNNING, record.state})


def still_since(record: TaskRecord) -> int:
    """The call since which a well-read task surely has been in the state it is in: the last one that moved it; or, if
    it was the server that ended it, the read that showed it."""
    by_itself = record.completed and (record.ended_by is None or record.cancels > 0 or record.mystery)
    return record.info_seq if by_itself else record.moved_seq


def end_before(world: World, record: TaskRecord, since: int) -> str | None:
    """The end that a task surely had reached by call number `since`; None if it had not surely ended."""
    if record.state not in END_STATES or not is_well_read(world, record) or still_since(record) > since:
        return None
    return record.state
