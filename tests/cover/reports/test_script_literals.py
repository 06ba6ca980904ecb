"""Scripts made of hostile text: it stays in string constants, comments and docstrings."""

from __future__ import annotations

import ast
import keyword
import random
import subprocess
import sys
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import asdict
from test_reports import DEMANDS, SHOWN, STEPS, trace
from test_scripts import FORMS, OTHERS, PROPERTIES, of

from taskconform.model.oracle.findings import MustAnswer, MustSucceed
from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import ObjectRef, Place
from taskconform.model.vocabulary.plan import Act
from taskconform.model.vocabulary.words import Word, evolve
from taskconform.reports.plain import one_line
from taskconform.reports.reproduction.inline import MODULES, global_names
from taskconform.reports.reproduction.literals import comment, docstring, identifier, interpolated, literal
from taskconform.reports.reproduction.script import script
from taskconform.reports.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

TRACES: list[Trace] = [
    *(trace("some.clause", "", MustSucceed(), *steps) for steps in (*FORMS.values(), *STEPS.values())),
    *(of(name) for name in PROPERTIES),
    *OTHERS.values(),
    *(
        trace(SHOWN[method][0], method, demand, *SHOWN[method][1])
        for method in ("ReadTaskInfo", "ReadNextTasks")
        for demand in DEMANDS.values()
    ),
]
HOSTILE = (
    '", __import__("os").system("touch /tmp/owned"), "',
    "', __import__('os').system('touch /tmp/owned'), '",
    '"""\nimport os\nos.abort()\n"""',
    "{__import__('os').abort()} {key}",
    "\nimport os\r\nos.abort()\x0c\x1c\x85\u2028os.abort()\x00",
    "\\\" + __import__('os').abort() + \\",
    "\x1b]0;owned\x07\x9b31m\u202e\u2066 \ud800 \\N{BULLET} %(prog)s",
    "# noqa\\",
)
PLAIN = "Z z"


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value of the vocabulary with its texts changed; all but those that choose the words of a demand."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(changed(each, change) for each in value)
    if isinstance(value, Word):
        kept = "property" if isinstance(value, MustAnswer) else "where"
        return evolve(value, **{name: changed(part, change) for name, part in asdict(value).items() if name != kept})
    return value


def hostile(base: Trace, text: str, seed: int) -> Trace:
    """Return a trace in which some texts, by the seed, are this one."""
    some = random.Random(seed)  # noqa: S311 - a choice of places, the same for every text
    share = some.choice((0.1, 0.5, 1.0))

    def change(value: str) -> str:
        return text if some.random() < share else value

    parts = {each.name: changed(getattr(base, each.name), change) for each in fields(Trace) if each.name != "symbols"}
    return replace(base, **parts, symbols={change(name): made for name, made in base.symbols.items()})


def shape(text: str) -> str:
    """Return the syntax tree of a script without what its strings say."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(range(len(TRACES))), st.text(), st.integers(0, 999))
def test_any_text_stays_in_strings(number, text, seed):
    written = script(hostile(TRACES[number], f"'{text}", seed))
    assert shape(written) == shape(script(hostile(TRACES[number], PLAIN, seed)))
    assert written.replace("\n", "").isprintable()


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_hostile_text_stays_in_strings(number):
    for seed, base in enumerate(TRACES[number :: len(HOSTILE)]):
        written = script(hostile(base, HOSTILE[number], seed))
        compile(written, "script.py", "exec")
        assert shape(written) == shape(script(hostile(base, PLAIN, seed)))
        assert written.replace("\n", "").isprintable()


def test_a_state_of_a_hostile_server_is_data():
    state = HOSTILE[0]
    base = of("delivers")
    told = replace(base, demand=evolve(base.demand, value=(base.demand.value[0], state)), observed=state)
    assert f"states[-1:] != [{state!r}]" in script(told)


# --- the functions ----------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple),
)


@given(VALUES)
def test_a_literal_is_the_value(value):
    assert ast.literal_eval(literal(value)) == value
    assert literal(value).isprintable()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {"a": 1}, object, ObjectRef(type="Task", value="t"), c.TypeId(which="x")]
)
def test_a_literal_of_anything_else_is_a_text(value):
    assert isinstance(ast.literal_eval(literal(value)), str)


def test_a_literal_of_a_number_is_short():
    assert len(literal(10**5000)) < 5000
    assert ast.literal_eval(literal([-(10**30), True])) == [-(10**30), True]


@given(st.text(), st.text())
@example("{", "}}")
@example("\\N", "{x}")
def test_interpolated_text_is_text(before, after):
    written = interpolated(before, "key", after)
    assert eval(written, {"key": "<>"}) == f"{before}<>{after}"  # noqa: S307 - the point


@given(st.text(), st.sets(st.text(max_size=3)))
def test_identifiers_are_new_names(text, taken):
    found = identifier(text, "session", taken)
    assert found.isidentifier()
    assert found.isascii()
    assert not keyword.iskeyword(found)
    assert found not in taken


@pytest.mark.parametrize("name", ["os", "vim", "print", "class", "info_a", "steps", "\uff4dain", "__import__", "a.b"])
def test_sessions_take_no_name_that_a_script_has(name):
    given_ = trace("x.y", "", MustSucceed(), Act(call=c.Logout(session=name)), *STEPS["create"])
    assert "    session_1.sessionManager.Logout()\n" in script(given_)


def test_two_sessions_have_two_variables():
    names = ("a b", "a-b", "a_b", "A b")
    given_ = trace("x.y", "", MustSucceed(), *(Act(call=c.Logout(session=name)) for name in names))
    lines = [line for line in script(given_).splitlines() if "anonymous(args, main)" in line and "=" in line]
    assert len({line.split(" = ")[0] for line in lines}) == len(names)


def test_an_unknown_place_is_an_option_with_a_plain_name():
    given_ = trace("x.y", "", MustSucceed(), Act(call=c.Destroy(session="main", entity=Place(role="a b\n"))))
    assert "place_1=None" in script(given_)
    assert "args.place_1" in script(given_)


@given(st.text())
@example('"""')
@example('""""')
@example("\\")
def test_prose_is_prose(text):
    assert all(line.startswith("#") for line in comment(text))
    assert not ast.parse("\n".join(comment(text))).body
    tree = ast.parse(docstring([[text], [text, text]]))
    assert [type(node) for node in tree.body] == [ast.Expr]


@given(st.text())
def test_one_line_prints(text):
    assert one_line(text).isprintable()
    assert len(one_line(text)) >= len(text)


# --- the runtime ------------------------------------------------------------------------------------------------------


def test_every_runtime_module_is_known():
    from importlib.resources import files  # noqa: PLC0415 - of this test alone

    there = {each.name.removesuffix(".py") for each in files("taskconform.reports.reproduction.runtime").iterdir()}
    assert there - {"__init__", "__pycache__"} == set(MODULES)


def test_runtime_names_are_unique():
    from importlib.resources import files  # noqa: PLC0415 - of this test alone

    names = [
        node.name
        for module in MODULES
        for node in ast.parse((files("taskconform.reports.reproduction.runtime") / f"{module}.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]
    assert len(names) == len(set(names))
    assert set(names) <= global_names()


def test_scripts_are_clean(tmp_path):
    for number, each in enumerate(TRACES):
        if "absent" not in str(each.demand):
            (tmp_path / f"script_{number}.py").write_text(script(each))
    rules = "E,W,I,B,UP,C4,SIM,RET,PIE,PLE,PLW"
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--line-length",
        "120",
        "--select",
        rules,
    ]
    done = subprocess.run([*ruff, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
