"""The performance index of a network of fixed plans with one cycle: delay, stops and queues beyond their storage.

The model of TRANSYT: profiles of `flow_profiles`, to which comes what chance adds to them, what braking and setting
off cost beside the waiting, and a penalty for queues that reach the signal behind.
Source: the project's reference on optimisation, section 5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import S_PER_H
from optimiser.flow_profiles import CLEARING, HALT, PERMISSIVE, PROTECTED, settle
from optimiser.link_model import LinkNetwork
from optimiser.random_delay import RANDOM_DELAYS
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
WAVE_VEH_S: Final = 0.65
"""Queued vehicles that set off in a second: a wave of 5 m/s over 7.6 m each. [veh/s]"""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How the model counts.

    start_s, what a green loses at its start [s]; gain_s, what goes on in the amber [s]; saturation, factor on the
    saturation flows; stop_loss_s, what setting off costs behind the stop line, part of the delay [s]; random, the term
    for chance, of `RANDOM_DELAYS`; period_h, how long the demand lasts [h].
    """

    start_s: float = 1.1
    gain_s: float = 0.9
    saturation: float = 0.975
    stop_loss_s: float = 0.6
    random: str = "akcelik"
    period_h: float = 0.25

    def __post_init__(self) -> None:
        times_s = (self.start_s, self.gain_s, self.stop_loss_s)
        if not (min(times_s) >= 0 and max(times_s) <= 20 and 0 < self.period_h <= 24):
            raise InvalidInputError("the model needs lost times of 0 to 20 s and a period of up to 24 h")
        if not 0.1 <= self.saturation <= 3:
            raise InvalidInputError(f"need a factor on saturation flows of 0.1 to 3, got {self.saturation:g}")
        if self.random not in RANDOM_DELAYS:
            raise InvalidInputError(f"unknown random delay '{self.random}'; choose of {', '.join(RANDOM_DELAYS)}")


