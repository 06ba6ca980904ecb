"""The server that is recorded: its address, and the trust in its certificate."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiohttp

from taskconform.conformance.errors import Refused, TargetUnreachable

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE: Final = aiohttp.ClientTimeout(total=15)
_DIGEST: Final = 64
"""Hexadecimal digits of a SHA-256."""


@dataclass(frozen=True)
class Upstream:
    """The server at `url`. Its certificate is trusted if the system's authorities vouch for it, or the one in
    `authority` (PEM); if its SHA-256 is `thumbprint`; or, with `insecure`, in any case."""

    url: str
    authority: Path | None = None
    thumbprint: str = ""
    insecure: bool = False

    def __post_init__(self) -> None:
        """Raises Refused for what is no such URL or thumbprint."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            message = f"--upstream is https://host/sdk, not {self.url}"
            raise Refused(message)
        if parts.username or parts.password:
            message = "--upstream takes no user: the client logs in by itself"
            raise Refused(message)
        if self.thumbprint and len(self._digest) != _DIGEST // 2:
            message = f"--thumbprint is a SHA-256, {_DIGEST} hexadecimal digits with or without colons"
            raise Refused(message)

    @property
    def _digest(self) -> bytes:
        try:
            return bytes.fromhex(self.thumbprint.replace(":", ""))
        except ValueError:
            return b""

    @cached_property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @cached_property
    def path(self) -> str:
        """The path of the SOAP endpoint."""
        return urlsplit(self.url).path.rstrip("/") or "/sdk"

    def speaks(self, path: str) -> bool:
        """Tell whether SOAP requests for the API go to this path."""
        return path in (self.path, f"{self.path}/", f"{self.path}/vimService")

    @cached_property
    def trust(self) -> ssl.SSLContext | aiohttp.Fingerprint | bool:
        """What aiohttp takes as `ssl`. Raises Refused where the authority cannot be read."""
        if self.insecure:
            return False
        if self.thumbprint:
            return aiohttp.Fingerprint(self._digest)
        try:
            return ssl.create_default_context(cafile=None if self.authority is None else str(self.authority))
        except (OSError, ssl.SSLError) as problem:
            message = f"--upstream-authority {self.authority}: {problem.strerror or problem}"
            raise Refused(message) from None

    async def check(self, session: aiohttp.ClientSession) -> None:
        """Ask the server for its versions, which it tells anybody. Raises TargetUnreachable."""
        url = f"{self.origin}{self.path}/vimServiceVersions.xml"
        try:
            async with session.get(url, timeout=_PATIENCE) as answer:
                await answer.read()
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch):
            message = (
                f"the certificate of {self.origin} is not trusted: give --upstream-authority FILE (PEM), or, if "
                f"this is its own, --thumbprint {self._shown()}"
            )
            raise TargetUnreachable(message) from None
        except (aiohttp.ClientError, OSError, TimeoutError) as problem:
            message = f"{self.origin} does not answer: {problem or type(problem).__name__}"
            raise TargetUnreachable(message) from None

    def _shown(self) -> str:
        """The thumbprint of the certificate that the server shows now."""
        parts = urlsplit(self.url)
        try:
            pem = ssl.get_server_certificate((str(parts.hostname), parts.port or 443), timeout=15)
        except OSError:
            return "SHA-256"
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        return ":".join(digest[index : index + 2] for index in range(0, _DIGEST, 2))
