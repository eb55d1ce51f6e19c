"""What the model expects of given lamps, worked by hand on two lanes that are never green together."""

import pytest

from optimiser.foresight import Change, Foresight
from optimiser.rollout_settings import RolloutSettings
from sumo_scenarios.warm_up import _layout, _tables, _view

LEFTOVER = RolloutSettings(leftover_s=50.0, clear_factor=20.0, draws=3)


@pytest.mark.parametrize(
    ("stage", "ahead_s", "change", "waiting_veh_s"),
    [
        (0, 20, None, 20.0),  # the two of the first lane leave as they come, the one of the second waits
        (0, 8, None, 8.0),
        (1, 20, None, 20.0 + 16.0),  # now the first lane waits: one from now on, one from 4 s on
        (0, 20, Change(1, 3), 7.0 + 16.0),  # green 3 s after the change, 1 s to start; the first lane is cut off
        (0, 5, Change(1, 3), 5.0 + 1.0),
        (0, 20, Change(1, 10), 14.0),  # both of the first lane are gone by then
    ],
)
def test_waiting_is_that_of_the_lamps_that_came(
    stage: int, ahead_s: int, change: Change | None, waiting_veh_s: float
) -> None:
    model = Foresight(_layout(), _tables(), LEFTOVER)
    found = model.waiting_veh_s(_view(), stage, ahead_s, change)
    assert found == pytest.approx(waiting_veh_s, abs=0.01)


def test_nothing_changes_by_itself_and_asking_changes_nothing() -> None:
    """The base policy of the rollout would go back to the first lane; here the lamps do what they did."""
    model = Foresight(_layout(), _tables(), RolloutSettings())
    first = model.waiting_veh_s(_view(), 0, 60, Change(1, 0))
    assert first == pytest.approx(4.0 + 60.0 + 56.0, abs=0.01)
    model.waiting_veh_s(_view(), 1, 20)
    assert model.waiting_veh_s(_view(), 0, 60, Change(1, 0)) == first
