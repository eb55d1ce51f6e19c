"""Counts by intervals as CSV, as cameras and loops write them."""

import pytest

from detectors.fusion.conditions import Condition
from detectors.fusion.count_rows import CountRow
from detectors.fusion.noise import Noise, NoiseTable
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.interval_counts import counts_of_csv, crossings_of_csv, profile_of
from signal_ctrl.gateways.noise_json import noises_from_json, noises_to_json

VIDEO = """from_s,to_s,line,direction,class,count,occupancy,speed_mps,valid_ratio
0,60,north,down,all,9,0.1,11.2,1.000
0,60,north,down,car,7,0.08,11.2,1.000
0,60,north,down,pedestrian,3,0.08,1.2,1.000
0,60,north,up,all,4,0.05,,1.000
60,120,north,down,all,,,,0.000
60,120,north,up,all,2,,,0.900
"""


def test_what_a_camera_writes_is_read_by_line_and_direction() -> None:
    found = counts_of_csv(VIDEO, "video.csv", {"north:down": "N_0"})
    assert found[0] == CountRow(0.0, 60.0, "N_0", 9.0, 1.0, 0.1)
    assert found[1].lane == "north:up"
    assert found[2].count is None
    assert (found[3].count, found[3].valid) == (2.0, 0.9)


def test_without_a_row_for_all_classes_those_of_vehicles_are_added() -> None:
    text = "begin_s,end_s,line,class,count\n0,60,a,car,7\n0,60,a,bus,2\n0,60,a,pedestrian,30\n"
    assert [row.count for row in counts_of_csv(text, "v.csv")] == [9.0]


def test_loops_say_lane_and_conditions() -> None:
    text = "lane,begin_s,end_s,count,light,weather\nb,0,60,3,night,rain\n"
    assert counts_of_csv(text, "l.csv") == [CountRow(0.0, 60.0, "b", 3.0, 1.0, None, "night", "rain")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("begin_s,end_s,count\n", "lane, line"),
        ("begin_s,end_s,lane,count\n0,60,a,x\n", "line 2.*count is 'x'"),
        ("begin_s,end_s,lane,count\n0,60,a,-3\n", "line 2.*0 or more"),
        ("begin_s,end_s,lane,count\n0,60,a,1\n0,60,a,1\n", "line 3.*again"),
        ("begin_s,end_s,lane,count\n0,60,,1\n", "no place"),
        ("begin_s,end_s,lane,count\n60,0,a,1\n", "from 60 to 0"),
        ("begin_s,end_s,lane,count,light\n0,60,a,1,dusk\n", "'dusk'"),
        ("begin_s,end_s,lane,count,valid_ratio\n0,60,a,1,1.4\n", "0 to 1"),
        ("begin_s,begin_s,lane,count\n0,60,a,1\n", "end_s"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        counts_of_csv(text, "counts.csv")


def test_crossings_and_profiles() -> None:
    assert crossings_of_csv("time_s,frame,line\n7.5,2,a\n3.25,1,a\n", "c.csv") == [3.25, 7.5]
    usual = profile_of([CountRow(86_460.0, 86_520.0, "a", 10.0), CountRow(0.0, 60.0, "a", None)])
    assert list(usual) == [(60.0, "a")]
    assert usual[60.0, "a"].variance == pytest.approx(14.0)


def test_what_was_learned_comes_back_and_a_damaged_document_is_refused() -> None:
    tables = {
        "loops": NoiseTable({(): Noise(1.0, 0.05)}),
        "video": NoiseTable({(): Noise(0.9, 0.2), ("night", "rain"): Noise(0.7, 0.5)}),
    }
    text = noises_to_json(tables)
    found = noises_from_json(text, "noise.json")
    assert found["video"].of(Condition("night", "rain", "dense")) == Noise(0.7, 0.5)
    for wrong in (
        "",
        "[]",
        text.replace("noise 1", "noise 9"),
        text.replace('"loops"', '"lops"'),
        text.replace("night", "x"),
    ):
        with pytest.raises(InvalidInputError, match=r"noise\.json"):
            noises_from_json(wrong, "noise.json")
