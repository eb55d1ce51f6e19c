"""Ways over the streets of the small town, and the stage of a turn."""

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.roadside import OnRoad
from signal_ctrl.watch.diversion.guidance import Guidance, SignalMovement, SignalMovements
from signal_ctrl.watch.special.following import along_way_m, likely_ahead
from signal_ctrl.watch.special.way import stage_beside, stage_for, way_of
from tests.signal_ctrl.centre.worlds import site
from tests.signal_ctrl.watch.dispatch.streets import grid

ROADS = ("r00-10", "r10-20", "r20-30", "r30-40")
MOVES = Guidance(
    (),
    tuple(
        SignalMovements(
            name,
            (
                SignalMovement("main", road, 0, onward),
                SignalMovement("main", road, 1, onward),
                SignalMovement("left", road, 2, side),
            ),
        )
        for name, road, onward, side in (
            ("c0", "r00-10", "r10-20", "r10-11"),
            ("c1", "r10-20", "r20-30", "r20-21"),
            ("c2", "r20-30", "r30-40", "r30-31"),
        )
    ),
)
SITES = {name: site(name) for name in ("c0", "c1", "c2")}


def test_a_way_knows_its_signals_and_how_long_it_takes() -> None:
    way = way_of(grid(), ROADS, SITES, MOVES)
    assert [(p.signal, p.stage, round(p.stop_m)) for p in way.passages] == [
        ("c0", "main", 300), ("c1", "main", 600), ("c2", "main", 900),
    ]  # fmt: skip
    assert way.length_m == pytest.approx(1200, abs=1) and way.free_between_s(0, 600) == pytest.approx(60, abs=0.1)
    assert way.free_between_s(600, 0) == 0.0
    assert way.along_m("r10-20", 120.0) == pytest.approx(420, abs=1)
    assert way.along_m("r10-20", 120.0, after=2) is None


def test_a_turn_has_its_own_stage_and_the_lanes_beside_go_before() -> None:
    way = way_of(grid(), ("r00-10", "r10-11"), SITES, MOVES)
    (turn,) = way.passages
    assert (turn.stage, turn.beside) == ("main", "")  # the left turn may go in `main`, and all lanes with it
    strict = Guidance((), (SignalMovements("c0", (SignalMovement("side", "r00-10", 0, "r10-11"),)),))
    assert stage_for(site("c0"), strict, "r00-10", "r10-11") == "side"
    assert stage_beside(site("c0"), MOVES, "r00-10", "side") == "main"


def test_what_is_known_better_goes_first() -> None:
    way = way_of(grid(), ROADS, SITES, MOVES, {("r00-10", "r10-20"): "side"})
    assert [p.stage for p in way.passages] == ["side", "main", "main"]


@pytest.mark.parametrize(
    ("roads", "guidance", "words"),
    [
        ((), MOVES, "needs a road"),
        (("r00-10", "r30-40"), MOVES, "no turn r00-10 to r30-40"),
        (("nowhere",), MOVES, "no road 'nowhere'"),
        (ROADS, None, "signal c0: no stage is known that lets r00-10 to r10-20 go"),
    ],
)
def test_what_is_no_way_is_refused_by_name(roads: tuple[str, ...], guidance: Guidance | None, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        way_of(grid(), roads, SITES, guidance)


def test_the_likely_way_goes_straight_on_and_ends() -> None:
    assert likely_ahead(grid(), "r00-10") == ("r00-10", "r10-20", "r20-30", "r30-40", "r40-41")
    assert likely_ahead(grid(), "r00-10", 500.0) == ("r00-10", "r10-20")


def test_a_place_is_on_the_way_or_not() -> None:
    network = grid()
    way = way_of(network, ROADS, SITES, MOVES)
    here = OnRoad(network.index["r10-20"], 0.5, 3.0)
    back = OnRoad(network.index["r20-10"], 0.5, 1.0)
    assert along_way_m(way, network, (back, here), 0.0) == pytest.approx(450, abs=1)
    assert along_way_m(way, network, (back,), 0.0) is None
    assert along_way_m(way, network, (here,), 700.0) is None
