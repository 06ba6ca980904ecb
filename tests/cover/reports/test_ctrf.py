"""CTRF: the shape that its schema asks for, and the outcomes of cases in its words."""

from __future__ import annotations

import json
from collections import Counter

from page_samples import samples, whole

from taskconform.conformance.verdicts.decide import is_required
from taskconform.reports.cases import cases
from taskconform.reports.render.ctrf import STATUS, ctrf

STATUSES = {"passed", "failed", "skipped", "pending", "other"}


def _statuses(tests):
    return [test["status"] for test in tests]


def test_every_clause_is_a_test_and_the_summary_counts_them():
    report = whole(samples())
    shown = cases(report, {}, strict=False, required=is_required)
    document = json.loads(ctrf(report, shown))
    assert (document["reportFormat"], document["specVersion"]) == ("CTRF", "0.0.0")
    results = document["results"]
    assert results["tool"] == {"name": "taskconform", "version": report.suite.version}
    summary, tests = results["summary"], results["tests"]
    assert sorted(test["name"] for test in tests) == sorted(clause.id for clause in report.clauses)
    ranks = [["failed", "other"].index(one) if one in {"failed", "other"} else 2 for one in _statuses(tests)]
    assert ranks == sorted(ranks)
    verdicts = {clause.id: clause.verdict for clause in report.clauses}
    assert {test["name"]: test["rawStatus"] for test in tests} == verdicts
    counts = Counter(test["status"] for test in tests)
    assert {status: summary[status] for status in STATUSES} == {status: counts[status] for status in STATUSES}
    assert summary["tests"] == len(tests)
    assert summary["stop"] - summary["start"] == round(report.run.seconds * 1_000)
    assert len(counts) > 2
    for test, case in zip(tests, shown, strict=True):
        assert test["status"] == STATUS[case.outcome]
        assert test.get("message", "") == case.message
        assert test.get("trace", "") == case.text
        assert all(isinstance(test[key], kind) for key, kind in (("duration", int), ("suite", list), ("tags", list)))
