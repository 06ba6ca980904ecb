"""Names in a script: sessions, accounts, places, symbols, and what the steps make, as expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import BUILT_IN, NO_SUCH_USER, NO_TASK, Made, ObjectRef, Place
from taskconform.model.vocabulary.outcomes import TaskInfo
from taskconform.model.vocabulary.plan import Act, Bulk, Together
from taskconform.reports.reproduction.inline import global_names
from taskconform.reports.reproduction.literals import (
    Lines,
    attribute,
    called,
    identifier,
    interpolated,
    listed,
    literal,
)
from taskconform.reports.trace import Trace, letters, makes
from taskconform.reports.words.names import wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KINDS: Final = {
    "vm": "[vim.VirtualMachine]",
    "folder": "[vim.Folder, vim.Datacenter]",
    "host": "[vim.HostSystem]",
    "compute": "[vim.ComputeResource, vim.ResourcePool]",
}
"""The types of the objects that a place stands for, as the expression that looks for them."""

FIELDS: Final = frozenset(map(wire, TaskInfo.__struct_fields__))
"""The fields of a TaskInfo."""

_LOCALS: Final = frozenset(
    {
        *("args", "key", "caught", "info", "infos", "recent", "observed", "shows", "maximum", "page", "pages", "seen"),
        *("items", "sets", "refs", "events", "extension", "extensions", "description", "found", "before", "given"),
        *("first", "task", "value", "steps", "main", "held", "listed", "state", "states", "keys", "tasks", "values"),
        *("kinds", "paths", "missing", "odd", "ways", "after", "times", "mine", "most", "then", "texts", "counts"),
        *("lacking", "ours", "others", "reasons", "known", "strangers", "types", "phantoms", "earliest", "latest"),
        *("url", "user", "password", "insecure", "expected", "help"),  # options
        *("futures", "pool", "number", "refused", "each", "item", "reason", "event", "ref", "update", "change", *KINDS),
    }
)
"""Variables of the checks."""

VARIABLES: Final = {"task": "info", "operation": "task", "property collector": "watcher"}
"""The variables of what has another name in them than in words."""


class Names:
    """Names what one trace speaks of. Gathers the set-up that this needs: sessions, accounts, places, options."""

    def __init__(self, trace: Trace) -> None:
        """Start with the set-up of every script."""
        self.trace = trace
        self.accounts: dict[str, str] = {}
        self.options: dict[str, str | None] = {}
        self.setup: Lines = []
        self.recent = ""
        self.watching: set[str] = set()
        self.sessions: dict[str, str] = {c.MAIN: "main"}
        self.logins: dict[str, str] = {c.MAIN: "primary"}
        self.letters = {index: found.lower() for index, found in letters(trace.plan).items()}
        self._places: dict[Place, str] = {}
        made = {self.made(Made(step=index)).partition("[")[0] for index in self.letters}
        self._taken = {*global_names(), *_LOCALS, *made, *(f"sets_{known}" for known in self.letters.values())}

    # --- what is named ------------------------------------------------------------------------------------------------

    def _new(self, text: str, stem: str) -> str:
        """Return a new variable for what has this name."""
        variable = identifier(text, stem, self._taken)
        self._taken |= {variable, f"{variable}_version", f"{variable}_recent"}
        return variable

    def session(self, name: str) -> str:
        """Return the variable of a session. Without a login, it is a connection without a login."""
        if name not in self.sessions:
            variable = self.sessions[name] = self._new(name, "session")
            self.setup.append(f"{variable} = anonymous(args, main)")
        return self.sessions[name]

    def log_in(self, session: str, account: str) -> str:
        """Return the variable of a session that logs in."""
        self.sessions[session] = variable = "main" if session == c.MAIN else self._new(session, "session")
        self.logins[session] = account
        return variable

    def account(self, name: str) -> tuple[str, str]:
        """Return the expressions of an account's user and password."""
        if name == "primary":
            return "args.user", "args.password"
        if name not in self.accounts:
            self.accounts[name] = known = identifier(name, "account", set(self.accounts.values()))
            self._taken |= {f"{known}_user", f"{known}_password"}
            self.options |= {f"{known}_user": known.replace("_", "-"), f"{known}_password": "pass"}
        return f"args.{self.accounts[name]}_user", f"args.{self.accounts[name]}_password"

    def place(self, place: Place) -> str:
        """Return the variable of a place, looked up once, before the first step."""
        if place.role == "root":
            return "main.rootFolder"
        if place.role == "manager":
            return "main.taskManager"
        if place not in self._places:
            self._places[place] = variable = self._place_variable(place)
            self.setup.append(f"{variable} = {self._found(place, variable)}")
        return self._places[place]

    def _place_variable(self, place: Place) -> str:
        """Return a new variable for a place."""
        if place.role in KINDS:
            variable = place.role + (f"_{place.index + 1}" if place.index else "")
            self._taken.add(variable)
            return variable
        return self._new(place.role + (f"-{place.index + 1}" if place.index else ""), "place")

    def _found(self, place: Place, variable: str) -> str:
        if place.role == "nowhere":
            return 'vim.VirtualMachine("vm-987654321", main.taskManager._stub)'
        if place.role == "no-task":
            return f"vim.Task({literal(NO_TASK)}, main.taskManager._stub)"
        if place.role in KINDS:
            index = (literal(place.index),) if place.index else ()
            return called("place", "main", KINDS[place.role], *index)
        self.options[variable] = None
        return called("named", "main", f"args.{variable}")

    def made(self, made: Made) -> str:
        """Return the variable of what a step made: a TaskInfo, a collector, a view, a version."""
        known = self.letters.get(made.step, f"step_{abs(made.step)}")
        kind = makes(self.trace.plan[made.step]) if 0 <= made.step < len(self.trace.plan) else ""
        several = {"tasks": "infos", "collectors": "collectors", "made": "made", "": "made"}
        if kind in several:
            return f"{several[kind]}_{known}[{literal(made.index)}]"
        return f"{VARIABLES.get(kind, kind.replace(' ', '_'))}_{known}"

    def maker(self, made: Made) -> tuple[str, bool]:
        """Return the session that made a thing, and true if it is a TaskInfo."""
        step = self.trace.plan[made.step]
        if isinstance(step, Together):
            call: Any = step.calls[made.index]
        else:
            call = step.call if isinstance(step, Act) else step
        return getattr(call, "session", c.MAIN), isinstance(call, c.CreateTask | Bulk)

    def ref(self, ref: object, session: str | None = None) -> str:
        """Return the expression of an object; with `session`, one that this session can make calls on."""
        owner = c.MAIN
        if isinstance(ref, ObjectRef):
            ref = Place(role="no-task") if ref.value == NO_TASK else self.trace.symbols.get(ref.value, ref)
        if isinstance(ref, Made):
            owner, is_task = self.maker(ref)
            found = self.made(ref) + (".task" if is_task else "")
        elif isinstance(ref, Place):
            found = self.place(ref)
        elif isinstance(ref, ObjectRef):
            found = called("named", "main", self.text(f"{ref.type}:{ref.value}"))
        else:
            found = literal(ref)
        if session is None or session == owner:
            return found
        return f"by({self.session(session)}, {found})"

    def refs(self, refs: Iterable[object], session: str) -> str:
        """Return the expression of several objects."""
        return listed(self.ref(ref, session) for ref in refs)

    def key(self, key: object) -> str:
        """Return the expression of a task key."""
        if isinstance(key, str) and key in self.trace.symbols:
            key = self.trace.symbols[key]
        return f"{self.made(key)}.key" if isinstance(key, Made) else self.text(key)

    def text(self, value: object) -> str:
        """Return the expression of a text, or of a symbol that stands for none of the objects."""
        symbol = SYMBOLS.get(type(value))
        if symbol is not None:
            return symbol(self, value)
        own = self.trace.extension_key
        if isinstance(value, str) and own and value.startswith(own):
            return own_key(value.removeprefix(own))
        return literal(value)

    def texts(self, values: Iterable[object]) -> str:
        """Return the expression of several texts."""
        return listed(map(self.text, values))

    # --- what is read -------------------------------------------------------------------------------------------------

    def read(self, session: str, obj: str, path: str) -> str:
        """Return the expression that reads a property by a session."""
        return f"read({self.session(session)}, {obj}, {literal(path)})"

    def info(self, task: object, session: str) -> str:
        """Return the expression that reads Task.info by a session."""
        return self.read(session, self.ref(task), "info")

    def things(self, tasks: Iterable[object]) -> str:
        """Return several tasks as a list; all or many of one bulk as a slice of it."""
        found: list[str] = []
        runs: list[list[Made]] = []
        for task in tasks:
            if not isinstance(task, Made):
                found.append(self.ref(task))
            elif runs and (task.step, task.index) == (runs[-1][-1].step, runs[-1][-1].index + 1):
                runs[-1].append(task)
            else:
                runs.append([task])
        for run in runs:
            first, last = run[0], run[-1]
            step = self.trace.plan[first.step]
            if len(run) > 2 and isinstance(step, Bulk):
                whole = first.index == 0 and last.index == step.count - 1
                part = "" if whole else f"[{literal(first.index)}:{literal(last.index + 1)}]"
                found.append(f"*(info.task for info in infos_{self.letters[first.step]}{part})")
            else:
                found.extend(self.ref(each) for each in run)
        return listed(found)


