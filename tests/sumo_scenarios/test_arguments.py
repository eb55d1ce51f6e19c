"""SUMO's command line, and the copies of additional files."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.arguments import own_copy, reason_of, sumo_arguments, write_state_recorder
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.small_nets import write_town


def test_times_keep_their_digits_and_no_option_comes_twice(tmp_path: Path) -> None:
    options = (
        '<route-steps value="500"/><lateral-resolution value="0.8"/><no-step-log value="true"/><verbose value="1"/>'
    )
    config = read_configuration(write_town(tmp_path, options=options))
    made = sumo_arguments(config, RunSettings("x"), (1234567.25, 2345678.5), [], config.routes, tmp_path)
    names = [text for text in made if text.startswith("--")]
    assert len(set(names)) == len(names)
    assert made[made.index("--begin") + 1] == "1234567.250"
    assert made[made.index("--end") + 1] == "2345678.500"
    assert made[made.index("--lateral-resolution") + 1] == "0.8"


def copied(folder: Path, inner: str, under: frozenset[str] = frozenset()) -> ElementTree.Element:
    path = folder / "a.add.xml"
    path.write_text(f"<additional>{inner}</additional>", encoding="utf-8")
    return ElementTree.parse(own_copy(path, folder / "copy.xml", under)).getroot()


def test_switches_of_signals_under_control_are_left_out(tmp_path: Path) -> None:
    inner = (
        '<WAUT id="w" startProg="a"/><wautJunction wautID="w" junctionID="Ü"/><wautJunction wautID="w" junctionID="D"/>'
    )
    root = copied(tmp_path, inner, frozenset({"Ü"}))
    assert [row.get("junctionID") for row in root.findall("wautJunction")] == ["D"]
    assert root.find("WAUT") is not None


def test_what_would_be_written_goes_nowhere_and_what_is_read_stays(tmp_path: Path) -> None:
    root = copied(
        tmp_path,
        '<inductionLoop id="a" file="out.xml"/><edgeData id="b" file="/etc/out.xml"/><timedEvent dest="t.xml"/>'
        '<calibrator id="c" output="c.xml"/><variableSpeedSign id="v" file="speeds.xml"/><rerouter id="r"/>'
        '<tlLogic id="C"><param key="file" value="d.xml"/><param key="max-gap" value="3"/></tlLogic>'
        '<vType id="t"><param key="device.ssm.file" value="s.xml"/></vType><laneData id="l" file="host:4711"/>',
    )
    names = [value for element in root.iter() for key, value in element.items() if key in ("file", "output", "dest")]
    assert names == ["NUL", "NUL", "NUL", "NUL", str(tmp_path / "speeds.xml"), "NUL"]
    assert [row.get("value") for row in root.iter("param")] == ["NUL", "3", "NUL"]


def test_included_files_are_put_in_with_their_own_places(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.xml").write_text(
        '<additional><variableSpeedSign id="v" file="s.xml"/><wautJunction wautID="w" junctionID="C"/></additional>'
    )
    root = copied(tmp_path, '<x/><include href="sub/b.xml"/><y/>', frozenset({"C"}))
    assert [element.tag for element in root] == ["x", "variableSpeedSign", "y"]
    assert root[1].get("file") == str(tmp_path / "sub" / "s.xml")


@pytest.mark.parametrize("inner", ['<include href="a.add.xml"/>', '<include href="none.xml"/>', "<include/>", "<x"])
def test_copies_that_cannot_be_made_are_refused(tmp_path: Path, inner: str) -> None:
    with pytest.raises(InvalidInputError):
        copied(tmp_path, inner)


def test_the_recorder_takes_any_name(tmp_path: Path) -> None:
    names = ["a", "Kreuz straße", "o'neil", 'q"<&>']
    write_state_recorder(tmp_path / "r.xml", names, tmp_path / "t & u.xml.gz")
    rows = ElementTree.parse(tmp_path / "r.xml").getroot()
    assert [row.get("source") for row in rows] == names
    assert {row.get("dest") for row in rows} == {str(tmp_path / "t & u.xml.gz")}


def test_the_reason_is_sumos_first_error(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("Warning: a\nError: The edge 'x' is not known.\nError: b\n")
    assert reason_of(tmp_path / "log", "Process Error") == "The edge 'x' is not known."
    assert reason_of(tmp_path / "none", "\n Process Error\nmore") == "Process Error"
    assert reason_of(tmp_path / "none", "") == "it gives no reason"
