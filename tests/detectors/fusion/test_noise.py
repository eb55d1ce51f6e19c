"""What is learned of sources: against drawn counts of which factor and dispersion are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.fusion.conditions import Condition
from detectors.fusion.mutual import Together, learned_from_each_other
from detectors.fusion.noise import Lesson, Noise, NoiseTable, learned_from_truth
from signal_ctrl.domain.errors import InvalidInputError
from tests.detectors.fusion.made import VIDEO_RATES, counted

DAY, NIGHT = Condition(), Condition(light="night")


def test_factor_and_dispersion_are_found_by_condition() -> None:
    came, classes, _, video = counted(np.random.default_rng(1), 6000)
    table = learned_from_truth([Lesson(*row) for row in zip(video, came, classes, strict=True)], Noise(1.0, 0.15))
    for (light, weather), (recall, false) in VIDEO_RATES.items():
        noise = table.of(Condition(light, weather, "dense"))
        assert noise.factor == pytest.approx(recall + false, abs=0.01)
        variance = recall * (1 - recall) + false
        assert noise.dispersion == pytest.approx(variance / (recall + false), rel=0.15)


def test_a_condition_seen_too_seldom_takes_the_next_wider_one() -> None:
    lessons = [Lesson(90.0, 100.0, DAY)] * 50 + [Lesson(50.0, 100.0, NIGHT)] * 3
    table = learned_from_truth(lessons, Noise())
    assert table.of(NIGHT).factor == pytest.approx(table.by_class[()].factor)
    assert table.of(DAY).factor == pytest.approx(0.9, abs=0.02)


def test_a_first_guess_fades() -> None:
    few = learned_from_truth([Lesson(50.0, 100.0, DAY)] * 2, Noise(1.0)).of(DAY).factor
    many = learned_from_truth([Lesson(50.0, 100.0, DAY)] * 200, Noise(1.0)).of(DAY).factor
    assert few > 0.8
    assert many == pytest.approx(0.5, abs=0.02)


def test_without_truth_the_difference_of_two_is_shared_out_by_a_third() -> None:
    """Loops with a dispersion of 0.05, video with 0.4: found to a third, and the ratio of the factors to a hundredth."""
    rng, rows = np.random.default_rng(2), []
    for _ in range(6000):
        came = float(rng.poisson(80))
        loops = max(came + rng.normal(0, np.sqrt(0.05 * came)), 0.0)
        video = max(0.9 * came + rng.normal(0, np.sqrt(0.4 * 0.9 * came)), 0.0)
        rows.append(Together(loops, video, 80.0 + rng.normal(0, 3), DAY))
    first, second = learned_from_each_other(rows, (Noise(1.0, 0.1), Noise(1.0, 0.1)))
    assert first.of(DAY).factor == 1.0
    assert second.of(DAY).factor == pytest.approx(0.9, abs=0.01)
    assert second.of(DAY).dispersion == pytest.approx(0.4, rel=0.34)
    assert first.of(DAY).dispersion < 0.4 * second.of(DAY).dispersion


def test_of_what_was_not_seen_less_is_known() -> None:
    noise = Noise(0.9, 0.1)
    whole, part = noise.measured(90.0, 1.0, 100.0), noise.measured(63.0, 0.7, 100.0)
    assert whole.value == pytest.approx(100.0)
    assert part.value == pytest.approx(100.0)
    assert part.variance > 3 * whole.variance


@given(st.floats(0.2, 1.5), st.floats(0.01, 2.0), st.floats(0, 400), st.floats(0.1, 1.0), st.floats(0, 400))
def test_any_count_gives_a_value_with_a_variance(
    factor: float, dispersion: float, count: float, valid: float, expected: float
) -> None:
    found = Noise(factor, dispersion).measured(count, valid, expected)
    assert found.value >= 0.0
    assert found.variance > 0.0


def test_noise_that_cannot_be_is_refused() -> None:
    for factor, dispersion in ((0.0, 1.0), (1.0, 0.0), (float("nan"), 1.0)):
        with pytest.raises(InvalidInputError):
            Noise(factor, dispersion)
    with pytest.raises(InvalidInputError):
        NoiseTable({("day", "dry"): Noise()})
    with pytest.raises(InvalidInputError):
        Condition(light="dusk")
    with pytest.raises(InvalidInputError):
        Noise().measured(5.0, 0.0, 5.0)
