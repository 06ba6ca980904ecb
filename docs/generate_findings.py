"""Write the findings page of releases of vcsim: every failed clause with its sentence, its shortest trace, and the raw
exchange of the call that shows it, performed anew for this page.

    python docs/generate_findings.py RUNS v0.48.0 v0.39.0

RUNS is a folder, for `generate_matrix.py` as well: a run that is there already (`vcsim-v0.48.0`) is not made again.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING
from xml.dom import minidom

from generate_matrix import performed, runs

from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.records.history import Episode
from taskconform.conformance.records.traces import read_trace
from taskconform.conformance.targets.naming import open_named
from taskconform.conformance.targets.soap.http import Answer, KeptConnection
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.model.clauses.registry import CLAUSES
from taskconform.reports.document import DivergenceResult, Report, decode
from taskconform.reports.trace import Trace, listing

if TYPE_CHECKING:
    from threading import Event

METHODS = {
    "recentTask": "RetrievePropertiesEx recentTask",
    "ReadTaskInfo": "RetrievePropertiesEx info",
    "WaitForRecentTask": "WaitForUpdatesEx",
    "BreakOffWait": "WaitForUpdatesEx",
    "ReadDescription": "RetrievePropertiesEx description",
    "ReadCollectorFilter": "RetrievePropertiesEx filter",
    "ReadView": "RetrievePropertiesEx view",
    "collector": "ReadNextTasks",
}
"""Where a signature's method goes by another name on the wire."""

LONGEST = 28
"""Lines of a message that are shown."""

NOTES = {
    "create.resolvable": "A race: CreateTask answers before the task is registered (`go ctx.Map.Put(task)`).",
    "collector.create": "Lost by the server: of `<tag></tag><tag>x</tag>` only `<tag>x</tag>` comes back.",
    "life.progress": "0 is stored, and left out of the answer as if it were unset.",
}
"""What the exchange alone does not show."""


OF_RELEASES = {
    "v0.39.0": """CancelTask panics in this release: it sets a property `info.canceled`, which TaskInfo does not
have, and the connection is closed without an answer. A lost answer decides nothing; so what other releases show of
CancelTask is not on this page.
""",
}
"""What a release does that is no finding."""

STARTS = ("CreateCollectorForTasks", "RewindCollector", "ResetCollector")
"""Where a collector is read from the start, or from its latest page."""


class Wire:
    """The last exchange of every method, taken down at the socket; of the reads of a collector, the last that gave
    anything since it was read from the start."""

    def __init__(self) -> None:
        """Nothing yet; from now on every connection is listened to."""
        self.last: dict[str, tuple[str, str]] = {}
        exchange = KeptConnection.exchange

        def listening(connection: KeptConnection, request: bytes, written: Event | None = None) -> Answer:
            answer = exchange(connection, request, written)
            body = request.partition(b"\r\n\r\n")[2].decode()
            found = re.search(r"Body[^>]*>\s*<(?:\w+:)?(\w+)", body)
            if found and found.group(1) != "Login":
                path = re.search(r"<pathSet>(\w+)", body) if found.group(1) == "RetrievePropertiesEx" else None
                name = " ".join(part for part in (found.group(1), path and path.group(1)) if part)
                answered = answer.body.decode()
                if name in STARTS:
                    self.last.pop("ReadNextTasks", None)
                if name != "ReadNextTasks" or "<returnval" in answered or name not in self.last:
                    self.last[name] = (body, answered)
            return answer

        KeptConnection.exchange = listening  # type: ignore[method-assign]  # the point of this class


def page(folder: Path, release: str) -> str:
    """The whole page, of a run on this release. Performs every trace once more. Raises SystemExit if the run was on
    another release."""
    report = decode((folder / "report.json").read_bytes())
    if report.target.identity.get("govmomi") != release:
        message = f"{folder} is a run on {report.target.identity.get('govmomi')}, not on {release}"
        raise SystemExit(message)
    wire = Wire()
    target = open_named("vcsim", {"release": release})
    try:
        parts = [
            _finding(wire, target, folder, clause.id, found)
            for clause in report.clauses
            if clause.verdict == "failed"
            for found in clause.divergences
        ]
    finally:
        target.close()
    return "\n".join([_head(report), *parts])


