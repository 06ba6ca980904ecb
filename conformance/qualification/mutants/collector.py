"""Mutants of CreateCollectorForTasks, and of the property filter of a collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskconform.conformance.qualification.mutants.mutant import mutant, remembered, remembering
from taskconform.model.spec import access, collectors, filters, inventory, pages, sessions
from taskconform.model.spec.faults import fault, fault_if
from taskconform.model.vocabulary.calls import ByTime, ObjectRef, TaskFilterSpec
from taskconform.model.vocabulary.outcomes import SECOND, Property
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from taskconform.model.spec.state import After, State
    from taskconform.model.vocabulary import calls

# --- null and unknown filters -----------------------------------------------------------------------------------------


def is_null(call: calls.CreateCollectorForTasks) -> bool:
    """Tell whether the filter is left out, or xsi:nil."""
    return call.filter is None and call.form != "unknown"


def with_empty_filter(call: calls.CreateCollectorForTasks) -> calls.CreateCollectorForTasks:
    """Return the call with an empty filter."""
    return evolve(call, filter=TaskFilterSpec(), form="typed")


@mutant("null-filter-taken-for-an-empty-one", collectors.create_collector_for_tasks)
def null_filter_taken_for_an_empty_one(original, state, call, choices):
    """A null filter makes a collector of everything."""
    return original(state, with_empty_filter(call) if is_null(call) else call, choices)


@mutant("nil-filter-taken-for-an-empty-one", collectors.create_collector_for_tasks)
def nil_filter_taken_for_an_empty_one(original, state, call, choices):
    """A filter that is xsi:nil makes a collector of everything."""
    return original(state, with_empty_filter(call) if is_null(call) and call.form == "nil" else call, choices)


@mutant("unknown-filter-taken-for-an-empty-one", collectors.create_collector_for_tasks)
def unknown_filter_taken_for_an_empty_one(original, state, call, choices):
    """A filter of an unknown type makes a collector of everything."""
    return original(state, with_empty_filter(call) if call.form == "unknown" else call, choices)


@mutant("null-filter-is-an-invalid-state", collectors.create_collector_for_tasks)
def null_filter_is_an_invalid_state(original, state, call, choices):
    """A null filter is refused with InvalidState."""
    if is_null(call):
        original(state, with_empty_filter(call), choices)
        fault("InvalidState", "the filter is null")
    return original(state, call, choices)


@mutant("unknown-filter-is-not-supported", collectors.create_collector_for_tasks)
def unknown_filter_is_not_supported(original, state, call, choices):
    """A filter of an unknown type is refused with NotSupported."""
    if call.form == "unknown":
        original(state, with_empty_filter(call), choices)
        fault("NotSupported", "the filter is unknown")
    return original(state, call, choices)


@mutant("null-filter-refused-takes-a-place", collectors.create_collector_for_tasks)
def null_filter_refused_takes_a_place(original, state, call, choices):
    """A null filter is refused once the collector is made."""
    if is_null(call):
        fault("InvalidArgument", "the filter is null", original(state, with_empty_filter(call), choices)[0])
    return original(state, call, choices)


@mutant("unknown-filter-refused-takes-a-place", collectors.create_collector_for_tasks)
def unknown_filter_refused_takes_a_place(original, state, call, choices):
    """A filter of an unknown type is refused once the collector is made."""
    if call.form == "unknown":
        fault("InvalidArgument", "the filter is unknown", original(state, with_empty_filter(call), choices)[0])
    return original(state, call, choices)


# --- a time part without its type -------------------------------------------------------------------------------------


def by_queued_time(by: ByTime) -> ByTime:
    """Return the time part, by queuedTime if it does not say by what."""
    return evolve(by, time_type="queuedTime") if by.time_type is None else by


@mutant("time-without-type-taken-for-queued", filters.check_time)
def take_time_without_type(original, by, choices):
    """Take a time part without its type."""
    original(by_queued_time(by), choices)


@mutant("time-without-type-taken-for-queued", filters.passes_time)
def time_without_type_taken_for_queued(original, by, info, choices):
    """A time part without its type goes by queuedTime."""
    return original(by_queued_time(by), info, choices)


@mutant("time-without-type-and-bounds-taken", filters.check_time)
def time_without_type_and_bounds_taken(original, by, choices):
    """A time part with nothing in it is taken."""
    if by != ByTime(time_type=None):
        original(by, choices)


@mutant("time-without-type-and-bounds-taken", filters.passes_time)
def pass_time_with_nothing_in_it(original, by, info, choices):
    """A time part with nothing in it lets everything pass."""
    return by.time_type is None or original(by, info, choices)


@mutant("time-without-type-is-not-found", filters.check_time)
def time_without_type_is_not_found(original, by, choices):
    """A time part without its type is refused with NotFound."""
    fault_if(by.time_type is None, "NotFound", "there is no time type")
    original(by, choices)


# --- without a login --------------------------------------------------------------------------------------------------


def made_up(state: State, call: calls.CreateCollectorForTasks) -> After[ObjectRef]:
    """Return a reference to a collector that is nowhere."""
    fault_if(call.filter is None or call.form != "typed", "InvalidArgument", "the filter is null or unknown")
    state = evolve(state, made=state.made + 1)
    return state, ObjectRef(type=inventory.TASK_COLLECTOR, value=f"session[0]collector-{state.made}")


@mutant("collector-without-login-is-made", collectors.create_collector_for_tasks)
def collector_without_login_is_made(original, state, call, choices):
    """CreateCollectorForTasks without a login gives a reference."""
    return original(state, call, choices) if call.session in state.sessions else made_up(state, call)


@mutant("collector-after-logout-is-made", sessions.end_session)
def remember_session(original, state, session, choices):
    """Remember the name of a session that is over."""
    return remembering(original(state, session, choices), session.name, "over")


@mutant("collector-after-logout-is-made", collectors.create_collector_for_tasks)
def collector_after_logout_is_made(original, state, call, choices):
    """CreateCollectorForTasks after Logout gives a reference."""
    over = call.session not in state.sessions and remembered(state, call.session) == "over"
    return made_up(state, call) if over else original(state, call, choices)


@mutant("collector-without-login-is-an-invalid-state", collectors.create_collector_for_tasks)
def collector_without_login_is_an_invalid_state(original, state, call, choices):
    """CreateCollectorForTasks without a login faults with InvalidState."""
    fault_if(call.session not in state.sessions, "InvalidState", "there is no session")
    return original(state, call, choices)


# --- the filter property ----------------------------------------------------------------------------------------------


@mutant("filter-shown-with-its-first-state-only", collectors.read_collector_filter)
def filter_shown_with_its_first_state_only(original, state, call, choices):
    """The filter property shows the first state of its list only."""
    spec = original(state, call, choices)[1].value
    return state, Property(value=evolve(spec, state=spec.state[:1]))


@mutant("filter-shown-with-recursion-all", collectors.read_collector_filter)
def filter_shown_with_recursion_all(original, state, call, choices):
    """The filter property shows recursion `all`, whatever was given."""
    spec = original(state, call, choices)[1].value
    return state, Property(value=evolve(spec, entity=spec.entity and evolve(spec.entity, recursion="all")))


@mutant("filter-times-shown-in-whole-seconds", collectors.read_collector_filter)
def filter_times_shown_in_whole_seconds(original, state, call, choices):
    """The filter property shows its times rounded down to the second."""
    spec = original(state, call, choices)[1].value
    bounds = {} if spec.time is None else {"begin_time": spec.time.begin_time, "end_time": spec.time.end_time}
    rounded = {name: time - time % SECOND for name, time in bounds.items() if time is not None}
    return state, Property(value=evolve(spec, time=spec.time and evolve(spec.time, **rounded)))


@mutant("filter-shown-without-its-user-list", collectors.read_collector_filter)
def filter_shown_without_its_user_list(original, state, call, choices):
    """The filter property shows no userList."""
    spec = original(state, call, choices)[1].value
    return state, Property(value=evolve(spec, user_name=spec.user_name and evolve(spec.user_name, user_list=())))


@mutant("filter-shown-is-the-sessions-first", collectors.read_collector_filter)
def filter_shown_is_the_sessions_first(original, state, call, choices):
    """Each collector of a session shows the filter of the oldest one."""
    original(state, call, choices)
    made = access.current(state, call.session).collectors.values()
    return state, Property(value=min(made, key=lambda one: one.made_at).filter)


@mutant("filter-shown-is-the-next-collectors", collectors.new_collector)
def write_over_the_others(original, state, session, spec, info_filter, choices):
    """Let a new collector write over what the others of its session show."""
    state, ref = original(state, session, spec, info_filter, choices)
    for other in session.collectors:
        state = remembering(state, other, spec)
    return state, ref


@mutant("filter-shown-is-the-next-collectors", collectors.read_collector_filter)
def filter_shown_is_the_next_collectors(original, state, call, choices):
    """A new collector makes those before it show its filter."""
    spec = original(state, call, choices)[1].value
    return state, Property(value=remembered(state, call.collector.value, spec))


@mutant("rewind-empties-the-filter-shown", pages.rewind_collector)
def remember_rewound(original, state, call, choices):
    """Remember which collectors were rewound."""
    return remembering(original(state, call, choices)[0], call.collector.value, TaskFilterSpec()), None


@mutant("rewind-empties-the-filter-shown", collectors.read_collector_filter)
def rewind_empties_the_filter_shown(original, state, call, choices):
    """The filter property is empty once the collector was rewound."""
    spec = original(state, call, choices)[1].value
    return state, Property(value=remembered(state, call.collector.value, spec))


@mutant("page-read-moves-the-begin-shown", pages.read_next_tasks)
@mutant("page-read-drops-the-states-shown", pages.read_next_tasks)
def remember_last_read(original, state, call, choices):
    """Remember when the last item that was read was queued."""
    state, page = original(state, call, choices)
    return remembering(state, call.collector.value, page[-1].queue_time) if page else state, page


@mutant("page-read-drops-the-states-shown", collectors.read_collector_filter)
def page_read_drops_the_states_shown(original, state, call, choices):
    """The filter property has no states once a page was read."""
    spec = original(state, call, choices)[1].value
    return state, Property(value=evolve(spec, state=()) if remembered(state, call.collector.value) else spec)


@mutant("page-read-moves-the-begin-shown", collectors.read_collector_filter)
def page_read_moves_the_begin_shown(original, state, call, choices):
    """The filter property shows as beginTime the queueTime of the last item that was read."""
    spec = original(state, call, choices)[1].value
    begin = remembered(state, call.collector.value)
    moved = spec.time is not None and begin is not None
    return state, Property(value=evolve(spec, time=evolve(spec.time, begin_time=begin)) if moved else spec)
