"""The simulator's TaskManager.description, in each of its locales."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskconform.model.vocabulary.outcomes import ElementDescription, TaskDescription

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

LOCALES: Final = ("en", "de")
"""The locales for which the server has messages."""
DEFAULT_LOCALE: Final = "en"
"""The "server default locale"."""
COUNTRY: Final = re.compile("[A-Z]{2}")
"""An ISO 3166 country ID."""

_METHODS: Final = (
    (
        "VirtualMachine.powerOn",
        ("Power On virtual machine", "Power On this virtual machine"),
        ("Virtuelle Maschine einschalten", "Diese virtuelle Maschine einschalten"),
    ),
    (
        "VirtualMachine.powerOff",
        ("Power Off virtual machine", "Power Off this virtual machine"),
        ("Virtuelle Maschine ausschalten", "Diese virtuelle Maschine ausschalten"),
    ),
    (
        "VirtualMachine.createSnapshot",
        ("Create virtual machine snapshot", "Create a new snapshot"),
        ("Snapshot der virtuellen Maschine erstellen", "Einen neuen Snapshot erstellen"),
    ),
    (
        "ManagedEntity.destroy",
        ("Delete object", "Delete this object from the inventory"),
        ("Objekt entfernen", "Dieses Objekt aus dem Bestand entfernen"),
    ),
    (
        "ManagedEntity.rename",
        ("Rename object", "Rename this object"),
        ("Objekt umbenennen", "Dieses Objekt umbenennen"),
    ),
    (
        "Folder.createVm",
        ("Create virtual machine", "Create a new virtual machine in this folder"),
        ("Virtuelle Maschine erstellen", "Eine neue virtuelle Maschine in diesem Ordner erstellen"),
    ),
    (
        "Folder.destroy",
        ("Delete folder", "Delete this folder and all that is in it"),
        ("Ordner entfernen", "Diesen Ordner mit allem darin entfernen"),
    ),
    (
        "HostSystem.enterMaintenanceMode",
        ("Enter maintenance mode", "Put this host in maintenance mode"),
        ("In Wartungsmodus wechseln", "Diesen Host in den Wartungsmodus versetzen"),
    ),
    (
        "HostSystem.exitMaintenanceMode",
        ("Exit maintenance mode", "Take this host out of maintenance mode"),
        ("Wartungsmodus beenden", "Den Wartungsmodus dieses Hosts beenden"),
    ),
)
_STATES: Final = (
    ("queued", ("Queued", "Task is waiting for a thread"), ("Eingereiht", "Aufgabe wartet auf einen Thread")),
    ("running", ("Running", "Task is in progress"), ("In Arbeit", "Aufgabe wird bearbeitet")),
    ("success", ("Success", "Task completed successfully"), ("Erfolg", "Aufgabe ist erfolgreich beendet")),
    ("error", ("Error", "Task completed with a failure"), ("Fehler", "Aufgabe ist gescheitert")),
)
_REASONS: Final = (
    (
        "TaskReasonAlarm",
        ("Alarm", "Task started by an alarm"),
        ("Alarmmeldung", "Aufgabe von einem Alarm gestartet"),
    ),
    (
        "TaskReasonSchedule",
        ("Scheduled task", "Task started by a scheduled task"),
        ("Geplante Aufgabe", "Aufgabe von einer geplanten Aufgabe gestartet"),
    ),
    (
        "TaskReasonSystem",
        ("System", "Task started by the server"),
        ("Systemaufgabe", "Aufgabe vom Server gestartet"),
    ),
    (
        "TaskReasonUser",
        ("User", "Task started by a specific user"),
        ("Benutzer", "Aufgabe von einem bestimmten Benutzer gestartet"),
    ),
)
"""Of each of these: the key, and by locale the label and the summary."""


def _element(key: str, label: str, summary: str) -> ElementDescription:
    return ElementDescription(key=key, label=label, summary=summary)


def _elements(
    rows: Iterable[tuple[str, tuple[str, str], tuple[str, str]]], index: int
) -> tuple[ElementDescription, ...]:
    return tuple(_element(key, *texts[index]) for key, *texts in rows)


CATALOGS: Final[Mapping[str, TaskDescription]] = {
    locale: TaskDescription(
        method_info=_elements(_METHODS, index), state=_elements(_STATES, index), reason=_elements(_REASONS, index)
    )
    for index, locale in enumerate(LOCALES)
}


def description_of(task_lists: Iterable[Collection[str]], locale: str = DEFAULT_LOCALE) -> TaskDescription:
    """Give the server's own strings in the locale, with an entry for every task type that extensions registered, once
    each. What is not in any catalog is labelled with its key.
    """
    catalog = CATALOGS[locale]
    registered = dict.fromkeys(task_id for task_ids in task_lists for task_id in task_ids)
    own = {method.key for method in catalog.method_info}
    types = tuple(_element(task_id, task_id, task_id) for task_id in registered if task_id not in own)
    return TaskDescription(method_info=catalog.method_info + types, state=catalog.state, reason=catalog.reason)
