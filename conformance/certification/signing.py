"""Signing: Ed25519 keys in PEM files, and DSSE envelopes around in-toto statements.

The private key is a PKCS #8 file, encrypted with a passphrase that comes from the environment or a prompt; the public
key is what `openssl pkey -pubout` makes of it.
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey

from taskconform.conformance.certification.bundle import ATTESTATION
from taskconform.conformance.errors import Refused, Rejected

if TYPE_CHECKING:
    from pathlib import Path

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
PASSPHRASE: Final = "TASKCONFORM_KEY_PASSPHRASE"  # noqa: S105  # the name of a variable
LARGEST_KEY: Final = 64 * 1024
"""Bytes of a key file that are read."""


# --- keys -------------------------------------------------------------------------------------------------------------


def make_key(path: Path) -> Path:
    """Write a new private key, and the public one beside it as `<path>.pub`. No file is overwritten. Raises Refused."""
    passphrase = _passphrase(f"Passphrase for {path} (empty: none): ")
    key = Ed25519PrivateKey.generate()
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        encryption = serialization.BestAvailableEncryption(passphrase)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    beside = path.with_name(f"{path.name}.pub")
    try:
        for file, content, mode in ((path, private, 0o600), (beside, public, 0o644)):
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as sink:
                sink.write(content)
    except OSError as problem:
        message = f"cannot write {problem.filename or path}: {problem.strerror}"
        raise Refused(message) from None
    return beside


def private_key(path: Path) -> CryptoSigner:
    """The private key of a PEM file. Raises Refused."""
    content = _read(path)
    passphrase = None
    if b"ENCRYPTED" in content:
        passphrase = _passphrase(f"Passphrase for {path}: ")
    try:
        key = serialization.load_pem_private_key(content, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        message = f"{path} is no private key in PEM, or its passphrase ({PASSPHRASE}) is another"
        raise Refused(message) from None
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{path} is no Ed25519 key"
        raise Refused(message)
    return CryptoSigner(key)


def public_key(path: Path) -> SSlibKey:
    """The public key of a PEM file. Raises Refused."""
    content = _read(path)
    if b"PRIVATE KEY" in content:
        message = f"{path} is a private key: verify with the public one"
        raise Refused(message)
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm):
        message = f"{path} is no public key in PEM"
        raise Refused(message) from None
    if not isinstance(key, Ed25519PublicKey):
        message = f"{path} is no Ed25519 key"
        raise Refused(message)
    return SSlibKey.from_crypto(key)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_KEY)
    except OSError as problem:
        message = f"cannot read {path}: {problem.strerror}"
        raise Refused(message) from None


def _passphrase(prompt: str) -> bytes:
    """The passphrase, from the environment or a prompt. Raises Refused where there is neither."""
    given = os.environ.get(PASSPHRASE)
    if given is None and not sys.stdin.isatty():
        message = f"no passphrase: set {PASSPHRASE}"
        raise Refused(message)
    return (getpass(prompt) if given is None else given).encode()


# --- envelopes --------------------------------------------------------------------------------------------------------


def sign(statement: bytes, signer: CryptoSigner) -> bytes:
    """The statement in an envelope with one signature."""
    envelope = Envelope(statement, PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _encoded(envelope.to_dict())


def _encoded(document: dict[str, Any]) -> bytes:
    """The one way in which we write an envelope."""
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2) + b"\n"


class _Signature(msgspec.Struct, forbid_unknown_fields=True):
    keyid: str
    sig: str


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """As much as is taken for an envelope."""

    payload: str
    payloadType: str  # noqa: N815  # the standard's name
    signatures: list[_Signature]


def opened(envelope: bytes, key: SSlibKey) -> bytes:
    """The statement in an envelope that this key has signed. Raises Rejected."""
    try:
        document = msgspec.json.decode(envelope, type=_Envelope)
        payload = base64.b64decode(document.payload, validate=True)
        signatures = {one.keyid: base64.b64decode(one.sig, validate=True) for one in document.signatures}
    except (msgspec.DecodeError, binascii.Error, ValueError) as problem:
        message = f"{ATTESTATION} is no signed envelope: {problem}"
        raise Rejected(message) from None
    if document.payloadType != PAYLOAD_TYPE:
        message = f"{ATTESTATION} holds a {document.payloadType!r}, not a {PAYLOAD_TYPE!r}"
        raise Rejected(message)
    if len(document.signatures) != 1:
        message = f"{ATTESTATION} has {len(document.signatures)} signatures, and must have one"
        raise Rejected(message)
    if key.keyid not in signatures:
        message = f"the bundle was signed with another key: {next(iter(signatures))[:16]!r}, not {key.keyid[:16]!r}"
        raise Rejected(message)
    signature = signatures[key.keyid]
    sealed = Envelope(payload, PAYLOAD_TYPE, {key.keyid: Signature(key.keyid, signature.hex())})
    try:
        sealed.verify([key], 1)
    except VerificationError:
        message = "the signature is not that of this key on this statement: one of them was changed"
        raise Rejected(message) from None
    if envelope != _encoded(sealed.to_dict()):
        message = f"{ATTESTATION} is not as taskconform writes it, though its signature is good"
        raise Rejected(message)
    return payload
