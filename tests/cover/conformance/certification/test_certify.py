"""Certificates: made of runs that conform and of nothing else, and given up for whatever was changed.

The certifying profile is one of some hundred calls here (`certifying_machine`), which asks for no live check: what is
tried is the seal, not the budget. Two ways of cheating are told apart: by somebody who has no key, and by somebody who
has the certifier's, or has talked the certifier into it.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import certifying_machine
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from here import ROOT, TESTS
from test_house import wheel  # noqa: F401 -- a fixture
from wrong_servers import renaming

from taskconform.conformance.certification import bundle, certificate, inspection, signing
from taskconform.conformance.certification.bundle import ATTESTATION
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import HistoryError, Refused, Rejected
from taskconform.conformance.records.delivery import prepared, write
from taskconform.conformance.records.history import head_bytes
from taskconform.conformance.records.traces import make_traces
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.conformance.targets.builtin.specification import RIGHT
from taskconform.conformance.verdicts.offline import judge
from taskconform.conformance.verdicts.waivers import load, today
from taskconform.reports.document import encode

BROKEN = "create.entity"
SHARD, OTHER = "history/shard-00.jsonl.gz", "history/shard-01.jsonl.gz"
HEAD, REPORT = bundle.HEAD, bundle.REPORT
PASSPHRASE = "a-passphrase-that-stands-nowhere-else-77aa"


def silent(*_):
    pass


RENAMING = renaming("entity")
"""A server that gives every entity the same name."""


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """The certifying profile, made small; and a passphrase for the keys."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "certify", certifying_machine.TINY)
        patch.setitem(PROFILES, "quick", replace(certifying_machine.TINY, name="quick"))
        patch.setenv(signing.PASSPHRASE, PASSPHRASE)
        yield


def recorded(out, specification=RIGHT, *, seed=0, profile="certify", waivers=None, selected=None):
    """A run of the built-in target, with this specification, in a folder."""
    settings = Settings(
        target="builtin",
        options={},
        profile=profile,
        seed=seed,
        workers=1,
        folder=prepared(out),
        selected=selected,
        waivers=waivers,
    )
    finished = run(settings, silent, BuiltinTarget({}, specification))
    write(finished, make_traces(finished.tally, finished.declaration), settings.folder, out)
    return out


@dataclass(frozen=True)
class Made:
    """What the tests share: runs, keys, and a good bundle."""

    folder: Path
    run: Path
    other: Path
    faulty: Path
    good: Path
    key: Path
    stranger: Path

    def public(self, key="key"):
        return signing.public_key(self.folder / f"{key}.pem.pub")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certify")
    for name in ("key", "stranger"):
        signing.make_key(folder / f"{name}.pem")
    one = recorded(folder / "run")
    other = recorded(folder / "other", seed=1)
    faulty = recorded(folder / "faulty", RENAMING)
    good, key = folder / "good.zip", folder / "key.pem"
    certificate.certify(one, signing.private_key(key), good, today(), silent)
    return Made(folder, one, other, faulty, good, key, folder / "stranger.pem")


def verified(made, path, key="key", on=None):
    return certificate.verify(path, made.public(key), on or today(), silent)


# --- what holds -------------------------------------------------------------------------------------------------------


def test_a_good_bundle_is_verified_and_says_what_was_tested(made):
    found = verified(made, made.good)
    assert encode(found.report) == (made.run / REPORT).read_bytes()
    assert encode(judge(made.run / "history", silent).report) == encode(found.report)
    statement = found.statement
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = statement["predicate"]
    assert predicate["result"] == "PASSED"
    assert predicate["failedTests"] == predicate["warnedTests"] == []
    assert len(predicate["passedTests"]) == found.report.totals.passed > 100
    names = [one["name"] for one in predicate["configuration"]]
    held = sorted(set(zipfile.ZipFile(made.good).namelist()) - {ATTESTATION})
    assert names == ["taskconform", "registry", "plans", *held]
    assert {REPORT, HEAD, SHARD, OTHER, "target.json", "environment.json"} == set(held)
    environment = json.loads(zipfile.ZipFile(made.good).read("environment.json"))
    assert environment["python"].startswith("3.")
    assert {"package hypothesis", "package cryptography", "package msgspec"} <= environment.keys()


