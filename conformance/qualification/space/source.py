"""Operators on the source of the specification, and the sites where each applies.

An operator is a function of a node of the syntax tree, which yields what can stand in its place and how that is called:

    @on_source("strictness")
    def strictness(node: ast.AST) -> Iterator[Change]:
        if isinstance(node, ast.Compare) and type(node.ops[0]) in LOOSE:
            yield LOOSE[type(node.ops[0])].__name__, evolved(node, ops=[LOOSE[type(node.ops[0])]()])

The places are the nodes of every function, and of every table of a module. A site is the how-manieth node of its
function that the operator applies to. Where the specification makes a choice no operator applies: what comes out would
be another interpretation; what is come to under other choices only is no place.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

from taskconform.conformance.targets.builtin.specification import NAMES, PACKAGE
from taskconform.model.spec.choices import DEFAULT, Choices
from taskconform.model.spec.step import METHODS

if TYPE_CHECKING:
    from types import CodeType

Change = tuple[str, ast.AST]
"""The parameter, and what stands in the place of the node."""
SourceOperator = Callable[[ast.AST], Iterator[Change]]

SOURCE_OPERATORS: Final[dict[str, SourceOperator]] = {}
"""By name."""
MODULES: Final = tuple(name for name in NAMES if name != "step")
"""Modules that say something of a server: `step` lists the methods."""
LEADING: Final = frozenset({"folders", "triggers"})
"""Modules of operations that lead to situations."""
METHOD_NAMES: Final = frozenset(f"{one.__module__.rpartition('.')[2]}.{one.__name__}" for one in METHODS.values())
INTERPRETATIONS: Final = frozenset(word for hint in get_type_hints(Choices).values() for word in get_args(hint))
MOST_TURNS: Final = 20_000
"""Turns after which a loop of a mutant is taken for one that does not end."""
FUNCTIONS: Final = "from taskconform.conformance.qualification.space import stand_ins as _stand_ins"
"""What a mutated module imports besides."""


def on_source(name: str) -> Callable[[SourceOperator], SourceOperator]:
    """Declare an operator under its name."""

    def mark(operator: SourceOperator) -> SourceOperator:
        SOURCE_OPERATORS[name] = operator
        return operator

    return mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A node that an operator applies to: the module, the function or table, the how-manieth such node there
    (`number`), and the how-manieth of all nodes (`at`)."""

    module: str
    function: str
    operator: str
    number: int
    parameter: str
    at: int


def evolved(node: Any, **changes: Any) -> Any:
    """Return a node with some fields changed; what lies below is shared."""
    return ast.copy_location(type(node)(**{**dict(ast.iter_fields(node)), **changes}), node)


def chooses(node: ast.AST) -> bool:
    """Tell whether a node looks at a choice, or at the version of the API, which no run changes."""
    return any(choice_of(one) or getattr(one, "attr", "") == "api_version" for one in ast.walk(node))


