"""HTTP: the SOAP endpoint, the list of versions, the control endpoint."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import ipaddress
import json
import logging
import re
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from taskconform.conformance.serve import faults
from taskconform.conformance.serve.clients import COOKIE, Client
from taskconform.conformance.serve.description import description
from taskconform.conformance.serve.dispatch import Answer, Dispatcher
from taskconform.conformance.serve.options import VIRTUAL
from taskconform.conformance.serve.service import Service
from taskconform.conformance.wire import schema
from taskconform.model.vocabulary.calls import NOBODY
from taskconform.model.vocabulary.outcomes import SECOND

if TYPE_CHECKING:
    from taskconform.conformance.serve.options import Options

PATH: Final = "/sdk"
VERSIONS: Final = ("/sdk/vimServiceVersions.xml", "/sdk/vimServiceVersions")
CONTROL: Final = "/control/"
NOW: Final = "X-Taskconform-Now"
"""The header that says, where the clock is virtual, what time it is: microseconds since 1970."""
TOKEN: Final = "X-Taskconform-Token"  # noqa: S105 -- the name of a header
_XML: Final = {"Content-Type": "text/xml; charset=utf-8", "Cache-Control": "no-cache"}
_SESSION: Final = re.compile(rf'(?:^|;)\s*{COOKIE}="?(\w+)"?\s*(?:;|$)')
_KEEP_ALIVE: Final = 600.0
_SWEEP: Final = 30.0
_log = logging.getLogger(__name__)


def versions_document(version: str) -> bytes:
    """Give what /sdk/vimServiceVersions.xml says: the newest version first, then those before it."""
    known = schema.known_versions()
    newest, *prior = known[known.index(version) :]
    lines = "".join([f"<version>{each}</version>" for each in prior])
    return (
        '<?xml version="1.0" encoding="UTF-8" ?><namespaces version="1.0"><namespace><name>urn:vim25</name>'
        f"<version>{newest}</version><priorVersions>{lines}</priorVersions></namespace></namespaces>"
    ).encode()


class Application:
    """One server, as HTTP shows it."""

    def __init__(self, options: Options) -> None:
        """Start the service; nothing listens yet."""
        self.options = options
        self.service = Service(options)
        self.service.when_due = self._wake_when_due
        self.dispatcher = Dispatcher(self.service)
        self._versions = versions_document(options.api_version)
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0
        self._tells_time = options.control is not None and options.clock == VIRTUAL

    def server(self) -> web.Server:
        """Give the handler of connections."""
        return web.Server(
            self.handle,
            request_factory=self._request,
            access_log=None,
            keepalive_timeout=_KEEP_ALIVE,
            auto_decompress=False,
            handler_cancellation=True,  # whoever has gone away waits for nothing any more
        )

    def _request(self, message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=self.options.largest)

    # --- requests -----------------------------------------------------------------------------------------------------

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        path = request.path
        if path in (PATH, f"{PATH}/") and request.method == "POST":
            return await self._soap(request)
        if path in VERSIONS and request.method == "GET":
            return web.Response(body=self._versions, headers=_XML)
        if path.startswith(CONTROL) and self.options.control is not None:
            return await self._control(request)
        status = HTTPStatus.METHOD_NOT_ALLOWED if path in (PATH, f"{PATH}/", *VERSIONS) else HTTPStatus.NOT_FOUND
        return _refusal(status)

    async def _soap(self, request: web.BaseRequest) -> web.Response:
        headers = request.headers
        if headers.get("Content-Encoding", "identity").lower() != "identity":
            return _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            document = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        client = self.service.clients.find(_session_of(headers.get("Cookie", "")))
        if client is None:
            client = Client(NOBODY, request.remote or "", headers.get("User-Agent", ""))
        action = headers.get("SOAPAction", "")
        try:
            answer = await self.dispatcher.answer(document, action, client)
        except asyncio.CancelledError:
            raise
        except Exception:  # noqa: BLE001 -- the server goes on, and says where it failed
            _log.error("a request failed:\n%s", traceback.format_exc())
            broken = faults.OtherFault("SystemError", "the simulator failed")
            answer = Answer(500, faults.document(broken, None, self.dispatcher.version_of(action).encoders))
        response = web.Response(status=answer.status, body=answer.document, headers=_XML)
        if self._tells_time:
            response.headers[NOW] = str(self.service.state.now)
        if answer.admitted is not None:
            secure = "; Secure" if self.options.tls else ""
            value = f'{COOKIE}="{answer.admitted.name}"; Path=/; HttpOnly{secure}'
            response.headers["Set-Cookie"] = value
        return response

    # --- control ------------------------------------------------------------------------------------------------------

    async def _control(self, request: web.BaseRequest) -> web.Response:
        """POST /control/clock {"advance": seconds}, POST /control/reset, GET /control/state, GET /control/description:
        from loopback, with the token."""
        token = self.options.control or ""
        given = request.headers.get(TOKEN, "")
        if not _is_loopback(request.remote) or not hmac.compare_digest(given.encode(), token.encode()):
            return _refusal(HTTPStatus.FORBIDDEN)
        what = request.path.removeprefix(CONTROL)
        service = self.service
        if what == "state" and request.method == "GET":
            return self._state()
        if what == "description" and request.method == "GET":
            return web.json_response(description(self.options))
        if what == "reset" and request.method == "POST":
            service.start_anew()
            return self._state()
        if what == "clock" and request.method == "POST":
            return await self._move_clock(request)
        return _refusal(HTTPStatus.NOT_FOUND)

    def _state(self) -> web.Response:
        state = self.service.state
        return web.json_response({"now": state.now, "tasks": len(state.tasks), "sessions": len(state.sessions)})

    async def _move_clock(self, request: web.BaseRequest) -> web.Response:
        if self.options.clock != VIRTUAL:
            return _refusal(HTTPStatus.CONFLICT)
        try:
            seconds = json.loads(await request.read())["advance"]
        except (ValueError, KeyError, TypeError, RecursionError, web.HTTPRequestEntityTooLarge):
            seconds = None
        if not isinstance(seconds, int) or isinstance(seconds, bool) or not 0 <= seconds <= 10**9:
            return _refusal(HTTPStatus.BAD_REQUEST)
        self.service.advance(self.service.state.now + seconds * SECOND)
        self.service.moved()
        return self._state()

    # --- what happens by itself ---------------------------------------------------------------------------------------

    def _wake_when_due(self) -> None:
        """See to it that what is due next is not late. A virtual clock stands still until somebody calls or waits."""
        due = self.service.next_due()
        if self.options.clock == VIRTUAL or due is None or (self._alarm is not None and self._alarm_at <= due):
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = due
        seconds = max(0.0, (due - self.service.state.now) / 1_000_000)
        self._alarm = asyncio.get_running_loop().call_later(seconds, self._be_due)

    def _be_due(self) -> None:
        self._alarm = None
        self.service.tick()
        self.service.moved()

    async def sweep(self) -> None:
        """End idle sessions, for ever."""
        while True:
            await asyncio.sleep(min(_SWEEP, max(0.05, self.options.idle / 4)))
            self.service.end_idle()


def _refusal(status: HTTPStatus) -> web.Response:
    return web.Response(status=status, text=f"{status.value} {status.phrase}\n")


def _session_of(cookies: str) -> str | None:
    """Give the session that a Cookie header names. (http.cookies takes as long to say so as the rest of a request.)"""
    found = _SESSION.search(cookies)
    return None if found is None else found[1]


def _is_loopback(address: str | None) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address or "").is_loopback
    return False
