"""The fixed parts of a script: small functions, of which a script holds those that it calls.

Each is the text of a function, with the names of the parts and the imports that it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskconform.reports.reproduction.parts_history import HISTORY
from taskconform.reports.reproduction.parts_server import SERVER
from taskconform.reports.reproduction.parts_watch import WATCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskconform.reports.reproduction.part import Part

PARTS: Final[dict[str, Part]] = {**SERVER, **HISTORY, **WATCH}
"""Every part, in the order in which a script has them."""


def closure(names: Iterable[str]) -> list[str]:
    """These parts and all that they need, in the order of the table."""
    found: set[str] = set()
    open_names = list(names)
    while open_names:
        name = open_names.pop()
        if name not in found:
            found.add(name)
            open_names.extend(PARTS[name].needs)
    return [name for name in PARTS if name in found]


_THIRD_PARTY: Final = ("pyVim", "pyVmomi")


def import_lines(imports: Iterable[str]) -> str:
    """The import statements: the standard library, then pyVmomi."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for each in imports:
        module, _, name = each.partition(":")
        if name:
            names.setdefault(module, set()).add(name)
        else:
            plain.add(module)
    lines = [(module, f"import {module}") for module in sorted(plain)] + [
        (module, f"from {module} import {', '.join(sorted(found))}") for module, found in sorted(names.items())
    ]
    own = [line for module, line in lines if not module.startswith(_THIRD_PARTY)]
    theirs = [line for module, line in lines if module.startswith(_THIRD_PARTY)]
    return "\n".join([*own, "", *theirs]).strip("\n")
