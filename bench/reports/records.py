"""The rows of the tables in `tables/`, one dataclass a table; docs/file-formats.md describes the columns."""

from dataclasses import dataclass
from typing import Final

TABLES: Final = "tables"


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One group of runs that differ in their seeds alone, and its comparison with the baseline. [s/veh]"""

    scenario: str
    controller: str
    condition: str
    runs: int
    valid: int
    invalid: int
    gridlocked: int
    delay_s: float
    deviation_s: float
    worst_delay_s: float
    worst_seed: str
    baseline: str
    difference_s: float
    low_s: float
    high_s: float
    bootstrap_low_s: float
    bootstrap_high_s: float
    relative: float
    worst_difference_s: float
    worst_difference_seed: str
    p_better: float
    p_wilcoxon: float
    p_holm: float
    seeds_needed: float
    values: int
    verdict: str


@dataclass(frozen=True, slots=True)
class PairRow:
    """One pair of runs. [s/veh]"""

    scenario: str
    controller: str
    condition: str
    baseline: str
    seed: int
    demand_seed: int
    delay_s: float
    baseline_s: float
    difference_s: float


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Mean of one measure over the valid runs of a group, in its own unit."""

    scenario: str
    controller: str
    condition: str
    measure: str
    mean: float
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class NoiseRow:
    """How far seeds alone move one group, and the differences to the baseline. [s/veh]"""

    scenario: str
    controller: str
    runs: int
    mean_s: float
    deviation_s: float
    range_s: float
    difference_deviation_s: float


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One point of a curve over `axis`, failure_rate or scale: mean, least and most delay of its seeds. [s/veh]"""

    scenario: str
    axis: str
    value: float
    controller: str
    runs: int
    invalid: int
    delay_s: float
    least_s: float
    most_s: float
    difference_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One edge under one controller, mean of the valid runs. [veh], [s/veh]"""

    controller: str
    edge: str
    vehicles: float
    delay_s_per_vehicle: float


@dataclass(frozen=True, slots=True)
class ShapeRow:
    """One street: number of lanes and its course as `x,y x,y …`. [m]"""

    edge: str
    lanes: int
    shape: str


@dataclass(frozen=True, slots=True)
class CycleRow:
    """One cycle of a coordination diagram: from the end of green to the next; green begins after so much. [s]"""

    controller: str
    signal: str
    edge: str
    from_s: float
    green_after_s: float
    cycle_s: float


@dataclass(frozen=True, slots=True)
class ArrivalRow:
    """One arrival of a coordination diagram. [s]"""

    controller: str
    signal: str
    edge: str
    at_s: float
    in_cycle_s: float
    aspect: str


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One minute of one signal in one run: means over its decisions of how many vehicles wait in the time ahead. [veh]

    What the model expected, what happened to those within reach, what those added who came later, and the size of the
    error.
    """

    controller: str
    signal: str
    from_s: float
    decisions: int
    expected_veh: float
    happened_veh: float
    newcomers_veh: float
    error_size_veh: float


@dataclass(frozen=True, slots=True)
class LampRow:
    """What a stop line of a corridor shows for a time: green or amber; red is what is left. [m], [s]"""

    controller: str
    direction: str
    distance_m: float
    from_s: float
    to_s: float
    aspect: str


@dataclass(frozen=True, slots=True)
class BandRow:
    """A band: who starts in it at the first stop line and drives at the speed limit meets green at all of them. [s]"""

    controller: str
    direction: str
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Where a vehicle is on a corridor; `part` counts its visits. [s], [m]"""

    controller: str
    direction: str
    vehicle: str
    part: int
    time_s: float
    distance_m: float
