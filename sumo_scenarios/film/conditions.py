"""Light, weather and the camera's own faults, by name."""

from dataclasses import dataclass, replace
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

Tint = tuple[float, float, float]
"""Factors on blue, green and red."""


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands; azimuth clockwise from north. `share` is its part in the light on open ground, 0 to 1."""

    azimuth_deg: float
    elevation_deg: float
    share: float

    def __post_init__(self) -> None:
        if not (0 < self.elevation_deg <= 90 and 0 <= self.share <= 1):
            raise InvalidInputError(f"a sun needs an elevation of 0 to 90 degrees and a share of 0 to 1, got {self}")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a film shows besides the traffic.

    Args: light, brightness of open ground against bright day, 0 to 1; clouds, depth of the shadows that pass, 0 to 1;
    haze_per_m, extinction; lamps, vehicles' lights are on; street_lamps, brightness below a lamp, 0 to 1;
    rain, streaks a frame; wet, strength of mirror images, 0 to 1; noise, standard deviation of the sensor
    [grey levels]; shake_px, standard deviation of the picture's place; drift, standard deviation of the exposure;
    jpeg_quality, 1 to 100; sway, how much trees move, 0 to 1; by_day, whether the figures of a day hold for it.
    """

    name: str
    text: str
    sun: Sun | None = None
    light: float = 1.0
    tint: Tint = (1.0, 1.0, 1.0)
    clouds: float = 0.0
    haze_per_m: float = 0.0
    haze_colour: tuple[int, int, int] = (205, 205, 200)
    lamps: bool = False
    street_lamps: float = 0.0
    rain: int = 0
    wet: float = 0.0
    noise: float = 2.0
    shake_px: float = 0.15
    drift: float = 0.01
    jpeg_quality: int = 88
    sway: float = 0.15
    by_day: bool = True

    @property
    def in_shade(self) -> float:
        """How bright ground in the shadow of the sun is against open ground, 0 to 1."""
        return 1.0 if self.sun is None else 1.0 - self.sun.share

    @property
    def dark(self) -> bool:
        """Whether headlamps light the road."""
        return self.light < 0.5


_DAY: Final = Condition("day", "sun high, few clouds", Sun(200.0, 48.0, 0.6))
_NIGHT: Final = Condition(
    "night", "street lamps and headlamps", None, 0.13, (1.05, 0.98, 0.92), lamps=True, street_lamps=0.34, noise=5.0,
    drift=0.02, jpeg_quality=80, by_day=False,
)  # fmt: skip

CONDITIONS: Final = {
    condition.name: condition
    for condition in (
        _DAY,
        replace(_DAY, name="overcast", text="no shadows but those under the vehicles", sun=None, light=0.82, noise=2.5),
        replace(
            _DAY, name="low-sun", text="long shadows, warm light", sun=Sun(255.0, 14.0, 0.62), light=0.9,
            tint=(0.86, 0.97, 1.06),
        ),
        replace(
            _DAY, name="clouds", text="shadows of clouds pass, the exposure follows", clouds=0.5, drift=0.04, sway=0.5
        ),
        replace(_DAY, name="wind", text="the pole shakes, trees move", shake_px=1.6, sway=1.0, by_day=False),
        replace(
            _DAY, name="rain", text="streaks, wet road with mirror images, lights on", sun=None, light=0.68, rain=260,
            wet=0.3, lamps=True, haze_per_m=0.003, noise=3.5, sway=0.5, jpeg_quality=80, by_day=False,
        ),
        replace(
            _DAY, name="fog", text="far vehicles fade, lights on", sun=None, light=0.8, haze_per_m=0.014, lamps=True,
            noise=2.5, by_day=False,
        ),
        replace(
            _DAY, name="dusk", text="half dark, lights on", sun=None, light=0.4, tint=(1.12, 0.98, 0.92), lamps=True,
            street_lamps=0.18, noise=4.0, drift=0.02, by_day=False,
        ),
        _NIGHT,
        replace(
            _NIGHT, name="night-rain", text="headlamps mirrored in a wet road, streaks", rain=200, wet=0.6,
            haze_per_m=0.003, sway=0.5,
        ),
        replace(
            _DAY, name="poor-link", text="strong compression, more noise", noise=5.0, jpeg_quality=22, by_day=False
        ),
    )
}  # fmt: skip


def condition_named(name: str) -> Condition:
    """Return a condition. Raises: InvalidInputError for an unknown name."""
    if name not in CONDITIONS:
        raise InvalidInputError(f"unknown condition '{name}'; choose one of {', '.join(CONDITIONS)}")
    return CONDITIONS[name]
