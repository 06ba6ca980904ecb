"""Redaction of SOAP documents, one pass each: what leaves here holds no text that the policy does not name.

A session key has a pseudonym wherever it stands, so have private names. With `hashed`, names of the inventory and of
users, and texts that clients wrote on tasks, are replaced by keyed hashes: equal names stay equal, so that a rule that
compares them still can. The key is made for one recording and written nowhere.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from taskconform.conformance.recorder import policy
from taskconform.conformance.records.recordings.sessions import LOGINS, cookie_of

if TYPE_CHECKING:
    from taskconform.conformance.recorder.policy import Texts
    from taskconform.conformance.records.private import Names

DEEPEST: Final = 64
"""Elements in elements that a document may have."""
_SESSION: Final = re.compile(r"session\[([^\]]*)\]")
_PLAIN_REFERENCE: Final = re.compile(r"(?!HaNetwork-)[\w.:\[\]-]+\Z")
_PLAIN_NAME: Final = re.compile(r"\w+\Z")
_PIECES: Final = re.compile(r"([\\@])")
_ATTRIBUTES: Final = re.compile(r"xmlns\b|(\w+:)?(type|nil)\Z")
_MOST_TAGS: Final = 4096
_KEPT_SECRETS: Final = 64
_SHORTEST_SECRET: Final = 8
"""Characters of a secret that is looked for elsewhere: a shorter one would be found in what means something else."""


class Unredactable(Exception):  # noqa: N818  # an answer, named as one
    """A document is no SOAP that can be read, and so cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The part of a request that its answer is read by: of a Fetch, the object's type and the property."""

    kind: str = ""
    path: str = ""


class Redaction:
    """The redaction of one recording."""

    def __init__(self, names: Names, *, hashed: bool = False) -> None:
        """Know no session yet."""
        self._names = names
        self._key = secrets.token_bytes(32) if hashed else b""
        self._sessions: dict[str, str] = {}
        self._cookies: dict[str, str] = {}
        self._secrets: deque[str] = deque(maxlen=_KEPT_SECRETS)
        self._tags: dict[tuple[str, ...], str] = {}

    def request(self, document: bytes) -> tuple[str, Asked]:
        """Redact a request. Raises Unredactable."""
        scrubber = _Scrubber(self, Asked())
        return scrubber.scrub(document), scrubber.asked

    def answer(self, document: bytes, asked: Asked) -> str:
        """Redact the answer to a request. Raises Unredactable."""
        return _Scrubber(self, asked).scrub(document)

    def cookie(self, header: str) -> str:
        """The pseudonym of the session cookie in a header; "" if there is none."""
        value = cookie_of(header)
        if not value:
            return ""
        self.learn(value)
        return self._cookies.setdefault(value, f"cookie-{len(self._cookies) + 1}")

    # --- texts --------------------------------------------------------------------------------------------------------

    def learn(self, secret: str) -> None:
        """Remember a secret, so that it is written nowhere else either."""
        if len(secret) >= _SHORTEST_SECRET and secret not in self._secrets:
            self._secrets.append(secret)

    def session_key(self, key: str) -> str:
        """The pseudonym of a session key."""
        if key and key not in self._sessions:
            self.learn(key)
            self._sessions[key] = f"session-{len(self._sessions) + 1}"
        return self._sessions.get(key, "")

    def tag(self, name: str, attributes: dict[str, str]) -> str:
        """An opening tag, with the attributes that say a type, declare a namespace or say that there is nothing."""
        key = (name, *attributes, *attributes.values())
        known = self._tags.get(key)
        if known is None:
            kept = ((one, self.plain(value)) for one, value in attributes.items() if _ATTRIBUTES.match(one))
            known = f"<{name}{''.join(f' {one}={quoteattr(value)}' for one, value in kept)}>"
            if len(self._tags) < _MOST_TAGS:
                self._tags[key] = known
        return known

    def plain(self, text: str) -> str:
        """A text that may be written, without the secrets and private names in it."""
        if "session[" in text:
            text = _SESSION.sub(lambda found: f"session[{self.session_key(found[1])}]", text)
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, self._sessions.get(secret, "redacted"))
        return self._names.hide(text)

    def reference(self, text: str) -> str:
        """The value of a reference. Where it does not look like an identifier, it may hold a name."""
        return self._hash("ref", text) if self._key and not _PLAIN_REFERENCE.match(text) else self.plain(text)

    def name(self, text: str) -> str:
        """A name of the inventory. The hash of a plain name is plain, that of another is not: rules that compare only
        plain names leave the same ones out."""
        if not self._key or not text:
            return self.plain(text)
        return self._hash("name_" if _PLAIN_NAME.match(text) else "name-", text)

    def user(self, text: str) -> str:
        """The name of a user; a domain in it is hashed by itself."""
        if not self._key:
            return self.plain(text)
        pieces = _PIECES.split(text)
        return "".join(self._hash("user_", one.casefold()) if _PLAIN_NAME.search(one) else one for one in pieces)

    def words(self, text: str) -> str:
        """A text that a client has written."""
        return self._hash("text-", text) if self._key and text else self.plain(text)

    def _hash(self, kind: str, text: str) -> str:
        return kind + hmac.digest(self._key, text.encode(), "sha256").hex()[:12]


