"""The background of a camera over time: learnt at the start, followed, learnt anew when the scene has changed."""

from dataclasses import dataclass
from typing import Final

import cv2

from detectors.video.backdrop import SHADOW_LOW, Backdrop
from detectors.video.blobs import blobs_of, clean
from detectors.video.samples import Samples
from detectors.video.sizes import Sizes
from detectors.video.steady import Steady, steadied
from detectors.video.tone import Image, as_image

FIRST_S: Final = 2.0  # of a live picture before the first background
AGAIN_S: Final = (6.0, 20.0, 60.0)  # and when it is taken from all that was seen so far
FLOODED: Final = 0.6  # share of the picture that differs: the scene changed, not its vehicles
FLOODED_S: Final = 3.0  # after which the background is learnt anew
STILL: Final = 0.5  # share of a region without motion from one frame to the next: it stands
FOLLOW_S: Final = 0.25
FOLLOW_TIME_S: Final = 20.0  # in which the background takes over most of a lasting change


@dataclass(frozen=True, slots=True)
class Look:
    """Where something is in a frame, (height, width) of 0 and 255; None while the background is not known."""

    mask: Image | None
    flooded: bool = False
    changed: Image | None = None
    firm: Image | None = None
    dark: bool = False


class Scene:
    """Background of one camera in its working size.

    Args: lasting, whether a background that was learnt stays, whatever the picture shows: it is of the empty place;
    shadow_low, the least share of the light that a shadow leaves.
    """

    def __init__(
        self, sizes: Sizes, region: Image | None = None, lasting: bool = False, shadow_low: float = SHADOW_LOW
    ) -> None:
        self._shadow_low = shadow_low
        self._sizes = sizes
        self._region = region
        self._lasting = lasting
        self._samples: Samples | None = Samples()
        self.backdrop: Backdrop | None = None
        self._grey: Image | None = None
        self._steady: Steady | None = None
        self._began_s: float | None = None
        self._due: list[float] = []
        self._followed_s = 0.0
        self._flood_s: float | None = None

    def warm(self, frame: Image) -> None:
        """Take a frame as an example of the scene."""
        if self._samples is None:
            self._samples = Samples()
        grey = as_image(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
        self._samples.show(frame, grey, self._grey)
        self._grey = grey

    def steadied(self, frame: Image) -> Image:
        """Return a frame without the shake of the pole."""
        if self._steady is None:
            self._steady = Steady(frame if self.backdrop is None else self.backdrop.road)
        mask = None if self.backdrop is None else self.backdrop.mask
        return steadied(frame, self._steady.shift_px(frame, mask))

    def lifted(self, frame: Image) -> Image:
        """Return a frame as it is compared: of a dark scene brightened."""
        return frame if self.backdrop is None else self.backdrop.lifted(frame)

    def restart(self) -> None:
        """Learn the background from all examples; the clock begins anew."""
        if self._samples is not None and len(self._samples) > 1:
            self._take(self._samples)
            self._samples = None
        self._began_s, self._due, self._flood_s, self._grey = None, [], None, None
        self._followed_s = 0.0

    def resume(self) -> None:
        """Go on after a time in which nothing was seen: what is learnt is kept, and goes on being learnt."""
        self._flood_s, self._grey = None, None

    def look(self, frame: Image, now_s: float) -> Look:
        """Return what differs from the background in a frame. [s]"""
        self._learn(frame, now_s)
        if self.backdrop is None:
            return Look(None)
        difference, dark = self.backdrop.differ(frame), self.backdrop.dark
        flooded = difference.share > FLOODED
        self._watch_flood(flooded, now_s)  # which may forget the background
        return Look(
            self._within(difference.solid),
            flooded,
            self._within(difference.changed),
            self._within(difference.firm),
            dark,
        )

    def follow(self, frame: Image, now_s: float, keep: Image) -> None:
        """Let the background follow slow changes where `keep` is 0 and nothing differs."""
        passed_s = now_s - self._followed_s
        if self.backdrop is None or passed_s < FOLLOW_S:
            return
        self._followed_s = now_s
        self.backdrop.follow(frame, min(1.0, passed_s / FOLLOW_TIME_S), keep)

    def _learn(self, frame: Image, now_s: float) -> None:
        """Collect examples while the background is not known or young, and learn it when it is time."""
        if self._began_s is None:
            self._began_s = self._followed_s = now_s
            self._due = [] if self.backdrop is not None else [now_s + each for each in (FIRST_S, *AGAIN_S)]
        if not self._due:
            return
        self.warm(frame)
        if now_s >= self._due[0] and self._samples is not None and len(self._samples) > 1:
            self._take(self._samples)
            self._due.pop(0)
        if not self._due:
            self._samples = None

    def _take(self, samples: Samples) -> None:
        """Learn the background from samples, and the sizes of what moves in them."""
        self.backdrop = backdrop = Backdrop(samples, self._shadow_low)
        self._steady = None
        for frame, still in samples.moving():
            difference = backdrop.differ(frame)
            if difference.share > FLOODED:
                continue
            for blob in blobs_of(clean(self._within(difference.solid))):
                left, top, right, bottom = (int(each) for each in blob.box)
                if not blob.cut and still[top:bottom, left:right].mean() < STILL:
                    self._sizes.learn(blob.box)

    def _within(self, mask: Image) -> Image:
        return mask if self._region is None else as_image(cv2.bitwise_and(mask, self._region))

    def _watch_flood(self, flooded: bool, now_s: float) -> None:
        if not flooded:
            self._flood_s = None
        elif self._flood_s is None:
            self._flood_s = now_s
        elif now_s - self._flood_s > FLOODED_S and not self._lasting:
            self.backdrop, self._samples, self._began_s, self._flood_s = None, None, None, None
            self._steady = None
