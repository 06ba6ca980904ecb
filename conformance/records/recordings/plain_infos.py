"""TaskInfos that are no XML: JSON of the VI/JSON API and of pyVmomi, and what vim-cmd, pyVmomi and Java clients print.

All come to a tree of names and values first. A TaskInfo that lacks a required field is left out, and counted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from taskconform.conformance.records.recordings.wire import Fact, Recording
from taskconform.conformance.wire.answers import fault_kinds
from taskconform.model.vocabulary.calls import ObjectRef, ReadTaskInfo
from taskconform.model.vocabulary.outcomes import Fault, Property, TaskInfo, TaskReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

READER: Final = "reader"
"""The session that read what a document shows."""
TYPES: Final = ("_typeName", "_vimtype", "!")
"""The names under which a tree holds the type of a value."""
CUT: Final = "TaskInfos that are not whole"
"""The name of TaskInfos that lack a required field, or garble one."""
_UNSET: Final = frozenset({"<unset>", "null", "None", "unset"})
_REFERENCE: Final = re.compile(r"^'?(?:vim\.|vmodl\.)?(?P<type>[A-Za-z.]+)[: ](?P<value>[^:' ]+)'?$")


def infos_in(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every TaskInfo in a tree, at any depth."""
    if isinstance(tree, dict):
        if _type_of(tree) == "TaskInfo":
            yield tree
            return
        for value in tree.values():
            yield from infos_in(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from infos_in(value)


def recording(form: str, trees: Iterator[Mapping[str, Any]], beside: Mapping[str, int] | None = None) -> Recording:
    """Return what TaskInfos tell, each by itself."""
    facts, cut = [], 0
    for tree in trees:
        try:
            info = info_of(tree)
        except (KeyError, TypeError, ValueError, AttributeError):
            cut += 1
            continue
        call = ReadTaskInfo(session=READER, tasks=(info.task,))
        facts.append(Fact(call=call, value=(Property(value=info),)))
    return Recording(form=form, facts=tuple(facts), beside={**(beside or {}), **({CUT: cut} if cut else {})})


def info_of(tree: Mapping[str, Any]) -> TaskInfo:
    """Return the TaskInfo of a tree. Raises KeyError, TypeError or ValueError for one that is not whole."""
    given = {name: value for name, value in tree.items() if value is not None and value not in _UNSET_OR_EMPTY}
    reason = given["reason"]
    error = given.get("error")
    return TaskInfo(
        key=str(given["key"]),
        task=_reference(given["task"]),
        description_id=str(given["descriptionId"]),
        state=str(given["state"]),
        cancelled=_flag(given["cancelled"]),
        cancelable=_flag(given["cancelable"]),
        reason=TaskReason(kind=_type_of(reason), user_name=_text(reason.get("userName"))),
        queue_time=_micros(given["queueTime"]),
        event_chain_id=int(given["eventChainId"]),
        name=_text(given.get("name")),
        entity=_reference(given["entity"]) if "entity" in given else None,
        entity_name=_text(given.get("entityName")),
        locked=tuple(map(_reference, given["locked"])) if isinstance(given.get("locked"), list) else (),
        error=None if error is None else _fault(error),
        result=_result(given.get("result")),
        progress=int(given["progress"]) if "progress" in given else None,
        start_time=_micros(given["startTime"]) if "startTime" in given else None,
        complete_time=_micros(given["completeTime"]) if "completeTime" in given else None,
    )


class _UnsetOrEmpty:
    """Membership of what stands for an unset value; of what has no hash, nothing does."""

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and value in _UNSET


_UNSET_OR_EMPTY: Final = _UnsetOrEmpty()


def _type_of(tree: Mapping[str, Any]) -> str:
    """Return the wire name of a value's type: `TaskReasonUser`; "" if it has none."""
    found = next((tree[name] for name in TYPES if name in tree), "")
    return str(found).rpartition(".")[2]


def _text(value: Any) -> str | None:
    return None if value is None or value in _UNSET_OR_EMPTY else str(value)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[str(value).lower()]


def _reference(value: Any) -> ObjectRef:
    if isinstance(value, dict):
        return ObjectRef(type=str(value["type"]), value=str(value["value"]))
    found = _REFERENCE.match(str(value).strip())
    if found is None:
        message = f"no reference: {value}"
        raise ValueError(message)
    return ObjectRef(type=found["type"].rpartition(".")[2], value=found["value"])


def _fault(value: Mapping[str, Any]) -> Fault:
    """Return a fault: in VI/JSON it stands for itself, elsewhere inside a LocalizedMethodFault."""
    inner = value.get("fault")
    kind = _type_of(inner if isinstance(inner, dict) else value)
    return Fault(kind=kind, kinds=fault_kinds(kind), message=str(value.get("localizedMessage", "")))


def _result(value: Any) -> str | ObjectRef | None:
    if isinstance(value, dict) and {"type", "value"} <= value.keys():
        return _reference(value)
    return _text(value.get("_value") if isinstance(value, dict) and "_value" in value else value)


def _micros(value: Any) -> int:
    """Return a time in microseconds; one without a zone counts as UTC."""
    moment = datetime.fromisoformat(str(value).partition(" (")[0])
    return round((moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp() * 1_000_000)


# --- printouts --------------------------------------------------------------------------------------------------------

_BEGUN: Final = re.compile(r"\(vim\.TaskInfo\)\s*\{")
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<close>[}\]])\s*,? |
        (?P<name>[A-Za-z_]\w*)\s*=\s*(?:
            (?:\((?P<type>[\w.]+)\)\s*)?(?P<open>[{\[]) |
            ManagedObjectReference:\ type\ =\ (?P<ref>\w+),\ value\ =\ (?P<of>[^,}\s]+)
                (?:,\ serverGuid\ =\ [^,}\s]+)?\s*,? |
            datetime\.datetime\((?P<moment>[^)]*)\)\s*,? |
            "(?P<quoted>(?:[^"\\]|\\.)*)"\s*,? |
            '(?P<single>(?:[^'\\]|\\.)*)'\s*,? |
            (?:\([\w.]+\)\s*)?(?P<bare>[^,\n{}\[\]]*)\s*,?
        ) |
        (?:\((?P<item>[\w.]+)\)\s*)?(?P<inner>[{\[]) |
        (?P<element>'[^'\n]*'|"[^"\n]*"|[^\s,}\]]+)\s*,?
    )""",
    re.VERBOSE,
)  # fmt: skip


def is_printout(text: str) -> bool:
    """Tell whether a text holds TaskInfos as clients print them."""
    return _BEGUN.search(text) is not None


def printouts(text: str) -> Recording:
    """Read every TaskInfo that a text holds, as clients print them."""
    return recording("printouts of TaskInfo", (_tree(text, found.end()) for found in _BEGUN.finditer(text)))


def _tree(text: str, start: int) -> dict[str, Any]:
    """Read the names and values from an opening brace on; what is cut short is what there is."""
    whole: dict[str, Any] = {"!": "vim.TaskInfo"}
    open_: list[Any] = [whole]
    at = start
    while open_ and (found := _TOKEN.match(text, at)) is not None and found.end() > at:
        at = found.end()
        if found["close"]:
            open_.pop()
            continue
        value, opens = _value(found)
        inside = open_[-1]
        if isinstance(inside, list):
            inside.append(value)
        elif found["name"]:
            inside[found["name"]] = value
        if opens:
            open_.append(value)
    return whole


def _value(found: re.Match[str]) -> tuple[Any, bool]:
    """Return the value of one token, and whether more goes into it."""
    opening = found["open"] or found["inner"]
    if opening == "[":
        return [], True
    if opening:
        return {"!": found["type"] or found["item"] or ""}, True
    if found["ref"]:
        return {"type": found["ref"], "value": found["of"]}, False
    if found["moment"] is not None:
        parts = [int(one) for one in found["moment"].split(",") if one.strip().isdigit()]
        return datetime(*parts[:7], tzinfo=UTC).isoformat(), False  # type: ignore[arg-type, misc]  # integers only
    text = next((found[name] for name in ("quoted", "single", "bare", "element") if found[name] is not None), "")
    return text.strip().strip("'"), False
