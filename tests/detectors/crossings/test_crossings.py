"""People at crossings: approaches of the layout, pulses into calls and persons, and persons into a view."""

import math

import numpy as np
import pytest

from detectors.crossings.approaches import crossings_of, with_crossings
from detectors.crossings.people_view import PERSONS_CAR, with_people
from detectors.crossings.waiting import (
    AHEAD_S,
    CLEAR_S,
    PRIOR_S,
    QUIET_S,
    STUCK_S,
    CrossingSense,
    CrossingWatch,
    Waiting,
)
from detectors.loops.events import LoopEvent
from detectors.view_builder import empty_view
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.view import JunctionView
from signal_ctrl.engine.calls import calls_of, recall_of, recall_of_lanes
from signal_ctrl.engine.unseen import unseen_junction
from tests.signal_ctrl.kernel.small_sites import WALK, crossroads

RED, GREEN = "rrrr", "rrrG"
LINK = 3


def watch(sense: CrossingSense = CrossingSense.BUTTONS, per_push: float = 1.0) -> CrossingWatch:
    return CrossingWatch((LINK,), 0, sense, per_push)


def press(kerb: CrossingWatch, at_s: float, last_s: float = 0.3) -> None:
    kerb.take(LoopEvent(0, at_s, True))
    kerb.take(LoopEvent(0, at_s + last_s, False))


def test_a_crossing_is_an_approach_with_a_loop() -> None:
    site = crossroads()
    layout = with_crossings(unseen_junction(site), site)
    assert crossings_of(site) == (WALK,)
    assert [m.group for m in layout.movements][-1] == WALK and layout.loops[-1].channel == 1
    assert recall_of(unseen_junction(site), site) == 0b1111
    assert recall_of(layout, site) == 0b0111  # only people are heard of
    assert recall_of_lanes(layout, {len(layout.lanes) - 1}) == 1 << WALK


def test_a_push_calls_until_walk() -> None:
    kerb = watch()
    for t in range(100):
        kerb.look(RED, float(t))
    assert not kerb.waiting(99.0)[0].is_called
    press(kerb, 100.0)
    press(kerb, 110.0)  # nobody hears it: the button is lit
    persons, since_s, coming = kerb.waiting(160.0)[0]
    rate_per_s = 2.0 / (PRIOR_S + 99.0)
    assert since_s == 100.0 and persons == pytest.approx(1.0 + 60.0 * rate_per_s)
    assert coming == pytest.approx(AHEAD_S * rate_per_s)
    kerb.look(GREEN, 161.0)
    assert kerb.waiting(161.0)[0] == Waiting(coming=coming)


def test_a_sensor_counts_and_a_push_may_stand_for_several() -> None:
    sensor, button = watch(CrossingSense.SENSORS), watch(per_push=2.0)
    for kerb in (sensor, button):
        press(kerb, 10.0)
        press(kerb, 20.0)
    assert sensor.waiting(30.0)[0].persons == 2.0
    assert button.waiting(10.0)[0].persons == pytest.approx(2.0)


@pytest.mark.parametrize("per_push", [0.5, 21.0, math.nan])
def test_a_push_stands_for_some_people(per_push: float) -> None:
    with pytest.raises(InvalidInputError, match="stands for 1 to 20"):
        watch(per_push=per_push)


def test_a_button_that_was_never_heard_of_is_on_recall() -> None:
    kerb = watch()
    assert kerb.unsure(0.0) == {0} and not kerb.failed(0.0)
    press(kerb, 5.0)
    assert not kerb.unsure(6.0)


def test_a_stuck_button_is_on_recall_and_has_failed_until_it_was_sound_for_long() -> None:
    kerb = watch()
    press(kerb, 1.0)
    kerb.take(LoopEvent(0, 10.0, True))
    kerb.look(RED, 10.0 + STUCK_S)
    assert not kerb.failed(10.0 + STUCK_S)
    kerb.look(RED, 11.0 + STUCK_S)
    assert kerb.failed(11.0 + STUCK_S) == {0} and kerb.unsure(11.0 + STUCK_S) == {0}
    kerb.take(LoopEvent(0, 100.0, False))
    assert kerb.failed(100.0 + CLEAR_S - 30.0) and not kerb.failed(11.0 + STUCK_S + CLEAR_S)


def test_chatter_is_no_crowd() -> None:
    kerb = watch(CrossingSense.SENSORS)
    for k in range(31):
        press(kerb, 1.0 + k, 0.1)
    assert kerb.failed(32.0) == {0}


def test_a_silence_that_chance_does_not_explain_is_a_fault() -> None:
    kerb = watch()
    for t in range(0, 3600, 60):  # somebody each minute, soon served
        kerb.look(RED, float(t))
        press(kerb, float(t))
        kerb.look(GREEN, t + 1.0)
    kerb.look(RED, 3601.0)
    assert not kerb.unsure(3600.0 + QUIET_S - 60.0)
    for t in range(3602, 5400):
        kerb.look(RED, float(t))
    assert kerb.unsure(5400.0) == {0}


def test_people_come_into_the_view_as_calls_and_weights() -> None:
    site = crossroads()
    base = unseen_junction(site)
    layout = with_crossings(base, site)
    view = with_people(empty_view(base), (Waiting(2.6, 40.0),), 3.0, 100.0)
    assert calls_of(layout, view) == 1 << WALK
    assert view.weight[-1, 0] == pytest.approx(2.6 * 3.0 / PERSONS_CAR) and view.late_s[-1, 0] == 60.0
    n = len(layout.lanes), len(layout.movements), len(layout.exits)
    assert (view.eta_s.shape[0], view.ratio.shape[0], view.room_veh.shape[0]) == n
    for nobody in (Waiting(), Waiting(coming=0.5)):
        view = with_people(empty_view(base), (nobody,), 3.0, 100.0)
        assert calls_of(layout, view) == 0 and view.standing[-1] == 0.0
        assert bool(view.n_vehicles[-1]) is (nobody.coming > 0)
        assert view.weight[-1, 0] == pytest.approx(nobody.coming * 3.0 / PERSONS_CAR)


def test_a_view_that_can_tell_more_keeps_its_shapes() -> None:
    site = crossroads()
    base = unseen_junction(site)
    plain = empty_view(base)
    lanes, moves = plain.eta_s.shape[0], plain.ratio.shape[0]
    told = JunctionView(
        **{name: getattr(plain, name) for name in JunctionView.__slots__}
        | {"inside": np.zeros(moves, dtype=np.bool_), "crowded": np.zeros(lanes), "permissive_s": np.ones(lanes)}
        | {"share_from": np.full(plain.eta_s.shape, -1.0)}
    )
    view = with_people(told, (Waiting(1.0, 0.0),), 1.0, 5.0)
    assert (len(view.inside), len(view.crowded), len(view.permissive_s)) == (moves + 1, lanes + 1, lanes + 1)
    assert view.share_from.shape == view.eta_s.shape
