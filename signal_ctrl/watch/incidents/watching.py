"""The detection of the network in force, which goes on learning: each day is recorded, and teaches those after it."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from signal_ctrl.centre.desk import Desk
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.incidents.detection.bins import BIN_MS, Flags
from signal_ctrl.watch.incidents.detection.detection import Detection
from signal_ctrl.watch.incidents.detection.recorder import DayRecorder
from signal_ctrl.watch.incidents.detection.usual import DAY_MS, SLOTS, Usual, usual_of
from signal_ctrl.watch.incidents.usual_days import (
    KEPT_DAYS,
    USUAL_DAYS,
    StoredDay,
    is_workday,
    packed_day,
    unpacked_day,
)
from signal_ctrl.watch.incidents.wishes import Finding
from signal_ctrl.watch.observations import Observation

LEAST_DAYS: Final = 3
"""So many days of the same kind have to be known before loops tell of incidents. [P]"""
WHOLE_DAY: Final = 3 * SLOTS // 4
"""Quarters of an hour: a loop that told of fewer does not teach how long it stands or is silent at most. [P]"""
LEARNT_AFTER: Final = 7
"""Counts are learnt so many bins later: by then those of a minute have come that were sent a minute late."""
MISSED: Final = 15
"""So many bins are caught up with where a look was missed."""
_NOTHING_YET: Final = -1
_KEY: Final = "roads_sha256"


class IncidentWatching:
    """Implements `IncidentWatch` over the observations of the service. Days begin at midnight in UTC."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._detection: Detection | None = None
        self._recorder: DayRecorder | None = None
        self._sha256 = ""
        self._day = 0
        self._learnt_until = _NOTHING_YET
        self._beside: frozenset[str] = frozenset()

    def begin(self, network: RoadNetwork, roads_sha256: str) -> None:
        """Watch a network from now on, with what its kept days teach."""
        self._sha256, self._day = roads_sha256, self._desk.now_ms() // DAY_MS
        self._detection = Detection(network, self._usual())
        self._recorder, self._learnt_until = DayRecorder(self._detection.layout), _NOTHING_YET

    def beside(self, roads: Iterable[str]) -> None:
        """Say on which roads an incident lasts: nothing is learnt there."""
        self._beside = frozenset(roads)

    def take(self, observations: Iterable[Observation]) -> None:
        """Take what the intake found good."""
        now_ms = self._desk.now_ms()
        if self._detection is not None:
            for observation in observations:
                self._detection.take(observation, now_ms)

    def findings(self, now_utc_ms: int) -> Iterator[Finding]:
        """Yield what is believed now. [ms]"""
        detection, recorder = self._detection, self._recorder
        if detection is None or recorder is None:
            return
        if now_utc_ms // DAY_MS != self._day:
            recorder = self._next_day(detection, recorder, now_utc_ms // DAY_MS)
        number = detection.step(now_utc_ms)
        if number is not None:
            self._learn(detection, recorder, number)
        yield from detection.findings(now_utc_ms)

    def usual_again(self, road: str, since_utc_ms: int) -> bool:
        """Tell whether traffic of a road has been usual since a time. [ms]"""
        return self._detection is not None and self._detection.usual_again(road, since_utc_ms)

    def _learn(self, detection: Detection, recorder: DayRecorder, number: int) -> None:
        beside = self._unusual(detection)
        last = number - LEARNT_AFTER
        for each in range(max(self._learnt_until, last - MISSED) + 1, last + 1):
            if each * BIN_MS // DAY_MS == self._day:
                recorder.count(detection.bins, each, beside)
        self._learnt_until = last
        if detection.raw is not None:
            recorder.compare(detection.raw, beside)

    def _unusual(self, detection: Detection) -> Flags:
        """Return by road whether an incident lasts there, or is believed."""
        index = detection.layout.network.index
        beside = np.zeros(detection.layout.n_roads, dtype=bool)
        beside[[index[road] for road in self._beside if road in index]] = True
        beside[detection.believed] = True
        return beside

    def _next_day(self, detection: Detection, recorder: DayRecorder, day: int) -> DayRecorder:
        """Keep the record of the day that is over, and begin with the next one."""
        kept = packed_day(self._day, recorder.day(WHOLE_DAY), self._sha256)
        self._desk.store.write(lambda t: t.shelf(USUAL_DAYS).put(kept))
        self._desk.store.write(lambda t: t.shelf(USUAL_DAYS).trim(KEPT_DAYS, {_KEY: self._sha256}))
        self._day = day
        detection.learn(self._usual())
        self._recorder = DayRecorder(detection.layout)
        return self._recorder

    def _usual(self) -> Usual | None:
        """Return what the kept days of the same kind teach, None while they are too few."""
        days: tuple[StoredDay, ...] = self._desk.store.read(
            lambda r: r.shelf(USUAL_DAYS).find({_KEY: self._sha256}, limit=KEPT_DAYS)
        )
        same = [unpacked_day(each) for each in days if is_workday(each.day) == is_workday(self._day)]
        return usual_of(same) if len(same) >= LEAST_DAYS else None
