"""The command `evidence`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from taskconform.conformance.cli.terminal import console
from taskconform.conformance.errors import BrokenOff, Refused
from taskconform.reports.render.printed import line


def evidence(
    server: Annotated[str, typer.Argument(help="https://user@host/sdk")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The recording; a new file.")],
    upstream_authority: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who vouches for the server's certificate (PEM).")
    ] = None,
    thumbprint: Annotated[str, typer.Option(metavar="SHA256", help="The server's certificate, by its digest.")] = "",
    insecure: Annotated[bool, typer.Option("--insecure", help="The server's certificate is not looked at.")] = False,  # noqa: FBT002
    private: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Names that are written as private-1, private-2 and so on.")
    ] = "",
    plain_names: Annotated[  # noqa: FBT002
        bool, typer.Option("--plain-names", help="Names of the inventory and of users are written, not their hashes.")
    ] = False,
) -> None:
    """Ask a server, read-only and in a minute, what no text says of tasks: the order of pages, the size of latestPage,
    maxCollector. What it answers is recorded, redacted, in a file that you can read, and send if you like."""
    from taskconform.conformance.recorder.evidence import gather  # noqa: PLC0415
    from taskconform.conformance.recorder.tape import Tape  # noqa: PLC0415
    from taskconform.conformance.recorder.upstream import Upstream  # noqa: PLC0415
    from taskconform.conformance.records.private import OPTION, split  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.targets.soap.connect import password_of  # noqa: PLC0415

    parts = urlsplit(server)
    if not parts.username or parts.password:
        message = f"the server is https://user@host/sdk, without a password, not {parts.scheme}://{parts.hostname}"
        raise Refused(message)
    upstream = Upstream(
        server.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1), upstream_authority, thumbprint, insecure
    )
    _ = upstream.trust
    names, _ = split({OPTION: private} if private else {})
    user = unquote(parts.username)
    password = password_of("primary", user, {})
    with Tape(output, names, hashed=not plain_names) as tape:
        asyncio.run(gather(upstream, tape, user, password, _tell))
    sys.stdout.write(f"{output}: {tape.calls} requests; read it, then send it if you like\n")
    if tape.broken:
        message = f"{output} is not whole: {tape.broken}"
        raise BrokenOff(message)


def _tell(question: str, answer: str) -> None:
    console().print(line((f"{question}: ", "bold"), answer), soft_wrap=True)
