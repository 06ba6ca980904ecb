"""TaskManager.description: "locale-specific, static strings that describe Task information to users".

Three lists: `methodInfo`, by the descriptionId of operations, `state` by TaskInfo.State, `reason` by the kind of
TaskReason. Task types of extensions stand in methodInfo too; those of others' extensions come and go. A difference
between two reads breaks description.static or description.locale, and not the clauses on content as well."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.access import ACCESS
from taskconform.model.oracle.checks import fault_condition, rule
from taskconform.model.oracle.extensions import with_time
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said, shown
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import (
    ERROR,
    QUEUED,
    REASONS,
    RUNNING,
    SUCCESS,
    Outcome,
    Property,
    Returned,
    TaskDescription,
)
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.outcomes import ElementDescription, Interval

    Answer = Property[TaskDescription]
    Call = c.ReadDescription

STATES: Final = (QUEUED, RUNNING, SUCCESS, ERROR)
"""The values of TaskInfo.State, which the state list describes."""

LISTS: Final = {"methodInfo": "method_info", "state": "state", "reason": "reason"}
"""The lists of TaskDescription, by their names in the API."""

DOMAINS: Final = frozenset({"biz", "com", "de", "edu", "gov", "info", "io", "mil", "net", "org"})
"""First parts of names of java packages, which names of the API's own packages (`host`, `alarm`) do not have."""


@fault_condition("description.privilege", "SecurityError")
def nobody_reads(belief: Belief, call: Call) -> bool | None:
    """Description asks for System.View: a session that is not logged in does not get the value."""
    return call.session == c.NOBODY or belief.session_of(call.session) is None


# --- what there is to compare with ------------------------------------------------------------------------------------


def description_of(belief: Belief, call: Call, answer: Answer) -> TaskDescription | None:
    """Return the description that was read; None for a user without System.View, who may be shown less."""
    return None if belief.account_of(call.session) == "outsider" else answer.value


def locale_of(belief: Belief, call: Call) -> str | None:
    """Return the locale that a session asked for; None for the server's own."""
    return belief.extensions.descriptions.locales.get(call.session)


def is_locale_known(belief: Belief, call: Call) -> bool:
    """Return True if the locale of a session is known: it is not, if the answer to its Login was lost."""
    session = belief.session_of(call.session)
    return session is not None and not session.unsure


def is_built_in(belief: Belief, key: str) -> bool:
    """Return True if a methodInfo key surely is of a built-in operation, and no extension's task type: a server has
    extensions of its own, which come and go. Their names "should follow java package naming conventions". On a server
    that others use only names like `Folder.destroy` are."""
    if key.startswith(belief.declaration.extension_key) or key.partition(".")[0] in DOMAINS:
        return False
    return belief.declaration.exclusive or key[:1].isupper()


def keys_of(entries: Iterable[ElementDescription]) -> frozenset[str]:
    """Return the keys of a list."""
    return frozenset(one.key for one in entries)


def read_elsewhere(belief: Belief) -> TaskDescription | None:
    """Return the description that the first read in a locale is compared with: the one read last in the server's own
    locale, else in another."""
    read = belief.extensions.descriptions.read
    if None in read or not read:
        return read.get(None)
    return read[min(one for one in read if one is not None)]


def differs(belief: Belief, now: TaskDescription, name: str) -> bool:
    """Return True if a list has other keys than in an earlier read, in any locale: then that is the divergence."""
    keys = keys_of(getattr(now, LISTS[name]))
    return any(keys_of(getattr(one, LISTS[name])) != keys for one in belief.extensions.descriptions.read.values())


# --- what the lists hold ----------------------------------------------------------------------------------------------


