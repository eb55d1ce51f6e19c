"""Damage in a write-ahead log that SQLite would take for its end.

SQLite reads its log up to the first frame whose checksum is wrong, and takes what follows for a write that a crash cut
short. A byte that flipped in the middle would so undo commits that were acknowledged, without a word. But each commit
is synced before the next begins: a frame that is wrong while a later transaction stands behind its own was whole once.
The last transaction in the log cannot be told from one that was cut short.

Source of the layout: SQLite, Database File Format, section 4 (https://www.sqlite.org/fileformat2.html#walformat).
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = 32
_FRAME: Final = 24
_MAGIC: Final = (0x377F0682, 0x377F0683)

Sums = tuple[int, int]


def damage_in(log: Path) -> str:
    """Return what is wrong in a log, empty for a sound one or none. No SQLite of this process may have it open."""
    if not log.exists() or log.stat().st_size <= _HEADER:
        return ""
    with log.open("rb") as file:
        header = file.read(_HEADER)
        magic, _, page_size, _, *salts, first, second = struct.unpack(">8I", header)
        order = ">" if magic & 1 else "<"
        if magic not in _MAGIC or _sums(header[:24], (0, 0), order) != (first, second):
            return f"the head of {log.name} is damaged"
        wrong = _first_wrong(_frames(file, page_size), tuple(salts), (first, second), order)
    return f"frame {wrong} of {log.name} is damaged" if wrong else ""


def _frames(file: BinaryIO, page_size: int) -> Iterator[bytes]:
    while len(frame := file.read(_FRAME + page_size)) == _FRAME + page_size:
        yield frame


def _first_wrong(frames: Iterator[bytes], salts: tuple[int, ...], sums: Sums, order: str) -> int:
    """Return the number of the first damaged frame that a later transaction stands behind; 0 if there is none."""
    for number, frame in enumerate(frames, start=1):
        head = struct.unpack(">6I", frame[:_FRAME])
        sums = _sums(frame[:8] + frame[_FRAME:], sums, order)
        if head[2:4] != salts or head[4:] != sums:
            return number if _goes_on(frame, frames, salts) else 0
    return 0


def _goes_on(wrong: bytes, frames: Iterator[bytes], salts: tuple[int, ...]) -> bool:
    """Tell whether a transaction follows the one that the wrong frame is of."""
    ended = _ends_transaction(wrong, salts)
    for frame in frames:
        ours = struct.unpack(">2I", frame[8:16]) == salts
        if ours and ended:
            return True
        ended = ended or _ends_transaction(frame, salts)
    return False


def _ends_transaction(frame: bytes, salts: tuple[int, ...]) -> bool:
    size, *found = struct.unpack(">3I", frame[4:16])
    return size > 0 and tuple(found) == salts


def _sums(data: bytes, sums: Sums, order: str) -> Sums:
    first, second = sums
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for even in words:
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + next(words) + first) & 0xFFFFFFFF
    return first, second
