"""Where the detectors of a log lie."""

import pytest

from detectors.health.surroundings import Place
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.gateways.detector_layout import layout_of_csv

NAMES = (("7", "1"), ("7", "2"))
HEAD = "device,detector,approach,lane,to_stop_m,length_m,speed_kmh\n"


def test_places_come_in_the_order_of_the_log() -> None:
    places = layout_of_csv(HEAD + "7,2,north,1,35,,\n7,1,north,1,2,4,50\n7,9,south,1,2,,\n", "x.csv", NAMES)
    assert places[0] == Place("7", "north", "1", 2.0, 4.0, pytest.approx(50 / 3.6))
    assert places[1] == Place("7", "north", "1", 35.0, 2.0, None)


def test_one_that_is_left_out_has_a_controller_and_no_place() -> None:
    assert layout_of_csv(HEAD + "7,1,north,1,2,,\n", "x.csv", NAMES)[1] == Place("7")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("detector,approach\n1,n\n", "the header needs"),
        (HEAD + "7,1,,1,2,,\n", "line 2: approach is empty"),
        (HEAD + "7,1,n,1,far,,\n", "line 2: to_stop_m is 'far'"),
        (HEAD + "7,1,n,1,-2,,\n", "line 2: to_stop_m is 0 or more"),
        (HEAD + "7,1,n,1,2,0,\n", "length_m and speed_kmh above 0"),
        (HEAD + "7,1,n,1,2,,\n7,1,n,1,2,,\n", "line 3: detector 1 is there twice"),
        (HEAD + "8,1,n,1,2,,\n", "names no detector of the log"),
    ],
)
def test_what_is_wrong_is_told(text: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        layout_of_csv(text, "x.csv", NAMES)
