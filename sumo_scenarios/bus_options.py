"""What buses of a run report, and how they are weighed: the options of bus priority in a run."""

from dataclasses import dataclass, field
from typing import Any, Final

from detectors.buses.weighing import BusWeighing
from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class BusOptions:
    """How buses report in a run, and how they are weighed. [s] [m]

    A bus reports every `every_s`, each bus in a second of its own, with a normal error of `noise_m` in each direction.
    `lost`, share of spells of a minute and a half without any report; `stray`, share of reports hundreds of metres off;
    `load`, whether persons are counted. `every_s` 0: no positions. `beacons`: readers before the stop lines read tags.
    """

    every_s: float = 5.0
    noise_m: float = 6.0
    lost: float = 0.05
    stray: float = 0.01
    load: bool = False
    beacons: bool = False
    weighing: BusWeighing = field(default_factory=BusWeighing)

    def __post_init__(self) -> None:
        if not (self.every_s == 0 or 1 <= self.every_s <= 60) or not 0 <= self.noise_m <= 100:
            raise InvalidInputError("buses report every 1 to 60 s (0: not at all), with an error of 0 to 100 m")
        if not (0 <= self.lost <= 1 and 0 <= self.stray <= 1):
            raise InvalidInputError("shares of lost and stray reports are 0 to 1")
        if self.every_s == 0 and not self.beacons:
            raise InvalidInputError("buses that report neither positions nor beacons need not be asked")


_KEYS: Final = {"every": "every_s", "noise": "noise_m", "lost": "lost", "stray": "stray"}
_FLAGS: Final = ("load", "beacons")
_WEIGHING: Final = {"usual": "usual_load", "urgent": "most_urgent", "late": "late_from_s", "per": "late_per_s"}


def parse_buses(text: str) -> BusOptions:
    """Return how buses report and are weighed by a text such as `every=10,noise=8,lost=0.1`; empty: as usual.

    Raises: InvalidInputError for another form.
    >>> parse_buses("every=10,load=1,usual=20").weighing.usual_load
    20.0
    """
    found: dict[str, Any] = {}
    weighing: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.strip().partition("=")
        number = _number(part, value)
        if key in _FLAGS:
            found[key] = bool(number)
        elif key in _KEYS:
            found[_KEYS[key]] = number
        elif key in _WEIGHING:
            weighing[_WEIGHING[key]] = number
        else:
            names = ", ".join((*_KEYS, *_FLAGS, *_WEIGHING))
            raise InvalidInputError(f"--buses does not know '{key}'; it takes {names}, each =NUMBER")
    return BusOptions(**found, weighing=BusWeighing(**weighing))


def bus_options_of(document: dict[str, Any]) -> BusOptions:
    """Return the options that the settings of a run hold. Raises: InvalidInputError if they are none."""
    try:
        return BusOptions(**{**document, "weighing": BusWeighing(**document["weighing"])})
    except (KeyError, TypeError) as error:
        raise InvalidInputError(f"buses: {error}") from error


def _number(part: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise InvalidInputError(f"--buses: '{part}' is not KEY=NUMBER") from None
