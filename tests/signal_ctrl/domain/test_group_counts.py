"""Counts by signal group and their CSV document."""

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.group_counts import GroupCount, GroupCounts, group_counts_from_csv

HEADER = "begin_s,end_s,group,vehicles,saturation_veh_h,lanes,arrival_type,green_share\n"


def test_what_is_left_out_has_its_default() -> None:
    found = group_counts_from_csv("begin_s,end_s,group,vehicles\n0,900,g1,25\n900,1800,g1,30.5\n")
    assert [times for times, _ in found.periods] == [(0.0, 900.0), (900.0, 1800.0)]
    assert found.periods[0][1] == {("", "g1"): GroupCount(25.0, "", 1800.0, 1.0, 3, None)}


def test_everything_may_be_said_in_any_order() -> None:
    text = "\ufeffgreen_share,arrival_type,approach,lanes,signal,vehicles,group,end_s,begin_s,saturation_veh_h,note\n"
    found = group_counts_from_csv(text + "0.4,4,north,2,J,25,g1,900,0,1700,rain\n")
    assert found.periods == (((0.0, 900.0), {("J", "g1"): GroupCount(25.0, "north", 1700.0, 2.0, 4, 0.4)}),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "header needs.*begin_s"),
        ("begin_s,end_s,group\n0,900,g1\n", "look at vehicles"),
        ("begin_s,end_s,group,group,vehicles\n0,900,g1,g1,2\n", "look at group"),
        (HEADER, "no counts"),
        (HEADER + "0,900,g1,-1,,,,\n", "line 2, group g1: -1 vehicles; counts are 0 or more"),
        (HEADER + "0,900,g1,,,,,\n", "line 2: vehicles is '', not a number"),
        (HEADER + "0,900,g1,nan,,,,\n", "not a number"),
        (HEADER + "0,900,g1,inf,,,,\n", "not a number"),
        (HEADER + "0,900,g1,9,0,,,\n", "group g1: a saturation flow of 0 veh/h"),
        (HEADER + "0,900,g1,9,18000,,,\n", "a lane has 100 to 4000"),
        (HEADER + "0,900,g1,9,,0,,\n", "0 lanes"),
        (HEADER + "0,900,g1,9,,,7,\n", "arrival type 7"),
        (HEADER + "0,900,g1,9,,,2.5,\n", "not a whole number"),
        (HEADER + "0,900,g1,9,,,,1.5\n", "share is 0 to 1"),
        (HEADER + "900,900,g1,9,,,,\n", "begin_s < end_s"),
        (HEADER + "-5,900,g1,9,,,,\n", "begin_s < end_s"),
        (HEADER + "0,900,,9,,,,\n", "group is empty"),
        (HEADER + "0,900,g1,9,,,,\n0,900,g1,9,,,,\n", "line 3: group g1 occurs twice"),
        (HEADER + "0,900,g1,9,,,,\n600,1200,g1,9,,,,\n", "overlap: 0 to 900 s and 600 to 1200 s"),
        (HEADER + "0,900,g1,9\n", "not as many fields"),
        (HEADER + "0,900,g1,9,,,,,8\n", "more fields than the header"),
        ("signal," + HEADER + "J,0,900,g1,-1,,,,\n", "line 2, signal J, group g1"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words) as caught:
        group_counts_from_csv(text)
    assert "\n" not in str(caught.value)


def test_counts_need_a_period() -> None:
    with pytest.raises(InvalidInputError, match="at least one period"):
        GroupCounts(())
