"""The roads as they are recorded: level, km/h and metres of queue, in the whole numbers that people are shown.

A road is recorded anew by the rule by which the stream tells of it, and all of them every five minutes: small changes
of thousands of roads would be most of what is kept.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from signal_ctrl.watch.past.values import WHOLE_MS
from signal_ctrl.web.link_look import Shown
from signal_ctrl.web.link_news import is_news

KMH: Final = 3.6
Row = list[Any]


class RoadLook:
    """Looks at the roads; called by one thread."""

    def __init__(self) -> None:
        self._minute: object = None
        self._block = -1
        self._known: dict[str, dict[str, Any]] = {}
        self._rows: dict[str, Row] = {}

    def __call__(self, shown: Shown | None, now_utc_ms: int) -> Mapping[str, Row]:
        """Return level, speed and queue of each road. [ms]"""
        if shown is None:
            self._minute, self._known, self._rows = None, {}, {}
        elif shown.minute is not self._minute or now_utc_ms // WHOLE_MS != self._block:
            self._look(shown, now_utc_ms // WHOLE_MS)
        return self._rows

    def _look(self, shown: Shown, block: int) -> None:
        anew, rows = block != self._block, {row["link"]: row for row in shown.rows}
        told = {
            name: row
            for name, row in rows.items()
            if anew or name not in self._known or is_news(self._known[name], row)
        }
        self._minute, self._block = shown.minute, block
        self._known = {name: told.get(name) or self._known[name] for name in rows}
        self._rows = {name: row_of(told[name]) if name in told else self._rows[name] for name in rows}


def row_of(row: Mapping[str, Any]) -> Row:
    """Return level, speed [km/h] and queue [m] of a road as they are recorded."""
    speed_mps, queue_m = row["speed_mps"], row["queue_m"]
    kmh = None if speed_mps is None else math.floor(speed_mps * KMH + 0.5)
    return [row["level"], kmh, None if queue_m is None else round(queue_m)]
