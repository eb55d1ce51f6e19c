"""Evidence must not change the course of a run: the same run with and without it, lamp by lamp and trip by trip."""

import json
import re
from pathlib import Path

import pytest

from sumo_scenarios.measures.evidence import EDGES, NOTES, STOPS, TRAJECTORIES, WALKERS
from sumo_scenarios.measures.validity import validity
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import elements, make_run
from tests.sumo_scenarios.measures.towns import bus_town

pytestmark = pytest.mark.sumo
DEVICES = re.compile(r'devices="([^"]*)"')
FILES = {TRAJECTORIES, EDGES, STOPS, NOTES}


def without_recorder(line: str) -> str:
    """Return a trip without the recording device among its devices, which is all that evidence adds to it."""
    return DEVICES.sub(lambda found: f"devices={[d for d in found[1].split() if not d.startswith('fcd_')]}", line)


def assert_same_course(settings: RunSettings, folder: Path) -> None:
    plain, told = folder / "plain", folder / "told"
    make_run(settings, plain, evidence=False)
    make_run(settings, told)
    assert elements(plain / "run" / "tls_states.xml.gz") == elements(told / "run" / "tls_states.xml.gz")
    trips = elements(plain / "run" / "tripinfo.xml.gz")
    assert len(trips) > 50
    assert [without_recorder(t) for t in trips] == [
        without_recorder(t) for t in elements(told / "run" / "tripinfo.xml.gz")
    ]
    ours, theirs = (json.loads((f / "run" / "result.json").read_text()) for f in (plain, told))
    timed = {"wall_s", "decision_ms"}
    assert {k: v for k, v in ours.items() if k not in timed} == {k: v for k, v in theirs.items() if k not in timed}
    assert (plain / "run" / "decisions.jsonl").read_bytes() == (told / "run" / "decisions.jsonl").read_bytes()


@pytest.mark.parametrize("controller", ["net", "actuated", "max_pressure"])
def test_the_course_of_a_run_stays(tmp_path: Path, controller: str) -> None:
    assert_same_course(RunSettings("cologne8", controller=controller, end_s=25440.0), tmp_path)


def test_it_stays_with_buses_walkers_and_chance_in_the_equipment(tmp_path: Path) -> None:
    """Devices given by chance draw from one generator: evidence must not draw from it."""
    options = '<routing><device.rerouting.probability value="0.5"/></routing>'
    config = bus_town(tmp_path / "town", options, end_s=300.0)
    assert_same_course(RunSettings(str(config), controller="net"), tmp_path)
    told = tmp_path / "told"
    assert {path.name for path in (told / "evidence").iterdir()} == FILES | {WALKERS}
    assert validity(told / "run", told / "evidence") == ()


def test_fractions_of_a_second_are_sampled_once_a_second(tmp_path: Path) -> None:
    config = bus_town(tmp_path / "town", '<time><step-length value="0.5"/></time>', end_s=120.0)
    assert_same_course(RunSettings(str(config), controller="net"), tmp_path)
    assert validity(tmp_path / "told" / "run", tmp_path / "told" / "evidence") == ()


def test_the_users_recording_devices_change_nothing(tmp_path: Path) -> None:
    """A configuration that records one vehicle in ten only must not thin the evidence."""
    options = '<fcd_device><device.fcd.probability value="0.1"/></fcd_device>'
    config = bus_town(tmp_path / "town", options, end_s=120.0)
    make_run(RunSettings(str(config), controller="net"), tmp_path)
    assert validity(tmp_path / "run", tmp_path / "evidence") == ()
