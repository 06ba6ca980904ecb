"""The served TaskManager under load, side by side with vcsim.

    python benchmarks/serve_load.py [--calls 2000] [--tasks 100000] [--clients 8] [--each 1000]

Three measurements, each over the same client (the adapter's own connection, plain HTTP, loopback):

1. One client: the median time of CreateTask, and of recentTask with 200 entries (all completed), of either server in
   turn, call by call, so that whatever else the machine does disturbs both alike. Beside it the server's CPU time a
   call.
2. Many clients at the same time, each with a session of its own, in processes of their own: creates tasks and reads
   them back. Every task has to be there afterwards, once, as its own client made it; every answer has to be of the
   session that asked.
3. The served simulator with many tasks, beside another with a thousand: its memory, and recentTask of either in turn.

Exit code 1 if a call is lost or sessions mix, or memory passes its bar. Times are reported, and have no bar here.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskconform.conformance.targets.soap.methods import Credentials
from taskconform.conformance.targets.soap.profile import Profile
from taskconform.conformance.targets.soap.target import SoapTarget
from taskconform.conformance.targets.soap.wire import Endpoint, Wire, parse_url
from taskconform.conformance.targets.vcsim import find_binary
from taskconform.conformance.wire import body as soap_body
from taskconform.conformance.wire import xml as soap_xml
from taskconform.conformance.wire.table import METHODS
from taskconform.model.vocabulary import calls
from taskconform.model.vocabulary.outcomes import Returned, TaskInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY_BAR = 500 * 1024 * 1024
KEY = "org.taskconform.load"
WORK = f"{KEY}.work"
MANAGERS = {
    name: soap_body.ObjectRef(type=name, value=value)
    for name, value in (
        ("SessionManager", "SessionManager"),
        ("TaskManager", "TaskManager"),
        ("PropertyCollector", "propertyCollector"),
    )
}
TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """A server process, and how to reach it."""

    def __init__(self, name: str, command: list[str], pattern: str) -> None:
        """Start it, and wait for the line with its URL."""
        self.name = name
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- as long as the process
        self.process = subprocess.Popen(  # noqa: S603 -- our own programs
            command, stdout=subprocess.PIPE, stderr=self._errors, text=True
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        found = re.search(pattern, line)
        if found is None:
            message = f"{name} did not start"
            raise RuntimeError(message)
        scheme, _, host, port, path = parse_url(found[1])
        self.endpoint = Endpoint(scheme=scheme, host=host, port=port, path=path, timeout=600.0)

    def target(self) -> SoapTarget:
        """A client of it."""
        accounts = {"primary": Credentials(user="primary", password="primary")}  # noqa: S106 -- the default
        return SoapTarget(self.endpoint, accounts, Profile(name=self.name, extension_key=KEY, spelled=True))

    def cpu(self) -> float:
        """Seconds of CPU it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> int:
        """Bytes it holds."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]  # Linux has it

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


@contextmanager
def serve(*words: str) -> Iterator[Server]:
    """The simulator, served."""
    server = Server(
        "serve", [sys.executable, "-m", "taskconform.conformance", "serve", "--no-tls", *words], r"url=(\S+)"
    )
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def vcsim() -> Iterator[Server]:
    """Govmomi's simulator."""
    flags = ["-l", "127.0.0.1:0", "-tls=false", "-autostart=false", "-vm", "2", "-cluster", "0"]
    server = Server("vcsim", [str(find_binary(None)), *flags], r"GOVC_URL=(\S+)")
    try:
        yield server
    finally:
        server.stop()


def done(target: SoapTarget, call: calls.Call) -> Any:
    """What the call returns; a fault ends the measurement."""
    outcome = target.perform(call)
    if not isinstance(outcome, Returned):
        raise TypeError(outcome)
    return outcome.value


def prepared(target: SoapTarget) -> calls.ObjectRef:
    """Log in and register the task type; a virtual machine to make tasks on."""
    done(target, calls.Login(session="load", account="primary"))
    done(target, calls.RegisterExtension(session="load", key=KEY, version="1", task_ids=(WORK,)))
    return target.declaration.places["vm"][0].ref