# --- symbols ----------------------------------------------------------------------------------------------------------


def own_key(rest: str, joint: str = "") -> str:
    """Return the script's extension key, with what follows it."""
    return interpolated("", "key", joint + rest) if rest else "key"


def _user_name(names: Names, user: c.UserName) -> str:
    """A user's name as the server spells it, or otherwise. Of an account that is not logged in, as it was given."""
    if user.account == "stranger":
        return literal(NO_SUCH_USER)
    session = next((name for name, account in names.logins.items() if account == user.account), None)
    name = names.account(user.account)[0]
    if session is not None:
        name = f"user_name({names.session(session)})"
    if user.spelling == "upper":
        return f"{name}.upper()"
    return f'{name}.rpartition("\\\\")[2].partition("@")[0]' if user.spelling == "bare" else name


def _moment(names: Names, moment: c.Moment) -> str:
    """A time beside a stamp of a task."""
    stamp = attribute(names.info(moment.task, c.MAIN), wire(moment.stamp), FIELDS)
    if not moment.offset:
        return stamp
    sign = "+" if moment.offset > 0 else "-"
    return f"{stamp} {sign} timedelta(microseconds={literal(abs(moment.offset))})"


SYMBOLS: Final[dict[type, Callable[[Names, Any], str]]] = {
    Made: lambda names, made: names.made(made),
    Place: lambda names, place: names.place(place),
    c.TypeId: lambda _, type_id: literal(BUILT_IN) if type_id.which == "built-in" else own_key(type_id.which, "."),
    c.ExtensionKey: lambda _, key: own_key(key.which, "."),
    c.UserName: _user_name,
    c.Locale: lambda _, locale: f"locale(main, {literal(locale.index)})",
    c.Moment: _moment,
    c.Offered: lambda _, one: literal(f"operation {one.index + 1}"),
    c.Operand: lambda names, one: names.place(Place(role="vm", index=one.index)),
    c.Chain: lambda names, chain: f"chain_of(main, {names.ref(chain.task, c.MAIN)})",
}
"""Each symbol as an expression."""
