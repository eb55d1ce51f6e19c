"""Controllers by name, with their settings from `--set key=value`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from optimiser.controller import Controller
from optimiser.coupling import Neighbour
from optimiser.pressure import GreedyController, MaxPressureController, SlotSettings
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout
from signal_ctrl.domain.profile import MAX_GREEN_RANGE_S, SafetyProfile
from signal_ctrl.domain.timing import ceil_ds, to_s
from sumo_scenarios.settings import ROLLOUTS

Maker = Callable[[JunctionLayout, StageTables, Neighbour | None], Controller]
"""Makes the controller of one junction; of two that are coupled, with the other one."""


@dataclass(frozen=True, slots=True)
class NoSettings:
    """`net`, and those that have their plan: nothing to set."""


@dataclass(frozen=True, slots=True)
class DelayBasedSettings:
    """Shortest and longest green in the programme that SUMO's controller is given; 0: the profile's. [s]

    The profile's minimum green is the floor of both.
    """

    min_green_s: float = 0.0
    max_green_s: float = 0.0

    def __post_init__(self) -> None:
        for name, value_s in (("min_green_s", self.min_green_s), ("max_green_s", self.max_green_s)):
            if not 0.0 <= value_s <= MAX_GREEN_RANGE_S[1]:
                raise InvalidInputError(f"need 0 <= {name} <= {MAX_GREEN_RANGE_S[1]:g}, got {value_s:g}")

    def greens_s(self, profile: SafetyProfile, quantum_ds: int) -> tuple[float, float]:
        """Return shortest and longest green in whole steps. [s]

        Raises: InvalidInputError if one is below the profile's minimum green, or the longest below the shortest.
        """
        floor_s = to_s(ceil_ds(profile.min_green_s, quantum_ds))
        least_s = to_s(ceil_ds(self.min_green_s, quantum_ds)) if self.min_green_s else floor_s
        most_s = self.max_green_s or max(profile.actuated_max_green_s, least_s)
        if not floor_s <= least_s <= most_s:
            raise InvalidInputError(
                f"need {floor_s:g} (minimum green of profile {profile.name}) <= min_green_s <= max_green_s, "
                f"got {least_s:g} and {most_s:g}"
            )
        return least_s, most_s


@dataclass(frozen=True, slots=True)
class ActuatedSettings(DelayBasedSettings):
    """As for `delay_based`, and the gap at which a green ends; 3 s is SUMO's own default. [s]"""

    max_gap_s: float = 3.0

    def __post_init__(self) -> None:
        super(ActuatedSettings, self).__post_init__()
        if not 0.5 <= self.max_gap_s <= 20.0:
            raise InvalidInputError(f"need 0.5 <= max_gap_s <= 20, got {self.max_gap_s:g}")


@dataclass(frozen=True, slots=True)
class HybridSettings(RolloutSettings):
    """As for `adaptive`; `wave_from`: the degree of saturation of the arterial's busiest signal from which its green
    wave is kept.
    """

    wave_from: float = 1.0


AnySettings = RolloutSettings | SlotSettings | DelayBasedSettings | NoSettings


def settings_of(controller: str, options: Sequence[tuple[str, str]], slot_s: float = 10.0) -> AnySettings:
    """Return the settings of a controller; `slot_s` is the slot that the scenario is published with. [s]

    Raises: InvalidInputError for an unknown key or a value that is no number or out of range.
    """
    base: Any = NoSettings()
    if controller in ROLLOUTS:
        base = HybridSettings() if controller == "hybrid" else RolloutSettings()
    elif controller in ("max_pressure", "greedy"):
        base = SlotSettings(slot_s)
    elif controller in ("actuated", "delay_based"):
        base = ActuatedSettings() if controller == "actuated" else DelayBasedSettings()
    known = {field.name: type(getattr(base, field.name)) for field in fields(base)}
    changes: dict[str, Any] = {}
    for key, text in options:
        if key not in known:
            names = ", ".join(sorted(known)) or "none"
            raise InvalidInputError(f"unknown setting '{key}' of {controller}; it has: {names}")
        try:
            changes[key] = known[key](text)
        except ValueError as error:
            raise InvalidInputError(f"setting {key} needs a number, got '{text}'") from error
    return replace(base, **changes)  # type: ignore[no-any-return]


def maker_of(settings: AnySettings, controller: str) -> Maker:
    """Return what makes the controller of one junction."""
    if isinstance(settings, RolloutSettings):
        return lambda layout, tables, neighbour: RolloutController(layout, tables, settings, neighbour=neighbour)
    if isinstance(settings, SlotSettings) and controller == "greedy":
        return lambda layout, tables, _: GreedyController(layout, tables, settings)
    if isinstance(settings, SlotSettings):
        return lambda layout, tables, _: MaxPressureController(layout, tables, settings)
    raise InvalidInputError(f"{controller} runs in SUMO itself")
