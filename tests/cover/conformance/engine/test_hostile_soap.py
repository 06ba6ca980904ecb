"""A hostile server over SOAP: whatever it answers, the run ends, and its files hold what it said as data."""

from __future__ import annotations

import io
import sys
from contextlib import suppress

import pytest
from hostile import OWNED
from hostile_proxy import hostile_proxy
from served import serving
from test_hostile_answers import ANSWERS, PARSERS, harmless

from taskconform.conformance.cli.terminal import deliver
from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.errors import BrokenOff, TargetUnreachable
from taskconform.conformance.records.delivery import prepared
from taskconform.conformance.targets.soap import connect
from taskconform.conformance.verdicts.offline import judge
from taskconform.reports.document import decode

SECRET = "a-password-that-stands-nowhere-else-51c9"
SHARD = Shard(theme="lives", budget=ANSWERS, steps=12)
SHORT = Profile(name="quick", exercised=1, shards=(SHARD,), confirmations=1, loop=0, trials=1)
OPTIONS = {"i-own-this-server": "yes", "settling": "0", "timeout": "20"}


@pytest.fixture(scope="module", params=range(1))
def written(request, tmp_path_factory):
    """The folder of a run against a hostile server, and what the run printed."""
    folder = tmp_path_factory.mktemp("soap")
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(passwords={"primary": SECRET}) as served,
        hostile_proxy(served.parts.hostname, served.parts.port, request.param, 0.15) as proxy,
    ):
        patch.chdir(folder)
        patch.setenv("TASKCONFORM_PASSWORD", SECRET)
        patch.setitem(PROFILES, "quick", SHORT)
        patch.setattr("sys.stdout", io.StringIO())
        url = f"http://primary@127.0.0.1:{proxy.server_port}/sdk"
        target = connect.open_target(url, OPTIONS)
        out = folder / "out"
        settings = Settings(
            target=url, options=OPTIONS, profile="quick", seed=request.param, workers=1, folder=prepared(out)
        )
        proxy.is_hostile = True
        try:
            finished = run(settings, lambda *_: None, target)
        finally:
            proxy.is_hostile = False
            target.close()
        deliver(finished, settings.folder, out)
        assert proxy.given > ANSWERS / 10
        return folder, sys.stdout.getvalue()


def test_the_files_are_data(written):
    folder, printed = written
    harmless(printed)
    assert [each.name for each in folder.iterdir()] == ["out"]
    assert not list(folder.rglob(f"*{OWNED}*"))
    for file in folder.rglob("*"):
        if file.is_file():
            assert SECRET.encode() not in file.read_bytes()
        if file.is_file() and file.suffix != ".gz":
            PARSERS[file.suffix](file)


def test_it_is_judged_again_alike(written):
    folder, _ = written
    stored = decode((folder / "out" / "report.json").read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PROFILES, "quick", SHORT)
        assert judge(folder / "out" / "history", lambda *_: None).report == stored


@pytest.mark.parametrize("seed", range(12))
def test_opening_ends(monkeypatch, seed):
    """A server that is hostile from the start is refused, or opened."""
    monkeypatch.setenv("TASKCONFORM_PASSWORD", SECRET)
    with (
        serving(passwords={"primary": SECRET}) as served,
        hostile_proxy(served.parts.hostname, served.parts.port, seed, 0.3) as proxy,
    ):
        proxy.is_hostile = True
        with suppress(TargetUnreachable, BrokenOff):
            connect.open_target(f"http://primary@127.0.0.1:{proxy.server_port}/sdk", OPTIONS).close()