@rule("description.states")
def every_state_stands_once(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """The state list holds one entry for each of queued, running, success, error."""
    now = description_of(belief, call, answer)
    if now is None:
        if belief.account_of(call.session) == "outsider":
            return None
        demand = MustAnswer(property="one entry each", value=("state", STATES))
        return Divergence(demand=demand, observed="no description", situation="no value")
    count = Counter(one.key for one in now.state)
    wrong = tuple(state for state in STATES if count[state] != 1)
    if not wrong:
        return True
    if differs(belief, now, "state"):
        return None
    situation = f"{wrong[0]} {'twice' if count[wrong[0]] else 'missing'}"
    demand = MustAnswer(property="one entry each", value=("state", wrong))
    return Divergence(demand=demand, observed=f"states {shown(tuple(count.elements()))}", situation=situation)


def _reasons_are_there(belief: Belief, call: Call, answer: Answer, kinds: frozenset[str]) -> Said:
    """Tell whether the reason list has entries for these kinds."""
    now = description_of(belief, call, answer)
    if now is None or not kinds:
        return None
    missing = sorted(kinds - keys_of(now.reason))
    if not missing:
        return True
    if differs(belief, now, "reason"):
        return None
    demand = MustAnswer(property="entries", value=("reason", tuple(missing)))
    return Divergence(demand=demand, observed=f"reasons {shown(keys_of(now.reason))}", situation=missing[0])


@rule("description.reasons")
def every_reason_seen_is_there(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """The reason list has an entry for the kind of every TaskReason seen."""
    return _reasons_are_there(belief, call, answer, belief.extensions.descriptions.reasons)


@rule("description.reasons-all")
def every_kind_of_reason_is_there(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """All four kinds are there. A missing kind that was seen in a task breaks description.reasons instead."""
    said = _reasons_are_there(belief, call, answer, frozenset(REASONS))
    if not isinstance(said, Divergence):
        return said
    return _reasons_are_there(belief, call, answer, frozenset(REASONS) - belief.extensions.descriptions.reasons) or None


@rule("description.methods-unique")
def no_operation_stands_twice(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """methodInfo keys of built-in operations are unique."""
    now = description_of(belief, call, answer)
    count = Counter(one.key for one in now.method_info) if now is not None else Counter()
    twice = sorted(key for key, times in count.items() if times > 1 and is_built_in(belief, key))
    if twice:
        demand = MustAnswer(property="one entry each", value=("methodInfo", tuple(twice)))
        return Divergence(demand=demand, observed=f"{twice[0]} stands {count[twice[0]]} times")
    return True if any(is_built_in(belief, key) for key in count) else None


@rule("description.labels")
def every_entry_is_whole(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """Every entry has key, label and summary. Task types are left out: where their extension brings no resources for
    them, as ours do not, there is nothing to show."""
    now = description_of(belief, call, answer)
    if now is None:
        return None
    for name, own in LISTS.items():
        for one in getattr(now, own):
            lacking = [part for part in ("key", "label", "summary") if not getattr(one, part)]
            if lacking and (name != "methodInfo" or not one.key or is_built_in(belief, one.key)):
                demand = MustAnswer(property="whole entry", value=(name, one.key, tuple(lacking)))
                observed = f"{one.key or 'an entry'} has no {' and no '.join(lacking)}"
                return Divergence(demand=demand, observed=observed, situation=f"{name} {lacking[0]}")
    return True if now.state or now.reason or now.method_info else None


# --- operations and task types ----------------------------------------------------------------------------------------


def _methods_are_there(
    belief: Belief, call: Call, answer: Answer, ids: frozenset[str], *, eventually: bool = False
) -> Said:
    """Tell whether methodInfo has entries for these ids."""
    now = description_of(belief, call, answer)
    if now is None or not ids:
        return None
    missing = tuple(sorted(ids - keys_of(now.method_info)))
    if not missing:
        return True
    demand = MustAnswer(property="entries", value=("methodInfo", missing))
    return Divergence(demand=demand, observed=f"no entry for {shown(missing)}", eventually=eventually)


@rule("description.lookup")
def operation_is_looked_up(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """descriptionId "is a lookup in the TaskDescription methodInfo data object": of tasks that a `_Task` call of ours
    started, read by this session."""
    known = belief.extensions.descriptions.operations
    return _methods_are_there(belief, call, answer, frozenset(one for name, one in known if name == call.session))


@rule("description.lookup-foreign")
def foreign_operation_is_looked_up(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """The same holds for others' tasks with a name, of built-in operations."""
    return _methods_are_there(belief, call, answer, belief.extensions.descriptions.foreign)


@rule("description.lookup-extension")
def task_type_is_looked_up(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """While its extension is registered, an extension's task type id is a methodInfo key. Exercised where the extension
    was seen to be registered."""
    keys = belief.extensions.keys.values()
    ids = frozenset().union(*(one.task_ids for one in keys if one.registered and one.confirmed and not one.refused))
    return _methods_are_there(belief, call, answer, ids, eventually=True)


# --- one read and another ---------------------------------------------------------------------------------------------


def _texts(entries: Iterable[ElementDescription]) -> dict[str, tuple[str, str]]:
    """Return a list as a table of labels and summaries, without its order."""
    return {one.key: (one.label, one.summary) for one in entries}


@rule("description.static")
def reads_the_same_again(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """Two reads in one locale are equal, apart from extensions that came or went: of methodInfo only built-in
    operations are compared."""
    now = description_of(belief, call, answer)
    before = belief.extensions.descriptions.read.get(locale_of(belief, call))
    if now is None or before is None or not is_locale_known(belief, call):
        return None
    if now is before:
        return True
    for name, own in LISTS.items():
        then, today = _texts(getattr(before, own)), _texts(getattr(now, own))
        for key in sorted(then.keys() | today.keys()):
            if then.get(key) == today.get(key) or (name == "methodInfo" and not is_built_in(belief, key)):
                continue
            demand = MustAnswer(property="an entry", value=(name, key, *then.get(key, (None, None))))
            observed = f"{name} has {'another' if key in today else 'no'} entry {key}"
            return Divergence(demand=demand, observed=observed if key in then else f"{name} has {key}", situation=name)
    return True


@rule("description.locale")
def keys_stay_in_another_locale(belief: Belief, call: Call, answer: Answer, _at: Interval) -> Said:
    """In another locale the keys of state and reason stay. Exercised for two locales that sessions asked for; what
    differs from the server's own locale differs, too."""
    now, locale = description_of(belief, call, answer), locale_of(belief, call)
    read = belief.extensions.descriptions.read
    before = read_elsewhere(belief)
    if now is None or before is None or locale in read or not is_locale_known(belief, call):
        return None  # a locale that was read before is description.static's
    for name in ("state", "reason"):
        then = keys_of(getattr(before, name))
        if keys_of(getattr(now, name)) != then:
            demand = MustAnswer(property="same keys", value=(name, tuple(sorted(then))))
            observed = f"{name} has the keys {shown(keys_of(getattr(now, name)))}"
            return Divergence(demand=demand, observed=observed, situation=name)
    return True if locale is not None and any(one is not None for one in read) else None


ON_READ = (
    every_state_stands_once,
    every_reason_seen_is_there,
    every_kind_of_reason_is_there,
    no_operation_stands_twice,
    every_entry_is_whole,
    operation_is_looked_up,
    foreign_operation_is_looked_up,
    task_type_is_looked_up,
    reads_the_same_again,
    keys_stay_in_another_locale,
)


def advance_read_description(belief: Belief, call: Call, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Remember the description, to compare the next read in the same locale with it."""
    value = outcome.value if isinstance(outcome, Returned) else None
    if not isinstance(value, Property) or not isinstance(value.value, TaskDescription):
        return with_time(belief, outcome)
    if not is_locale_known(belief, call):
        return with_time(belief, outcome)
    known = belief.extensions.descriptions
    known = evolve(known, read=known.read.set(locale_of(belief, call), value.value))
    return with_time(evolve(belief, extensions=evolve(belief.extensions, descriptions=known)), outcome)


METHODS: Final[dict[type, AnyMethod]] = {
    c.ReadDescription: Method[c.ReadDescription, Property[TaskDescription]](
        succeeds=always("description.states"),
        advance=advance_read_description,
        fault_conditions=(*ACCESS, nobody_reads),
        judge=judge_by(*ON_READ),
        checks=ON_READ,
        is_read=True,
    ),
}
"""The methods of this module."""
