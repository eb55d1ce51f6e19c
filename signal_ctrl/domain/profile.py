"""Safety profiles: the intervals under which a whole experiment runs."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError

AMBER_RANGE_S: Final = (3.0, 6.0)
MIN_GREEN_RANGE_S: Final = (5.0, 60.0)
MAX_GREEN_RANGE_S: Final = (10.0, 300.0)
MAX_RED_RANGE_S: Final = (30.0, 300.0)
PED_SPEED_RANGE_MPS: Final = (0.3, 1.2)


def _within(name: str, value: float, bounds: tuple[float, float]) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise InvalidTimingError(f"need {low:g} <= {name} <= {high:g}, got {value:g}")


@dataclass(frozen=True, slots=True)
class SafetyProfile:
    """Amber, clearance, minimum green and start-up of one experiment; SAFETY rules K2 to K5 and K7.

    `actuated_max_green_s` is the longest green in the programmes that SUMO's own controllers are given.
    `amber_by_speed` and `all_red_by_geometry` take the ITE formulas instead of the shortest values, both or neither.
    """

    name: str
    amber_s: float
    min_green_s: float
    max_green_s: float
    max_red_s: float
    ped_max_red_s: float
    walk_s: float
    ped_speed_mps: float
    ped_buffer_s: float
    actuated_max_green_s: float
    startup_flash_s: float
    startup_all_red_s: float
    amber_by_speed: bool
    all_red_by_geometry: bool

    def __post_init__(self) -> None:
        _within("amber_s", self.amber_s, AMBER_RANGE_S)
        _within("min_green_s", self.min_green_s, MIN_GREEN_RANGE_S)
        _within("max_green_s", self.max_green_s, MAX_GREEN_RANGE_S)
        _within("max_red_s", self.max_red_s, MAX_RED_RANGE_S)
        _within("ped_max_red_s", self.ped_max_red_s, MAX_RED_RANGE_S)
        _within("walk_s", self.walk_s, (4.0, 60.0))
        _within("ped_speed_mps", self.ped_speed_mps, PED_SPEED_RANGE_MPS)
        _within("ped_buffer_s", self.ped_buffer_s, (3.0, 30.0))
        _within("actuated_max_green_s", self.actuated_max_green_s, MAX_GREEN_RANGE_S)
        _within("startup_flash_s", self.startup_flash_s, (0.0, 255.0))
        _within("startup_all_red_s", self.startup_all_red_s, (0.0, 60.0))
        if self.amber_by_speed is not self.all_red_by_geometry:
            raise InvalidTimingError("'amber_by_speed' and 'all_red_by_geometry' go together: set both, or neither")


PUBLISHED: Final = SafetyProfile(
    name="published", amber_s=3.0, min_green_s=5.0, max_green_s=90.0, max_red_s=150.0, ped_max_red_s=120.0,
    walk_s=5.0, ped_speed_mps=1.2, ped_buffer_s=3.0, actuated_max_green_s=50.0,
    startup_flash_s=0.0, startup_all_red_s=0.0, amber_by_speed=False, all_red_by_geometry=False,
)  # fmt: skip
"""For comparison with papers: shortest intervals, no all-red, no start-up sequence."""

STREET: Final = SafetyProfile(
    name="street", amber_s=3.0, min_green_s=7.0, max_green_s=90.0, max_red_s=150.0, ped_max_red_s=120.0,
    walk_s=7.0, ped_speed_mps=1.0, ped_buffer_s=3.0, actuated_max_green_s=50.0,
    startup_flash_s=0.0, startup_all_red_s=6.0, amber_by_speed=True, all_red_by_geometry=True,
)  # fmt: skip
"""For everything else: amber by speed, all-red by geometry, pedestrian times, an all-red start."""

PROFILES: Final = {profile.name: profile for profile in (PUBLISHED, STREET)}


def profile_by_name(name: str) -> SafetyProfile:
    """Return the profile of that name.

    Raises: InvalidInputError if there is none.
    """
    if name not in PROFILES:
        raise InvalidInputError(f"unknown safety profile '{name}'; choose one of {', '.join(sorted(PROFILES))}")
    return PROFILES[name]
