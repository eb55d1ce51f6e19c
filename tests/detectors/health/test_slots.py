"""The record: what is carried on from slot to slot, and what is not known."""

import numpy as np
import pytest

from detectors.health.slots import Record, counted_slot
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.health.traffic import slot

NONE = np.full(1, np.nan)


def record(*slots: tuple[float, float]) -> Record:
    found = Record(1, 60.0)
    for k, (count, on_s) in enumerate(slots):
        found.add(slot(60.0 * k, [count], [on_s], held_s=[np.nan]), np.ones(1), 2.0)
    return found


def test_silence_adds_up_and_ends_with_a_vehicle() -> None:
    quiet = record((1, 0.5), (0, 0), (0, 0)).carried
    assert (quiet.quiet_s[0], quiet.quiet_veh[0]) == (120.0, 4.0)  # two slots of one vehicle, at twice the level
    assert record((0, 0), (0, 0), (1, 0.5)).carried.quiet_s[0] == 0


def test_an_occupancy_of_one_is_a_vehicle_that_stands() -> None:
    assert record((1, 60.0), (0, 60.0), (0, 60.0)).carried.held_s[0] == 180.0
    assert record((1, 60.0), (0, 60.0), (3, 20.0)).carried.held_s[0] == 0


def test_what_is_hardly_valid_is_neither_counted_nor_silence() -> None:
    found = record((1, 0.5))
    found.add(slot(60.0, [0.0], valid=[0.5]), np.ones(1))
    assert np.isnan(found.last("count", 60.0)[-1, 0])
    assert (found.carried.quiet_s[0], found.carried.missing_s[0]) == (0, 60.0)


def test_slots_follow_each_other() -> None:
    found = record((1, 0.5), (1, 0.5))
    for begin_s, length_s in ((60.0, 60.0), (120.0, 300.0)):
        wrong = counted_slot(begin_s, length_s, np.ones(1), NONE, np.ones(1), np.zeros(1, dtype=np.int64))
        with pytest.raises(InvalidInputError, match="does not follow"):
            found.add(wrong, NONE)


def test_a_day_is_kept_and_no_more() -> None:
    found = Record(1, 900.0)
    for k in range(300):
        counts = counted_slot(900.0 * k, 900.0, np.array([float(k)]), NONE, np.ones(1), np.zeros(1, dtype=np.int64))
        found.add(counts, NONE)
        assert found.last("count", 900.0)[-1, 0] == k
    assert len(found) == 96
    assert found.last("count", 86400.0)[:, 0].tolist() == list(range(204, 300))


@pytest.mark.parametrize(("n", "slot_s"), [(0, 60.0), (1, 0.5), (1, 7200.0)])
def test_a_record_needs_detectors_and_a_length(n: int, slot_s: float) -> None:
    with pytest.raises(InvalidInputError):
        Record(n, slot_s)
