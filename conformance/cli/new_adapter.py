"""The command `new-adapter`."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from taskconform.conformance.errors import BrokenOff, Refused


def new_adapter(
    name: Annotated[str, typer.Argument(help="The module to write: NAME.py, in the working folder.")],
) -> None:
    """Write an adapter to begin with: NAME.py, with a simulator of a few lines that stands in for yours."""
    if not name.isidentifier() or not name.isascii():
        message = f"{name!r} is no name of a module: letters, digits and underscores"
        raise Refused(message)
    path = Path(f"{name}.py")
    text = files("taskconform.conformance.targets").joinpath("skeleton.py").read_text(encoding="utf-8")
    text = text.replace("SkeletonTarget", f"{name.title().replace('_', '')}Target").replace("skeleton", name)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        message = f"{path} is there already"
        raise Refused(message) from None
    except OSError as problem:
        message = f"cannot write {path}: {problem.strerror or problem}"
        raise BrokenOff(message) from None
    sys.stdout.write(
        f"{path}: an adapter, and a simulator that stands in for yours\n"
        f"PYTHONPATH=. taskconform doctor {name}:open_target\n"
        f"PYTHONPATH=. taskconform run {name}:open_target\n"
    )
