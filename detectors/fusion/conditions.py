"""Conditions under which a source is as good as it is: light, weather, how crowded the lane is, how much was seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

LIGHTS: Final = ("day", "night")
WEATHERS: Final = ("dry", "rain")
CROWDINGS: Final = ("thin", "dense", "jammed")
DENSE: Final = 0.15
JAMMED: Final = 0.35
"""Occupancies from which a lane is dense and jammed (0-1)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One class of conditions."""

    light: str = "day"
    weather: str = "dry"
    crowding: str = "thin"

    def __post_init__(self) -> None:
        for value, known in ((self.light, LIGHTS), (self.weather, WEATHERS), (self.crowding, CROWDINGS)):
            if value not in known:
                raise InvalidInputError(f"a condition is one of {', '.join(known)}, got '{value}'")

    def wider(self) -> Iterator[tuple[str, ...]]:
        """Yield the class, then ever wider ones: without crowding, without light and weather."""
        yield (self.light, self.weather, self.crowding)
        yield (self.light, self.weather)
        yield ()


def crowding_of(occupancy: float | None) -> str:
    """Return the class of an occupancy (0-1), None: not known.

    >>> crowding_of(None), crowding_of(0.2), crowding_of(0.5)
    ('thin', 'dense', 'jammed')
    """
    if occupancy is None or occupancy < DENSE:
        return "thin"
    return "dense" if occupancy < JAMMED else "jammed"
