"""The operators on source. Each takes a node, and yields what can stand in its place."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final, get_args

from taskconform.conformance.qualification.space.fields import KINDS, SIBLINGS
from taskconform.conformance.qualification.space.source import Change, chooses, evolved, on_source, parsed
from taskconform.conformance.qualification.space.stand_ins import LOOKS, REF_LOOKS, TEXT_LOOKS
from taskconform.model.spec.faults import FaultName

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOSE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPPOSITE: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
COUNTS: Final = (1, 2, 3, 10, 64)
"""Items after which an iteration ends."""
PLACES: Final = (0, 1, 2)
"""Places of the items that an iteration leaves out."""
CHECKS: Final = ("fault_if", "require", "check_", "asked_by")
"""Names, or their beginnings, of calls that a method makes for the fault that they may end it with."""


def name_called(node: ast.AST) -> str:
    """Return the bare name of the function that a node calls, "" if it calls none."""
    function = node.func if isinstance(node, ast.Call) else None
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def is_check(node: ast.AST) -> bool:
    """Tell whether a statement is there for the fault that may come of it."""
    return isinstance(node, ast.Expr) and name_called(node.value).startswith(CHECKS)


# --- comparisons and conditions ---------------------------------------------------------------------------------------


@on_source("strictness")
def strictness(node: ast.AST) -> Iterator[Change]:
    """A bound is inside instead of outside, or the other way round."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in LOOSE and not chooses(node):
        loose = LOOSE[type(node.ops[0])]
        yield loose.__name__, evolved(node, ops=[loose(), *node.ops[1:]])


@on_source("opposite")
def opposite(node: ast.AST) -> Iterator[Change]:
    """A comparison tells the opposite."""
    if isinstance(node, ast.Compare) and not chooses(node):
        other = OPPOSITE[type(node.ops[0])]
        yield other.__name__, evolved(node, ops=[other(), *node.ops[1:]])


def looks_at(*nodes: ast.expr) -> tuple[str, ...]:
    """Return the ways to look at less of what is compared, by what the names of the fields tell of it."""
    kinds = {KINDS.get(one.attr, "") for one in nodes if isinstance(one, ast.Attribute)} - {""}
    if "ref" in kinds:
        return REF_LOOKS
    if "str" in kinds:
        return TEXT_LOOKS
    return () if kinds else tuple(LOOKS)


@on_source("compared-by")
def compared_by(node: ast.AST) -> Iterator[Change]:
    """Two values are compared by a part of them."""
    if not isinstance(node, ast.Compare) or len(node.ops) > 1 or chooses(node):
        return
    left, right = ast.unparse(node.left), ast.unparse(node.comparators[0])
    if any(isinstance(one, ast.Constant) or ast.unparse(one).isupper() for one in (node.left, *node.comparators)):
        return
    for how in looks_at(node.left, *node.comparators):
        if isinstance(node.ops[0], ast.Eq | ast.NotEq):
            said = "not " if isinstance(node.ops[0], ast.NotEq) else ""
            yield how, parsed(f"{said}_stand_ins.same({how!r}, {left}, {right})")
        elif isinstance(node.ops[0], ast.In | ast.NotIn):
            said = "not " if isinstance(node.ops[0], ast.NotIn) else ""
            yield how, parsed(f"{said}_stand_ins.among({how!r}, {left}, {right})")


@on_source("condition")
def condition(node: ast.AST) -> Iterator[Change]:
    """A condition always holds, or never does."""
    if isinstance(node, ast.If | ast.IfExp) and not chooses(node.test):
        for value in (True, False):
            yield str(value).lower(), evolved(node, test=ast.Constant(value=value))


@on_source("filtered")
def filtered(node: ast.AST) -> Iterator[Change]:
    """A comprehension takes what it should leave out."""
    if isinstance(node, ast.comprehension) and node.ifs and not chooses(node.ifs[0]):
        yield "all", evolved(node, ifs=node.ifs[1:])
        yield "others", evolved(node, ifs=[ast.UnaryOp(op=ast.Not(), operand=node.ifs[0]), *node.ifs[1:]])


