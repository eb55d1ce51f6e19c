"""The history of all facilities: one sample of each in five minutes, kept when the five minutes are over."""

from collections import deque
from collections.abc import Mapping
from typing import Final

from signal_ctrl.domain.clock import Clock
from signal_ctrl.domain.storing import Importance
from signal_ctrl.parking.book import OccupancyBook
from signal_ctrl.parking.kept import SAMPLES, SAMPLES_KEPT_MS
from signal_ctrl.parking.occupancy import SAMPLE_MS, Occupancy, OccupancySample
from signal_ctrl.parking.ports import Store, Transaction
from signal_ctrl.parking.stays import DAYS_KEPT_MS, PARKING_DAYS

RECENT: Final = 12
"""Slots that are remembered: an hour."""
MOST_SAMPLES: Final = 400_000
"""That one question may be answered with."""


class SampleBook:
    """What was: the samples of the service, and what keeps them."""

    def __init__(self, store: Store, clock: Clock, book: OccupancyBook) -> None:
        self._store = store
        self._clock = clock
        self._book = book
        self._begin_ms = 0
        self._begun: Mapping[str, Occupancy] = {}
        self.passed: dict[str, deque[tuple[float, float]]] = {}
        """Who came and went in the last slots of each facility, the last slot last; NaN where nobody knows."""

    def begin(self) -> None:
        """Remember the last slots, as they are kept."""
        now_ms = self._clock.utc_ms()
        for each in self.all(now_ms - RECENT * SAMPLE_MS, now_ms):
            self._remember(each)

    def samples(self, facility: str, since_utc_ms: int, before_utc_ms: int) -> tuple[OccupancySample, ...]:
        """Return the samples of a facility that begin in a span, in order; gaps are left out. [ms]"""
        found = self._store.read(
            lambda r: r.shelf(SAMPLES).find({"facility": facility}, since_utc_ms, before_utc_ms, MOST_SAMPLES)
        )
        return found[::-1]

    def all(self, since_utc_ms: int, before_utc_ms: int) -> tuple[OccupancySample, ...]:
        """Return the samples of all facilities that begin in a span, in order. [ms]"""
        found = self._store.read(lambda r: r.shelf(SAMPLES).find(None, since_utc_ms, before_utc_ms, MOST_SAMPLES))
        return found[::-1]

    def tick(self) -> None:
        """Begin a new sample when it is time, and keep the one that is over."""
        now_ms = self._clock.utc_ms()
        begin_ms = now_ms - now_ms % SAMPLE_MS
        if begin_ms == self._begin_ms:
            return
        if begin_ms == self._begin_ms + SAMPLE_MS:
            self._keep()
        self._begin_ms = begin_ms
        self._begun = {each.facility: each for each in self._book.all(now_ms)}

    def _keep(self) -> None:
        over = [
            self._sample(belief) for belief in self._begun.values() if belief.facility in self._book.facilities.index
        ]
        states = tuple(self._book.states())
        ended = [day for state in states for day in state.stays.ended]

        def work(t: Transaction) -> None:
            t.shelf(SAMPLES).put_all(over)
            t.shelf(PARKING_DAYS).put_all(ended)

        self._store.write(work)
        for sample in over:
            self._remember(sample)
        for state in states:
            state.stays.ended[:] = [day for day in state.stays.ended if day not in ended]

    def _remember(self, sample: OccupancySample) -> None:
        came, went = (float("nan") if each is None else float(each) for each in (sample.entered, sample.left))
        self.passed.setdefault(sample.facility, deque(maxlen=RECENT)).append((came, went))

    def _sample(self, belief: Occupancy) -> OccupancySample:
        state = self._book.state(belief.facility)
        counted = state.counts_passing
        entered, left = state.stays.slot(self._begin_ms) if counted else (None, None)
        total = belief.total
        return OccupancySample(
            belief.facility,
            self._begin_ms,
            min(total.free, total.capacity),
            total.capacity,
            belief.trust,
            entered,
            left,
        )

    def tidy(self) -> None:
        """Take out what is kept long enough."""
        now_ms = self._clock.utc_ms()

        def work(t: Transaction) -> None:
            t.shelf(SAMPLES).forget(now_ms - SAMPLES_KEPT_MS)
            t.shelf(PARKING_DAYS).forget(now_ms - DAYS_KEPT_MS)

        self._store.write(work, Importance.ESSENTIAL)