# --- one client -------------------------------------------------------------------------------------------------------


def timed(target: SoapTarget, call: calls.Call, times: list[float]) -> Any:
    """Perform a call, and note how long it took."""
    start = time.perf_counter()
    value = done(target, call)
    times.append(time.perf_counter() - start)
    return value


def one_client(count: int) -> None:
    """CreateTask, then recentTask, of both servers in turn."""
    with serve() as ours, vcsim() as theirs:
        servers = [(server, server.target()) for server in (ours, theirs)]
        machines = [prepared(target) for _, target in servers]
        print(f"one client, {count} calls each, in turn; ms a call at the client, and of server CPU")
        creates = [calls.CreateTask(session="load", obj=one, task_type_id=WORK, cancelable=True) for one in machines]
        made = compare("CreateTask", servers, creates, count)
        for (_, target), tasks in zip(servers, made, strict=True):
            for task in tasks:
                done(target, calls.SetTaskState(session="load", task=task, state="success"))
        reads: list[calls.Call] = [calls.ReadRecentTask(session="load")] * 2
        sizes = [len(done(target, reads[0]).value) for _, target in servers]
        compare(f"recentTask ({sizes[0]} and {sizes[1]} entries)", servers, reads, count)
        for _, target in servers:
            target.abandon()


def compare(
    title: str, servers: list[tuple[Server, SoapTarget]], asked: list[Any], count: int
) -> list[list[calls.ObjectRef]]:
    """Make the calls in turn, and print what they took; the tasks that came of it."""
    times: list[list[float]] = [[], []]
    made: list[list[calls.ObjectRef]] = [[], []]
    before = [server.cpu() for server, _ in servers]
    for _ in range(count):
        for index, (_, target) in enumerate(servers):
            value = timed(target, asked[index], times[index])
            if isinstance(value, TaskInfo):
                made[index].append(value.task)
    for index, (server, _) in enumerate(servers):
        spent = (server.cpu() - before[index]) / count
        median, worst = statistics.median(times[index]), statistics.quantiles(times[index], n=100)[98]
        print(
            f"  {title:38} {server.name:6} p50 {median * 1e3:7.3f}  p99 {worst * 1e3:7.3f}  CPU {spent * 1e3:7.3f}",
            flush=True,
        )
    print(f"  {'':38} p50 of the first to the second: {statistics.median(times[0]) / statistics.median(times[1]):.2f}")
    return made


# --- many clients -----------------------------------------------------------------------------------------------------


def client(endpoint: Endpoint, number: int, count: int) -> tuple[list[str], list[str], float]:
    """One client of many: the keys of the tasks it made, what went wrong, and the seconds it took."""
    account = ("primary", "second")[number % 2]
    wire = Wire(endpoint)
    wire.negotiate()
    session = wire.session()
    manager, tasks, collector = MANAGERS.values()
    login = soap_xml.required(session.call(soap_body.login(manager, account, account)), "returnval")
    own = soap_xml.text_of(login, "key")
    user = soap_xml.text_of(login, "userName")
    current = soap_body.retrieve(collector, soap_body.property_filter("SessionManager", "currentSession", [manager]))
    keys: list[str] = []
    wrong: list[str] = []
    start = time.perf_counter()
    for index in range(count):
        if index % 4 == 3:
            answer = session.call(current)
            key = next(each.text for each in answer.iter() if soap_xml.local(each.tag) == "key")
            if key != own:
                wrong.append(f"client {number} was taken for the session of another")
            continue
        call = calls.CreateTask(
            session="x", obj=tasks, task_type_id=WORK, cancelable=True, activation_id=f"{number}.{index}"
        )
        info = soap_xml.required(session.call(METHODS["CreateTask"].write(call, tasks)), "returnval")
        keys.append(str(soap_xml.text_of(info, "key")))
        reason = soap_xml.text_of(soap_xml.required(info, "reason"), "userName")
        if (soap_xml.text_of(info, "activationId"), reason) != (f"{number}.{index}", user):
            wrong.append(f"client {number} was answered what it did not ask: {index}")
    return keys, wrong, time.perf_counter() - start


