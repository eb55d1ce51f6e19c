"""Vehicles that SUMO had read, and counts as loaded, although they are due after the end of a run.

Told to read one second ahead, SUMO 1.28 still reads one more element of every route file each time it reads the one
that needs it. Of a file with few vehicles (buses, beside cars in another file) it has then read all of them.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_HEADER_BYTES: Final = 1 << 16
_FILES: Final = re.compile(rb'<route-files value="([^"]*)"')
_END: Final = re.compile(rb'<end value="([0-9.]+)"')
_DEPARTURE: Final = re.compile(rb'<(?:vehicle|trip)\s[^>]*?\bdepart="([0-9.]+)"')


def read_ahead_veh(statistics: Path) -> int:
    """Return the most vehicles that SUMO can have read too early in the run whose statistics these are. [veh]

    It is 0 for one route file, and counts no vehicles of files that are gone.
    """
    try:
        with statistics.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
    except OSError:
        return 0
    files, end = _FILES.search(header), _END.search(header)
    paths = [Path(name.decode()) for name in files[1].split(b",")] if files else []
    if len(paths) < 2 or end is None:
        return 0
    return sum(_due_after(path, _stamp(path), float(end[1])) for path in paths)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=8)
def _due_after(path: Path, _stamp: tuple[int, int], end_s: float) -> int:
    try:
        content = path.read_bytes()
    except OSError:
        return 0
    return sum(float(depart) >= end_s for depart in _DEPARTURE.findall(content))
