"""A minute of the city as it is kept: half floats, bytes of one weight side by side, packed.

A half float has 11 significant bits, so what is read back differs by 0.05 % at most; 5,000 roads take some 40 kB.
"""

import base64
import zlib
from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.watch.city_minute import Bytes, CityMinute, Floats

MINUTES_KEPT_MS: Final = 7 * 86_400_000
"""What upkeep keeps of minutes. [ms]"""
_LEVEL: Final = 6
_FLOATS: Final = (
    "flow_veh_h", "speed_mps", "density_veh_km", "travel_time_s", "travel_time_sd_s", "queue_m", "age_s",
)  # fmt: skip
_BYTES: Final = ("sources", "level")
_MOST: Final = float(np.finfo(np.float16).max)


@dataclass(frozen=True, slots=True)
class StoredMinute:
    """A minute of `roads` roads of the network with this hash, packed. [ms]

    `number` is that of the last batch that it may have been moved by.
    """

    minute_utc_ms: int
    roads_sha256: str
    roads: int
    number: int
    packed: str

    def __post_init__(self) -> None:
        if self.roads < 1 or self.minute_utc_ms < 0 or not self.packed:
            raise InvalidInputError("a kept minute needs its time and a value a road")


CITY_MINUTES: Final = ShelfSpec(
    "city_minutes",
    StoredMinute,
    key=lambda m: f"{m.minute_utc_ms:016d}",
    at_utc_ms=lambda m: m.minute_utc_ms,
    columns={"roads_sha256": lambda m: m.roads_sha256},
    large=True,
)


def packed(minute: CityMinute, roads_sha256: str, number: int) -> StoredMinute:
    """Return a minute as it is kept."""
    halves = np.stack([_halved(getattr(minute, name)) for name in _FLOATS])
    sides = halves.view(np.uint8).reshape(len(_FLOATS), -1, 2).transpose(2, 0, 1)
    small = np.stack([getattr(minute, name) for name in _BYTES])
    whole = zlib.compress(sides.tobytes() + small.tobytes(), _LEVEL)
    return StoredMinute(minute.minute_utc_ms, roads_sha256, len(minute.level), number, base64.b64encode(whole).decode())


def unpacked(stored: StoredMinute) -> CityMinute:
    """Return the minute that was kept. Raises: InvalidInputError if it is cut short."""
    raw = np.frombuffer(zlib.decompress(base64.b64decode(stored.packed)), np.uint8)
    n, split = stored.roads, 2 * len(_FLOATS) * stored.roads
    if raw.size != split + len(_BYTES) * n:
        raise InvalidInputError(f"the minute {stored.minute_utc_ms} has not one value a road")
    sides = raw[:split].reshape(2, len(_FLOATS), n).transpose(1, 2, 0)
    halves = np.ascontiguousarray(sides).view(np.float16).reshape(len(_FLOATS), n)
    found: dict[str, Floats | Bytes] = dict(zip(_FLOATS, halves.astype(np.float32), strict=True))
    found |= dict(zip(_BYTES, raw[split:].reshape(len(_BYTES), n), strict=True))
    return CityMinute(stored.minute_utc_ms, **{each.name: found[each.name] for each in fields(CityMinute)[1:]})  # type: ignore[arg-type]  # by name


def _halved(values: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.float16]]:
    return np.clip(values, -_MOST, _MOST).astype(np.float16)
