"""Verdicts: doubt is at once, a fault needs its time, is over after ten minutes of plausible data, outlives a restart."""

import json

import numpy as np
import pytest

from detectors.health.faults import FAULTS, Fault, Finding
from detectors.health.judge import TESTS, Judge
from detectors.health.rules import Rules
from detectors.health.slots import Slot
from detectors.health.surroundings import Surroundings
from signal_ctrl.domain.detection import DetectorState
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.health.traffic import slot, states

ALONE = Surroundings(("J",))


def stuck(k: int, since: int = 0) -> Slot:
    return slot(60.0 * k, [0.0], [60.0], held_s=[60.0 * (k + 1 - since)])


def fine(k: int, veh: float = 4.0) -> Slot:
    return slot(60.0 * k, [veh + k % 3 if veh else 0.0])


def test_every_fault_has_its_test() -> None:
    assert set(TESTS) == set(Fault) == set(FAULTS)


def test_a_fault_is_over_after_ten_minutes_of_plausible_data() -> None:
    found = states(ALONE, [*(stuck(k) for k in range(20)), *(fine(k) for k in range(20, 40))])
    assert [row[0] for row in found[14:20]] == ["failed STUCK_ON"] * 6
    assert [row[0] for row in found[20:]] == ["failed STUCK_ON"] * 9 + ["ok"] * 11


def test_ten_minutes_without_vehicles_clear_nothing() -> None:
    found = states(ALONE, [*(stuck(k) for k in range(20)), *(fine(k, 0.0) for k in range(20, 60))])
    assert found[-1][0] == "failed STUCK_ON"


def test_a_doubt_in_between_begins_the_ten_minutes_anew() -> None:
    slots = [stuck(k) if k < 16 else fine(k) for k in range(40)]
    slots[22] = slot(60.0 * 22, [35.0])  # more than a lane lets through, once
    found = states(ALONE, slots)
    assert [row[0].split()[0] for row in found[16:33]] == ["failed"] * 16 + ["ok"]


def test_doubt_is_at_once_and_fades_at_once() -> None:
    slots = [slot(60.0 * k, [35.0] if k == 5 else [4.0 + k % 3]) for k in range(15)]
    assert [row[0] for row in states(ALONE, slots)[4:11]] == ["ok", *["suspect ERRATIC"] * 4, "ok", "ok"]


def test_since_when_is_when_it_began_not_when_it_was_found() -> None:
    judge = Judge(ALONE)
    changes = [change for k in range(30) for change in judge.take(fine(k) if k < 10 else stuck(k, 10))]
    last = changes[-1].verdict
    assert (last.state, last.since_s, last.found_s) == (DetectorState.FAILED, 600.0, 600.0 + 900.0)


def test_a_fault_outlives_a_restart() -> None:
    judge = Judge(ALONE)
    for k in range(20):
        judge.take(stuck(k))
    document = json.loads(json.dumps(judge.document()))
    again = Judge(ALONE)
    again.restore(document)
    assert again.verdicts[0].fault is Fault.STUCK_ON and again.verdicts[0].since_s == 0.0
    for k in range(20, 29):
        again.take(fine(k))
    assert again.verdicts[0].state is DetectorState.FAILED
    again.take(fine(29))
    assert again.verdicts[0].state is DetectorState.OK


def test_a_restart_does_not_begin_a_silence_anew() -> None:
    judge = Judge(ALONE)
    for k in range(5):
        judge.take(slot(60.0 * k, [0.0], [60.0], held_s=[60.0 * (k + 1)]))
    again = Judge(ALONE)
    again.restore(judge.document())
    assert again.record.carried.quiet_s[0] == 300.0 and again.record.carried.held_s[0] == 300.0


@pytest.mark.parametrize(
    "change",
    [
        {"format": "another"},
        {"held_s": [1.0, 2.0]},
        {"quiet_s": [float("nan")]},
        {"failed": {"STUCK_ON": [[3, 0.0]]}},
        {"failed": {"MOOD": [[0, 0.0]]}},
        {"total_veh": None},
    ],
)
def test_a_damaged_document_is_refused_and_changes_nothing(change: dict[str, object]) -> None:
    judge, fresh = Judge(ALONE), Judge(ALONE)
    document = {**judge.document(), **change}
    with pytest.raises(InvalidInputError, match="detector states"):
        fresh.restore(document)
    assert fresh.document() == judge.document()


@pytest.mark.parametrize("name", ["stuck_on_min", "quiet_min", "erratic_per_min", "blackout_min"])
@pytest.mark.parametrize("value", [0.0, -1.0, 256.0, float("nan")])
def test_no_rule_can_be_switched_off(name: str, value: float) -> None:
    with pytest.raises(InvalidInputError, match="no test is switched off"):
        Rules(**{name: value})


@pytest.mark.parametrize("change", [{"improbable": 0.0}, {"valid": 0.0}, {"bias": 1.0}, {"clear_s": 0.0}])
def test_rules_have_bounds(change: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError):
        Rules(**change)


def test_a_finding_is_about_every_detector() -> None:
    flags, times = np.zeros(2, dtype=np.bool_), np.zeros(3)
    with pytest.raises(ValueError, match="one value a detector"):
        Finding(flags, flags, flags, times)
