"""One source: its boots, its sequence, its clock; from its messages to what they tell, on our clock."""

from collections import Counter, deque
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from detectors.live.clock import ClockLevel, ClockWatch
from detectors.live.message import Batch, Refusal, Row
from detectors.live.sequence import Held, SequenceGate, Verdict
from detectors.live.told import DataGap, LiveEvent, Told

HOLD_S: Final = 2.0
DOUBT_HOLD_S: Final = 6.0
AHEAD_S: Final = 1.0
LATE_S: Final = 60.0
DISORDER_MS: Final = 100
MAX_DEVICES: Final = 64
MAX_GAPS: Final = 64
RETIRED: Final = 8

_REFUSED: Final = {
    Verdict.CONFLICT: Refusal.CONFLICT,
    Verdict.EARLY: Refusal.EARLY,
    Verdict.LEAP: Refusal.LEAP,
}


@dataclass(slots=True)
class Tally:
    """Counts of one source since listening began. `missing` and `filled` are messages, `refused` by reason."""

    messages: int = 0
    events: int = 0
    late: int = 0
    duplicates: int = 0
    missing: int = 0
    filled: int = 0
    gaps: int = 0
    boots: int = 0
    two_boots: int = 0
    refused: Counter[Refusal] = field(default_factory=Counter)


@dataclass(slots=True)
class OpenGap:
    """A gap that late messages may fill: how many are still missing."""

    gap: DataGap
    left: int


