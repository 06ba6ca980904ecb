"""Kept histories: a change of the model must not flip a verdict that was given, unless the change log says so.

`tests/histories/<name>/` has a history and the report that was given of it, neither of which is ever changed. A flip is
announced in CHANGELOG.md, or in changes/, by an item such as

    - Verdict of `recent.cap`: failed to passed: a task that completes within the call is not counted.

which names the clause and both verdicts; `failed to failed` where other divergences are found now. A clause that is
newer than the history has flipped only if it fails.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys

import msgspec
import pytest
from here import ROOT

from taskconform.conformance.verdicts.offline import judge
from taskconform.model.clauses.registry import CLAUSES
from taskconform.model.oracle.expect import Expected
from taskconform.model.oracle.findings import Broken, Held
from taskconform.reports.document import decode, encode
from taskconform.reports.flips import flips

HISTORIES = ROOT / "tests" / "histories"
CHANGES = (ROOT / "CHANGELOG.md", *sorted((ROOT / "changes").glob("*.change.md")))
NAMES = sorted(folder.name for folder in HISTORIES.iterdir() if (folder / "history").is_dir())
ANNOUNCED = re.compile(r"^- Verdict of `([^`]+)`: ([a-z ]+?) to ([a-z ]+): \S", re.MULTILINE)


def silent(*_):
    pass


def stored(name):
    return decode(gzip.decompress((HISTORIES / name / "report.json.gz").read_bytes()))


def announced():
    """The items of the change log, and those that are to be put into it."""
    log, *others = [path.read_text(encoding="utf-8") for path in CHANGES]
    return [log, *(f"- {other}" for other in others)]


def unannounced(found, changelog):
    announced = set(ANNOUNCED.findall(changelog))
    return [str(flip) for flip in found if (flip.clause, flip.before, flip.after) not in announced]


def flipped(name):
    """The flips of a kept history. A clause that its report does not have counts if it fails now."""
    found = flips(stored(name), judge(HISTORIES / name / "history", silent).report)
    return [flip for flip in found if flip.before != "absent" or flip.after == "failed"]


def accused_otherwise(monkeypatch, clause, other):
    """A change of the model: of this clause, breaches are seen as `other` says."""
    judged = Expected.judge

    def changed(self, outcome):
        return [
            other(found) if isinstance(found, Broken) and found.clause == clause else found
            for found in judged(self, outcome)
        ]

    monkeypatch.setattr(Expected, "judge", changed)


def test_there_are_histories_and_they_say_something():
    assert {"builtin", "vcsim"} <= set(NAMES)
    sizes = [file.stat().st_size for file in HISTORIES.rglob("*") if file.is_file() and file.suffix in {".gz", ".json"}]
    assert sum(sizes) < 300_000
    totals = {name: stored(name).totals for name in NAMES}
    assert totals["builtin"].passed > 80
    assert totals["vcsim"].failed > 10


@pytest.mark.parametrize("name", NAMES)
def test_no_verdict_flips_without_a_line_in_the_change_log(name):
    assert unannounced(flipped(name), "\n".join(announced())) == []


def test_a_model_that_accuses_less_is_found_out(monkeypatch):
    failed = next(clause for clause in stored("vcsim").clauses if clause.verdict == "failed")
    accused_otherwise(monkeypatch, failed.id, lambda found: Held(found.clause))
    found = flipped("vcsim")
    assert [flip.clause for flip in found] == [failed.id]
    (flip,) = found
    assert (flip.before, flip.after) == ("failed", "passed")
    reworded = "what the registry says of the clause has changed"  # since the history was kept
    assert [reason for reason in flip.reasons if reason != reworded] == [
        f"no rule accuses what one accused: {failed.divergences[0].signature}"
    ]
    assert unannounced(found, "") == [str(flip)]
    assert unannounced(found, f"- Verdict of `{failed.id}`: failed to passed: for a reason.\n") == []
    assert unannounced(found, f"- Verdict of `{failed.id}`: passed to failed: for a reason.\n") == [str(flip)]
    assert unannounced(found, f"- Verdict of `{failed.id}`: failed to passed: \n") == [str(flip)]


def test_another_signature_is_a_flip_too(monkeypatch):
    failed = next(clause for clause in stored("vcsim").clauses if clause.verdict == "failed")

    def elsewhere(found):
        return Broken(
            clause=found.clause,
            kind=found.kind,
            demand=found.demand,
            observed=found.observed,
            situation="elsewhere",
            eventually=found.eventually,
        )

    accused_otherwise(monkeypatch, failed.id, elsewhere)
    (flip,) = flipped("vcsim")
    assert flip.clause == failed.id
    assert flip.gone == (failed.divergences[0].signature,)
    assert f"no rule accuses what one accused: {flip.gone[0]}" in flip.reasons
    assert any("the history has no re-run of it" in reason and "elsewhere" in reason for reason in flip.reasons)


def test_judge_says_what_flipped_and_why(tmp_path):
    document = stored("builtin")
    renamed, reworded = [clause for clause in document.clauses if clause.verdict == "passed"][:2]
    changes = {
        renamed.id: {"id": "old.one"},
        reworded.id: {"verdict": "not_exercised", "live": 1, "text_digest": "sha256:0"},
    }
    clauses = [msgspec.structs.replace(clause, **changes.get(clause.id, {})) for clause in document.clauses]
    report = tmp_path / "report.json"
    report.write_bytes(encode(msgspec.structs.replace(document, clauses=clauses)))
    arguments = ("judge", str(HISTORIES / "builtin" / "history"), "--against", str(report))
    done = subprocess.run(
        [sys.executable, "-m", "taskconform.conformance", *arguments],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    told = " ".join(done.stdout.split())
    assert f"{renamed.id} absent -> passed the clause is new in the registry" in told
    assert "old.one passed -> absent the registry has the clause no longer" in told
    assert f"{reworded.id} not exercised -> passed what the registry says of the clause has changed" in told
    assert f"its checks were exercised 1 times, and are {reworded.live} times" in told
    others = flips(stored("builtin"), judge(HISTORIES / "builtin" / "history", silent).report)
    assert f"{3 + len(others)} of {len(CLAUSES)} clauses have flipped" in told
