"""Filters: parts of a TaskFilterSpec that make sense in a plan, on their edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from taskconform.model.vocabulary.calls import (
    ByEntity,
    ByTime,
    ByUsername,
    Made,
    Moment,
    Place,
    Symbol,
    TaskFilterSpec,
    UserName,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Sequence

RECURSIONS: Final = ("self", "children", "all")
STAMPS: Final = {"queuedTime": "queue_time", "startedTime": "start_time", "completedTime": "complete_time"}

OFFSETS: Final = st.sampled_from((-3600 * SECOND, -5 * SECOND, -SECOND, -1, 0, 0, 1, SECOND, 5 * SECOND, 3600 * SECOND))
"""Microseconds from a stamp: on it, one off it, a second, an hour."""


def by_entities(*, indexes: st.SearchStrategy[int]) -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """One entity of the inventory, with any recursion."""
    return st.builds(
        lambda role, index, recursion: TaskFilterSpec(
            entity=ByEntity(entity=Place(role=role, index=index), recursion=recursion)
        ),
        st.sampled_from(("folder", "folder", "vm", "root")),
        indexes,
        st.sampled_from(RECURSIONS),
    )


def by_times(tasks: Sequence[Made]) -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """A range about a stamp of one of these tasks: open, half open, closed, reversed now and then."""

    def build(task: Made, kind: str, begin: int, end: int, sides: str) -> TaskFilterSpec[Symbol]:
        stamp = STAMPS[kind]
        low, high = (begin, end) if sides == "reversed" and begin > end else sorted((begin, end))
        return TaskFilterSpec(
            time=ByTime(
                time_type=kind,
                begin_time=Moment(task=task, stamp=stamp, offset=low)
                if sides in {"from", "both", "reversed"}
                else None,
                end_time=Moment(task=task, stamp=stamp, offset=high) if sides in {"to", "both", "reversed"} else None,
            )
        )

    return st.builds(
        build,
        st.sampled_from(tasks),
        st.sampled_from(tuple(STAMPS)),
        OFFSETS,
        OFFSETS,
        st.sampled_from(("from", "from", "to", "to", "both", "both", "none", "reversed")),
    )


def by_users() -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """A list of one or two users, none, or a name spelled otherwise; systemUser now and then."""
    names = st.sampled_from(
        (
            (UserName(account="primary"),),
            (UserName(account="second"),),
            (UserName(account="primary"), UserName(account="second")),
            (UserName(account="stranger"),),
            (UserName(account="primary", spelling="upper"),),
            (UserName(account="second", spelling="bare"),),
            (),
            (),
        )
    )
    return st.builds(
        lambda user_list, system: TaskFilterSpec(user_name=ByUsername(system_user=system, user_list=user_list)),
        names,
        st.sampled_from((False, False, False, True)),
    )


def by_states() -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """One state, or two."""
    states = st.lists(st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR)), min_size=1, max_size=2, unique=True)
    return states.map(lambda chosen: TaskFilterSpec(state=tuple(chosen)))


TAGS_OF_NONE: Final = (("", "no-such-tag"), ("no-such-tag", ""))
"""Two tags, one of them the empty one, which means tasks that have none."""

TAGS: Final = st.sampled_from((*TAGS_OF_NONE, ("no-such-tag", "no-other")))
"""Two tags: tasks that CreateTask made have none."""


def by_tags() -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """The empty tag, which all our tasks have; one that nobody has; both."""
    return st.one_of(st.sampled_from((("",), ("no-such-tag",))), TAGS).map(lambda tags: TaskFilterSpec(tag=tags))


def by_keys(tasks: Sequence[Made]) -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """Parents, or roots: one or two of these tasks, or a key that nobody has."""
    some: st.SearchStrategy[list[str | Made]] = st.lists(
        st.sampled_from((*tasks, "no-such-key")), min_size=1, max_size=2, unique=True
    )
    keys = some.map(tuple)
    return st.one_of(
        keys.map(lambda chosen: TaskFilterSpec(parent_task_key=chosen)),
        keys.map(lambda chosen: TaskFilterSpec(root_task_key=chosen)),
    )


ACTIVATIONS: Final = ("activation-1", "activation-2", "activation-3")


def by_activations() -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """One activation id, or two."""
    chosen = st.lists(st.sampled_from(ACTIVATIONS), min_size=1, max_size=2, unique=True)
    return chosen.map(lambda ids: TaskFilterSpec(activation_id=tuple(ids)))


def simple_parts(tasks: Sequence[Made]) -> st.SearchStrategy[TaskFilterSpec[Symbol]]:
    """Any part whose values every target knows."""
    return st.one_of(
        by_entities(indexes=st.integers(0, 3)),
        by_times(tasks),
        by_users(),
        by_states(),
        by_tags(),
        by_keys(tasks),
        by_activations(),
    )
