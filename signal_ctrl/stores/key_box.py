"""Secrets sealed with keys from a file that is not in the database: a copy of the database alone opens none.

The file has one key a line, the newest first; that one seals, each of them opens. A key is changed by a new first line,
without a restart; the old line may go once nothing is sealed with it any more. Sealing is Fernet of `cryptography`
(AES-128-CBC with HMAC-SHA-256).
"""

import stat
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from signal_ctrl.domain.errors import InvalidInputError, StorageDamagedError
from signal_ctrl.stores.key_files import write_secret

FOREIGN_BITS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyBox:
    """Seals with the keys of a file, which is made where it is not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = -1
        self._keys = MultiFernet([Fernet(Fernet.generate_key())])
        if not path.exists():
            write_secret(path, Fernet.generate_key() + b"\n")
        self._current()

    def seal(self, text: str) -> str:
        """Return a text sealed. Raises: InvalidInputError if it is no printable ASCII."""
        if not (text.isascii() and text.isprintable()):
            raise InvalidInputError("a secret is sealed as printable ASCII")
        return self._current().encrypt(text.encode()).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Return a text as it was. Raises: StorageDamagedError if no key opens it.

        Half of a key authenticates and half of it decrypts: with the second one damaged, one text in 256 still opens,
        as something else. What is sealed here is printable ASCII, and that is not.
        """
        try:
            text = self._current().decrypt(sealed.encode()).decode("ascii")
            if not text.isprintable():
                raise InvalidToken
            return text
        except (InvalidToken, UnicodeDecodeError) as error:
            raise StorageDamagedError(
                f"no key of {self._path} opens a secret; is it the file of this store?"
            ) from error

    def _current(self) -> MultiFernet:
        stamp = check_private(self._path)
        if stamp != self._stamp:
            self._keys, self._stamp = _read(self._path), stamp
        return self._keys


def check_private(path: Path) -> int:
    """Return when a file was changed last [ns]. Raises: InvalidInputError if others may read it, or it is not there."""
    try:
        found = path.stat()
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror}; restore it from the backup") from error
    if found.st_mode & FOREIGN_BITS:
        raise InvalidInputError(f"others may read {path}; run: chmod 600 {path}")
    return found.st_mtime_ns


def _read(path: Path) -> MultiFernet:
    try:
        lines = path.read_text(encoding="ascii").split()
        return MultiFernet([Fernet(line) for line in lines])
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} has to hold keys of 32 bytes in base64, one a line") from error
