"""Progress of runs on standard error: bars on a terminal, a line every tenth elsewhere, nothing for programs.

Drawn by whoever reports and never by a thread of its own: runs are forked.
"""

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from sumo_scenarios.run import Watch
    from sumo_scenarios.supervise import Progress

_DRAW_EVERY_S: Final = 0.1
_TENTH: Final = 10


@dataclass(frozen=True, slots=True)
class Stretch:
    """One run to be watched: its name and its simulation time; `end_s` is None where nobody knows it. [s]"""

    name: str
    begin_s: float
    end_s: float | None

    def share(self, time_s: float) -> float | None:
        """Return how much of the run is done, 0 to 1."""
        if self.end_s is None or self.end_s <= self.begin_s:
            return None
        return min(max((time_s - self.begin_s) / (self.end_s - self.begin_s), 0.0), 1.0)


@contextlib.contextmanager
def watching(stretches: Sequence[Stretch], quiet: bool) -> "Iterator[Watch]":
    """Show the progress of runs while the block lasts; yields what is to be called with each report."""
    if quiet:
        yield lambda _index, _progress: None
    elif sys.stderr.isatty():
        with stderr_bars() as bars:
            yield _Drawn(stretches, bars)
    else:
        yield _Lines(stretches)


def clock(time_s: float) -> str:
    """Return simulation seconds as a clock shows them. [s]

    >>> clock(25200.0), clock(90061.5)
    ('07:00:00', '25:01:01')
    """
    whole = int(time_s)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def stderr_bars() -> "Bars":
    """Return bars on standard error that are drawn by whoever reports."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        auto_refresh=False,
    )


@dataclass(slots=True)
class _Drawn:
    stretches: Sequence[Stretch]
    bars: "Bars"
    tasks: "dict[int, TaskID]" = field(default_factory=dict)
    drawn_s: float = -1.0

    def __call__(self, index: int, progress: "Progress") -> None:
        stretch = self.stretches[index]
        share = stretch.share(progress.time_s)
        if index not in self.tasks:
            total = None if share is None else 1.0
            self.tasks[index] = self.bars.add_task(stretch.name, total=total, state="")
        state = f"{clock(progress.time_s)}  {progress.running:,} on the road, {progress.arrived:,} arrived"
        self.bars.update(self.tasks[index], completed=share or 0.0, state=state)
        now_s = time.monotonic()
        if now_s - self.drawn_s >= _DRAW_EVERY_S:
            self.drawn_s = now_s
            self.bars.refresh()


@dataclass(slots=True)
class _Lines:
    stretches: Sequence[Stretch]
    tenths: dict[int, int] = field(default_factory=dict)

    def __call__(self, index: int, progress: "Progress") -> None:
        stretch = self.stretches[index]
        share = stretch.share(progress.time_s)
        tenth = int((share or 0.0) * _TENTH)
        if tenth > self.tenths.get(index, 0):
            self.tenths[index] = tenth
            typer.echo(f"{stretch.name}: {tenth * _TENTH} % ({clock(progress.time_s)})", err=True)
