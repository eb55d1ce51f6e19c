"""Waves in whole seconds: no green grows, and every width is what the slow referee sees."""

import pytest
from hypothesis import given, settings

from bench.wave_cases import grid_case, street_case
from bench.waves import driven_width_s
from optimiser.green_wave.engines import Effort
from optimiser.green_wave.model import AM_BAND, MULTIBAND, WaveRules
from optimiser.green_wave.network import Green, StageOrder, WaveNetwork
from optimiser.green_wave.planning import plan_wave
from optimiser.green_wave.whole_seconds import exact, floored
from signal_ctrl.domain.errors import InvalidInputError
from tests.optimiser.green_wave.streets import refereed_s
from tests.optimiser.green_wave.test_model import any_street


@settings(max_examples=10, deadline=None)
@given(any_street(4))
def test_measured_widths_are_those_of_the_referee(network: WaveNetwork) -> None:
    try:
        found = plan_wave(network, WaveRules(), Effort(10.0, 1e-3))
    except InvalidInputError:
        return
    timing = found.timing
    assert timing.cycle_s == timing.timed.cycle_s
    assert all(offset_s == round(offset_s) for offset_s in timing.timed.offsets_s)
    for course, way, widths in zip(network.courses, timing.wave.courses, timing.widths, strict=True):
        assert refereed_s(course, timing.timed, way) == pytest.approx(widths.through_s, abs=0.11)
    for k, signal in enumerate(network.signals):
        order = signal.orders[timing.wave.orders[k]]
        for (begin_s, end_s), green in zip(timing.timed.greens_s[k], order.greens, strict=True):
            assert end_s - begin_s <= green.length * timing.cycle_s + 1e-6
            assert begin_s == round(begin_s) and end_s == round(end_s)


@pytest.mark.parametrize("kind", [MULTIBAND, AM_BAND])
def test_bands_by_link_in_whole_seconds(kind: str) -> None:
    network = street_case(3, 5)
    found = plan_wave(network, WaveRules(kind), Effort(20.0, 1e-3))
    lost = found.wave.proof.found - found.timing.measured
    assert -1e-3 <= lost < 0.05
    for course, way, widths in zip(network.courses, found.timing.wave.courses, found.timing.widths, strict=True):
        assert driven_width_s(course, found.timing.timed, way) == pytest.approx(widths.through_s, abs=0.21)
        assert widths.through_s <= min(widths.bands_s) + max(widths.bands_s)
        assert max(widths.bands_s) <= max(e - b for greens in found.timing.timed.greens_s for b, e in greens)


def test_a_small_grid_is_proven_and_driven() -> None:
    network = grid_case(2, 3)
    found = plan_wave(network, WaveRules(), Effort(30.0, 2e-2))
    assert found.wave.proof.gap <= 2e-2 + 1e-9
    for course, way, widths in zip(network.courses, found.timing.wave.courses, found.timing.widths, strict=True):
        assert refereed_s(course, found.timing.timed, way) == pytest.approx(widths.through_s, abs=0.11)


def test_a_street_of_eight_is_proven() -> None:
    found = plan_wave(street_case(1, 8), WaveRules(), Effort(30.0, 1e-3))
    assert found.wave.proof.gap <= 1e-3
    assert found.timing.measured > 0.9 * found.wave.proof.found


def test_rounding_keeps_greens_from_growing() -> None:
    order = StageOrder("a", (Green(0.105, 0.5), Green(0.3, 0.333)))
    assert floored(order, 90) == ((0, 45), (18, 47))
    assert exact(order, 100) == ((10.5, 60.5), (30.0, 63.3))


def test_no_whole_second_within_the_bounds() -> None:
    network = street_case(1, 3, (70.2, 70.8))
    with pytest.raises(InvalidInputError, match="no whole second near"):
        plan_wave(network, WaveRules(), Effort(10.0, 1e-3))


def test_attainability_never_passes_one() -> None:
    for kind in (MULTIBAND, AM_BAND, "maxband"):
        found = plan_wave(street_case(6, 4), WaveRules(kind), Effort(20.0, 1e-3))
        for widths in found.timing.widths:
            assert all(b <= room + 1e-6 for b, room in zip(widths.bands_s, widths.rooms_s, strict=True))
            assert widths.mean_s <= widths.mean_room_s + 1e-6
