"""The parquet files that SUMO writes, read into arrays without a thread.

Polars reads them too, but with threads of its own, and a process that has used them can no longer fork a simulation:
the child would wait for ever for threads that it has not. What is read here is what SUMO writes: flat columns,
uncompressed, plain or with a dictionary. Anything else is refused by name. A test holds every value against polars.

Source: Apache Parquet format 2.9 (file layout, encodings) and the Thrift compact protocol.
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import BackendError
from sumo_scenarios.measures.hybrid import decode_hybrid
from sumo_scenarios.measures.thrift import read_struct

_MAGIC: Final = b"PAR1"
_STRINGS: Final = 6
_NUMBERS: Final = {1: "<i4", 2: "<i8", 4: "<f4", 5: "<f8"}
_PLAIN: Final = 0
_DICTIONARIES: Final = frozenset({2, 8})
_DATA_PAGE: Final = 0
_DICTIONARY_PAGE: Final = 2
_OPTIONAL: Final = 1

_DAMAGE: Final = (ValueError, LookupError, TypeError, AttributeError, OverflowError, struct.error)
"""What reading a header in which some byte is wrong may end in."""
_ROWS_A_BYTE: Final = 64

Fields = dict[int, Any]


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, shape (n_rows,); NaN where there is none."""

    values: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Names:
    """A column of words: `codes` index `words`, -1 where there is none; shape (n_rows,)."""

    words: tuple[str, ...]
    codes: npt.NDArray[np.int32]


def read_parquet(path: Path, wanted: Collection[str]) -> dict[str, Numbers | Names]:
    """Return the wanted columns of a file, those that it has.

    Raises: BackendError if the file is missing, damaged or of a kind that SUMO does not write.
    """
    try:
        return _columns(_content(path), wanted)
    except (OSError, *_DAMAGE) as error:
        raise BackendError(f"cannot read {path}: {error}") from error


def column_names(path: Path) -> frozenset[str]:
    """Return the columns that a file has. Raises: as `read_parquet`."""
    try:
        return frozenset(field[4].decode() for field in _meta(_content(path))[2][1:])
    except (OSError, *_DAMAGE) as error:
        raise BackendError(f"cannot read {path}: {error}") from error


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if len(content) < 12 or content[:4] != _MAGIC or content[-4:] != _MAGIC:
        raise ValueError("it is cut off or no parquet file")
    return content


def _meta(content: bytes) -> Fields:
    length = int.from_bytes(content[-8:-4], "little")
    return read_struct(content, len(content) - 8 - length)[0]


def _columns(content: bytes, wanted: Collection[str]) -> dict[str, Numbers | Names]:
    meta = _meta(content)
    if not 0 <= meta[3] <= _ROWS_A_BYTE * len(content):
        raise ValueError(f"it says that it has {meta[3]} rows")
    optional = {field[4].decode(): field.get(3, 0) == _OPTIONAL for field in meta[2][1:]}
    chunks: dict[str, list[Fields]] = {name: [] for name in optional if name in wanted}
    for group in meta.get(4, []):
        for column in group[1]:
            name = b".".join(column[3][3]).decode()
            if name in chunks:
                chunks[name].append(column[3])
    found = {name: _column(content, parts, optional[name], _type_of(meta, name)) for name, parts in chunks.items()}
    sizes = {len(c.values if isinstance(c, Numbers) else c.codes) for c in found.values()}
    if sizes - {meta[3]}:
        raise ValueError(f"it has columns of {sorted(sizes)} rows, but should have {meta[3]}")
    return found


def _type_of(meta: Fields, name: str) -> int:
    return int(next(field[1] for field in meta[2][1:] if field[4].decode() == name))


def _column(content: bytes, chunks: list[Fields], optional: bool, kind: int) -> Numbers | Names:
    parts = [_chunk(content, chunk, optional) for chunk in chunks]
    if kind == _STRINGS:
        return _joined([part for part in parts if isinstance(part, Names)])
    numbers = [part.values for part in parts if isinstance(part, Numbers)]
    return Numbers(np.concatenate(numbers) if numbers else np.zeros(0))


