"""The plans of an area as a problem of optimisation: what a set of timings costs in the network model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import stage_cycle
from optimiser.link_model import LinkNetwork
from optimiser.network_index import (
    Evaluation,
    IndexWeights,
    NetworkModel,
    Rights,
    Service,
    evaluate,
    service_of,
    stacked,
)
from optimiser.network_plan import PlannedSignal, Timing

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Timings = tuple[Timing, ...]
Keeps = Callable[[int, Timing], bool]
"""Says whether the kernel of a signal (index) keeps a timing to the frame."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkProblem:
    """Signals of one common cycle, the model of their streams, what counts, and what their kernels keep."""

    signals: tuple[PlannedSignal, ...]
    model: NetworkModel
    weights: IndexWeights
    keeps: Keeps

    def rows(self, index: int) -> slice:
        """Return the places of a signal's streams."""
        first = self.model.links.first
        return slice(int(first[index]), int(first[index + 1]))

    def service(self, index: int, timing: Timing) -> Service:
        """Return the rights of one signal's streams under a timing."""
        signal, rows = self.signals[index], self.rows(index)
        own = (self.model.rights.alone[rows], self.model.rights.waits_inside[rows])
        when = (timing.stages, timing.splits_s, timing.offset_s)
        return service_of(signal.tables, signal.streams.group, own, when, self.model.settings)

    def services(self, timings: Sequence[Timing]) -> Service:
        """Return the rights of all streams."""
        return stacked([self.service(index, timing) for index, timing in enumerate(timings)])

    def evaluation(self, timings: Sequence[Timing]) -> Evaluation:
        """Return all that the model says of timings with one cycle."""
        return evaluate(self.model, self.services(timings))

    def cost_s(self, service: Service) -> float:
        """Return the performance index per vehicle that enters. [s/veh]"""
        entering = max(float(self.model.links.entering_veh_s.sum()), 1e-9)
        return evaluate(self.model, service).index(self.weights) / entering

    def index_s(self, timings: Sequence[Timing]) -> float:
        """Return the performance index of timings per vehicle that enters. [s/veh]"""
        return self.cost_s(self.services(timings))

    def fits(self, index: int, timing: Timing) -> bool:
        """Return whether each split holds its change and the minimum greens."""
        return bool(np.all(np.array(timing.splits_s) >= self.least_s(index, timing.stages)))

    def least_s(self, index: int, stages: tuple[int, ...]) -> FloatArray:
        """Return the shortest splits of stages in an order. [s]"""
        signal = self.signals[index]
        return stage_cycle(signal.site, signal.tables, signal.streams, stages).least_s

    def names(self) -> tuple[str, ...]:
        """Return the names of the signals."""
        return tuple(signal.site.signal_id for signal in self.signals)


def part_of(problem: NetworkProblem, chosen: Sequence[int], keeps: Keeps | None = None) -> NetworkProblem:
    """Return the problem of some signals alone; who comes from another one comes evenly."""
    model = problem.model
    rows = [np.arange(*problem.rows(index).indices(len(model.links.flow_veh_s))) for index in chosen]
    kept = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    place = np.full(len(model.links.flow_veh_s), -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    links, inner = _links(model.links, place, kept, [len(r) for r in rows])
    part = replace(
        model,
        links=links,
        lag_s=model.lag_s[inner],
        smooth=model.smooth[inner],
        rights=_rights(model.rights, place, kept),
        storage=replace(model.storage, lane=model.storage.lane[kept]),
    )

    def kept_by(index: int, timing: Timing) -> bool:
        return problem.keeps(chosen[index], timing)

    return NetworkProblem(tuple(problem.signals[i] for i in chosen), part, problem.weights, keeps or kept_by)


def _links(links: LinkNetwork, place: IntArray, kept: IntArray, sizes: list[int]) -> tuple[LinkNetwork, IntArray]:
    inner = np.flatnonzero((place[links.feeder] >= 0) & (place[links.fed] >= 0))
    entering = links.flow_veh_s.copy()
    np.subtract.at(entering, links.fed[inner], links.flow_veh_s[links.feeder[inner]] * links.share[inner])
    found = LinkNetwork(
        flow_veh_s=links.flow_veh_s[kept],
        saturation_veh_s=links.saturation_veh_s[kept],
        entering_veh_s=np.maximum(entering[kept], 0.0),
        first=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        feeder=place[links.feeder[inner]],
        fed=place[links.fed[inner]],
        share=links.share[inner],
        travel_s=links.travel_s[inner],
    )
    return found, inner


def _rights(rights: Rights, place: IntArray, kept: IntArray) -> Rights:
    rivals = [place[rights.rivals[rights.first_rival[i] : rights.first_rival[i + 1]]] for i in kept.tolist()]
    sizes = [len(r) for r in rivals]
    return Rights(
        rivals=np.concatenate([*rivals, np.zeros(0, dtype=np.int64)]).astype(np.int64),
        first_rival=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        share=rights.share[kept],
        alone=rights.alone[kept],
        waits_inside=rights.waits_inside[kept],
    )
