"""What a camera has seen before a film begins: the empty road, as it hangs there long before."""

from collections.abc import Callable
from typing import Final

from detectors.video.counter import VideoCounter
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.renderer import Image, Renderer

LEARN_S: Final = 6.0


def learn_empty_road(
    counter: VideoCounter, renderer: Renderer, until_s: float, rate_hz: float, sent: Callable[[Image], Image]
) -> None:
    """Show a counter the empty road for a while before a time [s], in the light of the film.

    `sent` makes of a frame what arrives, as for the film itself: what the encoding leaves of the noise is learnt too.
    """
    for frame in range(int(LEARN_S * rate_hz)):
        time_s = until_s - LEARN_S + frame / rate_hz
        counter.warm(sent(renderer.frame(Scene.empty(time_s))), time_s)
    counter.restart()
