"""JUnit XML: a report as continuous integrations read it, one test case a clause.

The form is what the strictest readers agree on: Jenkins' xUnit plugin, and the schema of Ant's reports. So the root has
no attributes, the time stamp no zone (it is UTC), a test case no properties, and nothing names the host. A test case's
`classname` is the area, its `name` the clause.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from taskconform.reports.plain import one_line, printable
from taskconform.reports.wording import again, product, shortfalls, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskconform.reports.cases import Case
    from taskconform.reports.document import Report

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report, shown: Sequence[Case]) -> bytes:
    """The whole document. `shown` are the report's clauses as test cases."""
    counts = {
        "tests": len(shown),
        "failures": sum(case.outcome == "failed" for case in shown),
        "errors": sum(case.outcome == "error" for case in shown),
        "skipped": sum(case.outcome in {"skipped", "xfailed"} for case in shown),
    }
    root = Element("testsuites")
    suite = SubElement(
        root,
        "testsuite",
        {
            "id": "0",
            "name": _token(report.target.name),
            "package": "taskconform",
            "hostname": "localhost",
            **{name: str(count) for name, count in counts.items()},
            "time": f"{report.run.seconds:.3f}",
            "timestamp": _utc(report.run.started),
        },
    )
    _properties(suite, _run(report))
    for case in shown:
        _testcase(suite, case)
    SubElement(suite, "system-out").text = _xml("\n".join((verdict(report), *map(one_line, shortfalls(report)))))
    SubElement(suite, "system-err")
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _run(report: Report) -> list[tuple[str, str]]:
    """Return the properties of the run, which hold of all cases."""
    run = report.run
    return [
        ("target", report.target.name),
        ("product", product(report)),
        ("profile", run.profile),
        ("seed", str(run.seed)),
        ("plan_digest", run.plan_digest),
        ("verdict", verdict(report)),
        *(("shortfall", each) for each in shortfalls(report)),
        *(("blocks", each) for each in report.blocks),
        ("exit_code", str(run.exit_code)),
        ("command", again(report)),
    ]


def _testcase(suite: Element, case: Case) -> None:
    """One clause."""
    its = SubElement(
        suite, "testcase", {"classname": f"taskconform.{case.area}", "name": case.clause.id, "time": "0.000"}
    )
    message = {"message": _xml(case.message)}
    match case.outcome:
        case "failed":
            SubElement(its, "failure", message | {"type": "failed"}).text = _xml(case.text)
        case "error":
            SubElement(its, "error", message | {"type": case.clause.verdict}).text = _xml(case.text)
        case "xfailed":
            SubElement(its, "skipped", message | {"type": "xfail"}).text = _xml(case.text)
        case "skipped":
            SubElement(its, "skipped", message | {"type": case.clause.verdict})
        case "passed":
            pass


def _properties(parent: Element, pairs: Iterable[tuple[str, str]]) -> None:
    """A list of names and values."""
    its = SubElement(parent, "properties")
    for name, value in pairs:
        SubElement(its, "property", {"name": name, "value": _xml(value)})


def _xml(text: str) -> str:
    """The text, with what XML cannot hold written as Python would escape it."""
    return _NOT_XML.sub(lambda found: ascii(found[0])[1:-1], printable(text))


def _token(text: str) -> str:
    """The text as a name: in one line, and not empty."""
    return " ".join(_xml(text).split()) or "target"


def _utc(started: str) -> str:
    """An ISO 8601 time in UTC, to the second, without its zone."""
    return datetime.fromisoformat(started).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
