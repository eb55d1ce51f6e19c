"""When in the cycle of a plan a signal group is green, as the kernel makes the changes of stage."""

import math
from collections.abc import Sequence
from itertools import accumulate

from optimiser.stage_tables import StageTables
from signal_ctrl.domain.site import Right

Window = tuple[float, float]


def green_windows(tables: StageTables, stages: Sequence[int], splits_s: Sequence[float], group: int) -> list[Window]:
    """Return from when to when a group is green after the change to the first stage begins; starts in [0, cycle). [s]

    A green over the end of the cycle ends after it. A group that is green all the time has one window of a cycle.
    """
    cycle_s, n = float(sum(splits_s)), len(stages)
    begins_s = [0.0, *accumulate(splits_s)][:n]
    green = [Right(int(tables.right[stage, group])).is_green for stage in stages]
    if all(green):
        return [(0.0, cycle_s)]
    found: list[Window] = []
    for place in range(n):
        before = place - 1
        if not green[place] or green[before]:
            continue
        from_s = begins_s[place] + float(tables.start_s[stages[before], stages[place], group])
        found.append((from_s, _end_s(tables, stages, (begins_s, cycle_s), place, group)))
    return [(from_s % cycle_s, from_s % cycle_s + to_s - from_s) for from_s, to_s in found if to_s > from_s]


def longest(windows: Sequence[Window]) -> Window | None:
    """Return the longest window, None if there is none. [s]"""
    return max(windows, key=lambda window: window[1] - window[0], default=None)


def _end_s(
    tables: StageTables, stages: Sequence[int], times_s: tuple[list[float], float], place: int, group: int
) -> float:
    """Return when a green that begins at a place ends: in the first change to a stage without it. [s]"""
    begins_s, cycle_s = times_s
    n = len(stages)
    for step in range(1, n + 1):
        here, following = stages[(place + step - 1) % n], stages[(place + step) % n]
        if Right(int(tables.right[following, group])).is_green:
            continue
        turns, index = divmod(place + step, n)
        ends_s = float(tables.end_s[here, following, group])
        return begins_s[index] + turns * cycle_s + (ends_s if math.isfinite(ends_s) else 0.0)
    return begins_s[place] + cycle_s
