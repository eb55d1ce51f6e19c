"""The oracles are shown to see: one right timeline, and for each rule timelines that break it, put down by hand."""

import pytest

from signal_ctrl.domain.site_json import site_to_json
from tests.oracles.trace import Frame, judge
from tests.signal_ctrl.kernel.small_sites import crossroads

LETTERS = {
    "R": ("red", 0),
    "A": ("amber", 0),
    "g": ("green", 2),
    "G": ("green", 3),
    "u": ("red-amber", 0),
    "o": ("flashing amber", 0),
    "x": ("dark", 0),
    "W": ("walk", 3),
    "c": ("pedestrian clearance", 0),
    "-": ("don't walk", 0),
}
DOCUMENT = site_to_json(crossroads())
FLASHING = site_to_json(crossroads(startup_flash_ds=50))
SERVICE = "GRgW"  # main, side, left, walk
TO_SIDE = [(0, SERVICE), (100, "GRgc"), (170, "ARAc"), (180, "ARA-"), (200, "RRR-"), (210, "RGR-")]
START = [(0, "RRR-"), (60, SERVICE)]


def frames(timeline: list[tuple[int, str]], until: int, calls: int = 0, serving: bool = True) -> list[Frame]:
    shown = dict(timeline)
    lit, made = timeline[0][1], []
    for at in range(timeline[0][0], until + 1):
        lit = shown.get(at, lit)
        made.append(Frame(at, tuple(LETTERS[letter] for letter in lit), calls, serving))
    return made


def rules(timeline, until=400, calls=0, cold=False, document=DOCUMENT, serving=True):
    return {found.rule for found in judge(document, frames(timeline, until, calls, serving), cold)}


def test_right_timelines_pass():
    assert rules(TO_SIDE) == set()
    assert rules(START, cold=True) == set()
    back = [(400, "RAR-"), (430, "RRR-"), (450, "GRR-"), (455, "GRg-"), (460, SERVICE)]
    assert rules(TO_SIDE + back, 600) == set()


@pytest.mark.parametrize(
    "lit", ["GGRW", "GARW", "GuRW", "GxRW", "GoRW", "GRGW", "gRGW", "RRGW", "RGR" + "c", "RAR" + "W", "gRgx", "AGR-"]
)
def test_k1(lit):
    assert "K1" in rules([(0, SERVICE), (50, lit)], 60)


def test_k1_right_without_light_and_light_without_right():
    bad = [Frame(0, (("red", 3), ("red", 0), ("red", 0), ("don't walk", 0)))]
    assert {found.rule for found in judge(DOCUMENT, bad, False)} == {"K1"}
    bad = [Frame(0, (("green", 0), ("red", 0), ("red", 0), ("don't walk", 0)))]
    assert {found.rule for found in judge(DOCUMENT, bad, False)} == {"K1"}


@pytest.mark.parametrize(
    "timeline",
    [
        [(0, SERVICE), (100, "GRgc"), (170, "ARAc"), (180, "ARA-"), (199, "RRR-"), (210, "RGR-")],
        [(0, SERVICE), (100, "GRgc"), (170, "ARAc"), (180, "ARA-"), (201, "RRR-"), (211, "RGR-")],
        [(0, SERVICE), (100, "GRgc"), (180, "RRR-"), (210, "RGR-")],
        [(0, SERVICE), (100, "GRgc"), (170, "ARAc"), (180, "ARA-"), (200, "RRR-"), (209, "RGR-")],
        [(0, "GRR-"), (100, "ARR-"), (130, "RRR-"), (139, "RGR-")],
        [(0, "RRG-"), (100, "RRg-"), (144, "GRg-")],  # main before the lost priority is out
        [(0, "RRG-"), (100, "RRA-"), (130, "RRR-"), (144, "GRR-")],
        [(0, SERVICE), (100, "GRgc"), (170, "ARgc"), (180, "ARg-"), (200, "RRg-"), (204, "RRG-")],
        [(0, SERVICE), (100, "GRuW")],
    ],
)
def test_k2(timeline):
    assert "K2" in rules(timeline)


def test_k2_amber_that_never_ends():
    assert "K2" in rules([(0, SERVICE), (100, "GRAW")], 140)


def test_k3():
    assert rules([*TO_SIDE, (259, "RAR-"), (289, "RRR-")]) == {"K3"}
    assert rules([*TO_SIDE, (260, "RAR-"), (290, "RRR-")]) == set()


def test_k4_maximum_green():
    assert rules([(0, SERVICE)], 299, calls=0b10) == set()
    assert rules([(0, SERVICE)], 300, calls=0b10) == {"K4"}
    assert rules([(0, SERVICE)], 300, calls=0) == set()