def test_the_same_run_and_key_give_the_same_bytes(made, tmp_path):
    again = tmp_path / "again.zip"
    certificate.certify(made.run, signing.private_key(made.key), again, today(), silent)
    assert again.read_bytes() == made.good.read_bytes()


def test_openssl_style_verification_needs_nothing_of_ours(made):
    """The signature is plain Ed25519 over the DSSE pre-authentication encoding."""
    envelope = json.loads(zipfile.ZipFile(made.good).read(ATTESTATION))
    payload, kind = base64.b64decode(envelope["payload"]), envelope["payloadType"].encode()
    key = serialization.load_pem_public_key((made.folder / "key.pem.pub").read_bytes())
    sealed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), sealed)


def test_further_subjects_are_named_and_held(made, tmp_path):
    digest = "ab" * 32
    path = tmp_path / "image.zip"
    certificate.certify(made.run, signing.private_key(made.key), path, today(), silent, [f"registry/x@sha256:{digest}"])
    assert verified(made, path).statement["subject"][1] == {"name": "registry/x", "digest": {"sha256": digest}}
    with pytest.raises(Refused, match="NAME@sha256:HEX"):
        certificate.certify(made.run, signing.private_key(made.key), path, today(), silent, ["registry/x:latest"])


# --- ways to tamper ---------------------------------------------------------------------------------------------------


def contents(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files, to):
    """A bundle of these contents, written as `certify` writes it."""
    source = to.with_suffix(".files")
    shutil.rmtree(source, ignore_errors=True)
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    bundle.pack({name: source / name for name in files}, to)


def sealed(statement, key):
    return signing.sign(json.dumps(statement).encode() if not isinstance(statement, bytes) else statement, key)


def statement_of(files):
    return json.loads(base64.b64decode(json.loads(files[ATTESTATION])["payload"]))


def resigned(made, files, change=lambda _: None):
    """The files with a statement that names them as they are now, signed by the certifier."""
    statement = statement_of(files)
    configuration = statement["predicate"]["configuration"]
    kept = [one for one in configuration if "mediaType" not in one]
    there = {name: content for name, content in files.items() if name != ATTESTATION}
    for name in sorted(there):
        digest = bundle.hashlib.sha256(there[name]).hexdigest()
        kept.append({"name": name, "digest": {"sha256": digest}, "mediaType": certificate._FILE})
    statement["predicate"]["configuration"] = kept
    change(statement)
    files[ATTESTATION] = signing.sign(certificate._canonical(statement), signing.private_key(made.key))


def raw(change):
    """A change of the archive's own bytes."""

    def tamper(made, to):
        to.write_bytes(change(made.good.read_bytes()))

    return tamper


def zipped(*extra, **options):
    """The same files in an archive written by others, and some more."""

    def tamper(made, to):
        entries = [(zipfile.ZipInfo(name), content) for name, content in contents(made.good).items()]
        with zipfile.ZipFile(to, "w") as archive:
            for info, content in (*entries, *extra):
                archive.writestr(info, content, **options)

    return tamper


def changed(change):
    """A change of the files, by somebody who has no key."""

    def tamper(made, to):
        files = contents(made.good)
        change(files)
        packed(files, to)

    return tamper


def signed(change, restate=lambda _: None):
    """A change of the files, signed by the certifier."""

    def tamper(made, to):
        files = contents(made.good)
        change(files, made)
        resigned(made, files, restate)
        packed(files, to)

    return tamper


def enveloped(change):
    """A change of the envelope."""

    def tamper(made, to):
        files = contents(made.good)
        files[ATTESTATION] = change(json.loads(files[ATTESTATION]), made)
        packed(files, to)

    return tamper


def written(envelope):
    return signing._encoded(envelope)


def with_head(**fields):
    def change(files, _made):
        files[HEAD] = head_bytes({**json.loads(files[HEAD]), **fields})

    return change


