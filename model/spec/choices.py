"""Choices: how the specification behaves where the text is silent or contradicts itself.

Every open clause of the registry (`model/clauses/registry.toml`) has one field here, named like the clause (`page.turn`
is `page_turn`), and the values of the field are the interpretations that the registry lists for it, with the members of
the pages that are silent or contradict each other. Whatever is chosen, the server conforms. The defaults are those of
the built-in target.
"""

from __future__ import annotations

from typing import Final, Literal

from taskconform.model.vocabulary.words import Word


class Choices(Word, frozen=True, kw_only=True):
    """One interpretation for each open clause. A field's docstring is the question that the text leaves open."""

    recent_cap_esxi: Literal["uncapped", "capped"] = "uncapped"
    """Does the cap on completed tasks apply on a host?"""
    recent_cap_scope: Literal["server", "user", "readable"] = "server"
    """Over which tasks is the cap counted: all, those of each user, or those that the session may access?"""
    recent_wait_later: Literal["nothing", "full-value", "element-changes", "varying"] = "nothing"
    """What does WaitForUpdatesEx yield for recentTask with a later version?"""
    recent_empty: Literal["present-empty", "absent"] = "present-empty"
    """Is recentTask present when there is nothing to list?"""
    recent_no_entity: Literal["to-all", "by-root", "to-none"] = "by-root"
    """Who may access a task that has no entity: all, who may read the root folder, or who may read everything?"""
    recent_read_only_view: Literal["listed", "hidden"] = "hidden"
    """Is a task listed to a session that may read only something below its entity?"""

    limit_boundary: Literal["at-maximum-plus-one", "one-later"] = "at-maximum-plus-one"
    """Which CreateCollectorForTasks is the first one beyond the maximum?"""
    limit_scope: Literal["session", "user", "address"] = "session"
    """What is the client whose collectors are counted?"""
    limit_events_shared: Literal["shared", "separate"] = "separate"
    """Do event collectors count too?"""

    collector_private: Literal["usable", "same-user", "refused"] = "refused"
    """Can another live session use a collector?"""
    collector_info_filter_ids: Literal["in-when-set", "in-when-unset", "always-in", "always-out", "refused"] = (
        "in-when-set"
    )
    """Whose results do the descriptionIds of an info filter keep?"""

    filter_user_system: Literal["system-only", "system-and-regular", "regular-only"] = "system-and-regular"
    """What does systemUser collect without a list of users?"""
    filter_user_system_list: Literal["system-or-listed", "system-only", "listed-only", "nothing"] = "system-or-listed"
    """What does systemUser collect with a list of users?"""
    filter_state_moves: Literal["enters-and-leaves", "enters-only", "leaves-only", "neither"] = "enters-and-leaves"
    """Does a task enter or leave a collector by state when its state changes?"""
    filter_visible: Literal["held", "left-out", "left-out-short-pages"] = "left-out"
    """Does a collector hold tasks that the session may not access, and do pages run short of them?"""
    filter_entity_compute: Literal["none", "all", "by-kind"] = "none"
    """Is a virtual machine a child of the host, the cluster and the pool that it runs on?"""
    filter_entity_unknown: Literal["refused", "nothing-held"] = "refused"
    """What becomes of a filter by an entity that does not exist?"""
    filter_time_open: Literal["held", "left-out"] = "left-out"
    """Does a filter by time without bounds hold tasks that lack the stamp?"""
    filter_time_reversed: Literal["refused", "nothing-held"] = "nothing-held"
    """What becomes of a time range that begins after its end?"""
    filter_time_edge: Literal["inside", "outside", "begin-only", "end-only"] = "inside"
    """Is a stamp that equals a bound inside?"""
    filter_user_spelling: Literal["exact", "any-case", "any-domain", "any-case-and-domain", "refused"] = "exact"
    """How exactly must a listed user name be spelled?"""
    filter_root_head: Literal["held", "left-out"] = "left-out"
    """Does a filter by rootTaskKey hold the head of the chain?"""
    filter_empty_list: Literal["as-unset", "nothing-held", "refused"] = "as-unset"
    """Is an empty list in a filter as good as none? The vocabulary spells both `()`: nothing here depends on this."""

    page_direction: Literal["oldest-first", "newest-first", "newest-first-inside", "newest-page-first"] = "oldest-first"
    """In which direction do pages run, inside and from one to the next?"""
    page_reset_latest: Literal["yields", "leaves-out"] = "leaves-out"
    """Does ReadPreviousTasks after ResetCollector read the latest page too?"""
    page_turn: Literal["next-unread", "last-read", "before-last-read", "page-start", "before-page"] = "last-read"
    """With which item does reading go on after a change of direction?"""
    page_max_count_zero: Literal["refused", "no-item"] = "refused"
    """What does a read with maxCount 0 give?"""
    page_max_count_large: Literal["refused", "at-most-1000"] = "refused"
    """What does a read with maxCount above 1000 give?"""
    page_evicts: Literal["still-read", "removed"] = "still-read"
    """Is an item still read that the latest page, since its size was set, has pushed out?"""

    latest_default_size: Literal["ten", "thousand", "other", "unbounded"] = "ten"
    """How many items has the latest page before its size is set?"""
    latest_raised_size: Literal["at-once", "by-arrival"] = "at-once"
    """Do older tasks fill latestPage when a larger size is set, or does it grow as new tasks come (EV N13)?"""
    latest_size_zero_large: Literal["refused", "taken", "zero-refused", "large-refused"] = "refused"
    """Are the page sizes 0 and above 1000 taken?"""
    latest_monitor_state: Literal["updated", "silent"] = "updated"
    """Does a change of an item's state update latestPage?"""
    latest_monitor_progress: Literal["updated", "silent"] = "silent"
    """Does a change of an item's progress update latestPage?"""
    latest_monitor_description: Literal["updated", "silent"] = "silent"
    """Does a change of an item's description update latestPage?"""

    create_initiated_by_unknown: Literal["kept", "session-user", "refused"] = "kept"
    """What becomes of an initiatedBy that names no user?"""
    create_initiator_default: Literal["session-user", "other-user", "no-user"] = "session-user"
    """Whom does the reason name when initiatedBy is left out?"""
    create_parent_unknown: Literal["kept", "dropped", "refused"] = "refused"
    """What becomes of a parentTaskKey that no task has?"""
    create_unknown_type_fault: Literal["invalid-argument", "not-found", "other-fault"] = "invalid-argument"
    """With which fault is an unregistered task type refused?"""
    create_reason_kind: Literal["user", "system", "other"] = "user"
    """Of which kind is the reason of a task made by CreateTask without initiatedBy?"""
    create_entity_other: Literal["unset", "stand-in", "refused"] = "unset"
    """What becomes of an obj that is no managed entity?"""
    create_root_head: Literal["unset", "own-key"] = "unset"
    """What is the rootTaskKey of a task without parent?"""
    create_parent_done: Literal["kept", "dropped", "refused"] = "kept"
    """Can a completed task be a parent?"""
    create_type_builtin: Literal["taken", "refused"] = "refused"
    """Is the id of one of the server's own operations a task type?"""
    create_privilege_object: Literal["allowed", "refused"] = "refused"
    """Is Task.Create enough if it is held on obj only?"""

    info_error_missing: Literal["refused", "filled-in", "none"] = "none"
    """What error has a task that is set to error without a fault?"""
    info_progress_end: Literal["absent", "kept", "hundred"] = "absent"
    """What is the progress of a task that has succeeded?"""
    info_progress_end_error: Literal["absent", "kept", "hundred"] = "absent"
    """What is the progress of a task that has failed?"""
    info_entity_gone: Literal["held-and-listed", "held-only", "listed-only", "neither"] = "held-only"
    """Where does a task stay whose entity is gone: in history, in recentTask?"""

    life_backward: Literal["allowed", "refused"] = "allowed"
    """Can a running task be queued again?"""
    life_skip: Literal["allowed", "error-only", "refused"] = "allowed"
    """Can a queued task end without having run?"""
    life_fault_cancelled: Literal["taken", "refused"] = "taken"
    """Can SetTaskState set RequestCanceled, which is no VimFault?"""
    life_progress_clamp_2x: Literal["clamped", "out-of-bounds"] = "clamped"
    """What does UpdateProgress of API 2.x do with a percentage out of bounds?"""
    life_description_final: Literal["taken", "ignored", "refused"] = "taken"
    """What does SetTaskDescription do to a completed task?"""
    life_cancel_twice: Literal["no-effect", "invalid-state"] = "invalid-state"
    """What does a second CancelTask do before the task has ended?"""
    life_privilege_cancel: Literal["refused", "allowed", "own-only"] = "refused"
    """May a user cancel a task without Global.CancelTask?"""
    life_same_state: Literal["taken", "running-only", "queued-only", "refused"] = "taken"
    """Can a live task be set to the state that it has?"""
    life_same_state_final: Literal["taken", "refused"] = "refused"
    """Can a completed task be set to the state that it has?"""
    life_progress_back: Literal["shows", "kept"] = "shows"
    """Does a lower percentage than before show?"""
    life_progress_overall: Literal["unchanged", "recalculated"] = "unchanged"
    """Does a child's update change the progress of its parent?"""
    life_cancel_end: Literal["taken", "error-only", "turned-to-error", "invalid-state"] = "taken"
    """Can a task that was canceled still be ended by SetTaskState?"""

    watch_unresolved_create: Literal["refused", "left-out"] = "left-out"
    """What does CreateListView do with a reference that cannot be resolved?"""
    extension_unregister_tasks: Literal["kept", "frozen", "ended", "gone"] = "kept"
    """What becomes of live tasks when their extension is unregistered?"""
    session_no_view: Literal["refused", "nothing-shown", "as-any-user"] = "refused"
    """What does a user without System.View on the root folder get?"""
    session_outlive_live: Literal["goes-on", "ended", "gone"] = "goes-on"
    """What becomes of live tasks when the session that made them ends?"""

    def of(self, clause: str) -> str:
        """Return the interpretation chosen for an open clause, given by its id. Raises AttributeError for another."""
        chosen: str = getattr(self, clause.replace(".", "_").replace("-", "_"))
        return chosen


DEFAULT: Final = Choices()
"""The interpretations of the built-in target."""
