"""ExtensionManager: "directory and basic management services for all registered extensions".

Only the suite's own keys are judged. The belief on each follows every answer (`Registration`). Extensions of others
come and go.

A call that faults changes nothing. The next answer that shows the extension tells whether it did; a change breaks the
clause of the fault condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, cast

from taskconform.model.oracle.access import ACCESS
from taskconform.model.oracle.belief_extensions import SEVERAL, Registration
from taskconform.model.oracle.checks import FaultCondition, fault_condition, rule
from taskconform.model.oracle.findings import Divergence, MustAnswer, Said, shown
from taskconform.model.oracle.method import AnyMethod, Method, always, judge_by
from taskconform.model.oracle.task_types import is_unheard_of, with_ids_collected, withdraw
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Extension, Faulted, Lost, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.belief import Belief
    from taskconform.model.vocabulary.outcomes import Interval

CHARGED: Final = frozenset(
    {"extension.privilege", "extension.incomplete", "extension.duplicate", "extension.update-unknown"}
)
"""The clauses that require that a call which faults changes nothing."""


Changing = TypeVar("Changing", bound=c.RegisterExtension | c.UpdateExtension | c.UnregisterExtension)
"""A call that changes a registration."""


def registration_of(belief: Belief, key: str) -> Registration:
    """Return the known facts of a key. One that no call has named is not registered, if the server state is fresh."""
    known = belief.extensions.keys.get(key)
    if known is not None:
        return known
    return Registration(registered=False if is_unheard_of(belief, key) else None)


def effect_of(
    fault_conditions: tuple[FaultCondition[Changing], ...],
    change: Callable[[Belief, Changing, Registration], Registration],
) -> Callable[[Belief, Changing, Outcome, tuple[str, ...]], Belief]:
    """Return the effect of a method that changes registrations: `change`, if the call succeeded; nothing, if one of the
    conditions surely held, or the session lacks the privilege; else it is open."""

    def advance(belief: Belief, call: Changing, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
        key = call.key
        before = registration_of(belief, key)
        ids = frozenset(getattr(call, "task_ids", ()))
        if isinstance(outcome, Returned):
            after = change(belief, call, before)
            return with_time(belief, outcome) if after is before else with_registration(belief, key, after, outcome)
        clause = next((one.clause for one in fault_conditions if one(belief, call) is True), "")
        if isinstance(outcome, Faulted) and (clause or outcome.fault.is_a("SecurityError")):
            return _refused_call(belief, key, before, ids, clause)
        return with_registration(belief, key, _in_doubt(before, ids), outcome)

    return advance


def _refused_call(belief: Belief, key: str, before: Registration, ids: frozenset[str], clause: str) -> Belief:
    """Note a call that faulted for this clause: nothing has changed, as the next answer will show. If something has,
    the clause is broken only if the registration was shown before, and no other call can have changed it."""
    if clause not in CHARGED:
        return belief
    known = belief.extensions
    new = ids - known.declared - known.possibly_declared - before.task_ids - before.possible_ids
    blamed = clause if before.confirmed and before.refused in {"", clause} else ""
    unknown = frozenset(one for one in new if one in known.withdrawn or is_unheard_of(belief, one))
    known = withdraw(belief, known, key, unknown, blamed)
    if before.confirmed:
        known = evolve(known, keys=known.keys.set(key, evolve(before, refused=blamed or SEVERAL)))
    return evolve(belief, extensions=known)


def _in_doubt(before: Registration, ids: frozenset[str]) -> Registration:
    """Return a registration after a call that may or may not have taken effect."""
    return evolve(
        before,
        registered=None,
        version=None,
        task_ids=frozenset(),
        possible_ids=before.task_ids | before.possible_ids | ids,
        added=frozenset(),
    )


def with_registration(
    belief: Belief, key: str, after: Registration, outcome: Outcome, *, is_news: bool = True
) -> Belief:
    """Return the belief after a registration changed. Ids that it no longer declares are withdrawn; the clause for that
    is open unless the change has just happened (`is_news`)."""
    before = registration_of(belief, key)
    known = evolve(
        belief.extensions,
        keys=belief.extensions.keys.set(key, evolve(after, since=belief.now)),
        accepted=belief.extensions.accepted - after.task_ids - before.task_ids - before.possible_ids,
    )
    left = after.task_ids | after.possible_ids if after.registered is not False else frozenset()
    known = withdraw(belief, known, key, before.task_ids - left, _clause_for_removed_ids(after) if is_news else "")
    known = withdraw(belief, known, key, before.possible_ids - left, "")
    return with_time(evolve(belief, extensions=with_ids_collected(known)), outcome)


def _clause_for_removed_ids(after: Registration) -> str:
    """Return the clause that requires CreateTask to refuse an id that this registration no longer declares."""
    if after.registered is False:
        return "extension.unregister"
    return "extension.update-removed" if after.updated else ""


def with_time(belief: Belief, outcome: Outcome) -> Belief:
    """Return the belief with the server time of an answer noted."""
    if isinstance(outcome, Lost) or outcome.at.earliest <= belief.extensions.as_of:
        return belief
    return evolve(belief, extensions=evolve(belief.extensions, as_of=outcome.at.earliest))


# --- what each method changes -----------------------------------------------------------------------------------------


def after_register(_belief: Belief, call: c.RegisterExtension, before: Registration) -> Registration:
    """RegisterExtension succeeded. If the key was registered already, either description may be in force now."""
    ids = frozenset(map(str, call.task_ids))
    if before.registered:
        both = before.task_ids & ids
        rest = (before.task_ids | before.possible_ids | ids) - both
        return evolve(before, version=None, task_ids=both, possible_ids=rest, refused="")
    return Registration(registered=True, version=call.version, task_ids=ids)


def after_update(_belief: Belief, call: c.UpdateExtension, before: Registration) -> Registration:
    """UpdateExtension succeeded: "the existing record is updated". It is open whether an unset taskList leaves the ids
    as they were; and everything is open if there was no such record."""
    ids = frozenset(map(str, call.task_ids))
    if before.registered is False:
        return _in_doubt(before, ids)
    old = before.task_ids | before.possible_ids
    return Registration(
        registered=True,
        version=call.version,
        task_ids=ids,
        possible_ids=frozenset() if ids else old,
        added=ids - old,
        updated=True,
        confirmed=before.confirmed,
    )


def after_unregister(_belief: Belief, _call: c.UnregisterExtension, before: Registration) -> Registration:
    """UnregisterExtension succeeded: the key is not registered."""
    return before if before.registered is False else Registration(registered=False)


def advance_find(belief: Belief, call: c.FindExtension, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Believe the answer of FindExtension."""
    if not isinstance(outcome, Returned) or not (outcome.value is None or isinstance(outcome.value, Extension)):
        return belief
    return _shown(belief, call.key, outcome.value, outcome)


