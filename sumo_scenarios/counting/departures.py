"""From counts to vehicles: windows of departure for every candidate route, the fit, and the vehicles in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from optimiser.count_fit import CountProblem, Evening, least_squares_flows, likely_flows, whole_vehicles
from signal_ctrl.domain.place_counts import Place, PlaceCounts
from sumo_scenarios.counting.candidates import Candidate
from sumo_scenarios.counting.passages import Clock, Departure, Period, passages, period_of
from sumo_scenarios.counting.places import CountedPlaces

SHORTEST_S: Final = 0.5
LONGEST_S: Final = 300.0
LONGEST_LEAD_S: Final = 1800.0
MOST_COLUMNS: Final = 150_000
REACH_S: Final = 450.0
_HUNDREDTHS: Final = 100.0


@dataclass(frozen=True, slots=True)
class _Window:
    """A route and a window of departure in which a vehicle of it is counted in the same cells. [s]"""

    candidate: int
    from_s: float
    to_s: float
    cells: tuple[int, ...]


def fitted_departures(
    places: CountedPlaces,
    clock: Clock,
    candidates: Sequence[Candidate],
    counts: PlaceCounts,
    rng: np.random.Generator,
) -> tuple[Departure, ...]:
    """Return vehicles, in the order of their departure, whose routes reproduce the counts by period."""
    cell_of, wanted = _cells(places, counts)
    kept = candidates
    windows = list(_windows(places, clock, kept, counts.periods, cell_of))
    if len(windows) > MOST_COLUMNS:
        kept = _likeliest(places, candidates, counts, MOST_COLUMNS * len(candidates) // len(windows))
        windows = list(_windows(places, clock, kept, counts.periods, cell_of))
    problem = _problem(kept, windows, wanted)
    group = np.array([window.candidate for window in windows], dtype=np.int64)
    middles_s = np.array([0.5 * (window.from_s + window.to_s) for window in windows])
    lengths_s = np.array([window.to_s - window.from_s for window in windows])
    near = likely_flows(problem, Evening(group, middles_s, lengths_s, REACH_S))
    vehicles = whole_vehicles(problem, least_squares_flows(problem, near), near, group)
    return _spread(places, kept, windows, vehicles, rng)


def _cells(places: CountedPlaces, counts: PlaceCounts) -> tuple[dict[tuple[int, Place], int], npt.NDArray[np.float64]]:
    """Return the number of each counted (period, place), and its count."""
    known = {*places.turns.values(), *places.links.values()}
    cells = [
        ((period, place), vehicles)
        for period, of_period in enumerate(counts.vehicles)
        for place, vehicles in sorted(of_period.items())
        if place in known
    ]
    return {cell: k for k, (cell, _) in enumerate(cells)}, np.array([vehicles for _, vehicles in cells])


def _windows(
    places: CountedPlaces,
    clock: Clock,
    candidates: Sequence[Candidate],
    periods: Sequence[Period],
    cell_of: dict[tuple[int, Place], int],
) -> Iterator[_Window]:
    edges_s = sorted({time_s for period in periods for time_s in period})
    for k, candidate in enumerate(candidates):
        passed = passages(places, clock, candidate.route)
        lead_s = min(passed[-1][0], LONGEST_LEAD_S)
        cuts = {max(edge_s - after_s, 0.0) for edge_s in edges_s for after_s, _ in passed}
        cuts |= {max(edges_s[0] - lead_s, 0.0)}
        ordered = _no_longer(sorted(cut for cut in cuts if cut >= edges_s[0] - lead_s))
        for from_s, to_s in pairwise(ordered):
            if to_s - from_s < SHORTEST_S:
                continue
            middle_s = 0.5 * (from_s + to_s)
            seen = ((period_of(periods, middle_s + after_s), place) for after_s, place in passed)
            cells = tuple(cell_of[cell] for cell in seen if cell in cell_of)
            if cells:
                yield _Window(k, from_s, to_s, cells)


def _no_longer(cuts_s: Sequence[float]) -> list[float]:
    """Return cuts with more between them, so that no window is longer than it may be. [s]"""
    found = list(cuts_s[:1])
    for from_s, to_s in pairwise(cuts_s):
        parts = max(ceil((to_s - from_s) / LONGEST_S), 1)
        found += [from_s + (to_s - from_s) * k / parts for k in range(1, parts)]
        found.append(to_s)
    return found


def _problem(
    candidates: Sequence[Candidate], windows: Sequence[_Window], wanted: npt.NDArray[np.float64]
) -> CountProblem:
    rows = np.array([cell for window in windows for cell in window.cells], dtype=np.int64)
    columns = np.repeat(np.arange(len(windows)), [len(window.cells) for window in windows])
    cells = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(wanted), len(windows)))
    prior = np.array([candidates[w.candidate].weight * (w.to_s - w.from_s) for w in windows])
    return CountProblem(cells, wanted, prior)


def _likeliest(
    places: CountedPlaces, candidates: Sequence[Candidate], counts: PlaceCounts, number: int
) -> Sequence[Candidate]:
    """Return the candidates that carry most if all periods are one, and the likeliest through each place."""
    total: dict[Place, float] = {}
    for of_period in counts.vehicles:
        for place, vehicles in of_period.items():
            total[place] = total.get(place, 0.0) + vehicles
    names = sorted({*places.turns.values(), *places.links.values()})
    row_of = {place: k for k, place in enumerate(names)}
    passed = [tuple(row_of[place] for _, place in places.passed(each.route)) for each in candidates]
    windows = [_Window(k, 0.0, 1.0, cells) for k, cells in enumerate(passed)]
    flows = likely_flows(_problem(candidates, windows, np.array([total.get(place, 0.0) for place in names])))
    kept = set(np.argsort(-flows, kind="stable")[:number].tolist())
    best: dict[int, int] = {}
    for k, cells in enumerate(passed):
        for cell in cells:
            best[cell] = k if cell not in best or flows[k] > flows[best[cell]] else best[cell]
    return [candidates[k] for k in sorted(kept | set(best.values()))]


def _spread(
    places: CountedPlaces,
    candidates: Sequence[Candidate],
    windows: Sequence[_Window],
    vehicles: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[Departure, ...]:
    """Return single vehicles: those of a window evenly in it, each at random within its part."""
    names = places.streets.edges
    found = []
    for k in np.flatnonzero(vehicles).tolist():
        window, number = windows[k], int(vehicles[k])
        edges = tuple(names[edge] for edge in candidates[window.candidate].route)
        part_s = (window.to_s - window.from_s) / number
        for i in range(number):
            depart_s = window.from_s + (i + float(rng.random())) * part_s
            inside_s = min(np.ceil(depart_s * _HUNDREDTHS) / _HUNDREDTHS, window.to_s - 1 / _HUNDREDTHS)
            found.append(Departure(float(inside_s), edges))
    return tuple(sorted(found, key=lambda each: (each.depart_s, each.edges)))
