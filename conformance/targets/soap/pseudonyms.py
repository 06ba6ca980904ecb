"""Session keys and passwords, and what stands for them outside the adapter."""

from __future__ import annotations

import re
from functools import partial
from threading import Lock
from typing import Final
from xml.sax import saxutils

from taskconform.conformance.wire.body import escape

_BRACKETED: Final = re.compile(rb"session\[([^\]<]*)\]")
_VALUES: Final = re.compile(rb">[^<]+|=\s*\"[^\"]*\"|=\s*'[^']*'")
"""Texts and attributes of a document, without the names of its elements."""
_REGULAR: Final = re.compile(rb"[0-9A-Za-z-]{16,}")
"""The form of most keys: such a one is found as a word of its length, however many there are."""
_NEWEST: Final = 32
"""So many keys are also looked for inside other words."""
_SHORTEST: Final = 6
_NAMED: Final = re.compile(r"session(\[[^\]<]*\])")


class Pseudonyms:
    """Session keys, and the names that stand for them outside the adapter.

    A session key is as good as a password. vCenter and vcsim write it into the identifiers of a session's own objects
    (`session[<key>]<id>`), so it is replaced in the bytes of every answer, before anything reads them, and put back in
    the references of every request.
    """

    def __init__(self) -> None:
        """Know no key yet."""
        self._lock = Lock()
        self._names: dict[bytes, bytes] = {}
        self._keys: dict[str, str] = {}
        self._given: frozenset[bytes] = frozenset()
        self._anywhere: tuple[bytes, ...] = ()
        self._lengths: frozenset[int] = frozenset()
        self._words: re.Pattern[bytes] | None = None
        self._secrets: frozenset[bytes] = frozenset()
        self._count = 0

    def learn(self, *keys: str, name: str | None = None) -> None:
        """Take these for keys of one session; the first is the one its identifiers hold. Without a name it gets the
        next: `session-1`, `session-2` and so on, so that equal runs see equal names."""
        with self._lock:
            new = [key for key in keys if key and key.encode() not in self._names]
            if not new:
                return
            if name is None:
                self._count += 1
                name = f"session-{self._count}"
            self._names = {**self._names, **{key.encode(): name.encode() for key in new}}
            self._keys = {f"[{name}]": f"[{new[0]}]", **self._keys}
            self._given |= {name.encode()}
            self._look_for([key.encode() for key in new])

    def _look_for(self, keys: list[bytes]) -> None:
        """Look for these keys, too, in every answer: a run of hours has thousands, so that only those of an odd
        form, and the newest, can be looked for one by one."""
        anywhere = [*self._anywhere, *keys]
        regular = [key for key in anywhere if _REGULAR.fullmatch(key)]
        old = frozenset(regular[:-_NEWEST])
        self._anywhere = tuple(key for key in anywhere if key not in old)
        lengths = self._lengths | {len(key) for key in regular}
        if lengths != self._lengths:
            self._lengths = lengths
            forms = b"|".join(b"[0-9A-Za-z-]{%d}" % length for length in sorted(lengths))
            self._words = re.compile(rb"(?<![0-9A-Za-z-])(?:" + forms + rb")(?![0-9A-Za-z-])")

    def keep(self, password: str) -> None:
        """Take this for a password, which a server may repeat: `(password)` stands for it in the texts and attributes
        of every answer. One of fewer than 6 characters is part of other words, and no secret."""
        if len(password) >= _SHORTEST:
            with self._lock:
                spelled = (password, escape(password), saxutils.escape(password))
                self._secrets |= {each.encode(errors="replace") for each in spelled}

    def _kept(self, document: bytes) -> bytes:
        """The answer without any password."""
        for secret in self._secrets:
            if secret in document:
                hidden = partial(_hidden, secret)
                document = _VALUES.sub(hidden, document)
        return document

    def key_of(self, name: str) -> str:
        """The key that a pseudonym stands for; "" if it is none."""
        return self._keys.get(f"[{name}]", "")[1:-1]

    def hide(self, document: bytes) -> bytes:
        """The answer without any session key. One that we don't know is known by where it stands."""
        if b"session[" in document:
            for key in set(_BRACKETED.findall(document)):
                if key not in self._names and key not in self._given:
                    self.learn(key.decode(errors="replace"))
        names = self._names
        if self._words is not None:
            document = self._words.sub(lambda found: names.get(found[0], found[0]), document)
        for key in self._anywhere:
            if key in document:
                document = document.replace(key, names[key])
        return self._kept(document)

    def restore(self, body: str) -> str:
        """The request with the keys that the server knows."""
        return body if "session[" not in body else _NAMED.sub(self._key_for, body)

    def _key_for(self, named: re.Match[str]) -> str:
        return "session" + self._keys.get(named[1], named[1])


def _hidden(secret: bytes, found: re.Match[bytes]) -> bytes:
    """The part of a document that was found, without a password."""
    return found[0].replace(secret, b"(password)")