def _shown(belief: Belief, key: str, one: Extension | None, outcome: Outcome) -> Belief:
    """Believe an answer that showed an extension, or none. If it contradicts the belief, the registration is open from
    now on."""
    before = registration_of(belief, key)
    if before.contradicted:
        return with_time(belief, outcome)
    if before.registered is not None and before.registered != (one is not None):
        ids = frozenset(one.task_ids) if one is not None else frozenset()
        return with_registration(belief, key, evolve(_in_doubt(before, ids), contradicted=True, refused=""), outcome)
    if one is None:
        after = Registration(registered=False, confirmed=True)
        if before.registered is None:
            return with_registration(belief, key, after, outcome, is_news=False)
        return with_time(_with_key(belief, key, evolve(after, since=before.since)), outcome)
    ids = frozenset(one.task_ids)
    if before.registered and one.version == before.version and ids == before.task_ids:
        after = evolve(before, possible_ids=frozenset(), confirmed=True, refused="")
        known = with_ids_collected(_with_key(belief, key, after).extensions)
        return with_time(evolve(belief, extensions=known), outcome)
    after = Registration(registered=True, version=one.version, task_ids=ids, confirmed=True)
    return with_registration(belief, key, after, outcome)


def _with_key(belief: Belief, key: str, after: Registration) -> Belief:
    """Return the belief with more known of a registration that has not changed."""
    return evolve(belief, extensions=evolve(belief.extensions, keys=belief.extensions.keys.set(key, after)))