def choice_of(node: ast.AST) -> str:
    """Return the choice that a node has, as `choices.page_turn` or under a name of the function's own; "" if none."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "choices":
        return node.attr
    return str(getattr(node, "choice", ""))


def parsed(text: str) -> ast.expr:
    """Return an expression as a tree."""
    return ast.parse(text, mode="eval").body


# --- sites ------------------------------------------------------------------------------------------------------------


def sites() -> Iterator[Site]:
    """Yield every site of every operator, in the order of modules, functions and nodes."""
    for module in MODULES:
        tree = _tree(module)
        for function, at_top in _roots(tree).items():
            if not is_subject(module, function, tree):
                continue
            counted: dict[str, int] = {}
            for at, slot in enumerate(_slots(tree, at_top)):
                for name, operator in SOURCE_OPERATORS.items():
                    parameters = [parameter for parameter, _ in operator(slot.node)]
                    if parameters:
                        counted[name] = counted.get(name, 0) + 1
                    for one in parameters:
                        yield Site(
                            module=module, function=function, operator=name, number=counted[name], parameter=one, at=at
                        )


def said_of(site: Site) -> str:
    """Tell the change at a site: the line as it is, and as it becomes."""
    tree = _tree(site.module)
    node = list(_slots(tree, _roots(tree)[site.function]))[site.at].node
    return f"{_written(node)} -> {_written(dict(SOURCE_OPERATORS[site.operator](node))[site.parameter])}"


def code_of(site: Site) -> CodeType:
    """Return the code of a module with the change at this site."""
    tree = copy.deepcopy(_tree(site.module))
    slot = list(_slots(tree, _roots(tree)[site.function]))[site.at]
    after = dict(SOURCE_OPERATORS[site.operator](slot.node))[site.parameter]
    if slot.index is None:
        setattr(slot.parent, slot.field, after)
    else:
        getattr(slot.parent, slot.field)[slot.index] = after
    return compiled(tree, site.module)


@cache
def bounded_codes() -> dict[str, CodeType]:
    """Return the code of each module that has a loop which a mutant could make endless, with a bound on its turns."""
    trees = {module: _tree(module) for module in MODULES}
    looping = [module for module, tree in trees.items() if any(isinstance(one, ast.While) for one in ast.walk(tree))]
    return {module: compiled(copy.deepcopy(trees[module]), module) for module in looping}


def compiled(tree: ast.Module, module: str) -> CodeType:
    """Compile a module, with what its mutants call, and with loops that end."""
    tree = _Bounded().visit(tree)
    place = next(at for at, one in enumerate(tree.body) if isinstance(one, ast.ImportFrom)) + 1
    tree.body[place:place] = ast.parse(FUNCTIONS).body
    return compile(ast.fix_missing_locations(tree), f"<mutant of {module}>", "exec")


class _Bounded(ast.NodeTransformer):
    """Gives each loop a number of turns after which it fails."""

    def visit_While(self, node: ast.While) -> ast.For:  # as ast spells it
        """Make a `for` of a `while`."""
        self.generic_visit(node)
        ends = ast.If(test=ast.UnaryOp(op=ast.Not(), operand=node.test), body=[ast.Break()], orelse=[])
        return ast.For(
            target=ast.Name(id="_turn", ctx=ast.Store()),
            iter=parsed(f"range({MOST_TURNS})"),
            body=[ends, *node.body],
            orelse=ast.parse("raise RecursionError").body,
        )


@cache
def written_fields() -> frozenset[str]:
    """Return the names of the fields that the specification writes: no other ever has a value."""
    nodes = [node for module in MODULES for node in ast.walk(_tree(module))]
    named = {one.arg for node in nodes if isinstance(node, ast.Call) for one in node.keywords if one.arg}
    makers = [
        one for one in nodes if isinstance(one, ast.FunctionDef) and ast.unparse(one.returns or one).startswith("dict")
    ]
    tables = [one for maker in makers for one in ast.walk(maker) if isinstance(one, ast.Dict)]
    keys = {str(one.value) for table in tables for one in table.keys if isinstance(one, ast.Constant)}
    return frozenset(named | keys)


@cache
def _tree(module: str) -> ast.Module:
    found = find_spec(f"{PACKAGE}.{module}")
    loader: Any = None if found is None else found.loader
    text: str = loader.get_source(f"{PACKAGE}.{module}")
    tree = ast.parse(text)
    for one in tree.body:
        if isinstance(one, ast.FunctionDef):
            _mark_choices(one)
    return tree


def _mark_choices(function: ast.FunctionDef) -> None:
    """Mark the names of a function that stand for a choice."""
    chosen = {}
    for one in ast.walk(function):
        targets = one.targets if isinstance(one, ast.Assign) else [one.target] if isinstance(one, ast.AnnAssign) else []
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            value = getattr(one, "value", None)
            values = value.elts if isinstance(value, ast.Tuple) else [value]
            for name, given in zip(names, values, strict=False):
                if isinstance(name, ast.Name) and given is not None and choice_of(given):
                    chosen[name.id] = choice_of(given)
    for one in ast.walk(function):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and one.id in chosen:
            vars(one)["choice"] = chosen[one.id]


def _roots(tree: ast.Module) -> dict[str, int]:
    """Return the functions and the tables of a module, by name, with the place where they stand."""
    found: dict[str, int] = {}
    for index, one in enumerate(tree.body):
        if isinstance(one, ast.FunctionDef):
            found[one.name] = index
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found[one.target.id] = index
    return found


@dataclass(frozen=True, slots=True)
class _Slot:
    """A node, and the place where it hangs."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST


