"""The names of a script: sessions, accounts, places, and what the steps make, as expressions."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any, Final

from taskconform.model.vocabulary import calls as c
from taskconform.model.vocabulary.calls import NO_TASK, Made, ObjectRef, Place
from taskconform.model.vocabulary.plan import Act, Bulk, Together
from taskconform.reports.reproduction.parts import PARTS
from taskconform.reports.reproduction.symbols import SYMBOLS
from taskconform.reports.reproduction.text import Lines, called, quoted
from taskconform.reports.trace import Trace, letters, makes

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS: Final = {
    "vm": "[vim.VirtualMachine]",
    "folder": "[vim.Folder, vim.Datacenter]",
    "host": "[vim.HostSystem]",
    "compute": "[vim.ComputeResource, vim.ResourcePool]",
}
"""The types of the objects that a place stands for, as the expression that looks for them."""

_TAKEN: Final = frozenset(
    {
        *("args", "key", "fault", "caught", "info", "infos", "recent", "observed", "shows", "maximum", "page", "pages"),
        *("seen", "items", "sets", "refs", "events", "extension", "extensions", "description", "found", "before"),
        *("given", "first", "task", "value", "steps", "main", "arguments", *KINDS, *PARTS),
    }
)
"""Names that a session's variable cannot have."""

VARIABLES: Final = {"task": "info", "operation": "task", "property collector": "watcher"}
"""How the variables are called of what has another name in them than in words."""


