"""What a user measured in the street: saturation flows of lanes and speeds on edges, read from CSV and checked."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, TypeVar

from signal_ctrl.domain.csv_rows import Row, csv_number, csv_rows, csv_words
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.layout import approach_lanes
from sumo_scenarios.net_reader import Net

_Row = TypeVar("_Row")

SATURATION_HEADER: Final = ("signal", "lane", "saturation_veh_h")
MOST_VEH_H: Final = 3600.0
LEAST_VEH_H: Final = 200.0
SPEEDS_MPS: Final = (0.5, 60.0)
_QUEUES: Final = "queues"
_MEAN, _LOW, _MIDDLE, _HIGH, _DEVIATION = "mean_mps", "p15_mps", "p50_mps", "p85_mps", "sd_mps"
_WIDTH: Final = 2.0 * NormalDist().inv_cdf(0.85)
"""Between the 15th and the 85th percentile of a normal distribution lie so many standard deviations."""


@dataclass(frozen=True, slots=True)
class MeasuredLane:
    """Saturation flow of one lane [veh/h]; `weight` is the number of queues behind it, 1 where nobody says."""

    signal: str
    lane: str
    saturation_veh_h: float
    weight: float


@dataclass(frozen=True, slots=True)
class MeasuredSpeed:
    """Speed on one edge where nothing holds vehicles up: mean and standard deviation, if that is known. [m/s]"""

    edge: str
    mean_mps: float
    deviation_mps: float | None


def lanes_from_csv(text: str, source: str = "saturation") -> tuple[MeasuredLane, ...]:
    """Return saturation flows: columns `signal,lane,saturation_veh_h`, and `queues` where it is known.

    Raises: InvalidInputError with source and line for what is missing, no number, no saturation flow or there twice.
    """
    found: dict[str, MeasuredLane] = {}
    for line, row in csv_rows(text, source, SATURATION_HEADER):
        where = f"{source}, line {line}"
        signal, lane = csv_words(row, ("signal", "lane"), where)
        flow_veh_h = csv_number(row, "saturation_veh_h", where)
        if not LEAST_VEH_H <= flow_veh_h <= MOST_VEH_H:
            raise InvalidInputError(
                f"{where}: {flow_veh_h:g} veh/h on lane {lane}; a saturation flow of one lane lies between "
                f"{LEAST_VEH_H:g} and {MOST_VEH_H:g} vehicles per hour of green"
            )
        weight = csv_number(row, _QUEUES, where) if row.get(_QUEUES) else 1.0
        if not weight > 0:
            raise InvalidInputError(f"{where}: {weight:g} queues on lane {lane}; leave out what was not measured")
        if lane in found:
            raise InvalidInputError(f"{where}: lane {lane} occurs twice")
        found[lane] = MeasuredLane(signal, lane, flow_veh_h, weight)
    return _some(found.values(), source, "saturation flow")


def speeds_from_csv(text: str, source: str = "speeds") -> tuple[MeasuredSpeed, ...]:
    """Return speeds: column `edge`, and `mean_mps` (maybe `sd_mps`) or percentiles `p15_mps,p50_mps,p85_mps`.

    Raises: InvalidInputError with source and line for what is missing, no number, no speed in m/s or there twice.
    """
    found: dict[str, MeasuredSpeed] = {}
    for line, row in csv_rows(text, source, ("edge",)):
        where = f"{source}, line {line}"
        (edge,) = csv_words(row, ("edge",), where)
        if edge in found:
            raise InvalidInputError(f"{where}: edge {edge} occurs twice")
        found[edge] = _speed(row, edge, where)
    return _some(found.values(), source, "speed")


def _speed(row: Row, edge: str, where: str) -> MeasuredSpeed:
    if row.get(_MEAN):
        deviation_mps = csv_number(row, _DEVIATION, where) if row.get(_DEVIATION) else None
        if deviation_mps is not None and deviation_mps < 0:
            raise InvalidInputError(f"{where}: sd_mps {deviation_mps:g} on edge {edge}; it is 0 or more")
        return MeasuredSpeed(edge, _plausible(csv_number(row, _MEAN, where), edge, where), deviation_mps)
    if not all(row.get(key) for key in (_LOW, _MIDDLE, _HIGH)):
        raise InvalidInputError(f"{where}: edge {edge} needs mean_mps, or p15_mps, p50_mps and p85_mps")
    low, middle, high = (_plausible(csv_number(row, key, where), edge, where) for key in (_LOW, _MIDDLE, _HIGH))
    if not low <= middle <= high:
        raise InvalidInputError(f"{where}: percentiles of edge {edge} fall: {low:g}, {middle:g}, {high:g} m/s")
    return MeasuredSpeed(edge, middle, (high - low) / _WIDTH)


def _plausible(speed_mps: float, edge: str, where: str) -> float:
    if not SPEEDS_MPS[0] <= speed_mps <= SPEEDS_MPS[1]:
        raise InvalidInputError(
            f"{where}: {speed_mps:g} m/s on edge {edge}; speeds are metres per second, {SPEEDS_MPS[0]:g} to "
            f"{SPEEDS_MPS[1]:g} (km/h divided by 3.6)"
        )
    return speed_mps


def _some(found: Iterable[_Row], source: str, what: str) -> tuple[_Row, ...]:
    rows = tuple(found)
    if not rows:
        raise InvalidInputError(f"{source} holds no {what}: write a line each below the header")
    return rows


def check_places(net: Net, lanes: Iterable[MeasuredLane], speeds: Iterable[MeasuredSpeed]) -> None:
    """Refuse lanes and edges that the network does not have. Raises: InvalidInputError that names the first."""
    for row in lanes:
        if row.signal not in net.signal_links:
            raise InvalidInputError(f"{net.path.name} has no signal '{row.signal}' (lane {row.lane})")
        if row.lane not in approach_lanes(net, net.signal_links[row.signal]):
            raise InvalidInputError(f"signal {row.signal}: no lane '{row.lane}' ends at its stop lines")
    for each in speeds:
        if each.edge not in net.edges:
            raise InvalidInputError(f"{net.path.name} has no edge '{each.edge}'")
