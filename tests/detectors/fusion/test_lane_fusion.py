"""The count of one lane from loops and video: better than either in every condition, whatever goes wrong."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.fusion.combine import Measured
from detectors.fusion.conditions import Condition
from detectors.fusion.lane_fusion import CLEAN, Doubt, Fused, LaneFusion, Reading
from detectors.fusion.noise import Lesson, Noise, NoiseTable, learned_from_truth
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.fusion.made import FAULTS, MEANS, Fault, counted

DAY = Condition()
KNOWN = {"loops": NoiseTable({(): Noise(1.0, 0.05)}), "video": NoiseTable({(): Noise(0.9, 0.1)})}
TRAINING, TEST = 4800, 2400


def learned(rng: np.random.Generator) -> dict[str, NoiseTable]:
    came, classes, loops, video = counted(rng, TRAINING)
    return {
        name: learned_from_truth([Lesson(*row) for row in zip(own, came, classes, strict=True)], Noise(1.0, 0.1))
        for name, own in (("loops", loops), ("video", video))
    }


def alarms(rows: list[Fused]) -> list[tuple[int, str, Doubt]]:
    return [(k, alarm.source, alarm.doubt) for k, row in enumerate(rows) for alarm in row.alarms]


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=[fault.__name__ for fault in FAULTS])
def test_fused_is_no_worse_than_the_best_source_in_any_condition(fault: Fault) -> None:
    """Mean absolute error over the intervals of a class in which a source speaks, its factor already taken off."""
    rng = np.random.default_rng(7)
    noises = learned(rng)
    came, classes, loops, video = counted(rng, TEST)
    readings = {"loops": [Reading(c) for c in loops], "video": [Reading(c) for c in video]}
    fault(rng, readings["loops"], readings["video"])
    fusion = LaneFusion(noises)
    rows = []
    for k, condition in enumerate(classes):
        beside = Measured(max(came[k] * rng.normal(1, 0.08), 0.0), (0.1 * MEANS[condition.crowding]) ** 2)
        own = {name: each[k] for name, each in readings.items()}
        rows.append(fusion.step(own, condition, neighbours=beside))
    for condition in set(classes):
        for name, own_readings in readings.items():
            own = [k for k, c in enumerate(classes) if c == condition and own_readings[k].says]
            if own:
                factor = noises[name].of(condition).factor
                single = np.mean(
                    [abs((own_readings[k].count or 0) / factor / own_readings[k].valid - came[k]) for k in own]
                )
                fused = np.mean([abs((rows[k].vehicles or 0.0) - came[k]) for k in own])
                assert fused <= single, (condition, name)
    held = [abs((row.vehicles or 0.0) - q) <= 1.96 * row.variance**0.5 for row, q in zip(rows, came, strict=True)]
    assert np.mean(held) >= 0.9


@pytest.mark.parametrize(("name", "factor"), [("video", 1.6), ("loops", 0.4)])
def test_the_source_that_goes_wrong_is_suspected_within_four_intervals_and_the_other_never(
    name: str, factor: float
) -> None:
    rng = np.random.default_rng(3)
    fusion, rows = LaneFusion(KNOWN), []
    for k in range(200):
        level = 50.0 + rng.normal(0, 2)
        counts = {"loops": level + rng.normal(0, 1.5), "video": 0.9 * level + rng.normal(0, 2)}
        if k >= 100:
            counts[name] *= factor
        rows.append(fusion.step({source: Reading(max(c, 0.0)) for source, c in counts.items()}, DAY))
    suspected = [(k, source) for k, source, doubt in alarms(rows) if doubt is Doubt.SUSPECT]
    assert [source for _, source in suspected] == [name]
    assert 100 <= suspected[0][0] <= 104
    assert all(set(row.weights) == {"loops", "video"} - {name} for row in rows[105:])


def test_one_strange_interval_is_no_alarm() -> None:
    fusion = LaneFusion(KNOWN)
    rows = [fusion.step({"loops": Reading(50.0), "video": Reading(45.0 if k != 20 else 90.0)}, DAY) for k in range(40)]
    assert alarms(rows) == []
    assert rows[20].vehicles == pytest.approx(50.0, abs=4.0)


def test_if_nothing_tells_which_is_wrong_neither_is_suspected_and_the_doubt_is_told() -> None:
    fusion = LaneFusion(KNOWN)
    rows = [fusion.step({"loops": Reading(30.0), "video": Reading(81.0)}, DAY) for _ in range(2)]
    assert [(source, doubt) for _, source, doubt in alarms(rows)] in ([("", Doubt.UNDECIDED)], [])
    assert fusion.suspects == ()
    assert rows[0].variance > 15.0**2
    assert 30.0 < (rows[0].vehicles or 0.0) < 90.0


def test_never_are_both_suspected() -> None:
    rng, fusion = np.random.default_rng(9), LaneFusion(KNOWN)
    for _ in range(400):
        fusion.step({"loops": Reading(float(rng.integers(0, 200))), "video": Reading(float(rng.integers(0, 200)))}, DAY)
        assert len(fusion.suspects) <= 1


def test_a_suspect_that_agrees_for_a_while_is_believed_again() -> None:
    fusion = LaneFusion(KNOWN)
    rows = [fusion.step({"loops": Reading(50.0), "video": Reading(45.0)}, DAY) for _ in range(20)]
    rows += [fusion.step({"loops": Reading(50.0), "video": Reading(120.0)}, DAY) for _ in range(5)]
    assert fusion.suspects == ("video",)
    rows += [fusion.step({"loops": Reading(50.0), "video": Reading(45.0)}, DAY) for _ in range(CLEAN)]
    assert fusion.suspects == ()
    doubts = [doubt for _, _, doubt in alarms(rows)]
    assert doubts == [Doubt.SUSPECT, Doubt.ALONE, Doubt.RESTORED, Doubt.TOGETHER]


def test_a_source_that_dies_leaves_the_other_and_without_both_the_profile_answers() -> None:
    fusion, usual = LaneFusion(KNOWN), Measured(44.0, 60.0)
    both = [fusion.step({"loops": Reading(50.0), "video": Reading(45.0)}, DAY, profile=usual) for _ in range(5)]
    alone = [fusion.step({"video": Reading(45.0)}, DAY, profile=usual) for _ in range(5)]
    none = [fusion.step({}, DAY, profile=usual) for _ in range(5)]
    assert all(row.weights == {"video": 1.0} for row in alone)
    assert all(row.profile and row.vehicles == 44.0 and row.variance == 60.0 for row in none)
    doubts = [doubt for _, _, doubt in alarms([*both, *alone, *none])]
    assert doubts == [Doubt.ALONE, Doubt.NONE_LEFT]
    assert fusion.step({}, DAY).vehicles is None


def test_missing_is_not_zero() -> None:
    fusion = LaneFusion(KNOWN)
    for reading in (Reading(None), Reading(None, 0.0), Reading(3.0, 0.2)):
        assert fusion.step({"loops": Reading(50.0), "video": reading}, DAY).vehicles == pytest.approx(50.0)
    assert (LaneFusion(KNOWN).step({"loops": Reading(0.0), "video": Reading(None)}, DAY)).vehicles == 0.0


readings = st.builds(Reading, st.one_of(st.none(), st.floats(0, 300)), st.floats(0, 1))


@given(st.lists(st.tuples(readings, readings), min_size=1, max_size=12))
def test_any_readings_in_any_order_give_the_same_and_never_less_than_nothing(
    rows: list[tuple[Reading, Reading]],
) -> None:
    one, two = LaneFusion(KNOWN), LaneFusion(dict(reversed(KNOWN.items())))
    for loops, video in rows:
        found = one.step({"loops": loops, "video": video}, DAY)
        other = two.step({"video": video, "loops": loops}, DAY)
        assert found == other
        assert found.vehicles is None or found.vehicles >= 0.0
        speak = {name for name, each in (("loops", loops), ("video", video)) if each.says}
        assert (found.vehicles is None) == (not found.weights)
        assert set(found.weights) <= speak
        assert found.weights or speak <= set(one.suspects)  # whoever speaks and is believed is heard


@given(st.floats(0, 200), st.floats(0, 200))
def test_two_that_agree_are_surer_than_the_better_one(loops: float, video: float) -> None:
    found = LaneFusion(KNOWN).step({"loops": Reading(loops), "video": Reading(video)}, DAY)
    common = 0.5 * (loops + video / 0.9)
    singles = [KNOWN[s].of(DAY).measured(c, 1.0, common).variance for s, c in (("loops", loops), ("video", video))]
    if len(found.weights) == 2 and abs(loops - video / 0.9) <= 3.5 * sum(singles) ** 0.5:
        assert found.variance <= min(singles) * (1 + 1e-9)


def test_sources_without_noise_are_refused() -> None:
    nothing: Mapping[str, NoiseTable] = {}
    with pytest.raises(InvalidInputError):
        LaneFusion(nothing)
    with pytest.raises(InvalidInputError):
        LaneFusion(KNOWN).step({"radar": Reading(1.0)}, DAY)
    for count, valid in ((-1.0, 1.0), (float("nan"), 1.0), (1.0, 1.5)):
        with pytest.raises(InvalidInputError):
            Reading(count, valid)
