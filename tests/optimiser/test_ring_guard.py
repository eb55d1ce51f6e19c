"""Which changes of stage may close a ring between two signals a few car lengths apart."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.view_builder import Expected, build_view
from optimiser.controller import Beside, Situation
from optimiser.coupling import Neighbour
from optimiser.ring_guard import RingGuard
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from optimiser.stage_tables import StageTables
from signal_ctrl.domain.network import Exit, JunctionLayout
from signal_ctrl.domain.view import UNKNOWN, JunctionView
from tests.detectors.layouts import SPEED_MPS, junction

THROUGH, TURN, SIDE = range(3)
"""The stages of both signals: opposing traffic straight on with turners giving way, turners protected, side road."""
WAY_M = 15.0


def signal(name: str, other: str, way_m: float = WAY_M, length_m: float = 18.0) -> Neighbour:
    """Return a signal: lane 0 is the short street from the other one, whose left turn gives way to lane 1 and the other
    way round; lane 1 and, by SIDE, lane 2 lead to the short street to the other one.
    """
    onto = Exit("street", way_m, SPEED_MPS, other, 0, way_m)
    layout = junction(n_lanes=3, loops=())
    turn, against, side = layout.movements
    moves = (
        replace(turn, direction="l", length_m=length_m, yields_to=(1,)),
        replace(against, exit=3, yields_to=(0,)),
        replace(side, exit=3),
    )
    layout = replace(layout, signal_id=name, movements=moves, exits=(*layout.exits, onto))
    right = np.array([[2, 3, 0], [3, 0, 0], [0, 0, 3]], dtype=np.int64)
    n = len(right)
    change = np.where(np.eye(n, dtype=bool), 0.0, 5.0)
    return Neighbour(
        layout,
        StageTables(
            right,
            np.full((n, n, n), np.inf),
            np.repeat(change[:, :, None], n, axis=2),
            change,
            np.full(n, 5.0),
        ),
    )


def view(layout: JunctionLayout, waiting: int = 0, inside: bool = False, elsewhere: int = 0) -> JunctionView:
    """Return what is seen: so many on the short street, whether somebody of it waits inside, so many on lane 2."""
    lanes = [
        [Expected(0.0, UNKNOWN, 1.0, 10 * n + k) for k in range(count)] for n, count in ((0, waiting), (2, elsewhere))
    ]
    found = build_view(
        [lanes[0], [], lanes[1]], [0] * 3, np.ones(3), np.full(4, 1e6), [0.0] * 3, [0.0] * 4, [2.0] * 3, [False] * 3
    )  # fmt: skip
    return replace(found, inside=np.array([inside, False, False]))


def closes(stage: int, to: int, other: int, own: JunctionView | None = None, seen: JunctionView | None = None) -> bool:
    a, b = signal("a", "b"), signal("b", "a")
    beside = Beside(view(b.layout) if seen is None else seen, other, (0, 1, 2), 0.0)
    return RingGuard(a, b).closes(stage, to, view(a.layout) if own is None else own, beside)


LAYOUT = signal("a", "b").layout


@pytest.mark.parametrize(
    ("stage", "to", "other", "inside", "closed"),
    [
        (TURN, THROUGH, THROUGH, True, True),
        (TURN, SIDE, THROUGH, True, True),
        (TURN, SIDE, THROUGH, False, False),  # nobody waits there
        (TURN, SIDE, TURN, True, False),  # he is let go
        (TURN, SIDE, SIDE, True, False),  # his stage is over; he goes when he can
        (THROUGH, SIDE, THROUGH, True, False),  # the street was fed before
        (SIDE, TURN, THROUGH, True, False),  # nobody is sent there
    ],
)
def test_nobody_more_is_sent_behind_who_waits_inside_for_others(
    stage: int, to: int, other: int, inside: bool, closed: bool
) -> None:
    assert closes(stage, to, other, seen=view(LAYOUT, inside=inside)) is closed


@pytest.mark.parametrize(
    ("stage", "to", "other", "waiting", "inside", "closed"),
    [
        (TURN, THROUGH, THROUGH, 2, False, True),
        (TURN, THROUGH, SIDE, 2, False, True),
        (TURN, THROUGH, SIDE, 1, True, True),  # his tail takes half a place
        (TURN, THROUGH, SIDE, 1, False, False),  # one more finds place
        (TURN, THROUGH, SIDE, 0, True, False),
        (TURN, THROUGH, TURN, 2, False, False),  # nobody more comes
        (SIDE, TURN, SIDE, 2, False, False),  # they are let go
    ],
)
def test_others_are_not_let_go_first_while_the_street_of_those_who_turn_is_fed_and_full_with_one_more(
    stage: int, to: int, other: int, waiting: int, inside: bool, closed: bool
) -> None:
    assert closes(stage, to, other, own=view(LAYOUT, waiting, inside)) is closed


@pytest.mark.parametrize(("way_m", "length_m"), [(30.0, 18.0), (WAY_M, 11.0)])
def test_a_longer_street_or_a_turn_without_room_inside_makes_no_ring(way_m: float, length_m: float) -> None:
    a, b = signal("a", "b", way_m, length_m), signal("b", "a", way_m, length_m)
    full = view(a.layout, 2, True)
    beside = Beside(full, THROUGH, (0, 1, 2), 0.0)
    assert not any(RingGuard(a, b).closes(i, j, full, beside) for i in range(3) for j in range(3))


def test_a_change_that_may_close_a_ring_is_weighed_and_not_taken() -> None:
    """Five wait on the side road; the other signal has one inside whom they would trap."""
    a, b = signal("a", "b"), signal("b", "a")
    controller = RolloutController(a.layout, a.tables, RolloutSettings(), neighbour=b)

    def chosen(inside: bool, at_s: float = 50.0) -> int:
        beside = Beside(view(b.layout, inside=inside), THROUGH, (0, 1, 2), at_s)
        situation = Situation(50.0, TURN, (THROUGH, TURN, SIDE), 30.0, beside)
        decision = controller.decide(view(a.layout, elsewhere=5), situation)
        assert SIDE in {stage for stage, _, _ in decision.candidates}
        return decision.stage

    assert chosen(inside=False) == SIDE
    assert chosen(inside=True) != SIDE
    assert chosen(inside=True, at_s=40.0) == SIDE  # what is old does not count
