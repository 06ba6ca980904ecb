"""Permitted variants: servers that differ from the built-in simulator only where the pages allow it.

On none of them may the suite find anything: an alarm is a bug of the suite.
"""

from taskconform.conformance.permitted import (
    cancelling,
    caps,
    chains,
    checking,
    collectors,
    creating,
    extensions,
    filters,
    following,
    foreign,
    gone,
    items,
    lagging,
    latest,
    living,
    pages,
    properties,
    refusing,
    servers,
    sessions,
    starting,
    users,
)
from taskconform.conformance.permitted.variant import VARIANTS, Variant, together

__all__ = [
    "VARIANTS",
    "Variant",
    "cancelling",
    "caps",
    "chains",
    "checking",
    "collectors",
    "creating",
    "extensions",
    "filters",
    "following",
    "foreign",
    "gone",
    "items",
    "lagging",
    "latest",
    "living",
    "pages",
    "properties",
    "refusing",
    "servers",
    "sessions",
    "starting",
    "together",
    "users",
]
