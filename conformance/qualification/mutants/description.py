"""Mutants of the TaskManager's description."""

from __future__ import annotations

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, descriptions, extensions, life, tasks
from taskconform.model.spec.faults import fault_if
from taskconform.model.spec.life import COMPLETED
from taskconform.model.spec.state import Session
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, Property
from taskconform.model.vocabulary.words import evolve

USER = "TaskReasonUser"


def describing(name, change):
    """Declare a mutant that gives another description: `change(right, session, server)`."""

    def read(original, state, call, choices):
        state, found = original(state, call, choices)
        if found.value is None:
            return state, found
        session = access.current(state, call.session)
        return state, Property(value=change(found.value, session, state.server))

    mutant(name, descriptions.read_description)(read)


def without(entries, key):
    """Return the entries but that of the key."""
    return tuple([entry for entry in entries if entry.key != key])


def changed(entries, key, **parts):
    """Return the entries, that of the key with other parts."""
    return tuple([evolve(entry, **parts) if entry.key == key else entry for entry in entries])


def entry_of(entries, key):
    """Return the entry of a key."""
    return next(entry for entry in entries if entry.key == key)


# --- states and reasons -----------------------------------------------------------------------------------------------

describing("no-entry-for-error", lambda right, *_: evolve(right, state=without(right.state, ERROR)))
describing("no-entry-for-user", lambda right, *_: evolve(right, reason=without(right.reason, USER)))
describing("no-entry-for-schedule", lambda right, *_: evolve(right, reason=without(right.reason, "TaskReasonSchedule")))
describing("state-label-is-empty", lambda right, *_: evolve(right, state=changed(right.state, ERROR, label="")))


def running_twice(right, *_):
    """The state list has running in the place of queued."""
    running = entry_of(right.state, RUNNING)
    return evolve(right, state=tuple([running if entry.key == QUEUED else entry for entry in right.state]))


def keys_cut(right, *_):
    """The keys of the reason list are the ends of the types' names."""
    cut = [evolve(entry, key=entry.key.removeprefix("TaskReason")) for entry in right.reason]
    return evolve(right, reason=tuple(cut))


describing("state-entry-stands-twice", running_twice)
describing("reason-keys-without-the-prefix", keys_cut)

# --- methods ----------------------------------------------------------------------------------------------------------

describing(
    "first-method-stands-twice", lambda right, *_: evolve(right, method_info=(right.method_info[0], *right.method_info))
)
describing(
    "methods-lack-the-destruction-of-folders",
    lambda right, *_: evolve(right, method_info=without(right.method_info, "Folder.destroy")),
)


@mutant("destruction-has-the-operations-name-as-id", tasks.start)
def named_as_id(original, state, type_id, reason, entity, **given):
    """The task of a destruction is described by the operation's name."""
    name = given.get("name")
    return original(state, name if type_id == "Folder.destroy" else type_id, reason, entity, **given)


def describing_types(name, types_of):
    """Declare a mutant that describes other task types: `types_of(state, extension)`."""

    def read(original, state, call, choices):
        shown = tuple([evolve(one, task_ids=types_of(state, one)) for one in state.extensions])
        return state, original(evolve(state, extensions=shown), call, choices)[1]

    mutant(name, descriptions.read_description)(read)


describing_types("extension-types-are-not-described", lambda *_: ())
describing_types("only-first-types-are-described", lambda _, one: one.task_ids[:1])
describing_types("updated-types-are-not-described", lambda state, one: remembered(state, "at first", {})[one.key])


@mutant("updated-types-are-not-described", extensions.register_extension)
def keep_the_first(original, state, call, choices):
    """Keep the types of the registration."""
    state, answer = original(state, call, choices)
    return remembering(state, "at first", {**remembered(state, "at first", {}), call.key: call.task_ids}), answer


# --- static strings ---------------------------------------------------------------------------------------------------


@mutant("summary-counts-the-reads", descriptions.read_description)
def counting(original, state, call, choices):
    """A summary counts how often it was read."""
    state, found = original(state, call, choices)
    if found.value is None:
        return state, found
    reads = remembered(state, "reads", 0) + 1
    right = found.value
    summary = f"{entry_of(right.state, RUNNING).summary} ({reads})"
    shown = evolve(right, state=changed(right.state, RUNNING, summary=summary))
    return remembering(state, "reads", reads), Property(value=shown)


@mutant("labels-change-after-a-completion", life.enter)
def note_completion(original, state, number, entered, choices):
    """A label is another one once a task made by CreateTask has completed."""
    state = original(state, number, entered, choices)
    ours = entered in COMPLETED and state.tasks[number].maker
    return remembering(state, "completed", True) if ours else state  # noqa: FBT003  # a flag


@mutant("labels-change-after-a-completion", descriptions.read_description)
def another_label(original, state, call, choices):
    """Change the label then."""
    state, found = original(state, call, choices)
    if found.value is None or not remembered(state, "completed"):
        return state, found
    return state, Property(value=evolve(found.value, reason=changed(found.value.reason, USER, label="Somebody")))


# --- logins and locales -----------------------------------------------------------------------------------------------


@mutant("description-needs-no-login", descriptions.read_description)
def no_login(original, state, call, choices):
    """The description is given to who is not logged in."""
    if call.session in state.sessions:
        return original(state, call, choices)
    locale = state.server.default_locale
    guest = Session(name=call.session, number=0, account="primary", user_name="", locale=locale)
    return state, original(access.with_session(state, guest), call, choices)[1]


@mutant("description-without-a-login-is-not-supported", descriptions.read_description)
def not_supported(original, state, call, choices):
    """Reading the description without a login is NotSupported."""
    fault_if(call.session not in state.sessions, "NotSupported", "there is no session")
    return original(state, call, choices)


def translated(change):
    """Return a change that is made in another locale than the server's own."""
    return lambda right, session, server: right if session.locale == server.default_locale else change(right)


describing(
    "state-keys-are-translated",
    translated(lambda right: evolve(right, state=tuple([evolve(one, key=one.label) for one in right.state]))),
)
describing(
    "reasons-are-missing-in-translation",
    translated(lambda right: evolve(right, reason=without(right.reason, "TaskReasonAlarm"))),
)
describing(
    "method-summary-is-empty-in-translation",
    translated(
        lambda right: evolve(right, method_info=changed(right.method_info, right.method_info[0].key, summary=""))
    ),
)
