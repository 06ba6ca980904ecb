"""A hostile target, in process: whatever it answers, the run comes to its end, and every file that is written parses
and holds its texts as data.

TASKCONFORM_HOSTILE_ANSWERS says how many hostile answers are wanted (300).
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import sys
from dataclasses import replace as evolved
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hostile import OWNED, HostileTarget

from taskconform.conformance.cli.terminal import deliver
from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.perform import unrecorded
from taskconform.conformance.engine.plan import draw_shard, explorations
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.records.delivery import prepared
from taskconform.conformance.records.history import Episode
from taskconform.conformance.targets.builtin.target import BuiltinTarget
from taskconform.conformance.verdicts.choosing import MOST
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.conformance.verdicts.offline import judge
from taskconform.model.vocabulary.calls import MAIN, CreateTask, Made, Place, ReadTaskInfo, TypeId
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Returned
from taskconform.model.vocabulary.plan import Act
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.document import decode
from taskconform.reports.render.summary import summary

ANSWERS = int(os.environ.get("TASKCONFORM_HOSTILE_ANSWERS", "300"))
THEMES = ("lives", "services", "watches", "histories", "limits")
SHARDS = tuple(Shard(theme=theme, rounds=1) for theme in THEMES)
TINY = Profile(name="quick", exercised=1, shards=SHARDS, confirmations=1, loop=0, trials=2)


def test_no_answer_stops_the_judgement():
    cases = [
        case
        for number, shard in enumerate(SHARDS)
        for case in explorations("shard", shard, draw_shard(number, shard, 0))
    ]
    given = seed = 0
    while given < ANSWERS:
        target = HostileTarget(seed, share=0.15)
        executor = Executor(target=target, judge=Judge(), record=unrecorded)
        for case in cases[seed % 3 :: 3]:
            executor.run(case)
        executor.judge.end()
        given, seed = given + target.given, seed + 1


class AlwaysTheSame(HostileTarget):
    """Every CreateTask returns the first task again, with what was asked for."""

    def __init__(self):
        super().__init__(0, share=0.0)
        self.first = None

    def perform(self, call):
        outcome = super().perform(call)
        if isinstance(call, CreateTask) and isinstance(outcome, Returned):
            self.first = self.first or outcome.value
            parent, root = call.parent_task_key, outcome.value.root_task_key
            again = evolve(self.first, parent_task_key=parent, root_task_key=root)
            return evolve(outcome, value=again)
        return outcome


def test_a_task_that_is_its_own_ancestor_ends():
    first = CreateTask(session=MAIN, obj=Place(role="root"), task_type_id=TypeId(which="work"), cancelable=False)
    second = evolve(first, parent_task_key=Made(step=0))
    plan = (Act(call=first), *(Act(call=second) for _ in range(4)))
    executor = Executor(target=AlwaysTheSame(), judge=Judge(), record=unrecorded)
    executor.run(Episode(part="shard-00", number=0, phase="explore", plan=plan))
    executor.judge.end()
    assert executor.calls > len(plan)
    assert "create.returns" in {each.partition(":")[0] for each in executor.judge.tally.seen}


class NeverTheSameFault(BuiltinTarget):
    """Every read of a task faults, each time with another name."""

    calls = 0

    def perform(self, call):
        self.calls += 1
        kind = f"Fault{self.calls}"
        outcome = super().perform(call)
        if isinstance(call, ReadTaskInfo):
            return Faulted(fault=Fault(kind=kind, kinds=(kind, "RuntimeFault", "MethodFault")), at=outcome.at)
        return outcome


def test_of_many_divergences_of_a_clause_some_are_shrunk(tmp_path, monkeypatch):
    monkeypatch.setitem(PROFILES, "quick", evolved(TINY, shards=SHARDS[:1]))
    settings = Settings(
        target="builtin", options={}, profile="quick", seed=0, workers=1, folder=prepared(tmp_path / "out")
    )
    report = run(settings, lambda *_: None, NeverTheSameFault({})).report
    seen = [len(clause.divergences) + len(clause.unconfirmed) for clause in report.clauses]
    assert report.run.not_run_again == sum(max(0, each - MOST) for each in seen) > MOST
    assert f"{report.run.not_run_again} divergences seen and not run again" in summary(report)


# --- a whole run ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=range(max(1, ANSWERS // 150)))
def written(request, tmp_path_factory):
    """The folder of a run against a hostile target, alone in the working folder, and what the run printed."""
    folder = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setitem(PROFILES, "quick", TINY)
        patch.setattr("sys.stdout", io.StringIO())
        out = folder / "out"
        settings = Settings(
            target="builtin", options={}, profile="quick", seed=request.param, workers=1, folder=prepared(out)
        )
        target = HostileTarget(request.param, share=0.05)
        finished = run(settings, lambda *_: None, target)
        code = deliver(finished, settings.folder, out)
        printed = sys.stdout.getvalue()
    assert code == finished.report.run.exit_code == 1
    return folder, printed


def test_nothing_is_executed_or_written_elsewhere(written):
    folder, _ = written
    assert [each.name for each in folder.iterdir()] == ["out"]
    assert not list(folder.rglob(f"*{OWNED}*"))
    names = [str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()]
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9._/:-]{1,200}", name)] == []


def test_the_terminal_is_told_plain_lines(written):
    _, printed = written
    assert "Running" in printed or "hostile" in printed
    harmless(printed)


def harmless(text):
    assert all(line.isprintable() for line in text.split("\n"))
    assert re.search(r"^\s*(::[\w-]+|##\[|##vso)", text, re.MULTILINE) is None


def test_every_file_parses(written):
    folder, _ = written
    kinds = set()
    for file in folder.rglob("*"):
        if file.is_file() and file.suffix != ".gz":
            kinds.add(file.suffix)
            PARSERS[file.suffix](file)
    assert kinds >= {".json", ".xml", ".html", ".md", ".py"}


def parse_script(file):
    text = file.read_text(encoding="utf-8")
    assert text.replace("\n", "").isprintable()
    tree = ast.parse(text)
    compile(tree, str(file), "exec")
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"__import__", "eval", "exec", "subprocess"}
    assert not {node.attr for node in called if isinstance(node, ast.Attribute)} & {"system", "popen"}


class Tags(HTMLParser):
    """Gathers the text of scripts, and names of attributes."""

    def __init__(self):
        super().__init__()
        self.attributes = set()
        self.inside = ""
        self.code = ""

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        if self.inside in {"script", "style"}:
            self.code += data

    def handle_endtag(self, tag):
        self.inside = ""


def parse_page(file):
    tags, text = Tags(), file.read_text(encoding="utf-8")
    assert text.replace("\n", "").replace("\t", "").isprintable()
    tags.feed(text)
    assert "onerror" not in tags.attributes
    assert "hostile" not in tags.code


def parse_markdown(file):
    text = file.read_text(encoding="utf-8")
    harmless(text.replace("\u200b", ""))  # ours, so that nothing links
    for line in text.splitlines():
        assert not line.lstrip().startswith(("# hostile", "- [x]", "[hostile]", "@hostile", "/merge"))
    for sign in ("](https://hostile", "@hostile", "<script", "<img"):
        outside = re.sub(r"(`+).*?\1", "", text)
        assert sign not in outside, outside[outside.index(sign) - 200 : outside.index(sign) + 50]


def parse_xml(file):
    text = file.read_text(encoding="utf-8")
    assert text.replace("\n", "").isprintable()
    ET.fromstring(text)  # noqa: S314 - written by us


def parse_text(file):
    file.read_text(encoding="utf-8")


PARSERS = {
    ".json": lambda file: json.loads(file.read_text(encoding="utf-8")),
    ".xml": parse_xml,
    ".html": parse_page,
    ".md": parse_markdown,
    ".py": parse_script,
    ".txt": parse_text,
    ".properties": parse_text,
}


def test_it_is_judged_again_alike(written):
    folder, _ = written
    stored = decode((folder / "out" / "report.json").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "quick", TINY)
        assert judge(folder / "out" / "history", lambda *_: None).report == stored
