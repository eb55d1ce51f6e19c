"""SUMO's XML files, plain or gzip'd, read once and in order; what cannot be read is refused by name."""

import gzip
import io
import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast
from xml.etree import ElementTree

from signal_ctrl.domain.errors import InvalidInputError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_DEEPEST_INCLUDE: Final = 8
FREE_BYTES: Final = 64 << 20
MOST_RATIO: Final = 20
"""A packed file may become so long, or so many times as long as it is: no file that somebody made becomes more."""
INCLUDE: Final = "include"

Event = Literal["start", "end"]


def open_xml(path: Path) -> BinaryIO:
    """Return the uncompressed stream of a file. Raises: InvalidInputError if it cannot be opened."""
    try:
        stream = path.open("rb")
        packed = stream.read(2) == _GZIP_MAGIC
        stream.seek(0)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InvalidInputError(f"cannot read {path}: {reason}") from error
    if not packed:
        return stream
    stream.close()
    return cast(BinaryIO, gzip.open(path, "rb"))


def elements(
    path: Path, events: tuple[Event, ...] = ("end",), depth: int = 0
) -> Iterator[tuple[str, ElementTree.Element]]:
    """Yield (event, element) of a file and of the files that it includes.

    Raises: InvalidInputError with file and place for what is damaged, or that declares entities.
    """
    with open_xml(path) as stream:
        parsed = ElementTree.iterparse(_Guarded(stream), events=events)
        while True:
            try:
                event, element = next(parsed)
            except StopIteration:
                return
            except ElementTree.ParseError as error:
                raise InvalidInputError(f"{path} is not well-formed XML: {_said(error)}") from error
            except (OSError, EOFError, zlib.error, ValueError, LookupError) as error:
                raise InvalidInputError(f"cannot read {path}: {_said(error)}") from error
            if element.tag == INCLUDE and event == "end":
                yield from elements(included(path, element, depth), events, depth + 1)
            yield event, element


def included(path: Path, element: ElementTree.Element, depth: int) -> Path:
    """Return the file that an `<include>` names.

    Raises: InvalidInputError if it names none, or if files include each other without end.
    """
    name = element.get("href")
    if not name:
        raise InvalidInputError(f"{path}: <include> names no file; give it a href")
    if depth >= _DEEPEST_INCLUDE:
        raise InvalidInputError(f"{path}: includes {name}, {_DEEPEST_INCLUDE} files deep; do files include themselves?")
    return path.parent / name


def parse_xml(path: Path, max_bytes: int | None = None) -> ElementTree.Element:
    """Return the root of a small file, without following what it includes.

    Args: max_bytes, how long it may be when unpacked.
    Raises: InvalidInputError if it cannot be read, is damaged or too long, or declares entities.
    """
    root: ElementTree.Element | None = None
    with open_xml(path) as stream:
        try:
            for _, element in ElementTree.iterparse(_Guarded(stream, max_bytes)):
                root = element
        except (ElementTree.ParseError, OSError, EOFError, zlib.error, ValueError, LookupError) as error:
            raise InvalidInputError(f"cannot read {path}: {_said(error)}") from error
    if root is None:
        raise InvalidInputError(f"{path} is empty")
    return root


class _Guarded(io.RawIOBase):
    """A stream that refuses what can blow up a small file: entity declarations, which SUMO's files have none of, and
    packing beyond all measure.
    """

    def __init__(self, stream: BinaryIO, max_bytes: int | None = None) -> None:
        self._stream = stream
        self._tail = b""
        self._max_bytes = max_bytes
        self._most_bytes = math.inf
        if isinstance(stream, gzip.GzipFile):
            self._most_bytes = max(FREE_BYTES, MOST_RATIO * os.fstat(stream.fileno()).st_size)
        self._bytes = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self._bytes += len(chunk)
        if self._max_bytes is not None and self._bytes > self._max_bytes:
            raise OSError(f"it is longer than {self._max_bytes} bytes")
        if self._bytes > self._most_bytes:
            raise OSError(f"it unpacks to over {MOST_RATIO} times its length; if you trust it, unpack it and name that")
        if b"<!ENTITY" in self._tail + chunk:
            raise OSError("it declares XML entities, which no SUMO file needs")
        if b"\x00" in chunk:
            raise OSError("it holds zero bytes; save it as UTF-8 text")
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
    if len(parts) == 2 or len(parts) > 4 or not all(map(math.isfinite, parts)):
        raise InvalidInputError(f"'{text}' is not a time in seconds or hh:mm:ss")
    weights = (1.0, 60.0, 3600.0, 86400.0)
    return sum(weight * part for weight, part in zip(weights, reversed(parts), strict=False))


def _said(error: Exception) -> str:
    """Return in words of this project why a file could not be read."""
    if isinstance(error, ElementTree.ParseError):
        line, column = error.position
        return f"line {line}, column {column + 1}; look for a tag that is not closed, or text outside of all"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, EOFError | zlib.error):
        return "it is packed, and damaged; pack it anew"
    return str(error)
