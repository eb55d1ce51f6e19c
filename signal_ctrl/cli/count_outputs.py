"""What `count` leaves: tables and a video, each of them a listener of the watching."""

import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.row_file import RowFile
from signal_ctrl.gateways.whole_file import check_free

if TYPE_CHECKING:
    from detectors.video.camera import Camera
    from detectors.video.capture.film_writer import FilmWriter
    from detectors.video.capture.pictures import Gap, Picture
    from detectors.video.drawing.annotated import Annotator
    from detectors.video.report.tables import Cells
    from detectors.video.report.tally import Tally
    from detectors.video.seen import Seen
    from detectors.video.watching import Listener


@dataclass(slots=True)
class Summary:
    """Figures for the end: counts by line, direction and class; alarms; frames and times that were not seen. [s]"""

    counts: "Counter[tuple[str, str, str]]" = field(default_factory=Counter)
    speeds_mps: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    alarms: "Counter[str]" = field(default_factory=Counter)
    crossings: int = 0
    frames: int = 0
    invalid_frames: int = 0
    gap_s: float = 0.0
    first_s: float | None = None
    last_s: float = 0.0

    def take(self, picture: "Picture", seen: "Seen") -> None:
        """Take what one picture showed."""
        self.first_s = picture.time_s if self.first_s is None else self.first_s
        self.last_s = picture.time_s
        self.frames += 1
        self.invalid_frames += not seen.valid
        self._add(seen)

    def gap(self, gap: "Gap") -> None:
        """Take that nothing was seen for a while."""
        self.gap_s += gap.to_s - gap.from_s
        self.last_s = gap.to_s

    def end(self, seen: "Seen") -> None:
        """Take what the end settled."""
        self._add(seen)

    def classes(self, line: str, direction: str) -> dict[str, int]:
        """Return the count of each class that crossed a line in a direction."""
        return {kind: n for (at, way, kind), n in sorted(self.counts.items()) if (at, way) == (line, direction)}

    def speed_kmh(self, line: str, direction: str) -> float | None:
        """Return the mean speed of those whose speed is known. [km/h]"""
        total_mps, vehicles = self.speeds_mps.get((line, direction), (0.0, 0.0))
        return 3.6 * total_mps / vehicles if vehicles else None

    def _add(self, seen: "Seen") -> None:
        self.crossings += len(seen.crossings)
        for alarm in seen.alarms:
            self.alarms[alarm.kind.value] += 1
        for each in seen.crossings:
            self.counts[each.line, each.direction, each.kind.value] += 1
            if each.speed_mps is not None:
                total = self.speeds_mps.setdefault((each.line, each.direction), [0.0, 0.0])
                total[0] += each.speed_mps
                total[1] += 1.0


@dataclass(slots=True)
class Table:
    """Writes the rows of a tally as they come. Args: cells, a row as fields."""

    file: RowFile
    tally: "Tally[Any]"
    cells: "Callable[[Any], Cells]"

    def take(self, picture: "Picture", seen: "Seen") -> None:
        """Take what one picture showed."""
        self._put(self.tally.take(picture.time_s, seen))

    def gap(self, gap: "Gap") -> None:
        """Take that nothing was seen for a while."""
        self._put(self.tally.gap(gap.to_s))

    def end(self, seen: "Seen") -> None:
        """Take what the end settled."""
        self._put(self.tally.end(seen))

    def _put(self, rows: tuple[Any, ...]) -> None:
        if rows:
            self.file.put(self.cells(row) for row in rows)
            self.file.flush()


@dataclass(slots=True)
class Film:
    """Writes the annotated video."""

    writer: "FilmWriter"
    annotator: "Annotator"

    def take(self, picture: "Picture", seen: "Seen") -> None:
        """Take what one picture showed."""
        self.writer.put(self.annotator.drawn(picture, seen))

    def gap(self, gap: "Gap") -> None:
        """Take that nothing was seen for a while."""
        self.annotator.forget()

    def end(self, seen: "Seen") -> None:
        """Take what the end settled; there is no picture for it any more."""


@dataclass(frozen=True, slots=True)
class Files:
    """Where the tables and the video go, and how long an interval is; None for those that are not wanted. [s]"""

    out: Path
    intervals: Path | None = None
    interval_s: float = 900.0
    zones: Path | None = None
    alarms: Path | None = None
    annotate: Path | None = None

    def paths(self) -> tuple[Path, ...]:
        """Return the files that are wanted."""
        wanted = (self.out, self.intervals, self.zones, self.alarms, self.annotate)
        return tuple(path for path in wanted if path is not None)

    def check(self, overwrite: bool) -> None:
        """Check that every file may be written. Raises: InvalidInputError that names the first."""
        from detectors.video.capture.film_writer import check_film_name

        if self.annotate is not None:
            check_film_name(self.annotate)
        paths = self.paths()
        for at, path in enumerate(paths):
            check_free(path, overwrite)
            if path.resolve() in {each.resolve() for each in paths[:at]}:
                raise InvalidInputError(f"{path} is named twice; give each table a file of its own")


def open_outputs(
    files: Files,
    camera: "Camera",
    fps: float | None,
    growing: bool,
    stack: contextlib.ExitStack,
    empty_known: bool = False,
) -> "tuple[Listener, ...]":
    """Open what is wanted; closing the stack completes the files, or gives them up after an error.

    Args: fps, of the video to be written; growing, rows show up in the files at once; empty_known, whether the
        background is that of the empty place.
    """
    from detectors.video.report import tables
    from detectors.video.report.alarms import AlarmTally
    from detectors.video.report.in_order import InOrder
    from detectors.video.report.intervals import IntervalTally
    from detectors.video.report.seconds import SecondTally

    wanted: tuple[tuple[Path | None, tuple[str, ...], Tally[Any], Callable[[Any], Cells]], ...] = (
        (files.out, tables.CROSSINGS, InOrder(), tables.crossing_cells),
        (files.intervals, tables.INTERVALS, IntervalTally(camera.lines, files.interval_s), tables.interval_cells),
        (files.zones, tables.SECONDS, SecondTally(camera.zones, empty_known), tables.second_cells),
        (files.alarms, tables.ALARMS, AlarmTally(), tables.alarm_cells),
    )
    made: list[Listener] = [
        Table(stack.enter_context(RowFile(path, header, growing)), tally, cells)
        for path, header, tally, cells in wanted
        if path is not None
    ]
    if files.annotate is not None:
        made.append(_film(files.annotate, camera, fps, stack))
    return tuple(made)


def _film(path: Path, camera: "Camera", fps: float | None, stack: contextlib.ExitStack) -> Film:
    from detectors.video.capture.film_writer import FilmWriter
    from detectors.video.drawing.annotated import Annotator

    return Film(stack.enter_context(FilmWriter(path, fps)), Annotator(camera))
