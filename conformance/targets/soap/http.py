"""HTTP/1.1, as much of it as a SOAP client needs: one request, one answer, on a connection that is kept.

The socket is made by pyVmomi's stub, over http.client, which sees to names, TLS and time-outs. What http.client makes
of an answer (an e-mail message) takes it as long as vcsim takes to produce one, hence this. The law of this file: an
answer comes to its end, whatever the server does: in time and in size it is bounded as a whole.
"""

from __future__ import annotations

import io
import select
from dataclasses import dataclass
from threading import Event, Lock
from time import monotonic, sleep
from typing import IO, Any, Final

_IDLE: Final = 2.0
"""Seconds after which a kept connection is looked at before use."""
_LONGEST_LINE: Final = 65_536
_MOST_LINES: Final = 256
"""Headers that an answer may have, and answers 100 that may come before it."""
LARGEST: Final = 32 * 2**20
"""Bytes that the body of an answer may have."""
WHOLE: Final = 4
"""Times the time-out after which an answer that has begun must be whole."""


class HttpError(Exception):
    """The answer is not HTTP/1.1, or ends in the middle."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """An HTTP answer. `cookie` is the last Set-Cookie header, whole; "" if there was none. `now` is the time by a
    server's clock that stands still between requests, in microseconds since 1970; b"" if it is not said."""

    status: int
    body: bytes
    cookie: str
    kept: bool
    now: bytes = b""


class Pace:
    """The pace at which requests go out: at least so far apart, whichever connection they take."""

    def __init__(self, rate: float | None) -> None:
        """At most `rate` a second; None: as fast as they come."""
        self._apart = 0.0 if rate is None else 1.0 / rate
        self._next = 0.0
        self._lock = Lock()

    def wait(self) -> None:
        """Wait until a request may go out, and take nothing yet: what is timed from here on was not held up by us."""
        if self._apart:
            sleep(max(0.0, self._next - monotonic()))

    def take(self) -> None:
        """Wait for a place, and take it."""
        if not self._apart:
            return
        with self._lock:
            place = max(self._next, monotonic())
            self._next = place + self._apart
        sleep(max(0.0, place - monotonic()))


class _Bounded(io.RawIOBase):
    """What a socket receives, until a deadline. Each wait is no longer than the socket's own time-out."""

    def __init__(self, sock: Any) -> None:
        """Read from a socket that is connected."""
        self._sock = sock
        self._timeout: float | None = sock.gettimeout()
        self._until = 0.0

    def begin(self) -> None:
        """Start the time for one exchange, which begins with sending."""
        if self._timeout is not None:
            self._sock.settimeout(self._timeout)
            self._until = monotonic() + WHOLE * self._timeout

    def readable(self) -> bool:
        """Return True: it is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Receive something. Raises OSError, TimeoutError."""
        if self._timeout is not None:
            left = self._until - monotonic()
            if left <= 0:
                raise TimeoutError
            if left < self._timeout:
                self._sock.settimeout(left)
        received: int = self._sock.recv_into(buffer)
        return received


class KeptConnection:
    """A connection that stays open between requests, as long as the server keeps it."""

    def __init__(self, connection: Any) -> None:
        """Take over an http.client connection that is connected."""
        self._connection = connection
        self._socket = _Bounded(connection.sock)
        self._reader: IO[bytes] = io.BufferedReader(self._socket, _LONGEST_LINE)
        self._used = monotonic()

    def is_stale(self) -> bool:
        """Tell whether the server has closed it while it was idle: the socket is then readable."""
        return monotonic() - self._used > _IDLE and bool(select.select([self._connection.sock], [], [], 0)[0])

    def exchange(self, request: bytes, written: Event | None = None) -> Answer:
        """Send a whole request (`written` tells when) and read its whole answer. Raises OSError or HttpError; it is
        useless then."""
        self._socket.begin()
        self._connection.sock.sendall(request)
        if written is not None:
            written.set()
        answer = read_answer(self._reader)
        self._used = monotonic()
        return answer

    def close(self) -> None:
        """Close it. May be called twice."""
        self._reader.close()
        self._connection.close()


def read_answer(reader: IO[bytes]) -> Answer:
    """Read an answer to the end of its body."""
    for _ in range(_MOST_LINES):
        status, old = _status(reader)
        headers, cookie = _headers(reader)
        if status != 100:  # "go on", which we do anyway
            break
    else:
        message = "the server does nothing but tell us to go on"
        raise HttpError(message)
    length = headers.get(b"content-length")
    kept = not old and headers.get(b"connection", b"").lower() != b"close"
    if headers.get(b"transfer-encoding", b"").lower() == b"chunked":
        body = _chunks(reader)
    elif length is not None:
        body = _exactly(reader, _number(length, 10))
    else:
        body, kept = reader.read(LARGEST + 1), False
        _bounded(len(body))
    return Answer(status=status, body=body, cookie=cookie, kept=kept, now=headers.get(b"x-taskconform-now", b""))


def _status(reader: IO[bytes]) -> tuple[int, bool]:
    """The status, and whether the server is of the time before connections were kept."""
    line = reader.readline(_LONGEST_LINE)
    if not line:
        message = "the connection was closed without an answer"
        raise HttpError(message)
    version, _, rest = line.partition(b" ")
    status = rest[:3]
    if not version.startswith(b"HTTP/1.") or not status.isdigit():
        message = "the answer is not HTTP"
        raise HttpError(message)
    return int(status), version == b"HTTP/1.0"


def _headers(reader: IO[bytes]) -> tuple[dict[bytes, bytes], str]:
    headers: dict[bytes, bytes] = {}
    cookie = ""
    for _ in range(_MOST_LINES):
        line = reader.readline(_LONGEST_LINE)
        if line in (b"\r\n", b"\n"):
            return headers, cookie
        if not line.endswith(b"\n"):
            message = "the answer ends in its headers"
            raise HttpError(message)
        name, _, value = line.partition(b":")
        headers[name.lower()] = value.strip()
        if name.lower() == b"set-cookie":
            cookie = value.strip().decode("latin-1")
    message = "the answer has headers without end"
    raise HttpError(message)


def _chunks(reader: IO[bytes]) -> bytes:
    body = bytearray()
    while size := _number(reader.readline(_LONGEST_LINE).partition(b";")[0].strip(), 16):
        _bounded(len(body) + size)
        body += _exactly(reader, size)
        reader.readline(_LONGEST_LINE)
    _headers(reader)
    return bytes(body)


def _number(digits: bytes, base: int) -> int:
    try:
        size = int(digits, base)
    except ValueError:
        size = -1
    if size < 0:
        message = "the answer does not say how long it is"
        raise HttpError(message)
    return size


def _bounded(size: int) -> None:
    """Raise HttpError for a body that is too large."""
    if size > LARGEST:
        message = f"the answer has more than {LARGEST >> 20} MiB"
        raise HttpError(message)


def _exactly(reader: IO[bytes], size: int) -> bytes:
    _bounded(size)
    body = reader.read(size)
    if len(body) != size:
        message = "the answer ends in the middle"
        raise HttpError(message)
    return body
