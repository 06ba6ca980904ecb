"""A server of the built-in target, in a thread of this process, and clients that talk to it."""

from __future__ import annotations

from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from pyVim.connect import Disconnect, SmartConnect

from taskconform.conformance.serve import background
from taskconform.conformance.serve.options import Options

ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


class Served:
    """A server that runs."""

    def __init__(self, url: str, application: Any, authority: bytes | None) -> None:
        self.url = url
        self.application = application
        self.authority = authority
        self.parts = urlsplit(url)

    @property
    def state(self):
        """The specification's state."""
        return self.application.service.state

    @contextmanager
    def client(self, account="primary", **options):
        """A pyVmomi client that has logged in."""
        options.setdefault("pwd", account)
        instance = SmartConnect(
            protocol=self.parts.scheme,
            host=self.parts.hostname,
            port=self.parts.port,
            user=account,
            disableSslCertValidation=True,
            **options,
        )
        try:
            yield instance
        finally:
            Disconnect(instance)
            instance._stub.DropConnections()

    def post(self, payload: bytes, path="/sdk", method="POST", **headers):
        """One HTTP request on a connection of its own: the status and the body."""
        connection = HTTPConnection(self.parts.hostname, self.parts.port, timeout=30)
        try:
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def soap(self, body: str, **headers):
        """One SOAP request: the status and the document."""
        status, document = self.post(ENVELOPE.format(body).encode(), **headers)
        return status, document.decode()


@contextmanager
def serving(**options):
    """Run a server for as long as the context lasts: plain HTTP, unless told otherwise."""
    options.setdefault("tls", False)
    with background.serving(Options(**options)) as made:
        yield Served(made.server.url, made.server.application, made.server.authority)
