"""Access: the login that a call belongs to, and what its user may do.

A privilege is held on a managed entity. What a page asks for is asked for on the root folder, whatever the object of
the call is (EV N7); only what a task or a filter is about is asked for on its entity. A property that is read without a
login faults as a call does.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.fault.NoPermission.html
"""

from __future__ import annotations

from typing import Final, TypeVar

from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import NO_PRIVILEGES, Session, State, Task
from taskconform.model.vocabulary.outcomes import Fault, Property
from taskconform.model.vocabulary.words import evolve

SYSTEM_VIEW: Final = "System.View"
SYSTEM_READ: Final = "System.Read"
T = TypeVar("T")


def current(state: State, name: str) -> Session:
    """Find the login of this name. NotAuthenticated if there is none, or if it has ended.
    vim.fault.NotAuthenticated 1. Clauses: session.required."""
    session = state.sessions.get(name)
    if session is None:
        fault("NotAuthenticated", "the session is not authenticated")
    return session


def with_session(state: State, session: Session) -> State:
    """Return the state with this login as it is now."""
    return evolve(state, sessions=state.sessions.set(session.name, session))


def holds(state: State, session: Session, privilege: str, entity: str, choices: Choices) -> bool:
    """Tell whether the session's user holds the privilege on the entity of this reference value. System.View on the
    root folder can be as good as held by everybody; by default it is not.
    vim.fault.NoPermission 1. Clauses: session.no-view."""
    if privilege == SYSTEM_VIEW and entity == state.server.root and choices.session_no_view == "as-any-user":
        return True
    return privilege in state.privileges[session.account].get(entity, NO_PRIVILEGES)


def require(state: State, session: Session, privilege: str, choices: Choices) -> None:
    """Fault with NoPermission unless the privilege is held on the root folder.
    vim.fault.NoPermission 1. Clauses: the rows `privilege` of all areas."""
    held = holds(state, session, privilege, state.server.root, choices)
    fault_if(not held, "NoPermission", f"{privilege} is required on the root folder")


def may_access(state: State, session: Session, task: Task, choices: Choices) -> bool:
    """Tell whether the session may access a task: by System.Read on its entity (EV N1), and by default on the root
    folder if it has none.
    vim.TaskManager recentTask 2. Clauses: recent.visible, recent.hidden, recent.no-entity."""
    entity = task.info.entity
    if entity is None and choices.recent_no_entity != "by-root":
        return choices.recent_no_entity == "to-all" or is_unrestricted(state, session, choices)
    return holds(state, session, SYSTEM_READ, state.server.root if entity is None else entity.value, choices)


def is_unrestricted(state: State, session: Session, choices: Choices) -> bool:
    """Tell whether the session may access every entity.
    vim.TaskManager recentTask 2. Clauses: recent.no-entity."""
    return all(holds(state, session, SYSTEM_READ, value, choices) for value in state.entities)


def viewed(state: State, session: Session, value: T, nothing: T | None, choices: Choices) -> Property[T]:
    """Return a property that asks for System.View on the root folder: its value, or the fault in its place. `nothing`
    is what the property shows if nothing is shown to those who lack the privilege.
    vim.TaskManager recentTask privilege; description privilege; maxCollector privilege; vim.ExtensionManager
    extensionList privilege; vmodl.query.PropertyCollector.MissingProperty 1. Clauses: recent.privilege,
    description.privilege, limit.privilege, session.no-view."""
    if holds(state, session, SYSTEM_VIEW, state.server.root, choices):
        return Property(value=value)
    if choices.session_no_view == "nothing-shown":
        return Property(value=nothing)
    return Property(missing=missing(state, SYSTEM_VIEW, "the root folder"))


def missing(state: State, privilege: str, where: str) -> Fault:
    """Return the fault that stands in missingSet: NoPermission, a SecurityError.
    vmodl.query.PropertyCollector.MissingProperty fault 1; fault 3; vmodl.fault.SecurityError 1."""
    message = f"{privilege} is required on {where}"
    return Fault(kind="NoPermission", kinds=state.server.faults.get("NoPermission", ("NoPermission",)), message=message)
