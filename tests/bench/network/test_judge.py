"""What the judgement of a plan leaves out is told, with the reason."""

from bench.network.judge import LeftOut, left_out
from sumo_scenarios.measures.approaches import Approach
from sumo_scenarios.measures.control_delay import TurnDelay
from sumo_scenarios.model_delay import ModelDelay


def approach(edge: str, length_m: float) -> Approach:
    return Approach("C", edge, length_m, {}, (), (), (edge,))


def said(vehicles: float) -> ModelDelay:
    return ModelDelay(vehicles, 10.0, 0.5)


def test_every_approach_with_traffic_is_judged_or_told() -> None:
    approaches = (approach("long", 200.0), approach("short", 24.9), approach("quiet", 60.0), approach("strange", 60.0))
    model = {
        ("C", "long", "east"): said(90.0),
        ("C", "short", "east"): said(30.0),
        ("C", "short", "west"): said(10.0),
        ("C", "quiet", "east"): said(0.4),
    }
    runs = [
        [TurnDelay("C", "long", "east", 88, 9.0, 8.0), TurnDelay("C", "strange", "east", 4, 9.0, 8.0)],
        [TurnDelay("C", "long", "east", 92, 9.0, 8.0)],
    ]
    assert left_out(approaches, model, runs) == (
        LeftOut("C", "short", 40.0, "24.9 m long; below 25 m no delay is measured"),
        LeftOut("C", "strange", 2.0, "the model knows no demand there"),
        LeftOut("C", "quiet", 0.4, "nobody passed its stop line in simulation"),
    )
    assert left_out(approaches, {("C", "long", "east"): said(90.0)}, [runs[1]]) == ()
