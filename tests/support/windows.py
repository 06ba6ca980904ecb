"""Windows: what recorders leave of what passed between conforming servers and their clients.

A corpus is recorded at servers that behave in ways that the pages allow, each with several clients at once: two that
perform plans of ours, and one that works as pyVmomi and govc do. A window is a piece of it, with what recorders do to
it: calls are missing, cookies masked, archives of several servers merged, times gone, answers late, entries damaged.
None may be accused of anything.
"""

from __future__ import annotations

import os
import random
import re
import tempfile
import threading
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl
from served import serving
from storm import PASSWORDS
from storm_proxy import Weather, proxied

from taskconform.conformance.engine.profile import Shard
from taskconform.conformance.engine.schedule.worker import Worker
from taskconform.conformance.records.recordings.episode import declaration_of, records_of
from taskconform.conformance.records.recordings.judging import transcripts_of
from taskconform.conformance.records.recordings.wire import Recorded, Recording
from taskconform.conformance.serve.options import Options
from taskconform.conformance.serve.variants import drawn, with_variants
from taskconform.conformance.targets.soap import connect as soap
from taskconform.conformance.verdicts.judgement import judge_records

THEMES = ("lives", "watches", "histories", "services")
SHORTEST, LONGEST = 3, 60
_COOKIE = re.compile(r'(vmware_soap_session="?)([^";]+)')


# --- the corpus -------------------------------------------------------------------------------------------------------


def corpus(
    seed: int, servers: int, budget: int, *, clients: int = 2, themes: tuple[str, ...] = THEMES
) -> list[list[Recorded]]:
    """Record so many servers, each another drawn variant, with so many clients that plan so many calls of these themes
    each, and, if there are several, one of others."""
    return [_recorded(seed * 1000 + number, budget, clients, themes) for number in range(servers)]


