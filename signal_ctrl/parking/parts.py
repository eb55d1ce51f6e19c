"""What is known of some spaces of a facility, by one means: between which numbers their free count lies."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

SILENT_MS: Final = 300_000
"""Who was not heard for so long is silent; each sensor says again and again what it sees. [ms] [P]"""
AHEAD_MS: Final = 5_000
"""What was heard may be so much younger than the clock, which may have been set back a little. [ms]"""


def is_silent(heard_utc_ms: int, now_utc_ms: int) -> bool:
    """Tell whether something was not heard lately; what was heard in a time to come was not. [ms]"""
    return not -AHEAD_MS <= now_utc_ms - heard_utc_ms <= SILENT_MS


@dataclass(frozen=True, slots=True)
class Part:
    """Some spaces together. [ms] `stale`: too little was heard; `doubtful`: something behaves oddly; `why`, in words.

    `heard_utc_ms`, the oldest reading that is needed for it; 0 where there is none.
    """

    capacity: int
    low: int
    free: int
    high: int
    heard_utc_ms: int
    stale: bool = False
    doubtful: bool = False
    why: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.free <= self.high <= self.capacity:
            raise InvalidInputError(f"need 0 <= low <= free <= high <= capacity, got {self}")

    @property
    def is_good(self) -> bool:
        """Whether it may be built on."""
        return not self.stale and not self.doubtful


def nothing_known(capacity: int, why: str) -> Part:
    """Return what is known where nothing is."""
    return Part(capacity, 0, 0, capacity, 0, stale=True, why=why)


def within(capacity: int, guess: float, low: float, high: float) -> tuple[int, int, int]:
    """Return (low, free, high) as whole spaces: the low bound rounded down, the high one up, all within the capacity.

    >>> within(10, 4.5, -1.2, 11)
    (0, 4, 10)
    """
    least = min(max(int(low // 1), 0), capacity)
    most = min(max(-int(-high // 1), least), capacity)
    return least, min(max(int(guess // 1), least), most), most
