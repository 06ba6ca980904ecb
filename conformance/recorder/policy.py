"""The policy of redaction: which texts of which methods are written. All others are left empty.

The law of this file: a text is written because a table here names its place, never because no table forbids it. The
structure of a document, the types in it and its references always stay: they say which objects a call is about.
"""

from __future__ import annotations

import re
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from taskconform.conformance.records.recordings.sessions import LOGINS
from taskconform.conformance.wire.table import METHODS

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERYTHING: Final = None
"""The texts of a method of which all are written, but for secrets and `MESSAGES`."""
Texts = frozenset[str] | None

NOTHING: Final[frozenset[str]] = frozenset({"invalidProperty", "privilegeId"})
"""The texts that are written of any method: two of faults, which name a parameter and a privilege."""

_EXTENSION: Final = NOTHING | {"key", "version", "taskID", "extensionKey"}
_EVENTS: Final = NOTHING | {"key", "chainId", "createdTime", "eventChainId", "maxCount", "userName"}
_LOGIN: Final = NOTHING | {"key", "userName", "locale", "messageLocale"}
_ABOUT: Final = NOTHING | {
    "name", "fullName", "vendor", "version", "patchLevel", "build", "localeVersion", "localeBuild", "osType",
    "productLineId", "apiType", "apiVersion",
}  # fmt: skip
_OPTIONS: Final = NOTHING | {"key", "name", "value"}

_VIEWS: Final = ("CreateContainerView", "CreateListViewFromView", "CreateInventoryView", "DestroyView")
_COLLECTING: Final = (
    "RetrieveProperties", "RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "CancelRetrievePropertiesEx",
    "CreateFilter", "WaitForUpdates", "WaitForUpdatesEx", "CheckForUpdates", "CancelWaitForUpdates", "Fetch",
)  # fmt: skip

METHOD_TEXTS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        **{name: EVERYTHING for name, row in METHODS.items() if row.recorded},
        **dict.fromkeys((*_VIEWS, *_COLLECTING, "CurrentTime", "SetLocale"), EVERYTHING),
        **dict.fromkeys(("RegisterExtension", "UpdateExtension", "FindExtension"), _EXTENSION),
        **dict.fromkeys(("QueryEvents", "CreateCollectorForEvents", "ReadNextEvents", "ReadPreviousEvents"), _EVENTS),
        **dict.fromkeys(LOGINS, _LOGIN),
        "RetrieveServiceContent": _ABOUT,
        "QueryOptions": _OPTIONS,
        "Rename_Task": NOTHING | {"newName"},
    }
)
"""The texts of each method, in requests and answers, by local names of elements; of any other method `NOTHING`."""

_ALL_OF_IT: Final = ("Task", "TaskManager", "TaskHistoryCollector", "ListView", "ContainerView", "ManagedObjectView")
_ENTITY_PATHS: Final = re.compile(r"(name|recentTask|parent)(\[.*)?\Z")


def property_texts(kind: str, path: str) -> Texts:
    """The texts that are written of a property of objects of this type."""
    if kind in _ALL_OF_IT:
        return EVERYTHING
    if kind == "ServiceInstance":
        return _ABOUT if path.startswith("content") else EVERYTHING if path == "serverClock" else NOTHING
    if kind == "ExtensionManager":
        return _EXTENSION
    if kind == "EventHistoryCollector":
        return _EVENTS
    return EVERYTHING if _ENTITY_PATHS.match(path) else NOTHING


_SECRETS: Final = re.compile(
    r"pass(w|phrase|code)|secret|token|ticket|cookie|credential|privatekey|licensekey|thumbprint|assertion|sspi|certificate",
    re.IGNORECASE,
)


@cache
def is_secret(name: str) -> bool:
    """Tell whether the text of an element of this name is never written, wherever it stands."""
    return _SECRETS.search(name) is not None


CURSORS: Final = frozenset(_COLLECTING)
"""Methods in which a `token` says where a retrieval goes on, and is no secret."""
NESTED: Final = frozenset({"fault", "error", "result"})
"""Elements of any type: only their own text is written, no text of what is in them."""
MESSAGES: Final = frozenset({"faultstring", "localizedMessage", "faultMessage"})
"""The server's own free text, which no rule reads: never written."""
TASK_EVENTS: Final = frozenset({"TaskEvent", "TaskTimeoutEvent"})
"""Events whose `info` is written."""

INVENTORY: Final = frozenset({"entityName", "alarmName", "newName"})
"""Elements whose text is a name of the inventory."""
USERS: Final = frozenset({"userName", "userList", "initiatedBy"})
"""Elements whose text is the name of a user."""
HELD_OPTIONS: Final = ("task.", "event.")
"""The options of the server whose values are written."""
