"""The one module that scores a finished run, from the files that SUMO itself wrote."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError, InvalidInputError
from sumo_scenarios.read_ahead import read_ahead_veh
from sumo_scenarios.written import tags

BIN_S: Final = 60.0
_LATE_VEH: Final = 5
_LATE_SHARE: Final = 0.002
_HEADER_BYTES: Final = 1 << 16
_SCALE: Final = re.compile(rb'<scale value="([0-9.eE+-]+)"')


@dataclass(frozen=True, slots=True)
class Trip:
    """One vehicle. Times and delay [s], length [m]; `departed` and `arrived` tell how far it came.

    `depart_delay_s` is the part of `delay_s` that passed outside the network. [s]
    """

    scheduled_s: float
    delay_s: float
    depart_delay_s: float
    duration_s: float
    length_m: float
    waiting_s: float
    stops: float
    departed: bool
    arrived: bool


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Vehicles that were due before the end of the run. [veh]"""

    total: int
    finished: int
    unfinished: int
    never_departed: int


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one run.

    `delay_s_per_vehicle`: time lost and delay of departure over all vehicles, also those still under way or
    never inserted [s]; `stops_per_vehicle`: over the vehicles that departed; `mean_speed_mps`: their metres
    over their seconds [m/s]; `longest_wait_s`: longest total standing time of one vehicle [s]. `invalid` says
    why the run cannot be used, and is empty for one that can.
    """

    delay_s_per_vehicle: float
    stops_per_vehicle: float
    mean_speed_mps: float
    longest_wait_s: float
    vehicles: Vehicles
    teleports: int
    collisions: int
    emergency_stops: int
    invalid: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether SUMO's own counts agree with the trips and nothing teleported."""
        return not self.invalid


@dataclass(frozen=True, slots=True)
class DelayBin:
    """Vehicles due to depart within [from_s, from_s + width_s) and their mean delay. [s], [veh], [s/veh]"""

    from_s: float
    width_s: float
    vehicles: int
    delay_s_per_vehicle: float


def read_trips(tripinfo: Path, end_s: float = math.nan) -> tuple[Trip, ...]:
    """Return the trips of a tripinfo file, plain or gzip'd.

    Args: end_s, end of the run, from which the due departure of vehicles never inserted is counted back. [s]
    Raises: BackendError if the file is missing or damaged; InvalidInputError if no vehicle was due.
    """
    try:
        trips = tuple(trip_of(found, end_s) for tag, found in tags(tripinfo) if tag == "tripinfo")
    except ValueError as error:
        raise BackendError(f"cannot read {tripinfo}: {error}") from error
    if not trips:
        raise InvalidInputError("no vehicle is due between begin and end; choose other times or a larger --scale")
    return trips


def score_run(tripinfo: Path, statistics: Path) -> Score:
    """Return the figures of a run from its tripinfo and statistics files.

    Raises: BackendError if one of them is missing or damaged; InvalidInputError if no vehicle was due.
    """
    counts = {tag: found for tag, found in tags(statistics) if found}
    return score_trips(read_trips(tripinfo), counts, scale_of(statistics), read_ahead_veh(statistics))


def scale_of(statistics: Path) -> float:
    """Return the factor on the demand that SUMO wrote on top of its statistics, 1 where it wrote none."""
    try:
        with statistics.open("rb") as stream:
            found = _SCALE.search(stream.read(_HEADER_BYTES))
    except OSError:
        return 1.0
    return float(found[1]) if found else 1.0


def score_trips(
    trips: tuple[Trip, ...], counts: Mapping[str, Mapping[str, str]], scale: float = 1.0, ahead_veh: int = 0
) -> Score:
    """Return the figures of trips, checked against the counts of SUMO's statistics by element name.

    Args: scale, factor on the demand: below 1, SUMO counts as loaded those too whom it then leaves out; ahead_veh, as
    many as it may have read that are due after the end [veh].
    """
    departed = [trip for trip in trips if trip.departed]
    vehicles = _vehicles(trips)
    teleports = _count(counts, "teleports", "total")
    return Score(
        delay_s_per_vehicle=math.fsum(trip.delay_s for trip in trips) / len(trips),
        stops_per_vehicle=math.fsum(trip.stops for trip in departed) / max(len(departed), 1),
        mean_speed_mps=_mean_speed_mps(departed),
        longest_wait_s=max((trip.waiting_s for trip in departed), default=0.0),
        vehicles=vehicles,
        teleports=teleports,
        collisions=_count(counts, "safety", "collisions"),
        emergency_stops=_count(counts, "safety", "emergencyStops"),
        invalid=tuple(_faults(vehicles, teleports, counts, (min(scale, 1.0), ahead_veh))),
    )


