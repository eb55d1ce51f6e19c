"""All sources together: messages in, what they tell out, within a bound of memory, and a report of each source."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from detectors.live.clock import ClockLevel
from detectors.live.message import Batch, Refusal, is_name
from detectors.live.sequence import Verdict
from detectors.live.source import HOLD_S, SourceStream
from detectors.live.told import Told
from signal_ctrl.domain.errors import InvalidInputError

MAX_SOURCES: Final = 20_000
MAX_HELD_ROWS: Final = 200_000
STEP_TOLD_S: Final = 600.0
SILENT_S: Final = 60.0


class Answer(Enum):
    """What a source is told of its message: stored, known already, or refused and why not."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a message: up to which number nothing is missing, and the ranges that are (SAFETY B, sequence)."""

    answer: Answer
    boot: str
    highest: int
    missing: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source at a moment. `clock_offset_s`: its clock ahead of ours; `lag_s`: from event to arrival by ours. [s]

    `missing` are ranges of numbers of the present boot; `alarms` are in words.
    """

    name: str
    messages: int
    events: int
    late: int
    duplicates: int
    missing_messages: int
    filled_messages: int
    gaps: int
    missing: tuple[tuple[int, int], ...]
    refused: Mapping[str, int]
    boots: int
    heard_s: float
    lag_s: float
    clock_offset_s: float
    correction_s: float
    drift_ppm: float | None
    steps: int
    alarms: tuple[str, ...]


class LiveStream:
    """The pure core of live data: `take` messages as they arrive, `drain` what is in its turn. Time is an argument.

    Args of both: seconds of our clock, which do not go back.
    """

    def __init__(self, hold_s: float = HOLD_S, owners: Mapping[str, str] | None = None) -> None:
        """Args: hold_s, how long a missing message is waited for [s]; owners, the source of each device, if known."""
        if not 0 <= hold_s <= 60:
            raise InvalidInputError(f"a missing message can be waited for 0 to 60 s, not {hold_s}")
        self._hold_s = hold_s
        self._owners = dict(owners or {})
        self._sources: dict[str, SourceStream] = {}
        self._waiting: dict[str, None] = {}  # a set that keeps its order
        self._held_rows = 0
        self.hastened = 0
        self.unnamed = 0

    def take(self, source: str, batch: Batch, arrival_s: float) -> Receipt:
        """Take in a message of a source, whose name is proven by whoever received it. [s]"""
        stream = self._source(source)
        if stream is None:
            return Receipt(Answer.REFUSED, batch.boot, 0, ())
        verdict = stream.take(batch, arrival_s)
        if stream.waiting:
            self._waiting[source] = None
        if verdict is Verdict.NEW:
            self._held_rows += len(batch.rows)
        return Receipt(_answer(verdict), batch.boot, stream.gate.highest_contiguous, tuple(stream.gate.missing))

    def refuse(self, source: str, why: Refusal) -> None:
        """Count a message that could not even be read."""
        stream = self._source(source)
        if stream is not None:
            stream.tally.refused[why] += 1

    def drain(self, now_s: float) -> list[Told]:
        """Return what is in its turn: per source in order, sources as they come. [s]"""
        hurry = self._held_rows > MAX_HELD_ROWS
        self.hastened += hurry
        return self._drain(now_s, hurry)

    def end(self, now_s: float) -> list[Told]:
        """Return all that is still held, gaps or not. [s]"""
        return self._drain(now_s, True)

    def _drain(self, now_s: float, hurry: bool) -> list[Told]:
        out: list[Told] = []
        still: dict[str, None] = {}
        for name in self._waiting:
            stream = self._sources[name]
            out += stream.release(now_s, hurry)
            if stream.waiting:
                still[name] = None
        self._waiting = still
        self._held_rows = sum(self._sources[name].gate.pending_rows for name in still)
        return out

    def _source(self, name: str) -> SourceStream | None:
        found = self._sources.get(name)
        if found is None:
            if not is_name(name) or len(self._sources) >= MAX_SOURCES:
                self.unnamed += 1
                return None
            found = self._sources[name] = SourceStream(name, self._owners, self._hold_s)
        return found

    def report(self, now_s: float) -> tuple[SourceReport, ...]:
        """Return how each source stands, by name. [s]"""
        return tuple(_report(self._sources[name], now_s) for name in sorted(self._sources))


def _answer(verdict: Verdict | None) -> Answer:
    if verdict in (Verdict.NEW, Verdict.LATE):
        return Answer.STORED
    if verdict is Verdict.DUPLICATE:
        return Answer.DUPLICATE
    return Answer.CONFLICT if verdict is Verdict.CONFLICT else Answer.REFUSED


def _report(stream: SourceStream, now_s: float) -> SourceReport:
    tally, clock = stream.tally, stream.clock
    return SourceReport(
        name=stream.name,
        messages=tally.messages,
        events=tally.events,
        late=tally.late,
        duplicates=tally.duplicates,
        missing_messages=tally.missing - tally.filled,
        filled_messages=tally.filled,
        gaps=tally.gaps,
        missing=tuple(stream.gate.missing),
        refused={why.name.lower(): n for why, n in sorted(tally.refused.items(), key=lambda pair: pair[0].name)},
        boots=tally.boots,
        heard_s=stream.heard_s,
        lag_s=stream.lag_s,
        clock_offset_s=clock.clock_offset_s,
        correction_s=clock.correction_s,
        drift_ppm=clock.drift_ppm,
        steps=clock.steps,
        alarms=_alarms(stream, now_s),
    )


def _alarms(stream: SourceStream, now_s: float) -> tuple[str, ...]:
    clock, tally = stream.clock, stream.tally
    stepped = clock.last_step_s is not None and now_s - clock.last_step_s <= STEP_TOLD_S
    told = (
        (clock.level is not ClockLevel.OK, f"clock {clock.level.value}"),
        (stepped, "clock was set"),
        (tally.two_boots > 0, "two boots at once"),
        (tally.refused[Refusal.CONFLICT] > 0, "two messages of one number"),
        (tally.refused[Refusal.FOREIGN] > 0, "reports another source's device"),
        (now_s - stream.heard_s > SILENT_S, "silent"),
    )
    return tuple(words for holds, words in told if holds)
