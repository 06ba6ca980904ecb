"""The history that a transcript comes to: one episode, and what is known of the server."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import asdict

from taskconform.conformance.engine.needs import need_of
from taskconform.conformance.records.history import Episode, Exchange
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.declaration import About, Account, Declaration
from taskconform.model.vocabulary.outcomes import Returned, TaskInfo
from taskconform.model.vocabulary.plan import Act
from taskconform.model.vocabulary.words import evolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskconform.conformance.records.recordings.transcript import Transcript
    from taskconform.model.vocabulary.outcomes import Outcome
    from taskconform.model.vocabulary.plan import Plan

PART: Final = "recording"
"""The part of such a history that is about the first server; each other one has its own."""
OLDEST: Final = "2.5"
"""The API version of a server that does not say its own: what every version holds to is all that binds it."""


def declaration_of(transcript: Transcript, name: str, form: str, beside: tuple[Transcript, ...] = ()) -> Declaration:
    """Return the declaration of a recorded server, with all that is not known left open. `beside`: what the same
    recording holds of other servers."""
    about = transcript.about or About(
        name="", full_name="", vendor="", version="", build="", api_type="", api_version=transcript.version or OLDEST
    )
    every = (transcript, *beside)
    aside = sum([one.left for one in every], Counter[str]())
    left = ", ".join(f"{what}: {count}" for what, count in sorted(aside.items()) if count)
    identity = {"recording": form, "judged": str(sum(one.judged for one in every)), "left aside": left or "nothing"}
    if beside:
        identity["servers"] = str(len(every))
    return Declaration(
        name=name,
        about=about,
        capabilities=tuple(sorted({need_of(call) for call, _ in transcript.made} - {""})),
        accounts=tuple(Account(name=account, user_name=user) for account, user in transcript.accounts.items()),
        places={},
        extension_key="org.taskconform.nobody",
        identity=identity,
        recorded=True,
        recording=transcript.reliance,
    )


def records_of(transcript: Transcript, declaration: Declaration, part: str = PART) -> list[Episode | Exchange]:
    """The records of one server's part: one episode, whose plan is the calls themselves."""
    begun = Episode(part=part, number=0, phase="explore", plan=_symbolic(transcript.made), declaration=declaration)
    made = enumerate(transcript.made)
    return [begun, *(Exchange(step=step, call=call, outcome=outcome) for step, (call, outcome) in made)]


def _symbolic(made: list[tuple[c.Call, Outcome]]) -> Plan:
    """The calls as a plan: what an earlier one made goes by that, as in the plans of runs, so that people can read
    it."""
    known: dict[str, c.Made] = {}
    plan: list[Act] = []
    for step, (call, outcome) in enumerate(made):
        plan.append(Act(call=_renamed(call, known)))
        value = outcome.value if isinstance(outcome, Returned) else None
        if isinstance(value, TaskInfo):
            known[value.task.value] = known[value.key] = c.Made(step=step)
        elif isinstance(value, c.ObjectRef):
            known[value.value] = c.Made(step=step)
    return tuple(plan)


def _renamed(call: c.Call, known: Mapping[str, c.Made]) -> c.PlannedCall:
    """Return a call with its references resolved."""
    changes: dict[str, Any] = {}
    for name, value in asdict(call).items():
        if isinstance(value, c.ObjectRef):
            changes[name] = known.get(value.value, value)
        elif name == "parent_task_key" and isinstance(value, str):
            changes[name] = known.get(value, value)
        elif isinstance(value, tuple) and value and isinstance(value[0], c.ObjectRef):
            changes[name] = tuple([known.get(one.value, one) for one in value])
    return evolve(call, **changes)