@dataclass(frozen=True, slots=True)
class IndexWeights:
    """What counts: delay_s per second of delay; stop_s, a stop, in seconds of delay; excess_s, a vehicle too many on a
    link, in vehicle seconds per second.
    """

    delay: float = 1.0
    stop_s: float = 10.0
    excess: float = 5.0

    def __post_init__(self) -> None:
        if not all(0 <= value < np.inf for value in (self.delay, self.stop_s, self.excess)):
            raise InvalidInputError("weights of the performance index are 0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """Room for queues. lane (n_streams,), the lane of each stream; room_veh (n_lanes,), vehicles that a lane holds up
    to its own begin; link (n_lanes,), the link that it belongs to; link_veh (n_links,), what the road behind the lanes
    holds besides, up to the signal behind. A lane that has the road to itself holds all of it.
    """

    lane: IntArray
    room_veh: FloatArray
    link: IntArray
    link_veh: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Rights:
    """Who yields to whom, and who shares a lane; streams as in the links.

    rivals: stream i yields to rivals[first_rival[i]: first_rival[i + 1]]; share (n_streams,), part of its lane's
    vehicles; alone (n_streams,), whether a vehicle that may go after a halt finds nobody ahead of it who may not;
    waits_inside (n_streams,), vehicles that may wait inside the junction and clear it when the green has ended [veh].
    """

    rivals: IntArray
    first_rival: IntArray
    share: FloatArray
    alone: NDArray[np.bool_]
    waits_inside: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class NetworkModel:
    """Streams and links, how platoons spread on each link, right of way, and the room for queues.

    lag_s, smooth (n_links,): T and F of Robertson's formula on steps of 1 s.
    """

    links: LinkNetwork
    lag_s: IntArray
    smooth: FloatArray
    rights: Rights
    storage: Storage
    settings: ModelSettings = ModelSettings()


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """The right of each stream in each second of the cycle, and the part of the second for which it holds.

    kind, part (n_streams, cycle); the kinds are those of `flow_profiles`.
    """

    kind: NDArray[np.int8]
    part: FloatArray

    def rolled(self, rows: slice, shift_s: int) -> "Service":
        """Return it with the seconds of some streams turned."""
        kind, part = self.kind.copy(), self.part.copy()
        kind[rows] = np.roll(kind[rows], shift_s, axis=1)
        part[rows] = np.roll(part[rows], shift_s, axis=1)
        return Service(kind, part)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What the model says of a plan, by stream.

    delay_veh (n_streams,), delay a second, that is the mean number of those delayed: by the profile, by chance, by
    setting off; stops_veh_s; arrived_veh_s; capacity_veh_s; reach_veh, queue at its longest; lane_veh (n_lanes,), the
    same by lane; excess_veh (n_links of the storage,), vehicles beyond the room; coming, leaving (n_streams, cycle)
    [veh/s].
    """

    delay_veh: FloatArray
    stops_veh_s: FloatArray
    arrived_veh_s: FloatArray
    capacity_veh_s: FloatArray
    reach_veh: FloatArray
    lane_veh: FloatArray
    excess_veh: FloatArray
    coming: FloatArray
    leaving: FloatArray

    @property
    def saturation(self) -> FloatArray:
        """Degree of saturation of each stream."""
        return self.arrived_veh_s / self.capacity_veh_s

    def index(self, weights: IndexWeights) -> float:
        """Return the performance index: vehicle seconds of delay a second, and what is counted like them. [veh]"""
        costs = weights.delay * self.delay_veh.sum() + weights.stop_s * self.stops_veh_s.sum()
        return float(costs + weights.excess * self.excess_veh.sum())


def service_of(
    tables: StageTables,
    group: IntArray,
    own: "OwnRights",
    timing: tuple[tuple[int, ...], tuple[int, ...], int],
    settings: ModelSettings,
) -> Service:
    """Return the rights of the streams of one signal in each second of its cycle.

    Args: group (n_streams,), the signal group of each; own, its part of `Rights`; timing, stages in order, their splits
    [s] and the offset [s].
    """
    stages, splits_s, offset_s = timing
    cycle_s = sum(splits_s)
    kind, part = np.zeros((len(group), cycle_s), dtype=np.int8), np.zeros((len(group), cycle_s))
    before, from_s = stages[-1], 0
    for stage, split_s in zip(stages, splits_s, strict=True):
        seconds = slice(from_s, from_s + split_s)
        _fill(kind[:, seconds], part[:, seconds], (tables, group, own), (before, stage), settings)
        before, from_s = stage, from_s + split_s
    return Service(np.roll(kind, offset_s, axis=1), np.roll(part, offset_s, axis=1))


OwnRights = tuple[NDArray[np.bool_], FloatArray]
"""`alone` and `waits_inside` of the streams of one signal."""


def _fill(
    kind: NDArray[np.int8],
    part: FloatArray,
    of: tuple[StageTables, IntArray, OwnRights],
    change: tuple[int, int],
    settings: ModelSettings,
) -> None:
    """Fill the seconds of one split, in place."""
    tables, group, (alone, inside) = of
    before, stage = change
    into_s = np.arange(kind.shape[1])[None, :]
    now, then = tables.right[stage, group], tables.right[before, group]
    new, old = now >= 2, then >= 2
    starts_s = tables.start_s[before, stage, group]
    ends_s = tables.end_s[before, stage, group]
    ends_s = np.where(np.isfinite(ends_s), ends_s + settings.gain_s, 0.0)
    begins_s = (starts_s + np.where(old, 0.0, settings.start_s))[:, None]
    begun = np.clip(into_s + 1.0 - begins_s, 0.0, 1.0) * new[:, None]
    still = np.where(new[:, None], 1.0 - begun, np.clip(ends_s[:, None] - into_s, 0.0, 1.0)) * old[:, None]
    halts = ((now == 1) & alone)[:, None] & (begun + still <= 0.0)
    clears = (old & ~new & (then == 2) & (inside > 0))[:, None] & (into_s == np.ceil(ends_s)[:, None]) & ~halts
    kind[:] = np.where(begun > 0.0, _kind_of(now)[:, None], np.where(still > 0.0, _kind_of(then)[:, None], 0))
    kind[:] = np.where(halts, HALT, np.where(clears, CLEARING, kind))
    part[:] = np.where(halts, 1.0, np.where(clears, inside[:, None], np.minimum(begun + still, 1.0)))


def _kind_of(right: IntArray) -> NDArray[np.int8]:
    return np.where(right == 3, PROTECTED, PERMISSIVE).astype(np.int8)


def stacked(services: Sequence[Service]) -> Service:
    """Return the services of all signals as one."""
    return Service(np.vstack([s.kind for s in services]), np.vstack([s.part for s in services]))


def evaluate(model: NetworkModel, service: Service) -> Evaluation:
    """Return what the model says of the rights in each second."""
    links, rights, settings = model.links, model.rights, model.settings
    queue, stops, arrived, reach, rate, coming, leaving = settle(
        (service.kind, service.part),
        (settings.saturation * links.saturation_veh_s, links.flow_veh_s, links.entering_veh_s),
        (rights.rivals, rights.first_rival),
        (model.storage.lane, rights.share),
        (links.feeder, links.fed, links.share, model.lag_s, model.smooth),
        WAVE_VEH_S,
    )
    capacity = np.maximum(rate.mean(axis=1), 1e-6)
    random_s, left_veh = RANDOM_DELAYS[settings.random](rate, arrived, settings.period_h)
    reach = reach + left_veh
    delay = queue + arrived * random_s + stops * settings.stop_loss_s
    lane_veh = np.asarray(
        np.bincount(model.storage.lane, weights=reach, minlength=len(model.storage.room_veh)), dtype=np.float64
    )
    over = np.maximum(lane_veh - model.storage.room_veh, 0.0)
    n_links = len(model.storage.link_veh)
    behind = np.bincount(model.storage.link, weights=over, minlength=n_links)
    excess = np.maximum(behind - model.storage.link_veh, 0.0)
    return Evaluation(delay, stops, arrived, capacity, reach, lane_veh, excess, coming, leaving)


def veh_h(rate_veh_s: FloatArray) -> FloatArray:
    """Return flows per hour. [veh/h]"""
    return np.asarray(rate_veh_s * S_PER_H)