def delay_over_time(trips: tuple[Trip, ...], begin_s: float, end_s: float) -> tuple[DelayBin, ...]:
    """Return the mean delay by due departure, in bins of 60 s from begin to end; NaN in empty bins."""
    bins: list[list[float]] = [[] for _ in range(max(1, math.ceil((end_s - begin_s) / BIN_S)))]
    for trip in trips:
        if math.isfinite(trip.scheduled_s):
            index = int((trip.scheduled_s - begin_s) // BIN_S)
            bins[min(max(index, 0), len(bins) - 1)].append(trip.delay_s)
    return tuple(
        DelayBin(begin_s + k * BIN_S, BIN_S, len(delays_s), _mean_s(delays_s)) for k, delays_s in enumerate(bins)
    )


def _mean_s(delays_s: list[float]) -> float:
    return math.fsum(delays_s) / len(delays_s) if delays_s else math.nan


def trip_of(found: Mapping[str, str], end_s: float = math.nan) -> Trip:
    """Return the trip that the attributes of a `tripinfo` element tell of; end_s as in `read_trips`.

    Raises: ValueError where an attribute is no number.
    """

    def number(name: str, absent: float) -> float:
        return float(found.get(name, absent))

    depart_s = number("depart", -1.0)
    depart_delay_s = max(number("departDelay", 0.0), 0.0)
    departed = depart_s >= 0
    return Trip(
        scheduled_s=(depart_s if departed else end_s) - depart_delay_s,
        delay_s=max(number("timeLoss", 0.0), 0.0) + depart_delay_s,
        depart_delay_s=depart_delay_s,
        duration_s=max(number("duration", 0.0), 0.0),
        length_m=max(number("routeLength", 0.0), 0.0),
        waiting_s=number("waitingTime", 0.0),
        stops=number("waitingCount", 0.0),
        departed=departed,
        arrived=departed and number("arrival", -1.0) >= 0,
    )


def _vehicles(trips: tuple[Trip, ...]) -> Vehicles:
    departed = sum(trip.departed for trip in trips)
    finished = sum(trip.arrived for trip in trips)
    return Vehicles(len(trips), finished, departed - finished, len(trips) - departed)


def _mean_speed_mps(departed: list[Trip]) -> float:
    duration_s = math.fsum(trip.duration_s for trip in departed)
    return math.fsum(trip.length_m for trip in departed) / duration_s if duration_s > 0 else 0.0


def _count(counts: Mapping[str, Mapping[str, str]], tag: str, name: str) -> int:
    """Return one of SUMO's counts, or -1 where the statistics lack it."""
    return int(float(counts.get(tag, {}).get(name, -1)))


def _faults(
    vehicles: Vehicles, teleports: int, counts: Mapping[str, Mapping[str, str]], kept_and_ahead: tuple[float, int]
) -> Iterator[str]:
    """Yield what makes a run unusable: jumps, or vehicles that its trips do not show."""
    kept_ratio, ahead_veh = kept_and_ahead
    departed = vehicles.total - vehicles.never_departed
    inserted, waiting = _count(counts, "vehicles", "inserted"), _count(counts, "vehicles", "waiting")
    missing = round(_count(counts, "vehicles", "loaded") * kept_ratio) - vehicles.total
    if teleports != 0:
        yield f"{teleports} teleports" if teleports > 0 else "the statistics do not count teleports"
    if inserted != departed:
        yield f"SUMO inserted {inserted} vehicles, but {departed} trips departed"
    if waiting > vehicles.never_departed:
        yield f"{waiting} vehicles wait for insertion, but {vehicles.never_departed} trips never departed"
    if missing - ahead_veh > max(_LATE_VEH, _LATE_SHARE * vehicles.total):
        yield f"{missing} loaded vehicles are in no trip"
