"""The proxy: every request goes to the server as it came, every answer to the client; what is SOAP is written down.

The law of this file: the client sees what it would see of the server. An answer is passed on as its bytes come, and
written down afterwards; where the server closes a connection, the client's is closed.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from taskconform.conformance.recorder.scribe import LARGEST, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from taskconform.conformance.recorder.tape import Taken, Tape
    from taskconform.conformance.recorder.upstream import Upstream

LINE: Final = 64 * 1024
"""Bytes of a line of a request's or an answer's head: browsers that log in carry assertions in their URLs."""
_SMALL: Final = 256 * 1024
"""Bytes of an answer that is passed on in one piece."""
_HOP: Final = frozenset(
    {"connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
     "transfer-encoding", "upgrade", "expect"}
)  # fmt: skip
"""Headers that are about one connection, not about what goes over it."""
_OF_HOST: Final = frozenset({"strict-transport-security", "alt-svc"})
"""Headers by which a server tells a browser where to find it the next time."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_AUTOMATIC: Final = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_NOT_SENT: Final = _HOP | {"host"}
_DOMAIN: Final = re.compile(r";\s*domain=[^;]*", re.IGNORECASE)
_DOMAIN_SECURE: Final = re.compile(r";\s*(domain=[^;]*|secure)(?=\s*(;|$))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The body of a request: `whole` where it can be kept in memory, and what is sent on in any case."""

    whole: bytes | None
    sent: bytes | AsyncIterator[bytes] | None


class Proxy:
    """The handler of all requests. `base` is the proxy's own origin, known once it listens."""

    def __init__(self, upstream: Upstream, tape: Tape, session: aiohttp.ClientSession) -> None:
        """Keep what it works with."""
        self._upstream, self._tape, self._session = upstream, tape, session
        self._connections: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        self._latest = 0
        self.base = ""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Pass one request on, and its answer back."""
        if "upgrade" in request.headers or not request.raw_path.startswith("/"):
            return web.Response(status=HTTPStatus.NOT_IMPLEMENTED, text="the recorder passes on HTTP requests only\n")
        if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        is_soap = request.method == "POST" and self._upstream.speaks(request.path)
        body = await _body_of(request, keep=is_soap)
        at = self._tape.now()
        sending = asyncio.ensure_future(self._send(request, body))
        taken: Taken | None = None
        try:
            try:
                await asyncio.sleep(0)  # it goes out while we write
            finally:
                taken = self._write(request, at, body, is_soap=is_soap)
            async with await sending as answer:
                return await self._give(request, answer, taken)
        except aiohttp.ClientConnectorError as problem:
            self._lost(taken, "the server could not be reached")
            return web.Response(status=HTTPStatus.BAD_GATEWAY, text=f"{self._upstream.origin}: {problem}\n")
        except (aiohttp.ClientError, OSError):
            self._lost(taken, "the connection broke off before the answer was whole")
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except asyncio.CancelledError:
            self._lost(taken, "the client went away")
            raise
        finally:
            sending.cancel()

    # --- to the server ------------------------------------------------------------------------------------------------

    async def _send(self, request: web.BaseRequest, body: Body) -> aiohttp.ClientResponse:
        """Send a request on, whatever it is."""
        headers = CIMultiDict(one for one in request.headers.items() if one[0].lower() not in _NOT_SENT)
        for name in ("Origin", "Referer"):  # a server may compare them with its own name
            value = headers.get(name, "")
            if value.startswith(self.base):
                headers[name] = self._upstream.origin + value.removeprefix(self.base)
        return await self._session.request(
            request.method,
            URL(self._upstream.origin + request.raw_path, encoded=True),
            headers=headers,
            data=body.sent,
            allow_redirects=False,
            skip_auto_headers=_AUTOMATIC,
        )

    def _write(self, request: web.BaseRequest, at: int, body: Body, *, is_soap: bool) -> Taken | None:
        """Write a request down. One that only reads, and is no SOAP, is counted."""
        if not is_soap and request.method in _READING:
            self._tape.passed[f"{request.method} requests"] += 1
            return None
        number = self._connections.get(request.transport)
        if number is None:
            self._latest += 1
            number = self._connections[request.transport] = self._latest
        if not is_soap:
            return self._tape.other(number, at)
        headers = request.headers
        message = Message(
            body=body.whole,
            encoding=headers.get("Content-Encoding", ""),
            cookie="; ".join(headers.getall("Cookie", ())),
            action=headers.get("SOAPAction", ""),
        )
        return self._tape.request(number, at, message)

    def _lost(self, taken: Taken | None, why: str) -> None:
        if taken is not None:
            self._tape.lost(taken, self._tape.now(), why)

    # --- to the client ------------------------------------------------------------------------------------------------

    async def _give(
        self, request: web.BaseRequest, answer: aiohttp.ClientResponse, taken: Taken | None
    ) -> web.StreamResponse:
        """Pass an answer on as it comes, then write it down."""
        headers = CIMultiDict(self._headers(answer))
        response: web.StreamResponse
        if (answer.content_length or _SMALL + 1) <= _SMALL and request.method != "HEAD":
            whole: bytes | None = await answer.read()
            ended = self._tape.now()
            response = web.Response(status=answer.status, reason=answer.reason, headers=headers, body=whole)
            try:
                await response.prepare(request)
                await response.write_eof()
            finally:
                self._wrote(answer, taken, ended, whole)
            return response
        response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
        await response.prepare(request)
        kept = bytearray()
        too_large = taken is None or not taken.is_soap
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
            too_large = too_large or len(kept) + len(chunk) > LARGEST
            if not too_large:
                kept += chunk
        ended = self._tape.now()
        try:
            await response.write_eof()
        finally:
            self._wrote(answer, taken, ended, None if too_large else bytes(kept))
        return response

    def _wrote(self, answer: aiohttp.ClientResponse, taken: Taken | None, ended: int, body: bytes | None) -> None:
        """Write an answer down."""
        if taken is None:
            return
        message = Message(
            body=body,
            encoding=answer.headers.get("Content-Encoding", ""),
            cookie="; ".join(answer.headers.getall("Set-Cookie", ())),
        )
        self._tape.answer(taken, ended, answer.status, message)

    def _headers(self, answer: aiohttp.ClientResponse) -> Iterator[tuple[str, str]]:
        """Yield the headers of an answer; what names the server names the proxy instead, so that a browser stays."""
        for name, value in answer.headers.items():
            lower = name.lower()
            if lower in _HOP or lower in _OF_HOST:
                continue
            if lower == "location" and value.startswith(self._upstream.origin):
                yield name, self.base + value.removeprefix(self._upstream.origin)
            elif lower == "set-cookie":
                yield name, (_DOMAIN if self.base.startswith("https:") else _DOMAIN_SECURE).sub("", value)
            else:
                yield name, value


async def _body_of(request: web.BaseRequest, *, keep: bool) -> Body:
    """Return the body of a request: whole if it is to be kept and not too large, else piece by piece."""
    if not request.can_read_body:
        return Body(whole=b"", sent=None)
    if not keep:
        return Body(whole=None, sent=request.content.iter_any())
    begun: list[bytes] = []
    size = 0
    async for chunk in request.content.iter_any():
        begun.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            return Body(whole=None, sent=_joined(begun, request.content.iter_any()))
    whole = b"".join(begun)
    return Body(whole=whole, sent=whole)


async def _joined(begun: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in begun:
        yield chunk
    async for chunk in rest:
        yield chunk