def in_head(change):
    def changed_head(files, _made):
        head = json.loads(files[HEAD])
        change(head)
        files[HEAD] = head_bytes(head)

    return changed_head


def flip(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def lines(data):
    return gzip.decompress(data).splitlines(keepends=True)


def without_last_call(files, _made):
    files[OTHER] = gzip.compress(b"".join(lines(files[OTHER])[:-1]))


def without_an_episode(files, _made):
    found = lines(files[SHARD])
    starts = [number for number, line in enumerate(found) if b'"is":"Episode"' in line[:20]]
    files[SHARD] = gzip.compress(b"".join(found[: starts[1]] + found[starts[2] :]))


def of_other_run(*names):
    def change(files, made):
        for name in names:
            files[name] = (made.other / name).read_bytes()

    return change


def green_report_of_a_faulty_run(files, made):
    """The faulty run's whole history, under a report that says that all is well."""
    for name in [name for name in files if name.startswith("history/")]:
        del files[name]
    for file in (made.faulty / "history").iterdir():
        files[f"history/{file.name}"] = file.read_bytes()
    head = json.loads(files[HEAD])
    run = json.loads(files[REPORT])["run"]
    head.update({name: run[name] for name in ("started", "seconds", "target_seconds")})
    files[HEAD] = head_bytes(head)


def downgraded(files, _made):
    with_head(profile="quick")(files, _made)
    report = json.loads(files[REPORT])
    report["run"]["profile"] = "quick"
    files[REPORT] = json.dumps(report).encode()


def of_another_target(files, _made):
    found = lines(files[OTHER])
    found[0] = found[0].replace(b'"name":"builtin"', b'"name":"another"')
    files[OTHER] = gzip.compress(b"".join(found))


def polished(files, _made):
    report = json.loads(files[REPORT])
    exercised = next(one for one in report["clauses"] if one["verdict"] == "not_exercised")
    exercised.update(verdict="passed", reason="")
    files[REPORT] = encode(certificate.decode(json.dumps(report).encode()))


def reordered(files):
    files[SHARD], files[OTHER] = files[OTHER], files[SHARD]


def bomb(files, _made):
    files[SHARD] = gzip.compress(bytes(3_000_000))


def drop(name):
    return lambda files, *_: files.pop(name)


def put(name, content):
    return lambda files, *_: files.update({name: content})


def append(name, content):
    return lambda files, *_: files.update({name: files[name] + content})


def link():
    info = zipfile.ZipInfo(REPORT)
    info.external_attr = 0o120777 << 16
    return info


def as_link(made, to):
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in contents(made.good).items():
            archive.writestr(link() if name == REPORT else name, content)


def many_entries(data):
    return data[:-14] + struct.pack("<HH", 60_000, 60_000) + data[-10:]


def other_signature(envelope, made):
    """The certifier's key id, over a stranger's signature."""
    payload = base64.b64decode(envelope["payload"])
    stranger = json.loads(signing.sign(payload, signing.private_key(made.stranger)))
    envelope["signatures"][0]["sig"] = stranger["signatures"][0]["sig"]
    return written(envelope)


def by_a_stranger(envelope, made):
    return signing.sign(base64.b64decode(envelope["payload"]), signing.private_key(made.stranger))


def restated(envelope, _made):
    payload = json.loads(base64.b64decode(envelope["payload"]))
    payload["subject"][0]["name"] = "vcenter"
    return written({**envelope, "payload": base64.b64encode(json.dumps(payload).encode()).decode()})


def flipped_signature(envelope, _made):
    sig = base64.b64decode(envelope["signatures"][0]["sig"])
    envelope["signatures"][0]["sig"] = base64.b64encode(flip(sig, 5)).decode()
    return written(envelope)


def nothing(_files, _made):
    pass


def says(**fields):
    return lambda statement: statement["predicate"].update(fields)


def other_registry(statement):
    statement["predicate"]["configuration"][1]["digest"]["sha256"] = "0" * 64


def other_subject(statement):
    statement["subject"][0]["digest"]["sha256"] = "0" * 64


def no_predicate(statement):
    statement["predicateType"] = "https://slsa.dev/provenance/v1"


def no_digest(statement):
    del statement["subject"][0]["digest"]["sha256"]


TAMPERINGS = {
    # by somebody who has no key: the archive
    "a byte of a stored file": (raw(lambda data: flip(data, data.index(b"taskconform.report/1"))), "CRC"),
    "cut off": (raw(lambda data: data[:-100]), "cut off"),
    "empty": (raw(lambda _: b""), "cut off"),
    "something behind the end": (raw(lambda data: data + b"x"), "something before or behind"),
    "something before the start": (raw(lambda data: b"#!/bin/sh\n" + data), "something before or behind"),
    "no bundle at all": (raw(lambda _: b"-" * 5000), "no bundle"),
    "a comment": (raw(lambda data: data[:-2] + struct.pack("<H", 3) + b"abc"), "before or behind|no bundle"),
    "a directory of many entries": (raw(many_entries), "60000 files"),
    "the name in a local header": (raw(lambda data: data.replace(b"target.json", b"Target.json", 1)), "damaged"),
    "the time of an entry": (zipped(), "not as taskconform writes it"),
    "a symbolic link": (as_link, "not as taskconform writes it"),
    "compressed files": (zipped(compress_type=zipfile.ZIP_DEFLATED), "packed so as to become larger"),
    "a path that leads out": (zipped(("../../evil", b"x")), "may not hold: '../../evil'"),
    "an absolute path": (zipped(("/opt/evil", b"x")), "may not hold: '/opt/evil'"),
    "a path for another system": (zipped(("history\\..\\evil", b"x")), "may not hold"),
    "an unknown file": (zipped(("history/notes.txt", b"x")), "may not hold: 'history/notes.txt'"),
    # the files
    "a byte of the report": (changed(append(REPORT, b" ")), "report.json was changed"),
    "a byte of a shard": (changed(append(SHARD, b"\0")), "shard-00.jsonl.gz was changed"),
    "the target's identity": (changed(put("target.json", b"{}")), "target.json was changed"),
    "the environment": (changed(put("environment.json", b"{}")), "environment.json was changed"),
    "the head": (changed(append(HEAD, b"\n")), "run.json was changed"),
    "a shard left out": (changed(drop(OTHER)), "lacks history/shard-01.jsonl.gz"),
    "the report left out": (changed(drop(REPORT)), "lacks report.json"),
    "shards that changed places": (changed(reordered), "was changed"),
    "an unsigned file": (changed(put("history/trace-000.jsonl.gz", b"x")), "trace-000.* which the statement does not"),
    "waivers that nobody signed": (changed(put("waivers.json", b"{}")), "waivers.json, which the statement does not"),
    "no signature": (changed(drop(ATTESTATION)), "not signed"),
    # the envelope
    "another statement": (enveloped(restated), "signature is not"),
    "a bit of the signature": (enveloped(flipped_signature), "signature is not"),
    "a stranger's signature": (enveloped(by_a_stranger), "signed with another key"),
    "a stranger's signature under our name": (enveloped(other_signature), "signature is not"),
    "no signatures": (enveloped(lambda envelope, _: written({**envelope, "signatures": []})), "0 signatures"),
    "two signatures": (
        enveloped(lambda envelope, _: written({**envelope, "signatures": envelope["signatures"] * 2})),
        "2 signatures",
    ),
    "another type": (enveloped(lambda envelope, _: written({**envelope, "payloadType": "text/plain"})), "text/plain"),
    "blanks in the envelope": (enveloped(lambda envelope, _: written(envelope) + b" "), "not as taskconform writes it"),
    "a field in the envelope": (enveloped(lambda envelope, _: written({**envelope, "x": 1})), "no signed envelope"),
    "no envelope": (enveloped(lambda *_: b"{"), "no signed envelope"),
    # by somebody who has the certifier's signature
    "another run's report": (signed(of_other_run(REPORT)), "of another run than the report: seed"),
    "another run's shards": (signed(of_other_run(SHARD, OTHER)), "another run: its plans|calls of the exploration"),
    "another run's history": (signed(of_other_run(HEAD, SHARD, OTHER)), "of another run than the report: seed"),
    "a shard forgotten": (signed(drop(OTHER)), "lacks its part shard-01"),
    "a shard struck off": (
        signed(lambda files, made: (drop(OTHER)(files), with_head(parts=["shard-00"])(files, made))),
        "lacks shard-01: certify has 2 shards",
    ),
    "a shard that stands in for another": (
        signed(lambda files, _: files.update({OTHER: gzip.compress(gzip.decompress(files[SHARD]))})),
        "shard-01 holds episodes of shard-00",
    ),
    "a part that no run has": (signed(put("history/trace-000.jsonl.gz", b"x")), "does not know"),
    "the last call cut off": (signed(without_last_call), "calls of the exploration"),
    "an episode taken out": (signed(without_an_episode), "lacks its test case 1"),
    "a shard of another target": (signed(of_another_target), "shard-01 is of another target"),
    "a part that unpacks to much more": (signed(bomb), "unpacks to more"),
    "a part that is no gzip": (signed(put(SHARD, b"x")), "shard-00 is damaged"),
    "a record that is none": (signed(put(SHARD, gzip.compress(b'{"is":"Episode"]\n'))), "cannot be read"),
    "another seed": (signed(with_head(seed=7)), "of another run than the report: seed"),
    "other plans": (signed(with_head(plan_digest="sha256:" + "0" * 64)), "another run: its plans"),
    "more in the head": (signed(with_head(note="hidden")), "says something that no run says: 'note'"),
    "a head in another form": (signed(append(HEAD, b"\n")), "written in another way"),
    "a head that is garbled": (signed(with_head(parts=None)), "parts"),
    "a downgraded profile": (signed(downgraded), "profile quick"),
    "a restricted run": (signed(with_head(selected=["create.root"])), "restricted to some clauses"),
    "a green report of a red run": (signed(green_report_of_a_faulty_run), f"{BROKEN}: passed to failed"),
    "a verdict in the report": (signed(polished), "not_exercised|passed to not exercised"),
    "a figure in the report": (signed(with_head(seconds=86_400.5)), "it differs in run"),
    "the target's identity, signed": (signed(put("target.json", b"{}")), "target.json does not say"),
    "the environment, signed": (signed(put("environment.json", b"{}")), "environment.json does not say"),
    "waivers of a run without any": (signed(put("waivers.json", b"{}")), "held against none"),
    "another model": (signed(with_head(suite_digest="sha256:" + "0" * 64)), "another model"),
    "another version": (signed(with_head(version="9.9.9")), "another model.*9.9.9"),
    "no model": (signed(in_head(lambda head: head.pop("suite_digest"))), "does not say which code"),
    "another registry": (signed(nothing, other_registry), "another registry"),
    "another subject": (signed(nothing, other_subject), "another subject"),
    "another list of tests": (signed(nothing, says(passedTests=["create.root"])), "differs in passedTests"),
    "another result": (signed(nothing, says(result="WARNED")), "differs in result"),
    "another predicate": (signed(nothing, no_predicate), "not a test result"),
    "a subject without a digest": (signed(nothing, no_digest), "without its SHA-256"),
}
OF_OTHERS = {"another model", "another version", "no model", "another registry"}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_named_and_rejected(made, tmp_path, monkeypatch, name):
    """And nothing is written outside of the folder for it, or left there."""
    monkeypatch.setattr(inspection, "LARGEST_LINE", 2_000_000)
    monkeypatch.setattr(certificate.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    tamper, named = TAMPERINGS[name]
    tamper(made, tmp_path / "tampered.zip")
    before = sorted(tmp_path.rglob("*"))
    assert (tmp_path / "tampered.zip").read_bytes() != made.good.read_bytes()
    expected = Refused if name in OF_OTHERS else Rejected
    with pytest.raises(expected, match=named) as problem:
        verified(made, tmp_path / "tampered.zip")
    assert "\n" not in str(problem.value)
    if name not in {*OF_OTHERS, "a downgraded profile", "a restricted run"}:
        assert problem.value.exit_code == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_there_are_more_than_thirty():
    assert len(TAMPERINGS) > 30


def test_a_second_entry_of_a_name_is_found(made, tmp_path):
    path = tmp_path / "twice.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        zipped((REPORT, b"{}"))(made, path)
    with pytest.raises(Rejected, match=r"holds report\.json twice"):
        verified(made, path)


def test_any_byte_counts(made, tmp_path):
    """Bytes all over the bundle, each changed by itself: of headers, files, directory and end."""
    data = made.good.read_bytes()
    places = {*range(0, len(data), len(data) // 60), *range(30), *range(len(data) - 90, len(data))}
    path = tmp_path / "one-byte.zip"
    taken = []
    for place in sorted(places):
        path.write_bytes(flip(data, place))
        try:
            verified(made, path)
        except Rejected:
            continue
        taken.append(place)
    assert taken == []


# --- what is not certified --------------------------------------------------------------------------------------------


def refusal(made, folder, error=Rejected, **given):
    """What is said of a folder that is not certified, and its exit code; no bundle is left."""
    out = made.folder / "refused.zip"
    with pytest.raises(error) as problem:
        certificate.certify(folder, signing.private_key(made.key), out, given.pop("on", today()), silent, **given)
    assert not list(made.folder.glob("*refused*"))
    return str(problem.value), problem.value.exit_code


def copy(made, tmp_path):
    return shutil.copytree(made.run, tmp_path / "copy")


def test_a_divergence_is_not_certified(made):
    said, code = refusal(made, made.faulty)
    assert said.startswith("The target diverges from 1 clause")
    assert code == 1


def test_another_profile_is_not_certified(made, tmp_path):
    said, code = refusal(made, recorded(tmp_path / "quick", profile="quick"))
    assert said == "the report is of a run with profile quick; a certificate wants certify"
    assert code == 3


def test_an_undecided_run_is_not_certified(tmp_path, made, monkeypatch):
    monkeypatch.setitem(PROFILES, "certify", replace(certifying_machine.TINY, exercised=3))
    said, code = refusal(made, recorded(tmp_path / "undecided"))
    assert code == 2, said


def test_a_restricted_run_is_not_certified(made, tmp_path):
    said, code = refusal(made, recorded(tmp_path / "some", selected=frozenset({"create.root", "create.parent"})))
    assert "--clauses" in said
    assert code == 3


def test_what_no_run_wrote_is_not_certified(made, tmp_path):
    said, code = refusal(made, tmp_path)
    assert "no folder that a run wrote" in said
    assert code == 3


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda run: (run / OTHER).unlink(), "lacks its part shard-01"),
        (lambda run: (run / "history" / "notes").write_text("x"), "holds notes"),
        (lambda run: (run / REPORT).write_bytes((run / REPORT).read_bytes() + b" "), "written in another way"),
        (lambda run: shutil.rmtree(run / "history"), "no history"),
    ],
)
def test_a_history_that_does_not_give_the_report_is_not_certified(made, tmp_path, change, named):
    folder = copy(made, tmp_path)
    change(folder)
    said, code = refusal(made, folder)
    assert named in said
    assert code == 1


@pytest.fixture
def waivers(tmp_path, made):
    """A file that waives what the faulty run shows."""
    (found,) = [one for one in certificate.decode((made.faulty / REPORT).read_bytes()).clauses if one.divergences]
    text = "".join(
        f'[[waiver]]\nclause = "{found.id}"\nsignature = "{one.signature}"\nreason = "known"\nowner = "ana"\n'
        f'target = {{name = "builtin", version = "8.0.3"}}\nexpires = {today() + timedelta(days=30)}\n'
        for one in found.divergences
    )
    file = tmp_path / "waivers.toml"
    file.write_text(text)
    return load(file, today())


def test_waivers_are_in_the_bundle_and_hold_until_they_expire(made, tmp_path, waivers):
    waived = recorded(tmp_path / "waived", RENAMING, waivers=waivers)
    path = tmp_path / "waived.zip"
    certificate.certify(waived, signing.private_key(made.key), path, today(), silent)
    found = verified(made, path).statement["predicate"]
    assert (found["result"], found["warnedTests"]) == ("WARNED", [BROKEN])
    held = json.loads(zipfile.ZipFile(path).read("waivers.json"))
    assert {one["owner"] for one in held["waivers"]} == {"ana"}
    later = today() + timedelta(days=31)
    with pytest.raises(Rejected, match=f"on {later} the waiver is expired"):
        verified(made, path, on=later)
    said, code = refusal(made, waived, on=later)
    assert "expired" in said
    assert code == 1


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"reason": ""}, "its reason is not filled in"),
        ({"owner": " "}, "its owner is not filled in"),
        ({"expires": "9999-12-31"}, "at most 180 days ahead"),
        ({"target": {"name": "builtin"}}, "a name does not do"),
        ({"target": {"version": ">=x"}}, "no range of versions"),
    ],
)
def test_a_waiver_that_no_file_can_hold_is_not_certified(made, tmp_path, waivers, fields, named):
    waived = recorded(tmp_path / "waived", RENAMING, waivers=waivers)
    history = waived / "history"
    head = json.loads((history / "run.json").read_bytes())
    head["waivers"]["waivers"][0].update(fields)
    (history / "run.json").write_bytes(head_bytes(head))
    with pytest.raises(HistoryError, match=named):
        judge(history, silent)
    said, code = refusal(made, waived)
    assert named in said
    assert code == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (drop("waivers.json"), r"lacks waivers\.json"),
        (put("waivers.json", b"{}"), r"waivers\.json does not say"),
    ],
)
def test_waivers_are_missed(made, tmp_path, waivers, change, named):
    waived, path = recorded(tmp_path / "waived", RENAMING, waivers=waivers), tmp_path / "waived.zip"
    certificate.certify(waived, signing.private_key(made.key), path, today(), silent)
    files = contents(path)
    change(files)
    resigned(made, files)
    packed(files, path)
    with pytest.raises(Rejected, match=named):
        verified(made, path)


