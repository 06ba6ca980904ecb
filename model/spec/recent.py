"""vim.TaskManager recentTask: which tasks are recent.

A task is listed while it is queued or running, and afterwards for as long as it is one of the last 200 that completed
and completed within the last 10 minutes, to those who may access its entity. By default a host has no such maximum.
Not modelled: that clients should rather use a ListView (recentTask 5-6).

https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.TaskManager.html
"""

from __future__ import annotations

from collections.abc import Iterator

from taskconform.model.spec import access, inventory
from taskconform.model.spec.choices import Choices
from taskconform.model.spec.state import After, Session, State, Task
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.calls import ObjectRef
from taskconform.model.vocabulary.outcomes import SECOND, Property, RecentTaskUpdate
from taskconform.model.vocabulary.words import evolve

Refs = tuple[ObjectRef, ...]


def recent_tasks(state: State, session: Session, choices: Choices) -> Refs:
    """List the recent tasks that the session may access: the live ones by creation, then the completed ones, the last
    completed first. The page gives no order.
    vim.TaskManager recentTask 1-2. Clauses: recent.queued, recent.running, recent.child, recent.set, recent.unique,
    recent.cap-completed-only."""
    live = (state.tasks[number] for number in sorted(state.live))
    tasks = [*live, *recently_completed(state, session, choices)]
    return tuple([task.info.task for task in tasks if is_listed(state, session, task, choices)])


def recently_completed(state: State, session: Session, choices: Choices) -> Iterator[Task]:
    """Yield the tasks that completed within the window, its edge included, the last completed first, up to the cap.
    vim.TaskManager recentTask 3-4. Clauses: recent.completed, recent.aged, recent.cap, recent.defaults."""
    earliest, cap, rest = state.now - state.server.window * SECOND, cap_in_force(state, choices), state.completed
    counted: dict[str | None, int] = {}
    while rest is not None:
        number, rest = rest
        task = state.tasks[number]
        if task.info.complete_time is not None and task.info.complete_time < earliest:
            return
        if choices.recent_cap_scope == "readable" and not is_listed(state, session, task, choices):
            continue
        whose = task.info.reason.user_name if choices.recent_cap_scope == "user" else None
        counted[whose] = counted.get(whose, 0) + 1
        if counted[whose] <= cap:
            yield task
        elif choices.recent_cap_scope != "user":
            return


def cap_in_force(state: State, choices: Choices) -> int:
    """Return how many completed tasks are listed at most: by default, of the whole server and on vCenter only. If the
    cap is each user's, a user's tasks are those whose reason names the user, and those that name none are one more's.
    vim.TaskManager recentTask 4; EV 2.35. Clauses: recent.cap, recent.cap-esxi, recent.cap-scope."""
    capped = state.server.vcenter or choices.recent_cap_esxi == "capped"
    return state.server.cap if capped else len(state.tasks)


def is_listed(state: State, session: Session, task: Task, choices: Choices) -> bool:
    """Tell whether a recent task is listed to the session, which has to have access to its entity. By default one whose
    entity is gone is not listed, nor one on an entity of which the session may only read something below.
    vim.TaskManager recentTask 2. Clauses: recent.visible, recent.hidden, recent.no-entity, recent.read-only-view,
    info.entity-gone."""
    entity = task.info.entity
    if inventory.is_gone(state, entity) and choices.info_entity_gone in {"held-only", "neither"}:
        return False
    if access.may_access(state, session, task, choices):
        return True
    if entity is None or choices.recent_read_only_view == "hidden":
        return False
    below = [value for value, above in state.ancestors.items() if entity.value in above]
    return any(access.holds(state, session, access.SYSTEM_READ, value, choices) for value in below)


def read_recent_task(state: State, call: calls.ReadRecentTask, choices: Choices) -> After[Property[Refs]]:
    """Read recentTask as it is now.
    vim.TaskManager recentTask 8; recentTask privilege. Clauses: recent.fresh-retrieve, recent.privilege, recent.empty,
    create.listed."""
    session = access.current(state, call.session)
    return state, shown(state, session, choices)


def shown(state: State, session: Session, choices: Choices) -> Property[Refs]:
    """Return the property: an empty list may be left out (EV 1.4), by default it is not.
    vim.TaskManager recentTask 1; recentTask privilege. Clauses: recent.empty, session.no-view."""
    read = access.viewed(state, session, recent_tasks(state, session, choices), (), choices)
    return Property() if read.value == () and choices.recent_empty == "absent" else read


def wait_for_recent_task(state: State, call: calls.WaitForRecentTask, choices: Choices) -> After[RecentTaskUpdate]:
    """Wait for recentTask: with the empty version it is given as it is; by default a later one yields nothing.
    vim.TaskManager recentTask 7-10; vmodl.query.PropertyCollector WaitForUpdatesEx version 2; EV 1.8. Clauses:
    recent.fresh-wait, recent.wait-truth, recent.wait-later."""
    session = access.current(state, call.session)
    access.require(state, session, access.SYSTEM_VIEW, choices)
    before, now = session.recent, recent_tasks(state, session, choices)
    if call.fresh:
        update = RecentTaskUpdate(changed=True, recent_task=shown(state, session, choices))
    else:
        update = told_later(before, now, choices)
    return access.with_session(state, evolve(session, recent=now)) if update.changed else state, update


def told_later(before: Refs | None, now: Refs, choices: Choices) -> RecentTaskUpdate:
    """Return what a later version yields, whatever the server's API version. A server that varies tells the list if it
    has an even number of members: that stands for no rule.
    vim.TaskManager recentTask 7; recentTask 10; vmodl.query.PropertyCollector.Change op 2-3. Clauses:
    recent.wait-later."""
    how = choices.recent_wait_later
    if how == "nothing" or before is None or set(before) == set(now) or (how == "varying" and len(now) % 2):
        return RecentTaskUpdate(changed=False)
    if how == "element-changes":
        added = tuple([ref for ref in now if ref not in before])
        removed = tuple([ref.value for ref in before if ref not in now])
        return RecentTaskUpdate(changed=True, added=added, removed=removed)
    return RecentTaskUpdate(changed=True, recent_task=Property(value=now))