def many_clients(clients: int, count: int) -> list[str]:
    """All clients at the same time; what went wrong."""
    with serve() as server:
        target = server.target()
        prepared(target)
        before = server.cpu()
        start = time.perf_counter()
        with ProcessPoolExecutor(clients) as pool:
            results = list(
                pool.map(client, [server.endpoint] * clients, range(clients), [count] * clients, chunksize=1)
            )
        seconds, spent = time.perf_counter() - start, server.cpu() - before
        keys = [key for made, _, __ in results for key in made]
        wrong = [complaint for _, complaints, __ in results for complaint in complaints]
        if len(set(keys)) != len(keys) or len(keys) != clients * (count - count // 4):
            wrong.append(f"{len(keys)} tasks, {len(set(keys))} of them different")
        listed = {ref.value for ref in done(target, calls.ReadRecentTask(session="load")).value}
        if not set(keys) <= listed:
            wrong.append(f"{len(set(keys) - listed)} tasks were lost")
        print(
            f"{clients} clients, {count} calls each: {clients * count / seconds:.0f} calls a second, "
            f"{spent / (clients * count) * 1e3:.3f} ms of server CPU a call; {len(wrong)} wrong",
            flush=True,
        )
        target.abandon()
        return wrong


# --- many tasks -------------------------------------------------------------------------------------------------------


def fill(server: Server, machine: calls.ObjectRef, count: int) -> None:
    """Make and complete so many tasks, without looking at more of the answers than the keys."""
    wire = Wire(server.endpoint)
    wire.negotiate()
    session = wire.session()
    session.call(soap_body.login(MANAGERS["SessionManager"], "primary", "primary"))
    create = calls.CreateTask(session="fill", obj=machine, task_type_id=WORK, cancelable=True)
    creating = soap_body.envelope(METHODS["CreateTask"].write(create, MANAGERS["TaskManager"]))
    for _ in range(count):
        found = re.search(rb"<key>([^<]+)</key>", session.exchange("POST", server.endpoint.path, creating).body)
        if found is None:
            message = "no task was made"
            raise RuntimeError(message)
        task = soap_body.ObjectRef(type="Task", value=found[1].decode())
        done = METHODS["SetTaskState"].write(calls.SetTaskState(session="fill", task=task, state="success"))
        if session.exchange("POST", server.endpoint.path, soap_body.envelope(done)).status != 200:
            message = "a task could not be completed"
            raise RuntimeError(message)
    session.close()


def many_tasks(count: int) -> list[str]:
    """Many tasks, made and completed, on one server, a thousand on another: memory, and recentTask of both in turn."""
    with serve() as large, serve() as small:
        servers = [(server, server.target()) for server in (large, small)]
        for (server, target), tasks in zip(servers, (count, min(1_000, count)), strict=True):
            fill(server, prepared(target), tasks)
            print(f"{tasks} tasks: {server.memory() / 2**20:.0f} MiB", flush=True)
        reads: list[calls.Call] = [calls.ReadRecentTask(session="load")] * 2
        compare("recentTask, many tasks and few", servers, reads, 1_000)
        memory = large.memory()
        for _, target in servers:
            target.abandon()
        return [f"{memory} bytes for {count} tasks"] if memory > MEMORY_BAR else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=2_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--each", type=int, default=1_000)
    parser.add_argument("--tasks", type=int, default=100_000)
    chosen = parser.parse_args()
    if chosen.calls:
        one_client(chosen.calls)
    wrong = many_clients(chosen.clients, chosen.each) if chosen.clients else []
    wrong += many_tasks(chosen.tasks) if chosen.tasks else []
    for complaint in wrong:
        print(complaint)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
