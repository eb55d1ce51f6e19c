"""`scenarios demand`, `count`, `calibrate` and `saturation` as people and programs see them."""

import json
import re
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from signal_ctrl.cli import main
from sumo_scenarios.configuration import read_configuration
from tests.sumo_scenarios.counting.towns import chain
from tests.sumo_scenarios.small_nets import write_town

COUNTS = """begin_s,end_s,signal,from_edge,to_edge,vehicles
3600,4500,A,WA,AB,90
3600,4500,A,WA,AN,20
3600,4500,B,AB,BE,70
3600,4500,B,AB,BO,20
4500,5400,A,WA,AB,120
4500,5400,A,WA,AN,30
4500,5400,B,AB,BE,100
4500,5400,B,AB,BO,20
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chain.net.xml").write_text(chain())
    (tmp_path / "counts.csv").write_text(COUNTS)
    return tmp_path / "chain.net.xml"


def demand(*more: str) -> int:
    return main.call(["scenarios", "demand", "chain.net.xml", "--counts", "counts.csv", *more])


def test_people_get_a_table_and_a_folder(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert demand("--out", "rush") == 0
    out, err = capfd.readouterr()
    assert re.search(r"routes +8 +100\.0% +0\.\d\d +470 +4\d\d", out)
    assert "vehicles that reproduce the counts ..." in err
    folder = net.parent / "rush"
    names = ["demand.json", "geh.csv", "rush.net.xml", "rush.rou.xml", "rush.sumocfg", "scatter.svg"]
    assert sorted(path.name for path in folder.iterdir()) == names
    config = read_configuration(folder / "rush.sumocfg")
    assert config.end_s == 5400.0
    assert config.begin_s is not None and 3500 <= config.begin_s <= 3600
    vehicles = parse(folder / "rush.rou.xml").getroot().findall("vehicle")
    assert json.loads((folder / "demand.json").read_text())["vehicles"] == len(vehicles)
    assert len((folder / "geh.csv").read_text().splitlines()) == 9
    picture = parse(folder / "scatter.svg").getroot()
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"


def test_programs_get_one_document(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert demand("--out", "rush", "--json") == 0
    out, err = capfd.readouterr()
    found = json.loads(out)
    assert err == ""
    assert found["routes"]["share_geh_below_5"] == 1.0
    assert abs(found["routes"]["total_error"]) < 0.01
    assert found["simulated"] is None
    assert found["config"] == "rush/rush.sumocfg"


def test_contradictions_are_told_with_their_place(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    extra = "3600,4500,A,SA,AB,60\n4500,5400,A,SA,AB,60\n"
    (net.parent / "counts.csv").write_text(COUNTS + extra)
    assert demand("--out", "rush") == 0
    out, err = capfd.readouterr()
    assert re.search(r"edge AB +330 +210 +120", out)
    assert "1 stretches or junctions without another way have counts that differ by over 5%" in err
    assert "--mid-block" in err


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        (COUNTS.replace("A,WA,AN,20", "A,WA,AN,-20"), (), "line 3: -20 vehicles at signal A"),
        (COUNTS.replace("A,WA,AN,20", "A,WA,AN,"), (), "line 3: vehicles is ''"),
        (COUNTS.replace("A,WA,AN,20", "Q,WA,AN,20"), (), "has no signal 'Q'"),
        (COUNTS.replace("A,WA,AN,20", "A,WX,AN,20"), (), "has no edge 'WX'"),
        (COUNTS.replace("4500,5400", "4000,5400"), (), "periods overlap"),
        (COUNTS.splitlines()[0] + "\n3600,4500,A,WA,AB,0\n", (), "the counts hold no vehicle"),
        ("", (), "header needs"),
        (COUNTS, ("--kind", "lanes"), "unknown kind 'lanes'"),
        (COUNTS, ("--kind", "links"), "header needs begin_s, end_s, edge, vehicles"),
        (COUNTS, ("--seed", "-1"), "--seed needs 0"),
        (COUNTS, ("--verify", "-1"), "--verify needs 0 to 100"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    text: str, more: tuple[str, ...], said: str, net: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (net.parent / "counts.csv").write_text(text)
    before = sorted(net.parent.iterdir())
    assert demand("--out", "rush", *more) == 2
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("signal-ctrl: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert sorted(net.parent.iterdir()) == before


def test_an_existing_folder_and_missing_files_are_refused(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (net.parent / "rush").mkdir()
    assert demand("--out", "rush") == 2
    assert "rush exists; name a folder that does not" in capfd.readouterr().err
    assert main.call(["scenarios", "demand", "no.net.xml", "--counts", "counts.csv", "--out", "x"]) == 2
    assert "no network file 'no.net.xml'" in capfd.readouterr().err
    assert main.call(["scenarios", "demand", "chain.net.xml", "--counts", "no.csv", "--out", "x"]) == 2
    assert "cannot read the counts no.csv" in capfd.readouterr().err


def test_a_failure_in_the_middle_leaves_nothing(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sumo_scenarios.counting import build

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build, "table_to_csv", broken)
    before = sorted(net.parent.iterdir())
    assert demand("--out", "rush") == 2
    assert sorted(net.parent.iterdir()) == before


def test_the_demand_of_a_scenario_is_counted_into_a_file(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = write_town(net.parent, chain())
    rows = "".join(f'<vehicle id="{k}" depart="{k}"><route edges="WA AB BE"/></vehicle>' for k in range(60))
    (net.parent / "town.rou.xml").write_text(f"<routes>{rows}</routes>")
    assert main.call(["scenarios", "count", str(config), "--out", "c.csv", "--period-s", "30"]) == 0
    found = (net.parent / "c.csv").read_text().splitlines()
    assert "0,30,A,WA,AB,16" in found, "who departs up to 15.6 s before the end of the period"
    assert "30,60,A,WA,AB,30" in found
    assert "30,60,B,AB,BE,30" in found
    assert main.call(["scenarios", "count", str(config), "--out", "c.csv"]) == 2
    assert "c.csv exists" in capfd.readouterr().err
    assert main.call(["scenarios", "count", str(config), "--out", "d.csv", "--period-s", "0"]) == 2


def test_calibrate_wants_measurements(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = write_town(net.parent)
    assert main.call(["scenarios", "calibrate", str(config), "--out", "c"]) == 2
    assert "give --saturation, --speeds or both" in capfd.readouterr().err
    (net.parent / "s.csv").write_text("signal,lane,saturation_veh_h\nC,WC_0,0\n")
    assert main.call(["scenarios", "calibrate", str(config), "--saturation", "s.csv", "--out", "c"]) == 2
    assert "s.csv, line 2: 0 veh/h on lane WC_0" in capfd.readouterr().err
    (net.parent / "v.csv").write_text("edge,mean_mps\nWC,65\n")
    assert main.call(["scenarios", "calibrate", str(config), "--speeds", "v.csv", "--out", "c"]) == 2
    assert "km/h divided by 3.6" in capfd.readouterr().err


def test_saturation_wants_a_run(net: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main.call(["scenarios", "saturation", str(net.parent)]) == 2
    assert "settings.json" in capfd.readouterr().err


@pytest.mark.sumo
def test_a_demand_is_verified_in_simulation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from sumo_scenarios.made_networks import make_scenario

    monkeypatch.chdir(tmp_path)
    make_scenario("short-links", tmp_path / "short-links")
    assert main.call(["scenarios", "count", "short-links/short-links.sumocfg", "--out", "c.csv"]) == 0
    capfd.readouterr()
    command = [
        "scenarios",
        "demand",
        "short-links/short-links.sumocfg",
        "--counts",
        "c.csv",
        "--out",
        "made",
        "--verify",
        "1",
        "--json",
    ]
    assert main.call(command) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["routes"]["share_geh_below_5"] >= 0.95
    assert abs(found["routes"]["total_error"]) <= 0.01
    assert found["simulated"]["share_geh_below_5"] >= 0.75, "its programmes cannot carry all of it"
    assert main.call(["run", "made/made.sumocfg", "--controller", "net", "--out", "run", "--end", "300"]) == 0