@on_source("connective")
def connective(node: ast.AST) -> Iterator[Change]:
    """`and` is `or`, or the other way round."""
    if isinstance(node, ast.BoolOp) and not chooses(node) and not isinstance(node.values[-1], ast.Constant):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield type(other).__name__.lower(), evolved(node, op=other)


@on_source("operand")
def operand(node: ast.AST) -> Iterator[Change]:
    """A part of a condition is left out."""
    if isinstance(node, ast.BoolOp) and not isinstance(node.values[-1], ast.Constant):
        for at, one in enumerate(node.values):
            if not (isinstance(one, ast.Compare | ast.Name | ast.Attribute) and chooses(one)):
                left = node.values[:at] + node.values[at + 1 :]
                yield f"{at + 1}", left[0] if len(left) == 1 else evolved(node, values=left)


# --- faults -----------------------------------------------------------------------------------------------------------


@on_source("unchecked")
def unchecked(node: ast.AST) -> Iterator[Change]:
    """A fault condition is not looked at."""
    if is_check(node) and not chooses_fault(node):
        yield "dropped", ast.Pass()


def chooses_fault(node: ast.AST) -> bool:
    """Tell whether it depends on a choice if there is a fault."""
    call = node.value if isinstance(node, ast.Expr) else node
    return name_called(call) == "fault_if" and isinstance(call, ast.Call) and chooses(call.args[0])


@on_source("fault-when")
def fault_when(node: ast.AST) -> Iterator[Change]:
    """A call faults where it should not, and does not where it should."""
    if name_called(node) == "fault_if" and isinstance(node, ast.Call) and not chooses_fault(node):
        yield "never-else", evolved(node, args=[ast.UnaryOp(op=ast.Not(), operand=node.args[0]), *node.args[1:]])


@on_source("fault-name")
def fault_name(node: ast.AST) -> Iterator[Change]:
    """A call faults with another fault."""
    if isinstance(node, ast.Constant) and node.value in get_args(FaultName):
        names = get_args(FaultName)
        at = names.index(node.value)
        for step in (1, 5, 9):
            yield names[(at + step) % len(names)], ast.Constant(value=names[(at + step) % len(names)])


LATE: Final = """
def {name}(state, call, choices):
    try:
        return {name}_checked(state, call, choices)
    except FaultRaised as raised:
        try:
            after, _ = {name}_unchecked(state, call, choices)
        except FaultRaised:
            raise raised from None
        raise FaultRaised(raised.name, raised.message, after) from None
"""


@on_source("late-fault")
def late_fault(node: ast.AST) -> Iterator[Change]:
    """A call faults when it has had its effect."""
    if not isinstance(node, ast.FunctionDef) or [one.arg for one in node.args.args] != ["state", "call", "choices"]:
        return
    checks = [at for at, one in enumerate(node.body) if is_check(one) and not chooses_fault(one)]
    for count, at in enumerate(checks, 1):
        body = [*node.body[:at], ast.Pass(), *node.body[at + 1 :]]
        imports = ast.parse("from taskconform.model.spec.faults import FaultRaised").body
        late = ast.parse(LATE.format(name=node.name)).body
        pair = [evolved(node, name=f"{node.name}_checked"), evolved(node, name=f"{node.name}_unchecked", body=body)]
        yield f"{count}", ast.If(test=ast.Constant(value=True), body=[*imports, *pair, *late], orelse=[])


# --- values -----------------------------------------------------------------------------------------------------------


@on_source("constant")
def constant(node: ast.AST) -> Iterator[Change]:
    """A number is another one."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        number = node.value
        for how, other in (("plus-one", number + 1), ("minus-one", number - 1), ("times-ten", number * 10)):
            if other != number:
                yield how, ast.Constant(value=other)


@on_source("arithmetic")
def arithmetic(node: ast.AST) -> Iterator[Change]:
    """Something is taken away instead of added, or the least is taken instead of the most."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        yield "sign", evolved(node, op=ast.Sub() if isinstance(node.op, ast.Add) else ast.Add())
    if name_called(node) in {"min", "max"} and isinstance(node, ast.Call):
        other = "max" if name_called(node) == "min" else "min"
        yield other, evolved(node, func=ast.Name(id=other, ctx=ast.Load()))


