"""What each pair of neighbouring signals costs by the difference of their offsets: the index made separable.

Platoons are those that leave a signal to which everybody comes evenly, so that what happens two links back is not in
it. Of each stream the table holds what one feeding signal changes against even arrivals.
"""

from collections import defaultdict

import numba
import numpy as np
from numpy.typing import NDArray

from optimiser.flow_profiles import pass_line, settle, spread
from optimiser.network_index import WAVE_VEH_S, Service
from optimiser.network_problem import NetworkProblem, Timings

FloatArray = NDArray[np.float64]
Pair = tuple[int, int]


def offset_tables(problem: NetworkProblem, timings: Timings) -> dict[Pair, FloatArray]:
    """Return by pair of signals (a < b) what a difference of offsets b - a costs, (cycle,). [veh]

    Args: timings of one cycle; their offsets do not count.
    """
    cycle_s = timings[0].cycle_s
    service = problem.services([timing._replace(offset_s=0) for timing in timings])
    rate, leaving = _evenly(problem, service)
    of_signal = np.searchsorted(problem.model.links.first, np.arange(len(rate)), side="right") - 1
    found: defaultdict[Pair, FloatArray] = defaultdict(lambda: np.zeros(cycle_s))
    for (a, stream), links in _by_feeder(problem, of_signal).items():
        b = int(of_signal[stream])
        costs = _costs(problem, (stream, links), (rate, service.kind, leaving))
        if a < b:
            found[a, b] += costs
        elif b < a:
            found[b, a] += costs[-np.arange(cycle_s) % cycle_s]
    return dict(found)


def _evenly(problem: NetworkProblem, service: Service) -> tuple[FloatArray, FloatArray]:
    """Return what may go and what leaves if everybody comes evenly. (n_streams, cycle) [veh/s]"""
    model = problem.model
    links, rights = model.links, model.rights
    nobody = np.zeros(0, dtype=np.int64)
    found = settle(
        (service.kind, service.part),
        (model.settings.saturation * links.saturation_veh_s, links.flow_veh_s, links.flow_veh_s),
        (rights.rivals, rights.first_rival),
        (model.storage.lane, rights.share),
        (nobody, nobody, np.zeros(0), nobody, np.zeros(0)),
        WAVE_VEH_S,
    )
    return found[4], found[6]


def _by_feeder(problem: NetworkProblem, of_signal: NDArray[np.int64]) -> dict[tuple[int, int], list[int]]:
    """Return the links by feeding signal and fed stream."""
    links = problem.model.links
    found: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for link, (feeder, fed) in enumerate(zip(links.feeder.tolist(), links.fed.tolist(), strict=True)):
        if of_signal[feeder] != of_signal[fed]:
            found[int(of_signal[feeder]), fed].append(link)
    return found


def _costs(
    problem: NetworkProblem, what: tuple[int, list[int]], profiles: tuple[FloatArray, NDArray[np.int8], FloatArray]
) -> FloatArray:
    """Return what a stream costs by the difference of offsets to one feeding signal, less its cost when all is even."""
    stream, own = what
    rate, kind, leaving = profiles
    model, weights = problem.model, problem.weights
    links = model.links
    platoon = np.zeros(rate.shape[1])
    for link in own:
        spread(leaving[links.feeder[link]], links.share[link], model.lag_s[link], model.smooth[link], platoon)
    rest = max(float(links.flow_veh_s[stream] - platoon.mean()), 0.0)
    prices = (weights.delay, weights.stop_s + weights.delay * model.settings.stop_loss_s)
    return np.asarray(_turned(rate[stream], kind[stream], platoon, rest, prices))


@numba.njit(cache=True)
def _turned(rate, kind, platoon, rest, prices):  # type: ignore[no-untyped-def]
    cycle = len(rate)
    costs, coming, leaving = np.zeros(cycle), np.empty(cycle), np.empty(cycle)
    coming[:] = platoon.mean() + rest
    queue, stops, _ = pass_line(rate, kind, coming, leaving, WAVE_VEH_S)
    even = prices[0] * queue + prices[1] * stops
    for later in range(cycle):
        for t in range(cycle):
            coming[t] = platoon[(t + later) % cycle] + rest
        queue, stops, _ = pass_line(rate, kind, coming, leaving, WAVE_VEH_S)
        costs[later] = prices[0] * queue + prices[1] * stops - even
    return costs
