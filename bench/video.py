"""Speed and memory of video counting: `python -m bench.video`. Prints each figure with what it has to reach.

Processor time is counted, of this process and of the decoding ones, not time on the wall: others may use the machine.
A core that does nothing else reaches these rates. `--memory-s 600` is the measurement of record for memory.
"""

import argparse
import contextlib
import itertools
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import cv2
from rich.console import Console
from rich.table import Table

from bench.video_film import FPS, HEIGHT_PX, WIDTH_PX, write_film
from detectors.video.camera import Camera, Zone, ZoneKind, named_line
from detectors.video.capture.pictures import Picture
from detectors.video.capture.recorded import RecordedVideo
from detectors.video.report.in_order import InOrder
from detectors.video.report.intervals import IntervalTally
from detectors.video.report.seconds import SecondTally
from detectors.video.seen import Seen
from detectors.video.watching import Watching
from signal_ctrl.domain.errors import InvalidInputError, SignalCtrlError

LEAST_RATE: Final = 60.0
CAMERAS: Final = 4
LEAST_DECODING: Final = 120.0
MOST_GROWTH: Final = 0.03
"""Of the resident memory over the second half of the run; what counting keeps does not grow with time."""
_SETTLED: Final = 0.3
_WIDTH: Final = 110
_CAMERA: Final = Camera(
    "bench",
    (named_line("right", (320.0, 130.0), (320.0, 190.0)), named_line("left", (320.0, 200.0), (320.0, 260.0))),
    (Zone("stop", ((300.0, 140.0), (360.0, 140.0), (360.0, 190.0), (300.0, 190.0)), ZoneKind.PRESENCE),),
    width_px=WIDTH_PX,
    height_px=HEIGHT_PX,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: its value, unit, what it has to reach (`at_least`, else at most), and the ratio to that."""

    name: str
    value: float
    unit: str
    bound: float
    at_least: bool = True

    @property
    def ratio(self) -> float:
        """Return value over bound, or bound over value where small is good: 1 or more passes."""
        return self.value / self.bound if self.at_least else self.bound / max(self.value, 1e-9)

    @property
    def passed(self) -> bool:
        """Tell whether the figure is reached."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


class Tallies:
    """Everything that `count` keeps besides pictures."""

    def __init__(self) -> None:
        self.crossings = 0
        self._tallies = (InOrder(), IntervalTally(_CAMERA.lines, 900.0), SecondTally(_CAMERA.zones))

    def take(self, picture: Picture, seen: Seen) -> None:
        """Take what one picture showed."""
        self.crossings += len(seen.crossings)
        for tally in self._tallies:
            tally.take(picture.time_s, seen)

    def gap(self, gap: object) -> None:
        """Take that nothing was seen for a while: there is none here."""

    def end(self, seen: Seen) -> None:
        """Take what the end settled."""


def used_s() -> float:
    """Return the processor time of this process and of all that have ended below it. [s]"""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


def resident_mb() -> float:
    """Return the resident memory of this process. [MB]"""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def decoding(path: Path) -> Figure:
    """Measure decoding alone, with the way of the pictures from process to process."""
    begun_s = used_s()
    frames = sum(1 for _ in RecordedVideo(path, time.monotonic).pictures())
    return Figure("decode", frames / (used_s() - begun_s), "frames/s and core", LEAST_DECODING)


def counting(path: Path) -> Figure:
    """Measure decoding and counting of one video."""
    watching = Watching(_CAMERA, (Tallies(),))
    begun_s = used_s()
    frames = 0
    for picture in RecordedVideo(path, time.monotonic).pictures():
        watching.take(picture)
        frames += 1
    return Figure("decode and count", frames / (used_s() - begun_s), "frames/s and core", LEAST_RATE)


def four_cameras(path: Path) -> Figure:
    """Measure four videos at once, frame by frame in turn: how much of a core they need in their own time."""
    watchings = [Watching(_CAMERA, (Tallies(),)) for _ in range(CAMERAS)]
    begun_s, length_s = used_s(), 0.0
    with contextlib.ExitStack() as stack:
        videos = [RecordedVideo(path, time.monotonic).pictures() for _ in range(CAMERAS)]
        for pictures in zip(*(stack.enter_context(contextlib.closing(video)) for video in videos), strict=True):
            for watching, picture in zip(watchings, pictures, strict=True):
                watching.take(picture)
            length_s += 1.0 / FPS
    share = 100.0 * (used_s() - begun_s) / length_s
    return Figure(f"{CAMERAS} cameras at {FPS:g} frames/s", share, "% of a core", 100.0, at_least=False)


def memory(path: Path, seconds_s: float, tell: Callable[[str], None]) -> tuple[Figure, float, float, int]:
    """Count in a video over and over; return the growth, the memory after a third and at the end [MB], and the frames.

    Each round starts and ends a decoding process, so what these would leave behind shows too.
    """
    watching, tallies = None, Tallies()
    begun_s = time.monotonic()
    settled_mb, told_s, frames = 0.0, begun_s, 0
    for picture in _looped(path, begun_s + seconds_s):
        watching = watching or Watching(_CAMERA, (tallies,))
        watching.take(picture)
        frames += 1
        now_s = time.monotonic()
        if not settled_mb and now_s - begun_s >= _SETTLED * seconds_s:
            settled_mb = resident_mb()
        if now_s - told_s >= 60.0:
            told_s = now_s
            tell(f"{now_s - begun_s:.0f} s: {frames:,} frames, {tallies.crossings:,} crossings, {resident_mb():.1f} MB")
    end_mb = resident_mb()
    settled_mb = settled_mb or end_mb
    growth = 100.0 * max(end_mb / settled_mb - 1.0, 0.0)
    return Figure("growth of memory", growth, "%", 100.0 * MOST_GROWTH, at_least=False), settled_mb, end_mb, frames


def _looped(path: Path, until_s: float) -> Iterator[Picture]:
    start_s, start = 0.0, 0
    for _ in itertools.count():
        last = None
        for last in RecordedVideo(path, time.monotonic).pictures():
            yield Picture(last.frame, start + last.index, start_s + last.time_s)
            if time.monotonic() >= until_s:
                return
        assert last is not None
        start_s, start = start_s + last.time_s + 1.0 / FPS, start + last.index + 1


def run(frames: int, memory_s: float, console: Console, as_json: bool) -> int:
    """Measure and print; return the exit code: 1 if a figure is not reached."""
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="signal-ctrl-") as folder:
        path = write_film(Path(folder) / "street.mp4", frames)
        figures = [decoding(path), counting(path), four_cameras(path)]
        growth, settled_mb, end_mb, looped = memory(path, memory_s, lambda line: console.print(line, style="dim"))
    figures.append(growth)
    if as_json:
        rows = [{**asdict(each), "ratio": each.ratio, "passed": each.passed} for each in figures]
        sizes = {"settled_mb": settled_mb, "end_mb": end_mb, "frames": looped, "seconds_s": memory_s}
        sys.stdout.write(json.dumps({"figures": rows, "memory": sizes}, indent=1) + "\n")
    else:
        console.print(_table(figures))
        console.print(
            f"memory {settled_mb:.1f} MB after a third, {end_mb:.1f} MB after {memory_s:g} s, {looped:,} frames"
        )
    return int(not all(each.passed for each in figures))


def _table(figures: Sequence[Figure]) -> Table:
    table = Table("figure", "value", "unit", "has to be", "ratio", "verdict")
    for column in table.columns:
        column.no_wrap = True
    for each in figures:
        bound = f"{'at least' if each.at_least else 'at most'} {each.bound:g}"
        ratio = "–" if each.ratio > 999 else f"{each.ratio:.2f}"
        table.add_row(each.name, f"{each.value:,.1f}", each.unit, bound, ratio, "pass" if each.passed else "FAIL")
    return table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description="Speed and memory of video counting against what they have to reach.")
    parser.add_argument("--frames", type=int, default=500, help="length of the made film")
    parser.add_argument("--memory-s", type=float, default=600.0, help="how long memory is watched [s]")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args(arguments)
    try:
        if asked.frames < 2 or not asked.memory_s > 0.0:
            raise InvalidInputError("--frames has to be 2 or more, --memory-s above 0")
        return run(asked.frames, asked.memory_s, Console(stderr=asked.json, width=_WIDTH), asked.json)
    except SignalCtrlError as error:
        Console(stderr=True).print(f"bench-video: {error}", markup=False)
        return 2 if isinstance(error, InvalidInputError) else 3


if __name__ == "__main__":
    sys.exit(main())
