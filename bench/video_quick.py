"""A quick look at the counter on short films: `python -m bench.video_quick --reels FOLDER`.

Films are rendered once and kept as the encoded frames that a camera would send, so that a change of the counter is
measured in the time that counting takes. Each film is counted with its calibration and, where asked, without it and
after a first pass over the same film, as a recorded clip of a camera without calibration is.
"""

import argparse
import math
import pickle
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.video_accuracy import NOT_JUDGED_S
from bench.video_scores import FilmScore, Passing, presence_right, score_lines
from bench.video_views import PLACES, Place, Stage, key_of, staged
from detectors.video.camera import Camera
from detectors.video.counter import VideoCounter
from sumo_scenarios.film.conditions import Condition, condition_named
from sumo_scenarios.film.empty_road import LEARN_S
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.renderer import Renderer
from sumo_scenarios.film.truth import Witness

HELD_OUT: Final = (
    Place("arm over the junction", "cologne1", "", "west", 26000.0),
    Place("pole at the kerb", "corridor", "K4", "south-side", 25900.0),
    Place("from behind", "cologne1", "", "west-behind", 26000.0),
    Place("across", "corridor", "K4", "east-across", 25900.0),
    Place("arm", "ingolstadt1", "", "west", 58500.0),
)
"""Views and times on which nothing was chosen."""
QUICK: Final = ("day", "night", "rain", "wind")
Frames = list[tuple[float, NDArray[np.uint8]]]


@dataclass
class Reel:
    """A film as it was sent: the empty road, then the traffic; the truth of lines and zones."""

    camera: Camera
    empty: Frames
    frames: Frames
    crossings: list[Passing]
    presence: list[tuple[int, str, float]]


def reel_of(stage: Stage, condition: Condition, seed: int, rate_hz: float) -> Reel:
    """Render a film."""
    view = stage.view
    renderer = Renderer(stage.site.roads, stage.site.stops, view.pinhole, condition, seed)
    witness, start_s = Witness(view), stage.scenes[0].time_s
    times = (frame / rate_hz - LEARN_S for frame in range(int(LEARN_S * rate_hz)))
    empty = [(time_s, _sent(renderer, Scene.empty(start_s + time_s), condition)) for time_s in times]
    frames = []
    for scene in stage.between(rate_hz):
        witness.see(scene)
        frames.append((scene.time_s - start_s, _sent(renderer, scene, condition)))
    true = [Passing(each.time_s, each.line, each.direction) for each in witness.crossings]
    return Reel(view.camera, empty, frames, true, [(p.time_s, p.zone, p.share) for p in witness.presence()])


def _sent(renderer: Renderer, scene: Scene, condition: Condition) -> NDArray[np.uint8]:
    _, code = cv2.imencode(".jpg", renderer.frame(scene), [cv2.IMWRITE_JPEG_QUALITY, condition.jpeg_quality])
    return np.asarray(code)


def shown(frames: Frames) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield times [s] and pictures (height, width, 3)."""
    for time_s, code in frames:
        yield time_s, np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), dtype=np.uint8)


def count_reel(reel: Reel, calibrated: bool, lasts_s: float, until_s: float) -> tuple[FilmScore, float]:
    """Count a film; return its score and the frames a second of processor time."""
    camera = reel.camera if calibrated else replace(reel.camera, ground=None)
    counter = VideoCounter(camera)
    for time_s, picture in shown(reel.empty if calibrated else reel.frames):
        counter.warm(picture, time_s)
    counter.restart()
    told: dict[str, defaultdict[int, list[bool]]] = {zone.name: defaultdict(list) for zone in camera.zones}
    counted, used_s = [], 0.0
    frames = [each for each in reel.frames if each[0] < until_s]
    for time_s, picture in shown(frames):
        began_s = time.process_time()
        seen = counter.step(picture, time_s)
        used_s += time.process_time() - began_s
        counted += [Passing(each.time_s, each.line, each.direction) for each in seen.crossings]
        for zone in seen.zones:
            told[zone.name][int(time_s + 1e-6)].append(zone.occupied)
    counted += [Passing(each.time_s, each.line, each.direction) for each in counter.end().crossings]
    judged = [
        [each for each in some if NOT_JUDGED_S <= each.time_s < until_s - 1.0] for some in (reel.crossings, counted)
    ]
    rows = [(second, zone, share) for second, zone, share in reel.presence if NOT_JUDGED_S <= second < until_s - 1.0]
    shares = [float(np.mean(told[zone].get(second) or [False])) for second, zone, _ in rows]
    right = presence_right([share for _, _, share in rows], shares)
    return FilmScore(lasts_s, score_lines(*judged), len(rows), right), len(frames) / used_s


def reels(options: argparse.Namespace) -> Iterator[tuple[str, str, Reel]]:
    """Yield the films asked for, made where they are not kept yet."""
    for place in HELD_OUT if options.held_out else PLACES:
        if options.places and key_of(place) not in options.places:
            continue
        stage = None
        for name in options.conditions:
            path = options.reels / f"{key_of(place)}-{name}-{options.seconds:g}-{options.seed}.reel".replace("/", "-")
            if not path.exists():
                stage = stage or staged(place, NOT_JUDGED_S, options.seconds, options.seed)
                made = reel_of(stage, condition_named(name), options.seed, options.rate)
                path.write_bytes(pickle.dumps(tuple(getattr(made, each.name) for each in fields(made))))
            yield key_of(place), name, Reel(*pickle.loads(path.read_bytes()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = _options(arguments)
    options.reels.mkdir(parents=True, exist_ok=True)
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for place, name, reel in reels(options):
        score, rate = count_reel(reel, not options.plain, options.seconds, options.until)
        errors = sum(abs(line.counted - line.true) for line in score.lines)
        ways = [f"{each.line}:{each.direction} {each.counted}/{each.true}({each.matched})" for each in score.lines]
        sys.stdout.write(f"{place:26} {name:9} {score.presence:6.1%} {rate:4.0f} f/s  {' '.join(ways)}\n")
        sys.stdout.flush()
        row = (score.true, score.counted, score.matched, errors, score.seconds, score.seconds_right)
        for each in (name, "all"):
            sums[each] = [one + other for one, other in zip(sums[each], row, strict=True)]
    for name, (true, counted, matched, errors, seconds, right) in sums.items():
        sys.stdout.write(
            f"{name:9} {counted:4}/{true:<4} {(counted - true) / max(true, 1):+7.1%}  "
            f"off per way {errors / max(true, 1):6.1%}  found {matched / max(true, 1):6.1%}  "
            f"extra {counted - matched:3}  presence {right / max(seconds, 1):6.1%}\n"
        )


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reels", type=Path, required=True, help="folder of kept films")
    parser.add_argument("--places", nargs="+", default=[])
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--conditions", nargs="+", default=list(QUICK))
    parser.add_argument("--plain", action="store_true", help="without calibration, in two passes")
    parser.add_argument("--seconds", type=float, default=100.0)
    parser.add_argument("--rate", type=float, default=12.5)
    parser.add_argument("--until", type=float, default=math.inf, help="count so much of each film only [s]")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