def advance_list(belief: Belief, _call: c.ReadExtensionList, outcome: Outcome, _refused: tuple[str, ...]) -> Belief:
    """Believe what extensionList shows of our keys, if it is new."""
    value = outcome.value if isinstance(outcome, Returned) else None
    if not isinstance(value, Property) or value.missing is not None or not isinstance(value.value or (), tuple):
        return belief
    shown = {one.key: one for one in cast("tuple[Extension, ...]", value.value or ())}  # by its call
    for key, one in belief.extensions.keys.items():
        if one.registered is None or one.registered != (key in shown):
            belief = _shown(belief, key, shown.get(key), outcome)
        elif not one.confirmed and not one.registered:
            belief = _with_key(belief, key, evolve(one, confirmed=True))
    return with_time(belief, outcome)


Describing = c.RegisterExtension | c.UpdateExtension
"""The calls that bring an Extension description."""

# --- fault conditions, in the order of the page -----------------------------------------------------------------------


def lacks(belief: Belief, session: str, privilege: str) -> bool | None:
    """Tell whether a session's user lacks a privilege everywhere; None if the account does not hold all privileges and
    the target declares nothing of this one."""
    if belief.lacks(session, privilege):
        return True
    account = belief.account_of(session)
    return False if account is None or belief.is_full(session) else None


@fault_condition("extension.find", "MethodFault")
def has_no_extension_manager(belief: Belief, _call: c.Call) -> bool | None:
    """A host has no ExtensionManager (EV 1.5): any call on it may fault, with any fault."""
    return False if belief.declaration.is_vcenter else None


@fault_condition("extension.privilege", "SecurityError")
def lacks_extension_register(belief: Belief, call: c.RegisterExtension) -> bool | None:
    """RegisterExtension asks for Extension.Register."""
    return lacks(belief, call.session, "Extension.Register")


@fault_condition("extension.privilege", "SecurityError")
def lacks_extension_update(belief: Belief, call: c.UpdateExtension) -> bool | None:
    """UpdateExtension asks for Extension.Update."""
    return lacks(belief, call.session, "Extension.Update")


@fault_condition("extension.privilege", "SecurityError")
def lacks_extension_unregister(belief: Belief, call: c.UnregisterExtension) -> bool | None:
    """UnregisterExtension asks for Extension.Unregister."""
    return lacks(belief, call.session, "Extension.Unregister")


@fault_condition("extension.incomplete", "InvalidArgument", "InvalidRequest")
def description_is_incomplete(_belief: Belief, call: Describing) -> bool | None:
    """InvalidArgument "if the Extension description is incomplete"; or InvalidRequest, for a request that lacks a
    required element."""
    return call.version is None


def is_there(belief: Belief, key: str) -> bool | None:
    """Tell whether a key is registered. This is known only if an answer has shown the effect of the last change: a call
    without effect must not make the next one a divergence."""
    one = belief.extensions.keys.get(key)
    return registration_of(belief, key).registered if one is None or one.confirmed else None


@fault_condition("extension.duplicate", "InvalidArgument")
def key_is_taken(belief: Belief, call: c.RegisterExtension) -> bool | None:
    """InvalidArgument if "an extension is already registered with the given unique key"."""
    there = is_there(belief, call.key)
    return False if registration_of(belief, call.key).registered is False else there


@fault_condition("extension.update-unknown", "NotFound")
def updated_key_is_unknown(belief: Belief, call: c.UpdateExtension) -> bool | None:
    """NotFound "if the specified extension key is not registered"."""
    return key_is_unknown(belief, call.key)


@fault_condition("extension.unregister-unknown", "NotFound")
def unregistered_key_is_unknown(belief: Belief, call: c.UnregisterExtension) -> bool | None:
    """NotFound "if the specified extension is not registered"."""
    return key_is_unknown(belief, call.key)


def key_is_unknown(belief: Belief, key: str) -> bool | None:
    """Tell whether a key is not registered."""
    if registration_of(belief, key).registered:
        return False
    return True if is_there(belief, key) is False else None


@fault_condition("extension.register", "InvalidArgument")
def id_is_declared_elsewhere(belief: Belief, call: Describing) -> bool | None:
    """Another extension declares the id: the page does not say whether that is allowed, so a fault is."""
    own = registration_of(belief, call.key)
    others = (belief.extensions.declared | belief.extensions.possibly_declared) - own.task_ids - own.possible_ids
    return None if others.intersection(call.task_ids) else False


