"""The command `serve`."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from pathlib import Path  # noqa: TC003  # typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.serve.description import command_lines
from taskconform.conformance.serve.options import (
    CALL_TIME,
    DEFAULT_VERSION,
    IDLE,
    LARGEST,
    PASSWORD,
    QUEUE_TIME,
    REAL,
    VCENTER,
    Options,
    new_token,
    passwords,
)
from taskconform.conformance.targets.builtin.inventory import ACCOUNTS

if TYPE_CHECKING:
    from taskconform.conformance.serve.running import Running


def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    flavour: Annotated[str, typer.Option(help="vcenter or esxi.")] = VCENTER,
    api_version: Annotated[str, typer.Option(help="AboutInfo.apiVersion: from 4.0 on.")] = DEFAULT_VERSION,
    tls: Annotated[bool, typer.Option(help="Without, plain HTTP.")] = True,  # noqa: FBT002
    certificate: Annotated[Path | None, typer.Option(help="PEM; without, one is made.")] = None,
    private_key: Annotated[Path | None, typer.Option(help="PEM, of the certificate.")] = None,
    authority: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write there (PEM) who vouches for a certificate made here.")
    ] = None,
    password: Annotated[
        str | None, typer.Option(envvar=PASSWORD, help="Of all users; without, each has its account's name.")
    ] = None,
    clock: Annotated[str, typer.Option(help="real, or virtual: moved by the control endpoint only.")] = REAL,
    control: Annotated[bool, typer.Option("--control", help="A control endpoint, with a real clock.")] = False,  # noqa: FBT002
    max_collector: Annotated[int, typer.Option(min=1, help="TaskManager.maxCollector.")] = 32,
    window: Annotated[int, typer.Option(min=0, help="Seconds that recentTask lists completed tasks.")] = 600,
    cap: Annotated[int, typer.Option(min=0, help="How many completed tasks it lists, on a vCenter.")] = 200,
    idle_timeout: Annotated[float, typer.Option(min=0.1, help="Seconds until an unused session ends.")] = IDLE,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="A method that it does not have: CreateTask. Can be given several times."),
    ] = None,
    operation_time: Annotated[
        int | None, typer.Option(min=0, help="Milliseconds that an operation runs; 0: it is through at once.")
    ] = None,
    queue_time: Annotated[
        int, typer.Option(min=0, help="Milliseconds that it is queued before, if it takes time at all.")
    ] = QUEUE_TIME,
    call_time: Annotated[
        int, typer.Option(min=1, help="Milliseconds that a request takes on a virtual clock.")
    ] = CALL_TIME,
    variant: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Behave in another way that the pages allow; or several ways, or random."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of `--variant random`: which ones are drawn.")] = 0,
    variants: Annotated[  # noqa: FBT002
        bool, typer.Option("--variants", help="List the variants with what allows each, and end.")
    ] = False,
    print_options: Annotated[  # noqa: FBT002
        bool, typer.Option("--print-options", help="Print how to run the suite on it, too.")
    ] = False,
    max_request: Annotated[int, typer.Option(min=1024, help="Bytes of a request at most.")] = LARGEST,
) -> None:
    """Serve the built-in simulator over SOAP, until interrupted. Prints one line when it can be reached."""
    from taskconform.conformance.serve.running import run_until_stopped  # noqa: PLC0415  # keeps `--help` quick

    if variants:
        _list_variants()
        return
    try:
        options = Options(
            host=host,
            port=port,
            tls=tls,
            certificate=None if certificate is None else str(certificate),
            private_key=None if private_key is None else str(private_key),
            flavour=flavour,
            api_version=api_version,
            max_collector=max_collector,
            window=window,
            cap=cap,
            clock=clock,
            idle=idle_timeout,
            largest=max_request,
            operation_time=operation_time,
            without=tuple(without or ()),
            queue_time=queue_time,
            call_time=call_time,
            control=new_token() if control or print_options or clock != REAL else None,
            passwords=passwords(for_all=password),
        )
        _check_passwords(options)
        if variant is not None:
            options = _varied(options, variant, seed)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None
    try:
        asyncio.run(
            run_until_stopped(options, lambda server: _tell(server, options, authority, options_too=print_options))
        )
    except OSError as problem:
        message = f"cannot serve on {host}:{port}: {problem.strerror or problem}"
        raise typer.BadParameter(message) from None


def _varied(options: Options, variant: str, seed: int) -> Options:
    """Return the options of a server that is like the variants of this name, and say which they are."""
    from taskconform.conformance.serve.variants import named, offered, with_variants  # noqa: PLC0415  # as above

    names = named(variant, seed)
    sys.stderr.writelines(f"variant {name}: {offered()[name].says}\n" for name in names)
    return with_variants(options, names)


def _list_variants() -> None:
    """Print a line for each variant: its name, what it does otherwise, and what allows it."""
    from taskconform.conformance.serve.variants import offered  # noqa: PLC0415  # as above

    sys.stdout.writelines(f"{name}: {one.says} [{one.by}]\n" for name, one in sorted(offered().items()))


def _check_passwords(options: Options) -> None:
    """Raises ValueError where others can reach the server, and know the passwords."""
    try:
        is_loopback = options.host == "localhost" or ipaddress.ip_address(options.host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback and any(options.passwords[each.name] == each.name for each in ACCOUNTS):
        message = f"{options.host} is not loopback: set {PASSWORD}"
        raise ValueError(message)


def _tell(server: Running, options: Options, authority: Path | None, *, options_too: bool) -> None:
    """Say where the server is, on one line that a program can read, and who can log in, for people."""
    if authority is not None and server.authority is not None:
        authority.write_bytes(server.authority)
    words = [f"url={server.url}"]
    if options.control is not None:
        words += [f"control={server.url.removesuffix('/sdk')}/control/", f"token={options.control}"]
    for account in ACCOUNTS:
        known = options.passwords[account.name] == account.name
        password = account.name if known else "(as set)"
        sys.stderr.write(f"{account.name}: user {account.user_name}, password {password}\n")
    sys.stderr.flush()
    sys.stdout.write(f"taskconform serve: {' '.join(words)}\n")
    if options_too:
        sys.stdout.writelines(f"{line}\n" for line in command_lines(server.url, options))
    sys.stdout.flush()
