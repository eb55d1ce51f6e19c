"""The lamps of all cabinets as they are recorded: stage, when it began, a letter a signal group; nothing if old."""

from collections.abc import Iterable
from typing import Final

from signal_ctrl.centre.centre import Centre

OLD_MS: Final = 10_000
"""What was told longer ago is not known any more, as on the page. [ms]"""
WHOLE_SECOND_MS: Final = 1_000
"""A begin is recorded in whole seconds, as it is shown. [ms]"""
SAME_MS: Final = 1_000
"""A stage that began within so much of another time is the same one: polls tell it with the delay of their way. [ms]"""


class LampLook:
    """Looks at the lamps; keeps the begin of a stage as it was seen first."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._seen: dict[str, list[int | str | None]] = {}

    def __call__(self, names: Iterable[str]) -> dict[str, list[int | str | None]]:
        """Return lamps by cabinet; those that nobody told of lately are left out."""
        self._seen = {name: lit for name in names if (lit := self._of(name)) is not None}
        return self._seen

    def _of(self, name: str) -> list[int | str | None] | None:
        told = self._centre.lamps.of(name)
        if told is None or self._centre.desk.clock.mono_ms() - told.at_mono_ms > OLD_MS:
            return None
        stage, letters = told.lamps.stage, told.lamps.aspects
        began_ms = round((told.at_utc_ms - 100 * told.lamps.since_ds) / WHOLE_SECOND_MS) * WHOLE_SECOND_MS
        before = self._seen.get(name)
        if before is not None and before[0] == stage and abs(int(before[1] or 0) - began_ms) <= SAME_MS:
            began_ms = int(before[1] or 0)
            if before[2] == letters:
                return before
        return [stage, began_ms, letters]
