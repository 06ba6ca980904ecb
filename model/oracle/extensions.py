"""ExtensionManager: "directory and basic management services for all registered extensions".

Only the suite's own keys are judged, and what they are was told by every answer so far (`Registration`). Extensions of
others come and go as they like.

A call that is refused changes nothing. Whether it did shows when the extension is looked at next, and is charged to the
clause for which the call was refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.model.oracle.access import ACCESS
from taskconform.model.oracle.findings import Departure, MustAnswer, Said, refusal, rule, shown
from taskconform.model.oracle.method import Method, always, judge_rules
from taskconform.model.oracle.registrations import (
    following,
    found,
    listed,
    registered,
    registration_of,
    unregistered,
    updated,
)
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.belief_extensions import Registration
    from taskconform.model.vocabulary.outcomes import Extension, Interval, Property

Describing = c.RegisterExtension | c.UpdateExtension
"""The calls that bring an Extension description."""
Naming = c.RegisterExtension | c.UpdateExtension | c.UnregisterExtension | c.FindExtension
"""The calls that name an extension by its key."""

# --- refusals, in the order of the page -------------------------------------------------------------------------------


def lacks(world: World, session: str, privilege: str) -> bool | None:
    """Whether a session's user lacks a privilege everywhere; None where the target does not declare it of an account
    that does not hold all."""
    if world.lacks(session, privilege):
        return True
    account = world.account_of(session)
    return False if account is None or world.is_full(session) else None


@refusal("extension.find", "MethodFault")
def has_no_extension_manager(world: World, _call: c.Call) -> bool | None:
    """A host has no ExtensionManager (EV 1.5): whatever is asked of it may be refused, by whatever fault."""
    return False if world.declaration.is_vcenter else None


@refusal("extension.privilege", "SecurityError")
def lacks_extension_register(world: World, call: c.RegisterExtension) -> bool | None:
    """RegisterExtension asks for Extension.Register."""
    return lacks(world, call.session, "Extension.Register")


@refusal("extension.privilege", "SecurityError")
def lacks_extension_update(world: World, call: c.UpdateExtension) -> bool | None:
    """UpdateExtension asks for Extension.Update."""
    return lacks(world, call.session, "Extension.Update")


@refusal("extension.privilege", "SecurityError")
def lacks_extension_unregister(world: World, call: c.UnregisterExtension) -> bool | None:
    """UnregisterExtension asks for Extension.Unregister."""
    return lacks(world, call.session, "Extension.Unregister")


@refusal("extension.incomplete", "InvalidArgument", "InvalidRequest")
def description_is_incomplete(_world: World, call: Describing) -> bool | None:
    """InvalidArgument "if the Extension description is incomplete"; or InvalidRequest, for a request that lacks a
    required element."""
    return call.version is None


def is_there(world: World, key: str) -> bool | None:
    """Whether a key is registered. Sure only if what the last change came to was seen: that a call did nothing must not
    be charged to the next one."""
    one = world.extensions.keys.get(key)
    return registration_of(world, key).there if one is None or one.confirmed else None


@refusal("extension.duplicate", "InvalidArgument")
def key_is_taken(world: World, call: c.RegisterExtension) -> bool | None:
    """InvalidArgument if "an extension is already registered with the given unique key"."""
    there = is_there(world, call.key)
    return False if registration_of(world, call.key).there is False else there


@refusal("extension.update-unknown", "NotFound")
def updated_key_is_unknown(world: World, call: c.UpdateExtension) -> bool | None:
    """NotFound "if the specified extension key is not registered"."""
    return key_is_unknown(world, call.key)


@refusal("extension.unregister-unknown", "NotFound")
def unregistered_key_is_unknown(world: World, call: c.UnregisterExtension) -> bool | None:
    """NotFound "if the specified extension is not registered"."""
    return key_is_unknown(world, call.key)


def key_is_unknown(world: World, key: str) -> bool | None:
    """Whether a key is not registered."""
    if registration_of(world, key).there:
        return False
    return True if is_there(world, key) is False else None


@refusal("extension.register", "InvalidArgument")
def id_is_declared_elsewhere(world: World, call: Describing) -> bool | None:
    """An id that another extension declares: whether it may be declared twice is silent, so a fault is allowed."""
    own = registration_of(world, call.key)
    others = (world.extensions.sure | world.extensions.perhaps) - own.task_ids - own.perhaps_ids
    return None if others.intersection(call.task_ids) else False


REGISTER = (lacks_extension_register, description_is_incomplete, key_is_taken, id_is_declared_elsewhere)
UPDATE = (lacks_extension_update, updated_key_is_unknown, description_is_incomplete, id_is_declared_elsewhere)
UNREGISTER = (lacks_extension_unregister, unregistered_key_is_unknown)


def update_clause(world: World, call: c.UpdateExtension) -> str:
    """What UpdateExtension breaks that is refused for no documented reason; RegisterExtension, if nothing was seen of
    the extension since that was taken."""
    one = world.extensions.keys.get(call.key)
    return "extension.register" if one is not None and one.there and not one.confirmed else "extension.update"


def unregister_clause(world: World, call: c.UnregisterExtension) -> str:
    """What UnregisterExtension breaks then."""
    one = world.extensions.keys.get(call.key)
    return "extension.register" if one is not None and one.there and not one.confirmed else "extension.unregister"


def register_clause(world: World, call: c.RegisterExtension) -> str:
    """What RegisterExtension breaks then; UnregisterExtension, if that was taken and nothing was seen since."""
    one = world.extensions.keys.get(call.key)
    unseen = one is not None and one.there is False and not one.confirmed
    return "extension.unregister" if unseen else "extension.register"


# --- what is found ----------------------------------------------------------------------------------------------------


def may_judge(world: World, session: str) -> bool:
    """Whether a session surely has System.View on the root folder, which the answers ask for."""
    return world.account_of(session) not in {None, "outsider"}


def compared(world: World, call: c.FindExtension, answer: Extension | None) -> Said:
    """Whether FindExtension gave what is registered: the extension that matches the key, "if any"."""
    one = registration_of(world, call.key)
    if one.there is None or not may_judge(world, call.session):
        return None
    if not one.there:
        if answer is None:
            return True
        return Departure(
            demand=MustAnswer(property="no extension", value=call.key),
            observed=f"an extension of version {answer.version}",
            situation="not registered",
            eventually=True,
        )
    wrong, observed = _difference(one, call.key, answer)
    if not wrong:
        return True
    ids = tuple(sorted(one.task_ids)) if not one.perhaps_ids else None
    demand = MustAnswer(property="extension", value=(call.key, one.version, ids))
    return Departure(demand=demand, observed=observed, situation=wrong, eventually=True)


def _difference(one: Registration, key: str, answer: Extension | None) -> tuple[str, str]:
    """What is wrong about an extension that is registered, in a word, and what was found; "" if nothing is. An id that
    may be declared may stand there or not."""
    if answer is None:
        return "not found", "nothing"
    if answer.key != key:
        return "key", f"key is {answer.key}"
    if one.version is not None and answer.version != one.version:
        return "version", f"version is {answer.version}"
    ids = frozenset(answer.task_ids)
    if not one.task_ids <= ids <= one.task_ids | one.perhaps_ids:
        return "taskList", f"task types {shown(answer.task_ids)}"
    return "", ""


@rule("extension.find")
def finds_what_is_registered(world: World, call: c.FindExtension, answer: Extension | None, _at: Interval) -> Said:
    """FindExtension gives the registered key, version and taskList, nothing for an unknown key. Where a call was
    refused since, what differs is charged to that."""
    said = compared(world, call, answer)
    return None if isinstance(said, Departure) and registration_of(world, call.key).refused else said


def _unchanged(world: World, call: c.FindExtension, answer: Extension | None, clause: str) -> Said:
    """A call that was refused for this clause has changed nothing."""
    if registration_of(world, call.key).refused != clause:
        return None
    said = compared(world, call, answer)
    return evolve(said, situation=f"{said.situation}, changed all the same") if isinstance(said, Departure) else said


@rule("extension.privilege")
def nothing_changes_without_privilege(
    world: World, call: c.FindExtension, answer: Extension | None, _at: Interval
) -> Said:
    """Without Extension.Register, Update or Unregister nothing changes."""
    return _unchanged(world, call, answer, "extension.privilege")


@rule("extension.incomplete")
def an_incomplete_description_changes_nothing(
    world: World, call: c.FindExtension, answer: Extension | None, _at: Interval
) -> Said:
    """A description without a required part registers nothing."""
    return _unchanged(world, call, answer, "extension.incomplete")


@rule("extension.duplicate")
def a_taken_key_changes_nothing(world: World, call: c.FindExtension, answer: Extension | None, _at: Interval) -> Said:
    """Registering a key twice faults, and leaves what is registered."""
    return _unchanged(world, call, answer, "extension.duplicate")


@rule("extension.update-unknown")
def an_unknown_key_is_not_registered(
    world: World, call: c.FindExtension, answer: Extension | None, _at: Interval
) -> Said:
    """UpdateExtension of an unknown key faults, and registers nothing."""
    return _unchanged(world, call, answer, "extension.update-unknown")


ON_FIND = (
    finds_what_is_registered,
    nothing_changes_without_privilege,
    an_incomplete_description_changes_nothing,
    a_taken_key_changes_nothing,
    an_unknown_key_is_not_registered,
)


@rule("extension.find")
def list_holds_what_is_registered(
    world: World, call: c.ReadExtensionList, answer: Property[tuple[Extension, ...]], _at: Interval
) -> Said:
    """extensionList: "the list of currently registered extensions". It holds each of ours iff it is registered."""
    if not may_judge(world, call.session):
        return None
    listed = {one.key for one in answer.value or ()}
    ours = {key: one for key, one in world.extensions.keys.items() if one.there is not None and not one.refused}
    for key in sorted(ours):
        if ours[key].there != (key in listed):
            wanted = "listed extension" if ours[key].there else "unlisted extension"
            return Departure(
                demand=MustAnswer(property=wanted, value=key),
                observed=f"{key} is {'not ' if ours[key].there else ''}in extensionList",
                situation=wanted,
                eventually=True,
            )
    return True if ours else None


ANYBODY: Final = (*ACCESS, has_no_extension_manager)
"""The refusals of every method of the area."""

METHODS: Final[dict[type, Method]] = {
    c.RegisterExtension: Method(
        succeeds=register_clause, advance=following(REGISTER, registered), refusals=(*ANYBODY, *REGISTER)
    ),
    c.UpdateExtension: Method(succeeds=update_clause, advance=following(UPDATE, updated), refusals=(*ANYBODY, *UPDATE)),
    c.UnregisterExtension: Method(
        succeeds=unregister_clause, advance=following(UNREGISTER, unregistered), refusals=(*ANYBODY, *UNREGISTER)
    ),
    c.FindExtension: Method(
        succeeds=always("extension.find"),
        advance=found,
        refusals=ANYBODY,
        judge=judge_rules(*ON_FIND),
        checks=ON_FIND,
    ),
    c.ReadExtensionList: Method(
        succeeds=always("extension.find"),
        advance=listed,
        refusals=ANYBODY,
        judge=judge_rules(list_holds_what_is_registered),
        checks=(list_holds_what_is_registered,),
        is_read=True,
    ),
}
"""The methods of this area."""
