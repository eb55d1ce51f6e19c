"""The tables that counting leaves, as rows of cells: their columns and how figures are rounded."""

from typing import Final

from detectors.video.report.rows import IntervalRow, SecondRow
from detectors.video.seen import Crossing, VideoAlarm

Cells = tuple[str | int | None, ...]

CROSSINGS: Final = ("time_s", "frame", "line", "direction", "class", "speed_mps", "lane")
INTERVALS: Final = (
    "from_s",
    "to_s",
    "line",
    "direction",
    "class",
    "count",
    "occupancy",
    "speed_mps",
    "valid_ratio",
)
SECONDS: Final = ("time_s", "zone", "valid", "occupied", "vehicles", "queue_m", "empty_known")
ALARMS: Final = ("time_s", "alarm", "place", "track")


def crossing_cells(row: Crossing) -> Cells:
    """Return a crossing as cells."""
    speed = _rounded(row.speed_mps, 2)
    return (f"{row.time_s:.3f}", row.frame, row.line, row.direction, row.kind.value, speed, row.lane)


def interval_cells(row: IntervalRow) -> Cells:
    """Return an interval as cells; empty where nothing was seen."""
    return (
        _plain(row.from_s),
        _plain(row.to_s),
        row.line,
        row.direction,
        row.kind,
        row.count,
        _rounded(row.occupancy, 4),
        _rounded(row.speed_mps, 2),
        f"{row.valid_ratio:.3f}",
    )


def second_cells(row: SecondRow) -> Cells:
    """Return a second of a zone as cells; empty where nothing was seen."""
    occupied = None if row.occupied is None else int(row.occupied)
    seen, queue_m = int(row.occupied is not None), _rounded(row.queue_m, 1)
    return (row.time_s, row.zone, seen, occupied, row.vehicles, queue_m, int(row.empty_known))


def alarm_cells(row: VideoAlarm) -> Cells:
    """Return an alarm as cells."""
    return (f"{row.time_s:.3f}", row.kind.value, row.place, row.track)


def _plain(value: float) -> str:
    """Return a number without the zeros that say nothing.

    >>> _plain(900.0), _plain(1764201600.0), _plain(0.25)
    ('900', '1764201600', '0.25')
    """
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _rounded(value: float | None, digits: int) -> str | None:
    return None if value is None else f"{value:.{digits}f}"
