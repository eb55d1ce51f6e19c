from typing import Any

import pytest

from signal_ctrl.domain.errors import InvalidInputError, InvalidTimingError
from signal_ctrl.domain.site_parts import GroupKind, Right, SignalGroup, together_bit, transposed

VEHICLE: dict[str, Any] = {
    "name": "v", "kind": GroupKind.VEHICLE, "links": (0,), "amber_ds": 30, "min_green_ds": 50, "max_green_ds":
    300, "max_red_ds": 900,
}  # fmt: skip
CROSSING: dict[str, Any] = VEHICLE | {
    "kind": GroupKind.CROSSING, "amber_ds": 0, "min_green_ds": 70, "clearance_ds": 80, "buffer_ds": 30,
}  # fmt: skip


@pytest.mark.parametrize(
    ("base", "field", "low", "high"),
    [
        (VEHICLE, "amber_ds", 30, 60),
        (VEHICLE, "min_green_ds", 50, 300),
        (VEHICLE, "max_green_ds", 100, 3000),
        (VEHICLE, "max_red_ds", 300, 3000),
        (VEHICLE, "clearance_ds", 0, 0),
        (VEHICLE, "buffer_ds", 0, 0),
        (CROSSING, "amber_ds", 0, 0),
        (CROSSING, "min_green_ds", 40, 300),
        (CROSSING, "clearance_ds", 1, 3000),
        (CROSSING, "buffer_ds", 30, 300),
    ],
)
def test_each_time_at_its_limits(base: dict[str, Any], field: str, low: int, high: int) -> None:
    for value in (low, high):
        assert getattr(SignalGroup(**(base | {field: value})), field) == value
    for value in (low - 1, high + 1):
        with pytest.raises(InvalidTimingError):
            SignalGroup(**(base | {field: value}))


@pytest.mark.parametrize("value", [50.0, True, "50", None, float("nan")])
def test_times_are_whole_numbers(value: Any) -> None:
    with pytest.raises(InvalidTimingError):
        SignalGroup(**(VEHICLE | {"min_green_ds": value}))


@pytest.mark.parametrize("changes", [{"name": ""}, {"name": 3}, {"links": ()}])
def test_a_group_has_a_name_and_a_link(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        SignalGroup(**(VEHICLE | changes))


def test_time_after_green() -> None:
    assert SignalGroup(**VEHICLE).after_green_ds == 30
    assert SignalGroup(**CROSSING).after_green_ds == 110


def test_bits_of_a_pair() -> None:
    greens = (Right.PERMISSIVE, Right.PROTECTED)
    assert [together_bit(a, b) for a in greens for b in greens] == [1, 2, 4, 8]
    for a in greens:
        for b in greens:
            assert transposed(together_bit(a, b)) == together_bit(b, a)
    assert [right.is_green for right in Right] == [False, False, True, True]