@on_source("wrong-field")
def wrong_field(node: ast.AST) -> Iterator[Change]:
    """Another field of the same type is read."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for other in SIBLINGS.get(node.attr, ()):
            yield other, evolved(node, attr=other)


@on_source("unwritten")
def unwritten(node: ast.AST) -> Iterator[Change]:
    """A field is not written."""
    if name_called(node) == "evolve" and isinstance(node, ast.Call):
        for one in node.keywords:
            if one.arg is not None:
                yield one.arg, evolved(node, keywords=[other for other in node.keywords if other is not one])


@on_source("no-effect")
def no_effect(node: ast.AST) -> Iterator[Change]:
    """A step that changes a value is left out."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Call):
        named = node.targets[0].id
        if any(isinstance(one, ast.Name) and one.id == named for one in node.value.args):
            yield "left-out", ast.Pass()


@on_source("told")
def told(node: ast.AST) -> Iterator[Change]:
    """A question is answered the same each time that it comes to this point."""
    if isinstance(node, ast.Return) and isinstance(node.value, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant):
        if chooses(node) or (isinstance(node.value, ast.Constant) and type(node.value.value) is not bool):
            return
        for value in (True, False):
            if not (isinstance(node.value, ast.Constant) and node.value.value is value):
                yield str(value).lower(), ast.Return(value=ast.Constant(value=value))


@on_source("row")
def row(node: ast.AST) -> Iterator[Change]:
    """A row of a table has what the next one has; a set lacks a member."""
    if isinstance(node, ast.Dict) and len(node.values) > 1 and not any(key is None for key in node.keys):
        for at in range(len(node.values)):
            values = list(node.values)
            values[at] = values[(at + 1) % len(values)]
            if ast.unparse(values[at]) != ast.unparse(node.values[at]):
                yield f"{at + 1}", evolved(node, values=values)
    if isinstance(node, ast.Set) and len(node.elts) > 1 and not chooses(node):
        for at in range(len(node.elts)):
            yield f"{at + 1}", evolved(node, elts=node.elts[:at] + node.elts[at + 1 :])


# --- lists ------------------------------------------------------------------------------------------------------------


def walked(node: ast.AST) -> ast.expr | None:
    """Return what a loop or a comprehension goes through."""
    return node.iter if isinstance(node, ast.For | ast.comprehension) else None


@on_source("stops-after")
def stops_after(node: ast.AST) -> Iterator[Change]:
    """A loop ends after so many items."""
    if (those := walked(node)) is not None:
        for count in COUNTS:
            yield f"{count}", evolved(node, iter=parsed(f"_stand_ins.first({count}, {ast.unparse(those)})"))


@on_source("item-ignored")
def item_ignored(node: ast.AST) -> Iterator[Change]:
    """A loop leaves an item out."""
    if (those := walked(node)) is not None:
        for at in PLACES:
            yield f"{at + 1}", evolved(node, iter=parsed(f"_stand_ins.all_but({at}, {ast.unparse(those)})"))


@on_source("turned")
def turned(node: ast.AST) -> Iterator[Change]:
    """A loop goes the other way round."""
    if (those := walked(node)) is not None:
        yield "round", evolved(node, iter=parsed(f"_stand_ins.turned({ast.unparse(those)})"))


@on_source("slice")
def slice_bound(node: ast.AST) -> Iterator[Change]:
    """A part of a list begins or ends one item beside."""
    if isinstance(node, ast.Slice):
        for name in ("lower", "upper"):
            bound = getattr(node, name)
            for how, sign in (("later", "+"), ("sooner", "-")):
                if bound is not None:
                    yield f"{name}-{how}", evolved(node, **{name: parsed(f"({ast.unparse(bound)}) {sign} 1")})


@on_source("joined")
def joined(node: ast.AST) -> Iterator[Change]:
    """A list lacks a part of those that it is made of."""
    if isinstance(node, ast.Tuple | ast.List) and any(isinstance(one, ast.Starred) for one in node.elts):
        for at in range(len(node.elts)):
            yield f"{at + 1}", evolved(node, elts=node.elts[:at] + node.elts[at + 1 :])
