"""What `signal-ctrl special simulate` asks of the closed loop."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from sumo_scenarios.special_loop.order import SpecialOrder


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command. [s]"""

    scenario: str
    trips: Path | None
    random: int
    first_s: float
    apart_s: float
    begin_s: float | None
    end_s: float | None
    controller: str
    seed: int
    rescue_lane: bool = False
    blue_light: bool = False


def order_of(asked: Asked, corridor: bool) -> "SpecialOrder":
    """Return the run that is asked for. Raises: InvalidInputError."""
    from signal_ctrl.domain.profile import STREET
    from sumo_scenarios.settings import SLOTTED, RunSettings
    from sumo_scenarios.special_loop.order import Others, SpecialOrder, read_trips
    from sumo_scenarios.special_loop.trips import Spacing, random_trips, world_of

    if (asked.trips is None) == (asked.random == 0):
        raise InvalidInputError("name the special vehicles by --trips FILE, or let some be drawn by --random N")
    if asked.controller not in ("adaptive", "hybrid", *SLOTTED):
        raise InvalidInputError(
            f"corridors are asked of engines that look and decide: adaptive, hybrid, {', '.join(SLOTTED)}, "
            f"not '{asked.controller}'"
        )
    if asked.rescue_lane and asked.blue_light:
        raise InvalidInputError("--rescue-lane (red is kept) and --blue-light (red is passed): name one of the two")
    others = Others.RESCUE_LANE if asked.rescue_lane else Others.BLUE_LIGHT if asked.blue_light else Others.NOBODY
    end_s = asked.end_s
    if end_s is None and asked.random:
        end_s = asked.first_s + asked.random * asked.apart_s
    settings = RunSettings(
        asked.scenario, asked.controller, asked.seed, profile=STREET, begin_s=asked.begin_s, end_s=end_s
    )
    if asked.trips is not None:
        return SpecialOrder(settings, read_trips(asked.trips), corridor, others)
    spacing = Spacing(asked.first_s, asked.apart_s, asked.random)
    return SpecialOrder(settings, random_trips(world_of(settings), spacing, asked.seed), corridor, others)
