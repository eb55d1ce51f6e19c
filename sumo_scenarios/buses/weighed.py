"""Controllers of a run that weigh buses beside what others decide."""

from optimiser.bus_priority import PriorityController
from optimiser.controller import Controller
from optimiser.coupling import Neighbour
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import JunctionLayout
from sumo_scenarios.buses.run_buses import RunBuses
from sumo_scenarios.controllers import AnySettings, Maker


def weighing(maker: Maker, chosen: AnySettings, buses: RunBuses) -> Maker:
    """Return what makes controllers that weigh buses beside what those of another maker decide."""
    if not isinstance(chosen, RolloutSettings):
        return maker

    def make(layout: JunctionLayout, tables: StageTables, neighbour: Neighbour | None) -> Controller:
        weighs = RolloutController(layout, tables, chosen, neighbour=neighbour)
        return PriorityController(maker(layout, tables, neighbour), weighs, buses.told_to(layout), layout, tables)

    return make
