"""Demand of a network plan from counts, delay carried from period to period, and files of dispersion."""

import json
from pathlib import Path

import numpy as np
import pytest

from optimiser.dispersion import Dispersion, Fit, Spread
from optimiser.network_plan import Timing
from signal_ctrl.domain.counts import CountPeriod
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.dispersion_fit import FORMAT, LinkFit, fit_document, read_fits
from sumo_scenarios.model_delay import _carried
from sumo_scenarios.network_planning import Wish, cycles_of
from sumo_scenarios.network_plans import by_cycle, counted, scaled
from sumo_scenarios.volumes import Volumes

A, B, C = ("a", "in", "mid"), ("b", "mid", "out"), ("b", "mid", "left")
ROUTED = Volumes({A: 100.0, B: 60.0, C: 40.0}, {(A, B): 60.0, (A, C): 40.0}, {(A, B): 20.0, (A, C): 20.0})


def test_counts_take_the_ways_of_the_routes() -> None:
    found, unlinked = counted(ROUTED, CountPeriod(0.0, 1800.0, {A: 100.0, B: 100.0, C: 80.0}))
    assert found.turns == {A: 200.0, B: 200.0, C: 160.0}
    assert found.links == {(A, B): pytest.approx(120.0), (A, C): pytest.approx(80.0)}
    assert (found.ways_s, unlinked) == (ROUTED.ways_s, 0.0)


def test_nobody_is_reached_by_more_than_were_counted() -> None:
    found, _ = counted(ROUTED, CountPeriod(0.0, 3600.0, {A: 100.0, B: 30.0, C: 40.0}))
    assert found.links[A, B] == pytest.approx(30.0)
    assert found.links[A, C] == pytest.approx(40.0)


def test_turns_that_no_route_takes_are_told() -> None:
    new = ("a", "in", "side")
    found, unlinked = counted(ROUTED, CountPeriod(0.0, 3600.0, {A: 100.0, B: 60.0, C: 40.0, new: 25.0}), 2.0)
    assert unlinked == 50.0
    assert found.turns[new] == 50.0


def test_scaling_leaves_the_ways() -> None:
    found = scaled(ROUTED, 1.5)
    assert (found.turns[A], found.links[A, B], found.ways_s) == (150.0, 90.0, ROUTED.ways_s)


def test_what_a_period_leaves_waits_as_in_a_queue_counted_second_by_second() -> None:
    for before, flow, capacity in ((10.0, 0.1, 0.2), (10.0, 0.3, 0.2), (200.0, 0.1, 0.2), (0.0, 0.1, 0.2)):
        waiting_s, left = _carried(np.array([before]), np.array([flow]), np.array([capacity]), 900.0)
        queue, area = before, 0.0
        for _ in range(90_000):
            served = min(queue, max(capacity - flow, 0.0) * 0.01) if capacity > flow else 0.0
            area += (queue - served / 2) * 0.01
            queue -= served
        assert waiting_s[0] == pytest.approx(area, rel=1e-3, abs=1e-6)
        grown = before + (flow - capacity) * 900.0
        assert left[0] == pytest.approx(max(grown, 0.0), abs=1e-9)


def test_cycles_of_a_range() -> None:
    assert cycles_of("60-63") == (60, 61, 62, 63)
    assert cycles_of("90") == (90,)
    assert len(cycles_of("40-120")) == 8
    for text in ("90-60", "a-b", "0-10", "60-"):
        with pytest.raises(InvalidInputError, match="--cycle-range wants A-B"):
            cycles_of(text)


def test_wishes_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="either --signals or --subarea"):
        Wish(signals=("a",), subarea="auto")
    with pytest.raises(InvalidInputError, match="--subarea is 'auto'"):
        Wish(subarea="north")
    with pytest.raises(InvalidInputError, match="30 to 300 s"):
        Wish(cycles_s=(20, 60))
    with pytest.raises(InvalidInputError, match="--coupling"):
        Wish(coupling=-1.0)


def test_signals_are_grouped_by_cycle() -> None:
    timings = [Timing((0, 1), (30, 30)), Timing((0, 1), (20, 20)), Timing((0,), (60,))]
    assert by_cycle(timings) == {60: [0, 2], 40: [1]}


def test_fits_are_kept_and_read_if_they_explain_enough(tmp_path: Path) -> None:
    good = LinkFit("b", "mid", 15.0, Fit(Spread(14.0, 0.3), 0.6, 400))
    bad = LinkFit("c", "far", 15.0, Fit(Spread(14.0, 0.3), 0.1, 400))
    path = tmp_path / "fits.json"
    path.write_text(json.dumps(fit_document([good, bad])), encoding="utf-8")
    found = read_fits(path)
    assert set(found) == {("b", "mid")}
    assert found["b", "mid"].beta == pytest.approx(14.0 / (14.0 + 0.7 / 0.3), abs=1e-3)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"format": FORMAT, "links": [{"used": True}]}),
        json.dumps(
            {"format": FORMAT, "links": [{"signal": "a", "from_edge": "b", "alpha": -1, "beta": 0.8, "used": True}]}
        ),
    ],
)
def test_files_that_are_no_fits_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "fits.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInputError):
        read_fits(path)
    with pytest.raises(InvalidInputError, match="cannot read the dispersion"):
        read_fits(tmp_path / "none.json")


def test_constants_are_those_of_the_fit() -> None:
    assert Fit(Spread(14.0, 1.0), 0.9, 50).dispersion == Dispersion(0.0, 1.0)