def _recorded(seed: int, budget: int, clients: int, themes: tuple[str, ...]) -> list[Recorded]:
    """What passed between one server and its clients, in the order in which the requests were sent."""
    os.environ.update(PASSWORDS)
    varied = with_variants(Options(tls=False), drawn(seed)) if seed % 4 else Options(tls=False)
    options = {name: getattr(varied, name) for name in varied.__dataclass_fields__}
    with serving(**options) as server, proxied(server.url, Weather(seed=0), record=True) as proxy:
        threads = [
            threading.Thread(target=_plans, args=(proxy.url, seed * 2 + one, budget, themes)) for one in range(clients)
        ]
        if clients > 1:
            threads.append(threading.Thread(target=_others, args=(proxy.url, seed, budget)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(240)
        passed = sorted(proxy.recorded, key=lambda one: one.started)
    host = f"https://server-{seed}.example/sdk"
    return [
        Recorded(
            request=one.request,
            answer=one.answer,
            url=host,
            status=one.status,
            request_headers={name.lower(): value for name, value in one.request_headers},
            answer_headers={name.lower(): value for name, value in one.answer_headers},
            started=int(one.started * 1_000_000),
            ended=int((one.started + one.seconds) * 1_000_000) + 1,
        )
        for one in passed
        if b"Envelope" in one.request
    ]


def _plans(url: str, seed: int, budget: int, themes: tuple[str, ...]) -> None:
    """Perform plans of ours, as a client among others."""
    options = {"second-user": "second", "settling": "0", "rate": "100000", "timeout": "20"}
    target = soap.open_target(url.replace("http://", "http://primary@"), options)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for number, theme in enumerate(themes):
                shard = Shard(theme=theme, budget=budget // len(themes), steps=8)
                Worker(target, Path(folder)).explore(number, shard, seed)
    finally:
        target.close()


def _others(url: str, seed: int, budget: int) -> None:
    """Work as clients of others do: operations, container views, waits of every kind on one collector."""
    chance = random.Random(seed)  # noqa: S311  # nothing secret
    host, _, port = url.partition("://")[2].partition("/")[0].partition(":")
    instance = SmartConnect(protocol="http", host=host, port=int(port), user="second", pwd="second")
    try:
        for _ in range(budget // 20):
            try:
                chance.choice((_operate, _watch_recent, _look_around, _mixed_waits))(instance.content, chance)
            except (vmodl.MethodFault, vim.fault.VimFault, IndexError):
                continue
    finally:
        Disconnect(instance)
        instance._stub.DropConnections()


def _machines(content):
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], recursive=True)
    try:
        return list(view.view)
    finally:
        view.DestroyView()


def _operate(content, chance):
    machine = chance.choice(_machines(content))
    task = machine.PowerOffVM_Task() if chance.random() < 0.5 else machine.Rename_Task("renamed")
    for _ in range(chance.randint(1, 3)):
        task.info  # noqa: B018  # a read
    machine.recentTask  # noqa: B018
    content.taskManager.description  # noqa: B018


def _watch_recent(content, chance):
    collector = content.propertyCollector
    spec = _spec([(content.taskManager, vim.TaskManager, ["recentTask"])])
    watched = collector.CreateFilter(spec, partialUpdates=chance.random() < 0.5)
    version = ""
    for _ in range(chance.randint(1, 3)):
        update = collector.WaitForUpdatesEx(version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0))
        version = update.version if update is not None else version
    if chance.random() < 0.7:
        watched.Destroy()
    content.taskManager.recentTask  # noqa: B018


def _look_around(content, chance):
    collector = content.taskManager.CreateCollectorForTasks(vim.TaskFilterSpec())
    collector.SetCollectorPageSize(chance.choice((1, 2, 20)))
    for _ in range(chance.randint(1, 4)):
        collector.ReadNextTasks(chance.choice((1, 3, 100)))
    collector.latestPage  # noqa: B018
    if chance.random() < 0.5:
        collector.DestroyCollector()


def _mixed_waits(content, chance):
    tasks = list(content.taskManager.recentTask)[:3]
    view = content.viewManager.CreateListView(tasks)
    own = content.propertyCollector.CreatePropertyCollector()
    own.CreateFilter(_spec([(task, vim.Task, ["info.state"]) for task in tasks]), partialUpdates=False)
    version = ""
    for _ in range(chance.randint(1, 4)):
        if chance.random() < 0.5:
            update = own.CheckForUpdates(version)
        else:
            update = own.WaitForUpdatesEx(version, vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0))
        version = update.version if update is not None else version
        view.ModifyListView(add=tasks[:1], remove=tasks[1:])


def _spec(objects):
    made = vmodl.query.PropertyCollector
    paths_of = {kind: paths for _, kind, paths in objects}
    return made.FilterSpec(
        propSet=[made.PropertySpec(type=kind, pathSet=paths) for kind, paths in paths_of.items()],
        objectSet=[made.ObjectSpec(obj=obj) for obj, _, _ in objects],
    )


# --- windows of it ----------------------------------------------------------------------------------------------------


def window(chance: random.Random, recorded: list[list[Recorded]]) -> tuple[list[str], list[Recorded]]:
    """Cut a window, and do to it what recorders do; say what was done."""
    parts = [_piece(chance, chance.choice(recorded)) for _ in range(1 if chance.random() < 0.8 else 2)]
    done = [f"{len(parts)} pieces"]
    found = sorted((one for part in parts for one in part), key=lambda one: one.started or 0)
    for name, likely, change in CHANGES:
        if chance.random() < likely:
            done.append(name)
            found = change(chance, found)
    return done, found


def _piece(chance, exchanges):
    length = chance.randint(SHORTEST, LONGEST)
    start = chance.randrange(max(1, len(exchanges) - length))
    piece = exchanges[start : start + length]
    if chance.random() < 0.6:  # what made the sessions, and what stands at the beginning, is there
        wanted = (b"<Login ", b"<RetrieveServiceContent ", b"<RegisterExtension ")
        before = [one for one in exchanges[:start] if any(name in one.request for name in wanted)]
        piece = [*before[-6:], *piece]
    return piece


def _some_missing(chance, found):
    share = chance.choice((0.05, 0.2, 0.5, 0.8))
    return [one for one in found if chance.random() > share]


