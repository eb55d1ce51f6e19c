"""Who meets whom, under lamps of one's own or shared."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.foes import entangled, link_foes
from tests.sumo_scenarios.small_nets import crossroads, logic_row, net_of


def test_crossing_merging_and_yielding(tmp_path: Path) -> None:
    net = net_of(tmp_path, crossroads())
    links = net.signal_links["C"]
    foes = link_foes(net, links)
    assert foes.pairs == {(0, 2), (0, 3), (1, 2)}
    assert foes.merging == {(0, 3), (1, 2)}
    assert foes.yields == {links[3]: {links[0]}, links[1]: {links[2]}}
    assert foes.meets[links[0]] == {links[2], links[3]}


def test_a_shared_lamp_keeps_its_connections_apart(tmp_path: Path) -> None:
    """Links 1 and 2 under one lamp: 1 yields to 2, not to 0, and the lamp meets itself."""
    net = net_of(tmp_path, crossroads().replace('linkIndex="2"', 'linkIndex="1"'))
    links = net.signal_links["C"]
    foes = link_foes(net, links)
    assert foes.pairs == {(0, 1), (0, 3), (1, 1)}
    assert foes.merging == {(0, 3), (1, 1)}
    assert foes.yields[links[1]] == {links[2]}


@pytest.mark.parametrize(
    ("old", "new"), [(' via=":C_0_0"', ""), ('<request index="3"', '<other index="3"'), ("intLanes=", "lanes=")]
)
def test_links_that_no_junction_places_are_refused(tmp_path: Path, old: str, new: str) -> None:
    net = net_of(tmp_path, crossroads().replace(old, new))
    with pytest.raises(InvalidInputError, match="internal links"):
        link_foes(net, net.signal_links["C"])


def test_signals_whose_links_cross_are_entangled(tmp_path: Path) -> None:
    two = crossroads(more=logic_row("D", [("30", "G"), ("30", "r")]))
    crossing = net_of(tmp_path, two.replace('tl="C" linkIndex="2"', 'tl="D" linkIndex="0"'))
    assert entangled(crossing) == {"C", "D"}
    assert entangled(net_of(tmp_path, crossroads())) == frozenset()
