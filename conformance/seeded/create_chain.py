"""Seeded faults of CreateTask: parents, roots and activations; and what it should refuse."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_faults import INVALID_ARGUMENT, NO_PERMISSION, refused
from taskconform.conformance.targets.sim_inventory import ROOT, SYSTEM_READ, TASK_CREATE
from taskconform.conformance.targets.sim_server import concrete, text
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import RUNNING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls

# --- parents and roots ------------------------------------------------------------------------------------------------


class ParentIsTheHead(Simulator):
    """parentTaskKey is the key of the head of the chain."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Go up to the head."""
        super().bind_parent(task, parent)
        task.parent_task_key = task.root_task_key


class ParentDroppedOnceItRuns(Simulator):
    """parentTaskKey is unset if the parent is running."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Drop it then."""
        super().bind_parent(task, parent)
        if parent.state == RUNNING:
            task.parent_task_key = None


class ParentAndRootSwapped(Simulator):
    """parentTaskKey and rootTaskKey stand in each other's place."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Swap them. What the next one's root is goes by the chain itself."""
        task.parent_task_key = self.head_of(parent)
        task.root_task_key = parent.key
        self.parents[task.key] = parent

    def __init__(self, settings: Settings) -> None:
        """Start with no chain."""
        super().__init__(settings)
        self.parents: dict[str, TaskRecord] = {}

    def head_of(self, task: TaskRecord) -> str:
        """Give the key of the head of the task's chain."""
        while task.key in self.parents:
            task = self.parents[task.key]
        return task.key


class NoRootFromTheThirdOn(Simulator):
    """rootTaskKey is unset from the third task of a chain on."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Leave it unset if the parent has a parent."""
        super().bind_parent(task, parent)
        if parent.parent_task_key is not None:
            task.root_task_key = None


class NoParentIsOneself(Simulator):
    """A task without a parent has its own key as parentTaskKey."""

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Set it so."""
        task = super().new_task(session, call)
        task.parent_task_key = task.key
        return task


class ParentCarriedOver(Simulator):
    """A task without a parent has the parentTaskKey that its login gave last."""

    def __init__(self, settings: Settings) -> None:
        """Start with none given."""
        super().__init__(settings)
        self.last_parent: dict[int, str] = {}

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Keep it, or use it."""
        task = super().new_task(session, call)
        if call.parent_task_key is None:
            task.parent_task_key = self.last_parent.get(session.number)
        else:
            self.last_parent[session.number] = text(call.parent_task_key)
        return task


class ChildrenLoseTheirActivation(Simulator):
    """activationId is unset beside a parentTaskKey."""

    def bind_parent(self, task: TaskRecord, parent: TaskRecord) -> None:
        """Forget it."""
        super().bind_parent(task, parent)
        task.activation_id = None


class FirstActivationStays(Simulator):
    """The first activationId that a login gives is that of all its later tasks that have one."""

    def __init__(self, settings: Settings) -> None:
        """Start with none given."""
        super().__init__(settings)
        self.first: dict[int, str] = {}

    def new_task(self, session: Session, call: calls.CreateTask) -> TaskRecord:
        """Keep the first."""
        task = super().new_task(session, call)
        if call.activation_id is not None:
            task.activation_id = self.first.setdefault(session.number, call.activation_id)
        return task


# --- refusals ---------------------------------------------------------------------------------------------------------


class CreatesWhatItRefuses(Simulator):
    """A simulator that makes the task of some calls that it refuses."""

    def type_is_in_order(self, call: calls.CreateTask) -> bool:
        """Whether the task type can be had."""
        return not self.settings.vcenter or self.is_registered(text(call.task_type_id))

    def parent_is_in_order(self, call: calls.CreateTask) -> bool:
        """Whether the parent, if one is named, exists."""
        return call.parent_task_key is None or text(call.parent_task_key) in self.tasks

    def is_unknown(self, session: Session, obj: calls.Reference) -> bool:
        """Whether the object does not exist, and never has."""
        ref = concrete(obj)
        return not self.exists(session, ref) and ref.value not in self.inventory.gone


