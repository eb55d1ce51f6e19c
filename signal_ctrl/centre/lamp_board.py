"""The lamps that each cabinet told last, in memory: for people to look at."""

from typing import NamedTuple

from signal_ctrl.centre.recent import LampTrail
from signal_ctrl.domain.link.lamps import MOST_CHARACTERS, Lamps, lamps_from_query


class Told(NamedTuple):
    """Lamps, and when a poll told them. [ms]"""

    lamps: Lamps
    at_utc_ms: int
    at_mono_ms: int


class LampBoard:
    """The latest lamps by cabinet. They are read when somebody looks, since most are never looked at."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[str, int, int]] = {}
        self.trail = LampTrail()

    def hear(self, cabinet: str, query: str, utc_ms: int, mono_ms: int) -> None:
        """Keep what the poll of a cabinet said, unless it is longer than lamps can be. [ms]"""
        if len(query) <= MOST_CHARACTERS:
            self._told[cabinet] = (query, utc_ms, mono_ms)
            self.trail.hear(cabinet, query, utc_ms)

    def of(self, cabinet: str) -> Told | None:
        """Return the lamps of a cabinet; None if it did not tell any that can be read."""
        told = self._told.get(cabinet)
        lamps = None if told is None else lamps_from_query(told[0])
        return None if told is None or lamps is None else Told(lamps, told[1], told[2])
