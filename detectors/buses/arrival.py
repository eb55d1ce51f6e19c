"""When a bus could be at the next stop line: several equally likely times, stays at stops on the way included."""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from detectors.buses.course import StopLine
from detectors.buses.dwell import DwellModel
from detectors.buses.track import BusTrack
from detectors.view_builder import travel_s

TIMES: Final = 4
"""So many equally likely times stand for the distribution of an arrival."""
SILENT_S: Final = 60.0
"""A bus that was not heard for so long asks for nothing. [s] [P]"""
DRIVES: Final = 0.9
"""Share of the free speed that a bus drives at."""
SPREAD: Final = 0.12
"""Standard deviation of its driving time, as a share of it. [P]"""
_SHARES: Final = tuple((k + 0.5) / TIMES for k in range(TIMES))
_DRIVING: Final = tuple(NormalDist().inv_cdf(share) for share in (1 / 6, 0.5, 5 / 6))


@dataclass(frozen=True, slots=True)
class Arrival:
    """A bus on its way to a stop line: `times_s` from now, the earliest first, each as likely as the others. [s]

    `to_stop_m`, how far it has to go, by what it said last [m]; `at_stop`, whether it stands at a stop.
    """

    line: StopLine
    times_s: tuple[float, ...]
    to_stop_m: float
    speed_mps: float
    at_stop: bool


def arrival_of(track: BusTrack, dwell: DwellModel, now_s: float, due_s: tuple[float, ...] = ()) -> Arrival | None:
    """Return when a bus could be at its next stop line, None behind the last one or if it was not heard for long.

    It is reckoned from the last report, so what has passed since is taken off. A queue is not looked at: the times are
    those at which it would be there if nobody stood in its way.
    Args: due_s, departures of its timetable on the clock of now, none without one [s].
    """
    line = track.course.next_line(track.at_m)
    if line is None or now_s - track.heard_s > SILENT_S:
        return None
    to_stop_m = max(line.at_m - track.at_m, 0.0)
    speed_mps = max(DRIVES * track.course.free_mps(track.at_m), 1.0)
    drive_s = travel_s(to_stop_m, track.speed_mps, speed_mps)
    place_s = track.variance_m2**0.5 / speed_mps
    spread_s = ((SPREAD * drive_s) ** 2 + place_s**2) ** 0.5
    stays = _stays_s(track, dwell, line, due_s)
    sums = sorted(max(drive_s + z * spread_s, 0.0) + stay_s for z in _DRIVING for stay_s in stays)
    since_s = now_s - track.heard_s
    times_s = tuple(max(sums[min(int(share * len(sums)), len(sums) - 1)] - since_s, 0.0) for share in _SHARES)
    return Arrival(line, times_s, to_stop_m, track.speed_mps, track.stands_since_s is not None)


def _stays_s(track: BusTrack, dwell: DwellModel, line: StopLine, due_s: tuple[float, ...]) -> list[float]:
    """Return equally likely times that it will spend at stops before the stop line, from its last report on. [s]"""
    found = [0.0] * TIMES
    for index in range(track.next_stop, len(track.course.stops_m)):
        if track.course.stops_m[index] > line.at_m:
            break
        found = sorted(s + own for s, own in zip(found, _stay_s(track, dwell, index, due_s), strict=True))
    return found


def _stay_s(track: BusTrack, dwell: DwellModel, index: int, due_s: tuple[float, ...]) -> list[float]:
    stop = track.course.line.stops[index]
    here = index == track.next_stop and track.stands_since_s is not None
    stood_s = track.heard_s - track.stands_since_s if here and track.stands_since_s is not None else 0.0
    stops = 1.0 if here else dwell.stops_share(stop.stop)
    stays = [dwell.left_s(stop.stop, stood_s, (s - 1.0 + stops) / stops) if s > 1.0 - stops else 0.0 for s in _SHARES]
    if not (stop.holds and index < len(due_s)):
        return stays
    way_m = max(track.course.stops_m[index] - track.at_m, 0.0)
    there_s = track.heard_s + way_m / max(DRIVES * track.course.free_mps(track.at_m), 1.0)
    return [max(stay_s, due_s[index] - there_s) for stay_s in stays]
