"""The clocks of the machine."""

import time


class SystemClock:
    """The `Clock` of a process in the street or in the centre."""

    def utc_ms(self) -> int:
        """Return the wall time, since 1970 in UTC. [ms]"""
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        """Return the time since the machine was started, suspend included. [ms]"""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
