"""Controllers by name, and their settings."""

import pytest

from optimiser.pressure import GreedyController, MaxPressureController, SlotSettings
from optimiser.rollout import RolloutController
from optimiser.rollout_settings import RolloutSettings
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import PUBLISHED
from sumo_scenarios.controllers import DelayBasedSettings, NoSettings, maker_of, settings_of
from sumo_scenarios.settings import SUMO_CONTROLLERS
from tests.optimiser.towns import layout_of, random_town, tables_of


def test_settings_begin_with_the_defaults_and_keep_their_types() -> None:
    assert settings_of("adaptive", ()) == RolloutSettings()
    assert settings_of("greedy", (("slot_s", "5"),)) == SlotSettings(5.0)
    changed = settings_of("adaptive", (("horizon_s", "40"), ("gap_s", "3"), ("gap_s", "4.5")))
    assert changed == RolloutSettings(horizon_s=40, gap_s=4.5)
    assert type(changed.horizon_s) is int  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("controller", "option", "says"),
    [
        ("adaptive", ("slot_s", "5"), "unknown setting 'slot_s' of adaptive; it has: .*horizon_s"),
        ("greedy", ("horizon_s", "40"), "unknown setting 'horizon_s' of greedy; it has: slot_s"),
        ("adaptive", ("horizon_s", "4.5"), "needs a number"),
        ("adaptive", ("gap_s", "much"), "needs a number"),
        ("adaptive", ("horizon_s", "5"), "horizon_s 10-300"),
        ("max_pressure", ("slot_s", "nan"), "slot_s"),
        ("net", ("slot_s", "5"), "it has: none"),
    ],
)
def test_what_does_not_fit_is_refused(controller: str, option: tuple[str, str], says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        settings_of(controller, (option,))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("adaptive", RolloutController), ("greedy", GreedyController), ("max_pressure", MaxPressureController)],
)
def test_each_name_makes_its_controller(name: str, kind: type) -> None:
    town = random_town(3)
    made = maker_of(settings_of(name, ()), name)(layout_of(town), tables_of(town), None)
    assert type(made) is kind


@pytest.mark.parametrize("name", SUMO_CONTROLLERS)
def test_sumos_own_have_nothing_to_make(name: str) -> None:
    with pytest.raises(InvalidInputError, match="runs in SUMO itself"):
        maker_of(NoSettings(), name)


@pytest.mark.parametrize(
    ("controller", "options", "expected"),
    [
        ("actuated", {}, (5.0, 50.0)),
        ("delay_based", {"max_green_s": "35"}, (5.0, 35.0)),
        ("actuated", {"min_green_s": "7.4", "max_gap_s": "2"}, (8.0, 50.0)),
        ("actuated", {"min_green_s": "60"}, (60.0, 60.0)),
    ],
)
def test_greens_of_sumos_own_controllers(
    controller: str, options: dict[str, str], expected: tuple[float, float]
) -> None:
    chosen = settings_of(controller, tuple(options.items()))
    assert isinstance(chosen, DelayBasedSettings)
    assert chosen.greens_s(PUBLISHED, 10) == expected


@pytest.mark.parametrize(
    ("controller", "options", "says"),
    [
        ("actuated", {"min_green_s": "4"}, "minimum green of profile published"),
        ("actuated", {"min_green_s": "30", "max_green_s": "20"}, "min_green_s <= max_green_s"),
        ("actuated", {"max_gap_s": "0"}, "max_gap_s"),
        ("delay_based", {"max_gap_s": "3"}, "unknown setting 'max_gap_s' of delay_based"),
        ("delay_based", {"max_green_s": "nan"}, "max_green_s"),
        ("fixed", {"plan": "x"}, "it has: none"),
    ],
)
def test_greens_that_cannot_be_are_refused(controller: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        chosen = settings_of(controller, tuple(options.items()))
        assert isinstance(chosen, DelayBasedSettings)
        chosen.greens_s(PUBLISHED, 10)
