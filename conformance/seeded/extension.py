"""Seeded faults of RegisterExtension and UnregisterExtension, and of the privileges of extensions."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, INVALID_STATE, refused
from taskconform.conformance.targets.sim_inventory import (
    EXTENSION_REGISTER,
    EXTENSION_UNREGISTER,
    EXTENSION_UPDATE,
    SYSTEM_VIEW,
)
from taskconform.conformance.targets.sim_server import concrete, text
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls

UNVERSIONED = "0"

# --- registering ------------------------------------------------------------------------------------------------------


class OnlyTheFirstTypeIsTaken(Simulator):
    """CreateTask takes the first type of each extension."""

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Refuse the others."""
        super().check_accepted_type(task_type_id)
        if self.settings.vcenter and all(task_type_id not in each.task_ids[:1] for each in self.extensions.values()):
            raise refused(INVALID_ARGUMENT, f"no extension registers the task type {task_type_id}")


class OnlyTheLastExtensionCounts(Simulator):
    """CreateTask takes the types of the extension that was registered last."""

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Refuse the others."""
        super().check_accepted_type(task_type_id)
        if self.settings.vcenter and task_type_id not in list(self.extensions.values())[-1].task_ids:
            raise refused(INVALID_ARGUMENT, f"no extension registers the task type {task_type_id}")


class LooksAtDuplicates(Simulator):
    """A simulator that treats a second registration of a key in its own way."""

    def is_duplicate(self, call: calls.RegisterExtension) -> bool:
        """Whether the key is registered, and all else in order."""
        may_register = self.holds(self.authenticated(call.session), EXTENSION_REGISTER)
        return may_register and text(call.key) in self.extensions and self.is_complete(call)


class RegisteringTwiceReplaces(LooksAtDuplicates):
    """A second registration takes the place of the first."""

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Let it."""
        if self.is_duplicate(call):
            self.enter_extension(call)
        else:
            super().register_extension(call)


class RefusedRegistrationIsKept(LooksAtDuplicates):
    """A second registration is refused, and takes the place of the first."""

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Let it, before it is refused."""
        if self.is_duplicate(call):
            self.enter_extension(call)
        super().register_extension(call)


class RegisteringTwiceIsAnInvalidState(LooksAtDuplicates):
    """A second registration is an InvalidState."""

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Raise the other fault."""
        if self.is_duplicate(call):
            raise refused(INVALID_STATE, "an extension is registered with this key")
        super().register_extension(call)


class RegistrationWithoutAVersionIsTaken(Simulator):
    """RegisterExtension takes a description without a version."""

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Give it one."""
        super().register_extension(evolve(call, version=UNVERSIONED) if call.version is None else call)


class IncompleteRegistrationIsKept(Simulator):
    """RegisterExtension refuses a description without a version, and registers it."""

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Register it before it is refused."""
        session = self.authenticated(call.session)
        with_version = evolve(call, version=UNVERSIONED)
        is_new = text(call.key) not in self.extensions and self.is_complete(with_version)
        if call.version is None and is_new and self.holds(session, EXTENSION_REGISTER):
            self.enter_extension(with_version)
        super().register_extension(call)


class UnprivilegedRegistrationIsKept(Simulator):
    """RegisterExtension refuses a user without the privilege, and registers the extension."""

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Register it before it is refused."""
        session = self.authenticated(call.session)
        is_new = text(call.key) not in self.extensions and self.is_complete(call)
        if self.settings.vcenter and is_new and not self.holds(session, EXTENSION_REGISTER):
            self.enter_extension(call)
        super().register_extension(call)


# --- unregistering ----------------------------------------------------------------------------------------------------


class KeepsUnregisteredTypes(Simulator):
    """A simulator that remembers the types that extensions had when they were unregistered."""

    def __init__(self, settings: Settings) -> None:
        """Start with none."""
        super().__init__(settings)
        self.left_over: set[str] = set()

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Remember them."""
        extension = self.extensions.get(text(call.key))
        super().unregister_extension(call)
        if extension is not None:
            self.left_over.update(extension.task_ids)


