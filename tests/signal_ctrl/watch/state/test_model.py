import numpy as np
import pytest

from signal_ctrl.watch.state.model import TravelTimeModel, drives_of, nothing_learnt

N_ROADS = 40
FREE_S = np.full(N_ROADS, 20.0)
FEATURES = np.stack((np.ones(N_ROADS), (np.arange(N_ROADS) % 2).astype(float)), axis=1)
NOBODY = drives_of([], FREE_S)
DEAF = np.zeros(N_ROADS, dtype=bool)
TRUE_S = 30.0 + 20.0 * FEATURES[:, 1]


def _model() -> TravelTimeModel:
    learnt = nothing_learnt(N_ROADS, np.array([0.1, 0.0]), np.zeros((0, 2)))
    return TravelTimeModel(FREE_S, learnt)


def _run(model: TravelTimeModel, roads: range, minutes: int, true_s: np.ndarray, seed: int = 1) -> np.ndarray:
    draw, found = np.random.default_rng(seed), FREE_S
    for _ in range(minutes):
        rows = [(road, float(draw.gamma(4, true_s[road] / 4)), 1.0) for road in roads]
        found = model.minute(FEATURES, DEAF, drives_of(rows, FREE_S), NOBODY)
    return found


def test_before_anybody_drives_the_first_weights_say_it() -> None:
    assert _model().minute(FEATURES, DEAF, NOBODY, NOBODY) == pytest.approx(FREE_S * np.exp(0.1))


def test_roads_that_nobody_drives_take_what_others_of_their_kind_take() -> None:
    found = _run(_model(), range(20), 60, TRUE_S)
    assert found[:20] == pytest.approx(TRUE_S[:20], rel=0.35)
    assert found[20:] == pytest.approx(TRUE_S[20:], rel=0.12)


def test_a_road_of_its_own_kind_is_learnt_by_its_own_drives() -> None:
    true_s = TRUE_S.copy()
    true_s[3] = 150.0
    found = _run(_model(), range(20), 90, true_s)
    assert found[3] == pytest.approx(150, rel=0.35)
    assert found[23] == pytest.approx(TRUE_S[23], rel=0.25)


def test_a_jam_shows_within_minutes_and_goes_again() -> None:
    model = _model()
    _run(model, range(20), 60, TRUE_S)
    jam_s = TRUE_S.copy()
    jam_s[4] = 120.0
    jammed = _run(model, range(20), 8, jam_s, 2)
    assert jammed[4] > 55
    assert _run(model, range(20), 40, TRUE_S, 3)[4] < 45


def test_who_waits_counts_at_once_and_for_one_minute_only() -> None:
    model = _model()
    before = _run(model, range(20), 60, TRUE_S)
    waiting = drives_of([(6, 200.0, 1.0), (6, 180.0, 1.0)], FREE_S)
    assert model.minute(FEATURES, DEAF, NOBODY, waiting)[6] > 1.25 * before[6]
    assert model.minute(FEATURES, DEAF, NOBODY, NOBODY)[6] == pytest.approx(before[6], rel=0.1)


def test_one_absurd_drive_moves_a_road_no_more_than_a_slow_one() -> None:
    slow, absurd = _model(), _model()
    for model in (slow, absurd):
        _run(model, range(20), 60, TRUE_S)
    one = slow.minute(FEATURES, DEAF, drives_of([(2, 200.0, 1.0)], FREE_S), NOBODY)
    other = absurd.minute(FEATURES, DEAF, drives_of([(2, 50_000.0, 1.0)], FREE_S), NOBODY)
    assert one[2] == pytest.approx(other[2], rel=0.01)


def test_what_was_learnt_serves_another_day() -> None:
    first = _model()
    _run(first, range(20), 60, TRUE_S)
    second = TravelTimeModel(FREE_S, first.learnt)
    assert second.minute(FEATURES, DEAF, NOBODY, NOBODY)[20:] == pytest.approx(TRUE_S[20:], rel=0.12)


def test_roads_known_to_be_free_are_taken_to_be_free_until_drives_say_otherwise() -> None:
    learnt = nothing_learnt(N_ROADS, np.zeros(2), FEATURES[FEATURES[:, 1] > 0])
    model = TravelTimeModel(FREE_S, learnt)
    only_others = range(0, 40, 2)
    found = _run(model, only_others, 60, np.full(N_ROADS, 50.0))
    assert found[1] < 25
    assert found[0] > 40
    assert _run(model, range(20), 120, np.full(N_ROADS, 50.0), 2)[21] > 35


def test_drives_over_very_short_roads_weigh_next_to_nothing() -> None:
    found = drives_of([(0, 1.0, 1.0), (1, 1.0, 1.0)], np.array([0.1, 30.0]))
    assert found.weight[0] < 0.01
    assert found.weight[1] > 0.9
