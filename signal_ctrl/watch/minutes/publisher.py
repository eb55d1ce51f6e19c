"""From observations to published minutes: a minute is complete 5 s after its end, and again whenever more comes for it.

Every 20 s, at :05, :25 and :45 of each minute:

- minutes for which something came meanwhile are computed again, and those after them, for the state flows on;
- a minute that ended 5 s ago or more is computed and kept; from then on it is complete;
- the running minute is looked at on a copy: where it has observations of its own already, its values are shown in place
  of those of the last complete minute. So what is posted is seen after 20 s and the time of one computation.

The estimator takes minutes once and in order. To compute one again it is taken from a copy that was kept before it.
"""

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Final, NamedTuple, Protocol

import numpy as np

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.intake.admission import LATEST_MS, minute_of
from signal_ctrl.watch.intake.intake import Taken
from signal_ctrl.watch.observations import Observation

GRACE_MS: Final = 5_000
"""A minute is complete so long after its end. [ms]"""
STEP_MS: Final = 20_000
REPLAYED_MS: Final = LATEST_MS + 2 * MINUTE_MS
"""Observations are held for so long, so that minutes can be computed again; a restart begins with so much. [ms]"""
WARM_MS: Final = 2 * MINUTE_MS
"""After a restart the estimator is given so much before the first minute that has to be made. [ms]"""
_COPIES_NEAR: Final = 3
_COPIES_EVERY: Final = 4


class Estimator(Protocol):
    """Makes minutes of observations; what it returns depends on nothing else."""

    def take(self, observation: Observation, now_utc_ms: int) -> None:
        """Take an observation that came at a time. [ms]"""
        ...

    def minute(self, minute_utc_ms: int) -> CityMinute:
        """Return the state of all roads in a minute; each minute once, in their order. [ms]"""
        ...


NewEstimator = Callable[[RoadNetwork], Estimator]


class Complete(NamedTuple):
    """A complete minute, and the number of the last batch that it may have been moved by."""

    minute: CityMinute
    number: int


