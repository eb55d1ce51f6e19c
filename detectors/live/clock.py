"""How far the clock of a source is off, from when its messages were sent and when they arrived.

A lag is arrival minus sending: transport, which is never negative, and what the source's clock is behind ours. Of the
messages that arrive within a tenth of a second the smallest lag counts, so that a backlog that is let go at once is one
voice. The median of the lags is robust against messages that were held up; of a few lags the smallest is. A clock that
was set shows as lags that agree with one another over some seconds and not with those before: sooner where it was put
forward, because nothing arrives before it is sent; later, and closer together, where it was put back, which looks like
slower transport; or as half a minute in which no lag was like those before.
Transport that becomes slower for good cannot be told from a clock that was put back.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from enum import Enum
from itertools import combinations
from math import inf
from statistics import median
from typing import Final

WINDOW: Final = 63
SLOT_S: Final = 0.1
FEW: Final = 16
WARM_SLOTS: Final = 5
LEAST_SLOTS: Final = 3
WARM_S: Final = 2.0
WARM_AT_MOST_S: Final = 4.0
WARN_S: Final = 0.5
BACK_S: Final = 0.25
ISOLATE_S: Final = 2.0
REFUSE_S: Final = 30.0
STEP_S: Final = 0.5
FORWARD: Final = (3, 2.0, 0.5)
BACK: Final = (5, 5.0, 0.2)
"""Slots in a row, how long they last [s] and how far apart their lags may be [s] that show a clock that was set."""
GONE: Final = (10, 30.0)
"""Slots in a row, and how long they last [s], after which the lags of before do not come again, whatever follows."""
QUANTUM_S: Final = 0.1
SLEW_EVERY_S: Final = 200.0
"""One tenth of a second in 200 s are 500 ppm (SAFETY B, clock drift)."""
DRIFT_EVERY_S: Final = 60.0
DRIFT_POINTS: Final = 60
DRIFT_LEAST: Final = 5


class ClockLevel(Enum):
    """How bad an offset is: told, too much for coordination, or no longer corrected (SAFETY B)."""

    OK = "ok"
    WARN = "over 0.5 s"
    ISOLATE = "over 2 s"
    REFUSE = "over 30 s"


class Suspects:
    """Lags in a row, with their arrivals, that disagree with the estimate. [s]"""

    def __init__(self) -> None:
        self._rows: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._since_s = inf

    def add(self, arrival_s: float, lag_s: float) -> None:
        """Take in a further one. [s]"""
        self._since_s = min(self._since_s, arrival_s)
        self._rows.append((arrival_s, lag_s))

    def step(self, estimate_s: float) -> list[float]:
        """Return the lags of a clock that was set, none as long as it may be a delay. [s]"""
        now_s, last_s = self._rows[-1]
        slots, lasts_s, apart_s = FORWARD if last_s < estimate_s else BACK
        alike = self._alike(apart_s)
        if len(alike) >= slots and now_s - alike[0][0] >= lasts_s:
            return [lag_s for _, lag_s in alike]
        if len(self._rows) >= GONE[0] and now_s - self._since_s >= GONE[1]:
            return [lag_s for _, lag_s in self._rows]
        return []

    def _alike(self, apart_s: float) -> list[tuple[float, float]]:
        """Return the last ones that agree, in the order of arrival. [s]"""
        out: list[tuple[float, float]] = []
        low_s, high_s = inf, -inf
        for row in reversed(self._rows):
            low_s, high_s = min(low_s, row[1]), max(high_s, row[1])
            if high_s - low_s > apart_s:
                break
            out.append(row)
        return out[::-1]


class ClockWatch:
    """The clock of one source. Time comes in with each message; arrivals do not go back. [s]"""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=WINDOW)
        self._sorted: list[float] = []
        self._first_s = inf
        self._slot: tuple[float, float] | None = None
        self._suspects: Suspects | None = None
        self._slewed_s = -1e18
        self._minute_s = -1e18
        self._minutes: deque[tuple[float, float]] = deque(maxlen=DRIFT_POINTS)
        self._before: tuple[float, float] | None = None
        self.settled = False
        self.steps = 0
        self.last_step_s: float | None = None
        self.correction_s = 0.0
        self.drift_ppm: float | None = None

    @property
    def clock_offset_s(self) -> float:
        """How far the source's clock is ahead of ours, transport taken off as if there were none. [s]"""
        return -self._estimate_s() if self._sorted else 0.0

    @property
    def level(self) -> ClockLevel:
        """How bad the offset is."""
        off_s = abs(self.clock_offset_s)
        if off_s > REFUSE_S:
            return ClockLevel.REFUSE
        return ClockLevel.ISOLATE if off_s > ISOLATE_S else ClockLevel.WARN if off_s > WARN_S else ClockLevel.OK

    @property
    def doubtful(self) -> bool:
        """Whether it is not yet known what to make of the last messages: a clock that was set, or a delay."""
        if not self.settled or self._suspects is not None:
            return True
        return self._slot is not None and abs(self._slot[1] - self._estimate_s()) > STEP_S

    def correction_of_s(self, arrival_s: float, sent_s: float) -> float:
        """Return what is to be added to a message's times; one of before the last step keeps its own. [s]"""
        if self._before is None or self.last_step_s is None or arrival_s > self.last_step_s:
            return self.correction_s
        lag_s, (old_lag_s, old_s) = arrival_s - sent_s, self._before
        return old_s if abs(lag_s - old_lag_s) < abs(lag_s - self._estimate_s()) else self.correction_s

    def take(self, arrival_s: float, sent_s: float) -> None:
        """Take in when a message was sent, by its source's clock, and when it arrived. [s]"""
        self.tick(arrival_s)
        lag_s = arrival_s - sent_s
        self._slot = (arrival_s, lag_s) if self._slot is None else (self._slot[0], min(self._slot[1], lag_s))

    def tick(self, now_s: float) -> None:
        """Let time pass. [s]"""
        if self._slot is not None and now_s - self._slot[0] >= SLOT_S:
            arrival_s, lag_s = self._slot
            self._slot = None
            self._weigh(arrival_s, lag_s)
        if not self.settled and self._recent:
            heard, lasted_s = len(self._recent), now_s - self._first_s
            self.settled = heard >= WARM_SLOTS or lasted_s >= (WARM_S if heard >= LEAST_SLOTS else WARM_AT_MOST_S)
            if self.settled:
                self._correct(now_s)

    def _weigh(self, arrival_s: float, lag_s: float) -> None:
        self._first_s = min(self._first_s, arrival_s)
        if self.settled and abs(lag_s - self._estimate_s()) > STEP_S:
            self._suspect(arrival_s, lag_s)
            return
        self._suspects = None
        self._add(lag_s)
        if self.settled:
            self._slew(arrival_s)
        self._note_minute(arrival_s)

    def _add(self, lag_s: float) -> None:
        if len(self._recent) == WINDOW:
            del self._sorted[bisect_left(self._sorted, self._recent[0])]
        self._recent.append(lag_s)
        insort(self._sorted, lag_s)

    def _estimate_s(self) -> float:
        heard = len(self._sorted)
        return self._sorted[heard // 2 if heard >= FEW else heard // 8]

    def _suspect(self, arrival_s: float, lag_s: float) -> None:
        self._suspects = self._suspects or Suspects()
        self._suspects.add(arrival_s, lag_s)
        lags = self._suspects.step(self._estimate_s())
        if lags:
            self._step(arrival_s, lags)

    def _step(self, now_s: float, lags: Sequence[float]) -> None:
        """The clock was set: forget what it was before. [s]"""
        self._before = (self._estimate_s(), self.correction_s)
        self._recent, self._sorted, self._suspects = deque(lags, maxlen=WINDOW), sorted(lags), None
        self._minutes.clear()
        self.drift_ppm = None
        self.steps += 1
        self.last_step_s = now_s
        self._correct(now_s)

    def _wanted_s(self) -> float:
        """Return what should be added to the source's times. [s]"""
        estimate_s = self._estimate_s()
        least_s = BACK_S if self.correction_s else WARN_S
        return round(estimate_s / QUANTUM_S) * QUANTUM_S if abs(estimate_s) > least_s else 0.0

    def _correct(self, now_s: float) -> None:
        self.correction_s, self._slewed_s = self._wanted_s(), now_s

    def _slew(self, now_s: float) -> None:
        if now_s - self._slewed_s < SLEW_EVERY_S:
            return
        missing_s = self._wanted_s() - self.correction_s
        if abs(missing_s) > QUANTUM_S / 2:
            move_s = QUANTUM_S if missing_s > 0 else -QUANTUM_S
            self.correction_s = round(self.correction_s + move_s, 1)
            self._slewed_s = now_s

    def _note_minute(self, now_s: float) -> None:
        if now_s - self._minute_s < DRIFT_EVERY_S:
            return
        self._minute_s = now_s
        self._minutes.append((now_s, self._estimate_s()))
        if len(self._minutes) >= DRIFT_LEAST:
            self.drift_ppm = -1e6 * median((b - a) / (t - s) for (s, a), (t, b) in combinations(self._minutes, 2))
