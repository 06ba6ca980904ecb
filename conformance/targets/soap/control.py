"""The control endpoint of a `taskconform serve`: what it says of itself, its clock, a fresh state.

It is no part of the API, and answers to loopback and to whoever has its token.
"""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from taskconform.conformance.targets.protocol import TargetMisnamed, TargetUnreachable
from taskconform.conformance.targets.soap.wire import TIMED_OUT
from taskconform.model.vocabulary.outcomes import dated

if TYPE_CHECKING:
    from taskconform.conformance.targets.soap.wire import Endpoint

TOKEN: Final = "TASKCONFORM_CONTROL_TOKEN"  # noqa: S105 -- the name of a variable
_HEADER: Final = "X-Taskconform-Token"
_VIRTUAL: Final = "virtual"
_LARGEST: Final = 2**20
"""Bytes that an answer may have."""
_LONGEST: Final = 30.0
"""Seconds that it may take."""


class Control:
    """A control endpoint. All of it raises TargetUnreachable where that does not answer, or not as it should."""

    def __init__(self, url: str, token: str, endpoint: Endpoint) -> None:
        """Ask what there is. TLS and the time-out are as for the server itself."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            message = f"control is a URL, as `taskconform serve` prints it, not {url!r}"
            raise TargetMisnamed(message)
        self._url, self._path = url, parts.path.rstrip("/") + "/"
        self._headers = {_HEADER: token, "Content-Type": "application/json"}
        if parts.scheme == "https":
            self._connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=endpoint.timeout, context=endpoint.tls()
            )
        else:
            self._connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=endpoint.timeout)
        found = self._ask("GET", "description")
        self.is_virtual = found.get("clock") == _VIRTUAL
        self.options = _texts(found.get("options"))
        self.passwords = _texts(found.get("passwords"))

    def now(self) -> int:
        """The server's time, in microseconds since 1970."""
        return self._time(self._ask("GET", "state"))

    def advance(self, seconds: int) -> int:
        """Move the clock forward; the time then."""
        return self._time(self._ask("POST", "clock", {"advance": seconds}))

    def _time(self, found: dict[str, Any]) -> int:
        """Return the time that an answer tells."""
        now = found.get("now")
        if not isinstance(now, int) or dated(now) != now:
            self._connection.close()
            message = f"the control endpoint {self._url} does not say what time it is"
            raise TargetUnreachable(message)
        return now

    def reset(self) -> None:
        """Start anew: all tasks, sessions and extensions are gone."""
        self._ask("POST", "reset")

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self._connection.close()

    def _ask(self, verb: str, what: str, body: Any = None) -> dict[str, Any]:
        payload = None if body is None else json.dumps(body)
        try:
            self._connection.request(verb, self._path + what, payload, self._headers)
            answer = self._connection.getresponse()
            document = self._whole(answer)
        except (OSError, http.client.HTTPException) as problem:
            self._connection.close()
            message = f"the control endpoint {self._url} does not answer: {problem}"
            raise TargetUnreachable(message) from problem
        if answer.status != http.HTTPStatus.OK:
            self._connection.close()
            hint = f" (the token belongs into {TOKEN})" if answer.status == http.HTTPStatus.FORBIDDEN else ""
            message = f"the control endpoint {self._url} refuses {what}: HTTP {answer.status}{hint}"
            raise TargetUnreachable(message)
        try:
            found = json.loads(document)
            json.dumps(found, ensure_ascii=False).encode()  # half a character is no text
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._connection.close()
            message = f"the control endpoint {self._url} answers with no JSON object"
            raise TargetUnreachable(message)
        return found

    def _whole(self, answer: http.client.HTTPResponse) -> bytes:
        """Read an answer, which is short, and comes at once. Raises TimeoutError, HTTPException."""
        until = time.monotonic() + (self._connection.timeout or _LONGEST)
        document = b""
        while piece := answer.read1(_LARGEST):
            document += piece
            if len(document) > _LARGEST:
                message = f"the answer has more than {_LARGEST} bytes"
                raise http.client.HTTPException(message)
            if time.monotonic() > until:
                raise TimeoutError(TIMED_OUT)
        return document + answer.read()  # nothing is left, but to end the answer


def _texts(found: Any) -> dict[str, str]:
    """Return a mapping of texts; an empty one for anything else."""
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
