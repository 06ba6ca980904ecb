"""A hostile server over SOAP: a right one, some of whose answers are replaced on the way by what does harm.

What is said depends on the seed and on the number of the answer.
"""

from __future__ import annotations

import http.client
import random
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from hostile import FAULTS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_TEXT = re.compile(rb">[^<]+<")
_TYPE = re.compile(rb'xsi:type="[^"]*"')
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
VALUES = [escape(_NO_XML.sub("", text), {'"': "&quot;"}).encode() for text in TEXTS]
ODD = (
    b"-1",
    b"1e999",
    b"9" * 400,
    b"true",
    b"0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:59Z",
    b"NaN",
    b"2026-13-01T00:00:00",
)
FAULT = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"'
    b' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><e:Fault><faultcode>x</faultcode>'
    b"<faultstring>%b</faultstring><detail><%b xsi:type='%b'/></detail></e:Fault>"
    b"</e:Body></e:Envelope>"
)


def _replaced(some: random.Random, body: bytes) -> bytes:
    """Other texts in some places."""
    share = some.choice((0.05, 0.3, 1.0))

    def text(found: re.Match[bytes]) -> bytes:
        return b">" + some.choice((*VALUES, *ODD)) + b"<" if some.random() < share else found[0]

    return _TEXT.sub(text, body)


def _bomb(some: random.Random, body: bytes) -> bytes:
    """Something large, deep, or that grows."""
    middle = body.find(b"><") + 1
    inside = some.choice(
        (
            b"<a>" * 5_000 + b"</a>" * 5_000,
            b"<a/>" * 50_000,
            b"<a>" + b"x" * 1_000_000 + b"</a>",
            b"<a " + b" ".join(b"a%d=''" % number for number in range(5_000)) + b"/>",
        )
    )
    if some.random() < 0.3:
        return b'<!DOCTYPE a [<!ENTITY b "c">]>' + body
    return body[:middle] + inside + body[middle:]


def _encoded(some: random.Random, body: bytes) -> bytes:
    """Bytes that are no UTF-8, or no XML."""
    cut = some.randrange(1, len(body))
    return some.choice(
        (
            body[:cut],
            body + body,
            body[:cut] + b"\0" + body[cut:],
            body[:cut] + b"\xff\xfe\xed\xa0\x80" + body[cut:],
            body.decode(errors="replace").encode("utf-16"),
            body.replace(b"UTF-8", b"UTF-7"),
            b"",
            body[:cut] + b"&hostile;" + body[cut:],
            body[:cut] + b"\x1b[2J::error::" + body[cut:],
        )
    )


def hostile(some: random.Random, body: bytes, request: bytes) -> tuple[int, bytes, dict[str, str]]:
    """An answer in the place of this one: status, body, headers."""
    kind = some.randrange(10)
    if kind < 5:
        return 200, _replaced(some, body), {}
    if kind == 5:
        name = some.choice((b"Hostile%d" % some.randrange(10**6), b"F" * 300, b"NotFound", b"RuntimeFault"))
        spelled = some.choice((name, *(escape(each, {"'": "&apos;"}).encode(errors="ignore") for each in FAULTS)))
        return 500, FAULT % (some.choice(VALUES), name + b"Fault", spelled), {}
    if kind == 6:
        return 200, _bomb(some, body), {}
    if kind == 7:
        return 200, _encoded(some, body), {}
    if kind == 8:
        said = _TYPE.sub(lambda _: b'xsi:type="%b"' % some.choice((*VALUES, b"TaskInfo", b"ArrayOfTask")), body)
        return 200, said, {"Set-Cookie": "hostile=\x1b[2K; path=/", "X-Hostile": "::error::hostile"}
    if some.random() < 0.5:
        return 200, request, {}
    return some.choice((302, 404, 503, 204, 599)), body, {"Location": "http://hostile.invalid/"}


@contextmanager
def hostile_proxy(host: str, port: int, seed: int, share: float) -> Iterator[Proxy]:
    """Pass requests on to a server, and answer a `share` of them otherwise once `is_hostile` is set."""
    proxy = Proxy(host, port, seed, share)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        thread.join()
        proxy.server_close()


class Proxy(ThreadingHTTPServer):
    """The proxy. `given` counts hostile answers."""

    daemon_threads = True

    def __init__(self, host: str, port: int, seed: int, share: float) -> None:
        """Listen on a port of its own."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.seed, self.share = (host, port), seed, share
        self.is_hostile, self.given, self.asked = False, 0, 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Proxy

    def _pass_on(self) -> None:
        proxy = self.server
        request = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(*proxy.upstream, timeout=30)
        kept = {name: value for name, value in self.headers.items() if name.lower() in {"cookie", "soapaction"}}
        connection.request(self.command, self.path, request, {**kept, "Content-Type": "text/xml"})
        answer = connection.getresponse()
        status, body, headers = answer.status, answer.read(), {}
        cookie = answer.headers.get("Set-Cookie")
        connection.close()
        proxy.asked += 1
        some = random.Random(f"{proxy.seed} {proxy.asked}")  # noqa: S311 - reproducible, no secret
        if proxy.is_hostile and some.random() < proxy.share:
            proxy.given += 1
            status, body, headers = hostile(some, body, request)
        if cookie:
            headers.setdefault("Set-Cookie", cookie)
        self.send_response(status)
        for name, value in {"Content-Type": "text/xml", **headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _pass_on  # noqa: N815  # as http.server asks for

    def log_message(self, *_: object) -> None:
        """Say nothing."""
