"""What a camera has seen before a film begins: the empty road, as it hangs there long before."""

from typing import Final

from detectors.video.counter import VideoCounter
from sumo_scenarios.film.movement import Scene
from sumo_scenarios.film.renderer import Renderer

LEARN_S: Final = 6.0


def learn_empty_road(counter: VideoCounter, renderer: Renderer, until_s: float, rate_hz: float) -> None:
    """Show a counter the empty road for a while before a time [s], in the light of the film."""
    for frame in range(int(LEARN_S * rate_hz)):
        time_s = until_s - LEARN_S + frame / rate_hz
        counter.warm(renderer.sent_quickly(renderer.frame(Scene.empty(time_s))), time_s)
    counter.restart()
