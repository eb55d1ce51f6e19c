"""Delay of a network of fixed plans with one cycle: platoons from signal to signal, second by second of the cycle.

As TRANSYT does it: each stream has a cyclic flow profile that arrives and one that leaves; what leaves is spread by
Robertson's formula on its way and arrives at the streams that it feeds. To the delay of the profile comes the random
and overflow delay of the HCM. Queues are vertical: spillback is for the simulation to find.
Source: Robertson's dispersion q'(t + T) = F q(t) + (1 - F) q'(t + T - 1), as in the project's reference on
optimisation, section 5. T and F are chosen for the spread of speeds that SUMO's drivers have (10 % of the travel time),
which is far less than TRANSYT's default of 28 %.
"""

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from optimiser.cycle_split import LOST_S, S_PER_H, Streams
from optimiser.stage_tables import StageTables
from optimiser.webster import hcm_overflow_delay_s

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
SPREAD: Final = 0.1
STOP_S: Final = 6.0
"""Price of a stop: braking and setting off lose time that a vertical queue does not show. [s]"""
_SWEEPS: Final = 4
_FULL: Final = 0.98


@dataclass(frozen=True, slots=True, eq=False)
class LinkNetwork:
    """Streams of all signals and who feeds whom; streams of one signal are consecutive.

    flow_veh_s, saturation_veh_s, entering_veh_s (n_streams,), the last what comes from no other stream; first
    (n_signals + 1,), where each signal's streams begin; feeder, fed (n_links,), streams, sorted by fed; share
    (n_links,), part of the feeder's vehicles that go there; travel_s (n_links,).
    """

    flow_veh_s: FloatArray
    saturation_veh_s: FloatArray
    entering_veh_s: FloatArray
    first: IntArray
    feeder: IntArray
    fed: IntArray
    share: FloatArray
    travel_s: FloatArray

    def neighbours(self) -> list[set[int]]:
        """Return for each signal those that feed it or that it feeds."""
        of = np.searchsorted(self.first, np.arange(len(self.flow_veh_s)), side="right") - 1
        found: list[set[int]] = [set() for _ in range(len(self.first) - 1)]
        for a, b in zip(of[self.feeder], of[self.fed], strict=True):
            if a != b:
                found[a].add(int(b))
                found[b].add(int(a))
        return found


def service_veh_s(
    tables: StageTables, streams: Streams, stages: tuple[int, ...], splits_s: FloatArray, offset_s: int
) -> FloatArray:
    """Return what each stream may let go in each second of the common cycle. (n_streams, cycle) [veh/s]"""
    cycle_s = round(float(splits_s.sum()))
    served = np.zeros((len(streams.flow_veh_s), cycle_s))
    green = tables.right >= 2
    second = np.arange(cycle_s)
    before, from_s = stages[-1], 0.0
    for stage, split_s in zip(stages, splits_s, strict=True):
        into_s = second - from_s
        mine = (into_s >= 0) & (into_s < split_s)
        new, old = green[stage, streams.group], green[before, streams.group]
        starts_s = tables.start_s[before, stage, streams.group]
        ends_s = np.where(
            np.isfinite(tables.end_s[before, stage, streams.group]), tables.end_s[before, stage, streams.group], 0.0
        )
        lost_s = np.where(old, 0.0, LOST_S)
        begun = (into_s[None, :] >= (starts_s + lost_s)[:, None]) & new[:, None]
        still = old[:, None] & np.where(new[:, None], ~begun, into_s[None, :] < ends_s[:, None])
        served += mine * (begun * streams.weight[:, [stage]] + still * streams.weight[:, [before]])
        before, from_s = stage, from_s + float(split_s)
    return np.asarray(np.roll(served * streams.saturation_veh_s[:, None], offset_s, axis=1))


def network_delay_s(network: LinkNetwork, service: FloatArray, period_h: float = 0.25, stop_s: float = STOP_S) -> float:
    """Return delay and price of stops of all streams, per vehicle that enters. [s/veh]

    Args: service (n_streams, cycle), what may go in each second [veh/s]; period_h, how long the demand lasts [h].
    """
    return float(stream_costs(network, service, period_h, stop_s).sum() / max(network.entering_veh_s.sum(), 1e-9))


def stream_costs(
    network: LinkNetwork, service: FloatArray, period_h: float = 0.25, stop_s: float = STOP_S
) -> FloatArray:
    """Return delay and price of stops of each stream, per second. (n_streams,) [veh]"""
    queue, stops, arrived = _profiles(
        service,
        network.flow_veh_s,
        network.entering_veh_s,
        network.feeder,
        network.fed,
        network.share,
        np.maximum(np.rint(network.travel_s * (1.0 - SPREAD)), 0).astype(np.int64),
        1.0 / (1.0 + SPREAD * network.travel_s),
    )
    capacity = np.maximum(service.mean(axis=1), 1e-6)
    overflow_s = hcm_overflow_delay_s(capacity * S_PER_H, arrived / capacity, period_h)
    return np.asarray(queue + stops * stop_s + arrived * overflow_s)


@numba.njit(cache=True)
def _profiles(service, flow, entering, feeder, fed, share, lag, smooth):  # type: ignore[no-untyped-def]
    """Return mean queue [veh], stops [veh/s] and mean arrivals [veh/s] of each stream in the steady cycle."""
    n, cycle = service.shape
    leaving = np.empty((n, cycle))
    queue, stops, arrived = np.zeros(n), np.zeros(n), np.zeros(n)
    arriving = np.empty(cycle)
    for i in range(n):
        leaving[i, :] = flow[i]
    for _ in range(_SWEEPS):
        link = 0
        for i in range(n):
            arriving[:] = entering[i]
            while link < len(fed) and fed[link] == i:
                _add_platoon(leaving[feeder[link]], share[link], lag[link], smooth[link], arriving)
                link += 1
            arrived[i] = arriving.mean()
            queue[i], stops[i] = _pass(service[i], arriving, arrived[i], leaving[i])
    return queue, stops, arrived


@numba.njit(cache=True)
def _add_platoon(leaving, share, lag, smooth, arriving):  # type: ignore[no-untyped-def]
    """Add the flow that leaves a feeder, spread by Robertson's formula, to what arrives."""
    cycle = len(leaving)
    spread = leaving.mean()
    for _ in range(3):
        for t in range(cycle):
            spread = smooth * leaving[(t - lag) % cycle] + (1.0 - smooth) * spread
    for t in range(cycle):
        spread = smooth * leaving[(t - lag) % cycle] + (1.0 - smooth) * spread
        arriving[t] += share * spread


@numba.njit(cache=True)
def _pass(service, arriving, mean, leaving):  # type: ignore[no-untyped-def]
    """Let a queue arrive and leave until it is periodic; fill what leaves, return mean queue and stops."""
    cycle = len(service)
    capacity = service.mean()
    part = min(1.0, _FULL * capacity / mean) if mean > 0 else 1.0
    waiting, total, stopped = 0.0, 0.0, 0.0
    for turn in range(3):
        for t in range(cycle):
            comes = arriving[t] * part
            goes = min(waiting + comes, service[t])
            if turn == 2:
                if waiting > 0.05 or service[t] <= 0.0:
                    stopped += comes
                total += waiting + 0.5 * (comes - goes)
                leaving[t] = goes
            waiting += comes - goes
    return total / cycle, stopped / cycle
