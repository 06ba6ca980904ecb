"""What the seeded faults of filters stand on: filters that know more than they need, and simulators that use them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.targets.sim_filter import TaskFilter
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ObjectRef, TaskFilterSpec


class InformedFilter(TaskFilter):
    """A filter that knows the name of the session's user, and all tasks there are."""

    user_name: str | None = None
    tasks: Mapping[str, TaskRecord]


def with_filter(given: type[TaskFilter]) -> type[Simulator]:
    """Give the simulator, right in all else, whose collectors use this filter. It is named as the filter is."""

    class Filtering(Simulator):
        """A simulator with another filter."""

        filter_class = given

        def new_collector(
            self, session: Session, spec: TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
        ) -> ObjectRef:
            """Tell the filter what it wants to know."""
            ref = super().new_collector(session, spec, info_filter)
            made = session.task_collectors[ref.value].filter
            if isinstance(made, InformedFilter):
                made.user_name = session.user_name
                made.tasks = self.tasks
            return ref

    Filtering.__name__ = Filtering.__qualname__ = given.__name__.removesuffix("Filter")
    Filtering.__doc__ = given.__doc__
    return Filtering
