"""The server's certificate."""

from __future__ import annotations

import ssl
from typing import Protocol

import trustme


class Listening(Protocol):
    """Where a server listens: with TLS or without, and with which certificate (PEM files)."""

    @property
    def host(self) -> str:
        """The address."""

    @property
    def tls(self) -> bool:
        """Without, plain HTTP."""

    @property
    def certificate(self) -> str | None:
        """None: one is made."""

    @property
    def private_key(self) -> str | None:
        """The certificate's."""


def context_of(options: Listening) -> tuple[ssl.SSLContext | None, bytes | None]:
    """Give what TLS is spoken with, and the certificate (PEM) of who vouches for the server where that was made here:
    with the certificate that was given, else one made now for the address that the server binds.
    """
    if not options.tls:
        return None, None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.certificate and options.private_key:
        context.load_cert_chain(options.certificate, options.private_key)
        return context, None
    authority = trustme.CA(organization_name="taskconform", organization_unit_name="serve")
    names = {options.host, "localhost", "127.0.0.1", "::1"} - {"0.0.0.0", "::"}  # noqa: S104 -- names nobody
    authority.issue_cert(*sorted(names)).configure_cert(context)
    return context, authority.cert_pem.bytes()