def test_a_stale_waiver_is_not_certified(made, tmp_path, waivers):
    said, code = refusal(made, recorded(tmp_path / "stale", waivers=waivers))
    assert "the waiver is stale" in said
    assert code == 1


def test_another_binary_than_the_adapter_saw_is_not_certified(made):
    report = certificate.decode((made.run / REPORT).read_bytes())
    seen = certificate.msgspec.structs.replace(report.target, identity={"sha256": "ab" * 32})
    report = certificate.msgspec.structs.replace(report, target=seen)
    certificate._same_binary(report, [{"name": "binary", "digest": {"sha256": "ab" * 32}}])
    with pytest.raises(Rejected, match="against the binary"):
        certificate._same_binary(report, [{"name": "binary", "digest": {"sha256": "cd" * 32}}])


# --- keys -------------------------------------------------------------------------------------------------------------


def test_keys_are_encrypted_private_and_never_overwritten(made, monkeypatch):
    key = made.folder / "key.pem"
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(Refused, match="File exists"):
        signing.make_key(key)
    monkeypatch.setenv(signing.PASSPHRASE, "wrong")
    with pytest.raises(Refused, match="passphrase"):
        signing.private_key(key)
    monkeypatch.delenv(signing.PASSPHRASE)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(Refused, match=f"set {signing.PASSPHRASE}"):
        signing.private_key(key)


