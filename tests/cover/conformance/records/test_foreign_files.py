"""Files that others made: none makes us run code, or use more memory or time than a file of its size may."""

from __future__ import annotations

import ast
import base64
import gzip
import io
import json
import subprocess
import sys
import time

import pytest
from wrong_servers import renaming

from taskconform.conformance.cli.terminal import deliver
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import HistoryError, TraceError
from taskconform.conformance.records.delivery import prepared
from taskconform.conformance.records.recordings.files import read
from taskconform.conformance.records.traces import read_trace
from taskconform.conformance.targets.builtin.target import BuiltinTarget
from taskconform.conformance.verdicts.offline import judge
from taskconform.reports.document import ReportError, decode

CODE = '", __import__("os").system("touch owned"), "'
TINY = Profile(
    name="quick", exercised=1, shards=(Shard(theme="lives", budget=100, steps=6),), confirmations=1, loop=0, trials=3
)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """The history of a run that found something: what it performed is written into scripts."""
    out = tmp_path_factory.mktemp("faulty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "quick", TINY)
        settings = Settings(target="builtin", options={}, profile="quick", seed=0, workers=1, folder=prepared(out))
        run(settings, lambda *_: None, BuiltinTarget({}, renaming("entity")))
    return out / "history"


def leaves(value, path=()):
    """Places of all simple values but tags."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key != "is":
                yield from leaves(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, (*path, number))
    else:
        yield path


def put(value, path, new):
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


def traced(history, to, change):
    """A copy of a history in which the episodes of its trace are changed. Returns the scripts that judging it writes;
    None if it is refused."""
    to.mkdir()
    head = json.loads((history / "run.json").read_bytes())
    for part in head["parts"]:
        lines = gzip.decompress((history / f"{part}.jsonl.gz").read_bytes()).splitlines()
        if part.startswith("trace"):
            records = [json.loads(line) for line in lines]
            for record in records:
                if record["is"] == "Episode":
                    change(record)
            lines = [json.dumps(record).encode() for record in records]
        (to / f"{part}.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
    (to / "run.json").write_bytes((history / "run.json").read_bytes())
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(PROFILES, "quick", TINY)
            patch.setattr("sys.stdout", io.StringIO())
            deliver(judge(to, lambda *_: None), to, to)
    except HistoryError:
        return None
    return [file.read_text(encoding="utf-8") for file in (to / "traces").glob("*.py")]


def test_a_plan_of_others_is_data(faulty, tmp_path):
    """Code in the place of every value of the plans, one after the other, and of the declarations."""
    (part,) = sorted(faulty.glob("trace-000*"))
    episode = json.loads(gzip.decompress(part.read_bytes()).splitlines()[0])
    written = refused = 0
    places = [("plan", *path) for path in leaves(episode["plan"])]
    places += [("declaration", *path) for path in leaves(episode["declaration"])][::7]
    for number, path in enumerate(places):
        scripts = traced(faulty, tmp_path / str(number), lambda record, path=path: put_if_there(record, path))
        if scripts is None:
            refused += 1
            continue
        for text in scripts:
            written += 1
            names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
            assert "__import__" not in names, path
    assert written
    assert refused


def put_if_there(record, path):
    try:
        put(record, path, CODE)
    except (KeyError, IndexError, TypeError):
        return


# --- bombs ------------------------------------------------------------------------------------------------------------


def laughs(depth, *, merged=False):
    lines = ["a0: &a0 {b: c}"]
    for number in range(1, depth):
        before = f"*a{number - 1}"
        held = f"{{<<: [{', '.join([before] * 9)}]}}" if merged else f"[{', '.join([before] * 9)}]"
        lines.append(f"a{number}: &a{number} {held}")
    return "\n".join([*lines, f"interactions: [*a{depth - 1}]", ""]).encode()


BOMBS = {
    "laughs": laughs(12),
    "merged laughs": laughs(12, merged=True),
    "itself": b"interactions: &a [*a]\n",
    "itself in a mapping": b"interactions: &a {b: *a}\n",
    "deep YAML": b"a: " + b"[" * 50_000,
    "deep JSON": b'{"a": ' + b"[" * 500_000,
    "many aliases": b"a: &a [" + b"b, " * 3_000 + b"]\ninteractions: [" + b"*a, " * 3_000 + b"]\n",
    "a packed body": json.dumps(
        {
            "interactions": [
                {
                    "request": {"body": {"base64_string": base64.b64encode(gzip.compress(bytes(2**28), 9)).decode()}},
                    "response": {"status": {"code": 200}},
                }
            ]
        }
    ).encode(),
}
READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]), -1))
from pathlib import Path
from taskconform.conformance.records.recordings.files import read
from taskconform.conformance.records.recordings.wire import RecordingError
try:
    read(Path(sys.argv[1]))
except RecordingError as problem:
    print(str(problem)[-200:])
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_no_recording(tmp_path, name):
    """Within seconds and 700 MB."""
    (tmp_path / "bomb").write_bytes(BOMBS[name])
    began = time.monotonic()
    words = [sys.executable, "-c", READ, str(tmp_path / "bomb"), str(700 * 2**20)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert time.monotonic() - began < 40


def test_aliases_of_others_are_read(tmp_path):
    text = "interactions:\n"
    one = (
        "- request: {uri: u, headers: &h {Content-Type: [text/xml]}, body: '<Envelope/>'}\n"
        "  response: {status: {code: 200}, headers: *h, body: {string: '<Envelope/>'}}\n"
    )
    (tmp_path / "cassette").write_text(text + one * 3)
    assert len(read(tmp_path / "cassette").exchanges) == 3


DEEP = b"[" * 500_000


def test_deep_documents_are_refused(tmp_path, faulty):
    (tmp_path / "run.json").write_bytes(DEEP)
    with pytest.raises(HistoryError):
        judge(tmp_path, lambda *_: None)
    (tmp_path / "trace.json").write_bytes(DEEP)
    with pytest.raises(TraceError):
        read_trace(tmp_path / "trace.json")
    with pytest.raises(ReportError):
        decode(DEEP)
    (tmp_path / "run.json").write_bytes((faulty / "run.json").read_bytes())
    for part in faulty.glob("*.gz"):
        (tmp_path / part.name).write_bytes(gzip.compress(DEEP))
    with pytest.raises(HistoryError):
        judge(tmp_path, lambda *_: None)


def test_a_line_without_end_is_refused(tmp_path, faulty, monkeypatch):
    monkeypatch.setattr("taskconform.conformance.records.history.LARGEST_LINE", 2**20)
    (tmp_path / "run.json").write_bytes((faulty / "run.json").read_bytes())
    for part in faulty.glob("*.gz"):
        (tmp_path / part.name).write_bytes(gzip.compress(bytes(2**22)))
    with pytest.raises(HistoryError, match="a record of more than"):
        judge(tmp_path, lambda *_: None)
