"""Seeded faults of UpdateExtension, and of what FindExtension and extensionList show."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, NOT_FOUND, refused
from taskconform.conformance.targets.sim_inventory import EXTENSION_UPDATE
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.outcomes import Extension


class RegistrationsKnown(Simulator):
    """A simulator that remembers what each extension was at its registration."""

    def __init__(self, settings: Settings) -> None:
        """Start with none."""
        super().__init__(settings)
        self.at_first: dict[str, Extension] = {}

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Remember it."""
        super().register_extension(call)
        key = text(call.key)
        self.at_first[key] = self.extensions[key]


class ShowsExtensions(Simulator):
    """A simulator that shows extensions otherwise."""

    def as_shown(self, extension: Extension) -> Extension:
        """Give what is shown of an extension."""
        raise NotImplementedError

    def find_extension(self, call: calls.FindExtension) -> Extension | None:
        """Show it so."""
        found = super().find_extension(call)
        return None if found is None else self.as_shown(found)

    def read_extension_list(self, call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        """Show them so."""
        read = super().read_extension_list(call)
        return read if read.value is None else Property(value=tuple([self.as_shown(each) for each in read.value]))


# --- updating ---------------------------------------------------------------------------------------------------------


class UpdateAddsNoTypes(RegistrationsKnown):
    """CreateTask takes the types that an extension had at its registration, if it still has them."""

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Refuse those that were added."""
        super().check_accepted_type(task_type_id)
        if not self.settings.vcenter:
            return
        registered = [key for key, each in self.extensions.items() if task_type_id in each.task_ids]
        if all(task_type_id not in self.at_first[key].task_ids for key in registered):
            raise refused(INVALID_ARGUMENT, f"no extension registers the task type {task_type_id}")


class SecondUpdateIsLost(Simulator):
    """An extension can be updated once."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing updated."""
        super().__init__(settings)
        self.updated: set[str] = set()

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Begin anew."""
        super().register_extension(call)
        self.updated.discard(text(call.key))

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """Do nothing the second time, but refuse what is to be refused."""
        before = self.extensions.get(text(call.key))
        super().update_extension(call)
        if before is not None and before.key in self.updated:
            self.extensions[before.key] = before
        self.updated.add(text(call.key))


class UpdateNeverRemoves(Simulator):
    """CreateTask takes all types that a registered extension ever had."""

    def __init__(self, settings: Settings) -> None:
        """Start with none."""
        super().__init__(settings)
        self.ever: dict[str, set[str]] = {}

    def enter_extension(self, call: calls.RegisterExtension | calls.UpdateExtension) -> None:
        """Keep them."""
        super().enter_extension(call)
        key = text(call.key)
        self.ever.setdefault(key, set()).update(self.extensions[key].task_ids)

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Forget them."""
        super().unregister_extension(call)
        self.ever.pop(text(call.key), None)

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Take them."""
        if not any(task_type_id in task_ids for task_ids in self.ever.values()):
            super().check_accepted_type(task_type_id)


class UpdateOfUnknownRegisters(Simulator):
    """UpdateExtension of a key that is not registered registers it."""

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """Let it."""
        may_update = self.holds(self.authenticated(call.session), EXTENSION_UPDATE)
        self.check_has_extensions()
        if may_update and text(call.key) not in self.extensions and self.is_complete(call):
            self.enter_extension(call)
        else:
            super().update_extension(call)


class UpdateOfUnknownIsAnInvalidArgument(Simulator):
    """UpdateExtension of a key that is not registered is an InvalidArgument."""

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """Raise the other fault."""
        may_update = self.holds(self.authenticated(call.session), EXTENSION_UPDATE)
        self.check_has_extensions()
        if may_update and text(call.key) not in self.extensions:
            raise refused(INVALID_ARGUMENT, f"no extension is registered as {call.key}")
        super().update_extension(call)


class UpdateWithoutAVersionIsTaken(Simulator):
    """UpdateExtension without a version leaves the version as it is."""

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """Give it that version."""
        found = self.extensions.get(text(call.key))
        if call.version is None and found is not None:
            call = evolve(call, version=found.version)
        super().update_extension(call)


# --- what is shown ----------------------------------------------------------------------------------------------------


class FindShowsTheFirstVersion(ShowsExtensions, RegistrationsKnown):
    """The version shown is that of the registration."""

    def as_shown(self, extension: Extension) -> Extension:
        """Give that."""
        return evolve(extension, version=self.at_first[extension.key].version)


class LastTypeIsNotShown(ShowsExtensions):
    """The last of several types is not shown."""

    def as_shown(self, extension: Extension) -> Extension:
        """Leave it out."""
        return evolve(extension, task_ids=extension.task_ids[: max(1, len(extension.task_ids) - 1)])


class FindFallsBackOnAShorterKey(Simulator):
    """FindExtension gives an extension whose key is the beginning of the one asked for."""

    def find_extension(self, call: calls.FindExtension) -> Extension | None:
        """Look for one."""
        found = super().find_extension(call)
        if found is not None:
            return found
        return next((each for key, each in self.extensions.items() if text(call.key).startswith(key)), None)


class FindOfUnknownFaults(Simulator):
    """FindExtension of a key that is not registered is NotFound."""

    def find_extension(self, call: calls.FindExtension) -> Extension | None:
        """Raise the fault."""
        found = super().find_extension(call)
        if found is None:
            raise refused(NOT_FOUND, f"no extension is registered as {call.key}")
        return found


class ListKeepsTheUnregistered(Simulator):
    """extensionList holds what was unregistered."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing."""
        super().__init__(settings)
        self.gone: dict[str, Extension] = {}

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Keep it."""
        extension = self.extensions.get(text(call.key))
        super().unregister_extension(call)
        if extension is not None:
            self.gone[extension.key] = extension

    def read_extension_list(self, call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        """Add what is not registered again."""
        read = super().read_extension_list(call)
        if read.value is None:
            return read
        return Property(value=(*read.value, *[each for key, each in self.gone.items() if key not in self.extensions]))


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "update-adds-no-types": UpdateAddsNoTypes,
        "second-update-is-lost": SecondUpdateIsLost,
        "update-never-removes": UpdateNeverRemoves,
        "update-of-unknown-registers": UpdateOfUnknownRegisters,
        "update-of-unknown-is-an-invalid-argument": UpdateOfUnknownIsAnInvalidArgument,
        "update-without-a-version-is-taken": UpdateWithoutAVersionIsTaken,
        "find-shows-the-first-version": FindShowsTheFirstVersion,
        "last-type-is-not-shown": LastTypeIsNotShown,
        "find-falls-back-on-a-shorter-key": FindFallsBackOnAShorterKey,
        "find-of-unknown-faults": FindOfUnknownFaults,
        "list-keeps-the-unregistered": ListKeepsTheUnregistered,
    }
)
"""The simulators here, by the id of what is wrong with them."""
