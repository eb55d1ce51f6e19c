"""The demand of a scenario as counts: what its routes pass in each period if nobody is held up."""

import math
from pathlib import Path
from typing import Final

from signal_ctrl.domain.counts import CountPeriod, Counts, counts_to_csv
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.place_counts import PlaceCounts, links_to_csv
from signal_ctrl.gateways.whole_file import check_new, write_whole
from sumo_scenarios import catalogue
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.counting.passages import Clock, Departure, Period, all_places, count_departures, place_counts
from sumo_scenarios.counting.streets import read_streets
from sumo_scenarios.demand import demand_span
from sumo_scenarios.net_reader import read_net
from sumo_scenarios.volumes import routed_vehicles

_MOST_PERIODS: Final = 2000


def counts_of_scenario(scenario: str, links: bool, period_s: float) -> PlaceCounts:
    """Return the counts of every turn at a signal, or of every street, in periods from the begin to the end.

    Raises: InvalidInputError for damaged files, periods that are none, or a demand without an end.
    """
    config = read_configuration(catalogue.resolve(scenario).config)
    begin_s = config.begin_s or 0.0
    end_s = config.end_s if config.end_s is not None else demand_span(config.routes).last_s
    periods = _periods(begin_s, end_s, period_s)
    streets = read_streets(read_net(config.net))
    places = all_places(streets, links)
    departures = (Departure(*row) for row in routed_vehicles(config, (begin_s, end_s)))
    return place_counts(places, periods, count_departures(places, Clock(streets), periods, departures))


def _periods(begin_s: float, end_s: float, period_s: float) -> list[Period]:
    if not period_s > 0 or not math.isfinite(end_s) or not begin_s < end_s:
        raise InvalidInputError(f"no periods of {period_s:g} s between {begin_s:g} and {end_s:g} s")
    number = math.ceil((end_s - begin_s) / period_s - 1e-9)
    if number > _MOST_PERIODS:
        raise InvalidInputError(f"{number} periods of {period_s:g} s; {_MOST_PERIODS} are the most: take longer ones")
    return [(begin_s + k * period_s, min(begin_s + (k + 1) * period_s, end_s)) for k in range(number)]


def write_counts(scenario: str, links: bool, period_s: float, out: Path) -> PlaceCounts:
    """Write the counts of a scenario into a new file, as a whole or not at all, and return them.

    Raises: as `counts_of_scenario`; InvalidInputError if the file exists or cannot be written.
    """
    check_new(out)
    found = counts_of_scenario(scenario, links, period_s)
    text = links_to_csv(found) if links else counts_to_csv(_turning(found))
    write_whole(out, text)
    return found


def _turning(found: PlaceCounts) -> Counts:
    return Counts(
        tuple(
            CountPeriod(*period, {(place[0], place[1], place[2]): veh for place, veh in own.items()})
            for period, own in zip(found.periods, found.vehicles, strict=True)
        )
    )
