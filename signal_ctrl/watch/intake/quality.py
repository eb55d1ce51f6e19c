"""How good what a feed sends is: counted over ten minutes; an alarm where too much of it is useless, or none comes."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from signal_ctrl.centre.alarm_desk import AlarmDesk
from signal_ctrl.centre.alarms import Severity
from signal_ctrl.centre.desk import Desk
from signal_ctrl.centre.ports import Importance, Transaction
from signal_ctrl.domain.batches import Reason
from signal_ctrl.watch.feeds.values import Feed

WINDOW_MS: Final = 10 * 60_000
LEAST: Final = 50
"""With fewer observations than this in ten minutes nothing is concluded."""
BAD_SHARE: Final = 0.2
GOOD_SHARE: Final = 0.1
"""From this share of observations left out on there is an alarm, which lasts until it falls below the other one. [P]"""
SILENT_MS: Final = 180_000
BAD: Final = "bad feed"
SILENT: Final = "silent feed"


@dataclass(slots=True)
class Heard:
    """What was heard of a feed since the start of this centre; `last_utc_ms` may lie before it. [ms]"""

    last_utc_ms: int = 0
    batches: int = 0
    taken: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)
    window: deque[tuple[int, int, int]] = field(default_factory=deque)

    def note(self, taken: int, left_out: Counter[Reason], now_utc_ms: int) -> None:
        """Count a batch. [ms]"""
        self.last_utc_ms = now_utc_ms
        self.batches += 1
        self.taken += taken
        self.left_out.update(left_out)
        self.window.append((now_utc_ms, taken, left_out.total()))

    def share(self, now_utc_ms: int) -> float | None:
        """Return the share that was left out over the last ten minutes; None where too little came. [ms]"""
        while self.window and self.window[0][0] < now_utc_ms - WINDOW_MS:
            self.window.popleft()
        taken, bad = (sum(each[k] for each in self.window) for k in (1, 2))
        return bad / (taken + bad) if taken + bad >= LEAST else None


class Quality:
    """What was heard of all feeds, and the alarms about them."""

    def __init__(self, desk: Desk, alarms: AlarmDesk) -> None:
        self._desk = desk
        self._alarms = alarms
        self._heard: dict[str, Heard] = {}
        self._raised: dict[tuple[str, str], bool] = {}

    def of(self, feed: str) -> Heard:
        """Return what was heard of a feed."""
        return self._heard.setdefault(feed, Heard())

    def tick(self, feeds: tuple[Feed, ...]) -> None:
        """Raise and clear alarms; what did not change since is not written again."""
        now_ms = self._desk.now_ms()
        changed: list[tuple[str, str, str]] = []
        for feed in feeds:
            for kind, text in self._wanted(feed, now_ms):
                if self._raised.get((kind, feed.feed)) != bool(text):
                    changed.append((kind, feed.feed, text))
        if changed:
            self._desk.store.write(lambda t: self._write(t, changed), Importance.ESSENTIAL)
            self._raised.update({(kind, feed): bool(text) for kind, feed, text in changed})

    def _wanted(self, feed: Feed, now_ms: int) -> list[tuple[str, str]]:
        """Return what there has to be of each kind of alarm about a feed: its text, or nothing.

        What is not known since the start of this centre is left out: an alarm from before it stands.
        """
        heard, is_over = self.of(feed.feed), feed.revoked_utc_ms is not None
        share, found = heard.share(now_ms), list[tuple[str, str]]()
        if share is not None or (BAD, feed.feed) in self._raised or is_over:
            limit = GOOD_SHARE if self._raised.get((BAD, feed.feed)) else BAD_SHARE
            bad = share is not None and share >= limit
            why = ", ".join(f"{reason.value} {n}" for reason, n in heard.left_out.most_common(3))
            found.append((BAD, f"{share:.0%} of what feed {feed.feed} sends cannot be used ({why})" if bad else ""))
        if heard.last_utc_ms or is_over:
            silent = not is_over and heard.last_utc_ms < now_ms - SILENT_MS
            text = f"nothing was heard of feed {feed.feed} for {SILENT_MS // 60_000} minutes"
            found.append((SILENT, text if silent else ""))
        return found

    def _write(self, t: Transaction, changed: list[tuple[str, str, str]]) -> None:
        for kind, feed, text in changed:
            if text:
                self._alarms.raise_(t, kind, feed, Severity.WARNING, text)
            else:
                self._alarms.clear(t, kind, feed, "it sends well again")
