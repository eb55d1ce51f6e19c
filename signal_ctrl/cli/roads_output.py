"""Rows of what is shown of the state of roads."""

import math
from typing import TYPE_CHECKING, Any

from signal_ctrl.cli.output import number

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from signal_ctrl.domain.roads import RoadNetwork
    from signal_ctrl.watch.city_minute import CityMinute

_ARRAYS = ("flow_veh_h", "speed_mps", "density_veh_km", "travel_time_s", "travel_time_sd_s", "queue_m", "age_s")


def road_rows(network: "RoadNetwork", minute: "CityMinute", true_s: "npt.NDArray[np.float32]") -> list[dict[str, Any]]:
    """Return one row a road; None for what is unknown. Args: true_s, the truth of the travel time [s]."""
    from signal_ctrl.watch.city_minute import Level, Source

    rows = []
    for at, road in enumerate(network.roads):
        sources = Source(int(minute.sources[at]))
        names = [each.name.lower() for each in Source if each and each in sources and each.name]
        rows.append(
            {
                "road": road.road,
                "level": Level(int(minute.level[at])).name.lower(),
                "sources": names,
                **{name: _known(float(getattr(minute, name)[at])) for name in _ARRAYS},
                "free_time_s": road.free_time_s,
                "true_travel_time_s": _known(float(true_s[at])),
            }
        )
    return rows


def table_row(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row as people read it."""
    names = ("travel_time_s", "travel_time_sd_s", "true_travel_time_s", "queue_m", "age_s")
    texts = [number(row["flow_veh_h"], 0), *(number(row[name], 1 if name.endswith("_s") else 0) for name in names)]
    return row["road"], row["level"].replace("_", " "), ", ".join(row["sources"]) or "neighbours", *texts


def _known(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None