def _slots(tree: ast.Module, at_top: int) -> Iterator[_Slot]:
    """Yield a function or table of a module and every node below it, in the order of the text."""
    root = tree.body[at_top]
    yield _Slot(tree, "body", at_top, root)
    yield from _below(root)


def _below(root: ast.AST) -> Iterator[_Slot]:
    """Yield every node below another: neither docstrings nor annotations nor the words of a fault."""
    for field, value in ast.iter_fields(root):
        if field in {"annotation", "returns", "args", "decorator_list"} and not isinstance(root, ast.Call):
            continue
        if is_dead(root, field):
            continue
        for index, one in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(one, ast.JoinedStr) or not isinstance(one, ast.AST):
                continue
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant):
                continue
            if index is not None and is_past(value[:index]):
                break
            if truth(one) is not None or is_by_interpretation(one):
                continue
            yield _Slot(root, field, index, one)
            yield from _below(one)


# --- what is never come to --------------------------------------------------------------------------------------------


def truth(test: ast.AST) -> bool | None:
    """Return how a condition on choices comes out by default, None if it depends on something else. The server is a
    vCenter Server."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inside = truth(test.operand)
        return None if inside is None else not inside
    if isinstance(test, ast.BoolOp):
        known = [truth(one) for one in test.values]
        decides = isinstance(test.op, ast.Or)
        if decides in known:
            return decides
        return None if None in known else not decides
    if isinstance(test, ast.Attribute) and test.attr == "vcenter":
        return True
    if isinstance(test, ast.Compare) and choice_of(test.left):
        with suppress(ValueError):
            chosen, given = getattr(DEFAULT, choice_of(test.left)), ast.literal_eval(test.comparators[0])
            told = chosen in given if isinstance(test.ops[0], ast.In | ast.NotIn) else chosen == given
            return told != isinstance(test.ops[0], ast.NotIn | ast.NotEq)
    return None


def is_past(statements: list[ast.AST]) -> bool:
    """Tell whether nothing after these statements is come to by default."""
    return any(
        isinstance(one, ast.If) and truth(one.test) and isinstance(one.body[-1], ast.Return) for one in statements
    )


def is_dead(root: ast.AST, field: str) -> bool:
    """Tell whether a branch is never taken by default."""
    test = getattr(root, "test", None)
    return test is not None and field in {"body", "orelse"} and truth(test) is (field == "orelse")


def is_by_interpretation(node: ast.AST) -> bool:
    """Tell whether a table says what each interpretation of an open clause comes to."""
    keys = node.keys if isinstance(node, ast.Dict) else []
    return bool(keys) and all(isinstance(key, ast.Constant) and key.value in INTERPRETATIONS for key in keys)


def is_subject(module: str, function: str, tree: ast.Module) -> bool:
    """Tell whether a function or a table is a matter of the clauses: the operations that only lead to situations, and
    say so by naming no clause, are none."""
    node = next((one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == function), None)
    leads_there = module in LEADING or f"{module}.{function}" in METHOD_NAMES
    return node is None or not leads_there or "Clauses:" in (ast.get_docstring(node) or "")


def _written(node: ast.AST) -> str:
    """Return a node as a line of source."""
    return " ".join(ast.unparse(node).split())[:120]
