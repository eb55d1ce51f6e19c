"""Small junctions for the detectors' tests, and loop events by hand."""

from collections.abc import Iterable

from detectors.loops.estimator import LoopEstimator
from detectors.loops.events import LoopEvent
from signal_ctrl.domain.network import NONE, ApproachLane, Exit, JunctionLayout, Loop, LoopRole, Movement
from signal_ctrl.domain.view import JunctionView

SPEED_MPS = 10.0
ADVANCE_M, MIDDLE_M, STOP_M = 150.0, 35.0, 0.5
FAR, NEAR, LINE = range(3)  # the loops of lane 0; those of lane 1 follow
ON_S = 0.4


def loops_of(lane: int, first_channel: int) -> list[Loop]:
    return [
        Loop(f"{role.name} {lane}", f"in{lane}", 200.0 - to_stop_m - length_m, length_m, role, (lane,), to_stop_m, n)
        for n, (role, to_stop_m, length_m) in enumerate(
            [
                (LoopRole.ADVANCE, ADVANCE_M, 2.0),
                (LoopRole.MIDDLE, MIDDLE_M, 2.0),
                (LoopRole.STOP, STOP_M, 6.0),
            ],
            start=first_channel,
        )
    ]


def junction(
    n_lanes: int = 1, turns: int = 1, loops: Iterable[Loop] | None = None, exits: Iterable[Exit] | None = None
) -> JunctionLayout:
    """Return lanes of one edge side by side, each with that many movements; movement k has lamp, group and exit k."""
    own = [tuple(range(k * turns, (k + 1) * turns)) for k in range(n_lanes)]
    laid = tuple(loops) if loops is not None else tuple(x for k in range(n_lanes) for x in loops_of(k, 1 + 3 * k))
    at = [tuple(i for i, loop in enumerate(laid) if k in loop.serves) for k in range(n_lanes)]
    n = n_lanes * turns
    return JunctionLayout(
        "J",
        tuple(ApproachLane(f"in{k}", "in", 200.0, SPEED_MPS, own[k], at[k], False) for k in range(n_lanes)),
        tuple(Movement(m, m, m // turns, m, 15.0, "srl"[m % turns], ()) for m in range(n)),
        tuple(exits)
        if exits is not None
        else tuple(Exit(f"out{m}", 100.0, SPEED_MPS, "", NONE, 100.0) for m in range(n)),
        (),
        laid,
    )


class Street:
    """An estimator fed by hand. Its loops have proved long ago that they work, if it is not said otherwise."""

    def __init__(self, layout: JunctionLayout, lamps: str = "", proven: bool = True) -> None:
        self.layout = layout
        self.estimator = LoopEstimator(layout)
        for loop in range(len(layout.loops)) if proven else ():
            self.estimator.health.believes(LoopEvent(loop, -100.0, True))
            self.estimator.health.believes(LoopEvent(loop, -98.0, False))
        self.lamps = lamps or "r" * len(layout.movements)

    def on(self, loop: int, time_s: float) -> None:
        self.estimator.take(LoopEvent(loop, time_s, True))

    def off(self, loop: int, time_s: float) -> None:
        self.estimator.take(LoopEvent(loop, time_s, False))

    def passes(self, loop: int, time_s: float) -> None:
        self.on(loop, time_s)
        self.off(loop, time_s + ON_S)

    def look(self, now_s: float, lamps: str = "") -> JunctionView:
        return self.estimator.view(now_s, lamps or self.lamps)

    def watch(self, from_s: int, to_s: int, lamps: str = "") -> JunctionView:
        """Look once a second, both ends included; return the last view."""
        for second in range(from_s, to_s):
            self.look(float(second), lamps)
        return self.look(float(to_s), lamps)


def vehicles(view: JunctionView, lane: int = 0) -> int:
    return int(view.n_vehicles[lane])


def expected(view: JunctionView, lane: int = 0) -> float:
    """Return the expected number of vehicles on a lane."""
    return float(view.presence[lane, : view.n_vehicles[lane]].sum())