@dataclass(slots=True)
class _Open:
    """An element that is open: its name or what it stands for, the texts that are written in it, and its attributes."""

    name: str
    texts: Texts
    kind: str
    reference: bool


class _Scrubber:
    """One document on its way through."""

    def __init__(self, redaction: Redaction, asked: Asked) -> None:
        self._redaction = redaction
        self.asked = asked
        self._made: list[str] = []
        self._open: list[_Open] = []
        self._text: list[str] = []
        self._is_leaf = False
        self._header = 0
        self._method = ""
        self._kind = ""
        self._path = ""
        self._option = ""

    def scrub(self, document: bytes) -> str:
        """Return the document as it may be written."""
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.StartDoctypeDeclHandler = _refuse
        try:
            parser.Parse(document, True)  # noqa: FBT003  # it is the end
        except expat.ExpatError as problem:
            message = "no well-formed XML"
            raise Unredactable(message) from problem
        if not self._method:
            message = "no SOAP envelope"
            raise Unredactable(message)
        return "".join(self._made)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._text.clear()
        name = tag.rpartition(":")[2]
        if self._header or (len(self._open) == 1 and name == "Header"):
            self._header += 1
            return
        if len(self._open) >= DEEPEST:
            message = "too deep"
            raise Unredactable(message)
        kind = attributes.get("xsi:type", "").rpartition(":")[2]
        self._open.append(self._entered(name, kind, attributes))
        self._is_leaf = True
        self._made.append(self._redaction.tag(tag, attributes))

    def _entered(self, name: str, kind: str, attributes: dict[str, str]) -> _Open:
        """Say which texts are written in an element that begins."""
        depth = len(self._open)
        above = self._open[-1] if self._open else None
        texts: Texts = policy.NOTHING if above is None else above.texts
        is_reference = "type" in attributes
        if depth == 2:
            texts = self._begun(name)
        elif name == "obj" and is_reference:
            self._kind = attributes["type"]
        elif name == "val" or (name == "returnval" and self._method == "Fetch"):
            kind_of, path = (self._kind, self._path) if name == "val" else (self.asked.kind, self.asked.path)
            texts = policy.property_texts(kind_of, path)
            name = _last(kind_of, path)
        elif name == "info" and above is not None and above.kind in policy.TASK_EVENTS:
            texts = policy.EVERYTHING
        if above is not None and above.name in policy.NESTED:
            texts = policy.NOTHING
        if name == "_this" and is_reference:
            self.asked = Asked(kind=attributes["type"])
        return _Open(name, texts, kind, is_reference)

    def _begun(self, name: str) -> Texts:
        """Begin the body: the method is known."""
        self._method = name.removesuffix("Response")
        return policy.METHOD_TEXTS.get(self._method, policy.NOTHING)

    def _end(self, tag: str) -> None:
        if self._header:
            self._header -= 1
            self._text.clear()
            return
        element = self._open.pop()
        if self._is_leaf:
            self._made.append(escape(self._written(element, "".join(self._text))))
        self._text.clear()
        self._is_leaf = False
        self._made.append(f"</{tag}>")

    def _written(self, element: _Open, text: str) -> str:
        """Return the text of an element as it may be written."""
        redaction, name = self._redaction, element.name
        if policy.is_secret(name) and not (name == "token" and self._method in policy.CURSORS):
            redaction.learn(text)
            return ""
        if element.reference:
            return redaction.reference(text)
        if name in policy.MESSAGES or not (element.texts is None or name in element.texts):
            return ""
        return self._named(name, text)

    def _named(self, name: str, text: str) -> str:
        """Return a text that is written, by what its element is called and where it stands."""
        redaction = self._redaction
        above = self._open[-1].name if self._open else ""
        if name in policy.INVENTORY or (name == "name" and above == "reason"):
            return redaction.name(text)
        if name in policy.USERS:
            return redaction.user(text)
        if name == "result" or (name == "message" and above == "description") or (name == "value" and above == "arg"):
            return redaction.words(text)
        if name == "key" and self._method in LOGINS:
            return redaction.session_key(text)
        if name == "value" and self._method == "QueryOptions":
            return redaction.plain(text) if self._option.startswith(policy.HELD_OPTIONS) else ""
        if name == "key":
            self._option = text
        elif name == "name":
            self._path = text
        elif name == "prop" and self._method == "Fetch":
            self.asked = Asked(kind=self.asked.kind, path=text)
        return redaction.plain(text)


def _last(kind: str, path: str) -> str:
    """Name the element that a property is, as it would be called in its object."""
    name = path.rpartition(".")[2].partition("[")[0]
    return "entityName" if name == "name" and kind not in ("Task", "ServiceInstance") else name


def _refuse(*_: object) -> None:
    """Refuse a document type declaration."""
    message = "a document type declaration"
    raise Unredactable(message)
