"""The files that SUMO wrote in a run, plain or gzip'd, read element by element."""

import gzip
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Final
from xml.parsers import expat

from signal_ctrl.domain.errors import BackendError

_CHUNK_BYTES: Final = 1 << 18
_GZIP_MAGIC: Final = b"\x1f\x8b"


def tags(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield name and attributes of every element; a bare parser: a bench reads thousands of files.

    Raises: BackendError if the file is missing, damaged or declares entities.
    """
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: found.append((tag, attributes))
    parser.EntityDeclHandler = _refuse_entity
    try:
        with _open(path) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                parser.Parse(chunk, False)
                yield from found
                found.clear()
            parser.Parse(b"", True)
    except (OSError, EOFError, zlib.error, ValueError, expat.ExpatError) as error:
        raise BackendError(f"cannot read {path}: {error}") from error


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    with path.open("rb") as probe:
        packed = probe.read(2) == _GZIP_MAGIC
    return gzip.open(path, "rb") if packed else path.open("rb")


def _refuse_entity(*_: object) -> None:
    raise ValueError("it declares XML entities, which no SUMO file needs")
