"""The events of a run, read from its `events.parquet`: rows for who counts, greens and passages for who measures."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detectors.loops.saturation import Span
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.event_rows import EventRow, event_rows
from sumo_scenarios.logs import (
    BEGIN_AMBER,
    BEGIN_GREEN,
    DETECTOR_FAULT,
    DETECTOR_OFF,
    DETECTOR_ON,
    DETECTOR_RESTORED,
    INACTIVE,
)

EVENTS: Final = "events.parquet"
Key = tuple[str, int]
"""Signal, and the number of a group or channel there."""
SPAN_CODES: Final = frozenset({BEGIN_GREEN, BEGIN_AMBER, INACTIVE, DETECTOR_ON, DETECTOR_OFF})
FAULT_CODES: Final = frozenset({DETECTOR_FAULT, DETECTOR_RESTORED})
_FAILED: Final = 0.05
"""A loop that was out of order for more of the time than this is not counted with (0-1)."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Greens by (signal, group), passages by (signal, channel). [s]"""

    greens: dict[Key, list[Span]]
    passages: dict[Key, list[Span]]


def read_events(path: Path, codes: Collection[int]) -> list[EventRow]:
    """Return the events of some codes. Raises: InvalidInputError if the file is missing or damaged."""
    if not path.is_file():
        raise InvalidInputError(f"{path.parent} has no {path.name}; name the folder of a finished run")
    return event_rows(path, codes)


def spans_of(rows: Iterable[EventRow]) -> Spans:
    """Return from when to when each group was green and each loop was on; what has no end is left out. [s]"""
    greens: defaultdict[Key, list[Span]] = defaultdict(list)
    passages: defaultdict[Key, list[Span]] = defaultdict(list)
    begun_s: dict[tuple[Key, bool], float] = {}
    for time_ds, device, code, parameter in rows:
        key, at_s = (device, parameter), time_ds / 10.0
        if code in (BEGIN_GREEN, DETECTOR_ON):
            begun_s[key, code == BEGIN_GREEN] = at_s
        elif code in (BEGIN_AMBER, INACTIVE, DETECTOR_OFF):
            lamp = code != DETECTOR_OFF
            from_s = begun_s.pop((key, lamp), None)
            if from_s is not None:
                (greens if lamp else passages)[key].append((from_s, at_s))
    return Spans(dict(greens), dict(passages))


def failed_of(rows: Iterable[EventRow], span_s: Span) -> frozenset[Key]:
    """Return the loops, as (signal, channel), that were not listened to for too much of a time. [s]"""
    faults: defaultdict[Key, list[tuple[float, bool]]] = defaultdict(list)
    for time_ds, device, code, channel in rows:
        if code in FAULT_CODES:
            faults[device, channel].append((time_ds / 10, code == DETECTOR_FAULT))
    allowed_s = _FAILED * (span_s[1] - span_s[0])
    return frozenset(key for key, own in faults.items() if _failed_s(own, span_s[1]) > allowed_s)


def _failed_s(changes: Sequence[tuple[float, bool]], end_s: float) -> float:
    """Return for how long a loop was not listened to. [s]"""
    ends_s = [at_s for at_s, _ in changes[1:]] + [end_s]
    return sum(until_s - at_s for (at_s, failed), until_s in zip(changes, ends_s, strict=True) if failed)
