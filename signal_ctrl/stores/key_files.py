"""Keys in the data folder: made once, readable by their owner alone."""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.folder import KEYS

AUDIT_KEY: Final = "audit.pem"
AUDIT_PUBLIC: Final = "audit.pub.pem"
_NO_KEY: Final = (ValueError, UnsupportedAlgorithm, InternalError)
"""What a file that is no key is refused with: one flipped bit may name another algorithm, or one that is none."""


def signing_key(folder: Path, name: str = AUDIT_KEY) -> Ed25519PrivateKey:
    """Return the signing key of a data folder, which is made where it is not there.

    Raises: InvalidInputError if the file is no such key, others may read it, or it does not fit its public half.
    """
    path = folder / KEYS / name
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & 0o077:
            raise InvalidInputError(f"others may read {path}; chmod 600 it")
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, *_NO_KEY) as error:
        raise InvalidInputError(f"cannot read or make the key {path}: {error}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInputError(f"{path} is no key of Ed25519")
    publish(path, path.with_name(path.stem + ".pub.pem"), public_pem(key.public_key()))
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key of a file. Raises: InvalidInputError if it is none."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, *_NO_KEY) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot read the public key {path}: {reason}") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInputError(f"{path} is no public key of Ed25519")
    return key


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Return a public key as a file holds it."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def write_secret(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone may read, durably, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_secret(path, pem)


def publish(path: Path, public: Path, data: bytes) -> None:
    """Write the public half of a key beside it where it is not there: its making may have been cut short.

    Raises: InvalidInputError if another one is there: a file with a flipped bit may well be a key.
    """
    try:
        if not public.exists():
            write_secret(public, data)
        fits = public.read_bytes() == data
    except OSError as error:
        raise InvalidInputError(f"cannot read or write {public}: {error.strerror}") from error
    if not fits:
        raise InvalidInputError(f"{path} and {public.name} are not of one key; restore both from the backup")
