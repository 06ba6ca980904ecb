"""vim.TaskDescription: the strings of TaskManager.description, and the task types among them.

methodInfo follows the extensions: tasks that outlive the registration of their type have a descriptionId that is no key
of it any more (EV N10).

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskDescription.html
"""

from __future__ import annotations

from taskconform.model.spec import access
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.state import After, State
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import ElementDescription, Property, TaskDescription
from taskconform.model.vocabulary.words import evolve


def read_description(state: State, call: calls.ReadDescription, choices: Choices) -> After[Property[TaskDescription]]:
    """Read TaskManager.description in the session's locale, with the task types of the extensions that are registered
    now. A type that the catalog does not know is labelled with its id. What a catalog has, its states and reasons too,
    is the server's to declare.
    vim.TaskManager description 1; description privilege; vim.TaskDescription 1-2; methodInfo 1; state 1; reason 1;
    vim.TaskInfo descriptionId 2; vim.ElementDescription 1; key 1; vim.TypeDescription 1; key 1. Clauses:
    description.states, description.reasons, description.methods-unique, description.lookup,
    description.lookup-extension, description.static, description.locale, description.labels, description.privilege."""
    session = access.current(state, call.session)
    catalog = state.server.catalogs[session.locale]
    own = {entry.key for entry in catalog.method_info}
    types = dict.fromkeys(type_id for type_ids in registered_types(state) for type_id in type_ids)
    added = [ElementDescription(key=one, label=one, summary=one) for one in types if one not in own]
    value = evolve(catalog, method_info=(*catalog.method_info, *added))
    return state, access.viewed(state, session, value, None, choices)


def registered_types(state: State) -> tuple[tuple[str, ...], ...]:
    """Return the task types of each registered extension. Two may declare the same.
    vim.Extension taskList 1; vim.Extension.TaskTypeInfo taskID 1. Clauses: extension.register."""
    return tuple(extension.task_ids for extension in state.extensions)


def is_registered(state: State, type_id: str) -> bool:
    """Tell whether an extension registers this task type.
    vim.TaskManager CreateTask taskTypeId 1. Clauses: create.type, extension.register, extension.unregister."""
    return any(type_id in type_ids for type_ids in registered_types(state))


def is_operation(state: State, type_id: str) -> bool:
    """Tell whether this is the id of one of the server's own operations.
    vim.TaskInfo descriptionId 2. Clauses: create.type-builtin."""
    catalog = state.server.catalogs[state.server.default_locale]
    return any(entry.key == type_id for entry in catalog.method_info)