class Publisher:
    """Computes minutes of one network. It touches no store: `step` returns what is to be kept."""

    def __init__(
        self, network: RoadNetwork, new_estimator: NewEstimator, now_utc_ms: int, kept: Mapping[int, int]
    ) -> None:
        """Args: now_utc_ms, minutes from `REPLAYED_MS` before it on are computed [ms]; kept, numbers of the last
        batches in minutes that are kept already: they are not given out again unless more came for them.
        """
        self._network = network
        self._new_estimator = new_estimator
        self._kept = dict(kept)
        self._first = _minute(now_utc_ms - REPLAYED_MS)
        self._closed = self._first - MINUTE_MS
        self._copies: dict[int, Estimator] = {}
        self._taken: dict[int, list[tuple[Observation, int]]] = {}
        self._numbers: dict[int, int] = {}
        self._dirty: set[int] = set()
        self._next_ms = 0
        self._complete: CityMinute | None = None
        self.shown: CityMinute | None = None

    def take(self, batches: Iterable[Taken]) -> None:
        """Take observations that count."""
        for batch in batches:
            for observation in batch.observations:
                minute = minute_of(observation)
                if minute < self._first:
                    continue
                self._taken.setdefault(minute, []).append((observation, batch.received_utc_ms))
                self._numbers[minute] = max(self._numbers.get(minute, 0), batch.number)
                if minute <= self._closed:
                    self._dirty.add(minute)

    def is_due(self, now_utc_ms: int) -> bool:
        """Tell whether it is time for a step; a clock that was set back starts the steps anew. [ms]"""
        return now_utc_ms >= self._next_ms or self._next_ms - now_utc_ms > STEP_MS

    def is_lost(self, now_utc_ms: int) -> bool:
        """Tell whether so much time went by without a step that it is better to begin anew. [ms]"""
        return abs(now_utc_ms - self._closed) > 2 * REPLAYED_MS

    def step(self, now_utc_ms: int) -> list[Complete]:
        """Return the minutes that are complete now, or complete anew, and bring what is shown up to date. [ms]"""
        self._next_ms = (now_utc_ms - GRACE_MS) // STEP_MS * STEP_MS + STEP_MS + GRACE_MS
        last = max(_minute(now_utc_ms - GRACE_MS) - MINUTE_MS, self._closed)
        if not self._copies:
            self._closed = max(self._first, self._first_wanted(last) - WARM_MS) - MINUTE_MS
            self._copies[self._closed] = self._new_estimator(self._network)
        begin = min(self._dirty, default=self._closed + MINUTE_MS)
        made = self._computed(begin, last) if begin <= last else []
        self._dirty.clear()
        self._closed = last
        self._tidy(_minute(now_utc_ms - REPLAYED_MS))
        self._complete = made[-1].minute if made else self._complete
        self.shown = self._seen(self._complete, last + MINUTE_MS)
        new = [each for each in made if self._kept.get(each.minute.minute_utc_ms, -1) < each.number]
        self._kept.update({each.minute.minute_utc_ms: each.number for each in new})
        return new

    def _first_wanted(self, last: int) -> int:
        """Return the first minute that is not kept as it has to be: after a restart it need not begin with all."""
        changed = [minute for minute, number in self._numbers.items() if number > self._kept.get(minute, -1)]
        return min([*changed, max(self._kept) + MINUTE_MS if self._kept else self._first, last])

    def oldest(self) -> tuple[int, Estimator] | None:
        """Return the estimator as it was after the oldest minute that can still be computed from, and that minute."""
        return min(self._copies.items(), default=None, key=lambda each: each[0])

    def _computed(self, begin: int, last: int) -> list[Complete]:
        base = max((at for at in self._copies if at < begin), default=None)
        if base is None:  # it is of before the warm start: begin with all that is held
            base = self._first - MINUTE_MS
            self._copies[base] = self._new_estimator(self._network)
        estimator = self._copied(self._copies[base])
        self._copies = {at: each for at, each in self._copies.items() if at < begin}
        found, number = [], max((n for at, n in self._numbers.items() if at <= base), default=0)
        for minute in range(base + MINUTE_MS, last + MINUTE_MS, MINUTE_MS):
            made = self._of(estimator, minute)
            number = max(number, self._numbers.get(minute, 0))
            if minute >= begin:
                found.append(Complete(made, number))
            if minute == last:
                self._copies[minute] = estimator
            elif _is_kept(minute, last):
                self._copies[minute] = self._copied(estimator)
        return found

    def _of(self, estimator: Estimator, minute: int) -> CityMinute:
        for observation, received_ms in self._taken.get(minute, ()):
            estimator.take(observation, received_ms)
        return estimator.minute(minute)

    def _seen(self, complete: CityMinute | None, running: int) -> CityMinute | None:
        """Return what is shown: the last complete minute, with what the running one knows already."""
        if complete is None or not self._taken.get(running):
            return complete
        return merged(complete, self._of(self._copied(self._copies[self._closed]), running))

    def _copied(self, estimator: Estimator) -> Estimator:
        return copy.deepcopy(estimator, {id(self._network): self._network})

    def _tidy(self, before: int) -> None:
        """Forget what is too old to be computed again, and some of the copies."""
        self._first = max(self._first, before)
        self._taken = {minute: taken for minute, taken in self._taken.items() if minute >= before}
        self._numbers = {minute: number for minute, number in self._numbers.items() if minute >= before - MINUTE_MS}
        self._kept = {minute: number for minute, number in self._kept.items() if minute >= before}
        oldest = max((at for at in self._copies if at < before), default=min(self._copies))
        wanted = {at for at in self._copies if at == oldest or (at > oldest and _is_kept(at, self._closed))}
        self._copies = {at: each for at, each in self._copies.items() if at in wanted}


def merged(complete: CityMinute, running: CityMinute) -> CityMinute:
    """Return the running minute where it has observations of its own, and the complete one elsewhere.

    It is dated as the running one; what is of the complete one is older by the time between them.
    """
    own = (running.age_s < MINUTE_MS / 1000) & (running.sources != 0)
    between_s = (running.minute_utc_ms - complete.minute_utc_ms) / 1000
    names = [each.name for each in fields(CityMinute)[1:]]
    found = {name: np.where(own, getattr(running, name), getattr(complete, name)) for name in names}
    found["age_s"] = np.where(own, running.age_s, complete.age_s + np.float32(between_s))
    return CityMinute(running.minute_utc_ms, **found)


def _is_kept(minute: int, last: int) -> bool:
    """Tell whether the estimator after a minute is kept: of the last ones, and of some before them. [ms]"""
    return minute > last - _COPIES_NEAR * MINUTE_MS or minute // MINUTE_MS % _COPIES_EVERY == 0


def _minute(utc_ms: int) -> int:
    return utc_ms - utc_ms % MINUTE_MS
