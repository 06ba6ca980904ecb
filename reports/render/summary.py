"""The summary: a report as Markdown, for the job page of a continuous integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.reports import unclassified
from taskconform.reports.document import lapsed
from taskconform.reports.render.markdown import code, details, fenced, table, text, title
from taskconform.reports.render.power import on_record
from taskconform.reports.wording import (
    LABELS,
    LEFT_OUT,
    LEVELS,
    again,
    by_reason,
    counted,
    left_exhausted,
    left_out,
    not_run_again,
    open_groups,
    product,
    reading_of,
    seen_only,
    share,
    shortfalls,
    statement_of,
    verdict,
    with_verdict,
)

if TYPE_CHECKING:
    from taskconform.reports.document import ClauseResult, DivergenceResult, Report

MOST_BLOCKS: Final = 10
"""Reasons for the exit code that stand in the open; the others have to be opened."""


def summary(report: Report) -> str:
    """The whole summary: the verdict in one sentence, what the exit code comes from, failures by probable cause, what
    else has changed, and last what was left out."""
    parts = [
        f"## {text(verdict(report))}",
        _shortfalls(report),
        _blocks(report),
        _failures(report),
        _lapsed(report),
        _changes(report),
        _waived(report),
        _waivers(report),
        _unclassified(report),
        _target(report),
        _readings(report),
        _run(report),
        _left_out(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _unclassified(report: Report) -> str:
    """List the differences from the specification that no clause covers."""
    listed = [f"- {text(unclassified.told(one))}\n" + _steps(one.steps) for one in report.unclassified]
    return "\n".join([f"### {text(unclassified.headline(report))}", "", *listed]) if listed else ""


def _steps(steps: list[str]) -> str:
    return "\n".join(f"    {number}. {text(step)}" for number, step in enumerate(steps, 1))


# --- the parts --------------------------------------------------------------------------------------------------------


def _blocks(report: Report) -> str:
    """Say what the exit code comes from."""
    if not report.blocks:
        return ""
    shown = [f"- {text(told)}" for told in report.blocks]
    parts = ["\n".join([f"Exit code {report.run.exit_code}, because", "", *shown[:MOST_BLOCKS]])]
    if shown[MOST_BLOCKS:]:
        parts.append(details(f"and {counted(len(shown) - MOST_BLOCKS, 'more reason')}", "\n".join(shown[MOST_BLOCKS:])))
    return "\n\n".join(parts)


def _changes(report: Report) -> str:
    """Tell what else has changed against the baseline, and blocks nothing."""
    told = [f"- {text(each)}" for each in seen_only(report)]
    return "\n".join(["### Seen, and not counted", "", *told]) if told else ""


def _shortfalls(report: Report) -> str:
    return "\n".join(f"- {text(each)}" for each in shortfalls(report))


def _target(report: Report) -> str:
    target = report.target
    rows = [["target", code(target.name)], ["product", text(product(report))]]
    rows += [[text(name), code(value)] for name, value in target.identity.items()]
    rows += [
        ["capabilities", text(", ".join(target.capabilities) or "none")],
        ["judged", text(share(report))],
    ]
    return table(["", ""], rows)


def _failures(report: Report) -> str:
    failed = with_verdict(report, "failed")
    if not failed:
        return ""
    parts = ["### What failed", *_causes(report)]
    for levels, head in (("MQ", ""), ("S", "Should hold, by the text, but need not:")):
        rows = [
            [LEVELS[clause.level], code(clause.id), text(clause.title), str(len(clause.divergences))]
            for clause in failed
            if clause.level in levels
        ]
        if rows:
            parts += [head] if head else []
            parts.append(table(["level", "clause", "", "divergences"], rows))
    parts += [_failure(clause, found) for _, group in open_groups(report) for clause, found in group]
    return "\n\n".join(parts)


def _causes(report: Report) -> list[str]:
    """List the probable causes, if there are fewer of them than divergences."""
    groups = open_groups(report)
    if all(len(found) == 1 for _, found in groups):
        return []
    rows = [
        [text(group.headline), ", ".join(dict.fromkeys(code(clause.id) for clause, _ in found)), str(len(found))]
        for group, found in groups
    ]
    count = sum(len(found) for _, found in groups)
    told = f"{counted(count, 'divergence')}, by {counted(len(groups), 'probable cause')}:"
    return [told, table(["probable cause", "clauses", "divergences"], rows)]


def _failure(clause: ClauseResult, found: DivergenceResult) -> str:
    rate = found.reproduced + (", intermittent" if found.intermittent else "")
    rows = [
        ["clause", text(statement_of(clause))],
        ["expected", text(found.expected)],
        ["observed", text(found.observed)],
        ["shortest sequence", counted(found.steps, "step")],
        ["reproduced", text(rate)],
    ]
    rows += [[name, code(path)] for name, path in (("trace", found.trace), ("script", found.script)) if path]
    rows.append(["signature", code(found.signature)])
    return details(f"{code(clause.id)} ({LEVELS[clause.level]}): {title(found.summary)}", table(["", ""], rows))


def _waived(report: Report) -> str:
    waived = [
        [code(clause.id), text(found.summary), text(found.waiver or "")]
        for clause in with_verdict(report, "waived", "failed", "undecided")
        for found in clause.divergences
        if found.waiver
    ]
    waived += [
        [code(clause.id), code(clause.unconfirmed[0]), text(clause.reason)]
        for clause in with_verdict(report, "waived")
        if not clause.divergences and clause.unconfirmed
    ]
    return f"### Waived\n\n{table(['clause', 'divergence', 'waiver'], waived)}" if waived else ""


def _lapsed(report: Report) -> str:
    """The waivers that fail the run."""
    rows = [
        [text(each.state), code(each.signature), text(f"{each.reason} ({each.owner})"), text(each.why)]
        for each in lapsed(report)
    ]
    head = "### Waivers to be struck off or renewed"
    return f"{head}\n\n{table(['', 'waiver of', 'it says', 'why'], rows)}" if rows else ""


def _waivers(report: Report) -> str:
    """Return the states of all waivers."""
    if report.gate is None:
        return ""
    rows = [
        [str(each.number), text(each.state), code(each.signature), text(each.expires), text(each.why)]
        for each in report.gate.waivers
    ]
    head = f"{counted(len(rows), 'waiver')} in {code(report.gate.file)}, looked at on {title(report.gate.on)}"
    return details(head, table(["", "state", "signature", "expires", ""], rows)) if rows else ""


def _left_out(report: Report) -> str:
    parts = []
    for each in LEFT_OUT:
        clauses = with_verdict(report, each)
        if not clauses:
            continue
        lines = [
            f"- {text(reason)}: {', '.join(code(clause.id) for clause in group)}"
            for reason, group in by_reason(clauses)
        ]
        parts.append(details(f"{LABELS[each].capitalize()}: {counted(len(clauses), 'clause')}", "\n".join(lines)))
    return "\n\n".join([f"### Left out\n\n{text(left_out(report)).capitalize()}.", *parts]) if parts else ""


def _readings(report: Report) -> str:
    """The fingerprint: how this target understands what the text leaves open."""
    if not report.readings:
        return ""
    rows = [
        [
            code(reading.id),
            "<br>".join(text(f"{each}: {reading_of(reading.id, each)}") for each in reading.left) or "none is left",
            "<br>".join(text(f"{each}: {why}") for each, why in reading.struck.items()),
        ]
        for reading in report.readings
    ]
    shown = table(["open clause", "interpretations left", "excluded by"], rows)
    known = sum(len(reading.left) == 1 for reading in report.readings)
    return "### Interpretations\n\n" + details(
        f"{known} of {counted(len(report.readings), 'open clause')} settled", shown
    )


def _run(report: Report) -> str:
    run = report.run
    rows = [
        ["seed", code(str(run.seed))],
        *([["afterwards", text(left_exhausted(report))]] if run.canary else []),
        *([["besides", text(not_run_again(report))]] if run.not_run_again else []),
        ["plan digest", code(run.plan_digest)],
        ["calls", f"{run.calls} in {run.seconds:.1f} s, {run.target_seconds:.1f} s of them inside the target"],
        ["suite", text(f"{report.suite.version}, registry {report.suite.registry_digest}")],
        *([["detection power", text(power.text)]] if (power := on_record(run.profile)) is not None else []),
        ["started", text(run.started)],
        ["exit code", str(run.exit_code)],
    ]
    return f"### The run\n\n{table(['', ''], rows)}\n\nThe same calls again:\n\n{fenced(again(report), 'sh')}"
