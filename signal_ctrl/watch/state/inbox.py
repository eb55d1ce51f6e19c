"""What was reported, sorted by the minute that it tells of; what cannot be used is counted and goes no farther."""

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.observations import LoopCount, Observation, Position, TagRead

AHEAD_MS: Final = 5_000
"""A clock may be this much ahead; what is dated later than that is of no use."""
LONGEST_COUNT_MS: Final = 5 * MINUTE_MS
MOST_A_LANE_MINUTE: Final = 45
"""More vehicles than this pass no loop of one lane in a minute: a headway of 1.33 s for all of it."""
MANY: Final = 3
LEAST_COVERED_S: Final = 0.05
"""Many vehicles that cover a loop for less than this each were never there: 4 m at 80 m/s. [s]"""
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class Minute:
    """What tells of one minute: counts of each detector, positions by vehicle and time, reads by tag and time."""

    counts: dict[str, list[LoopCount]] = field(default_factory=dict)
    positions: dict[tuple[str, int], Position] = field(default_factory=dict)
    reads: dict[tuple[str, str, int], TagRead] = field(default_factory=dict)


class Inbox:
    """Observations that wait for their minute: a count for the one that it ends in, beside others of its detector.

    What is refused is counted by its reason in `refused`.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self._detectors = {loop.detector for loop in network.loops}
        self._readers = {reader.reader for reader in network.readers}
        self._minutes: defaultdict[int, Minute] = defaultdict(Minute)
        self._closed_ms = -1
        self.refused: Counter[str] = Counter()

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        """Keep an observation for its minute, or count why not. Args: now_utc_ms, when it arrived. [ms, UTC]"""
        why = self._put(observation, now_utc_ms)
        if why:
            self.refused[why] += 1

    def close(self, minute_utc_ms: int) -> Minute:
        """Return what tells of a minute; what comes later for it, or for one before, is too late."""
        self._closed_ms = max(self._closed_ms, minute_utc_ms + MINUTE_MS)
        for old in [each for each in self._minutes if each < minute_utc_ms]:
            del self._minutes[old]
        return self._minutes.pop(minute_utc_ms, Minute())

    def _put(self, observation: Observation, now_utc_ms: int) -> str:
        at_ms = observation.to_utc_ms - 1 if isinstance(observation, LoopCount) else observation.utc_ms
        if at_ms > now_utc_ms + AHEAD_MS:
            return "from the future"
        if at_ms < self._closed_ms:
            return "too late"
        minute = at_ms - at_ms % MINUTE_MS
        if isinstance(observation, LoopCount):
            return self._put_count(observation, minute)
        if isinstance(observation, TagRead):
            return self._put_read(observation, minute)
        return self._put_position(observation, minute)

    def _put_count(self, count: LoopCount, minute: int) -> str:
        if count.detector not in self._detectors:
            return "unknown detector"
        if count.to_utc_ms - count.from_utc_ms > LONGEST_COUNT_MS:
            return "longer than five minutes"
        if is_impossible(count):
            return "impossible"
        there = self._minutes[minute].counts.setdefault(count.detector, [])
        if any(count.from_utc_ms < each.to_utc_ms and each.from_utc_ms < count.to_utc_ms for each in there):
            return "twice"
        there.append(count)
        return ""

    def _put_read(self, read: TagRead, minute: int) -> str:
        if read.reader not in self._readers:
            return "unknown reader"
        return _keep(self._minutes[minute].reads, (read.reader, read.tag, read.utc_ms), read)

    def _put_position(self, position: Position, minute: int) -> str:
        return _keep(self._minutes[minute].positions, (position.vehicle, position.utc_ms), position)


def _keep(kept: dict[Key, Value], key: Key, value: Value) -> str:
    """Keep the first of what is sent several times."""
    if key in kept:
        return "twice"
    kept[key] = value
    return ""


def is_impossible(count: LoopCount) -> bool:
    """Tell whether a loop of one lane cannot have counted so: too many for the time, or for how long it was covered."""
    length_s = (count.to_utc_ms - count.from_utc_ms) / 1000
    if count.vehicles > max(MOST_A_LANE_MINUTE * length_s / 60, 1.0):
        return True
    return count.vehicles >= MANY and count.occupied * length_s < LEAST_COVERED_S * count.vehicles
