"""Bandwidth as shown, worked by hand on a road with two signals."""

import numpy as np
import pytest

from sumo_scenarios.measures.arterials import Arterial
from sumo_scenarios.measures.bands import band_figures, green_spans
from sumo_scenarios.measures.context import Times
from sumo_scenarios.measures.corridor import StopLine, through_spans
from sumo_scenarios.measures.lamps import Lamps
from sumo_scenarios.net_reader import Net, read_net
from tests.bench.reports.town import NET

TIMES = Times(0.0, 600.0, 1.0)
"""Ten cycles of 60 s; the second stop line is 300 m and 21.6 s behind the first."""


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Net:
    path = tmp_path_factory.mktemp("net") / "net.xml"
    path.write_text(NET)
    return read_net(path)


def lamps_of(greens: list[tuple[int, int]], links: int) -> Lamps:
    """Return lamps that are all green together from one step to another."""
    letters = np.full((TIMES.steps, links), ord("r"), dtype=np.uint8)
    for first, last in greens:
        letters[first:last] = ord("G")
    return Lamps(letters, 0)


ARTERIAL = Arterial((0, 1), ("A", "B"), ("in", "mid"))


def cycles(offset: int, green: int) -> list[tuple[int, int]]:
    return [(max(60 * k + offset, 0), 60 * k + offset + green) for k in range(10)]


def test_a_wave_that_fits_is_as_wide_as_its_green(net: Net) -> None:
    found = band_figures((ARTERIAL,), net, {"A": lamps_of(cycles(10, 20), 4), "B": lamps_of(cycles(22, 40), 4)}, TIMES)
    assert found["band_forth_s"] == pytest.approx(20.0)
    assert found["band_back_s"] is None
    assert found["band_efficiency"] == pytest.approx(20 / 60, abs=1e-3)
    assert found["band_attainability"] == pytest.approx(1.0)


def test_an_offset_against_the_wave_leaves_what_overlaps(net: Net) -> None:
    found = band_figures((ARTERIAL,), net, {"A": lamps_of(cycles(10, 20), 4), "B": lamps_of(cycles(40, 30), 4)}, TIMES)
    ahead_s = 300 / 13.9
    assert found["band_forth_s"] == pytest.approx(30 - (40 - ahead_s), abs=0.1)


def test_greens_that_never_meet_have_no_band_but_a_figure(net: Net) -> None:
    found = band_figures((ARTERIAL,), net, {"A": lamps_of(cycles(10, 10), 4), "B": lamps_of(cycles(5, 10), 4)}, TIMES)
    assert (found["band_forth_s"], found["band_efficiency"]) == (0.0, 0.0)


def test_half_the_cycles_without_a_band_are_seen_in_the_median(net: Net) -> None:
    some = [span for k, span in enumerate(cycles(30, 30)) if k % 3 == 0]
    found = band_figures((ARTERIAL,), net, {"A": lamps_of(cycles(10, 20), 4), "B": lamps_of(some, 4)}, TIMES)
    assert found["band_forth_s"] == 0.0


def test_what_cannot_be_told_is_none(net: Net) -> None:
    dark = {"A": lamps_of([], 4), "B": lamps_of(cycles(0, 20), 4)}
    for arterials, lamps in (((), dark), ((ARTERIAL,), {}), ((ARTERIAL,), dark)):
        assert set(band_figures(arterials, net, lamps, TIMES).values()) == {None}


def test_spans_are_common_to_all_stop_lines() -> None:
    """Checked second by second: a start is in a band if every lamp is green when it gets there."""
    lines = [StopLine("forth", name, "", 0, 0.0, free_s) for name, free_s in (("A", 5.0), ("B", 15.0), ("C", 40.0))]
    dice = np.random.default_rng(7)
    greens = [dice.random(200) < 0.8 for _ in lines]
    spans = through_spans(lines, [green_spans(each, Times(0.0, 200.0, 1.0)) for each in greens], (0.0, 160.0), 1.0)
    open_at = [
        all(each[t + int(line.free_s - 5.0)] for line, each in zip(lines, greens, strict=True)) for t in range(160)
    ]
    assert [any(a <= t < b for a, b in spans) for t in range(160)] == open_at


def test_green_spans_end_with_the_run() -> None:
    assert green_spans(np.array([True, False, True, True]), Times(10.0, 12.0, 0.5)) == [(10.0, 10.5), (11.0, 12.0)]
