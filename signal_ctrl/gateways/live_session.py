"""One session of listening: messages in, events and bins out, the judge of loops beside; whoever receives feeds it.

The same for MQTT, for a replay and for batches that a route has received: `receive` takes what came over a wire,
`accept` a batch that is already read.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from detectors.live.bins import Bin, BinKeeper
from detectors.live.judges import LoopJudge
from detectors.live.message import Batch, Refusal, batch_of
from detectors.live.stream import LiveStream, Receipt
from detectors.live.told import LiveEvent, Told
from signal_ctrl.domain.errors import RefusedError
from signal_ctrl.gateways.row_file import Cell, RowFile

EVENT_HEADER: Final = ("time_s", "device", "code", "parameter", "source", "late")
BIN_HEADER: Final = (
    "begin_s", "period_s", "device", "channel", "count", "occupancy", "speed_mps", "valid_fraction",
    "source", "quality", "revision",
)  # fmt: skip


@dataclass(slots=True)
class Outputs:
    """Where events and bins go, if anywhere."""

    events: RowFile | None = None
    bins: RowFile | None = None

    @classmethod
    def at(cls, events: Path | None, bins: Path | None) -> "Outputs":
        """Begin files. Raises: InvalidInputError if they cannot be written."""
        return cls(
            None if events is None else RowFile(events, EVENT_HEADER),
            None if bins is None else RowFile(bins, BIN_HEADER),
        )

    def files(self) -> list[RowFile]:
        """Return those that there are."""
        return [file for file in (self.events, self.bins) if file is not None]


@dataclass(slots=True)
class LiveSession:
    """The core with its outputs. Time is an argument and does not go back. [s]

    `by_stream`: the clock is what the messages say of their sending, and arrivals do not count; for logs of the past.
    """

    outputs: Outputs = field(default_factory=Outputs)
    stream: LiveStream = field(default_factory=LiveStream)
    keeper: BinKeeper = field(default_factory=BinKeeper)
    judge: LoopJudge | None = None
    by_stream: bool = False
    stream_s: float = 0.0
    events: int = 0
    bins: int = 0

    def receive(self, source: str, payload: bytes, arrival_s: float) -> Receipt | Refusal:
        """Take in a message as it came; return why not if it cannot be read."""
        try:
            batch = batch_of(payload)
        except RefusedError as error:
            why = Refusal[error.rule]
            self.stream.refuse(source, why)
            return why
        return self.accept(source, batch, arrival_s)

    def accept(self, source: str, batch: Batch, arrival_s: float) -> Receipt:
        """Take in a batch of a source that whoever received it has proven."""
        if self.by_stream:
            arrival_s = self.stream_s = max(self.stream_s, batch.sent_ms / 1000)
        return self.stream.take(source, batch, arrival_s)

    def now_s(self, clock_s: float) -> float:
        """Return the time by which sources are judged. [s] Args: clock_s, of the machine."""
        return self.stream_s if self.by_stream else clock_s

    def turn(self, now_s: float) -> list[Told]:
        """Let out what is in its turn; return it."""
        told = self.stream.drain(self.now_s(now_s))
        self._let_out(told)
        return told

    def end(self, now_s: float) -> None:
        """Let out everything, and put the files in their places."""
        self._let_out(self.stream.end(self.now_s(now_s)))
        self._write(self.keeper.end())
        for file in self.outputs.files():
            file.close()

    def abandon(self) -> None:
        """Break off: keep the files in which something stands, leave no others behind."""
        for file in self.outputs.files():
            if file.rows:
                file.close()
            else:
                file.discard()

    def _let_out(self, told: list[Told]) -> None:
        for one in told:
            self.events += len(one.events)
            if self.judge is not None:
                self.judge.take(one)
            if self.outputs.events is not None:
                self.outputs.events.put(event_row(event) for event in one.events)
            self._write(self.keeper.take(one))

    def _write(self, bins: list[Bin]) -> None:
        self.bins += len(bins)
        if self.outputs.bins is not None:
            self.outputs.bins.put(bin_row(one) for one in bins)


def event_row(event: LiveEvent) -> tuple[Cell, ...]:
    """Return an event as the row of a table.

    >>> event_row(LiveEvent(1500, "J,1", 82, 3, "c"))
    ('1.5', 'J,1', 82, 3, 'c', 0)
    """
    time = f"{event.time_ms / 1000:.3f}".rstrip("0").rstrip(".")
    return time, as_text(event.device), event.code, event.parameter, as_text(event.source), int(event.late)


def bin_row(one: Bin) -> tuple[Cell, ...]:
    """Return a bin as the row of a table; empty fields where nothing is known."""
    figures = [None if v is None else f"{v:.4f}" for v in (one.occupancy, one.speed_mps, one.valid_fraction)]
    where = (f"{one.begin_s:.3f}", f"{one.period_s:g}", as_text(one.device), one.channel)
    return *where, one.count, *figures, as_text(one.source), one.quality, one.revision


def as_text(name: str) -> str:
    """Return a name that no spreadsheet takes for a formula.

    >>> as_text("a"), as_text("=1+1")
    ('a', "'=1+1")
    """
    return f"'{name}" if name[:1] in "=+-@" else name
