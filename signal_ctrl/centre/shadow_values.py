"""Shadow mode as values: who decides at a junction, what adaptive control advised, and what it expected of that."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec


class ControlMode(Enum):
    """Who decides: the plan alone, the plan while adaptive control advises, or adaptive control."""

    PLAN = "plan"
    SHADOW = "shadow"
    ADAPTIVE = "adaptive"


@dataclass(frozen=True, slots=True)
class ModeOf:
    """The mode of one cabinet, since when and by whom. [ms]"""

    cabinet: str
    mode: ControlMode
    since_utc_ms: int
    by: str


MODES: Final = ShelfSpec(
    "control_modes",
    ModeOf,
    key=lambda m: m.cabinet,
    at_utc_ms=lambda m: m.since_utc_ms,
    columns={"mode": lambda m: m.mode.value},
)


@dataclass(frozen=True, slots=True)
class Advice:
    """One decision that adaptive control would have made while the plan ran. [ms]

    `advised` and `ran` are stages; `costs` are (stage, start from now [s], predicted cost [veh s]) of its candidates;
    `plan_cost_veh_s` is that of the candidate nearest to what the plan did, None if no candidate is like it;
    `gain_veh_s` is what the advice was predicted to save against that, by the same model, over `horizon_s`.
    """

    cabinet: str
    at_utc_ms: int
    ran: str
    plan_next: str
    plan_next_in_s: float
    advised: str
    advised_in_s: float
    costs: tuple[tuple[str, float, float], ...]
    horizon_s: float
    plan_cost_veh_s: float | None
    gain_veh_s: float | None
    differs: bool

    @property
    def key(self) -> str:
        """Its name on the shelf."""
        return f"{self.cabinet}/{self.at_utc_ms:016d}"


ADVICE: Final = ShelfSpec(
    "advice",
    Advice,
    key=lambda a: a.key,
    at_utc_ms=lambda a: a.at_utc_ms,
    columns={"cabinet": lambda a: a.cabinet},
)
