"""Wrong answers planted in recordings of conforming servers: the share that is found.

    python benchmarks/recorded_teeth.py --places 6

Each kind of wrong answer is planted, one at a time, at some places of recordings of one client each. It is found if the
recording is accused, and suspected if a clause is undecided that was not before; with `--whole` the recording is said
to be whole.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
from windows import corpus

from taskconform.conformance.records.recordings.episode import declaration_of, records_of
from taskconform.conformance.records.recordings.judging import transcripts_of
from taskconform.conformance.records.recordings.wire import Recorded, Recording
from taskconform.conformance.verdicts.judgement import judge_records
from taskconform.model.vocabulary.words import evolve

THEMES: Final = ("lives", "watches", "histories", "services", "limits", "free")
AFTER: Final = 40
"""Exchanges that are judged after the wrong answer."""
INFO: Final = "Fetch|RetrieveProperties(?:Ex)?|ReadNextTasks|ReadPreviousTasks"
ONE: Final = "Fetch|RetrieveProperties(?:Ex)?"
PAGE: Final = "ReadNextTasks|ReadPreviousTasks"
RUNNING, QUEUED, SUCCESS = "<state>running</state>", "<state>queued</state>", "<state>success</state>"
DONE: Final = "(<startTime>[^<]*</startTime>)?<completeTime>[^<]*</completeTime>"
CHAIN: Final = "<eventChainId>"
FINE: Final = "!"
"""Stands for an answer of the method that says nothing, in the place of a fault."""

KINDS: Final[tuple[tuple[str, str, str, str, str], ...]] = (
    # name, method, what the request holds, what the answer holds, what stands in its place
    ("progress 150", INFO, "", CHAIN, "<progress>150</progress><eventChainId>"),
    ("progress -3", INFO, "", CHAIN, "<progress>-3</progress><eventChainId>"),
    ("a reason of another kind", INFO, "", '<reason xsi:type="TaskReasonUser"', '<reason xsi:type="TaskReasonWhim"'),
    ("a result while running", INFO, "", RUNNING, f'{RUNNING}<result xsi:type="xsd:string">x</result>'),
    ("a result while queued", INFO, "", QUEUED, f'{QUEUED}<result xsi:type="xsd:string">x</result>'),
    ("an error while running", INFO, "", RUNNING,
     f'{RUNNING}<error><fault xsi:type="NotFound"/><localizedMessage>x</localizedMessage></error>'),
    ("an error with success", INFO, "", SUCCESS,
     f'{SUCCESS}<error><fault xsi:type="NotFound"/><localizedMessage>x</localizedMessage></error>'),
    ("completeTime while running", INFO, "", RUNNING, f"{RUNNING}<completeTime>2026-11-30T00:00:00Z</completeTime>"),
    ("completeTime while queued", INFO, "", QUEUED, f"{QUEUED}<completeTime>2026-11-30T00:00:00Z</completeTime>"),
    ("no completeTime at the end", ONE, "", "<completeTime>[^<]*</completeTime>", ""),
    ("locked at the end", INFO, "", SUCCESS, f'<locked type="VirtualMachine">vm-1</locked>{SUCCESS}'),
    ("locked while queued", INFO, "", QUEUED, f'<locked type="VirtualMachine">vm-1</locked>{QUEUED}'),
    ("another key", ONE, "", "<key>task-", "<key>task-9"),
    ("another key in a page", PAGE, "", "<key>task-", "<key>task-9"),
    ("another task", ONE, "", '<task type="Task">task-', '<task type="Task">task-9'),
    ("success is running", ONE, "", SUCCESS, RUNNING),
    ("success is queued", ONE, "", SUCCESS, QUEUED),
    ("success is error", ONE, "", SUCCESS, "<state>error</state>"),
    ("success is running in a page", PAGE, "", SUCCESS, RUNNING),
    ("success is error in a page", PAGE, "", SUCCESS, "<state>error</state>"),
    ("another result", ONE, "", '(<result xsi:type="xsd:string">)', r"\1no "),
    ("another result in a page", PAGE, "", '(<result xsi:type="xsd:string">)', r"\1no "),
    ("no result", ONE, "", "<result [^>]*>[^<]*</result>", ""),
    ("another error", ONE, "", '<fault xsi:type="[A-Za-z]+"', '<fault xsi:type="InvalidName"'),
    ("another completeTime", ONE, "", "<completeTime>20", "<completeTime>21"),
    ("another descriptionId", ONE, "", "<descriptionId>", "<descriptionId>x"),
    ("another descriptionId in a page", PAGE, "", "<descriptionId>", "<descriptionId>x"),
    ("another entity", ONE, "", '(<entity type="[A-Za-z]+">)', r"\1x"),
    ("another entity in a page", PAGE, "", '(<entity type="[A-Za-z]+">)', r"\1x"),
    ("another descriptionId than asked for", "CreateTask", "", "<descriptionId>", "<descriptionId>x"),
    ("cancelable, not asked for", "CreateTask", "<cancelable>false", "<cancelable>false", "<cancelable>true"),
    ("not cancelable, asked for", "CreateTask", "<cancelable>true", "<cancelable>true", "<cancelable>false"),
    ("a new task with a reason of another kind", "CreateTask", "", "TaskReasonUser", "TaskReasonWhim"),
    ("a new task that is completed", "CreateTask", "", QUEUED, SUCCESS),
    ("a new task without a key", "CreateTask", "", "<key>[^<]*</key>", "<key></key>"),
    ("a new task that is no Task", "CreateTask", "", '<task type="Task">', '<task type="Folder">'),
    ("a new task of another parent", "CreateTask", "<parentTaskKey>", "<parentTaskKey>", "<parentTaskKey>x"),
    ("no activationId", "CreateTask", "<activationId>", "<activationId>[^<]*</activationId>", ""),
    ("a refused state is taken", "SetTaskState", "", "InvalidState", FINE),
    ("refused progress is taken", "UpdateProgress", "", "InvalidState", FINE),
    ("a refused cancel is taken", "CancelTask", "", "NotSupported", FINE),
    ("a cancel after the end is taken", "CancelTask", "", "InvalidState", FINE),
    ("a reference twice in recentTask", ONE, "recentTask",
     "(<ManagedObjectReference [^>]*>[^<]*</ManagedObjectReference>)", r"\1\1"),
    ("no Task in recentTask", ONE, "recentTask",
     '<ManagedObjectReference type="Task"', '<ManagedObjectReference type="Folder"'),
    ("a state without a description", ONE, "description", "<key>queued</key>", "<key>waiting</key>"),
    ("a reason without a description", ONE, "description", "<key>TaskReasonAlarm</key>", "<key>TaskReasonAlarms</key>"),
    ("a description without a label", ONE, "description",
     "<label>[^<]*</label>", "<label></label>"),
    ("another text of a description", ONE, "description",
     "<summary>([^<]*)</summary>", r"<summary>\1, then</summary>"),
    ("maxCollector 0", ONE, "maxCollector", r"(xsi:type=\"xsd:int\">)\d+", r"\g<1>0"),
    ("another maxCollector", ONE, "maxCollector", r"(xsi:type=\"xsd:int\">)\d+", r"\g<1>77"),
    ("more items than asked for", PAGE, "<maxCount>[1-9]<", "(<returnval.*</returnval>)", r"\1" * 10),
    ("an update of another object", "WaitForUpdatesEx", "", '<obj type="Task">task-', '<obj type="Task">task-1'),
    ("an end that is told as running", "WaitForUpdatesEx", "", ">success<", ">running<"),
    ("a wait from no version", "WaitForUpdatesEx", "", "InvalidCollectorVersion", FINE),
    ("a destroyed object is there", "ReadNextTasks|RewindCollector|ModifyListView|DestroyView|DestroyCollector", "",
     "ManagedObjectNotFound", FINE),
    ("a view of something else", ONE, "ListView", "(<ManagedObjectReference [^>]*>)", r"\1x"),
    ("another filter", ONE, "TaskHistoryCollector", "<state>queued</state>", "<state>error</state>"),
    ("an extension of another key", "FindExtension", "", "(<returnval[^>]*>.*?<key>)", r"\1x"),
    ("a key registered twice", "RegisterExtension", "", "InvalidArgument", FINE),
    ("a TaskEvent that has run", "QueryEvents", "", QUEUED, RUNNING),
)  # fmt: skip


def places(kind: tuple[str, str, str, str, str], exchanges: list[Recorded]) -> list[int]:
    """Return the exchanges in which a kind of wrong answer can be planted."""
    _, method, asked, told, _ = kind
    called = re.compile(rf"<(?:{method}) xmlns".encode())
    wanted, there = re.compile(asked.encode()), re.compile(told.encode(), re.DOTALL)
    return [
        number
        for number, one in enumerate(exchanges)
        if called.search(one.request) and wanted.search(one.request) and there.search(one.answer)
    ]


def planted(kind: tuple[str, str, str, str, str], one: Recorded) -> Recorded:
    """Return an exchange with the wrong answer."""
    told, instead = kind[3], kind[4]
    if instead != FINE:
        return replace(one, answer=re.sub(told, instead, one.answer.decode(), count=1, flags=re.DOTALL).encode())
    name = re.search(rb"Body><(\w+)", one.request)
    method = name[1].decode() if name is not None else ""
    body = f'<{method}Response xmlns="urn:vim25"></{method}Response>'
    answer = re.sub(r"(Body>).*(</[\w-]*:?Body>)", rf"\1{body}\2", one.answer.decode(), flags=re.DOTALL)
    return replace(one, answer=answer.encode(), status=200)


def judged(exchanges: list[Recorded], *, whole: bool) -> tuple[frozenset[str], frozenset[str]]:
    """Return the signatures of which a recording is accused, and those that are unsure."""
    accused, unsure = set(), set()
    for transcript in transcripts_of(Recording(form="teeth", exchanges=tuple(exchanges))):
        declaration = declaration_of(transcript, "teeth", "teeth")
        if whole:
            declaration = evolve(declaration, recording="whole")
        for signature, seen in judge_records(records_of(transcript, declaration)).shortest.items():
            (unsure if seen.broken.unsure else accused).add(signature)
    return frozenset(accused), frozenset(unsure)


def main() -> int:
    """Plant, judge, and print what was found of each kind."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--places", type=int, default=6, help="places of each kind")
    options.add_argument("--servers", type=int, default=3)
    options.add_argument("--budget", type=int, default=1_800)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--whole", action="store_true", help="say that the recordings are whole")
    given = options.parse_args()
    chance, began = random.Random(given.seed), time.monotonic()
    recorded = corpus(given.seed, given.servers, given.budget, clients=1, themes=THEMES)
    rows, total = {}, [0, 0, 0, 0]
    for kind in KINDS:
        every = [(exchanges, number) for exchanges in recorded for number in places(kind, exchanges)]
        tried = found = suspected = 0
        for exchanges, number in chance.sample(every, min(given.places, len(every))):
            piece = exchanges[: number + AFTER]
            before = judged(piece, whole=given.whole)
            piece[number] = planted(kind, piece[number])
            accused, unsure = judged(piece, whole=given.whole)
            tried += 1
            found += bool(accused - before[0])
            suspected += not accused - before[0] and bool(unsure - before[1])
        rows[kind[0]] = f"{found} + {suspected} of {tried}"
        total = [total[0] + tried, total[1] + found, total[2] + suspected, total[3] + bool(found or suspected)]
        print(f"{kind[0]}: {rows[kind[0]]}", flush=True)
    print(json.dumps({"kinds": len(KINDS), "kinds found somewhere": total[3], "places": total[0], "accused": total[1],
                      "suspected": total[2], "seconds": round(time.monotonic() - began)}))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
