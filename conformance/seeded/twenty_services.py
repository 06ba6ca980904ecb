"""Seeded faults of the extension manager, the TaskManager's description, list views and the property collector.

Of the bugs in `frozen/twenty_bugs.toml` these are those of what is not the history; a docstring here says in
short what the file says in full.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.targets.sim_inventory import EXTENSION_UPDATE
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.sim_state import STATES
from taskconform.conformance.targets.sim_strings import description_of
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.outcomes import QUEUED, Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_picture import Picture, Seen, UpdateCollector, Watch
    from taskconform.conformance.targets.sim_server import Settings
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef
    from taskconform.model.vocabulary.outcomes import ObjectUpdate, TaskDescription

# --- extensions and the description -----------------------------------------------------------------------------------


class UnregisterLeavesIdsAddedByUpdate(Simulator):
    """CreateTask goes on taking the ids that an extension, unregistered since, got by an update."""

    def __init__(self, settings: Settings) -> None:
        """Start with no id left over."""
        super().__init__(settings)
        self.ids_at_first: dict[str, tuple[str, ...]] = {}
        self.left_over: set[str] = set()

    def register_extension(self, call: calls.RegisterExtension) -> None:
        """Keep the ids that the extension has now."""
        super().register_extension(call)
        key = text(call.key)
        self.ids_at_first[key] = self.extensions[key].task_ids

    def unregister_extension(self, call: calls.UnregisterExtension) -> None:
        """Withdraw those ids only."""
        extension = self.extensions.get(text(call.key))
        super().unregister_extension(call)
        if extension is not None:
            self.left_over.update(set(extension.task_ids) - set(self.ids_at_first[extension.key]))

    def check_accepted_type(self, task_type_id: str | calls.TypeId) -> None:
        """Take what is left over."""
        if text(task_type_id) not in self.left_over:
            super().check_accepted_type(task_type_id)


class RefusedUpdateIsKept(Simulator):
    """UpdateExtension looks for its privilege after it has stored the description."""

    def update_extension(self, call: calls.UpdateExtension) -> None:
        """Store what is in order before it is refused."""
        session = self.authenticated(call.session)
        if not self.holds(session, EXTENSION_UPDATE) and text(call.key) in self.extensions and self.is_complete(call):
            self.enter_extension(call)
        super().update_extension(call)


class SecondReadLacksTheLastMethod(Simulator):
    """From a session's second read of the description on, methodInfo lacks the last of the built-in operations."""

    def __init__(self, settings: Settings) -> None:
        """Start with nothing read."""
        super().__init__(settings)
        self.readers: set[int] = set()

    def read_description(self, call: calls.ReadDescription) -> Property[TaskDescription]:
        """Leave the entry out, unless an extension declares the id too."""
        read = super().read_description(call)
        session = self.authenticated(call.session)
        if read.value is None:
            return read
        if session.number not in self.readers:
            self.readers.add(session.number)
            return read
        last = description_of((), session.locale).method_info[-1]
        if self.is_registered(last.key):
            return read
        methods = tuple([method for method in read.value.method_info if method != last])
        return Property(value=evolve(read.value, method_info=methods))


# --- watching ---------------------------------------------------------------------------------------------------------


class SecondChangeBetweenTwoWaitsIsLost(Simulator):
    """Of several changes of a task between two calculations of updates, the first is told, and the others never are."""

    def __init__(self, settings: Settings) -> None:
        """Start with no state entered and none looked at, before the server makes tasks of its own. `looked` is the
        number of states that a task had entered when a filter's updates were last calculated, by filter and task.
        """
        self.trails: dict[str, list[str]] = {}
        self.looked: dict[tuple[str, str], int] = {}
        super().__init__(settings)

    def trail(self, key: str) -> list[str]:
        """Give the states that the task entered, one after the other."""
        return self.trails.setdefault(key, [QUEUED])

    def enter_state(self, task: TaskRecord, state: str) -> None:
        """Note the state, if it is another one."""
        if state != task.state:
            self.trail(task.key).append(state)
        super().enter_state(task, state)

    def state_told(self, watch: Watch, value: str, before: Seen, seen: Seen) -> Seen:
        """Give the first state since the last calculation, if there were more; a task that the client does not know
        yet, or that is in the filter no more, is told as it is.
        """
        if value not in self.tasks or before not in STATES or seen not in STATES:
            return seen
        trail = self.trail(value)
        looked = self.looked.get((watch.ref.value, value), len(trail))
        return trail[looked] if looked < len(trail) else seen

    def is_news(self, watch: Watch, value: str, before: Seen, seen: Seen) -> bool:
        """Ask also whether it changed, and back again."""
        return super().is_news(watch, value, before, seen) or self.state_told(watch, value, before, seen) != before

    def update_of(self, session: Session, watch: Watch, ref: ObjectRef, before: Seen, seen: Seen) -> ObjectUpdate:
        """Tell the first change; what counts as delivered is the last."""
        told = self.state_told(watch, ref.value, before, seen)
        self.look_at(watch, ref.value)
        return super().update_of(session, watch, ref, before, told)

    def calculate(self, session: Session, collector: UpdateCollector, watch: Watch, known: dict[str, Seen]) -> None:
        """Look also at the tasks of which nothing is to be told."""
        super().calculate(session, collector, watch, known)
        due = {value for of_watch, value in collector.pending if of_watch is watch}
        for value in known.keys() - due:
            self.look_at(watch, value)

    def look_at(self, watch: Watch, value: str) -> None:
        """Note how many states the task has entered by now."""
        if value in self.tasks:
            self.looked[watch.ref.value, value] = len(self.trail(value))


class ModifyWithBothListsOnlyAdds(Simulator):
    """ModifyListView with something to add and something to remove leaves the removal out."""

    def modify_list_view(self, call: calls.ModifyListView) -> tuple[ObjectRef, ...]:
        """Forget the one list beside the other."""
        return super().modify_list_view(evolve(call, remove=()) if call.add and call.remove else call)


class ChangesAreHandedOutOnce(Simulator):
    """What an update set has delivered is not delivered again to an earlier version."""

    def base_of(self, collector: UpdateCollector, version: str) -> Picture:
        """Take the client for knowing all that it was ever told; with the empty version it begins anew."""
        base = super().base_of(collector, version)
        return collector.picture if version else base


FAULTS: Final[Mapping[str, type[Simulator]]] = MappingProxyType(
    {
        "unregister-leaves-ids-added-by-update": UnregisterLeavesIdsAddedByUpdate,
        "refused-update-is-kept": RefusedUpdateIsKept,
        "second-read-lacks-the-last-method": SecondReadLacksTheLastMethod,
        "second-change-between-two-waits-is-lost": SecondChangeBetweenTwoWaitsIsLost,
        "modify-with-both-lists-only-adds": ModifyWithBothListsOnlyAdds,
        "changes-are-handed-out-once": ChangesAreHandedOutOnce,
    }
)
"""The simulator of every frozen bug of the services, by the bug's id."""
