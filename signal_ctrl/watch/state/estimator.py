"""The state of every road, each minute, from all that was reported until its end."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute, Source
from signal_ctrl.watch.matching.matcher import Matcher
from signal_ctrl.watch.matching.reads import ReadMatcher
from signal_ctrl.watch.matching.track import Passage
from signal_ctrl.watch.observations import Observation
from signal_ctrl.watch.state.features import LoopFeatures, first_learnt, road_features
from signal_ctrl.watch.state.flows import FlowBalance
from signal_ctrl.watch.state.inbox import Inbox
from signal_ctrl.watch.state.levels import Grading
from signal_ctrl.watch.state.loops import FRESH_MIN, LoopMinute, LoopStates
from signal_ctrl.watch.state.model import Drives, Learnt, TravelTimeModel, drives_of
from signal_ctrl.watch.state.queues import Queues
from signal_ctrl.watch.state.residuals import Residuals, kinds_of

Doubles = npt.NDArray[np.float64]

SEEN_MIN: Final = 15.0
"""Who left a road this long ago still tells of it. [min]"""
HEARD_MS: Final = 60_000
LATE: Final = 1.5
"""Who is on a road for so many times what it takes waits there."""
READ_WEIGHT: Final = 0.5


class StateEstimator:
    """Takes observations as they come and gives one `CityMinute` after the other.

    `minute` is called once a minute, in the order of time, when what tells of it has arrived: what comes afterwards is
    too late. The result depends on the observations only, not on the order in which they came within the minute.
    `learnt` is what other days have taught, and grows.
    """

    def __init__(self, network: RoadNetwork, learnt: Learnt | None = None) -> None:
        roads = network.roads
        self.network = network
        self.inbox = Inbox(network)
        self._grading, self._queues, self._flows = Grading(network), Queues(network), FlowBalance(network)
        self._loops, self._loop_features = LoopStates(network), LoopFeatures(network)
        self._road_features = road_features(network)
        self._matcher = Matcher(network)
        self._reads = ReadMatcher(network, self._matcher.routes)
        self._free_s = np.array([road.free_time_s for road in roads])
        self._length_m = np.array([road.length_m for road in roads])
        known = learnt or first_learnt(self._road_features)
        self._model = TravelTimeModel(self._free_s, known)
        self._residuals = Residuals(kinds_of(network, self._loops.there))
        self._said_s = self._free_s
        self._queue_m = np.zeros(len(roads))
        self._seen_ms = {source: np.full(len(roads), -np.inf) for source in (Source.POSITIONS, Source.READS)}

    @property
    def learnt(self) -> Learnt:
        """What drives have taught so far; `learnt_json` keeps it for another day."""
        return self._model.learnt

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        """Take in an observation. What is bad, late, there already or dated ahead is counted in `inbox.refused` and
        moves nothing. Args: now_utc_ms, when it arrived. [ms, UTC]
        """
        self.inbox.take(observation, now_utc_ms)

    def minute(self, minute_utc_ms: int) -> CityMinute:
        """Return the state over the minute that began then. [ms, UTC]"""
        end_ms = minute_utc_ms + MINUTE_MS
        told = self.inbox.close(minute_utc_ms)
        loops = self._loops.minute(chain.from_iterable(told.counts.values()))
        driven = self._matcher.take(list(told.positions.values()), end_ms, self._queue_m)
        read = self._reads.take(list(told.reads.values()), self._said_s)
        self._note(driven, Source.POSITIONS)
        self._note(read, Source.READS)
        features = np.concatenate((self._road_features, self._loop_features.of(loops)), axis=1)
        drives = self._drives(driven, read)
        self._residuals.learn(self._said_s, drives)
        self._said_s = self._model.minute(features, loops.age_min < FRESH_MIN, drives, self._waiting(end_ms))
        reports = np.bincount([each.road for each in driven], minlength=len(self._free_s)).astype(float)
        flow = self._flows.minute(loops.flow_veh_h, reports)
        self._queue_m = self._queues.longest_m(flow, self._said_s, loops.occupied_entry)
        return self._published(minute_utc_ms, flow, loops)

    def _drives(self, driven: Sequence[Passage], read: Sequence[Passage]) -> Drives:
        rows = [(each.road, each.travel_time_s, 1.0) for each in driven]
        rows += [(each.road, each.travel_time_s, READ_WEIGHT) for each in read]
        return drives_of(rows, self._free_s)

    def _waiting(self, end_ms: int) -> Drives:
        """Return who was heard of within the minute and is on a road for much longer than it takes."""
        rows = []
        for road, _, utc_ms, entered_ms in self._matcher.on_road():
            if entered_ms is not None and utc_ms > end_ms - HEARD_MS:
                so_far_s = (utc_ms - entered_ms) / 1000
                if so_far_s > LATE * self._said_s[road]:
                    rows.append((road, so_far_s, 1.0))
        return drives_of(rows, self._free_s)

    def _note(self, passages: Sequence[Passage], source: Source) -> None:
        for each in passages:
            self._seen_ms[source][each.road] = max(self._seen_ms[source][each.road], each.left_utc_ms)

    def _published(self, minute_utc_ms: int, flow: Doubles, loops: LoopMinute) -> CityMinute:
        end_ms = minute_utc_ms + MINUTE_MS
        seen_s = {source: np.maximum(end_ms - at_ms, 0.0) / 1000 for source, at_ms in self._seen_ms.items()}
        ages_s = {Source.LOOPS: loops.age_min * 60, **seen_s}
        freshest_s = {Source.LOOPS: FRESH_MIN * 60, Source.POSITIONS: SEEN_MIN * 60, Source.READS: SEEN_MIN * 60}
        sources = np.zeros(len(flow), dtype=np.uint8)
        age_s = np.full(len(flow), np.inf)
        for source, own_s in ages_s.items():
            fresh = own_s < freshest_s[source]
            sources |= np.where(fresh, int(source), 0).astype(np.uint8)
            age_s = np.where(fresh, np.minimum(age_s, own_s), age_s)
        speed_mps = self._length_m / self._said_s
        return CityMinute(
            minute_utc_ms=minute_utc_ms,
            flow_veh_h=flow.astype(np.float32),
            speed_mps=speed_mps.astype(np.float32),
            density_veh_km=(flow / 3.6 / speed_mps).astype(np.float32),
            travel_time_s=self._said_s.astype(np.float32),
            travel_time_sd_s=self._residuals.standard_error_s(self._said_s, flow / 60).astype(np.float32),
            queue_m=self._queue_m.astype(np.float32),
            age_s=np.where(np.isfinite(age_s), age_s, np.nan).astype(np.float32),
            sources=sources,
            level=self._grading.levels(self._said_s),
        )
