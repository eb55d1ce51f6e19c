"""What can be set of the rollout, with the values that were found best over many networks."""

from dataclasses import dataclass, fields

from optimiser.coupling import COUPLED_M
from signal_ctrl.domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class RolloutSettings:
    """Settings of the rollout. [s], [veh/s], [veh s]

    `eagerness`: how many times better another stage has to be before the base policy changes to it; `late_stages`: how
    many of the best stages are also tried after each delay; `leftover_s`: cost of a vehicle left at the horizon;
    `clear_factor`: how many times longer than it discharges a queue left at the horizon takes to clear;
    `patience_s`: how long a change may be put off beyond its first due time; `settle_s`: how long a stage stays beyond
    its minimum greens if turners may wait inside for those who wait for them; `ageing_s`: after how much waiting a
    vehicle counts as two; `slow_eagerness`, `slow_ageing_s`: the same two where changes of stage are long;
    `in_order_veh`: there the base policy goes through the stages in order, past those that could serve fewer cars than
    this, 0: to the best one; `crowding`: by how much a vehicle of a lane counts more whose queue always reaches as far
    back as anybody sees; `composed`: 1 lets composed stages be chosen beside the programme's, 0 does not; `coupled_m`:
    two signals with a shorter street between them are simulated together [m]; `walker_weight`: how much the waiting of
    a person on foot counts, that of one in a car as 1; `persons_per_push`: how many people one push stands for.
    """

    horizon_s: int = 60
    draws: int = 8
    permissive_headway_s: float = 2.4
    startup_s: float = 1.0
    gap_s: float = 3.5
    room_refill_veh_s: float = 0.12
    eagerness: float = 1.4
    leftover_s: float = 10.0
    clear_factor: float = 10.0
    look_s: float = 6.0
    late_stages: int = 3
    patience_s: float = 20.0
    settle_s: float = 2.0
    ageing_s: float = 30.0
    slow_eagerness: float = 4.0
    slow_ageing_s: float = 60.0
    in_order_veh: float = 2.0
    crowding: float = 1.0
    composed: int = 1
    coupled_m: float = COUPLED_M
    walker_weight: float = 3.0
    persons_per_push: float = 1.0

    def __post_init__(self) -> None:
        if not (10 <= self.horizon_s <= 300 and 1 <= self.draws <= 64 and 0 <= self.late_stages <= 16):
            raise InvalidInputError("need horizon_s 10-300, draws 1-64, late_stages 0-16")
        if self.composed not in (0, 1):
            raise InvalidInputError("need composed 0 or 1")
        if min(self.ageing_s, self.slow_ageing_s) < 1.0:
            raise InvalidInputError("need ageing_s and slow_ageing_s 1 or more")
        if not all(0 <= getattr(self, field.name) < 1000 for field in fields(self)):
            raise InvalidInputError("settings of adaptive need to be 0 to 1000")
