"""Seeded faults of the TaskManager's description."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.seeded.makers import MakersKnown
from taskconform.conformance.targets.sim_faults import NOT_SUPPORTED, refused
from taskconform.conformance.targets.sim_folders import DESTROY_ID, DESTROY_NAME
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.sim_strings import DEFAULT_LOCALE, description_of
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import ERROR, QUEUED, RUNNING, ElementDescription, Property, TaskDescription
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.declaration import Entity

Entries = tuple[ElementDescription, ...]


class Describes(Simulator):
    """A simulator whose description is given otherwise."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Give the description that the session is shown in the place of the right one."""
        raise NotImplementedError

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        """Give that."""
        read = super().read_description(call)
        if read.value is None:
            return read
        return Property(value=self.described(self.authenticated(call.session), read.value))


def without(entries: Entries, key: str) -> Entries:
    """Give the entries but that of the key."""
    return tuple([entry for entry in entries if entry.key != key])


def changed(entries: Entries, key: str, **parts: str) -> Entries:
    """Give the entries, that of the key with other parts."""
    return tuple([evolve(entry, **parts) if entry.key == key else entry for entry in entries])


# --- states and reasons -----------------------------------------------------------------------------------------------


class NoEntryForError(Describes):
    """The state list lacks error."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Leave it out."""
        del session
        return evolve(right, state=without(right.state, ERROR))


class StateEntryStandsTwice(Describes):
    """The state list has running in the place of queued."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Put it there."""
        del session
        running = next(entry for entry in right.state if entry.key == RUNNING)
        return evolve(right, state=tuple([running if entry.key == QUEUED else entry for entry in right.state]))


class NoEntryForUser(Describes):
    """The reason list lacks TaskReasonUser."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Leave it out."""
        del session
        return evolve(right, reason=without(right.reason, "TaskReasonUser"))


class ReasonKeysWithoutThePrefix(Describes):
    """The keys of the reason list are the ends of the types' names."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Cut them."""
        del session
        cut = [evolve(entry, key=entry.key.removeprefix("TaskReason")) for entry in right.reason]
        return evolve(right, reason=tuple(cut))


class NoEntryForSchedule(Describes):
    """The reason list lacks TaskReasonSchedule."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Leave it out."""
        del session
        return evolve(right, reason=without(right.reason, "TaskReasonSchedule"))


# --- methods ----------------------------------------------------------------------------------------------------------


class FirstMethodStandsTwice(Describes):
    """The first of the methods is there twice."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Put it there again."""
        del session
        return evolve(right, method_info=(right.method_info[0], *right.method_info))


class MethodsLackTheDestructionOfFolders(Describes):
    """The methods lack Folder.destroy."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Leave it out."""
        del session
        return evolve(right, method_info=without(right.method_info, DESTROY_ID))


class DestructionHasTheOperationsNameAsId(Simulator):
    """The task of a destruction is described by the operation's name."""

    def destroy_task(self, session: Session, entity: Entity) -> TaskRecord:
        """Put that in."""
        task = super().destroy_task(session, entity)
        task.description_id = DESTROY_NAME
        return task


class ExtensionTypesAreNotDescribed(Simulator):
    """The methods are the built-in ones."""

    def registered_types(self) -> list[tuple[str, ...]]:
        """Give none."""
        return []


class OnlyFirstTypesAreDescribed(Simulator):
    """Of each extension one type is described."""

    def registered_types(self) -> list[tuple[str, ...]]:
        """Give the first."""
        return [task_ids[:1] for task_ids in super().registered_types()]


class UpdatedTypesAreNotDescribed(Simulator):
    """The types are described that an extension had at its registration."""

    def __init__(self, settings: Settings) -> None:
        """Start with none."""
        super().__init__(settings)
        self.at_first: dict[str, tuple[str, ...]] = {}

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Keep them."""
        super().register_extension(call)
        key = text(call.key)
        self.at_first[key] = self.extensions[key].task_ids

    def registered_types(self) -> list[tuple[str, ...]]:
        """Give those."""
        return [self.at_first[key] for key in self.extensions]


# --- static strings ---------------------------------------------------------------------------------------------------


class SummaryCountsTheReads(Describes):
    """A summary counts how often it was read."""

    reads = 0

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Count this one."""
        del session
        self.reads += 1
        summary = next(entry.summary for entry in right.state if entry.key == RUNNING)
        return evolve(right, state=changed(right.state, RUNNING, summary=f"{summary} ({self.reads})"))


