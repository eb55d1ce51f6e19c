"""What an override costs in delay, as a value: how it was worked out is written beside each figure."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.domain.errors import InvalidInputError

ESTIMATE: Final = "estimate"
MEASURED: Final = "measured"


@dataclass(frozen=True, slots=True)
class GroupPrice:
    """The price of one signal group of one cabinet. [veh h]

    `added_veh_h` is (low, middle, high) against the counterfactual without the override; None where it is unknown, and
    then `why` says why. `flow_veh_h` is the flow that it was worked out with, `source` where that came from.
    """

    cabinet: str
    group: str
    added_veh_h: tuple[float, float, float] | None
    flow_veh_h: tuple[float, float, float] | None
    source: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class CrossingPrice:
    """How much longer a pedestrian who comes while the override holds waits, in the mean; None: unknown. [s]"""

    cabinet: str
    group: str
    added_wait_s: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """The delay price of an override: the sum over its groups, and what is not in the sum. [veh h]

    `added_veh_h` is (low, middle, high) of the groups that are known, None if none is: unknown is never 0. `unknown`
    are the groups, as `cabinet/group`, that are not in it. Nobody counts pedestrians: their added wait is each one's.
    """

    kind: str
    method: str
    added_veh_h: tuple[float, float, float] | None
    unknown: tuple[str, ...]
    groups: tuple[GroupPrice, ...]
    crossings: tuple[CrossingPrice, ...]
    inputs: tuple[str, ...]
    at_utc_ms: int

    def __post_init__(self) -> None:
        if self.kind not in (ESTIMATE, MEASURED) or not self.method:
            raise InvalidInputError("a price is an estimate or measured, by a method that it names")
        if self.added_veh_h is not None and not self.added_veh_h[0] <= self.added_veh_h[1] <= self.added_veh_h[2]:
            raise InvalidInputError(f"a price goes from low to high, got {self.added_veh_h}")
        if self.added_veh_h is None and any(group.added_veh_h is not None for group in self.groups):
            raise InvalidInputError("a price with known groups has a sum")