def test_other_keys_are_refused(made, tmp_path):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = serialization.Encoding.PEM
    none = serialization.NoEncryption()
    (tmp_path / "rsa").write_bytes(other.private_bytes(pem, serialization.PrivateFormat.PKCS8, none))
    public = other.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "rsa.pub").write_bytes(public)
    (tmp_path / "text").write_text("none")
    for read, name, named in (
        (signing.private_key, tmp_path / "rsa", "no Ed25519 key"),
        (signing.public_key, tmp_path / "rsa.pub", "no Ed25519 key"),
        (signing.private_key, tmp_path / "text", "no private key in PEM"),
        (signing.public_key, tmp_path / "text", "no public key in PEM"),
        (signing.public_key, made.key, "is a private key"),
        (signing.private_key, tmp_path / "nowhere", "cannot read"),
    ):
        with pytest.raises(Refused, match=named):
            read(name)


def test_the_key_is_not_in_the_bundle(made):
    data = made.good.read_bytes()
    assert b"PRIVATE" not in data
    assert PASSPHRASE.encode() not in data
    key = serialization.load_pem_private_key(made.key.read_bytes(), PASSPHRASE.encode())
    seed = key.private_bytes_raw()
    assert seed not in data
    assert base64.b64encode(seed) not in data
    assert seed.hex().encode() not in data


