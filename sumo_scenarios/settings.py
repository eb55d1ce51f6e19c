"""What one closed-loop run is asked to do."""

import math
from dataclasses import dataclass, field
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED, SafetyProfile

CONTROLLERS: Final = ("net", "actuated", "delay_based", "max_pressure", "greedy", "adaptive")
SUMO_CONTROLLERS: Final = ("net", "actuated", "delay_based")
SENSINGS: Final = ("loops", "positions", "oracle")


@dataclass(frozen=True, slots=True)
class Closure:
    """A lane or an edge closed for a time. [s]"""

    place: str
    from_s: float = -math.inf
    to_s: float = math.inf

    def __post_init__(self) -> None:
        if not self.place or not self.from_s < self.to_s:
            raise InvalidInputError(f"--close wants LANE_OR_EDGE[@FROM-TO] with FROM before TO, got '{self.place}'")


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run. `scenario` is a catalogue name or the path of a `.sumocfg`; times are absolute simulation seconds.

    `options` are `--set key=value` pairs of the controller; an unknown key is refused. `loops_file` names the user's
    own loops (E1 definitions); empty: those laid out from the geometry.
    """

    scenario: str
    controller: str = "adaptive"
    seed: int = 1
    demand_seed: int = 0
    sensing: str = "loops"
    profile: SafetyProfile = PUBLISHED
    begin_s: float | None = None
    end_s: float | None = None
    scale: float = 1.0
    closures: tuple[Closure, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    loops_file: str = ""
    command: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        _one_of("controller", self.controller, CONTROLLERS)
        _one_of("sensing", self.sensing, SENSINGS)
        if not 0 <= self.seed < 2**31 or not 0 <= self.demand_seed < 2**31:
            raise InvalidInputError(
                f"--seed and --demand-seed need 0 to {2**31 - 1}, got {self.seed}, {self.demand_seed}"
            )
        if not 0 < self.scale <= 10:
            raise InvalidInputError(f"--scale needs a factor above 0 and at most 10, got {self.scale}")
        times = [t for t in (self.begin_s, self.end_s) if t is not None]
        if not all(math.isfinite(t) and t >= 0 for t in times):
            raise InvalidInputError("--begin and --end need simulation seconds, 0 or more")
        if len(times) == 2 and not times[0] < times[1]:
            raise InvalidInputError(f"--end {times[1]:g} s is not after --begin {times[0]:g} s")


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInputError(f"unknown {name} '{value}'; choose one of {', '.join(known)}")
