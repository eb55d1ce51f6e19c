"""One counting from its begin to its end: learn the empty road, count, complete the files."""

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from detectors.video.capture.pictures import Picture
from detectors.video.watching import Watching
from signal_ctrl.cli.camera_files import fitted_to
from signal_ctrl.cli.count_outputs import Files, Summary, open_outputs
from signal_ctrl.cli.count_progress import Stand, counting_progress
from signal_ctrl.cli.stopping import Stop, tidy_end
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from detectors.video.camera import Camera
    from detectors.video.capture.pictures import Gap
    from signal_ctrl.cli.count_sources import Source


@dataclass(slots=True)
class CountJob:
    """Counts in a source for a camera of a file, into files.

    `empty`, a film of the place with nobody there, to learn the background from; None: the begin of the source itself.
    """

    source: "Source"
    camera: "Camera"
    camera_path: Path
    files: Files
    empty: "Source | None" = None
    summary: Summary = field(default_factory=Summary)
    watching: Watching | None = None
    frames: int = 0
    wall_s: float = 0.0

    def run(self, quiet: bool) -> bool:
        """Count; return whether somebody stopped it. What was counted is in the files then, too.

        Raises: InvalidInputError, BackendError; the files of a recorded video are not made then.
        """
        begun_s = time.monotonic()
        with contextlib.ExitStack() as outputs, tidy_end(self.source.stop) as stop, counting_progress(quiet) as report:
            self._learn(stop, report)
            self._watch(stop, report, outputs)
            if self.watching is not None:
                self.watching.end()
        self.wall_s = time.monotonic() - begun_s
        return stop.asked

    def rate(self) -> float:
        """Return the pictures that were looked at in a second, those of the first pass too. [1/s]"""
        return self.frames / max(self.wall_s, 1e-3)

    def _learn(self, stop: Stop, report: "Callable[[Stand], None]") -> None:
        learnt = self.source if self.empty is None else self.empty
        with contextlib.closing(learnt.first_pass()) as pictures:
            for picture in pictures:
                if stop.asked:
                    return
                self._watching(picture).learn(picture)
                self.frames += 1
                report(Stand("learning", learnt.share(picture.time_s), picture.time_s, self.frames))
        if self.watching is not None:
            self.watching.restart()
        if self.empty is not None and not (self.watching and self.watching.counter.knows_background):
            raise InvalidInputError(f"{self.empty.name} shows too little of the empty place; film it for some seconds")

    def _watch(self, stop: Stop, report: "Callable[[Stand], None]", outputs: contextlib.ExitStack) -> None:
        if stop.asked:
            return
        summary, source = self.summary, self.source
        with contextlib.closing(source.pictures()) as items:
            for item in items:
                if isinstance(item, Picture):
                    self._listened_to(item, outputs).take(item)
                    self.frames += 1
                elif self.watching is not None:
                    self.watching.take(item)
                if stop.asked:
                    return
                share = source.share(summary.last_s)
                report(Stand("counting", share, summary.last_s, summary.frames, summary.crossings, _notice(item)))
        if not source.live:
            report(Stand("counting", 1.0, summary.last_s, summary.frames, summary.crossings))

    def _listened_to(self, picture: Picture, outputs: contextlib.ExitStack) -> Watching:
        """Return the watching, its files open."""
        watching = self._watching(picture)
        if not watching.listeners:
            fps, live, is_known = self.source.fps(), self.source.live, self.empty is not None
            files = open_outputs(self.files, watching.camera, fps, live, outputs, is_known)
            watching.listeners = (self.summary, *files)
        return watching

    def _watching(self, picture: Picture) -> Watching:
        if self.watching is None:
            self.camera = fitted_to(self.camera, self.camera_path, picture.frame)
            self.watching = Watching(self.camera, learns_empty=self.empty is not None)
        return self.watching


def _notice(item: "Picture | Gap") -> str:
    return "" if isinstance(item, Picture) else f"no picture: {item.why}"
