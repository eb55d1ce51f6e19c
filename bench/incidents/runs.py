"""The runs of the campaign in their files: made when they are asked for and not there yet."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.incidents.cases import Case, Purpose, Scenario, drawn
from bench.incidents.recording import Place, Recorded, place_of, read, record, use_of, write
from signal_ctrl.domain.errors import InvalidInputError

SCENARIOS: Final = {
    "corridor": Scenario("corridor", 1.0, 24_300.0, 28_800.0),
    "cologne8": Scenario("cologne8", 1.75, 25_200.0, 28_800.0),
    "ingolstadt7": Scenario("ingolstadt7", 1.0, 57_600.0, 61_200.0),
}
N_USUAL: Final = 8
"""Days that teach what is usual."""
RECORDED_SHARE: Final = 0.2
"""Share of the vehicles whose positions are recorded."""
_GOLDEN: Final = 0.6180339887
"""Multiples of it, less whole numbers, lie evenly between 0 and 1: which vehicles are among those that are seen."""
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Equipped:
    """How much is seen: share of the roads with loops, of the vehicles that report positions.

    `salt` draws other roads. Of several draws each run is seen with one: every `draws`-th, from number `draw` on.
    """

    loops_share: float = 0.5
    positions_share: float = 0.05
    salt: str = ""
    draw: int = 0
    draws: int = 1

    @property
    def word(self) -> str:
        """Its name in the ledger."""
        return f"loops {self.loops_share:g} positions {self.positions_share:g}"

    def sees(self, number: int) -> bool:
        """Tell whether a run of this number is seen with these roads."""
        return number % self.draws == self.draw


def draws_of(loops_share: float, positions_share: float, draws: int) -> list[Equipped]:
    """Return so many draws of the roads with loops, the first the one that all else in this project uses."""
    return [Equipped(loops_share, positions_share, f"{at}" if at else "", at, draws) for at in range(draws)]


class Runs:
    """Gives runs, from their files where they are there.

    They are recorded with loops on all roads, and with the positions of a fifth of the vehicles; what is asked for is
    taken from them, so that the same runs are seen with more and with less.
    """

    def __init__(self, folder: Path, equipped: Equipped, told: Told) -> None:
        self._folder, self._told = folder, told
        self.equipped = equipped

    def place(self, scenario: Scenario) -> Place:
        """Return the roads of a scenario, with the loops that are asked for."""
        return place_of(scenario.name, self.equipped.loops_share, self.equipped.salt)

    def usual(self, scenario: Scenario) -> list[Recorded]:
        """Return the runs that teach what is usual."""
        return [self.run(Case(scenario, Purpose.USUAL, number)) for number in range(N_USUAL)]

    def use(self, scenario: Scenario) -> list[float]:
        """Return demand over capacity of each road."""
        return use_of(self.usual(scenario), self.place(scenario).network)

    def is_there(self, case: Case) -> bool:
        """Tell whether a run was made."""
        return self._path(case).exists()

    def run(self, case: Case) -> Recorded:
        """Return a run."""
        path = self._path(case)
        if not path.exists():
            place = place_of(case.scenario.name, 1.0)
            blocked = drawn(case, place.network, self.use(case.scenario)) if case.purpose.has_incident else None
            self._told(f"making {case.key}")
            write(path, record(case, place, blocked, RECORDED_SHARE))
        return self._seen(case.scenario, read(path))

    def _seen(self, scenario: Scenario, whole: Recorded) -> Recorded:
        """Return of a recording what is seen with the equipment that is asked for."""
        there = {loop.detector: at for at, loop in enumerate(place_of(scenario.name, 1.0).network.loops)}
        loops = [there[loop.detector] for loop in self.place(scenario).network.loops]
        share = self.equipped.positions_share / RECORDED_SHARE
        rows = (whole.positions[:, 1] * _GOLDEN) % 1 < share
        return replace(
            whole,
            vehicles=whole.vehicles[:, loops],
            occupied=whole.occupied[:, loops],
            positions=whole.positions[rows],
        )

    def there(self, scenario: Scenario, purpose: Purpose, most: int) -> Iterator[tuple[Case, Recorded]]:
        """Yield the runs of a purpose that were made and are seen with these roads, in the order of their numbers."""
        for number in range(most):
            case = Case(scenario, purpose, number)
            if self.equipped.sees(number) and self.is_there(case):
                yield case, self.run(case)

    def _path(self, case: Case) -> Path:
        return self._folder / f"{case.key.replace('/', '-')}.npz"


def scenarios_of(names: Sequence[str]) -> list[Scenario]:
    """Return scenarios by name. Raises: InvalidInputError for one that has no place in the campaign."""
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise InvalidInputError(f"no scenario '{unknown[0]}' in this campaign; it has {', '.join(SCENARIOS)}")
    return [SCENARIOS[name] for name in names]
