"""A trace as a standalone pyVmomi program, fit to be pasted into a bug report.

The program imports the standard library and pyVmomi, takes a URL, performs the steps, prints what was expected and what
was observed, and exits 1 if the divergence shows, 0 if it doesn't.
"""

from __future__ import annotations

import ast
from textwrap import indent, wrap
from typing import TYPE_CHECKING, Final

from taskconform.reports.reproduction.checks import Checks
from taskconform.reports.reproduction.parts import PARTS, closure, import_lines
from taskconform.reports.reproduction.steps import Steps
from taskconform.reports.reproduction.text import Lines, quoted
from taskconform.reports.trace import Trace, expected, listing, observed, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

BROKEN_OFF: Final = 2
"""The exit code of a script that could not find out."""

_ARGUMENTS: Final = '''
def arguments():
    """Where to connect, and as whom."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="https://host/sdk")
    parser.add_argument("--user", default="user")
    parser.add_argument("--password", default=os.environ.get("TASKCONFORM_PASSWORD", "pass"))
    parser.add_argument("--insecure", action="store_true", help="do not verify the certificate")
{more}    return parser.parse_args()
'''

_MAIN: Final = '''
def main():
    """Set up, perform the steps, clean up; the exit code."""
    args = arguments()
    key = f"org.taskconform.script-{{secrets.token_hex(4)}}"
    try:
        main = connect(args, args.user, args.password)
        extension = vim.Extension(
            key=key,
            version="1.0.0",
            description=vim.Description(label="taskconform", summary="taskconform"),
            lastHeartbeatTime=now(main),
            taskList=[vim.Extension.TaskTypeInfo(taskID=f"{{key}}.{{name}}") for name in ("work", "rest")],
        )
        main.extensionManager.RegisterExtension(extension)
        shows, observed = steps(args, main, key)
    except Exception as error:  # whatever went wrong, it is not the divergence
        print(f"could not find out: {{type(error).__name__}}: {{error}}", file=sys.stderr)
        return {broken_off}
    finally:
        if SESSIONS:
            clean_up(key)
    print({expected})
    print(f"observed: {{observed}}")
    print("the divergence shows" if shows else "the divergence does not show")
    return 1 if shows else 0


if __name__ == "__main__":
    sys.exit(main())
'''

_LISTS: Final = "SESSIONS = []\nCREATED = []\nUNDO = []"
_ALWAYS: Final = ("connect", "now", "clean_up")
_IMPORTS: Final = ("argparse", "os", "secrets", "sys", "pyVmomi:vim", "pyVmomi:vmodl")


def script(trace: Trace) -> str:
    """The program that shows one divergence. The same trace gives the same text."""
    steps = Steps(trace)
    body = _body(steps)
    called = {name for name in steps.parts if f"{name.removesuffix('_at_once')}(" in body}
    parts = closure({*called, *_ALWAYS})
    imports = {*_IMPORTS, *steps.imports, *(each for name in parts for each in PARTS[name].imports)}
    blocks = [
        f'#!/usr/bin/env python3\n"""{_header(trace)}"""\n\n{import_lines(imports)}\n\n{_LISTS}',
        _ARGUMENTS.format(more=_options(steps)),
        *(PARTS[name].text for name in parts),
        body,
        _MAIN.format(broken_off=BROKEN_OFF, expected=quoted(f"expected: {expected(trace)}")),
    ]
    return "\n\n\n".join(each.strip("\n") for each in blocks) + "\n"


def _body(steps: Steps) -> str:
    """The function that performs the steps and checks."""
    trace = steps.trace
    checks = Checks(steps)
    lines: Lines = []
    for index, step in enumerate(trace.plan[: trace.step + 1]):
        lines += ["", *_comment(f"{index + 1}  {sentence(step, index, trace.plan)}")]
        lines += steps.settled(index)
        lines += checks.shown() if index == trace.step else checks.around(index, steps.step(index))
    head = ['"""The calls. Whether the divergence shows, and what was observed."""', *steps.setup]
    text = "\n".join([*head, *lines, "", "return shows, observed"])
    return _without_unused("def steps(args, main, key):\n" + indent(text, "    "))


def _without_unused(text: str) -> str:
    """The function without the variables that nobody reads: their statements stay."""
    tree = ast.parse(text)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    lines = text.split("\n")
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name not in read:
                at = node.lineno - 1
                lines[at] = lines[at][: node.col_offset] + lines[at][value.col_offset :]
    return "\n".join(lines)


def _comment(text: str) -> Lines:
    return [f"# {line}" for line in wrap(text, 100, subsequent_indent="   ")]


def _options(steps: Steps) -> str:
    """The options beyond those that every script has: other accounts, declared places."""
    lines = []
    for account in steps.accounts:
        lines.append(f'parser.add_argument("--{account}-user", default="{account}")')
        lines.append(f'parser.add_argument("--{account}-password", default="pass")')
    lines += [
        f'parser.add_argument("--{option}", required=True, help="{text}")' for option, text in steps.options.items()
    ]
    return indent("".join(f"{line}\n" for line in lines), "    ")


def _header(trace: Trace) -> str:
    """What the program shows, why that is a departure, and how to run it."""
    paragraphs = [
        _wrapped(f"{trace.clause}: {trace.statement}"),
        "\n".join(
            _wrapped(f"{name:<9} {text}", "          ")
            for name, text in (
                ("Source:", trace.source),
                ("Expected:", expected(trace)),
                ("Observed:", f"{observed(trace)} (on {trace.target})"),
            )
        ),
        indent(listing(trace), "  "),
        "Run it with pyVmomi installed:",
        "    python script.py https://host/sdk --user USER --password PASSWORD [--insecure]",
        _wrapped(
            "It exits with 1 if the divergence shows, 0 if it does not, 2 if it could not find out"
            + (", 3 if the server's clock would have to be moved." if _moves_clock(trace) else ".")
        ),
    ]
    return "\n\n".join(paragraphs).replace("\\", "\\\\").replace('"""', "'''") + "\n"


def _wrapped(text: str, hang: str = "") -> str:
    return "\n".join(wrap(" ".join(text.split()) if not hang else text, 100, subsequent_indent=hang))


def _moves_clock(trace: Trace) -> bool:
    calls: Iterable[object] = (getattr(step, "call", None) for step in trace.plan)
    return any(type(call).__name__ == "AdvanceClock" for call in calls)
