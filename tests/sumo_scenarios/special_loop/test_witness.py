"""What holds a special vehicle up, and which lamps it passes: by what SUMO says of it."""

import pytest

from signal_ctrl.watch.special.corridor import VehicleClass
from sumo_scenarios.simulation import Driving
from sumo_scenarios.special_loop.order import SpecialTrip
from sumo_scenarios.special_loop.witness import Cause, Held, Witness, cause_of, drive_row

FREE = Driving("in", 100.0, 14.0, 14.0, False, "j1", 3, "G", 80.0, None, 0.0)
OWN, OTHER, FOREIGN = Held("a", True), Held("a", False), Held("b", True)


def driving(**changes: object) -> Driving:
    return FREE._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "held", "cause"),
    [
        (driving(speed_mps=9.0), OWN, Cause.OWN),
        (driving(speed_mps=0.0), OWN, Cause.STANDS),
        (driving(speed_mps=0.0, driven_m=3.0), OWN, Cause.OWN),  # it has just set out
        (driving(gap_m=20.0, leader_mps=10.0), OWN, Cause.SLOW_CAR),
        (driving(gap_m=200.0, leader_mps=0.0), OWN, Cause.OWN),
        (driving(speed_mps=2.0, gap_m=5.0), OWN, Cause.QUEUE),
        (driving(speed_mps=2.0, gap_m=12.0, stop_m=8.0), OWN, Cause.EXIT),
        (driving(speed_mps=2.0, gap_m=5.0, inside=True), OWN, Cause.EXIT),
        (driving(speed_mps=2.0, gap_m=5.0, letter="r"), OWN, Cause.RED_KEPT),
        (driving(speed_mps=2.0, gap_m=5.0, letter="r"), OTHER, Cause.RED_OTHER),
        (driving(speed_mps=2.0, gap_m=5.0, letter="y"), FOREIGN, Cause.RED_LEFT),
        (driving(speed_mps=0.0, stop_m=2.0, letter="r"), None, Cause.RED_LEFT),
        (driving(letter="r"), None, Cause.OWN),  # red, and still far
    ],
)
def test_a_second_has_one_cause(now: Driving, held: Held | None, cause: Cause) -> None:
    assert cause_of("a", now, held) is cause


class Street:
    """A vehicle's seconds one after the other, and the lamps under which each was driven."""

    def __init__(self, seconds: list[Driving | None], lamps: list[str]) -> None:
        self._seconds, self._lamps, self._now = seconds, lamps, -1

    def driving(self, vehicle: str) -> Driving | None:
        assert vehicle == "a"
        self._now += 1
        return self._seconds[self._now]

    def shown(self, signal: str) -> str:
        return self._lamps[self._now]


def seen_of(seconds: list[Driving | None], lamps: list[str]) -> dict[str, object]:
    trip = SpecialTrip("a", VehicleClass.FIRE, ("in", "out"), 10.0)
    witness = Witness([trip], Street(seconds, lamps), 9.0)  # type: ignore[arg-type]
    for k in range(len(seconds)):
        witness.step(10.0 + k, lambda _: None)
    return drive_row("a", witness.seen["a"])


INSIDE = driving(edge=":j1_3", inside=True, signal="", link=-1, letter="", stop_m=0.0)


@pytest.mark.parametrize("letter", ["r", "G", "y"])
def test_a_lamp_is_passed_as_it_was_when_the_stop_line_was(letter: str) -> None:
    before = driving(stop_m=1.0, letter=letter)
    row = seen_of([None, before, INSIDE, driving(edge="out", signal="")], ["GGGG", "GGGG", f"GGG{letter}", "rrrr"])
    assert row["passed"] == {letter: 1}


def test_a_short_junction_may_be_passed_within_one_second_and_a_signal_twice() -> None:
    for signal in ("j2", "j1"):
        beyond = driving(edge="out", signal=signal, link=0, stop_m=300.0)
        assert seen_of([driving(stop_m=1.0), beyond], ["rrrr", "GGGr"])["passed"] == {"r": 1}


def test_who_arrives_before_a_signal_has_not_passed_it() -> None:
    assert seen_of([driving(stop_m=1.0), None], ["rrrr", "GGGr"])["passed"] == {}


def test_roads_one_after_the_other_before_one_signal_are_no_passage() -> None:
    through = driving(edge=":mid_0", inside=True, stop_m=60.0)
    assert seen_of([driving(), through, driving(edge="in2", stop_m=50.0)], ["rrrr"] * 3)["passed"] == {}


def test_what_is_lost_is_told_by_cause_and_by_signal() -> None:
    stands = driving(speed_mps=0.0, stop_m=2.0, letter="r")
    row = seen_of([FREE, stands, stands, driving(speed_mps=7.0)], ["rrrr"] * 4)
    assert row["lost_s"] == {Cause.OWN.value: 0.5, Cause.RED_LEFT.value: 2.0}
    assert row["by_signal"] == [{"signal": "j1", "cause": Cause.RED_LEFT.value, "lost_s": 2.0}]
