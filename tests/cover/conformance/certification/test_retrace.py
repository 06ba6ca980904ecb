"""Records, tampered with by somebody who has the certifier's key and gives the report that the rest of the record
gives: each is refused, since the test cases of the seed, performed again, make other calls."""

from __future__ import annotations

import gzip
import random
import shutil

import certifying_machine
import msgspec
import pytest
from test_certify import RENAMING, recorded, silent

from taskconform.conformance.certification import certificate
from taskconform.conformance.certification.retrace import Plans, retrace
from taskconform.conformance.engine.execute import Executor
from taskconform.conformance.engine.plan import draw_shard, explorations
from taskconform.conformance.engine.profile import PROFILES, Shard
from taskconform.conformance.errors import CONFORMS, Rejected
from taskconform.conformance.qualification.variants.registry import together
from taskconform.conformance.records import codec
from taskconform.conformance.records.history import Episode, Exchange, Skipped, head_bytes, read_head, read_part
from taskconform.conformance.verdicts.judgement import Judge
from taskconform.conformance.verdicts.offline import judge
from taskconform.conformance.verdicts.waivers import today
from taskconform.model.oracle.findings import Broken
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.document import encode

SHARDS = ("shard-00", "shard-01")


@pytest.fixture(scope="module", autouse=True)
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "certify", certifying_machine.TINY)
        yield


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("right") / "run")


def forged(run, to, change):
    """A copy of a run, whose lines of records are changed, under the head and the report that they give. Returns the
    exit code of that report."""
    shutil.copytree(run, to)
    history = to / "history"
    parts = {name: gzip.decompress((history / f"{name}.jsonl.gz").read_bytes()).splitlines() for name in SHARDS}
    first = read_head(history)
    for extra in first["parts"][len(SHARDS) :]:
        (history / f"{extra}.jsonl.gz").unlink()
    written = change({name: list(lines) for name, lines in parts.items()})
    assert written != parts
    calls = 0
    for name, lines in written.items():
        (history / f"{name}.jsonl.gz").write_bytes(gzip.compress(b"".join(line + b"\n" for line in lines)))
        calls += sum(b'"is":"Exchange"' in line[:20] for line in lines)
    head = {**first, "parts": list(SHARDS), "calls": calls}
    (history / "run.json").write_bytes(head_bytes(head))
    report = judge(history, silent).report
    (to / "report.json").write_bytes(encode(report))
    return report.run.exit_code


def refused(run):
    with pytest.raises(Rejected) as problem:
        certificate._recomputed(run, today(), silent)
    assert "\n" not in str(problem.value)
    return str(problem.value)


def record_of(line):
    return codec.decode(msgspec.json.decode(line))


def cut_where_it_shows(parts):
    """Each test case, up to the call before the first that diverges."""
    for name, lines in parts.items():
        kept, judge_, over = [], Judge(), False
        for line in lines:
            record = record_of(line)
            if isinstance(record, Episode):
                over = False
                judge_.begin(record)
            elif not over and isinstance(record, Exchange):
                expected = judge_.expect(record.call)
                findings = expected.judge(record.outcome)
                over = any(isinstance(found, Broken) for found in findings)
                if not over:
                    judge_.take(record.step, expected, record.outcome, findings)
            if not over:
                kept.append(line)
        parts[name] = kept
    return parts


def test_a_divergence_that_was_cut_off_is_not_certified(tmp_path):
    faulty = recorded(tmp_path / "faulty", RENAMING)
    code = forged(faulty, tmp_path / "cut", cut_where_it_shows)
    assert code == CONFORMS
    assert "not the whole record of its test case" in refused(tmp_path / "cut")


def marked_as_early(parts):
    """The calls that diverge, as if the server had been given time and they had been made again."""
    name = SHARDS[0]
    at = next(i for i, line in enumerate(parts[name]) if isinstance(record_of(line), Exchange) and i > 10)
    early = msgspec.json.encode(evolve(record_of(parts[name][at]), again=True))
    parts[name].insert(at, early)
    return parts


def edited(change):
    """A change of the lines of the first shard."""

    def tamper(parts):
        change(parts[SHARDS[0]])
        return parts

    return tamper


def places(lines, kind):
    return [number for number, line in enumerate(lines) if isinstance(record_of(line), kind)]


def without_a_case(lines):
    starts = places(lines, Episode)
    del lines[starts[-1] :]


def cases_changed_places(lines):
    starts = [*places(lines, Episode), len(lines)]
    first, second = lines[starts[1] : starts[2]], lines[starts[2] : starts[3]]
    head, other = record_of(first[0]), record_of(second[0])
    first[0] = msgspec.json.encode(evolve(head, number=other.number))
    second[0] = msgspec.json.encode(evolve(other, number=head.number))
    lines[starts[1] : starts[3]] = [*second, *first]


def a_step_left_out(lines):
    """A step of one call becomes one that could not be made here."""
    steps = [record_of(line) for line in lines]
    number = next(
        i
        for i, one in enumerate(steps)
        if isinstance(one, Exchange) and one.step >= 0 and one.step != steps[i - 1].step
    )
    lines[number] = msgspec.json.encode(Skipped(step=steps[number].step, why="the target lacks it"))


def another_step(lines):
    number = places(lines, Exchange)[7]
    record = record_of(lines[number])
    lines[number] = msgspec.json.encode(evolve(record, step=record.step + 1))


def at_once(lines):
    number = places(lines, Exchange)[7]
    lines[number] = msgspec.json.encode(evolve(record_of(lines[number]), together=True))


