"""Zones of the video module as readings of parking: one zone a space, `signal-ctrl count --zones` writes them.

A zone named `P1/A001`, facility and space, is that space; it is occupied where it was for most of a minute, so that who
drives past takes none. Seconds in which the camera was blind say nothing, and neither does a minute with few others.

A camera that learnt its background while cars were parked takes them for road: their spaces would be free. So nothing
is taken of one that does not know the empty place.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final

from signal_ctrl.domain.csv_rows import csv_lines
from signal_ctrl.domain.errors import InvalidInputError

HEADER: Final = ("time_s", "zone", "occupied", "empty_known")
MINUTE_S: Final = 60
LEAST_S: Final = 20
"""Seconds of a minute that have to be seen. [s]"""


def zone_readings(
    lines: Iterable[str], source: str, begin_utc_ms: int, by_section: dict[str, str]
) -> Iterator[dict[str, Any]]:
    """Yield a reading of each space at the end of each minute, or of a section the cars that stand in it.

    Args: lines, as they come; begin_utc_ms, when the film's first second was [ms]; by_section, of each facility whose
        camera counts, the section that all its zones belong to; where there is none, each zone is a space with a
        sensor of its own.
    Raises: InvalidInputError for a file that is none of `--zones`, a zone without facility and space, or a camera that
        does not know the empty place.
    """
    minute, seen, taken = -1, Counter[str](), Counter[str]()
    for line, row in csv_lines(lines, source, HEADER, ("valid", "vehicles", "queue_m")):
        try:
            now, occupied = int(float(row["time_s"] or "x") // MINUTE_S), row["occupied"]
        except ValueError:
            raise InvalidInputError(f"{source}, line {line}: 'time_s' has to be a number") from None
        zone = _space(row["zone"] or "", f"{source}, line {line}")
        if row["empty_known"] != "1":
            raise InvalidInputError(
                f"{source}, line {line}: a car that was parked all along counts as free, for the empty place was not"
                " known; count with --empty FILM"
            )
        if now != minute:
            yield from _minute(minute, seen, taken, begin_utc_ms, by_section)
            minute, seen, taken = now, Counter(), Counter()
        if occupied in ("0", "1"):  # anything else: not seen
            seen[zone] += 1
            taken[zone] += occupied == "1"
    yield from _minute(minute, seen, taken, begin_utc_ms, by_section)


def _minute(
    minute: int, seen: Counter[str], taken: Counter[str], begin_utc_ms: int, by_section: dict[str, str]
) -> Iterator[dict[str, Any]]:
    utc_ms = begin_utc_ms + (minute + 1) * MINUTE_S * 1000
    counted: Counter[str] = Counter()
    blind: set[str] = set()
    for zone, seconds in sorted(seen.items()):
        facility, _, space = zone.partition("/")
        is_known, is_taken = seconds >= LEAST_S, 2 * taken[zone] > seconds
        if facility in by_section:
            counted[facility] += is_taken
            blind |= set() if is_known else {facility}
        elif is_known:
            yield {"kind": "space", "facility": facility, "space": space, "utc_ms": utc_ms, "occupied": is_taken}
    for facility, many in sorted(counted.items()):
        if facility not in blind:
            section = by_section[facility]
            yield {"kind": "camera", "facility": facility, "section": section, "utc_ms": utc_ms, "occupied": many}


def _space(zone: str, where: str) -> str:
    facility, _, space = zone.partition("/")
    if not facility or not space:
        raise InvalidInputError(f"{where}: zone '{zone}' is no space; name it FACILITY/SPACE in the camera file")
    return zone
