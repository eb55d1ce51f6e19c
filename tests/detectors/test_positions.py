"""Views from vehicles that are seen."""

from dataclasses import replace

import pytest

from detectors.loops.headways import DEFAULT_YIELDING_S
from detectors.positions import FREE_ROOM_VEH, PositionTracker, Seen, SeenAtExit
from detectors.turning import REFUSAL_S
from signal_ctrl.domain.view import UNKNOWN, JunctionView
from tests.detectors.layouts import SPEED_MPS, junction

RED = "rr"


def tracker() -> PositionTracker:
    return PositionTracker(junction(turns=2))


def head(key: int = 1, to_stop_m: float = 3.0, speed_mps: float = 0.0, movement: int = UNKNOWN) -> Seen:
    return Seen(key, 0, to_stop_m, speed_mps, movement)


def watched(eyes: PositionTracker, seen: Seen, lamps: str, seconds: int) -> JunctionView:
    """Look once to make the vehicle known, then once a second."""
    view = eyes.look([seen], [], lamps, 1.0)
    for _ in range(seconds):
        view = eyes.look([seen], [], lamps, 1.0)
    return view


def test_vehicles_come_in_the_order_of_their_way() -> None:
    seen = [Seen(1, 0, 80.0, SPEED_MPS), Seen(2, 0, 3.0, 0.0), Seen(3, 0, 30.0, SPEED_MPS)]
    view = tracker().look(seen, [], RED, 0.0)
    assert view.key[0, :3].tolist() == [2, 3, 1]
    assert view.eta_s[0, :3].tolist() == pytest.approx([0.0, 3.0, 8.0])
    assert (view.standing[0], view.presence[0, 0]) == (1.0, 1.0)


def test_a_head_that_stands_before_protected_green_does_not_want_it() -> None:
    eyes = tracker()
    assert watched(eyes, head(), "Gr", int(REFUSAL_S) - 1).barred[0] == 0
    assert watched(eyes, head(), "Gr", 0).barred[0] == 0b01
    assert watched(eyes, head(key=2), "rr", 0).barred[0] == 0


@pytest.mark.parametrize(
    "seen", [head(to_stop_m=20.0), head(speed_mps=3.0), head(movement=1)], ids=["far", "moving", "known"]
)
def test_who_does_not_stand_at_the_line_or_is_known_refuses_nothing(seen: Seen) -> None:
    assert watched(tracker(), seen, "Gr", 20).barred[0] == 0


def test_who_refuses_everything_is_stuck() -> None:
    view = watched(tracker(), head(), "GG", int(REFUSAL_S))
    assert (view.barred[0], bool(view.stuck[0])) == (0, True)


def test_a_full_exit_is_no_refusal() -> None:
    eyes = tracker()
    standing = SeenAtExit(9, 0, 8.0, 0.0)
    for _ in range(20):
        view = eyes.look([head()], [standing], "Gr", 1.0)
    assert view.room_veh[0] < 1.0
    assert view.barred[0] == 0


def test_turns_are_learned_at_the_exits_once() -> None:
    eyes = tracker()
    for key in range(6):
        eyes.look([head(key)], [], RED, 1.0)
        eyes.look([], [SeenAtExit(key, 1, 2.0, 5.0)], RED, 1.0)
        view = eyes.look([], [SeenAtExit(key, 1, 9.0, 8.0)], RED, 1.0)
    assert view.ratio.tolist() == pytest.approx([4 / 12, 8 / 12])


def test_who_was_never_seen_before_teaches_nothing() -> None:
    view = tracker().look([], [SeenAtExit(5, 1, 2.0, 5.0)], RED, 1.0)
    assert view.ratio.tolist() == pytest.approx([2 / 3, 1 / 3])


def test_room_is_what_is_free_before_the_last_slow_vehicle_less_those_on_the_way() -> None:
    behind = [SeenAtExit(1, 0, 60.0, 0.0), SeenAtExit(2, 0, 90.0, 1.0), SeenAtExit(3, 0, 20.0, 9.0)]
    view = tracker().look([], [*behind, SeenAtExit(4, 1, 5.0, 9.0)], RED, 1.0)
    assert view.room_veh.tolist() == [(60.0 - 7.5) / 7.5 - 1, FREE_ROOM_VEH]
    assert view.beyond_veh.tolist() == [3.0, 1.0]


def test_room_is_never_negative() -> None:
    behind = [SeenAtExit(1, 0, 4.0, 0.0), SeenAtExit(3, 0, 1.0, 9.0)]
    assert tracker().look([], behind, RED, 1.0).room_veh[0] == 0.0


def test_who_stands_grows_late_and_who_drives_does_not() -> None:
    eyes = tracker()
    for _ in range(30):
        view = eyes.look([head(1), Seen(2, 0, 90.0, SPEED_MPS)], [], RED, 1.0)
    assert view.late_s[0, :2].tolist() == [30.0, 0.0]
    assert eyes.look([], [], RED, 1.0).late_s.sum() == 0.0
    assert eyes.look([head(1)], [], RED, 1.0).late_s[0, 0] == 1.0, "who was gone begins anew"


def test_a_queue_as_far_as_anybody_sees_makes_a_lane_crowded() -> None:
    eyes, near = tracker(), tracker()
    for _ in range(120):
        view, other = eyes.look([head(1, 190.0)], [], RED, 1.0), near.look([head(1, 150.0)], [], RED, 1.0)
    assert view.crowded[0] > 0.8
    assert other.crowded[0] == 0.0


def test_a_queue_that_has_to_yield_tells_how_long_each_takes() -> None:
    layout = junction(2)
    eyes = PositionTracker(
        replace(layout, movements=(replace(layout.movements[0], yields_to=(1,)), layout.movements[1]))
    )
    for second in range(400):
        view = eyes.look([head(second // 8)], [], "gG", 1.0)
    assert view.permissive_s.tolist() == pytest.approx([8.0, DEFAULT_YIELDING_S], rel=0.05)
