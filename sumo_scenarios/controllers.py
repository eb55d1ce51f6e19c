"""Controllers by name, with their settings from `--set key=value`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from optimiser.controller import Controller
from optimiser.pressure import GreedyController, MaxPressureController, SlotSettings
from optimiser.rollout import RolloutController, RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.network import JunctionLayout

Maker = Callable[[JunctionLayout, StageTables], Controller]


@dataclass(frozen=True, slots=True)
class NoSettings:
    """A controller of SUMO's own: nothing to set."""


def settings_of(
    controller: str, options: Sequence[tuple[str, str]], slot_s: float = 10.0
) -> RolloutSettings | SlotSettings | NoSettings:
    """Return the settings of a controller; `slot_s` is the slot that the scenario is published with. [s]

    Raises: InvalidInputError for an unknown key or a value that is no number or out of range.
    """
    base: Any = NoSettings()
    if controller == "adaptive":
        base = RolloutSettings()
    elif controller in ("max_pressure", "greedy"):
        base = SlotSettings(slot_s)
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


def maker_of(settings: RolloutSettings | SlotSettings | NoSettings, controller: str) -> Maker:
    """Return what makes the controller of one junction."""
    if isinstance(settings, RolloutSettings):
        return lambda layout, tables: RolloutController(layout, tables, settings)
    if isinstance(settings, SlotSettings) and controller == "greedy":
        return lambda layout, tables: GreedyController(layout, tables, settings)
    if isinstance(settings, SlotSettings):
        return lambda layout, tables: MaxPressureController(layout, tables, settings)
    raise InvalidInputError(f"{controller} runs in SUMO itself")