class Names:
    """Names what one trace speaks of. Gathers what that needs: parts, imports, accounts, places, options."""

    def __init__(self, trace: Trace) -> None:
        """Start with the set-up that every script has."""
        self.trace = trace
        self.parts: set[str] = set()
        self.imports: set[str] = {"pyVmomi:vim"}
        self.accounts: dict[str, None] = {}
        self.options: dict[str, str] = {}
        self.setup: Lines = []
        self.recent = ""
        self.watching: set[str] = set()
        self.sessions: dict[str, str] = {c.MAIN: "main"}
        self.logins: dict[str, str] = {c.MAIN: "primary"}
        self.letters = {index: found.lower() for index, found in letters(trace.plan).items()}
        self._places: dict[Place, str] = {}

    # --- what is named ------------------------------------------------------------------------------------------------

    def part(self, name: str) -> str:
        """Use one of the fixed parts."""
        self.parts.add(name)
        return name.removesuffix("_at_once")

    def session(self, name: str) -> str:
        """The variable of a session. One on which nobody has logged in is a connection without a login."""
        if name not in self.sessions:
            variable = self.variable(name)
            self.sessions[name] = variable
            self.setup.append(f"{variable} = {self.part('anonymous')}(args, main)")
        return self.sessions[name]

    def variable(self, name: str) -> str:
        """A new variable for a session of this name."""
        slug = re.sub(r"\W+", "_", name).strip("_").lower() or "session"
        taken = keyword.iskeyword(slug) or slug[0].isdigit() or slug in _TAKEN
        return f"session_{slug}" if taken else slug

    def account(self, name: str) -> tuple[str, str]:
        """The expressions of an account's user and password."""
        if name == "primary":
            return "args.user", "args.password"
        self.accounts[name] = None
        slug = name.replace("-", "_")
        return f"args.{slug}_user", f"args.{slug}_password"

    def place(self, place: Place) -> str:
        """The variable of a place, looked up once, before the first step."""
        if place.role == "root":
            return "main.rootFolder"
        if place.role == "manager":
            return "main.taskManager"
        if place not in self._places:
            role = place.role.replace("-", "_")
            variable = role + (f"_{place.index + 1}" if place.index else "")
            self._places[place] = variable
            self.setup.append(f"{variable} = {self._found(place)}")
        return self._places[place]

    def _found(self, place: Place) -> str:
        if place.role == "nowhere":
            return 'vim.VirtualMachine("vm-987654321", main.taskManager._stub)'
        if place.role == "no-task":
            return f'vim.Task("{NO_TASK}", main.taskManager._stub)'
        if place.role in KINDS:
            index = (str(place.index),) if place.index else ()
            return called(self.part("place"), "main", KINDS[place.role], *index)
        option = place.role + (f"-{place.index + 1}" if place.index else "")
        self.options[option] = f"the place that is {place.role} for the account in question, as Type:value"
        return called(self.part("named"), "main", f"args.{option.replace('-', '_')}")

    def made(self, made: Made) -> str:
        """The variable of what a step made: a TaskInfo, a collector, a view, a version."""
        known = self.letters.get(made.step, f"step_{made.step}")
        kind = makes(self.trace.plan[made.step]) if 0 <= made.step < len(self.trace.plan) else ""
        several = {"tasks": "infos", "collectors": "collectors", "made": "made", "": "made"}
        if kind in several:
            return f"{several[kind]}_{known}[{made.index}]"
        return f"{VARIABLES.get(kind, kind.replace(' ', '_'))}_{known}"

    def maker(self, made: Made) -> tuple[str, bool]:
        """The session that made a thing, and whether it is a TaskInfo."""
        step = self.trace.plan[made.step]
        if isinstance(step, Together):
            call: Any = step.calls[made.index]
        else:
            call = step.call if isinstance(step, Act) else step
        return getattr(call, "session", c.MAIN), isinstance(call, c.CreateTask | Bulk)

    def ref(self, ref: object, session: str | None = None) -> str:
        """The expression of an object; with `session`, one that this session can make calls on."""
        owner = c.MAIN
        if isinstance(ref, ObjectRef):
            ref = Place(role="no-task") if ref.value == NO_TASK else self.trace.symbols.get(ref.value, ref)
        if isinstance(ref, Made):
            owner, is_task = self.maker(ref)
            found = self.made(ref) + (".task" if is_task else "")
        elif isinstance(ref, Place):
            found = self.place(ref)
        elif isinstance(ref, ObjectRef):
            found = called(self.part("named"), "main", self.text(f"{ref.type}:{ref.value}"))
        else:
            found = repr(ref)
        if session is None or session == owner:
            return found
        return f"{self.part('by')}({self.session(session)}, {found})"

    def refs(self, refs: Iterable[object], session: str) -> str:
        """The expression of several objects."""
        return f"[{', '.join(self.ref(ref, session) for ref in refs)}]"

    def key(self, key: object) -> str:
        """The expression of a task key."""
        if isinstance(key, str) and key in self.trace.symbols:
            key = self.trace.symbols[key]
        return f"{self.made(key)}.key" if isinstance(key, Made) else self.text(key)

    def text(self, value: object) -> str:
        """The expression of a text, or of what a symbol stands for that is none of an object."""
        symbol = SYMBOLS.get(type(value))
        if symbol is not None:
            return symbol(self, value)
        own = self.trace.extension_key
        if isinstance(value, str) and own and value.startswith(own):
            rest = value.removeprefix(own).replace("{", "{{").replace("}", "}}")
            return f"f{quoted('{key}' + rest)}" if rest else "key"
        return quoted(value) if isinstance(value, str) else repr(value)

    def texts(self, values: Iterable[object]) -> str:
        """The expression of several texts."""
        return f"[{', '.join(map(self.text, values))}]"

    # --- what is read -------------------------------------------------------------------------------------------------

    def read(self, session: str, obj: str, path: str) -> str:
        """A property, read by a session."""
        return f'{self.part("read")}({self.session(session)}, {obj}, "{path}")'

    def info(self, task: object, session: str) -> str:
        """Task.info, read by a session."""
        return self.read(session, self.ref(task), "info")

    def things(self, tasks: Iterable[object]) -> str:
        """Several tasks as a list; all or many of one bulk as a slice of it."""
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
                part = "" if whole else f"[{first.index}:{last.index + 1}]"
                found.append(f"*(info.task for info in infos_{self.letters[first.step]}{part})")
            else:
                found.extend(self.ref(each) for each in run)
        return f"[{', '.join(found)}]"
