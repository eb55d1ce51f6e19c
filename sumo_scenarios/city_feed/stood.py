"""From when to when lanes were blocked in fact: a vehicle that stands comes when there is room for it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sumo_scenarios.city_feed.happenings import STANDING
from sumo_scenarios.city_feed.order import Happening, HappeningKind
from sumo_scenarios.measures.parquet import Names, Numbers, read_parquet


def stood_s(path: Path, happenings: Sequence[Happening], step_s: float) -> list[tuple[float, float] | None]:
    """Return begin and end of each happening [s]; None for a vehicle that never found room.

    Args: path, the trajectories of the run; step_s, its step [s].
    """
    found = read_parquet(path, ("vehicle_id", "timestep_time"))
    names, times = found["vehicle_id"], found["timestep_time"]
    assert isinstance(names, Names)
    assert isinstance(times, Numbers)
    place = {word: at for at, word in enumerate(names.words)}
    spans: list[tuple[float, float] | None] = []
    for number, happening in enumerate(happenings):
        if happening.kind is HappeningKind.CLOSED:
            spans.append((happening.from_s, happening.to_s))
            continue
        at = place.get(f"{STANDING}{number}", -2)
        own = times.values[np.flatnonzero(names.codes == at)]
        spans.append((float(own.min()) + step_s, min(float(own.max()) + step_s, happening.to_s)) if len(own) else None)
    return spans
