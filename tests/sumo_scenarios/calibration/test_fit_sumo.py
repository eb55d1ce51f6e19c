"""Drivers that are known are found again on the test bench, and a scenario with them runs."""

import csv
import json
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.calibration import build, streets_bench
from sumo_scenarios.calibration.build import calibrate
from sumo_scenarios.calibration.drivers import Drivers, with_drivers
from sumo_scenarios.calibration.fit import Targets, fit_drivers, ratios_of
from sumo_scenarios.calibration.measured import MeasuredLane, MeasuredSpeed
from sumo_scenarios.calibration.streets_bench import StreetBench
from sumo_scenarios.configuration import read_configuration
from sumo_scenarios.fleet import Fleet
from tests.sumo_scenarios.small_nets import write_town

FLEET = Fleet((), {})


def quiet(_line: str) -> None: ...


@pytest.fixture(autouse=True)
def short_bench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streets_bench, "CYCLES", 14)
    monkeypatch.setattr(build, "CHECK_SEEDS", (101, 102))


@pytest.mark.sumo
def test_drivers_of_other_luck_are_found_again(tmp_path: Path) -> None:
    """The measurements come from drivers with tau 1.5 and speeds 0.9, drawn with another seed than the search has."""
    bench = StreetBench((13.89,), (13.89,), 1.0, tmp_path)
    measured = bench.measure(with_drivers(FLEET, Drivers(tau=1.5, speed=0.9)), FLEET.cars(), 77)
    ratio, _ = ratios_of(measured, (13.89,))
    targets = Targets({13.89: measured.headway_s(13.89)}, {13.89: 1.0}, ratio, None, (13.89,))
    found = fit_drivers(bench, FLEET, targets, 8)
    assert found.simulations <= 9
    assert found.drivers.tau == pytest.approx(1.5, rel=0.08)
    assert found.drivers.speed == pytest.approx(0.9, rel=0.02)
    again = bench.measure(with_drivers(FLEET, found.drivers), FLEET.cars(), 1)
    assert again.headway_s(13.89) == pytest.approx(measured.headway_s(13.89), rel=0.01)
    assert ratios_of(again, (13.89,))[0] == pytest.approx(ratio, rel=0.005)


@pytest.mark.sumo
def test_a_scenario_gets_the_drivers_and_the_reports(tmp_path: Path) -> None:
    config = write_town(tmp_path)
    routes = (
        '<vType id="slow" maxSpeed="40"/><flow id="f" type="slow" from="WC" to="CE" begin="0" end="60" number="9"/>'
    )
    (tmp_path / "town.rou.xml").write_text(f"<routes>{routes}</routes>")
    lanes = [MeasuredLane("C", "WC_0", 1500.0, 20.0), MeasuredLane("C", "SC_0", 1600.0, 20.0)]
    out = tmp_path / "made" / "street"
    made = calibrate(str(config), (lanes, [MeasuredSpeed("WC", 12.0, 1.0)]), out, 6, quiet)
    assert sorted(path.name for path in out.iterdir()) == [
        "calibration.json", "residuals.csv", "saturation.csv", "street.0.rou.xml", "street.net.xml", "street.sumocfg",
        "vtypes.add.xml",
    ]  # fmt: skip
    figures = {row.figure: row for row in made.rows}
    flow = figures["saturation flow at 13.89 m/s"]
    assert flow.target == pytest.approx(2 / (1 / 1500 + 1 / 1600)), "headways add up, flows do not"
    assert flow.before > 1700
    assert flow.after == pytest.approx(flow.target, rel=0.03)
    assert figures["free speed at 13.89 m/s"].after == pytest.approx(12.0, rel=0.02)
    assert [round(lane.residual_veh_h - (flow.after - lane.measured_veh_h), 6) for lane in made.lanes] == [0.0, 0.0]
    plain = list(csv.DictReader((out / "saturation.csv").read_text().splitlines()))
    assert [(row["signal"], row["saturation_veh_h"]) for row in plain] == [("C", "1500"), ("C", "1600")]
    assert len({row["group"] for row in plain}) == 2
    lanes_csv = list(csv.DictReader((out / "residuals.csv").read_text().splitlines()))
    assert (lanes_csv[0]["lane"], lanes_csv[0]["measured_veh_h"]) == ("WC_0", "1500")
    assert json.loads((out / "calibration.json").read_text())["simulations"] == made.simulations <= 10
    types = parse(out / "vtypes.add.xml").getroot()
    assert [one.get("id") for one in types] == ["slow"]
    assert float(types[0].get("tau", "0")) > 1.1 and types[0].get("maxSpeed") == "40"
    assert "vType" not in (out / "street.0.rou.xml").read_text()
    assert read_configuration(out / "street.sumocfg").additional == (out / "vtypes.add.xml",)


@pytest.mark.parametrize(
    ("lanes", "speeds", "budget", "said"),
    [
        ([], [], 8, "nothing was measured"),
        ([MeasuredLane("Z", "WC_0", 1800.0, 1.0)], [], 8, "no signal 'Z'"),
        ([MeasuredLane("C", "CE_0", 1800.0, 1.0)], [], 8, "signal C: no lane 'CE_0' ends at its stop lines"),
        ([], [MeasuredSpeed("XY", 12.0, None)], 8, "no edge 'XY'"),
        ([MeasuredLane("C", "WC_0", 1800.0, 1.0)], [], 1, "--budget needs 2 to 200"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    lanes: list[MeasuredLane], speeds: list[MeasuredSpeed], budget: int, said: str, tmp_path: Path
) -> None:
    config = write_town(tmp_path)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InvalidInputError, match=said):
        calibrate(str(config), (lanes, speeds), tmp_path / "new", budget, quiet)
    assert sorted(tmp_path.iterdir()) == before


def test_an_existing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="exists; name a folder that does not"):
        calibrate("cologne1", ([MeasuredLane("C", "WC_0", 1800.0, 1.0)], []), tmp_path, 8, quiet)
