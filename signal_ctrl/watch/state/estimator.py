"""The state of every road, each minute, from all that was reported until its end."""

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute, Source
from signal_ctrl.watch.observations import Observation
from signal_ctrl.watch.state.inbox import Inbox
from signal_ctrl.watch.state.levels import Grading


class StateEstimator:
    """Takes observations as they come and gives one `CityMinute` after the other.

    `minute` is called once a minute, in the order of time, when what tells of it has arrived: what comes afterwards is
    too late. The result depends on the observations only, not on the order in which they came within the minute.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        self.inbox = Inbox(network)
        self._grading = Grading(network)
        self._free_s = np.array([road.free_time_s for road in network.roads])
        self._length_m = np.array([road.length_m for road in network.roads])
        self._road_of = {loop.detector: network.index[loop.road] for loop in network.loops}

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        """Take in an observation. What is bad, late, there already or dated ahead is counted in `inbox.refused` and
        moves nothing. Args: now_utc_ms, when it arrived. [ms, UTC]
        """
        self.inbox.take(observation, now_utc_ms)

    def minute(self, minute_utc_ms: int) -> CityMinute:
        """Return the state over the minute that began then. [ms, UTC]"""
        told = self.inbox.close(minute_utc_ms)
        n_roads = len(self.network.roads)
        flow = np.full(n_roads, np.nan)
        sources = np.zeros(n_roads, dtype=np.uint8)
        age_s = np.full(n_roads, np.nan)
        for count in told.counts.values():
            road = self._road_of[count.detector]
            own = count.vehicles * 3_600_000 / (count.to_utc_ms - count.from_utc_ms)
            flow[road] = own if np.isnan(flow[road]) else flow[road] + own
            sources[road] |= Source.LOOPS
            age_s[road] = max((minute_utc_ms + MINUTE_MS - count.to_utc_ms) / 1000, 0.0)
        speed_mps = self._length_m / self._free_s
        return CityMinute(
            minute_utc_ms=minute_utc_ms,
            flow_veh_h=flow.astype(np.float32),
            speed_mps=speed_mps.astype(np.float32),
            density_veh_km=(flow / 3.6 / speed_mps).astype(np.float32),
            travel_time_s=self._free_s.astype(np.float32),
            travel_time_sd_s=(0.5 * self._free_s).astype(np.float32),
            queue_m=np.zeros(n_roads, dtype=np.float32),
            age_s=age_s.astype(np.float32),
            sources=sources,
            level=self._grading.levels(self._free_s),
        )
