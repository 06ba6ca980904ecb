"""Registrations: how what is known of an extension follows from the answers, right or wrong.

    not registered ──RegisterExtension──> registered ──UpdateExtension──> registered otherwise
          ^                                    │
          └─────────UnregisterExtension────────┘

An answer that was lost, or a fault without a reason, leaves it open what is registered; so does an answer that
contradicts the ones before. Otherwise what FindExtension gives is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.oracle.belief_extensions import SEVERAL, Registration
from taskconform.model.oracle.task_types import is_unheard_of, recounted, withdraw
from taskconform.model.vocabulary.outcomes import Extension, Faulted, Lost, Outcome, Property, Returned
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskconform.model.oracle.belief import World
    from taskconform.model.oracle.findings import Refusal
    from taskconform.model.vocabulary import calls as c

    Advance = Callable[[World, Any, Outcome, tuple[str, ...]], World]
    Change = Callable[[World, Any, Registration], Registration]

CHARGED: Final = frozenset(
    {"extension.privilege", "extension.incomplete", "extension.duplicate", "extension.update-unknown"}
)
"""The clauses that say of a refused call that it changes nothing."""


def registration_of(world: World, key: str) -> Registration:
    """What is known of a key. Of one that nothing was said of: not registered, where the server state is fresh."""
    known = world.extensions.keys.get(key)
    if known is not None:
        return known
    return Registration(there=False if is_unheard_of(world, key) else None)


def following(refusals: tuple[Refusal, ...], change: Change) -> Advance:
    """The effect of a method that changes registrations: `change`, if it was taken; nothing, if one of `refusals`
    surely held, or the session may not; else it is open."""

    def advance(world: World, call: Any, outcome: Outcome, _refused: tuple[str, ...]) -> World:
        key = call.key
        before = registration_of(world, key)
        ids = frozenset(getattr(call, "task_ids", ()))
        if isinstance(outcome, Returned):
            after = change(world, call, before)
            return seen(world, outcome) if after is before else with_registration(world, key, after, outcome)
        clause = next((one.clause for one in refusals if one(world, call) is True), "")
        if isinstance(outcome, Faulted) and (clause or outcome.fault.is_a("SecurityError")):
            return _refused_call(world, key, before, ids, clause)
        return with_registration(world, key, _doubted(before, ids), outcome)

    return advance


def _refused_call(world: World, key: str, before: Registration, ids: frozenset[str], clause: str) -> World:
    """A call was refused, for this clause: nothing has changed, and what is seen next will show it. It is charged with
    what has changed all the same only if what was there before was shown, and no other call may be to blame."""
    if clause not in CHARGED:
        return world
    known = world.extensions
    new = ids - known.sure - known.perhaps - before.task_ids - before.perhaps_ids
    blamed = clause if before.confirmed and before.refused in {"", clause} else ""
    unknown = frozenset(one for one in new if one in known.withdrawn or is_unheard_of(world, one))
    known = withdraw(world, known, key, unknown, blamed)
    if before.confirmed:
        known = evolve(known, keys=known.keys.set(key, evolve(before, refused=blamed or SEVERAL)))
    return evolve(world, extensions=known)


def _doubted(before: Registration, ids: frozenset[str]) -> Registration:
    """After a call that may have had its effect, or not."""
    return evolve(
        before,
        there=None,
        version=None,
        task_ids=frozenset(),
        perhaps_ids=before.task_ids | before.perhaps_ids | ids,
        added=frozenset(),
    )


def with_registration(world: World, key: str, after: Registration, outcome: Outcome, *, is_news: bool = True) -> World:
    """This world after a registration changed. Ids that it no longer declares are withdrawn; why, is open where it has
    not just happened (`is_news`)."""
    before = registration_of(world, key)
    known = evolve(
        world.extensions,
        keys=world.extensions.keys.set(key, evolve(after, since=world.now)),
        accepted=world.extensions.accepted - after.task_ids - before.task_ids - before.perhaps_ids,
    )
    left = after.task_ids | after.perhaps_ids if after.there is not False else frozenset()
    known = withdraw(world, known, key, before.task_ids - left, _says_so(after) if is_news else "")
    known = withdraw(world, known, key, before.perhaps_ids - left, "")
    return seen(evolve(world, extensions=recounted(known)), outcome)


def _says_so(after: Registration) -> str:
    """The clause that says that an id is refused which this registration no longer declares."""
    if after.there is False:
        return "extension.unregister"
    return "extension.update-removed" if after.updated else ""


def seen(world: World, outcome: Outcome) -> World:
    """This world with the server time of an answer noted."""
    if isinstance(outcome, Lost) or outcome.at.earliest <= world.extensions.as_of:
        return world
    return evolve(world, extensions=evolve(world.extensions, as_of=outcome.at.earliest))


# --- what each method changes -----------------------------------------------------------------------------------------


def registered(_world: World, call: c.RegisterExtension, before: Registration) -> Registration:
    """RegisterExtension was taken. If the key was there already, whichever description it has now."""
    ids = frozenset(map(str, call.task_ids))
    if before.there:
        both = before.task_ids & ids
        rest = (before.task_ids | before.perhaps_ids | ids) - both
        return evolve(before, version=None, task_ids=both, perhaps_ids=rest, refused="")
    return Registration(there=True, version=call.version, task_ids=ids)


def updated(_world: World, call: c.UpdateExtension, before: Registration) -> Registration:
    """UpdateExtension was taken: "the existing record is updated". Whether an unset taskList leaves the ids as they
    were is open; and so is everything, if there was no such record."""
    ids = frozenset(map(str, call.task_ids))
    if before.there is False:
        return _doubted(before, ids)
    old = before.task_ids | before.perhaps_ids
    return Registration(
        there=True,
        version=call.version,
        task_ids=ids,
        perhaps_ids=frozenset() if ids else old,
        added=ids - old,
        updated=True,
        confirmed=before.confirmed,
    )


def unregistered(_world: World, _call: c.UnregisterExtension, before: Registration) -> Registration:
    """UnregisterExtension was taken. If there was nothing to unregister, there still is not."""
    return before if before.there is False else Registration(there=False)


def found(world: World, call: c.FindExtension, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """What FindExtension gave is believed."""
    if not isinstance(outcome, Returned) or not (outcome.value is None or isinstance(outcome.value, Extension)):
        return world
    return _shown(world, call.key, outcome.value, outcome)


def _shown(world: World, key: str, one: Extension | None, outcome: Outcome) -> World:
    """An extension was shown, or that there is none. Where that contradicts what was known, it is open from now on."""
    before = registration_of(world, key)
    if before.contested:
        return seen(world, outcome)
    if before.there is not None and before.there != (one is not None):
        ids = frozenset(one.task_ids) if one is not None else frozenset()
        return with_registration(world, key, evolve(_doubted(before, ids), contested=True, refused=""), outcome)
    if one is None:
        after = Registration(there=False, confirmed=True)
        if before.there is None:
            return with_registration(world, key, after, outcome, is_news=False)
        return seen(_with_key(world, key, evolve(after, since=before.since)), outcome)
    ids = frozenset(one.task_ids)
    if before.there and one.version == before.version and ids == before.task_ids:
        after = evolve(before, perhaps_ids=frozenset(), confirmed=True, refused="")
        known = recounted(_with_key(world, key, after).extensions)
        return seen(evolve(world, extensions=known), outcome)
    after = Registration(there=True, version=one.version, task_ids=ids, confirmed=True)
    return with_registration(world, key, after, outcome)


def _with_key(world: World, key: str, after: Registration) -> World:
    """This world with a registration of which nothing but our knowledge has changed."""
    return evolve(world, extensions=evolve(world.extensions, keys=world.extensions.keys.set(key, after)))


def listed(world: World, _call: c.ReadExtensionList, outcome: Outcome, _refused: tuple[str, ...]) -> World:
    """What extensionList shows of our keys is believed, where it is news."""
    value = outcome.value if isinstance(outcome, Returned) else None
    if not isinstance(value, Property) or value.missing is not None or not isinstance(value.value or (), tuple):
        return world
    shown: dict[str, Any] = {one.key: one for one in value.value or ()}  # type: ignore[union-attr]  # a tuple
    for key, one in world.extensions.keys.items():
        if one.there is None or one.there != (key in shown):
            world = _shown(world, key, shown.get(key), outcome)
        elif not one.confirmed and not one.there:
            world = _with_key(world, key, evolve(one, confirmed=True))
    return seen(world, outcome)
