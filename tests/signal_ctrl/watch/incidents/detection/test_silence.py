"""The sequential test of vehicles that are due, and which loops are in doubt."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pytest

from signal_ctrl.watch.incidents.detection.bins import BIN_MS, LoopBins
from signal_ctrl.watch.incidents.detection.doubt import LOOKED_AT, Doubt
from signal_ctrl.watch.incidents.detection.layout import Layout, layout_of
from signal_ctrl.watch.incidents.detection.silence import LEAK, WINDOW, Silence
from signal_ctrl.watch.observations import LoopCount
from tests.signal_ctrl.watch.incidents.detection.streams import BEGIN_MS, USUAL_VEH, usual
from tests.signal_ctrl.watch.incidents.places import town

LAYOUT: Layout = layout_of(town())
LOOPS = [loop.detector for loop in town().loops]
N_BINS = WINDOW + 4
Array = npt.NDArray[np.float64]
Said = Mapping[str, tuple[int, float]]
"""By detector what it says in a bin: vehicles, and the share of the time it is covered."""
NOBODY = (0, 0.0)
WAITS = (0, 1.0)
LATELY = 2
"""Bins whose vehicles may be on their way still: a drive along a, and over the junction between a and c."""


def overdue(bins: int, vehicles: float = USUAL_VEH) -> float:
    return (bins - LATELY) * vehicles * (1 - LEAK)


def played(special: Mapping[int, Said], silent: tuple[str, ...] = ()) -> tuple[LoopBins, int]:
    """Return bins in which each loop counts as usual, but for what is said of some; none comes of `silent`."""
    bins = LoopBins(LOOPS)
    for number in range(N_BINS):
        begin_ms = BEGIN_MS + number * BIN_MS
        for detector in LOOPS:
            vehicles, occupied = special.get(number, {}).get(detector, (USUAL_VEH, 0.2))
            if detector not in silent:
                bins.take(LoopCount(detector, begin_ms, begin_ms + BIN_MS, vehicles, occupied), begin_ms + BIN_MS)
    return bins, BEGIN_MS // BIN_MS + N_BINS - 1


def since(bins_ago: int, **said: tuple[int, float]) -> dict[int, Said]:
    """What is said by loops, `a_0_stop` for `a/0/stop`, in the last bins."""
    by_loop = {name.replace("_", "/"): each for name, each in said.items()}
    return dict.fromkeys(range(N_BINS - bins_ago, N_BINS), by_loop)


def silence(special: Mapping[int, Said], silent: tuple[str, ...] = (), came: float = 1.0) -> dict[str, float]:
    bins, number = played(special, silent)
    at_end, shares = np.full(len(LOOPS), number), np.full(LAYOUT.n_roads, came)
    found = Silence(LAYOUT, LAYOUT.stop, LAYOUT.entry).look(bins, usual(town()), shares, number, at_end)
    return dict(zip(LOOPS, found.tolist(), strict=True))


def test_on_a_usual_day_nothing_is_due() -> None:
    assert set(silence({}).values()) == {0.0}


def test_vehicles_that_came_in_and_do_not_come_out_add_up() -> None:
    found = silence(since(4, a_0_stop=NOBODY))
    assert found["a/0/stop"] == pytest.approx(overdue(4))
    assert found["a/1/stop"] == found["a/0/entry"] == 0.0


def test_a_red_light_says_nothing_and_who_passes_takes_it_back() -> None:
    assert silence(since(4, a_0_stop=WAITS))["a/0/stop"] == 0.0
    gone = {**since(4, a_0_stop=NOBODY), N_BINS - 1: {"a/0/stop": (9, 0.5)}}
    assert silence(gone)["a/0/stop"] == 0.0


def test_where_nobody_comes_in_nobody_is_due() -> None:
    quiet = silence(since(12, a_0_stop=NOBODY, a_1_stop=NOBODY, a_0_entry=NOBODY, a_1_entry=NOBODY))
    assert quiet["a/0/stop"] == quiet["a/1/stop"] == 0.0


def test_a_full_platoon_that_leaves_as_it_came_leaves_nothing_behind() -> None:
    came = {N_BINS - 4: {"a/0/entry": (12, 0.6), "a/0/stop": (12, 0.6)}}
    rest = since(3, a_0_entry=NOBODY, a_1_entry=NOBODY, a_0_stop=NOBODY, a_1_stop=NOBODY)
    assert silence({**came, **rest})["a/0/stop"] == 0.0


def test_at_the_begin_of_a_road_those_are_due_that_left_the_roads_before() -> None:
    assert silence(since(5, c_0_entry=NOBODY))["c/0/entry"] == pytest.approx(overdue(5))
    stops = {name.replace("/", "_"): NOBODY for name in ("a/0/stop", "a/1/stop")}
    assert silence(since(5, c_0_entry=NOBODY, **stops))["c/0/entry"] == 0.0


def test_where_nobody_counts_who_comes_a_share_of_the_usual_is_due() -> None:
    full, third = (silence(since(5, a_0_entry=NOBODY), came=each)["a/0/entry"] for each in (1.0, 1 / 3))
    assert full == pytest.approx(5 * USUAL_VEH * (1 - LEAK)) and third == pytest.approx(full / 3)


def test_a_loop_that_reports_nothing_is_not_silent_and_sends_nobody() -> None:
    assert np.isnan(silence({}, silent=("a/0/stop",))["a/0/stop"])
    half = silence(since(5, a_0_stop=NOBODY), silent=("a/0/entry",))["a/0/stop"]
    assert half == pytest.approx(overdue(5, USUAL_VEH / 2))


def in_doubt(special: Mapping[int, Said]) -> set[str]:
    bins, number = played(special)
    doubt, learnt = Doubt(LAYOUT), usual(town())
    for at in range(number - 3, number + 1):
        ends = np.full(len(LOOPS), at)
        doubt.look(*bins.recent(ends, LOOKED_AT), learnt.rate_at(at), learnt.stand)
    return {name for name, doubted in zip(LOOPS, doubt.loops, strict=True) if doubted}


def test_a_loop_is_in_doubt_while_the_other_end_of_its_lane_flows() -> None:
    assert in_doubt({}) == set()
    assert in_doubt(since(6, a_0_stop=NOBODY)) == {"a/0/stop"}
    assert in_doubt(since(5, a_0_entry=WAITS)) == {"a/0/entry"}


def test_what_passed_at_the_other_end_before_the_queue_stood_says_nothing() -> None:
    """Road a is blocked: its end has been bare for 80 s, and now the queue has reached its begin."""
    queue = {number: dict(said) for number, said in since(4, a_0_stop=NOBODY).items()}
    for number in (N_BINS - 2, N_BINS - 1):
        queue[number]["a/0/entry"] = WAITS
    assert in_doubt(queue) == set()