def _joined(parts: list[Names]) -> Names:
    """Return one column of the parts of several row groups, each with a dictionary of its own."""
    code_of: dict[str, int] = {}
    codes = [np.zeros(0, dtype=np.int32)]
    for part in parts:
        own = [code_of.setdefault(word, len(code_of)) for word in part.words]
        codes.append(np.array([*own, -1], dtype=np.int32)[part.codes])
    return Names(tuple(code_of), np.concatenate(codes))


class _Chunk:
    """The pages of one column in one row group, as they come."""

    def __init__(self, kind: int, optional: bool, n_rows: int) -> None:
        self._kind = kind
        self._n_rows = n_rows
        self._optional = optional
        self._dictionary: Any = None
        self.parts: list[Numbers | Names] = []
        self.rows = 0

    def take(self, header: Fields, page: bytes) -> None:
        """Take in one page. Raises: ValueError for one that SUMO does not write."""
        if header[1] == _DICTIONARY_PAGE:
            self._dictionary = self._plain(page, header[7][1])
            return
        if header[1] != _DATA_PAGE:
            raise ValueError(f"it has pages of kind {header[1]}, which SUMO does not write")
        rows, encoding = header[5][1], header[5][2]
        if not 0 < rows <= self._n_rows - self.rows:
            raise ValueError(f"it has a page of {rows} rows")
        defined, page = self._defined(page, rows)
        count = int(np.count_nonzero(defined))
        if encoding == _PLAIN:
            values = self._plain(page, count)
            indices = np.arange(count)
        elif encoding in _DICTIONARIES and self._dictionary is not None:
            values = self._dictionary
            indices = decode_hybrid(page[1:], page[0], count) if page else np.zeros(0, dtype=np.int64)
        else:
            raise ValueError(f"it has encoding {encoding}, which SUMO does not write")
        self.parts.append(_spread(values, indices, defined))
        self.rows += rows

    def _defined(self, page: bytes, rows: int) -> tuple[npt.NDArray[np.bool_], bytes]:
        """Return which rows have a value, and the rest of the page."""
        if not self._optional:
            return np.ones(rows, dtype=np.bool_), page
        length = int.from_bytes(page[:4], "little")
        return decode_hybrid(page[4 : 4 + length], 1, rows).astype(np.bool_), page[4 + length :]

    def _plain(self, page: bytes, count: int) -> Any:
        """Return values written one after the other: an array of numbers, or a list of words."""
        if self._kind != _STRINGS:
            with np.errstate(invalid="ignore"):  # bits of damage that make a signalling NaN: it is read as NaN
                return np.frombuffer(page, dtype=np.dtype(_NUMBERS[self._kind]), count=count).astype(np.float64)
        words, at = [], 0
        for _ in range(count):
            length = int.from_bytes(page[at : at + 4], "little")
            words.append(page[at + 4 : at + 4 + length].decode())
            at += 4 + length
        if at > len(page):
            raise ValueError("a page of words is cut off")
        return words


def _spread(values: Any, indices: npt.NDArray[np.int64], defined: npt.NDArray[np.bool_]) -> Numbers | Names:
    """Return the column of a page from its values, the index of each row's, and which rows have one."""
    if len(indices) and indices.max() >= len(values):
        raise ValueError("a row names a value that the dictionary lacks")
    if isinstance(values, list):
        codes = np.full(len(defined), -1, dtype=np.int32)
        codes[defined] = indices
        return Names(tuple(values), codes)
    numbers = np.full(len(defined), np.nan)
    numbers[defined] = values[indices]
    return Numbers(numbers)


def _chunk(content: bytes, meta: Fields, optional: bool) -> Numbers | Names:
    if meta[4] != 0:
        raise ValueError("it is compressed, which SUMO was not asked for")
    chunk = _Chunk(meta[1], optional, min(meta[5], _ROWS_A_BYTE * len(content)))
    at = meta.get(11) or meta[9]
    while chunk.rows < meta[5]:
        header, start = read_struct(content, at)
        at = start + header[3]
        if not start <= at <= len(content):
            raise ValueError("a page is cut off")
        chunk.take(header, content[start:at])
    if meta[1] == _STRINGS:
        return _joined([part for part in chunk.parts if isinstance(part, Names)])
    return Numbers(np.concatenate([part.values for part in chunk.parts if isinstance(part, Numbers)]))
