import numpy as np

from signal_ctrl.watch.matching.plausible import plausible


def _keep(rows: list[tuple[int, int, float]]) -> list[bool]:
    vehicle, utc_ms, east = (np.array(column) for column in zip(*rows, strict=True))
    return plausible(vehicle, utc_ms, np.stack((east, np.zeros(len(rows))), axis=1)).tolist()


def test_a_leap_is_left_out_wherever_it_comes() -> None:
    good = [(1, 10_000 * k, 100.0 * k) for k in range(5)]
    for at in range(5):
        rows = sorted([*good, (1, 10_000 * at + 5_000, 9_000.0)])
        assert _keep(rows) == [row[2] < 9_000 for row in rows]


def test_vehicles_do_not_disturb_each_other() -> None:
    assert all(_keep([(1, 0, 0.0), (2, 1_000, 9_000.0), (3, 2_000, 50.0)]))


def test_of_two_that_contradict_each_other_the_later_is_kept() -> None:
    assert _keep([(1, 0, 0.0), (1, 10_000, 9_000.0)]) == [False, True]
