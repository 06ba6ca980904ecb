"""Filters by user: how names are compared, and what systemUser adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.permitted.variant import filtering, permitted
from taskconform.conformance.targets import sim_faults as sf
from taskconform.conformance.targets.sim_faults import refused
from taskconform.conformance.targets.sim_filter import SYSTEM_REASON, TaskFilter
from taskconform.conformance.targets.sim_inventory import USER_NAMES
from taskconform.conformance.targets.sim_server import text
from taskconform.conformance.targets.simulator import Simulator

if TYPE_CHECKING:
    from taskconform.conformance.targets.sim_state import Session, TaskRecord
    from taskconform.model.vocabulary import calls
    from taskconform.model.vocabulary.calls import ByUsername, ObjectRef


def bare(name: str | None) -> str:
    """A user name without its domain."""
    return (name or "").rpartition("\\")[2].partition("@")[0]


@filtering("users-in-any-case", "users", by="filter.user-spelling: any-case")
class UsersInAnyCase(TaskFilter):
    """User names are compared ignoring case."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        return not by.user_list or (task.reason.user_name or "").lower() in [
            text(user).lower() for user in by.user_list
        ]


@filtering("users-of-any-domain", "users", by="filter.user-spelling: any-domain")
class UsersOfAnyDomain(TaskFilter):
    """User names are compared ignoring their domain."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        return not by.user_list or bare(task.reason.user_name) in [bare(text(user)) for user in by.user_list]


@filtering("users-in-any-spelling", "users", by="filter.user-spelling: any-case-and-domain")
class UsersInAnySpelling(TaskFilter):
    """User names are compared ignoring case and domain."""

    def passes_user_list(self, task: TaskRecord, by: ByUsername) -> bool:
        users = [bare(text(user)).lower() for user in by.user_list]
        return not users or bare(task.reason.user_name).lower() in users


@permitted("unknown-users-refused", by="filter.user-spelling: refused")
class UnknownUsersRefused(Simulator):
    """A user name that the server does not spell so is refused."""

    def new_collector(
        self, session: Session, spec: calls.TaskFilterSpec, info_filter: calls.TaskInfoFilterSpec | None
    ) -> ObjectRef:
        known = set(USER_NAMES.values())
        if spec.user_name is not None and not known.issuperset(spec.user_name.user_list):
            raise refused(sf.INVALID_ARGUMENT, "")
        return super().new_collector(session, spec, info_filter)


@filtering("system-user-only", "system", by="filter.user-system, filter.user-system-list: system-only")
class SystemUserOnly(TaskFilter):
    """systemUser asks for the system's tasks only, whatever the list."""

    def passes_user_name(self, task: TaskRecord) -> bool:
        by = self.spec.user_name
        is_asked_for = by is not None and by.system_user
        return task.reason.kind == SYSTEM_REASON if is_asked_for else super().passes_user_name(task)


@filtering("system-user-not-listed", "system", by="filter.user-system-list: listed-only")
class SystemUserNotListed(TaskFilter):
    """With a list, systemUser adds nothing; without one, it changes nothing."""

    def passes_user_name(self, task: TaskRecord) -> bool:
        return task.reason.kind != SYSTEM_REASON and super().passes_user_name(task)


@filtering("system-user-in-no-list", "system", by="filter.user-system-list: nothing")
class SystemUserInNoList(TaskFilter):
    """systemUser and a list contradict each other: nothing is held."""

    def passes_user_name(self, task: TaskRecord) -> bool:
        by = self.spec.user_name
        has_both = by is not None and by.system_user and bool(by.user_list)
        return not has_both and super().passes_user_name(task)


@filtering(
    "system-user-in-any-spelling", "system", by="filter.user-system-list: system-or-listed; filter.user-spelling"
)
class SystemUserSpelled(UsersInAnySpelling):
    """systemUser with a list holds the system's tasks, too, and names are compared ignoring case and domain."""