def test_k4_maximum_red():
    assert rules([(0, "RGR-")], 899, calls=0b100) == {"K4"}  # side is opposed, and passes its maximum
    assert rules([(0, "GRR-")], 899, calls=0b100) == set()  # main is not: left may yield to it
    assert rules([(0, "GRR-")], 900, calls=0b100) == {"K4"}
    assert rules([(0, "RRR-")], 5000, calls=0b100, serving=False) == set()


def held(timeline, police, until, calls):
    made = [frame._replace(police=frame.at_ds < police) for frame in frames(timeline, until, calls)]
    return {found.rule for found in judge(DOCUMENT, made, False)}


def test_k4_under_a_police_hold_and_after_it():
    to_side = [(0, SERVICE), (1000, "ARAc"), (1030, "RRRc"), (1080, "RRR-"), (1110, "RGR-")]
    assert held(to_side, 1000, 1200, 0b10) == set()  # past all limits while it lasts
    assert held(to_side, 999, 1200, 0b10) == {"K4"}  # and not a frame longer
    assert held([(0, "RGR-"), (1500, "RAR-"), (1530, "RRR-")], 1500, 2399, 0b100) == set()  # who waits has a maximum red from then on
    assert held([(0, "RGR-"), (1500, "RAR-"), (1530, "RRR-")], 1500, 2400, 0b100) >= {"K4"}


def test_k4_a_demand_is_latched_and_counts_from_the_return_to_service():
    made = frames([(0, "GRR-")], 1000)
    made[5] = made[5]._replace(calls=0b100)
    assert {found.rule for found in judge(DOCUMENT, made, False)} == {"K4"}
    made[200:300] = [frame._replace(in_service=False) for frame in made[200:300]]
    assert not judge(DOCUMENT, made, False)


def test_k5():
    assert "K5" in rules([(0, "RRR-"), (100, "RRRW"), (169, "RRRc"), (249, "RRR-")])
    assert "K5" in rules([(0, SERVICE), (100, "GRgc"), (179, "GRg-")])
    assert "K5" in rules([(0, SERVICE), (100, "GRgc"), (181, "GRg-")])


@pytest.mark.parametrize(
    "timeline",
    [
        [(0, "RRR-"), (59, SERVICE)],
        [(0, "RRR-"), (110, "RGR-")],
        [(0, "RRR-"), (60, "GRR-")],
        [(0, "ooox"), (100, "RRR-"), (159, SERVICE)],
        [(0, "xxxx"), (10, "RRR-"), (69, SERVICE)],
    ],
)
def test_k7_start(timeline):
    assert "K7" in rules(timeline, cold=True)


def test_k7_flash_before_all_red():
    assert rules([(0, "ooox"), (50, "RRR-"), (110, SERVICE)], cold=True, document=FLASHING) == set()
    assert "K7" in rules([(0, "ooox"), (49, "RRR-"), (110, SERVICE)], cold=True, document=FLASHING)
    assert "K7" in rules([(0, "RRR-"), (110, SERVICE)], cold=True, document=FLASHING)
    assert "K7" in rules([(0, "ooox"), (49, "xxxx"), (60, "RRR-"), (170, SERVICE)], cold=True, document=FLASHING)


def test_k7_red_revert():
    assert rules([(0, "GRR-"), (100, "ARR-"), (130, "RRR-"), (150, "GRR-")]) == set()
    assert "K7" in rules([(0, "GRR-"), (100, "ARR-"), (130, "RRR-"), (149, "GRR-")])


def test_k7_into_flash():
    way = [(0, SERVICE), (100, "ARAc"), (130, "RRRc"), (180, "RRR-")]
    assert rules([*way, (210, "ooox")]) == set()
    assert "K7" in rules([*way, (209, "ooox")])
    assert "K7" in rules([(0, SERVICE), (100, "ooox")])
    assert "K7" in rules([(0, "GRR-"), (100, "ARR-"), (130, "oooo"[:3] + "x")])


def test_k10_after_a_gap_or_a_step_back_comes_a_start():
    for gap in (21, -2, -(10**9)):
        late = [frame._replace(at_ds=frame.at_ds + gap * (frame.at_ds >= 90)) for frame in frames(TO_SIDE, 400)]
        assert "K7" in {found.rule for found in judge(DOCUMENT, late, False)}
    late = [frame._replace(at_ds=frame.at_ds + 19 * (frame.at_ds >= 90)) for frame in frames(TO_SIDE, 400)]
    assert not judge(DOCUMENT, late, False)


def test_k10_a_step_back_stretches_nothing():
    made = frames([(0, "GRR-"), (100, "ARR-"), (131, "RRR-")], 200)
    stepped = [frame._replace(at_ds=frame.at_ds - 50 * (frame.at_ds >= 110)) for frame in made]
    assert not [found for found in judge(DOCUMENT, stepped, False) if found.rule == "K2"]
    assert {found.rule for found in judge(DOCUMENT, made, False)} == {"K2"}
