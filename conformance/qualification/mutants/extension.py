"""Mutants of the ExtensionManager: registering, updating, unregistering, privileges, and what is shown."""

from __future__ import annotations

from typing import Any

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, extensions, tasks
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.outcomes import Extension, Property
from taskconform.model.vocabulary.words import evolve

UNVERSIONED = "0"


def may(state, call, privilege):
    """Tell whether the caller holds a privilege on the root folder of a vCenter. NotAuthenticated without a login."""
    session = access.current(state, call.session)
    return state.server.vcenter and privilege in state.privileges[session.account].get(state.server.root, ())


def entered(state, call):
    """Return the state in which the call's description stands, in the place of one with the same key if there is."""
    new = extensions.described(call)
    if extensions.find(state, call.key) is None:
        return evolve(state, extensions=(*state.extensions, new))
    return evolve(state, extensions=tuple([new if one.key == new.key else one for one in state.extensions]))


def is_complete(call):
    """Tell whether a description is complete."""
    try:
        extensions.check_complete(call)
    except FaultRaised:
        return False
    return True


def refusing_type(name, is_refused):
    """Declare a mutant whose CreateTask refuses more types: `is_refused(state, type_id)`."""

    def check(original, state, type_id, choices):
        original(state, type_id, choices)
        fault_if(state.server.vcenter and is_refused(state, type_id), "InvalidArgument")

    mutant(name, tasks.check_type)(check)


# --- registering ------------------------------------------------------------------------------------------------------

refusing_type(
    "only-the-first-type-is-taken",
    lambda state, type_id: all(type_id not in one.task_ids[:1] for one in state.extensions),
)
refusing_type("only-the-last-extension-counts", lambda state, type_id: type_id not in state.extensions[-1].task_ids)


def is_duplicate(state, call):
    """Tell whether the key is registered, and all else in order."""
    known = extensions.find(state, call.key) is not None
    return may(state, call, extensions.REGISTER) and known and is_complete(call)


@mutant("registering-twice-replaces", extensions.register_extension)
def replaces(original, state, call, choices):
    """A second registration takes the place of the first."""
    return (entered(state, call), None) if is_duplicate(state, call) else original(state, call, choices)


def kept_when(name, is_kept, given=lambda call: call):
    """Declare a mutant that refuses a registration, and keeps it all the same."""

    def register(original, state, call, choices):
        try:
            return original(state, call, choices)
        except FaultRaised as raised:
            if not is_kept(state, call):
                raise
            raise FaultRaised(raised.name, raised.message, entered(state, given(call))) from None

    mutant(name, extensions.register_extension)(register)


def versioned(call):
    """Return the call with a version."""
    return evolve(call, version=UNVERSIONED)


kept_when("refused-registration-is-kept", is_duplicate)
kept_when(
    "incomplete-registration-is-kept",
    lambda state, call: (
        call.version is None
        and extensions.find(state, call.key) is None
        and is_complete(versioned(call))
        and may(state, call, extensions.REGISTER)
    ),
    versioned,
)
kept_when(
    "unprivileged-registration-is-kept",
    lambda state, call: (
        call.session in state.sessions
        and state.server.vcenter
        and extensions.find(state, call.key) is None
        and is_complete(call)
        and not may(state, call, extensions.REGISTER)
    ),
)


@mutant("registering-twice-is-an-invalid-state", extensions.register_extension)
def invalid_state(original, state, call, choices):
    """A second registration is an InvalidState."""
    fault_if(is_duplicate(state, call), "InvalidState", "an extension is registered with this key")
    return original(state, call, choices)


@mutant("registration-without-a-version-is-taken", extensions.register_extension)
def version_given(original, state, call, choices):
    """RegisterExtension takes a description without a version."""
    return original(state, versioned(call) if call.version is None else call, choices)


# --- unregistering ----------------------------------------------------------------------------------------------------


def leaving_types(original, state, call, choices):
    """Remember the types of an extension that is unregistered."""
    gone: Any = extensions.find(state, call.key)
    state, answer = original(state, call, choices)
    return remembering(state, "left", remembered(state, "left", frozenset()) | set(gone.task_ids)), answer


mutant("unregistered-types-are-taken", extensions.unregister_extension)(leaving_types)
mutant("unregistered-type-is-taken-where-it-was-used", extensions.unregister_extension)(leaving_types)


