"""Planted cheats: each must make a run invalid, or weigh in its delay."""

import gzip
import importlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from sumo_scenarios import closed_loop
from sumo_scenarios.driver import Driver, make_driver
from sumo_scenarios.measures.validity import validity
from sumo_scenarios.score import score_run
from sumo_scenarios.settings import RunSettings
from tests.sumo_scenarios.measures.runs import copy_of, drop_trips, make_run, read_packed, rewrite
from tests.sumo_scenarios.networks import cross, flows, states, write_config

pytestmark = pytest.mark.sumo
SETTINGS = RunSettings("cologne8", controller="net", end_s=25500.0)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("honest")
    make_run(SETTINGS, folder)
    return folder


@pytest.fixture
def tampered(honest: Path, tmp_path: Path) -> Path:
    return copy_of(honest, tmp_path / "tampered")


def reasons(folder: Path, evidence: bool = True) -> str:
    return "; ".join(validity(folder / "run", folder / "evidence" if evidence else None))


def seal(run: Path) -> None:
    """Put the figures of tampered records into result.json, so that these agree."""
    score = score_run(run / "tripinfo.xml.gz", run / "statistics.xml")
    found = json.loads((run / "result.json").read_text())
    found["delay_s_per_vehicle"] = round(score.delay_s_per_vehicle, 3)
    found["stops_per_vehicle"] = round(score.stops_per_vehicle, 3)
    found["vehicles"]["total"] = score.vehicles.total
    (run / "result.json").write_text(json.dumps(found))


def test_an_honest_run_is_valid(honest: Path) -> None:
    assert reasons(honest) == ""
    assert reasons(honest, evidence=False) == ""


def test_teleports_switched_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = closed_loop.sumo_arguments

    def with_teleports(*given: Any) -> list[str]:
        found = usual(*given)
        found[found.index("--time-to-teleport") + 1] = "20"
        return found

    monkeypatch.setattr(closed_loop, "sumo_arguments", with_teleports)
    result = make_run(SETTINGS, tmp_path)
    assert result.score is not None
    found = reasons(tmp_path)
    assert "time-to-teleport 20" in found
    assert (f"{result.score.teleports} teleports" in found) == (result.score.teleports > 0)
    assert result.score.teleports > 0, "a red of 20 s must have made vehicles jump"


def test_unfinished_vehicles_dropped_from_the_trips(tampered: Path) -> None:
    run = tampered / "run"
    gone = drop_trips(run, lambda trip: 'arrival="-1' in trip and 'depart="-1' not in trip)
    seal(run)
    assert gone > 10
    assert score_run(run / "tripinfo.xml.gz", run / "statistics.xml").valid, "SUMO's counts were bent too"
    assert f"{gone} vehicles of the demand are in no trip" in reasons(tampered, evidence=False)
    assert f"{gone} vehicles drove, but are in no trip" in reasons(tampered)


def blocked_town(folder: Path, red: bool) -> Path:
    """Write a junction whose western arm gets no green at all, with more demand than its road holds."""
    net = cross(1).build(folder)
    shown = states(net, "C")
    text = net.read_text()
    west = [int(k) for k in re.findall(r'<connection from="WC"[^>]*linkIndex="(\d+)"', text)]
    for _, state in shown if red else []:
        held = "".join("r" if k in west else letter for k, letter in enumerate(state))
        text = text.replace(f'state="{state}"', f'state="{held}"')
    net.write_text(text)
    return write_config(folder, routes=flows([("WC", "CE"), ("EC", "CW")], 700.0), end_s=600.0)


def test_vehicles_held_outside_the_network_weigh_in_the_delay(tmp_path: Path) -> None:
    delays_s = {}
    for red in (True, False):
        folder = tmp_path / str(red)
        config = blocked_town(folder / "town", red)
        result = make_run(RunSettings(str(config), controller="net"), folder)
        assert result.score is not None
        delays_s[red] = result.score.delay_s_per_vehicle
        assert (result.score.vehicles.never_departed > 20) == red
    assert reasons(tmp_path / "True") == "", "it is a bad run, but an honest one"
    assert delays_s[True] > 100 > delays_s[False]


def test_vehicles_held_outside_and_dropped(tmp_path: Path) -> None:
    config = blocked_town(tmp_path / "town", red=True)
    make_run(RunSettings(str(config), controller="net"), tmp_path)
    assert drop_trips(tmp_path / "run", lambda trip: 'depart="-1' in trip) > 20
    rewrite(tmp_path / "run" / "statistics.xml", lambda text: re.sub(r'waiting="\d+"', 'waiting="0"', text, count=1))
    seal(tmp_path / "run")
    assert "flow WC-CE schedules" in reasons(tmp_path, evidence=False)


def removing_driver(wanted: Callable[[Any], Sequence[str]]) -> Callable[..., Driver]:
    """Return a maker of drivers that also take vehicles out of the simulation."""

    def make(*given: Any) -> Driver:
        driver = make_driver(*given)
        usual = driver.step

        def step(time_s: float) -> None:
            libsumo = importlib.import_module("libsumo")
            for vehicle in wanted(libsumo):
                libsumo.vehicle.remove(vehicle)
            usual(time_s)

        driver.step = step  # type: ignore[method-assign]
        return driver

    return make


