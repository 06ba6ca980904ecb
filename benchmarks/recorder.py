"""The recorder beside the bare server: milliseconds a call more, and what its file comes to.

    python benchmarks/recorder.py [--calls 10000]

Each of two servers, serve and vcsim, over TLS on both sides; one client with a connection to the server and one to the
recorder, each a session of its own, asks them by turns, so that whatever else the machine does disturbs both alike:
CurrentTime (small), recentTask with TaskInfo of its tasks (large), and latestPage of a thousand tasks (over a
megabyte). Medians of the whole; the difference is of the two medians. Then the file: its lines, whether all requests
are in it, and whether the password is.
"""

from __future__ import annotations

import argparse
import os
import re
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from taskconform.conformance.records.recordings import files
from taskconform.conformance.targets.vcsim import find_binary

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "Tr0ub4dor-and-3"  # noqa: S105 -- looked for in the file
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>{}</soapenv:Body></soapenv:Envelope>'
)
LOGIN = (
    '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>primary</userName>'
    f"<password>{PASSWORD}</password></Login>"
)
SMALL = '<CurrentTime xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this></CurrentTime>'
LARGE = (
    '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
    "<propSet><type>Task</type><pathSet>info</pathSet></propSet><propSet><type>TaskManager</type><pathSet>recentTask"
    '</pathSet></propSet><objectSet><obj type="TaskManager">TaskManager</obj><selectSet xsi:type="TraversalSpec">'
    "<type>TaskManager</type><path>recentTask</path></selectSet></objectSet></specSet><options/></RetrievePropertiesEx>"
)
RENAME = '<Rename_Task xmlns="urn:vim25"><_this type="VirtualMachine">{}</_this><newName>n{}</newName></Rename_Task>'
CONTENT = (
    '<RetrieveServiceContent xmlns="urn:vim25"><_this type="ServiceInstance">ServiceInstance</_this>'
    "</RetrieveServiceContent>"
)
VIEW = (
    '<CreateContainerView xmlns="urn:vim25"><_this type="ViewManager">ViewManager</_this><container type="Folder">{}'
    "</container><type>VirtualMachine</type><recursive>true</recursive></CreateContainerView>"
)
READ_VIEW = (
    '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
    "<propSet><type>ContainerView</type><pathSet>view</pathSet></propSet><objectSet>"
    '<obj type="ContainerView">{}</obj></objectSet></specSet><options/></RetrievePropertiesEx>'
)
COLLECTOR = (
    '<CreateCollectorForTasks xmlns="urn:vim25"><_this type="TaskManager">TaskManager</_this><filter/>'
    "</CreateCollectorForTasks>"
)
PAGE_SIZE = (
    '<SetCollectorPageSize xmlns="urn:vim25"><_this type="TaskHistoryCollector">{}</_this><maxCount>1000</maxCount>'
    "</SetCollectorPageSize>"
)
LATEST_PAGE = (
    '<RetrievePropertiesEx xmlns="urn:vim25"><_this type="PropertyCollector">propertyCollector</_this><specSet>'
    "<propSet><type>TaskHistoryCollector</type><pathSet>latestPage</pathSet></propSet><objectSet>"
    '<obj type="TaskHistoryCollector">{}</obj></objectSet></specSet><options/></RetrievePropertiesEx>'
)
LONG = "x" * 600
"""Lengthens the name of an entity, which each of its tasks repeats: a thousand TaskInfos are over a megabyte."""
TASKS, PAGE = 50, 1_000


class Client:
    """One connection, one session."""

    def __init__(self, url: str) -> None:
        """Log in."""
        parts = urlsplit(url)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._connection = HTTPSConnection(parts.hostname or "", parts.port, timeout=60, context=context)
        self._headers = {"Content-Type": "text/xml", "SOAPAction": "urn:vim25/6.5"}
        self.call(LOGIN)

    def call(self, body: str) -> bytes:
        """Make one call; a fault ends the measurement."""
        self._connection.request("POST", "/sdk", ENVELOPE.format(body).encode(), self._headers)
        answer = self._connection.getresponse()
        document = answer.read()
        if answer.status != 200:
            raise RuntimeError(document[:500])
        cookie = answer.headers.get("Set-Cookie")
        if cookie is not None:
            self._headers["Cookie"] = cookie.partition(";")[0]
        return document

    def timed(self, body: str, times: list[float]) -> int:
        """Make one call, and note how long it took; the size of the answer."""
        start = time.perf_counter()
        size = len(self.call(body))
        times.append(time.perf_counter() - start)
        return size


