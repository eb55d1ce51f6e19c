"""Watching a video for the paths of all who move in it."""

import contextlib

from detectors.video.camera import Camera
from detectors.video.capture.pictures import Picture
from detectors.video.draft.paths import PathCollector
from detectors.video.watching import Watching
from signal_ctrl.cli.count_progress import Stand, counting_progress
from signal_ctrl.cli.count_sources import Span, seconds_of, source_of
from signal_ctrl.cli.stopping import tidy_end


def watch_paths(video: str, from_: str | None, to: str, quiet: bool) -> PathCollector:
    """Return the paths in a part of a video. Raises: InvalidInputError, KeyboardInterrupt."""
    source = source_of(video, Span(0.0 if from_ is None else seconds_of(from_), seconds_of(to)))
    collector = PathCollector()
    watching = Watching(Camera("draft"), (collector,))
    with tidy_end(source.stop) as stop, counting_progress(quiet) as report:
        for name, pictures in (("learning", source.first_pass()), ("watching", source.pictures())):
            with contextlib.closing(pictures):
                for frames, item in enumerate(pictures, 1):
                    if name == "learning" and isinstance(item, Picture):
                        watching.learn(item)
                    else:
                        watching.take(item)
                    if isinstance(item, Picture):
                        report(Stand(name, source.share(item.time_s), item.time_s, frames, len(collector.paths)))
                    if stop.asked:
                        raise KeyboardInterrupt
            watching.restart()
        watching.end()
    return collector
