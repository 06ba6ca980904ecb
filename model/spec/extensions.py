"""vim.ExtensionManager: extensions, and the task types that they declare.

Not modelled: how extensions log in (UpdateExtension 2), OVF sections, the form of version and of task types.

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.ExtensionManager.html
"""

from __future__ import annotations

from typing import Final

from taskconform.model.spec import access, life
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.spec.state import After, Session, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Extension, Property
from taskconform.model.vocabulary.words import evolve

REGISTER: Final = "Extension.Register"
UPDATE: Final = "Extension.Update"
UNREGISTER: Final = "Extension.Unregister"
FORBIDDEN_IN_KEYS: Final = frozenset(',/\\#+><=;"\t\n\r\v\f')
"""What an extension key must not contain, beside control characters and all that is not ASCII."""


def asked_by(state: State, name: str, privilege: str, choices: Choices) -> Session:
    """Find the session of a call that needs a privilege. A host has no ExtensionManager (EV 1.5, N21).
    vim.ExtensionManager RegisterExtension privilege; UpdateExtension privilege; UnregisterExtension privilege;
    FindExtension privilege; vmodl.fault.NotSupported 1-2. Clauses: extension.privilege, session.required."""
    session = access.current(state, name)
    fault_if(not state.server.vcenter, "NotSupported", "there is no ExtensionManager on this server")
    access.require(state, session, privilege, choices)
    return session


def register_extension(state: State, call: calls.RegisterExtension, choices: Choices) -> After[None]:
    """Register an extension.
    vim.ExtensionManager RegisterExtension 1; extension 1; InvalidArgument 1. Clauses: extension.register,
    extension.duplicate, extension.incomplete."""
    asked_by(state, call.session, REGISTER, choices)
    check_complete(call)
    fault_if(find(state, call.key), "InvalidArgument", "an extension is registered with this key")
    return evolve(state, extensions=(*state.extensions, described(call))), None


def update_extension(state: State, call: calls.UpdateExtension, choices: Choices) -> After[None]:
    """Replace the description of a registered extension as a whole: the page says that it is updated. Task types that
    are left out are types no more; tasks stay.
    vim.ExtensionManager UpdateExtension 1; extension 1; NotFound 1; InvalidArgument 1. Clauses: extension.update,
    extension.update-removed, extension.update-unknown, extension.incomplete."""
    asked_by(state, call.session, UPDATE, choices)
    check_version(call)
    fault_if(not find(state, call.key), "NotFound", f"no extension is registered as {call.key}")
    check_complete(call)
    kept = tuple(described(call) if one.key == call.key else one for one in state.extensions)
    return evolve(state, extensions=kept), None


def unregister_extension(state: State, call: calls.UnregisterExtension, choices: Choices) -> After[None]:
    """Unregister an extension. Its task types are refused from then on (EV N10); by default its live tasks go on. The
    tasks are those of its types, whichever session made them.
    vim.ExtensionManager UnregisterExtension 1; extensionKey 1; NotFound 1. Clauses: extension.unregister,
    extension.unregister-tasks, extension.unregister-unknown."""
    asked_by(state, call.session, UNREGISTER, choices)
    gone = find(state, call.key)
    if gone is None:
        fault("NotFound", f"no extension is registered as {call.key}")
    state = evolve(state, extensions=tuple(one for one in state.extensions if one.key != call.key))
    if choices.extension_unregister_tasks == "kept":
        return state, None
    for number in sorted(state.live):
        if state.tasks[number].info.description_id in gone.task_ids:
            state = life.withdraw(state, number, choices.extension_unregister_tasks, choices)
    return state, None


def check_version(call: calls.RegisterExtension | calls.UpdateExtension) -> None:
    """Refuse as malformed a description without version: the page does not mark it as optional.
    vim.Extension version 1; vmodl.fault.InvalidRequest 1. Clauses: extension.incomplete."""
    fault_if(call.version is None, "InvalidRequest", "the extension has no version")


def check_complete(call: calls.RegisterExtension | calls.UpdateExtension) -> None:
    """Ask for a version, and for a key without the characters that its page forbids. An incomplete description and an
    invalid one are refused alike.
    vim.Extension key 1; key 3-6; version 1; vim.ExtensionManager RegisterExtension InvalidArgument 1; UpdateExtension
    InvalidArgument 1. Clauses: extension.incomplete."""
    check_version(call)
    well_formed = call.key.isascii() and call.key.isprintable() and FORBIDDEN_IN_KEYS.isdisjoint(call.key)
    fault_if(not (call.version and call.key and well_formed), "InvalidArgument", "the description is incomplete")


def described(call: calls.RegisterExtension | calls.UpdateExtension) -> Extension:
    """Return the extension as a call describes it.
    vim.Extension key 1; version 1; taskList 1. Clauses: extension.register, extension.update."""
    return Extension(key=call.key, version=call.version or "", task_ids=call.task_ids)


def find(state: State, key: str) -> Extension | None:
    """Find a registered extension. Keys are compared as spelled.
    vim.Extension key 1. Clauses: extension.find, extension.duplicate."""
    return next((extension for extension in state.extensions if extension.key == key), None)


def find_extension(state: State, call: calls.FindExtension, choices: Choices) -> After[Extension | None]:
    """Return the extension with a key, if any.
    vim.ExtensionManager FindExtension 1; extensionKey 1; returns 1. Clauses: extension.find."""
    asked_by(state, call.session, access.SYSTEM_VIEW, choices)
    return state, find(state, call.key)


def read_extension_list(
    state: State, call: calls.ReadExtensionList, choices: Choices
) -> After[Property[tuple[Extension, ...]]]:
    """Read ExtensionManager.extensionList.
    vim.ExtensionManager extensionList 1; extensionList privilege. Clauses: extension.find."""
    session = access.current(state, call.session)
    fault_if(not state.server.vcenter, "NotSupported", "there is no ExtensionManager on this server")
    return state, access.viewed(state, session, state.extensions, None, choices)
