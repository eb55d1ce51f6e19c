"""The cabinet's wall clock: it runs on the monotonic clock and is drawn towards the centre's, never moved in steps.

While lamps are on the street it is slewed by 500 ppm at most (SAFETY part B); what happens to the machine's own wall
clock after the start does not matter.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, NamedTuple

from signal_ctrl.domain.clock import Clock

SLEW_PPM: Final = 500
WARN_MS: Final = 500
ISOLATED_MS: Final = 2_000
_US: Final = 1000
_KEPT: Final = 8
_DRIFT_US_PER_MS: Final = 0.2
"""A clock is taken to be wrong by 200 ppm at most: so a measurement gets worse with age."""


@dataclass(frozen=True, slots=True)
class _Sample:
    """One measurement: the centre's time less the monotonic one [µs], its uncertainty [µs], when it was made [ms]."""

    ahead_us: int
    half_trip_us: int
    at_mono_ms: int

    def apart_us(self, course: "_Course") -> int:
        """Return how far a course is behind the centre. [µs]"""
        return self.ahead_us + course.mono_ms * _US - course.wall_us

    def doubt_us(self, mono_ms: int) -> float:
        """Return how far it may be wrong by now. [µs]"""
        return self.half_trip_us + (mono_ms - self.at_mono_ms) * _DRIFT_US_PER_MS


class _Course(NamedTuple):
    """The wall time from a moment of the monotonic clock on, and how far it is still to be slewed. [ms], [µs]"""

    mono_ms: int
    wall_us: int
    pending_us: int = 0

    def at(self, mono_ms: int) -> "_Course":
        """Return the same course from a later moment on; a monotonic clock that went back stands still."""
        passed_ms = max(mono_ms - self.mono_ms, 0)
        most_us = passed_ms * SLEW_PPM // _US
        slewed_us = max(-most_us, min(most_us, self.pending_us))
        return _Course(mono_ms, self.wall_us + passed_ms * _US + slewed_us, self.pending_us - slewed_us)


class CabinetClock:
    """Wall time as the cabinet keeps it; it is a `Clock` itself. One thread observes, any may ask."""

    def __init__(self, clock: Clock) -> None:
        """Args: clock, the machine's: its wall time counts once, now."""
        self._clock = clock
        self._course = _Course(clock.mono_ms(), clock.utc_ms() * _US)
        self._samples: deque[_Sample] = deque(maxlen=_KEPT)

    def mono_ms(self) -> int:
        """Return the machine's monotonic time. [ms]"""
        return self._clock.mono_ms()

    def utc_ms(self) -> int:
        """Return the wall time. [ms]"""
        return self._course.at(self._clock.mono_ms()).wall_us // _US

    @property
    def offset_ms(self) -> int:
        """How far this clock is certainly off the centre's, 0 if nothing is certain; above 0: it is behind. [ms]"""
        course = self._course.at(self._clock.mono_ms())
        sample = self._best(course.mono_ms)
        if sample is None:
            return 0
        apart_us = sample.apart_us(course)
        certain_us = max(abs(apart_us) - int(sample.doubt_us(course.mono_ms)), 0)
        return (certain_us if apart_us > 0 else -certain_us) // _US

    def observe(self, sent_mono_ms: int, got_mono_ms: int, centre_utc_ms: int, may_step: bool = False) -> None:
        """Take in the centre's time of an answer. [ms]

        Args: sent, got, when the request left and the answer came; may_step, whether no stage is on the street.
        """
        if got_mono_ms < sent_mono_ms:
            return
        half_us = (got_mono_ms - sent_mono_ms) * _US // 2
        self._samples.append(_Sample((centre_utc_ms - got_mono_ms) * _US + half_us, half_us + _US, got_mono_ms))
        course = self._course.at(self._clock.mono_ms())
        sample = self._best(course.mono_ms)
        apart_us = 0 if sample is None else sample.apart_us(course)
        if sample is not None and abs(apart_us) > sample.doubt_us(course.mono_ms):
            corrected = course._replace(wall_us=course.wall_us + apart_us, pending_us=0)
            self._course = corrected if may_step else course._replace(pending_us=apart_us)

    def _best(self, mono_ms: int) -> _Sample | None:
        """Return the measurement to be trusted most now."""
        return min(tuple(self._samples), key=lambda sample: sample.doubt_us(mono_ms), default=None)
