"""Incidents of a new town: a list to edit, refused where it cannot be, and lanes that are blocked by it."""

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from signal_ctrl.cli.main import call
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.newtown.build import rewrite_incidents
from sumo_scenarios.newtown.files import FILES
from sumo_scenarios.simulation import sumo_home


def test_incidents_are_a_list_that_can_be_edited(folder: Path, tmp_path: Path) -> None:
    for name in ("incidents.json", "newtown.net.xml"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    listed = json.loads((folder / "incidents.json").read_text())
    assert len(listed) == 3 and all(each["from_s"] < each["to_s"] for each in listed)
    rewrite_incidents(tmp_path)
    assert (tmp_path / "incidents.rou.xml").read_bytes() == (folder / "incidents.rou.xml").read_bytes()
    (tmp_path / "incidents.json").write_text(json.dumps([listed[0] | {"road": "nowhere"}]))
    with pytest.raises(InvalidInputError, match=r"incident 0: there is no lane .* on road 'nowhere'"):
        rewrite_incidents(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lane": "left"}, "incident 0: 'lane' cannot be"),
        ({"lane": 1.5}, "incident 0: 'lane' cannot be 1.5"),
        ({"lane": True}, "incident 0: 'lane' cannot be true"),
        ({"position_m": None}, "incident 0: 'position_m' cannot be null"),
        ({"from_s": "soon"}, "incident 0: 'from_s' cannot be"),
        ({"to_s": float("nan")}, "begins at 0 s or later, then ends"),
        ({"position_m": float("nan")}, "incident 0: it lies 0 m or more"),
        ({"lane": 9}, "incident 0: there is no lane 9 on road"),
        ({"to_s": 1.0}, "begins at 0 s or later, then ends"),
    ],
)
def test_an_incident_that_cannot_be_is_refused_in_one_line(
    change: dict[str, object], said: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "newtown.net.xml").write_bytes((folder / "newtown.net.xml").read_bytes())
    listed = json.loads((folder / "incidents.json").read_text())
    (tmp_path / "incidents.json").write_text(json.dumps([listed[0] | change]))
    assert call(["scenarios", "incidents", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "incidents.rou.xml").exists()


@pytest.mark.sumo
def test_an_incident_blocks_its_lane_for_its_time(folder: Path, tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (listed, *_) = json.loads((folder / "incidents.json").read_text())
    (tmp_path / "incidents.json").write_text(json.dumps([listed | {"from_s": 25210, "to_s": 25250}]))
    assert call(["scenarios", "incidents", str(tmp_path)]) == 0
    command = [str(sumo_home() / "bin" / "sumo"), "-c", "newtown-incidents.sumocfg", "--end", "25270", "--fcd-output"]
    subprocess.run([*command, "fcd.xml"], check=True, capture_output=True, cwd=tmp_path)
    stood_s = [
        float(step.get("time", "nan"))
        for step in ElementTree.parse(tmp_path / "fcd.xml").getroot()
        for each in step.findall("vehicle")
        if each.get("id") == "incident-0" and float(each.get("speed", "nan")) == 0.0
    ]
    assert stood_s[0] == pytest.approx(25210.0, abs=2.0) and stood_s[-1] == pytest.approx(25250.0, abs=2.0)
    assert len(stood_s) >= 38
