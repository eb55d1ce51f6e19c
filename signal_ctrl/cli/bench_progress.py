"""Progress of an experiment on standard error: a bar on a terminal, a line a run elsewhere, nothing for programs."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from signal_ctrl.cli.progress import clock

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from bench.runner import State, Watch
    from bench.work import Done

_DRAW_EVERY_S: Final = 0.2


@contextlib.contextmanager
def following(total: int, out: Path, quiet: bool) -> "Iterator[Watch]":
    """Show the progress of an experiment while the block lasts; yields what is to be called with each state."""
    if quiet:
        yield lambda _state: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[state]}"))
        with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bars:
            yield _Drawn(bars, bars.add_task("runs", total=total, state=""))
    else:
        yield _Lines(out)


def left(state: "State") -> str:
    """Return the time left in words."""
    return "" if state.left_s is None else f"{clock(state.left_s)} left"


@dataclass(slots=True)
class _Drawn:
    bars: "Bars"
    task: "TaskID"
    at: str = ""
    drawn_s: float = field(default=-1.0)

    def __call__(self, state: "State") -> None:
        self.at = next(iter(state.running), self.at)
        now_s = time.monotonic()
        if state.last is None and now_s - self.drawn_s < _DRAW_EVERY_S:
            return
        self.drawn_s = now_s
        self.bars.update(
            self.task, completed=state.done, state="  ".join(part for part in (left(state), self.at) if part)
        )
        self.bars.refresh()


@dataclass(slots=True)
class _Lines:
    out: Path

    def __call__(self, state: "State") -> None:
        if state.last is None:
            if not state.running:
                typer.echo(f"{state.done} of {state.total} runs are there", err=True)
            return
        parts = (f"{state.done}/{state.total} {state.last.run_id}: {self._figure(state.last)}", left(state))
        typer.echo(", ".join(part for part in parts if part), err=True)

    def _figure(self, done: "Done") -> str:
        if done.status != "complete":
            return done.status
        try:
            result = json.loads((self.out / "runs" / done.run_id / "result.json").read_text(encoding="utf-8"))
            return f"{result['delay_s_per_vehicle']:.1f} s/veh"
        except (OSError, ValueError, KeyError, TypeError):
            return done.status
