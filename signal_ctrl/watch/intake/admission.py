"""Which observations count: judged one by one, in the order in which they were taken, by their times and values alone.

The rules of time (all by the centre's clock at the moment of taking):

- more than 5 s ahead: left out;
- up to 60 s old: counts, also if its minute was published already;
- older: the first such observation of a minute opens that minute once more, for 30 s; what comes for it in these 30 s
  counts, what comes later does not; nothing older than 5 minutes counts.

A judgement depends on nothing but what was judged before and when it was received, so batches judged again after a
restart come to the same end.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from signal_ctrl.domain.batches import Reason
from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS
from signal_ctrl.watch.conditions.values import Weather
from signal_ctrl.watch.feeds.values import Feed
from signal_ctrl.watch.intake.batch import observation_of
from signal_ctrl.watch.intake.plausible import FASTEST_MPS, Ground, count_is_possible, may_have_moved
from signal_ctrl.watch.observations import LoopCount, Observation, Position
from signal_ctrl.watch.state.inbox import AHEAD_MS

LATE_MS: Final = 60_000
LATEST_MS: Final = 5 * 60_000
REOPENED_MS: Final = 30_000
_FORGOTTEN_MS: Final = 2 * LATEST_MS

Key = tuple[str, str, int]


@dataclass(slots=True)
class Judged:
    """What became of a batch: the observations that count, the others by reason, and what is to be remembered."""

    accepted: list[Observation] = field(default_factory=list)
    weather: list[Weather] = field(default_factory=list)
    left_out: Counter[Reason] = field(default_factory=Counter)
    keys: set[Key] = field(default_factory=set)
    spans: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    places: dict[str, "_Fix"] = field(default_factory=dict)
    reopened: dict[int, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        """How many count."""
        return len(self.accepted) + len(self.weather)


class _Fix(NamedTuple):
    """Where a vehicle was last. [ms] [m]"""

    utc_ms: int
    place: tuple[float, float]


def time_of(observation: Observation) -> int:
    """Return when an observation was made: of a count, when its time was over. [ms]"""
    return observation.to_utc_ms if isinstance(observation, LoopCount) else observation.utc_ms


def minute_of(observation: Observation) -> int:
    """Return the minute that an observation tells of: of a count, the one in which its time began. [ms]"""
    begun_ms = observation.from_utc_ms if isinstance(observation, LoopCount) else observation.utc_ms
    return begun_ms - begun_ms % MINUTE_MS


class Admission:
    """Judges batches against one network. `judge` changes nothing; `remember` does, once a batch is durable."""

    def __init__(self, network: RoadNetwork) -> None:
        self._detectors = frozenset(loop.detector for loop in network.loops)
        self._readers = frozenset(reader.reader for reader in network.readers)
        self._ground = Ground(network)
        self._keys: set[Key] = set()
        self._spans: dict[str, list[tuple[int, int]]] = {}
        self._places: dict[str, _Fix] = {}
        self._reopened: dict[int, int] = {}
        self._tidied_ms = 0

    def judge(self, feed: Feed, items: Iterable[Any], now_utc_ms: int) -> Judged:
        """Return what counts of a batch that is taken now. [ms]"""
        found = Judged()
        for item in items:
            observation = observation_of(feed.kind, item)
            if not isinstance(observation, Reason):
                observation = self._own(feed, observation)
                reason = self._fault(feed, observation, now_utc_ms, found)
                if reason is None:
                    found.accepted.append(observation)
                    continue
                observation = reason
            found.left_out[observation] += 1
        return found

    def remember(self, judged: Judged, now_utc_ms: int) -> None:
        """Note what counts from now on. [ms]"""
        self._keys.update(judged.keys)
        for detector, spans in judged.spans.items():
            self._spans.setdefault(detector, []).extend(spans)
        self._places.update(judged.places)
        for minute, at_ms in judged.reopened.items():
            self._reopened.setdefault(minute, at_ms)
        if now_utc_ms - self._tidied_ms >= MINUTE_MS:
            self._tidied_ms = now_utc_ms
            self._tidy(now_utc_ms - _FORGOTTEN_MS)

    def _own(self, feed: Feed, observation: Observation) -> Observation:
        """Return an observation under a name of its feed's own: no feed speaks for vehicles or tags of another one."""
        if isinstance(observation, Position):
            return replace(observation, vehicle=f"{feed.feed}/{observation.vehicle}")
        return observation

    def _fault(self, feed: Feed, observation: Observation, now_ms: int, found: Judged) -> Reason | None:
        """Return why an observation does not count; None if it does, and what it is known by is in `found` then."""
        reason = self._name_fault(feed, observation) or self._time_fault(observation, now_ms)
        if reason is not None:
            return reason
        if isinstance(observation, LoopCount):
            reason = self._count_fault(observation, found)
        elif isinstance(observation, Position):
            reason = self._position_fault(observation, found)
        else:
            reason = self._twice((observation.reader, observation.tag, observation.utc_ms), found)
        if reason is None and now_ms - time_of(observation) > LATE_MS:
            found.reopened.setdefault(minute_of(observation), now_ms)
        return reason

    def _name_fault(self, feed: Feed, observation: Observation) -> Reason | None:
        if isinstance(observation, Position):
            return None
        if isinstance(observation, LoopCount):
            name, known = observation.detector, self._detectors
        else:
            name, known = observation.reader, self._readers
        if name not in known:
            return Reason.UNKNOWN
        return None if feed.may_report(name) else Reason.FOREIGN

    def _time_fault(self, observation: Observation, now_ms: int) -> Reason | None:
        age_ms = now_ms - time_of(observation)
        if age_ms < -AHEAD_MS:
            return Reason.FUTURE
        if age_ms <= LATE_MS:
            return None
        opened_ms = self._reopened.get(minute_of(observation), now_ms)
        return Reason.LATE if age_ms > LATEST_MS or now_ms - opened_ms > REOPENED_MS else None

    def _count_fault(self, count: LoopCount, found: Judged) -> Reason | None:
        if not count_is_possible(count):
            return Reason.IMPOSSIBLE
        spans = (*self._spans.get(count.detector, ()), *found.spans.get(count.detector, ()))
        if any(count.from_utc_ms < end and begin < count.to_utc_ms for begin, end in spans):
            return Reason.DUPLICATE
        found.spans.setdefault(count.detector, []).append((count.from_utc_ms, count.to_utc_ms))
        return None

    def _position_fault(self, position: Position, found: Judged) -> Reason | None:
        place = self._ground.metres(position)
        if place is None:
            return Reason.UNKNOWN
        if position.speed_mps is not None and position.speed_mps > FASTEST_MPS:
            return Reason.IMPOSSIBLE
        key = ("position", position.vehicle, position.utc_ms)
        if key in self._keys or key in found.keys:
            return Reason.DUPLICATE
        last = found.places.get(position.vehicle) or self._places.get(position.vehicle)
        if last is not None and not may_have_moved(last.place, place, abs(position.utc_ms - last.utc_ms)):
            return Reason.IMPOSSIBLE
        if last is None or position.utc_ms > last.utc_ms:
            found.places[position.vehicle] = _Fix(position.utc_ms, place)
        return self._twice(key, found)

    def _twice(self, key: Key, found: Judged) -> Reason | None:
        """Return that something is there already; else note it under its key, which ends with its time."""
        if key in self._keys or key in found.keys:
            return Reason.DUPLICATE
        found.keys.add(key)
        return None

    def _tidy(self, before_utc_ms: int) -> None:
        """Forget what is so old that it would be left out for its age. [ms]"""
        self._keys = {key for key in self._keys if key[2] >= before_utc_ms}
        kept = {name: [span for span in spans if span[1] >= before_utc_ms] for name, spans in self._spans.items()}
        self._spans = {name: spans for name, spans in kept.items() if spans}
        self._places = {name: fix for name, fix in self._places.items() if fix.utc_ms >= before_utc_ms}
        self._reopened = {minute: at_ms for minute, at_ms in self._reopened.items() if minute >= before_utc_ms}
