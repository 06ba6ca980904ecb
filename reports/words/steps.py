"""Words of the steps of a plan: one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.plan import Act, Bulk, Drain, Fill, Follow, Look, Outlast, Pause, Step, Together
from taskconform.reports.words.calls import CALL_WORDS, HOW
from taskconform.reports.words.names import plural
from taskconform.reports.words.references import References

if TYPE_CHECKING:
    from collections.abc import Callable


class Words(References):
    """Puts the steps of one plan in words."""

    def step(self, step: Step, index: int) -> str:
        """One step."""
        return STEP_WORDS[type(step)](self, step, self.letters.get(index, ""))

    def act(self, step: Act, made: str) -> str:
        """One call."""
        return self.call(step.call, made)

    def bulk(self, step: Bulk, made: str) -> str:
        """Many tasks."""
        if step.operation is not None:
            ends = ", and wait for their ends" if step.finish in {"success", "error"} else ""
            order = ", one by one" if step.one_by_one else ""
            what = f"{self.ref(step.operation)} {step.count} times: {plural(step.count, 'task')} {made}"
            return f"start {what}{ends}{order}{_by(step.session)}"
        finish = {
            "queued": "leave them queued",
            "running": "set each to running",
        }.get(step.finish, f"set each to {step.finish}")
        through = " by way of running" if step.through_running and step.finish not in {"queued", "running"} else ""
        order = ", one by one" if step.one_by_one else ""
        cancelable = "cancelable=True; " if step.cancelable else ""
        return (
            f"create {plural(step.count, 'task')} {made} on {self.ref(step.obj)}"
            f" ({cancelable}{finish}{through}{order}){_by(step.session)}"
        )

    def look(self, step: Look, _made: str) -> str:
        """A bracketed read of recentTask."""
        by = _by(step.session) + (f", the tasks read by {step.witness}" if step.witness else "")
        around = f" between two reads of {self.things(step.tasks)}" if step.tasks else ""
        return f"read recentTask{HOW.get(step.how, '')}{around}{by}"

    def fill(self, step: Fill, made: str) -> str:
        """Collectors up to the limit."""
        kind = "event collectors" if step.kind == "events" else "collectors"
        if step.ill_formed:
            return f"try to open {kind} with a null filter, as often as maxCollector{_by(step.session)}"
        beyond = f" {'+' if step.beyond > 0 else '-'} {abs(step.beyond)}" if step.beyond else ""
        attempts = f", up to {step.attempts} refusals in a row" if step.attempts > 1 else ""
        return f"open {kind} {made} until there are maxCollector{beyond}{attempts}{_by(step.session)}"

    def together(self, step: Together, made: str) -> str:
        """Several calls."""
        calls = "; ".join(self.call(call, f"{made}[{number}]") for number, call in enumerate(step.calls))
        return f"at the same time: {calls}"

    def drain(self, step: Drain, _made: str) -> str:
        """A collector, page by page."""
        back = "" if step.direction == "next" else " back to its head"
        return f"drain {self.ref(step.collector)}{back}, {step.max_count} at a time{_by(step.session)}"

    def follow(self, step: Follow, made: str) -> str:
        """Update set after update set."""
        size = f", {step.max_object_updates} objects at a time" if step.max_object_updates is not None else ""
        return (
            f"follow the updates of {self.ref(step.collector)} from {self.version(step.version)}{size}:"
            f" version {made}{_by(step.session)}"
        )

    def pause(self, step: Pause, _made: str) -> str:
        """Time."""
        until = f", or until {self.ref(step.unless_ended)} has ended" if step.unless_ended is not None else ""
        return f"let {step.seconds} s go by{until}"

    def outlast(self, step: Outlast, _made: str) -> str:
        """Time, as a part of the window."""
        parts = [f"{step.percent} % of recentTask's window"] if step.percent else []
        parts += [f"{step.beyond} s"] if step.beyond or not parts else []
        unless = f", unless {self.things(step.unless_gone)} left the list" if step.unless_gone else ""
        return f"let {' and '.join(parts)} go by{unless}"

    def call(self, call: c.PlannedCall, made: str = "") -> str:
        """One call."""
        return CALL_WORDS[type(call)](self, call, made) + _by(call.session, of=call)


def _by(session: str, of: c.PlannedCall | None = None) -> str:
    """Name the session, unless it is the main one."""
    if session == c.MAIN or isinstance(of, c.Login):
        return ""
    return ", without a login" if session == c.NOBODY else f", by session {session}"


STEP_WORDS: Final[dict[type, Callable[[Words, Any, str], str]]] = {
    Act: Words.act,
    Bulk: Words.bulk,
    Look: Words.look,
    Fill: Words.fill,
    Together: Words.together,
    Drain: Words.drain,
    Follow: Words.follow,
    Pause: Words.pause,
    Outlast: Words.outlast,
}
"""Each step in words, given the letter of what it makes."""
