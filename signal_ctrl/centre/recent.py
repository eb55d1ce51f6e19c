"""What cabinets told in the last minutes, in memory: changes of their lamps, arrivals at their stop lines, their words.

It is for people to look at. Nothing is decided by it, and a restart of the centre begins it anew; what cabinets report
is kept in their batches all the same.
"""

from array import array
from collections import deque
from sys import intern
from threading import Lock
from typing import Final, NamedTuple

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.arrivals import ARRIVALS, Arrival, arrivals_of
from signal_ctrl.domain.link.lamps import lamps_from_query
from signal_ctrl.domain.link.reports import SHADOW_ADVICE, SHADOW_TOTAL, Batch, Report, ReportKind
from signal_ctrl.domain.site_parts import MAX_GROUPS

MOST_CHANGES: Final = 200
MOST_ARRIVALS: Final = 2000
MOST_CODES: Final = 40
SILENT_MS: Final = 10_000
"""After so long without a word it is not known what was lit meanwhile. [ms]"""
UNKNOWN: Final = ""
_ASPECTS: Final = slice(2, 3)
"""Where a poll's query has the letters; behind them run countdowns of crossings, which are no change of lamps."""
_CHATTER: Final = frozenset({SHADOW_ADVICE, SHADOW_TOTAL})


class Change(NamedTuple):
    """Lamps from a time on, a letter of `lamps.WORDS` a signal group; empty: not known. [ms]"""

    utc_ms: int
    aspects: str


class Word(NamedTuple):
    """The last event of its code that a cabinet told. [ms]"""

    code: str
    utc_ms: int
    text: str


class LampTrail:
    """The last changes of the lamps of every cabinet, as its polls saw them."""

    def __init__(self) -> None:
        self._changes: dict[str, deque[Change]] = {}
        self._heard_ms: dict[str, int] = {}

    def hear(self, cabinet: str, query: str, utc_ms: int) -> None:
        """Take what a poll tells, as `lamps=1.134.rGy`; the clock may have gone back, then it begins anew. [ms]"""
        trail = self._changes.get(cabinet)
        if trail is None or utc_ms < self._heard_ms[cabinet]:
            trail = self._changes[cabinet] = deque(maxlen=MOST_CHANGES)
        elif utc_ms - self._heard_ms[cabinet] > SILENT_MS and trail:
            trail.append(Change(self._heard_ms[cabinet] + 1, UNKNOWN))
        self._heard_ms[cabinet] = utc_ms
        aspects = "".join(query.split(".")[_ASPECTS])
        if (not trail or trail[-1].aspects != aspects) and lamps_from_query(query) is not None:
            trail.append(Change(utc_ms, intern(aspects)))

    def of(self, cabinet: str) -> tuple[tuple[Change, ...], int]:
        """Return the changes, the oldest first, and when it was heard last. [ms]"""
        return tuple(self._changes.get(cabinet, ())), self._heard_ms.get(cabinet, 0)


class Recent:
    """What cabinets told of themselves: arrivals, and the last event of each code."""

    def __init__(self) -> None:
        self._arrivals: dict[str, array[int]] = {}
        self._words: dict[str, dict[str, Word]] = {}
        self._last: dict[str, tuple[str, int]] = {}
        self._lock = Lock()

    def hear(self, batch: Batch) -> None:
        """Take a batch; one that is sent again at once counts once."""
        if self._last.get(batch.cabinet) == (batch.boot, batch.sequence):
            return
        self._last[batch.cabinet] = (batch.boot, batch.sequence)
        for report in batch.reports:
            self._take(batch.cabinet, report)

    def _take(self, cabinet: str, report: Report) -> None:
        """Take a report; arrivals that cannot be read are passed over."""
        if report.kind is ReportKind.DETECTOR and report.code == ARRIVALS:
            self._arrived(cabinet, report)
        elif report.kind is ReportKind.EVENT and report.code not in _CHATTER:
            with self._lock:
                words = self._words.setdefault(cabinet, {})
                if report.code in words or len(words) < MOST_CODES:
                    words[report.code] = Word(report.code, report.at_utc_ms, report.text)

    def _arrived(self, cabinet: str, report: Report) -> None:
        try:
            found = arrivals_of(report.text, report.at_utc_ms)
        except InvalidInputError:
            return
        with self._lock:
            own = self._arrivals.setdefault(cabinet, array("q"))
            own.extend(each.utc_ms * MAX_GROUPS + each.group for each in found if each.utc_ms > 0)
            del own[: max(len(own) - MOST_ARRIVALS, 0)]

    def arrivals(self, cabinet: str, since_utc_ms: int) -> tuple[Arrival, ...]:
        """Return arrivals since a time, the oldest first. [ms]"""
        with self._lock:
            packed = sorted(self._arrivals.get(cabinet, ()))
        return tuple(
            Arrival(each % MAX_GROUPS, each // MAX_GROUPS) for each in packed if each // MAX_GROUPS >= since_utc_ms
        )

    def words(self, cabinet: str) -> tuple[Word, ...]:
        """Return the last event of each code, the youngest first."""
        with self._lock:
            found = list(self._words.get(cabinet, {}).values())
        return tuple(sorted(found, key=lambda word: -word.utc_ms))
