"""The units of a UTDF file: its Metric row, and whether its figures can be in those units at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.utdf_tables import Record

FOOT_M: Final = 0.3048
MPH_MPS: Final = 0.44704
KMH_MPS: Final = 1 / 3.6
_WIDTHS: Final = {True: (1.5, 6.5), False: (6.5, 25.0)}
"""Widths of lanes that there are, in metres and in feet."""
_OFF: Final = 2.0
OLDEST: Final = 7


@dataclass(frozen=True, slots=True)
class Units:
    """Metres and km/h, or feet and mph."""

    metric: bool

    def to_m(self, length: float) -> float:
        """Return metres. [m]"""
        return length if self.metric else length * FOOT_M

    def to_mps(self, speed: float) -> float:
        """Return metres per second. [m/s]"""
        return speed * (KMH_MPS if self.metric else MPH_MPS)

    def from_m(self, length_m: float) -> float:
        """Return a length in the file's unit."""
        return length_m if self.metric else length_m / FOOT_M

    def from_mps(self, speed_mps: float) -> float:
        """Return a speed in the file's unit."""
        return speed_mps / (KMH_MPS if self.metric else MPH_MPS)

    @property
    def words(self) -> str:
        """What they are called."""
        return "metres and km/h" if self.metric else "feet and mph"


def units_of(network: Sequence[Record], source: str) -> Units:
    """Return the units that section [Network] names. Raises: InvalidInputError if it names none, or an old version."""
    rows = {record.name.lower(): record for record in network}
    version = rows.get("utdfversion")
    if version is not None and (version.number("DATA") or 0) < OLDEST:
        raise version.fail(f"this is no combined UTDF of version {OLDEST} or later")
    metric = rows.get("metric")
    if metric is None:
        raise InvalidInputError(
            f"{source}: [Network] has no row Metric; add 'Metric,0' for feet and mph or 'Metric,1' for metres and km/h"
        )
    value = metric.cells.get("DATA", "")
    if value not in ("0", "1"):
        raise metric.fail(f"is '{value:.20}'; 0 is feet and mph, 1 is metres and km/h")
    return Units(value == "1")


def check_units(units: Units, links: dict[tuple[int, str], Record], lanes: dict[tuple[int, str], Record]) -> None:
    """Refuse figures that cannot be in these units: widths of lanes, and travel times against distance and speed.

    Raises: InvalidInputError with the first place that shows it.
    """
    low, high = _WIDTHS[units.metric]
    for (_, name), record in lanes.items():
        for column in record.cells if name == "width" else ():
            width = record.number(column) or 0.0
            if width and not low <= width <= high:
                raise record.fail(f"{column} is {width:g} wide, but Metric says {units.words}; which is right?")
    times = list(_travel_times(units, links))
    off = [item for item in times if not item[1] / _OFF <= item[2] <= item[1] * _OFF]
    if 2 * len(off) > len(times):
        record, driven_s, said_s = off[0]
        raise record.fail(
            f"{said_s:g} s, but in {units.words} distance and speed make {driven_s:.1f} s; is Metric right?"
        )


def _travel_times(units: Units, links: dict[tuple[int, str], Record]) -> Iterator[tuple[Record, float, float]]:
    """Yield (record, time by distance and speed, time that the file says) of each street. [s]"""
    for (node, name), record in links.items():
        if name != "time":
            continue
        distance, speed = links.get((node, "distance")), links.get((node, "speed"))
        if distance is None or speed is None:
            continue
        for heading in record.cells:
            parts = (distance.number(heading), speed.number(heading), record.number(heading))
            if parts[0] and parts[1] and parts[2]:
                yield record, units.to_m(parts[0]) / units.to_mps(parts[1]), parts[2]
