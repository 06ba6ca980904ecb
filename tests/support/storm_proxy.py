"""An HTTP proxy between a client and a SOAP server that does what networks do, seeded; it can write down what passes.

A request or an answer is delayed, dropped, reset, cut short; a request is sent on twice, and the first answer is given;
500 and 503 come instead of an answer, before the server has seen the request or after.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

EVENTS = (
    "delay",
    "drop-request",
    "drop-answer",
    "reset-request",
    "reset-answer",
    "duplicate",
    "truncate",
    "500-unseen",
    "503-unseen",
    "500-seen",
    "503-seen",
)
UNSEEN = frozenset({"drop-request", "reset-request", "500-unseen", "503-unseen"})
SEEN = frozenset({"drop-answer", "reset-answer", "500-seen", "503-seen"})
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"})


@dataclass(kw_only=True)
class Weather:
    """What happens to the n-th request: drawn from a seed, so that it is the same again. `rate` is the share of
    requests that something happens to; nothing does while it is `calm`."""

    seed: int
    rate: float = 0.0
    events: tuple[str, ...] = EVENTS
    calm: bool = False
    happened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self):
        """The same seed, the same weather."""
        self._random = random.Random(self.seed)  # noqa: S311  # weather, not secrets
        self._lock = threading.Lock()

    def next(self):
        """What happens to the next request, and how long a delay lasts."""
        if self.calm or not self.rate:
            return "", 0.0
        with self._lock:
            strikes, event, delay = self._random.random(), self._random.choice(self.events), self._random.random()
            if strikes >= self.rate:
                return "", 0.0
            self.happened[event] = self.happened.get(event, 0) + 1
            return event, 0.005 + 0.08 * delay


@dataclass(frozen=True, kw_only=True)
class Passed:
    """One exchange, as it passed."""

    started: float
    seconds: float
    path: str
    request: bytes
    request_headers: tuple[tuple[str, str], ...]
    status: int
    answer: bytes
    answer_headers: tuple[tuple[str, str], ...]


class Handler(BaseHTTPRequestHandler):
    """One client connection, and one to the server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Proxy

    def setup(self):
        super().setup()
        self._upstream = None

    def finish(self):
        if self._upstream is not None:
            self._upstream.close()
        super().finish()

    def log_message(self, *_):
        """Nothing is printed."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        event, delay = self.server.weather.next()
        if event == "delay":
            time.sleep(delay)
        if event in UNSEEN:
            return self._fail(event)
        started = time.time()
        try:
            status, headers, answer = self._forward(body)
            if event == "duplicate":
                self._forward(body)
        except (OSError, HTTPException):
            return self._hang_up(reset=False)
        self.server.passed(
            Passed(
                started=started,
                seconds=time.time() - started,
                path=self.path,
                request=body,
                request_headers=tuple(self.headers.items()),
                status=status,
                answer=answer,
                answer_headers=tuple(headers),
            )
        )
        if event in SEEN:
            return self._fail(event)
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if event == "truncate":
            self.wfile.write(answer[: len(answer) // 2])
            return self._hang_up(reset=False)
        self.wfile.write(answer)
        return None

    do_GET = do_POST  # noqa: N815  # the name the server looks for

    def _forward(self, body):
        """Send it on; a kept connection that the server has closed meanwhile is replaced before anything is sent."""
        if self._upstream is None:
            self._upstream = HTTPConnection(*self.server.upstream, timeout=30)
        connection = self._upstream
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, HTTPException):
            connection.close()
            self._upstream = None
            raise

    def _fail(self, event):
        """There is no answer, or not the server's."""
        if event[:3].isdigit():
            self._refuse(int(event[:3]))
        else:
            self._hang_up(reset=event.startswith("reset"))

    def _refuse(self, status):
        page = b"<html>upstream connect error</html>"
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _hang_up(self, *, reset):
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True


class Proxy(ThreadingHTTPServer):
    """The proxy. `url` is where it listens; `recorded` holds what passed, if it was asked to keep that."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, upstream: str, weather: Weather, *, record: bool = False) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)
        self.weather = weather
        self.recorded: list[Passed] | None = [] if record else None
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}{parts.path or '/sdk'}"

    def passed(self, exchange):
        if self.recorded is not None:
            self.recorded.append(exchange)

    def handle_error(self, request, client_address):
        """A client that has gone is no error of ours."""


@contextmanager
def proxied(upstream, weather, *, record=False):
    """A proxy in front of a server, for as long as the context lasts."""
    proxy = Proxy(upstream, weather, record=record)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join(10)
