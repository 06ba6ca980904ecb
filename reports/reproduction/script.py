"""A trace as a standalone pyVmomi program, fit to be pasted into a bug report.

The program imports the standard library and pyVmomi, takes a URL, performs the steps, prints what was expected and what
was observed, and exits with 1 if the divergence shows, 0 if it does not, 2 if it could not find out.
"""

from __future__ import annotations

import ast
from textwrap import indent, wrap
from typing import TYPE_CHECKING

from taskconform.model.vocabulary.calls import AdvanceClock
from taskconform.reports.plain import one_line
from taskconform.reports.reproduction.checks.subject import Check
from taskconform.reports.reproduction.checks.table import around, shown
from taskconform.reports.reproduction.inline import inlined, names_read
from taskconform.reports.reproduction.literals import Lines, called, comment, docstring, indented, literal
from taskconform.reports.reproduction.steps import Steps
from taskconform.reports.trace import Trace, expected, listing, observed, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator


def script(trace: Trace) -> str:
    """Return the program that shows one divergence. The same trace gives the same text."""
    steps = Steps(trace)
    program = f"{_steps(steps)}\n\n\n{_start(steps)}"
    imports, parts = inlined(names_read(ast.parse(program)))
    head = f"#!/usr/bin/env python3\n{docstring(_header(trace))}\n\n{imports}"
    return "\n\n\n".join([f"{head}\n\n{parts[0]}", *parts[1:], program]) + "\n"


def _steps(steps: Steps) -> str:
    """Return the function that performs the steps and checks."""
    trace = steps.trace
    check = Check(steps)
    lines: Lines = []
    for index, step in enumerate(trace.plan[: trace.step + 1]):
        lines += ["", *comment(f"{index + 1}  {sentence(step, index, trace.plan)}")]
        lines += steps.settled(index)
        lines += shown(check) if index == trace.step else around(check, index)
    head = ['"""Make the calls. Return true if the divergence shows, and what was observed."""', *steps.setup]
    text = "\n".join([*head, *lines, "", "return shows, observed"])
    return _without_unused("def steps(args, main, key):\n" + indent(text, "    "))


def _start(steps: Steps) -> str:
    """Return the statement that starts the program, with the defaults of its options. None: the option is required."""
    arguments = [
        literal(expected(steps.trace)),
        *(f"{name}={literal(default)}" for name, default in steps.options.items()),
    ]
    reproduce = called("reproduce", "steps", *arguments)
    exit_code = f"sys.exit({reproduce})" if "\n" not in reproduce else called("sys.exit", reproduce)
    return f'if __name__ == "__main__":\n    {indented(exit_code)}'


def _without_unused(text: str) -> str:
    """Return a function without the variables that it does not read: their statements stay."""
    tree = ast.parse(text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    lines = text.split("\n")
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in read:
                at = node.lineno - 1
                lines[at] = lines[at][: node.col_offset] + lines[at].encode()[value.col_offset :].decode()
    return "\n".join(lines)


def _header(trace: Trace) -> Iterator[list[str]]:
    """Yield what the program shows, why it is a divergence, and how to run it, in paragraphs."""
    moves_clock = any(isinstance(getattr(step, "call", None), AdvanceClock) for step in trace.plan)
    yield _wrapped(f"{trace.clause}: {trace.statement}")
    yield [
        *_wrapped(f"Source:   {trace.source}", 10),
        *_wrapped(f"Expected: {expected(trace)}", 10),
        *_wrapped(f"Observed: {observed(trace)} (on {trace.target})", 10),
    ]
    yield [f"  {line}" for each in listing(trace).splitlines() for line in _wrapped(each, 8)]
    yield ["Run it with pyVmomi installed:"]
    yield ["    python script.py https://host/sdk --user USER --password PASSWORD [--insecure]"]
    yield _wrapped(
        "It exits with 1 if the divergence shows, 0 if it does not, 2 if it could not find out"
        + (", 3 if the server's clock would have to be moved." if moves_clock else ".")
    )


def _wrapped(text: str, hang: int = 0) -> list[str]:
    return wrap(one_line(text), 100, subsequent_indent=" " * hang)
