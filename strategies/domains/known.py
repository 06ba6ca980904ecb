"""Known: what a plan has made so far, as symbols that its next calls can name."""

from __future__ import annotations

from dataclasses import dataclass, field

from taskconform.model.vocabulary.calls import MAIN, CreateTask, Made, Symbol, TypeId


@dataclass(slots=True)
class Known:
    """What a plan has made so far. Things of a session's own stand with its name. A thing that is gone stays: calls may
    name it."""

    sessions: dict[str, str] = field(default_factory=lambda: {MAIN: "primary"})
    """Account by session, of those that are logged in."""
    ended: list[str] = field(default_factory=list)
    tasks: list[Made] = field(default_factory=list)
    creates: dict[Made, CreateTask[Symbol]] = field(default_factory=dict)
    """The call that made a task."""
    touched: Made | None = None
    """The task that the last call on a task was about."""
    activations: list[str] = field(default_factory=list)
    types: list[TypeId] = field(default_factory=lambda: [TypeId(which="work"), TypeId(which="rest")])
    extensions: list[str] = field(default_factory=list)
    folders: list[Made] = field(default_factory=list)
    alarms: list[Made] = field(default_factory=list)
    schedules: list[Made] = field(default_factory=list)
    collectors: list[tuple[str, Made]] = field(default_factory=list)
    views: list[tuple[str, Made]] = field(default_factory=list)
    property_collectors: list[tuple[str, Made]] = field(default_factory=list)
    filters: list[tuple[str, Made]] = field(default_factory=list)
    versions: list[Made] = field(default_factory=list)

    def add_task(self, task: Made, create: CreateTask[Symbol]) -> None:
        """Remember a task, and the call that made it."""
        self.tasks.append(task)
        self.creates[task] = create

    def full(self) -> list[str]:
        """Return the sessions that hold every privilege."""
        return [name for name, account in self.sessions.items() if account in {"primary", "second"}]