REGISTER = (lacks_extension_register, description_is_incomplete, key_is_taken, id_is_declared_elsewhere)
UPDATE = (lacks_extension_update, updated_key_is_unknown, description_is_incomplete, id_is_declared_elsewhere)
UNREGISTER = (lacks_extension_unregister, unregistered_key_is_unknown)


def update_clause(belief: Belief, call: c.UpdateExtension) -> str:
    """Choose the clause that UpdateExtension breaks by faulting for no documented reason: the one on RegisterExtension,
    if no answer has shown the extension since it was registered."""
    one = belief.extensions.keys.get(call.key)
    return "extension.register" if one is not None and one.registered and not one.confirmed else "extension.update"


def unregister_clause(belief: Belief, call: c.UnregisterExtension) -> str:
    """Choose the clause that UnregisterExtension breaks then."""
    one = belief.extensions.keys.get(call.key)
    return "extension.register" if one is not None and one.registered and not one.confirmed else "extension.unregister"


def register_clause(belief: Belief, call: c.RegisterExtension) -> str:
    """Choose the clause that RegisterExtension breaks then: the one on UnregisterExtension, if no answer has shown
    since that the extension is gone."""
    one = belief.extensions.keys.get(call.key)
    unseen = one is not None and one.registered is False and not one.confirmed
    return "extension.unregister" if unseen else "extension.register"


# --- what is found ----------------------------------------------------------------------------------------------------


def may_judge(belief: Belief, session: str) -> bool:
    """Return True if a session surely has System.View on the root folder, as the answers require."""
    return belief.account_of(session) not in {None, "outsider"}


def compare_with_registration(belief: Belief, call: c.FindExtension, answer: Extension | None) -> Said:
    """Compare the answer of FindExtension with the registration: it is the extension that matches the key, "if any"."""
    one = registration_of(belief, call.key)
    if one.registered is None or not may_judge(belief, call.session):
        return None
    if not one.registered:
        if answer is None:
            return True
        return Divergence(
            demand=MustAnswer(property="no extension", value=call.key),
            observed=f"an extension of version {answer.version}",
            situation="not registered",
            eventually=True,
        )
    wrong, observed = _difference(one, call.key, answer)
    if not wrong:
        return True
    ids = tuple(sorted(one.task_ids)) if not one.possible_ids else None
    demand = MustAnswer(property="extension", value=(call.key, one.version, ids))
    return Divergence(demand=demand, observed=observed, situation=wrong, eventually=True)


def _difference(one: Registration, key: str, answer: Extension | None) -> tuple[str, str]:
    """Return what is wrong with the answer for an extension that is registered, in a word, and what was observed; "" if
    nothing is. An id that may be declared may stand there or not."""
    if answer is None:
        return "not found", "nothing"
    if answer.key != key:
        return "key", f"key is {answer.key}"
    if one.version is not None and answer.version != one.version:
        return "version", f"version is {answer.version}"
    ids = frozenset(answer.task_ids)
    if not one.task_ids <= ids <= one.task_ids | one.possible_ids:
        return "taskList", f"task types {shown(answer.task_ids)}"
    return "", ""


@rule("extension.find")
def finds_what_is_registered(belief: Belief, call: c.FindExtension, answer: Extension | None, _at: Interval) -> Said:
    """FindExtension gives the registered key, version and taskList, nothing for an unknown key. If a call faulted
    since, a difference breaks the clause of that fault instead."""
    said = compare_with_registration(belief, call, answer)
    return None if isinstance(said, Divergence) and registration_of(belief, call.key).refused else said


@rule("extension.find")
def finds_no_other_key(belief: Belief, call: c.FindExtension, answer: Extension | None, _at: Interval) -> Said:
    """FindExtension: "extension that matches given key, if any", whoever registered it, as a recording has it."""
    if not belief.declaration.recorded or answer is None:
        return None
    if answer.key.casefold() == call.key.casefold():
        return True
    demand = MustAnswer(property="extension", value=(call.key, None, None))
    return Divergence(demand=demand, observed=f"an extension of key {answer.key}", situation="another key")


