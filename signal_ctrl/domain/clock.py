"""Two clocks, and never the one in place of the other (K10): wall time for calendars, monotonic time for intervals."""

from typing import Protocol


class Clock(Protocol):
    """What a process asks for the time."""

    def utc_ms(self) -> int:
        """Return the wall time, since 1970 in UTC; it may jump. [ms]"""
        ...

    def mono_ms(self) -> int:
        """Return monotonic time that counts through suspend; its zero means nothing. [ms]"""
        ...


class ManualClock:
    """A clock that stands until it is moved: for tests and for simulated time. [ms]"""

    def __init__(self, utc_ms: int = 0, mono_ms: int = 0) -> None:
        self._utc_ms = utc_ms
        self._mono_ms = mono_ms

    def utc_ms(self) -> int:
        """Return the wall time as it was set. [ms]"""
        return self._utc_ms

    def mono_ms(self) -> int:
        """Return the monotonic time as it was set. [ms]"""
        return self._mono_ms

    def pass_ms(self, by_ms: int) -> None:
        """Let time go by on both clocks. [ms]"""
        self._utc_ms += by_ms
        self._mono_ms += by_ms

    def set_wall_ms(self, utc_ms: int) -> None:
        """Move the wall clock alone, as an operator or a time server may. [ms]"""
        self._utc_ms = utc_ms
