"""The keys of a centre in its data folder: what orders are signed with, and what seals secrets in the database.

Beside the key of the centre lies its public half: a key with a damaged digit is a key, and no cabinet would know it.
"""

import secrets
from pathlib import Path
from typing import Final

from signal_ctrl.centre.signing import CentreKey
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.stores.folder import KEYS
from signal_ctrl.stores.key_box import KeyBox
from signal_ctrl.stores.key_files import publish, write_secret

CENTRE_KEY: Final = "centre.key"
CENTRE_PUBLIC: Final = "centre.pub"
IDENTITY_KEY: Final = "identity.key"
_SECRET_BYTES: Final = 32


def centre_secret(folder: Path) -> bytes:
    """Return the 32 bytes that the key of the centre is made of; they are drawn where there are none.

    Raises: InvalidInputError if the file cannot be read or made, others may read it, it is none, or does not fit the
        public half beside it.
    """
    path = folder / KEYS / CENTRE_KEY
    try:
        if not path.exists():
            write_secret(path, secrets.token_hex(_SECRET_BYTES).encode() + b"\n")
        if path.stat().st_mode & 0o077:
            raise InvalidInputError(f"others may read {path}; run: chmod 600 {path}")
        found = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"cannot use the key {path}: {error}; restore it from the backup") from error
    if len(found) != _SECRET_BYTES:
        raise InvalidInputError(f"{path} is no key of a centre; restore it from the backup")
    publish(path, path.with_name(CENTRE_PUBLIC), CentreKey(found).public.hex().encode() + b"\n")
    return found


def key_box(folder: Path) -> KeyBox:
    """Return what seals secrets in the database of a data folder."""
    return KeyBox(folder / KEYS / IDENTITY_KEY)