class UnregisteredTypesAreTaken(KeepsUnregisteredTypes):
    """CreateTask goes on taking the types of an extension that was unregistered."""

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Take them."""
        if task_type_id not in self.left_over:
            super().check_accepted_type(task_type_id)


class UnregisteredTypeIsTakenWhereItWasUsed(KeepsUnregisteredTypes):
    """CreateTask goes on taking such a type on objects that have a task of it."""

    def __init__(self, settings: Settings) -> None:
        """Start with no type used."""
        super().__init__(settings)
        self.used: set[tuple[str, str]] = set()

    def check_create(self, session: Session, call: calls.CreateTask) -> TaskRecord | None:
        """Leave out the check there."""
        if text(call.task_type_id) not in self.left_over or self.use_of(call) not in self.used:
            return super().check_create(session, call)
        self.check_may_create(session, call)
        self.check_exists(session, call.obj)
        return self.parent_of(call)

    def make_task(self, session: Session, call: calls.CreateTask, parent: TaskRecord | None) -> TaskRecord:
        """Note the use."""
        self.used.add(self.use_of(call))
        return super().make_task(session, call, parent)

    def use_of(self, call: calls.CreateTask) -> tuple[str, str]:
        """Give the object and the type."""
        return concrete(call.obj).value, text(call.task_type_id)


class UnregisterOfUnknownIsIgnored(Simulator):
    """UnregisterExtension of a key that is not registered does nothing."""

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Return then."""
        may_unregister = self.holds(self.authenticated(call.session), EXTENSION_UNREGISTER)
        self.check_has_extensions()
        if text(call.key) in self.extensions or not may_unregister:
            super().unregister_extension(call)


class UnregisterOfUnknownIsAnInvalidArgument(Simulator):
    """UnregisterExtension of a key that is not registered is an InvalidArgument."""

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Raise the other fault."""
        may_unregister = self.holds(self.authenticated(call.session), EXTENSION_UNREGISTER)
        self.check_has_extensions()
        if text(call.key) not in self.extensions and may_unregister:
            raise refused(INVALID_ARGUMENT, f"no extension is registered as {call.key}")
        super().unregister_extension(call)


class UnregisterNeedsNoPrivilege(Simulator):
    """UnregisterExtension asks for System.View."""

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Ask for that."""
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, SYSTEM_VIEW)
        self.check_is_registered(call.key)
        del self.extensions[text(call.key)]


class UpdateNeedsNoPrivilegeOnEqualVersion(Simulator):
    """UpdateExtension with the version in force asks for System.View."""

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """Do it for whoever has that."""
        session = self.authenticated(call.session)
        found = self.extensions.get(text(call.key))
        is_lax = found is not None and found.version == call.version and self.holds(session, SYSTEM_VIEW)
        if is_lax and not self.holds(session, EXTENSION_UPDATE):
            self.enter_extension(call)
        else:
            super().update_extension(call)


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "only-the-first-type-is-taken": OnlyTheFirstTypeIsTaken,
        "only-the-last-extension-counts": OnlyTheLastExtensionCounts,
        "registering-twice-replaces": RegisteringTwiceReplaces,
        "refused-registration-is-kept": RefusedRegistrationIsKept,
        "registering-twice-is-an-invalid-state": RegisteringTwiceIsAnInvalidState,
        "registration-without-a-version-is-taken": RegistrationWithoutAVersionIsTaken,
        "incomplete-registration-is-kept": IncompleteRegistrationIsKept,
        "unprivileged-registration-is-kept": UnprivilegedRegistrationIsKept,
        "unregistered-types-are-taken": UnregisteredTypesAreTaken,
        "unregistered-type-is-taken-where-it-was-used": UnregisteredTypeIsTakenWhereItWasUsed,
        "unregister-of-unknown-is-ignored": UnregisterOfUnknownIsIgnored,
        "unregister-of-unknown-is-an-invalid-argument": UnregisterOfUnknownIsAnInvalidArgument,
        "unregister-needs-no-privilege": UnregisterNeedsNoPrivilege,
        "update-needs-no-privilege-on-equal-version": UpdateNeedsNoPrivilegeOnEqualVersion,
    }
)
"""The simulators here, by the id of what is wrong with them."""