class AnyTypeUnderAnExtensionKey(Simulator):
    """CreateTask takes every task type that begins with the key of a registered extension."""

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Look at the beginning."""
        if not any(text(task_type_id).startswith(f"{key}.") for key in self.extensions):
            super().check_accepted_type(task_type_id)


class UnknownTypeRefusedButCreated(CreatesWhatItRefuses):
    """CreateTask refuses an unregistered type, but makes the task."""

    def check_create(self, session: Session, call: calls.CreateTask) -> TaskRecord | None:
        """Make it before the type is looked at."""
        self.check_may_create(session, call)
        self.check_exists(session, call.obj)
        if not self.type_is_in_order(call):
            parent = None if call.parent_task_key is None else self.tasks.get(text(call.parent_task_key))
            self.make_task(session, call, parent)
        return super().check_create(session, call)


class UnknownTypeTakenForChildren(Simulator):
    """CreateTask with a parent takes every type."""

    def check_create(self, session: Session, call: calls.CreateTask) -> TaskRecord | None:
        """Leave out the check."""
        if call.parent_task_key is None or text(call.parent_task_key) not in self.tasks:
            return super().check_create(session, call)
        self.check_may_create(session, call)
        self.check_exists(session, call.obj)
        return self.parent_of(call)


class UnknownObjectMakesATaskWithoutEntity(CreatesWhatItRefuses):
    """CreateTask takes an object that never existed."""

    def check_exists(self, session: Session, obj: calls.Reference) -> None:
        """Let it pass."""
        if not self.is_unknown(session, obj):
            super().check_exists(session, obj)


class UnknownObjectRefusedButCreated(CreatesWhatItRefuses):
    """CreateTask refuses an object that never existed, but makes the task."""

    def check_create(self, session: Session, call: calls.CreateTask) -> TaskRecord | None:
        """Make it before the object is looked for."""
        self.check_may_create(session, call)
        if self.is_unknown(session, call.obj) and self.type_is_in_order(call) and self.parent_is_in_order(call):
            self.make_task(session, call, self.parent_of(call))
        return super().check_create(session, call)


class CreateAsksForReadOnly(Simulator):
    """CreateTask asks for System.Read on the object."""

    def check_may_create(self, session: Session, call: calls.CreateTask) -> None:
        """Ask for that; on the root folder if the object is no entity."""
        value = concrete(call.obj).value
        if not self.holds(session, SYSTEM_READ, value if value in self.inventory.entities else ROOT):
            raise refused(NO_PERMISSION, f"{SYSTEM_READ} is required on the object")


class CreateRefusedButCreated(CreatesWhatItRefuses):
    """CreateTask refuses a user without the privilege, but makes the task."""

    def check_may_create(self, session: Session, call: calls.CreateTask) -> None:
        """Make it, if all else is in order, before the privilege is looked for."""
        in_order = self.type_is_in_order(call) and self.parent_is_in_order(call)
        if in_order and self.exists(session, concrete(call.obj)) and not self.holds(session, TASK_CREATE):
            self.make_task(session, call, self.parent_of(call))
        super().check_may_create(session, call)


class CreateWithoutPrivilegeIsAnInvalidArgument(Simulator):
    """CreateTask by a user without the privilege is an InvalidArgument."""

    def check_may_create(self, session: Session, call: calls.CreateTask) -> None:
        """Raise the other fault."""
        del call
        if not self.holds(session, TASK_CREATE):
            raise refused(INVALID_ARGUMENT, "the task cannot be created")


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "parent-is-the-head": ParentIsTheHead,
        "parent-dropped-once-it-runs": ParentDroppedOnceItRuns,
        "parent-and-root-swapped": ParentAndRootSwapped,
        "no-root-from-the-third-on": NoRootFromTheThirdOn,
        "no-parent-is-oneself": NoParentIsOneself,
        "parent-carried-over": ParentCarriedOver,
        "children-lose-their-activation": ChildrenLoseTheirActivation,
        "first-activation-stays": FirstActivationStays,
        "any-type-under-an-extension-key": AnyTypeUnderAnExtensionKey,
        "unknown-type-refused-but-created": UnknownTypeRefusedButCreated,
        "unknown-type-taken-for-children": UnknownTypeTakenForChildren,
        "unknown-object-makes-a-task-without-entity": UnknownObjectMakesATaskWithoutEntity,
        "unknown-object-refused-but-created": UnknownObjectRefusedButCreated,
        "create-asks-for-read-only": CreateAsksForReadOnly,
        "create-refused-but-created": CreateRefusedButCreated,
        "create-without-privilege-is-an-invalid-argument": CreateWithoutPrivilegeIsAnInvalidArgument,
    }
)
"""The simulators here, by the id of what is wrong with them."""
