"""Progress of counting on standard error: how far, frames a second, crossings; nothing for programs."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import typer

from signal_ctrl.cli.progress import clock, stderr_bars

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_DRAW_EVERY_S: Final = 0.2
_TELL_LIVE_EVERY_S: Final = 60.0
_TENTH: Final = 10


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the counting is: its pass, share done (None: nobody knows), video time [s], frames, crossings, notice."""

    name: str
    share: float | None
    time_s: float
    frames: int
    crossings: int = 0
    notice: str = ""


@contextlib.contextmanager
def counting_progress(quiet: bool) -> Iterator[Callable[[Stand], None]]:
    """Yield what is to be called with each stand."""
    if quiet:
        yield lambda _stand: None
    elif sys.stderr.isatty():
        with stderr_bars() as bars:
            yield _Drawn(bars)
    else:
        yield _Lines()


@dataclass(slots=True)
class _Rate:
    """Frames a second since the pass began."""

    begun_s: float = field(default_factory=time.monotonic)

    def of(self, stand: Stand) -> str:
        rate = stand.frames / max(time.monotonic() - self.begun_s, 1e-3)
        said = f"{clock(stand.time_s % 86400.0)}  {rate:,.0f} frames/s  {stand.crossings:,} crossings"
        return f"{said}  {stand.notice}".rstrip()


@dataclass(slots=True)
class _Drawn:
    bars: "Bars"
    rates: dict[str, _Rate] = field(default_factory=dict)
    drawn_s: float = -1.0

    def __call__(self, stand: Stand) -> None:
        now_s = time.monotonic()
        if stand.name not in self.rates:
            self.rates[stand.name] = _Rate()
            self.bars.add_task(stand.name, total=None if stand.share is None else 1.0, state="")
        if now_s - self.drawn_s >= _DRAW_EVERY_S or stand.share == 1.0:
            task = self.bars.task_ids[list(self.rates).index(stand.name)]
            self.bars.update(task, completed=stand.share or 0.0, state=self.rates[stand.name].of(stand))
            self.bars.refresh()
            self.drawn_s = now_s


@dataclass(slots=True)
class _Lines:
    rates: dict[str, _Rate] = field(default_factory=dict)
    tenths: dict[str, int] = field(default_factory=dict)
    told_s: float = field(default_factory=time.monotonic)

    def __call__(self, stand: Stand) -> None:
        rate = self.rates.setdefault(stand.name, _Rate())
        if stand.share is None:
            if time.monotonic() - self.told_s >= _TELL_LIVE_EVERY_S:
                self.told_s = time.monotonic()
                typer.echo(f"{stand.name}: {rate.of(stand)}", err=True)
            return
        tenth = int(stand.share * _TENTH)
        if tenth > self.tenths.get(stand.name, 0):
            self.tenths[stand.name] = tenth
            typer.echo(f"{stand.name}: {tenth * _TENTH} % ({rate.of(stand)})", err=True)
