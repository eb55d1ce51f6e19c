"""The trial of recording a city, in its shortest form."""

from pathlib import Path

from bench.past import Size, trial


def test_a_small_city_is_recorded_and_read_again(tmp_path: Path) -> None:
    found = trial(Size(3, 5, 2), minutes=3, seed=1, folder=tmp_path)
    assert 17 <= found["pieces"] <= 20
    assert found["bytes_a_day"] > 0 and found["picture_ms"] > 0 and found["changes_ms"] > 0