def _unchanged(belief: Belief, call: c.FindExtension, answer: Extension | None, clause: str) -> Said:
    """Check that a call which faulted for this clause has changed nothing."""
    if registration_of(belief, call.key).refused != clause:
        return None
    said = compare_with_registration(belief, call, answer)
    return evolve(said, situation=f"{said.situation}, changed all the same") if isinstance(said, Divergence) else said


@rule("extension.privilege")
def nothing_changes_without_privilege(
    belief: Belief, call: c.FindExtension, answer: Extension | None, _at: Interval
) -> Said:
    """Without Extension.Register, Update or Unregister nothing changes."""
    return _unchanged(belief, call, answer, "extension.privilege")


@rule("extension.incomplete")
def an_incomplete_description_changes_nothing(
    belief: Belief, call: c.FindExtension, answer: Extension | None, _at: Interval
) -> Said:
    """A description without a required part registers nothing."""
    return _unchanged(belief, call, answer, "extension.incomplete")


@rule("extension.duplicate")
def a_taken_key_changes_nothing(belief: Belief, call: c.FindExtension, answer: Extension | None, _at: Interval) -> Said:
    """Registering a key twice faults, and does not change the registration."""
    return _unchanged(belief, call, answer, "extension.duplicate")


@rule("extension.update-unknown")
def an_unknown_key_is_not_registered(
    belief: Belief, call: c.FindExtension, answer: Extension | None, _at: Interval
) -> Said:
    """UpdateExtension of an unknown key faults, and registers nothing."""
    return _unchanged(belief, call, answer, "extension.update-unknown")


ON_FIND = (
    finds_what_is_registered,
    finds_no_other_key,
    nothing_changes_without_privilege,
    an_incomplete_description_changes_nothing,
    a_taken_key_changes_nothing,
    an_unknown_key_is_not_registered,
)


@rule("extension.find")
def list_holds_what_is_registered(
    belief: Belief, call: c.ReadExtensionList, answer: Property[tuple[Extension, ...]], _at: Interval
) -> Said:
    """extensionList: "the list of currently registered extensions". It holds each of our extensions that is registered,
    and no other of ours."""
    if not may_judge(belief, call.session):
        return None
    listed = {one.key for one in answer.value or ()}
    ours = {key: one for key, one in belief.extensions.keys.items() if one.registered is not None and not one.refused}
    for key in sorted(ours):
        if ours[key].registered != (key in listed):
            wanted = "listed extension" if ours[key].registered else "unlisted extension"
            return Divergence(
                demand=MustAnswer(property=wanted, value=key),
                observed=f"{key} is {'not ' if ours[key].registered else ''}in extensionList",
                situation=wanted,
                eventually=True,
            )
    return True if ours else None


ANYBODY: Final = (*ACCESS, has_no_extension_manager)
"""The fault conditions of every method of this module."""

METHODS: Final[dict[type, AnyMethod]] = {
    c.RegisterExtension: Method[c.RegisterExtension, object](
        succeeds=register_clause, advance=effect_of(REGISTER, after_register), fault_conditions=(*ANYBODY, *REGISTER)
    ),
    c.UpdateExtension: Method[c.UpdateExtension, object](
        succeeds=update_clause, advance=effect_of(UPDATE, after_update), fault_conditions=(*ANYBODY, *UPDATE)
    ),
    c.UnregisterExtension: Method[c.UnregisterExtension, object](
        succeeds=unregister_clause,
        advance=effect_of(UNREGISTER, after_unregister),
        fault_conditions=(*ANYBODY, *UNREGISTER),
    ),
    c.FindExtension: Method[c.FindExtension, Extension | None](
        succeeds=always("extension.find"),
        advance=advance_find,
        fault_conditions=ANYBODY,
        judge=judge_by(*ON_FIND),
        checks=ON_FIND,
    ),
    c.ReadExtensionList: Method[c.ReadExtensionList, Property[tuple[Extension, ...]]](
        succeeds=always("extension.find"),
        advance=advance_list,
        fault_conditions=ANYBODY,
        judge=judge_by(list_holds_what_is_registered),
        checks=(list_holds_what_is_registered,),
        is_read=True,
    ),
}
"""The methods of this module."""
