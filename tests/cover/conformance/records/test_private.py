"""Names that are private stand in no file that is written: not in a history, a report, a script, a bundle."""

from __future__ import annotations

import gzip
import zipfile

import certifying_machine
import pytest

from taskconform.conformance.certification import certificate, signing
from taskconform.conformance.engine.profile import PROFILES
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import DoesNotConform, TargetMisnamed
from taskconform.conformance.pytest.vendor import run_conformance
from taskconform.conformance.records.delivery import prepared, write
from taskconform.conformance.records.private import Discreet, Names, split
from taskconform.conformance.records.traces import make_traces
from taskconform.conformance.targets import naming
from taskconform.conformance.targets.simulated import BuiltinTarget
from taskconform.conformance.targets.simulator import Simulator
from taskconform.conformance.verdicts.offline import judge
from taskconform.conformance.verdicts.waivers import today
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Interval, Lost
from taskconform.model.vocabulary.words import evolve
from taskconform.reports.document import encode

HOST, MACHINE = "esx-42.secret.example", "Payroll Server"


def silent(*_):
    pass


class Renaming(Simulator):
    """A simulator that gives every entity the same name, and says where it runs."""

    def bind_entity(self, task, obj):
        super().bind_entity(task, obj)
        if task.entity_name is not None:
            task.entity_name = HOST.upper()


def telling(_options, simulator=Simulator):
    """The built-in target, with private names in all that it says of itself."""
    target = BuiltinTarget({}, simulator)
    declared = target.declaration
    target._declaration = evolve(
        declared,
        name=f"https://root@{HOST}/sdk",
        about=evolve(declared.about, full_name=f"vCenter on {HOST}"),
        identity={"host": HOST, "machine": MACHINE.lower()},
    )
    return target


def wrong(options):
    return telling(options, Renaming)


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(PROFILES, "certify", certifying_machine.TINY)
    monkeypatch.setenv(signing.PASSPHRASE, "")


def recorded(out, factory, private):
    """A run whose command line names the host, in a folder."""
    names, _ = split({"private": private} if private else {})
    settings = Settings(
        target=f"https://root@{HOST}/sdk",
        options={"private": private} if private else {},
        profile="certify",
        seed=0,
        workers=1,
        folder=prepared(out),
    )
    target = factory({})
    finished = run(settings, silent, Discreet(target, names) if names else target)
    write(finished, make_traces(finished.tally, finished.declaration), settings.folder, out)
    return finished


def texts(folder):
    """Every file below a folder, as text, those inside of others too."""
    found = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = {path.name: path.read_bytes()}
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                data = {f"{path.name}/{name}": archive.read(name) for name in archive.namelist()}
        for name, content in data.items():
            plain = gzip.decompress(content) if name.endswith(".gz") else content
            found[name] = (name + plain.decode()).lower()
            if name.endswith("dsse.json"):
                found[name] += certificate._canonical(signing.opened(content, KEYS[0])).decode().lower()
    return found


KEYS = []


@pytest.mark.parametrize("factory", [telling, wrong])
def test_private_names_stand_in_no_file(tmp_path, factory):
    """And verdicts, plans and calls are what they were; judged again, the report is the same."""
    open_, secret = tmp_path / "open", tmp_path / "secret"
    plain = recorded(open_, factory, "")
    assert any(HOST in text for text in texts(open_).values())
    assert any(MACHINE.lower() in text for text in texts(open_).values())
    hidden = recorded(secret, factory, f"{HOST},{MACHINE}")
    if factory is telling:
        signing.make_key(tmp_path / "key.pem")
        signer = signing.private_key(tmp_path / "key.pem")
        KEYS[:] = [signer.public_key]
        certificate.certify(secret, signer, secret / "bundle.zip", today(), silent)
        certificate.verify(secret / "bundle.zip", signer.public_key, today(), silent)
    written = texts(secret)
    kinds = ("run.json", "shard-00.jsonl.gz", "report.json", "junit.xml", "summary.md")
    assert set(kinds) <= written.keys()
    more = "bundle.zip/attestation.dsse.json" if factory is telling else "create.entity_CreateTask.value_entityName.py"
    assert more in written
    for name, text in written.items():
        assert HOST not in text, name
        assert MACHINE.lower() not in text, name
    assert any("private-1" in text for text in written.values())
    assert "https://root@private-1/sdk" in hidden.report.run.command
    assert "private=private-1,private-2" in hidden.report.run.command
    assert hidden.report.run.plan_digest == plain.report.run.plan_digest
    assert hidden.report.run.calls == plain.report.run.calls
    verdicts = [[(one.id, one.verdict, one.live) for one in run_.report.clauses] for run_ in (plain, hidden)]
    assert verdicts[0] == verdicts[1]
    assert encode(judge(secret / "history", silent).report) == encode(hidden.report)


def test_a_target_is_opened_discreetly():
    opened = naming.open_named("builtin", {"private": "taskconform simulated", "cap": "100"})
    assert opened.declaration.about.name == "private-1 vCenter Server"
    assert opened.declaration.cap == 100
    assert opened.declaration is opened.declaration
    assert opened.socket_seconds == 0.0
    opened.close()


def test_a_factory_is_opened_discreetly(tmp_path):
    with pytest.raises(DoesNotConform) as problem:
        run_conformance(wrong, profile="certify", out=tmp_path / "out", options={"private": f"{HOST},{MACHINE}"})
    assert HOST not in str(problem.value).lower()
    assert not [name for name, text in texts(tmp_path).items() if HOST in text]


def test_what_goes_in_has_its_names():
    names = Names(["db", "db.example.org", "www"])
    assert names.hide("DB.example.org www db") == "private-2 private-3 private-1"
    assert names.show("private-2 private-3 private-1 private-4") == "db.example.org www db private-4"
    call = calls.CreateTask(
        session="main", obj=calls.ObjectRef(type="HostSystem", value="db"), task_type_id="x", cancelable=True
    )
    hidden = names.hide_in(call)
    assert hidden.obj.value == "private-1"
    assert names.show_in(hidden) == call
    assert names.show_in(call) is call
    lost = Lost(why="no answer", at=Interval(earliest=0, latest=1))
    assert names.hide_in(lost) is lost


@pytest.mark.parametrize("given", ["", "abc", "host-1,,host-2", "private-1", "a\nbcd", 'say "this"'])
def test_names_that_make_no_sense_are_refused(given):
    with pytest.raises(TargetMisnamed, match="private is a list of names"):
        split({"private": given})
