"""Camera files that are wrong are one line with table, key and fix; those of the guide are right."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.video.camera import Camera
from detectors.video.camera_file import fitted, is_inside, read_camera
from signal_ctrl.domain.errors import InvalidInputError

LINE = '[[lines]]\nname = "a"\nfrom = [0, 50]\nto = [90, 50]\n'
SIZE = "[camera]\nsize = [100, 100]\n"
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "counting.md"


def ground(image: str, metres: str) -> str:
    return f"[ground]\nimage = {image}\nmetres = {metres}\n"


SQUARE = "[[0, 99], [99, 99], [70, 40], [30, 40]]"
WRONG = {
    "form": (LINE.replace("from", "form"), r"\[\[lines\]\] 1: 'from' is missing; is 'form' meant to be it"),
    "unknown key": (LINE + 'lnae = "1"\n', r"\[\[lines\]\] 1: unknown 'lnae'; did you mean 'lane'"),
    "unknown table": (LINE.replace("[[lines]]", "[[line]]"), "unknown 'line'; did you mean 'lines'"),
    "no TOML": ("lines = [", "c.toml: "),
    "nothing": ("", "nothing to count"),
    "no list": ("lines = 3\n", "'lines' has to be a list"),
    "two alike": (LINE + LINE, "two lines are named 'a'"),
    "no length": (LINE.replace("[90, 50]", "[0, 50]"), "its two ends are one point"),
    "outside": (SIZE + LINE.replace("90", "190"), r"\('a'\): 'to': \[190, 50\] lies outside the picture of 100 x 100"),
    "three numbers": (LINE.replace("[90, 50]", "[90, 50, 1]"), "'to' has to be two numbers"),
    "text": (LINE.replace("[90, 50]", '["x", 50]'), "'to' has to be two numbers"),
    "name of a formula": (LINE.replace('"a"', '"=1+1"'), "'name' is '=1\\+1'; take letters"),
    "same directions": (LINE + 'forward = "x"\nbackward = "x"\n', "both directions are named 'x'"),
    "crossed": (LINE + '[[zones]]\nname = "z"\npolygon = [[0, 0], [40, 90], [90, 0], [0, 50], [90, 60]]\n', "cross"),
    "flat": (LINE + '[[zones]]\nname = "z"\npolygon = [[0, 0], [40, 40], [80, 80]]\n', "three points with area"),
    "kind": (LINE + '[[zones]]\nkind = "quue"\npolygon = [[0, 0], [4, 9], [9, 0]]\n', "'kind' is 'quue'; choose of"),
    "three points": (LINE + ground("[[0, 0], [9, 0], [9, 9]]", "[[0, 0], [9, 0], [9, 9]]"), "four or more points"),
    "collinear": (LINE + ground("[[0, 0], [9, 0], [18, 0], [9, 9]]", "[[0, 0], [1, 0], [2, 0], [1, 1]]"), "ground"),
    "swapped": (LINE + ground(SQUARE, "[[0, 0], [4, 20], [4, 0], [0, 20]]"), r"\[ground\]: the points make no road"),
    "above the horizon": (
        LINE.replace("50", "10")
        + ground("[[0, 99], [99, 99], [60, 40], [40, 40]]", "[[0, 0], [4, 0], [4, 20], [0, 20]]"),
        r"'from' lies above the horizon of \[ground\]",
    ),
    "ignored": ("[camera]\nignore = [[[0, 0], [99, 0], [99, 99], [0, 99]]]\n" + LINE, "lies within 'ignore'"),
    "out of region": ("[camera]\nregion = [[0, 0], [99, 0], [99, 20], [0, 20]]\n" + LINE, "lies outside 'region'"),
    "not above 0": ("[camera]\nstopped_s = -1\n" + LINE, "'stopped_s' has to be above 0"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_one_line_with_the_fix(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        read_camera(text, "c.toml")
    assert str(caught.value).startswith("c.toml")
    assert "\n" not in str(caught.value)


def test_every_example_of_the_guide_can_be_read() -> None:
    examples = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 8
    for text in examples:
        whole = text if "[[lines]]" in text or "[[zones]]" in text else text + EXTRA
        camera = read_camera(whole, "guide.toml")
        assert fitted(camera, 640, 352).width_px == 640


EXTRA = '[[lines]]\nname = "extra"\nfrom = [250, 250]\nto = [400, 250]\n'


def test_a_sound_file_becomes_a_camera() -> None:
    camera = read_camera(SIZE + LINE + ground(SQUARE, "[[0, 0], [4, 0], [4, 20], [0, 20]]"), "c.toml")
    assert (camera.width_px, camera.height_px) == (100, 100)
    assert (camera.lines[0].forward, camera.lines[0].backward) == ("down", "up")
    assert camera.ground is not None


@pytest.mark.parametrize("lane", ["-32038056#3_0", ":J1_0", "2", "北进口 1", "Mill St, left"])
def test_ids_of_lanes_are_names_too(lane: str) -> None:
    assert read_camera(LINE + f'lane = "{lane}"\n', "c.toml").lines[0].lane == lane


@pytest.mark.parametrize("name", ["=1", "+1", "@a", " a", "-2|cmd!A0", "a\\nb", "x" * 81])
def test_names_that_do_harm_in_a_table_are_refused(name: str) -> None:
    with pytest.raises(InvalidInputError, match="take letters"):
        read_camera(LINE.replace('"a"', f'"{name}"'), "c.toml")


def test_a_picture_of_another_shape_is_refused_and_of_another_size_understood() -> None:
    camera = read_camera(SIZE + LINE, "c.toml")
    assert fitted(camera, 200, 200) == camera
    with pytest.raises(InvalidInputError, match="another shape"):
        fitted(camera, 200, 150)
    unsized = read_camera(LINE, "c.toml")
    assert fitted(unsized, 120, 80).height_px == 80
    with pytest.raises(InvalidInputError, match="lies outside the picture of 80 x 80"):
        fitted(unsized, 80, 80)


DAMAGED = st.integers(0, len(LINE) - 1).flatmap(
    lambda at: st.characters().map(lambda c: LINE[:at] + c + LINE[at + 1 :])
)


@given(st.text(max_size=60) | DAMAGED)
def test_any_text_is_a_camera_or_one_line(text: str) -> None:
    try:
        assert isinstance(read_camera(text, "c.toml"), Camera)
    except InvalidInputError as error:
        assert str(error).startswith("c.toml")


@given(st.integers(-5, 15), st.integers(-5, 15))
def test_inside_a_rectangle(x: int, y: int) -> None:
    corners = [(0.5, 0.5), (10.5, 0.5), (10.5, 7.5), (0.5, 7.5)]
    assert is_inside((float(x), float(y)), corners) == (0.5 < x < 10.5 and 0.5 < y < 7.5)
