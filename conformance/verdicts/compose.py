"""Compose: the report document of a run, from its history and the waivers that it is held against."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from taskconform.conformance.engine.profile import KNOWN
from taskconform.conformance.errors import CONFORMS, DIVERGES, UNDECIDED
from taskconform.conformance.records.traces import make_traces
from taskconform.conformance.verdicts.blocking import NOTHING, blocks
from taskconform.conformance.verdicts.changes import compare
from taskconform.conformance.verdicts.decide import Verdicts, decide, exit_code, setup_faults
from taskconform.conformance.verdicts.gate import hold
from taskconform.conformance.verdicts.habits import MOST_WAYS
from taskconform.conformance.verdicts.requirements import read_requirements
from taskconform.model.clauses.registry import registry_digest
from taskconform.reports.cause import grouped
from taskconform.reports.document import Report, Run, Suite, TargetSection, totals

if TYPE_CHECKING:
    from taskconform.conformance.engine.profile import Profile
    from taskconform.conformance.verdicts.baseline import Held
    from taskconform.conformance.verdicts.judgement import Tally
    from taskconform.conformance.verdicts.waivers import Waivers
    from taskconform.model.vocabulary.declaration import Declaration


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A run that is over, or a history that was judged: its report, and what that was made from. `exploring` is the
    seconds from the first shard's first call to the last one's last; 0.0 where nothing was performed."""

    report: Report
    tally: Tally
    declaration: Declaration
    exploring: float = 0.0
    socket_seconds: float = 0.0
    explored_target_seconds: float = 0.0


def finished(
    tally: Tally,
    declaration: Declaration,
    head: dict[str, Any],
    waivers: Waivers | None,
    baseline: Held | None = None,
) -> Finished:
    """Compose the report of a history's tally and head, by this version of the suite."""
    selected = frozenset(head["selected"]) if head.get("selected") is not None else None
    made = report(
        tally,
        declaration,
        head,
        KNOWN[head["profile"]],
        selected,
        version=version("taskconform"),
        waivers=waivers,
        baseline=baseline,
    )
    return Finished(report=made, tally=tally, declaration=declaration)


def report(
    tally: Tally,
    declaration: Declaration,
    head: dict[str, Any],
    profile: Profile,
    selected: frozenset[str] | None = None,
    *,
    version: str,
    waivers: Waivers | None = None,
    baseline: Held | None = None,
) -> Report:
    """Compose the whole document, from a history's tally and head, by this version of the suite. A run that was held
    against no waivers has no gate, one that was held against no baseline tells no changes."""
    strict = bool(head.get("strict"))
    waited = bool(head.get("waited"))
    held = read_requirements(head.get("requirements"))
    verdicts = decide(tally, declaration, profile, strict=strict, selected=selected, waited=waited, requirements=held)
    target = target_section(declaration)
    if waivers is not None:
        verdicts = _gated(verdicts, waivers, target, head["plan_digest"], strict=strict)
    compared = None
    if baseline is not None:
        compared = compare(verdicts.clauses, verdicts.interpretations, tally, baseline, target, profile.name)
    clauses = compared.clauses if compared is not None else verdicts.clauses
    loose = {each.signature for each in baseline.baseline.intermittent} if baseline is not None else set()
    recorded = str(head["version"])
    code = compared.exit_code if compared is not None else verdicts.exit_code
    broke: dict[str, Any] = head.get("broke_off") or {}
    cut = str(broke.get("why", ""))
    code = int(broke.get("code", 0)) or code
    lost = verdicts.lost if verdicts.lost is not None and verdicts.lost.too_many else None
    if (cut or lost) and code == CONFORMS:
        code = UNDECIDED  # what was left out, or lost, may diverge
    tells = code and (compared is not None or not declaration.recorded)
    told = blocks(clauses, verdicts.gate, compared, strict=strict) if tells else []
    if lost is not None and code and not declaration.recorded:
        told = [*(one for one in told if one != NOTHING), f"{lost.times} of {lost.calls} answers were lost"]
    if cut:
        told = [f"the run ended early: {cut}", *(one for one in told if one != NOTHING)]
    return Report(
        blocks=told,
        suite=Suite(
            version=version, registry_digest=registry_digest(), recorded=recorded if recorded != version else ""
        ),
        target=target,
        run=Run(
            profile=profile.name,
            seed=head["seed"],
            plan_digest=head["plan_digest"],
            started=head["started"],
            seconds=head["seconds"],
            calls=head["calls"],
            target_seconds=head["target_seconds"],
            workers=head["workers"],
            command=head["command"],
            exit_code=code,
            canary=str(head.get("canary", "")),
            requirements=held.name if held is not None else "",
            not_run_again=sum(
                signature not in tally.confirmed and signature not in loose and not seen.broken.unsure
                for signature, seen in tally.shortest.items()
            ),
        ),
        clauses=clauses,
        groups=grouped(make_traces(tally, declaration), clauses),
        readings=verdicts.interpretations,
        totals=totals(clauses),
        gate=verdicts.gate,
        baseline=compared.section if compared is not None else None,
        lost=verdicts.lost,
        setup=setup_faults(tally),
        habits=_by_situation(tally),
    )


def _by_situation(tally: Tally) -> dict[str, dict[str, int]]:
    """Sort what was observed of habits by situation."""
    found: dict[str, dict[str, int]] = {}
    for (situation, way), times in sorted(tally.habits.items()):
        ways = found.setdefault(situation, {})
        if len(ways) <= MOST_WAYS:
            ways[way] = times
    return found


def target_section(declaration: Declaration) -> TargetSection:
    """Describe the target that was judged."""
    about = {
        name: getattr(declaration.about, name)
        for name in ("name", "full_name", "vendor", "version", "build", "api_type", "api_version")
    }
    return TargetSection(
        name=declaration.name,
        about=about,
        identity=dict(declaration.identity),
        capabilities=sorted(declaration.capabilities),
    )


def _gated(verdicts: Verdicts, waivers: Waivers, target: TargetSection, plan: str, *, strict: bool) -> Verdicts:
    """Hold the verdicts against waivers: one that is expired or stale fails the run."""
    gated = hold(verdicts.clauses, waivers, target, plan)
    return Verdicts(
        clauses=gated.clauses,
        interpretations=verdicts.interpretations,
        exit_code=exit_code(gated.clauses, strict=strict, lost=verdicts.lost) if gated.is_open else DIVERGES,
        gate=gated.gate,
        lost=verdicts.lost,
    )
