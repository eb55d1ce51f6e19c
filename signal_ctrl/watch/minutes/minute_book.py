"""The minutes of the city: the last two hours in memory, seven days on the shelf."""

import bisect
from collections.abc import Sequence
from threading import Lock
from typing import Final

from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Importance
from signal_ctrl.watch.city_minute import MINUTE_MS, CityMinute
from signal_ctrl.watch.minutes.packing import CITY_MINUTES, StoredMinute, packed, unpacked
from signal_ctrl.watch.minutes.publisher import Complete

IN_MEMORY_MS: Final = 2 * 3_600_000
_AT_ONCE: Final = 20


class MinuteBook:
    """Complete minutes, in the order of their times. One that is put again takes the place of what was there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._minutes: tuple[CityMinute, ...] = ()
        self._lock = Lock()

    def latest(self) -> CityMinute | None:
        """Return the youngest minute."""
        minutes = self._minutes
        return minutes[-1] if minutes else None

    def since(self, since_utc_ms: int) -> Sequence[CityMinute]:
        """Return the minutes in memory that began at a time or later, the oldest first. [ms]"""
        minutes = self._minutes
        return minutes[bisect.bisect_left(minutes, since_utc_ms, key=lambda m: m.minute_utc_ms) :]

    def load(self, roads_sha256: str, now_utc_ms: int) -> dict[int, int]:
        """Take the last two hours of this network from the shelf, and nothing else. [ms]

        Return for each minute the number of the last batch that it may have been moved by.
        """
        stored = self._stored(roads_sha256, now_utc_ms - IN_MEMORY_MS, now_utc_ms)
        self._minutes = ()
        for each in stored:
            self._remember(unpacked(each))
        return {each.minute_utc_ms: each.number for each in stored}

    def put(self, minutes: Sequence[Complete], roads_sha256: str) -> None:
        """Keep minutes of a network. They are in memory too where the shelf takes none. Raises: StorageError."""
        stored = [packed(each.minute, roads_sha256, each.number) for each in minutes]
        try:
            self._desk.store.write(lambda t: t.shelf(CITY_MINUTES).put_all(stored), Importance.RAW)
        finally:
            for each in minutes:
                self._remember(each.minute)

    def kept(self, roads_sha256: str, since_utc_ms: int, before_utc_ms: int) -> Sequence[CityMinute]:
        """Return minutes of a network from the shelf, up to seven days back, the oldest first. [ms]"""
        return [unpacked(each) for each in self._stored(roads_sha256, since_utc_ms, before_utc_ms)]

    def _stored(self, roads_sha256: str, since_utc_ms: int, before_utc_ms: int) -> list[StoredMinute]:
        found: list[StoredMinute] = []
        while part := self._part(roads_sha256, since_utc_ms, before_utc_ms):
            found += part
            before_utc_ms = part[-1].minute_utc_ms
        return found[::-1]

    def _part(self, roads_sha256: str, since_utc_ms: int, before_utc_ms: int) -> tuple[StoredMinute, ...]:
        where = {"roads_sha256": roads_sha256}
        return self._desk.store.read(
            lambda reading: reading.shelf(CITY_MINUTES).find(where, since_utc_ms, before_utc_ms, _AT_ONCE)
        )

    def _remember(self, minute: CityMinute) -> None:
        with self._lock:
            others = [each for each in self._minutes if each.minute_utc_ms != minute.minute_utc_ms]
            bisect.insort(others, minute, key=lambda m: m.minute_utc_ms)
            oldest_ms = others[-1].minute_utc_ms - IN_MEMORY_MS + MINUTE_MS
            self._minutes = tuple(each for each in others if each.minute_utc_ms >= oldest_ms)
