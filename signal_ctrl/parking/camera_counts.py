"""Cars of a section as a camera counts them, with what a count is off by."""

import math
from typing import Any, Final

from signal_ctrl.domain.batches import Reason
from signal_ctrl.parking.facilities import Section
from signal_ctrl.parking.parts import SILENT_MS, Part, is_silent, nothing_known, within
from signal_ctrl.parking.readings import CameraReading

FROZEN_MS: Final = 12 * 3_600_000
"""A count that did not change for so long may be of a picture that stands still. [ms] [P]"""
ERROR_SHARE: Final = 0.05
"""Of the capacity, up to how many cars a count is off. [P]"""
JUMP_SHARE: Final = 0.5
"""Of the capacity, a change between two counts that no minute explains. [P]"""
JUMP_MS: Final = 120_000


class SectionByCamera:
    """The spaces of one section that a camera sees together."""

    def __init__(self, section: Section) -> None:
        self.section = section
        self._occupied = 0
        self._heard_utc_ms = 0
        self._changed_utc_ms = 0
        self._doubted_until_ms = 0

    def take(self, reading: CameraReading) -> Reason | None:
        """Take a reading; return why it is left out."""
        if reading.at_utc_ms <= self._heard_utc_ms:
            return Reason.DUPLICATE if reading.at_utc_ms == self._heard_utc_ms else Reason.LATE
        if reading.occupied > self.section.capacity:
            self._doubted_until_ms = reading.at_utc_ms + SILENT_MS
            return Reason.IMPOSSIBLE
        by = abs(reading.occupied - self._occupied)
        soon = 0 < reading.at_utc_ms - self._heard_utc_ms <= JUMP_MS
        if self._heard_utc_ms and soon and by > max(3.0, JUMP_SHARE * self.section.capacity):
            self._doubted_until_ms = reading.at_utc_ms + SILENT_MS
        if by or not self._heard_utc_ms:
            self._changed_utc_ms = reading.at_utc_ms
        self._occupied, self._heard_utc_ms = reading.occupied, reading.at_utc_ms
        return None

    def part(self, now_utc_ms: int) -> Part:
        """Return what is known of the section. [ms]"""
        capacity, name = self.section.capacity, self.section.section
        if is_silent(self._heard_utc_ms, now_utc_ms):
            return nothing_known(capacity, f"{name}: camera silent")
        off, free = max(1, math.ceil(ERROR_SHARE * capacity)), capacity - self._occupied
        low, guess, high = within(capacity, free, free - off, free + off)
        why = ""
        if now_utc_ms - self._changed_utc_ms > FROZEN_MS:
            why = f"{name}: the camera's count has not changed for 12 h"
        if now_utc_ms < self._doubted_until_ms:
            why = f"{name}: the camera's count jumps"
        return Part(capacity, low, guess, high, self._heard_utc_ms, doubtful=bool(why), why=why)

    def document(self) -> dict[str, Any]:
        """Return everything that is to survive as a JSON object."""
        return {"camera": [self._occupied, self._heard_utc_ms, self._changed_utc_ms, self._doubted_until_ms]}

    def restore(self, document: dict[str, Any]) -> None:
        """Go on from such an object."""
        self._occupied, self._heard_utc_ms, self._changed_utc_ms, self._doubted_until_ms = document["camera"]
        self._occupied = min(self._occupied, self.section.capacity)