class LabelsChangeAfterACompletion(Describes, MakersKnown):
    """A label is another one once a task has completed."""

    has_completed = False

    def note_completed(self, task: TaskRecord) -> None:
        """Note that one has."""
        super().note_completed(task)
        self.has_completed = self.has_completed or task.key in self.makers

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Change it."""
        del session
        if not self.has_completed:
            return right
        return evolve(right, reason=changed(right.reason, "TaskReasonUser", label="Somebody"))


# --- logins and locales -----------------------------------------------------------------------------------------------


class DescriptionNeedsNoLogin(Simulator):
    """The description is given to who is not logged in."""

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        """Give it."""
        if call.session not in self.sessions:
            return Property(value=description_of(self.registered_types()))
        return super().read_description(call)


class DescriptionWithoutALoginIsNotSupported(Simulator):
    """Reading the description without a login is NotSupported."""

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        """Raise the other fault."""
        if call.session not in self.sessions:
            raise refused(NOT_SUPPORTED, "there is no session")
        return super().read_description(call)


class StateKeysAreTranslated(Describes):
    """In another locale the labels of the states are their keys."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Put them in the keys' place."""
        if session.locale == DEFAULT_LOCALE:
            return right
        return evolve(right, state=tuple([evolve(entry, key=entry.label) for entry in right.state]))


class ReasonsAreMissingInTranslation(Describes):
    """In another locale the reason list lacks TaskReasonAlarm."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Leave it out."""
        if session.locale == DEFAULT_LOCALE:
            return right
        return evolve(right, reason=without(right.reason, "TaskReasonAlarm"))


class StateLabelIsEmpty(Describes):
    """The label of error is empty."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Empty it."""
        del session
        return evolve(right, state=changed(right.state, ERROR, label=""))


class MethodSummaryIsEmptyInTranslation(Describes):
    """In another locale the summary of the first method is empty."""

    def described(self, session: Session, right: TaskDescription) -> TaskDescription:
        """Empty it."""
        if session.locale == DEFAULT_LOCALE:
            return right
        first = right.method_info[0].key
        return evolve(right, method_info=changed(right.method_info, first, summary=""))


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "no-entry-for-error": NoEntryForError,
        "state-entry-stands-twice": StateEntryStandsTwice,
        "no-entry-for-user": NoEntryForUser,
        "reason-keys-without-the-prefix": ReasonKeysWithoutThePrefix,
        "no-entry-for-schedule": NoEntryForSchedule,
        "first-method-stands-twice": FirstMethodStandsTwice,
        "methods-lack-the-destruction-of-folders": MethodsLackTheDestructionOfFolders,
        "destruction-has-the-operations-name-as-id": DestructionHasTheOperationsNameAsId,
        "extension-types-are-not-described": ExtensionTypesAreNotDescribed,
        "only-first-types-are-described": OnlyFirstTypesAreDescribed,
        "updated-types-are-not-described": UpdatedTypesAreNotDescribed,
        "summary-counts-the-reads": SummaryCountsTheReads,
        "labels-change-after-a-completion": LabelsChangeAfterACompletion,
        "description-needs-no-login": DescriptionNeedsNoLogin,
        "description-without-a-login-is-not-supported": DescriptionWithoutALoginIsNotSupported,
        "state-keys-are-translated": StateKeysAreTranslated,
        "reasons-are-missing-in-translation": ReasonsAreMissingInTranslation,
        "state-label-is-empty": StateLabelIsEmpty,
        "method-summary-is-empty-in-translation": MethodSummaryIsEmptyInTranslation,
    }
)
"""The simulators here, by the id of what is wrong with them."""
