"""Runs of the suite on a conforming server, over the wire, in bad weather. Nothing may be found that is not there."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from storm_others import Ender, Neighbour
from storm_proxy import EVENTS, Weather, proxied

from taskconform.conformance.engine.profile import Profile, Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.targets.protocol import TargetUnreachable
from taskconform.conformance.targets.soap import connect as soap
from taskconform.conformance.verdicts.decide import interpretations
from taskconform.conformance.verdicts.judgement import Tally

KINDS = ("network", "neighbour", "ended", "restarted", "all")
"""What the weather can be: the network's, a neighbour, sessions that somebody ends, a server that restarts."""

THEMES = ("lives", "histories", "services", "watches")
CONFIRM = Profile(name="storm", exercised=1, shards=(), confirmations=5, loop=10, trials=40)
PASSWORDS = {"TASKCONFORM_PASSWORD": "primary", "TASKCONFORM_SECOND_PASSWORD": "second"}


class Server:
    """`taskconform serve`, in a process of its own, that can be restarted on its port; its state is then gone."""

    def __init__(self):
        self.process = None
        self.url = ""
        self.start(0)

    def start(self, port):
        command = [sys.executable, "-m", "taskconform.conformance", "serve", "--no-tls", "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        urls = [word.partition("=")[2] for word in line.split() if word.startswith("url=")]
        if not urls:
            message = f"the server did not start: {line!r}, exit code {self.process.wait(20)}"
            raise RuntimeError(message)
        self.url = urls[0]

    def restart(self):
        port = int(self.url.rpartition(":")[2].partition("/")[0])
        self.stop(signal.SIGKILL)
        for _ in range(5):  # the port may not be free at once
            try:
                return self.start(port)
            except RuntimeError:
                time.sleep(0.5)
        return None

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(20)
        self.process.stdout.close()


@contextmanager
def serving():
    """A server for as long as the context lasts."""
    server = Server()
    try:
        yield server
    finally:
        server.stop()


@dataclass(kw_only=True)
class Weathered:
    """What one run came to: the signatures it sighted, those of them that fresh runs showed again, what got lost."""

    kind: str
    seed: int
    sighted: dict[str, str] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    live: int = 0
    calls: int = 0
    lost: int = 0
    why: dict[str, int] = field(default_factory=dict)
    happened: dict[str, int] = field(default_factory=dict)
    broke_off: str = ""
    no_reading: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def alarms(self):
        """What a report would call failed."""
        return [*self.again, *self.no_reading]


def weathered(kind, seed, server, *, rate=0.03, budget=150, themes=THEMES):
    """One run of a share of the suite's plans in this weather; what it found."""
    os.environ.update(PASSWORDS)
    weather = Weather(seed=seed, rate=rate if kind in {"network", "all"} else 0.0, events=EVENTS, calm=True)
    result = Weathered(kind=kind, seed=seed)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        proxy = stack.enter_context(proxied(server.url, weather))
        if kind in {"neighbour", "all"}:
            stack.enter_context(Neighbour(server.url, "second", seed, 0.03).busy())
        options = {"second-user": "second", "settling": "0.05", "timeout": "5"}
        if kind in {"network", "ended", "restarted"}:
            options["i-own-this-server"] = "yes"
        else:
            options["rate"] = "100000"
        target = soap.open_target(proxy.url.replace("http://", "http://primary@"), options)
        try:
            if kind in {"ended", "all"}:
                stack.enter_context(Ender(server.url, "second", seed, 3.0).busy())
            if kind == "restarted":
                stack.enter_context(_restarts(server, seed))
            weather.calm = False
            _explore(result, Worker(target, folder), seed, budget, themes)
        except TargetUnreachable as reason:
            result.broke_off = str(reason)
        finally:
            weather.calm = True
            target.close()
    result.happened = weather.happened
    result.seconds = time.monotonic() - began
    return result


def _explore(result, worker, seed, budget, themes):
    """Explore a little of every theme; reduce and confirm what was sighted."""
    tally = Tally()
    try:
        for number, theme in enumerate(themes):
            tally.add(worker.explore(number, Shard(theme=theme, budget=budget, steps=12), seed).tally)
    finally:
        result.live, result.calls, result.lost = sum(tally.exercised.values()), tally.total_calls, tally.lost.total()
        result.why = dict(tally.lost)
        result.sighted = {signature: sighting.broken.observed for signature, sighting in tally.shortest.items()}
        result.no_reading = _without_reading(tally)
    for number, sighting in enumerate(sorted(tally.shortest.values(), key=lambda one: one.broken.signature)):
        tally.add(worker.shrink(number, sighting, CONFIRM).tally)
    result.again = [signature for signature, runs in tally.confirmed.items() if any(runs)]


def _without_reading(tally):
    """Q clauses of which no reading is left."""
    return [reading.id for reading in interpretations(tally) if not reading.left]


@contextmanager
def _restarts(server, seed):
    """The server is killed once, somewhere in the run, and comes back without anything it knew."""
    stopped = threading.Event()
    after = 1.0 + 6.0 * random.Random(seed).random()  # noqa: S311  # no secrets

    def strike():
        if not stopped.wait(after):
            server.restart()

    thread = threading.Thread(target=strike, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(30)
