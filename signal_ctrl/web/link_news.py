"""What changed of the links, for the stream: small enough to be sent to everybody three times a minute."""

import json
from collections.abc import Mapping
from typing import Any, Final

from signal_ctrl.domain.roads import RoadNetwork
from signal_ctrl.web.link_look import LinkLook, Shown
from signal_ctrl.web.stream_hub import News

CHANGED_SHARE: Final = 0.15
"""A travel time is told again when it changed by this share of it, or the level changed. [P]"""
CHANGED_M: Final = 25.0
"""So is a queue that grew or shrank by so much. [m] [P]"""
MOST: Final = 1_000
"""Links that one event names; when more changed, `more` says how many, and `/v1/links` has them all."""
COLUMNS: Final = ("link", "level", "travel_time_s", "speed_mps", "queue_m")


class LinkNews:
    """Compares what is shown with what was told."""

    def __init__(self, look: LinkLook) -> None:
        self._look = look
        self._told: dict[str, dict[str, Any]] = {}
        self._seen: object = None
        self._network: RoadNetwork | None = None

    def __call__(self) -> tuple[News, ...]:
        """Return the event `links` if anything changed since it was asked last."""
        shown = self._look.now()
        if shown is None or shown.minute is self._seen:
            return ()
        self._seen = shown.minute
        if shown.network is not self._network:
            self._network, self._told = shown.network, {}
        return self._news(shown)

    def _news(self, shown: Shown) -> tuple[News, ...]:
        changed = [row for row in shown.rows if self._is_changed(row)]
        self._told.update({row["link"]: row for row in changed})
        if not changed:
            return ()
        rows = [[row[name] for name in COLUMNS] for row in changed[:MOST]]
        document = {
            "minute_utc_ms": shown.minute.minute_utc_ms,
            "columns": COLUMNS,
            "links": rows,
            "more": len(changed) - len(rows),
        }
        return (News("links", json.dumps(document, separators=(",", ":"), allow_nan=False)),)

    def _is_changed(self, row: dict[str, Any]) -> bool:
        known = self._told.get(row["link"])
        return known is None or is_news(known, row)


def is_news(known: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Tell whether a road has another level, or so much another travel time or queue that it is worth telling."""
    if known["level"] != row["level"]:
        return True
    before_s, now_s = known["travel_time_s"], row["travel_time_s"]
    if before_s is None or now_s is None:
        return before_s is not now_s
    moved_m = abs((row["queue_m"] or 0.0) - (known["queue_m"] or 0.0))
    return moved_m >= CHANGED_M or abs(float(now_s) - float(before_s)) > CHANGED_SHARE * float(before_s)
