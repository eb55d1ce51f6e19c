"""Which runs are made: days to learn what is usual from, runs without and with an incident; to train and to judge."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.domain.roads import RoadNetwork

HEAVY_USE: Final = 0.5
"""Demand over capacity before the incident: above it an incident is heavy."""
LEAST_USE: Final = 0.05
SHORTEST_M: Final = 60.0
HEAVY_SHARE: Final = 0.7
"""This share of the incidents is drawn among roads with heavy use, where there are any."""
WARM_UP_S: Final = 900.0
AFTER_S: Final = 720.0
"""A run with an incident ends so long after its begin."""
LATE_S: Final = 240.0
"""A vehicle that is to stand where a queue is comes there as soon as there is room; so long is waited for it."""
BEHIND_S: Final = 180.0
"""Who comes onto the road so soon after the begin of an incident may show it in time."""
DAY_TO_DAY: Final = 0.1
"""The demand of each run is drawn this far around that of its scenario."""


class Purpose(Enum):
    """What a run is for; the number is where its seeds begin."""

    USUAL = 1000
    TRAIN_QUIET = 1100
    TRAIN = 2000
    JUDGE_QUIET = 3000
    JUDGE = 4000

    @property
    def has_incident(self) -> bool:
        """Whether an incident happens."""
        return self in (Purpose.TRAIN, Purpose.JUDGE)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A network and the factor on its demand at which some of its roads are used heavily without a standstill."""

    name: str
    scale: float
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Case:
    """One run."""

    scenario: Scenario
    purpose: Purpose
    number: int

    @property
    def seed(self) -> int:
        """Seed of the run, of its demand's factor, and of its incident."""
        return self.purpose.value + self.number

    @property
    def key(self) -> str:
        """Its name in the ledger."""
        return f"{self.scenario.name}/x{self.scenario.scale:g}/{self.purpose.name.lower()}/s{self.seed}"

    @property
    def scale(self) -> float:
        """Factor on the demand of this run."""
        return self.scenario.scale * (1 + DAY_TO_DAY * (2 * random.Random(self.seed).random() - 1))


@dataclass(frozen=True, slots=True)
class Blocked:
    """A vehicle that stands: road, lane, metres from its begin, from when to when of the simulation. [m] [s]

    `use`, demand over capacity of the road before, mean of the usual runs; `behind_veh`, vehicles that came onto the
    road in the three minutes after it, None before the run was made.
    """

    road: str
    lane: int
    position_m: float
    from_s: float
    to_s: float
    use: float
    behind_veh: int | None = None

    @property
    def heavy(self) -> bool:
        """Whether over half of the capacity was in use."""
        return self.use > HEAVY_USE


def drawn(case: Case, network: RoadNetwork, use: Sequence[float]) -> Blocked:
    """Return the incident of a run: a random road, lane, place and time, 10 to 40 min long. Args: use, by road."""
    dice = random.Random(f"incident {case.scenario.name} {case.seed}")
    able = [at for at, road in enumerate(network.roads) if road.length_m >= SHORTEST_M and use[at] > LEAST_USE]
    heavy = [at for at in able if use[at] > HEAVY_USE]
    lighter = [at for at in able if use[at] <= HEAVY_USE]
    at = dice.choice(heavy if heavy and dice.random() < HEAVY_SHARE else lighter)
    road = network.roads[at]
    latest_s = case.scenario.end_s - case.scenario.begin_s - AFTER_S
    from_s = case.scenario.begin_s + dice.uniform(WARM_UP_S, latest_s)
    return Blocked(
        road.road,
        dice.randrange(road.lanes),
        round(dice.uniform(6.0, road.length_m - 1), 1),
        round(from_s, 1),
        round(from_s + dice.uniform(600, 2400), 1),
        round(use[at], 3),
    )