def _one_missing(chance, found):
    gone = chance.randrange(len(found)) if found else 0
    return [*found[:gone], *found[gone + 1 :]]


def _only_one_client(chance, found):
    cookies = [_COOKIE.search(one.request_headers.get("cookie", "")) for one in found]
    keys = sorted({one[2] for one in cookies if one})
    if not keys:
        return found
    kept = chance.choice(keys)
    return [one for one, key in zip(found, cookies, strict=True) if key is None or key[2] == kept]


def _mask_cookies(_chance, found):
    return [
        replace(
            one,
            request_headers={key: _COOKIE.sub(r"\1MASKED", value) for key, value in one.request_headers.items()},
            answer_headers={key: _COOKIE.sub(r"\1MASKED", value) for key, value in one.answer_headers.items()},
        )
        for one in found
    ]


def _drop_cookies(_chance, found):
    return [
        replace(
            one,
            request_headers={key: value for key, value in one.request_headers.items() if key != "cookie"},
            answer_headers={key: value for key, value in one.answer_headers.items() if key != "set-cookie"},
        )
        for one in found
    ]


def _late(chance, found):
    """Answers were long under way: requests went out earlier, answers came later."""
    made = []
    for one in found:
        earlier, later = (int(chance.expovariate(1 / 30_000)) if chance.random() < 0.3 else 0 for _ in range(2))
        made.append(replace(one, started=(one.started or 0) - earlier, ended=(one.ended or 0) + later))
    return made


def _without_times(chance, found):
    """The order of completion, of threads whose answers were long under way."""
    delays = [int(chance.expovariate(1 / 50_000)) if chance.random() < 0.3 else 0 for _ in found]
    order = sorted(zip(delays, range(len(found)), found, strict=True), key=lambda one: (one[2].ended or 0) + one[0])
    return [replace(one, started=None, ended=None) for _, _, one in order]


def _shuffled(chance, found):
    """Entries in another order, with their times."""
    return chance.sample(found, len(found))


def _damaged(chance, found):
    made = list(found)
    for _ in range(chance.randint(1, 3)):
        if made:
            number = chance.randrange(len(made))
            made[number] = replace(made[number], answer=made[number].answer[: chance.randrange(400)])
    return made


def _unanswered(chance, found):
    return [replace(one, status=502, answer=b"<html/>") if chance.random() < 0.1 else one for one in found]


CHANGES = (
    ("one missing", 0.4, _one_missing),
    ("some missing", 0.4, _some_missing),
    ("one client", 0.2, _only_one_client),
    ("late", 0.3, _late),
    ("cookies masked", 0.15, _mask_cookies),
    ("no cookies", 0.1, _drop_cookies),
    ("damaged", 0.1, _damaged),
    ("unanswered", 0.1, _unanswered),
    ("without times", 0.3, _without_times),
    ("shuffled", 0.1, _shuffled),
)
"""What recorders do, each with its likelihood, in this order. What is shuffled without times has no order at all."""


def accused(exchanges: list[Recorded]) -> tuple[list[str], int]:
    """Judge a window: the signatures of which it is accused, and the number of checks that were exercised."""
    signatures, exercised = [], 0
    recording = Recording(form="window", exchanges=tuple(exchanges))
    for transcript in transcripts_of(recording):
        tally = judge_records(records_of(transcript, declaration_of(transcript, "window", "window")))
        signatures += [one for one, seen in tally.shortest.items() if not seen.broken.unsure]
        exercised += tally.exercised.total()
    return signatures, exercised


def smallest(exchanges: list[Recorded], signature: str) -> list[Recorded]:
    """Leave out what is not needed for an accusation."""
    kept, step = list(exchanges), max(1, len(exchanges) // 2)
    while step:
        number = 0
        while number < len(kept):
            fewer = [*kept[:number], *kept[number + step :]]
            if signature in accused(fewer)[0]:
                kept = fewer
            else:
                number += step
        step //= 2
    return kept


@lru_cache(maxsize=1)
def small_corpus() -> tuple[list[Recorded], ...]:
    """The corpus of a test."""
    return tuple(corpus(seed=1, servers=2, budget=160))
