"""The declaration of a target, made before the first call: identity, capabilities, limits in force, accounts,
inventory."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from msgspec import field

from taskconform.model.vocabulary.calls import ObjectRef  # noqa: TC001  # msgspec reads the annotations
from taskconform.model.vocabulary.parts import INFO_FIELDS, calls_of
from taskconform.model.vocabulary.words import Word

CAPABILITIES = {
    "clock": "server time can be moved",
    "reset": "a fresh server state can be had",
    "second-user": "another full account is at hand",
    "restricted": "an account with declared entities and privileges that it lacks is at hand",
    "delegate": "an account that holds Task.Create on one entity only is at hand",
    "outsider": "an account without System.View on the root folder can log in",
    "raw": "ill-formed requests can be sent",
    "events": "the adapter can create event collectors",
    "task-events": "the adapter can query TaskEvents by their chain",
    "alarms": "the adapter can make an alarm that starts tasks",
    "schedules": "the adapter can make a scheduled task and run it",
    "inventory": "the adapter can create and destroy managed entities",
    "operations": "the adapter can start operations of the target's own, on objects where that does no harm",
    "locale": "the adapter can log in with another locale",
    "typed-lists": "the wire tells an empty list from an unset one, and the adapter can send either",
    "restart": "the server can be restarted with its state kept",
}
"""Every capability that a target can declare, and what it means."""

FULL_ACCOUNTS = ("primary", "second")

RECORDINGS: Final = {
    "whole": "nothing is missing between its calls, and nobody else acted meanwhile",
    "in-order": "calls happened in the order in which they stand; others may be missing, and others may have acted",
    "unordered": "as in-order, and the order of its calls is not known either",
    "mixed": "as unordered, and it may be of several servers: every answer stands by itself",
}
"""How much of a recording can be relied on, from all to least."""

ACCOUNTS: Final = ("primary", "second", "restricted", "delegate", "outsider")
"""Names of accounts."""
NEEDS_ACCOUNT: Final = {
    "second-user": "second",
    "restricted": "restricted",
    "delegate": "delegate",
    "outsider": "outsider",
}
"""The account that a capability speaks of."""

ORDINARY: Final = ("vm", "folder", "host", "root")
"""Roles of the places where any task may be made, the likeliest first."""

ROLES: Final = (
    "root",
    "folder",
    "vm",
    "host",
    "compute",
    "other",
    "manager",
    "nowhere",
    "hidden",
    "readable",
    "ancestor",
    "granted",
)
"""Roles of places."""

DEFAULT_WINDOW: Final = 600
"""Seconds for which recentTask lists a completed task, unless the target declares another number."""
DEFAULT_CAP: Final = 200
"""Completed tasks that recentTask lists at most on vCenter, unless the target declares another number."""


class About(Word, frozen=True, kw_only=True):
    """vim.AboutInfo, as far as it identifies a product."""

    name: str
    full_name: str
    vendor: str
    version: str
    build: str
    api_type: str
    api_version: str
    product_line_id: str = ""
    os_type: str = ""


class Entity(Word, frozen=True, kw_only=True):
    """A managed object of the inventory: its reference, its name, its parent (None: the root folder, or no entity)."""

    ref: ObjectRef
    name: str
    parent: ObjectRef | None = None


class Operation(Word, frozen=True, kw_only=True):
    """An operation of the target's own: a method that returns the Task that does its work. `name` is the operation's,
    as TaskInfo.name has it and, over SOAP, as the method is called (`Rename_Task`). It can be started on each of
    `entities`, which are declared as places too, any number of times, without harm, and keeps them and their names.
    `description_id` is TaskInfo.descriptionId, "" if that is not known; `cancelable`: CancelTask is supported as long
    as it has not ended; `seconds`: it takes about so long."""

    name: str
    entities: tuple[ObjectRef, ...]
    description_id: str = ""
    cancelable: bool = False
    seconds: float = 1.0


def version_numbers(text: str) -> tuple[int, ...]:
    """Return a version as numbers, for comparison: "8.0.3.0" is (8, 0, 3, 0). Parts that are no short number are left
    out: a target may call itself anything."""
    return tuple(int(part) for part in text.split(".") if part.isascii() and part.isdigit() and len(part) < _LONGEST)


_LONGEST: Final = 10
"""Digits that no number in a version has."""


class Account(Word, frozen=True, kw_only=True):
    """One login the suite may use. `name` is the plan's word for it: `primary` and `second` hold every privilege
    everywhere; `restricted` holds System.View and System.Read on the root folder, and on everything but the places
    declared `hidden` and `ancestor`, and none of the privileges in `lacks` anywhere; `delegate` is as `restricted`, but
    holds Task.Create on the place `granted`, and nowhere else; `outsider` can log in, but has not System.View on the
    root folder.

    Places that go with them: `hidden`: the restricted user has no role there, nor anywhere below; `ancestor`: no role
    there, but System.Read on something below; `readable`: System.Read, propagated."""

    name: str
    user_name: str
    lacks: tuple[str, ...] = ()


class Declaration(Word, frozen=True, kw_only=True, dict=True, gc=True):
    """All that a run has to know of a target. Written at the head of every history. `identity` has what AboutInfo lacks
    (module version, binary digest). `exclusive`: only the suite uses the server. `settling`: seconds until history,
    descriptions and extensions must have caught up. `apart`: by how many seconds creation times must differ to tell
    which of two tasks came first. `window` seconds and `cap` are the recentTask limits in force. `extension_key` is the
    suite's own extension on this target; other keys of the suite's, and all its task type ids, begin with it. `locales`
    are those a session can ask for (capability `locale`: two or more). `operations` are those of the target that can be
    started (capability `operations`). `without` names the call classes that the
    adapter does not translate. `undeclared` says of capabilities that were asked for why they are not declared.
    `recorded`: the calls are somebody else's, from a recording. The earlier state and the privileges are unknown then:
    no fault is a divergence, and no interpretations are drawn. `recording` tells how much of it can be relied on:
    one of `RECORDINGS`."""

    name: str
    about: About
    capabilities: tuple[str, ...]
    accounts: tuple[Account, ...]
    places: dict[str, tuple[Entity, ...]]
    extension_key: str
    identity: dict[str, str] = field(default_factory=dict)
    exclusive: bool = False
    settling: float = 10.0
    apart: float = 1.0
    window: int = DEFAULT_WINDOW
    cap: int = DEFAULT_CAP
    locales: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    without: tuple[str, ...] = ()
    undeclared: dict[str, str] = field(default_factory=dict)
    recorded: bool = False
    recording: str = "in-order"

    @property
    def is_vcenter(self) -> bool:
        """Return True for the vCenter profile: AboutInfo.apiType VirtualCenter."""
        return self.about.api_type == "VirtualCenter"

    @cached_property
    def calls_without(self) -> frozenset[str]:
        """Return the classes of the calls that are never made."""
        return calls_of(self.without)

    @cached_property
    def fields_without(self) -> frozenset[str]:
        """Return the fields of TaskInfo that the target does not have."""
        return frozenset(INFO_FIELDS[word] for word in self.without if word in INFO_FIELDS)

    @property
    def has_default_limits(self) -> bool:
        """Return True if recentTask's window and cap are those that the page names."""
        return (self.window, self.cap) == (DEFAULT_WINDOW, DEFAULT_CAP)

    @cached_property
    def entity_names(self) -> dict[str, str]:
        """Return the names of all declared managed entities, by reference value."""
        return {
            entity.ref.value: entity.name
            for role, entities in self.places.items()
            if role not in {"manager", "nowhere"}
            for entity in entities
        }

    @cached_property
    def parents(self) -> dict[str, str | None]:
        """Return the parents of all declared managed entities, by reference value; None for the root folder."""
        return {
            entity.ref.value: entity.parent.value if entity.parent is not None else None
            for role, entities in self.places.items()
            if role not in {"manager", "nowhere"}
            for entity in entities
        }

    @cached_property
    def machines(self) -> tuple[ObjectRef, ...]:
        """Return every declared virtual machine."""
        return tuple(
            entity.ref
            for entities in self.places.values()
            for entity in entities
            if entity.ref.type == "VirtualMachine"
        )

    @cached_property
    def roles(self) -> dict[str, frozenset[str]]:
        """Return the roles under which objects are declared, by reference value."""
        found: dict[str, set[str]] = {}
        for role, entities in self.places.items():
            for entity in entities:
                found.setdefault(entity.ref.value, set()).add(role)
        return {value: frozenset(roles) for value, roles in found.items()}

    @cached_property
    def api_version(self) -> tuple[int, ...]:
        """Return AboutInfo.apiVersion as numbers, for comparison: "8.0.3.0" is (8, 0, 3, 0)."""
        return version_numbers(self.about.api_version)

    def operation(self, name: str) -> Operation | None:
        """Return the operation of this name; None if the target declares none."""
        return next((one for one in self.operations if one.name == name), None)

    def account(self, name: str) -> Account:
        """Return the account that the plan calls `name`. Raises KeyError if the target has none."""
        for account in self.accounts:
            if account.name == name:
                return account
        raise KeyError(name)