def standing(libsumo: Any) -> list[str]:
    return [vehicle for vehicle in libsumo.vehicle.getIDList() if libsumo.vehicle.getWaitingTime(vehicle) > 20]


def test_a_controller_that_removes_waiting_vehicles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed_loop, "make_driver", removing_driver(standing))
    make_run(SETTINGS, tmp_path)
    assert "were taken out of the network" in reasons(tmp_path)


def test_a_controller_that_removes_vehicles_before_they_depart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = blocked_town(tmp_path / "town", red=True)
    held = removing_driver(lambda libsumo: libsumo.simulation.getPendingVehicles())
    monkeypatch.setattr(closed_loop, "make_driver", held)
    make_run(RunSettings(str(config), controller="net"), tmp_path)
    found = reasons(tmp_path, evidence=False)
    assert "flow WC-CE schedules" in found or "were taken out of the network" in found


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other")
    make_run(RunSettings("cologne8", controller="net", end_s=25500.0, seed=2), folder)
    return folder


def test_a_score_from_another_seed(tampered: Path, other_seed: Path) -> None:
    for name in ("tripinfo.xml.gz", "statistics.xml"):
        (tampered / "run" / name).write_bytes((other_seed / "run" / name).read_bytes())
    seal(tampered / "run")
    found = reasons(tampered, evidence=False)
    assert "tripinfo.xml.gz was written with seed 2, the settings say 1" in found
    assert "statistics.xml was written with seed 2, the settings say 1" in found


def test_a_score_from_another_seed_with_its_seed_forged(tampered: Path, other_seed: Path) -> None:
    def forged(text: str) -> str:
        head, rest = text.split("-->", 1)
        own = read_packed(tampered / "run" / "tls_states.xml.gz").split("-->", 1)[0]
        return own + "-->" + rest if "libsumoConfiguration" in head else text

    for name in ("tripinfo.xml.gz", "statistics.xml"):
        (tampered / "run" / name).write_bytes((other_seed / "run" / name).read_bytes())
        rewrite(tampered / "run" / name, forged)
    seal(tampered / "run")
    assert reasons(tampered, evidence=False) == "", "by these files alone it cannot be seen"
    assert "vehicles drove at other times than their trips say" in reasons(tampered)


def test_a_tripinfo_of_another_seed_beside_its_own_statistics(tampered: Path, other_seed: Path) -> None:
    own = read_packed(tampered / "run" / "tripinfo.xml.gz").split("-->", 1)[0]
    theirs = read_packed(other_seed / "run" / "tripinfo.xml.gz").split("-->", 1)[1]
    (tampered / "run" / "tripinfo.xml.gz").write_bytes(gzip.compress((own + "-->" + theirs).encode()))
    seal(tampered / "run")
    assert "SUMO's mean" in reasons(tampered, evidence=False)


def cut_bytes(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def cut_text(path: Path) -> None:
    rewrite(path, lambda text: text[: len(text) // 2])


def cut_rows(path: Path) -> None:
    rewrite(path, lambda text: text[: text.index("<tripinfo ", len(text) // 2)] + "</tripinfos>\n")


@pytest.mark.parametrize(
    ("cut", "word"),
    [(cut_bytes, "cannot read"), (cut_text, "cannot read"), (cut_rows, "of the demand are in no trip")],
)
def test_a_truncated_tripinfo(tampered: Path, cut: Callable[[Path], None], word: str) -> None:
    cut(tampered / "run" / "tripinfo.xml.gz")
    assert word in reasons(tampered)


@pytest.mark.parametrize("name", ["run/statistics.xml", "run/tls_states.xml.gz", "evidence/trajectories.parquet",
                                  "evidence/edges.xml.gz", "run/settings.json", "run/result.json"])  # fmt: skip
def test_missing_and_damaged_files(tampered: Path, name: str) -> None:
    (tampered / name).write_bytes(b"")
    assert reasons(tampered)
    (tampered / name).unlink()
    assert f"{Path(name).name} is missing" in reasons(tampered)


def test_lamps_that_are_not_all_recorded(tampered: Path) -> None:
    rewrite(
        tampered / "run" / "tls_states.xml.gz",
        lambda text: re.sub(r'\s*<tlsState time="25300.00"[^>]*/>', "", text),
    )
    assert "are not recorded in every step" in reasons(tampered)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"status": "interrupted"}, "status interrupted"),
        ({"kernel": {"frames": 1, "refusals": 0, "violations": 2}}, "2 violations of the kernel's rules"),
        ({"kernel": {}}, "no count of kernel violations"),
        ({"seed": 7}, "result.json has seed 7, settings.json 1"),
        ({"end_s": 25440.0}, "result.json has end_s 25440.0"),
        ({"delay_s_per_vehicle": 1.0}, "result.json has delay_s_per_vehicle 1.0"),
    ],
)
def test_results_that_do_not_bear_out(tampered: Path, change: dict[str, Any], word: str) -> None:
    file = tampered / "run" / "result.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert word in reasons(tampered)


def test_evidence_of_another_run(tampered: Path, other_seed: Path) -> None:
    for path in (other_seed / "evidence").iterdir():
        (tampered / "evidence" / path.name).write_bytes(path.read_bytes())
    found = reasons(tampered)
    assert "edges.xml.gz was written with seed 2" in found
    assert "drove at other times than their trips say" in found
