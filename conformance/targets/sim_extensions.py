"""The simulator's ExtensionManager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import (
    INVALID_ARGUMENT,
    INVALID_REQUEST,
    NOT_FOUND,
    NOT_SUPPORTED,
    refused,
)
from taskconform.conformance.targets.sim_inventory import (
    EXTENSION_REGISTER,
    EXTENSION_UNREGISTER,
    EXTENSION_UPDATE,
    SYSTEM_VIEW,
)
from taskconform.conformance.targets.sim_server import SimulatedServer, text
from taskconform.model.vocabulary.outcomes import Extension, Property

if TYPE_CHECKING:
    from taskconform.model.vocabulary import calls

FORBIDDEN_IN_KEYS: Final = frozenset(',/\\#+><=;"\t\n\r\v\f')
"""What an extension key must not contain, beside control characters and all that is not ASCII."""


class SimulatedExtensions(SimulatedServer):
    """A server at which extensions are registered."""

    def check_has_extensions(self) -> None:
        """Refuse on a host, which has no ExtensionManager."""
        if not self.settings.vcenter:
            raise refused(NOT_SUPPORTED, "there is no ExtensionManager on this server")

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """InvalidArgument "if the Extension description is incomplete or an extension is already registered with the
        given unique key".
        """
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, EXTENSION_REGISTER)
        self.check_has_version(call)
        if not self.is_complete(call):
            raise refused(INVALID_ARGUMENT, "the extension's description is incomplete")
        if call.key in self.extensions:
            raise refused(INVALID_ARGUMENT, "an extension is registered with this key")
        self.enter_extension(call)

    def check_has_version(self, call: calls.RegisterExtension | calls.UpdateExtension) -> None:
        """Refuse as a malformed request one without the version: the page of Extension does not call it optional."""
        if call.version is None:
            raise refused(INVALID_REQUEST, "the extension has no version")

    def is_complete(self, call: calls.RegisterExtension | calls.UpdateExtension) -> bool:
        """Ask for a key and a version, neither empty, and nothing in the key that the page of Extension forbids."""
        return bool(call.version) and self.is_well_formed(text(call.key))

    def is_well_formed(self, key: str) -> bool:
        """Follow the page: "Characters belonging to the lower ASCII character set" but for those listed; a plain space
        is allowed.
        """
        return bool(key) and key.isascii() and key.isprintable() and FORBIDDEN_IN_KEYS.isdisjoint(key)

    def enter_extension(self, call: calls.RegisterExtension | calls.UpdateExtension) -> None:
        """Keep the description as it was given."""
        key = text(call.key)
        task_ids = tuple([text(task_id) for task_id in call.task_ids])
        self.extensions[key] = Extension(key=key, version=call.version or "", task_ids=task_ids)

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """NotFound "if the specified extension key is not registered", InvalidArgument "if the Extension description is
        incomplete or invalid". The new task types replace those before; tasks of the old types stay.
        """
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, EXTENSION_UPDATE)
        self.check_has_version(call)
        self.check_is_registered(call.key)
        if not self.is_complete(call):
            raise refused(INVALID_ARGUMENT, "the extension's description is incomplete")
        self.enter_extension(call)

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """NotFound "if the specified extension is not registered". Its task types go with it; tasks stay."""
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, EXTENSION_UNREGISTER)
        self.check_is_registered(call.key)
        del self.extensions[text(call.key)]

    def check_is_registered(self, key: str | calls.ExtensionKey) -> None:
        """NotFound for a key that no extension has; keys are compared as spelled."""
        if text(key) not in self.extensions:
            raise refused(NOT_FOUND, f"no extension is registered as {key}")

    def find_extension(self, call: calls.FindExtension) -> Extension | None:
        """Give the "extension that matches given key, if any"."""
        session = self.authenticated(call.session)
        self.check_has_extensions()
        self.require(session, SYSTEM_VIEW)
        return self.extensions.get(text(call.key))

    def read_extension_list(self, call: calls.ReadExtensionList) -> Property[tuple[Extension, ...]]:
        """Give "the list of currently registered extensions", in the order of registration."""
        session = self.authenticated(call.session)
        self.check_has_extensions()
        if not self.may_view(session):
            return Property(missing=self.no_view())
        return Property(value=tuple(self.extensions.values()))
