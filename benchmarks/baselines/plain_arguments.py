"""What the plain machine draws from: bundles of what was made, and the obvious domain of every argument.

Nothing here looks for a boundary, prefers a situation, or knows what a call is good for. Where the API pages name a
range it is drawn from, and beside it, all that the type allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import Bundle

from taskconform.conformance.targets.builtin import EXTENSION_KEY
from taskconform.model.vocabulary.calls import (
    BUILT_IN,
    NO_SUCH_USER,
    NO_TASK,
    ByEntity,
    ByTime,
    ByUsername,
    ObjectRef,
    TaskFilterSpec,
    TaskInfoFilterSpec,
)
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, SECOND, SUCCESS

if TYPE_CHECKING:
    from taskconform.model.vocabulary.declaration import Declaration

# --- what was made ----------------------------------------------------------------------------------------------------

sessions = Bundle("sessions")
"""Names of sessions, living and ended."""
tasks = Bundle("tasks")
"""The TaskInfo that CreateTask returned."""
collectors = Bundle("collectors")
"""(session, reference) of task history collectors; so too of what else belongs to a session."""
views = Bundle("views")
watchers = Bundle("watchers")
"""Property collectors."""
filters = Bundle("filters")
folders = Bundle("folders")
schedules = Bundle("schedules")
alarms = Bundle("alarms")

task_refs = tasks.map(lambda info: info.task)
task_keys = tasks.map(lambda info: info.key)
chains = tasks.map(lambda info: info.event_chain_id)
any_task = st.one_of(task_refs, st.just(ObjectRef(type="Task", value=NO_TASK)))
some_tasks = st.lists(any_task, max_size=5).map(tuple)
by = st.none() | sessions
"""Who calls on what belongs to a session: its owner (None), or anybody."""

# --- names and numbers ------------------------------------------------------------------------------------------------

INT32: Final = 2**31
int32s = st.integers(-INT32, INT32 - 1)
words = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12)
states = st.sampled_from((QUEUED, RUNNING, SUCCESS, ERROR))
fault_names = st.sampled_from(("NotFound", "Timedout", "ConcurrentAccess", "InvalidArgument", "RequestCanceled"))
percents = st.integers(0, 100) | int32s
page_sizes = st.integers(1, 20) | int32s
pauses = st.integers(0, 1200)
extension_keys = st.sampled_from((EXTENSION_KEY, f"{EXTENSION_KEY}.other", f"{EXTENSION_KEY}.more"))
task_ids = st.sampled_from(
    tuple(f"{EXTENSION_KEY}.{word}" for word in ("work", "rest", "other.work", "other.rest", "more.work"))
)
task_type_ids = st.one_of(task_ids, st.just(f"{EXTENSION_KEY}.unregistered"), st.just(BUILT_IN))
task_id_lists = st.lists(task_ids, max_size=3, unique=True).map(tuple)
versions = st.none() | st.builds("{}.{}".format, st.integers(0, 9), st.integers(0, 9))


def _declared(read: Any) -> st.SearchStrategy[Any]:
    """One of what the target under test declares."""
    return st.runner().flatmap(lambda machine: st.sampled_from(read(machine.trial.target.declaration)))


def _entities(declaration: Declaration) -> list[ObjectRef]:
    """Every object declared, once."""
    return list(dict.fromkeys(one.ref for entities in declaration.places.values() for one in entities))


def _user_names(declaration: Declaration) -> list[str]:
    """Every user name declared, and one that nobody has."""
    return [*(account.user_name for account in declaration.accounts), NO_SUCH_USER]


entities = _declared(_entities)
user_names = _declared(_user_names)
accounts = _declared(lambda declaration: [account.name for account in declaration.accounts])
locales = st.none() | _declared(lambda declaration: declaration.locales)
parents = folders | _declared(lambda declaration: [one.ref for one in declaration.places["folder"]])

# --- filters ----------------------------------------------------------------------------------------------------------


@st.composite
def instants(draw: st.DrawFn) -> int:
    """A time from an hour before the episode's latest answer to that answer."""
    now: int = draw(st.runner()).now
    return now - draw(st.integers(0, 3600 * SECOND))


@st.composite
def filter_specs(draw: st.DrawFn, /, **given: Any) -> TaskFilterSpec:
    """A filter of at most two parts, besides what is given."""
    parts: dict[str, st.SearchStrategy[Any]] = {
        "entity": st.builds(ByEntity, entity=entities, recursion=st.sampled_from(("self", "children", "all"))),
        "time": st.builds(
            ByTime,
            time_type=st.sampled_from(("queuedTime", "startedTime", "completedTime", None)),
            begin_time=st.none() | instants(),
            end_time=st.none() | instants(),
        ),
        "user_name": st.builds(
            ByUsername, system_user=st.booleans(), user_list=st.lists(user_names, max_size=3, unique=True).map(tuple)
        ),
        "state": st.lists(states, max_size=3, unique=True).map(tuple),
        "activation_id": st.lists(words, max_size=2).map(tuple),
        "event_chain_id": st.lists(chains, max_size=3).map(tuple),
        "tag": st.lists(st.just("") | words, max_size=2).map(tuple),
        "parent_task_key": st.lists(task_keys, max_size=3).map(tuple),
        "root_task_key": st.lists(task_keys, max_size=3).map(tuple),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(parts)), max_size=2))
    return TaskFilterSpec(**given, **{name: draw(parts[name]) for name in sorted(chosen)})


info_filters = st.none() | st.builds(
    TaskInfoFilterSpec,
    remove_all=st.none() | st.booleans(),
    description_ids=task_id_lists,
    filter_in=st.none() | st.booleans(),
)
