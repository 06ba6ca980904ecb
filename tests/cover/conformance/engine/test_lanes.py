"""Lanes: several episodes at a time bring what one after the other would."""

import gzip
import time

import pytest

from taskconform.conformance.engine.plan import draw_shard, explorations
from taskconform.conformance.engine.profile import Shard
from taskconform.conformance.engine.schedule.lanes import Lanes, Performed, Turns, borrowed
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.errors import TargetUnreachable
from taskconform.conformance.targets.simulated import BuiltinTarget
from taskconform.conformance.targets.simulator import Simulator
from taskconform.model.vocabulary.words import evolve

LIVES, HISTORIES = Shard(theme="lives", rounds=2), Shard(theme="histories", rounds=1)


class CancelsAnything(Simulator):
    """Cancels tasks that are not cancelable."""

    def may_cancel(self, task):
        return True


class Settling(BuiltinTarget):
    """A target whose clock cannot be moved, and that has to be given time; it notes down who is in it."""

    inside = 0
    most = 0

    def __init__(self, options=None):
        super().__init__(options or {}, simulator_class=CancelsAnything)
        capabilities = tuple(one for one in self._declaration.capabilities if one != "clock")
        self._declaration = evolve(self._declaration, capabilities=capabilities, settling=0.01, apart=0.01)

    def perform(self, call):
        Settling.inside += 1
        Settling.most = max(Settling.most, Settling.inside)
        try:
            return super().perform(call)
        finally:
            Settling.inside -= 1


class Gone(Settling):
    """Goes away after so many calls."""

    left = 200

    def perform(self, call):
        self.left -= 1
        if self.left < 0:
            message = "it went away"
            raise TargetUnreachable(message)
        return super().perform(call)


def episodes(shard):
    return explorations("shard-03", shard, draw_shard(3, shard, 5))


def nap(_seconds):
    """A rest that is long enough for the other lane to go on."""
    time.sleep(0.001)


def run(targets, *, shard=HISTORIES, rest=lambda _: None, heed=lambda: None):
    records, total = [], Performed()
    lanes = Lanes(count=len(targets), target=borrowed(targets), turns=Turns(), alike=True, heed=heed, rest=rest)
    for performed in lanes.run(episodes(shard)):
        records += performed.records
        total.add(performed)
    return records, total


def test_two_lanes_bring_what_one_does_in_the_same_order():
    alone, one = run([Settling()], shard=LIVES)
    records, two = run([Settling(), Settling()], shard=LIVES)
    assert records == alone
    assert (two.tally, two.calls) == (one.tally, one.calls)
    assert one.tally.shortest
    assert list(two.tally.examples) == list(one.tally.examples)


def test_a_worker_brings_the_same_with_another_target_beside_it(tmp_path):
    brought = []
    for name, beside in (("alone", None), ("beside", Settling)):
        (tmp_path / name).mkdir()
        worker = Worker(Settling(), tmp_path / name, beside)
        done = worker.explore(3, LIVES, 5)
        worker.close()
        content = gzip.decompress((tmp_path / name / "shard-03.jsonl.gz").read_bytes())
        brought.append((content, done.tally, done.digest, done.calls))
    assert brought[0] == brought[1]


def test_one_goes_on_while_the_other_rests_and_never_both_at_once():
    sleepers, most = [], []

    def rest(seconds):
        sleepers.append(None)
        most.append(len(sleepers))
        nap(seconds)
        sleepers.pop()

    Settling.most = 0
    _, lanes = run([Settling(), Settling()], rest=rest)
    assert Settling.most == 1
    assert max(most) == 2
    assert lanes.target_seconds > 0


def test_a_lane_that_breaks_off_ends_the_others():
    with pytest.raises(TargetUnreachable, match="it went away"):
        run([Settling(), Gone()], rest=nap)


def test_an_interrupt_ends_all_lanes():
    heeded = []

    def heed():
        heeded.append(None)
        if len(heeded) > 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([Settling(), Settling()], heed=heed, rest=nap)
    assert len(heeded) < 310