@contextmanager
def process(pattern: str, *command: str) -> Iterator[tuple[str, int]]:
    """Run a program for as long as the context lasts; the URL that it prints, and its process."""
    environment = {**os.environ, "TASKCONFORM_SERVE_PASSWORD": PASSWORD}
    started = subprocess.Popen(  # noqa: S603 -- our own programs
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    try:
        told = next(filter(None, (re.search(pattern, line) for line in started.stdout or ())))
        yield told[1], started.pid
    finally:
        started.terminate()
        started.communicate(timeout=30)


def found(pattern: str, document: bytes) -> str:
    """What an answer says."""
    return re.search(pattern, document.decode())[1]  # type: ignore[index]  # else it is no such answer


def cpu(process_id: int) -> float:
    """Seconds of CPU that a process has taken, and those that it has started."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") + sum(map(cpu, map(int, children)))


def by_turns(title: str, clients: list[Client], bodies: list[str], count: int, recorder: int) -> int:
    """Let the clients make their call by turns, print how long it took each, and return how often they did."""
    times: list[list[float]] = [[], []]
    size, before = 0, cpu(recorder)
    for _ in range(count):
        for client, body, taken in zip(clients, bodies, times, strict=True):
            size = client.timed(body, taken)
    spent = (cpu(recorder) - before) / count * 1e3
    bare, through = (statistics.median(one) * 1e3 for one in times)
    late = [statistics.quantiles(one, n=100)[98] * 1e3 for one in times]
    print(
        f"{title} {count:6} calls, {size:7} bytes: bare {bare:.3f} ms, recorded {through:.3f} ms, "
        f"{through - bare:+.3f} ms (p99 {late[0]:.3f} and {late[1]:.3f}), {spent:.3f} ms of its CPU",
        flush=True,
    )
    return count


def measure(name: str, server: str, folder: Path, calls: int) -> None:
    """One server, bare and recorded."""
    path = folder / f"{name}.tcr"
    command = (sys.executable, "-m", "taskconform.conformance")
    words = ("record", "--upstream", server, "-o", str(path), "--listen", "127.0.0.1:0", "--insecure")
    with process(r"url=(\S+)", *command, *words) as (recorder, number):
        clients = [Client(server), Client(recorder)]
        root = found(r'rootFolder[^>]*type="Folder"[^>]*>([^<]+)', clients[0].call(CONTENT))
        view = found(r'type="ContainerView"[^>]*>([^<]+)', clients[0].call(VIEW.format(root)))
        machine = found(r'type="VirtualMachine"[^>]*>([^<]+)', clients[0].call(READ_VIEW.format(view)))
        for index in range(TASKS):
            clients[0].call(RENAME.format(machine, index))
        made = 1
        for title, body, share in (("CurrentTime", SMALL, 0.89), ("50 TaskInfos", LARGE, 0.1)):
            made += by_turns(f"{name:6} {title:13}", clients, [body, body], int(calls * share), number)
        for index in range(PAGE):
            clients[0].call(RENAME.format(machine, f"{index}{LONG}"))
        pages = []
        for client in clients:
            collector = found(r'type="TaskHistoryCollector"[^>]*>([^<]+)', client.call(COLLECTOR))
            client.call(PAGE_SIZE.format(collector))
            pages.append(LATEST_PAGE.format(collector))
        made += 2 + by_turns(f"{name:6} {PAGE} TaskInfos", clients, pages, calls // 100, number)
    recording = files.read(path)
    text = path.read_bytes()
    print(
        f"{name:6} file: {len(recording.exchanges)} requests of {made}, {len(text) / 2**20:.1f} MiB, "
        f"password in it: {f'>{PASSWORD}<'.encode() in text}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    calls = parser.parse_args().calls
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        command = (sys.executable, "-m", "taskconform.conformance")
        serve, _ = stack.enter_context(process(r"url=(\S+)", *command, "serve", "--operation-time", "0"))
        vcsim, _ = stack.enter_context(
            process(r"GOVC_URL=(\S+)", str(find_binary(None)), "-l", "127.0.0.1:0", "-stdinexit")
        )
        for name, server in (("serve", serve), ("vcsim", re.sub("//[^/@]*@", "//", vcsim))):
            measure(name, server, Path(folder), calls)


if __name__ == "__main__":
    main()
