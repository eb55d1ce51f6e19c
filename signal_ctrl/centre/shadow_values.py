"""Shadow mode as values: who decides at a junction, what adaptive control advised, and what it expected of that."""

from dataclasses import dataclass
from typing import Final

from signal_ctrl.centre.shelves import ShelfSpec
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.link.control import ControlMode


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
    """One decision that adaptive control would have made while the plan ran. [ms], [s], [veh s]

    `advised` and `ran` are stages. `plan_cost_veh_s` is the predicted cost of the candidate that is like the plan, None
    if none is; `gain_veh_s` is what the advice was predicted to save against that, by the same model, over `horizon_s`.
    `window`: it lies a horizon behind the one before, so that no second is counted twice; others are there because
    advice and plan began to differ.
    """

    cabinet: str
    at_utc_ms: int
    ran: str
    plan_next: str
    plan_next_in_s: float
    advised: str
    advised_in_s: float
    advised_cost_veh_s: float
    horizon_s: float
    plan_cost_veh_s: float | None
    differs: bool
    window: bool = True

    @property
    def key(self) -> str:
        """Its name on the shelf."""
        return f"{self.cabinet}/{self.at_utc_ms:016d}"

    @property
    def gain_veh_s(self) -> float | None:
        """What the advice was predicted to save, None if nothing was like the plan. [veh s]"""
        return None if self.plan_cost_veh_s is None else self.plan_cost_veh_s - self.advised_cost_veh_s


ADVICE: Final = ShelfSpec(
    "advice",
    Advice,
    key=lambda a: a.key,
    at_utc_ms=lambda a: a.at_utc_ms,
    columns={"cabinet": lambda a: a.cabinet},
    passing=True,
)


@dataclass(frozen=True, slots=True)
class ShadowTotal:
    """What a cabinet's adviser did in some minutes. [ms], [veh s], [veh]

    `decisions` were made, `differing` of them differ from the plan, `comparable` of them have a cost of the plan's own
    step of that second; `gain_veh_s` is how much dearer those steps were than the cheapest ones, in all; `missed` had
    no answer in time; `vehicles` passed the stop lines.
    """

    cabinet: str
    from_utc_ms: int
    to_utc_ms: int
    decisions: int
    differing: int
    comparable: int
    missed: int
    gain_veh_s: float
    vehicles: int

    def __post_init__(self) -> None:
        counts = (self.differing, self.comparable, self.missed, self.vehicles)
        if not 0 <= self.from_utc_ms < self.to_utc_ms or min(counts) < 0:
            raise InvalidInputError("a total of shadow mode ends after it begins, and counts 0 or more")
        if max(self.differing, self.comparable) > self.decisions or not self.gain_veh_s >= 0:
            raise InvalidInputError("a total of shadow mode has no more of anything than decisions, and no loss")

    @property
    def key(self) -> str:
        """Its name on the shelf."""
        return f"{self.cabinet}/{self.from_utc_ms:016d}"


SHADOW_TOTALS: Final = ShelfSpec(
    "shadow_totals",
    ShadowTotal,
    key=lambda a: a.key,
    at_utc_ms=lambda a: a.from_utc_ms,
    columns={"cabinet": lambda a: a.cabinet},
    passing=True,
)
