"""Networks as they stand in files."""

from pathlib import Path

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.net_reader import read_net
from tests.sumo_scenarios.small_nets import crossroads, net_of, write_net


def test_a_network_is_read(tmp_path: Path) -> None:
    net = net_of(tmp_path, crossroads())
    assert {name for name, edge in net.edges.items() if not edge.function} == {"WC", "SC", "CE", "CN"}
    links = net.signal_links["C"]
    assert [(c.from_lane, c.to_lane, c.link) for c in links] == [
        ("WC_0", "CE_0", 0), ("WC_0", "CN_0", 1), ("SC_0", "CN_0", 2), ("SC_0", "CE_0", 3),
    ]  # fmt: skip
    assert [net.place(c) for c in links] == [("C", k) for k in range(4)]
    assert net.inner_length_m(links[0]) == 12.0
    assert not net.left_hand and not net.writes


def test_left_hand_traffic_is_known(tmp_path: Path) -> None:
    assert net_of(tmp_path, crossroads().replace("<net ", '<net lefthand="true" ')).left_hand


def test_a_split_turn_is_found_by_its_last_inner_lane(tmp_path: Path) -> None:
    text = crossroads().replace('intLanes=":C_0_0 :C_1_0', 'intLanes=":C_0_0 :C_9_0')
    onward = '<connection from=":C_1" to="CN" fromLane="0" toLane="0" dir="l" via=":C_9_0"/>'
    onward += '<connection from=":C_9" to="CN" fromLane="0" toLane="0" dir="l"/>'
    inner = '<edge id=":C_9" function="internal"><lane id=":C_9_0" index="0" speed="9" length="5"/></edge>'
    net = net_of(tmp_path, text.replace("</net>", inner + onward + "</net>"))
    turn = net.signal_links["C"][1]
    assert net.place(turn) == ("C", 1)
    assert net.inner_length_m(turn) == 17.0


def test_rails_of_a_level_crossing_have_no_lamp(tmp_path: Path) -> None:
    net = net_of(tmp_path, crossroads().replace('linkIndex="3"', 'linkIndex="-1"'))
    assert len(net.signal_links["C"]) == 3


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("<net ", "<town ", "root"),
        ('length="200.0"', 'length="0"', "0 m long"),
        ('length="200.0"', 'length="-5"', "m long"),
        ('length="200.0"', 'length="nan"', "m long"),
        ('length="200.0"', 'length="1e99"', "m long"),
        ('length="200.0"', 'length="far"', "could not convert"),
        ('length="200.0"', "", "KeyError 'length'"),
        ('speed="13.89"', 'speed="nan"', "m/s"),
        ('speed="13.89"', 'speed="inf"', "m/s"),
        ('to="CE" fromLane="0" toLane="0" via', 'to="CX" fromLane="0" toLane="0" via', "CX_0"),
        ('from="WC" to="CE" fromLane="0"', 'from="WC" to="CE" fromLane="7"', "WC_7"),
        ('<connection from=":C_2" to="CN" fromLane="0" toLane="0" dir="s"/>', "", "inner lane :C_2_0"),
        ('linkIndex="3"', 'linkIndex="x"', "invalid literal"),
        ('linkIndex="3"', 'linkIndex="99999999999"', "highest"),
        ('linkIndex="3"', "", "linkIndex"),
        ('request index="0"', 'request index="a"', "invalid literal"),
        ('id="WC"', "", "id"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path: Path, old: str, new: str, word: str) -> None:
    text = crossroads()
    assert old in text
    changed = text.replace(old, new)
    if old == "<net ":
        changed = changed.replace("</net>", "</town>")
    with pytest.raises(InvalidInputError, match=word):
        read_net(write_net(tmp_path, changed))