def _head(report: Report) -> str:
    """What was run, and what came of it."""
    version = report.target.identity.get("govmomi", "?")
    failed = [clause for clause in report.clauses if clause.verdict == "failed"]
    must = sum(clause.level == "M" for clause in failed)
    return f"""# govmomi's simulator, {version}

Written by `docs/generate_findings.py` from
`taskconform run vcsim --set release={version} --profile {report.run.profile} --seed {report.run.seed}`
(plan `{report.run.plan_digest}`).

{len(failed)} clauses failed: {must} *must*, {len(failed) - must} *should*. Every divergence below was shrunk to its
shortest trace and confirmed by fresh runs; its exchange was taken at the socket when this page was written.
Session keys and long lists are cut.

{OF_RELEASES.get(version, "")}"""


def _finding(wire: Wire, target: object, folder: Path, clause: str, found: DivergenceResult) -> str:
    """One divergence."""
    trace = read_trace(folder / str(found.trace))
    method = found.signature.split(":")[1].partition(".")[0]
    message = _performed(wire, target, trace, METHODS.get(method, method))
    statement = CLAUSES[clause]
    rate = f"{found.reproduced}{', intermittent' if found.intermittent else ''}"
    note = f"\n{NOTES[clause]}\n" if clause in NOTES else ""
    return f"""## {clause}: {statement.title}

> {statement.statement}
>
> {"; ".join(map(str, statement.source))}

- expected: {found.expected}
- observed: {found.observed}
- shown: {rate}, in {found.steps} steps; signature `{found.signature}`
- [in the clause reference](../clauses.md#{clause})
{note}
```text
{listing(trace)}
```

{message}
"""


def _performed(wire: Wire, target: object, trace: Trace, method: str) -> str:
    """The exchange of the method, from one more run of the trace; of several, the last."""
    wire.last.clear()
    executor = Executor(target=target, judge=Judge(), record=lambda _record: None)  # type: ignore[arg-type]  # a Target
    executor.run(Episode(part="", number=0, phase="reduce", plan=trace.plan))
    if method not in wire.last:
        return ""
    request, answer = wire.last[method]
    return f"```xml\n{_shown(request)}\n```\n\n```xml\n{_shown(answer)}\n```"


def _shown(message: str) -> str:
    """A message's body, indented, without session keys, and not too long."""
    body = re.search(r"<(?:\w+:)?Body[^>]*>(.*)</(?:\w+:)?Body>", message, re.DOTALL)
    inner = body.group(1) if body else message
    inner = re.sub(r"session\[[^\]]*\][0-9a-f-]*", "session[…]…", inner)
    whole = f"<Body xmlns:xsi='i' xmlns:xsd='d' xmlns:soapenv='e'>{inner}</Body>"
    text = minidom.parseString(whole).toprettyxml(indent=" ")  # noqa: S318  # of a simulator that we started
    lines = [line[1:] for line in text.splitlines()[2:-1] if line.strip()]
    if len(lines) > LONGEST:
        lines = [*lines[: LONGEST - 4], f"… {len(lines) - LONGEST} more lines", *lines[-4:]]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="the folder that holds the runs")
    parser.add_argument("release", nargs="+", help="a release of govmomi: v0.48.0")
    given = parser.parse_args()
    words = runs()
    for each in given.release:
        made = performed(given.runs / f"vcsim-{each}", words[f"vcsim-{each}"])
        file = Path(__file__).parent / "findings" / f"vcsim-{each.removeprefix('v')}.md"
        file.write_text(page(made, each), encoding="utf-8")
