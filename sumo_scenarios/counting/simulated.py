"""What passes the counted places when a scenario is simulated, and how long its streets take."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signal_ctrl.domain.errors import BackendError
from signal_ctrl.domain.place_counts import Place
from sumo_scenarios.counting.passages import Period, period_of
from sumo_scenarios.counting.places import CountedPlaces
from sumo_scenarios.simulation import sumo_home
from sumo_scenarios.sumo_program import run_program, said_of
from sumo_scenarios.written import tags

_TIME_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Passed:
    """Means over runs: vehicles by place for each period [veh], driving times over edges by index [s]."""

    vehicles: tuple[dict[Place, float], ...]
    edges_s: dict[int, float]
    never_departed: float


@dataclass(frozen=True, slots=True)
class _Trip:
    """A vehicle of a run: its edges, and when it left each [s]; fewer times than edges where it is under way."""

    depart_s: float
    edges: tuple[str, ...]
    left_s: tuple[float, ...]


def simulate(config: Path, places: CountedPlaces, periods: Sequence[Period], seeds: Sequence[int]) -> Passed:
    """Return what passes in runs of a scenario under the network's own programmes, one run a seed.

    Raises: BackendError if SUMO cannot be run or gives up.
    """
    found: list[defaultdict[Place, float]] = [defaultdict(float) for _ in periods]
    driven: defaultdict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    missing = 0.0
    for seed in seeds:
        with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as scratch:
            routes, trips = Path(scratch) / "routes.xml", Path(scratch) / "statistics.xml"
            _run(config, seed, routes, trips)
            missing += _waiting(trips)
            for trip in _trips(routes):
                _count(places, periods, trip, found)
                _time(places, trip, driven)
    runs = len(seeds)
    means = tuple({place: veh / runs for place, veh in own.items()} for own in found)
    return Passed(means, {edge: total_s / n for edge, (total_s, n) in driven.items()}, missing / runs)


def _run(config: Path, seed: int, routes: Path, statistics: Path) -> None:
    command = [
        *(str(sumo_home() / "bin" / "sumo"), "-c", str(config), "--seed", str(seed)),
        *("--vehroute-output", str(routes), "--vehroute-output.exit-times", "true"),
        *("--vehroute-output.write-unfinished", "true", "--statistic-output", str(statistics)),
        *("--time-to-teleport", "-1", "--no-step-log", "true", "--no-warnings", "true", "--xml-validation", "never"),
    ]
    done = run_program(command, "SUMO", _TIME_S)
    if done.returncode != 0:
        raise BackendError(f"SUMO cannot run {config.name}: {said_of(done)}")


def _waiting(statistics: Path) -> float:
    return next((float(values["waiting"]) for tag, values in tags(statistics) if tag == "vehicles"), 0.0)


def _trips(routes: Path) -> Iterator[_Trip]:
    depart_s, open_ = 0.0, False
    for tag, values in tags(routes):
        if tag == "vehicle":
            depart_s, open_ = float(values["depart"]), "depart" in values
        elif tag == "route" and open_ and values.get("exitTimes"):
            times_s = [float(text) for text in values["exitTimes"].split()]
            left_s = tuple(time_s for time_s in times_s if time_s >= 0)
            yield _Trip(depart_s, tuple(values["edges"].split()), left_s)


def _count(
    places: CountedPlaces, periods: Sequence[Period], trip: _Trip, found: Sequence[defaultdict[Place, float]]
) -> None:
    route = tuple(places.streets.index.get(edge, -1) for edge in trip.edges)
    for k, place in places.passed(route):
        if k < len(trip.left_s) and (period := period_of(periods, trip.left_s[k])) >= 0:
            found[period][place] += 1.0


def _time(places: CountedPlaces, trip: _Trip, driven: defaultdict[int, list[float]]) -> None:
    before_s = trip.depart_s
    for edge, left_s in zip(trip.edges, trip.left_s, strict=False):
        row = driven[places.streets.index.get(edge, -1)]
        row[0], row[1], before_s = row[0] + left_s - before_s, row[1] + 1.0, left_s