# --- another machine --------------------------------------------------------------------------------------------------


def test_another_machine_with_the_wheel_alone_verifies(made, wheel, tmp_path):  # noqa: F811 -- the fixture
    """A fresh environment: the wheel in it, the packages that it needs beside it, another home, another folder, and no
    way to what this machine has of ours."""
    machine = tmp_path / "machine"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", machine], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = machine / "lib" / version / "site-packages"
    wheel.extractall(site)
    (site / "needed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    elsewhere, home = tmp_path / "elsewhere", tmp_path / "home"
    elsewhere.mkdir()
    home.mkdir()
    shutil.copy(made.good, elsewhere / "bundle.zip")
    shutil.copy(made.folder / "key.pem.pub", elsewhere / "certifier.pub")
    data = made.good.read_bytes()
    (elsewhere / "tampered.zip").write_bytes(flip(data, len(data) // 2))
    source = Path(certifying_machine.__file__).read_text()

    def there(program, *words):
        return subprocess.run(
            [machine / "bin" / "python", "-I", "-c", program, *words],
            cwd=elsewhere,
            env={"HOME": str(home), "PATH": os.defpath, "TMPDIR": str(tmp_path), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=170,
        )

    whose = there(
        "from taskconform.model.oracle import belief; from taskconform.conformance.engine import run; "
        "print(belief, run)"
    )
    assert whose.stdout.count(str(site)) == 2, whose.stderr
    done = there(source, "verify", "bundle.zip", "--key", "certifier.pub")
    assert done.returncode == 0, done.stderr
    assert "VERIFIED: builtin" in done.stdout
    tampered = there(source, "verify", "tampered.zip", "--key", "certifier.pub")
    assert tampered.returncode == 1
    assert tampered.stderr.startswith("taskconform: the bundle is damaged")
    assert sorted(path.name for path in elsewhere.iterdir()) == ["bundle.zip", "certifier.pub", "tampered.zip"]
    assert list(home.iterdir()) == []


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_commands_of_the_page_do_what_it_says(tmp_path):
    """All of them, as typed, one after the other; only OpenSSL is told where its passphrase is."""
    page = (ROOT / "docs" / "certifying.md").read_text()
    typed = [line[2:].split() for line in page.splitlines() if line.startswith("$ ")]
    here = {**os.environ, "PYTHONPATH": str(TESTS / "support"), "COLUMNS": "200"}
    done = []
    for program, *words in typed:
        command = [sys.executable, "-m", "certifying_machine", *words]
        if program == "openssl":
            if shutil.which("openssl") is None:
                continue
            given = "-pass" if words[0] == "genpkey" else "-passin"
            command = [program, *words, given, f"env:{signing.PASSPHRASE}"]
        found = subprocess.run(
            command, cwd=tmp_path, env=here, capture_output=True, text=True, check=False, timeout=170
        )
        assert found.returncode == 0, (program, words, found.stderr)
        done.append((program, words[0], found.stdout))
    first = done[0][2]
    assert first in page
    assert [words for program, words, _ in done if program == "taskconform"] == ["certify", "run", "certify", "verify"]
    assert "VERIFIED: builtin" in done[-1][2]
