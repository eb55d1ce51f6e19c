import pytest

from signal_ctrl.watch.matching.crossing import crossing_s


def test_who_drives_evenly_is_half_way_at_half_time() -> None:
    assert crossing_s(60, 120, 10, (12, 12), 14) == 5


def test_who_stood_first_leaves_late() -> None:
    assert crossing_s(10, 100, 60, (0, 12), 14) > 45


def test_who_stands_at_last_came_early() -> None:
    assert crossing_s(90, 100, 60, (12, 0), 14) < 10


@pytest.mark.parametrize("at_m", [-5, 0, 50, 100, 130])
@pytest.mark.parametrize("speeds", [(0, 0), (0, 10), (10, 0), (10, 10)])
def test_it_is_always_between_the_two_reports(at_m: float, speeds: tuple[float, float]) -> None:
    assert 0 <= crossing_s(at_m, 100, 20, speeds, 14) <= 20


def test_no_way_at_all_is_passed_half_way() -> None:
    assert crossing_s(0, 0, 10, (0, 0), 14) == 5
