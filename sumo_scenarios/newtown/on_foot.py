"""What a new town's programmes ask for on behalf of people on foot: leads, longer clearances at schools, scrambles."""

import random
from collections.abc import Iterator, Mapping
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.newtown.files import NewTown
from sumo_scenarios.newtown.town_plan import Block, TownPlan
from sumo_scenarios.newtown.ways import MIDBLOCK, block_sides, ways_of
from sumo_scenarios.walking_options import HOURS, LEAD, LONGER, SCRAMBLE

SCHOOL_HOURS: Final = "0-4@07:00-08:30 0-4@16:00-17:30"
"""When pupils are on their way, Monday to Friday by the wall clock: around the departures in `people`."""
MOST_LEAD_S, MOST_LONGER_S = 15, 30

Parameters = Mapping[str, Mapping[str, str]]
"""Parameters of programmes by signal."""


def check_on_foot(wanted: NewTown) -> None:
    """Raises: InvalidInputError for a lead, a longer clearance or a number of scrambles that cannot be."""
    for name, value, most in (
        ("--lead", wanted.lead_s, MOST_LEAD_S),
        ("--schools", wanted.schools_s, MOST_LONGER_S),
        ("--scrambles", wanted.scrambles, wanted.rows * wanted.columns),
    ):
        if not 0 <= value <= most:
            raise InvalidInputError(f"{name} needs 0 to {most}, got {value}")


def near_schools(town: TownPlan) -> frozenset[str]:
    """Return the signals at the corners of blocks with a school, and those for people in the middle of their sides."""
    ways = ways_of(town)
    schools = [block for block in town.blocks if block.pupils]
    middles = {ways[side].midblock for block in schools for side in block_sides(block).values()} - {""}
    return frozenset({corner for block in schools for corner in _corners(block)} | middles)


def with_scramble(town: TownPlan, number: int) -> frozenset[str]:
    """Return so many crossings of main roads, by a draw of their own: the rest of the town stays as it is."""
    signals = [f"J{r}x{c}" for r in range(len(town.rows)) for c in range(len(town.columns))]
    return frozenset(random.Random(f"scrambles {town.seed}").sample(signals, number))


def parameters_of(town: TownPlan, wanted: NewTown, signals: Iterator[str]) -> Parameters:
    """Return what the programme of each signal asks for besides its lamps."""
    schools = near_schools(town) if wanted.schools_s else frozenset[str]()
    scrambles = with_scramble(town, wanted.scrambles)
    found: dict[str, dict[str, str]] = {}
    for signal in signals:
        own = found[signal] = {}
        if wanted.lead_s and not signal.startswith(MIDBLOCK):
            own[LEAD] = str(wanted.lead_s)
        if signal in schools:
            own |= {LONGER: str(wanted.schools_s), HOURS: SCHOOL_HOURS}
        if signal in scrambles:
            own[SCRAMBLE] = "added"
    return found


def _corners(block: Block) -> Iterator[str]:
    yield from (f"J{block.row + r}x{block.column + c}" for r in (0, 1) for c in (0, 1))
