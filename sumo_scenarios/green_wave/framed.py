"""Controllers that keep the frame of a green wave, where the controller of a run is one that does."""

from collections.abc import Mapping

from optimiser.arterial_demand import ArterialDemand, MeasuredSaturation
from optimiser.controller import Controller
from optimiser.coupling import Neighbour
from optimiser.frame import FramedController
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from sumo_scenarios.controllers import AnySettings, HybridSettings, Maker
from sumo_scenarios.green_wave.frames import WaveFrames, frames_of
from sumo_scenarios.settings import RunSettings
from sumo_scenarios.world import World


def framed(
    maker: Maker, world: World, settings: RunSettings, chosen: AnySettings, tables: Mapping[str, StageTables]
) -> Maker:
    """Return what makes the controllers of a run, each in the frame of the run's green wave if it has one.

    Args: tables, the stage tables of each signal.
    Raises: InvalidInputError if the run's plan has no band on any street.
    """
    if settings.plan is None or not isinstance(chosen, HybridSettings):
        return maker
    return _Framing(maker, frames_of(world, settings.plan, tables), chosen.wave_from).make


class _Framing:
    """Frames, and the demand that the signals of a street measure together."""

    def __init__(self, maker: Maker, wave: WaveFrames, least: float) -> None:
        self._maker = maker
        self._wave = wave
        demands = [(group, ArterialDemand(least, {})) for group in wave.together]
        self._demand = {name: demand for group, demand in demands for name in group}

    def make(self, layout: JunctionLayout, tables: StageTables, neighbour: Neighbour | None) -> Controller:
        """Return the controller of one junction."""
        free, signal = self._maker(layout, tables, neighbour), layout.signal_id
        frame = self._wave.frames.get(signal)
        if frame is None:
            return free
        demand = self._demand[signal]
        demand.measured[signal] = MeasuredSaturation(layout, tables, self._wave.stages[signal], frame.cycle_s)
        return FramedController(free, signal, tables, frame, demand)
