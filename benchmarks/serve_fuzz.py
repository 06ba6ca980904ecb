"""The served simulator under ten thousand requests that no server should be sent: is each answered, is memory flat?

    python benchmarks/serve_fuzz.py [--requests 10000] [--seed 0]

The requests are those of `tests/support/bad_requests.py`: noise, truncated, scrambled, entity bombs, wrongly typed,
misshapen, misdirected, deep, large. Each has to get a SOAP fault, a 4xx or a result; nothing may fail inside the
server, and it has to answer good requests afterwards. Memory is looked at after the first fifth, when every cache has
seen everything, and at the end. Exit code 1 if something of this does not hold.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from serve_load import Server, serve

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

from bad_requests import CREATE_TASK, bad_requests, enveloped  # the tests are no package

GROWTH = 0.15
"""How much memory may grow from the first fifth to the end."""
LOGIN = (
    '<Login xmlns="urn:vim25"><_this type="SessionManager">SessionManager</_this><userName>primary</userName>'
    "<password>primary</password></Login>"
)


class Sender:
    """A connection that is made anew whenever the server has closed it."""

    def __init__(self, server: Server) -> None:
        """Connects with the first request."""
        self.connection = HTTPConnection(server.endpoint.host, server.endpoint.port, timeout=60)
        self.cookie = ""

    def post(self, payload: bytes) -> tuple[int, bytes]:
        """Send a request; the status and the document."""
        try:
            return self._post(payload)
        except (HTTPException, ConnectionError):
            self.connection.close()
            return self._post(payload)

    def _post(self, payload: bytes) -> tuple[int, bytes]:
        self.connection.request("POST", "/sdk", payload, {"Cookie": self.cookie} if self.cookie else {})
        answer = self.connection.getresponse()
        self.cookie = (answer.headers.get("Set-Cookie") or self.cookie).partition(";")[0]
        return answer.status, answer.read()


def measured(server: Server, count: int, seed: int) -> list[str]:
    """Send them all; what does not hold."""
    sender = Sender(server)
    wrong: list[str] = []
    if sender.post(enveloped(LOGIN))[0] != 200:
        return ["no login"]
    seen: Counter[tuple[str, int]] = Counter()
    early = server.memory()
    for index, (kind, payload) in enumerate(bad_requests(count, seed)):
        status, document = sender.post(payload)
        seen[kind, status] += 1
        fault = status == 500 and b"<soapenv:Fault>" in document and b"SystemErrorFault" not in document
        if not (fault or status == 200 or 400 <= status < 500):
            wrong.append(f"request {index} of seed {seed}, {kind}: {status} {document[:200]!r}")
        if index == count // 5:
            early = server.memory()
        if index % (count // 10) == 0:
            print(f"  {index:6} requests: {server.memory() / 2**20:6.1f} MiB", flush=True)
    late = server.memory()
    for (kind, status), times in sorted(seen.items()):
        print(f"  {kind:12} {status}  {times:6}")
    print(f"  {early / 2**20:.1f} MiB after a fifth, {late / 2**20:.1f} MiB at the end; CPU {server.cpu():.1f} s")
    if late > early * (1 + GROWTH):
        wrong.append(f"memory grew from {early} to {late} bytes")
    status, document = sender.post(enveloped(CREATE_TASK))
    if status != 500 or b"no extension registers" not in document:
        wrong.append(f"a good request came to {status} afterwards")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    with serve() as server:
        wrong = measured(server, chosen.requests, chosen.seed)
    for complaint in wrong:
        print(complaint)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
