"""A stream that is compressed, encrypted and proven whole: AES-256-GCM over pieces that are counted.

File: the head `signal-ctrl-sealed-1`, salt (16 bytes), nonce (8 bytes); then pieces, each a length of four bytes and
the ciphertext. The nonce of a piece is the nonce of the file and the number of the piece; what is authenticated with it
is the head and whether it is the last. So no piece can be changed, moved, taken out, or missing at the end.
"""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from signal_ctrl.domain.errors import InvalidInputError

MAGIC: Final = b"signal-ctrl-sealed-1\n"
PIECE: Final = 1 << 18
_SALT: Final = 16
_NONCE: Final = 8
_TAG: Final = 16
_SCRYPT_N: Final = 1 << 15
"""Cost of scrypt with r = 8, p = 1: 32 MiB and about 0.1 s a guess."""


class SealingFile:
    """What is written is compressed and encrypted; only after `finish` is the file whole."""

    def __init__(self, file: BinaryIO, secret: bytes) -> None:
        self._file = file
        self._head = MAGIC + os.urandom(_SALT + _NONCE)
        self._cipher = _cipher(secret, self._head)
        self._packer = zlib.compressobj(6)
        self._waiting = bytearray()
        self._number = 0
        file.write(self._head)

    def write(self, data: bytes) -> None:
        """Take some bytes."""
        self._waiting += self._packer.compress(data)
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def finish(self) -> None:
        """Write the last piece."""
        self._waiting += self._packer.flush()
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        self._put(bytes(self._waiting), last=True)

    def _put(self, piece: bytes, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._head, self._number), piece, _extra(self._head, last))
        self._file.write(struct.pack(">I", len(sealed)) + sealed)
        self._number += 1


def seal_into(path: Path, secret: bytes, pieces: Iterable[bytes]) -> None:
    """Write a new sealed file that its owner alone may read, durably. Raises: OSError, also if one is there."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as out:
        sealing = SealingFile(out, secret)
        for piece in pieces:
            sealing.write(piece)
        sealing.finish()
        out.flush()
        os.fsync(out.fileno())


def unsealed(file: BinaryIO, secret: bytes) -> Iterator[bytes]:
    """Yield the bytes of a sealed file in pieces; nothing that was changed is ever yielded.

    Raises: InvalidInputError if the file is none, is damaged or cut short, or the secret is another one.
    """
    head = file.read(len(MAGIC) + _SALT + _NONCE)
    if len(head) != len(MAGIC) + _SALT + _NONCE or not head.startswith(MAGIC):
        raise InvalidInputError("no sealed file of signal-ctrl, or its head is damaged")
    cipher, unpacker = _cipher(secret, head), zlib.decompressobj()
    for number, (piece, last) in enumerate(_pieces(file)):
        try:
            plain = cipher.decrypt(_nonce(head, number), piece, _extra(head, last))
        except InvalidTag as error:
            what = "the key is another one, or it is damaged" if number == 0 else "damaged or cut short"
            raise InvalidInputError(f"piece {number + 1} does not open: {what}") from error
        yield unpacker.decompress(plain)
    yield unpacker.flush()


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Yield each piece and whether it is the last."""
    piece = _piece(file)
    while piece is not None:
        following = _piece(file)
        yield piece, following is None
        piece = following


def _piece(file: BinaryIO) -> bytes | None:
    length = file.read(4)
    if not length:
        return None
    size = struct.unpack(">I", length)[0] if len(length) == 4 else 0
    piece = file.read(size) if _TAG <= size <= PIECE + _TAG else b""
    if not piece or len(piece) != size:
        raise InvalidInputError("a piece has another length than it says: damaged or cut short")
    return piece


def _cipher(secret: bytes, head: bytes) -> AESGCM:
    salt = head[len(MAGIC) : len(MAGIC) + _SALT]
    return AESGCM(Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=8, p=1).derive(secret))


def _nonce(head: bytes, number: int) -> bytes:
    return head[-_NONCE:] + struct.pack(">I", number)


def _extra(head: bytes, last: bool) -> bytes:
    return head + (b"last" if last else b"more")
