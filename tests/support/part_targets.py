"""Targets that have a part of the API, or lose answers; and a run of few calls, in this process."""

from __future__ import annotations

from taskconform.conformance.engine.profile import PROFILES, Profile, Shard
from taskconform.conformance.engine.run import run
from taskconform.conformance.engine.settings import Settings
from taskconform.conformance.targets.builtin import BuiltinTarget
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.outcomes import Fault, Faulted, Lost

FEW = Profile(
    name="quick",
    exercised=1,
    shards=(
        Shard(theme="lives", budget=400, steps=40),
        Shard(theme="services", rounds=1),
    ),
    confirmations=2,
    loop=2,
)
"""A profile that takes seconds."""


def short_run(monkeypatch, folder, target, profile_=FEW, **more):
    """Run few calls on an open target, in this process."""
    monkeypatch.setitem(PROFILES, "quick", profile_)
    folder.mkdir(exist_ok=True)
    given = {"target": "part", "options": {}, "profile": "quick", "seed": 1, "workers": 1, "folder": folder}
    return run(Settings(**(given | more)), lambda *_: None, target)


NOT_SUPPORTED = Fault(kind="NotSupported", kinds=("NotSupported", "RuntimeFault", "MethodFault"))


class Part(BuiltinTarget):
    """The built-in target, but for calls that it answers with NotSupported, and others whose answers are lost."""

    def __init__(self, refuses=lambda _: False, loses=lambda _: False):
        super().__init__({})
        self.refuses, self.loses = refuses, loses

    def perform(self, call):
        if self.refuses(call):
            at = super().perform(c.ReadMaxCollector(session=c.NOBODY)).at
            return Faulted(fault=NOT_SUPPORTED, at=at)
        outcome = super().perform(call)
        return Lost(why="the answer is no XML", at=outcome.at) if self.loses(call) else outcome

    def perform_together(self, calls):
        return [self.perform(call) for call in calls]


def without_extensions(_options):
    """No RegisterExtension."""
    return Part(refuses=lambda call: isinstance(call, c.RegisterExtension))


def without_login(_options):
    """No Login."""
    return Part(refuses=lambda call: isinstance(call, c.Login))


def without_second_login(_options):
    """No Login but the first account's."""
    return Part(refuses=lambda call: isinstance(call, c.Login) and call.account != "primary")


def without_create_answers(_options):
    """Every answer of CreateTask is lost."""
    return Part(loses=lambda call: isinstance(call, c.CreateTask))
