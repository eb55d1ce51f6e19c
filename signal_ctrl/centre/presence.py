"""Who is there: when each cabinet asked last, in memory (SAFETY part B, heartbeat). A poll writes nothing."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

MISSED_POLLS: Final = 3
SILENT_MS: Final = 15_000
"""A cabinet is offline after three missed polls, and not before so long a silence. [ms] [P]"""
POLL_MS: Final = 5_000
"""How often a cabinet asks that has not said otherwise; the slowest that is allowed. [ms]"""


class Link(Enum):
    """Whether a cabinet is heard."""

    ONLINE = "online"
    OFFLINE = "offline"
    NEVER = "never heard"


@dataclass(frozen=True, slots=True)
class Heard:
    """When a cabinet asked last, on both clocks, and how often it asks. [ms]"""

    mono_ms: int
    utc_ms: int
    poll_ms: int


class Presence:
    """The last time that each cabinet was heard. Silence is counted on the monotonic clock."""

    def __init__(self) -> None:
        self._heard: dict[str, Heard] = {}

    def heard(self, cabinet: str, mono_ms: int, utc_ms: int, poll_ms: int = POLL_MS) -> None:
        """Note an authenticated request. [ms]"""
        self._heard[cabinet] = Heard(mono_ms, utc_ms, poll_ms)

    def last(self, cabinet: str) -> Heard | None:
        """Return when a cabinet was heard last, None if never since the start of the centre."""
        return self._heard.get(cabinet)

    def link(self, cabinet: str, mono_ms: int) -> Link:
        """Return whether a cabinet is heard. [ms]"""
        heard = self._heard.get(cabinet)
        if heard is None:
            return Link.NEVER
        silent_ms = mono_ms - heard.mono_ms
        return Link.OFFLINE if silent_ms > max(SILENT_MS, MISSED_POLLS * heard.poll_ms) else Link.ONLINE