@mutant("unregistered-types-are-taken", tasks.check_type)
def left_types(original, state, type_id, choices):
    """CreateTask goes on taking the types of an extension that was unregistered."""
    if type_id not in remembered(state, "left", ()):
        original(state, type_id, choices)


@mutant("unregistered-type-is-taken-where-it-was-used", tasks.create_task)
def where_it_was_used(original, state, call, choices):
    """CreateTask goes on taking such a type on objects that have a task of it."""
    use, used = (call.obj.value, call.task_type_id), remembered(state, "used", frozenset())
    if call.task_type_id in remembered(state, "left", ()) and use in used:
        allowed = Extension(key="left", version="0", task_ids=(call.task_type_id,))
        with_type = evolve(state, extensions=(*state.extensions, allowed))
        after, info = original(with_type, call, choices)
        return evolve(after, extensions=state.extensions), info
    state, info = original(state, call, choices)
    return remembering(state, "used", used | {use}), info


@mutant("unregister-of-unknown-is-ignored", extensions.unregister_extension)
def ignored(original, state, call, choices):
    """UnregisterExtension of a key that is not registered does nothing."""
    unknown = may(state, call, extensions.UNREGISTER) and extensions.find(state, call.key) is None
    return (state, None) if unknown else original(state, call, choices)


@mutant("unregister-of-unknown-is-an-invalid-argument", extensions.unregister_extension)
def unregister_argument(original, state, call, choices):
    """UnregisterExtension of a key that is not registered is an InvalidArgument."""
    unknown = may(state, call, extensions.UNREGISTER) and extensions.find(state, call.key) is None
    fault_if(unknown, "InvalidArgument")
    return original(state, call, choices)


def with_privilege(state, call, privilege):
    """Return the state in which the caller holds a privilege on the root folder."""
    account = access.current(state, call.session).account
    held = state.privileges[account]
    root = state.server.root
    granted = held.set(root, held.get(root, frozenset()) | {privilege})
    return evolve(state, privileges=state.privileges.set(account, granted))


@mutant("unregister-needs-no-privilege", extensions.unregister_extension)
def unprivileged_unregister(original, state, call, choices):
    """UnregisterExtension asks for System.View."""
    if not may(state, call, access.SYSTEM_VIEW):
        return original(state, call, choices)
    after, answer = original(with_privilege(state, call, extensions.UNREGISTER), call, choices)
    return evolve(after, privileges=state.privileges), answer


@mutant("update-needs-no-privilege-on-equal-version", extensions.update_extension)
def unprivileged_update(original, state, call, choices):
    """UpdateExtension with the version in force asks for System.View."""
    found = extensions.find(state, call.key)
    lax = found is not None and found.version == call.version and may(state, call, access.SYSTEM_VIEW)
    return (
        (entered(state, call), None)
        if lax and not may(state, call, extensions.UPDATE)
        else original(state, call, choices)
    )


# --- updating ---------------------------------------------------------------------------------------------------------


def remembering_first(original, state, call, choices):
    """Remember what an extension was at its registration."""
    state, answer = original(state, call, choices)
    first = {**remembered(state, "at first", {}), call.key: extensions.described(call)}
    return remembering(state, "at first", first), answer


mutant("update-adds-no-types", extensions.register_extension)(remembering_first)
mutant("find-shows-the-first-version", extensions.register_extension)(remembering_first)
refusing_type(
    "update-adds-no-types",
    lambda state, type_id: all(
        type_id not in remembered(state, "at first", {})[one.key].task_ids
        for one in state.extensions
        if type_id in one.task_ids
    ),
)


@mutant("second-update-is-lost", extensions.register_extension)
def begin_anew(original, state, call, choices):
    """An extension can be updated once."""
    state, answer = original(state, call, choices)
    return remembering(state, "updated", remembered(state, "updated", frozenset()) - {call.key}), answer


@mutant("second-update-is-lost", extensions.update_extension)
def lost(original, state, call, choices):
    """Do nothing the second time, but refuse what is to be refused."""
    after, answer = original(state, call, choices)
    updated = remembered(state, "updated", frozenset())
    if call.key in updated:
        return state, answer
    return remembering(after, "updated", updated | {call.key}), answer


