"""The summary: a report as Markdown, for the job page of a continuous integration."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from taskconform.reports.wording import (
    LABELS,
    LEFT_OUT,
    LEVELS,
    again,
    by_reason,
    counted,
    left_exhausted,
    left_out,
    product,
    reading_of,
    share,
    statement_of,
    verdict,
    with_verdict,
)

if TYPE_CHECKING:
    from taskconform.reports.document import ClauseResult, DivergenceResult, Report


def summary(report: Report) -> str:
    """The whole summary. The verdict stands first, in one sentence."""
    parts = [
        f"## {_text(verdict(report))}",
        _target(report),
        _failures(report),
        _waived(report),
        _left_out(report),
        _readings(report),
        _run(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


# --- Markdown ---------------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    """Plain text in running Markdown: one line, nothing of it read as markup."""
    flat = " ".join(escape(text, quote=False).split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]#|" else letter for letter in flat)


def _code(text: str) -> str:
    """Text in a fixed font, also within a table."""
    flat = " ".join(str(text).split())
    return f"<code>{escape(flat, quote=False).replace('|', '&#124;')}</code>"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _details(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


# --- the parts --------------------------------------------------------------------------------------------------------


def _target(report: Report) -> str:
    target = report.target
    rows = [["target", _code(target.name)], ["product", _text(product(report))]]
    rows += [[_text(name), _code(value)] for name, value in target.identity.items()]
    rows += [
        ["capabilities", _text(", ".join(target.capabilities) or "none")],
        ["judged", _text(share(report))],
    ]
    return _table(["", ""], rows)


def _failures(report: Report) -> str:
    failed = with_verdict(report, "failed")
    if not failed:
        return ""
    parts = ["### What failed"]
    for levels, title in (("MQ", ""), ("S", "Should hold, by the text, but need not:")):
        rows = [
            [LEVELS[clause.level], _code(clause.id), _text(clause.title), str(len(clause.divergences))]
            for clause in failed
            if clause.level in levels
        ]
        if rows:
            parts += [title] if title else []
            parts.append(_table(["level", "clause", "", "divergences"], rows))
    parts += [_failure(clause, found) for clause in failed for found in clause.divergences]
    return "\n\n".join(parts)


def _failure(clause: ClauseResult, found: DivergenceResult) -> str:
    rate = found.reproduced + (", intermittent" if found.intermittent else "")
    rows = [
        ["clause", _text(statement_of(clause))],
        ["expected", _text(found.expected)],
        ["observed", _text(found.observed)],
        ["shortest sequence", counted(found.steps, "step")],
        ["reproduced", _text(rate)],
    ]
    rows += [[name, _code(path)] for name, path in (("trace", found.trace), ("script", found.script)) if path]
    rows.append(["signature", _code(found.signature)])
    return _details(f"{_code(clause.id)} ({LEVELS[clause.level]}): {escape(found.summary)}", _table(["", ""], rows))


def _waived(report: Report) -> str:
    waived = [
        [_code(clause.id), _text(found.summary), _text(found.waiver or "")]
        for clause in with_verdict(report, "waived", "failed")
        for found in clause.divergences
        if found.waiver
    ]
    return f"### Waived\n\n{_table(['clause', 'divergence', 'waiver'], waived)}" if waived else ""


def _left_out(report: Report) -> str:
    parts = []
    for each in LEFT_OUT:
        clauses = with_verdict(report, each)
        if not clauses:
            continue
        lines = [
            f"- {_text(reason)}: {', '.join(_code(clause.id) for clause in group)}"
            for reason, group in by_reason(clauses)
        ]
        parts.append(_details(f"{LABELS[each].capitalize()}: {counted(len(clauses), 'clause')}", "\n".join(lines)))
    return "\n\n".join([f"### Left out\n\n{_text(left_out(report)).capitalize()}.", *parts]) if parts else ""


def _readings(report: Report) -> str:
    """The fingerprint: how this target understands what the text leaves open."""
    if not report.readings:
        return ""
    rows = [
        [
            _code(reading.id),
            "<br>".join(_text(f"{each}: {reading_of(reading.id, each)}") for each in reading.left) or "none is left",
            "<br>".join(_text(f"{each}: {why}") for each, why in reading.struck.items()),
        ]
        for reading in report.readings
    ]
    table = _table(["unclear clause", "readings left", "struck out by"], rows)
    known = sum(len(reading.left) == 1 for reading in report.readings)
    return "### Readings\n\n" + _details(f"{known} of {counted(len(report.readings), 'unclear clause')} settled", table)


def _run(report: Report) -> str:
    run = report.run
    rows = [
        ["seed", _code(str(run.seed))],
        *([["afterwards", _text(left_exhausted(report))]] if run.canary else []),
        ["plan digest", _code(run.plan_digest)],
        ["calls", f"{run.calls} in {run.seconds:.1f} s, {run.target_seconds:.1f} s of them inside the target"],
        ["suite", _text(f"{report.suite.version}, registry {report.suite.registry_digest}")],
        ["started", _text(run.started)],
        ["exit code", str(run.exit_code)],
    ]
    return f"### The run\n\n{_table(['', ''], rows)}\n\nThe same calls again:\n\n```sh\n{again(report)}\n```"
