"""The commands around certificates: `certify` and `verify`.

Exit codes: 0: it conforms, and the bundle is written, or holds. 1: a divergence, a stale or an expired waiver, or
something was changed, is missing, or does not belong. 2: a clause is undecided. 3: wrong usage: no such file, no such
key, a run with another profile, or by another suite than the one that is installed here.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from taskconform.conformance.cli.terminal import console
from taskconform.conformance.errors import Refused
from taskconform.reports.plain import one_line
from taskconform.reports.render.printed import lines

if TYPE_CHECKING:
    from taskconform.conformance.certification.certificate import Certificate


def certify(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="The folder that a run wrote.")] = None,
    key: Annotated[Path | None, typer.Option(metavar="FILE", help="The private key, Ed25519 in PEM.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where the bundle goes.")] = Path(
        "taskconform-certificate.zip"
    ),
    subject: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME@sha256:HEX", help="What else was tested, by its digest: the image, say."),
    ] = None,
    binary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The target's binary, to be named by its digest.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Make a key instead, and FILE.pub beside it.")
    ] = None,
) -> None:
    """Make the signed bundle of a run with profile certify that ended with exit code 0. The passphrase of the key comes
    from TASKCONFORM_KEY_PASSPHRASE or a prompt."""
    from taskconform.conformance.certification import signing  # noqa: PLC0415  # keeps `--help` quick

    if new_key is not None:
        if folder is not None or key is not None:
            message = "--new-key makes a key and nothing else"
            raise Refused(message)
        _say(f"private key: {new_key}\npublic key, to be given away: {signing.make_key(new_key)}")
        return
    if folder is None or key is None:
        message = "certify wants the folder of a run, and --key FILE"
        raise Refused(message)
    from taskconform.conformance.certification.certificate import BINARY  # noqa: PLC0415
    from taskconform.conformance.certification.certificate import certify as make  # noqa: PLC0415
    from taskconform.conformance.verdicts.waivers import today  # noqa: PLC0415

    subjects = [*(subject or ()), *([f"{BINARY}@sha256:{_digest(binary)}"] if binary is not None else ())]
    made = make(folder, signing.private_key(key), out, today(), _told, subjects)
    _show(made, "CERTIFIED")
    _say(f"bundle: {out}, {out.stat().st_size} bytes, sha256:{_digest(out)}")


def verify(
    bundle: Annotated[Path, typer.Argument(help="What certify has made.")],
    key: Annotated[Path, typer.Option(metavar="FILE", help="The certifier's public key, in PEM.")],
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day on which waivers are looked at; default: today.")
    ] = None,
) -> None:
    """Check a bundle's signature and every file in it, and recompute the verdict from the history, offline."""
    from taskconform.conformance.certification import signing  # noqa: PLC0415  # keeps `--help` quick
    from taskconform.conformance.certification.certificate import verify as check  # noqa: PLC0415
    from taskconform.conformance.verdicts.waivers import day  # noqa: PLC0415

    public = signing.public_key(key)
    if not bundle.is_file():
        message = f"cannot read {bundle}: there is no such file"
        raise Refused(message)
    try:
        found = check(bundle, public, day(on), _told)
    except PermissionError as problem:
        message = f"cannot read {problem.filename}: {problem.strerror}"
        raise Refused(message) from None
    _show(found, "VERIFIED")


# --- what is shown ----------------------------------------------------------------------------------------------------


def _digest(path: Path) -> str:
    """The SHA-256 of a file, in hex. Raises Refused."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        message = f"cannot read {path}: {problem.strerror}"
        raise Refused(message) from None


def _show(made: Certificate, word: str) -> None:
    """Print the certificate."""
    from taskconform.reports.render.power import on_record  # noqa: PLC0415
    from taskconform.reports.wording import verdict  # noqa: PLC0415

    report = made.report
    _say(one_line(f"{word}: {report.target.name}, {report.target.about['full_name']}"))
    _say(one_line(verdict(report)))
    _say(f"profile {report.run.profile}, seed {report.run.seed}, {report.run.calls} calls, begun {report.run.started}")
    for one in report.gate.waivers if report.gate is not None else ():
        _say(one_line(f"waived until {one.expires}: {one.signature}: {one.reason} ({one.owner})"))
    for one in made.statement["subject"]:
        _say(one_line(f"subject: {one['name']} sha256:{one['digest']['sha256']}"))
    _say(f"suite {report.suite.version}, registry {report.suite.registry_digest}")
    if (power := on_record(report.run.profile)) is not None:
        _say(f"detection power: {power.text}")
    _say(f"signed with key {made.keyid}")


def _say(text: str) -> None:
    console().print(lines(*text.split("\n")), soft_wrap=True)


def _told(stage: str, done: int, total: int) -> None:
    """Show on a terminal how far the judging is."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{stage} {done}/{total}" + ("\n" if done == total else ""))
