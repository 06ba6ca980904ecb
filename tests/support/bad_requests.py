"""Requests that no server should ever be sent: random, truncated, oversized, entity-bombed, wrongly typed, misdirected.

Each is made from a good one and a seed, so that any of them can be had again.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from served import ENVELOPE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CREATE_TASK = (
    '<CreateTask xmlns="urn:vim25"><_this type="TaskManager">TaskManager</_this><obj type="VirtualMachine">vm-21</obj>'
    "<taskTypeId>org.example.work</taskTypeId><cancelable>true</cancelable></CreateTask>"
)
RETRIEVE = (
    '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
    "<propSet><type>TaskManager</type><pathSet>recentTask</pathSet></propSet><objectSet>"
    '<obj type="TaskManager">TaskManager</obj></objectSet></specSet><options/></RetrievePropertiesEx>'
)
COLLECT = (
    '<CreateCollectorForTasks xmlns="urn:vim25"><_this type="TaskManager">TaskManager</_this><filter><entity>'
    '<entity type="Folder">group-d1</entity><recursion>all</recursion></entity><time><timeType>queuedTime</timeType>'
    "<beginTime>2026-01-01T00:00:00Z</beginTime></time><state>queued</state></filter></CreateCollectorForTasks>"
)
WAIT = (
    '<WaitForUpdatesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><version></version>'
    "<options><maxWaitSeconds>0</maxWaitSeconds></options></WaitForUpdatesEx>"
)
SET_STATE = (
    '<SetTaskState xmlns="urn:vim25"><_this type="Task">task-1</_this><state>success</state>'
    '<result xsi:type="xsd:string">x</result></SetTaskState>'
)
REGISTER = (
    '<RegisterExtension xmlns="urn:vim25"><_this type="ExtensionManager">ExtensionManager</_this><extension>'
    "<description><label>l</label><summary>s</summary></description><key>k</key><version>1</version>"
    "<lastHeartbeatTime>2026-01-01T00:00:00Z</lastHeartbeatTime></extension></RegisterExtension>"
)
GOOD = (CREATE_TASK, RETRIEVE, COLLECT, WAIT, SET_STATE, REGISTER)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + ']><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><x>&a11;</x>'
    "</soapenv:Body></soapenv:Envelope>"
).encode()
OUTSIDE = BOMB.replace(b'<!ENTITY a0 "ha">', b'<!ENTITY a0 SYSTEM "file:///etc/hostname">')
JUNK = (
    "",
    "nil",
    "-1",
    "99999999999999999999",
    "NaN",
    "&#1;",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "true",
)


def enveloped(body: str) -> bytes:
    """The body in an envelope."""
    return ENVELOPE.format(body).encode()


def _noise(draw: random.Random) -> bytes:
    return draw.randbytes(draw.randrange(0, 2_000))


def _truncated(draw: random.Random) -> bytes:
    whole = enveloped(draw.choice(GOOD))
    return whole[: draw.randrange(len(whole))]


def _scrambled(draw: random.Random) -> bytes:
    whole = bytearray(enveloped(draw.choice(GOOD)))
    for _ in range(draw.randrange(1, 8)):
        whole[draw.randrange(len(whole))] = draw.randrange(256)
    return bytes(whole)


def _bomb(draw: random.Random) -> bytes:
    bomb = draw.choice((BOMB, OUTSIDE))
    form = draw.randrange(4)
    if form == 0:
        return bomb.decode().replace('version="1.0"', 'version="1.0" encoding="UTF-16"').encode("utf-16")
    if form == 1:
        return b"\xef\xbb\xbf" + bomb
    return bomb if form == 2 else bomb.replace(b'version="1.0"', b'version="1.0" encoding="UTF-7"')


def _retyped(draw: random.Random) -> bytes:
    """One element's text, or its type, is another's."""
    parts = draw.choice(GOOD).split(">")
    index = draw.randrange(1, len(parts) - 1)
    if draw.random() < 0.5 and "</" in parts[index] and not parts[index].startswith("<"):
        parts[index] = draw.choice(JUNK) + parts[index][parts[index].index("</") :]
    else:
        wrong = draw.choice(("Task", "xsd:int", "TaskFilterSpec", "ArrayOfTask", "nothing", "EventFilterSpec"))
        name = draw.choice(("type", "xsi:type", "xsi:nil"))
        if not parts[index].endswith("/") and "</" not in parts[index] and "<" in parts[index]:
            parts[index] += f' {name}="{wrong}"'
        else:
            parts[index] = draw.choice(JUNK) + parts[index]
    return enveloped(">".join(parts))


def _reshaped(draw: random.Random) -> bytes:
    """A part is missing, there twice, or of an unknown name."""
    body = draw.choice(GOOD)
    place = body.index(">", draw.randrange(len(body) - 1)) + 1
    piece = draw.choice(
        ("<unknown/>", "<state>queued</state>", "<_this/>", "<!-- -->", "<![CDATA[<x>]]>", "<a><b/></a>")
    )
    return enveloped(body[:place] + piece + body[place:])


def _misdirected(draw: random.Random) -> bytes:
    """A method on what has no such method, or is not there; or one that nobody has."""
    method = draw.choice(("CancelTask", "Login", "PowerOnVM_Task", "Bogus", "ReadNextTasks", "Destroy_Task", "Fetch"))
    kind = draw.choice(("Task", "TaskManager", "VirtualMachine", "Nothing", "", "ServiceInstance"))
    value = draw.choice(("task-1", "TaskManager", "vm-21", "", "x" * 500, "session[x]y", "ServiceInstance"))
    return enveloped(f'<{method} xmlns="urn:vim25"><_this type="{kind}">{value}</_this></{method}>')


def _deep(draw: random.Random) -> bytes:
    depth = draw.randrange(100, 20_000)
    inner = draw.choice(("<a>", '<selectSet xsi:type="TraversalSpec">', "<filter>"))
    name = inner[1:].partition(" ")[0].rstrip(">")
    body = RETRIEVE.replace("<options/>", inner * depth + f"</{name}>" * depth)
    return enveloped(body)


def _large(draw: random.Random) -> bytes:
    return enveloped(CREATE_TASK.replace("org.example.work", "x" * draw.randrange(100_000, 400_000)))


_KINDS: tuple[tuple[Callable[[random.Random], bytes], int], ...] = (
    (_noise, 15),
    (_truncated, 20),
    (_scrambled, 15),
    (_bomb, 5),
    (_retyped, 20),
    (_reshaped, 15),
    (_misdirected, 15),
    (_deep, 1),
    (_large, 1),
)


def bad_requests(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """So many bad requests, with the name of their kind."""
    draw = random.Random(seed)  # noqa: S311 -- no secrets
    kinds, weights = zip(*_KINDS, strict=True)
    for _ in range(count):
        make = draw.choices(kinds, weights)[0]
        yield make.__name__.strip("_"), make(draw)