def remembering_types(original, state, call, choices):
    """Keep all types that a registered extension ever had."""
    state, answer = original(state, call, choices)
    ever = remembered(state, "ever", {})
    return remembering(state, "ever", {**ever, call.key: ever.get(call.key, frozenset()) | set(call.task_ids)}), answer


mutant("update-never-removes", extensions.register_extension)(remembering_types)
mutant("update-never-removes", extensions.update_extension)(remembering_types)


@mutant("update-never-removes", extensions.unregister_extension)
def forget_types(original, state, call, choices):
    """Forget them."""
    state, answer = original(state, call, choices)
    left = {key: types for key, types in remembered(state, "ever", {}).items() if key != call.key}
    return remembering(state, "ever", left), answer


@mutant("update-never-removes", tasks.check_type)
def ever_had(original, state, type_id, choices):
    """Take them."""
    if not any(type_id in types for types in remembered(state, "ever", {}).values()):
        original(state, type_id, choices)


@mutant("update-of-unknown-registers", extensions.update_extension)
def registers(original, state, call, choices):
    """UpdateExtension of a key that is not registered registers it."""
    new = may(state, call, extensions.UPDATE) and extensions.find(state, call.key) is None and is_complete(call)
    return (entered(state, call), None) if new else original(state, call, choices)


@mutant("update-of-unknown-is-an-invalid-argument", extensions.update_extension)
def update_argument(original, state, call, choices):
    """UpdateExtension of a key that is not registered is an InvalidArgument."""
    unknown = may(state, call, extensions.UPDATE) and extensions.find(state, call.key) is None
    fault_if(unknown, "InvalidArgument")
    return original(state, call, choices)


@mutant("update-without-a-version-is-taken", extensions.update_extension)
def version_kept(original, state, call, choices):
    """UpdateExtension without a version leaves the version as it is."""
    found: Any = extensions.find(state, call.key)
    lacking = call.version is None and found is not None
    return original(state, evolve(call, version=found.version) if lacking else call, choices)


# --- what is shown ----------------------------------------------------------------------------------------------------


def showing(name, as_shown):
    """Declare a mutant that shows extensions otherwise: `as_shown(state, extension)`."""

    def found(original, state, call, choices):
        state, one = original(state, call, choices)
        return state, None if one is None else as_shown(state, one)

    def listed(original, state, call, choices):
        state, read = original(state, call, choices)
        shown = read if read.value is None else Property(value=tuple([as_shown(state, one) for one in read.value]))
        return state, shown

    mutant(name, extensions.find_extension)(found)
    mutant(name, extensions.read_extension_list)(listed)


showing(
    "find-shows-the-first-version",
    lambda state, one: evolve(one, version=remembered(state, "at first", {})[one.key].version),
)
showing("last-type-is-not-shown", lambda _, one: evolve(one, task_ids=one.task_ids[: max(1, len(one.task_ids) - 1)]))


@mutant("find-falls-back-on-a-shorter-key", extensions.find_extension)
def shorter_key(original, state, call, choices):
    """FindExtension gives an extension whose key is the beginning of the one asked for."""
    state, found = original(state, call, choices)
    return state, found or next((one for one in state.extensions if call.key.startswith(one.key)), None)


@mutant("find-of-unknown-faults", extensions.find_extension)
def unknown_faults(original, state, call, choices):
    """FindExtension of a key that is not registered is NotFound."""
    state, found = original(state, call, choices)
    if found is None:
        fault("NotFound", f"no extension is registered as {call.key}")
    return state, found


@mutant("list-keeps-the-unregistered", extensions.unregister_extension)
def kept_unregistered(original, state, call, choices):
    """extensionList holds what was unregistered."""
    gone: Any = extensions.find(state, call.key)
    state, answer = original(state, call, choices)
    return remembering(state, "gone", {**remembered(state, "gone", {}), gone.key: gone}), answer


@mutant("list-keeps-the-unregistered", extensions.read_extension_list)
def listed_unregistered(original, state, call, choices):
    """Add what is not registered again."""
    state, read = original(state, call, choices)
    if read.value is None:
        return state, read
    known = {one.key for one in state.extensions}
    left = [one for key, one in remembered(state, "gone", {}).items() if key not in known]
    return state, Property(value=(*read.value, *left))
