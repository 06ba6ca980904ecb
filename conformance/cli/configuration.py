"""Defaults of the command line: the environment, and the table `tool.taskconform` of the nearest pyproject.toml.

    [tool.taskconform.run]
    target = "mysimulator.testing:open_target"
    profile = "standard"
    set = ["latency=0"]

What is typed goes before a variable of the environment (TASKCONFORM_RUN_PROFILE), and that before the file.
"""

from __future__ import annotations

import os
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE: Final = "pyproject.toml"
VARIABLE: Final = "TASKCONFORM_CONFIG"
"""Names another file; empty: none is read."""
PREFIX: Final = "TASKCONFORM"
"""What the names of variables begin with that stand for options: TASKCONFORM_RUN_PROFILE is `run --profile`."""


def defaults(options: Mapping[str, Mapping[str, bool]], folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """Return the defaults, by command and by parameter. `options` has the parameters of every command, as functions
    spell them, and whether each takes several values: a variable of the environment has blanks between them. Raises
    Refused for a file that cannot be read, or names what there is not."""
    found = _of_file(options, folder or Path.cwd())
    for command, names in options.items():
        for name, is_list in names.items():
            given = os.environ.get(f"{PREFIX}_{command}_{name}".upper().rstrip("_"))
            if given is not None:
                found.setdefault(command, {})[name] = shlex.split(given) if is_list else given
    return found


def _of_file(options: Mapping[str, Mapping[str, bool]], folder: Path) -> dict[str, dict[str, Any]]:
    """Return the defaults that the file has. Raises Refused."""
    path = _found(folder)
    found: dict[str, dict[str, Any]] = {}
    for command, values in (_table(path) if path is not None else {}).items():
        if command not in options:
            message = f"{path}: tool.taskconform.{command}: there is no such command"
            raise Refused(message)
        if not isinstance(values, dict):
            message = f"{path}: tool.taskconform.{command} is a table of options, not {values!r}"
            raise Refused(message)
        for option, value in values.items():
            name = option.replace("-", "_")
            name = name if name in options[command] else f"{name}_"
            if name not in options[command]:
                message = f"{path}: tool.taskconform.{command} has no option {option}"
                raise Refused(message)
            found.setdefault(command, {})[name] = value
    return found


def _found(folder: Path) -> Path | None:
    """Find the file: the one that the environment names, else the nearest one in a folder or above with the table."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    return next((path for one in (folder, *folder.parents) if (path := one / FILE).is_file() and _table(path)), None)


def _table(path: Path) -> dict[str, Any]:
    """Read the table `tool.taskconform` of a file; empty if it has none. Raises Refused."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        message = f"{path}: {problem.strerror}"
        raise Refused(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        if os.environ.get(VARIABLE) is None and "taskconform" not in path.read_text(encoding="utf-8", errors="replace"):
            return {}
        message = f"{path} is no TOML: {problem}"
        raise Refused(message) from None
    tool = document.get("tool")
    table = tool.get("taskconform", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        message = f"{path}: tool.taskconform is a table, not {table!r}"
        raise Refused(message)
    return table