class SourceStream:
    """The messages of one source. Time is an argument and does not go back; nothing is kept without a bound."""

    def __init__(self, name: str, owners: MutableMapping[str, str], hold_s: float = HOLD_S) -> None:
        """Args: owners, who reports each device, by its name; shared by all sources: the first one keeps it."""
        self.name = name
        self.clock = ClockWatch()
        self.tally = Tally()
        self.lag_s = 0.0
        self.heard_s = 0.0
        self._owners, self._hold_s = owners, hold_s
        self._boot: str | None = None
        self._boot_sent_ms = 0
        self._gate = SequenceGate(from_one=False)
        self._retired: deque[str] = deque(maxlen=RETIRED)
        self._last_ms: dict[str, int] = {}
        self._told_to_ms: int | None = None
        self._is_new_boot = False
        self._open: deque[OpenGap] = deque(maxlen=MAX_GAPS)
        self._flushed: list[Told] = []

    @property
    def gate(self) -> SequenceGate:
        """The sequence of the present boot, to look at."""
        return self._gate

    @property
    def waiting(self) -> bool:
        """Whether anything is held, or ready to be taken out."""
        return bool(self._flushed) or len(self._gate) > 0

    def take(self, batch: Batch, arrival_s: float) -> Verdict | None:
        """Take in a message that arrived; None: it was refused as of another boot. [s]"""
        self.heard_s = arrival_s
        if batch.boot != self._boot and not self._changes_boot(batch, arrival_s):
            self.tally.refused[Refusal.OLD_BOOT] += 1
            return None
        verdict = self._gate.take(batch, arrival_s)
        if verdict in (Verdict.NEW, Verdict.LATE):
            self.tally.messages += 1
        if verdict is Verdict.NEW:
            self.clock.take(arrival_s, batch.sent_ms / 1000)
        elif verdict is Verdict.LATE:
            self._flushed.append(self._fill(Held(batch, arrival_s)))
        elif verdict is Verdict.DUPLICATE:
            self.tally.duplicates += 1
        else:
            self.tally.refused[_REFUSED[verdict]] += 1
        return verdict

    def _changes_boot(self, batch: Batch, arrival_s: float) -> bool:
        """Begin a new boot; return False for a message of one that is over."""
        if batch.boot in self._retired:
            self.tally.two_boots += batch.sent_ms > self._boot_sent_ms
            return False
        if self._boot is not None:
            self._flushed += self._release(self._gate.ready(arrival_s, 0.0, hurry=True))
            self._retired.append(self._boot)
            self._gate = SequenceGate(from_one=True)
            self._open.clear()
            self._is_new_boot = True
        self._boot, self._boot_sent_ms = batch.boot, batch.sent_ms
        self.tally.boots += 1
        return True

    def release(self, now_s: float, hurry: bool = False) -> list[Told]:
        """Return what may go on now. [s] Args: hurry, wait for nothing."""
        self.clock.tick(now_s)
        out, self._flushed = self._flushed, []
        waited_s = self._gate.waited_s(now_s)
        if self.clock.doubtful and not (hurry or waited_s >= DOUBT_HOLD_S or self._gate.full):
            return out
        return out + self._release(self._gate.ready(now_s, self._hold_s, hurry))

    def _release(self, ready: Iterable[Held]) -> list[Told]:
        return [self._told(held) for held in ready]

    def _told(self, held: Held) -> Told:
        self.tally.missing += held.missing
        events = self._events(held, False)
        if self.clock.level is ClockLevel.REFUSE:
            return Told(self.name, None, events, None)
        began_ms, sent_ms = self._span_ms(held)
        gap = self._gap(held, began_ms)
        from_ms = began_ms if gap is not None or self._told_to_ms is None else self._told_to_ms
        self._told_to_ms = max(sent_ms, from_ms)
        return Told(self.name, gap, events, (from_ms, self._told_to_ms))

    def _span_ms(self, held: Held) -> tuple[int, int]:
        """Return when the first event of a message was and when it was sent, within what can be believed. [ms]"""
        shift_ms, arrival_ms = self._shift_ms(held), round(held.arrival_s * 1000)
        sent_ms = min(held.batch.sent_ms + shift_ms, arrival_ms + round(AHEAD_S * 1000))
        first_ms = min((row.time_ms for row in held.batch.rows), default=sent_ms - shift_ms) + shift_ms
        return min(max(first_ms, arrival_ms - round(LATE_S * 1000)), sent_ms), sent_ms

    def _shift_ms(self, held: Held) -> int:
        """Return what brings the times of a message to our clock. [ms]"""
        return round(1000 * self.clock.correction_of_s(held.arrival_s, held.batch.sent_ms / 1000))

    def _gap(self, held: Held, to_ms: int) -> DataGap | None:
        """Return what is missing before a message. [ms]"""
        if not (held.missing or self._is_new_boot):
            return None
        self._is_new_boot = False
        number = held.batch.sequence
        from_ms = to_ms if self._told_to_ms is None else min(self._told_to_ms, to_ms)
        gap = DataGap(self.name, held.batch.boot, number - held.missing, number - 1, from_ms, to_ms)
        if held.missing:
            self.tally.gaps += 1
            self._open.append(OpenGap(gap, held.missing))
        return gap

    def _fill(self, held: Held) -> Told:
        """Take in a message of a gap; when the last one has come, nothing of that time is missing."""
        self.tally.filled += 1
        covered_ms = None
        for open_gap in self._open:
            if open_gap.gap.first <= held.batch.sequence <= open_gap.gap.last:
                open_gap.left -= 1
                if not open_gap.left:
                    covered_ms = (open_gap.gap.from_ms, open_gap.gap.to_ms)
        return Told(self.name, None, self._events(held, True), covered_ms)

    def _events(self, held: Held, late: bool) -> tuple[LiveEvent, ...]:
        """Return the events of a message that are neither from the future, nor too late, nor somebody else's."""
        refused = self.tally.refused
        if self.clock.level is ClockLevel.REFUSE:
            refused[Refusal.CLOCK] += len(held.batch.rows)
            return ()
        out: list[LiveEvent] = []
        shift_ms, arrival_ms = self._shift_ms(held), round(held.arrival_s * 1000)
        earliest_ms, latest_ms = arrival_ms - round(LATE_S * 1000), arrival_ms + round(AHEAD_S * 1000)
        for time_ms, device, code, parameter in _in_order(held.batch.rows):
            at_ms = time_ms + shift_ms
            if not earliest_ms <= at_ms <= latest_ms:
                refused[Refusal.FUTURE if at_ms > latest_ms else Refusal.TOO_LATE] += 1
                continue
            last_ms = self._last_ms.get(device)
            if last_ms is None:
                if not self._owns(device):
                    continue
                last_ms = at_ms
            at_ms, behind = (last_ms, False) if 0 < last_ms - at_ms <= DISORDER_MS else (at_ms, at_ms < last_ms)
            self._last_ms[device] = max(last_ms, at_ms)
            out.append(LiveEvent(at_ms, device, code, parameter, self.name, late or behind))
        self._count(out, held.arrival_s)
        return tuple(out)

    def _count(self, events: list[LiveEvent], arrival_s: float) -> None:
        self.tally.events += len(events)
        self.tally.late += sum(1 for event in events if event.late)
        if events:
            self.lag_s += 0.1 * (arrival_s - events[-1].time_s - self.lag_s)

    def _owns(self, device: str) -> bool:
        """Return whether a device is this source's to report; nobody's becomes so."""
        if len(self._last_ms) >= MAX_DEVICES:
            self.tally.refused[Refusal.DEVICES] += 1
            return False
        if self._owners.setdefault(device, self.name) == self.name:
            return True
        self.tally.refused[Refusal.FOREIGN] += 1
        return False


def _in_order(rows: tuple[Row, ...]) -> Iterable[Row]:
    """Return rows in the order of time; those of one time stay as their source wrote them."""
    if all(a.time_ms <= b.time_ms for a, b in pairwise(rows)):
        return rows
    return sorted(rows, key=lambda row: row.time_ms)
