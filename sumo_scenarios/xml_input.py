"""SUMO's XML files, plain or gzip'd, read once and in order; what cannot be read is refused by name."""

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast
from xml.etree import ElementTree

from signal_ctrl.domain.errors import InvalidInputError

_GZIP_MAGIC: Final = b"\x1f\x8b"


def open_xml(path: Path) -> BinaryIO:
    """Return the uncompressed stream of a file. Raises: InvalidInputError if it cannot be opened."""
    try:
        stream = path.open("rb")
        packed = stream.read(2) == _GZIP_MAGIC
        stream.seek(0)
    except OSError as error:
        raise InvalidInputError(f"cannot read {path}: {error.strerror or error}") from error
    return cast(BinaryIO, gzip.GzipFile(fileobj=stream)) if packed else io.BufferedReader(stream)


def elements(path: Path, events: tuple[str, ...] = ("end",)) -> Iterator[tuple[str, ElementTree.Element]]:
    """Yield (event, element) of a file.

    Raises: InvalidInputError with file and place for what is damaged, or that declares a document type.
    """
    with open_xml(path) as stream:
        try:
            yield from ElementTree.iterparse(_Guarded(stream), events=events)
        except ElementTree.ParseError as error:
            raise InvalidInputError(f"{path} is not well-formed XML: {error}") from error
        except (OSError, EOFError, zlib.error) as error:
            raise InvalidInputError(f"cannot read {path}: {error}") from error


class _Guarded(io.RawIOBase):
    """A stream that refuses entity declarations: SUMO's files have none, and they can blow up a small file."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._tail = b""

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        if b"<!ENTITY" in self._tail + chunk:
            raise OSError("it declares XML entities, which no SUMO file needs")
        self._tail = chunk[-8:]
        return chunk


def parse_time_s(text: str) -> float:
    """Return seconds of SUMO's two time forms, seconds or [days:]hours:minutes:seconds. [s]

    Raises: InvalidInputError for anything else.
    >>> parse_time_s("25200.5"), parse_time_s("07:00:00"), parse_time_s("1:00:00:00")
    (25200.5, 25200.0, 86400.0)
    """
    try:
        parts = [float(part) for part in text.strip().split(":")]
    except ValueError as error:
        raise InvalidInputError(f"'{text}' is not a time in seconds or hh:mm:ss") from error
    if len(parts) == 2 or len(parts) > 4:
        raise InvalidInputError(f"'{text}' is not a time in seconds or hh:mm:ss")
    weights = (1.0, 60.0, 3600.0, 86400.0)
    return sum(weight * part for weight, part in zip(weights, reversed(parts), strict=False))
