"""The order of checks: where several conditions for a fault hold, any of the faults is right."""

from __future__ import annotations

from typing import Any, NoReturn

from taskconform.conformance.qualification.variants.variant import conforming
from taskconform.model.spec import access, collectors, extensions, life, pages, sessions, tasks
from taskconform.model.spec.faults import FaultRaised, fault, fault_if
from taskconform.model.vocabulary.calls import UpdateExtension

RANKS_NONE = "the pages rank no faults where several hold"
LAST = frozenset({"Task.Update", "Global.CancelTask", "Task.Create"})
KINDS = "EV 2.24: InvalidRequest for InvalidArgument; a subtype is a kind of its fault"


@conforming("privileges-last", access.require, "order", by=RANKS_NONE)
def require_early(original, state, session, privilege, choices):
    """Privileges are looked at after everything else."""
    if privilege not in LAST:
        original(state, session, privilege, choices)


def with_last(privilege):
    """Return a replacement of a method that asks for a privilege when all else is in order."""

    def method(original, state, call, choices):
        done = original(state, call, choices)
        access.require(state, access.current(state, call.session), privilege, choices)
        return done

    return method


conforming("privileges-last", tasks.create_task)(with_last("Task.Create"))
conforming("privileges-last", life.set_task_state)(with_last("Task.Update"))
conforming("privileges-last", life.update_progress)(with_last("Task.Update"))
conforming("privileges-last", life.set_task_description)(with_last("Task.Update"))
conforming("privileges-last", life.cancel_task)(with_last("Global.CancelTask"))


@conforming("unsupported-before-over", life.cancel_task, "cancel-order", by=RANKS_NONE)
def unsupported_first(original, state, call, choices):
    """CancelTask looks at whether a task is cancelable before whether it is over."""
    session, task = access.current(state, call.session), tasks.find_task(state, call.task)
    if not life.may_cancel(state, session.user_name, task, choices):
        access.require(state, session, life.CANCEL_TASK, choices)
    fault_if(not task.info.cancelable, "NotSupported")
    return original(state, call, choices)


@conforming("fit-before-final", life.set_task_state, "set-order", by=RANKS_NONE)
def fit_before_final(original, state, call, choices):
    """SetTaskState looks at whether result and fault fit before the state of the task."""
    life.to_update(state, call, choices)
    fault_if(call.state not in life.STATES, "InvalidRequest")
    life.check_fit(call, choices)
    if call.fault is not None:
        life.settable_fault(state, call.fault, choices)
    return original(state, call, choices)


@conforming("type-before-object", tasks.create_task, "create-order", by=RANKS_NONE)
def type_before_object(original, state, call, choices):
    """CreateTask looks at the parent and the type before the object."""
    tasks.check_may_create(state, access.current(state, call.session), call, choices)
    tasks.parent_of(state, call, choices)
    tasks.check_type(state, call.task_type_id, choices)
    return original(state, call, choices)


@conforming("arguments-first", pages.read, "faults", by=RANKS_NONE)
def count_first(original, state, call, choices, *, forward):
    """Arguments are looked at before the objects that they are for, and before privileges."""
    pages.check_count(call.max_count, choices)
    return original(state, call, choices, forward=forward)


def with_key_first(original, state, call, choices):
    """Look at the key before the privilege."""
    access.current(state, call.session)
    known = extensions.find(state, call.key) is not None
    if hasattr(call, "version"):
        extensions.check_version(call)
        updates = isinstance(call, UpdateExtension)
        fault_if(known and not updates, "InvalidArgument")
        fault_if(updates and not known, "NotFound")
    else:
        fault_if(not known, "NotFound")
    return original(state, call, choices)


for _method in (extensions.register_extension, extensions.update_extension, extensions.unregister_extension):
    conforming("arguments-first", _method)(with_key_first)


def other_kind(name: Any) -> NoReturn:
    """Fault with a kind that the specification itself never uses."""
    fault(name)


@conforming("other-kinds", collectors.create_collector_for_tasks, "kinds", by=KINDS)
def other_kinds(original, state, call, choices):
    """InvalidRequest for InvalidArgument where the request is malformed, and the other way round; subtypes."""
    access.current(state, call.session)
    if call.filter is None or call.form != "typed":
        other_kind("InvalidType" if call.form == "unknown" else "InvalidRequest")
    if call.filter.time is not None and call.filter.time.time_type is None:
        other_kind("InvalidIndexArgument")
    return original(state, call, choices)


@conforming("other-kinds", extensions.check_version)
def argument_for_request(original, call):
    """Refuse a missing version as an argument."""
    fault_if(call.version is None, "InvalidArgument")


@conforming("other-kinds", access.require)
def unauthenticated_for_unpermitted(original, state, session, privilege, choices):
    """Refuse a missing privilege with the kind of NoPermission that NotAuthenticated is."""
    try:
        original(state, session, privilege, choices)
    except FaultRaised:
        fault("NotAuthenticated")


@conforming("outsiders-turned-away", sessions.has_access, "door", by="N 4: no privileges, refused at the door")
def turned_away(original, state, account):
    """A user without any privilege cannot log in (N4)."""
    return account != "outsider" and original(state, account)