def a_plainer_plan(lines):
    """One step less, in the plan and in what follows."""
    starts = [*places(lines, Episode), len(lines)]
    case = record_of(lines[starts[0]])
    last = len(case.plan) - 1
    kept = [
        line
        for line in lines[starts[0] + 1 : starts[1]]
        if isinstance(record_of(line), Episode) or record_of(line).step != last
    ]
    lines[starts[0] : starts[1]] = [msgspec.json.encode(evolve(case, plan=case.plan[:-1])), *kept]


EDITS = {
    "a call made again": marked_as_early,
    "a test case forgotten": edited(without_a_case),
    "test cases that changed places": edited(cases_changed_places),
    "a step left out": edited(a_step_left_out),
    "a call of another step": edited(another_step),
    "a call made alone": edited(at_once),
    "a plainer plan": edited(a_plainer_plan),
}


@pytest.mark.parametrize("name", EDITS)
def test_a_record_that_says_something_else_is_refused(right, tmp_path, name):
    forged(right, tmp_path / "forged", EDITS[name])
    says = refused(tmp_path / "forged")
    assert "test case" in says or "plans" in says


@pytest.mark.parametrize("seed", range(24))
def test_no_record_can_be_missing_doubled_or_moved(right, tmp_path, seed):
    some = random.Random(seed)  # noqa: S311 - a choice of places

    def tamper(lines):
        exchanges = places(lines, Exchange)
        at = some.choice([number for number in exchanges if number + 1 in exchanges])
        if seed % 3 == 0:
            del lines[at]
        elif seed % 3 == 1:
            lines.insert(at, lines[at])
        else:
            lines[at], lines[at + 1] = lines[at + 1], lines[at]

    forged(right, tmp_path / "forged", edited(tamper))
    refused(tmp_path / "forged")


# --- one form ---------------------------------------------------------------------------------------------------------


def in_the_file(run, to, change):
    shutil.copytree(run, to)
    file = to / "history" / "shard-00.jsonl.gz"
    file.write_bytes(change(file.read_bytes()))
    return to


def respelled(change):
    """The same records, in other bytes."""
    return lambda data: gzip.compress(b"".join(change(gzip.decompress(data).splitlines(keepends=True))))


def named(data, name=b"other"):
    return data[:3] + b"\x08" + data[4:10] + name + b"\0" + data[10:]


FORMS = {
    "blanks before": respelled(lambda lines: [lines[0], b" " + lines[1], *lines[2:]]),
    "blanks inside": respelled(lambda lines: [lines[0], lines[1].replace(b":", b": ", 1), *lines[2:]]),
    "blanks behind": respelled(lambda lines: [lines[0], lines[1][:-1] + b"\r\n", *lines[2:]]),
    "an empty line": respelled(lambda lines: [lines[0], b"\n", *lines[1:]]),
    "fields in another order": respelled(
        lambda lines: [lines[0], b'{"step":-1,"is":"Exchange",' + lines[1].partition(b'"step":-1,')[2], *lines[2:]]
    ),
    "a field twice": respelled(lambda lines: [lines[0], lines[1][:-2] + b',"step":-1}\n', *lines[2:]]),
    "a default": respelled(lambda lines: [lines[0], lines[1][:-2] + b',"again":false}\n', *lines[2:]]),
    "a field more": respelled(lambda lines: [lines[0], lines[1][:-2] + b',"note":"x"}\n', *lines[2:]]),
    "another word": respelled(lambda lines: [lines[0], b'{"is":"Interval","earliest":0,"latest":0}\n', *lines[1:]]),
    "no word": respelled(lambda lines: [lines[0], b'{"note":"x"}\n', *lines[1:]]),
    "escapes": respelled(lambda lines: [lines[0], lines[1].replace(b"main", b"\\u006dain", 1), *lines[2:]]),
    "no last end of line": respelled(lambda lines: [*lines[:-1], lines[-1][:-1]]),
    "a second member": lambda data: data + gzip.compress(b""),
    "something behind": lambda data: data + b"note",
    "zeros behind": lambda data: data + bytes(8),
    "a comment": lambda data: data[:3] + bytes([data[3] | 16]) + data[4:10] + data[10:].replace(b"\0", b"\0note\0", 1),
    "another name": lambda data: named(gzip.compress(gzip.decompress(data))),
    "cut off": lambda data: data[:-9],
}


@pytest.mark.parametrize("name", FORMS)
def test_records_have_one_form(right, tmp_path, name):
    says = refused(in_the_file(right, tmp_path / "forged", FORMS[name]))
    assert "shard-00" in says


# --- what is right ----------------------------------------------------------------------------------------------------


def test_a_part_gives_the_same_tally_as_it_is_judged(right):
    plans = Plans("certify", 0, silent)
    for name in SHARDS:
        records = list(read_part(right / "history", name))
        again = plans.retrace(name, records)
        assert again.exercised == certificate_tally(records).exercised
        assert again.shown == certificate_tally(records).shown


def certificate_tally(records):
    from taskconform.conformance.verdicts.judgement import judge_records  # noqa: PLC0415 - of this helper alone

    return judge_records(records)


def test_a_server_that_lags_is_retraced():
    """Calls that were made again, since the server is given time, are as the executor makes them."""
    target = together(["lagging"])
    records, judge_ = [], Judge()
    executor = Executor(target=target, judge=judge_, record=records.append, rest=target.rest, clock=target.seconds)
    shard = Shard(theme="histories", rounds=1)
    for case in explorations("shard-00", shard, draw_shard(0, shard, 0)):
        executor.run(case)
    judge_.end()
    assert any(isinstance(record, Exchange) and record.again for record in records)
    assert retrace("shard-00", records).exercised == judge_.tally.exercised
