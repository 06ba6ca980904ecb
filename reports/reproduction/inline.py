"""Functions of `runtime`, as a script holds them: the source of those that it calls, with all that they need."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MODULES: Final = ("state", "values", "server", "tasks", "history", "services", "watch", "program")
"""The modules of `runtime`, in the order in which a script has their functions."""

_OWN: Final = "taskconform."
_THIRD_PARTY: Final = ("pyVim", "pyVmomi")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A function or a variable of `runtime`: its source, and the names that it reads."""

    source: str
    reads: frozenset[str]

    @property
    def is_variable(self) -> bool:
        """Return true for a variable."""
        return not self.source.startswith(("def ", "@"))


def names_read(tree: ast.AST) -> frozenset[str]:
    """Return the names that some code reads and does not bind."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    bound = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    bound |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    return frozenset(name.id for name in names) - bound


@cache
def _runtime() -> tuple[dict[str, Part], dict[str, tuple[str, str]]]:
    """Read `runtime`. Return its parts, and its imports: for a name the module, and the name in it or nothing. The
    modules are not imported: pyVmomi takes its time."""
    parts: dict[str, Part] = {}
    imports: dict[str, tuple[str, str]] = {}
    folder = files("taskconform.reports.reproduction.runtime")
    for module in MODULES:
        source = (folder / f"{module}.py").read_text(encoding="utf-8")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            match node:
                case ast.FunctionDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
                    text = "\n".join(lines[first - 1 : node.end_lineno])
                    parts[name] = Part(source=text, reads=names_read(node))
                case ast.Import(names=names):
                    imports |= {alias.name.partition(".")[0]: (alias.name, "") for alias in names}
                case ast.ImportFrom(module=str(origin), names=names) if not origin.startswith(_OWN):
                    imports |= {alias.name: (origin, alias.name) for alias in names}
    return parts, imports


def global_names() -> frozenset[str]:
    """Return every name that a script may have at its top."""
    return frozenset().union(*_runtime())


def inlined(names: Iterable[str]) -> tuple[str, list[str]]:
    """Return the import statements and the parts that code needs which reads these names; variables first, then
    functions in the order of `runtime`."""
    parts, imports = _runtime()
    found: set[str] = set()
    left = set(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left |= parts[name].reads if name in parts else set()
    chosen = [part for name, part in parts.items() if name in found]
    variables = "\n".join(part.source for part in chosen if part.is_variable)
    functions = [part.source for part in chosen if not part.is_variable]
    return _statements({imports[name] for name in found if name in imports}), [variables, *functions]


def _statements(imports: Iterable[tuple[str, str]]) -> str:
    """Return import statements: the standard library, then pyVmomi."""
    wanted: dict[tuple[bool, str], list[str]] = {}
    for module, name in sorted(imports):
        wanted.setdefault((bool(name), module), []).append(name)
    lines = [
        (module, f"from {module} import {', '.join(names)}" if is_from else f"import {module}")
        for (is_from, module), names in sorted(wanted.items())
    ]
    own = [line for module, line in lines if not module.startswith(_THIRD_PARTY)]
    theirs = [line for module, line in lines if module.startswith(_THIRD_PARTY)]
    return "\n".join([*own, "", *theirs])
