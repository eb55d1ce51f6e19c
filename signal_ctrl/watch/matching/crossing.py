"""When a vehicle passed the ends of roads between two of its reports."""

from typing import Final

STANDING_MPS: Final = 1.5
LEAST_MPS: Final = 4.0


def crossing_s(at_m: float, way_m: float, gap_s: float, speeds_mps: tuple[float, float], free_mps: float) -> float:
    """Return when, after the first of two reports, a vehicle had driven so far. [s]

    A vehicle that stood at the first report is taken to wait first and then to drive, one that stands at the second
    to drive first; else it drives evenly. Args: way_m, gap_s, between the reports; speeds_mps, at both, NaN if unknown.
    >>> crossing_s(50.0, 100.0, 10.0, (10.0, 10.0), 14.0), crossing_s(0.0, 70.0, 20.0, (0.0, 14.0), 14.0)
    (5.0, 13.0)
    """
    share = min(max(at_m / way_m, 0.0), 1.0) if way_m > 0 else 0.5
    first_mps, second_mps = speeds_mps
    driving_s = gap_s
    moving_mps = max(first_mps if first_mps >= second_mps else second_mps, LEAST_MPS, 0.7 * free_mps)
    stood, stands = first_mps < STANDING_MPS, second_mps < STANDING_MPS
    if stood != stands:
        driving_s = min(gap_s, way_m / moving_mps + (2.0 if stood else 0.0))
    return (gap_s - driving_s if stood and not stands else 0.0) + share * driving_s
