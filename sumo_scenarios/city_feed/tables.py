"""What was recorded of a run, as columns: counts, positions, reads, truth."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CountTable:
    """Counts by minute since the begin of the run, and index in `detectors`; shape (n_rows,). NaN: no speed. [m/s]"""

    detectors: tuple[str, ...]
    minute: Ints
    detector: Ints
    vehicles: Ints
    occupied: Floats
    speed_mps: Floats


@dataclass(frozen=True, slots=True)
class PositionTable:
    """Reports in the order in which they arrive, by index in `vehicles`; `received_ms` is when. Shape (n_rows,).

    `kind` is the value of a `VehicleKind`; NaN: no speed [m/s], no heading [degrees].
    """

    vehicles: tuple[str, ...]
    kinds: tuple[str, ...]
    received_ms: Longs
    utc_ms: Longs
    vehicle: Ints
    lon: Doubles
    lat: Doubles
    speed_mps: Floats
    heading_deg: Floats


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Reads of tags, by index in `readers` and `tags`; shape (n_rows,). [ms]"""

    readers: tuple[str, ...]
    tags: tuple[str, ...]
    utc_ms: Longs
    reader: Ints
    tag: Ints


@dataclass(frozen=True, slots=True)
class Truth:
    """What was so on the roads, by minute and road; shape (n_minutes, n_roads).

    `travel_time_s`, mean of those who left the road in this minute and had driven it from its begin, NaN where nobody
    did; `timed`, how many they were; `speed_mps`, metres over seconds driven by all who were on it, NaN where nobody
    was; `vehicles`, mean number on it; `queue_m`, longest queue, from the end of the road to the rear of its last
    vehicle. [s] [m/s] [m]
    """

    entered: Ints
    left: Ints
    timed: Ints
    travel_time_s: Floats
    travel_time_sd_s: Floats
    speed_mps: Floats
    vehicles: Floats
    queue_m: Floats


@dataclass(frozen=True, slots=True)
class Drives:
    """The truth of every vehicle: from when to when it was on which road, by index; shape (n_rows,). [ms, UTC]

    `whole`: from the begin of the road to its end. Vehicles are numbered as in positions: `v0`, `v1`, ...
    """

    vehicle: Ints
    road: Ints
    entered_ms: Longs
    left_ms: Longs
    whole: npt.NDArray[np.bool_]
