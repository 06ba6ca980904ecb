"""The command `record`."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.cli.events import events_of
from taskconform.conformance.cli.terminal import console, deliver
from taskconform.conformance.errors import BrokenOff, Refused
from taskconform.reports.render.printed import lines

if TYPE_CHECKING:
    from taskconform.conformance.recorder.live import Shown
    from taskconform.conformance.recorder.running import Recording
    from taskconform.conformance.recorder.tape import Tape


def record(
    upstream: Annotated[str, typer.Option(metavar="URL", help="The server that is recorded: https://vcenter/sdk.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The recording; a new file.")],
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where clients are sent instead; port 0: a free one.")
    ] = "127.0.0.1:8443",
    upstream_authority: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who vouches for the server's certificate (PEM).")
    ] = None,
    thumbprint: Annotated[str, typer.Option(metavar="SHA256", help="The server's certificate, by its digest.")] = "",
    insecure: Annotated[bool, typer.Option("--insecure", help="The server's certificate is not looked at.")] = False,  # noqa: FBT002
    tls: Annotated[bool, typer.Option(help="Without, clients speak plain HTTP to the recorder.")] = True,  # noqa: FBT002
    certificate: Annotated[Path | None, typer.Option(help="The recorder's, PEM; without, one is made.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="PEM, of the certificate.")] = None,
    authority: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there (PEM) who vouches for a certificate made here.")
    ] = None,
    private: Annotated[
        str, typer.Option(metavar="NAME,NAME", help="Names that are written as private-1, private-2 and so on.")
    ] = "",
    hash_names: Annotated[  # noqa: FBT002
        bool, typer.Option("--hash-names", help="Names of the inventory and of users are written as hashes.")
    ] = False,
    judge: Annotated[  # noqa: FBT002
        bool,
        typer.Option(
            "--judge", help="Print a divergence when it happens, and judge the whole at the end; exit as judge."
        ),
    ] = False,
) -> None:
    """Stand between clients and a server, and write down what they say of tasks, without passwords, session keys or
    anything else that judging does not need. Nothing leaves the machine. `judge FILE` judges it."""
    from taskconform.conformance.recorder.live import Watch  # noqa: PLC0415
    from taskconform.conformance.recorder.running import Listening, run_until_stopped  # noqa: PLC0415
    from taskconform.conformance.recorder.tape import Tape  # noqa: PLC0415
    from taskconform.conformance.recorder.upstream import Upstream  # noqa: PLC0415
    from taskconform.conformance.records.private import OPTION, split  # noqa: PLC0415  # keeps `--help` quick

    host, port = _address(listen)
    if (certificate is None) != (private_key is None):
        message = "a certificate and its private key are given together"
        raise Refused(message)
    server = Upstream(upstream, upstream_authority, thumbprint, insecure)
    listening = Listening(
        host=host,
        port=port,
        tls=tls,
        certificate=None if certificate is None else str(certificate),
        private_key=None if private_key is None else str(private_key),
    )
    names, _ = split({OPTION: private} if private else {})
    beside = Watch(output, _show).run if judge else None
    _ = server.trust
    with Tape(output, names, hashed=hash_names) as tape:
        try:
            asyncio.run(run_until_stopped(server, listening, tape, lambda running: _tell(running, authority), beside))
        except OSError as problem:
            message = f"cannot listen on {listen}: {problem.strerror or problem}"
            raise Refused(message) from None
    _say_goodbye(tape, output)
    if tape.broken:
        message = f"{output} is not whole: {tape.broken}"
        raise BrokenOff(message)
    if judge:
        raise typer.Exit(_judge(output))


def _judge(path: Path) -> int:
    """Judge the whole recording, and return the exit code of `judge`."""
    from taskconform.conformance.records.recordings.judging import judge_recording  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        with events_of("record") as events:
            finished = judge_recording(path, Path(folder), events)
        return deliver(finished, Path(folder), None)


def _show(shown: Shown) -> None:
    """Print a divergence."""
    told = (f"DIVERGES {shown.clause}", f"  expected {shown.expected}", f"  observed {shown.observed}")
    console().print(lines(*told), soft_wrap=True)


def _address(listen: str) -> tuple[str, int]:
    """Read HOST:PORT. Raises Refused."""
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        message = f"--listen is HOST:PORT, not {listen}"
        raise Refused(message)
    host = host.removeprefix("[").removesuffix("]")
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        sys.stderr.write(f"{host} is not loopback: others can reach the server through the recorder\n")
    return host, int(port)


def _tell(running: Recording, authority: Path | None) -> None:
    """Say where the recorder is, on one line that a program can read."""
    if authority is not None and running.authority is not None:
        authority.write_bytes(running.authority)
    sys.stdout.write(f"taskconform record: url={running.url}\n")
    sys.stdout.flush()


def _say_goodbye(tape: Tape, output: Path) -> None:
    passed = ", ".join(f"{count} {what}" for what, count in sorted(tape.passed.items())) or "nothing"
    sys.stdout.write(f"{output}: {tape.calls} requests; passed on unwritten: {passed}\n")
    sys.stdout.flush()
