"""Vehicles with their lights on: two lamps beside each other as far apart as on a car, white before or red behind."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.lens import Lens
from detectors.video.bodies.shape import CAR, Floats, Silhouette, silhouette
from detectors.video.bodies.ways import Ways
from detectors.video.tone import Image, as_image

BRIGHT: Final = 205  # grey level of the brightest channel
LAMP_M: Final = 0.65  # above the road
LARGEST_M: Final = 0.8
LEAST_PX: Final = 3
APART_M: Final = (0.9, 1.9)
USUAL_M: Final = 1.4
ASKEW: Final = 0.45  # cosine between the line of the lamps and the heading
RED: Final = 40.0  # grey levels of red over blue
MIRROR_M: Final = 4.5  # a pair so near before another is its mirror image on the wet road
BESIDE_M: Final = 1.2
FARTHEST_M: Final = 90.0
DIFFERS: Final = 0.4  # of a car's pixels


@dataclass(frozen=True, slots=True)
class Pair:
    """A car that two lamps show: the middle of its footprint [m], its heading, how it shows."""

    place: Floats
    heading: Floats
    shape: Silhouette


def pairs_of(frame: Image, changed: Image, lens: Lens, ways: Ways) -> list[Pair]:
    """Return the cars whose lamps a frame (height, width, 3) shows where it changed, from far to near."""
    spots, red, size = _lamps(frame, changed, lens)
    found: list[tuple[float, int, int]] = []
    for one in range(len(spots)):
        apart = np.hypot(*(spots[one + 1 :] - spots[one]).T)
        for step in np.flatnonzero((apart >= APART_M[0]) & (apart <= APART_M[1])):
            other = one + 1 + int(step)
            alike = red[one] == red[other] and max(size[one], size[other]) <= 4.0 * min(size[one], size[other])
            if alike:
                found.append((abs(float(apart[step]) - USUAL_M), one, other))
    used: set[int] = set()
    pairs: list[Pair] = []
    for _, one, other in sorted(found):
        if one in used or other in used:
            continue
        pair = _pair(spots[one], spots[other], bool(red[one]), lens, ways)
        if pair is not None:
            used |= {one, other}
            pairs.append(pair)
    pairs.sort(key=lambda each: -float(np.hypot(*(each.place - lens.place[:2]))))
    return [pair for at, pair in enumerate(pairs) if not any(_mirrors(pair, far) for far in pairs[:at])]


def painted(firm: Image, changed: Image, pairs: list[Pair]) -> Image:
    """Return a mask with those of these cars in it that differ from the background, be it as a shadow does."""
    height, width = changed.shape
    for pair in pairs:
        spots = pair.shape.inside.astype(np.intp)
        spots = spots[((spots >= 0) & (spots < (width, height))).all(axis=1)]
        if len(spots) and (changed[spots[:, 1], spots[:, 0]] > 0).mean() >= DIFFERS:
            cv2.fillConvexPoly(firm, np.round(pair.shape.hull).astype(np.int32), (255,))
    return firm


def _lamps(frame: Image, changed: Image, lens: Lens) -> tuple[Floats, Floats, Floats]:
    """Return the places of lamps on the ground below them (n, 2) [m], which are red (n,), how large they are (n,)."""
    blue, green, red = cv2.split(frame)
    bright = as_image(cv2.inRange(cv2.max(cv2.max(blue, green), red), BRIGHT, 255)) & changed
    number, _, stats, middles = cv2.connectedComponentsWithStats(bright, connectivity=8)
    if number < 3:
        return np.zeros((0, 2)), np.zeros(0), np.zeros(0)
    places = lens.ground_of(np.asarray(middles[1:], dtype=np.float64), LAMP_M)
    away = np.hypot(*(places - lens.place[:2]).T)
    keep = np.isfinite(away) & (away < FARTHEST_M) & (stats[1:, cv2.CC_STAT_AREA] >= LEAST_PX)
    places, stats = places[keep], stats[1:][keep]
    metre_px = lens.metres_px(np.column_stack((places, np.full(len(places), LAMP_M))))
    extent = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1)
    small = extent <= np.maximum(LARGEST_M * metre_px, 6.0)
    places, stats = places[small], stats[small]
    return places, _red(frame, stats), stats[:, cv2.CC_STAT_AREA].astype(np.float64)


def _red(frame: Image, stats: NDArray[np.int32]) -> Floats:
    """Return 1 for lamps that are red with what they light around them, else 0, (n,)."""
    told = np.zeros(len(stats))
    for at, (x, y, w, h, _) in enumerate(stats.tolist()):
        around = cv2.mean(frame[max(0, y - 2) : y + h + 2, max(0, x - 2) : x + w + 2])
        told[at] = around[2] - around[0] > RED
    return told


def _pair(one: Floats, other: Floats, red: bool, lens: Lens, ways: Ways) -> Pair | None:
    middle = (one + other) / 2.0
    heading = ways.at(middle)
    if heading is None:
        return None
    line = (other - one) / float(np.hypot(*(other - one)))
    if abs(float(line @ heading)) > ASKEW:
        return None
    toward = float(heading @ (lens.place[:2] - middle)) > 0.0
    if toward == red:
        heading = -heading
    place = middle + heading * (CAR.length_m / 2.0 - 0.1) * (1.0 if red else -1.0)
    shape = silhouette(lens, CAR, place, heading)
    return None if shape is None else Pair(place, heading, shape)


def _mirrors(pair: Pair, far: Pair) -> bool:
    off = pair.place - far.place
    along = float(off @ far.heading)
    across = abs(float(off[0] * far.heading[1] - off[1] * far.heading[0]))
    return abs(along) < MIRROR_M and across < BESIDE_M
